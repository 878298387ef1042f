//! What the reading thread is told, and what it tells.

use std::ops::Range;

use barewire_transfer::tree::{Cv, Root};

use crate::source::error::SourceError;

/// What the thread is to do, one after the other in this order; [`Job::Buffer`] and the last four at once.
#[derive(Debug)]
pub enum Job {
    /// Send groups of a file, or a stream from its beginning to its end.
    ///
    /// First `missing` in order, then those of `claimed` that are not what the receiver says they are. Groups that the
    /// file does not have are passed over. Ends with [`Report::End`] or [`Report::Failed`].
    Send {
        /// Which file.
        id: u32,
        /// What the receiver has nothing of.
        missing: Vec<Range<u64>>,
        /// What the receiver has, and its hash.
        claimed: Vec<(u64, Cv)>,
    },
    /// Send groups again. As [`Job::Send`], with another [`Report::End`].
    Repair {
        /// Which file.
        id: u32,
        /// Which groups.
        groups: Vec<u64>,
    },
    /// Hash a file and send nothing of it. Ends with [`Report::Same`] or [`Report::Failed`].
    Compare {
        /// Which file.
        id: u32,
    },
    /// The bytes of a [`Report::Group`] or [`Report::Piece`] come back, small ones too: at most 8 MiB are lent.
    Buffer(Vec<u8>),
    /// The receiver has all of the file: what was remembered of it may go.
    Forget {
        /// Which file.
        id: u32,
    },
    /// Nothing more of this file. Answered with [`Report::Cancelled`].
    Cancel {
        /// Which file.
        id: u32,
    },
    /// Nothing more of what was asked for so far. What was lent need not come back. Answered with [`Report::Reset`].
    Reset,
    /// The end. Answered with [`Report::Stopped`].
    Stop,
}

/// What the thread has done.
#[derive(Debug)]
pub enum Report {
    /// A group of a file. Give `bytes` back with [`Job::Buffer`].
    Group {
        /// Which file.
        id: u32,
        /// Which group.
        group: u64,
        /// Its chaining value.
        cv: Cv,
        /// All of it.
        bytes: Vec<u8>,
    },
    /// Groups without data.
    Holes {
        /// Which file.
        id: u32,
        /// The first of them.
        first: u64,
        /// How many.
        count: u64,
    },
    /// Groups that the receiver has and that are as it says.
    Kept {
        /// Which file.
        id: u32,
        /// How many more of them.
        groups: u64,
    },
    /// The next bytes of a stream. Give `bytes` back with [`Job::Buffer`].
    Piece {
        /// Which entry.
        id: u32,
        /// How many bytes there were before.
        offset: u64,
        /// At most [`PIECE_BYTES_MAX`](crate::source::PIECE_BYTES_MAX).
        bytes: Vec<u8>,
    },
    /// All that was asked for has been told, and the file was what was offered all the time.
    End {
        /// Which file.
        id: u32,
        /// The hash of the whole.
        root: Root,
    },
    /// The hash of a file that was to be compared.
    Same {
        /// Which file.
        id: u32,
        /// The hash of the whole.
        root: Root,
    },
    /// Nothing more of this file.
    Failed {
        /// Which file.
        id: u32,
        /// Why.
        error: SourceError,
    },
    /// Nothing follows of what was asked for of this file before [`Job::Cancel`].
    Cancelled {
        /// Which file.
        id: u32,
    },
    /// Nothing follows of what was asked for before [`Job::Reset`].
    Reset,
    /// The last report.
    Stopped,
}
