//! The peer's side of a connection as two buffers, and a body of one piece.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};

/// What the peer has sent and what was written to it.
#[derive(Default)]
pub(crate) struct Wire {
    input: Vec<u8>,
    read: usize,
    pub(crate) out: Vec<u8>,
}

impl Wire {
    /// The peer sends `input`, and what was written to it before is forgotten.
    pub(crate) fn receive(&mut self, input: &[u8]) {
        self.out.clear();
        self.input.clear();
        self.input.extend_from_slice(input);
        self.read = 0;
    }

    pub(crate) fn is_read(&self) -> bool {
        self.read == self.input.len()
    }
}

#[derive(Clone, Default)]
pub(crate) struct Memory(pub(crate) Rc<RefCell<Wire>>);

impl Read for Memory {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = &mut *self.0.borrow_mut();
        let unread = &wire.input[wire.read..];
        let len = usize::min(unread.len(), buffer.remaining());
        if len == 0 {
            return Poll::Pending;
        }
        buffer.put_slice(&unread[..len]);
        wire.read += len;
        Poll::Ready(Ok(()))
    }
}

impl Write for Memory {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().out.extend_from_slice(data);
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Content of one piece, or none.
pub(crate) struct Whole(pub(crate) Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |data| data.len() as u64))
    }
}
