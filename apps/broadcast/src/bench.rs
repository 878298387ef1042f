//! How fast datagrams go, and what becomes of them: `bw-cast bench send` and `bw-cast bench recv`.
//!
//! [`wire`] is what is sent. [`pacer`] says when, [`offload`] sends and receives many datagrams with one call,
//! [`window`] and [`jitter`] keep account, [`hearing`] is what a receiver does about sessions; none of the latter
//! knows a socket. [`mod@send`] and [`mod@recv`] join them to one each, and [`report`] has the words.

pub mod config;
pub mod drops;
pub mod hearing;
pub mod jitter;
pub mod offload;
pub mod pacer;
pub mod recv;
pub mod report;
pub mod send;
pub mod window;
pub mod wire;

use std::process::ExitCode;

use crate::args::bench::{BenchArgs, BenchEnd};

/// Measures, and tells the result on standard output.
///
/// # Errors
///
/// What was typed, a socket that cannot be had, a loop that fails, and a [`Failure`](barewire_command::fault::Failure)
/// of status 7 where nobody was heard within the time allowed, or nobody is there.
pub fn run(args: BenchArgs) -> anyhow::Result<ExitCode> {
    match args.end {
        BenchEnd::Send(args) => send::run(&args.try_into()?),
        BenchEnd::Recv(args) => recv::run(&args.try_into()?),
    }
}
