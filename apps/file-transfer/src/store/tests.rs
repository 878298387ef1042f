//! All of it together, through the thread.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::{Entry, Kind, Timestamp};
use barewire_transfer::name::{Encoding, EntryPath, NameRules, Portable};
use barewire_transfer::tree::{Cv, GROUP_BYTES, Root, group_cv};

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
#[cfg(target_os = "linux")]
mod flipping;
#[cfg(target_os = "linux")]
mod full;
mod measuring;
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
    #[cfg(unix)]
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
            let below = name.strip_prefix(root).expect("below");
            let below = below.to_str().expect("text");
            names.push(below.replace(std::path::MAIN_SEPARATOR, "/"));
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

/// Without waiting for the disk.
#[cfg(unix)]
const FAST: Options = Options {
    overwrite: Overwrite::Refuse,
    sync: Sync::None,
};

fn tempdir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

/// What a program does with a destination: looks, checks what is claimed, and sends what is missing.
///
/// Gives the reports and how many groups had to be sent of files that had been begun.
#[cfg(unix)]
fn receive(store: &Store, entries: &[Entry], options: Options) -> (Vec<Report>, usize) {
    let found = store.survey(entries);
    let rig = Rig::of(store.clone(), entries, options);
    let mut reports = Vec::new();
    let mut sent = 0;
    for ((id, entry), found) in (0..).zip(entries).zip(found) {
        match (&entry.kind, found.there) {
            (Kind::Directory, _) => rig.send(Job::Directory { id }),
            (Kind::Symlink { .. }, _) => rig.send(Job::Symlink { id }),
            (_, There::Same) => {}
            // What could not be given its time is there all the same.
            (Kind::File { size, .. }, There::File { .. })
                if rig.compare(id, &mut reports) == Some(root(&content(id, *size))) => {}
            (Kind::File { size, .. }, _) => {
                let groups = found.groups;
                sent += rig.send_rest(id, &content(id, *size), groups, &mut reports);
            }
            (Kind::Stream, _) => panic!("none is used here"),
        }
    }
    rig.send(Job::Flush);
    reports.extend(rig.end());
    assert!(
        matches!(reports.last(), Some(Report::Stopped)),
        "the thread panicked"
    );
    (reports, sent)
}

#[cfg(unix)]
impl Rig {
    fn compare(&self, id: u32, reports: &mut Vec<Report>) -> Option<Root> {
        self.send(Job::Compare { id });
        loop {
            match self.report() {
                Report::Compared { root, .. } => return root,
                other => reports.push(other),
            }
        }
    }

    fn send_rest(
        &self,
        id: u32,
        bytes: &[u8],
        claims: Vec<(u64, Cv)>,
        reports: &mut Vec<Report>,
    ) -> usize {
        let group_of = |group: u64| bytes.chunks(MIB).nth(group as usize).expect("a group");
        let groups: Vec<u64> = claims.into_iter().map(|(group, _)| group).collect();
        let mut missing: Vec<u64> = (0..bytes.len().div_ceil(MIB) as u64).collect();
        self.send(Job::Begin { id, resume: true });
        self.send(Job::Check {
            id,
            groups: groups.clone(),
        });
        let mut open = groups.len();
        while open > 0 {
            match self.report() {
                Report::Checked { group, cv, .. } => {
                    open -= 1;
                    missing.retain(|g| *g != group || cv != Some(group_cv(group, group_of(group))));
                }
                Report::Failed { id: failed, error } => {
                    open *= usize::from(failed != id);
                    reports.push(Report::Failed { id: failed, error });
                }
                other => reports.push(other),
            }
        }
        for &group in &missing {
            let bytes = group_of(group).to_vec();
            self.send(Job::Group { id, group, bytes });
        }
        self.send(Job::Finish {
            id,
            root: root(bytes),
        });
        missing.len()
    }
}

/// Whatever has a final name is whole, and the rest is unfinished files and their journals.
#[cfg(unix)]
#[track_caller]
fn assert_nothing_half(root: &Path, entries: &[Entry]) {
    for name in names(root) {
        let at = entries
            .iter()
            .position(|entry| entry.path.as_bytes() == name.as_bytes());
        match at.map(|at| (at as u32, &entries[at].kind)) {
            Some((id, Kind::File { size, .. })) => {
                assert!(
                    fs::read(root.join(&name)).expect("there") == content(id, *size),
                    "{name}"
                );
            }
            Some(_) => {}
            None => assert!(
                name.ends_with(".bw-part") || name.ends_with(".bw-journal"),
                "{name}"
            ),
        }
    }
}

/// One of everything.
#[cfg(unix)]
fn mixture() -> Vec<Entry> {
    let mut entries = vec![directory("d"), file("d/large", 3 * MIB + 5)];
    entries.extend((0..10).map(|at| file(&format!("d/{at}"), at)));
    entries.extend([directory("e"), file("e/small", 1000), link("e/l", "small")]);
    entries
}

/// The steps of a receive into an empty destination.
#[cfg(unix)]
fn steps(entries: &[Entry]) -> Vec<&'static str> {
    let root = tempdir();
    let mut store = Store::open(root.path()).expect("opened");
    let plan = fault::Plan::default();
    store.plan = Some(plan.clone());
    let (reports, _) = receive(&store, entries, Options::default());
    assert_eq!(failed(&reports), []);
    assert_arrived(root.path(), entries);
    plan.seen.lock().expect("no panic").clone()
}
