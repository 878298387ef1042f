//! Serves a directory over HTTP/1.1. See `bw-httpd --help`.
#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;

use bw_httpd::args::{Args, Early};
use bw_httpd::config::{BadValue, Config};

fn main() -> ExitCode {
    let args = match Args::from_env() {
        Ok(args) => args,
        Err(Early::Told(text)) => {
            // A pipe that was closed early is no failure.
            let _ = writeln!(io::stdout(), "{text}");
            return ExitCode::SUCCESS;
        }
        Err(Early::Usage(text)) => {
            let _ = writeln!(io::stderr(), "{text}");
            return ExitCode::from(2);
        }
    };
    let verbose = args.verbose;
    match Config::try_from(args).and_then(bw_httpd::run::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            bw_httpd::run::complain(&error, verbose);
            if error.is::<BadValue>() {
                ExitCode::from(2)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
