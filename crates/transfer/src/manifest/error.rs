use std::fmt::{self, Display, Formatter};

use crate::name::{Excerpt, NameError};

/// Which rule an offer broke, and which entry did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferError {
    /// The rule.
    pub kind: OfferErrorKind,
    /// The entry's id, where it was one.
    pub entry: Option<u32>,
    /// Its path, unless that is what is wrong.
    pub path: Option<Excerpt>,
}

impl OfferError {
    pub(super) fn of_offer(kind: OfferErrorKind) -> Self {
        Self {
            kind,
            entry: None,
            path: None,
        }
    }

    pub(super) fn of_bytes(kind: OfferErrorKind, entry: u32) -> Self {
        Self {
            kind,
            entry: Some(entry),
            path: None,
        }
    }

    pub(super) fn of_entry(kind: OfferErrorKind, entry: u32, path: &[u8]) -> Self {
        Self {
            kind,
            entry: Some(entry),
            path: Some(Excerpt::new(path)),
        }
    }
}

/// The rules for offers, one variant each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OfferErrorKind {
    /// More entries than [`Limits::entries_max`](crate::limits::Limits::entries_max).
    TooManyEntries {
        /// The limit.
        max: u32,
    },
    /// More bytes than [`Limits::manifest_bytes_max`](crate::limits::Limits::manifest_bytes_max).
    TooLong {
        /// The limit.
        max: u32,
    },
    /// A part without entries.
    EmptyPart,
    /// A part that ends inside an entry.
    Truncated,
    /// A kind of entry that does not exist.
    UnknownKind {
        /// As it came.
        kind: u8,
    },
    /// A flag of an entry that does not exist.
    UnknownFlags {
        /// All flags as they came.
        flags: u8,
    },
    /// A path that is not allowed.
    Name(NameError),
    /// A mode with more than permissions.
    Mode {
        /// As it came.
        mode: u16,
    },
    /// A time of a full second of nanoseconds or more.
    Nanoseconds {
        /// As they came.
        nanoseconds: u32,
    },
    /// A file larger than [`Limits::file_bytes_max`](crate::limits::Limits::file_bytes_max).
    FileTooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit.
        max: u64,
    },
    /// A file with more data than its size.
    DataExceedsSize {
        /// Bytes that are not in holes.
        data_bytes: u64,
        /// Its size in bytes.
        size: u64,
    },
    /// A link whose target is not allowed.
    Target(NameError),
    /// A link that leads above the destination.
    TargetAbove {
        /// Its target.
        target: Excerpt,
    },
    /// A link that leads through something other than a directory of the offer.
    TargetThrough {
        /// Its target.
        target: Excerpt,
        /// The path of what it leads through.
        through: Excerpt,
    },
    /// Something in a directory that is not in the offer.
    ParentMissing,
    /// Something in a directory that is listed behind it.
    ParentBehind {
        /// The id of the directory.
        parent: u32,
    },
    /// Something in what is no directory.
    ParentNotDirectory {
        /// The id of what it would be in.
        parent: u32,
    },
    /// The same path again.
    Duplicate {
        /// The id of the entry that had it first.
        first: u32,
    },
    /// A path that some file systems take for that of another entry.
    Collision {
        /// The id of the other entry.
        first: u32,
        /// Its path.
        first_path: Excerpt,
    },
    /// A stream beside other entries.
    StreamNotAlone,
    /// Sizes that add up to more than a number of 64 bits.
    TooManyBytes,
    /// Another number of entries than was announced.
    Count {
        /// As announced.
        announced: u32,
        /// As they came.
        came: u32,
    },
    /// Another digest than was announced.
    Digest,
}

impl Display for OfferErrorKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyEntries { max } => write!(f, "more than {max} entries"),
            Self::TooLong { max } => write!(f, "manifest longer than {max} bytes"),
            Self::EmptyPart => f.write_str("part of a manifest without entries"),
            Self::Truncated => f.write_str("part of a manifest that ends inside an entry"),
            Self::UnknownKind { kind } => write!(f, "unknown kind {kind}"),
            Self::UnknownFlags { flags } => write!(f, "unknown flags 0x{flags:02x}"),
            Self::Name(error) => error.fmt(f),
            Self::Mode { mode } => write!(f, "mode {mode:04o}, greater than 0777"),
            Self::Nanoseconds { nanoseconds } => {
                write!(f, "{nanoseconds} nanoseconds, a second or more")
            }
            Self::FileTooLarge { size, max } => {
                write!(f, "file of {size} bytes, larger than {max}")
            }
            Self::DataExceedsSize { data_bytes, size } => {
                write!(f, "{data_bytes} bytes of data in a file of {size}")
            }
            Self::Target(error) => write!(f, "link to {error}"),
            Self::TargetAbove { target } => {
                write!(f, "link to {target}, which is above the destination")
            }
            Self::TargetThrough { target, through } => {
                write!(
                    f,
                    "link to {target} through {through}, which is no directory of the offer"
                )
            }
            Self::ParentMissing => f.write_str("in a directory that is not offered"),
            Self::ParentBehind { parent } => {
                write!(
                    f,
                    "listed before the directory that it is in, entry {parent}"
                )
            }
            Self::ParentNotDirectory { parent } => {
                write!(f, "in entry {parent}, which is no directory")
            }
            Self::Duplicate { first } => write!(f, "the same path as entry {first}"),
            Self::Collision { first, first_path } => {
                write!(
                    f,
                    "the same as entry {first}, {first_path}, where neither case nor the form of accents counts"
                )
            }
            Self::StreamNotAlone => f.write_str("stream beside other entries"),
            Self::TooManyBytes => f.write_str("sizes that add up to more than 64 bits hold"),
            Self::Count { announced, came } => {
                write!(f, "{announced} entries announced, {came} came")
            }
            Self::Digest => f.write_str("manifest with another digest than announced"),
        }
    }
}

impl Display for OfferError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.entry, &self.path) {
            (Some(entry), Some(path)) => {
                write!(f, "entry {entry}, {path}: {}", self.kind)
            }
            (Some(entry), None) => write!(f, "entry {entry}: {}", self.kind),
            _ => self.kind.fmt(f),
        }
    }
}

impl std::error::Error for OfferError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            OfferErrorKind::Name(error) | OfferErrorKind::Target(error) => Some(error),
            _ => None,
        }
    }
}
