//! One conformance row, and the verdict of this crate on it.
//!
//! The vector tests include this file, so that they and the referee cannot differ.

use barewire_http1::{
    ClientConnection, ContentLength, EncodeError, Error, Event, Expectation, Fields, HostRule,
    Limits, Method, RequestHead, RequestHeadBuf, ResponseFraming, ResponseHead, ServerConnection,
};
use serde_json::{Map, Value, json};

/// How the input is handed over.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Feed {
    /// All at once.
    Whole,
    /// In pieces of so many bytes.
    Pieces(usize),
    /// In two pieces, cut there.
    #[allow(
        dead_code,
        reason = "the tests cut at every point; the referee has no use for it"
    )]
    CutAt(usize),
}

impl Feed {
    #[allow(dead_code, reason = "the tests name the ways of feeding themselves")]
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        match word {
            "whole" => Some(Self::Whole),
            "bytes" => Some(Self::Pieces(1)),
            number => number
                .parse()
                .ok()
                .filter(|bytes| *bytes > 0)
                .map(Self::Pieces),
        }
    }

    /// Where the bytes at hand end, after a piece that ended at `end`.
    fn next(self, end: usize, len: usize) -> usize {
        match self {
            Self::Whole => len,
            Self::Pieces(bytes) => end.saturating_add(bytes).min(len),
            Self::CutAt(at) if end < at => at.min(len),
            Self::CutAt(_) => len,
        }
    }
}

/// The input side of a row.
#[derive(Debug)]
pub(crate) struct Row {
    id: Value,
    side: Side,
    pub(crate) input: Vec<u8>,
    pub(crate) eof: bool,
    pub(crate) limits: Limits,
}

/// Who reads the input.
#[derive(Debug)]
enum Side {
    Server,
    /// A client that has sent this.
    Client(RequestHeadBuf),
}

impl Row {
    /// Reads a row; what cannot be judged gets its verdict at once.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, Value> {
        let fault = |id: &Value, message: &str| {
            Err(json!({"id": id, "verdict": "error", "message": message}))
        };
        let row: Value = match serde_json::from_slice(line) {
            Ok(row) => row,
            Err(error) => return fault(&Value::Null, &error.to_string()),
        };
        let id = row["id"].clone();
        let side = match row["side"].as_str() {
            Some("server") => Side::Server,
            Some("client") => match request(&row) {
                Ok(request) => Side::Client(request),
                Err(error) => return fault(&id, &error.to_string()),
            },
            _ => return fault(&id, "side is neither server nor client"),
        };
        let Some(input) = row["input"].as_str().and_then(latin1_bytes) else {
            return fault(&id, "input is not a string of latin-1 characters");
        };
        let Some(limits) = limits(&row["limits"]) else {
            return fault(&id, "limits are not known names with numbers");
        };
        let eof = row["eof"].as_bool().unwrap_or(false);
        Ok(Self {
            id,
            side,
            input,
            eof,
            limits,
        })
    }

    /// What a client has sent, in rows that are responses.
    #[allow(
        dead_code,
        reason = "the tests send it twice; the referee has no use for it"
    )]
    pub(crate) fn request(&self) -> Option<&RequestHeadBuf> {
        match &self.side {
            Side::Server => None,
            Side::Client(request) => Some(request),
        }
    }

    /// Feeds the input to a connection and tells what became of its first message.
    pub(crate) fn judge(&self, feed: Feed, host: HostRule) -> Value {
        let mut connection = match &self.side {
            Side::Server => {
                Connection::Server(ServerConnection::new(self.limits).with_host_rule(host))
            }
            Side::Client(request) => {
                let mut connection = ClientConnection::new(self.limits);
                let sent =
                    connection.encode_head(request, ContentLength::Known(0), &mut Vec::new());
                if let Err(error) = sent {
                    return json!({"id": self.id, "verdict": "error", "message": error.to_string()});
                }
                Connection::Client(connection)
            }
        };
        let mut message = Message::default();
        let (mut used, mut end) = (0, 0);
        while !message.ended && end < self.input.len() {
            end = feed.next(end, self.input.len());
            if let Err(error) = message.read(&mut connection, &self.input[..end], &mut used) {
                return self.reject(error);
            }
        }
        if !message.ended && self.eof {
            let finished = connection
                .finish_input()
                .and_then(|()| message.read(&mut connection, &self.input, &mut used));
            if let Err(error) = finished {
                return self.reject(error);
            }
        }
        if message.ended {
            message.concludes(&mut connection, &self.input[used..]);
            return self.accept(message, used);
        }
        json!({"id": self.id, "verdict": "incomplete"})
    }

    fn accept(&self, message: Message, consumed: usize) -> Value {
        let mut verdict = message.told;
        verdict.insert("id".into(), self.id.clone());
        verdict.insert("verdict".into(), "accept".into());
        verdict.insert("body".into(), latin1(&message.body).into());
        verdict.insert("keep_alive".into(), message.keep_alive.into());
        verdict.insert("leftover".into(), latin1(&self.input[consumed..]).into());
        verdict.insert("consumed".into(), consumed.into());
        verdict.into()
    }

    fn reject(&self, error: Error) -> Value {
        let mut verdict = json!({
            "id": self.id,
            "verdict": "reject",
            "kind": format!("{:?}", error.kind),
            "offset": error.offset,
            "section": error.section(),
            "keep_alive": false,
        });
        // A client answers nothing.
        if let Side::Server = self.side {
            verdict["status"] = error.status().as_u16().into();
        }
        verdict
    }
}

/// Either side's connection, read in one way.
enum Connection {
    Server(ServerConnection),
    Client(ClientConnection),
}

impl Connection {
    fn decode<'a>(&'a mut self, input: &'a [u8]) -> Result<(usize, Option<Event<'a>>), Error> {
        match self {
            Self::Server(connection) => connection.decode(input),
            Self::Client(connection) => connection.decode(input),
        }
    }

    fn finish_input(&mut self) -> Result<(), Error> {
        match self {
            Self::Server(connection) => connection.finish_input(),
            Self::Client(connection) => connection.finish_input(),
        }
    }
}

/// What has come of the first message.
#[derive(Default)]
struct Message {
    told: Map<String, Value>,
    interim: Vec<u16>,
    body: Vec<u8>,
    keep_alive: bool,
    ended: bool,
}

impl Message {
    /// Takes every event up to the end of the message out of what is at hand.
    fn read(
        &mut self,
        connection: &mut Connection,
        input: &[u8],
        used: &mut usize,
    ) -> Result<(), Error> {
        while !self.ended {
            let rest = &input[*used..];
            let (step, event) = connection.decode(rest)?;
            *used += step;
            match event {
                None => break,
                Some(Event::Request(head)) => self.request(&head),
                Some(Event::Interim(head)) => self.interim.push(head.status().as_u16()),
                Some(Event::Response(head)) => self.response(&head),
                Some(Event::Data(range)) => self.body.extend_from_slice(&rest[range]),
                Some(Event::Trailers(trailers)) => {
                    self.told.insert("trailers".into(), pairs(&trailers));
                }
                Some(Event::End) => self.ended = true,
                Some(other) => unreachable!("{other:?}"),
            }
        }
        Ok(())
    }

    fn request(&mut self, head: &RequestHead<'_>) {
        self.keep_alive = head.keep_alive();
        let mut tell = |name: &str, value: Value| self.told.insert(name.into(), value);
        tell("method", head.method().as_str().into());
        tell("target", latin1(head.target()).into());
        tell("version", head.version().to_string().into());
        tell("headers", pairs(&head.fields()));
        if let Some(host) = head.host() {
            tell("effective_host", latin1(host).into());
        }
        if head.offers_upgrade() {
            tell("upgrade", head.upgrade().map(latin1).collect());
        }
        if head.method() == Method::Connect {
            tell("connect", true.into());
        }
        if head.expectation() == Expectation::Continue {
            tell("expect_continue", true.into());
        }
    }

    fn response(&mut self, head: &ResponseHead<'_>) {
        self.keep_alive = head.keep_alive();
        let mut tell = |name: &str, value: Value| self.told.insert(name.into(), value);
        tell("status", head.status().as_u16().into());
        tell("reason", latin1(head.reason()).into());
        tell("version", head.version().to_string().into());
        tell("headers", pairs(&head.fields()));
        let framing = match head.body_framing() {
            ResponseFraming::Length(_) => "length",
            ResponseFraming::Chunked => "chunked",
            ResponseFraming::UntilClose => "close",
            _ => "none",
        };
        tell("framing", framing.into());
        if let Some(length) = head.content_length() {
            tell("declared_length", length.into());
        }
        if head.switches() {
            tell("switched", true.into());
            let chosen = head.fields().list("upgrade");
            tell("request_upgrade", chosen.map(latin1).collect());
        }
    }

    /// What is known once the message is over.
    fn concludes(&mut self, connection: &mut Connection, leftover: &[u8]) {
        if let Connection::Client(connection) = connection {
            self.told.insert("interim".into(), json!(self.interim));
            // Bytes behind the only response are nobody's.
            if connection.decode(leftover).is_err() {
                self.told.insert("unsolicited".into(), true.into());
            }
        }
    }
}

/// What the client of a row has sent: a request with the row's method and offer.
fn request(row: &Value) -> Result<RequestHeadBuf, EncodeError> {
    let mut head = match row["request_method"].as_str().unwrap_or("GET") {
        "CONNECT" => RequestHeadBuf::connect("a.example:443")?,
        method => RequestHeadBuf::new(Method::from_token(method.as_bytes()), "a.example", "/")?,
    };
    for offered in row["details"]["request_upgrade"]
        .as_array()
        .into_iter()
        .flatten()
    {
        head.offer_upgrade(offered.as_str().unwrap_or_default())?;
    }
    Ok(head)
}

/// The limits of a row: the defaults with its own in their place, content unlimited.
fn limits(row: &Value) -> Option<Limits> {
    let mut limits = Limits::default();
    limits.body_bytes_max = u64::MAX;
    let named = match row {
        Value::Null => return Some(limits),
        row => row.as_object()?,
    };
    for (name, value) in named {
        let number = value.as_u64()?;
        let bytes = usize::try_from(number).ok()?;
        match name.as_str() {
            "max_start_line" => limits.start_line_bytes_max = bytes,
            "max_header_bytes" => limits.field_section_bytes_max = bytes,
            "max_headers" => limits.fields_max = bytes,
            "max_trailers" => limits.trailers_max = bytes,
            "max_body" => limits.body_bytes_max = number,
            "max_chunk_line" => limits.chunk_line_bytes_max = bytes,
            "max_chunk_ext_total" => limits.chunk_extension_bytes_max = bytes,
            "max_interim" => limits.interim_max = bytes,
            _ => return None,
        }
    }
    Some(limits)
}

fn pairs(fields: &Fields<'_>) -> Value {
    fields
        .iter()
        .map(|(name, value)| json!([latin1(name), latin1(value)]))
        .collect()
}

/// One character a byte.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// The other way; `None` where a character is no byte.
pub(crate) fn latin1_bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}
