//! One file on its way in: which of its groups are where.

use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;

use crate::error::ErrorKind;
use crate::tree::{self, Cv, GROUP_BYTES, Root};

/// Most groups of a file that are asked for again before it is given up; those apart that were there from an earlier
/// try and are wrong.
const REPAIRS_MAX: u64 = 64;

// What is known of a group; a byte each, so that they are zeroed by the page.
/// Nothing has come.
const MISSING: u8 = 0;
/// It is there from an earlier try, as far as a journal knows.
const CLAIMED: u8 = 1;
/// The same, and the end of the file is known: it is being read again.
const CHECKING: u8 = 2;
/// Its data has come, whole.
const RECEIVED: u8 = 3;
/// It was said to be a hole.
const HOLLOW: u8 = 4;
/// Its data is written, and the sender's value of it has not come.
const WRITTEN: u8 = 5;
/// Asked for again.
const WANTED: u8 = 6;
/// Written and right.
const DONE: u8 = 7;
/// Claimed, and not what was claimed when it was read again.
const LOST: u8 = 8;

/// What to do next about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Nothing,
    /// Hash these again: they are there from an earlier try.
    Check(Vec<Range<u64>>),
    /// Ask for these groups again.
    Want(Vec<Range<u64>>),
    /// It is whole and right.
    Verified,
    /// It is wrong, again and again.
    Corrupt,
}

#[derive(Debug)]
pub(crate) struct Incoming {
    id: u32,
    size: u64,
    states: Vec<u8>,
    /// How many groups are in each state.
    counts: [u64; 9],
    cvs: Vec<Cv>,
    /// Where to look for the next group that is missing, and for the next that is claimed.
    missing: u64,
    claimed: u64,
    /// Where the data of the group that has begun goes on.
    within: Option<u64>,
    /// Values from the sender of groups that are not written yet.
    sums: BTreeMap<u64, Cv>,
    root: Option<Root>,
    ends_left: u32,
    repairs: u64,
    checked: bool,
}

impl Incoming {
    /// A file of `size` bytes, some of whose groups are there from an earlier try.
    ///
    /// Takes 33 bytes a group, which the system gives as they are used.
    pub(crate) fn new(id: u32, size: u64, claims: &[(u64, Cv)]) -> Self {
        let groups = usize::try_from(tree::groups(size)).unwrap_or(usize::MAX);
        let mut counts = [0; 9];
        counts[usize::from(MISSING)] = groups as u64;
        let mut incoming = Self {
            id,
            size,
            states: vec![MISSING; groups],
            counts,
            cvs: vec![[0; 32]; groups],
            missing: 0,
            claimed: 0,
            within: None,
            sums: BTreeMap::new(),
            root: None,
            ends_left: 1,
            repairs: 0,
            checked: false,
        };
        for &(group, cv) in claims {
            if incoming.state(group).is_some() {
                incoming.set(group, CLAIMED);
                incoming.cvs[group as usize] = cv;
            }
        }
        incoming
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Whether a group was begun and is not whole yet.
    pub(crate) fn is_within(&self) -> bool {
        self.within.is_some()
    }

    /// Whether the sender has more to say of it.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.ends_left > 0
    }

    pub(crate) fn root(&self) -> Option<Root> {
        self.root
    }

    fn groups(&self) -> u64 {
        self.states.len() as u64
    }

    fn state(&self, group: u64) -> Option<u8> {
        self.states.get(usize::try_from(group).ok()?).copied()
    }

    fn set(&mut self, group: u64, state: u8) {
        // The group was looked up before.
        let before = std::mem::replace(&mut self.states[group as usize], state);
        self.counts[usize::from(before)] -= 1;
        self.counts[usize::from(state)] += 1;
    }

    fn count(&self, state: u8) -> u64 {
        self.counts[usize::from(state)]
    }

    fn misplaced(&self, offset: u64) -> ErrorKind {
        ErrorKind::OutOfPlace {
            id: self.id,
            offset,
        }
    }

    /// Data is announced; whether it may be where it says.
    pub(crate) fn data(&mut self, offset: u64, len: u32) -> Result<(), ErrorKind> {
        let misplaced = self.misplaced(offset);
        let group = offset / GROUP_BYTES;
        let group_end = group.saturating_mul(GROUP_BYTES) + tree::group_len(self.size, group);
        let end = offset.checked_add(u64::from(len));
        let Some(end) = end.filter(|&end| len > 0 && end <= group_end) else {
            return Err(misplaced);
        };
        let begins = offset.is_multiple_of(GROUP_BYTES);
        let fits = match self.within {
            Some(next) => next == offset,
            None => begins && self.take(group),
        };
        if !fits {
            return Err(misplaced);
        }
        if end == group_end {
            self.within = None;
            self.set(group, RECEIVED);
        } else {
            self.within = Some(end);
        }
        Ok(())
    }

    /// Groups are said to be holes; whether they may be.
    pub(crate) fn holes(&mut self, first: u64, count: u64) -> Result<(), ErrorKind> {
        let misplaced = self.misplaced(first.saturating_mul(GROUP_BYTES));
        let end = first.checked_add(count);
        let Some(end) = end.filter(|&end| count > 0 && end <= self.groups()) else {
            return Err(misplaced);
        };
        if self.within.is_some() {
            return Err(misplaced);
        }
        for group in first..end {
            if !self.take(group) {
                return Err(misplaced);
            }
            self.set(group, HOLLOW);
        }
        Ok(())
    }

    /// Whether this group may come now: the next that is missing, then those that were claimed and differ, in order;
    /// one that was asked for again, at any time.
    fn take(&mut self, group: u64) -> bool {
        match self.state(group) {
            Some(WANTED) => true,
            Some(MISSING) => self.next_missing() == Some(group),
            Some(CLAIMED) if self.next_missing().is_none() && group >= self.claimed => {
                self.claimed = group + 1;
                true
            }
            _ => false,
        }
    }

    fn next_missing(&mut self) -> Option<u64> {
        while let Some(state) = self.state(self.missing) {
            if state == MISSING {
                return Some(self.missing);
            }
            self.missing += 1;
        }
        None
    }

    /// The sender's value of a group.
    pub(crate) fn sum(&mut self, group: u64, cv: Cv) -> Result<Step, ErrorKind> {
        let misplaced = self.misplaced(group.saturating_mul(GROUP_BYTES));
        match self.state(group) {
            Some(WRITTEN) => Ok(self.compare(group, cv)),
            Some(RECEIVED) if self.groups() > 1 && !self.sums.contains_key(&group) => {
                self.sums.insert(group, cv);
                Ok(Step::Nothing)
            }
            _ => Err(misplaced),
        }
    }

    /// A group is written, and this is the value of what was written.
    ///
    /// Of a file of one group it is the root.
    pub(crate) fn wrote(&mut self, group: u64, cv: Cv) -> Step {
        let state = self.state(group);
        if !matches!(state, Some(RECEIVED | HOLLOW)) {
            return Step::Nothing;
        }
        self.cvs[group as usize] = cv;
        if state == Some(HOLLOW) || self.groups() == 1 {
            self.set(group, DONE);
            return self.judge();
        }
        match self.sums.remove(&group) {
            Some(sum) => self.compare(group, sum),
            None => {
                self.set(group, WRITTEN);
                Step::Nothing
            }
        }
    }

    fn compare(&mut self, group: u64, sum: Cv) -> Step {
        if self.cvs[group as usize] == sum {
            self.set(group, DONE);
            self.judge()
        } else {
            self.want(group)
        }
    }

    /// A group from an earlier try was read again.
    pub(crate) fn checked(&mut self, group: u64, cv: Option<Cv>) -> Step {
        match self.state(group) {
            Some(CHECKING) if cv == Some(self.cvs[group as usize]) => {
                self.set(group, DONE);
                self.judge()
            }
            Some(CHECKING) => {
                self.set(group, LOST);
                self.judge()
            }
            _ => Step::Nothing,
        }
    }

    fn want(&mut self, group: u64) -> Step {
        if self.repairs == REPAIRS_MAX {
            return Step::Corrupt;
        }
        self.repairs += 1;
        self.ends_left += 1;
        self.set(group, WANTED);
        Step::Want(iter::once(group..group + 1).collect())
    }

    /// What was claimed wrongly, once all else is done: group by group where they are few, else everything from the
    /// first to the last, so that a sender never has to put up with many requests.
    fn want_lost(&mut self) -> Step {
        let lost = self.count(LOST);
        let mut runs = self.runs(LOST);
        if lost <= REPAIRS_MAX - self.repairs {
            self.repairs += lost;
        } else if let (Some(first), Some(last)) = (runs.first(), runs.last()) {
            runs = iter::once(first.start..last.end).collect();
        }
        // No more than `REPAIRS_MAX`.
        self.ends_left += runs.len() as u32;
        for group in runs.iter().cloned().flatten() {
            self.set(group, WANTED);
        }
        Step::Want(runs)
    }

    fn runs(&self, state: u8) -> Vec<Range<u64>> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        for (group, _) in (0..).zip(&self.states).filter(|(_, s)| **s == state) {
            match runs.last_mut() {
                Some(run) if run.end == group => run.end += 1,
                _ => runs.push(group..group + 1),
            }
        }
        runs
    }

    /// The file was thought to be there already and is not: all of it is wanted.
    pub(crate) fn want_all(&mut self) {
        self.states.fill(MISSING);
        self.counts = [0; 9];
        self.counts[usize::from(MISSING)] = self.groups();
        self.checked = true;
        (self.missing, self.claimed) = (0, 0);
        (self.root, self.ends_left) = (None, 1);
    }

    /// The sender has sent all it had to.
    pub(crate) fn end(&mut self, size: u64, root: Root) -> Result<Step, ErrorKind> {
        let id = self.id;
        if self.ends_left == 0 {
            return Err(ErrorKind::IdNotOpen { id });
        }
        if size != self.size || self.root.is_some_and(|known| known != root) {
            return Err(ErrorKind::EndDiffers { id });
        }
        let last = self.ends_left == 1;
        let missing = self.count(MISSING) > 0 || last && self.count(WANTED) > 0;
        if self.within.is_some() || missing || self.lacks_sums() {
            return Err(ErrorKind::EndTooEarly { id });
        }
        self.ends_left -= 1;
        self.root = Some(root);
        if self.checked {
            return Ok(self.judge());
        }
        self.checked = true;
        let claimed = self.runs(CLAIMED);
        if claimed.is_empty() {
            return Ok(self.judge());
        }
        for group in claimed.iter().cloned().flatten() {
            self.set(group, CHECKING);
        }
        Ok(Step::Check(claimed))
    }

    /// Whether there is data whose value the sender has not given.
    fn lacks_sums(&self) -> bool {
        let received = self.count(RECEIVED);
        self.groups() > 1 && (self.count(WRITTEN) > 0 || received > self.sums.len() as u64)
    }

    /// The verdict, once all groups are there and the end has come, once more for each that was asked for again.
    fn judge(&mut self) -> Step {
        let done = self.count(DONE);
        if self.count(LOST) > 0 && done + self.count(LOST) == self.groups() {
            return self.want_lost();
        }
        let whole = self.ends_left == 0 && done == self.groups();
        let Some(root) = self.root.filter(|_| whole) else {
            return Step::Nothing;
        };
        let ours = match self.cvs.as_slice() {
            [] => tree::root_of_small(&[]),
            [root] => Root::from_bytes(*root),
            cvs => match tree::root_of(cvs) {
                Some(root) => root,
                None => return Step::Corrupt,
            },
        };
        if ours == root {
            return Step::Verified;
        }
        // A single group is known to be the wrong one; of several each was right, so that it cannot be said.
        match self.cvs.len() {
            1 => self.want(0),
            _ => Step::Corrupt,
        }
    }
}
