//! The one error of this crate: what was tried, the system's answer, what to do.

use std::error::Error;
use std::fmt;
use std::io;

/// What was asked of the system, and its answer.
///
/// It travels inside an [`io::Error`] of the same kind, like the reactor's
/// [`SocketError`](barewire_reactor::net::SocketError): [`io::Error::downcast`] finds it there.
#[derive(Debug)]
pub struct LanError {
    attempt: String,
    system: io::Error,
    advice: &'static str,
}

impl LanError {
    /// The system's own error, with its number if there is one.
    #[must_use]
    pub const fn system(&self) -> &io::Error {
        &self.system
    }
}

impl fmt::Display for LanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = reason(&self.system);
        write!(f, "cannot {}: {reason}; {}", self.attempt, self.advice)
    }
}

impl Error for LanError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.system)
    }
}

/// The system said no.
pub(crate) fn refused(attempt: String, system: io::Error, advice: &'static str) -> io::Error {
    let kind = system.kind();
    let error = LanError {
        attempt,
        system,
        advice,
    };
    io::Error::new(kind, error)
}

/// The caller asks for what cannot be.
pub(crate) fn senseless(attempt: String, reason: &'static str, advice: &'static str) -> io::Error {
    let error = io::Error::new(io::ErrorKind::InvalidInput, reason);
    refused(attempt, error, advice)
}

/// The system's text in the style of the others: without number, capital or full stop.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text
        .rsplit_once(" (os error ")
        .map_or(text.as_str(), |(text, _number)| text);
    let mut chars = text.trim_end_matches('.').chars();
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
            "join nothing".to_owned(),
            "It is nothing.",
            "join something",
        );
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(
            error.to_string(),
            "cannot join nothing: it is nothing; join something"
        );
    }

    #[test]
    fn the_system_answers_for_itself_within() {
        let error = refused(
            "do it".to_owned(),
            io::Error::from_raw_os_error(13),
            "do not",
        );
        assert!(!error.to_string().contains("os error"), "{error}");
        let error: LanError = error.downcast().unwrap();
        assert_eq!(error.system().raw_os_error(), Some(13));
    }
}
