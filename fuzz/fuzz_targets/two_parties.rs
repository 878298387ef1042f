//! A client and a server talk over two pipes that deliver as many bytes at a time as the input says. Neither finds
//! fault with the other; each reads the messages that the other wrote, byte for byte; and they agree in the end
//! whether the connection is kept, closed, or another protocol's, and where that begins.
#![no_main]

use barewire_fuzz::Choices;
use barewire_fuzz::http1::{Pairs, Told, request, tell, trailers};
use barewire_http1::{
    ClientConnection, ClientTurn, Content, ContentLength, EncodeError, Event, Limits, Method,
    RequestHeadBuf, ResponseHeadBuf, ServerConnection, StatusCode, Trailers, Turn,
};
use libfuzzer_sys::fuzz_target;

/// More would tell nothing new.
const STEPS_MAX: usize = 300;

/// Content that is declared longer than this is never sent whole.
const CONTENT_MAX: u64 = 4096;

const STATUSES: [u16; 16] = [
    200, 200, 200, 200, 201, 204, 205, 206, 299, 304, 404, 407, 413, 426, 500, 101,
];

const INTERIMS: [u16; 4] = [100, 102, 103, 199];

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices { rest: data };
    let mut world = World::new();
    for _ in 0..STEPS_MAX {
        if choices.rest.is_empty() {
            break;
        }
        world.step(&mut choices);
    }
    world.come_to_rest();
    world.compare();
    world.agree();
});

/// Bytes on their way, and all that ever were.
#[derive(Default)]
struct Pipe {
    bytes: Vec<u8>,
    arrived: usize,
    used: usize,
}

impl Pipe {
    fn deliver(&mut self, count: usize) {
        self.arrived = self.bytes.len().min(self.arrived + count);
    }

    fn unread(&self) -> &[u8] {
        &self.bytes[self.used..self.arrived]
    }
}

/// A message as its sender knows it.
#[derive(Debug)]
struct Sent {
    /// Method and target, or the status; nothing before the head is sent.
    start: Vec<u8>,
    interims: Vec<u16>,
    due: Content,
    content: Vec<u8>,
    trailers: Pairs,
    whole: bool,
    keeps: bool,
    switches: bool,
}

impl Sent {
    const NOTHING: Self = Self {
        start: Vec::new(),
        interims: Vec::new(),
        due: Content::Nothing,
        content: Vec::new(),
        trailers: Vec::new(),
        whole: false,
        keeps: true,
        switches: false,
    };

    fn head(&mut self, start: &[u8], due: Content, keeps: bool) {
        assert_ne!(due, Content::UntilClose, "both speak HTTP/1.1");
        self.start = start.to_vec();
        self.due = due;
        self.whole = due == Content::Nothing;
        self.keeps = keeps;
    }

    /// The next so many bytes of content, which are different at every place.
    fn next(&self, len: usize) -> Vec<u8> {
        let from = self.content.len();
        (from..from + len).map(|at| (at % 251) as u8).collect()
    }

    /// Accounts for data that was or was not written.
    fn data(&mut self, data: &[u8], result: Result<(), EncodeError>) {
        match (result, self.left()) {
            (Ok(()), left) => {
                assert!(left.is_none_or(|left| data.len() as u64 <= left));
                self.content.extend_from_slice(data);
                self.whole = self.left() == Some(0);
            }
            (Err(error), Some(left)) => {
                assert_eq!(error, EncodeError::BodyTooLong);
                assert!(data.len() as u64 > left);
            }
            (Err(error), None) => panic!("{error} of chunks"),
        }
    }

    /// Accounts for an end, written or not; says whether the content was cut short.
    fn end(&mut self, trailers: Pairs, result: Result<(), EncodeError>) -> bool {
        match result {
            Ok(()) => {
                assert_eq!(self.due, Content::Chunked);
                self.whole = true;
                self.trailers = trailers;
                false
            }
            Err(error) => {
                assert_eq!(error, EncodeError::BodyTooShort);
                assert!(self.left() > Some(0));
                true
            }
        }
    }

    /// What is missing of a declared length.
    fn left(&self) -> Option<u64> {
        match self.due {
            Content::Length(length) => Some(length - self.content.len() as u64),
            _ => None,
        }
    }

    /// Holds what followed a head to what was sent, and says whether it ended.
    fn is_told<'a>(&self, mut told: impl Iterator<Item = &'a Told>) -> bool {
        let mut next = told.next();
        let mut content = b"".as_slice();
        if let Some(Told::Content(bytes)) = next {
            content = bytes;
            next = told.next();
        }
        assert!(self.content.starts_with(content), "{self:?}");
        if let Some(Told::Trailers(fields)) = next {
            assert_eq!(fields, &self.trailers);
            next = told.next();
        } else if next.is_some() {
            assert!(self.trailers.is_empty());
        }
        match next {
            Some(Told::End) => {
                assert!(
                    self.whole && content.len() == self.content.len(),
                    "{self:?}"
                );
                true
            }
            None => false,
            Some(other) => panic!("{other:?} in {self:?}"),
        }
    }
}

struct World {
    client: ClientConnection,
    server: ServerConnection,
    to_server: Pipe,
    to_client: Pipe,
    requests: Vec<Sent>,
    /// One for each request that the server was told of.
    responses: Vec<Sent>,
    server_told: Vec<Told>,
    client_told: Vec<Told>,
    /// Closes without a word, or in the middle of a message.
    client_leaves: bool,
    server_leaves: bool,
    /// The client reads no more, whatever comes.
    client_is_deaf: bool,
}

impl World {
    fn new() -> Self {
        let mut limits = Limits::for_responses();
        limits.interim_max = STEPS_MAX;
        Self {
            client: ClientConnection::new(limits),
            server: ServerConnection::new(limits),
            to_server: Pipe::default(),
            to_client: Pipe::default(),
            requests: Vec::new(),
            responses: Vec::new(),
            server_told: Vec::new(),
            client_told: Vec::new(),
            client_leaves: false,
            server_leaves: false,
            client_is_deaf: false,
        }
    }

    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.byte() {
            0..0x38 => {
                let (head, length) = request(choices);
                self.ask(&head, length);
            }
            0x38..0x50 => self.client_data(choices.byte().into()),
            0x50..0x60 => self.client_end(trailers(choices.byte()), false),
            0x60..0x80 => {
                self.to_server.deliver(choices.byte().into());
                self.server_reads();
            }
            0x80..0xA0 => {
                self.to_client.deliver(choices.byte().into());
                self.client_reads();
            }
            0xA0..0xC4 => self.answer(choices),
            0xC4..0xD4 => self.server_data(choices.byte().into()),
            0xD4..0xE0 => self.server_end(trailers(choices.byte()), false),
            0xE0..0xF0 => self.interim(choices.byte()),
            0xF0..0xF8 => self.switch(choices.byte()),
            0xF8 | 0xF9 => {
                self.client.give_up_content();
                self.client_leaves = true;
            }
            0xFA | 0xFB => {
                self.client.close_after_response();
                self.client_leaves = true;
            }
            0xFC | 0xFD => {
                self.server.close_after_answer();
                self.server_leaves = true;
            }
            0xFE => self.client_end(trailers(0), true),
            0xFF => self.server_end(trailers(0), true),
        }
    }

    fn ask(&mut self, head: &RequestHeadBuf, length: ContentLength) {
        let out = &mut self.to_server.bytes;
        let before = out.len();
        let can = self.client.can_pipeline();
        let Ok(due) = self.client.encode_head(head, length, out) else {
            return assert_eq!(out.len(), before);
        };
        assert!(can);
        let line = out[before..].split(|byte| *byte == b'\r').next();
        let line = line.expect("a request line");
        let mut request = Sent::NOTHING;
        request.head(line, due, !self.client.will_close());
        self.requests.push(request);
    }

    fn client_data(&mut self, len: usize) {
        if self.client.turn() != ClientTurn::Send {
            return;
        }
        let request = self.requests.last_mut().expect("its content is due");
        let data = request.next(len);
        let result = self.client.encode_data(&data, &mut self.to_server.bytes);
        request.data(&data, result);
    }

    fn client_end(&mut self, (trailers, pairs): (Option<Trailers>, Pairs), cut: bool) {
        if self.client.turn() != ClientTurn::Send {
            return;
        }
        let request = self.requests.last_mut().expect("its content is due");
        if cut != request.left().is_some() {
            return;
        }
        let out = &mut self.to_server.bytes;
        let result = self.client.encode_end(trailers.as_ref(), out);
        if request.end(pairs, result) {
            self.client_leaves = true;
            self.client_is_deaf = true;
        }
    }

    fn server_reads(&mut self) {
        loop {
            let unread = self.to_server.unread();
            let (used, event) = self.server.decode(unread).expect("no fault");
            let Some(event) = event else {
                self.to_server.used += used;
                return;
            };
            if let Event::Request(_) = event {
                self.responses.push(Sent::NOTHING);
            }
            tell(&mut self.server_told, event, unread);
            self.to_server.used += used;
        }
    }

    fn client_reads(&mut self) {
        loop {
            let unread = self.to_client.unread();
            let (used, event) = self.client.decode(unread).expect("no fault");
            let Some(event) = event else {
                self.to_client.used += used;
                return;
            };
            tell(&mut self.client_told, event, unread);
            self.to_client.used += used;
        }
    }

    fn answer(&mut self, choices: &mut Choices<'_>) {
        let status = STATUSES[choices.below(16)];
        let flags = choices.byte();
        let mut head = ResponseHeadBuf::new(StatusCode::new(status).expect("three digits"));
        for _ in 0..flags & 3 {
            head.field("X-Field", "value").expect("a fine field");
        }
        if flags & 12 == 12 {
            head.close();
        }
        if flags & 48 == 48 {
            head.offer_upgrade("websocket, b").expect("a fine offer");
        }
        let length = match flags >> 6 {
            0 => ContentLength::Known(0),
            1 => ContentLength::Unknown,
            _ => ContentLength::Known(choices.byte().into()),
        };
        let _ = self.respond(&head, length);
    }

    fn respond(
        &mut self,
        head: &ResponseHeadBuf,
        length: ContentLength,
    ) -> Result<(), EncodeError> {
        let out = &mut self.to_client.bytes;
        let before = out.len();
        let due = match self.server.encode_head(head, length, None, out) {
            Ok(due) => due,
            Err(error) => {
                assert_eq!(out.len(), before);
                return Err(error);
            }
        };
        let asked = &self.requests[self.responses.len() - 1];
        let response = self.responses.last_mut().expect("it was asked");
        let status = head.status().as_u16();
        response.head(
            status.to_string().as_bytes(),
            due,
            !self.server.will_close(),
        );
        response.switches = asked.start.starts_with(b"CONNECT ") && status / 100 == 2;
        Ok(())
    }

    fn server_data(&mut self, len: usize) {
        if self.server.turn() != Turn::Send {
            return;
        }
        let response = self.responses.last_mut().expect("its content is due");
        let data = response.next(len);
        let result = self.server.encode_data(&data, &mut self.to_client.bytes);
        response.data(&data, result);
    }

    fn server_end(&mut self, (trailers, pairs): (Option<Trailers>, Pairs), cut: bool) {
        if self.server.turn() != Turn::Send {
            return;
        }
        let response = self.responses.last_mut().expect("its content is due");
        if cut != response.left().is_some() {
            return;
        }
        let out = &mut self.to_client.bytes;
        let result = self.server.encode_end(trailers.as_ref(), out);
        self.server_leaves |= response.end(pairs, result);
    }

    fn interim(&mut self, choice: u8) {
        let status = INTERIMS[usize::from(choice & 3)];
        let head = ResponseHeadBuf::new(StatusCode::new(status).expect("three digits"));
        let out = &mut self.to_client.bytes;
        let before = out.len();
        match self.server.encode_interim(&head, out) {
            Ok(()) => {
                let response = self.responses.last_mut().expect("it was asked");
                response.interims.push(status);
            }
            Err(_) => assert_eq!(out.len(), before),
        }
    }

    fn switch(&mut self, choice: u8) {
        let protocol = ["websocket", "WebSocket", "a/1", "H2C", "b"][usize::from(choice % 5)];
        let head = ResponseHeadBuf::new(StatusCode::SWITCHING_PROTOCOLS);
        let out = &mut self.to_client.bytes;
        let before = out.len();
        match self.server.encode_switch(&head, protocol, out) {
            Ok(()) => {
                let response = self.responses.last_mut().expect("it was asked");
                response.head(b"101", Content::Nothing, false);
                response.switches = true;
                assert_eq!(self.server.turn(), Turn::Switch);
            }
            Err(_) => assert_eq!(out.len(), before),
        }
    }

    /// Everything arrives, and what is due is done, until nothing is.
    fn come_to_rest(&mut self) {
        loop {
            let before = (self.to_server.bytes.len(), self.to_client.bytes.len());
            let turns = (self.client.turn(), self.server.turn());
            self.to_server.deliver(usize::MAX >> 1);
            self.server_reads();
            match self.server.turn() {
                Turn::Answer => {
                    let head = ResponseHeadBuf::new(StatusCode::OK);
                    if self.respond(&head, ContentLength::Known(2)).is_err() {
                        let tunnel = self.respond(&head, ContentLength::Known(0));
                        tunnel.expect("2xx without content opens a tunnel");
                    }
                }
                Turn::Send => match self.responses.last().and_then(Sent::left) {
                    Some(left) => self.server_data(left as usize),
                    None => self.server_end(trailers(0), false),
                },
                _ => {}
            }
            self.to_client.deliver(usize::MAX >> 1);
            self.client_reads();
            if self.client.turn() == ClientTurn::Send {
                match self.requests.last().and_then(Sent::left) {
                    Some(left @ ..=CONTENT_MAX) => self.client_data(left as usize),
                    Some(_) => {
                        self.client.give_up_content();
                        self.client_leaves = true;
                    }
                    None => self.client_end(trailers(0), false),
                }
            }
            let after = (self.to_server.bytes.len(), self.to_client.bytes.len());
            if after == before && turns == (self.client.turn(), self.server.turn()) {
                return;
            }
        }
    }

    /// What was read is what was sent.
    fn compare(&self) {
        let reads_on = matches!(self.server.turn(), Turn::Read | Turn::Switch);
        let mut count = 0;
        let is_head = |one: &Told| matches!(one, Told::Request(_));
        for message in self.server_told.chunk_by(|_, next| !is_head(next)) {
            let [Told::Request(head), rest @ ..] = message else {
                panic!("{message:?}");
            };
            let sent = &self.requests[count];
            let line = [&head.method, b" ".as_slice(), &head.target, b" HTTP/1.1"].concat();
            assert_eq!(line, sent.start);
            assert_eq!(head.keep_alive, sent.keeps);
            let ended = sent.is_told(rest.iter());
            assert!(!reads_on || ended == sent.whole);
            count += 1;
        }
        assert_eq!(count, self.responses.len());
        if self.server.turn() == Turn::Read {
            assert_eq!(count, self.requests.len());
        }

        let mut told = self.client_told.iter().peekable();
        let mut count = 0;
        while told.peek().is_some() {
            let sent = &self.responses[count];
            let mut interims = Vec::new();
            while let Some(Told::Interim(head)) = told.peek() {
                interims.push(head.status.as_u16());
                told.next();
            }
            assert!(sent.interims.starts_with(&interims));
            let Some(Told::Response(head)) = told.next() else {
                assert!(sent.start.is_empty() || self.client_is_deaf);
                break;
            };
            assert_eq!(interims, sent.interims);
            assert_eq!(head.status.to_string().as_bytes(), sent.start);
            assert_eq!(head.switches, sent.switches);
            assert_eq!(head.keep_alive, sent.keeps && !sent.switches);
            let mut rest = Vec::new();
            while let Some(one) =
                told.next_if(|one| !matches!(one, Told::Interim(_) | Told::Response(_)))
            {
                rest.push(one);
            }
            let ended = sent.is_told(rest.into_iter());
            assert!(ended == sent.whole || self.client_is_deaf);
            count += 1;
        }
        let answered = self.responses.iter().filter(|sent| !sent.start.is_empty());
        assert!(count == answered.count() || self.client_is_deaf);
    }

    /// Both know how it ends.
    fn agree(&mut self) {
        match (self.client.turn(), self.server.turn()) {
            (ClientTurn::Ask, Turn::Read) => {
                assert!(self.to_server.unread().is_empty() && self.to_client.unread().is_empty());
                self.exchange();
            }
            (ClientTurn::Switch, Turn::Switch) => {
                self.to_server.bytes.extend_from_slice(b"to the server");
                self.to_client.bytes.extend_from_slice(b"to the client");
                self.come_to_rest();
                assert_eq!(self.to_server.unread(), b"to the server");
                assert_eq!(self.to_client.unread(), b"to the client");
            }
            (ClientTurn::Close, Turn::Close) => {}
            (ClientTurn::Close, Turn::Read) => {
                assert!(self.client_leaves);
                let begun = self.server.is_mid_request();
                assert_eq!(self.server.finish_input().is_err(), begun);
                assert!(self.requests.last().is_none_or(|last| last.whole != begun));
                assert_eq!(self.server.turn(), Turn::Close);
            }
            (ClientTurn::Ask | ClientTurn::Read, Turn::Close) => {
                assert!(self.server_leaves);
                let awaited = self.client.unanswered();
                assert_eq!(self.client.finish_input().is_err(), awaited > 0);
                assert_eq!(self.client.unanswered(), awaited);
                assert_eq!(self.client.turn(), ClientTurn::Close);
            }
            turns => panic!("{turns:?}"),
        }
    }

    /// One more request and its response.
    fn exchange(&mut self) {
        let (requests, told) = (self.requests.len(), self.client_told.len());
        let head = RequestHeadBuf::new(Method::Get, "a", "/").expect("a fine head");
        self.ask(&head, ContentLength::Known(0));
        assert_eq!(self.requests.len(), requests + 1);
        self.come_to_rest();
        self.compare();
        let new = &self.client_told[told..];
        assert!(
            matches!(new, [Told::Response(_), Told::Content(_), Told::End]),
            "{new:?}"
        );
        assert_eq!(self.client.turn(), ClientTurn::Ask);
        assert_eq!(self.server.turn(), Turn::Read);
    }
}
