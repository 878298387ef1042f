//! What went wrong with a file, and what to do about it.

use std::fmt::{self, Display, Formatter};
use std::io;

use barewire_command::fault;
use barewire_transfer::name::Escaped;

/// Why something could not be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file system is full.
    NoSpace,
    /// The user's share of it is.
    Quota,
    /// Larger than the file system or the process may make a file.
    TooLarge,
    /// Something is there already.
    Exists,
    /// Permissions forbid it.
    Denied,
    /// The file system cannot be written to.
    ReadOnly,
    /// On the way to it is a link, or something that is no directory.
    Blocked,
    /// Another process is receiving the same file.
    InUse,
    /// Somebody else exchanged or removed the unfinished file.
    Changed,
    /// What arrived is not what was announced.
    Mismatch,
    /// Whatever else the system says.
    Io,
}

/// What could not be done, with the path, the cause and what helps.
#[derive(Debug)]
pub struct StoreError {
    kind: ErrorKind,
    text: String,
    source: Option<io::Error>,
}

impl StoreError {
    /// `what` is a whole sentence without the path in it, such as "something is there already".
    pub(super) fn new(kind: ErrorKind, path: &[u8], what: impl Display) -> Self {
        Self::plain(kind, format!("{:?}: {what}", Escaped(path)))
    }

    /// `text` is all there is to say, and has its path escaped.
    #[must_use]
    pub fn plain(kind: ErrorKind, text: String) -> Self {
        let source = None;
        Self { kind, text, source }
    }

    /// What the system said when it should `verb` (such as "write") the path.
    pub(super) fn system(verb: &str, path: &[u8], error: io::Error) -> Self {
        let kind = kind_of(&error);
        let words = match kind {
            ErrorKind::Exists => "something has that name already".to_owned(),
            _ => fault::reason(&error),
        };
        let mut text = format!("cannot {verb} {:?}: {words}", Escaped(path));
        let is_missing = error.kind() == io::ErrorKind::NotFound;
        if let Some(advice) = advice(kind).filter(|_| !is_missing) {
            text.push_str("; ");
            text.push_str(advice);
        }
        let source = Some(error);
        Self { kind, text, source }
    }

    /// Which of the known causes it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

/// One line, safe to show on a terminal.
impl Display for StoreError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

fn kind_of(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::StorageFull => ErrorKind::NoSpace,
        io::ErrorKind::QuotaExceeded => ErrorKind::Quota,
        io::ErrorKind::FileTooLarge => ErrorKind::TooLarge,
        io::ErrorKind::AlreadyExists | io::ErrorKind::IsADirectory => ErrorKind::Exists,
        io::ErrorKind::PermissionDenied => ErrorKind::Denied,
        io::ErrorKind::ReadOnlyFilesystem => ErrorKind::ReadOnly,
        io::ErrorKind::NotADirectory => ErrorKind::Blocked,
        _ => ErrorKind::Io,
    }
}

fn advice(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::NoSpace => "make room and start again to go on from here",
        ErrorKind::Quota => {
            "remove something of yours, or ask for more, and start again to go on from here"
        }
        ErrorKind::TooLarge => "receive into another file system, or raise the limit (ulimit -f)",
        ErrorKind::Exists => "receive elsewhere, or say what to do with --overwrite",
        ErrorKind::Denied => "receive into a directory that you may write to",
        ErrorKind::ReadOnly => "receive into a directory on another file system",
        ErrorKind::Io => "start again to go on from here",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_and_what_to_do() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = StoreError::system("write", b"a/b", full);
        assert_eq!(error.kind(), ErrorKind::NoSpace);
        assert_eq!(
            error.to_string(),
            "cannot write \"a/b\": no storage space; make room and start again to go on from here"
        );
        let error = StoreError::new(ErrorKind::Exists, b"x", "something is there already");
        assert_eq!(error.to_string(), "\"x\": something is there already");
    }
}
