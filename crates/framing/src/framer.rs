use core::ops::Range;

use crate::encode::{Output, Wrap};
use crate::error::{EncodeError, Error, ErrorKind};
use crate::format::{Format, Look, Rest, Tail, Verbatim};
use crate::limits::Limits;

/// Whether more bytes may come behind those that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// They may.
    Open,
    /// The peer has ended its side: a `read` has returned 0.
    Ended,
}

/// What is at the front of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing yet: come back with at least so many bytes more behind the same ones (1 or more; how many is known once
    /// a header is there). Never the answer for a stream that has [`Ended`](Stream::Ended).
    Need(usize),
    /// Drop so many bytes, 1 or more: they belong to no frame, or to one that was refused and is passed over.
    Skip(usize),
    /// A frame.
    Frame {
        /// Where its payload is.
        body: Range<usize>,
        /// How many bytes to drop before the next step, 1 or more.
        consume: usize,
        /// How it ended.
        ending: Ending,
    },
    /// The stream has ended between two frames.
    End,
}

/// How a frame ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// As it should.
    Whole,
    /// At the limit: it was longer, and what followed is not given ([`Recovery::Truncate`]).
    Truncated,
    /// With the stream, without its delimiter ([`Tail::Yield`]).
    Unterminated,
}

/// What a frame that is too long means for the stream.
///
/// A malformed header is fatal always: nobody knows where the next frame would begin. A malformed COBS or SLIP frame
/// ends at its delimiter, so it is treated as one that is too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Recovery {
    /// The end: the error stays, and nothing behind it is ever read as a frame. The default.
    #[default]
    Poison,
    /// One error, then the frame is passed over in constant memory and the next one is read.
    Skip,
    /// No error: the frame is given cut to the limit, marked [`Truncated`](Ending::Truncated), the rest is passed over
    /// as by [`Skip`](Self::Skip). Escaped frames, of which a part means nothing, are skipped.
    Truncate,
}

#[derive(Clone, Debug)]
enum Mode {
    Reading,
    /// So many bytes to be dropped.
    Dropping(u64),
    /// Dropping up to a delimiter; so many have been.
    Searching(u64),
    Failed(Error),
}

/// Finds frames at the front of the caller's bytes, and writes frames that its like will find.
///
/// It holds no bytes: `step` is shown everything that was read and not dropped, and answers with ranges. It remembers
/// how far it has looked, so that a frame which trickles in is looked at no more than twice. Which frames and errors
/// come out, and at which byte, does not depend on how the bytes were split into reads.
///
/// ```
/// use barewire_framing::{Framer, LengthPrefix, Limits, Step, Stream};
///
/// let mut framer = Framer::new(LengthPrefix::u16_be(), Limits::new(1024));
/// let mut unread = &b"\x00\x02hi\x00\x05he"[..];
/// let mut frames = Vec::new();
/// let need = loop {
///     match framer.step(unread, Stream::Open)? {
///         Step::Frame { body, consume, .. } => {
///             frames.push(&unread[body]);
///             unread = &unread[consume..];
///         }
///         Step::Skip(n) => unread = &unread[n..],
///         Step::Need(n) => break n,
///         Step::End => unreachable!("the stream is open"),
///     }
/// };
/// assert_eq!(frames, [b"hi"]);
/// assert_eq!((unread, need), (&b"\x00\x05he"[..], 3));
/// # Ok::<(), barewire_framing::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Framer<F: Format> {
    format: F,
    limits: Limits,
    recovery: Recovery,
    mode: Mode,
    progress: F::Progress,
    /// How many bytes have to be there for it to be worth looking for a frame.
    wanted: usize,
    /// Where in the stream the bytes begin that are shown next.
    offset: u64,
}

impl<F: Format> Framer<F> {
    /// A framer at the beginning of a stream, without recovery.
    #[must_use]
    pub fn new(format: F, limits: Limits) -> Self {
        Self {
            format,
            limits: limits.clamped(),
            recovery: Recovery::Poison,
            mode: Mode::Reading,
            progress: F::Progress::default(),
            wanted: 0,
            offset: 0,
        }
    }

    /// With another recovery.
    #[must_use]
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = recovery;
        self
    }

    /// What is at the front of `unread`: everything that was read and that no earlier answer said to drop.
    ///
    /// Before the next call exactly the bytes have to be dropped that the answer names: `n` for `Skip(n)`, `consume`
    /// for a frame, none for `Need` or an error. With other bytes in front it may panic, or find what is not there.
    ///
    /// # Errors
    ///
    /// The rule that the peer broke. The error stays: every later call gives the same one, whatever it is shown, until
    /// [`reset`](Self::reset). Only after a frame that is too long, where [`Recovery`] allows it, the next call goes
    /// on behind that frame.
    #[inline]
    pub fn step(&mut self, unread: &[u8], stream: Stream) -> Result<Step, Error>
    where
        F: Verbatim,
    {
        self.raw_step(unread, stream)
    }

    /// Like [`step`](Self::step), for every format: COBS and SLIP frames are decoded in place, so that `body` is
    /// shorter than what it takes up in the stream.
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step).
    #[inline]
    pub fn step_mut(&mut self, unread: &mut [u8], stream: Stream) -> Result<Step, Error> {
        let mut step = self.raw_step(unread, stream)?;
        if let Step::Frame { body, consume, .. } = &mut step {
            let max = self.limits.frame_bytes_max;
            match self.format.unescape(&mut unread[body.clone()], max) {
                Ok(len) => body.end = body.start + len,
                Err((kind, at)) => {
                    return Err(self.refuse_escaped(kind, body.start + at, *consume));
                }
            }
        }
        Ok(step)
    }

    #[inline]
    fn raw_step(&mut self, unread: &[u8], stream: Stream) -> Result<Step, Error> {
        if unread.len() >= self.wanted {
            let max = self.limits.frame_bytes_max;
            if let Some(found) = self.format.find(&mut self.progress, unread, max) {
                self.wanted = 0;
                self.offset += found.consume as u64;
                return Ok(Step::Frame {
                    body: found.start..found.end,
                    consume: found.consume,
                    ending: Ending::Whole,
                });
            }
        }
        self.step_aside(unread, stream)
    }

    fn frame(&mut self, body: Range<usize>, consume: usize, ending: Ending) -> Step {
        self.offset += consume as u64;
        Step::Frame {
            body,
            consume,
            ending,
        }
    }

    fn skip(&mut self, bytes: usize) -> Step {
        self.offset += bytes as u64;
        Step::Skip(bytes)
    }

    fn need(&mut self, bytes: usize, unread: &[u8]) -> Step {
        self.wanted = unread.len() + bytes;
        Step::Need(bytes)
    }

    /// Leaves off looking for frames: `find` is not asked until `wanted` is taken back.
    fn set_mode(&mut self, mode: Mode) {
        self.wanted = match mode {
            Mode::Reading => 0,
            _ => usize::MAX,
        };
        self.mode = mode;
    }

    fn fail<T>(&mut self, kind: ErrorKind, offset: u64) -> Result<T, Error> {
        let error = Error { kind, offset };
        self.set_mode(Mode::Failed(error));
        Err(error)
    }

    /// What is no frame.
    #[cold]
    #[inline(never)]
    fn step_aside(&mut self, unread: &[u8], stream: Stream) -> Result<Step, Error> {
        if !matches!(self.mode, Mode::Reading) {
            return self.step_over(unread, stream);
        }
        if unread.len() < self.wanted {
            // What was asked for has not come: nothing new to be seen.
            if stream == Stream::Open {
                return Ok(Step::Need(self.wanted - unread.len()));
            }
            // It will not come. More may have been asked for than a frame turns out to have.
            self.wanted = 0;
            return self.raw_step(unread, stream);
        }
        self.wanted = 0;
        if unread.is_empty() && stream == Stream::Ended {
            return Ok(Step::End);
        }
        let max = self.limits.frame_bytes_max;
        match self.format.look(&mut self.progress, unread, max) {
            Look::Need(n) if stream == Stream::Open => Ok(self.need(n, unread)),
            // A frame that has not begun cannot be refused, whatever is known of all of them.
            _ if unread.is_empty() => Ok(self.need(1, unread)),
            Look::Need(missing) => self.last(missing, unread, stream),
            Look::Idle(bytes) => Ok(self.skip(bytes)),
            Look::Bad { kind, at } => self.fail(kind, self.offset + at as u64),
            Look::TooLong {
                declared,
                at,
                cut,
                rest,
            } => self.too_long(declared, at, cut, rest, unread, stream),
        }
    }

    /// The stream has ended where `look` wants more.
    fn last(&mut self, missing: usize, unread: &[u8], stream: Stream) -> Result<Step, Error> {
        if self.format.at_end(&mut self.progress) == Tail::Error {
            return self.truncated(missing as u64, unread);
        }
        let max = self.limits.frame_bytes_max;
        if unread.len() > max {
            return self.too_long(None, max, Some(0..max), Rest::Search, unread, stream);
        }
        Ok(self.frame(0..unread.len(), unread.len(), Ending::Unterminated))
    }

    fn truncated(&mut self, missing: u64, unread: &[u8]) -> Result<Step, Error> {
        let offset = self.offset + unread.len() as u64;
        self.fail(ErrorKind::Truncated { missing }, offset)
    }

    fn too_long(
        &mut self,
        declared: Option<u64>,
        at: usize,
        cut: Option<Range<usize>>,
        rest: Rest,
        unread: &[u8],
        stream: Stream,
    ) -> Result<Step, Error> {
        let max = self.limits.frame_bytes_max;
        let kind = ErrorKind::TooLong { declared, max };
        let offset = self.offset + at as u64;
        let over = match rest {
            Rest::Bytes(bytes) if bytes > self.limits.skip_bytes_max => {
                return self.fail(kind, offset);
            }
            Rest::Bytes(bytes) => Mode::Dropping(bytes),
            Rest::Search => Mode::Searching(0),
        };
        match (self.recovery, cut) {
            (Recovery::Poison, _) => self.fail(kind, offset),
            (Recovery::Truncate, Some(cut)) => {
                if let Some(missing) = cut.end.checked_sub(unread.len()).filter(|&n| n > 0) {
                    if stream == Stream::Ended {
                        return self.truncated(missing as u64, unread);
                    }
                    return Ok(self.need(missing, unread));
                }
                // There is a byte more than is allowed: a cut to nothing takes that one.
                let consume = cut.end.max(1);
                self.set_mode(match over {
                    Mode::Dropping(bytes) => Mode::Dropping(bytes - consume as u64),
                    other => other,
                });
                Ok(self.frame(cut, consume, Ending::Truncated))
            }
            (Recovery::Skip | Recovery::Truncate, _) => {
                self.set_mode(over);
                Err(Error { kind, offset })
            }
        }
    }

    /// A frame that was found and could not be unescaped; it is there whole.
    #[cold]
    fn refuse_escaped(&mut self, kind: ErrorKind, at: usize, consume: usize) -> Error {
        self.offset -= consume as u64;
        let offset = self.offset + at as u64;
        let error = Error { kind, offset };
        self.set_mode(match self.recovery {
            Recovery::Poison => Mode::Failed(error),
            Recovery::Skip | Recovery::Truncate => Mode::Dropping(consume as u64),
        });
        error
    }

    /// One step where no frame is looked for.
    fn step_over(&mut self, unread: &[u8], stream: Stream) -> Result<Step, Error> {
        match &mut self.mode {
            Mode::Failed(error) => Err(*error),
            Mode::Reading => self.raw_step(unread, stream),
            Mode::Dropping(0) => {
                self.set_mode(Mode::Reading);
                self.raw_step(unread, stream)
            }
            Mode::Dropping(left) if unread.is_empty() => match stream {
                Stream::Open => Ok(Step::Need(usize::try_from(*left).unwrap_or(usize::MAX))),
                Stream::Ended => {
                    let missing = *left;
                    self.truncated(missing, unread)
                }
            },
            Mode::Dropping(left) => {
                let bytes =
                    usize::try_from(*left).map_or(unread.len(), |left| left.min(unread.len()));
                *left -= bytes as u64;
                Ok(self.skip(bytes))
            }
            Mode::Searching(_) if unread.is_empty() => match stream {
                // Half a delimiter may have been seen: that is not forgotten.
                Stream::Open => Ok(Step::Need(1)),
                Stream::Ended => match self.format.at_end(&mut self.progress) {
                    Tail::Yield => {
                        self.set_mode(Mode::Reading);
                        Ok(Step::End)
                    }
                    Tail::Error => self.truncated(1, unread),
                },
            },
            Mode::Searching(skipped) => {
                let (bytes, found) = self.format.search(&mut self.progress, unread);
                let before = *skipped;
                *skipped += bytes as u64;
                let max = self.limits.skip_bytes_max;
                if *skipped > max {
                    let offset = self.offset + (max - before);
                    return self.fail(ErrorKind::SkipTooLong { max }, offset);
                }
                if found {
                    self.set_mode(Mode::Reading);
                }
                Ok(self.skip(bytes))
            }
        }
    }

    /// Whether a frame has begun and not ended, with `unread` bytes not dropped: what a deadline for slow peers asks,
    /// and why a stream that ends here was cut. A frame that is passed over counts as begun.
    #[must_use]
    pub fn mid_frame(&self, unread: usize) -> bool {
        unread > 0 || matches!(self.mode, Mode::Dropping(1..) | Mode::Searching(_))
    }

    /// The error that stays, if there is one.
    #[must_use]
    pub fn error(&self) -> Option<Error> {
        match self.mode {
            Mode::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Forgets everything: a framer at the beginning of another stream, and its bytes are counted from 0.
    pub fn reset(&mut self) {
        self.set_mode(Mode::Reading);
        self.progress = F::Progress::default();
        self.offset = 0;
    }

    /// Where in the stream the bytes begin that are shown next.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> &F {
        &self.format
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The most bytes that have to be held for one step: with so many unread ones the answer is never `Need`. It is
    /// [`frame_bytes_max`](Limits::frame_bytes_max) and what the format puts around a payload, and the bound on memory
    /// for one connection.
    #[must_use]
    pub fn unread_bytes_max(&self) -> usize {
        self.format.stream_bytes_max(self.limits.frame_bytes_max)
    }

    /// Appends the frame of `payload` to `out`.
    ///
    /// # Errors
    ///
    /// A payload that a framer like this one would refuse, cut in two, or read as something else. Then nothing has
    /// been appended.
    #[inline]
    pub fn encode<O: Output>(&self, payload: &[u8], out: &mut O) -> Result<(), EncodeError> {
        self.format
            .encode(payload, self.limits.frame_bytes_max, out)
    }

    /// What goes around `payload` in the stream, for those who do not want it copied.
    ///
    /// Copying is cheaper below some 16 KiB, and a frame in two writes is dearer than either.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    #[inline]
    pub fn wrap(&self, payload: &[u8]) -> Result<Wrap<'_>, EncodeError>
    where
        F: Verbatim,
    {
        self.format.wrap(payload, self.limits.frame_bytes_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Delimited, Fixed, Head, Header, Limits};

    /// What comes of `pieces` if each is asked about until it says no more; `Ok` holds where frames end.
    #[track_caller]
    fn check<F: Verbatim>(
        framer: &mut Framer<F>,
        pieces: &[&[u8]],
        expected: &[Result<u64, Error>],
    ) {
        let (mut unread, mut seen) = (std::vec::Vec::new(), std::vec::Vec::new());
        for piece in pieces {
            unread.extend_from_slice(piece);
            loop {
                let dropped = match framer.step(&unread, Stream::Open) {
                    Ok(Step::Need(_)) => break,
                    Ok(Step::Skip(bytes)) => bytes,
                    Ok(Step::Frame { consume, .. }) => {
                        seen.push(Ok(framer.offset()));
                        consume
                    }
                    Ok(Step::End) => panic!("the stream is open"),
                    Err(error) => {
                        seen.push(Err(error));
                        0
                    }
                };
                unread.drain(..dropped);
                if framer.error().is_some() {
                    break;
                }
            }
        }
        assert_eq!(seen, expected);
    }

    const fn too_long(declared: Option<u64>, max: usize, offset: u64) -> Error {
        let kind = ErrorKind::TooLong { declared, max };
        Error { kind, offset }
    }

    #[test]
    fn a_header_that_asks_for_too_much_is_read_at_the_end() {
        let format = Header::new(4, |head| match head.len() {
            0 | 1 => Head::Need(3),
            _ => Head::Length {
                header: 2,
                payload: 0,
                trailer: 0,
            },
        });
        let mut framer = Framer::new(format, Limits::new(2));
        assert_eq!(framer.step(b"a", Stream::Open), Ok(Step::Need(3)));
        let frame = Step::Frame {
            body: 0..2,
            consume: 2,
            ending: Ending::Whole,
        };
        assert_eq!(framer.step(b"ab", Stream::Ended), Ok(frame));
    }

    #[test]
    fn a_frame_is_judged_once_it_has_begun() {
        let mut framer = Framer::new(Fixed::new(3), Limits::new(2)).recovery(Recovery::Skip);
        check(
            &mut framer,
            &[b"", b"abc", b""],
            &[Err(too_long(Some(3), 2, 0))],
        );
        assert_eq!(framer.step(b"", Stream::Ended), Ok(Step::End));

        let strict = |head: &[u8]| match head {
            [b'x', ..] => Head::Length {
                header: 1,
                payload: 0,
                trailer: 0,
            },
            _ => Head::Invalid,
        };
        check(
            &mut Framer::new(Header::new(1, strict), Limits::new(2)),
            &[b"", b"x", b""],
            &[Ok(1)],
        );
    }

    #[test]
    fn a_search_is_not_forgotten_between_reads() {
        let format = Delimited::exact(b"\r\n");
        let mut framer = Framer::new(format, Limits::new(2)).recovery(Recovery::Skip);
        let pieces = [&b"long\r"[..], b"\nab\r\n"];
        check(&mut framer, &pieces, &[Err(too_long(None, 2, 2)), Ok(10)]);
    }
}
