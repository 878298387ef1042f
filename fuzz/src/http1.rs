//! What the targets of `barewire-http1` share: events that own what they tell, and how input chooses.

use barewire_http1::{
    Asked, BodyFraming, ContentLength, Decoder, Error, Event, Expectation, Fields, Leniency,
    Limits, Method, OwnedEvent, RequestHead, RequestHeadBuf, ResponseFraming, ResponseHead,
    StatusCode, Trailers, Version,
};

use bytes::{Bytes, BytesMut};

use crate::Choices;

pub type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// An event that owns what it tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    Request(Question),
    Interim(Answer),
    Response(Answer),
    /// All of it that came without another event between.
    Content(Vec<u8>),
    Trailers(Pairs),
    End,
}

/// A request head.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub bytes: Vec<u8>,
    pub method: Vec<u8>,
    pub target: Vec<u8>,
    pub version: Version,
    pub fields: Pairs,
    pub framing: BodyFraming,
    pub keep_alive: bool,
    pub expectation: Expectation,
    pub upgrade: Vec<Vec<u8>>,
}

/// A response head.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub bytes: Vec<u8>,
    pub version: Version,
    pub status: StatusCode,
    pub reason: Vec<u8>,
    pub fields: Pairs,
    pub framing: ResponseFraming,
    pub content_length: Option<u64>,
    pub keep_alive: bool,
    pub switches: bool,
}

impl Question {
    pub fn of(head: &RequestHead<'_>) -> Self {
        Self {
            bytes: head.as_bytes().to_vec(),
            method: head.method().as_bytes().to_vec(),
            target: head.target().to_vec(),
            version: head.version(),
            fields: pairs(head.fields()),
            framing: head.body_framing(),
            keep_alive: head.keep_alive(),
            expectation: head.expectation(),
            upgrade: head.upgrade().map(<[u8]>::to_vec).collect(),
        }
    }
}

impl Answer {
    pub fn of(head: &ResponseHead<'_>) -> Self {
        assert_eq!(head.len(), head.as_bytes().len());
        Self {
            bytes: head.as_bytes().to_vec(),
            version: head.version(),
            status: head.status(),
            reason: head.reason().to_vec(),
            fields: pairs(head.fields()),
            framing: head.body_framing(),
            content_length: head.content_length(),
            keep_alive: head.keep_alive(),
            switches: head.switches(),
        }
    }
}

pub fn pairs(fields: Fields<'_>) -> Pairs {
    let own = |(name, value): (&[u8], &[u8])| (name.to_vec(), value.to_vec());
    fields.iter().map(own).collect()
}

/// Adds what an event of `input` tells.
pub fn tell(told: &mut Vec<Told>, event: Event<'_>, input: &[u8]) {
    let one = match event {
        Event::Request(head) => Told::Request(Question::of(&head)),
        Event::Interim(head) => Told::Interim(Answer::of(&head)),
        Event::Response(head) => Told::Response(Answer::of(&head)),
        Event::Data(range) => {
            assert!(!range.is_empty());
            let data = &input[range];
            match told.last_mut() {
                Some(Told::Content(content)) => return content.extend_from_slice(data),
                _ => Told::Content(data.to_vec()),
            }
        }
        Event::Trailers(fields) => Told::Trailers(pairs(fields)),
        Event::End => Told::End,
        other => unreachable!("{other:?}"),
    };
    told.push(one);
}

/// What came of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub told: Vec<Told>,
    /// Bytes that were used; 0 with an error, as how far it was read depends on the cut.
    pub used: usize,
    pub ended: Result<(), Error>,
}

/// Feeds `input` in pieces of `piece` bytes, then its end.
pub fn read(decoder: &mut Decoder, input: &[u8], piece: usize) -> Read {
    let mut read = Read {
        told: Vec::new(),
        used: 0,
        ended: Ok(()),
    };
    let mut end = 0;
    while end < input.len() {
        end = (end + piece).min(input.len());
        if !read_on(decoder, &input[..end], &mut read) {
            return read;
        }
    }
    if let Err(error) = decoder.finish() {
        failed(decoder, &mut read, error);
        return read;
    }
    // The end of a response that ends with the connection.
    read_on(decoder, input, &mut read);
    read
}

/// Reads until more is asked for; false after an error.
fn read_on(decoder: &mut Decoder, input: &[u8], read: &mut Read) -> bool {
    loop {
        let rest = &input[read.used..];
        let (used, event) = match decoder.decode(rest) {
            Ok(decoded) => decoded,
            Err(error) => {
                failed(decoder, read, error);
                return false;
            }
        };
        assert!(used <= rest.len());
        read.used += used;
        let Some(event) = event else {
            return true;
        };
        if let Event::Data(range) = &event {
            assert!(range.end <= used);
        }
        tell(&mut read.told, event, rest);
    }
}

/// The same with events that own their bytes.
pub fn read_owned(decoder: &mut Decoder, input: &[u8], piece: usize) -> Read {
    let mut read = Read {
        told: Vec::new(),
        used: 0,
        ended: Ok(()),
    };
    let mut unread = BytesMut::new();
    let ends = [b"".as_slice()];
    for (count, bytes) in input.chunks(piece).chain(ends).enumerate() {
        let is_end = count == input.len().div_ceil(piece);
        if is_end && let Err(error) = decoder.finish() {
            failed(decoder, &mut read, error);
            return read;
        }
        unread.extend_from_slice(bytes);
        loop {
            let there = unread.len();
            match decoder.decode_bytes(&mut unread) {
                Ok(event) => {
                    read.used += there - unread.len();
                    let Some(event) = event else {
                        break;
                    };
                    tell_owned(&mut read.told, event);
                }
                Err(error) => {
                    failed(decoder, &mut read, error);
                    return read;
                }
            }
        }
    }
    read
}

fn tell_owned(told: &mut Vec<Told>, event: OwnedEvent) {
    let one = match &event {
        OwnedEvent::Request(head) => {
            shares(head.as_head().fields(), |part| head.slice(part));
            Told::Request(Question::of(&head.as_head()))
        }
        OwnedEvent::Interim(head) | OwnedEvent::Response(head) => {
            shares(head.as_head().fields(), |part| head.slice(part));
            let answer = Answer::of(&head.as_head());
            match event {
                OwnedEvent::Interim(_) => Told::Interim(answer),
                _ => Told::Response(answer),
            }
        }
        OwnedEvent::Data(data) => {
            assert!(!data.is_empty());
            match told.last_mut() {
                Some(Told::Content(content)) => return content.extend_from_slice(data),
                _ => Told::Content(data.to_vec()),
            }
        }
        OwnedEvent::Trailers(fields) => {
            shares(fields.as_fields(), |part| fields.slice(part));
            Told::Trailers(pairs(fields.as_fields()))
        }
        OwnedEvent::End => Told::End,
        other => unreachable!("{other:?}"),
    };
    told.push(one);
}

/// Names and values can be had as parts of the bytes they lie in.
fn shares(fields: Fields<'_>, slice: impl Fn(&[u8]) -> Bytes) {
    for (name, value) in fields.iter() {
        assert_eq!(slice(name), name);
        assert_eq!(slice(value), value);
    }
}

fn failed(decoder: &mut Decoder, read: &mut Read, error: Error) {
    for bytes in [b"".as_slice(), b"HTTP/1.1 200 OK\r\n\r\n"] {
        assert_eq!(decoder.decode(bytes).map(|_| ()), Err(error), "not sticky");
    }
    assert_eq!(decoder.finish(), Err(error), "not sticky");
    read.used = 0;
    read.ended = Err(error);
}

/// Limits small enough that the fuzzer finds them, smaller ones, and the defaults.
pub fn limits(choice: u8) -> Limits {
    let mut limits = Limits::for_responses();
    match choice & 3 {
        0 => {
            limits.start_line_bytes_max = 256;
            limits.field_section_bytes_max = 512;
            limits.fields_max = 8;
            limits.chunk_line_bytes_max = 64;
            limits.chunk_extension_bytes_max = 128;
            limits.trailer_section_bytes_max = 128;
            limits.trailers_max = 4;
        }
        1 => {
            limits.start_line_bytes_max = 24;
            limits.field_section_bytes_max = 48;
            limits.fields_max = 2;
            limits.chunk_line_bytes_max = 6;
            limits.chunk_extension_bytes_max = 8;
            limits.trailer_section_bytes_max = 16;
            limits.trailers_max = 1;
            limits.interim_max = 1;
        }
        _ => {}
    }
    if choice & 4 != 0 {
        limits.body_bytes_max = u64::from(choice >> 3);
    }
    limits
}

/// A switch for each bit.
pub fn leniency(choice: u8) -> Leniency {
    let is_on = |bit: u8| choice >> bit & 1 != 0;
    let mut leniency = Leniency::default();
    leniency.bare_line_feed = is_on(0);
    leniency.line_folding = is_on(1);
    leniency.space_before_colon = is_on(2);
    leniency.equal_lengths = is_on(3);
    leniency.missing_reason = is_on(4);
    leniency.empty_lines = is_on(5);
    leniency
}

/// What a response answers.
pub fn asked(choice: u8) -> Asked {
    let asked = Asked::by(match choice & 3 {
        0 => Method::Get,
        1 => Method::Head,
        2 => Method::Connect,
        _ => Method::Post,
    });
    match choice >> 2 & 3 {
        0 | 1 => asked,
        2 => asked.with_upgrade(b"websocket"),
        _ => asked.with_upgrade(b"h2c, a/1 ,,b"),
    }
}

/// A request head of any kind, and how long its content is to be.
pub fn request(choices: &mut Choices<'_>) -> (RequestHeadBuf, ContentLength) {
    const HOST: &str = "a.example:80";
    let ways = choices.byte();
    let flags = choices.byte();
    let head = match ways & 15 {
        0..4 => RequestHeadBuf::new(Method::Get, HOST, "/"),
        4 => RequestHeadBuf::new(Method::Head, HOST, "/h?i"),
        5 | 6 => RequestHeadBuf::new(Method::Post, HOST, "/"),
        7 => RequestHeadBuf::new(Method::Put, HOST, "/p"),
        8 => RequestHeadBuf::new(Method::Delete, "", "//"),
        9 => RequestHeadBuf::new(Method::Options, "[::1]", "*"),
        10 => RequestHeadBuf::new(Method::Trace, HOST, "/"),
        11 => RequestHeadBuf::new(Method::Other(b"PATCH"), HOST, "/"),
        12 => RequestHeadBuf::new(Method::Other(b"get"), HOST, "/[|]"),
        13 => RequestHeadBuf::absolute(Method::Get, "http://a.example?q"),
        14 => RequestHeadBuf::absolute(Method::Post, "x-y://b:1/"),
        _ => RequestHeadBuf::connect("a.example:443"),
    };
    let mut head = head.expect("a fine head");
    for index in 0..flags & 3 {
        let value = [b'v'; 20];
        head.field("X-Field", &value[usize::from(index)..])
            .expect("a fine field");
    }
    if flags & 12 == 12 {
        head.close();
    }
    if flags & 48 == 48 {
        let protocols = ["websocket", "h2c, a/1,\tb "][usize::from(flags & 1)];
        head.offer_upgrade(protocols).expect("a fine offer");
    }
    if flags & 64 != 0 {
        head.expect_continue();
    }
    if flags & 128 != 0 {
        head.accept_trailers();
    }
    let length = match ways >> 4 {
        0..6 => ContentLength::Known(0),
        6..11 => ContentLength::Unknown,
        11..15 => ContentLength::Known(u64::from(choices.byte())),
        _ => ContentLength::Known(u64::MAX >> choices.below(64)),
    };
    (head, length)
}

/// Trailers for content that may have them, or none; and what they are.
pub fn trailers(choice: u8) -> (Option<Trailers>, Pairs) {
    let mut trailers = Trailers::new();
    let mut pairs = Pairs::new();
    for _ in 0..choice & 3 {
        trailers.field("X-Sum", "a b").expect("a fine field");
        pairs.push((b"X-Sum".to_vec(), b"a b".to_vec()));
    }
    (Some(trailers).filter(|_| choice != 0), pairs)
}
