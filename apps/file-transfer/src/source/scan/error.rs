//! Why there is no offer.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use barewire_transfer::manifest::{OfferError, OfferErrorKind};
use barewire_transfer::name::NameError;

use crate::source::error::What;
use crate::source::place::Places;
use crate::source::scan::Skipped;
use crate::source::shown::Shown;

/// Why nothing can be offered.
#[derive(Debug)]
#[non_exhaustive]
pub enum ScanError {
    /// Nothing is there, or a link that leads nowhere.
    NotFound(PathBuf),
    /// A directory that has no name, because nothing is above it.
    Root(PathBuf),
    /// The name of the directory that this stands for cannot be found out, for this reason.
    Unnamed(PathBuf, String),
    /// Neither file nor directory.
    Special(PathBuf, What),
    /// Both would have the same name.
    SameName(PathBuf, PathBuf),
    /// Its name cannot be sent.
    Name(PathBuf, NameError),
    /// Its name is not Unicode, on a system where all names are.
    NotUnicode(PathBuf),
    /// More names than this limit on entries.
    TooMany(u32),
    /// Two that some file systems take for the same.
    Collision(PathBuf, PathBuf),
    /// A receiver would refuse all of it, because of what is here if it is known where.
    Offer(PathBuf, OfferErrorKind),
    /// All that was named had to be skipped, or nothing was named.
    Nothing(Vec<Skipped>),
}

impl ScanError {
    pub(super) fn offer(error: OfferError, places: &Places) -> Self {
        let path = error.entry.map(|id| places.path(id)).unwrap_or_default();
        match error.kind {
            OfferErrorKind::Collision { first, .. } | OfferErrorKind::Duplicate { first } => {
                Self::Collision(places.path(first), path)
            }
            OfferErrorKind::TooManyEntries { max } => Self::TooMany(max),
            kind => Self::Offer(path, kind),
        }
    }
}

impl Display for ScanError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(path) => {
                write!(f, "cannot send {}: no such file or directory", Shown(path))
            }
            Self::Root(path) => {
                let path = Shown(path);
                write!(
                    f,
                    "cannot send {path}, which has no name; name the directories in it"
                )
            }
            Self::Unnamed(path, why) => {
                let path = Shown(path);
                write!(
                    f,
                    "cannot find out the name of {path}: {why}; name it in full"
                )
            }
            Self::Special(path, what) => {
                let path = Shown(path);
                write!(
                    f,
                    "cannot send {path}, {what}; to send what can be read from it, use - and < {path}"
                )
            }
            Self::SameName(first, second) if first == second => {
                write!(f, "{} is named twice", Shown(first))
            }
            Self::SameName(first, second) => {
                let (first, second) = (Shown(first), Shown(second));
                write!(
                    f,
                    "{first} and {second} would have the same name; rename one or send them one after the other"
                )
            }
            Self::Name(path, error) => {
                write!(f, "cannot send {}: {} in its name", Shown(path), error.kind)
            }
            Self::NotUnicode(path) => {
                write!(f, "cannot send {}: its name is not Unicode", Shown(path))
            }
            Self::TooMany(max) => {
                write!(
                    f,
                    "more than {max} files and directories; send them in parts or as an archive: tar c ... | bw-send -"
                )
            }
            Self::Collision(first, second) => {
                let (first, second) = (Shown(first), Shown(second));
                write!(
                    f,
                    "{first} and {second} differ only in case or the form of accents and would be one file on many systems; rename one or send them one after the other"
                )
            }
            Self::Offer(path, kind) if path.as_os_str().is_empty() => kind.fmt(f),
            Self::Offer(path, kind) => write!(f, "cannot send {}: {kind}", Shown(path)),
            Self::Nothing(skipped) => match skipped.as_slice() {
                [] => f.write_str("nothing to send"),
                [only] => write!(f, "nothing to send: {only}"),
                all => write!(f, "nothing to send: all {} could not be sent", all.len()),
            },
        }
    }
}

impl std::error::Error for ScanError {}
