//! The machine.

use std::fs;
use std::path::Path;

use rustix::fs::statvfs;

/// Free bytes of the file system, and of memory, which it may be.
pub(crate) fn free_bytes(directory: &Path) -> usize {
    let system = statvfs(directory).expect("there");
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = available.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
    let memory = kilobytes.map_or(u64::MAX, |kilobytes: u64| kilobytes * 1024);
    usize::try_from(free.min(memory)).unwrap_or(usize::MAX)
}
