//! From the command line to the exit status.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::fault::{BadValue, complain};
use crate::line::{self, Arguments, Early};

/// Bad usage, as most programs and shells have it.
const USAGE: u8 = 2;

/// The whole of a program's `main`: reads the command line, calls `run` with what it says,
/// tells what went wrong.
///
/// Ends with 0 where `run` succeeds or help or the version was asked for; with 2 for bad
/// usage, be it the command line's or a [`BadValue`] from `run`; with 1 for everything
/// else that fails.
pub fn main<A: Arguments>(run: impl FnOnce(A) -> anyhow::Result<()>) -> ExitCode {
    let args = match line::from_env::<A>() {
        Ok(args) => args,
        Err(early) => return end_early(&early),
    };
    let verbose = args.is_verbose();
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(A::NAME, &error, verbose);
            status(&error)
        }
    }
}

fn end_early(early: &Early) -> ExitCode {
    match early {
        Early::Told(text) => {
            // A pipe that was closed early is no failure.
            let _ = writeln!(io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Early::Usage(text) => {
            let _ = writeln!(io::stderr(), "{text}");
            ExitCode::from(USAGE)
        }
    }
}

fn status(error: &anyhow::Error) -> ExitCode {
    if error.is::<BadValue>() {
        ExitCode::from(USAGE)
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use super::status;
    use crate::fault::refuse;

    #[test]
    fn usage_is_2_and_failure_is_1() {
        let refused = refuse::<()>("--size x: say a number").expect_err("always");
        assert_eq!(status(&refused), ExitCode::from(2));
        assert_eq!(status(&anyhow::anyhow!("no room")), ExitCode::from(1));
    }
}
