//! The four messages, as they are on the wire.

use ring::rand::{SecureRandom, SystemRandom};

use super::{Method, PairingError, PairingErrorKind, Part, Refusal, Side, Ticket};

/// Longest message of a pairing, without its head, in bytes. None that we send is half as long.
pub const MESSAGE_BYTES_MAX: usize = 1024;

/// Oldest version of the protocol that is spoken here.
pub const VERSION_MIN: u8 = 1;

/// Newest version of the protocol that is spoken here.
pub const VERSION_MAX: u8 = 1;

/// Bytes before a payload: type, flags, id, length of the payload. Flags and id are 0 here.
const HEAD_BYTES: usize = 10;

const MAGIC: [u8; 8] = *b"barewire";

const PREFACE_BYTES: usize = 61;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Preface,
    Pake,
    Confirm,
    Refused,
}

impl Kind {
    const fn code(self) -> u8 {
        match self {
            Self::Preface => 0x01,
            Self::Pake => 0x02,
            Self::Confirm => 0x03,
            Self::Refused => 0x0f,
        }
    }

    fn of(code: u8) -> Option<Self> {
        let all = [Self::Preface, Self::Pake, Self::Confirm, Self::Refused];
        all.into_iter().find(|kind| kind.code() == code)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Preface => "preface",
            Self::Pake => "key exchange",
            Self::Confirm => "confirmation",
            Self::Refused => "refusal",
        }
    }
}

pub(super) fn push(kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
    debug_assert!(payload.len() <= MESSAGE_BYTES_MAX);
    out.extend_from_slice(&[kind.code(), 0, 0, 0, 0, 0]);
    out.extend_from_slice(&(payload.len() as u32).to_be_bytes());
    out.extend_from_slice(payload);
}

pub(super) struct Message<'a> {
    /// How many it takes, head and payload.
    pub(super) bytes: usize,
    pub(super) kind: Kind,
    pub(super) payload: &'a [u8],
}

/// The message at the front; `None` asks for more.
pub(super) fn next(input: &[u8]) -> Result<Option<Message<'_>>, PairingErrorKind> {
    let Some((&[code, flags, id @ .., a, b, c, d], rest)) = input.split_first_chunk::<HEAD_BYTES>()
    else {
        return Ok(None);
    };
    let unknown = PairingErrorKind::Malformed { message: "message" };
    let kind = Kind::of(code).ok_or(unknown)?;
    if flags != 0 || id != [0; 4] {
        return Err(unknown);
    }
    let len = u32::from_be_bytes([a, b, c, d]);
    let len = usize::try_from(len)
        .ok()
        .filter(|&len| len <= MESSAGE_BYTES_MAX);
    let len = len.ok_or(PairingErrorKind::TooLong)?;
    Ok(rest.get(..len).map(|payload| Message {
        bytes: HEAD_BYTES + len,
        kind,
        payload,
    }))
}

/// As [`next`], for the first message of all: what cannot be read then is another protocol.
pub(super) fn first(input: &[u8]) -> Result<Option<Message<'_>>, PairingErrorKind> {
    next(input).map_err(|kind| match kind {
        PairingErrorKind::Malformed { .. } => PairingErrorKind::NotBarewire,
        other => other,
    })
}

/// Appends word that the other side is not wanted, for those who do not even begin to pair.
pub fn refuse(refusal: Refusal, out: &mut Vec<u8>) {
    push(Kind::Refused, &refusal.number().to_be_bytes(), out);
}

/// What the other side wants to be paired by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A code.
    Code,
    /// The key with this ticket.
    Resume(Ticket),
}

/// What the other side wants to be paired by, from the first bytes that it sent; `None` asks for more of them.
///
/// Uses nothing up: it is there to choose the right [`Pairing`](super::Pairing), which then gets the same bytes.
///
/// # Errors
///
/// As [`Pairing::handle_input`](super::Pairing::handle_input).
pub fn wanted(input: &[u8]) -> Result<Option<Wanted>, PairingError> {
    let peek = || -> Result<_, PairingErrorKind> {
        let Some(message) = first(input)? else {
            return Ok(None);
        };
        match message.kind {
            Kind::Preface => Preface::decode(message.payload).map(Some),
            Kind::Refused => Err(PairingErrorKind::Refused(Refusal::decode(message.payload)?)),
            _ => Err(PairingErrorKind::NotBarewire),
        }
    };
    let preface = peek().map_err(|kind| PairingError::new(kind, false))?;
    Ok(preface.map(|preface| match preface.method {
        Method::Code => Wanted::Code,
        Method::Resume => Wanted::Resume(preface.ticket),
    }))
}

/// The first message of each side.
///
/// `magic 8 | version min u8 | max u8 | side u8 | part u8 | method u8 | nonce 32 | ticket 16`. Its form is the same in
/// all versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Preface {
    version_min: u8,
    version_max: u8,
    side: Side,
    part: Part,
    pub(super) method: Method,
    nonce: [u8; 32],
    ticket: Ticket,
}

impl Preface {
    pub(super) fn new(
        side: Side,
        part: Part,
        method: Method,
        ticket: Ticket,
    ) -> Result<Self, PairingError> {
        let mut nonce = [0; 32];
        let filled = SystemRandom::new().fill(&mut nonce);
        filled.map_err(|_| PairingError::new(PairingErrorKind::NoRandomness, false))?;
        Ok(Self {
            version_min: VERSION_MIN,
            version_max: VERSION_MAX,
            side,
            part,
            method,
            nonce,
            ticket,
        })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PREFACE_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[self.version_min, self.version_max]);
        bytes.push(1 + u8::from(self.side == Side::Receiver));
        bytes.push(1 + u8::from(self.part == Part::Enterer));
        bytes.push(1 + u8::from(self.method == Method::Resume));
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(self.ticket.as_bytes());
        bytes
    }

    pub(super) fn decode(payload: &[u8]) -> Result<Self, PairingErrorKind> {
        let malformed = || PairingErrorKind::Malformed {
            message: Kind::Preface.name(),
        };
        let rest = payload
            .strip_prefix(&MAGIC)
            .ok_or(PairingErrorKind::NotBarewire)?;
        let (&[version_min, version_max, side, part, method], rest) =
            rest.split_first_chunk().ok_or_else(malformed)?;
        let (&nonce, ticket) = rest.split_first_chunk().ok_or_else(malformed)?;
        let ticket = <[u8; 16]>::try_from(ticket).map_err(|_| malformed())?;
        Ok(Self {
            version_min,
            version_max,
            side: one_of(side, Side::Sender, Side::Receiver).ok_or_else(malformed)?,
            part: one_of(part, Part::Issuer, Part::Enterer).ok_or_else(malformed)?,
            method: one_of(method, Method::Code, Method::Resume).ok_or_else(malformed)?,
            nonce,
            ticket: Ticket::new(ticket),
        })
    }

    /// Whether the two can be paired, and which version they speak then: the newest that both know.
    pub(super) fn agree(&self, theirs: &Self) -> Result<u8, PairingErrorKind> {
        let version = self.version_max.min(theirs.version_max);
        if version < self.version_min.max(theirs.version_min) {
            return Err(PairingErrorKind::Version {
                ours: (self.version_min, self.version_max),
                theirs: (theirs.version_min, theirs.version_max),
            });
        }
        if self.side == theirs.side {
            return Err(PairingErrorKind::SameSide(self.side));
        }
        if self.part == theirs.part {
            return Err(PairingErrorKind::SamePart(self.part));
        }
        if self.method != theirs.method {
            return Err(PairingErrorKind::OtherMethod {
                theirs: theirs.method,
            });
        }
        if self.ticket != theirs.ticket {
            return Err(PairingErrorKind::ResumeRefused);
        }
        Ok(version)
    }
}

fn one_of<T>(code: u8, first: T, second: T) -> Option<T> {
    match code {
        1 => Some(first),
        2 => Some(second),
        _ => None,
    }
}
