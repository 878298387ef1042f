//! Where the entries of an offer are.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::source::error::{Fault, What};
use crate::source::identity::{Difference, Growth, Identity};
use crate::source::system::{self, Directory};

/// Where the entries of an offer are and what they were when it was made, by their ids.
#[derive(Debug, Default)]
pub struct Places {
    places: Vec<Place>,
}

/// One of them. A tree, so that each name is kept once.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) at: At,
    pub(crate) kind: PlaceKind,
}

/// How to get there.
#[derive(Debug)]
pub(crate) enum At {
    /// By the path that somebody named; links in it are followed.
    Named(Box<Path>),
    /// By this name in the directory with this id; a link is not followed.
    In(u32, Box<OsStr>),
}

#[derive(Debug)]
pub(crate) enum PlaceKind {
    /// With its device and inode.
    Directory(u64, u64),
    File {
        identity: Identity,
        holes: Holes,
    },
    Link,
    Stream,
}

/// Whether to ask the file system for holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holes {
    None,
    Some,
}

impl Places {
    /// How many there are: as many as the manifest has entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The path of an entry as a user would write it; empty for standard input and for ids that are none.
    #[must_use]
    pub fn path(&self, id: u32) -> PathBuf {
        let mut names = Vec::new();
        let mut next = Some(id);
        while let Some(place) = next.and_then(|id| self.get(id)) {
            match &place.at {
                At::Named(path) => {
                    names.push(path.as_os_str());
                    next = None;
                }
                At::In(parent, name) => {
                    names.push(name);
                    next = Some(*parent);
                }
            }
        }
        names.iter().rev().collect()
    }

    pub(crate) fn get(&self, id: u32) -> Option<&Place> {
        self.places.get(usize::try_from(id).ok()?)
    }

    /// Its id; the caller keeps to 2^32 - 1.
    pub(crate) fn push(&mut self, place: Place) -> u32 {
        let id = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.places.push(place);
        id
    }

    /// Removes those without a mark. Only what is no directory may go.
    pub(crate) fn retain(&mut self, keep: &[bool]) {
        let mut ids = Vec::with_capacity(keep.len());
        let mut next = 0;
        for keep in keep {
            ids.push(next);
            next += u32::from(*keep);
        }
        let mut at = 0;
        self.places.retain_mut(|place| {
            if let At::In(parent, _) = &mut place.at
                && let Some(id) = usize::try_from(*parent).ok().and_then(|at| ids.get(at))
            {
                *parent = *id;
            }
            at += 1;
            keep.get(at - 1).copied().unwrap_or(true)
        });
    }
}

/// Finds files by their ids, and keeps the directories on the way to the last one open.
#[derive(Debug, Default)]
pub(crate) struct Walker {
    /// Outermost first. As deep as a path may be.
    open: Vec<(u32, Directory)>,
}

impl Walker {
    /// Opens a file if it is the one that was offered; what it is now comes with it.
    pub(crate) fn file(
        &mut self,
        places: &Places,
        at: &At,
        offered: &Identity,
        growth: Growth,
    ) -> Result<(File, Identity), Fault> {
        let file = match at {
            At::Named(path) => {
                system::open(path).map_err(|error| Fault::opening(error, Difference::Replaced))?
            }
            At::In(parent, name) => self.beneath(places, *parent, name)?,
        };
        let meta = system::meta(&file.metadata()?);
        if meta.what != What::File {
            return Err(Difference::NoFile(meta.what).into());
        }
        offered.check(&meta.identity, growth)?;
        Ok((file, meta.identity))
    }

    fn beneath(&mut self, places: &Places, parent: u32, name: &OsStr) -> Result<File, Fault> {
        let directory = self.directory(places, parent)?;
        directory
            .file(name)
            .map_err(|error| Fault::opening(error, Difference::Replaced))
    }

    fn directory(&mut self, places: &Places, id: u32) -> Result<&Directory, Fault> {
        let missing = self.missing(places, id);
        for id in missing.into_iter().rev() {
            let directory = self.open_one(places, id)?;
            self.open.push((id, directory));
        }
        let last = self.open.last().map(|(_, directory)| directory);
        last.ok_or(Fault::Changed(Difference::Moved))
    }

    /// Closes what is not on the way; the ids of what has yet to be opened, innermost first.
    fn missing(&mut self, places: &Places, id: u32) -> Vec<u32> {
        let mut missing = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            if let Some(depth) = self.open.iter().position(|(open, _)| *open == id) {
                self.open.truncate(depth + 1);
                return missing;
            }
            missing.push(id);
            next = match places.get(id).map(|place| &place.at) {
                Some(At::In(parent, _)) => Some(*parent),
                _ => None,
            };
        }
        self.open.clear();
        missing
    }

    fn open_one(&self, places: &Places, id: u32) -> Result<Directory, Fault> {
        let moved = |error| Fault::opening(error, Difference::Moved);
        let place = places.get(id).ok_or(Difference::Moved)?;
        let directory = match (&place.at, self.open.last()) {
            (At::Named(path), _) => Directory::open(path),
            (At::In(_, name), Some((_, parent))) => parent.directory(name),
            (At::In(..), None) => return Err(Difference::Moved.into()),
        };
        let directory = directory.map_err(moved)?;
        let now = directory.meta()?.identity;
        match place.kind {
            PlaceKind::Directory(device, inode) if (device, inode) == (now.device, now.inode) => {
                Ok(directory)
            }
            _ => Err(Difference::Moved.into()),
        }
    }
}

impl Place {
    pub(crate) fn named(path: &Path, kind: PlaceKind) -> Self {
        let at = At::Named(path.into());
        Self { at, kind }
    }

    pub(crate) fn beneath(parent: u32, name: OsString, kind: PlaceKind) -> Self {
        let at = At::In(parent, name.into_boxed_os_str());
        Self { at, kind }
    }
}
