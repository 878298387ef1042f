//! Who was met, and why not.

use std::fmt::{self, Display, Formatter};
use std::net::SocketAddr;

use barewire_transfer::pairing::{Paired, PairingError, PairingErrorKind, Refusal};

use crate::link::{Link, LinkError};

/// Who has come.
#[derive(Debug)]
pub enum Met {
    /// The right one.
    Paired {
        /// The connection to it.
        link: Box<Link>,
        /// The proof.
        paired: Box<Paired>,
    },
    /// Somebody guessed at the code, which is good for nothing any more.
    Guessed {
        /// From where.
        address: SocketAddr,
    },
    /// This one, who was found, has another code. There may be more.
    Wrong {
        /// Where.
        address: SocketAddr,
    },
    /// The other side could not be reached, or was the wrong one, this time.
    Missed {
        /// Where.
        address: SocketAddr,
        /// Why.
        why: Why,
    },
}

/// Why nobody was met.
#[derive(Debug)]
pub enum Why {
    /// There is no connection.
    Unreached(String),
    /// It was lost, or is no channel of ours.
    Link(LinkError),
    /// The pairing failed.
    Pairing(PairingError),
    /// It took too long.
    Late,
}

impl From<LinkError> for Why {
    fn from(error: LinkError) -> Self {
        Self::Link(error)
    }
}

impl Why {
    /// Whether the other side has another code, or had this one.
    #[must_use]
    pub fn is_wrong_code(&self) -> bool {
        let Self::Pairing(error) = self else {
            return false;
        };
        matches!(
            error.kind,
            PairingErrorKind::Refused(Refusal::Code | Refusal::Spent)
        )
    }

    /// Whether the other side does not know the earlier session, so that the code may be of use.
    #[must_use]
    pub fn is_unknown_session(&self) -> bool {
        let Self::Pairing(error) = self else {
            return false;
        };
        matches!(
            error.kind,
            PairingErrorKind::Refused(Refusal::Resume | Refusal::OtherMethod)
                | PairingErrorKind::ResumeRefused
        )
    }
}

impl Display for Why {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreached(reason) => f.write_str(reason),
            Self::Link(error) => Display::fmt(error, f),
            Self::Pairing(error) => Display::fmt(error, f),
            Self::Late => f.write_str("no answer in time"),
        }
    }
}
