//! What was tried, the system's answer, what to do: in the words of the sockets beneath.

use std::io;

use barewire_reactor::net::SocketError;

/// The system said no.
pub(crate) fn refused(attempt: String, system: io::Error, advice: &'static str) -> io::Error {
    SocketError::new(attempt, system, advice).into()
}

/// The caller asks for what cannot be.
pub(crate) fn senseless(attempt: String, reason: &'static str, advice: &'static str) -> io::Error {
    let error = io::Error::new(io::ErrorKind::InvalidInput, reason);
    refused(attempt, error, advice)
}
