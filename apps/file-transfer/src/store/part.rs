//! An unfinished file: beside its target, locked while somebody writes to it.

use std::fs::{File, TryLockError};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::journal::{self, Claims, Journal};
use super::naming::{SLOTS_MAX, journal_name, part_name};
use super::system::{self, Dir};
use super::{Id, Meta, What};

/// More often than this a file is not taken away between opening and locking it.
const TRIES_MAX: usize = 100;

/// A file of this process's own, open and locked. The lock ends with the value.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) file: Arc<SyncedFile>,
    pub(super) dir: Arc<Dir>,
    /// Of the target.
    target: Vec<u8>,
    slot: u8,
    id: Id,
    /// When it was opened.
    pub(super) size: u64,
    /// Blocks it had then.
    pub(super) held: u64,
}

/// What one slot has.
enum Slot {
    Free,
    Taken,
    Opened(Part),
}

impl Part {
    /// The first that nobody else has, made if there is none; `None` if others have all. What is in it is for the
    /// caller to judge.
    pub(super) fn create(dir: &Arc<Dir>, target: &[u8]) -> io::Result<Option<Self>> {
        for slot in 1..=SLOTS_MAX {
            match Self::open_slot(dir, target, slot, true)? {
                Slot::Opened(part) => return Ok(Some(part)),
                Slot::Taken => {}
                // The directory has been removed.
                Slot::Free => return Err(io::ErrorKind::NotFound.into()),
            }
        }
        Ok(None)
    }

    /// One that an earlier try left with a journal for that size.
    pub(super) fn find(
        dir: &Arc<Dir>,
        target: &[u8],
        size: u64,
    ) -> io::Result<Option<(Self, Journal, Claims)>> {
        for slot in 1..=SLOTS_MAX {
            let Slot::Opened(part) = Self::open_slot(dir, target, slot, false)? else {
                continue;
            };
            if part.size == size
                && let Some((journal, claims)) = part.resume_journal(size)?
            {
                return Ok(Some((part, journal, claims)));
            }
        }
        Ok(None)
    }

    /// Those of all slots that nobody has at the moment.
    pub(super) fn all(dir: &Arc<Dir>, target: &[u8]) -> impl Iterator<Item = io::Result<Self>> {
        (1..=SLOTS_MAX).filter_map(
            move |slot| match Self::open_slot(dir, target, slot, false) {
                Ok(Slot::Opened(part)) => Some(Ok(part)),
                Ok(Slot::Free | Slot::Taken) => None,
                Err(error) => Some(Err(error)),
            },
        )
    }

    fn open_slot(dir: &Arc<Dir>, target: &[u8], slot: u8, create: bool) -> io::Result<Slot> {
        let name = part_name(target, slot);
        for _ in 0..TRIES_MAX {
            let file = match dir.open_private(&name, create) {
                Ok(file) => file,
                Err(error) => return slot_without(dir, &name, error),
            };
            if !lock(&file) {
                return Ok(Slot::Taken);
            }
            let meta = system::meta(&file)?;
            if !is_own(&meta) {
                return Ok(Slot::Taken);
            }
            // Whoever had it may have given it its final name before we had the lock.
            if dir.meta(&name).is_ok_and(|there| there.id == meta.id) {
                return Ok(Slot::Opened(Self::new(file, dir, target, slot, &meta)));
            }
        }
        Ok(Slot::Taken)
    }

    fn new(file: File, dir: &Arc<Dir>, target: &[u8], slot: u8, meta: &Meta) -> Self {
        Self {
            file: Arc::new(SyncedFile::new(file)),
            dir: Arc::clone(dir),
            target: target.to_vec(),
            slot,
            id: meta.id,
            size: meta.size,
            held: meta.held,
        }
    }

    pub(super) fn file(&self) -> &File {
        &self.file.file
    }

    pub(super) fn target(&self) -> &[u8] {
        &self.target
    }

    pub(super) fn name(&self) -> Vec<u8> {
        part_name(&self.target, self.slot)
    }

    fn journal_name(&self) -> Vec<u8> {
        journal_name(&self.target, self.slot)
    }

    /// Whether its name still leads to this file.
    pub(super) fn is_there(&self) -> bool {
        let there = self.dir.meta(&self.name());
        there.is_ok_and(|there| there.id == self.id && there.what == What::File)
    }

    /// Begins a journal, whatever was in one by that name.
    pub(super) fn create_journal(&self, size: u64) -> io::Result<Journal> {
        let file = self.dir.open_private(&self.journal_name(), true)?;
        if !is_own(&system::meta(&file)?) {
            return Err(io::Error::other(
                "somebody else's file has the name of the journal",
            ));
        }
        Journal::create(file, &self.target, size)
    }

    fn resume_journal(&self, size: u64) -> io::Result<Option<(Journal, Claims)>> {
        match self.dir.open_private(&self.journal_name(), false) {
            Ok(file) if is_own(&system::meta(&file)?) => Journal::resume(file, &self.target, size),
            _ => Ok(None),
        }
    }

    /// Takes the journal away, of whatever slot; none is none.
    pub(super) fn remove_journal(&self) -> io::Result<()> {
        remove_journal(&self.dir, &self.target, self.slot)
    }

    /// Takes the file and its journal away, unless its name is another's by now.
    pub(super) fn remove(&self) -> io::Result<()> {
        if self.is_there() {
            self.dir.remove(&self.name())?;
        }
        self.remove_journal()
    }
}

/// A journal whose file has got its final name before the end came: removed.
pub(super) fn remove_orphans(dir: &Arc<Dir>, target: &[u8]) -> io::Result<()> {
    for slot in 1..=SLOTS_MAX {
        if dir.meta(&journal_name(target, slot)).is_err() {
            continue;
        }
        if let Slot::Free = Part::open_slot(dir, target, slot, false)? {
            remove_journal(dir, target, slot)?;
        }
    }
    Ok(())
}

fn remove_journal(dir: &Dir, target: &[u8], slot: u8) -> io::Result<()> {
    let name = journal_name(target, slot);
    match dir.open_private(&name, false) {
        Ok(file) if is_own(&system::meta(&file)?) && journal::is_journal(&file) => {}
        _ => return Ok(()),
    }
    match dir.remove(&name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// A regular file of this user that has no other name.
fn is_own(meta: &Meta) -> bool {
    meta.what == What::File && !meta.is_shared && system::is_own(meta)
}

/// What could not be opened is somebody else's if it is there at all.
fn slot_without(dir: &Dir, name: &[u8], error: io::Error) -> io::Result<Slot> {
    if error.kind() == io::ErrorKind::NotFound {
        // Of a directory that is no more, when it should have been made.
        return Ok(Slot::Free);
    }
    match dir.meta(name) {
        Ok(meta) if !is_own(&meta) => Ok(Slot::Taken),
        _ => Err(error),
    }
}

fn lock(file: &File) -> bool {
    match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        // A file system without locks. Two receivers of one name at once find that the name is not their file's any
        // more, at the latest when they would give it the final one.
        Err(TryLockError::Error(_)) => true,
    }
}

/// A file that two threads sync.
///
/// The system tells a failed write-back to one of them only, and the other would take the file for safe.
#[derive(Debug)]
pub(super) struct SyncedFile {
    file: File,
    /// Of an earlier sync. Held during one.
    failed: Mutex<Option<io::Error>>,
}

impl SyncedFile {
    fn new(file: File) -> Self {
        let failed = Mutex::new(None);
        Self { file, failed }
    }

    /// From a thread that nobody waits for.
    pub(super) fn sync_in_background(&self) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = system::sync_data(&self.file) {
            failed.get_or_insert(error);
        }
    }

    /// With what the syncs before it had to say.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.take_failure()?;
        system::sync(&self.file)
    }

    /// What an earlier sync in the background failed with.
    pub(super) fn take_failure(&self) -> io::Result<()> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.take().map_or(Ok(()), Err)
    }
}
