//! From what was typed to what is done.

use std::process::ExitCode;

use crate::args::{Args, Command};
use crate::config::announce::Announce;
use crate::config::find::Find;
use crate::config::listen::Listen;
use crate::config::say::Say;
use crate::{announce, bench, find, listen, say};

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
        Command::Announce(args) => announce::run(Announce::try_from(args)?),
        Command::Find(args) => find::run(Find::try_from(args)?),
        Command::Bench(args) => bench::run(args),
    }
}
