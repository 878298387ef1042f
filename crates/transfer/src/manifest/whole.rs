//! What can be said of all entries together only.

use std::collections::HashMap;

use super::{Entry, Kind, OfferError, OfferErrorKind, link};
use crate::limits::Limits;
use crate::name::{Excerpt, fold};

/// What the entries add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) entries: u32,
    pub(super) files: u32,
    pub(super) bytes: u64,
    pub(super) data_bytes: u64,
}

/// Who is in whom.
pub(super) struct Tree<'a> {
    /// The directories of the offer by their paths.
    ///
    /// Hashes are keyed at random, so that no peer can choose paths that fall together.
    directories: HashMap<&'a [u8], u32>,
    /// By id, the directory that an entry is in.
    parents: Vec<Option<u32>>,
}

pub(super) fn check_count(entries: usize, limits: &Limits) -> Result<(), OfferError> {
    let max = limits.entries_max;
    match u32::try_from(entries) {
        Ok(entries) if entries <= max => Ok(()),
        _ => Err(OfferError::of_offer(OfferErrorKind::TooManyEntries { max })),
    }
}

pub(super) fn check_bytes(bytes: u64, limits: &Limits) -> Result<(), OfferError> {
    let max = limits.manifest_bytes_max;
    match bytes <= u64::from(max) {
        true => Ok(()),
        false => Err(OfferError::of_offer(OfferErrorKind::TooLong { max })),
    }
}

/// Judges the whole, whose entries were judged each by itself or will be.
pub(super) fn check(entries: &[Entry]) -> Result<Sums, OfferError> {
    let sums = sums(entries)?;
    let tree = Tree::new(entries)?;
    collisions(entries, &tree)?;
    match link::bad(entries, &tree).next() {
        Some(error) => Err(error),
        None => Ok(sums),
    }
}

fn sums(entries: &[Entry]) -> Result<Sums, OfferError> {
    let mut sums = Sums::default();
    for (id, entry) in (0..).zip(entries) {
        sums.add(entry, entries.len() == 1)
            .map_err(|kind| OfferError::of_entry(kind, id, entry.path.as_bytes()))?;
    }
    Ok(sums)
}

impl Sums {
    fn add(&mut self, entry: &Entry, alone: bool) -> Result<(), OfferErrorKind> {
        self.entries = self.entries.saturating_add(1);
        match entry.kind {
            Kind::Stream if !alone => return Err(OfferErrorKind::StreamNotAlone),
            Kind::Stream => self.files += 1,
            Kind::File { size, data_bytes } => {
                self.files += 1;
                let bytes = self.bytes.checked_add(size);
                self.bytes = bytes.ok_or(OfferErrorKind::TooManyBytes)?;
                // Less than the sizes, unless an entry is refused for it.
                self.data_bytes = self.data_bytes.saturating_add(data_bytes);
            }
            Kind::Directory | Kind::Symlink { .. } => {}
        }
        Ok(())
    }
}

impl<'a> Tree<'a> {
    pub(super) fn new(entries: &'a [Entry]) -> Result<Self, OfferError> {
        let mut directories = HashMap::new();
        let mut parents = Vec::with_capacity(entries.len());
        // Mostly an entry is in the same directory as the one before it.
        let mut last: (Option<&[u8]>, Option<u32>) = (None, None);
        for (id, entry) in (0..).zip(entries) {
            let path = entry.path.parent();
            if path != last.0 {
                let parent = path.and_then(|path| directories.get(path).copied());
                last = (path, parent);
            }
            if let (Some(path), None) = last {
                let kind = why_no_parent(entries, path);
                return Err(OfferError::of_entry(kind, id, entry.path.as_bytes()));
            }
            parents.push(last.1);
            if entry.kind == Kind::Directory {
                directories.entry(entry.path.as_bytes()).or_insert(id);
            }
        }
        Ok(Self {
            directories,
            parents,
        })
    }

    /// Whether the offer has a directory with this path.
    pub(super) fn has_directory(&self, path: &[u8]) -> bool {
        self.directories.contains_key(path)
    }
}

fn why_no_parent(entries: &[Entry], path: &[u8]) -> OfferErrorKind {
    let mut entries = (0..).zip(entries);
    match entries.find(|(_, entry)| entry.path.as_bytes() == path) {
        Some((parent, entry)) if entry.kind == Kind::Directory => {
            OfferErrorKind::ParentBehind { parent }
        }
        Some((parent, _)) => OfferErrorKind::ParentNotDirectory { parent },
        None => OfferErrorKind::ParentMissing,
    }
}

/// Sorts what the paths fold to; equal ones are neighbours then, in the order of their ids.
///
/// A hash stands for each: of that of the directory, and of what the name folds to. So the longest paths cost no more
/// than the shortest.
fn collisions(entries: &[Entry], tree: &Tree<'_>) -> Result<(), OfferError> {
    let mut keys: Vec<([u8; 32], u32)> = Vec::with_capacity(entries.len());
    for ((id, entry), parent) in (0..).zip(entries).zip(&tree.parents) {
        let above = parent.map_or([0; 32], |parent| keys[parent as usize].0);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&above).update(&fold(entry.path.name()));
        keys.push((*hasher.finalize().as_bytes(), id));
    }
    keys.sort_unstable();
    let pairs = keys.array_windows().filter(|[(a, _), (b, _)]| a == b);
    // The one that comes first in the offer, whatever its hash is.
    match pairs.map(|[(_, first), (_, id)]| (*id, *first)).min() {
        Some((id, first)) => Err(collision(entries, id, first)),
        None => Ok(()),
    }
}

fn collision(entries: &[Entry], id: u32, first: u32) -> OfferError {
    let path = |id: u32| entries[id as usize].path.as_bytes();
    let kind = if path(id) == path(first) {
        OfferErrorKind::Duplicate { first }
    } else {
        let first_path = Excerpt::new(path(first));
        OfferErrorKind::Collision { first, first_path }
    };
    OfferError::of_entry(kind, id, path(id))
}
