//! What is being received, entry by entry.

use std::sync::Arc;

use barewire_transfer::manifest::{Entry, Kind, Manifest};

/// What has become of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is not over.
    Open,
    Declined,
    Stored,
    Failed,
}

/// What is being received.
#[derive(Debug)]
pub(super) struct Intake {
    pub(super) manifest: Manifest,
    /// The same entries, where they go.
    pub(super) targets: Arc<[Entry]>,
    fates: Vec<Fate>,
    /// Files that are begun at the disk, and whether with what an earlier try has left.
    begun: Vec<bool>,
    resumes: Vec<bool>,
    /// Entries with data that were accepted and are neither verified nor failed.
    pub(super) unfinished: usize,
    pub(super) flushed: bool,
}

impl Intake {
    pub(super) fn new(manifest: Manifest, targets: Arc<[Entry]>) -> Self {
        let entries = manifest.entries().len();
        Self {
            manifest,
            targets,
            fates: vec![Fate::Open; entries],
            begun: vec![false; entries],
            resumes: vec![false; entries],
            unfinished: 0,
            flushed: false,
        }
    }

    /// A connection stands anew: nothing is begun.
    pub(super) fn restart(&mut self) {
        self.begun.fill(false);
        self.resumes.fill(false);
        self.unfinished = 0;
        self.flushed = false;
    }

    /// The size of a file; `None` for what is none.
    pub(super) fn size(&self, id: u32) -> Option<u64> {
        match self.manifest.get(id)?.kind {
            Kind::File { size, .. } => Some(size),
            _ => None,
        }
    }

    /// Where it goes.
    pub(super) fn path(&self, id: u32) -> &[u8] {
        let target = self.targets.get(id as usize);
        target.map_or(b"", |entry| entry.path.as_bytes())
    }

    pub(super) fn has_data(&self, id: u32) -> bool {
        let entry = self.manifest.get(id);
        entry.is_some_and(|entry| matches!(entry.kind, Kind::File { .. } | Kind::Stream))
    }

    pub(super) fn fate(&self, id: u32) -> Option<Fate> {
        self.fates.get(id as usize).copied()
    }

    pub(super) fn set(&mut self, id: u32, fate: Fate) {
        if let Some(known) = self.fates.get_mut(id as usize) {
            *known = fate;
        }
    }

    /// What an earlier try has left of it is to be used.
    pub(super) fn resume(&mut self, id: u32) {
        if let Some(resumes) = self.resumes.get_mut(id as usize) {
            *resumes = true;
        }
    }

    /// The first time it says whether to resume; later nothing.
    pub(super) fn begin(&mut self, id: u32) -> Option<bool> {
        let begun = self.begun.get_mut(id as usize)?;
        let first = !std::mem::replace(begun, true);
        first.then(|| self.resumes.get(id as usize).copied().unwrap_or(false))
    }

    /// How many entries there are, and how many are stored.
    pub(super) fn counts(&self) -> (usize, usize) {
        let stored = self.fates.iter().filter(|&&fate| fate == Fate::Stored);
        (self.fates.len(), stored.count())
    }

    /// Whether something is begun and not over.
    pub(super) fn is_half_done(&self) -> bool {
        self.fates.contains(&Fate::Open) && self.begun.contains(&true)
    }
}
