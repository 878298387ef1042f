//! One writer: a locked file beside the log, with the writer's process number in it.
//!
//! The lock ends with the process however that ends, so that a file left behind is no obstacle.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::file::lock_path;

/// More often than this the file is not taken away between opening and locking it.
const TRIES_MAX: usize = 100;

/// A lock that is held. On Unix the file goes with the value; on Windows it stays, since a name
/// cannot be told from another's there.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

#[derive(Debug)]
pub(crate) enum LockError {
    /// Another has it; its number, if that could be read.
    Busy(Option<u32>),
    Failed(io::Error),
}

impl Lock {
    pub(crate) fn take(path: PathBuf) -> Result<Self, LockError> {
        for _ in 0..TRIES_MAX {
            let file = options().open(&path).map_err(LockError::Failed)?;
            if let Some(lock) = Self::hold(&path, file)? {
                return Ok(lock);
            }
        }
        Err(LockError::Busy(None))
    }

    /// Locks the file that was opened by that path; `None` if it is there no more.
    fn hold(path: &Path, mut file: File) -> Result<Option<Self>, LockError> {
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Busy(process(&mut file))),
            Err(TryLockError::Error(error)) => return Err(LockError::Failed(error)),
        }
        // Whoever held it may have removed the file since we opened it: the lock of a file that
        // nobody else can find is worth nothing.
        if !names(path, &file) {
            return Ok(None);
        }
        // A disk without room for a number is no reason not to start.
        let _ = write_process(&mut file);
        Ok(Some(Self {
            file,
            path: path.to_owned(),
        }))
    }

    /// Whether this is the lock of the file with that real path, where others look for it.
    pub(crate) fn is_for(&self, real: &Path) -> bool {
        self.path == lock_path(real) && names(&self.path, &self.file)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Before the lock ends, so that it is not another's file by then.
        #[cfg(unix)]
        if names(&self.path, &self.file) {
            let _ = std::fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }
}

fn write_process(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes())
}

/// Windows lets nobody else read a locked file.
fn process(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim_end().parse().ok()
}

#[cfg(unix)]
fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;

    let mut options = OpenOptions::new();
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    options.read(true).write(true).create(true).mode(0o640);
    options.custom_flags(flags.bits().cast_signed());
    options
}

#[cfg(not(unix))]
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    options
}

/// Whether the path leads to this open file.
#[cfg(unix)]
fn names(path: &Path, file: &File) -> bool {
    match (path.symlink_metadata(), file.metadata()) {
        (Ok(there), Ok(here)) => crate::file::is_same_meta(&there, &here),
        _ => false,
    }
}

/// Nobody removes it.
#[cfg(not(unix))]
fn names(_: &Path, _: &File) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::{Lock, LockError};

    #[test]
    fn a_second_one_is_told_who_has_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("lines.lock");
        let lock = Lock::take(path.clone()).expect("free");
        let Err(LockError::Busy(process)) = Lock::take(path.clone()) else {
            panic!("two locks");
        };
        if cfg!(unix) {
            assert_eq!(process, Some(std::process::id()));
        }
        drop(lock);
        assert_eq!(path.exists(), cfg!(not(unix)));
        drop(Lock::take(path).expect("free again"));
    }

    #[test]
    fn what_a_dead_process_left_is_no_obstacle() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("lines.lock");
        fs::write(&path, "4294967295 and then some\n").expect("written");
        let lock = Lock::take(path.clone()).expect("free");
        if cfg!(unix) {
            let text = fs::read_to_string(&path).expect("read");
            assert_eq!(text, format!("{}\n", std::process::id()));
        }
        drop(lock);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("lines.lock");
        let precious = directory.path().join("precious");
        fs::write(&precious, "kept").expect("written");
        std::os::unix::fs::symlink(&precious, &path).expect("linked");
        assert!(matches!(Lock::take(path), Err(LockError::Failed(_))));
        assert_eq!(fs::read_to_string(precious).expect("read"), "kept");
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_on_a_removed_file_is_not_held() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("lines.lock");
        let lock = Lock::take(path.clone()).expect("free");
        let late = super::options().open(&path).expect("opened");
        drop(lock);
        assert!(matches!(Lock::hold(&path, late), Ok(None)));
        // Nor is another's file taken away.
        let lock = Lock::take(path.clone()).expect("free");
        fs::remove_file(&path).expect("removed");
        fs::write(&path, "another's").expect("written");
        drop(lock);
        assert!(path.exists());
    }

    /// Each removes the file while others are between opening and locking it.
    #[test]
    fn never_two_at_once() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("lines.lock");
        let inside = AtomicUsize::new(0);
        let barrier = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    for _ in 0..300 {
                        if let Ok(lock) = Lock::take(path.clone()) {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                            inside.fetch_sub(1, Ordering::SeqCst);
                            drop(lock);
                        }
                    }
                });
            }
        });
    }
}
