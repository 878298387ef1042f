use std::fmt::{self, Display, Formatter};

use super::{Method, Part, Side};

/// Why two sides were not paired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairingError {
    /// The rule that was broken.
    pub kind: PairingErrorKind,
    burns_code: bool,
}

impl PairingError {
    pub(super) fn new(kind: PairingErrorKind, burns_code: bool) -> Self {
        Self { kind, burns_code }
    }

    /// Whether this was a guess at the code, or may have been one, so that the code must not be used again.
    ///
    /// For an issuer it was a wrong confirmation. An enterer shows its own confirmation first; if nothing proper
    /// follows, the other side may have been an impostor who has tried one guess by it.
    #[must_use]
    pub fn burns_code(&self) -> bool {
        self.burns_code
    }
}

/// The ways in which a pairing can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PairingErrorKind {
    /// The first bytes are not those of this protocol.
    NotBarewire,
    /// No version is known to both.
    Version {
        /// Oldest and newest here.
        ours: (u8, u8),
        /// Oldest and newest there.
        theirs: (u8, u8),
    },
    /// Both send, or both receive.
    SameSide(Side),
    /// Both made a code, or both typed one.
    SamePart(Part),
    /// One begins with a code, the other goes on with an earlier session.
    OtherMethod {
        /// What the other side wants.
        theirs: Method,
    },
    /// The other side does not know the session that was to be resumed, or not its key.
    ResumeRefused,
    /// A message where another has to be.
    OutOfOrder {
        /// Which came.
        message: &'static str,
    },
    /// A message longer than [`MESSAGE_BYTES_MAX`](super::MESSAGE_BYTES_MAX).
    TooLong,
    /// A message that cannot be read.
    Malformed {
        /// Which.
        message: &'static str,
    },
    /// Seen by the issuer: the other side does not know the code. One guess is spent.
    WrongCode,
    /// Somebody may have guessed at the code in another pairing: it is not good any more.
    Spent,
    /// Seen by the enterer: the other side did not prove that it knows the code.
    Unproven,
    /// The other side gave up, and said why.
    Refused(Refusal),
    /// The connection ended first, or the time was up.
    Cut,
    /// The system has no random numbers.
    NoRandomness,
}

impl PairingErrorKind {
    /// What to tell the other side; `None` where it is gone or has said so itself.
    pub(super) fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Version { .. } => Some(Refusal::Version),
            Self::SameSide(_) => Some(Refusal::SameSide),
            Self::SamePart(_) => Some(Refusal::SamePart),
            Self::OtherMethod { .. } => Some(Refusal::OtherMethod),
            Self::ResumeRefused => Some(Refusal::Resume),
            Self::WrongCode | Self::Unproven => Some(Refusal::Code),
            Self::NotBarewire
            | Self::OutOfOrder { .. }
            | Self::TooLong
            | Self::Malformed { .. } => Some(Refusal::Protocol),
            Self::Spent => Some(Refusal::Spent),
            Self::Refused(_) | Self::Cut | Self::NoRandomness => None,
        }
    }
}

/// Why the other side gave up. It is said by somebody who has proved nothing yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// Not one of these.
    Other,
    /// It could not read what we sent.
    Protocol,
    /// No version is known to both.
    Version,
    /// Both send, or both receive.
    SameSide,
    /// Both made a code, or both typed one.
    SamePart,
    /// One begins with a code, the other goes on with an earlier session.
    OtherMethod,
    /// It does not know the session, or not its key.
    Resume,
    /// The code is not the one it knows.
    Code,
    /// It has somebody else to talk to.
    Busy,
    /// The code was used, or was guessed at, and is not good any more.
    Spent,
}

const REFUSALS: [(u16, Refusal); 10] = [
    (0, Refusal::Other),
    (1, Refusal::Protocol),
    (2, Refusal::Version),
    (3, Refusal::SameSide),
    (4, Refusal::SamePart),
    (5, Refusal::OtherMethod),
    (6, Refusal::Resume),
    (7, Refusal::Code),
    (8, Refusal::Busy),
    (9, Refusal::Spent),
];

impl Refusal {
    pub(super) fn number(self) -> u16 {
        let found = REFUSALS.iter().find(|(_, refusal)| *refusal == self);
        found.map_or(0, |&(number, _)| number)
    }

    pub(super) fn decode(payload: &[u8]) -> Result<Self, PairingErrorKind> {
        let malformed = PairingErrorKind::Malformed { message: "refusal" };
        let number = <[u8; 2]>::try_from(payload).map_err(|_| malformed)?;
        let number = u16::from_be_bytes(number);
        let found = REFUSALS.iter().find(|(known, _)| *known == number);
        Ok(found.map_or(Self::Other, |&(_, refusal)| refusal))
    }
}

impl Display for PairingError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.kind, f)
    }
}

impl std::error::Error for PairingError {}

impl Display for PairingErrorKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBarewire => {
                f.write_str("the other side does not speak barewire's file transfer")
            }
            Self::Version { ours, theirs } => write!(
                f,
                "the other side speaks versions {} to {}, this one {} to {}; update the older",
                theirs.0, theirs.1, ours.0, ours.1
            ),
            Self::SameSide(Side::Sender) => {
                f.write_str("both sides want to send; one has to receive")
            }
            Self::SameSide(Side::Receiver) => {
                f.write_str("both sides want to receive; one has to send")
            }
            Self::SamePart(Part::Issuer) => {
                f.write_str("both sides made a code; one has to be given the other's")
            }
            Self::SamePart(Part::Enterer) => {
                f.write_str("both sides were given a code; one has to make it")
            }
            Self::OtherMethod {
                theirs: Method::Code,
            } => f.write_str(
                "the other side wants to begin anew, this one to go on with an earlier session",
            ),
            Self::OtherMethod {
                theirs: Method::Resume,
            } => f.write_str(
                "the other side wants to go on with an earlier session, this one to begin anew",
            ),
            Self::ResumeRefused => {
                f.write_str("the other side is not the one of the earlier session")
            }
            Self::OutOfOrder { message } => write!(
                f,
                "{message} where none may be, before the sides are paired"
            ),
            Self::TooLong => {
                f.write_str("message longer than 1024 bytes before the sides are paired")
            }
            Self::Malformed { message } => write!(f, "{message} that cannot be read"),
            Self::WrongCode => f.write_str("somebody connected with a wrong code"),
            Self::Unproven => f.write_str("the other side did not prove that it knows the code"),
            Self::Refused(refusal) => Display::fmt(refusal, f),
            Self::Cut => f.write_str("the connection ended before the sides were paired"),
            Self::Spent => {
                f.write_str("the code is not good any more: somebody may have guessed at it")
            }
            Self::NoRandomness => f.write_str("the system has no random numbers"),
        }
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Other => "the other side refused, for a reason this version does not know",
            Self::Protocol => "the other side could not read what this one sent",
            Self::Version => "the other side speaks another version; update the older",
            Self::SameSide => {
                "the other side wants to do the same; one has to send, one to receive"
            }
            Self::SamePart => "both sides made a code, or both were given one",
            Self::OtherMethod => {
                "one side wants to begin anew, the other to go on with an earlier session"
            }
            Self::Resume => "the other side does not know the session that was to go on",
            Self::Code => "the other side says that the code is wrong",
            Self::Busy => "the other side is busy with somebody else",
            Self::Spent => "the other side says that the code is not good any more",
        })
    }
}
