//! What a wire format has to answer; the rest (limits, errors that stay, skipping) is the framer's and the same for all.

mod ascii_length;
mod cobs;
mod delimited;
mod fixed;
mod header;
mod length_prefix;
mod lines;
mod slip;
mod syslog;
mod varint;

use core::fmt::Debug;
use core::ops::Range;

pub use ascii_length::AsciiLength;
pub use cobs::Cobs;
pub use delimited::Delimited;
pub use fixed::Fixed;
pub use header::{Head, Header};
pub use length_prefix::{Body, Counts, LengthPrefix};
pub use lines::Lines;
pub use slip::Slip;
pub use syslog::Syslog;
pub use varint::Varint;

use crate::encode::{Output, Wrap};
use crate::error::{EncodeError, ErrorKind};

/// How frames lie in a stream of bytes. The formats of this crate implement it and nothing else can; for a header of
/// your own there is [`Header`].
pub trait Format: Rules + Encode {}

impl<T: Rules + Encode> Format for T {}

/// A format whose payloads lie in the stream as they are. COBS and SLIP are not: they have to be decoded in place.
pub trait Verbatim: Format + Wrapped {}

impl<T: Format + Wrapped> Verbatim for T {}

/// What becomes of a last frame that lacks its delimiter when the stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tail {
    /// It is a frame, marked [`Unterminated`](crate::Ending::Unterminated).
    Yield,
    /// It is [`Truncated`](crate::ErrorKind::Truncated).
    Error,
}

/// Whether frames are given with the delimiter that ends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delimiter {
    /// Left out.
    Strip,
    /// Part of the frame. It does not count for the limit.
    Keep,
}

/// A frame at the front of the bytes that are there.
#[derive(Clone, Copy, Debug)]
#[expect(unnameable_types, reason = "between the framer and the formats alone")]
pub struct Found {
    pub start: usize,
    pub end: usize,
    /// At least 1.
    pub consume: usize,
}

/// What is at the front of the bytes that are there, if it is no frame.
#[derive(Clone, Debug)]
#[expect(unnameable_types, reason = "between the framer and the formats alone")]
pub enum Look {
    /// So many bytes more are needed before there is anything to say.
    Need(usize),
    /// So many bytes that belong to no frame.
    Idle(usize),
    TooLong {
        declared: Option<u64>,
        /// The first offending byte.
        at: usize,
        /// As much of the frame as the limit allows, for those who take it cut; `None` where a part means nothing.
        cut: Option<Range<usize>>,
        rest: Rest,
    },
    /// A header that says nothing sensible: where the next frame begins is not known.
    Bad { kind: ErrorKind, at: usize },
}

/// How a frame that is too long is passed over.
#[derive(Clone, Copy, Debug)]
#[expect(unnameable_types, reason = "between the framer and the formats alone")]
pub enum Rest {
    /// So many bytes from the front.
    Bytes(u64),
    /// As [`Rules::search`] finds.
    Search,
}

#[expect(unnameable_types, reason = "seals Format")]
pub trait Rules: Clone + Debug {
    /// What has to be remembered of a frame that has not arrived whole, and of the stream.
    type Progress: Clone + Debug + Default;

    /// The frame at the front of `buf`, which holds everything not consumed; `None` for whatever else is there. `max`
    /// is the limit on a payload. Finding one leaves `progress` ready for the next.
    fn find(&self, progress: &mut Self::Progress, buf: &[u8], max: usize) -> Option<Found>;

    /// What is there, right after `find` has found no frame in the same bytes. Called with the same bytes and more
    /// after `Need`; any other answer leaves `progress` ready for what follows.
    fn look(&self, progress: &mut Self::Progress, buf: &[u8], max: usize) -> Look;

    /// The bytes up to the end of a frame that is passed over: how many of `buf`, and whether that is its end.
    fn search(&self, _: &mut Self::Progress, buf: &[u8]) -> (usize, bool) {
        (buf.len(), false)
    }

    /// What becomes of bytes for which `look` needs more than will come. Leaves `progress` ready for the next frame,
    /// though none will come.
    fn at_end(&self, _: &mut Self::Progress) -> Tail {
        Tail::Error
    }

    /// Undoes escapes in a frame's body: its length then, or the rule broken and where.
    fn unescape(&self, body: &mut [u8], _max: usize) -> Result<usize, (ErrorKind, usize)> {
        Ok(body.len())
    }

    /// Most bytes of one frame in the stream whose payload has `max`, and of whatever has to be there to judge it.
    fn stream_bytes_max(&self, max: usize) -> usize;
}

#[expect(unnameable_types, reason = "seals Verbatim")]
pub trait Wrapped: Rules {
    /// What goes before and behind `payload`.
    fn wrap(&self, payload: &[u8], max: usize) -> Result<Wrap<'_>, EncodeError>;
}

#[expect(unnameable_types, reason = "seals Format")]
pub trait Encode: Rules {
    /// Appends the frame of `payload`, or nothing.
    fn encode<O: Output>(&self, payload: &[u8], max: usize, out: &mut O)
    -> Result<(), EncodeError>;
}

/// Nothing but what goes around a payload has to be known. The others rewrite it.
impl<F: Wrapped> Encode for F {
    #[inline]
    fn encode<O: Output>(
        &self,
        payload: &[u8],
        max: usize,
        out: &mut O,
    ) -> Result<(), EncodeError> {
        self.wrap(payload, max)?.put(payload, out)
    }
}

/// That a payload is not longer than our own decoder allows.
fn check_len(len: usize, max: usize) -> Result<(), EncodeError> {
    if len > max {
        return Err(EncodeError::TooLong { len, max });
    }
    Ok(())
}
