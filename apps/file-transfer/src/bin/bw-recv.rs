//! See `bw-recv --help`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use bw_transfer::args::RecvArgs;

fn main() -> ExitCode {
    barewire_command::exit::main(|args: RecvArgs| bw_transfer::run::receive(args))
}
