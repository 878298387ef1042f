use super::{Found, Look, Rest, Rules, Wrapped, check_len};
use crate::encode::Wrap;
use crate::error::EncodeError;

/// Frames that all have the same size, and nothing between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed {
    bytes: usize,
}

impl Fixed {
    /// Frames of so many bytes.
    ///
    /// # Panics
    ///
    /// If that is 0.
    #[must_use]
    pub const fn new(bytes: usize) -> Self {
        assert!(bytes > 0, "a frame of no bytes has no end");
        Self { bytes }
    }
}

impl Rules for Fixed {
    type Progress = ();

    #[inline]
    fn find(&self, (): &mut (), buf: &[u8], max: usize) -> Option<Found> {
        (self.bytes <= buf.len().min(max)).then_some(Found {
            start: 0,
            end: self.bytes,
            consume: self.bytes,
        })
    }

    fn look(&self, (): &mut (), buf: &[u8], max: usize) -> Look {
        if self.bytes <= max {
            return Look::Need(self.bytes - buf.len());
        }
        Look::TooLong {
            declared: Some(self.bytes as u64),
            at: 0,
            cut: Some(0..max),
            rest: Rest::Bytes(self.bytes as u64),
        }
    }

    fn stream_bytes_max(&self, max: usize) -> usize {
        // Of one that is too long, one byte is enough to say so.
        self.bytes.min(max).max(1)
    }
}

impl Wrapped for Fixed {
    #[inline]
    fn wrap(&self, payload: &[u8], max: usize) -> Result<Wrap<'_>, EncodeError> {
        check_len(payload.len(), max)?;
        if payload.len() != self.bytes {
            return Err(EncodeError::WrongSize {
                len: payload.len(),
                expected: self.bytes,
            });
        }
        Ok(Wrap::bare(payload.len()))
    }
}
