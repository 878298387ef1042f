use super::OfferErrorKind;
use crate::limits::Limits;
use crate::name::{EntryPath, NameRules};

/// A time in seconds since 1970 began, in UTC; before that if negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Whole seconds, rounded down.
    pub seconds: i64,
    /// Nanoseconds to be added, fewer than 1,000,000,000.
    pub nanoseconds: u32,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory. What is in it are entries of their own.
    Directory,
    /// A file of known size.
    File {
        /// Bytes in the file.
        size: u64,
        /// How many of them are not in a hole: at most `size`.
        data_bytes: u64,
    },
    /// A symbolic link.
    Symlink {
        /// Where it leads, relative to the directory that it is in.
        target: Vec<u8>,
    },
    /// A file whose size is not known before its end, such as standard input. The only entry of its offer.
    Stream,
}

/// Something that is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it goes.
    pub path: EntryPath,
    /// What it is.
    pub kind: Kind,
    /// Permissions, at most `0o777`; `None` where the sender has none, or for the receiver's own.
    pub mode: Option<u16>,
    /// When it was last modified.
    pub modified: Option<Timestamp>,
}

impl Entry {
    /// What can be said without the other entries.
    pub(super) fn check(&self, rules: &NameRules, limits: &Limits) -> Result<(), OfferErrorKind> {
        let path = self.path.as_bytes();
        rules.check_path(path).map_err(OfferErrorKind::Name)?;
        self.check_but_path(rules, limits)
    }

    /// The same where the path was checked before.
    pub(super) fn check_but_path(
        &self,
        rules: &NameRules,
        limits: &Limits,
    ) -> Result<(), OfferErrorKind> {
        if let Some(mode @ 0o1000..) = self.mode {
            return Err(OfferErrorKind::Mode { mode });
        }
        if let Some(Timestamp {
            nanoseconds: nanoseconds @ 1_000_000_000..,
            ..
        }) = self.modified
        {
            return Err(OfferErrorKind::Nanoseconds { nanoseconds });
        }
        match &self.kind {
            Kind::File { size, data_bytes } => check_file(*size, *data_bytes, limits),
            Kind::Symlink { target } => rules.check_target(target).map_err(OfferErrorKind::Target),
            Kind::Directory | Kind::Stream => Ok(()),
        }
    }
}

fn check_file(size: u64, data_bytes: u64, limits: &Limits) -> Result<(), OfferErrorKind> {
    let max = limits.file_bytes_max;
    if size > max {
        return Err(OfferErrorKind::FileTooLarge { size, max });
    }
    if data_bytes > size {
        return Err(OfferErrorKind::DataExceedsSize { data_bytes, size });
    }
    Ok(())
}
