//! From what was typed to what is done.

use std::process::ExitCode;

use anyhow::bail;

use crate::args::{Args, Command};
use crate::config::listen::Listen;
use crate::config::say::Say;
use crate::{bench, listen, say};

/// Nobody was heard within the time that there was.
pub(crate) const NOBODY: u8 = 7;

/// Does it; what it ends with.
///
/// # Errors
///
/// Bad usage, and whatever the command fails with.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Say(args) => say::run(Say::try_from(args)?),
        Command::Listen(args) => listen::run(Listen::try_from(args)?),
        Command::Wake(args) => say::run(Say::try_from(args)?),
        Command::Announce(_) | Command::Find(_) => bail!("not there yet"),
        Command::Bench(args) => bench::run(args),
    }
}
