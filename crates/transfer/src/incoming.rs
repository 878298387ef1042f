//! One file on its way in: which of its groups are where.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::error::ErrorKind;
use crate::tree::{self, Cv, GROUP_BYTES, Root};

/// Most groups of a file that are asked for again before it is given up.
const REPAIRS_MAX: u32 = 64;

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

/// What to do next about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Nothing,
    /// Hash these again: they are there from an earlier try.
    Check(Vec<Range<u64>>),
    /// Ask for this group again.
    Want(u64),
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
    cvs: Vec<Cv>,
    done: u64,
    /// Where to look for the next group that is missing, and for the next that is claimed.
    missing: u64,
    claimed: u64,
    /// Where the data of the group that has begun goes on.
    within: Option<u64>,
    /// Values from the sender of groups that are not written yet.
    sums: BTreeMap<u64, Cv>,
    root: Option<Root>,
    ends_left: u32,
    repairs: u32,
    checked: bool,
}

impl Incoming {
    /// A file of `size` bytes, some of whose groups are there from an earlier try.
    ///
    /// Takes 33 bytes a group, which the system gives as they are used.
    pub(crate) fn new(id: u32, size: u64, claims: &[(u64, Cv)]) -> Self {
        let groups = usize::try_from(tree::groups(size)).unwrap_or(usize::MAX);
        let mut states = vec![MISSING; groups];
        let mut cvs = vec![[0; 32]; groups];
        for &(group, cv) in claims {
            let group = usize::try_from(group).unwrap_or(usize::MAX);
            if group < groups {
                states[group] = CLAIMED;
                cvs[group] = cv;
            }
        }
        Self {
            id,
            size,
            states,
            cvs,
            done: 0,
            missing: 0,
            claimed: 0,
            within: None,
            sums: BTreeMap::new(),
            root: None,
            ends_left: 1,
            repairs: 0,
            checked: false,
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
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
        self.states[group as usize] = state;
        self.done += u64::from(state == DONE);
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
            Some(CHECKING) => self.want(group),
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
        Step::Want(group)
    }

    /// The file was thought to be there already and is not: all of it is wanted.
    pub(crate) fn want_all(&mut self) {
        self.states.fill(MISSING);
        self.checked = true;
        (self.done, self.missing, self.claimed) = (0, 0, 0);
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
        if self.within.is_some() || self.next_missing().is_some() {
            return Err(ErrorKind::EndTooEarly { id });
        }
        self.ends_left -= 1;
        self.root = Some(root);
        if self.checked {
            return Ok(self.judge());
        }
        self.checked = true;
        let claimed = self.start_checking();
        if claimed.is_empty() {
            Ok(self.judge())
        } else {
            Ok(Step::Check(claimed))
        }
    }

    fn start_checking(&mut self) -> Vec<Range<u64>> {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for (group, state) in (0..).zip(&mut self.states) {
            if *state != CLAIMED {
                continue;
            }
            *state = CHECKING;
            match ranges.last_mut() {
                Some(range) if range.end == group => range.end += 1,
                _ => ranges.push(group..group + 1),
            }
        }
        ranges
    }

    /// The verdict, once all groups are there and the end has come, once more for each that was asked for again.
    fn judge(&mut self) -> Step {
        let whole = self.ends_left == 0 && self.done == self.groups();
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
            1 => {
                self.done = 0;
                self.want(0)
            }
            _ => Step::Corrupt,
        }
    }
}
