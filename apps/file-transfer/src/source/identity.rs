//! What makes a file the one that was offered.

use std::fmt::{self, Display, Formatter};

use crate::source::error::What;

/// Which file it is and which version of it.
///
/// Taken by `fstat` at the scan, when the file is opened, after each group and after the last byte. A file system whose
/// clock ticks slowly (Linux before 6.13: every 1 to 4 ms) cannot tell two writes within one tick apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) size: u64,
    pub(crate) modified: Instant,
    /// Of anything about it, its mode and names among them. On Windows when it was made.
    pub(crate) changed: Instant,
}

/// Seconds since 1970, or before it, and nanoseconds after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant {
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: u32,
}

/// Whether a file may be longer than it was when it was offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Growth {
    /// A file that grew is another one: nothing of it is passed off as what was offered.
    #[default]
    Refused,
    /// A file that only grew is sent as long as it was, as for a log that is being written. That its first bytes were
    /// left alone cannot be told from outside and is taken on trust.
    Allowed,
}

impl Identity {
    /// Whether `now` may be sent for what was offered, and otherwise what is wrong with it.
    pub(crate) fn check(&self, now: &Self, growth: Growth) -> Result<(), Difference> {
        if self == now {
            return Ok(());
        }
        if (self.device, self.inode) != (now.device, now.inode) {
            return Err(Difference::Replaced);
        }
        match growth {
            Growth::Allowed if now.size >= self.size => Ok(()),
            _ if now.size != self.size => Err(Difference::Size(self.size, now.size)),
            _ if now.modified != self.modified => Err(Difference::Written),
            _ => Err(Difference::Touched),
        }
    }
}

/// In what a file differs from the one that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    /// Another file has its name.
    Replaced,
    /// Something that is no regular file has its name.
    NoFile(What),
    /// A directory on the way to it is none any more, or has become a link.
    Moved,
    /// From so many bytes to so many.
    Size(u64, u64),
    /// It has ended before its size.
    Ended(u64),
    /// It has bytes past its size.
    Longer,
    /// At the same size.
    Written,
    /// Its mode, its owner, its names.
    Touched,
}

impl Display for Difference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replaced => f.write_str("another file has taken its place"),
            Self::NoFile(what) => write!(f, "{what} has taken its place"),
            Self::Moved => f.write_str("a directory above it has been replaced"),
            Self::Size(was, is) if is > was => write!(f, "it grew from {was} to {is} bytes"),
            Self::Size(was, is) => write!(f, "it shrank from {was} to {is} bytes"),
            Self::Ended(at) => write!(f, "it ended at byte {at}"),
            Self::Longer => f.write_str("it has more bytes than its size says"),
            Self::Written => f.write_str("it was written to"),
            Self::Touched => f.write_str("its mode, owner or names were changed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Instant = Instant {
        seconds: 5,
        nanoseconds: 6,
    };
    const OFFERED: Identity = Identity {
        device: 1,
        inode: 2,
        size: 100,
        modified: AT,
        changed: AT,
    };

    #[track_caller]
    fn check(now: Identity, refused: Result<(), Difference>, allowed: Result<(), Difference>) {
        assert_eq!(OFFERED.check(&now, Growth::Refused), refused);
        assert_eq!(OFFERED.check(&now, Growth::Allowed), allowed);
    }

    #[test]
    fn only_a_file_that_grew_may_differ_and_only_where_that_is_allowed() {
        let later = Instant { seconds: 7, ..AT };
        let grown = Identity {
            size: 101,
            modified: later,
            changed: later,
            ..OFFERED
        };
        let cut = Identity {
            size: 99,
            ..OFFERED
        };
        let written = Identity {
            modified: later,
            ..OFFERED
        };
        let touched = Identity {
            changed: later,
            ..OFFERED
        };
        let other = Identity {
            inode: 3,
            ..OFFERED
        };
        let elsewhere = Identity {
            device: 9,
            ..OFFERED
        };
        check(OFFERED, Ok(()), Ok(()));
        check(grown, Err(Difference::Size(100, 101)), Ok(()));
        let smaller = Err(Difference::Size(100, 99));
        check(cut, smaller, smaller);
        check(written, Err(Difference::Written), Ok(()));
        check(touched, Err(Difference::Touched), Ok(()));
        check(other, Err(Difference::Replaced), Err(Difference::Replaced));
        check(
            elsewhere,
            Err(Difference::Replaced),
            Err(Difference::Replaced),
        );
    }
}
