//! Many clients at once: `cargo bench -p bw-log`.
//!
//! - `mixed`: 8 clients send 40,000 lines each, of lengths and in writes drawn from a fixed seed,
//!   the same to this program, ncat and socat. What counts is how many are found whole.
//! - `flood`: lines of 64 bytes as fast as 8, 2 and 1 clients can send them.
//! - `idle`: one busy client alone, and among 1,000 that say nothing.
//! - `calls`: system calls a line, as strace counts them.
//!
//! Every file is read back: of this program's the numbers have to be without a hole and each text
//! the one that was sent, in order. Clients and servers share the processors, as they come.
//! Processor time is the server's and its children's, from `/proc/PID/stat`.
//!
//! `cargo bench -p bw-log -- [--lines N] [--seconds N] [--rounds N] [--idle N] [--dir DIR]
//! [--only CASE]`. `mixed` writes to a temporary directory, so that a sync means something; the
//! others to DIR, by default `/dev/shm` where there is one. Programs that are not installed are
//! left out, with a line. Without `--bench` small runs check that what is measured is right.

#[cfg(target_os = "linux")]
#[path = "load/calls.rs"]
mod calls;
#[cfg(target_os = "linux")]
#[path = "load/cases.rs"]
mod cases;
#[cfg(target_os = "linux")]
#[path = "load/check.rs"]
mod check;
#[cfg(target_os = "linux")]
#[path = "load/input.rs"]
mod input;
#[cfg(target_os = "linux")]
#[path = "load/machine.rs"]
mod machine;
#[cfg(target_os = "linux")]
#[path = "load/mixed.rs"]
mod mixed;
#[cfg(target_os = "linux")]
#[path = "load/send.rs"]
mod send;
#[cfg(target_os = "linux")]
#[path = "load/server.rs"]
mod server;

#[cfg(target_os = "linux")]
fn main() {
    use barewire_proving::words::Words;
    use cases::Options;

    let options = Words::of("bw-log").map_or_else(Options::check, Options::read);
    cases::run(&options);
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("this benchmark reads /proc, which is Linux's");
}
