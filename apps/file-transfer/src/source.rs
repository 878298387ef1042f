//! The sender's files.
//!
//! [`scan`] looks at what was named and makes an offer of it; [`Worker`] is the thread that reads and hashes what the
//! receiver wants of that.
//!
//! What is sent is what was offered or nothing: each file's device, inode, size and times are taken at the scan and
//! compared when it is opened, after each group and after its last byte. Directories are gone through by descriptors,
//! so that a link put in the place of one meanwhile is not followed.
//!
//! | found in a directory | what becomes of it |
//! |---|---|
//! | files, directories, empty ones too | sent; times in nanoseconds, permissions without set-id and sticky bits |
//! | several names of one file (hard links) | each is sent as a file of its own |
//! | symbolic links | passed over with a note, or sent as links by [`Links::InTree`]; never followed |
//! | named pipes, sockets, devices | passed over with a note; never opened |
//! | unfinished files of our own | passed over with a note |
//! | what cannot be read, names that are not allowed | passed over; [`Why::is_fault`] |
//! | holes | told as such by the MiB (Linux, macOS, FreeBSD, illumos) |
//!
//! A path that was named is followed if it is a link.

mod error;
mod identity;
mod job;
mod place;
mod pool;
mod reading;
mod scan;
mod shown;
mod stream;
mod sums;
mod system;
mod work;
mod worker;

#[cfg(test)]
mod tests;

pub use error::{SourceError, SourceErrorKind, What};
pub use identity::Growth;
pub use job::{Job, Report};
pub use place::Places;
pub use pool::{PIECE_BYTES_MAX, SMALL_BYTES_MAX};
pub use scan::{Links, Scan, ScanError, ScanOptions, Skipped, Why, scan, scan_input};
pub use stream::{Input, standard_input};
pub use worker::{Options, Worker};
