//! Directories of an offer: open to writing while things come, and what they should be in the end.

use std::collections::HashMap;
use std::io;

use barewire_transfer::manifest::{Entry, Timestamp};

use crate::store::changed::Changed;
use crate::store::directories::{Directories, blocked, split};
use crate::store::error::StoreError;
use crate::store::system::{self, Dir};
use crate::store::{Id, What};

/// The owner's, needed to write into it.
const OWN: u32 = 0o700;

/// Directories that were made or met.
#[derive(Debug, Default)]
pub(super) struct Folders {
    met: HashMap<Vec<u8>, Folder>,
}

#[derive(Debug)]
struct Folder {
    id: u32,
    there: Id,
    /// What it gets in the end; `None` where it is not ours.
    last: Option<Last>,
    state: State,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    mode: u32,
    /// The group that is inherited from above, and the like: not the peer's, and not to be lost.
    special: u32,
    modified: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// It is what it should be; whether that was said.
    Sealed,
    Reopened,
}

/// A directory that is what it should be.
pub(super) struct Sealed {
    pub(super) id: u32,
    pub(super) path: Vec<u8>,
    pub(super) note: Option<String>,
    pub(super) is_first: bool,
}

impl Folders {
    /// Makes the directory of an entry. Says whether it is new.
    ///
    /// One that was there is left as it is. One with just those permissions that ours have, while things come or
    /// afterwards, may be of an earlier try, and is treated as ours: it has them again in the end.
    pub(super) fn make(
        &mut self,
        parent: &Dir,
        id: u32,
        entry: &Entry,
        umask: u32,
    ) -> Result<bool, StoreError> {
        let path = entry.path.as_bytes();
        let (_, name) = split(path);
        let mode = u32::from(entry.mode.unwrap_or(0o777)) & 0o777;
        let made = parent.make_dir(name, mode | OWN);
        let is_new = made.is_ok();
        match made {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(StoreError::system("make", path, error));
            }
            _ => {}
        }
        let meta = parent
            .meta(name)
            .map_err(|error| StoreError::system("make", path, error))?;
        if meta.what != What::Directory {
            return Err(blocked(path, meta.what));
        }
        let writable = (mode | OWN) & !umask;
        let is_ours = is_new
            || system::is_own(&meta) && [writable, mode & !umask].contains(&(meta.mode & 0o777));
        let last = is_ours.then_some(Last {
            mode: mode & !umask,
            special: meta.mode & 0o7000,
            modified: entry.modified,
        });
        let folder = Folder {
            id,
            there: meta.id,
            last,
            state: State::Open,
        };
        if is_ours && meta.mode & 0o700 != OWN & !umask {
            // If that fails, so will what comes into it, and say so.
            let _ = parent
                .open_dir(name)
                .and_then(|dir| dir.set_mode(writable | meta.mode & 0o7000));
        }
        self.met.insert(path.to_vec(), folder);
        Ok(is_new)
    }

    /// Something comes into it.
    pub(super) fn open(&mut self, path: &[u8], dir: &Dir) {
        if let Some(folder) = self.met.get_mut(path)
            && folder.state == State::Sealed
        {
            folder.state = State::Reopened;
            if let Some(last) = folder.last {
                let _ = last.set_mode(dir, OWN);
            }
        }
    }

    /// Gives all that are open their permissions and times, the deepest first.
    pub(super) fn seal(
        &mut self,
        directories: &mut Directories,
        changed: &mut Changed,
    ) -> Vec<Sealed> {
        let open = self
            .met
            .iter_mut()
            .filter(|(_, folder)| folder.state != State::Sealed);
        let mut open: Vec<_> = open.collect();
        // Parents come before what is in them.
        open.sort_unstable_by_key(|(_, folder)| std::cmp::Reverse(folder.id));
        let seal =
            |(path, folder): (&Vec<u8>, &mut Folder)| folder.seal(path, directories, changed);
        open.into_iter().map(seal).collect()
    }
}

impl Folder {
    fn seal(
        &mut self,
        path: &[u8],
        directories: &mut Directories,
        changed: &mut Changed,
    ) -> Sealed {
        let is_first = self.state == State::Open;
        self.state = State::Sealed;
        let mut sealed = Sealed {
            id: self.id,
            path: path.to_vec(),
            note: None,
            is_first,
        };
        let Some(last) = self.last else {
            return sealed;
        };
        match directories.get(Some(path)) {
            Ok(dir) if dir.id() == self.there => {
                sealed.note = last.give(&dir).err().map(|error| {
                    format!("its permissions or its time of modification could not be set: {error}")
                });
                changed.push(&dir);
            }
            _ => sealed.note = Some("somebody has moved or removed it meanwhile".to_owned()),
        }
        sealed
    }
}

impl Last {
    fn give(self, dir: &Dir) -> io::Result<()> {
        if let Some(modified) = self.modified {
            dir.set_modified(modified)?;
        }
        self.set_mode(dir, 0)
    }

    fn set_mode(self, dir: &Dir, more: u32) -> io::Result<()> {
        if self.mode & OWN == OWN {
            return Ok(());
        }
        dir.set_mode(self.mode | self.special | more)
    }
}
