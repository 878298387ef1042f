//! Where it all goes.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use barewire_command::escape;
use barewire_command::line::DASH;
use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::{Entry, Kind, Manifest};
use barewire_transfer::name::{Encoding, NameRules, Portable};
use barewire_transfer::tree::{
    Cv, GROUP_BYTES, Root, Running, group_cv, group_len, hole_cv, root_of_small,
};

use crate::inbox::Inbox;
use crate::receiving::consent::Terms;
use crate::store::{ErrorKind, Job, Options, Outcome, Report, Store, StoreError, Worker};

/// Where it all goes: a directory, or standard output.
#[derive(Debug)]
pub struct Destination {
    output: Output,
    store: Option<Store>,
    /// A directory that was made for this, and is taken away again if nothing comes.
    made: Option<PathBuf>,
    inbox: Inbox<Report>,
}

#[derive(Debug)]
enum Output {
    Standard,
    /// As typed.
    Path(PathBuf),
}

impl Destination {
    /// What was typed behind `-o`; `.` if nothing was.
    #[must_use]
    pub fn new(typed: Option<&str>, inbox: Inbox<Report>) -> Self {
        let output = match typed {
            Some(DASH) => Output::Standard,
            typed => Output::Path(PathBuf::from(typed.unwrap_or("."))),
        };
        Self {
            output,
            store: None,
            made: None,
            inbox,
        }
    }

    /// The directory, opened; `None` for standard output.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// Opens the directory and says where each entry goes in it, as `cp -r` would: into a directory that is there or
    /// whose name ends with a slash, and otherwise under that name.
    ///
    /// # Errors
    ///
    /// A directory that is not there or cannot be opened, and what does not fit to standard output.
    pub fn place(&mut self, manifest: &Manifest) -> Result<Vec<Entry>, StoreError> {
        let Output::Path(path) = &self.output else {
            return standard_output_takes(manifest);
        };
        let path = path.clone();
        let as_typed = path.as_os_str().as_encoded_bytes();
        let is_into = path.is_dir() || as_typed.ends_with(b"/") || tops(manifest) > 1;
        if is_into {
            self.open_made(&path)?;
            return Ok(manifest.entries().to_vec());
        }
        let Some(name) = path.file_name() else {
            self.open_made(&path)?;
            return Ok(manifest.entries().to_vec());
        };
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        self.store = Some(Store::open(parent.unwrap_or(Path::new(".")))?);
        let rules = NameRules::new(Encoding::Bytes, Portable::No, &Limits::default());
        let mut entries = manifest.entries().to_vec();
        for entry in &mut entries {
            let renamed = entry.path.with_top(name.as_encoded_bytes(), &rules);
            entry.path = renamed.map_err(|error| {
                StoreError::plain(ErrorKind::Denied, format!("-o {}: {error}", path.display()))
            })?;
        }
        Ok(entries)
    }

    fn open_made(&mut self, path: &Path) -> Result<(), StoreError> {
        match std::fs::create_dir(path) {
            Ok(()) => {
                self.made = Some(path.to_owned());
                sync_parent(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                let text = format!(
                    "cannot make the directory {}: {}",
                    escape::display(path.as_os_str().as_encoded_bytes()),
                    barewire_command::fault::reason(&error)
                );
                return Err(StoreError::plain(ErrorKind::Denied, text));
            }
        }
        self.store = Some(Store::open(path)?);
        Ok(())
    }

    /// Takes a directory away that was made for nothing.
    pub fn unmake(&mut self) {
        if let Some(made) = self.made.take() {
            // It stays where something is in it.
            let _ = std::fs::remove_dir(made);
        }
    }

    /// Starts whoever writes.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn start(&self, targets: &Arc<[Entry]>, terms: Terms) -> io::Result<Sink> {
        let inbox = self.inbox.clone();
        let options = Options {
            overwrite: terms.overwrite(),
            sync: terms.sync,
        };
        match &self.store {
            Some(store) => {
                let report = move |report| inbox.push(report);
                let worker = Worker::start(store, Arc::clone(targets), options, report)?;
                Ok(Sink::Store(Box::new(worker), self.inbox.clone()))
            }
            None => Standard::start(Arc::clone(targets), inbox).map(Sink::Standard),
        }
    }
}

impl Display for Destination {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.output {
            Output::Standard => f.write_str("standard output"),
            Output::Path(path) if path.as_os_str() == "." => f.write_str("this directory"),
            Output::Path(path) => {
                f.write_str(&escape::display(path.as_os_str().as_encoded_bytes()))
            }
        }
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        self.unmake();
    }
}

/// What is stored in a new directory is as sure as the name of that directory.
fn sync_parent(path: &Path) {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    // Windows has no such thing, and a file system that cannot do it says nothing useful.
    if let Ok(parent) = std::fs::File::open(parent.unwrap_or(Path::new("."))) {
        let _ = parent.sync_all();
    }
}

/// How many entries are at the top.
fn tops(manifest: &Manifest) -> usize {
    let tops = manifest
        .entries()
        .iter()
        .filter(|entry| entry.path.depth() == 1);
    tops.count()
}

fn standard_output_takes(manifest: &Manifest) -> Result<Vec<Entry>, StoreError> {
    match manifest.entries() {
        [entry] if matches!(entry.kind, Kind::File { .. } | Kind::Stream) => {
            Ok(vec![entry.clone()])
        }
        _ => {
            let text = "standard output takes one file or stream, and more is offered; \
                        receive into a directory with -o DIR";
            Err(StoreError::plain(ErrorKind::Blocked, text.to_owned()))
        }
    }
}

/// Whoever writes.
#[derive(Debug)]
pub enum Sink {
    /// Into a directory.
    Store(Box<Worker>, Inbox<Report>),
    /// To standard output.
    Standard(Standard),
}

impl Sink {
    /// Gives it something to do. Never waits.
    pub fn send(&self, job: Job) {
        // A thread that has ended has told why.
        let _ = match self {
            Self::Store(worker, _) => worker.jobs.send(job),
            Self::Standard(standard) => standard.jobs.send(job),
        };
    }

    /// Has it write down what there is, waits for its end, and says what was stored meanwhile.
    pub fn stop(self) -> Vec<(u32, Outcome)> {
        let inbox = match self {
            Self::Store(worker, inbox) => {
                worker.interrupt();
                worker.join();
                inbox
            }
            // It may wait for whoever reads, for ever: it is left behind.
            Self::Standard(standard) => standard.inbox,
        };
        let mut all = Vec::new();
        while let Some(report) = inbox.pop() {
            if let Report::Stored { stored } = report {
                all.extend(stored);
            }
        }
        all
    }
}

/// Writes to standard output, in order.
#[derive(Debug)]
pub struct Standard {
    jobs: Sender<Job>,
    inbox: Inbox<Report>,
    _thread: JoinHandle<()>,
}

impl Standard {
    fn start(targets: Arc<[Entry]>, inbox: Inbox<Report>) -> io::Result<Self> {
        let (jobs, work) = mpsc::channel();
        let reports = inbox.clone();
        let run = move || {
            let mut writer = Writer {
                targets,
                inbox: reports,
                running: Running::new(),
                broken: false,
            };
            work.into_iter().for_each(|job| writer.handle(job));
        };
        let thread = thread::Builder::new().name("output".to_owned());
        Ok(Self {
            jobs,
            inbox,
            _thread: thread.spawn(run)?,
        })
    }
}

struct Writer {
    targets: Arc<[Entry]>,
    inbox: Inbox<Report>,
    running: Running,
    broken: bool,
}

impl Writer {
    fn handle(&mut self, job: Job) {
        match job {
            Job::Group { id, group, bytes } => {
                self.write(id, &bytes);
                let cv = match self.broken || bytes.is_empty() {
                    true => [0; 32],
                    false => group_cv(group, &bytes),
                };
                let buffer = bytes;
                self.inbox.push(if self.broken {
                    Report::Dropped { id, group, buffer }
                } else {
                    Report::Written {
                        id,
                        group,
                        cv,
                        buffer,
                    }
                });
            }
            Job::Holes { id, first, count } => self.holes(id, first, count),
            Job::Finish { id, root } => self.finish(id, root),
            _ => {}
        }
    }

    fn write(&mut self, id: u32, bytes: &[u8]) {
        if self.broken {
            return;
        }
        self.running.update(bytes);
        let mut stdout = io::stdout().lock();
        if let Err(error) = stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            self.broken = true;
            let text = format!(
                "cannot write to standard output: {}",
                barewire_command::fault::reason(&error)
            );
            let error = StoreError::plain(ErrorKind::Io, text);
            self.inbox.push(Report::Failed { id, error });
        }
    }

    fn holes(&mut self, id: u32, first: u64, count: u64) {
        let size = match self.targets.first().map(|entry| &entry.kind) {
            Some(Kind::File { size, .. }) => *size,
            _ => 0,
        };
        let zeros = vec![0; GROUP_BYTES as usize];
        for group in first..first + count {
            let len = group_len(size, group);
            self.write(id, &zeros[..usize::try_from(len).unwrap_or(0)]);
            let cvs: Vec<Cv> = vec![hole_cv(group, len)];
            let first = group;
            self.inbox.push(Report::Hollow { id, first, cvs });
        }
    }

    fn finish(&mut self, id: u32, root: Root) {
        if self.broken {
            return;
        }
        let ours = match self.running.is_empty() {
            true => root_of_small(&[]),
            false => self.running.root(),
        };
        if ours != root {
            let text = "what was written is not what was sent".to_owned();
            let error = StoreError::plain(ErrorKind::Mismatch, text);
            self.inbox.push(Report::Failed { id, error });
            return;
        }
        let path = self
            .targets
            .first()
            .map(|entry| entry.path.as_bytes().to_vec());
        let outcome = Outcome {
            path: path.unwrap_or_default(),
            durable: false,
            note: None,
        };
        let stored = vec![(id, outcome)];
        self.inbox.push(Report::Stored { stored });
    }
}
