//! What goes wrong with a file, in words for its operator.

use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use barewire_command::fault::reason;

/// Something for the operator to read. Its text is that of a line, without the program's name.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice {
    /// The disk refuses, and records are counted from now on.
    Failing {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The disk takes records again.
    Writing {
        /// The file.
        path: PathBuf,
        /// Records that were not written; the file has a gap record for them.
        lost: u64,
    },
    /// The disk could not make safe what it took. Told once until it can again.
    NotSynced {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Display for Notice {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failing { path, error } => write!(
                f,
                "cannot write to {}: {}; records are counted, not kept, until writing works",
                path.display(),
                reason(error)
            ),
            Self::Writing { path, lost } => {
                write!(
                    f,
                    "writing to {} again; {} lost",
                    path.display(),
                    Count(*lost)
                )
            }
            Self::NotSynced { path, error } => write!(f, "{}", not_synced(path, error)),
        }
    }
}

/// Why a file cannot be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// It is a directory, a FIFO, a device or the like.
    NotRegular {
        /// The file.
        path: PathBuf,
        /// What it is, with its article.
        what: &'static str,
    },
    /// Another process writes it.
    Busy {
        /// The file.
        path: PathBuf,
        /// The other's number, if it could be read.
        process: Option<u32>,
    },
    /// The lock beside it cannot be had.
    Lock {
        /// The lock.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The system refuses.
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Display for OpenError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRegular { path, what } => write!(
                f,
                "cannot write to {}: it is {what}, not a regular file; choose another --file",
                path.display()
            ),
            Self::Busy { path, process } => {
                write!(f, "{} is being written by ", path.display())?;
                match process {
                    Some(process) => write!(f, "process {process}")?,
                    None => f.write_str("another process")?,
                }
                f.write_str("; stop it or choose another --file")
            }
            Self::Lock { path, error } => write!(
                f,
                "cannot lock {}: {}; {} or choose another --file",
                path.display(),
                reason(error),
                match error.kind() {
                    ErrorKind::PermissionDenied => "let this user write to the directory",
                    _ => "mend that",
                }
            ),
            Self::Open { path, error } => write!(
                f,
                "cannot write to {}: {}; {} or choose another --file",
                path.display(),
                reason(error),
                match error.kind() {
                    ErrorKind::NotFound => "make the directory",
                    ErrorKind::PermissionDenied => "let this user read and write it",
                    _ => "mend that",
                }
            ),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Lock { error, .. } | Self::Open { error, .. } => Some(error),
            Self::NotRegular { .. } | Self::Busy { .. } => None,
        }
    }
}

/// What a file lacks at the end.
#[derive(Debug)]
#[non_exhaustive]
pub enum FinishError {
    /// The disk still refused.
    Lost {
        /// The file.
        path: PathBuf,
        /// Records that came since it did and are not in the file.
        records: u64,
        /// Why, in the system's words.
        reason: String,
    },
    /// All is written, but may not survive a crash of the system.
    NotSynced {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Display for FinishError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost {
                path,
                records,
                reason,
            } => write!(
                f,
                "cannot write to {}: {reason}; {} lost",
                path.display(),
                Count(*records)
            ),
            Self::NotSynced { path, error } => f.write_str(&not_synced(path, error)),
        }
    }
}

impl std::error::Error for FinishError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Lost { .. } => None,
            Self::NotSynced { error, .. } => Some(error),
        }
    }
}

/// `no record`, `1 record`, `2 records`.
struct Count(u64);

impl Display for Count {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("no record"),
            1 => f.write_str("1 record"),
            many => write!(f, "{many} records"),
        }
    }
}

fn not_synced(path: &Path, error: &io::Error) -> String {
    format!(
        "cannot make {} safe: {}; the newest records may be lost if the system stops",
        path.display(),
        reason(error)
    )
}
