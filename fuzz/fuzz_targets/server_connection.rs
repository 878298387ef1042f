//! The input is a script of what is done with a server connection. After each step: whose turn it is says what is
//! allowed, and nothing else is; what is refused changes nothing; errors stay, and are answered once; nothing is read
//! ahead; and a connection that reads the same byte by byte stands where this one does.
#![no_main]

use barewire_fuzz::Choices;
use barewire_fuzz::http1::{Told, limits, tell, trailers};
use barewire_http1::{
    Content, ContentLength, EncodeError, Error, Event, ResponseHeadBuf, ServerConnection,
    StatusCode, Turn,
};
use libfuzzer_sys::fuzz_target;

/// More would tell nothing new.
const STEPS_MAX: usize = 120;

const REQUESTS: [&[u8]; 16] = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket, b/1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"hello",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
];

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices { rest: data };
    let connection = ServerConnection::new(limits(choices.byte()));
    let mut world = World {
        twin: connection.clone(),
        fresh: connection.clone(),
        connection,
        unread: Vec::new(),
        told: Vec::new(),
        told_by_twin: Vec::new(),
        due: None,
        dropped: None,
        failed: None,
        answered: 0,
        asked: 0,
        heads: 0,
    };
    world.holds();
    for _ in 0..STEPS_MAX {
        if choices.rest.is_empty() {
            break;
        }
        world.step(&mut choices);
        world.holds();
    }
    assert_eq!(world.told, world.told_by_twin);
});

struct World {
    connection: ServerConnection,
    /// Reads byte by byte.
    twin: ServerConnection,
    fresh: ServerConnection,
    unread: Vec<u8>,
    told: Vec<Told>,
    told_by_twin: Vec<Told>,
    /// Content of the answer under way.
    due: Option<Content>,
    /// Content that the last answer would have had to GET.
    dropped: Option<ContentLength>,
    failed: Option<Error>,
    /// Final answers.
    answered: usize,
    /// Requests, and a fault where a request should begin.
    asked: usize,
    /// Requests alone.
    heads: usize,
}

impl World {
    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.byte() {
            step @ 0..0x40 => {
                let mut bytes = Vec::new();
                for _ in 0..=step / 16 {
                    bytes.extend_from_slice(REQUESTS[choices.below(16)]);
                }
                self.arrive(&bytes);
            }
            0x40..0x50 => {
                let len = choices.byte().into();
                self.arrive(choices.bytes(len));
            }
            0x50..0x60 => self.arrive(b""),
            0x60..0x90 => {
                let status = [200, 204, 205, 304, 404, 413, 500, 100][choices.below(8)];
                let mut head = head(status);
                if choices.byte() & 3 == 3 {
                    head.close();
                }
                let length = match choices.byte() {
                    low @ 0..0x80 => ContentLength::Known((low >> 4).into()),
                    0x80..0xF0 => ContentLength::Unknown,
                    low => ContentLength::Known(u64::MAX >> (low & 15)),
                };
                let due = self.encode(|one, out| one.encode_head(&head, length, None, out));
                if let Ok(due) = due {
                    self.answered += 1;
                    self.due = Some(due).filter(|due| *due != Content::Nothing);
                    let has_none = matches!(status, 204 | 205) || self.is_tunnel(status);
                    let drops = due == Content::Nothing && !has_none;
                    self.dropped = drops.then_some(length);
                }
            }
            0x90..0xB0 => {
                let data = vec![b'd'; choices.byte().into()];
                let result = self.encode(|one, out| one.encode_data(&data, out));
                let bytes = data.len() as u64;
                match self.due {
                    None if bytes > 0 => {
                        assert_eq!(result, self.drops(bytes));
                        if let (Some(ContentLength::Known(left)), Ok(())) =
                            (&mut self.dropped, result)
                        {
                            *left -= bytes;
                        }
                    }
                    _ => self.sent(bytes, result),
                }
            }
            0xB0..0xB8 => {
                let bytes = choices.byte().into();
                let result = self.encode(|one, out| {
                    let frame = one.frame_data(bytes)?;
                    out.extend_from_slice(&[frame.head(), frame.tail()].concat());
                    Ok(())
                });
                self.sent(bytes, result);
            }
            0xB8..0xC0 => {
                let bytes = choices.byte().into();
                let result = self.encode(|one, _| one.data_sent(bytes));
                match self.due {
                    Some(Content::Chunked) => assert_eq!(result, Err(EncodeError::OutOfTurn)),
                    _ => self.sent(bytes, result),
                }
            }
            0xC0..0xD8 => {
                let (trailers, pairs) = trailers(choices.byte());
                let turn = self.connection.turn();
                let result = self.encode(|one, out| one.encode_end(trailers.as_ref(), out));
                let expected = match self.due {
                    _ if turn == Turn::Answer => Err(EncodeError::OutOfTurn),
                    Some(Content::Length(_)) => Err(EncodeError::BodyTooShort),
                    Some(Content::UntilClose) if !pairs.is_empty() => Err(EncodeError::NoTrailers),
                    _ => Ok(()),
                };
                assert_eq!(result, expected);
                if matches!(result, Ok(()) | Err(EncodeError::BodyTooShort)) {
                    self.due = None;
                }
            }
            0xD8..0xE4 => {
                let head = head([100, 102, 103, 101][choices.below(4)]);
                let _ = self.encode(|one, out| one.encode_interim(&head, out));
            }
            0xE4..0xF0 => {
                let head = head(101);
                let protocol = ["websocket", "B/1", "c"][choices.below(3)];
                let result = self.encode(|one, out| one.encode_switch(&head, protocol, out));
                if result.is_ok() {
                    assert_eq!(self.connection.turn(), Turn::Switch);
                    self.answered += 1;
                }
            }
            0xF0..0xF4 => {
                self.connection.close_after_answer();
                self.twin.close_after_answer();
                assert!(self.connection.will_close());
            }
            0xF4..0xFA => {
                let result = self.connection.finish_input();
                assert_eq!(result, self.twin.finish_input());
                assert!(self.connection.will_close());
                if let Err(error) = result {
                    self.fails(error);
                }
            }
            0xFA..0xFC => {
                let bytes = choices.byte().into();
                self.connection.set_body_bytes_max(bytes);
                self.twin.set_body_bytes_max(bytes);
            }
            0xFC | 0xFD => {
                self.connection.give_up_request();
                self.twin.give_up_request();
                assert!(self.connection.will_close());
                if self.asked == self.answered && self.connection.turn() == Turn::Answer {
                    self.asked += 1;
                    self.dropped = None;
                }
            }
            0xFE | 0xFF => {
                self.connection.reset();
                // One that is as new is compared with one that is new.
                self.twin = self.fresh.clone();
                assert_eq!(facts(&self.connection), facts(&self.fresh));
                assert_eq!(self.told, self.told_by_twin);
                self.unread.clear();
                self.told.clear();
                self.told_by_twin.clear();
                self.due = None;
                self.dropped = None;
                self.failed = None;
                (self.asked, self.answered, self.heads) = (0, 0, 0);
            }
        }
    }

    /// Does the same to both, and sees that a refusal leaves everything as it was.
    fn encode<T: std::fmt::Debug + PartialEq>(
        &mut self,
        encode: impl Fn(&mut ServerConnection, &mut Vec<u8>) -> Result<T, EncodeError>,
    ) -> Result<T, EncodeError> {
        let before = self.connection.clone();
        let (mut out, mut out_of_twin) = (Vec::new(), Vec::new());
        let result = encode(&mut self.connection, &mut out);
        assert_eq!(result, encode(&mut self.twin, &mut out_of_twin));
        assert_eq!(out, out_of_twin);
        if let Err(error) = result {
            assert!(out.is_empty());
            match error {
                EncodeError::BodyTooShort => assert_eq!(self.connection.turn(), Turn::Close),
                _ => assert_eq!(format!("{before:?}"), format!("{:?}", self.connection)),
            }
        }
        result
    }

    /// What becomes of content that is not due.
    fn drops(&self, bytes: u64) -> Result<(), EncodeError> {
        match self.dropped {
            None => Err(EncodeError::OutOfTurn),
            Some(ContentLength::Known(left)) if left < bytes => Err(EncodeError::BodyTooLong),
            Some(_) => Ok(()),
        }
    }

    fn is_tunnel(&self, status: u16) -> bool {
        let last = self.told.iter().rev().find_map(|one| match one {
            Told::Request(head) => Some(head.method.as_slice()),
            _ => None,
        });
        // A fault at the beginning of a request hides what came before it.
        let is_read = self.heads == self.asked;
        is_read && last == Some(b"CONNECT") && status / 100 == 2
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

    fn fails(&mut self, error: Error) {
        assert!(self.failed.is_none_or(|failed| failed == error));
        if self.failed.is_none() && self.asked == self.answered {
            // A fault where no request was told of is answered as one.
            if self.connection.turn() == Turn::Answer {
                self.asked += 1;
                self.dropped = None;
            }
        }
        self.failed = Some(error);
    }

    fn arrive(&mut self, bytes: &[u8]) {
        let already = self.unread.len();
        self.unread.extend_from_slice(bytes);
        let begun = self.told.len();
        let will_close = self.connection.will_close();
        let (mut used, mut used_by_twin) = (0, 0);
        for end in already..=self.unread.len() {
            let unread = &self.unread[..end];
            let told = &mut self.told_by_twin;
            if decode(&mut self.twin, unread, &mut used_by_twin, told).is_err() {
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
        let is_head = |one: &&Told| matches!(one, Told::Request(_));
        let heads = self.told[begun..].iter().filter(is_head).count();
        // Nothing is read ahead, and nothing behind the last exchange.
        assert!(heads == 0 || heads == 1 && !will_close && self.asked == self.answered);
        self.asked += heads;
        self.heads += heads;
        if heads > 0 {
            self.dropped = None;
        }
        match result {
            Ok(()) => {
                assert!(self.failed.is_none());
                assert_eq!(used, used_by_twin);
                self.unread.drain(..used);
            }
            Err(error) => {
                self.fails(error);
                self.unread.clear();
            }
        }
    }

    fn holds(&mut self) {
        assert_eq!(facts(&self.connection), facts(&self.twin));
        let turn = self.connection.turn();
        assert!(self.answered <= self.asked && self.asked <= self.answered + 1);
        assert_eq!(turn == Turn::Answer, self.asked > self.answered);
        assert_eq!(turn == Turn::Send, self.due.is_some());
        if let Some(error) = self.failed {
            assert!(self.connection.will_close() && turn != Turn::Read);
            for bytes in [b"".as_slice(), REQUESTS[0]] {
                assert_eq!(self.connection.decode(bytes).map(|_| ()), Err(error));
            }
        }
        if self.connection.awaits_continue() {
            assert!(self.connection.body_is_pending());
        }
        if self.connection.body_is_pending() {
            assert!(self.connection.is_mid_request());
        }

        let mut out = Vec::new();
        let known = ContentLength::Known(0);
        let mut answering = self.connection.clone();
        let answer = answering.encode_head(&head(200), known, None, &mut out);
        let mut ending = self.connection.clone();
        match turn {
            Turn::Answer => {
                assert_eq!(answer, Ok(Content::Nothing));
                assert!(!matches!(answering.turn(), Turn::Answer | Turn::Send));
                let early = ending.encode_data(b"x", &mut out);
                assert_eq!(early, Err(EncodeError::OutOfTurn));
                return;
            }
            Turn::Send => {
                assert_eq!(ending.encode_data(b"x", &mut out), Ok(()));
                return;
            }
            Turn::Read | Turn::Close | Turn::Switch => {
                let refused = Err(EncodeError::OutOfTurn);
                assert_eq!(answer, Err(EncodeError::OutOfTurn));
                assert_eq!(ending.encode_continue(&mut out), refused);
                assert_eq!(ending.encode_switch(&head(101), "b/1", &mut out), refused);
                assert_eq!(ending.encode_data(b"x", &mut out), self.drops(1));
                assert_eq!(ending.encode_end(None, &mut out), Ok(()));
                assert!(out.is_empty() && ending.turn() == turn);
            }
        }
        if turn != Turn::Read && !self.connection.body_is_pending() {
            for bytes in [b"".as_slice(), REQUESTS[0]] {
                if let Ok((used, event)) = ending.decode(bytes) {
                    assert!(
                        used == 0 && matches!(event, None | Some(Event::End)),
                        "{event:?}"
                    );
                }
            }
            assert_eq!(ending.turn(), turn);
        }
    }
}

fn head(status: u16) -> ResponseHeadBuf {
    ResponseHeadBuf::new(StatusCode::new(status).expect("three digits"))
}

fn decode(
    connection: &mut ServerConnection,
    unread: &[u8],
    used: &mut usize,
    told: &mut Vec<Told>,
) -> Result<(), Error> {
    loop {
        let rest = &unread[*used..];
        let (step, event) = connection.decode(rest)?;
        *used += step;
        let Some(event) = event else {
            return Ok(());
        };
        tell(told, event, rest);
    }
}

/// What a connection says of itself.
fn facts(connection: &ServerConnection) -> impl PartialEq + std::fmt::Debug {
    (
        connection.turn(),
        connection.body_is_pending(),
        connection.is_mid_request(),
        connection.awaits_continue(),
        connection.will_close(),
    )
}
