//! What a peer can do wrong, and what a session can end of.

use std::fmt::{self, Display, Formatter};

use crate::manifest::OfferError;

/// Which rule the peer broke, and where.
///
/// Errors are final: after one, nothing is read any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The rule.
    pub kind: ErrorKind,
    /// Where the offending frame ends, in bytes from the start of the session; where it begins if it is too long.
    pub offset: u64,
}

/// The rules a peer can break.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A frame is longer than any may be.
    FrameTooLong,
    /// A frame of an unknown type that may not be passed over.
    UnknownFrame {
        /// Its type.
        code: u8,
    },
    /// A payload ends before its last field.
    PayloadTooShort,
    /// A payload goes on after its last field.
    PayloadTooLong,
    /// A known frame at a time, or from a side, that has no right to it.
    Unexpected {
        /// Its name.
        frame: &'static str,
    },
    /// Text that is not UTF-8.
    TextNotUtf8,
    /// A text longer than the limit.
    TextTooLong,
    /// The offer is refused.
    Offer(OfferError),
    /// An id that was not offered.
    IdNotOffered {
        /// The id.
        id: u32,
    },
    /// Data, or the end, of an entry that was not accepted or is finished already.
    IdNotOpen {
        /// The id.
        id: u32,
    },
    /// Data that is not where it has to be: past the end, across groups, out of order, twice.
    OutOfPlace {
        /// Of which entry.
        id: u32,
        /// Where it was said to belong.
        offset: u64,
    },
    /// An end before all of the data.
    EndTooEarly {
        /// Of which entry.
        id: u32,
    },
    /// A size or hash at the end that is not the one announced before.
    EndDiffers {
        /// Of which entry.
        id: u32,
    },
    /// A decision that does not exist, or one too many.
    BadDecision,
    /// Claims that are out of order or past the end.
    BadClaim {
        /// Of which entry.
        id: u32,
    },
    /// Groups asked for again that do not exist, or more of them than can have gone wrong.
    BadWant {
        /// Of which entry.
        id: u32,
    },
    /// More, and larger, files are begun and not finished than is any use.
    TooMuchOpen,
    /// The peer has said nothing for too long.
    Silent,
    /// The connection ended without a goodbye.
    Cut,
}

impl ErrorKind {
    /// What to tell the peer by.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Offer(_) => Code::OfferRefused,
            Self::Silent => Code::Silent,
            _ => Code::Protocol,
        }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            // They are about the offer, or about the connection, and not about a byte.
            ErrorKind::Offer(_) | ErrorKind::Silent | ErrorKind::Cut => Display::fmt(&self.kind, f),
            kind => write!(f, "{kind} at byte {}", self.offset),
        }
    }
}

impl Display for ErrorKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::FrameTooLong => f.write_str("frame longer than 65536 bytes"),
            Self::UnknownFrame { code } => write!(f, "unknown frame of type {code:#04x}"),
            Self::PayloadTooShort => f.write_str("frame shorter than its fields"),
            Self::PayloadTooLong => f.write_str("frame longer than its fields"),
            Self::Unexpected { frame } => write!(f, "{frame} where none may be"),
            Self::TextNotUtf8 => f.write_str("text is not UTF-8"),
            Self::TextTooLong => f.write_str("text longer than the limit"),
            Self::Offer(error) => Display::fmt(error, f),
            Self::IdNotOffered { id } => write!(f, "entry {id} was not offered"),
            Self::IdNotOpen { id } => write!(f, "entry {id} is not open"),
            Self::OutOfPlace { id, offset } => {
                write!(
                    f,
                    "data of entry {id} out of place, for byte {offset} of it"
                )
            }
            Self::EndTooEarly { id } => write!(f, "entry {id} ended before all of its data"),
            Self::EndDiffers { id } => write!(f, "entry {id} ended with another size or hash"),
            Self::BadDecision => f.write_str("unknown decision, or one too many"),
            Self::BadClaim { id } => write!(f, "claim out of order for entry {id}"),
            Self::BadWant { id } => write!(
                f,
                "groups of entry {id} asked for that do not exist, or too often"
            ),
            Self::TooMuchOpen => f.write_str("too many or too large files begun and not finished"),
            Self::Silent => f.write_str("nothing heard from the other side for too long"),
            Self::Cut => f.write_str("the connection ended without a goodbye"),
        }
    }
}

impl std::error::Error for Error {}

/// Why an entry or a session failed, as told to the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// Not one of these.
    Other,
    /// The receiver does not want it.
    Declined,
    /// Somebody interrupted the program; the transfer can be resumed.
    Interrupted,
    /// The source is not what it was when it was offered.
    SourceChanged,
    /// The source is not there any more.
    SourceGone,
    /// No permission, at the source or at the destination.
    Denied,
    /// The destination has no space.
    NoSpace,
    /// Something is there already.
    Exists,
    /// The file is larger than the destination can hold.
    TooLarge,
    /// A link or something that is no directory is in the way.
    Blocked,
    /// What arrived is not what was sent, again and again.
    Corrupt,
    /// The system failed.
    Io,
    /// The other side broke the protocol.
    Protocol,
    /// The offer was refused as a whole.
    OfferRefused,
    /// Nothing was heard for too long.
    Silent,
    /// Nobody answered the question whether to accept.
    NoDecision,
}

const CODES: [(u16, Code); 16] = [
    (0, Code::Other),
    (1, Code::Declined),
    (2, Code::Interrupted),
    (3, Code::SourceChanged),
    (4, Code::SourceGone),
    (5, Code::Denied),
    (6, Code::NoSpace),
    (7, Code::Exists),
    (8, Code::TooLarge),
    (9, Code::Blocked),
    (10, Code::Corrupt),
    (11, Code::Io),
    (12, Code::Protocol),
    (13, Code::OfferRefused),
    (14, Code::Silent),
    (15, Code::NoDecision),
];

impl Code {
    /// Its number on the wire.
    #[must_use]
    pub fn number(self) -> u16 {
        let found = CODES.iter().find(|(_, code)| *code == self);
        found.map_or(0, |&(number, _)| number)
    }

    /// The code of a number; [`Code::Other`] for those of later versions.
    #[must_use]
    pub fn of(number: u16) -> Self {
        let found = CODES.iter().find(|(known, _)| *known == number);
        found.map_or(Self::Other, |&(_, code)| code)
    }

    /// One word, for reports that programs read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Declined => "declined",
            Self::Interrupted => "interrupted",
            Self::SourceChanged => "source-changed",
            Self::SourceGone => "source-gone",
            Self::Denied => "denied",
            Self::NoSpace => "no-space",
            Self::Exists => "exists",
            Self::TooLarge => "too-large",
            Self::Blocked => "blocked",
            Self::Corrupt => "corrupt",
            Self::Io => "io",
            Self::Protocol => "protocol",
            Self::OfferRefused => "offer-refused",
            Self::Silent => "silent",
            Self::NoDecision => "no-decision",
        }
    }
}

/// A call that the state of the session does not allow: a mistake of the caller, not of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misuse(pub(crate) &'static str);

impl Display for Misuse {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Misuse {}

#[cfg(test)]
mod tests {
    use super::{CODES, Code};

    #[test]
    fn codes_come_back() {
        for (number, code) in CODES {
            assert_eq!((Code::of(number), code.number()), (code, number));
        }
        assert_eq!(Code::of(9999), Code::Other);
    }
}
