//! A client's connection: whose turn it is, what goes over the wire, how its responses are
//! framed, and when it may be used again.

use barewire_http1::{
    ClientConnection, ClientTurn, Content, ContentLength, EncodeError, Error, ErrorKind, Event,
    Limits, Method, RequestHeadBuf, ResponseFraming, Trailers,
};

mod closing;
mod continues;
mod early_responses;
mod ends_of_input;
mod framing;
mod misuse;
mod pipelining;
mod requests;
mod switching;
mod unasked;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const EMPTY: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A connection with the bytes its server has sent and what was written to it.
struct Client {
    connection: ClientConnection,
    input: Vec<u8>,
    content: Vec<u8>,
    out: Vec<u8>,
}

impl Client {
    fn new() -> Self {
        Self::with(Limits::for_responses())
    }

    fn with(limits: Limits) -> Self {
        Self {
            connection: ClientConnection::new(limits),
            input: Vec::new(),
            content: Vec::new(),
            out: Vec::new(),
        }
    }

    fn try_send(
        &mut self,
        head: &RequestHeadBuf,
        length: ContentLength,
    ) -> Result<Content, EncodeError> {
        let before = self.out.len();
        let sent = self.connection.encode_head(head, length, &mut self.out);
        if sent.is_err() {
            assert_eq!(
                self.out.len(),
                before,
                "nothing of a refused head is written"
            );
        }
        sent
    }

    #[track_caller]
    fn send(&mut self, head: &RequestHeadBuf, length: ContentLength) -> &mut Self {
        self.try_send(head, length).expect("a request may be sent");
        self
    }

    /// A request without content.
    #[track_caller]
    fn ask(&mut self, method: Method<'_>) -> &mut Self {
        self.send(&request(method), ContentLength::Known(0))
    }

    fn data(&mut self, data: &str) -> Result<(), EncodeError> {
        self.connection.encode_data(data.as_bytes(), &mut self.out)
    }

    fn end(&mut self) -> Result<(), EncodeError> {
        self.connection.encode_end(None, &mut self.out)
    }

    fn input(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.input.extend_from_slice(bytes.as_ref());
        self
    }

    /// Takes one event; says what it was: the status of a head, or its name.
    #[track_caller]
    fn event(&mut self) -> String {
        self.try_event().expect("no fault")
    }

    fn try_event(&mut self) -> Result<String, Error> {
        let (used, event) = self.connection.decode(&self.input)?;
        let told = match event {
            None => String::new(),
            Some(Event::Interim(head)) => format!("interim {}", head.status()),
            Some(Event::Response(head)) => head.status().to_string(),
            Some(Event::Data(range)) => {
                self.content.extend_from_slice(&self.input[range]);
                "data".to_owned()
            }
            Some(Event::Trailers(_)) => "trailers".to_owned(),
            Some(Event::End) => "end".to_owned(),
            Some(_) => unreachable!(),
        };
        self.input.drain(..used);
        Ok(told)
    }

    /// Takes all events there are and holds them against those expected, in one line.
    #[track_caller]
    fn events(&mut self, expected: &str) -> &mut Self {
        let mut told = Vec::new();
        loop {
            match self.event() {
                event if event.is_empty() => break,
                event => told.push(event),
            }
        }
        assert_eq!(told.join(", "), expected);
        self
    }

    /// Takes events to the end of a response.
    #[track_caller]
    fn read_on(&mut self) -> &mut Self {
        loop {
            match self.event().as_str() {
                "end" => return self,
                "" => panic!("the response is not whole"),
                _ => {}
            }
        }
    }

    /// A response that is whole, to its end.
    #[track_caller]
    fn receive(&mut self, response: &str) -> &mut Self {
        self.input(response);
        self.read_on()
    }

    /// The next event is this fault, and it stays.
    #[track_caller]
    fn fault(&mut self, kind: ErrorKind, offset: u64) -> &mut Self {
        for _ in 0..2 {
            let error = self.connection.decode(&self.input).expect_err("a fault");
            assert_eq!((error.kind, error.offset), (kind, offset));
            assert_eq!(self.connection.finish_input(), Err(error));
            self.turn(ClientTurn::Close).takes_no_request();
        }
        self
    }

    #[track_caller]
    fn finish(&mut self) -> &mut Self {
        self.connection.finish_input().expect("a clean end");
        self
    }

    #[track_caller]
    fn cut(&mut self, kind: ErrorKind, offset: u64) -> &mut Self {
        let error = self.connection.finish_input().expect_err("cut short");
        assert_eq!((error.kind, error.offset), (kind, offset));
        self.fault(kind, offset)
    }

    #[track_caller]
    fn wrote(&mut self, expected: &str) -> &mut Self {
        let out = std::mem::take(&mut self.out);
        assert_eq!(String::from_utf8_lossy(&out), expected);
        self
    }

    #[track_caller]
    fn turn(&mut self, expected: ClientTurn) -> &mut Self {
        assert_eq!(self.connection.turn(), expected);
        self
    }

    #[track_caller]
    fn unanswered(&mut self, expected: usize) -> &mut Self {
        assert_eq!(self.connection.unanswered(), expected);
        self
    }

    #[track_caller]
    fn refuses(&mut self, method: Method<'_>, error: EncodeError) -> &mut Self {
        assert!(!self.connection.can_pipeline());
        let refused = self.try_send(&request(method), ContentLength::Known(0));
        assert_eq!(refused, Err(error));
        self
    }

    #[track_caller]
    fn takes_no_request(&mut self) -> &mut Self {
        assert!(self.connection.will_close());
        self.refuses(Method::Get, EncodeError::Closing)
    }
}

fn request(method: Method<'_>) -> RequestHeadBuf {
    match method {
        Method::Connect => RequestHeadBuf::connect("a:1"),
        _ => RequestHeadBuf::new(method, "a", "/"),
    }
    .expect("valid")
}

fn expecting() -> RequestHeadBuf {
    let mut head = request(Method::Post);
    head.expect_continue();
    head
}

fn upgrading(protocols: &str) -> RequestHeadBuf {
    let mut head = request(Method::Get);
    head.offer_upgrade(protocols).expect("valid");
    head
}
