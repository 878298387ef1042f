//! From what was typed to what is done.

use std::process::ExitCode;

use anyhow::bail;

use crate::args::{Args, Command};
use crate::bench;
use crate::config::listen::Listen;
use crate::config::say::Say;

/// Does it; what it ends with.
///
/// # Errors
///
/// Bad usage, and whatever the command fails with.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Say(args) => drop(Say::try_from(args)?),
        Command::Listen(args) => drop(Listen::try_from(args)?),
        Command::Announce(_) | Command::Find(_) | Command::Wake(_) => {}
        Command::Bench(args) => return bench::run(args),
    }
    bail!("not there yet")
}
