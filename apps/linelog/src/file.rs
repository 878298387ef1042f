//! The file: one writer, whole records, and no silence about what is not in it.
//!
//! A batch is one `write(2)`. When the disk refuses, what is not written of that batch is kept,
//! the rest of a half-written record first of all, and records that come after are counted. Each
//! second the disk is asked again; when it takes the kept bytes, one record of kind `gap` follows
//! that says how many were lost, from when to when and why. So the file is always a sequence of
//! whole records of which at most the last is torn.
//!
//! A torn last line that an earlier run left is ended by a newline before the first record;
//! nothing is removed.
//!
//! Two writers cannot have the file at once: beside it, under its real name with `.lock` behind
//! it, lies a locked file with the writer's process number. A file with two names in different
//! places (hard links) has two such locks.

mod error;
mod place;
mod system;

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use error::{FinishError, Notice, OpenError};
pub(crate) use place::lock_path;
#[cfg(unix)]
pub(crate) use system::is_same_meta;

use crate::journal::{End, Journal};
use crate::lock::{Lock, LockError};
use crate::record::{Batch, Format};
use barewire_command::stamp::Stamp;
use place::{not_regular, real_path, refuse_special};
use system::{appending, is_same, links, sync_directory_of};

/// How far back the beginning of a torn line is looked for.
const TORN_BYTES_MAX: u64 = 1 << 20;

/// How a file is kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The form of gap records: that of all others. Default plain.
    pub format: Format,
    /// When the disk is asked to make records safe. Default never but at the end.
    pub sync: SyncPolicy,
}

/// When the disk is asked to make what was written safe from a crash of the system
/// (`fdatasync`). A crash of the program alone loses nothing that was appended.
///
/// A disk that cannot is told of once, as [`Notice::NotSynced`], and what it could not make safe
/// is not tried again: the system has dropped it, and a later sync that succeeds says nothing
/// about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncPolicy {
    /// Only by [`LogFile::finish`].
    #[default]
    None,
    /// So long after the first record that is not safe.
    Interval(Duration),
    /// After each batch, before [`LogFile::append`] returns.
    Line,
}

/// A file open for appending, and ours alone.
#[derive(Debug)]
pub struct LogFile {
    journal: Journal<File>,
    path: PathBuf,
    torn_bytes: u64,
    options: Options,
    lock: Lock,
}

impl LogFile {
    /// Creates the file (for its owner and group, less the umask) or opens it for appending.
    ///
    /// # Errors
    ///
    /// [`OpenError`], when it is no regular file, another process writes it, or the system refuses.
    /// A FIFO is refused at once, reader or not.
    pub fn open(path: impl Into<PathBuf>, options: Options) -> Result<Self, OpenError> {
        let path = path.into();
        let real = real_path(&path)?;
        let lock = take_lock(&path, &real)?;
        let Opened { file, torn_bytes } = open(&path, &real, options.sync)?;
        let end = end(torn_bytes);
        Ok(Self {
            journal: Journal::new(file, end, path.clone(), options.format, options.sync),
            path,
            torn_bytes,
            options,
            lock,
        })
    }

    /// Length of the line without a newline that the file ended with when it was opened, at most
    /// 1 MiB; 0 if there was none.
    #[must_use]
    pub fn torn_bytes(&self) -> u64 {
        self.torn_bytes
    }

    /// The name it was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends the batch, or keeps or counts it while the disk refuses. Never fails: what went
    /// wrong comes from [`poll_notice`](Self::poll_notice).
    pub fn append(&mut self, now: Instant, batch: Batch<'_>) {
        self.journal.append(now, batch);
    }

    /// Does what is due; `stamp` is for a gap record.
    pub fn handle_timeout(&mut self, now: Instant, stamp: Stamp) {
        self.journal.handle_timeout(now, stamp);
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due, for another try or a sync.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.journal.poll_timeout()
    }

    /// What the operator should read on standard error, each once. To be asked after every call
    /// that takes `now`; the 16 newest are kept.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.journal.poll_notice()
    }

    /// Whether records are being counted and not written.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.journal.is_failing()
    }

    /// Whether the open file has no name left, so that what is written is lost when it is closed.
    /// Always no on Windows.
    #[must_use]
    pub fn was_removed(&self) -> bool {
        self.journal
            .disk()
            .metadata()
            .is_ok_and(|meta| links(&meta) == 0)
    }

    /// Opens the path anew, for when the file was moved or removed.
    ///
    /// What is kept is tried once more in the old file, and the old file synced if that is the
    /// policy. What it did not take goes to the new one: a record of which the old file has only
    /// a part is in the new one whole.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open). The old file stays in use.
    pub fn reopen(&mut self, now: Instant, stamp: Stamp) -> Result<(), OpenError> {
        self.journal.settle(now, stamp);
        let real = real_path(&self.path)?;
        let lock = if self.lock.is_for(&real) {
            None
        } else {
            Some(take_lock(&self.path, &real)?)
        };
        let Opened { file, torn_bytes } = open(&self.path, &real, self.options.sync)?;
        if let Some(lock) = lock {
            self.lock = lock;
        }
        if is_same(self.journal.disk(), &file) {
            self.journal.replace_descriptor(file);
        } else {
            self.torn_bytes = torn_bytes;
            self.journal.replace(now, stamp, file, end(torn_bytes));
        }
        Ok(())
    }

    /// Writes what is kept, if the disk now takes it, and has all made safe. The lock goes with
    /// the value.
    ///
    /// # Errors
    ///
    /// [`FinishError`], when records are lost or may be.
    pub fn finish(&mut self, now: Instant, stamp: Stamp) -> Result<(), FinishError> {
        self.journal.finish(now, stamp)
    }
}

struct Opened {
    file: File,
    torn_bytes: u64,
}

/// `real` is opened, `path` blamed.
fn open(path: &Path, real: &Path, sync: SyncPolicy) -> Result<Opened, OpenError> {
    let blame = |error| OpenError::Open {
        path: path.to_owned(),
        error,
    };
    let mut file = appending().open(real).map_err(|error| match error.kind() {
        // It became one since it was looked at.
        ErrorKind::IsADirectory => not_regular(path, "a directory"),
        _ => blame(error),
    })?;
    let meta = file.metadata().map_err(blame)?;
    refuse_special(path, &meta)?;
    let torn_bytes = torn_bytes(&mut file, meta.len()).map_err(blame)?;
    if meta.len() == 0 && sync != SyncPolicy::None {
        sync_directory_of(real);
    }
    Ok(Opened { file, torn_bytes })
}

fn take_lock(path: &Path, real: &Path) -> Result<Lock, OpenError> {
    Lock::take(lock_path(real)).map_err(|error| match error {
        LockError::Busy(process) => OpenError::Busy {
            path: path.to_owned(),
            process,
        },
        LockError::Failed(error) => OpenError::Lock {
            path: lock_path(path),
            error,
        },
    })
}

fn end(torn_bytes: u64) -> End {
    if torn_bytes == 0 {
        End::Whole
    } else {
        End::Torn
    }
}

/// How much follows the last newline.
fn torn_bytes(file: &mut File, len: u64) -> io::Result<u64> {
    let mut block = [0; 4096];
    let stop = len.saturating_sub(TORN_BYTES_MAX);
    let mut from = len;
    while from > stop {
        let to = from;
        from = stop.max(to.saturating_sub(block.len() as u64));
        // Where it reads has no say in where an appending file writes.
        file.seek(SeekFrom::Start(from))?;
        let wanted = usize::try_from(to - from).unwrap_or(block.len());
        let block = &mut block[..wanted];
        file.read_exact(block)?;
        if let Some(newline) = memchr::memrchr(b'\n', block) {
            return Ok(len - from - newline as u64 - 1);
        }
    }
    Ok(len - stop)
}

#[cfg(test)]
mod tests;
