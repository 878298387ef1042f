//! BLAKE3 in groups of one mebibyte: a chaining value for each, and the root of them all.
//!
//! A group is a whole subtree of [BLAKE3](https://github.com/BLAKE3-team/BLAKE3-specs/blob/master/blake3.pdf) (section
//! 2.1), 1,024 chunks of 1,024 bytes, so that the root of a file's groups is the hash that `b3sum` prints for it. What
//! is wrong is known to the mebibyte, groups may be hashed in any order, and a file need not be read again to resume it.

use std::fmt::{self, Display, Formatter};

use blake3::hazmat::{HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};
use blake3::{Hash, Hasher};

/// Bytes in a group; the last one of a file may have fewer.
pub const GROUP_BYTES: u64 = 1 << 20;

/// The chaining value of a group.
pub type Cv = [u8; 32];

/// The hash of a whole file, as `b3sum` prints it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Root([u8; 32]);

/// How many groups a file of `size` bytes has; none where it is empty.
#[must_use]
pub fn groups(size: u64) -> u64 {
    size.div_ceil(GROUP_BYTES)
}

/// How many bytes the group has in a file of `size` bytes; 0 past its end.
#[must_use]
pub fn group_len(size: u64, group: u64) -> u64 {
    let start = group.saturating_mul(GROUP_BYTES);
    size.saturating_sub(start).min(GROUP_BYTES)
}

/// The chaining value of a group with these bytes.
///
/// The place matters: equal groups at two places have different values.
///
/// # Panics
///
/// If there are more than [`GROUP_BYTES`], or none.
#[must_use]
pub fn group_cv(group: u64, bytes: &[u8]) -> Cv {
    assert!(
        !bytes.is_empty() && bytes.len() as u64 <= GROUP_BYTES,
        "a group has 1 to {GROUP_BYTES} bytes"
    );
    hasher(group).update(bytes).finalize_non_root()
}

/// The chaining value of a group of so many zeros: a hole.
///
/// # Panics
///
/// As [`group_cv`].
#[must_use]
pub fn hole_cv(group: u64, len: u64) -> Cv {
    const ZEROS: &[u8; GROUP_BYTES as usize] = &[0; GROUP_BYTES as usize];
    let len = usize::try_from(len.min(GROUP_BYTES)).unwrap_or(ZEROS.len());
    group_cv(group, &ZEROS[..len])
}

fn hasher(group: u64) -> Hasher {
    let mut hasher = Hasher::new();
    if group > 0 {
        hasher.set_input_offset(group.saturating_mul(GROUP_BYTES));
    }
    hasher
}

/// The hash of a file of one group or none, by its bytes.
///
/// A file this small has no chaining values: its only chunk tree is the root itself.
#[must_use]
pub fn root_of_small(bytes: &[u8]) -> Root {
    Root(*blake3::hash(bytes).as_bytes())
}

/// The hash of a file of two groups or more, by their values in order; `None` for fewer.
#[must_use]
pub fn root_of(cvs: &[Cv]) -> Option<Root> {
    let (left, right) = split(cvs)?;
    let root: Hash = merge_subtrees_root(&subtree(left), &subtree(right), Mode::Hash);
    Some(Root(*root.as_bytes()))
}

/// The left subtree is the largest that is complete and leaves something for the right one.
fn split(cvs: &[Cv]) -> Option<(&[Cv], &[Cv])> {
    let left = cvs.len().checked_sub(1)?.checked_ilog2()?;
    Some(cvs.split_at(1 << left))
}

fn subtree(cvs: &[Cv]) -> Cv {
    match split(cvs) {
        None => cvs[0],
        Some((left, right)) => merge_subtrees_non_root(&subtree(left), &subtree(right), Mode::Hash),
    }
}

/// Hashes what comes in order and has no known end, such as standard input.
///
/// Gives the same root as groups do, and needs no memory for them.
#[derive(Clone, Debug, Default)]
pub struct Running(Hasher);

impl Running {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// How many bytes there were.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.count()
    }

    /// Whether there were none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The hash of all bytes so far.
    #[must_use]
    pub fn root(&self) -> Root {
        Root(*self.0.finalize().as_bytes())
    }
}

impl Root {
    /// As it is on the wire.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As it is on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 64 lower hexadecimal digits, as `b3sum` prints them.
impl Display for Root {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(Hash::from_bytes(self.0).to_hex().as_str())
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i % 251) as u8).collect()
    }

    fn root_by_groups(bytes: &[u8]) -> Root {
        let groups = bytes.chunks(GROUP_BYTES as usize).zip(0..);
        let cvs: Vec<Cv> = groups
            .map(|(bytes, group)| group_cv(group, bytes))
            .collect();
        root_of(&cvs).unwrap_or_else(|| root_of_small(bytes))
    }

    #[track_caller]
    fn check(len: usize) {
        let bytes = bytes(len);
        let expected = blake3::hash(&bytes);
        assert_eq!(
            root_by_groups(&bytes).as_bytes(),
            expected.as_bytes(),
            "{len}"
        );
        let mut running = Running::new();
        bytes.chunks(70_001).for_each(|piece| running.update(piece));
        assert_eq!(running.root().as_bytes(), expected.as_bytes(), "{len}");
        assert_eq!(running.len(), len as u64);
    }

    #[test]
    fn the_root_is_that_of_the_whole_file() {
        const MIB: usize = 1 << 20;
        for len in [0, 1, 1023, 1024, 1025, MIB - 1, MIB, MIB + 1] {
            check(len);
        }
        // Trees of every shape: complete, one more, one less, a lone byte at the right.
        for groups in 2..10 {
            check(groups * MIB);
            check(groups * MIB + 1);
            check(groups * MIB - 1025);
        }
    }

    #[test]
    fn equal_groups_at_two_places_differ() {
        assert_ne!(group_cv(0, b"a"), group_cv(1, b"a"));
        assert_eq!(hole_cv(3, 5), group_cv(3, &[0; 5]));
        assert_eq!(
            hole_cv(3, GROUP_BYTES),
            group_cv(3, &[0; GROUP_BYTES as usize])
        );
    }

    #[test]
    fn groups_of_a_size() {
        assert_eq!((groups(0), groups(1), groups(GROUP_BYTES)), (0, 1, 1));
        assert_eq!(groups(u64::MAX), 1 << 44);
        assert_eq!(group_len(GROUP_BYTES + 5, 0), GROUP_BYTES);
        assert_eq!(group_len(GROUP_BYTES + 5, 1), 5);
        assert_eq!(group_len(GROUP_BYTES + 5, 2), 0);
        assert_eq!(group_len(u64::MAX, u64::MAX), 0);
    }

    #[test]
    fn shown_as_b3sum_does() {
        assert_eq!(
            root_of_small(b"").to_string(),
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        );
    }
}
