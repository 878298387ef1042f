//! Whole records into a disk that may refuse: nothing torn in the middle, nothing lost in silence.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use barewire_command::fault::reason;

use crate::file::{FinishError, Notice, SyncPolicy};
use crate::record::{Batch, Format, Kind, Record};
use barewire_command::stamp::Stamp;

/// How long to wait before a disk that refused is asked again.
pub(crate) const RETRY: Duration = Duration::from_secs(1);

/// Far more than two calls give rise to.
const NOTICES_MAX: usize = 16;

/// What a journal asks of a file that is open for appending.
pub(crate) trait Disk {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize>;
    fn is_empty(&self) -> io::Result<bool>;
    fn sync_data(&mut self) -> io::Result<()>;
    fn sync_all(&mut self) -> io::Result<()>;
}

impl Disk for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write(bytes)
    }

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.metadata()?.len() == 0)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Self::sync_data(self)
    }

    fn sync_all(&mut self) -> io::Result<()> {
        Self::sync_all(self)
    }
}

/// What the end of a file is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing, or a newline.
    Whole,
    /// The beginning of a line.
    Torn,
}

/// Appends batches; on failure keeps what was being written and counts what comes after.
#[derive(Debug)]
pub(crate) struct Journal<D> {
    disk: D,
    path: PathBuf,
    format: Format,
    sync: SyncPolicy,
    /// Of the file, as long as nothing of ours has been written behind it.
    end: End,
    state: State,
    unsynced: Unsynced,
    /// Whether the disk could not sync the last time it was asked.
    sync_failed: bool,
    notices: VecDeque<Notice>,
}

#[derive(Debug)]
enum State {
    Writing,
    Failing(Failure),
}

/// The disk refused, and what is owed to it.
#[derive(Debug)]
struct Failure {
    /// Why, in the system's words.
    reason: String,
    retry_at: Instant,
    kept: Kept,
    lost: Option<Loss>,
    /// Of losses that gap records were begun for.
    lost_before: u64,
}

/// Whole records of which some bytes are in the file.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    /// Bytes of the first record that are written; never all of it.
    done: usize,
}

/// Records that came while the disk refused: one run of numbers.
#[derive(Clone, Copy, Debug)]
struct Loss {
    records: u64,
    seq: u64,
    first: Stamp,
    last: Stamp,
}

/// What was written since the disk was last asked to make all safe.
#[derive(Debug, PartialEq, Eq)]
enum Unsynced {
    Nothing,
    /// To be synced at that time, if the policy knows one.
    Something(Option<Instant>),
}

impl<D: Disk> Journal<D> {
    pub(crate) fn new(disk: D, end: End, path: PathBuf, format: Format, sync: SyncPolicy) -> Self {
        Self {
            disk,
            path,
            format,
            sync,
            end,
            state: State::Writing,
            unsynced: Unsynced::Nothing,
            sync_failed: false,
            notices: VecDeque::new(),
        }
    }

    pub(crate) fn disk(&self) -> &D {
        &self.disk
    }

    pub(crate) fn append(&mut self, now: Instant, batch: Batch<'_>) {
        if batch.is_empty() {
            return;
        }
        if let State::Failing(failure) = &self.state
            && now >= failure.retry_at
        {
            self.recover(now, batch.last());
        }
        if let State::Failing(failure) = &mut self.state {
            failure.lose(batch);
            return;
        }
        let mut done = 0;
        if let Err(error) = self.write(now, batch.bytes(), &mut done) {
            self.fail(now, error, Kept::cut(batch.bytes(), done));
        }
        self.sync_if_line();
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, stamp: Stamp) {
        if let State::Failing(failure) = &self.state
            && now >= failure.retry_at
        {
            self.recover(now, stamp);
            self.sync_if_line();
        }
        if let Unsynced::Something(Some(due)) = self.unsynced
            && now >= due
        {
            self.sync_now();
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let retry = match &self.state {
            State::Writing => None,
            State::Failing(failure) => Some(failure.retry_at),
        };
        let sync = match self.unsynced {
            Unsynced::Something(due) => due,
            Unsynced::Nothing => None,
        };
        retry.into_iter().chain(sync).min()
    }

    pub(crate) fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    pub(crate) fn is_failing(&self) -> bool {
        matches!(self.state, State::Failing(_))
    }

    /// Says goodbye to the file as it is: what is kept is tried once more, then synced.
    pub(crate) fn settle(&mut self, now: Instant, stamp: Stamp) {
        self.recover(now, stamp);
        if self.sync != SyncPolicy::None && self.unsynced != Unsynced::Nothing {
            self.sync_now();
        }
    }

    /// Goes on with a newly opened descriptor of the same file.
    pub(crate) fn replace_descriptor(&mut self, disk: D) {
        self.disk = disk;
    }

    /// Goes on in another file. A record of which the old one has a part is in the new one whole.
    pub(crate) fn replace(&mut self, now: Instant, stamp: Stamp, disk: D, end: End) {
        self.disk = disk;
        self.end = end;
        self.unsynced = Unsynced::Nothing;
        self.sync_failed = false;
        if let State::Failing(failure) = &mut self.state {
            failure.kept.done = 0;
        }
        self.recover(now, stamp);
        self.sync_if_line();
    }

    pub(crate) fn finish(&mut self, now: Instant, stamp: Stamp) -> Result<(), FinishError> {
        self.recover(now, stamp);
        let synced = self.disk.sync_all();
        if let State::Failing(failure) = &self.state {
            return Err(FinishError::Lost {
                path: self.path.clone(),
                records: failure.records(),
                reason: failure.reason.clone(),
            });
        }
        self.unsynced = Unsynced::Nothing;
        synced.map_err(|error| FinishError::NotSynced {
            path: self.path.clone(),
            error,
        })
    }

    /// Writes `bytes[*done..]`; `done` tells how far it came.
    fn write(&mut self, now: Instant, bytes: &[u8], done: &mut usize) -> io::Result<()> {
        if self.end == End::Torn {
            write_all(&mut self.disk, b"\n", &mut 0)?;
            self.end = End::Whole;
        }
        let before = *done;
        let written = write_all(&mut self.disk, bytes, done);
        if *done > before && self.unsynced == Unsynced::Nothing {
            self.unsynced = Unsynced::Something(match self.sync {
                SyncPolicy::Interval(interval) => now.checked_add(interval),
                SyncPolicy::None | SyncPolicy::Line => None,
            });
        }
        written
    }

    fn fail(&mut self, now: Instant, error: io::Error, kept: Kept) {
        let reason = reason(&error);
        self.state = State::Failing(Failure {
            reason,
            retry_at: now + RETRY,
            kept,
            lost: None,
            lost_before: 0,
        });
        self.tell(Notice::Failing {
            path: self.path.clone(),
            error,
        });
    }

    /// Pays what is owed, as far as the disk lets it.
    fn recover(&mut self, now: Instant, stamp: Stamp) {
        let State::Failing(mut failure) = std::mem::replace(&mut self.state, State::Writing) else {
            return;
        };
        match self.repay(now, stamp, &mut failure) {
            Ok(()) => self.tell(Notice::Writing {
                path: self.path.clone(),
                lost: failure.lost_before,
            }),
            Err(_) => {
                failure.retry_at = now + RETRY;
                self.state = State::Failing(failure);
            }
        }
    }

    fn repay(&mut self, now: Instant, stamp: Stamp, failure: &mut Failure) -> io::Result<()> {
        if self.disk.is_empty()? {
            // Somebody made room by emptying this very file: what it had of the record is gone.
            failure.kept.done = 0;
            self.end = End::Whole;
        }
        self.write_kept(now, &mut failure.kept)?;
        let Some(loss) = failure.lost else {
            return Ok(());
        };
        let mut gap = Kept::default();
        loss.encode(self.format, stamp, &failure.reason, &mut gap.bytes);
        let written = self.write_kept(now, &mut gap);
        if gap.done > 0 || written.is_ok() {
            // It is in the file, or will be: what is lost from now on is another gap.
            failure.lost = None;
            failure.lost_before += loss.records;
            failure.kept = gap;
        }
        written
    }

    fn write_kept(&mut self, now: Instant, kept: &mut Kept) -> io::Result<()> {
        let written = self.write(now, &kept.bytes, &mut kept.done);
        *kept = Kept::cut(&kept.bytes, kept.done);
        written
    }

    fn sync_if_line(&mut self) {
        if self.sync == SyncPolicy::Line && self.unsynced != Unsynced::Nothing {
            self.sync_now();
        }
    }

    /// A failed sync is not made up for by a later one that succeeds: the system has dropped what
    /// it could not write. So it is told, and counts as done.
    fn sync_now(&mut self) {
        self.unsynced = Unsynced::Nothing;
        let synced = self.disk.sync_data();
        let failed_before = std::mem::replace(&mut self.sync_failed, synced.is_err());
        if let Err(error) = synced
            && !failed_before
        {
            self.tell(Notice::NotSynced {
                path: self.path.clone(),
                error,
            });
        }
    }

    fn tell(&mut self, notice: Notice) {
        if self.notices.len() == NOTICES_MAX {
            self.notices.pop_front();
        }
        self.notices.push_back(notice);
    }
}

impl Failure {
    fn lose(&mut self, batch: Batch<'_>) {
        let loss = self.lost.get_or_insert(Loss {
            records: 0,
            seq: batch.seq(),
            first: batch.first(),
            last: batch.last(),
        });
        loss.records += batch.records();
        loss.last = batch.last();
    }

    /// All that were lost since the disk refused, if nothing more is written.
    fn records(&self) -> u64 {
        let kept = match self.lost_before {
            0 => memchr::memchr_iter(b'\n', &self.kept.bytes).count() as u64,
            // What is kept is no more than the record that tells of these.
            lost => lost,
        };
        kept + self.lost.map_or(0, |loss| loss.records)
    }
}

impl Kept {
    /// What is left of `bytes`, from the beginning of the record that `done` falls into.
    fn cut(bytes: &[u8], done: usize) -> Self {
        let (written, _) = bytes.split_at(done);
        let start = memchr::memrchr(b'\n', written).map_or(0, |newline| newline + 1);
        Self {
            bytes: bytes[start..].to_vec(),
            done: done - start,
        }
    }
}

impl Loss {
    fn encode(&self, format: Format, stamp: Stamp, reason: &str, out: &mut Vec<u8>) {
        let records = self.records;
        let text = format!(
            "{records} record{} lost from {} to {}: {reason}",
            if records == 1 { "" } else { "s" },
            self.first,
            self.last
        );
        let record = Record {
            stamp,
            seq: self.seq,
            source: "server",
            kind: Kind::Gap,
            text: text.as_bytes(),
        };
        record.encode(format, out);
    }
}

fn write_all(disk: &mut impl Disk, bytes: &[u8], done: &mut usize) -> io::Result<()> {
    while *done < bytes.len() {
        match disk.append(&bytes[*done..]) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => *done += written,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
