use core::fmt;

use super::{Found, Look, Rest, Rules, Wrapped};
use crate::encode::Wrap;
use crate::error::{EncodeError, ErrorKind};

/// A header of your own: a function says how long the frame is whose first bytes it is shown.
///
/// The frame is given whole, header included: only the caller knows how to read that. For the same reason what is
/// encoded has to be a whole frame; it is checked by the same function.
///
/// ```
/// use barewire_framing::{Framer, Head, Header, Limits, Step, Stream};
///
/// // FastCGI: 8 bytes of header with a content length and a padding length.
/// let fastcgi = Header::new(8, |head: &[u8]| match head {
///     [1, _, _, _, high, low, padding, _, ..] => Head::Length {
///         header: 8,
///         payload: u64::from(u16::from_be_bytes([*high, *low])),
///         trailer: usize::from(*padding),
///     },
///     [1, ..] | [] => Head::Need(8 - head.len()),
///     _ => Head::Invalid,
/// });
/// let mut framer = Framer::new(fastcgi, Limits::new(65_535));
/// let step = framer.step(b"\x01\x05\0\x01\0\x02\x01\0hi.", Stream::Open)?;
/// assert!(matches!(step, Step::Frame { consume: 11, .. }));
/// # Ok::<(), barewire_framing::Error>(())
/// ```
///
/// It is called once for each arrival of the bytes it asked for, and once more when the frame is there.
#[derive(Clone)]
pub struct Header<H> {
    head: H,
    bytes_max: usize,
}

/// Beyond this sums with a payload might not fit in a 32-bit `usize`.
const AROUND_BYTES_CEILING: usize = 1 << 30;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// So many bytes more are needed to tell; 0 is taken as 1.
    Need(usize),
    /// The parts of the frame, in bytes.
    Length {
        /// Before the payload; what the function was shown and more, if need be.
        header: usize,
        /// What [`Limits::frame_bytes_max`](crate::Limits::frame_bytes_max) is for.
        payload: u64,
        /// Behind the payload.
        trailer: usize,
    },
    /// Nothing sensible: [`InvalidHeader`](crate::ErrorKind::InvalidHeader).
    Invalid,
}

impl<H: Fn(&[u8]) -> Head + Clone> Header<H> {
    /// Headers that are read by `head`, which is shown the first `bytes_max` bytes of a frame or as many as are there,
    /// from 0. Header and trailer together may have four times as many, up to 1 GiB; asking for more is
    /// [`HeaderTooLong`](crate::ErrorKind::HeaderTooLong).
    pub const fn new(bytes_max: usize, head: H) -> Self {
        Self { head, bytes_max }
    }
}

impl<H> Header<H> {
    fn around_max(&self) -> usize {
        self.bytes_max.saturating_mul(4).min(AROUND_BYTES_CEILING)
    }

    /// Header and trailer together, if they may be as long.
    fn allowed(&self, header: usize, trailer: usize) -> Option<usize> {
        header
            .checked_add(trailer)
            .filter(|&around| around <= self.around_max())
    }

    fn shown<'b>(&self, buf: &'b [u8]) -> &'b [u8] {
        &buf[..buf.len().min(self.bytes_max)]
    }
}

impl<H> fmt::Debug for Header<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("bytes_max", &self.bytes_max)
            .finish_non_exhaustive()
    }
}

impl<H: Fn(&[u8]) -> Head + Clone> Rules for Header<H> {
    type Progress = ();

    #[inline]
    fn find(&self, (): &mut (), buf: &[u8], max: usize) -> Option<Found> {
        let Head::Length {
            header,
            payload,
            trailer,
        } = (self.head)(self.shown(buf))
        else {
            return None;
        };
        let around = self.allowed(header, trailer)?;
        let payload = usize::try_from(payload)
            .ok()
            .filter(|&payload| payload <= max)?;
        // A frame has one byte at least, or there would be no end of them.
        let consume = (around + payload).max(1);
        (consume <= buf.len()).then_some(Found {
            start: 0,
            end: consume,
            consume,
        })
    }

    fn look(&self, (): &mut (), buf: &[u8], max: usize) -> Look {
        let shown = self.shown(buf);
        let too_long = Look::Bad {
            kind: ErrorKind::HeaderTooLong {
                max: self.bytes_max,
            },
            at: 0,
        };
        let (header, payload, trailer) = match (self.head)(shown) {
            Head::Need(_) if shown.len() == self.bytes_max => return too_long,
            Head::Need(n) => return Look::Need(n.clamp(1, self.bytes_max - shown.len())),
            Head::Invalid => {
                let kind = ErrorKind::InvalidHeader;
                return Look::Bad { kind, at: 0 };
            }
            Head::Length {
                header,
                payload,
                trailer,
            } => (header, payload, trailer),
        };
        let Some(around) = self.allowed(header, trailer) else {
            return too_long;
        };
        if payload > max as u64 {
            return Look::TooLong {
                declared: Some(payload),
                at: 0,
                cut: Some(0..header + max),
                rest: Rest::Bytes(payload.saturating_add(around as u64)),
            };
        }
        Look::Need((around + payload as usize).max(1) - buf.len())
    }

    fn stream_bytes_max(&self, max: usize) -> usize {
        self.around_max().max(1) + max
    }
}

impl<H: Fn(&[u8]) -> Head + Clone> Wrapped for Header<H> {
    fn wrap(&self, frame: &[u8], max: usize) -> Result<Wrap<'_>, EncodeError> {
        match self.find(&mut (), frame, max) {
            Some(found) if found.consume == frame.len() => return Ok(Wrap::bare(frame.len())),
            Some(_) => return Err(EncodeError::NotAFrame),
            None => {}
        }
        match self.look(&mut (), frame, max) {
            Look::TooLong {
                declared: Some(payload),
                ..
            } => Err(EncodeError::TooLong {
                len: usize::try_from(payload).unwrap_or(usize::MAX),
                max,
            }),
            _ => Err(EncodeError::NotAFrame),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Framer, Limits};

    #[track_caller]
    fn check(frame: &[u8], expected: Result<usize, EncodeError>) {
        let header = Header::new(1, |head: &[u8]| match *head {
            [payload, ..] => Head::Length {
                header: 1,
                payload: payload.into(),
                trailer: 0,
            },
            [] => Head::Need(1),
        });
        let framer = Framer::new(header, Limits::new(2));
        assert_eq!(framer.wrap(frame).map(|wrap| wrap.frame_bytes()), expected);
    }

    #[test]
    fn what_is_written_is_what_its_header_says() {
        check(b"\x02ab", Ok(3));
        check(b"\x02ab\0", Err(EncodeError::NotAFrame));
        check(b"\x02a", Err(EncodeError::NotAFrame));
        check(b"", Err(EncodeError::NotAFrame));
        check(b"\x03abc", Err(EncodeError::TooLong { len: 3, max: 2 }));
    }

    #[test]
    fn sums_of_the_largest_header_fit() {
        let header = Header::new(usize::MAX, |_: &[u8]| Head::Length {
            header: usize::MAX / 2,
            payload: 1,
            trailer: usize::MAX / 2,
        });
        let mut framer = Framer::new(header, Limits::default());
        assert_eq!(framer.unread_bytes_max(), (1 << 30) + (1 << 20));
        let max = usize::MAX;
        let error = framer
            .step(b"a", crate::Stream::Open)
            .map_err(|error| error.kind);
        assert_eq!(error, Err(ErrorKind::HeaderTooLong { max }));
    }
}
