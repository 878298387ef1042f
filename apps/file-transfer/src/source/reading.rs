//! One open file, group by group.

use std::fs::File;
use std::io;

use barewire_transfer::tree::{GROUP_BYTES, group_len, groups};

use crate::source::error::Fault;
use crate::source::identity::{Difference, Growth, Identity};
use crate::source::place::Holes;
use crate::source::system;

/// A file that is the one that was offered, as long as nothing here says otherwise.
#[derive(Debug)]
pub(crate) struct Reading {
    file: File,
    offered: Identity,
    growth: Growth,
    holes: Holes,
    /// No data is between these two, the second one aside.
    hole: (u64, u64),
}

impl Reading {
    pub(crate) fn new(file: File, offered: Identity, growth: Growth, holes: Holes) -> Self {
        if groups(offered.size) > 1 {
            system::read_ahead(&file);
        }
        Self {
            file,
            offered,
            growth,
            holes,
            hole: (0, 0),
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.offered.size
    }

    pub(crate) fn groups(&self) -> u64 {
        groups(self.offered.size)
    }

    pub(crate) fn group_len(&self, group: u64) -> u64 {
        group_len(self.offered.size, group)
    }

    /// Fills `bytes` from the beginning of the group on; afterwards the file is still the one that was offered.
    pub(crate) fn read(&self, group: u64, bytes: &mut [u8]) -> Result<(), Fault> {
        let start = group.saturating_mul(GROUP_BYTES);
        let read = read_full(&self.file, bytes, start)?;
        self.check()?;
        if read < bytes.len() {
            return Err(Difference::Ended(start + read as u64).into());
        }
        Ok(())
    }

    /// Whether there is more than the file's size says, as in `/proc`.
    pub(crate) fn is_longer(&self) -> Result<bool, Fault> {
        if self.growth == Growth::Allowed {
            return Ok(false);
        }
        Ok(read_full(&self.file, &mut [0], self.offered.size)? > 0)
    }

    /// Whether it still is the file that was offered, and what it is now.
    pub(crate) fn check(&self) -> Result<Identity, Fault> {
        let now = system::meta(&self.file.metadata()?).identity;
        self.offered.check(&now, self.growth)?;
        Ok(now)
    }

    /// How many of the groups from `first` to `end` are holes without a break.
    pub(crate) fn holes(&mut self, first: u64, end: u64) -> u64 {
        if self.holes == Holes::None {
            return 0;
        }
        let start = first.saturating_mul(GROUP_BYTES);
        let hole_end = self.hole_end(start);
        let whole = match hole_end >= self.offered.size {
            true => self.groups(),
            false => hole_end / GROUP_BYTES,
        };
        whole.min(end).saturating_sub(first)
    }

    /// Where the hole at `offset` ends; `offset` itself where there is data.
    fn hole_end(&mut self, offset: u64) -> u64 {
        let (start, end) = self.hole;
        if !(start..end).contains(&offset) {
            self.hole = (offset, next_data(&self.file, offset, self.offered.size));
        }
        self.hole.1
    }
}

/// How many bytes of the file are in groups that have data.
pub(crate) fn data_bytes(file: &File, size: u64) -> u64 {
    let mut bytes = 0;
    let mut data = next_data(file, 0, size);
    while data < size {
        let group = data / GROUP_BYTES;
        bytes += group_len(size, group);
        let end = (group + 1).saturating_mul(GROUP_BYTES);
        data = next_data(file, end, size);
    }
    bytes
}

fn next_data(file: &File, offset: u64, size: u64) -> u64 {
    system::next_data(file, offset).map_or(size, |data| data.max(offset).min(size))
}

fn read_full(file: &File, bytes: &mut [u8], start: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match system::read_at(file, rest, start.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
