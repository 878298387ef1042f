//! By descriptors: no name is followed that is a link, and nothing is opened that might wait.

use std::ffi::{OsStr, OsString};
use std::fs::{File, FileType as StdFileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::source::error::What;
use crate::source::identity::{Identity, Instant};
use crate::source::system::{Meta, Named};

/// Neither a pipe without a writer nor a serial line makes us wait, and no terminal becomes ours.
const READ: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// An open directory.
#[derive(Debug)]
pub(crate) struct Directory(File);

impl Directory {
    /// Opens what was named; a link is followed.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = READ.union(OFlags::DIRECTORY);
        Ok(Self(options(flags).open(path)?))
    }

    /// Opens a directory in this one; a link is not followed.
    pub(crate) fn directory(&self, name: &OsStr) -> io::Result<Self> {
        let flags = READ.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW);
        let fd = rustix::fs::openat(&self.0, name, flags, Mode::empty())?;
        Ok(Self(File::from(fd)))
    }

    /// Opens whatever has that name in this directory, without following or waiting for it.
    pub(crate) fn file(&self, name: &OsStr) -> io::Result<File> {
        let flags = READ.union(OFlags::NOFOLLOW);
        let fd = rustix::fs::openat(&self.0, name, flags, Mode::empty())?;
        Ok(File::from(fd))
    }

    pub(crate) fn meta(&self) -> io::Result<Meta> {
        Ok(meta(&self.0.metadata()?))
    }

    /// The link's text and when it was made.
    pub(crate) fn link(&self, name: &OsStr) -> io::Result<(Vec<u8>, Instant)> {
        let target = rustix::fs::readlinkat(&self.0, name, Vec::new())?;
        let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let modified = instant(wide(stat.st_mtime), wide(stat.st_mtime_nsec));
        Ok((target.into_bytes(), modified))
    }

    /// The names in it and what they are, in no order, at most `limit`.
    pub(crate) fn names(&self, limit: usize) -> io::Result<Vec<Named>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            if names.len() == limit {
                break;
            }
            let name = OsString::from_vec(name.to_vec());
            let what = match entry.file_type() {
                FileType::Unknown => self.what(&name),
                known => what(known),
            };
            names.push(Named { name, what });
        }
        Ok(names)
    }

    /// For file systems that do not say so in the listing.
    fn what(&self, name: &OsStr) -> What {
        rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).map_or(What::Unknown, |stat| {
            what(FileType::from_raw_mode(stat.st_mode))
        })
    }
}

/// Systems differ in the widths of these.
fn wide<From, To: TryFrom<From> + Default>(value: From) -> To {
    To::try_from(value).unwrap_or_default()
}

fn options(flags: OFlags) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags.bits().cast_signed());
    options
}

/// Opens what was named, whatever it is; a link is followed.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    options(READ).open(path)
}

/// What is there, a link followed; nothing is opened.
pub(crate) fn look(path: &Path) -> io::Result<Meta> {
    Ok(meta(&std::fs::metadata(path)?))
}

fn what(kind: FileType) -> What {
    match kind {
        FileType::RegularFile => What::File,
        FileType::Directory => What::Directory,
        FileType::Symlink => What::Link,
        FileType::Fifo => What::Fifo,
        FileType::Socket => What::Socket,
        FileType::CharacterDevice | FileType::BlockDevice => What::Device,
        _ => What::Unknown,
    }
}

fn what_of(kind: StdFileType) -> What {
    if kind.is_file() {
        What::File
    } else if kind.is_dir() {
        What::Directory
    } else if kind.is_symlink() {
        What::Link
    } else if kind.is_fifo() {
        What::Fifo
    } else if kind.is_socket() {
        What::Socket
    } else if kind.is_char_device() || kind.is_block_device() {
        What::Device
    } else {
        What::Unknown
    }
}

/// A damaged file system may have more nanoseconds than there are.
fn instant(seconds: i64, nanoseconds: i64) -> Instant {
    Instant {
        seconds,
        nanoseconds: u32::try_from(nanoseconds).unwrap_or(0).min(999_999_999),
    }
}

pub(crate) fn meta(meta: &Metadata) -> Meta {
    Meta {
        what: what_of(meta.file_type()),
        identity: Identity {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: instant(meta.mtime(), meta.mtime_nsec()),
            changed: instant(meta.ctime(), meta.ctime_nsec()),
        },
        mode: Some(u16::try_from(meta.mode() & 0o777).unwrap_or(0)),
        may_be_sparse: meta.blocks().saturating_mul(512) < meta.size(),
    }
}

pub(crate) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(bytes, offset)
}

/// Where the first data at or after `offset` begins; `None` if there is none before the end.
#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "ios",
    target_os = "freebsd",
    target_os = "illumos",
    target_os = "solaris"
))]
pub(crate) fn next_data(file: &File, offset: u64) -> Option<u64> {
    match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(offset)) {
        Ok(at) => Some(at),
        Err(Errno::NXIO) => None,
        // A file system without the call: all is data.
        Err(_) => Some(offset),
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "ios",
    target_os = "freebsd",
    target_os = "illumos",
    target_os = "solaris"
)))]
pub(crate) fn next_data(_: &File, offset: u64) -> Option<u64> {
    Some(offset)
}

/// Tells the system that it may read ahead.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub(crate) fn read_ahead(file: &File) {
    // Advice that is not taken costs nothing.
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::Sequential);
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub(crate) fn read_ahead(_: &File) {}

/// Whether opening failed because something else has taken the place of what was there.
pub(crate) fn is_replaced(error: &io::Error) -> bool {
    // FreeBSD says EMLINK for a link that is not followed. A socket has ENXIO.
    let errors = [Errno::LOOP, Errno::MLINK, Errno::NOTDIR, Errno::NXIO];
    let code = error.raw_os_error();
    code.is_some()
        && errors
            .iter()
            .any(|errno| code == Some(errno.raw_os_error()))
}

/// The bytes of a name as they are offered.
pub(crate) fn name_bytes(name: &OsStr) -> Option<&[u8]> {
    Some(name.as_bytes())
}

/// Standard input, without a lock and a buffer in between.
pub(crate) fn standard_input() -> io::Result<Box<dyn Read + Send>> {
    let fd = io::stdin().as_fd().try_clone_to_owned()?;
    Ok(Box::new(File::from(fd)))
}
