//! What each system calls things.

use std::fs::{File, Metadata, OpenOptions};
use std::path::Path;

#[cfg(unix)]
pub(super) fn appending() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;

    let mut options = OpenOptions::new();
    // A FIFO that took the file's place must not make us wait, nor a terminal become ours.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    options.read(true).append(true).create(true).mode(0o640);
    options.custom_flags(flags.bits().cast_signed());
    options
}

#[cfg(not(unix))]
pub(super) fn appending() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    options
}

/// So that a new file's name is as safe as its content; where it cannot be, the name is the
/// system's business.
#[cfg(unix)]
pub(super) fn sync_directory_of(path: &Path) {
    if let Ok(directory) = File::open(super::place::directory_of(path)) {
        let _ = directory.sync_all();
    }
}

#[cfg(not(unix))]
pub(super) fn sync_directory_of(_: &Path) {}

#[cfg(unix)]
pub(super) fn links(meta: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(meta)
}

#[cfg(not(unix))]
pub(super) fn links(_: &Metadata) -> u64 {
    1
}

/// Whether both are the same file on disk. Not known on Windows: taken for another one, so that
/// reopening without a move, while the disk refuses, may leave a part of a record behind.
#[cfg(unix)]
pub(super) fn is_same(one: &File, other: &File) -> bool {
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) => is_same_meta(&one, &other),
        _ => false,
    }
}

#[cfg(not(unix))]
pub(super) fn is_same(_: &File, _: &File) -> bool {
    false
}

#[cfg(unix)]
pub(crate) fn is_same_meta(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    (one.dev(), one.ino()) == (other.dev(), other.ino())
}
