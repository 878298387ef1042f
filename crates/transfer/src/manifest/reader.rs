use super::{Entry, Manifest, OfferError, OfferErrorKind, whole, wire};
use crate::limits::Limits;
use crate::name::NameRules;

/// Reads a manifest that comes in parts.
///
/// Every entry is judged by itself when it comes, and all of them together at the end. Memory grows with the bytes that
/// have come. Errors are sticky.
#[derive(Debug)]
pub struct ManifestReader {
    rules: NameRules,
    limits: Limits,
    entries: Vec<Entry>,
    hasher: blake3::Hasher,
    failed: Option<OfferError>,
}

impl ManifestReader {
    /// Nothing yet.
    #[must_use]
    pub fn new(rules: NameRules, limits: Limits) -> Self {
        Self {
            rules,
            limits,
            entries: Vec::new(),
            hasher: blake3::Hasher::new(),
            failed: None,
        }
    }

    /// Takes the next part: one or more whole entries.
    ///
    /// # Errors
    ///
    /// The first rule that is broken. Limits are checked before anything is kept.
    pub fn part(&mut self, part: &[u8]) -> Result<(), OfferError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.take(part).inspect_err(|error| {
            self.entries = Vec::new();
            self.failed = Some(error.clone());
        })
    }

    /// How many entries have come.
    #[must_use]
    pub fn count(&self) -> u32 {
        // Never more than `Limits::entries_max`.
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    /// The whole, if it is what the sender says that it sent.
    ///
    /// # Errors
    ///
    /// The first rule that the whole breaks, or what [`part`](Self::part) said before.
    pub fn finish(self, count: u32, digest: [u8; 32]) -> Result<Manifest, OfferError> {
        let came = self.count();
        if let Some(error) = self.failed {
            return Err(error);
        }
        if came != count {
            let announced = count;
            return Err(OfferError::of_offer(OfferErrorKind::Count {
                announced,
                came,
            }));
        }
        if *self.hasher.finalize().as_bytes() != digest {
            return Err(OfferError::of_offer(OfferErrorKind::Digest));
        }
        let sums = whole::check(&self.entries)?;
        Ok(Manifest {
            entries: self.entries,
            digest,
            encoded_bytes: self.hasher.count(),
            sums,
        })
    }

    fn take(&mut self, mut part: &[u8]) -> Result<(), OfferError> {
        let bytes = self.hasher.count().saturating_add(part.len() as u64);
        whole::check_bytes(bytes, &self.limits)?;
        if part.is_empty() {
            return Err(OfferError::of_offer(OfferErrorKind::EmptyPart));
        }
        self.hasher.update(part);
        while !part.is_empty() {
            self.entry(&mut part)?;
        }
        Ok(())
    }

    fn entry(&mut self, part: &mut &[u8]) -> Result<(), OfferError> {
        whole::check_count(self.entries.len() + 1, &self.limits)?;
        let id = self.count();
        let entry =
            wire::decode(part, &self.rules).map_err(|kind| OfferError::of_bytes(kind, id))?;
        entry
            .check_but_path(&self.rules, &self.limits)
            .map_err(|kind| OfferError::of_entry(kind, id, entry.path.as_bytes()))?;
        self.entries.push(entry);
        Ok(())
    }
}
