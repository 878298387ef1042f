//! A blocking client: [`ClientConnection`] over a socket of the standard library.

use std::io::{self, Read, Write};
use std::mem;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use barewire_http1::{
    ClientConnection, ClientTurn, Content, ContentLength, Error, Event, Fields, Leniency, Limits,
    Method, RequestHeadBuf, ResponseFraming, Trailers, Version,
};

use crate::SOON;

/// One connection. What goes wrong with the socket panics; what the server does wrong is an [`Error`].
pub struct Client {
    stream: TcpStream,
    connection: ClientConnection,
    /// Bytes of the server's that have not been looked at.
    input: Vec<u8>,
    ended: bool,
    answer: Answer,
    /// How long it waits for leave to send.
    leave: Duration,
}

/// What the server said to one request.
#[derive(Debug, Default)]
pub struct Answer {
    /// Of the responses before the final one.
    pub interim: Vec<u16>,
    /// The final status.
    pub status: u16,
    /// As the server says.
    pub version: Option<Version>,
    /// How its end was known.
    pub framing: Option<ResponseFraming>,
    /// Lines of the head.
    pub fields: Vec<(String, String)>,
    /// Undone of its framing.
    pub content: Vec<u8>,
    /// Lines behind the content.
    pub trailers: Vec<(String, String)>,
}

/// What is sent with a request.
#[derive(Clone, Copy, Debug)]
pub enum Sent<'a> {
    /// Content of a length that is said before.
    Length(&'a [u8]),
    /// Content in chunks, and a trailer field.
    Chunks(&'a [u8], Option<(&'a str, &'a str)>),
}

impl Answer {
    /// The first line of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Its content, for people.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }
}

/// What came of one look at the bytes at hand.
struct Taken {
    something: bool,
    complete: bool,
}

/// GET, or another method, without fields.
#[track_caller]
#[must_use]
pub fn request(method: Method<'_>, target: &str) -> RequestHeadBuf {
    RequestHeadBuf::new(method, "peer.example", target).expect("a request of ours")
}

impl Client {
    /// Connects; nothing is overlooked.
    #[track_caller]
    #[must_use]
    pub fn connect(address: SocketAddr) -> Self {
        Self::lenient(address, Leniency::default())
    }

    /// Connects; so much is overlooked.
    #[track_caller]
    #[must_use]
    pub fn lenient(address: SocketAddr, leniency: Leniency) -> Self {
        let stream = TcpStream::connect_timeout(&address, SOON).expect("the server listens");
        Self::over(stream, Vec::new(), leniency)
    }

    /// Through a tunnel, of which so much has been read.
    #[track_caller]
    #[must_use]
    pub fn through((stream, input): (TcpStream, Vec<u8>)) -> Self {
        Self::over(stream, input, Leniency::default())
    }

    #[track_caller]
    fn over(stream: TcpStream, input: Vec<u8>, leniency: Leniency) -> Self {
        stream.set_read_timeout(Some(SOON)).expect("not zero");
        stream.set_write_timeout(Some(SOON)).expect("not zero");
        stream.set_nodelay(true).expect("TCP");
        let mut limits = Limits::for_responses();
        limits.body_bytes_max = 64 << 20;
        Self {
            stream,
            connection: ClientConnection::new(limits).with_leniency(leniency),
            input,
            ended: false,
            answer: Answer::default(),
            leave: SOON,
        }
    }

    /// Waits no longer than that for leave to send content.
    #[must_use]
    pub fn impatient(mut self, leave: Duration) -> Self {
        self.leave = leave;
        self
    }

    /// Whose turn it is.
    #[must_use]
    pub fn turn(&self) -> ClientTurn {
        self.connection.turn()
    }

    /// The connection's own account.
    #[must_use]
    pub fn connection(&self) -> &ClientConnection {
        &self.connection
    }

    /// GET, and the answer.
    ///
    /// # Errors
    ///
    /// What the server did wrong.
    pub fn get(&mut self, target: &str) -> Result<Answer, Error> {
        self.ask(&request(Method::Get, target))
    }

    /// A request without content, and the answer.
    ///
    /// # Errors
    ///
    /// What the server did wrong.
    pub fn ask(&mut self, request: &RequestHeadBuf) -> Result<Answer, Error> {
        self.send(&[request]);
        self.answer()
    }

    /// Requests without content, in one write.
    #[track_caller]
    pub fn send(&mut self, requests: &[&RequestHeadBuf]) {
        let mut out = Vec::new();
        for request in requests {
            let content = self
                .connection
                .encode_head(request, ContentLength::Known(0), &mut out);
            assert_eq!(content, Ok(Content::Nothing), "it may be sent");
        }
        self.write(&out);
    }

    /// A request with content, which is not sent where the answer comes before leave to do so; and the answer.
    ///
    /// # Errors
    ///
    /// What the server did wrong.
    pub fn put(&mut self, request: &RequestHeadBuf, sent: Sent<'_>) -> Result<Answer, Error> {
        let mut out = Vec::new();
        let (length, content, trailer) = match sent {
            Sent::Length(content) => (ContentLength::Known(content.len() as u64), content, None),
            Sent::Chunks(content, trailer) => (ContentLength::Unknown, content, trailer),
        };
        self.connection
            .encode_head(request, length, &mut out)
            .expect("it may be sent");
        self.write(&out);
        self.await_leave()?;
        if self.answer.status != 0 {
            self.connection.give_up_content();
            return self.answer();
        }
        for piece in content.chunks(100_000) {
            out.clear();
            let piece = self.connection.encode_data(piece, &mut out);
            piece.expect("it is due");
            self.write(&out);
        }
        let mut trailers = Trailers::new();
        if let Some((name, value)) = trailer {
            trailers.field(name, value).expect("a field of ours");
        }
        out.clear();
        self.connection
            .encode_end(trailer.is_some().then_some(&trailers), &mut out)
            .expect("all was sent");
        self.write(&out);
        self.answer()
    }

    /// A request with the first bytes of its content, and the answer, which comes before the rest is sent.
    ///
    /// # Errors
    ///
    /// What the server did wrong.
    pub fn put_some(
        &mut self,
        request: &RequestHeadBuf,
        content: &[u8],
        of: u64,
    ) -> Result<Answer, Error> {
        let mut out = Vec::new();
        let length = ContentLength::Known(of);
        let head = self.connection.encode_head(request, length, &mut out);
        head.expect("it may be sent");
        let piece = self.connection.encode_data(content, &mut out);
        piece.expect("it is due");
        self.write(&out);
        self.answer()
    }

    /// Sends no more of the content that is due.
    pub fn give_up(&mut self) {
        self.connection.give_up_content();
    }

    /// Waits until the server ends the connection, while nothing is awaited.
    ///
    /// # Errors
    ///
    /// What came instead.
    pub fn idle(&mut self) -> Result<(), Error> {
        while !self.ended {
            self.connection.decode(&self.input)?;
            assert!(self.read()?, "the connection stays open");
        }
        Ok(())
    }

    /// The answer to the oldest request.
    ///
    /// # Errors
    ///
    /// What the server did wrong; [`Error::kind`] says where it has been cut.
    pub fn answer(&mut self) -> Result<Answer, Error> {
        loop {
            let taken = self.take()?;
            if taken.complete {
                return Ok(mem::take(&mut self.answer));
            }
            if !taken.something {
                assert!(self.read()?, "no answer in time");
            }
        }
    }

    /// The socket, and what came behind the last answer: of another protocol.
    #[must_use]
    pub fn into_parts(self) -> (TcpStream, Vec<u8>) {
        (self.stream, self.input)
    }

    /// Waits for an interim response, a final one, or not any longer.
    fn await_leave(&mut self) -> Result<(), Error> {
        let timeout = Some(self.leave);
        self.stream.set_read_timeout(timeout).expect("not zero");
        while self.connection.awaits_continue() {
            let took = self.take()?;
            if !took.something && !self.read()? {
                break;
            }
        }
        self.stream.set_read_timeout(Some(SOON)).expect("not zero");
        Ok(())
    }

    /// Takes one event; whether the answer is complete with it.
    fn take(&mut self) -> Result<Taken, Error> {
        let (used, event) = self.connection.decode(&self.input)?;
        let mut taken = Taken {
            something: used > 0 || event.is_some(),
            complete: false,
        };
        match event {
            Some(Event::Interim(head)) => self.answer.interim.push(head.status().as_u16()),
            Some(Event::Response(head)) => {
                self.answer.status = head.status().as_u16();
                self.answer.version = Some(head.version());
                self.answer.framing = Some(head.body_framing());
                self.answer.fields = owned(head.fields());
            }
            Some(Event::Data(range)) => self.answer.content.extend_from_slice(&self.input[range]),
            Some(Event::Trailers(fields)) => self.answer.trailers = owned(fields),
            Some(Event::End) => taken.complete = true,
            Some(event) => panic!("not of a client: {event:?}"),
            None => {}
        }
        self.input.drain(..used);
        Ok(taken)
    }

    /// Takes more bytes, or the end; `false` if nothing comes in time.
    fn read(&mut self) -> Result<bool, Error> {
        assert!(!self.ended, "no answer, and no error");
        let mut piece = [0; 16 * 1024];
        match self.stream.read(&mut piece) {
            Ok(0) => {
                self.ended = true;
                self.connection.finish_input()?;
            }
            Ok(count) => self.input.extend_from_slice(&piece[..count]),
            Err(error) if is_timeout(&error) => return Ok(false),
            Err(error) => panic!("reading: {error}"),
        }
        Ok(true)
    }

    #[track_caller]
    fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads");
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

fn owned(fields: Fields<'_>) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let lines = fields.iter();
    lines
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}
