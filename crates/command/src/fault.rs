//! What went wrong, in the words of all programs: lowercase, one line, no full stop, and
//! what to do at the end.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};

/// A value that no flag takes: bad usage, and not a failure.
///
/// [`refuse`] makes it; a program that returns it ends with 2.
#[derive(Debug)]
pub struct BadValue(String);

impl Display for BadValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadValue {}

/// Refuses a value: `--threads 0: say a number from 1 to 256`.
///
/// # Errors
///
/// Always, with a [`BadValue`] of that text.
pub fn refuse<T>(text: impl Into<String>) -> anyhow::Result<T> {
    Err(BadValue(text.into()).into())
}

/// A failure that ends a program with a status of its own.
///
/// It may be the error itself or the context of another, which then is its cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the program ends with. 0 would pass for success; [`exit::main`](crate::exit::main)
    /// makes it 1.
    pub status: u8,
    /// What is told, without the causes.
    pub text: String,
}

impl Failure {
    /// A failure of that status and text.
    pub fn new(status: u8, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { status, text }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

/// Gives an error a status that the program ends with. What is told stays the same.
#[must_use]
pub fn with_status(error: anyhow::Error, status: u8) -> anyhow::Error {
    let text = error.to_string();
    error.context(Failure { status, text })
}

/// What could not be done, and the system's words for why: `cannot open a.log: is a directory`.
///
/// The system's error is its cause.
#[must_use]
pub fn fail(what: &str, error: io::Error) -> anyhow::Error {
    let text = format!("{what}: {}", reason(&error));
    anyhow::Error::new(error).context(text)
}

/// The system's own words, as part of a sentence: `no such file or directory`.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    // Windows speaks in sentences.
    let text = text.trim_end_matches('.');
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// Tells an error on standard error, under the name of the program; its causes too where
/// `verbose`.
pub fn complain(program: &str, error: &anyhow::Error, verbose: bool) {
    // A closed standard error leaves nobody to tell.
    let _ = io::stderr().write_all(complaint(program, error, verbose).as_bytes());
}

fn complaint(program: &str, error: &anyhow::Error, verbose: bool) -> String {
    let mut text = format!("{program}: {error}\n");
    if verbose {
        let mut told = error.to_string();
        for cause in error.chain().skip(1).map(ToString::to_string) {
            // What was only given a status is not its own cause.
            if cause != told {
                text.push_str(&format!("  because: {cause}\n"));
                told = cause;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{BadValue, Failure, complaint, fail, reason, refuse, with_status};

    #[track_caller]
    fn check_reason(error: &io::Error, expected: &str) {
        assert_eq!(reason(error), expected);
    }

    #[test]
    fn a_reason_fits_into_a_sentence() {
        #[cfg(unix)]
        check_reason(
            &io::Error::from_raw_os_error(2),
            "no such file or directory",
        );
        check_reason(
            &io::Error::other("The system cannot find the path specified. (os error 3)"),
            "the system cannot find the path specified",
        );
        check_reason(
            &io::Error::other("invalid port value"),
            "invalid port value",
        );
        check_reason(&io::Error::other(""), "");
    }

    #[test]
    fn a_refused_value_is_known_by_its_type() {
        let error = refuse::<()>("--size x: say a number").expect_err("always");
        assert_eq!(error.to_string(), "--size x: say a number");
        assert!(error.is::<BadValue>());
        assert!(error.context("in a file").is::<BadValue>());
    }

    #[test]
    fn a_status_changes_nothing_that_is_told() {
        let gone = || fail("cannot read a.log", io::Error::other("Gone."));
        let error = with_status(gone(), 5);
        assert_eq!(error.downcast_ref::<Failure>().map(|f| f.status), Some(5));
        assert!(error.is::<io::Error>());
        for verbose in [false, true] {
            let expected = complaint("keep", &gone(), verbose);
            assert_eq!(complaint("keep", &error, verbose), expected);
        }
    }

    #[test]
    fn causes_are_told_where_they_are_wanted() {
        let error = fail(
            "cannot read a.log",
            io::Error::other("Gone. (os error 999)"),
        );
        assert_eq!(
            complaint("keep", &error, false),
            "keep: cannot read a.log: gone\n"
        );
        assert_eq!(
            complaint("keep", &error, true),
            "keep: cannot read a.log: gone\n  because: Gone. (os error 999)\n"
        );
    }
}
