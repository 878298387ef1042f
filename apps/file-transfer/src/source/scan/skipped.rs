//! What is not offered.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;

use barewire_transfer::manifest::OfferErrorKind;
use barewire_transfer::name::{Escaped, NameError};

use crate::source::error::{What, words};
use crate::source::shown::Shown;
use crate::source::system;

/// Something that was found and is not offered.
#[derive(Debug)]
pub struct Skipped {
    /// Where it is.
    pub path: PathBuf,
    /// Why.
    pub why: Why,
}

/// Why something is not offered.
#[derive(Debug)]
#[non_exhaustive]
pub enum Why {
    /// It is none of what is sent: a link, a pipe, a socket, a device.
    Kind(What),
    /// A link that leads out of the directory that was named, to this.
    LinkOutside(Box<[u8]>),
    /// A link that no receiver would take.
    Link(OfferErrorKind),
    /// A file or a journal of a receiver that has not finished.
    Unfinished,
    /// Its name is not allowed.
    Name(NameError),
    /// Its name is not Unicode, on a system where all names are.
    NotUnicode,
    /// It was gone before it could be looked at.
    Vanished,
    /// Something else took its place while it was looked at.
    Replaced,
    /// The system does not let us read it.
    Unreadable(io::Error),
}

impl Why {
    pub(super) fn of(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Vanished,
            _ if system::is_replaced(&error) => Self::Replaced,
            _ => Self::Unreadable(error),
        }
    }

    /// Whether it was to be sent and cannot be; otherwise a note is enough.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        match self {
            Self::Kind(_) | Self::LinkOutside(_) | Self::Link(_) | Self::Unfinished => false,
            Self::Name(_)
            | Self::NotUnicode
            | Self::Vanished
            | Self::Replaced
            | Self::Unreadable(_) => true,
        }
    }
}

impl Display for Why {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(what) => what.fmt(f),
            Self::LinkOutside(target) => {
                let target = Escaped(target);
                write!(f, "a symbolic link that leads outside, to {target:?}")
            }
            Self::Link(error) => error.fmt(f),
            Self::Unfinished => f.write_str("what a receiver left unfinished"),
            Self::Name(error) => write!(f, "name that cannot be sent: {}", error.kind),
            Self::NotUnicode => f.write_str("name that is not Unicode"),
            Self::Vanished => f.write_str("it vanished"),
            Self::Replaced => f.write_str("it was replaced while it was looked at"),
            Self::Unreadable(error) => f.write_str(&words(error)),
        }
    }
}

/// `PATH: not sent: REASON`, escaped.
impl Display for Skipped {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not sent: {}", Shown(&self.path), self.why)
    }
}
