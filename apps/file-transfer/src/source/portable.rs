//! By paths, for systems without `openat`.
//!
//! Between a look at a directory and the open beneath it there is a moment in which somebody who may write there could
//! exchange it. What is sent is checked against what was offered all the same, as far as the system tells files apart.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::source::error::What;
use crate::source::identity::{Identity, Instant};
use crate::source::system::{Meta, Named};

/// A directory that was there.
#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    /// Looks at what was named; a link is followed.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if look(path)?.what != What::Directory {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self(path.to_owned()))
    }

    /// Looks at a directory in this one; a link is not followed.
    pub(crate) fn directory(&self, name: &OsStr) -> io::Result<Self> {
        let path = self.0.join(name);
        if !std::fs::symlink_metadata(&path)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self(path))
    }

    /// Opens a file in this directory; a link is not followed.
    pub(crate) fn file(&self, name: &OsStr) -> io::Result<File> {
        let path = self.0.join(name);
        if !std::fs::symlink_metadata(&path)?.is_file() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        File::open(path)
    }

    pub(crate) fn meta(&self) -> io::Result<Meta> {
        look(&self.0)
    }

    /// Links of such systems mean nothing elsewhere.
    pub(crate) fn link(&self, _: &OsStr) -> io::Result<(Vec<u8>, Instant)> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// The names in it and what they are, in no order, at most `limit`.
    pub(crate) fn names(&self, limit: usize) -> io::Result<Vec<Named>> {
        let entries = std::fs::read_dir(&self.0)?.take(limit);
        entries.map(|entry| named(&entry?)).collect()
    }
}

fn named(entry: &std::fs::DirEntry) -> io::Result<Named> {
    let name: OsString = entry.file_name();
    let what = what(&entry.file_type()?);
    Ok(Named { name, what })
}

fn what(kind: &std::fs::FileType) -> What {
    if kind.is_file() {
        What::File
    } else if kind.is_dir() {
        What::Directory
    } else if kind.is_symlink() {
        What::Link
    } else {
        What::Unknown
    }
}

/// Opens what was named; a link is followed.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// What is there, a link followed.
pub(crate) fn look(path: &Path) -> io::Result<Meta> {
    Ok(meta(&std::fs::metadata(path)?))
}

pub(crate) fn meta(meta: &Metadata) -> Meta {
    Meta {
        what: what(&meta.file_type()),
        identity: Identity {
            // The standard library does not yet tell them.
            device: 0,
            inode: 0,
            size: meta.len(),
            modified: instant(meta.modified()),
            changed: instant(meta.created()),
        },
        mode: None,
        may_be_sparse: false,
    }
}

fn instant(time: io::Result<SystemTime>) -> Instant {
    let time = time.unwrap_or(UNIX_EPOCH);
    let (seconds, nanoseconds) = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (i128::from(after.as_secs()), after.subsec_nanos()),
        Err(before) => {
            let before = before.duration();
            let seconds = -i128::from(before.as_secs());
            match before.subsec_nanos() {
                0 => (seconds, 0),
                nanoseconds => (seconds - 1, 1_000_000_000 - nanoseconds),
            }
        }
    };
    Instant {
        seconds: i64::try_from(seconds).unwrap_or(0),
        nanoseconds,
    }
}

#[cfg(windows)]
pub(crate) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

#[cfg(not(windows))]
pub(crate) fn read_at(mut file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    use std::io::Seek;

    file.seek(io::SeekFrom::Start(offset))?;
    file.read(bytes)
}

/// Nothing is known of holes: all is data.
pub(crate) fn next_data(_: &File, offset: u64) -> Option<u64> {
    Some(offset)
}

pub(crate) fn read_ahead(_: &File) {}

/// Whether opening failed because something else has taken the place of what was there.
pub(crate) fn is_replaced(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotADirectory
}

/// The bytes of a name as they are offered; `None` where it is no Unicode.
pub(crate) fn name_bytes(name: &OsStr) -> Option<&[u8]> {
    name.to_str().map(str::as_bytes)
}

/// Standard input.
pub(crate) fn standard_input() -> io::Result<Box<dyn Read + Send>> {
    Ok(Box::new(io::stdin()))
}
