//! The input is a script of what is done with a client connection. After each step: whose turn it is says what is
//! allowed, and nothing else is; what is refused changes nothing; errors stay; requests and responses are counted;
//! and a connection that reads the same byte by byte stands where this one does. What was written are whole requests.
#![no_main]

use barewire_fuzz::Choices;
use barewire_fuzz::http1::{Answer, Told, leniency, limits, request, tell, trailers};
use barewire_http1::{
    ClientConnection, ClientTurn, Content, ContentLength, Decoder, EncodeError, Error, Event,
    Limits, Method, RequestHeadBuf,
};
use libfuzzer_sys::fuzz_target;

/// More would tell nothing new.
const STEPS_MAX: usize = 120;

const RESPONSES: [&[u8]; 16] = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\nX-Sum: 2\r\n\r\n",
    b"HTTP/1.1 404 \r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n1",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x01a",
    b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    b"\r\n",
];

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices { rest: data };
    let mut limits = limits(choices.byte());
    limits.pipelined_max = choices.below(20) + 1;
    let leniency = leniency(choices.byte());
    let connection = ClientConnection::new(limits).with_leniency(leniency);
    let mut world = World {
        twin: connection.clone(),
        fresh: connection.clone(),
        connection,
        limits,
        unread: Vec::new(),
        told: Vec::new(),
        told_by_twin: Vec::new(),
        out: Vec::new(),
        heads: 0,
        ends: 0,
        due: None,
        last: None,
        failed: None,
        no_more: false,
        plain: RequestHeadBuf::new(Method::Get, "a", "/").expect("a fine head"),
    };
    world.holds();
    for _ in 0..STEPS_MAX {
        if choices.rest.is_empty() {
            break;
        }
        world.step(&mut choices);
        world.holds();
    }
    world.requests_are_whole();
});

struct World {
    connection: ClientConnection,
    /// Reads byte by byte.
    twin: ClientConnection,
    fresh: ClientConnection,
    limits: Limits,
    unread: Vec<u8>,
    told: Vec<Told>,
    told_by_twin: Vec<Told>,
    out: Vec<u8>,
    heads: usize,
    ends: usize,
    /// Content of the last request, as far as it was not given up.
    due: Option<Content>,
    /// The response that was read last.
    last: Option<Answer>,
    failed: Option<Error>,
    /// No further request.
    no_more: bool,
    plain: RequestHeadBuf,
}

impl World {
    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.byte() {
            0..0x50 => {
                let (head, length) = request(choices);
                let before = self.out.len();
                let content = self.encode(|one, out| one.encode_head(&head, length, out));
                if let Ok(content) = content {
                    assert!(!self.no_more && self.due.is_none() && self.failed.is_none());
                    assert_eq!(content, expected_content(length));
                    self.heads += 1;
                    self.no_more |= says_close(&self.out[before..]);
                    self.due = Some(content).filter(|content| *content != Content::Nothing);
                }
            }
            0x50..0x70 => {
                let data = vec![b'd'; choices.byte().into()];
                let result = self.encode(|one, out| one.encode_data(&data, out));
                self.sent(data.len() as u64, result);
            }
            0x70..0x78 => {
                let bytes = u64::from(choices.byte());
                let result = self.encode(|one, out| {
                    let frame = one.frame_data(bytes)?;
                    out.extend_from_slice(frame.head());
                    out.resize(out.len() + bytes as usize, b'd');
                    out.extend_from_slice(frame.tail());
                    Ok(())
                });
                self.sent(bytes, result);
            }
            0x78..0x80 => {
                let bytes = u64::from(choices.byte());
                let result = self.encode(|one, out| {
                    one.data_sent(bytes)?;
                    out.resize(out.len() + bytes as usize, b'd');
                    Ok(())
                });
                match self.due {
                    Some(Content::Chunked) => assert_eq!(result, Err(EncodeError::OutOfTurn)),
                    _ => self.sent(bytes, result),
                }
            }
            0x80..0x98 => {
                let (trailers, pairs) = trailers(choices.byte());
                let result = self.encode(|one, out| one.encode_end(trailers.as_ref(), out));
                let expected = match self.due {
                    Some(Content::Length(_)) => Err(EncodeError::BodyTooShort),
                    None if !pairs.is_empty() => Err(EncodeError::NoTrailers),
                    _ => Ok(()),
                };
                assert_eq!(result, expected);
                if result != Err(EncodeError::NoTrailers) {
                    self.due = None;
                }
                self.no_more |= result == Err(EncodeError::BodyTooShort);
            }
            step @ 0x98..0xD0 => {
                // Several in one piece are told apart as well.
                let mut bytes = Vec::new();
                for _ in 0x98 / 16..=step / 16 {
                    bytes.extend_from_slice(RESPONSES[choices.below(16)]);
                }
                self.arrive(&bytes);
            }
            0xD0..0xE8 => {
                let len = choices.byte().into();
                self.arrive(choices.bytes(len));
            }
            0xE8..0xF0 => self.arrive(b""),
            0xF0..0xF6 => {
                let result = self.connection.finish_input();
                assert_eq!(result, self.twin.finish_input());
                self.no_more = true;
                if let Err(error) = result {
                    assert!(self.failed.is_none_or(|failed| failed == error));
                    self.failed = Some(error);
                }
            }
            0xF6..0xFA => {
                self.connection.give_up_content();
                self.twin.give_up_content();
                self.no_more |= self.due.take().is_some();
            }
            0xFA..0xFF => {
                self.connection.close_after_response();
                self.twin.close_after_response();
                self.no_more = true;
            }
            0xFF => self.reset(),
        }
    }

    fn reset(&mut self) {
        self.requests_are_whole();
        self.connection.reset();
        // One that is as new is compared with one that is new.
        self.twin = self.fresh.clone();
        self.unread.clear();
        self.told.clear();
        self.told_by_twin.clear();
        self.out.clear();
        self.heads = 0;
        self.ends = 0;
        self.due = None;
        self.last = None;
        self.failed = None;
        self.no_more = false;
        assert_eq!(facts(&self.connection), facts(&self.fresh));
    }

    /// Does the same to both, and sees that a refusal leaves everything as it was.
    fn encode<T: std::fmt::Debug + PartialEq>(
        &mut self,
        encode: impl Fn(&mut ClientConnection, &mut Vec<u8>) -> Result<T, EncodeError>,
    ) -> Result<T, EncodeError> {
        let before = self.connection.clone();
        let mut out = Vec::new();
        let result = encode(&mut self.connection, &mut out);
        let mut of_twin = Vec::new();
        assert_eq!(result, encode(&mut self.twin, &mut of_twin));
        assert_eq!(out, of_twin);
        match result {
            Err(EncodeError::BodyTooShort) => {
                assert_eq!(self.connection.turn(), ClientTurn::Close);
                assert!(out.is_empty());
            }
            Err(_) => {
                assert!(out.is_empty());
                assert_eq!(facts(&before), facts(&self.connection));
                // All that it knows, where that is not long.
                if before.unanswered() < 4 {
                    assert_eq!(format!("{before:?}"), format!("{:?}", self.connection));
                }
            }
            Ok(_) => self.out.extend_from_slice(&out),
        }
        result
    }

    /// Accounts for content that was to be sent.
    fn sent(&mut self, bytes: u64, result: Result<(), EncodeError>) {
        let expected = match &mut self.due {
            None if bytes == 0 => return,
            None => Err(EncodeError::OutOfTurn),
            Some(Content::Length(left)) if *left < bytes => Err(EncodeError::BodyTooLong),
            Some(Content::Length(left)) => {
                *left -= bytes;
                Ok(())
            }
            Some(_) => Ok(()),
        };
        assert_eq!(result, expected);
        self.due = self.due.filter(|content| *content != Content::Length(0));
    }

    fn arrive(&mut self, bytes: &[u8]) {
        let already = self.unread.len();
        self.unread.extend_from_slice(bytes);
        let begun = self.told.len();
        let (mut used, mut used_by_twin) = (0, 0);
        for end in already..=self.unread.len() {
            let unread = &self.unread[..end];
            if decode(
                &mut self.twin,
                unread,
                &mut used_by_twin,
                &mut self.told_by_twin,
            )
            .is_err()
            {
                break;
            }
        }
        let result = decode(
            &mut self.connection,
            &self.unread,
            &mut used,
            &mut self.told,
        );
        assert_eq!(self.told.len(), self.told_by_twin.len());
        match result {
            Ok(()) => {
                assert!(self.failed.is_none());
                assert_eq!(used, used_by_twin);
                self.unread.drain(..used);
            }
            Err(error) => {
                assert!(self.failed.is_none_or(|failed| failed == error));
                self.failed = Some(error);
                self.unread.clear();
            }
        }
        for one in &self.told[begun..] {
            match one {
                Told::Response(head) => {
                    // A client that is told of the close sends no more requests (RFC 9112 section 9.6).
                    self.no_more |= !head.keep_alive;
                    self.last = Some(head.clone());
                }
                Told::End => self.ends += 1,
                _ => {}
            }
        }
        if self.told.last() != Some(&Told::End) {
            return;
        }
        match self.last {
            Some(Answer { switches: true, .. }) => {
                assert_ne!(self.connection.turn(), ClientTurn::Ask);
                assert_ne!(self.connection.turn(), ClientTurn::Read);
            }
            Some(Answer {
                keep_alive: false, ..
            }) => {
                assert_eq!(self.connection.turn(), ClientTurn::Close);
            }
            _ => {}
        }
    }

    fn holds(&mut self) {
        assert_eq!(facts(&self.connection), facts(&self.twin));
        let turn = self.connection.turn();
        let unanswered = self.connection.unanswered();
        assert_eq!(unanswered, self.heads - self.ends);
        assert!(unanswered <= self.limits.pipelined_max);
        if let Some(error) = self.failed {
            assert_eq!(turn, ClientTurn::Close);
            for bytes in [b"".as_slice(), RESPONSES[1]] {
                assert_eq!(self.connection.decode(bytes).map(|_| ()), Err(error));
            }
            assert_eq!(self.connection.finish_input(), Err(error));
            assert_eq!(self.twin.finish_input(), Err(error));
        }
        let mut out = Vec::new();
        let known = ContentLength::Known(0);
        let mut asking = self.connection.clone();
        let asked = asking.encode_head(&self.plain, known, &mut out);
        assert_eq!(asked.is_ok(), self.connection.can_pipeline());
        if asked.is_ok() {
            assert!(!self.no_more && self.due.is_none());
            assert_eq!(asking.turn(), ClientTurn::Read);
            assert_eq!(asking.unanswered(), unanswered + 1);
            out.clear();
        }
        let more = self.connection.clone().encode_data(b"x", &mut out);
        if turn != ClientTurn::Send {
            assert!(out.is_empty() && more.is_err(), "{turn:?}");
            let mut ending = self.connection.clone();
            assert_eq!(ending.encode_end(None, &mut out), Ok(()));
            assert!(out.is_empty(), "{turn:?}");
            assert!(!self.connection.awaits_continue());
        }
        match turn {
            ClientTurn::Ask => {
                assert_eq!(asked, Ok(Content::Nothing));
                assert!(unanswered == 0 && !self.connection.will_close());
            }
            ClientTurn::Send => assert_eq!(more, Ok(())),
            ClientTurn::Read => assert!(unanswered > 0),
            ClientTurn::Close | ClientTurn::Switch => {
                assert_eq!(asked, Err(EncodeError::Closing));
                self.due = None;
                self.no_more = true;
                for bytes in [b"".as_slice(), RESPONSES[1]] {
                    let mut reading = self.connection.clone();
                    if let Ok((used, event)) = reading.decode(bytes) {
                        assert!(used == 0 && event.is_none(), "{event:?}");
                        assert_eq!(reading.turn(), turn);
                    }
                }
            }
        }
    }

    /// A server reads what was written as that many requests.
    fn requests_are_whole(&self) {
        let mut decoder = Decoder::server(Limits::for_responses());
        let (mut heads, mut used) = (0, 0);
        loop {
            let (step, event) = decoder.decode(&self.out[used..]).expect("sound requests");
            used += step;
            match event {
                Some(Event::Request(_)) => heads += 1,
                Some(_) => {}
                None => break,
            }
        }
        assert_eq!((heads, used), (self.heads, self.out.len()));
        assert_eq!(self.told, self.told_by_twin);
    }
}

fn says_close(head: &[u8]) -> bool {
    let close = b"\r\nConnection: close";
    head.windows(close.len()).any(|window| window == close)
}

fn expected_content(length: ContentLength) -> Content {
    match length {
        ContentLength::Known(0) => Content::Nothing,
        ContentLength::Known(length) => Content::Length(length),
        ContentLength::Unknown => Content::Chunked,
    }
}

fn decode(
    connection: &mut ClientConnection,
    unread: &[u8],
    used: &mut usize,
    told: &mut Vec<Told>,
) -> Result<(), Error> {
    loop {
        let rest = &unread[*used..];
        let awaited = connection.unanswered();
        let (step, event) = connection.decode(rest)?;
        *used += step;
        let Some(event) = event else {
            return Ok(());
        };
        assert!(awaited > 0);
        tell(told, event, rest);
    }
}

/// What a connection says of itself.
fn facts(connection: &ClientConnection) -> impl PartialEq + std::fmt::Debug {
    (
        connection.turn(),
        connection.unanswered(),
        connection.can_pipeline(),
        connection.will_close(),
        connection.awaits_continue(),
        connection.is_mid_response(),
    )
}
