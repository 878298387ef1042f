//! One file being read, a group at a time, so that other jobs are seen in between.

use std::ops::Range;

use barewire_transfer::tree::Cv;

use crate::source::error::Fault;
use crate::source::identity::{Difference, Identity};
use crate::source::job::Report;
use crate::source::pool::{Pool, SMALL_BYTES_MAX};
use crate::source::reading::Reading;
use crate::source::sums::Sums;

/// Groups that were as claimed are told in lots of so many.
const KEPT_LOT: u64 = 64;

/// What is to be done with a file.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) id: u32,
    pub(crate) aim: Aim,
    /// To be sent whatever they are.
    pub(crate) missing: Vec<Range<u64>>,
    /// To be sent if they are not this.
    pub(crate) claimed: Vec<(u64, Cv)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    Send,
    Compare,
}

/// A file and how far it is.
#[derive(Debug)]
pub(crate) struct Work {
    task: Task,
    reading: Reading,
    /// Of the file when it was opened.
    identity: Identity,
    sums: Sums,
    next_missing: usize,
    next_claimed: usize,
    kept: u64,
    /// Told as holes, not yet hashed.
    hollow: Range<u64>,
    /// No group before it is unknown.
    rest: u64,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// There is more to do.
    Again,
    /// Not before a buffer comes back.
    Wait,
    /// The last word on this file has been told.
    Done,
}

impl Work {
    /// `sums` are those of the file as it is now.
    pub(crate) fn new(task: Task, reading: Reading, identity: Identity, sums: Sums) -> Self {
        Self {
            task,
            reading,
            identity,
            sums,
            next_missing: 0,
            next_claimed: 0,
            kept: 0,
            hollow: 0..0,
            rest: 0,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.task.id
    }

    /// Whether it takes more than a moment.
    pub(crate) fn is_long(&self) -> bool {
        self.reading.groups() > 1
    }

    /// What is known of the file and of which version of it, unless it became another one while it was read.
    pub(crate) fn into_sums(self) -> Option<(Identity, Sums)> {
        if !self.sums.has_cvs() {
            return None;
        }
        let now = self.reading.check().ok()?;
        (now == self.identity).then_some((now, self.sums))
    }

    /// Does a group's worth of work.
    pub(crate) fn step(&mut self, pool: &mut Pool, report: &dyn Fn(Report)) -> Result<Step, Fault> {
        if let Some(group) = self.hollow.next() {
            self.sums.hole(group);
            return Ok(Step::Again);
        }
        if let Some(range) = self.missing() {
            return self.send(range, pool, report);
        }
        if let Some(&(group, cv)) = self.task.claimed.get(self.next_claimed) {
            return self.compare(group, cv, pool, report);
        }
        self.tell_kept(report);
        if let Some(group) = self.sums.unknown(self.rest) {
            return self.hash(group, pool);
        }
        self.end(report)
    }

    /// The rest of the range that is to be sent next, as far as the file has such groups.
    fn missing(&mut self) -> Option<Range<u64>> {
        let groups = self.reading.groups();
        while let Some(range) = self.task.missing.get(self.next_missing) {
            if range.start < range.end.min(groups) {
                return Some(range.start..range.end.min(groups));
            }
            self.next_missing += 1;
        }
        None
    }

    fn send(
        &mut self,
        range: Range<u64>,
        pool: &mut Pool,
        report: &dyn Fn(Report),
    ) -> Result<Step, Fault> {
        let holes = self.reading.holes(range.start, range.end);
        let sent = match holes {
            0 => {
                let Some((cv, bytes)) = self.read(range.start, pool)? else {
                    return Ok(Step::Wait);
                };
                self.tell_group(range.start, cv, bytes, report);
                1
            }
            holes => {
                self.tell_holes(range.start, holes, report);
                holes
            }
        };
        if let Some(range) = self.task.missing.get_mut(self.next_missing) {
            range.start += sent;
        }
        Ok(Step::Again)
    }

    fn compare(
        &mut self,
        group: u64,
        claimed: Cv,
        pool: &mut Pool,
        report: &dyn Fn(Report),
    ) -> Result<Step, Fault> {
        if group >= self.reading.groups() {
            // What the file does not have cannot be kept.
        } else if self.sums.get(group) == Some(claimed) {
            self.kept += 1;
        } else if self.reading.holes(group, group + 1) > 0 {
            match self.sums.hole(group) == claimed {
                true => self.kept += 1,
                false => self.tell_holes(group, 1, report),
            }
        } else {
            let Some((cv, bytes)) = self.read(group, pool)? else {
                return Ok(Step::Wait);
            };
            if cv == claimed {
                self.kept += 1;
                pool.give(bytes);
            } else {
                self.tell_group(group, cv, bytes, report);
            }
        }
        self.next_claimed += 1;
        if self.kept >= KEPT_LOT {
            self.tell_kept(report);
        }
        Ok(Step::Again)
    }

    /// What nobody asked for is needed for the root all the same.
    fn hash(&mut self, group: u64, pool: &mut Pool) -> Result<Step, Fault> {
        if self.reading.holes(group, group + 1) > 0 {
            self.sums.hole(group);
        } else if let Some((_, bytes)) = self.read(group, pool)? {
            pool.give(bytes);
        } else {
            return Ok(Step::Wait);
        }
        self.rest = group + 1;
        Ok(Step::Again)
    }

    fn end(&mut self, report: &dyn Fn(Report)) -> Result<Step, Fault> {
        let id = self.task.id;
        let is_small = self.reading.size() <= SMALL_BYTES_MAX as u64;
        if is_small && self.reading.is_longer()? {
            return Err(Difference::Longer.into());
        }
        self.reading.check()?;
        let root = self.sums.root().ok_or(Difference::Written)?;
        report(match self.task.aim {
            Aim::Send => Report::End { id, root },
            Aim::Compare => Report::Same { id, root },
        });
        Ok(Step::Done)
    }

    fn read(&mut self, group: u64, pool: &mut Pool) -> Result<Option<(Cv, Vec<u8>)>, Fault> {
        let len = usize::try_from(self.reading.group_len(group)).unwrap_or(0);
        let Some(mut bytes) = pool.take(len) else {
            return Ok(None);
        };
        if let Err(fault) = self.reading.read(group, &mut bytes) {
            pool.give(bytes);
            return Err(fault);
        }
        let cv = self.sums.data(group, &bytes);
        Ok(Some((cv, bytes)))
    }

    fn tell_group(&mut self, group: u64, cv: Cv, bytes: Vec<u8>, report: &dyn Fn(Report)) {
        self.tell_kept(report);
        let id = self.task.id;
        report(Report::Group {
            id,
            group,
            cv,
            bytes,
        });
    }

    fn tell_holes(&mut self, first: u64, count: u64, report: &dyn Fn(Report)) {
        self.tell_kept(report);
        self.hollow = first..first + count;
        let id = self.task.id;
        report(Report::Holes { id, first, count });
    }

    fn tell_kept(&mut self, report: &dyn Fn(Report)) {
        let id = self.task.id;
        let groups = std::mem::take(&mut self.kept);
        if groups > 0 {
            report(Report::Kept { id, groups });
        }
    }
}
