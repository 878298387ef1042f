//! Groups on their way to the disk thread, and the buffers they travel in.

use std::collections::HashMap;

use barewire_transfer::tree::{GROUP_BYTES, Root, group_len, groups, root_of_small};

use crate::store::Job;

/// Groups that are being written, of more than [`SMALL_BYTES`] each.
const LARGE_MAX: usize = 8;

/// Groups that are being written, of any size.
const JOBS_MAX: usize = 1024;

/// What is smaller has a buffer of its own size.
const SMALL_BYTES: usize = 64 << 10;

/// A group that is not whole yet.
#[derive(Debug)]
struct Filling {
    id: u32,
    group: u64,
    /// Of the file; `None` for a stream.
    size: Option<u64>,
    len: usize,
    bytes: Vec<u8>,
}

/// Gathers bytes into groups, with a limit on those that are being written.
#[derive(Debug, Default)]
pub(super) struct Groups {
    filling: Option<Filling>,
    pool: Vec<Vec<u8>>,
    large: usize,
    jobs: usize,
    /// Hashes of files of one group, which have no chaining values.
    small: HashMap<u32, Root>,
}

impl Groups {
    /// Whether nothing more can be taken before something is written.
    pub(super) fn is_full(&self) -> bool {
        let full = self.large >= LARGE_MAX || self.jobs >= JOBS_MAX;
        // What is begun is filled first; but a piece of a stream may end one group and begin the next, again and again.
        (full && self.filling.is_none()) || self.large > LARGE_MAX
    }

    /// Takes bytes, fewer than a group has; the job to write a group, once it is whole. `size` is that of the file, `None`
    /// for a stream.
    pub(super) fn add(
        &mut self,
        (id, offset): (u32, u64),
        size: Option<u64>,
        bytes: &[u8],
    ) -> Option<Job> {
        let (mut rest, mut at, mut whole) = (bytes, offset, None);
        while !rest.is_empty() {
            let filling = self.filling(id, at, size);
            let taken = rest.len().min(filling.len - filling.bytes.len());
            filling.bytes.extend_from_slice(&rest[..taken]);
            rest = &rest[taken..];
            at += taken as u64;
            if filling.bytes.len() == filling.len {
                // There are fewer bytes than a group has.
                whole = self.take();
            }
        }
        whole
    }

    fn filling(&mut self, id: u32, offset: u64, size: Option<u64>) -> &mut Filling {
        let group = offset / GROUP_BYTES;
        let len = size.map_or(GROUP_BYTES, |size| group_len(size, group));
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let (pool, large) = (&mut self.pool, &mut self.large);
        self.filling.get_or_insert_with(|| Filling {
            id,
            group,
            size,
            len,
            bytes: if len > SMALL_BYTES {
                *large += 1;
                let pooled = pool.pop();
                pooled.unwrap_or_else(|| Vec::with_capacity(GROUP_BYTES as usize))
            } else {
                Vec::with_capacity(len)
            },
        })
    }

    /// The job to write what there is of a group, such as the last of a stream.
    pub(super) fn take(&mut self) -> Option<Job> {
        let filling = self.filling.take()?;
        let Filling {
            id, group, bytes, ..
        } = filling;
        if filling.size.is_some_and(|size| groups(size) == 1) {
            self.small.insert(id, root_of_small(&bytes));
        }
        self.jobs += 1;
        Some(Job::Group { id, group, bytes })
    }

    /// Whose group is not whole.
    pub(super) fn unfinished(&self) -> Option<u32> {
        self.filling.as_ref().map(|filling| filling.id)
    }

    /// Drops what there is of a group of this entry.
    pub(super) fn drop_of(&mut self, id: u32) {
        if let Some(filling) = self.filling.take_if(|filling| filling.id == id) {
            self.jobs += 1;
            self.back(filling.bytes);
        }
    }

    /// A group is written, or will not be.
    pub(super) fn back(&mut self, mut buffer: Vec<u8>) {
        self.jobs = self.jobs.saturating_sub(1);
        if buffer.capacity() > SMALL_BYTES {
            self.large = self.large.saturating_sub(1);
            buffer.clear();
            self.pool.push(buffer);
        }
    }

    /// The hash of a file of one group that has been written.
    pub(super) fn root_of_small(&mut self, id: u32) -> Option<Root> {
        self.small.remove(&id)
    }

    /// The one group of a file is a hole.
    pub(super) fn small_hole(&mut self, id: u32, size: u64) {
        let zeros = vec![0; usize::try_from(size).unwrap_or(0)];
        self.small.insert(id, root_of_small(&zeros));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(job: Option<Job>) -> (u32, u64, Vec<u8>) {
        match job {
            Some(Job::Group { id, group, bytes }) => (id, group, bytes),
            other => panic!("no group: {other:?}"),
        }
    }

    #[test]
    fn pieces_become_a_group() {
        let mut groups = Groups::default();
        assert!(groups.add((3, 0), Some(5), b"ab").is_none());
        assert_eq!(groups.unfinished(), Some(3));
        let (id, group, bytes) = written(groups.add((3, 2), Some(5), b"cde"));
        assert_eq!((id, group, bytes.as_slice()), (3, 0, b"abcde".as_slice()));
        assert_eq!(groups.root_of_small(3), Some(root_of_small(b"abcde")));
        assert_eq!(groups.unfinished(), None);
    }

    #[test]
    fn eight_large_ones_are_under_way_and_no_more() {
        let mut groups = Groups::default();
        let size = 20 * GROUP_BYTES;
        let bytes = vec![7; GROUP_BYTES as usize];
        let mut under_way = Vec::new();
        for group in 0..8 {
            assert!(!groups.is_full());
            let job = groups.add((0, group * GROUP_BYTES), Some(size), &bytes);
            under_way.push(written(job).2);
        }
        assert!(groups.is_full());
        groups.back(under_way.remove(0));
        assert!(!groups.is_full());
        groups.add((0, 8 * GROUP_BYTES), Some(size), b"7");
        // One that is begun has its buffer.
        assert!(!groups.is_full());
        groups.drop_of(0);
        assert!(!groups.is_full());
    }
}
