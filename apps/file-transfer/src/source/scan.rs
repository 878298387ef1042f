//! What was named, and all that is in it.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::Manifest;
use barewire_transfer::name::{Encoding, Portable};

use crate::source::place::Places;

mod error;
mod links;
mod scanner;
mod skipped;
mod top;

pub use error::ScanError;
pub use skipped::{Skipped, Why};

use scanner::Scanner;

/// What becomes of symbolic links in directories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    /// They are passed over with a note.
    #[default]
    Skip,
    /// Those that lead to somewhere in the directory that was named, through directories alone, are sent as links.
    InTree,
}

/// What may be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanOptions {
    /// Default [`Links::Skip`].
    pub links: Links,
    /// Default [`Encoding::Bytes`] on Unix: what the receiver's system cannot take is for the receiver to say.
    pub encoding: Encoding,
    /// Default [`Portable::No`].
    pub portable: Portable,
    /// Default [`Limits::default`].
    pub limits: Limits,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            links: Links::default(),
            encoding: match cfg!(unix) {
                true => Encoding::Bytes,
                false => Encoding::Utf8,
            },
            portable: Portable::default(),
            limits: Limits::default(),
        }
    }
}

/// An offer and where it comes from.
#[derive(Debug)]
pub struct Scan {
    /// What is offered.
    pub manifest: Manifest,
    /// Where that is, by the same ids.
    pub places: Arc<Places>,
    /// What is not offered.
    pub skipped: Vec<Skipped>,
}

/// Looks at `paths` and all that is in them.
///
/// The entries are in the order of `paths`, in each a directory right before what is in it, by the bytes of their names.
///
/// # Errors
///
/// Where something that was named is not there or cannot be sent, where two have the same name, where nothing is left
/// to be sent, and where a receiver would refuse the whole.
pub fn scan(paths: &[PathBuf], options: &ScanOptions) -> Result<Scan, ScanError> {
    let mut scanner = Scanner::new(options);
    for path in paths {
        scanner.named(path)?;
        scanner.descend()?;
    }
    scanner.finish()
}

/// An offer of standard input, under this name.
///
/// # Errors
///
/// Where the name is not allowed.
pub fn scan_input(name: &OsStr, options: &ScanOptions) -> Result<Scan, ScanError> {
    let mut scanner = Scanner::new(options);
    scanner.stream(name)?;
    scanner.finish()
}
