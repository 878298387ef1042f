//! What was learned of files, trusted for a while (`--cache`).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::document::Document;

/// Most files remembered. Those above the size kept in memory hold a descriptor each.
const ENTRIES_MAX: usize = 1024;

/// Most bytes of content kept.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Files by the path of the request, as it came.
pub struct Cache {
    trust: Duration,
    entries: HashMap<Box<[u8]>, Entry>,
    bytes: u64,
}

struct Entry {
    document: Document,
    until: Instant,
}

impl Cache {
    /// An empty cache whose entries are trusted for `trust`.
    #[must_use]
    pub fn new(trust: Duration) -> Self {
        Self {
            trust,
            entries: HashMap::new(),
            bytes: 0,
        }
    }

    /// What is known of `path` and still trusted.
    #[must_use]
    pub fn get(&self, path: &[u8], now: Instant) -> Option<&Document> {
        self.entries
            .get(path)
            .filter(|entry| now < entry.until)
            .map(|entry| &entry.document)
    }

    /// Remembers a file. Where there is no room, those no longer trusted make some; where
    /// that is not enough, all do.
    pub fn insert(&mut self, path: &[u8], document: Document, now: Instant) {
        let Some(until) = now.checked_add(self.trust) else {
            return;
        };
        self.remove(path);
        let bytes = document.bytes_held();
        if self.is_full(bytes) {
            self.entries.retain(|_, entry| now < entry.until);
            self.recount();
        }
        if self.is_full(bytes) {
            self.entries.clear();
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.entries.insert(path.into(), Entry { document, until });
    }

    fn is_full(&self, more: u64) -> bool {
        self.entries.len() >= ENTRIES_MAX || self.bytes + more > BYTES_MAX
    }

    fn remove(&mut self, path: &[u8]) {
        if let Some(entry) = self.entries.remove(path) {
            self.bytes -= entry.document.bytes_held();
        }
    }

    fn recount(&mut self) {
        self.bytes = self
            .entries
            .values()
            .map(|entry| entry.document.bytes_held())
            .sum();
    }
}
