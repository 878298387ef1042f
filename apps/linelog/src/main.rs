//! Appends lines from many clients and the terminal to one file. See `bw-log --help`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use bw_log::args::Args;
use bw_log::config::Config;
use bw_log::run::run;

fn main() -> ExitCode {
    barewire_command::exit::main(|args: Args| Config::try_from(args).and_then(run))
}
