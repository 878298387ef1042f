//! The machine.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

/// Finds a program by its name in PATH or where servers are.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())
}

/// What is measured on, and with what.
pub(crate) fn print() {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or_default()
        .trim_start_matches(['\t', ' ', ':']);
    let count = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    println!("{count} × {name}, Linux {}", kernel.trim());
    for (program, flag) in [("ssh", "-V"), ("rsync", "--version")] {
        if let Some(line) = first_line(program, flag) {
            println!("{program}: {line}");
        }
    }
    let _ = io::stdout().flush();
}

fn first_line(program: &str, flag: &str) -> Option<String> {
    let mut command = Command::new(program);
    let output = command.arg(flag).stdin(Stdio::null()).output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    said.lines().next().map(|line| line.trim().to_owned())
}

/// Whether this rsync can be told to sync what it writes.
pub(crate) fn rsync_syncs() -> bool {
    let help = Command::new("rsync").arg("--help").output();
    help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--fsync"))
}
