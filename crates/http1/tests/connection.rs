//! Whose turn it is, what goes over the wire, and when the connection ends.

use barewire_http1::{
    Content, ContentLength, EncodeError, ErrorKind, Event, HttpDate, Limits, ResponseHeadBuf,
    ServerConnection, StatusCode, Trailers, Turn,
};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A connection with the bytes its client has sent and what was written back.
struct Server {
    connection: ServerConnection,
    input: Vec<u8>,
    content: Vec<u8>,
    out: Vec<u8>,
}

impl Server {
    fn with(input: impl AsRef<[u8]>) -> Self {
        Self {
            connection: ServerConnection::new(Limits::default()),
            input: input.as_ref().to_vec(),
            content: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Takes one event; says what it was.
    #[track_caller]
    fn event(&mut self) -> &'static str {
        let (used, event) = self.connection.decode(&self.input).expect("no fault");
        let told = match event {
            None => "",
            Some(Event::Request(_)) => "head",
            Some(Event::Data(range)) => {
                self.content.extend_from_slice(&self.input[range]);
                "data"
            }
            Some(Event::Trailers(_)) => "trailers",
            Some(Event::End) => "end",
            Some(_) => unreachable!(),
        };
        self.input.drain(..used);
        told
    }

    /// Takes events until the request has been read.
    #[track_caller]
    fn read(&mut self) -> &mut Self {
        loop {
            match self.event() {
                "end" => return self,
                "" => panic!("the request is not whole"),
                _ => {}
            }
        }
    }

    #[track_caller]
    fn head(&mut self, status: StatusCode, length: ContentLength) -> Content {
        self.connection
            .encode_head(&ResponseHeadBuf::new(status), length, None, &mut self.out)
            .expect("an answer is due")
    }

    /// A whole answer with a short text.
    #[track_caller]
    fn answer(&mut self, text: &str) -> &mut Self {
        self.head(StatusCode::OK, ContentLength::Known(text.len() as u64));
        self.data(text).expect("as declared");
        self
    }

    fn data(&mut self, text: &str) -> Result<(), EncodeError> {
        self.connection.encode_data(text.as_bytes(), &mut self.out)
    }

    fn end(&mut self) -> Result<(), EncodeError> {
        self.connection.encode_end(None, &mut self.out)
    }

    #[track_caller]
    fn wrote(&mut self, expected: &str) -> &mut Self {
        let out = std::mem::take(&mut self.out);
        assert_eq!(String::from_utf8_lossy(&out), expected);
        self
    }

    #[track_caller]
    fn turn(&mut self, expected: Turn) -> &mut Self {
        assert_eq!(self.connection.turn(), expected);
        self
    }
}

#[test]
fn http11_is_kept_and_says_nothing_of_it() {
    Server::with(GET)
        .turn(Turn::Read)
        .read()
        .turn(Turn::Answer)
        .answer("hi")
        .wrote("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        .turn(Turn::Read);
}

#[test]
fn http10_is_closed_unless_asked() {
    Server::with("GET / HTTP/1.0\r\n\r\n")
        .read()
        .answer("hi")
        .wrote("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
        .turn(Turn::Close);
    Server::with("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        .read()
        .answer("hi")
        .wrote("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi")
        .turn(Turn::Read);
}

#[test]
fn either_side_can_close() {
    let close = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
    let mut asked = Server::with("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nrest");
    asked.read().answer("hi").wrote(close).turn(Turn::Close);
    assert_eq!(asked.event(), "");
    assert_eq!(asked.input, b"rest");

    let mut server = Server::with(GET);
    server.read().connection.close_after_answer();
    assert!(server.connection.will_close());
    server.answer("hi").wrote(close).turn(Turn::Close);

    let mut head = ResponseHeadBuf::new(StatusCode::OK);
    head.close();
    let mut server = Server::with(GET);
    let length = ContentLength::Known(0);
    let Server {
        connection, out, ..
    } = server.read();
    connection
        .encode_head(&head, length, None, out)
        .expect("an answer is due");
    server
        .wrote("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .turn(Turn::Close);

    let mut idle = Server::with("");
    idle.connection.close_after_answer();
    idle.turn(Turn::Close);
}

#[test]
fn a_date_is_written_once() {
    let date = HttpDate::new("Sun, 06 Nov 1994 08:49:37 GMT");
    let mut own = ResponseHeadBuf::new(StatusCode::NO_CONTENT);
    own.field("Date", "Mon, 07 Nov 1994 08:49:37 GMT")
        .expect("valid");
    for (head, expected) in [
        (
            ResponseHeadBuf::new(StatusCode::NO_CONTENT),
            "Date: Sun, 06",
        ),
        (own, "Date: Mon, 07"),
    ] {
        let mut server = Server::with(GET);
        let Server {
            connection, out, ..
        } = server.read();
        connection
            .encode_head(&head, ContentLength::Known(0), date, out)
            .expect("an answer is due");
        let text = String::from_utf8_lossy(&server.out);
        assert_eq!(text.matches("Date: ").count(), 1);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let mut server = Server::with([GET, GET, b"GET /last HTTP/1.1\r\n"].concat());
    assert_eq!(server.event(), "head");
    assert_eq!(server.event(), "end");
    // The second waits for the answer to the first, untouched.
    assert_eq!(server.event(), "");
    assert_eq!(server.input.len(), GET.len() + 20);
    server.answer("1").turn(Turn::Read).read().answer("2");
    server
        .wrote(
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2",
        )
        .turn(Turn::Read);
    assert_eq!(server.event(), "");
    assert!(server.connection.is_mid_request());
}

const EXPECT: &str =
    "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";

#[test]
fn a_client_that_waits_is_told_to_go_on() {
    let mut server = Server::with(EXPECT);
    assert_eq!(server.event(), "head");
    assert!(server.connection.awaits_continue());
    assert!(server.connection.body_is_pending());
    let Server {
        connection, out, ..
    } = &mut server;
    connection.encode_continue(out).expect("an answer is due");
    assert!(!server.connection.awaits_continue());
    server.input.extend_from_slice(b"ok");
    server.read();
    assert_eq!(server.content, b"ok");
    server
        .answer("")
        .wrote("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        .turn(Turn::Read);
}

#[test]
fn a_client_that_waits_and_is_refused_is_closed() {
    let mut server = Server::with(EXPECT);
    server.event();
    server.answer("");
    server
        .wrote("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .turn(Turn::Close);
}

#[test]
fn a_client_that_did_not_wait_is_kept() {
    let mut server = Server::with(format!("{EXPECT}o"));
    server.event();
    assert_eq!(server.event(), "data");
    assert!(!server.connection.awaits_continue());
    server
        .answer("")
        .wrote("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    // The rest of its body has to be read before the next request.
    server.turn(Turn::Read);
    server.input.extend_from_slice(b"k");
    server.input.extend_from_slice(GET);
    server.read().turn(Turn::Read).read().turn(Turn::Answer);
}

#[test]
fn an_expectation_without_a_body_waits_for_nothing() {
    let mut server = Server::with("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
    server.event();
    assert!(!server.connection.awaits_continue() && !server.connection.body_is_pending());
    server
        .answer("")
        .wrote("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(server.event(), "end");
    server.turn(Turn::Read);
}

#[test]
fn an_answer_may_come_before_the_body() {
    let mut server = Server::with("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
    server.event();
    server.answer("no").turn(Turn::Read);
    assert_eq!(server.event(), "data");
    assert!(server.connection.body_is_pending() && server.connection.is_mid_request());
    server.input.extend_from_slice(b"cd");
    assert_eq!(server.event(), "data");
    assert_eq!(server.event(), "end");
    server.turn(Turn::Read);
    assert!(!server.connection.is_mid_request());
}

/// The framing of each answer to a method, by version.
#[test]
fn answers_that_have_no_content_have_none() {
    let cases: &[(&str, &str, StatusCode, ContentLength, &str)] = &[
        (
            "HEAD",
            "1.1",
            StatusCode::OK,
            ContentLength::Known(7),
            "Content-Length: 7\r\n",
        ),
        (
            "HEAD",
            "1.1",
            StatusCode::OK,
            ContentLength::Unknown,
            "Transfer-Encoding: chunked\r\n",
        ),
        (
            "GET",
            "1.1",
            StatusCode::NO_CONTENT,
            ContentLength::Known(0),
            "",
        ),
        (
            "GET",
            "1.1",
            StatusCode::RESET_CONTENT,
            ContentLength::Known(0),
            "Content-Length: 0\r\n",
        ),
        (
            "GET",
            "1.1",
            StatusCode::NOT_MODIFIED,
            ContentLength::Known(7),
            "",
        ),
        (
            "GET",
            "1.1",
            StatusCode::OK,
            ContentLength::Known(0),
            "Content-Length: 0\r\n",
        ),
    ];
    for (method, version, status, length, framing) in cases {
        let mut server = Server::with(format!("{method} / HTTP/{version}\r\nHost: a\r\n\r\n"));
        server.read();
        assert_eq!(
            server.head(*status, *length),
            Content::Nothing,
            "{method} {status}"
        );
        server.end().expect("an answer that is complete stays so");
        let no_content = [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT].contains(status);
        // What GET would have got is dropped, and nothing else.
        let declared = match length {
            ContentLength::Known(bytes) => "x".repeat(*bytes as usize),
            ContentLength::Unknown => "any number".into(),
        };
        server.data(&declared).expect("it is dropped");
        let refused = match length {
            ContentLength::Known(_) if no_content => Err(EncodeError::OutOfTurn),
            ContentLength::Known(_) => Err(EncodeError::BodyTooLong),
            ContentLength::Unknown => Ok(()),
        };
        assert_eq!(server.data("x"), refused, "{method} {status}");
        // What the caller writes itself could not be dropped.
        let frame = server.connection.frame_data(1);
        assert_eq!(frame, Err(EncodeError::OutOfTurn));
        assert_eq!(server.connection.data_sent(1), Err(EncodeError::OutOfTurn));
        let reason = status.reason();
        server
            .wrote(&format!("HTTP/1.1 {status} {reason}\r\n{framing}\r\n"))
            .turn(Turn::Read);
    }
    for status in [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT] {
        for length in [ContentLength::Known(1), ContentLength::Unknown] {
            let mut server = Server::with(GET);
            let Server {
                connection, out, ..
            } = server.read();
            let refused = connection.encode_head(&ResponseHeadBuf::new(status), length, None, out);
            assert_eq!(refused, Err(EncodeError::BodyNotAllowed));
            server.wrote("").turn(Turn::Answer);
        }
    }
}

#[test]
fn content_of_unknown_length() {
    let mut chunked = Server::with(GET);
    chunked.read();
    let content = chunked.head(StatusCode::OK, ContentLength::Unknown);
    assert_eq!(content, Content::Chunked);
    chunked.turn(Turn::Send);
    chunked.data("hello, chunks in hex").expect("any length");
    chunked.data("").expect("an empty chunk would end it");
    assert_eq!(chunked.connection.data_sent(1), Err(EncodeError::OutOfTurn));
    let mut trailers = Trailers::new();
    trailers.field("Checksum", "abc").expect("valid");
    let Server {
        connection, out, ..
    } = &mut chunked;
    connection
        .encode_end(Some(&trailers), out)
        .expect("content was due");
    chunked
        .wrote(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\nhello, chunks in hex\r\n0\r\nChecksum: abc\r\n\r\n",
        )
        .turn(Turn::Read);

    // An HTTP/1.0 client knows no chunks: the close ends the content, even where it
    // asked to be kept.
    let mut until_close = Server::with("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    until_close.read();
    let content = until_close.head(StatusCode::OK, ContentLength::Unknown);
    assert_eq!(content, Content::UntilClose);
    until_close.data("hi").expect("any length");
    until_close.connection.data_sent(5).expect("any length");
    let Server {
        connection, out, ..
    } = &mut until_close;
    assert_eq!(
        connection.encode_end(Some(&trailers), out),
        Err(EncodeError::NoTrailers)
    );
    until_close.end().expect("content was due");
    until_close
        .wrote("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi")
        .turn(Turn::Close);
}

#[test]
fn trailers_of_an_answer_without_content_are_dropped() {
    let mut server = Server::with("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.read();
    server.head(StatusCode::OK, ContentLength::Unknown);
    let Server {
        connection, out, ..
    } = &mut server;
    out.clear();
    let mut trailers = Trailers::new();
    trailers.field("Checksum", "abc").expect("valid");
    connection
        .encode_end(Some(&trailers), out)
        .expect("the code that answers GET answers HEAD");
    server.wrote("").turn(Turn::Read);
}

#[test]
fn declared_lengths_are_kept() {
    let mut long = Server::with(GET);
    long.read();
    let content = long.head(StatusCode::OK, ContentLength::Known(3));
    assert_eq!(content, Content::Length(3));
    long.data("ab").expect("as declared");
    assert_eq!(long.data("cd"), Err(EncodeError::BodyTooLong));
    assert_eq!(long.connection.data_sent(2), Err(EncodeError::BodyTooLong));
    long.turn(Turn::Send)
        .connection
        .data_sent(1)
        .expect("the last byte");
    long.turn(Turn::Read);
    assert!(
        long.out.ends_with(b"\r\n\r\nab"),
        "nothing of the refused data is written"
    );

    let mut short = Server::with([GET, GET].concat());
    short.read().head(StatusCode::OK, ContentLength::Known(3));
    short.data("ab").expect("as declared");
    assert_eq!(short.end(), Err(EncodeError::BodyTooShort));
    short.turn(Turn::Close);
    assert_eq!(short.event(), "", "the next request is not read");
}

#[test]
fn interim_answers() {
    let mut server = Server::with(GET);
    server.read();
    let mut hints = ResponseHeadBuf::new(StatusCode::EARLY_HINTS);
    hints.field("Link", "</a.css>; rel=preload").expect("valid");
    let Server {
        connection, out, ..
    } = &mut server;
    connection
        .encode_interim(&hints, out)
        .expect("an answer is due");
    connection.encode_interim(&hints, out).expect("any number");
    let hint = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
    for status in [StatusCode::OK, StatusCode::SWITCHING_PROTOCOLS] {
        let refused = connection.encode_interim(&ResponseHeadBuf::new(status), out);
        assert_eq!(refused, Err(EncodeError::WrongStatusClass));
    }
    let refused = connection.encode_head(&hints, ContentLength::Known(0), None, out);
    assert_eq!(refused, Err(EncodeError::WrongStatusClass));
    server.answer("").wrote(&format!(
        "{hint}{hint}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    ));
    let Server {
        connection, out, ..
    } = &mut server;
    assert_eq!(connection.encode_continue(out), Err(EncodeError::OutOfTurn));

    let mut old = Server::with("GET / HTTP/1.0\r\n\r\n");
    old.read();
    let Server {
        connection, out, ..
    } = &mut old;
    assert_eq!(
        connection.encode_interim(&hints, out),
        Err(EncodeError::NotInHttp10)
    );
    old.wrote("").turn(Turn::Answer);
}

#[test]
fn nothing_is_answered_before_it_is_asked() {
    let mut server = Server::with(GET);
    let Server {
        connection, out, ..
    } = &mut server;
    let head = ResponseHeadBuf::new(StatusCode::OK);
    let refused = connection.encode_head(&head, ContentLength::Known(0), None, out);
    assert_eq!(refused, Err(EncodeError::OutOfTurn));
    assert_eq!(
        connection.encode_data(b"x", out),
        Err(EncodeError::OutOfTurn)
    );
    server.read();
    assert_eq!(server.end(), Err(EncodeError::OutOfTurn));
    server.answer("");
    server.out.clear();
    let Server {
        connection, out, ..
    } = &mut server;
    let refused = connection.encode_head(&head, ContentLength::Known(0), None, out);
    assert_eq!(refused, Err(EncodeError::OutOfTurn));
    server.wrote("");
}

const UPGRADE: &str =
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

#[test]
fn an_upgrade_hands_the_rest_over() {
    let mut server = Server::with(format!("{UPGRADE}\x01\x02"));
    let mut head = ResponseHeadBuf::new(StatusCode::SWITCHING_PROTOCOLS);
    head.field("Sec-WebSocket-Accept", "x").expect("valid");
    assert_eq!(server.event(), "head");
    let Server {
        connection, out, ..
    } = &mut server;
    let early = connection.encode_switch(&head, "websocket", out);
    assert_eq!(early, Err(EncodeError::NoSwitch), "the request comes first");
    assert_eq!(server.event(), "end");
    let Server {
        connection, out, ..
    } = &mut server;
    let split = connection.encode_switch(&head, "a\r\nX: y", out);
    assert_eq!(split, Err(EncodeError::InvalidFieldValue));
    let wrong = ResponseHeadBuf::new(StatusCode::OK);
    let wrong = connection.encode_switch(&wrong, "websocket", out);
    assert_eq!(wrong, Err(EncodeError::WrongStatusClass));
    connection
        .encode_switch(&head, "websocket", out)
        .expect("it was offered");
    server
        .wrote(
            "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        )
        .turn(Turn::Switch);
    assert_eq!(server.event(), "");
    assert_eq!(server.input, b"\x01\x02");
}

#[test]
fn a_switch_is_to_what_was_offered() {
    let longest = "p".repeat(256);
    let offer = |protocols: &str| UPGRADE.replace("websocket", protocols);
    for (offered, protocol, result) in [
        ("websocket", "websocket", Ok(())),
        ("websocket", "WebSocket", Ok(())),
        ("a/1, b", "b", Ok(())),
        ("a/1,\tb", "A/1", Ok(())),
        ("a\r\nUpgrade: b", "b", Ok(())),
        (longest.as_str(), longest.as_str(), Ok(())),
        ("websocket", "h2c", Err(EncodeError::NoSwitch)),
        ("a/1", "a", Err(EncodeError::NoSwitch)),
        ("a", "a/1", Err(EncodeError::NoSwitch)),
        ("ab", "a", Err(EncodeError::NoSwitch)),
        ("a, b", "a, b", Err(EncodeError::InvalidFieldValue)),
        ("a/1/2", "a/1/2", Err(EncodeError::InvalidFieldValue)),
        ("a b", "a b", Err(EncodeError::InvalidFieldValue)),
        ("a", "", Err(EncodeError::InvalidFieldValue)),
        ("a", "a\r\nX: y", Err(EncodeError::InvalidFieldValue)),
        ("a", &"a".repeat(257), Err(EncodeError::InvalidFieldValue)),
    ] {
        let mut server = Server::with(offer(offered));
        let head = ResponseHeadBuf::new(StatusCode::SWITCHING_PROTOCOLS);
        let Server {
            connection, out, ..
        } = server.read();
        let switched = connection.encode_switch(&head, protocol, out);
        assert_eq!(switched, result, "{offered:?} {protocol:?}");
        match result {
            Ok(()) => server.turn(Turn::Switch),
            Err(_) => server.wrote("").turn(Turn::Answer),
        };
    }
    // An offer is of one request.
    let mut server = Server::with([offer("a").as_bytes(), offer("b").as_bytes()].concat());
    server.read().answer("").read();
    let head = ResponseHeadBuf::new(StatusCode::SWITCHING_PROTOCOLS);
    let Server {
        connection, out, ..
    } = &mut server;
    let stale = connection.encode_switch(&head, "a", out);
    assert_eq!(stale, Err(EncodeError::NoSwitch));
    connection
        .encode_switch(&head, "b", out)
        .expect("it was offered");
}

#[test]
fn an_upgrade_not_taken_goes_on_with_http() {
    let mut server = Server::with([UPGRADE.as_bytes(), GET].concat());
    server
        .read()
        .answer("")
        .turn(Turn::Read)
        .read()
        .turn(Turn::Answer);
    let Server {
        connection, out, ..
    } = &mut server;
    let head = ResponseHeadBuf::new(StatusCode::SWITCHING_PROTOCOLS);
    let refused = connection.encode_switch(&head, "websocket", out);
    assert_eq!(
        refused,
        Err(EncodeError::NoSwitch),
        "this one offered nothing"
    );
}

#[test]
fn a_tunnel_opens_with_2xx_alone() {
    for version in ["1.1", "1.0"] {
        let connect = format!("CONNECT a:1 HTTP/{version}\r\nHost: a:1\r\n\r\n\x16\x03");
        let mut open = Server::with(&connect);
        assert_eq!(open.event(), "head");
        open.head(StatusCode::OK, ContentLength::Known(0));
        open.wrote("HTTP/1.1 200 OK\r\n\r\n").turn(Turn::Read);
        assert_eq!(open.event(), "end");
        open.turn(Turn::Switch);
        assert_eq!(open.event(), "");
        assert_eq!(open.input, b"\x16\x03");

        let mut refused = Server::with(&connect);
        refused
            .read()
            .head(StatusCode::FORBIDDEN, ContentLength::Known(0));
        refused
            .wrote("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .turn(Turn::Close);
        assert_eq!(refused.event(), "", "what follows is no request");
        assert_eq!(refused.input, b"\x16\x03");
    }
    let mut server = Server::with("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
    let Server {
        connection, out, ..
    } = server.read();
    let head = ResponseHeadBuf::new(StatusCode::OK);
    let refused = connection.encode_head(&head, ContentLength::Known(1), None, out);
    assert_eq!(refused, Err(EncodeError::BodyNotAllowed));
}

#[test]
fn a_half_closed_client_still_gets_its_answer() {
    let mut server = Server::with(GET);
    server
        .read()
        .connection
        .finish_input()
        .expect("a whole request");
    server
        .turn(Turn::Answer)
        .answer("hi")
        .wrote("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
        .turn(Turn::Close);

    let mut before_end = Server::with(GET);
    assert_eq!(before_end.event(), "head");
    before_end
        .connection
        .finish_input()
        .expect("no body is owed");
    before_end
        .answer("hi")
        .wrote("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
        .turn(Turn::Close);

    let mut idle = Server::with("\r\n");
    assert_eq!(idle.event(), "");
    idle.connection
        .finish_input()
        .expect("no request was begun");
    idle.turn(Turn::Close);
}

#[test]
fn a_client_that_leaves_inside_a_request_is_a_fault() {
    let mut head = Server::with("GET / HT");
    assert_eq!(head.event(), "");
    let error = head.connection.finish_input().expect_err("cut short");
    assert_eq!((error.kind, error.offset), (ErrorKind::IncompleteHead, 8));
    head.turn(Turn::Answer);

    let mut body = Server::with("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
    body.event();
    body.event();
    let error = body.connection.finish_input().expect_err("cut short");
    assert_eq!((error.kind, error.offset), (ErrorKind::IncompleteBody, 47));
}

#[test]
fn a_fault_is_answered_once_and_closes() {
    let mut server = Server::with("GET / HTTP/1.1\r\nHost : a\r\n\r\n");
    for _ in 0..2 {
        let error = server
            .connection
            .decode(&server.input)
            .expect_err("a space");
        assert_eq!(
            (error.kind, error.offset),
            (ErrorKind::SpaceBeforeColon, 20)
        );
        server.turn(Turn::Answer);
    }
    server.answer("no");
    server
        .wrote("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        .turn(Turn::Close);
    let error = server
        .connection
        .decode(GET)
        .expect_err("errors are sticky");
    assert_eq!(error.kind, ErrorKind::SpaceBeforeColon);
    server.connection.reset();
    server.input = GET.to_vec();
    server.read().turn(Turn::Answer);
}

/// Content for HEAD is dropped until something else is due.
#[test]
fn an_answer_to_a_fault_begins_with_its_head() {
    let faulty = "GET / HTTP/1.1\r\nHost : a\r\n\r\n";
    let mut server = Server::with(format!("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n{faulty}"));
    server.read();
    server.head(StatusCode::OK, ContentLength::Unknown);
    server.data("of GET").expect("it is dropped");
    server
        .connection
        .decode(&server.input)
        .expect_err("a space");
    server.turn(Turn::Answer);
    assert_eq!(server.data("early"), Err(EncodeError::OutOfTurn));
}

#[test]
fn a_fault_in_a_body_ends_an_answer_under_way() {
    let chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz";
    let mut answered = Server::with(chunked);
    answered.event();
    answered.head(StatusCode::OK, ContentLength::Known(2));
    let error = answered
        .connection
        .decode(&answered.input)
        .expect_err("no size");
    assert_eq!(error.kind, ErrorKind::InvalidChunkSize);
    answered
        .turn(Turn::Send)
        .data("hi")
        .expect("it may be ended");
    answered.turn(Turn::Close);

    let mut done = Server::with(chunked);
    done.event();
    done.answer("hi").turn(Turn::Read);
    done.connection.decode(&done.input).expect_err("no size");
    done.turn(Turn::Close);
}

#[test]
fn the_content_limit_can_change_with_the_target() {
    let put = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
    let mut server = Server::with(put);
    server.connection.set_body_bytes_max(8);
    let error = server
        .connection
        .decode(&server.input)
        .expect_err("nine bytes");
    assert_eq!(error.status(), StatusCode::CONTENT_TOO_LARGE);

    let mut chunked =
        Server::with("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    chunked.event();
    chunked.connection.set_body_bytes_max(2);
    let error = chunked
        .connection
        .decode(&chunked.input)
        .expect_err("three bytes");
    assert_eq!(error.kind, ErrorKind::BodyTooLarge);
}

/// A request whose end has come and not been told has it told after the end of the input.
#[test]
fn the_end_of_the_input_hides_no_end_of_a_request() {
    let mut connection = ServerConnection::new(Limits::default());
    connection.decode(GET).expect("a head");
    connection.finish_input().expect("between messages");
    let (_, event) = connection.decode(&[]).expect("its end");
    assert!(matches!(event, Some(Event::End)));
    assert_eq!(connection.turn(), Turn::Answer);
    let mut out = Vec::new();
    let head = ResponseHeadBuf::new(StatusCode::OK);
    connection
        .encode_head(&head, ContentLength::Known(0), None, &mut out)
        .expect("an answer is due");
    assert!(out.ends_with(b"Connection: close\r\n\r\n"));
    assert_eq!(connection.turn(), Turn::Close);
}

/// Wherever time runs out inside a request, 408 can be said, and says that it closes.
#[test]
fn a_request_is_given_up_anywhere() {
    let request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    for at in 0..request.len() {
        let mut connection = ServerConnection::new(Limits::default());
        let mut used = 0;
        while let (step, Some(_)) = connection.decode(&request[used..at]).expect("valid") {
            used += step;
        }
        connection.give_up_request();
        if at == 0 {
            assert_eq!(connection.turn(), Turn::Close);
            continue;
        }
        assert_eq!(connection.turn(), Turn::Answer, "{at}");
        let mut out = Vec::new();
        let head = ResponseHeadBuf::new(StatusCode::REQUEST_TIMEOUT);
        connection
            .encode_head(&head, ContentLength::Known(0), None, &mut out)
            .expect("an answer is due");
        assert!(out.ends_with(b"Connection: close\r\n\r\n"), "{at}");
        assert_eq!(connection.turn(), Turn::Close, "{at}");
        let (used, event) = connection.decode(b"GET / HTTP/1.1\r\n").expect("not read");
        assert!(used == 0 && event.is_none());
    }
}

#[test]
fn a_connection_for_another_client_has_its_first_limits() {
    let mut limits = Limits::default();
    limits.body_bytes_max = 4;
    let mut connection = ServerConnection::new(limits);
    connection.set_body_bytes_max(5);
    connection.reset();
    let request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
    let error = connection.decode(request).expect_err("above the limit");
    assert_eq!(error.kind, ErrorKind::BodyTooLarge);
}

#[test]
fn a_continue_that_nobody_waits_for_is_not_sent() {
    let mut server = Server::with(GET);
    server.read();
    let Server {
        connection, out, ..
    } = &mut server;
    connection.encode_continue(out).expect("nothing to do");
    assert!(out.is_empty());
}
