//! What the tests and benchmarks of this workspace share: a built program under a deadline, with all that it says; what
//! processes cost and machines are, for benchmarks; an allocator that counts; tables out of a Markdown page.
//!
//! It is no part of any program, and it knows none: `CARGO_BIN_EXE_*` is set for a program's own tests alone, so these
//! say what to start. Whatever goes wrong in here panics, for that is how a test fails.
#![warn(missing_docs)]

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub mod counting;
#[cfg(target_os = "linux")]
pub mod figures;
#[cfg(target_os = "linux")]
pub mod machine;
pub mod markdown;
pub mod net;
#[cfg(target_os = "linux")]
pub mod process;
mod program;
#[cfg(unix)]
pub mod user;
#[cfg(target_os = "linux")]
pub mod words;

pub use program::{Ended, PATIENCE, Program, objects};

/// A program with nothing to read.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}

/// Asks until there is an answer or the time is over.
pub fn eventually<T>(time: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + time;
    loop {
        if let Some(found) = ask() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(2));
    }
}
