//! What the suites share: formats by description, and ways to drive a framer.
#![allow(
    dead_code,
    unused_imports,
    clippy::allow_attributes,
    reason = "each test program uses a part of it"
)]

mod reference;

use std::ops::Range;

use barewire_framing::{
    AsciiLength, Body, Cobs, Counts, Delimited, Delimiter, EncodeError, Ending, Error, ErrorKind,
    Fixed, Format, Framer, Head, Header, LengthPrefix, Limits, Lines, Recovery, Slice, Slip, Step,
    Stream, Syslog, Tail, Varint, Verbatim,
};

pub(crate) use reference::reference;

/// What comes out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Frame(Vec<u8>, Ending),
    /// An error after which the framer goes on.
    Fault(Error),
    /// One that stays.
    Stopped(Error),
    /// The stream has ended between two frames.
    End,
}

pub(crate) fn whole(frame: &[u8]) -> Event {
    Event::Frame(frame.to_vec(), Ending::Whole)
}

pub(crate) fn stopped(kind: ErrorKind, offset: u64) -> Event {
    Event::Stopped(Error { kind, offset })
}

pub(crate) fn fault(kind: ErrorKind, offset: u64) -> Event {
    Event::Fault(Error { kind, offset })
}

/// A format in words that the reference understands as well.
#[derive(Clone, Debug)]
pub(crate) enum Spec {
    Length(Layout),
    Varint {
        bits: u32,
        padded: bool,
    },
    Ascii {
        radix: u32,
        terminator: u8,
        trailer: Option<u8>,
        empty: bool,
    },
    Header(Heads),
    Fixed(usize),
    Lines(LineEnd, Tail, Delimiter),
    Delimited(Vec<Vec<u8>>, Tail, Delimiter),
    Syslog(Framing),
    Cobs,
    Slip,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) width: usize,
    pub(crate) little: bool,
    pub(crate) offset: usize,
    pub(crate) gap: usize,
    pub(crate) trailer: usize,
    pub(crate) counts: Counts,
    pub(crate) body: Body,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnd {
    New,
    Lf,
    CrLf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Auto,
    Octets,
    Lines,
}

/// Functions for `Header`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heads {
    /// Type, length, padding; two types are known.
    Padded,
    /// Asks for more than the shortest frames have.
    Asking,
    /// Bytes from the front until one is 0; then a length of as many.
    Growing,
    /// Knows without looking.
    Blind,
    /// Takes an absent byte for a wrong one.
    Strict,
}

pub(crate) type HeadFn = fn(&[u8]) -> Head;

impl Heads {
    pub(crate) const ALL: [Self; 5] = [
        Self::Padded,
        Self::Asking,
        Self::Growing,
        Self::Blind,
        Self::Strict,
    ];

    pub(crate) fn function(self) -> (usize, HeadFn) {
        match self {
            Self::Padded => (3, |head| match *head {
                [1 | 2, payload, padding, ..] => Head::Length {
                    header: 3,
                    payload: payload.into(),
                    trailer: usize::from(padding),
                },
                [] | [1 | 2, ..] => Head::Need(3 - head.len()),
                _ => Head::Invalid,
            }),
            Self::Asking => (4, |head| match *head {
                [] | [_] => Head::Need(7),
                [high, low, ..] => Head::Length {
                    header: 2,
                    payload: u64::from(high & 1) << 8 | u64::from(low),
                    trailer: 0,
                },
            }),
            Self::Growing => (3, |head| match head.iter().position(|&byte| byte == 0) {
                None => Head::Need(0),
                Some(zero) => Head::Length {
                    header: zero + 1,
                    payload: zero as u64,
                    trailer: 0,
                },
            }),
            Self::Blind => (0, |_| Head::Length {
                header: 0,
                payload: 3,
                trailer: 0,
            }),
            Self::Strict => (1, |head| match *head {
                [b'x', ..] => Head::Length {
                    header: 1,
                    payload: 1,
                    trailer: 1,
                },
                _ => Head::Invalid,
            }),
        }
    }
}

/// What is done with a format, whichever it is.
pub(crate) trait Visit: Sized {
    type Out;

    fn plain<F: Verbatim>(self, format: F) -> Self::Out {
        self.any(format)
    }

    fn any<F: Format>(self, format: F) -> Self::Out;
}

impl Spec {
    pub(crate) fn visit<V: Visit>(&self, visit: V) -> V::Out {
        match self {
            Self::Length(layout) => {
                let format = if layout.little {
                    LengthPrefix::le(layout.width)
                } else {
                    LengthPrefix::be(layout.width)
                };
                visit.plain(
                    format
                        .offset(layout.offset)
                        .gap(layout.gap)
                        .trailer(layout.trailer)
                        .counts(layout.counts)
                        .body(layout.body),
                )
            }
            Self::Varint { bits, padded } => {
                let format = match bits {
                    32 => Varint::u32(),
                    _ => Varint::u64(),
                };
                visit.plain(if *padded { format.padded() } else { format })
            }
            Self::Ascii {
                radix,
                terminator,
                trailer,
                empty,
            } => {
                let format = match (radix, empty) {
                    (10, true) => AsciiLength::decimal(*terminator),
                    (10, false) => AsciiLength::rfc6587(),
                    _ => AsciiLength::hexadecimal(*terminator),
                };
                visit.plain(trailer.map_or(format, |byte| format.trailer(byte)))
            }
            Self::Header(heads) => {
                let (bytes_max, function) = heads.function();
                visit.plain(Header::new(bytes_max, function))
            }
            Self::Fixed(bytes) => visit.plain(Fixed::new(*bytes)),
            Self::Lines(end, tail, delimiter) => {
                let format = match end {
                    LineEnd::New => Lines::new(),
                    LineEnd::Lf => Lines::lf(),
                    LineEnd::CrLf => Lines::crlf(),
                };
                visit.plain(format.tail(*tail).delimiter(*delimiter))
            }
            Self::Delimited(delimiters, tail, delimiter) => {
                let delimiters: Vec<&[u8]> = delimiters.iter().map(|bytes| &bytes[..]).collect();
                visit.plain(
                    Delimited::any(&delimiters)
                        .tail(*tail)
                        .delimiter(*delimiter),
                )
            }
            Self::Syslog(framing) => visit.plain(match framing {
                Framing::Auto => Syslog::auto(),
                Framing::Octets => Syslog::octets(),
                Framing::Lines => Syslog::lines(),
            }),
            Self::Cobs => visit.any(Cobs::new()),
            Self::Slip => visit.any(Slip::new()),
        }
    }

    pub(crate) fn layout(width: usize, little: bool) -> Layout {
        Layout {
            width,
            little,
            offset: 0,
            gap: 0,
            trailer: 0,
            counts: Counts::Payload,
            body: Body::Payload,
        }
    }

    pub(crate) fn netstring() -> Self {
        Self::Ascii {
            radix: 10,
            terminator: b':',
            trailer: Some(b','),
            empty: true,
        }
    }

    pub(crate) fn rfc6587() -> Self {
        Self::Ascii {
            radix: 10,
            terminator: b' ',
            trailer: None,
            empty: false,
        }
    }

    /// One of each kind and option.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for width in 1..=8 {
            for little in [false, true] {
                all.push(Self::Length(Self::layout(width, little)));
            }
        }
        for counts in COUNTS {
            for body in BODIES {
                for (width, offset, gap, trailer) in [(1, 0, 0, 0), (1, 1, 2, 1), (2, 2, 0, 0)] {
                    all.push(Self::Length(Layout {
                        offset,
                        gap,
                        trailer,
                        counts,
                        body,
                        ..Self::layout(width, false)
                    }));
                }
            }
        }
        for bits in [32, 64] {
            for padded in [false, true] {
                all.push(Self::Varint { bits, padded });
            }
        }
        all.push(Self::netstring());
        all.push(Self::rfc6587());
        all.push(Self::Ascii {
            radix: 16,
            terminator: b'\n',
            trailer: None,
            empty: true,
        });
        all.push(Self::Ascii {
            radix: 10,
            terminator: b';',
            trailer: None,
            empty: true,
        });
        all.extend(Heads::ALL.map(Self::Header));
        all.extend([1, 3].map(Self::Fixed));
        all.extend(Self::ended());
        all
    }

    /// Those whose frames end with a delimiter.
    pub(crate) fn ended() -> Vec<Self> {
        let mut all = Vec::new();
        for end in [LineEnd::New, LineEnd::Lf, LineEnd::CrLf] {
            all.push(Self::Lines(end, Tail::Yield, Delimiter::Strip));
            all.push(Self::Lines(end, Tail::Error, Delimiter::Keep));
        }
        for delimiters in DELIMITERS {
            let delimiters: Vec<_> = delimiters.iter().map(|bytes| bytes.to_vec()).collect();
            all.push(Self::Delimited(
                delimiters.clone(),
                Tail::Yield,
                Delimiter::Strip,
            ));
            all.push(Self::Delimited(delimiters, Tail::Error, Delimiter::Keep));
        }
        all.extend([Framing::Auto, Framing::Octets, Framing::Lines].map(Self::Syslog));
        all.extend([Self::Cobs, Self::Slip]);
        all
    }

    /// Bytes that mean something to the format, and one or two that do not.
    pub(crate) fn alphabet(&self) -> Vec<u8> {
        match self {
            Self::Length(_) => vec![0, 1, 2, 5, 8, 0xFF],
            Self::Varint { .. } => vec![0, 1, 3, 0x0F, 0x7F, 0x80, 0x83, 0xFF],
            Self::Ascii {
                terminator,
                trailer,
                ..
            } => {
                let mut bytes = b"0123fF9 x".to_vec();
                bytes.extend([*terminator, *terminator]);
                bytes.extend(trailer.map(|byte| [byte; 2]).iter().flatten());
                bytes
            }
            Self::Header(_) => vec![0, 0, 1, 2, 3, b'x'],
            Self::Fixed(_) => vec![0, 1],
            Self::Lines(..) => b"\r\n\nxy".to_vec(),
            Self::Delimited(delimiters, ..) => {
                let mut bytes = delimiters.concat();
                bytes.push(b'x');
                bytes
            }
            Self::Syslog(_) => b"0123 \r\n\n<x".to_vec(),
            Self::Cobs => vec![0, 0, 1, 2, 3, 4, 0xFF],
            Self::Slip => vec![0xC0, 0xC0, 0xDB, 0xDC, 0xDD, 1],
        }
    }
}

pub(crate) const COUNTS: [Counts; 4] = [
    Counts::Payload,
    Counts::AfterLength,
    Counts::FromLength,
    Counts::Whole,
];

pub(crate) const BODIES: [Body; 3] = [Body::Payload, Body::AfterLength, Body::Whole];

pub(crate) const RECOVERIES: [Recovery; 3] = [Recovery::Poison, Recovery::Skip, Recovery::Truncate];

/// Single, several, overlapping each other and themselves, inside one another, with many first bytes.
pub(crate) const DELIMITERS: &[&[&[u8]]] = &[
    &[b"\n"],
    &[b"\r\n"],
    &[b"\n", b"\r\n"],
    &[b"\r\n", b"\n", b"\0"],
    &[b"a", b"b", b"c", b"d"],
    &[b"aaab"],
    &[b"abab"],
    &[b"\r\n.\r\n"],
    &[b"ab", b"ba"],
    &[b"ab", b"b"],
    &[b"aba", b"b"],
    &[b"abc", b"ab"],
    &[b"abcab", b"bcb", b"cc"],
    &[b"aab", b"bca", b"cab", b"dx"],
];

/// A framer's options beside its format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) max: usize,
    pub(crate) skip_max: u64,
    pub(crate) recovery: Recovery,
}

impl Setup {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            max,
            skip_max: 1 << 30,
            recovery: Recovery::Poison,
        }
    }

    pub(crate) fn with(max: usize, recovery: Recovery) -> Self {
        Self {
            recovery,
            ..Self::new(max)
        }
    }

    pub(crate) fn framer<F: Format>(&self, format: F) -> Framer<F> {
        let limits = Limits::new(self.max).skip_bytes_max(self.skip_max);
        Framer::new(format, limits).recovery(self.recovery)
    }
}

/// A caller that drops exactly what it is told to.
pub(crate) struct Caller<F: Format> {
    pub(crate) framer: Framer<F>,
    pub(crate) unread: Vec<u8>,
    pub(crate) events: Vec<Event>,
    dropped: u64,
    step: StepFn<F>,
}

type StepFn<F> = fn(&mut Framer<F>, &mut [u8], Stream) -> Result<Step, Error>;

impl<F: Format> Caller<F> {
    pub(crate) fn new(framer: Framer<F>) -> Self {
        Self {
            framer,
            unread: Vec::new(),
            events: Vec::new(),
            dropped: 0,
            step: |framer, unread, stream| framer.step_mut(unread, stream),
        }
    }

    /// Takes all that is there, and holds every answer to what is promised of it. Whether there may be more.
    pub(crate) fn drain(&mut self, stream: Stream) -> bool {
        let bound = 4 * self.unread.len() + 16;
        for _ in 0..bound {
            assert_eq!(self.framer.offset(), self.dropped);
            match (self.step)(&mut self.framer, &mut self.unread, stream) {
                Ok(Step::Need(more)) => {
                    assert!(more >= 1, "asks for nothing");
                    assert_eq!(stream, Stream::Open, "asks for what cannot come");
                    let max = self.framer.unread_bytes_max();
                    assert!(self.unread.len() < max, "needs more than {max}");
                    assert!(self.unread.is_empty() || self.framer.mid_frame(self.unread.len()));
                    // A copy knows as much as the original.
                    self.framer = self.framer.clone();
                    return true;
                }
                Ok(Step::Skip(bytes)) => {
                    assert!(bytes >= 1, "skips nothing");
                    self.drop_bytes(bytes);
                }
                Ok(Step::Frame {
                    body,
                    consume,
                    ending,
                }) => {
                    assert!(body.start <= body.end && body.end <= consume);
                    let cut_to_nothing =
                        ending == Ending::Truncated && self.framer.limits().frame_bytes_max == 0;
                    assert!(consume >= 1 || cut_to_nothing, "a frame of no bytes");
                    self.events
                        .push(Event::Frame(self.unread[body].to_vec(), ending));
                    self.drop_bytes(consume);
                }
                Ok(Step::End) => {
                    assert_eq!(stream, Stream::Ended, "ends where the stream does not");
                    assert!(self.unread.is_empty(), "ends before the stream does");
                    self.events.push(Event::End);
                    return false;
                }
                Err(error) if self.framer.error() == Some(error) => {
                    self.events.push(Event::Stopped(error));
                    return false;
                }
                Err(error) => {
                    assert_eq!(self.framer.error(), None);
                    self.events.push(Event::Fault(error));
                }
            }
        }
        panic!("no end of answers");
    }

    fn drop_bytes(&mut self, bytes: usize) {
        self.unread.drain(..bytes);
        self.dropped += bytes as u64;
    }

    /// Shows it `input` in the pieces between `cuts`, then the end where that is wanted.
    pub(crate) fn run(&mut self, input: &[u8], cuts: &[usize], stream: Stream) {
        let mut fed = 0;
        for &cut in cuts.iter().chain([&input.len()]) {
            self.unread.extend_from_slice(&input[fed..cut]);
            fed = cut;
            if !self.drain(Stream::Open) {
                return;
            }
        }
        if stream == Stream::Ended {
            self.drain(Stream::Ended);
        }
    }
}

/// Everything at once, the end with it.
pub(crate) fn at_once<F: Format>(framer: Framer<F>, input: &[u8], stream: Stream) -> Vec<Event> {
    let mut caller = Caller::new(framer);
    caller.unread.extend_from_slice(input);
    caller.drain(stream);
    caller.events
}

pub(crate) fn in_pieces<F: Format>(
    framer: Framer<F>,
    input: &[u8],
    cuts: &[usize],
    stream: Stream,
) -> Vec<Event> {
    let mut caller = Caller::new(framer);
    caller.run(input, cuts, stream);
    caller.events
}

/// The same without decoding in place.
pub(crate) fn in_pieces_shared<F: Verbatim>(
    framer: Framer<F>,
    input: &[u8],
    cuts: &[usize],
    stream: Stream,
) -> Vec<Event> {
    let mut caller = Caller::new(framer);
    caller.step = |framer, unread, stream| framer.step(unread, stream);
    caller.run(input, cuts, stream);
    caller.events
}

/// Where to cut so that each byte comes alone.
pub(crate) fn everywhere(input: &[u8]) -> Vec<usize> {
    (1..input.len()).collect()
}

/// The frame of `payload`, or why there is none.
pub(crate) fn encoded<F: Format>(
    framer: &Framer<F>,
    payload: &[u8],
) -> Result<Vec<u8>, EncodeError> {
    let mut room = vec![0xAA; 2 * payload.len() + 64];
    let mut out = Slice::new(&mut room);
    let result = framer.encode(payload, &mut out);
    let len = out.written().len();
    if let Err(error) = result {
        assert_eq!(len, 0, "bytes written and then {error}");
        return Err(error);
    }
    room.truncate(len);
    Ok(room)
}

/// A stream of frames of these payloads; those that cannot be framed are left out.
pub(crate) struct Encode<'p>(pub &'p [Vec<u8>], pub usize);

impl Visit for Encode<'_> {
    type Out = Vec<u8>;

    fn any<F: Format>(self, format: F) -> Vec<u8> {
        let framer = Framer::new(format, Limits::new(self.1));
        self.0
            .iter()
            .filter_map(|payload| encoded(&framer, payload).ok())
            .collect::<Vec<_>>()
            .concat()
    }
}
