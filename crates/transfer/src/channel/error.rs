use std::fmt::{self, Display, Formatter};

use rustls::{AlertDescription, Error, PeerIncompatible};

use super::HANDSHAKE_BYTES_MAX;

/// What is wrong with the other side's bytes, or with them by the time they came here.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelError {
    /// The rule that was broken.
    pub kind: ChannelErrorKind,
    source: Option<Error>,
}

/// The ways in which a channel can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelErrorKind {
    /// The first bytes are not those of TLS.
    NotTls(Speaks),
    /// TLS, but not for this protocol, or not of a kind that this protocol allows.
    OtherProtocol,
    /// A handshake of more than [`HANDSHAKE_BYTES_MAX`].
    HandshakeTooLong,
    /// A record that is not as it was sent, or was not sent by the other side.
    Tampered,
    /// The other side gave up, by an alert.
    Alert,
    /// Anything else that TLS forbids.
    Violation,
    /// The system has no random numbers.
    System,
}

/// What somebody speaks who does not speak TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Speaks {
    /// HTTP.
    Http,
    /// SSH.
    Ssh,
    /// Something that is not known here.
    Other,
}

impl ChannelError {
    pub(super) fn tls(error: Error) -> Self {
        Self {
            kind: kind(&error),
            source: Some(error),
        }
    }

    pub(super) fn system(error: Error) -> Self {
        Self {
            kind: ChannelErrorKind::System,
            source: Some(error),
        }
    }
}

impl From<ChannelErrorKind> for ChannelError {
    fn from(kind: ChannelErrorKind) -> Self {
        Self { kind, source: None }
    }
}

fn kind(error: &Error) -> ChannelErrorKind {
    use AlertDescription as Alert;
    match error {
        Error::NoApplicationProtocol
        | Error::AlertReceived(
            Alert::NoApplicationProtocol
            | Alert::ProtocolVersion
            | Alert::HandshakeFailure
            | Alert::UnsupportedCertificate
            | Alert::UnrecognisedName,
        ) => ChannelErrorKind::OtherProtocol,
        Error::PeerIncompatible(PeerIncompatible::ServerRejectedEncryptedClientHello(_)) => {
            ChannelErrorKind::Violation
        }
        Error::PeerIncompatible(_) => ChannelErrorKind::OtherProtocol,
        Error::DecryptError | Error::AlertReceived(Alert::BadRecordMac | Alert::DecryptError) => {
            ChannelErrorKind::Tampered
        }
        Error::AlertReceived(_) => ChannelErrorKind::Alert,
        Error::FailedToGetRandomBytes => ChannelErrorKind::System,
        _ => ChannelErrorKind::Violation,
    }
}

impl Display for ChannelError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (&self.kind, &self.source) {
            // What TLS has to say is about TLS, and of no use where the other side speaks something else.
            (
                ChannelErrorKind::Violation | ChannelErrorKind::Alert | ChannelErrorKind::System,
                Some(source),
            ) => {
                write!(f, "{}: {source}", self.kind)
            }
            (kind, _) => Display::fmt(kind, f),
        }
    }
}

impl Display for ChannelErrorKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTls(Speaks::Http) => {
                f.write_str("the other side speaks HTTP, not a file transfer")
            }
            Self::NotTls(Speaks::Ssh) => {
                f.write_str("the other side speaks SSH, not a file transfer")
            }
            Self::NotTls(Speaks::Other) => f.write_str("the other side does not speak TLS"),
            Self::OtherProtocol => {
                f.write_str("the other side speaks TLS, but not for a file transfer")
            }
            Self::HandshakeTooLong => {
                write!(f, "TLS handshake longer than {HANDSHAKE_BYTES_MAX} bytes")
            }
            Self::Tampered => {
                f.write_str("the connection was tampered with: a record is not as it was sent")
            }
            Self::Alert => f.write_str("the other side gave up"),
            Self::Violation => f.write_str("the other side broke the rules of TLS"),
            Self::System => f.write_str("no encrypted channel can be made here"),
        }
    }
}

impl std::error::Error for ChannelError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
