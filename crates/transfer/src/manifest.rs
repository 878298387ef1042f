//! What is offered: entries with their names, kinds and sizes, valid as a whole or not at all.
//!
//! A sender makes a [`Manifest`] of its entries and sends it in parts; a receiver gives the parts to a
//! [`ManifestReader`]. Both judge by the same rules, so that what one encodes the other decodes. An id is the index of an
//! entry.
//!
//! # Rules
//!
//! - Every path keeps to the [rules for names](crate::name).
//! - What a path is in is a [directory](Kind::Directory) of the offer, and was listed before it.
//! - No two paths are the same where neither case nor the form of accents counts ([`fold`](crate::name::fold)).
//! - A [link](Kind::Symlink) is relative, never leads above the destination, and on its way goes through directories of
//!   the offer alone: never through another link, nor through what may be there already. Where it ends may be anything,
//!   or missing.
//! - A [stream](Kind::Stream) is the only entry.
//! - Sizes, modes and times are within bounds: see [`OfferErrorKind`].
//!
//! # Bytes
//!
//! A manifest is its entries in order, without anything between them; a part is one or more whole entries. Numbers are
//! unsigned unless said otherwise, most significant byte first.
//!
//! ```text
//! kind       u8     1 directory, 2 file, 3 link, 4 stream
//! flags      u8     bit 0: has a mode; bit 1: has a time; the others are 0
//! path       u16    its length in bytes, then the bytes
//! mode       u16    0 to 0o777                              only with flag bit 0
//! time       i64    seconds since 1970 began, UTC           only with flag bit 1
//!            u32    nanoseconds, 0 to 999,999,999
//! file:      u64    size in bytes
//!            u64    bytes of it that are not in holes
//! link:      u16    length of its target in bytes, then the bytes
//! ```
//!
//! Every manifest has one encoding. Its digest is the BLAKE3 hash of all of these bytes, however they were cut.

use crate::limits::Limits;
use crate::name::NameRules;

mod entry;
mod error;
mod link;
mod reader;
mod whole;
mod wire;

pub use entry::{Entry, Kind, Timestamp};
pub use error::{OfferError, OfferErrorKind};
pub use link::bad_links;
pub use reader::ManifestReader;

use whole::Sums;

/// All that is offered, valid as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    entries: Vec<Entry>,
    digest: [u8; 32],
    encoded_bytes: u64,
    sums: Sums,
}

impl Manifest {
    /// What a sender offers, judged as the receiver with these rules and limits will.
    ///
    /// # Errors
    ///
    /// The first rule that is broken, and the entry that does.
    pub fn new(
        entries: Vec<Entry>,
        rules: &NameRules,
        limits: &Limits,
    ) -> Result<Self, OfferError> {
        check_each(&entries, rules, limits)?;
        let (digest, encoded_bytes) = digest(&entries);
        whole::check_bytes(encoded_bytes, limits)?;
        let sums = whole::check(&entries)?;
        Ok(Self {
            entries,
            digest,
            encoded_bytes,
            sums,
        })
    }

    /// Whether a receiver with these rules and limits would take it: for a sender that learns them after it has looked
    /// at its files.
    ///
    /// # Errors
    ///
    /// The first rule that is broken, and the entry that does.
    pub fn check(&self, rules: &NameRules, limits: &Limits) -> Result<(), OfferError> {
        whole::check_bytes(self.encoded_bytes, limits)?;
        check_each(&self.entries, rules, limits)
    }

    /// All entries; an id is an index of these.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of an id; `None` for one that was not offered.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(id).ok()?)
    }

    /// How many entries there are; they are no more than [`Limits::entries_max`].
    #[must_use]
    pub fn count(&self) -> u32 {
        self.sums.entries
    }

    /// The BLAKE3 hash of its encoding.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// How many files there are, a stream included, directories and links not.
    #[must_use]
    pub fn files(&self) -> u32 {
        self.sums.files
    }

    /// Whether it offers a stream, which is alone then.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        matches!(self.entries.as_slice(), [only] if only.kind == Kind::Stream)
    }

    /// The sum of the sizes of all files, in bytes; 0 for a stream.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.sums.bytes
    }

    /// How many of these are not in holes.
    #[must_use]
    pub fn data_bytes(&self) -> u64 {
        self.sums.data_bytes
    }

    /// How many bytes all parts have together.
    #[must_use]
    pub fn encoded_bytes(&self) -> u64 {
        self.encoded_bytes
    }

    /// Its encoding in parts of whole entries, each as long as it can be within `part_bytes_max` bytes.
    ///
    /// Longer than that is only a part of a single entry, which has no more than its path, its target and 50 bytes.
    pub fn encode_parts(&self, part_bytes_max: usize) -> impl Iterator<Item = Vec<u8>> {
        let mut entries = self.entries.iter().peekable();
        std::iter::from_fn(move || {
            let mut part = Vec::new();
            while let Some(entry) =
                entries.next_if(|e| part.is_empty() || part.len() + wire::len(e) <= part_bytes_max)
            {
                wire::encode(entry, &mut part);
            }
            (!part.is_empty()).then_some(part)
        })
    }
}

/// What can be said of each entry by itself.
fn check_each(entries: &[Entry], rules: &NameRules, limits: &Limits) -> Result<(), OfferError> {
    whole::check_count(entries.len(), limits)?;
    for (id, entry) in (0..).zip(entries) {
        entry
            .check(rules, limits)
            .map_err(|kind| OfferError::of_entry(kind, id, entry.path.as_bytes()))?;
    }
    Ok(())
}

fn digest(entries: &[Entry]) -> ([u8; 32], u64) {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.clear();
        wire::encode(entry, &mut bytes);
        hasher.update(&bytes);
    }
    (*hasher.finalize().as_bytes(), hasher.count())
}
