//! See `bw-send --help`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use bw_transfer::args::SendArgs;

fn main() -> ExitCode {
    barewire_command::exit::main(|args: SendArgs| bw_transfer::run::send(args))
}
