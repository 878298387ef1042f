//! Files from one side to the other on loopback: `cargo bench -p bw-transfer`.
//!
//! - `one`: a file of 1 GiB by this pair, scp and rsync, the latter to its daemon in clear and over ssh.
//! - `many`: 10,000 files of 1 KiB by the same.
//! - `memory`: most memory that either side had at once, for a large file and a stream as large.
//! - `start`: a file of one byte, from the start of the first program to the end of the last.
//! - `resume`: how long after a crash of both sides new data arrives.
//!
//! Everything that arrives is compared with what was sent, byte for byte. The others' servers are this benchmark's own,
//! on free ports of 127.0.0.1 with keys made for the run, and run already when the time begins; of this pair both
//! programs are started within it. Processor time is that of all processes of a side, from `/proc/PID/stat`. All run
//! once a round, in turn; what is shown is the median. What earlier runs wrote is on the disk before the next begins.
//!
//! `cargo bench -p bw-transfer -- [--size BYTES] [--large BYTES] [--files N] [--rounds N] [--dir DIR] [--only CASE]`.
//! Programs that are not installed are left out, with a line. Without `--bench` small runs check that what is measured
//! is right.

#[cfg(target_os = "linux")]
#[path = "transfer/cases.rs"]
mod cases;
#[cfg(target_os = "linux")]
#[path = "transfer/crash.rs"]
mod crash;
#[cfg(target_os = "linux")]
#[path = "transfer/data.rs"]
mod data;
#[cfg(target_os = "linux")]
#[path = "transfer/machine.rs"]
mod machine;
#[cfg(target_os = "linux")]
#[path = "transfer/memory.rs"]
mod memory;
#[cfg(target_os = "linux")]
#[path = "transfer/options.rs"]
mod options;
#[cfg(target_os = "linux")]
#[path = "transfer/pair.rs"]
mod pair;
#[cfg(target_os = "linux")]
#[path = "transfer/process.rs"]
mod process;
#[cfg(target_os = "linux")]
#[path = "transfer/servers.rs"]
mod servers;
#[cfg(target_os = "linux")]
#[path = "transfer/start.rs"]
mod start;
#[cfg(target_os = "linux")]
#[path = "transfer/ways.rs"]
mod ways;

#[cfg(target_os = "linux")]
fn main() {
    use barewire_proving::words::Words;
    use options::Options;

    let options = Words::of("bw-transfer").map_or_else(Options::check, Options::read);
    cases::run(&options);
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("this benchmark reads /proc, which is Linux's");
}
