//! How fast datagrams go, and what becomes of them.
//!
//! [`wire`] is what is sent. [`pacer`] says when, [`window`] and [`jitter`] keep account, [`hearing`] is what a receiver
//! does about sessions; none of them knows a socket.

pub mod hearing;
pub mod jitter;
pub mod pacer;
pub mod window;
pub mod wire;

use std::process::ExitCode;

use anyhow::bail;

use crate::args::bench::BenchArgs;

/// Measures.
///
/// # Errors
///
/// Always: there is nothing to measure with yet.
pub fn run(_args: BenchArgs) -> anyhow::Result<ExitCode> {
    bail!("bench is not there yet")
}
