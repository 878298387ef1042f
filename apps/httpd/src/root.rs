//! Files below one directory, and nothing else.
//!
//! Every open names a [`SitePath`] and is confined by the kernel or by a walk that follows no
//! link on its own. What was opened is asked what it is through its descriptor, never by its
//! path, so that nothing can be exchanged between the check and the use.
//!
//! | system | how | links, under [`Symlinks::Inside`] |
//! |---|---|---|
//! | Linux 5.6 and later | one `openat2` with `RESOLVE_BENEATH` | relative ones that stay inside |
//! | other Unix, older or sandboxed Linux | `openat` with `O_NOFOLLOW`, segment by segment | the same, read and resolved here |
//! | Windows | canonicalised, compared, then opened | all that end inside |
//!
//! The walk needs to read each directory on the way on systems that have no `O_PATH`.
//! An absolute link is refused under [`Symlinks::Inside`] even when it points back inside: the
//! kernel resolves it from `/`, outside of the root. Windows leaves a moment between the check
//! and the open in which somebody who may create links in the root could exchange a directory;
//! serve directories there that only trusted people can write.

use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use crate::path::SitePath;

#[cfg_attr(unix, path = "root/unix.rs")]
#[cfg_attr(not(unix), path = "root/portable.rs")]
mod system;
#[cfg(test)]
#[cfg(unix)]
mod tests;

/// Which symbolic links are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Symlinks {
    /// Those that lead from inside the root to inside the root.
    #[default]
    Inside,
    /// All: the root no longer confines anything that has a link in it.
    All,
    /// None.
    None,
}

/// The directory that is served.
#[derive(Debug)]
pub struct Root {
    inner: system::Root,
    symlinks: Symlinks,
}

/// What a path led to.
#[derive(Debug)]
pub enum Entry {
    /// A regular file, open for reading.
    File {
        /// The file.
        file: File,
        /// What `fstat` said of it.
        meta: Meta,
    },
    /// A directory.
    Directory {
        /// For [`Root::read_directory`].
        handle: DirHandle,
        /// What `fstat` said of it.
        meta: Meta,
    },
}

/// An open directory.
#[derive(Debug)]
pub struct DirHandle(system::DirHandle);

/// Size, time and identity of what was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// In bytes.
    pub size: u64,
    /// Last change of the content, as fine as the file system has it. May lie before 1970 or
    /// after 9999.
    pub modified: SystemTime,
    /// The inode; `None` on systems without.
    pub inode: Option<u64>,
}

/// Why a path could not be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// Nothing is there that is served: no such name, a file with a slash behind it, a link that
    /// is not followed, a device, a pipe, a socket. Answer 404.
    NotFound,
    /// The operating system refuses. Answer 403.
    Forbidden,
    /// No descriptors left in the process or the system. Answer 503.
    Exhausted,
    /// Anything else. Answer 500.
    Other(io::Error),
}

/// One name in a directory, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEntry {
    /// The name, as the file system has it.
    pub name: OsString,
    /// What it is or, for a link that is followed, what it leads to.
    pub kind: EntryKind,
    /// In bytes; of no meaning for a directory.
    pub size: u64,
    /// Last change.
    pub modified: SystemTime,
}

/// What is listed; devices, pipes and sockets are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
}

/// The entries of a directory, in no order.
#[derive(Clone, Debug, Default)]
pub struct DirectoryEntries {
    /// Those that a request could open, as far as can be told without opening them.
    pub entries: Vec<ListedEntry>,
    /// Whether there was more than the limit allowed to read.
    pub cut: bool,
}

impl Root {
    /// Opens `directory` as a root.
    ///
    /// `directory` itself may be a link; it is followed once, here. A root renamed or replaced
    /// later stays the directory it was (on Unix).
    ///
    /// # Errors
    ///
    /// What the operating system says, in particular when `directory` is none.
    pub fn open(directory: &Path, symlinks: Symlinks) -> io::Result<Self> {
        let inner = system::Root::open(directory)?;
        Ok(Self { inner, symlinks })
    }

    /// Opens what `path` names, file or directory.
    ///
    /// Never waits for a writer of a pipe. A directory without the permission to list it opens
    /// all the same where the system can do that (Linux); its index file may be readable.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open_entry(&self, path: &SitePath) -> Result<Entry, OpenError> {
        let entry = self.inner.open_entry(path, self.symlinks)?;
        match entry {
            // `/a.txt/` is not another name of `/a.txt`.
            Entry::File { .. } if path.ends_with_slash() => Err(OpenError::NotFound),
            entry => Ok(entry),
        }
    }

    /// Reads the entries of a directory that [`open_entry`](Self::open_entry) opened at `path`.
    ///
    /// Left out: what [`SitePath::child`] refuses, dotfiles that are hidden, special files, and
    /// links that [`open_entry`](Self::open_entry) would not follow. At most `limit` names are
    /// read, those left out among them, which bounds the work.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; an entry that vanishes meanwhile is no error.
    pub fn read_directory(
        &self,
        handle: &DirHandle,
        path: &SitePath,
        limit: usize,
    ) -> Result<DirectoryEntries, OpenError> {
        self.inner
            .read_directory(&handle.0, path, self.symlinks, limit)
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Root {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for DirHandle {
    /// Good for `openat` and its kin; on Linux perhaps not for reading.
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        std::os::fd::AsFd::as_fd(&self.0)
    }
}

impl Display for OpenError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("no such file"),
            Self::Forbidden => f.write_str("permission denied"),
            Self::Exhausted => f.write_str("too many open files; raise the limit (ulimit -n)"),
            Self::Other(error) => Display::fmt(error, f),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Other(error) => Some(error),
            Self::NotFound | Self::Forbidden | Self::Exhausted => None,
        }
    }
}
