//! What is known of a file's hashes.

use barewire_transfer::tree::{
    Cv, Root, group_cv, group_len, groups, hole_cv, root_of, root_of_small,
};

/// The chaining values of a file's groups, as far as they are known, or the root of a file that has none.
#[derive(Debug)]
pub(crate) struct Sums {
    size: u64,
    cvs: Vec<Cv>,
    /// A bit for each of them.
    known: Vec<u64>,
    /// Of a file of one group or none: its root is not made of chaining values.
    small: Option<Root>,
}

impl Sums {
    /// Of a file with so many bytes, none known. Takes 32 bytes a MiB, of which the system gives what is used.
    pub(crate) fn new(size: u64) -> Self {
        let groups = match groups(size) {
            0 | 1 => 0,
            groups => usize::try_from(groups).unwrap_or(usize::MAX),
        };
        Self {
            size,
            cvs: vec![[0; 32]; groups],
            known: vec![0; groups.div_ceil(64)],
            small: (size == 0).then(|| root_of_small(&[])),
        }
    }

    /// Whether there is anything worth remembering.
    pub(crate) fn has_cvs(&self) -> bool {
        !self.cvs.is_empty()
    }

    /// The value of a group, if it is known.
    pub(crate) fn get(&self, group: u64) -> Option<Cv> {
        let at = usize::try_from(group).ok()?;
        let word = self.known.get(at / 64)?;
        (word >> (at % 64) & 1 == 1).then(|| self.cvs[at])
    }

    /// Hashes the bytes of a group.
    pub(crate) fn data(&mut self, group: u64, bytes: &[u8]) -> Cv {
        if !self.has_cvs() {
            self.small = Some(root_of_small(bytes));
        }
        self.set(group, group_cv(group, bytes))
    }

    /// Hashes a group that is a hole.
    pub(crate) fn hole(&mut self, group: u64) -> Cv {
        let len = group_len(self.size, group);
        if !self.has_cvs() {
            let zeros = vec![0; usize::try_from(len).unwrap_or(0)];
            self.small = Some(root_of_small(&zeros));
        }
        self.set(group, hole_cv(group, len))
    }

    fn set(&mut self, group: u64, cv: Cv) -> Cv {
        let at = usize::try_from(group).unwrap_or(usize::MAX);
        if let (Some(place), Some(word)) = (self.cvs.get_mut(at), self.known.get_mut(at / 64)) {
            *place = cv;
            *word |= 1 << (at % 64);
        }
        cv
    }

    /// The first group from `from` on that is not known; `None` if all are.
    pub(crate) fn unknown(&self, from: u64) -> Option<u64> {
        if !self.has_cvs() {
            return self.small.is_none().then_some(0);
        }
        let from = usize::try_from(from).ok()?;
        let mut word = from / 64;
        // What is before `from` counts as known.
        let mut known = self.known.get(word)? | ((1 << (from % 64)) - 1);
        while known == u64::MAX {
            word += 1;
            known = *self.known.get(word)?;
        }
        let at = word * 64 + known.trailing_ones() as usize;
        (at < self.cvs.len()).then_some(at as u64)
    }

    /// Of the whole file; `None` as long as a group is not known.
    pub(crate) fn root(&self) -> Option<Root> {
        if !self.has_cvs() {
            return self.small;
        }
        match self.unknown(0) {
            Some(_) => None,
            None => root_of(&self.cvs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn unknown_ones_are_found_in_order() {
        for groups in [2, 63, 64, 65, 128, 130] {
            let mut sums = Sums::new(groups * MIB);
            let mut seen = Vec::new();
            let mut from = 0;
            while let Some(group) = sums.unknown(from) {
                seen.push(group);
                from = group + 1;
            }
            assert_eq!(seen, (0..groups).collect::<Vec<_>>());
            for group in (0..groups).rev() {
                assert_eq!(sums.root(), None);
                sums.set(group, [1; 32]);
                assert_eq!(sums.unknown(0), (group > 0).then_some(0));
                assert_eq!(sums.unknown(group), None);
            }
            assert!(sums.root().is_some());
        }
    }

    #[test]
    fn small_files_have_a_root_of_their_own() {
        assert_eq!(Sums::new(0).root(), Some(root_of_small(b"")));
        let mut sums = Sums::new(3);
        assert_eq!((sums.root(), sums.unknown(0)), (None, Some(0)));
        assert_eq!(sums.data(0, b"abc"), group_cv(0, b"abc"));
        assert_eq!(sums.root(), Some(root_of_small(b"abc")));
        assert_eq!((sums.unknown(0), sums.get(0)), (None, None));
        let mut hole = Sums::new(3);
        hole.hole(0);
        assert_eq!(hole.root(), Some(root_of_small(&[0; 3])));
    }
}
