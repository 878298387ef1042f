//! A server connection of hyper's on buffers in memory, polled by hand.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Future, ready};
use std::hint::black_box;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED, SERVER,
    VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};

use crate::exchanges::{CONTENT, FIELDS, Made};

/// The names of [`FIELDS`].
const NAMES: [HeaderName; 7] = [
    CONTENT_TYPE,
    CACHE_CONTROL,
    ETAG,
    LAST_MODIFIED,
    VARY,
    SERVER,
    X_CONTENT_TYPE_OPTIONS,
];

pub(crate) struct HyperServer {
    wire: Rc<RefCell<Wire>>,
    connection: Pin<Box<dyn Future<Output = hyper::Result<()>>>>,
    answers: Rc<RefCell<usize>>,
}

impl HyperServer {
    pub(crate) fn new(made: Made) -> Self {
        let wire: Rc<RefCell<Wire>> = Rc::default();
        let answers: Rc<RefCell<usize>> = Rc::default();
        let map = fields();
        let service = service_fn({
            let answers = Rc::clone(&answers);
            move |request: Request<Incoming>| {
                black_box(request.uri());
                *answers.borrow_mut() += 1;
                let mut response = Response::new(Whole(Some(Bytes::from_static(CONTENT))));
                *response.headers_mut() = match made {
                    Made::Once => map.clone(),
                    Made::Anew => fields(),
                };
                ready(Ok::<_, Infallible>(response))
            }
        });
        let connection = http1::Builder::new()
            .pipeline_flush(true)
            // That would need a timer.
            .header_read_timeout(None)
            .serve_connection(Memory(Rc::clone(&wire)), service);
        Self {
            wire,
            connection: Box::pin(connection),
            answers,
        }
    }

    /// How many bytes were written.
    pub(crate) fn answer(&mut self, requests: &[u8], count: usize) -> usize {
        self.answers.replace(0);
        {
            let mut wire = self.wire.borrow_mut();
            wire.out.clear();
            wire.input.clear();
            wire.input.extend_from_slice(requests);
            wire.read = 0;
        }
        let mut context = Context::from_waker(Waker::noop());
        // It yields now and then while there is more to do.
        while *self.answers.borrow() < count || self.wire.borrow().read < requests.len() {
            let polled = self.connection.as_mut().poll(&mut context);
            assert!(polled.is_pending(), "the connection is kept");
        }
        self.wire.borrow().out.len()
    }

    pub(crate) fn written(&self) -> Vec<u8> {
        self.wire.borrow().out.clone()
    }
}

fn fields() -> HeaderMap {
    let mut map = HeaderMap::with_capacity(FIELDS.len() + 2);
    for (name, (_, value)) in NAMES.into_iter().zip(black_box(FIELDS)) {
        map.insert(name, HeaderValue::from_str(value).expect("valid"));
    }
    map
}

/// Content of one piece.
struct Whole(Option<Bytes>);

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

/// What the client has sent and what was written to it.
#[derive(Default)]
struct Wire {
    input: Vec<u8>,
    read: usize,
    out: Vec<u8>,
}

struct Memory(Rc<RefCell<Wire>>);

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
