//! From the command line to the exit status.

use std::error::Error;
use std::io::{self, Write};
use std::process::{ExitCode, Termination};

use crate::fault::{BadValue, Failure, complain};
use crate::line::{self, Arguments, Early};

/// Something failed, and nothing more particular is known.
pub const FAILED: u8 = 1;

/// Bad usage, as most programs and shells have it.
pub const USAGE: u8 = 2;

/// Ended by Ctrl-C before it was done: 128 and the number of the signal, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// The whole of a program's `main`: reads the command line, calls `run` with what it says,
/// tells what went wrong.
///
/// Ends with 0 where help or the version was asked for, and where `run` succeeds with `()`.
/// It may succeed with an [`ExitCode`] instead, such as that of [`INTERRUPTED`], and nothing
/// more is told.
///
/// Ends with 2 for bad usage, be it the command line's or a [`BadValue`] from `run`; with the
/// status of a [`Failure`]; with 1 for everything else that fails. Both are found anywhere
/// among the causes of an error; a [`Failure`] comes before a [`BadValue`], and of several the
/// outermost counts.
///
/// ```no_run
/// # use std::process::ExitCode;
/// #
/// # use barewire_command::line::Arguments;
/// # fn program<Args: Arguments>(ask: fn(Args) -> std::io::Result<Option<bool>>) -> ExitCode {
/// use barewire_command::exit;
/// use barewire_command::fault::Failure;
///
/// /// The other side said no.
/// const REFUSED: u8 = 5;
///
/// exit::main(|args: Args| match ask(args)? {
///     Some(true) => Ok(ExitCode::SUCCESS),
///     Some(false) => Err(Failure::new(REFUSED, "refused by 192.0.2.1; ask there").into()),
///     None => Ok(ExitCode::from(exit::INTERRUPTED)),
/// })
/// # }
/// ```
pub fn main<A, T>(run: impl FnOnce(A) -> anyhow::Result<T>) -> ExitCode
where
    A: Arguments,
    T: Termination,
{
    let args = match line::from_env::<A>() {
        Ok(args) => args,
        Err(early) => return end_early(&early),
    };
    let verbose = args.is_verbose();
    match run(args) {
        Ok(ending) => ending.report(),
        Err(error) => {
            complain(A::NAME, &error, verbose);
            ExitCode::from(status(&error))
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

fn status(error: &anyhow::Error) -> u8 {
    if let Some(failure) = find::<Failure>(error) {
        // Nothing that fails ends with 0.
        failure.status.max(FAILED)
    } else if find::<BadValue>(error).is_some() {
        USAGE
    } else {
        FAILED
    }
}

/// The outermost error of a type among an error and its causes.
fn find<E: Error + Send + Sync + 'static>(error: &anyhow::Error) -> Option<&E> {
    // Contexts are known to anyhow alone, what the innermost error wraps only to the chain.
    let wrapped = || error.chain().find_map(<dyn Error>::downcast_ref);
    error.downcast_ref().or_else(wrapped)
}

#[cfg(test)]
mod tests {
    use std::fmt::{self, Display, Formatter};
    use std::io;

    use anyhow::{Context, anyhow};

    use super::{INTERRUPTED, status};
    use crate::fault::{BadValue, Failure, fail, refuse, with_status};

    #[track_caller]
    fn check(error: &anyhow::Error, expected: u8) {
        assert_eq!(status(error), expected, "{error:?}");
    }

    /// An error of a library's, with what it came from.
    #[derive(Debug)]
    struct Wrapper<E>(E);

    impl<E> Display for Wrapper<E> {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            f.write_str("wrapped")
        }
    }

    impl<E: std::error::Error + 'static> std::error::Error for Wrapper<E> {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    fn refused() -> anyhow::Error {
        refuse::<()>("--size x: say a number").expect_err("always")
    }

    #[test]
    fn usage_is_2_and_failure_is_1() {
        check(&refused(), 2);
        check(&anyhow!("no room"), 1);
        check(&fail("cannot read a", io::Error::other("gone")), 1);
    }

    #[test]
    fn a_failure_has_a_status_of_its_own() {
        check(&Failure::new(5, "refused by the receiver").into(), 5);
        check(&Failure::new(INTERRUPTED, "interrupted").into(), 130);
        check(&with_status(anyhow!("no room"), 28), 28);
        check(&Failure::new(0, "not done").into(), 1);
    }

    #[test]
    fn it_is_found_among_the_causes() {
        let failure = || Failure::new(5, "refused");
        check(&anyhow::Error::new(failure()).context("a").context("b"), 5);
        check(&anyhow!("gone").context(failure()).context("b"), 5);
        check(&Wrapper(failure()).into(), 5);
        check(
            &anyhow::Error::new(Wrapper(Wrapper(failure()))).context("b"),
            5,
        );
        check(&refused().context("in a file"), 2);
        let Ok(value) = refused().downcast::<BadValue>() else {
            panic!("a bad value");
        };
        check(&Wrapper(value).into(), 2);
    }

    #[test]
    fn the_outermost_counts() {
        check(&with_status(refused(), 5), 5);
        let twice = with_status(with_status(anyhow!("gone"), 5).context("b"), 6);
        check(&twice, 6);
        check(
            &with_status(Wrapper(Failure::new(5, "refused")).into(), 6),
            6,
        );
        let inner: anyhow::Result<()> = Err(Failure::new(5, "refused").into());
        check(
            &inner
                .context(Failure::new(6, "gave up"))
                .expect_err("always"),
            6,
        );
    }
}
