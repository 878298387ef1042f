//! The receiver's files: nothing outside the destination, nothing unfinished under its final name.
//!
//! A [`Store`] is the destination, opened once. Everything in it is reached from that descriptor, directory by directory,
//! and never through a link. [`Store::survey`] says what is at the places of an offer before anything is accepted; a
//! [`Worker`] is the thread that writes.
//!
//! A file grows beside its target as `.NAME.HASH.bw-part`, locked and readable for nobody else. Once all of it is there
//! and hashed it is synced, renamed so that it replaces nothing that it was not told to, and its directory is synced. A file
//! of more than a [group](barewire_transfer::tree) has a journal beside it, `.NAME.HASH.bw-journal`, from which a later
//! try takes what need not be sent again, once that has been read and hashed. A journal ends right after its file has
//! got its final name, so that at any moment there is either an unfinished file with its journal or a whole one; what a crash
//! between the two leaves is removed when next met.
//!
//! What stays after a failure: an unfinished file that a later try can go on with, and its journal. Files of one group
//! are removed. So is everything that was made and got no byte.
//!
//! | system | way down | exclusive rename | sync |
//! |---|---|---|---|
//! | Linux | `openat`, `O_NOFOLLOW`, step by step | `renameat2` | `fsync`, for many files `syncfs` |
//! | macOS | the same | `renameatx_np` | `F_FULLFSYNC` |
//! | other Unix | the same | `linkat` and `unlinkat` | `fsync` |
//! | Windows | paths, each directory on the way looked at first | hard link, then removal | `FlushFileBuffers`, not for directories |
//!
//! Windows leaves a moment between looking at a directory and using it, in which somebody who may write to the destination
//! could put a link there; receive there into directories that only trusted people can write to.

use std::io;
use std::path::Path;
use std::sync::Arc;

use barewire_transfer::manifest::Timestamp;

mod batch;
mod changed;
mod directories;
mod error;
mod fault;
mod flusher;
mod journal;
mod naming;
mod part;
mod receiving;
mod survey;
#[cfg_attr(unix, path = "store/unix.rs")]
#[cfg_attr(not(unix), path = "store/portable.rs")]
mod system;
#[cfg(test)]
mod tests;
mod worker;

pub use error::{ErrorKind, StoreError};
pub use survey::{Found, There, bytes_needed};
pub use worker::{Job, Outcome, Report, Worker};

/// What to do where something has the name of what arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// Leave it, and fail with [`ErrorKind::Exists`].
    #[default]
    Refuse,
    /// Leave it, and store as `name (1).ext`, or the first of its kind that is free.
    Rename,
    /// Take its place, at once and wholly. Only a file or a link is replaced.
    Replace,
}

/// How sure it has to be that what is stored stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sync {
    /// It survives a power cut once it is reported.
    #[default]
    Durable,
    /// It survives the end of the process, and is with the system otherwise.
    None,
}

/// How to store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What to do with what is there.
    pub overwrite: Overwrite,
    /// Whether to wait for the disk.
    pub sync: Sync,
}

/// The directory that everything goes into.
#[derive(Clone, Debug)]
pub struct Store {
    root: Arc<system::Dir>,
    /// Permissions that nothing gets.
    umask: u32,
    #[cfg(all(test, unix))]
    plan: Option<fault::Plan>,
}

impl Store {
    /// Opens the destination. It may itself be a link; that is followed once, here.
    ///
    /// # Errors
    ///
    /// What the system says, in particular if it is no directory.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let opened = system::Dir::open_root(root);
        let root = opened.map_err(|error| {
            StoreError::system("open", root.as_os_str().as_encoded_bytes(), error)
        })?;
        Ok(Self {
            root: Arc::new(root),
            umask: system::umask(),
            #[cfg(all(test, unix))]
            plan: None,
        })
    }

    /// How many bytes there is room for.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn free_bytes(&self) -> io::Result<u64> {
        self.root.free_bytes()
    }

    /// Whether there is room for so many bytes and a little over: a sixty-fourth and a mebibyte, for what the file system
    /// itself needs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoSpace`] if there is not. A file system that does not say has room.
    pub fn check_room(&self, needed: u64) -> Result<(), StoreError> {
        let Ok(free) = self.free_bytes() else {
            return Ok(());
        };
        let wanted = needed.saturating_add(needed / 64).saturating_add(1 << 20);
        if needed == 0 || wanted <= free {
            return Ok(());
        }
        let text = format!(
            "no room: {needed} bytes are still to come and {free} are free; make room or receive elsewhere"
        );
        Err(StoreError::plain(ErrorKind::NoSpace, text))
    }
}

/// What is known of something in a file system.
#[derive(Clone, Copy, Debug)]
struct Meta {
    what: What,
    size: u64,
    modified: Timestamp,
    mode: u32,
    id: Id,
    /// Whether it has more names than one.
    is_shared: bool,
    /// The number of its user.
    owner: u32,
    /// Bytes in blocks.
    held: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    File,
    Directory,
    Symlink,
    Other,
}

/// Device and inode. Systems that have none say so, and there all are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Id(Option<(u64, u64)>);

impl Id {
    fn device(self) -> Option<u64> {
        self.0.map(|(device, _)| device)
    }
}
