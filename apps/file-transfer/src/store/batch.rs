//! Whole files that want their names: synced together, renamed, and their directories synced.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::changed::{Changed, SYNCED_ALONE_MAX, sync_file_systems};
use super::error::{ErrorKind, StoreError};
use super::naming::{SLOTS_MAX, numbered, part_name};
use super::part::Part;
use super::system::{self, Dir};
use super::worker::Outcome;
use super::{Options, Overwrite, Sync, What};

/// Files that wait are committed when they have so many bytes.
const BYTES_MAX: u64 = 64 << 20;

/// However busy the thread is, a whole file is committed after this.
pub(super) const AGE_MAX: Duration = Duration::from_secs(5);

/// So many names are tried before a file is given up.
const NUMBERS_MAX: u32 = 10_000;

/// A file that is whole but for its name.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) id: u32,
    /// Of the entry.
    pub(super) path: Vec<u8>,
    pub(super) part: Part,
    /// Whether it has a journal, and stays if it gets no name.
    pub(super) is_resumable: bool,
    pub(super) note: Option<String>,
}

/// Files that are waiting for each other.
#[derive(Debug)]
pub(super) struct Batch {
    options: Options,
    ready: Vec<Ready>,
    /// What has its name already, and is not synced.
    placed: Vec<(u32, Outcome)>,
    changed: Changed,
    files_max: usize,
    bytes: u64,
    since: Option<Instant>,
}

/// What became of each.
#[derive(Debug, Default)]
pub(super) struct Committed {
    pub(super) stored: Vec<(u32, Outcome)>,
    pub(super) failed: Vec<(u32, StoreError)>,
}

impl Batch {
    pub(super) fn new(options: Options) -> Self {
        Self {
            options,
            ready: Vec::new(),
            placed: Vec::new(),
            changed: Changed::new(options.sync),
            files_max: files_max(),
            bytes: 0,
            since: None,
        }
    }

    pub(super) fn push(&mut self, ready: Ready, bytes: u64) {
        self.ready.push(ready);
        self.bytes += bytes;
        self.since.get_or_insert_with(Instant::now);
    }

    /// A link, say.
    pub(super) fn push_placed(&mut self, id: u32, outcome: Outcome, dir: &Arc<Dir>) {
        self.placed.push((id, outcome));
        self.changed.push(dir);
        self.since.get_or_insert_with(Instant::now);
    }

    /// A directory in which something was made.
    pub(super) fn push_changed(&mut self, dir: &Arc<Dir>) {
        self.changed.push(dir);
    }

    /// Whether it is as large as it should get, or has waited long enough.
    pub(super) fn is_due(&self) -> bool {
        let waiting = self.ready.len() + self.placed.len();
        waiting >= self.files_max || self.bytes >= BYTES_MAX || self.age() >= Some(AGE_MAX)
    }

    /// Since its first file.
    pub(super) fn age(&self) -> Option<Duration> {
        self.since.map(|since| since.elapsed())
    }

    pub(super) fn commit(mut self) -> Committed {
        let mut committed = Committed::default();
        let whole = match self.options.sync {
            Sync::Durable => sync_parts(self.ready, &mut committed),
            Sync::None => self.ready,
        };
        for ready in whole {
            match place(&ready, self.options.overwrite) {
                Ok(path) => {
                    self.changed.push(&ready.part.dir);
                    self.placed.push((
                        ready.id,
                        Outcome {
                            path,
                            durable: false,
                            note: ready.note,
                        },
                    ));
                }
                Err(error) => {
                    give_up(&ready);
                    committed.failed.push((ready.id, error));
                }
            }
        }
        match self.options.sync {
            Sync::Durable => finish(self.placed, self.changed.sync(), &mut committed),
            Sync::None => committed.stored = self.placed,
        }
        committed
    }
}

fn finish(placed: Vec<(u32, Outcome)>, synced: io::Result<()>, committed: &mut Committed) {
    for (id, mut outcome) in placed {
        match &synced {
            Ok(()) => {
                outcome.durable = true;
                committed.stored.push((id, outcome));
            }
            Err(error) => {
                let what = format!("it is stored, but might not survive a power cut: {error}");
                committed
                    .failed
                    .push((id, StoreError::new(ErrorKind::Io, &outcome.path, what)));
            }
        }
    }
}

/// Gives back those that are safe on the disk.
fn sync_parts(ready: Vec<Ready>, committed: &mut Committed) -> Vec<Ready> {
    // Whose fault it was if that fails shows when each is asked.
    let is_safe = system::SYNCS_FILE_SYSTEMS
        && ready.len() > SYNCED_ALONE_MAX
        && sync_file_systems(ready.iter().map(|ready| &ready.part.dir)).is_ok();
    let mut safe = Vec::with_capacity(ready.len());
    for ready in ready {
        let synced = match is_safe {
            true => ready.part.file.take_failure(),
            false => ready.part.file.sync(),
        };
        match synced {
            Ok(()) => safe.push(ready),
            Err(error) => {
                give_up(&ready);
                let error = StoreError::system("sync", &ready.path, error);
                committed.failed.push((ready.id, error));
            }
        }
    }
    safe
}

/// Gives a file its name, and says which.
fn place(ready: &Ready, overwrite: Overwrite) -> Result<Vec<u8>, StoreError> {
    let part = &ready.part;
    if !part.is_there() {
        let what = "somebody has moved or removed the unfinished file; start again";
        return Err(StoreError::new(ErrorKind::Changed, &ready.path, what));
    }
    let name = part.name();
    let path = place_as(&part.dir, &name, &ready.path, part.target(), overwrite)?;
    if ready.is_resumable {
        // If not, the next to look for it does.
        let _ = part.remove_journal();
    }
    Ok(path)
}

/// Renames what has a name of ours to the one of the entry at `path`, or one beside that.
fn place_as(
    dir: &Dir,
    from: &[u8],
    path: &[u8],
    target: &[u8],
    overwrite: Overwrite,
) -> Result<Vec<u8>, StoreError> {
    if overwrite == Overwrite::Replace {
        return match replace(dir, from, target) {
            Ok(()) => Ok(path.to_vec()),
            Err(error) => Err(StoreError::system("replace", path, error)),
        };
    }
    let used = first_free(target, overwrite, |to| dir.rename_new(from, to));
    let used = used.map_err(|error| StoreError::system("store", path, error))?;
    Ok(beside(path, target, &used))
}

/// The path with another last component.
fn beside(path: &[u8], target: &[u8], used: &[u8]) -> Vec<u8> {
    let directory = &path[..path.len() - target.len()];
    [directory, used].concat()
}

/// The name that `take` could have: the target, or if that is asked for one like it.
fn first_free(
    target: &[u8],
    overwrite: Overwrite,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    let numbers = match overwrite {
        Overwrite::Rename => 0..NUMBERS_MAX,
        Overwrite::Refuse | Overwrite::Replace => 0..1,
    };
    for number in numbers {
        let name = numbered(target, number);
        match take(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|()| name),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn replace(dir: &Dir, from: &[u8], target: &[u8]) -> io::Result<()> {
    refuse_taken(dir, target, Overwrite::Replace)?;
    dir.rename_over(from, target)
}

/// Whether something is there that is to stay. Something may still come.
pub(super) fn refuse_taken(dir: &Dir, target: &[u8], overwrite: Overwrite) -> io::Result<()> {
    let is_taken = match overwrite {
        Overwrite::Rename => false,
        Overwrite::Refuse => dir.meta(target).is_ok(),
        Overwrite::Replace => {
            let what = dir.meta(target).map(|meta| meta.what);
            matches!(what, Ok(What::Directory | What::Other))
        }
    };
    match is_taken {
        true => Err(io::ErrorKind::AlreadyExists.into()),
        false => Ok(()),
    }
}

/// Makes a link to `to` for the entry at `path`, and says where.
pub(super) fn place_link(
    dir: &Dir,
    path: &[u8],
    target: &[u8],
    to: &[u8],
    overwrite: Overwrite,
) -> io::Result<Vec<u8>> {
    if overwrite != Overwrite::Replace {
        let used = first_free(target, overwrite, |name| dir.make_link(to, name))?;
        return Ok(beside(path, target, &used));
    }
    for slot in 1..=SLOTS_MAX {
        let name = part_name(target, slot);
        match dir.make_link(to, &name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            result => result?,
        }
        if let Err(error) = replace(dir, &name, target) {
            let _ = dir.remove(&name);
            return Err(error);
        }
        return Ok(path.to_vec());
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn give_up(ready: &Ready) {
    if !ready.is_resumable {
        let _ = ready.part.remove();
    }
}

/// So many files wait for each other at most: each is open, perhaps with a directory of its own.
fn files_max() -> usize {
    const FILES_MAX: usize = 4096;
    let files_max = usize::try_from(system::open_files_max() / 4);
    files_max.map_or(FILES_MAX, |max| max.clamp(1, FILES_MAX))
}
