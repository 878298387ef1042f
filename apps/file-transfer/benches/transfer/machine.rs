//! The machine.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use rustix::fs::{statvfs, syncfs};

/// Free bytes of the file system.
pub(crate) fn free_bytes(directory: &Path) -> u64 {
    let system = statvfs(directory).expect("there");
    system.f_bavail.saturating_mul(system.f_frsize)
}

/// Waits until nothing that was written before is in the way of what comes.
pub(crate) fn settle(directory: &Path) {
    let directory = File::open(directory).expect("there");
    syncfs(&directory).expect("a disk");
}

/// Has so much memory at hand for what will be written.
///
/// A virtual machine may give free memory back to its host after some seconds. Whoever is the first to use it again
/// pays several times what the copying costs, and that should not be one way more than another.
pub(crate) fn warm(bytes: u64) {
    const PAGE_BYTES: usize = 4096;
    let mut memory = vec![0u8; usize::try_from(bytes).expect("a size of memory")];
    memory
        .iter_mut()
        .step_by(PAGE_BYTES)
        .for_each(|byte| *byte = 1);
    std::hint::black_box(&memory);
}

/// Whether this rsync can be told to sync what it writes.
pub(crate) fn rsync_syncs() -> bool {
    let help = Command::new("rsync").arg("--help").output();
    help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--fsync"))
}
