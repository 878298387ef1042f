//! What is where an offer would go.

use std::sync::Arc;

use barewire_transfer::manifest::{Entry, Kind, Timestamp};
use barewire_transfer::tree::Cv;

use super::directories::{Directories, WayError, split};
use super::error::StoreError;
use super::part::{Part, remove_orphans};
use super::receiving::is_resumable;
use super::system::Dir;
use super::{Meta, Store, What};

/// What is at the place of an entry.
#[derive(Debug)]
pub struct Found {
    /// Under its name.
    pub there: There,
    /// Groups of it that an earlier try left beside its name, with the values they should have. They are as true as the
    /// journal: have them [checked](super::Job::Check).
    pub groups: Vec<(u64, Cv)>,
    /// Bytes of disk that the earlier try has taken already.
    pub held: u64,
}

/// What has the name of an entry.
#[derive(Debug)]
pub enum There {
    /// Nothing.
    Nothing,
    /// What is offered, as far as can be told from outside: a file of its size and time, a directory, a link with its
    /// target.
    Same,
    /// Another file.
    File {
        /// Its bytes.
        size: u64,
        /// When it was last modified.
        modified: Timestamp,
    },
    /// A directory where something else should be.
    Directory,
    /// Another link, or one where something else should be.
    Symlink,
    /// A pipe, a socket or a device.
    Other,
    /// Nobody can tell, since the way there is barred.
    Blocked(StoreError),
}

impl Store {
    /// Looks at the places of all entries, in their order. Opens nothing but directories and what an earlier try left.
    #[must_use]
    pub fn survey(&self, entries: &[Entry]) -> Vec<Found> {
        let mut directories = Directories::new(Arc::clone(&self.root));
        let look = |entry: &Entry| look(&mut directories, entry);
        entries.iter().map(look).collect()
    }

    /// Takes away what earlier tries left of an entry, unless somebody is at it. Says how many unfinished files there
    /// were.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn discard(&self, entry: &Entry) -> Result<usize, StoreError> {
        let path = entry.path.as_bytes();
        let (parent, name) = split(path);
        let mut directories = Directories::new(Arc::clone(&self.root));
        let dir = match directories.get(parent) {
            Ok(dir) => dir,
            Err(WayError::Missing) => return Ok(0),
            Err(error) => return Err(error.into_error(path)),
        };
        let wrong = |error| StoreError::system("remove what is left of", path, error);
        let mut removed = 0;
        for part in Part::all(&dir, name) {
            part.and_then(|part| part.remove()).map_err(wrong)?;
            removed += 1;
        }
        remove_orphans(&dir, name).map_err(wrong)?;
        Ok(removed)
    }
}

/// How many bytes of disk such an entry still takes, by what was found of it. Whole blocks, and one for its name.
#[must_use]
pub fn bytes_needed(entry: &Entry, found: &Found) -> u64 {
    const BLOCK_BYTES: u64 = 4096;
    let data_bytes = match entry.kind {
        Kind::File { data_bytes, .. } => data_bytes,
        _ => 0,
    };
    let blocks = data_bytes.div_ceil(BLOCK_BYTES).saturating_mul(BLOCK_BYTES);
    blocks
        .saturating_sub(found.held)
        .saturating_add(BLOCK_BYTES)
}

fn look(directories: &mut Directories, entry: &Entry) -> Found {
    let (parent, name) = split(entry.path.as_bytes());
    let mut found = Found {
        there: There::Nothing,
        groups: Vec::new(),
        held: 0,
    };
    let dir = match directories.get(parent) {
        Ok(dir) => dir,
        Err(WayError::Missing) => return found,
        Err(error) => {
            found.there = There::Blocked(error.into_error(entry.path.as_bytes()));
            return found;
        }
    };
    found.there = under_name(&dir, name, entry);
    if let Kind::File { size, .. } = entry.kind
        && is_resumable(size)
    {
        // Where it cannot be told there is nothing to go on with, and no harm.
        let _ = remove_orphans(&dir, name);
        if let Ok(Some((part, _, claims))) = Part::find(&dir, name, size) {
            found.held = part.held;
            found.groups = claims.into_iter().collect();
        }
    }
    found
}

fn under_name(dir: &Dir, name: &[u8], entry: &Entry) -> There {
    match dir.meta(name) {
        Ok(meta) if is_same(dir, name, &meta, entry) => There::Same,
        Ok(meta) => match meta.what {
            What::File => There::File {
                size: meta.size,
                modified: meta.modified,
            },
            What::Directory => There::Directory,
            What::Symlink => There::Symlink,
            What::Other => There::Other,
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => There::Nothing,
        Err(error) => There::Blocked(StoreError::system("look at", entry.path.as_bytes(), error)),
    }
}

/// NTFS has tenths of a microsecond.
fn is_same_time(held: Timestamp, offered: Option<Timestamp>) -> bool {
    const NTFS_NANOSECONDS: u32 = 100;
    offered.is_some_and(|offered| {
        let cut = offered.nanoseconds - offered.nanoseconds % NTFS_NANOSECONDS;
        held.seconds == offered.seconds && [offered.nanoseconds, cut].contains(&held.nanoseconds)
    })
}

pub(super) fn is_same(dir: &Dir, name: &[u8], meta: &Meta, entry: &Entry) -> bool {
    match &entry.kind {
        Kind::Directory => meta.what == What::Directory,
        Kind::File { size, .. } => {
            meta.what == What::File
                && meta.size == *size
                && is_same_time(meta.modified, entry.modified)
        }
        Kind::Symlink { target } => {
            meta.what == What::Symlink && dir.read_link(name).is_ok_and(|held| held == *target)
        }
        Kind::Stream => false,
    }
}
