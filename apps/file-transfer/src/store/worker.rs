//! The thread that writes: jobs in, reports out, in the order of the jobs.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use barewire_transfer::manifest::Entry;
use barewire_transfer::tree::{Cv, Root};

use super::error::StoreError;
use super::{Options, Store};

mod disk;
mod folders;

use disk::Disk;

/// What to do next. Entries go by their place in what [`Worker::start`] was given.
#[derive(Debug)]
#[non_exhaustive]
pub enum Job {
    /// Makes a directory, or takes one that is there. It is [stored](Report::Stored) with the next [`Flush`](Self::Flush),
    /// since what comes into it changes it.
    Directory {
        /// The entry.
        id: u32,
    },
    /// Makes a link. It is stored with the next batch.
    Symlink {
        /// The entry.
        id: u32,
    },
    /// Opens the unfinished file of an entry, in which nothing is known yet.
    Begin {
        /// The entry.
        id: u32,
        /// Whether to keep what an earlier try left, so that it can be [checked](Self::Check).
        resume: bool,
    },
    /// Writes a group.
    Group {
        /// The entry.
        id: u32,
        /// Which of its groups. Those of a stream come in order.
        group: u64,
        /// All of it.
        bytes: Vec<u8>,
    },
    /// Makes groups holes.
    Holes {
        /// The entry.
        id: u32,
        /// The first.
        first: u64,
        /// How many.
        count: u64,
    },
    /// Reads groups that an earlier try claimed.
    Check {
        /// The entry.
        id: u32,
        /// Which, in the order of the reports.
        groups: Vec<u64>,
    },
    /// Everything has come: gives the file its name, if this is its hash.
    Finish {
        /// The entry.
        id: u32,
        /// Of the whole.
        root: Root,
    },
    /// Hashes what has the name of an entry already.
    Compare {
        /// The entry.
        id: u32,
    },
    /// Gives all finished files their names, and directories their permissions and times, and waits for the disk. For
    /// the end, or a pause.
    Flush,
    /// Ends a file that will not be finished in this try, and keeps what another could go on with.
    Abandon {
        /// The entry.
        id: u32,
    },
    /// Abandons what is open, gives finished files their names, and ends the thread. Directories stay writable for the
    /// next try, unless a [`Flush`](Self::Flush) came before.
    Stop,
}

/// What was done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Report {
    /// A group is in its place.
    Written {
        /// The entry.
        id: u32,
        /// Which of its groups.
        group: u64,
        /// Of the bytes that were written.
        cv: Cv,
        /// They came in this.
        buffer: Vec<u8>,
    },
    /// A group belongs to no file that is open, so after a failure as well; or its writing is what failed.
    Dropped {
        /// The entry.
        id: u32,
        /// Which of its groups.
        group: u64,
        /// It came in this.
        buffer: Vec<u8>,
    },
    /// Groups are holes. A job may be answered by several of these.
    Hollow {
        /// The entry.
        id: u32,
        /// The first of them.
        first: u64,
        /// Theirs.
        cvs: Vec<Cv>,
    },
    /// A group was read.
    Checked {
        /// The entry.
        id: u32,
        /// Which of its groups.
        group: u64,
        /// Of what is there; `None` if it cannot be read.
        cv: Option<Cv>,
    },
    /// A file was hashed.
    Compared {
        /// The entry.
        id: u32,
        /// `None` if there is no regular file of the offered size, or it cannot be read.
        root: Option<Root>,
    },
    /// These have their names, and if asked for are safe.
    Stored {
        /// The entries.
        stored: Vec<(u32, Outcome)>,
    },
    /// This one will not be stored by this try. Nothing more is reported of it but [`Dropped`](Self::Dropped).
    Failed {
        /// The entry.
        id: u32,
        /// Why.
        error: StoreError,
    },
    /// All that was finished before that job is stored or failed.
    Flushed,
    /// The thread has ended.
    Stopped,
}

/// Where something was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Below the destination; differs from the entry's where that was taken.
    pub path: Vec<u8>,
    /// Whether it survives a power cut.
    pub durable: bool,
    /// What could not be kept, such as a time that the file system cannot hold.
    pub note: Option<String>,
}

/// The thread, and the way to it. Dropped, it stops after what it was given.
#[derive(Debug)]
pub struct Worker {
    /// To be bounded by the one who sends.
    pub jobs: Sender<Job>,
    interrupted: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Starts it. `report` is called in it and should not wait.
    ///
    /// # Errors
    ///
    /// If the system has no thread left.
    pub fn start(
        store: &Store,
        targets: Arc<[Entry]>,
        options: Options,
        report: impl FnMut(Report) + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, receiver) = mpsc::channel();
        let interrupted = Arc::new(AtomicBool::new(false));
        let store = store.clone();
        let flag = Arc::clone(&interrupted);
        let run = move || Disk::new(store, targets, options, Box::new(report), flag).run(&receiver);
        let thread = thread::Builder::new().name("disk".to_owned()).spawn(run)?;
        Ok(Self {
            jobs,
            interrupted,
            thread,
        })
    }

    /// Cuts short what takes long: holes, checks and comparisons, from now on. For the way out, before [`Job::Stop`].
    pub fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    /// Waits for its end, as if it had been told to [stop](Job::Stop).
    pub fn join(self) {
        let _ = self.jobs.send(Job::Stop);
        // A panic has been said already.
        let _ = self.thread.join();
    }
}
