//! In which order.

use std::cmp::Ordering;
use std::ffi::OsStr;

use crate::root::{EntryKind, ListedEntry};

/// What the entries are sorted by; directories stand before files in each case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    /// By name, letters of either case together, numbers by value (`b2` before `B10`).
    #[default]
    Name,
    /// By size; directories by name.
    Size,
    /// By last change.
    Modified,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// `a`, the smallest, the oldest.
    #[default]
    Ascending,
    /// `z`, the largest, the newest.
    Descending,
}

/// How a listing is sorted, as its query says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// `sort=name`, `size` or `modified`.
    pub key: SortKey,
    /// `order=asc` or `desc`.
    pub order: Order,
}

impl Sort {
    /// Reads `sort` and `order` out of a query. What is not known leaves the default.
    #[must_use]
    pub fn from_query(query: Option<&[u8]>) -> Self {
        let mut sort = Self::default();
        for pair in query.unwrap_or_default().split(|&byte| byte == b'&') {
            match pair {
                b"sort=name" => sort.key = SortKey::Name,
                b"sort=size" => sort.key = SortKey::Size,
                b"sort=modified" => sort.key = SortKey::Modified,
                b"order=asc" => sort.order = Order::Ascending,
                b"order=desc" => sort.order = Order::Descending,
                _ => {}
            }
        }
        sort
    }

    pub(super) fn apply(self, entries: &mut [ListedEntry]) {
        entries.sort_unstable_by(|one, two| {
            let files_last = |entry: &ListedEntry| entry.kind == EntryKind::File;
            files_last(one)
                .cmp(&files_last(two))
                .then_with(|| self.compare(one, two))
                .then_with(|| natural(&one.name, &two.name))
        });
    }

    fn compare(self, one: &ListedEntry, two: &ListedEntry) -> Ordering {
        let ascending = match (self.key, one.kind) {
            (SortKey::Size, EntryKind::Directory) => return Ordering::Equal,
            (SortKey::Size, EntryKind::File) => one.size.cmp(&two.size),
            (SortKey::Name, _) => natural(&one.name, &two.name),
            (SortKey::Modified, _) => one.modified.cmp(&two.modified),
        };
        match self.order {
            Order::Ascending => ascending,
            Order::Descending => ascending.reverse(),
        }
    }
}

/// Letters of either case together, runs of digits by value; bytes decide what is left.
pub(super) fn natural(one: &OsStr, two: &OsStr) -> Ordering {
    let (mut left, mut right) = (one.as_encoded_bytes(), two.as_encoded_bytes());
    while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right) {
        let order = if first.is_ascii_digit() && second.is_ascii_digit() {
            let (left_number, left_after) = split_number(left);
            let (right_number, right_after) = split_number(right);
            (left, right) = (left_after, right_after);
            let by_length = left_number.len().cmp(&right_number.len());
            by_length.then_with(|| left_number.cmp(right_number))
        } else {
            (left, right) = (left_rest, right_rest);
            first.to_ascii_lowercase().cmp(&second.to_ascii_lowercase())
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| one.cmp(two))
}

/// The digits at the front, without leading zeros, and what follows them.
fn split_number(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit());
    let (digits, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    (&digits[zeros..], rest)
}
