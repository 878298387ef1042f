use std::fmt;
use std::io::{self, IoSlice, Write};
use std::vec::Vec;

use crate::error::EncodeError;
use crate::format::Verbatim;
use crate::framer::Framer;

/// Writes frames to anything that takes bytes: small ones gathered, large ones without a copy, in one vectored write
/// with whatever was gathered before them.
///
/// ```
/// use barewire_framing::{Framer, LengthPrefix, Limits, Writer};
///
/// let mut wire = Vec::new();
/// let mut writer = Writer::new(&mut wire, Framer::new(LengthPrefix::u16_be(), Limits::new(1024)));
/// writer.send(b"hi")?;
/// writer.send(b"")?;
/// writer.flush()?;
/// assert_eq!(wire, b"\x00\x02hi\x00\x00");
/// # Ok::<(), barewire_framing::WriteError>(())
/// ```
///
/// What is gathered leaves with [`flush`](Self::flush) and by itself above 64 KiB; it is lost if a writer is dropped
/// without that.
///
/// It works over a writer that does not block as well: `WouldBlock` from `send` means that the frame was not taken,
/// from `flush` that there is more to be flushed when it is writable again. More than 64 KiB and one frame are never
/// held.
#[derive(Debug)]
pub struct Writer<W, F: Verbatim> {
    inner: W,
    framer: Framer<F>,
    /// Frames taken and not written, from `start` on.
    gathered: Vec<u8>,
    start: usize,
}

/// Payloads up to this are copied: that is cheaper than another slice.
const COPIED_BYTES_MAX: usize = 16 * 1024;

/// More than this is not gathered before it is written.
const GATHERED_BYTES_MAX: usize = 64 * 1024;

impl<W: Write, F: Verbatim> Writer<W, F> {
    /// Writes to `inner` what a framer like this one would read.
    pub fn new(inner: W, framer: Framer<F>) -> Self {
        Self {
            inner,
            framer,
            gathered: Vec::new(),
            start: 0,
        }
    }

    /// Takes a frame. `Ok` says that it was taken, not that it was written.
    ///
    /// # Errors
    ///
    /// [`WriteError`]: the payload cannot be a frame, or the writer failed. Nothing of it was taken, unless the failure
    /// came when some of it was written already, which is never `WouldBlock`: then the rest leaves with
    /// [`flush`](Self::flush). No byte is written twice.
    pub fn send(&mut self, payload: &[u8]) -> Result<(), WriteError> {
        if self.gathered.len() - self.start > GATHERED_BYTES_MAX {
            self.write_gathered()?;
        }
        if payload.len() <= COPIED_BYTES_MAX {
            self.make_room();
            self.framer.encode(payload, &mut self.gathered)?;
            return Ok(());
        }
        let wrap = self.framer.wrap(payload)?;
        let [before, field, rest, tail] = wrap.parts(payload);
        let mut parts = [&self.gathered[self.start..], before, field, rest, tail];
        let mut failure = None;
        while parts.iter().any(|part| !part.is_empty()) {
            let slices = parts.map(IoSlice::new);
            match self.inner.write_vectored(&slices) {
                Ok(0) => failure = Some(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    advance(&mut parts, written);
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // The frame is taken: what is left of it waits with the others.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => failure = Some(error),
            }
            break;
        }
        let [gathered, frame @ ..] = parts;
        let untouched = frame.map(<[u8]>::len).iter().sum::<usize>() == wrap.frame_bytes();
        if failure.is_some() && untouched {
            self.start = self.gathered.len() - gathered.len();
        } else {
            // Whatever is written of it cannot be taken back.
            let unwritten = parts.concat();
            self.gathered = unwritten;
            self.start = 0;
        }
        failure.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Writes what was gathered, and has `inner` do the same.
    ///
    /// # Errors
    ///
    /// Those of `inner`. After `WouldBlock` nothing is lost: flush again.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.write_gathered()?;
        loop {
            match self.inner.flush() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                flushed => return Ok(flushed?),
            }
        }
    }

    fn write_gathered(&mut self) -> io::Result<()> {
        while self.start < self.gathered.len() {
            match self.inner.write(&self.gathered[self.start..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => self.start += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.gathered.clear();
        self.start = 0;
        Ok(())
    }

    /// Forgets what was written once that is as much as what was not.
    fn make_room(&mut self) {
        if self.start > 0 && self.start >= self.gathered.len() - self.start {
            self.gathered.drain(..self.start);
            self.start = 0;
        }
    }

    /// How many bytes wait to be written.
    pub fn unwritten(&self) -> usize {
        self.gathered.len() - self.start
    }

    /// What is written to.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// What is written to. What was gathered goes behind what is written past this.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// What is written to, and what was gathered and not written.
    pub fn into_parts(mut self) -> (W, Vec<u8>) {
        self.gathered.drain(..self.start);
        (self.inner, self.gathered)
    }
}

/// Drops the first `written` bytes of the parts.
fn advance(parts: &mut [&[u8]], mut written: usize) {
    for part in parts {
        let gone = written.min(part.len());
        *part = &part[gone..];
        written -= gone;
    }
}

/// Why a frame was not written.
#[derive(Debug)]
pub enum WriteError {
    /// The writer failed.
    Io(io::Error),
    /// The payload cannot be a frame.
    Frame(EncodeError),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Frame(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => error.source(),
            Self::Frame(error) => error.source(),
        }
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<EncodeError> for WriteError {
    fn from(error: EncodeError) -> Self {
        Self::Frame(error)
    }
}

impl From<WriteError> for io::Error {
    /// A payload that cannot be a frame is `InvalidInput`.
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Io(error) => error,
            WriteError::Frame(error) => Self::new(io::ErrorKind::InvalidInput, error),
        }
    }
}
