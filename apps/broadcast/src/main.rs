//! See `bw-cast --help`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use bw_cast::args::Args;
use bw_cast::run::run;

fn main() -> ExitCode {
    barewire_command::exit::main(|args: Args| run(args))
}
