//! A file that is being received: written in groups, and hashed as it is written.

use std::io;
use std::sync::Arc;

use barewire_transfer::manifest::{Entry, Kind, Timestamp};
use barewire_transfer::tree::{
    Cv, GROUP_BYTES, Root, group_cv, group_len, groups, hole_cv, root_of, root_of_small,
};

use super::error::{ErrorKind, StoreError};
use super::journal::Journal;
use super::part::Part;
use super::system::{self, Dir};

/// Holes are looked for in these: the blocks of nearly all file systems.
const BLOCK_BYTES: usize = 4096;

/// A file with a value for each group that is there and known.
#[derive(Debug)]
pub(super) struct Receiving {
    part: Part,
    /// `None` also where it could not be made: the file can be received, and not resumed.
    journal: Option<Journal>,
    /// `None` where it is not known before the end.
    size: Option<u64>,
    /// Whether there are holes to be kept.
    is_sparse: bool,
    /// Whether nothing was in it: what has not been written is a hole.
    is_fresh: bool,
    known: Known,
    /// Since the last call of [`take_unsynced`](Self::take_unsynced).
    unsynced: u64,
}

/// What is in the file, by what was written or read.
#[derive(Debug, Default)]
struct Known {
    cvs: Vec<Cv>,
    /// Which of them are.
    is_known: Vec<bool>,
    /// If one group is all.
    small: Option<Root>,
    /// Where the last group ends.
    end: u64,
}

impl Receiving {
    /// Opens the unfinished file of an entry, the one of an earlier try if it can be gone on with.
    ///
    /// `None` if so many others receive it at the moment that there is no name left.
    pub(super) fn begin(dir: &Arc<Dir>, entry: &Entry, resume: bool) -> io::Result<Option<Self>> {
        let (size, data_bytes) = match entry.kind {
            Kind::File { size, data_bytes } => (Some(size), data_bytes),
            _ => (None, 0),
        };
        let is_sparse = size.is_some_and(|size| data_bytes < size);
        let name = entry.path.name();
        if let Some(size) = size
            && resume
            && is_resumable(size)
            && let Some((part, journal, _)) = Part::find(dir, name, size)?
        {
            let mut this = Self::new(part, Some(size), is_sparse);
            this.journal = Some(journal);
            return Ok(Some(this));
        }
        let Some(part) = Part::create(dir, name)? else {
            return Ok(None);
        };
        let mut this = Self::new(part, size, is_sparse);
        match this.make_fresh() {
            Ok(()) => Ok(Some(this)),
            Err(error) => {
                let _ = this.part.remove();
                Err(error)
            }
        }
    }

    fn new(part: Part, size: Option<u64>, is_sparse: bool) -> Self {
        Self {
            part,
            journal: None,
            size,
            is_sparse,
            is_fresh: false,
            known: Known::default(),
            unsynced: 0,
        }
    }

    fn make_fresh(&mut self) -> io::Result<()> {
        if self.part.size > 0 || self.part.held > 0 {
            system::set_len(self.part.file(), 0)?;
        }
        self.is_fresh = true;
        let Some(size) = self.size else {
            return Ok(());
        };
        if self.is_sparse {
            system::set_len(self.part.file(), size)?;
        }
        if is_resumable(size) {
            if !self.is_sparse {
                system::preallocate(self.part.file(), size)?;
            }
            self.journal = self.part.create_journal(size).ok();
        }
        Ok(())
    }

    pub(super) fn part(&self) -> &Part {
        &self.part
    }

    /// Writes a group to its place. The value is that of the bytes that were written.
    pub(super) fn write(
        &mut self,
        entry: &Entry,
        group: u64,
        bytes: &[u8],
    ) -> Result<Cv, StoreError> {
        self.expect(entry, group, bytes.len() as u64)?;
        let cv = group_cv(group, bytes);
        // Not known until it is all there.
        let was_known = self.known.forget(group);
        self.write_bytes(group, bytes, was_known)
            .map_err(|error| StoreError::system("write", entry.path.as_bytes(), error))?;
        self.unsynced += bytes.len() as u64;
        let small = self.small(group, bytes);
        self.add(group, bytes.len() as u64, cv, small);
        Ok(cv)
    }

    fn write_bytes(&self, group: u64, bytes: &[u8], was_known: bool) -> io::Result<()> {
        let offset = group * GROUP_BYTES;
        let file = self.part.file();
        if !self.is_sparse {
            return system::write_at(file, bytes, offset);
        }
        let is_hole = self.is_fresh && !was_known;
        if is_hole || system::punch(file, offset, bytes.len() as u64)? {
            return data_runs(bytes)
                .try_for_each(|(start, run)| system::write_at(file, run, offset + start as u64));
        }
        system::write_at(file, bytes, offset)
    }

    /// Makes a group a hole.
    pub(super) fn hollow(&mut self, entry: &Entry, group: u64) -> Result<Cv, StoreError> {
        let len = group_len(self.size.unwrap_or(0), group);
        self.expect(entry, group, len)?;
        let was_known = self.known.forget(group);
        self.clear(group, len, was_known)
            .map_err(|error| StoreError::system("write", entry.path.as_bytes(), error))?;
        let cv = hole_cv(group, len);
        let small = self
            .is_alone(group)
            .then(|| root_of_small(&vec![0; len as usize]));
        self.add(group, len, cv, small);
        Ok(cv)
    }

    fn clear(&self, group: u64, len: u64, was_known: bool) -> io::Result<()> {
        let offset = group * GROUP_BYTES;
        let is_hole = self.is_fresh && !was_known;
        if is_hole && self.is_sparse || system::punch(self.part.file(), offset, len)? {
            return Ok(());
        }
        system::write_at(self.part.file(), &vec![0; len as usize], offset)
    }

    /// Reads a group and takes it for known. `None` if it cannot be read.
    pub(super) fn check(&mut self, group: u64, buffer: &mut Vec<u8>) -> Option<Cv> {
        let len = group_len(self.size?, group);
        if len == 0 {
            return None;
        }
        buffer.resize(len as usize, 0);
        system::read_at(self.part.file(), buffer, group * GROUP_BYTES).ok()?;
        let cv = group_cv(group, buffer);
        let small = self.small(group, buffer);
        self.known.add(group, len, cv, small);
        Some(cv)
    }

    /// Where so many groups end, if the file has them.
    pub(super) fn expect_holes(
        &self,
        entry: &Entry,
        first: u64,
        count: u64,
    ) -> Result<u64, StoreError> {
        let end = first.checked_add(count);
        let groups = groups(self.size.unwrap_or(0));
        end.filter(|end| *end <= groups).ok_or_else(|| {
            let what = format!("{count} groups from {first} on do not belong to it");
            StoreError::new(ErrorKind::Mismatch, entry.path.as_bytes(), what)
        })
    }

    fn expect(&self, entry: &Entry, group: u64, len: u64) -> Result<(), StoreError> {
        let is_right = match self.size {
            Some(size) => len > 0 && len == group_len(size, group),
            // All but the last are whole.
            None => {
                (1..=GROUP_BYTES).contains(&len)
                    && self.known.end == group.saturating_mul(GROUP_BYTES)
            }
        };
        if is_right {
            return Ok(());
        }
        let what = format!("group {group} of {len} bytes does not belong to it");
        Err(StoreError::new(
            ErrorKind::Mismatch,
            entry.path.as_bytes(),
            what,
        ))
    }

    /// The root of the file, if it might have no other group.
    fn small(&self, group: u64, bytes: &[u8]) -> Option<Root> {
        self.is_alone(group).then(|| root_of_small(bytes))
    }

    fn is_alone(&self, group: u64) -> bool {
        group == 0 && self.size.is_none_or(|size| groups(size) == 1)
    }

    fn add(&mut self, group: u64, len: u64, cv: Cv, small: Option<Root>) {
        self.known.add(group, len, cv, small);
        // A claim that cannot be written costs a group sent again.
        if let Some(journal) = &mut self.journal {
            let _ = journal.append(group, &cv);
        }
    }

    /// Makes of it a whole file that wants its name only. On an error it is what it was.
    pub(super) fn complete(
        &self,
        entry: &Entry,
        root: Root,
        umask: u32,
    ) -> Result<Complete, StoreError> {
        let path = entry.path.as_bytes();
        let size = self.size.unwrap_or(self.known.end);
        match self.known.root(size) {
            Ok(known) if known == root => {}
            Ok(_) => {
                return Err(StoreError::new(
                    ErrorKind::Mismatch,
                    path,
                    "differs from what the sender has",
                ));
            }
            Err(missing) => {
                let what = format!("group {missing} has not come");
                return Err(StoreError::new(ErrorKind::Mismatch, path, what));
            }
        }
        let mode = u32::from(entry.mode.unwrap_or(0o666)) & 0o777 & !umask;
        let mut note = None;
        if let Err(error) = system::set_mode(self.part.file(), mode) {
            note = Some(format!("its permissions could not be set: {error}"));
        }
        if let Some(modified) = entry.modified {
            note = note.or(set_modified(&self.part, modified));
        }
        Ok(Complete { size, note })
    }

    /// Bytes written since it was last asked.
    pub(super) fn take_unsynced(&mut self, at_least: u64) -> bool {
        let is_due = self.unsynced >= at_least;
        if is_due {
            self.unsynced = 0;
        }
        is_due
    }

    /// Whether a later try can go on with it.
    pub(super) fn is_resumable(&self) -> bool {
        self.journal.is_some()
    }

    /// The file alone, which keeps its lock.
    pub(super) fn into_part(self) -> Part {
        self.part
    }

    /// Ends a try that did not come to its end. What the next one can go on with stays.
    pub(super) fn leave(self) {
        let is_worth = self.journal.is_some() && (!self.is_fresh || self.known.is_any());
        if !is_worth {
            let _ = self.part.remove();
        }
    }
}

/// What is known of a file that has all its groups.
pub(super) struct Complete {
    pub(super) size: u64,
    /// What the file system could not hold.
    pub(super) note: Option<String>,
}

/// One group is sent again sooner than asked for.
pub(super) fn is_resumable(size: u64) -> bool {
    groups(size) > 1
}

impl Known {
    fn add(&mut self, group: u64, len: u64, cv: Cv, small: Option<Root>) {
        let at = group as usize;
        if self.cvs.len() <= at {
            self.cvs.resize(at + 1, [0; 32]);
            self.is_known.resize(at + 1, false);
        }
        self.cvs[at] = cv;
        self.is_known[at] = true;
        self.end = self.end.max(group * GROUP_BYTES + len);
        self.small = small.or(self.small);
    }

    /// Whether it was known.
    fn forget(&mut self, group: u64) -> bool {
        let is_known = self.is_known.get_mut(group as usize);
        is_known.is_some_and(std::mem::take)
    }

    fn is_any(&self) -> bool {
        self.is_known.contains(&true)
    }

    /// The root of so many bytes, or the first group that is not known.
    fn root(&self, size: u64) -> Result<Root, u64> {
        let count = groups(size);
        let missing = self.is_known.iter().position(|is_known| !is_known);
        let missing = missing.unwrap_or(self.cvs.len()) as u64;
        match count {
            _ if missing < count => Err(missing),
            0 => Ok(root_of_small(&[])),
            1 => self.small.ok_or(0),
            _ => root_of(&self.cvs).ok_or(0),
        }
    }
}

/// Says what the file system could not hold. Times are cut to what it has without a word from the system.
fn set_modified(part: &Part, modified: Timestamp) -> Option<String> {
    if let Err(error) = system::set_modified(part.file(), modified) {
        return Some(format!(
            "its time of modification could not be set: {error}"
        ));
    }
    // What every file system has.
    if (0..=i64::from(i32::MAX)).contains(&modified.seconds) {
        return None;
    }
    let held = system::meta(part.file()).ok()?.modified.seconds;
    (held.abs_diff(modified.seconds) > 2).then(|| {
        let wanted = modified.seconds;
        format!("the file system cannot hold its time of modification, {wanted} seconds from 1970, and took {held}")
    })
}

/// Runs of blocks that are not all zeros, with where they start.
fn data_runs(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let blocks = |from: usize| bytes[from..].chunks(BLOCK_BYTES);
        at += blocks(at)
            .take_while(|block| is_zero(block))
            .map(<[u8]>::len)
            .sum::<usize>();
        let start = at;
        at += blocks(at)
            .take_while(|block| !is_zero(block))
            .map(<[u8]>::len)
            .sum::<usize>();
        (start < at).then(|| (start, &bytes[start..at]))
    })
}

fn is_zero(block: &[u8]) -> bool {
    const ZEROS: &[u8] = &[0; BLOCK_BYTES];
    block == &ZEROS[..block.len()]
}
