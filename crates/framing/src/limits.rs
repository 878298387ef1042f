/// Ceilings a peer cannot cross. Each breach is an [`ErrorKind`](crate::ErrorKind) naming its limit.
///
/// They are checked before anything is waited for or reserved, and after a length that counts its own header has been
/// put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest payload accepted and written, in bytes: header, delimiter, a line's CR and escapes are not counted.
    /// Default 1 MiB; taken as 1 GiB at most, so that sums fit on 32 bits.
    ///
    /// Breach: [`TooLong`](crate::ErrorKind::TooLong).
    pub frame_bytes_max: usize,
    /// Most bytes thrown away for one frame that is too long, where [`Recovery`](crate::Recovery) allows it. Default
    /// 1 GiB. A declared length beyond it is as fatal as without recovery.
    ///
    /// Breach: [`SkipTooLong`](crate::ErrorKind::SkipTooLong), or [`TooLong`](crate::ErrorKind::TooLong) that stays.
    pub skip_bytes_max: u64,
}

/// Beyond this sums of lengths and headers might not fit in a 32-bit `usize`.
const FRAME_BYTES_CEILING: usize = 1 << 30;

impl Limits {
    /// The defaults with another `frame_bytes_max`.
    #[must_use]
    pub const fn new(frame_bytes_max: usize) -> Self {
        Self {
            frame_bytes_max,
            skip_bytes_max: 1 << 30,
        }
    }

    /// With another `skip_bytes_max`.
    #[must_use]
    pub const fn skip_bytes_max(mut self, bytes: u64) -> Self {
        self.skip_bytes_max = bytes;
        self
    }

    pub(crate) fn clamped(mut self) -> Self {
        self.frame_bytes_max = self.frame_bytes_max.min(FRAME_BYTES_CEILING);
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(1024 * 1024)
    }
}
