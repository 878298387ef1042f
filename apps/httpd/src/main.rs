//! Serves a directory over HTTP/1.1. See `bw-httpd --help`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use bw_httpd::args::Args;
use bw_httpd::config::Config;
use bw_httpd::run::run;

fn main() -> ExitCode {
    barewire_command::exit::main(|args: Args| Config::try_from(args).and_then(run))
}
