//! All of it together, through the thread.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::{Entry, Kind, Timestamp};
use barewire_transfer::name::{Encoding, EntryPath, NameRules, Portable};
use barewire_transfer::tree::{GROUP_BYTES, Root, group_cv};

use super::*;

mod arriving;
#[cfg(unix)]
mod confined;
#[cfg(unix)]
mod dying;
#[cfg(unix)]
mod existing;
#[cfg(unix)]
mod failing;
mod resuming;

/// For a machine that is very slow. Nothing waits for it that goes well.
const DEADLINE: Duration = Duration::from_secs(60);

const MIB: usize = GROUP_BYTES as usize;

/// A destination, and a worker in it.
struct Rig {
    entries: Arc<[Entry]>,
    worker: Worker,
    reports: Receiver<Report>,
}

impl Rig {
    fn new(root: &Path, entries: &[Entry]) -> Self {
        Self::with(root, entries, Options::default())
    }

    fn with(root: &Path, entries: &[Entry], options: Options) -> Self {
        Self::of(Store::open(root).expect("a directory"), entries, options)
    }

    fn of(store: Store, entries: &[Entry], options: Options) -> Self {
        let entries: Arc<[Entry]> = entries.into();
        let (sender, reports) = channel();
        let report = move |report| {
            let _ = sender.send(report);
        };
        let worker =
            Worker::start(&store, Arc::clone(&entries), options, report).expect("a thread");
        Self {
            entries,
            worker,
            reports,
        }
    }

    fn send(&self, job: Job) {
        self.worker.jobs.send(job).expect("the thread runs");
    }

    fn report(&self) -> Report {
        self.reports
            .recv_timeout(DEADLINE)
            .expect("a report in time")
    }

    /// What comes before the next end of a flush.
    fn until_flushed(&self) -> Vec<Report> {
        let report = || Some(self.report());
        let is_other = |report: &Report| !matches!(report, Report::Flushed);
        std::iter::from_fn(report).take_while(is_other).collect()
    }

    /// Sends all of a file but its end.
    fn send_bytes(&self, id: u32, bytes: &[u8]) {
        for (group, bytes) in (0..).zip(bytes.chunks(MIB)) {
            let bytes = bytes.to_vec();
            self.send(Job::Group { id, group, bytes });
        }
    }

    fn send_file(&self, id: u32, bytes: &[u8]) {
        self.send(Job::Begin { id, resume: false });
        self.send_bytes(id, bytes);
        self.send(Job::Finish {
            id,
            root: root(bytes),
        });
    }

    /// Sends entries as they should be: directories, links, and files with bytes of their own.
    fn send_all(&self) {
        for (id, entry) in (0..).zip(self.entries.iter()) {
            match entry.kind {
                Kind::Directory => self.send(Job::Directory { id }),
                Kind::Symlink { .. } => self.send(Job::Symlink { id }),
                Kind::File { size, .. } => self.send_file(id, &content(id, size)),
                Kind::Stream => {}
            }
        }
    }

    /// Ends it, and gives what was reported.
    fn end(self) -> Vec<Report> {
        self.worker.join();
        self.reports.into_iter().collect()
    }
}

fn root(bytes: &[u8]) -> Root {
    Root::from_bytes(*blake3::hash(bytes).as_bytes())
}

fn content(id: u32, size: u64) -> Vec<u8> {
    let mut bytes = vec![0; size as usize];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&id.to_le_bytes());
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}

fn path(path: &str) -> EntryPath {
    let rules = NameRules::new(Encoding::Bytes, Portable::No, &Limits::default());
    EntryPath::new(path.as_bytes(), &rules).expect("a path")
}

const TIME: Timestamp = Timestamp {
    seconds: 1_700_000_000,
    nanoseconds: 123_456_789,
};

fn entry(name: &str, kind: Kind) -> Entry {
    let mode = Some(if kind == Kind::Directory {
        0o755
    } else {
        0o644
    });
    Entry {
        path: path(name),
        kind,
        mode,
        modified: Some(TIME),
    }
}

fn file(name: &str, size: usize) -> Entry {
    let size = size as u64;
    entry(
        name,
        Kind::File {
            size,
            data_bytes: size,
        },
    )
}

fn directory(name: &str) -> Entry {
    entry(name, Kind::Directory)
}

fn link(name: &str, target: &str) -> Entry {
    let target = target.as_bytes().to_vec();
    entry(name, Kind::Symlink { target })
}

fn stored(reports: &[Report]) -> Vec<(u32, Outcome)> {
    let mut all = Vec::new();
    for report in reports {
        if let Report::Stored { stored } = report {
            all.extend_from_slice(stored);
        }
    }
    all.sort_by_key(|(id, _)| *id);
    all
}

fn failed(reports: &[Report]) -> Vec<(u32, ErrorKind, String)> {
    let failed = |report: &Report| match report {
        Report::Failed { id, error } => Some((*id, error.kind(), error.to_string())),
        _ => None,
    };
    reports.iter().filter_map(failed).collect()
}

/// Names of everything below, sorted.
fn names(root: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut dirs = vec![root.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).expect("a directory") {
            let entry = entry.expect("an entry");
            let name = entry.path();
            names.push(
                name.strip_prefix(root)
                    .expect("below")
                    .to_str()
                    .expect("text")
                    .to_owned(),
            );
            if entry.file_type().expect("a type").is_dir() {
                dirs.push(name);
            }
        }
    }
    names.sort();
    names
}

/// What has come of [`Rig::send_all`] is whole, and nothing else is there.
#[track_caller]
fn assert_arrived(root: &Path, entries: &[Entry]) {
    let mut expected = Vec::new();
    for (id, entry) in (0..).zip(entries) {
        let name = entry.path.to_string();
        if let Kind::File { size, .. } = entry.kind {
            let is_equal = fs::read(root.join(&name)).expect("there") == content(id, size);
            assert!(is_equal, "{name}");
        }
        expected.push(name);
    }
    expected.sort();
    assert_eq!(names(root), expected);
}

fn tempdir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}
