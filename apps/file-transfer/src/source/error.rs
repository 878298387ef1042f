//! What becomes of files that cannot be sent.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::Path;

use barewire_command::fault;

use crate::source::identity::Difference;
use crate::source::shown::Shown;
use crate::source::system;

/// What something in a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character or a block device.
    Device,
    /// Something else, or it vanished before it could be looked at.
    Unknown,
}

impl Display for What {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "a file",
            Self::Directory => "a directory",
            Self::Link => "a symbolic link",
            Self::Fifo => "a named pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Unknown => "something that is neither file nor directory",
        })
    }
}

/// Why a file that was offered cannot be sent, or not to its end.
#[derive(Debug)]
pub struct SourceError {
    /// What happened.
    pub kind: SourceErrorKind,
    /// The same in words, with the file's path, escaped.
    pub text: String,
}

/// Kinds of [`SourceError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceErrorKind {
    /// It is no longer there.
    Vanished,
    /// The system no longer lets us read it.
    Denied,
    /// It is not, or not any more, what was offered.
    Changed,
    /// The system cannot read it.
    Io,
    /// It was a stream, and what was read of it is gone.
    Spent,
}

impl Display for SourceError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for SourceError {}

/// What went wrong, before anybody knows with which file.
#[derive(Debug)]
pub(crate) enum Fault {
    Changed(Difference),
    Io(io::Error),
}

impl Fault {
    pub(crate) fn at(self, path: &Path) -> SourceError {
        let shown = Shown(path);
        match self {
            Self::Changed(difference) => SourceError {
                kind: SourceErrorKind::Changed,
                text: format!("{shown} has changed since it was offered: {difference}"),
            },
            Self::Io(error) => SourceError {
                kind: kind(&error),
                text: format!("cannot read {shown}: {}", words(&error)),
            },
        }
    }

    /// For an error of opening something beneath a directory.
    pub(crate) fn opening(error: io::Error, replaced: Difference) -> Self {
        if system::is_replaced(&error) {
            return Self::Changed(replaced);
        }
        Self::Io(error)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Difference> for Fault {
    fn from(difference: Difference) -> Self {
        Self::Changed(difference)
    }
}

fn kind(error: &io::Error) -> SourceErrorKind {
    match error.kind() {
        io::ErrorKind::NotFound => SourceErrorKind::Vanished,
        io::ErrorKind::PermissionDenied => SourceErrorKind::Denied,
        _ => SourceErrorKind::Io,
    }
}

/// The system's own words, and for what is most common the same words on every system.
pub(crate) fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => fault::reason(error),
    }
}
