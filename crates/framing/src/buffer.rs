use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, Range};

use crate::error::Error;
use crate::format::Format;
use crate::framer::{Ending, Framer, Step, Stream};

/// The bytes of one stream that were read and belong to no frame yet, up to a limit.
///
/// Memory grows with bytes received, never with a declared length: by doubling from 4 KiB, and up to 64 KiB where reads
/// keep filling what they are offered. Nothing is allocated before the first byte is wanted. A byte is moved once at
/// most after it was read, and copied into a larger buffer less than once on average, as long as
/// [`next_frame`](Self::next_frame) is called until it gives nothing before more is read.
///
/// ```
/// use barewire_framing::{FrameBuf, Framer, Limits, Lines, Stream};
///
/// let mut framer = Framer::new(Lines::new(), Limits::new(1024));
/// let mut buf = FrameBuf::for_framer(&framer);
/// // A socket reads into spare(); how much it read is committed.
/// for read in [&b"one\r\ntw"[..], b"o\nthree"] {
///     buf.spare()?[..read.len()].copy_from_slice(read);
///     buf.commit(read.len());
///     while let Some(line) = buf.next_frame(&mut framer, Stream::Open)? {
///         println!("{}", line.escape_ascii());
///     }
/// }
/// // The socket has read 0.
/// while let Some(line) = buf.next_frame(&mut framer, Stream::Ended)? {
///     assert_eq!(&*line, b"three");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct FrameBuf {
    /// All of it has been written to once; `start..end` is unread.
    storage: Vec<u8>,
    start: usize,
    end: usize,
    bytes_max: usize,
    /// The last read filled what it was offered.
    filled: bool,
}

/// The least that a read is offered, room permitting. tokio-util's readers are offered what is left over, down to a
/// few bytes.
const READ_BYTES_MIN: usize = 4 * 1024;

/// Reads are offered up to this; beyond it the system call is no longer what costs.
const READ_BYTES_MAX: usize = 64 * 1024;

/// A frame, borrowed from the buffer until its next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The payload; what else, the format says.
    pub body: &'a [u8],
    /// How it ended.
    pub ending: Ending,
}

impl Deref for Frame<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.body
    }
}

impl AsRef<[u8]> for Frame<'_> {
    fn as_ref(&self) -> &[u8] {
        self.body
    }
}

#[cfg(feature = "bytes")]
impl From<Frame<'_>> for bytes::Bytes {
    /// A copy. Up to some 1.5 KiB that is cheaper than sharing the buffer, and it keeps no more than itself alive.
    fn from(frame: Frame<'_>) -> Self {
        Self::copy_from_slice(frame.body)
    }
}

/// A frame that was taken, by its place.
pub(crate) struct Taken {
    body: Range<usize>,
    ending: Ending,
}

/// No room for more bytes: the limit is reached, and whatever is there has to be taken first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// The limit in bytes.
    pub bytes_max: usize,
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} unread bytes, as many as may be held; take frames out, or give the buffer the framer's unread_bytes_max",
            self.bytes_max
        )
    }
}

impl core::error::Error for Full {}

impl FrameBuf {
    /// An empty buffer that holds so many unread bytes at most.
    #[must_use]
    pub const fn new(bytes_max: usize) -> Self {
        Self {
            storage: Vec::new(),
            start: 0,
            end: 0,
            bytes_max,
            filled: false,
        }
    }

    /// An empty buffer with room for the largest frame of `framer` and 4 KiB more, so that a read is never offered
    /// less than that.
    #[must_use]
    pub fn for_framer<F: Format>(framer: &Framer<F>) -> Self {
        Self::new(framer.unread_bytes_max() + READ_BYTES_MIN)
    }

    /// Where to read to: 4 KiB at least unless the limit is nearer, and all that a large frame has left behind until
    /// [`shrink`](Self::shrink); never empty.
    ///
    /// # Errors
    ///
    /// [`Full`]; never after [`next_frame`](Self::next_frame) has given `None` to a framer that the buffer is large enough for.
    pub fn spare(&mut self) -> Result<&mut [u8], Full> {
        let unread = self.end - self.start;
        if unread == self.bytes_max {
            return Err(Full {
                bytes_max: self.bytes_max,
            });
        }
        if unread == 0 {
            (self.start, self.end) = (0, 0);
        }
        let offer = READ_BYTES_MIN.min(self.bytes_max - unread);
        let capacity = self.storage.len();
        let hungry = self.filled && capacity < READ_BYTES_MAX.min(self.bytes_max);
        if hungry || capacity - self.end < offer {
            // Moving costs no more than what was taken out since.
            let fits = !hungry && capacity - unread >= offer;
            if fits && (unread <= self.start || capacity == self.bytes_max) {
                self.storage.copy_within(self.start..self.end, 0);
            } else {
                let doubled = (2 * capacity).max(unread + offer).min(self.bytes_max);
                let mut storage = vec![0; doubled];
                storage[..unread].copy_from_slice(&self.storage[self.start..self.end]);
                self.storage = storage;
            }
            (self.start, self.end) = (0, unread);
        }
        self.filled = false;
        Ok(&mut self.storage[self.end..])
    }

    /// Takes the first `bytes` of [`spare`](Self::spare) as read.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn commit(&mut self, bytes: usize) {
        let spare = self.storage.len() - self.end;
        assert!(
            bytes <= spare,
            "{bytes} bytes committed of {spare} spare ones"
        );
        self.filled = bytes == spare;
        self.end += bytes;
    }

    /// The next frame, or `None`: read more, or, for a stream that has [`Ended`](Stream::Ended), it ended as it should.
    ///
    /// # Errors
    ///
    /// As [`Framer::step`]: the error stays, but for a frame that is passed over by [`Recovery`](crate::Recovery).
    #[inline]
    pub fn next_frame<F: Format>(
        &mut self,
        framer: &mut Framer<F>,
        stream: Stream,
    ) -> Result<Option<Frame<'_>>, Error> {
        let found = self.take(framer, stream)?;
        Ok(found.map(|taken| self.frame(taken)))
    }

    /// Takes the next frame; what it says can be looked at until there is another call.
    #[inline]
    pub(crate) fn take<F: Format>(
        &mut self,
        framer: &mut Framer<F>,
        stream: Stream,
    ) -> Result<Option<Taken>, Error> {
        loop {
            match framer.step_mut(&mut self.storage[self.start..self.end], stream)? {
                Step::Frame {
                    body,
                    consume,
                    ending,
                } => {
                    let body = self.start + body.start..self.start + body.end;
                    self.start += consume;
                    return Ok(Some(Taken { body, ending }));
                }
                Step::Skip(bytes) => self.start += bytes,
                Step::Need(_) | Step::End => return Ok(None),
            }
        }
    }

    #[inline]
    pub(crate) fn frame(&self, taken: Taken) -> Frame<'_> {
        Frame {
            body: &self.storage[taken.body],
            ending: taken.ending,
        }
    }

    /// What was read and not taken.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        &self.storage[self.start..self.end]
    }

    /// What was read and not taken, for whoever goes on with another protocol.
    #[must_use]
    pub fn into_unread(mut self) -> Vec<u8> {
        self.storage.truncate(self.end);
        self.storage.drain(..self.start);
        self.storage
    }

    /// Lets hold so many unread bytes from now on, or as many as there is memory for already if that is more: for
    /// another framer on the same stream.
    pub fn set_bytes_max(&mut self, bytes_max: usize) {
        self.bytes_max = bytes_max.max(self.storage.len());
    }

    /// How many unread bytes it holds at most.
    #[must_use]
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Gives memory back while nothing is unread: what a thousand idle connections want.
    pub fn shrink(&mut self) {
        if self.start == self.end {
            self.storage = Vec::new();
            (self.start, self.end, self.filled) = (0, 0, false);
        }
    }

    /// The memory in use, in bytes.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.storage.len()
    }

    /// Reads once, until it is not interrupted: 0 is the end of the stream.
    ///
    /// # Errors
    ///
    /// Those of `reader`, after which nothing is lost, and [`Full`] as `InvalidInput`.
    #[cfg(feature = "std")]
    pub fn read_from(&mut self, reader: &mut impl std::io::Read) -> std::io::Result<usize> {
        use std::io::ErrorKind;

        let spare = self
            .spare()
            .map_err(|full| std::io::Error::new(ErrorKind::InvalidInput, full))?;
        loop {
            match reader.read(spare) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(bytes) => {
                    self.commit(bytes);
                    return Ok(bytes);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl fmt::Debug for FrameBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameBuf")
            .field("unread", &(self.end - self.start))
            .field("capacity", &self.storage.len())
            .field("bytes_max", &self.bytes_max)
            .finish()
    }
}
