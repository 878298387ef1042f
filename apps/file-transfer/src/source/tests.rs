//! What the whole does with real files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use barewire_transfer::manifest::Kind;
use barewire_transfer::tree::{Cv, GROUP_BYTES, Root, group_cv, groups};

use super::*;

#[cfg(unix)]
mod changed;
mod files;
mod holes;
#[cfg(unix)]
mod links;
mod memory;
mod property;
mod stream;
#[cfg(unix)]
mod tree;

const MIB: usize = 1 << 20;
/// Long enough for the busiest machine; no test waits for it unless it fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// Bytes that no two groups have in common.
fn bytes(len: usize) -> Vec<u8> {
    let word = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    (0..len.div_ceil(8)).flat_map(word).take(len).collect()
}

fn cvs(bytes: &[u8]) -> Vec<Cv> {
    let groups = bytes.chunks(MIB).zip(0..);
    groups
        .map(|(bytes, group)| group_cv(group, bytes))
        .collect()
}

fn hash(bytes: &[u8]) -> Root {
    Root::from_bytes(*blake3::hash(bytes).as_bytes())
}

#[track_caller]
fn scan_one(path: &Path) -> Scan {
    scan(&[path.to_owned()], &ScanOptions::default()).unwrap()
}

/// The id of an entry.
#[cfg(unix)]
#[track_caller]
fn id(scan: &Scan, path: &str) -> u32 {
    let mut entries = (0..).zip(scan.manifest.entries());
    let found = entries.find(|(_, entry)| entry.path.as_bytes() == path.as_bytes());
    found.expect(path).0
}

/// A worker and what it says.
struct Watched {
    worker: Worker,
    reports: mpsc::Receiver<Report>,
}

/// All that was said of a file up to its end.
#[derive(Debug, Default)]
struct Told {
    groups: BTreeMap<u64, (Cv, Vec<u8>)>,
    /// In the order in which they were told, holes among them.
    order: Vec<u64>,
    holes: Vec<u64>,
    kept: u64,
    root: Option<Root>,
    error: Option<SourceError>,
}

impl Watched {
    fn new(places: &Arc<Places>) -> Self {
        Self::with(places, Options::default(), |_| {})
    }

    /// `hook` sees each report on the worker's thread, before anything else happens there.
    fn with(
        places: &Arc<Places>,
        options: Options,
        hook: impl Fn(&Report) + Send + 'static,
    ) -> Self {
        let (sender, reports) = mpsc::channel();
        let report = move |report| {
            hook(&report);
            let _ = sender.send(report);
        };
        let worker = Worker::start(Arc::clone(places), options, Box::new(report)).unwrap();
        Self { worker, reports }
    }

    #[track_caller]
    fn next(&self) -> Report {
        self.reports.recv_timeout(DEADLINE).unwrap()
    }

    fn send_whole(&self, id: u32) {
        self.send(id, std::iter::once(0..u64::MAX).collect(), Vec::new());
    }

    fn send(&self, id: u32, missing: Vec<std::ops::Range<u64>>, claimed: Vec<(u64, Cv)>) {
        self.worker.send(Job::Send {
            id,
            missing,
            claimed,
        });
    }

    /// Listens to the end of what is said of this file, and gives all buffers back.
    #[track_caller]
    fn told(&self, of: u32) -> Told {
        let mut told = Told::default();
        loop {
            match self.next() {
                Report::Group {
                    id,
                    group,
                    cv,
                    bytes,
                } => {
                    assert_eq!(id, of);
                    told.order.push(group);
                    let copy = bytes.clone();
                    assert!(told.groups.insert(group, (cv, copy)).is_none(), "twice");
                    self.worker.send(Job::Buffer(bytes));
                }
                Report::Holes { id, first, count } => {
                    assert_eq!(id, of);
                    told.order.extend(first..first + count);
                    told.holes.extend(first..first + count);
                }
                Report::Kept { id, groups } => {
                    assert_eq!(id, of);
                    told.kept += groups;
                }
                Report::End { id, root } | Report::Same { id, root } => {
                    assert_eq!(id, of);
                    told.root = Some(root);
                    return told;
                }
                Report::Failed { id, error } => {
                    assert_eq!(id, of);
                    told.error = Some(error);
                    return told;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Sends all of a file and says how that ended.
    #[track_caller]
    fn whole(&self, id: u32) -> Told {
        self.send_whole(id);
        self.told(id)
    }

    /// What a reset leaves behind.
    #[track_caller]
    fn reset(&self) {
        self.worker.send(Job::Reset);
        while !matches!(self.next(), Report::Reset) {}
    }
}

impl Told {
    /// The bytes that a receiver would have, of which it had `before`.
    fn bytes_upon(&self, mut before: Vec<u8>) -> Vec<u8> {
        let range = |group: u64, len: usize| {
            let start = group as usize * MIB;
            start..start + len
        };
        for (group, (cv, bytes)) in &self.groups {
            assert_eq!(*cv, group_cv(*group, bytes));
            before[range(*group, bytes.len())].copy_from_slice(bytes);
        }
        for group in &self.holes {
            let len = MIB.min(before.len() - *group as usize * MIB);
            before[range(*group, len)].fill(0);
        }
        before
    }

    #[track_caller]
    fn fails(&self, kind: SourceErrorKind, text: &str) {
        let error = self.error.as_ref().expect("no error");
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.text.ends_with(text), "{error}");
    }
}

/// `len` bytes, of which those in `data` are no hole.
fn write_sparse(path: &Path, len: u64, data: &[(u64, &[u8])]) {
    use std::io::{Seek, SeekFrom, Write};

    let mut file = std::fs::File::create(path).unwrap();
    file.set_len(len).unwrap();
    for (at, bytes) in data {
        file.seek(SeekFrom::Start(*at)).unwrap();
        file.write_all(bytes).unwrap();
    }
    file.sync_all().unwrap();
}

fn path(parts: &[&Path]) -> PathBuf {
    parts.iter().collect()
}
