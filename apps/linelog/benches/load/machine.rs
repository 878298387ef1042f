//! The machine.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use rustix::fs::statvfs;
use rustix::process::{Resource, getrlimit, setrlimit};

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

/// As many descriptors as may be had.
pub(crate) fn raise_descriptor_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
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
    for (program, flag) in [("ncat", "--version"), ("socat", "-V"), ("strace", "-V")] {
        let Ok(output) = Command::new(program).arg(flag).output() else {
            continue;
        };
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let line = said
            .lines()
            .find(|line| line.to_lowercase().contains("version"));
        println!("{program}: {}", line.unwrap_or_default().trim());
    }
    let _ = io::stdout().flush();
}
