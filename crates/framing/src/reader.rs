use std::fmt;
use std::io::{self, Read};
use std::vec::Vec;

use crate::buffer::{Frame, FrameBuf};
use crate::error::Error;
use crate::format::Format;
use crate::framer::{Framer, Stream};

/// Reads frames from anything that reads bytes.
///
/// ```
/// use barewire_framing::{Framer, LengthPrefix, Limits, Reader};
///
/// let stream = &b"\x00\x02hi\x00\x00"[..];
/// let mut reader = Reader::new(stream, Framer::new(LengthPrefix::u16_be(), Limits::new(1024)));
/// let mut lengths = Vec::new();
/// while let Some(frame) = reader.next_frame()? {
///     lengths.push(frame.len());
/// }
/// assert_eq!(lengths, [2, 0]);
/// # Ok::<(), barewire_framing::ReadError>(())
/// ```
#[derive(Debug)]
pub struct Reader<R, F: Format> {
    inner: R,
    framer: Framer<F>,
    buf: FrameBuf,
    stream: Stream,
}

impl<R: Read, F: Format> Reader<R, F> {
    /// Reads what `framer` finds in `inner`. There is a buffer here already; `inner` needs none.
    pub fn new(inner: R, framer: Framer<F>) -> Self {
        let buf = FrameBuf::for_framer(&framer);
        Self {
            inner,
            framer,
            buf,
            stream: Stream::Open,
        }
    }

    /// The next frame; `None` after the last one.
    ///
    /// # Errors
    ///
    /// [`ReadError`]. After one of the reader's, `WouldBlock` and `TimedOut` among them, nothing is lost: the next call
    /// goes on where this one stopped. One of the framer's stays, unless it passes over a frame.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, ReadError> {
        loop {
            if let Some(taken) = self.buf.take(&mut self.framer, self.stream)? {
                return Ok(Some(self.buf.frame(taken)));
            }
            if self.stream == Stream::Ended {
                return Ok(None);
            }
            if self.buf.read_from(&mut self.inner)? == 0 {
                self.stream = Stream::Ended;
            }
        }
    }

    /// Goes on with another framer on the same stream, from the byte behind the last frame: the bytes that were read
    /// already stay. What is left of a frame that is being passed over is then read as frames: [`mid_frame`] tells.
    ///
    /// [`mid_frame`]: Self::mid_frame
    pub fn switch<G: Format>(self, framer: Framer<G>) -> Reader<R, G> {
        let mut buf = self.buf;
        buf.set_bytes_max(FrameBuf::for_framer(&framer).bytes_max());
        Reader {
            inner: self.inner,
            framer,
            buf,
            stream: self.stream,
        }
    }

    /// What is read from.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// What is read from. Bytes read past this are missing from the frames.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The framer.
    pub fn framer(&self) -> &Framer<F> {
        &self.framer
    }

    /// Whether a frame has begun and not ended: what a deadline for slow peers asks.
    pub fn mid_frame(&self) -> bool {
        self.framer.mid_frame(self.buf.unread().len())
    }

    /// What is read from, and what was read and is in no frame yet.
    pub fn into_parts(self) -> (R, Vec<u8>) {
        (self.inner, self.buf.into_unread())
    }
}

/// Why there is no next frame.
#[derive(Debug)]
pub enum ReadError {
    /// The reader failed.
    Io(io::Error),
    /// The peer broke a rule.
    Frame(Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Frame(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => error.source(),
            Self::Frame(error) => error.source(),
        }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        Self::Frame(error)
    }
}

impl From<ReadError> for io::Error {
    /// A broken rule is `InvalidData`, a stream that was cut `UnexpectedEof`.
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => error,
            ReadError::Frame(error) => {
                let kind = match error.kind {
                    crate::ErrorKind::Truncated { .. } => io::ErrorKind::UnexpectedEof,
                    _ => io::ErrorKind::InvalidData,
                };
                Self::new(kind, error)
            }
        }
    }
}
