//! What there is to send.

use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::{Entry, Kind, Manifest, Timestamp};
use barewire_transfer::name::{Encoding, EntryPath, NameRules, Portable};
use barewire_transfer::tree::{Cv, GROUP_BYTES, Root, Running, group_cv, groups};

use crate::rng::Rng;

pub(crate) const MIB: usize = GROUP_BYTES as usize;

pub(crate) struct Offer {
    pub(crate) manifest: Manifest,
    /// By id; empty for what has no data.
    pub(crate) content: Vec<Vec<u8>>,
}

pub(crate) fn entry(path: &str, kind: Kind) -> Entry {
    let rules = NameRules::new(Encoding::Bytes, Portable::No, &Limits::default());
    Entry {
        path: EntryPath::new(path.as_bytes(), &rules).unwrap(),
        kind,
        mode: Some(0o644),
        modified: Some(Timestamp {
            seconds: -1,
            nanoseconds: 999_999_999,
        }),
    }
}

impl Offer {
    pub(crate) fn new(entries: Vec<(Entry, Vec<u8>)>) -> Self {
        let limits = Limits::default();
        let rules = NameRules::new(Encoding::Bytes, Portable::No, &limits);
        let (entries, content) = entries.into_iter().unzip();
        Self {
            manifest: Manifest::new(entries, &rules, &limits).unwrap(),
            content,
        }
    }

    pub(crate) fn files(contents: Vec<Vec<u8>>) -> Self {
        let files = contents.into_iter().enumerate();
        let files =
            files.map(|(number, content)| (file(&format!("file {number}"), &content), content));
        Self::new(files.collect())
    }

    pub(crate) fn stream(content: Vec<u8>) -> Self {
        Self::new(vec![(entry("-", Kind::Stream), content)])
    }

    /// A few entries of any kind, files of every length that has an edge, some groups of them holes.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let mut entries = Vec::new();
        let mut directory = String::new();
        for number in 0..rng.below(8) {
            let path = format!("{directory}{number}");
            match rng.below(8) {
                0 => {
                    entries.push((entry(&path, Kind::Directory), Vec::new()));
                    directory = format!("{path}/");
                }
                1 => {
                    let target = b"anything".to_vec();
                    entries.push((entry(&path, Kind::Symlink { target }), Vec::new()));
                }
                _ => {
                    let content = content(rng);
                    entries.push((file(&path, &content), content));
                }
            }
        }
        Self::new(entries)
    }

    pub(crate) fn size(&self, id: u32) -> u64 {
        self.content[id as usize].len() as u64
    }

    pub(crate) fn groups(&self, id: u32) -> u64 {
        groups(self.size(id))
    }

    pub(crate) fn group(&self, id: u32, group: u64) -> &[u8] {
        let mut content = self.content[id as usize].chunks(MIB);
        content.nth(group as usize).unwrap()
    }

    pub(crate) fn root(&self, id: u32) -> Root {
        root(&self.content[id as usize])
    }

    pub(crate) fn has_data(&self, id: u32) -> bool {
        let kind = &self.manifest.entries()[id as usize].kind;
        matches!(kind, Kind::File { .. } | Kind::Stream)
    }

    pub(crate) fn is_stream(&self, id: u32) -> bool {
        self.manifest.entries()[id as usize].kind == Kind::Stream
    }

    pub(crate) fn ids(&self) -> std::ops::Range<u32> {
        0..self.manifest.count()
    }
}

fn file(path: &str, content: &[u8]) -> Entry {
    let data = content.chunks(MIB).filter(|group| !is_hole(group));
    let data_bytes = data.map(|group| group.len() as u64).sum();
    let size = content.len() as u64;
    entry(path, Kind::File { size, data_bytes })
}

fn content(rng: &mut Rng) -> Vec<u8> {
    let len = rng.one_of(&[
        0,
        1,
        1000,
        MIB - 1,
        MIB,
        MIB + 1,
        2 * MIB,
        3 * MIB + 5,
        4 * MIB + 1,
    ]);
    let mut content = rng.bytes(len);
    for group in content.chunks_mut(MIB) {
        if rng.chance(200) {
            group.fill(0);
        }
    }
    content
}

pub(crate) fn is_hole(group: &[u8]) -> bool {
    const ZEROS: &[u8; MIB] = &[0; MIB];
    *group == ZEROS[..group.len()]
}

pub(crate) fn root(bytes: &[u8]) -> Root {
    let mut running = Running::new();
    running.update(bytes);
    running.root()
}

/// What both sides say of a group: its chaining value, or the hash of the file if it is all of it.
pub(crate) fn cv(size: u64, group: u64, bytes: &[u8]) -> Cv {
    match groups(size) {
        1 => *root(bytes).as_bytes(),
        _ => group_cv(group, bytes),
    }
}
