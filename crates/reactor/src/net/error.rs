//! The one error of this module: what was tried, the system's answer, what to do.

use std::error::Error;
use std::fmt;
use std::io;

/// What was asked of the system for a socket, and its answer.
///
/// It travels inside an [`io::Error`] of the same kind. [`io::Error::downcast`] or
/// [`get_ref`](io::Error::get_ref) find it there, for programs that need the error number:
///
/// ```
/// use barewire_reactor::net::{SocketError, TcpListen};
///
/// # fn main() -> std::io::Result<()> {
/// let taken = TcpListen::new().bind(([127, 0, 0, 1], 0).into())?;
/// let error = TcpListen::new().bind(taken.local_addr()?).expect_err("it is taken");
/// assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
/// let error: SocketError = error.downcast().expect("from this module");
/// assert!(error.system().raw_os_error().is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SocketError {
    attempt: String,
    system: io::Error,
    advice: &'static str,
}

impl SocketError {
    /// For crates that build on these sockets and have something of the same kind to say: `cannot ATTEMPT: SYSTEM; ADVICE`.
    #[must_use]
    pub const fn new(attempt: String, system: io::Error, advice: &'static str) -> Self {
        Self {
            attempt,
            system,
            advice,
        }
    }

    /// The system's own error, with its number if there is one.
    #[must_use]
    pub const fn system(&self) -> &io::Error {
        &self.system
    }

    /// The system's own error, for a program that has words of its own for what it tried.
    #[must_use]
    pub fn into_system(self) -> io::Error {
        self.system
    }

    /// The system's own error beneath one of this module; any other error as it is.
    #[must_use]
    pub fn system_of(error: io::Error) -> io::Error {
        error
            .downcast()
            .map_or_else(|other| other, Self::into_system)
    }
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = reason(&self.system);
        write!(f, "cannot {}: {reason}; {}", self.attempt, self.advice)
    }
}

impl Error for SocketError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.system)
    }
}

impl From<SocketError> for io::Error {
    fn from(error: SocketError) -> Self {
        Self::new(error.system.kind(), error)
    }
}

/// The system said no.
pub(super) fn refused(attempt: String, system: io::Error, advice: &'static str) -> io::Error {
    SocketError::new(attempt, system, advice).into()
}

/// The caller asks for what cannot be.
pub(super) fn senseless(attempt: String, reason: &'static str, advice: &'static str) -> io::Error {
    let error = io::Error::new(io::ErrorKind::InvalidInput, reason);
    refused(attempt, error, advice)
}

/// What a system that has no such option would say.
#[cfg_attr(
    any(target_os = "linux", target_os = "android", target_vendor = "apple"),
    allow(dead_code, reason = "these have every option of this module")
)]
pub(super) fn missing() -> io::Error {
    let reason = format!("{} has no such option", std::env::consts::OS);
    io::Error::new(io::ErrorKind::Unsupported, reason)
}

/// The system's text in the style of the others: without number, capital or full stop.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = match text.rsplit_once(" (os error ") {
        Some((text, _number)) => text,
        None => &text,
    };
    let text = text.trim_end_matches('.');
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_says_what_why_and_what_to_do() {
        let error = senseless(
            "bind nothing".to_owned(),
            "It is nothing.",
            "bind something",
        );
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(
            error.to_string(),
            "cannot bind nothing: it is nothing; bind something"
        );
    }

    #[test]
    fn the_system_answers_for_itself_within() {
        let system = io::Error::from_raw_os_error(13);
        let kind = system.kind();
        let error = refused("do it".to_owned(), system, "do not");
        assert_eq!(error.kind(), kind);
        let within = error.get_ref().unwrap();
        assert!(!within.to_string().contains("os error"), "{within}");
        let source = within.source().unwrap();
        let source = source.downcast_ref::<io::Error>().unwrap();
        assert_eq!(source.raw_os_error(), Some(13));
        let error: SocketError = error.downcast().unwrap();
        assert_eq!(error.system().raw_os_error(), Some(13));
    }

    #[test]
    fn a_missing_option_is_unsupported() {
        let attempt = "set SO_X to on for [::]:0".to_owned();
        let error = refused(attempt, missing(), "leave it off");
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        let text = format!(
            "cannot set SO_X to on for [::]:0: {} has no such option; leave it off",
            std::env::consts::OS
        );
        assert_eq!(error.to_string(), text);
    }
}
