//! What the thread does.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use barewire_transfer::manifest::{Entry, Kind};
use barewire_transfer::tree::{GROUP_BYTES, Root, Running};

use super::folders::{Folders, Sealed};
use super::{Job, Outcome, Report};
use crate::lots::{self, Lots};
use crate::store::batch::{self, AGE_MAX, Batch, Ready};
use crate::store::changed::Changed;
use crate::store::directories::{Directories, WayError, split};
use crate::store::error::{ErrorKind, StoreError};
use crate::store::flusher::Flusher;
use crate::store::receiving::Receiving;
use crate::store::system::{self, Dir};
use crate::store::{Options, Overwrite, Store, Sync, What, survey};

/// Without a job for so long, finished files are committed.
const IDLE_MAX: Duration = Duration::from_secs(1);

/// Files up to this size wait for each other, so that they share their syncs.
const COLLECTED_BYTES_MAX: u64 = 16 << 20;

/// A large file is synced each time that so much has come.
const SYNC_BYTES: u64 = 64 << 20;

/// Holes are reported in these.
const HOLES_MAX: u64 = 256;

pub(super) struct Disk {
    store: Store,
    targets: Arc<[Entry]>,
    options: Options,
    reports: Lots<Report>,
    interrupted: Arc<AtomicBool>,
    directories: Directories,
    folders: Folders,
    open: HashMap<u32, Receiving>,
    batch: Batch,
    flusher: Flusher,
    buffer: Vec<u8>,
}

impl Disk {
    pub(super) fn new(
        store: Store,
        targets: Arc<[Entry]>,
        options: Options,
        report: Box<dyn FnMut(Report) + Send>,
        interrupted: Arc<AtomicBool>,
    ) -> Self {
        let directories = Directories::new(Arc::clone(&store.root));
        Self {
            store,
            targets,
            options,
            reports: Lots::new(report),
            interrupted,
            directories,
            folders: Folders::default(),
            open: HashMap::new(),
            batch: Batch::new(options),
            flusher: Flusher::default(),
            buffer: Vec::new(),
        }
    }

    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        #[cfg(all(test, unix))]
        crate::store::fault::follow(self.store.plan.clone());
        loop {
            match self.next(jobs) {
                Ok(job) => {
                    if self.perform(job).is_break() {
                        break;
                    }
                    if self.batch.is_due() {
                        self.commit();
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.commit(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.stop();
    }

    fn next(&self, jobs: &Receiver<Job>) -> Result<Job, RecvTimeoutError> {
        if let Ok(job) = jobs.try_recv() {
            return Ok(job);
        }
        self.reports.release();
        match self.batch.age() {
            None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(age) => jobs.recv_timeout(IDLE_MAX.min(AGE_MAX.saturating_sub(age))),
        }
    }

    fn perform(&mut self, job: Job) -> ControlFlow<()> {
        let is_short = matches!(
            job,
            Job::Begin { .. } | Job::Group { .. } | Job::Finish { .. }
        );
        if !is_short {
            self.reports.release();
        }
        match job {
            Job::Directory { id } => self.attempt(id, |this, entry| this.make_directory(entry, id)),
            Job::Symlink { id } => self.attempt(id, |this, entry| this.make_link(entry, id)),
            Job::Begin { id, resume } => {
                self.attempt(id, |this, entry| this.begin(id, entry, resume));
            }
            Job::Group { id, group, bytes } => self.write(id, group, bytes),
            Job::Holes { id, first, count } => {
                self.attempt(id, |this, entry| this.hollow(id, entry, first, count));
            }
            Job::Check { id, groups } => self.check(id, &groups),
            Job::Finish { id, root } => {
                self.attempt(id, |this, entry| this.finish(id, entry, root));
            }
            Job::Compare { id } => self.compare(id),
            Job::Flush => self.flush(),
            Job::Abandon { id } => self.abandon(id),
            Job::Stop => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    /// What a job says to do with an entry, with what is to be done when it fails.
    fn attempt(&mut self, id: u32, act: impl FnOnce(&mut Self, &Entry) -> Result<(), StoreError>) {
        let targets = Arc::clone(&self.targets);
        let Some(entry) = targets.get(id as usize) else {
            let text = format!("there is no entry {id}");
            return self.fail(id, StoreError::plain(ErrorKind::Mismatch, text));
        };
        if let Err(error) = act(self, entry) {
            self.fail(id, error);
        }
    }

    fn tell(&self, report: Report) {
        let bytes = match &report {
            Report::Written { buffer, .. } | Report::Dropped { buffer, .. } => buffer.len(),
            _ => lots::BYTES_MAX,
        };
        self.reports.tell(report, bytes);
    }

    fn fail(&mut self, id: u32, error: StoreError) {
        self.abandon(id);
        self.tell(Report::Failed { id, error });
    }

    fn abandon(&mut self, id: u32) {
        if let Some(receiving) = self.open.remove(&id) {
            receiving.leave();
        }
    }

    /// Lets `act` do something in the directory of an entry, a second time if a remedy was found for the first failure.
    fn within<T>(
        &mut self,
        entry: &Entry,
        verb: &str,
        mut act: impl FnMut(&mut Self, &Arc<Dir>) -> io::Result<T>,
    ) -> Result<T, StoreError> {
        let path = entry.path.as_bytes();
        let (parent, _) = split(path);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let dir = match self.directories.get(parent) {
                Ok(dir) => dir,
                Err(WayError::OutOfFiles(_)) if attempts == 1 => {
                    self.free_descriptors();
                    continue;
                }
                // From one that was found before and has been removed.
                Err(WayError::Missing) if attempts == 1 => {
                    self.directories.forget();
                    continue;
                }
                Err(error) => return Err(error.into_error(path)),
            };
            if let Some(parent) = parent {
                self.folders.open(parent, &dir);
            }
            match act(self, &dir) {
                Ok(done) => return Ok(done),
                // The directory is no more, and another may have its name.
                Err(error) if attempts == 1 && error.kind() == io::ErrorKind::NotFound => {
                    self.directories.forget();
                }
                Err(error) if attempts == 1 && system::is_out_of_files(&error) => {
                    self.free_descriptors();
                }
                Err(error) => return Err(StoreError::system(verb, path, error)),
            }
        }
    }

    fn free_descriptors(&mut self) {
        self.directories.forget();
        self.commit();
    }

    fn make_directory(&mut self, entry: &Entry, id: u32) -> Result<(), StoreError> {
        let umask = self.store.umask;
        let dir = self.within(entry, "make", |_, dir| Ok(Arc::clone(dir)))?;
        if self.folders.make(&dir, id, entry, umask)? {
            self.batch.push_changed(&dir);
        }
        Ok(())
    }

    fn make_link(&mut self, entry: &Entry, id: u32) -> Result<(), StoreError> {
        let Kind::Symlink { target } = &entry.kind else {
            return Err(wrong_kind(entry));
        };
        let options = self.options;
        let (path, dir) = self.within(entry, "make", |_, dir| {
            let path = link(dir, entry, target, options.overwrite)?;
            Ok((path, Arc::clone(dir)))
        })?;
        let outcome = Outcome {
            path,
            durable: false,
            note: None,
        };
        self.batch.push_placed(id, outcome, &dir);
        Ok(())
    }

    fn begin(&mut self, id: u32, entry: &Entry, resume: bool) -> Result<(), StoreError> {
        if !matches!(entry.kind, Kind::File { .. } | Kind::Stream) {
            return Err(wrong_kind(entry));
        }
        self.abandon(id);
        self.refuse_taken(entry)?;
        let begun = self.within(entry, "make", |_, dir| Receiving::begin(dir, entry, resume))?;
        let Some(receiving) = begun else {
            let what = "is being received by others; wait for them, or receive elsewhere";
            return Err(StoreError::new(
                ErrorKind::InUse,
                entry.path.as_bytes(),
                what,
            ));
        };
        self.open.insert(id, receiving);
        Ok(())
    }

    /// Before any byte has come, rather than after the last.
    fn refuse_taken(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let (_, name) = split(entry.path.as_bytes());
        let overwrite = self.options.overwrite;
        self.within(entry, "store", |_, dir| {
            batch::refuse_taken(dir, name, overwrite)
        })
    }

    fn write(&mut self, id: u32, group: u64, bytes: Vec<u8>) {
        let mut cv = None;
        if self.open.contains_key(&id) {
            self.attempt(id, |this, entry| {
                let Some(receiving) = this.open.get_mut(&id) else {
                    return Ok(());
                };
                cv = Some(receiving.write(entry, group, &bytes)?);
                this.sync_now_and_then(id);
                Ok(())
            });
        }
        let buffer = bytes;
        self.tell(match cv {
            Some(cv) => Report::Written {
                id,
                group,
                cv,
                buffer,
            },
            None => Report::Dropped { id, group, buffer },
        });
    }

    fn sync_now_and_then(&mut self, id: u32) {
        if self.options.sync == Sync::Durable
            && let Some(receiving) = self.open.get_mut(&id)
            && receiving.take_unsynced(SYNC_BYTES)
        {
            self.flusher.sync_soon(&receiving.part().file);
        }
    }

    fn hollow(&mut self, id: u32, entry: &Entry, first: u64, count: u64) -> Result<(), StoreError> {
        let Some(receiving) = self.open.get(&id) else {
            return Ok(());
        };
        let end = receiving.expect_holes(entry, first, count)?;
        let mut next = first;
        while next < end && !self.is_interrupted() {
            let Some(receiving) = self.open.get_mut(&id) else {
                return Ok(());
            };
            let until = end.min(next + HOLES_MAX);
            let cvs: Result<_, _> = (next..until)
                .map(|group| receiving.hollow(entry, group))
                .collect();
            let (first, cvs) = (next, cvs?);
            self.tell(Report::Hollow { id, first, cvs });
            next = until;
        }
        Ok(())
    }

    fn check(&mut self, id: u32, groups: &[u64]) {
        for &group in groups {
            if self.is_interrupted() {
                return;
            }
            let Some(receiving) = self.open.get_mut(&id) else {
                return;
            };
            let cv = receiving.check(group, &mut self.buffer);
            self.tell(Report::Checked { id, group, cv });
        }
    }

    fn finish(&mut self, id: u32, entry: &Entry, root: Root) -> Result<(), StoreError> {
        let Some(receiving) = self.open.get(&id) else {
            // It has failed, and that was said.
            return Ok(());
        };
        let complete = receiving.complete(entry, root, self.store.umask)?;
        let Some(receiving) = self.open.remove(&id) else {
            return Ok(());
        };
        let is_resumable = receiving.is_resumable();
        let ready = Ready {
            id,
            path: entry.path.as_bytes().to_vec(),
            part: receiving.into_part(),
            is_resumable,
            note: complete.note,
        };
        if complete.size <= COLLECTED_BYTES_MAX {
            self.batch.push(ready, complete.size);
            return Ok(());
        }
        let mut alone = Batch::new(self.options);
        alone.push(ready, complete.size);
        self.commit_batch(alone);
        Ok(())
    }

    fn compare(&mut self, id: u32) {
        let targets = Arc::clone(&self.targets);
        let root = targets
            .get(id as usize)
            .and_then(|entry| self.hash_existing(entry));
        self.tell(Report::Compared { id, root });
    }

    fn hash_existing(&mut self, entry: &Entry) -> Option<Root> {
        let Kind::File { size, .. } = entry.kind else {
            return None;
        };
        let (parent, name) = split(entry.path.as_bytes());
        let dir = self.directories.get(parent).ok()?;
        let file = dir.open_read(name).ok()?;
        let meta = system::meta(&file).ok()?;
        if meta.what != What::File || meta.size != size {
            return None;
        }
        let mut running = Running::new();
        while running.len() < size {
            if self.is_interrupted() {
                return None;
            }
            let len = GROUP_BYTES.min(size - running.len());
            self.buffer.resize(len as usize, 0);
            system::read_at(&file, &mut self.buffer, running.len()).ok()?;
            running.update(&self.buffer);
        }
        // It counts as stored, and whoever put it there may not have waited for the disk. Windows syncs nothing that is
        // open for reading alone.
        if cfg!(unix) && self.options.sync == Sync::Durable {
            system::sync(&file).ok()?;
        }
        Some(running.root())
    }

    fn commit(&mut self) {
        let batch = std::mem::replace(&mut self.batch, Batch::new(self.options));
        self.commit_batch(batch);
    }

    fn commit_batch(&mut self, batch: Batch) {
        // Which may take long.
        self.reports.release();
        let committed = batch.commit();
        for (id, error) in committed.failed {
            self.tell(Report::Failed { id, error });
        }
        let stored = committed.stored;
        if !stored.is_empty() {
            self.tell(Report::Stored { stored });
        }
    }

    fn flush(&mut self) {
        self.commit();
        self.seal();
        self.tell(Report::Flushed);
    }

    fn seal(&mut self) {
        let mut changed = Changed::new(self.options.sync);
        let sealed = self.folders.seal(&mut self.directories, &mut changed);
        let synced = changed.sync();
        let durable = self.options.sync == Sync::Durable && synced.is_ok();
        let mut stored = Vec::new();
        for Sealed { id, path, note, .. } in sealed.into_iter().filter(|sealed| sealed.is_first) {
            let note = note.or(synced
                .as_ref()
                .err()
                .map(|error| format!("it could not be synced: {error}")));
            stored.push((
                id,
                Outcome {
                    path,
                    durable,
                    note,
                },
            ));
        }
        if !stored.is_empty() {
            self.tell(Report::Stored { stored });
        }
    }

    fn stop(&mut self) {
        self.open
            .drain()
            .for_each(|(_, receiving)| receiving.leave());
        self.commit();
        self.tell(Report::Stopped);
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

fn wrong_kind(entry: &Entry) -> StoreError {
    let what = "was offered as something else";
    StoreError::new(ErrorKind::Mismatch, entry.path.as_bytes(), what)
}

/// Makes a link. One with the same target that is there is as good.
fn link(dir: &Dir, entry: &Entry, to: &[u8], overwrite: Overwrite) -> io::Result<Vec<u8>> {
    let path = entry.path.as_bytes();
    let (_, name) = split(path);
    match dir.meta(name) {
        Ok(meta) if survey::is_same(dir, name, &meta, entry) => Ok(path.to_vec()),
        _ => batch::place_link(dir, path, name, to, overwrite),
    }
}
