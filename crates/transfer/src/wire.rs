//! Frames: what both sides write and read. `PROTOCOL.md` has them all.

use barewire_framing::{Body, Framer, LengthPrefix, Limits, Step, Stream};

use crate::error::ErrorKind;

/// Bytes before a payload: type, flags, id, length of the payload.
pub(crate) const HEAD_BYTES: usize = 10;

/// Longest payload of a frame. The bytes of files are behind their frames and not in them.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 64 << 10;

/// Set in the flags of a frame that may be passed over by those who do not know its type.
pub(crate) const IGNORABLE: u8 = 0x80;

/// `type u8 | flags u8 | id u32 | length u32`, then so many bytes.
pub(crate) const LAYOUT: LengthPrefix = LengthPrefix::u32_be().offset(6).body(Body::Whole);

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Hello,
    Offer,
    OfferEnd,
    Decisions,
    Claim,
    DecisionsEnd,
    Data,
    Holes,
    Sum,
    End,
    Failed,
    Stored,
    Want,
    Text,
    Ping,
    Pong,
    Progress,
    Cancel,
    Error,
    Bye,
}

/// Types on the wire; the handshake has those below 0x10.
const KINDS: [(u8, Kind); 20] = [
    (0x10, Kind::Hello),
    (0x11, Kind::Offer),
    (0x12, Kind::OfferEnd),
    (0x13, Kind::Decisions),
    (0x14, Kind::Claim),
    (0x15, Kind::DecisionsEnd),
    (0x20, Kind::Data),
    (0x21, Kind::Holes),
    (0x22, Kind::Sum),
    (0x23, Kind::End),
    (0x24, Kind::Failed),
    (0x25, Kind::Stored),
    (0x26, Kind::Want),
    (0x30, Kind::Text),
    (0x31, Kind::Ping),
    (0x32, Kind::Pong),
    (0x33, Kind::Progress),
    (0x34, Kind::Cancel),
    (0x35, Kind::Error),
    (0x36, Kind::Bye),
];

impl Kind {
    fn of(code: u8) -> Option<Self> {
        let found = KINDS.iter().find(|(known, _)| *known == code);
        found.map(|&(_, kind)| kind)
    }

    fn code(self) -> u8 {
        let found = KINDS.iter().find(|(_, kind)| *kind == self);
        found.map_or(0, |&(code, _)| code)
    }
}

/// Appends a frame.
pub(crate) fn push(kind: Kind, id: u32, payload: &[&[u8]], out: &mut Vec<u8>) {
    let len: usize = payload.iter().map(|part| part.len()).sum();
    debug_assert!(len <= PAYLOAD_BYTES_MAX, "{kind:?} of {len} bytes");
    out.extend_from_slice(&[kind.code(), 0]);
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(&(len as u32).to_be_bytes());
    for part in payload {
        out.extend_from_slice(part);
    }
}

/// What is at the front of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Frame(Frame<'a>),
    /// Bytes of a file, as announced by a frame: some of them or all.
    Raw(&'a [u8]),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: Kind,
    pub(crate) id: u32,
    pub(crate) payload: &'a [u8],
}

/// Finds frames, and the raw bytes behind them.
#[derive(Debug)]
pub(crate) struct Pieces {
    framer: Framer<LengthPrefix>,
    raw: u64,
    offset: u64,
}

impl Pieces {
    pub(crate) fn new() -> Self {
        Self {
            framer: Framer::new(LAYOUT, Limits::new(PAYLOAD_BYTES_MAX)),
            raw: 0,
            offset: 0,
        }
    }

    /// Where in the stream the next piece begins.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// So many bytes that follow are a file's.
    pub(crate) fn expect_raw(&mut self, bytes: u32) {
        self.raw = u64::from(bytes);
    }

    /// The next piece, and how many bytes of the input it used; `(0, None)` asks for more.
    pub(crate) fn next<'a>(
        &mut self,
        input: &'a [u8],
    ) -> Result<(usize, Option<Piece<'a>>), ErrorKind> {
        if self.raw > 0 && !input.is_empty() {
            let len = usize::try_from(self.raw).map_or(input.len(), |raw| raw.min(input.len()));
            self.raw -= len as u64;
            self.offset += len as u64;
            return Ok((len, Some(Piece::Raw(&input[..len]))));
        }
        let mut used = 0;
        loop {
            let rest = &input[used..];
            let step = self.framer.step(rest, Stream::Open);
            let Step::Frame { body, consume, .. } = step.map_err(|_| ErrorKind::FrameTooLong)?
            else {
                return Ok((used, None));
            };
            used += consume;
            self.offset += consume as u64;
            if let Some(frame) = frame(&rest[body])? {
                return Ok((used, Some(Piece::Frame(frame))));
            }
        }
    }
}

/// A known frame; `None` for one that may be passed over.
fn frame(bytes: &[u8]) -> Result<Option<Frame<'_>>, ErrorKind> {
    let Some((&[code, flags, a, b, c, d, ..], payload)) = bytes.split_first_chunk::<HEAD_BYTES>()
    else {
        return Err(ErrorKind::FrameTooLong);
    };
    match Kind::of(code) {
        Some(kind) => Ok(Some(Frame {
            kind,
            id: u32::from_be_bytes([a, b, c, d]),
            payload,
        })),
        None if flags & IGNORABLE != 0 => Ok(None),
        None => Err(ErrorKind::UnknownFrame { code }),
    }
}

/// Reads the fields of a payload, one behind the other.
#[derive(Debug)]
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn of(payload: &'a [u8]) -> Self {
        Self(payload)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], ErrorKind> {
        let (array, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or(ErrorKind::PayloadTooShort)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, ErrorKind> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, ErrorKind> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ErrorKind> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, ErrorKind> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Refuses what is left.
    pub(crate) fn end(&self) -> Result<(), ErrorKind> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ErrorKind::PayloadTooLong)
        }
    }
}
