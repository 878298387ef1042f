use core::ops::Range;

use alloc::vec::Vec;

use crate::asked::Asked;
use crate::chunked::{ChunkScan, PLAIN_END};
use crate::fields::{FieldSpan, Fields};
use crate::framing::{BodyFraming, HostRule, ResponseFraming};
use crate::limits::SECTION_BYTES_CEILING;
use crate::request_head::{RequestHead, RequestScan};
use crate::response_head::{ResponseHead, ResponseScan};
use crate::section::{Progress, SectionLimits, SectionScan};
use crate::{Error, ErrorKind, Leniency, Limits};

/// What the bytes meant.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request head.
    Request(RequestHead<'a>),
    /// A head that comes before the response proper: 100, 103 or another 1xx but 101.
    Interim(ResponseHead<'a>),
    /// The head of the response proper. 101 is one: no other response follows it.
    Response(ResponseHead<'a>),
    /// Content: that range of the input given to this call. Never empty.
    Data(Range<usize>),
    /// The trailer fields of a chunked body, where it has any.
    Trailers(Fields<'a>),
    /// The message is over. The next bytes belong to the next one.
    End,
}

/// Messages out of a byte stream: head, content as ranges, trailers, end, and again.
///
/// The decoder keeps positions, never bytes: the caller owns the buffer, and a head or
/// a trailer section has to be in one piece in it. A head that arrives one byte at a
/// time is looked at no more than twice a byte in all.
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: Limits,
    /// What the content limit was at the beginning.
    body_bytes_max: u64,
    role: Role,
    state: State,
    /// Position in the stream of the first byte of the next input.
    base: u64,
    index: Vec<FieldSpan>,
}

/// Whose messages are read.
#[derive(Clone, Debug)]
enum Role {
    /// Requests.
    Server(HostRule),
    Client(ResponseRules),
}

/// How responses are read.
#[derive(Clone, Debug)]
struct ResponseRules {
    leniency: Leniency,
    asked: Asked,
    /// Interim responses to the request that is being answered.
    interims: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Request(RequestScan),
    Response(ResponseScan),
    /// So many bytes of content to come, at least one.
    Length(u64),
    /// So many bytes of chunk data to come; none between the data of two chunks.
    Chunks(ChunkScan, u64),
    /// Content until the server closes, so many bytes of it at most.
    UntilClose(u64),
    Trailers(SectionScan),
    End,
    /// The end of the last message has still to be told; what follows is not HTTP.
    LastEnd,
    /// What follows is not HTTP, or is nothing.
    Over,
    Failed(Error),
}

impl Role {
    /// Where a message begins.
    fn head(&self) -> State {
        match self {
            Self::Server(_) => State::Request(RequestScan::default()),
            Self::Client(_) => State::Response(ResponseScan::default()),
        }
    }
}

impl Decoder {
    /// A decoder of requests, for the server's side of a connection.
    #[must_use]
    pub fn server(limits: Limits) -> Self {
        Self::new(limits, Role::Server(HostRule::default()))
    }

    /// A decoder of responses, for the client's side of a connection.
    ///
    /// Every response is taken for one to GET unless [`set_asked`](Self::set_asked) says
    /// something else. [`Limits::for_responses`] does not limit the content.
    #[must_use]
    pub fn client(limits: Limits) -> Self {
        let rules = ResponseRules {
            leniency: Leniency::default(),
            asked: Asked::default(),
            interims: 0,
        };
        Self::new(limits, Role::Client(rules))
    }

    fn new(limits: Limits, role: Role) -> Self {
        Self {
            limits,
            body_bytes_max: limits.body_bytes_max,
            state: role.head(),
            role,
            base: 0,
            index: Vec::new(),
        }
    }

    /// The same with another rule on the Host field. Responses have none.
    #[must_use]
    pub fn with_host_rule(mut self, host: HostRule) -> Self {
        if let Role::Server(rule) = &mut self.role {
            *rule = host;
        }
        self
    }

    /// The same with so much overlooked in responses. Requests are read strictly always.
    #[must_use]
    pub fn with_leniency(mut self, leniency: Leniency) -> Self {
        if let Role::Client(rules) = &mut self.role {
            rules.leniency = leniency;
        }
        self
    }

    /// Says what the next response proper answers, before its head is decoded. It holds
    /// until it is said anew.
    pub fn set_asked(&mut self, asked: Asked) {
        if let Role::Client(rules) = &mut self.role {
            rules.asked = asked;
        }
    }

    /// Makes the decoder as new, with its first limits, keeping its memory: for another
    /// connection.
    pub fn reset(&mut self) {
        self.state = self.role.head();
        self.base = 0;
        self.limits.body_bytes_max = self.body_bytes_max;
        if let Role::Client(rules) = &mut self.role {
            rules.asked = Asked::default();
            rules.interims = 0;
        }
    }

    /// Changes the content limit; [`Limits::body_bytes_max`] is the value it begins with.
    ///
    /// A declared length is held against the limit with its head, so a new limit counts
    /// from the next head on. A chunked body already under way is held to it from its
    /// next chunk on, which lets a server that sees the target first decide then.
    pub fn set_body_bytes_max(&mut self, bytes: u64) {
        self.limits.body_bytes_max = bytes;
    }

    /// Whether the decoder stands inside a message: its first byte has come and its last
    /// has not. Empty lines before a head do not begin it.
    #[must_use]
    pub fn is_mid_message(&self) -> bool {
        match &self.state {
            State::Request(scan) => scan.has_begun(),
            State::Response(scan) => scan.has_begun(),
            _ => self.is_in_body(),
        }
    }

    /// Whether the decoder stands inside a body: bytes of it, or of its trailers, are
    /// still to come. False once only [`Event::End`] is left to be told.
    #[must_use]
    pub fn is_in_body(&self) -> bool {
        matches!(
            self.state,
            State::Length(_) | State::Chunks(..) | State::UntilClose(_) | State::Trailers(_)
        )
    }

    /// Reads one event from the front of `input`.
    ///
    /// Returns how many bytes were used, and what they meant. `None` asks for more:
    /// call again with the bytes that were not used and what follows them. Bytes can be
    /// used without an event (a chunk-size line), and [`Event::End`] needs no bytes.
    ///
    /// # Errors
    ///
    /// The rule the peer broke and the byte of the stream that broke it. Errors are
    /// sticky: every later call returns the same one.
    #[inline(always)]
    pub fn decode<'a>(&'a mut self, input: &'a [u8]) -> Result<(usize, Option<Event<'a>>), Error> {
        if let State::Chunks(scan, left) = &mut self.state
            && let Some(data) = plain_chunk(scan, left, input, &self.limits)
        {
            self.base += data.end as u64;
            return Ok((data.end, Some(Event::Data(data))));
        }
        match self.state {
            State::Request(_) => self.decode_request_head(input),
            State::End => {
                self.begin_next();
                Ok((0, Some(Event::End)))
            }
            _ => self.decode_any(input),
        }
    }

    #[inline(never)]
    fn begin_next(&mut self) {
        self.state = self.role.head();
    }

    /// Whatever comes but plain chunks, heads of requests, and ends that take no bytes.
    #[inline(never)]
    fn decode_any<'a>(&'a mut self, input: &'a [u8]) -> Result<(usize, Option<Event<'a>>), Error> {
        if matches!(self.state, State::Response(_)) {
            return self.decode_response_head(input);
        }
        let base = self.base;
        match self.step(input) {
            Ok((used, step)) => {
                self.base = base + used as u64;
                let event = step.map(|step| match step {
                    Step::Data(range) => Event::Data(range),
                    Step::End => Event::End,
                    Step::Trailers { pos, count } => {
                        Event::Trailers(Fields::new(&input[pos..], &self.index[..count]))
                    }
                });
                Ok((used, event))
            }
            Err(error) => Err(match self.state {
                State::Failed(first) => first,
                _ => self.fail(error.shifted(base)),
            }),
        }
    }

    #[inline(never)]
    fn decode_request_head<'a>(
        &'a mut self,
        input: &'a [u8],
    ) -> Result<(usize, Option<Event<'a>>), Error> {
        let base = self.base;
        while let State::Request(scan) = &mut self.state
            && let Role::Server(host) = self.role
        {
            match scan.advance(input, &mut self.index, &self.limits, host) {
                Ok(Progress::Done(end)) => {
                    let conclusion = match scan.conclude(&self.limits, host) {
                        Ok(conclusion) => conclusion,
                        Err(error) => return Err(self.fail(error.shifted(base))),
                    };
                    let head = scan.head(input, &self.index, conclusion);
                    self.base = base + end as u64;
                    self.state = match head.body_framing() {
                        BodyFraming::None => State::End,
                        BodyFraming::Length(length) => State::Length(length),
                        BodyFraming::Chunked => State::Chunks(ChunkScan::default(), 0),
                    };
                    return Ok((end, Some(Event::Request(head))));
                }
                Ok(Progress::More) => return Ok((0, None)),
                Ok(Progress::IndexFull) => self.grow_index(self.limits.fields_max),
                Err(error) => return Err(self.fail(error.shifted(base))),
            }
        }
        Ok((0, None))
    }

    #[inline(never)]
    fn decode_response_head<'a>(
        &'a mut self,
        input: &'a [u8],
    ) -> Result<(usize, Option<Event<'a>>), Error> {
        let base = self.base;
        while let State::Response(scan) = &mut self.state
            && let Role::Client(rules) = &mut self.role
        {
            match scan.advance(input, &mut self.index, &self.limits, rules.leniency) {
                Ok(Progress::Done(end)) => {
                    let conclusion =
                        match scan.conclude(input, &self.index, &self.limits, &rules.asked) {
                            Ok(conclusion) => conclusion,
                            Err(error) => return Err(self.fail(error.shifted(base))),
                        };
                    let interim = scan.is_interim();
                    if interim && rules.interims >= self.limits.interim_max {
                        let error = Error::new(ErrorKind::TooManyInterim, 0).shifted(base);
                        return Err(self.fail(error));
                    }
                    let head = scan.head(input, &self.index, conclusion);
                    self.base = base + end as u64;
                    if interim {
                        rules.interims += 1;
                        self.state = State::Response(ResponseScan::default());
                        return Ok((end, Some(Event::Interim(head))));
                    }
                    rules.interims = 0;
                    self.state = match head.body_framing() {
                        _ if head.switches() => State::LastEnd,
                        ResponseFraming::None => State::End,
                        ResponseFraming::Length(length) => State::Length(length),
                        ResponseFraming::Chunked => State::Chunks(ChunkScan::default(), 0),
                        ResponseFraming::UntilClose => {
                            State::UntilClose(self.limits.body_bytes_max)
                        }
                    };
                    return Ok((end, Some(Event::Response(head))));
                }
                Ok(Progress::More) => return Ok((0, None)),
                Ok(Progress::IndexFull) => self.grow_index(self.limits.fields_max),
                Err(error) => return Err(self.fail(error.shifted(base))),
            }
        }
        Ok((0, None))
    }

    /// Ends this stream at the next byte, whatever it is.
    #[cold]
    pub(crate) fn fail_here(&mut self, kind: ErrorKind) -> Error {
        self.fail(Error::new(kind, 0).shifted(self.base))
    }

    #[cold]
    fn fail(&mut self, error: Error) -> Error {
        self.state = State::Failed(error);
        error
    }

    /// Tells the decoder that the peer will send no more.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::IncompleteHead`] or [`ErrorKind::IncompleteBody`] inside a message,
    /// or the error that came before. Between messages this is a clean close, and so it is
    /// for a response that ends with the connection: its [`Event::End`] is then the last
    /// event. Do not call it for a connection that was reset, or for TLS that ended without
    /// `close_notify`: such a response was cut
    /// (<https://www.rfc-editor.org/rfc/rfc9112#section-9.8>).
    pub fn finish(&mut self) -> Result<(), Error> {
        let (kind, seen) = match &self.state {
            State::Failed(error) => return Err(*error),
            State::Request(scan) if scan.has_begun() => {
                (ErrorKind::IncompleteHead, scan.position())
            }
            State::Response(scan) if scan.has_begun() => {
                (ErrorKind::IncompleteHead, scan.position())
            }
            State::UntilClose(_) => {
                self.state = State::LastEnd;
                return Ok(());
            }
            State::Request(_) | State::Response(_) | State::End | State::LastEnd | State::Over => {
                return Ok(());
            }
            State::Trailers(scan) => (ErrorKind::IncompleteBody, scan.end()),
            State::Length(_) | State::Chunks(..) => (ErrorKind::IncompleteBody, 0),
        };
        let error = Error::new(kind, seen).shifted(self.base);
        self.state = State::Failed(error);
        Err(error)
    }

    /// The error that ended this stream.
    pub(crate) fn failure(&self) -> Option<Error> {
        match self.state {
            State::Failed(error) => Some(error),
            _ => None,
        }
    }

    #[inline(always)]
    fn step(&mut self, input: &[u8]) -> Result<(usize, Option<Step>), Error> {
        let mut pos = 0;
        loop {
            match &mut self.state {
                State::Length(left) => {
                    let Some(data) = available(input, pos, *left) else {
                        return Ok((pos, None));
                    };
                    *left -= data.len() as u64;
                    if *left == 0 {
                        self.state = State::End;
                    }
                    return Ok((data.end, Some(Step::Data(data))));
                }
                State::Chunks(scan, left @ 0) => {
                    let here = &input[pos..];
                    if let Some((len, size)) = scan.first_plain_size(here, &self.limits) {
                        *left = size as u64;
                        pos += len;
                        continue;
                    }
                    if scan.ends_plainly(here, &self.limits) {
                        pos += PLAIN_END.len();
                        self.state = State::End;
                        continue;
                    }
                    match scan.next_size(input, &mut pos, &self.limits)? {
                        None => return Ok((pos, None)),
                        Some(0) => self.state = State::Trailers(SectionScan::at(0)),
                        Some(size) => *left = size,
                    }
                }
                State::Chunks(_, left) => {
                    let Some(data) = available(input, pos, *left) else {
                        return Ok((pos, None));
                    };
                    *left -= data.len() as u64;
                    return Ok((data.end, Some(Step::Data(data))));
                }
                State::Trailers(scan) => {
                    let limits = SectionLimits {
                        end: self
                            .limits
                            .trailer_section_bytes_max
                            .min(SECTION_BYTES_CEILING),
                        fields_max: self.limits.trailers_max,
                        too_large: ErrorKind::TrailerSectionTooLarge,
                        too_many: ErrorKind::TooManyTrailers,
                    };
                    let progress = scan
                        .advance(
                            scan.end(),
                            &input[pos..],
                            &limits,
                            // Part of a chunked body, where nothing is overlooked.
                            Leniency::default(),
                            &mut self.index,
                            |_| Ok(()),
                        )
                        .map_err(|error| error.shifted(pos as u64))?;
                    match progress {
                        Progress::More => return Ok((pos, None)),
                        Progress::IndexFull => self.grow_index(self.limits.trailers_max),
                        Progress::Done(end) => {
                            let count = scan.count();
                            self.state = State::End;
                            if count > 0 {
                                return Ok((pos + end, Some(Step::Trailers { pos, count })));
                            }
                            pos += end;
                        }
                    }
                }
                State::UntilClose(0) if pos < input.len() => {
                    return Err(Error::new(ErrorKind::BodyTooLarge, pos));
                }
                State::UntilClose(left) => {
                    let Some(data) = available(input, pos, *left) else {
                        return Ok((pos, None));
                    };
                    *left -= data.len() as u64;
                    return Ok((data.end, Some(Step::Data(data))));
                }
                State::End => {
                    self.state = self.role.head();
                    return Ok((pos, Some(Step::End)));
                }
                State::LastEnd => {
                    self.state = State::Over;
                    return Ok((pos, Some(Step::End)));
                }
                // A head is read by `decode_any`.
                State::Request(_) | State::Response(_) | State::Over => return Ok((pos, None)),
                State::Failed(error) => return Err(*error),
            }
        }
    }

    #[cold]
    fn grow_index(&mut self, fields_max: usize) {
        // A section asks for more only while it may still hold more than the index does.
        let len = (self.index.len() * 2).max(16).min(fields_max);
        self.index.resize(len, FieldSpan::default());
    }
}

/// An event of a body, without its borrows.
enum Step {
    Data(Range<usize>),
    Trailers { pos: usize, count: usize },
    End,
}

/// The part of `left` bytes that `input` holds from `pos` on; `None` for nothing.
fn available(input: &[u8], pos: usize, left: u64) -> Option<Range<usize>> {
    let here = (input.len() - pos) as u64;
    let take = here.min(left) as usize;
    (take > 0).then(|| pos..pos + take)
}

/// The data of the next chunk where its size line, and the CRLF before that, are plain.
#[inline(always)]
fn plain_chunk(
    scan: &mut ChunkScan,
    left: &mut u64,
    input: &[u8],
    limits: &Limits,
) -> Option<Range<usize>> {
    if *left > 0 {
        return None;
    }
    let (start, size) = scan.plain_size(input, limits)?;
    let end = start + size;
    if end <= input.len() {
        return Some(start..end);
    }
    *left = behind(end, input);
    Some(start..input.len())
}

/// How many bytes lie between the end of `input` and `end`. A function not inlined, and so a branch rather than a
/// minimum where it is called: the next call waits for that sum.
#[cold]
#[inline(never)]
fn behind(end: usize, input: &[u8]) -> u64 {
    (end - input.len()) as u64
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use super::*;
    use crate::syntax::visits;

    /// Feeds `message` one byte at a time, to its end or its fault, whichever it has; gives
    /// how many bytes were looked at.
    #[track_caller]
    fn visits_of(mut decoder: Decoder, message: &str, sound: bool) -> usize {
        let bytes = message.as_bytes();
        let mut used = 0;
        visits::take();
        for end in 1..=bytes.len() {
            loop {
                match decoder.decode(&bytes[used..end]) {
                    Ok((step, None)) => {
                        used += step;
                        break;
                    }
                    Ok((_, Some(Event::End))) => {
                        assert!(sound && end == bytes.len());
                        return visits::take();
                    }
                    Ok((step, Some(_))) => used += step,
                    Err(error) => {
                        assert!(!sound, "{error}");
                        return visits::take();
                    }
                }
            }
        }
        panic!("{} bytes are no whole message", bytes.len());
    }

    /// A size line that comes alone, of any length, has no content to tell of yet.
    #[test]
    fn data_is_never_empty() {
        for digits in 1..=20 {
            let mut decoder = Decoder::server(Limits::default());
            let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
            decoder.decode(head).expect("a head");
            let line = format!("{:0digits$x}\r\n", 5);
            let (used, event) = decoder.decode(line.as_bytes()).expect("a size line");
            assert!(event.is_none(), "{line:?}: {event:?}");
            assert_eq!(used, line.len());
            let (used, event) = decoder.decode(b"hello\r\n").expect("content");
            assert!(matches!(event, Some(Event::Data(range)) if range == (0..5) && used == 5));
        }
    }

    /// What a slow peer's bytes cost: at most two looks each, however they are arranged.
    #[test]
    fn bytes_that_trickle_in_are_looked_at_twice_at_most() {
        let get = |fields: &str| format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        let chunked = |body: &str| {
            format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
        };
        let long = |byte: &str, count: usize| byte.repeat(count);
        let sound: &[(&str, String)] = &[
            ("least", get("")),
            (
                "long Upgrade list",
                get(&format!("Connection: upgrade\r\nUpgrade: {}\r\n", long(" ,a", 2000))),
            ),
            ("empty lines", format!("{}{}", long("\r\n", 4000), get(""))),
            ("long target", format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", long("t", 8000))),
            (
                "long authority in the target",
                format!("GET http://{}/ HTTP/1.1\r\nHost: a\r\n\r\n", long("h", 8000)),
            ),
            (
                "long scheme in the target",
                format!("GET {}://h HTTP/1.1\r\nHost: a\r\n\r\n", long("s", 8000)),
            ),
            (
                "long port in the target",
                format!("CONNECT a:{}1 HTTP/1.1\r\nHost: a\r\n\r\n", long("0", 8000)),
            ),
            ("long Host", format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", long("h", 16000))),
            (
                "long escaped Host",
                format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", long("%41", 5000)),
            ),
            (
                "address as Host",
                "GET / HTTP/1.1\r\nHost: [1111:2222:3333:4444:5555:6666:111.122.133.144]:65535\r\n\r\n".into(),
            ),
            (
                "long future address as Host",
                format!("GET / HTTP/1.1\r\nHost: [v{}.{}]\r\n\r\n", long("a", 8000), long("b", 7000)),
            ),
            ("one long value", get(&format!("X: {}\r\n", long("v", 16000)))),
            ("one long name", get(&format!("{}: v\r\n", long("n", 16000)))),
            ("long Connection list", get(&format!("Connection: {}\r\n", long("close,", 2600)))),
            ("Connection of commas", get(&format!("Connection: {}\r\n", long(",", 16000)))),
            ("Connection of spaces", get(&format!("Connection: a{}b\r\n", long(" ", 16000)))),
            ("many Connections", get(&long("Connection:a\r\n", 98))),
            ("long expectation", get(&format!("Expect: {}\r\n", long("100-continue,", 1200)))),
            ("many expectations", get(&long("Expect:\r\n", 98))),
            ("many small fields", get(&long("a:\r\n", 98))),
            ("many small fields with values", get(&long("a:b\r\n", 98))),
            ("whitespace behind", get(&format!("X: v{}\r\n", long(" ", 16000)))),
            ("whitespace before", get(&format!("X:{}v\r\n", long("\t", 16000)))),
            ("whitespace alone", get(&format!("X:{}\r\n", long(" ", 16000)))),
            ("zeros of Content-Length", get(&format!("Content-Length: {}0\r\n", long("0", 16000)))),
            ("chunks of one byte", chunked(&format!("{}0\r\n\r\n", long("1\r\nx\r\n", 3000)))),
            ("long size lines", chunked(&format!("{}0\r\n\r\n", long(&format!("{}1\r\nx\r\n", long("0", 3000)), 3)))),
            ("long extensions", chunked(&format!("{}0\r\n\r\n", long(&format!("1;a=\"{}\"\r\nx\r\n", long("q", 3000)), 3)))),
            ("trailers", chunked(&format!("0\r\n{}\r\n", long("a:b\r\n", 32)))),
            ("long trailer", chunked(&format!("0\r\nX: {} \r\n\r\n", long("v", 8000)))),
        ];
        for (name, message) in sound {
            let visits = visits_of(Decoder::server(Limits::default()), message, true);
            let most = 2 * message.len();
            assert!(
                visits <= most,
                "{name}: {visits} looks at {} bytes",
                message.len()
            );
            // A counter that does not count would pass anything.
            assert!(visits >= message.len() / 2, "{name}: {visits}");
        }
        let broken: &[(&str, String)] = &[
            (
                "long Transfer-Encoding",
                get(&format!(
                    "Transfer-Encoding: {}chunked\r\n",
                    long("gzip;a=b, ", 1600)
                )),
            ),
            (
                "many chunked",
                get(&format!(
                    "Transfer-Encoding: {}\r\n",
                    long("chunked,", 2000)
                )),
            ),
            (
                "Host that is none",
                format!("GET / HTTP/1.1\r\nHost: {}@\r\n\r\n", long("h", 16000)),
            ),
            (
                "target that is none",
                format!("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", long("h", 8000)),
            ),
        ];
        for (name, message) in broken {
            let visits = visits_of(Decoder::server(Limits::default()), message, false);
            let most = 2 * message.len();
            assert!(
                visits <= most,
                "{name}: {visits} looks at {} bytes",
                message.len()
            );
        }
    }

    /// The same of a server's bytes; where much is overlooked, of those that need it.
    #[test]
    fn responses_that_trickle_in_are_looked_at_twice_at_most() {
        let ok = |fields: &str| format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n");
        let chunked = |body: &str| {
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}0\r\n\r\n")
        };
        let long = |part: &str, count: usize| part.repeat(count);
        let sound: &[(&str, String)] = &[
            ("least", ok("")),
            ("no reason", "HTTP/1.1 204 \r\n\r\n".into()),
            ("least of 1.0", "HTTP/1.0 304 \r\n\r\n".into()),
            ("another version", "HTTP/1.7 204 No\r\n\r\n".into()),
            (
                "long reason",
                format!("HTTP/1.1 204 {}\r\n\r\n", long("r", 8000)),
            ),
            ("many interim", long("HTTP/1.1 100 \r\n\r\n", 16) + &ok("")),
            (
                "many interim with fields",
                long("HTTP/1.1 103 Hint\r\nLink: </a>; rel=preload\r\n\r\n", 16) + &ok(""),
            ),
            (
                "one long value",
                ok(&format!("X: {}\r\n", long("v", 16000))),
            ),
            ("one long name", ok(&format!("{}: v\r\n", long("n", 16000)))),
            ("names that look known", ok(&long("Cxxxxxxxxx:\r\n", 98))),
            ("many small fields", ok(&long("a:\r\n", 98))),
            ("many Connections", ok(&long("Connection:a\r\n", 98))),
            (
                "long Connection list",
                ok(&format!("Connection: {}\r\n", long("x,", 7900))),
            ),
            (
                "long Upgrade list",
                ok(&format!(
                    "Connection: upgrade\r\nUpgrade: {}\r\n",
                    long("a,", 7900)
                )),
            ),
            (
                "whitespace behind",
                ok(&format!("X: v{}\r\n", long(" ", 16000))),
            ),
            (
                "whitespace before",
                ok(&format!("X:{}v\r\n", long("\t", 16000))),
            ),
            (
                "zeros of a length",
                ok("").replace(" 0", &format!(" {}", long("0", 16000))),
            ),
            ("chunks of one byte", chunked(&long("1\r\nx\r\n", 3000))),
            (
                "long extensions",
                chunked(&long(&format!("1;a=\"{}\"\r\nx\r\n", long("q", 3000)), 3)),
            ),
            (
                "trailers",
                chunked("").replace("0\r\n\r\n", &format!("0\r\n{}\r\n", long("a:b\r\n", 32))),
            ),
        ];
        let folds =
            |line: &str, fold: &str, count: usize| ok(&format!("{line}{}", long(fold, count)));
        let overlooked: &[(&str, String)] = &[
            ("empty lines", long("\r\n", 4000) + &ok("")),
            ("empty bare lines", long("\n", 8000) + &ok("")),
            (
                "bare line feeds",
                format!(
                    "HTTP/1.1 200 OK\n{}\n",
                    long("a:b\n", 98) + "Content-Length:0\n"
                ),
            ),
            ("missing reason", "HTTP/1.1 204\r\n\r\n".into()),
            ("missing reason, bare", "HTTP/1.1 204\n\n".into()),
            ("space before colons", ok(&long("a : b\r\n", 98))),
            (
                "spaces before a colon",
                ok(&format!("a{}: b\r\n", long(" ", 16000))),
            ),
            ("short folds", folds("X: v\r\n", " v\r\n", 3900)),
            ("shortest folds", folds("X: v\r\n", " v\n", 5200)),
            ("folds of nothing", folds("X: v\r\n", " \r\n", 5200)),
            ("folds of nothing, bare", folds("X: v\r\n", " \n", 7800)),
            (
                "folds of nothing behind nothing",
                folds("X:\r\n", " \r\n", 5200),
            ),
            (
                "folds of nothing behind a known first letter",
                folds("Cxxxxxxxx: v\r\n", "\t\n", 7800),
            ),
            (
                "long folds of nothing",
                folds("X: v\r\n", &format!("{}\r\n", long(" ", 1000)), 15),
            ),
            (
                "folds between text",
                folds(
                    "X: v\r\n",
                    &format!(" v{}\r\n \r\n \r\n", long(" ", 90)),
                    150,
                ),
            ),
            (
                "a fold of a long value",
                folds(&format!("X: {}\r\n", long("v", 8000)), " v\r\n", 1500),
            ),
            (
                "folds of a long name",
                folds(&format!("{}: v\r\n", long("n", 8000)), " v\r\n", 1500),
            ),
            ("equal lengths", ok(&long("Content-Length: 0\r\n", 90))),
            (
                "list of lengths",
                ok(&format!("Content-Length: {}0\r\n", long("0,", 7900))),
            ),
        ];
        let strict = sound.iter().map(|row| (row, Leniency::default()));
        let lenient = sound
            .iter()
            .chain(overlooked)
            .map(|row| (row, Leniency::all()));
        for ((name, message), leniency) in strict.chain(lenient) {
            let decoder = Decoder::client(Limits::default()).with_leniency(leniency);
            let visits = visits_of(decoder, message, true);
            let len = message.len();
            assert!(visits <= 2 * len, "{name}: {visits} looks at {len} bytes");
            assert!(visits >= len / 2, "{name}: {visits}");
        }
    }

    /// The index grows with the fields that come, up to the limit and no further.
    #[test]
    fn the_index_follows_the_fields() {
        for fields_max in [1, 2, 3, 15, 16, 17, 33, 100] {
            let limits = Limits {
                fields_max,
                ..Limits::default()
            };
            let fields = "Some-Field: value\r\n".repeat(fields_max - 1);
            let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
            let mut decoder = Decoder::server(limits);
            let (_, event) = decoder.decode(head.as_bytes()).expect("within the limit");
            assert!(
                matches!(event, Some(Event::Request(head)) if head.fields().len() == fields_max)
            );
            assert!(decoder.index.len() <= fields_max);
        }
    }

    #[test]
    fn a_chunk_told_of_is_never_empty() {
        let limits = Limits::default();
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        for digits in 1..=12 {
            let line = format!("{:0digits$x}\r\n", 3);
            let mut decoder = Decoder::server(limits);
            decoder.decode(head).expect("valid");
            let (used, event) = decoder.decode(line.as_bytes()).expect("valid");
            assert!(used == line.len() && event.is_none(), "{line:?}");
            let (used, event) = decoder.decode(b"abc\r\n").expect("valid");
            assert!(used == 3 && matches!(event, Some(Event::Data(range)) if range == (0..3)));
        }
    }

    /// A repeated size line is known again only where it is the same to its end.
    #[test]
    fn repeated_size_lines() {
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        for digits in 1..=9_usize {
            let line = format!("{:0digits$x}", 9);
            let chunk = format!("{line}\r\n123456789\r\n");
            let longer = format!("{line}0\r\n{}\r\n", "y".repeat(9 * 16));
            let body = format!("{chunk}{chunk}{longer}{chunk}{chunk}0\r\n\r\n");
            let mut decoder = Decoder::server(Limits::default());
            decoder.decode(head).expect("valid");
            let mut rest = body.as_bytes();
            let mut sizes = Vec::new();
            loop {
                let (used, event) = decoder.decode(rest).expect("valid");
                rest = &rest[used..];
                match event {
                    Some(Event::Data(data)) => sizes.push(data.len()),
                    _ => break,
                }
            }
            assert_eq!(sizes, [9, 9, 144, 9, 9], "{line}");
            for fault in ["\n\n", "\r\r", "\rx", ";\n"] {
                let body = format!("{chunk}{line}{fault}123456789\r\n0\r\n\r\n");
                let mut decoder = Decoder::server(Limits::default());
                decoder.decode(head).expect("valid");
                let (used, _) = decoder.decode(body.as_bytes()).expect("valid");
                decoder.decode(&body.as_bytes()[used..]).expect_err(fault);
            }
        }
    }
}
