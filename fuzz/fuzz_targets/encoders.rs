//! Whatever is given to the encoders of either side: a decoder of the other side reads what they write as the same, or
//! they refuse, and write nothing. What is refused for its bytes no decoder would read as what was meant.
#![no_main]

use std::borrow::Cow;

use barewire_fuzz::Choices;
use barewire_fuzz::http1::{Answer, Pairs, Question, Read, Told, pairs, read};
use barewire_http1::{
    Asked, BodyFraming, ClientConnection, Content, ContentLength, DataFrame, Decoder, EncodeError,
    Event, Expectation, FieldSpan, HttpDate, Limits, Method, RequestHeadBuf, ResponseFraming,
    ResponseHeadBuf, ServerConnection, StatusClass, StatusCode, TargetForm, Trailers, Version,
    parse_request_head, parse_response_head,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices { rest: data };
    match choices.byte() & 1 {
        0 => request(&mut choices),
        _ => response(&mut choices),
    }
});

/// One of `usual`, or anything, perhaps often enough to reach a limit.
fn bytes<'a>(choices: &mut Choices<'a>, usual: &[&'a str]) -> Cow<'a, [u8]> {
    let choice = choices.byte();
    if choice < 0x80 {
        return match usual {
            [] => Cow::Borrowed(b"".as_slice()),
            _ => Cow::Borrowed(usual[usize::from(choice) % usual.len()].as_bytes()),
        };
    }
    let some = choices.bytes(usize::from(choice & 0x1F));
    match choice & 0x60 {
        0x20 => Cow::Owned(some.repeat(1 + choices.below(40))),
        0x40 => Cow::Owned(some.repeat(1 + usize::from(choices.byte()) * 8)),
        _ => Cow::Borrowed(some),
    }
}

fn text(choices: &mut Choices<'_>, usual: &[&'static str]) -> String {
    String::from_utf8_lossy(&bytes(choices, usual)).into_owned()
}

const METHODS: [&str; 12] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "get",
    "M-SEARCH", "GET ",
];
const TARGETS: [&str; 10] = [
    "/",
    "/a?b",
    "*",
    "http://a.example/b",
    "a.example:443",
    "//",
    "/[|]",
    "x://[::1]:8?c",
    "/#",
    "/%",
];
const HOSTS: [&str; 8] = [
    "a",
    "a.example:80",
    "",
    "[::1]:1",
    "a:",
    "a%41",
    "u@a",
    "a/b",
];
const NAMES: [&str; 20] = [
    "X",
    "Accept",
    "Date",
    "Host",
    "Expect",
    "TE",
    "Upgrade",
    "Connection",
    "Content-Length",
    "Transfer-Encoding",
    "Trailer",
    "Set-Cookie",
    "a`|~",
    "",
    "X ",
    "Expires",
    "Content-Type",
    "X-A-Long-Name-Of-Many-Letters",
    "Content_Length",
    "Keep-Alive",
];
const VALUES: [&str; 8] = ["", "v", "close", "a b", " v", "v\t", "chunked", "0"];
const PROTOCOLS: [&str; 8] = [
    "websocket",
    "h2c, a/1",
    "a",
    " a ,\tb/2",
    "a/b/c",
    "",
    ",",
    "A",
];
const REASONS: [&str; 4] = ["OK", "", " \u{e9} ", "a\tb"];

type Added = Result<(), EncodeError>;

/// Adds fields through `add`; gives those that were taken.
fn add_fields(choices: &mut Choices<'_>, mut add: impl FnMut(&str, &[u8]) -> Added) -> Pairs {
    let mut taken = Pairs::new();
    for _ in 0..choices.below(8) {
        let name = text(choices, &NAMES);
        let value = bytes(choices, &VALUES);
        let times = match choices.byte() {
            times @ 0xF0.. => usize::from(times) - 0x90,
            _ => 1,
        };
        for _ in 0..times {
            match add(&name, &value) {
                Ok(()) => taken.push((name.clone().into_bytes(), value.to_vec())),
                Err(EncodeError::InvalidFieldName | EncodeError::InvalidFieldValue) => {
                    would_not_be_read(&name, &value);
                    break;
                }
                Err(
                    EncodeError::ManagedField
                    | EncodeError::ForbiddenTrailer
                    | EncodeError::TooManyFields,
                ) => break,
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    taken
}

/// As no decoder reads the field that was refused.
fn would_not_be_read(name: &str, value: &[u8]) {
    let head = [
        b"GET / HTTP/1.0\r\n",
        name.as_bytes(),
        b": ",
        value,
        b"\r\n\r\n",
    ]
    .concat();
    let mut index = [FieldSpan::default(); 2];
    if let Ok(Some(head)) = parse_request_head(&head, &mut index, &limits()) {
        let meant = [(name.as_bytes().to_vec(), value.to_vec())];
        assert_ne!(pairs(head.fields()), meant);
    }
}

fn trailers(choices: &mut Choices<'_>) -> (Trailers, Pairs) {
    let mut trailers = Trailers::new();
    let add = |name: &str, value: &[u8]| {
        let before = trailers.clone();
        let added = trailers.field(name, value).map(|_| ());
        assert!(added.is_ok() || trailers == before);
        added
    };
    let pairs = add_fields(choices, add);
    assert_eq!(trailers.is_empty(), pairs.is_empty());
    (trailers, pairs)
}

/// Unlimited content, heads as every decoder takes them.
fn limits() -> Limits {
    Limits::for_responses()
}

fn request(choices: &mut Choices<'_>) {
    let method = bytes(choices, &METHODS);
    let host = text(choices, &HOSTS);
    let target = text(choices, &TARGETS);
    let by_name = Method::from_token(&method);
    let method_given = match choices.byte() & 1 {
        0 => by_name,
        _ => Method::Other(&method),
    };
    let (made, method, host, forms) = match choices.byte() & 3 {
        0 => {
            let made = RequestHeadBuf::absolute(method_given, &target);
            let host = made.as_ref().ok().map(authority);
            (
                made,
                by_name,
                host.unwrap_or_default(),
                [TargetForm::Absolute; 2],
            )
        }
        1 => {
            let made = RequestHeadBuf::connect(&target);
            (
                made,
                Method::Connect,
                target.clone().into_bytes(),
                [TargetForm::Authority; 2],
            )
        }
        _ => {
            let made = RequestHeadBuf::new(method_given, &host, &target);
            let forms = [TargetForm::Origin, TargetForm::Asterisk];
            (made, by_name, host.into_bytes(), forms)
        }
    };
    let line = [method.as_bytes(), b" ", target.as_bytes(), b" HTTP/1.1\r\n"].concat();
    let mut head = match made {
        Ok(head) => head,
        Err(EncodeError::TooManyFields) => return assert!(host.len() > 15_000),
        Err(error) => {
            assert!(matches!(
                error,
                EncodeError::InvalidMethod | EncodeError::InvalidTarget | EncodeError::InvalidHost
            ));
            let head = [&line, b"Host: ".as_slice(), &host, b"\r\n\r\n"].concat();
            let mut index = [FieldSpan::default(); 1];
            if let Ok(Some(head)) = parse_request_head(&head, &mut index, &limits()) {
                let is_meant = head.method() == method
                    && head.target() == target.as_bytes()
                    && head.fields().get("host") == Some(&host);
                let is_absolute = forms[0] == TargetForm::Absolute;
                assert!(!is_meant || is_absolute || !forms.contains(&head.target_form()));
            }
            return;
        }
    };
    assert_eq!(head.method(), method);

    let add = |name: &str, value: &[u8]| {
        let before = head.clone();
        let added = head.field(name, value).map(|_| ());
        assert!(added.is_ok() || head == before);
        added
    };
    let mut fields = vec![(b"Host".to_vec(), host)];
    fields.extend(add_fields(choices, add));
    let flags = choices.byte();
    let (closes, expects, accepts) = (flags & 3 == 3, flags & 4 != 0, flags & 8 != 0);
    if closes {
        head.close();
    }
    if expects {
        head.expect_continue();
    }
    if accepts {
        head.accept_trailers();
    }
    let mut offered = Vec::new();
    if flags & 16 != 0 {
        let protocols = text(choices, &PROTOCOLS);
        let before = head.clone();
        match head.offer_upgrade(&protocols) {
            Ok(_) => offered = members(&protocols),
            Err(error) => {
                assert_eq!(error, EncodeError::InvalidFieldValue);
                assert_eq!(head, before);
            }
        }
    }

    let body = Body::choose(choices);
    let mut connection = ClientConnection::new(limits());
    let mut out = b"before".to_vec();
    let content = match connection.encode_head(&head, body.length, &mut out) {
        Ok(content) => content,
        Err(error) => {
            let has_content = body.length != ContentLength::Known(0);
            match error {
                EncodeError::BodyNotAllowed => {
                    assert!(has_content && matches!(method, Method::Connect | Method::Trace));
                }
                EncodeError::ExpectWithoutContent => assert!(!has_content && expects),
                error => panic!("{error:?}"),
            }
            assert_eq!(out, b"before");
            return;
        }
    };
    let sent = body.send(content, None, &mut connection, &mut out);

    let told = told_of(
        &mut Decoder::server(limits()),
        &out[6..],
        choices.below(64) + 1,
        &sent,
    );
    let [Told::Request(told_head)] = &told[..] else {
        panic!("{told:?}");
    };
    let mut managed = vec![];
    let framing = match content {
        Content::Nothing => BodyFraming::None,
        Content::Length(length) => BodyFraming::Length(length),
        Content::Chunked => BodyFraming::Chunked,
        Content::UntilClose => panic!("{told:?}"),
    };
    let anticipated = [b"POST".as_slice(), b"PUT", b"PATCH"].contains(&method.as_bytes());
    match content {
        Content::Chunked => managed.push("Transfer-Encoding"),
        Content::Nothing if !anticipated => {}
        _ => managed.push("Content-Length"),
    }
    if closes || accepts || !offered.is_empty() {
        managed.push("Connection");
    }
    for (is_there, name) in [
        (accepts, "TE"),
        (!offered.is_empty(), "Upgrade"),
        (expects, "Expect"),
    ] {
        if is_there {
            managed.push(name);
        }
    }
    let expectation = match expects {
        true => Expectation::Continue,
        false => Expectation::None,
    };
    let expected = Question {
        bytes: told_head.bytes.clone(),
        method: method.as_bytes().to_vec(),
        target: target.into_bytes(),
        version: Version::Http11,
        fields: with_managed(fields, &managed, &told_head.fields),
        framing,
        keep_alive: !closes,
        expectation,
        upgrade: offered,
    };
    assert_eq!(told_head, &expected);
}

/// The Host that a target in absolute form is sent with, from what the head says of itself.
fn authority(head: &RequestHeadBuf) -> Vec<u8> {
    let mut out = Vec::new();
    let mut connection = ClientConnection::new(limits());
    let content = connection.encode_head(head, ContentLength::Known(0), &mut out);
    content.expect("a head without content");
    let mut index = [FieldSpan::default(); 3];
    let head = parse_request_head(&out, &mut index, &limits());
    let head = head.expect("sound").expect("whole");
    // What the target says is for whom the request is.
    assert_eq!(head.host(), head.fields().get("host"));
    head.host().expect("it has one").to_vec()
}

fn members(protocols: &str) -> Vec<Vec<u8>> {
    let members = protocols
        .split(',')
        .map(|one| one.trim_matches([' ', '\t']));
    members.map(|one| one.as_bytes().to_vec()).collect()
}

/// `added`, and behind them the fields named `managed` in any order with the values they came with.
fn with_managed(mut added: Pairs, managed: &[&str], told: &Pairs) -> Pairs {
    let rest = &told[added.len().min(told.len())..];
    let mut names: Vec<&[u8]> = rest.iter().map(|(name, _)| name.as_slice()).collect();
    let mut managed: Vec<&[u8]> = managed.iter().map(|name| name.as_bytes()).collect();
    names.sort_unstable();
    managed.sort_unstable();
    assert_eq!(names, managed, "{told:?}");
    added.extend_from_slice(rest);
    added
}

/// What is to be sent behind a head.
struct Body {
    length: ContentLength,
    content: Vec<u8>,
    piece: usize,
    /// How many bytes more than were declared are tried.
    beyond: usize,
    by_frames: bool,
    trailers: Option<Trailers>,
    pairs: Pairs,
}

/// What became of it.
struct SentBody {
    content: Vec<u8>,
    trailers: Pairs,
    whole: bool,
}

impl Body {
    fn choose(choices: &mut Choices<'_>) -> Self {
        let ways = choices.byte();
        let content = bytes(choices, &["", "hello"]).into_owned();
        let length = match ways & 7 {
            0 | 1 => ContentLength::Known(0),
            2..5 => ContentLength::Known(content.len() as u64),
            5 => ContentLength::Known(u64::MAX >> choices.below(64)),
            _ => ContentLength::Unknown,
        };
        let (trailers, pairs) = trailers(choices);
        Self {
            length,
            content,
            piece: choices.below(256) + 16,
            beyond: choices.below(3),
            by_frames: ways & 8 != 0,
            trailers: Some(trailers).filter(|_| ways & 16 != 0),
            pairs,
        }
    }

    /// Sends what is `due`, or as if it were; `drops` says how much is taken that is not sent.
    fn send(
        &self,
        due: Content,
        drops: Option<ContentLength>,
        side: &mut impl Side,
        out: &mut Vec<u8>,
    ) -> SentBody {
        let mut sent = SentBody {
            content: Vec::new(),
            trailers: Vec::new(),
            whole: due == Content::Nothing,
        };
        let mut left = match due {
            Content::Nothing => Some(0),
            Content::Length(length) => Some(length),
            Content::Chunked | Content::UntilClose => None,
        };
        let mut to_drop = match drops {
            Some(ContentLength::Known(length)) => Some(length),
            Some(ContentLength::Unknown) => Some(u64::MAX),
            None => None,
        };
        let beyond = [b'x'; 2];
        let pieces = self.content.chunks(self.piece);
        for data in pieces.chain([&beyond[..self.beyond]]) {
            let before = out.len();
            let bytes = data.len() as u64;
            if due == Content::Nothing
                && !self.by_frames
                && !data.is_empty()
                && let Some(left) = &mut to_drop
            {
                let rest = left.checked_sub(bytes);
                let expected = rest.map(|_| ()).ok_or(EncodeError::BodyTooLong);
                assert_eq!(side.data(data, out), expected);
                *left = rest.unwrap_or(*left);
                assert_eq!(out.len(), before);
                continue;
            }
            let result = match self.by_frames && !data.is_empty() {
                true => side.frame(bytes).map(|frame| {
                    let parts = [frame.head(), data, frame.tail()];
                    out.extend_from_slice(&parts.concat());
                }),
                false => side.data(data, out),
            };
            // Nothing is sent beyond what has been declared and sent.
            let is_over = sent.whole || left == Some(0);
            let expected = match left {
                _ if data.is_empty() => Ok(()),
                _ if is_over => Err(EncodeError::OutOfTurn),
                Some(left) if bytes > left => Err(EncodeError::BodyTooLong),
                _ => Ok(()),
            };
            assert_eq!(result, expected);
            match result {
                Ok(()) => {
                    sent.content.extend_from_slice(data);
                    left = left.map(|left| left - bytes);
                }
                Err(_) => assert_eq!(out.len(), before),
            }
        }
        sent.whole |= left == Some(0);
        let before = out.len();
        match side.end(self.trailers.as_ref(), out) {
            Ok(()) => {
                sent.whole = true;
                if due == Content::Chunked && self.trailers.is_some() {
                    sent.trailers.clone_from(&self.pairs);
                }
            }
            Err(EncodeError::BodyTooShort) => {
                assert!(left > Some(0));
                assert_eq!(out.len(), before);
            }
            Err(EncodeError::NoTrailers) => {
                assert!(due != Content::Chunked && !self.pairs.is_empty());
                assert_eq!(out.len(), before);
                if due == Content::UntilClose {
                    side.end(None, out).expect("without trailers");
                    sent.whole = true;
                }
            }
            Err(error) => panic!("{error:?}"),
        }
        sent
    }
}

/// What both sides send content with.
trait Side {
    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Added;
    fn frame(&mut self, bytes: u64) -> Result<DataFrame, EncodeError>;
    fn end(&mut self, trailers: Option<&Trailers>, out: &mut Vec<u8>) -> Added;
}

impl Side for ClientConnection {
    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Added {
        self.encode_data(data, out)
    }

    fn frame(&mut self, bytes: u64) -> Result<DataFrame, EncodeError> {
        self.frame_data(bytes)
    }

    fn end(&mut self, trailers: Option<&Trailers>, out: &mut Vec<u8>) -> Added {
        self.encode_end(trailers, out)
    }
}

impl Side for ServerConnection {
    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Added {
        self.encode_data(data, out)
    }

    fn frame(&mut self, bytes: u64) -> Result<DataFrame, EncodeError> {
        self.frame_data(bytes)
    }

    fn end(&mut self, trailers: Option<&Trailers>, out: &mut Vec<u8>) -> Added {
        self.encode_end(trailers, out)
    }
}

/// The heads that a decoder reads, with what was sent behind the last of them.
fn told_of(decoder: &mut Decoder, wire: &[u8], piece: usize, sent: &SentBody) -> Vec<Told> {
    let Read {
        mut told,
        used,
        ended,
    } = read(decoder, wire, piece);
    if sent.whole {
        assert_eq!(
            (used, ended),
            (wire.len(), Ok(())),
            "{}",
            wire.escape_ascii()
        );
        assert_eq!(told.pop(), Some(Told::End));
    } else {
        ended.expect_err("it was cut short");
    }
    if !sent.trailers.is_empty() {
        assert_eq!(told.pop(), Some(Told::Trailers(sent.trailers.clone())));
    }
    if !sent.content.is_empty() {
        assert_eq!(told.pop(), Some(Told::Content(sent.content.clone())));
    }
    told
}

/// Requests as they come: method, version and what else matters.
const REQUESTS: [(&str, &str, &str); 12] = [
    ("GET", "/ HTTP/1.1", "Host: a"),
    ("HEAD", "/ HTTP/1.1", "Host: a"),
    ("POST", "/ HTTP/1.1", "Host: a"),
    ("CONNECT", "a:1 HTTP/1.1", "Host: a:1"),
    ("GET", "/ HTTP/1.0", "Host: a"),
    ("GET", "/ HTTP/1.0", "Connection: keep-alive"),
    ("HEAD", "/ HTTP/1.0", "Connection: keep-alive"),
    ("GET", "/ HTTP/1.1", "Host: a\r\nConnection: close"),
    (
        "GET",
        "/ HTTP/1.1",
        "Host: a\r\nConnection: upgrade\r\nUpgrade: websocket, h2c, a",
    ),
    (
        "POST",
        "/ HTTP/1.1",
        "Host: a\r\nExpect: 100-continue\r\nContent-Length: 5",
    ),
    ("GET", "/ HTTP/1.1", "Host: a\r\nContent-Length: 1, 1"),
    (
        "GET",
        "/ HTTP/1.1",
        "Host: a\r\nConnection: upgrade\r\nUpgrade: ",
    ),
];

fn response(choices: &mut Choices<'_>) {
    let (mut connection, asked) = asked(choices);
    let is_connect = asked == Asked::by(Method::Connect);
    let mut out = b"before".to_vec();
    let mut interims = Vec::new();
    for _ in 0..choices.below(3) {
        let made = Made::choose(choices);
        let before = out.len();
        match connection.encode_interim(&made.head, &mut out) {
            Ok(()) => interims.push(made.answer),
            Err(error) => {
                let known = [EncodeError::WrongStatusClass, EncodeError::NotInHttp10];
                assert!(known.contains(&error), "{error:?}");
                assert_eq!(out.len(), before);
            }
        }
    }

    let Made {
        head,
        mut answer,
        offered,
    } = Made::choose(choices);
    let flags = choices.byte();
    let body = Body::choose(choices);
    let before = out.len();
    let (due, sent) = if flags & 3 == 3 {
        let protocol = text(choices, &PROTOCOLS);
        if let Err(error) = connection.encode_switch(&head, &protocol, &mut out) {
            let known = [
                EncodeError::WrongStatusClass,
                EncodeError::NoSwitch,
                EncodeError::InvalidFieldValue,
            ];
            assert!(known.contains(&error), "{error:?}");
            return assert_eq!(out.len(), before);
        }
        answer.switches = true;
        let nothing = SentBody {
            content: Vec::new(),
            trailers: Vec::new(),
            whole: true,
        };
        (Content::Nothing, nothing)
    } else {
        let date = HttpDate::new("Sun, 06 Nov 1994 08:49:37 GMT").filter(|_| flags & 4 != 0);
        let due = match connection.encode_head(&head, body.length, date, &mut out) {
            Ok(due) => due,
            Err(error) => {
                let known = [EncodeError::WrongStatusClass, EncodeError::BodyNotAllowed];
                assert!(known.contains(&error), "{error:?}");
                return assert_eq!(out.len(), before);
            }
        };
        let status = head.status();
        answer.switches = is_connect && status.class() == StatusClass::Successful;
        answer.keep_alive = !connection.will_close();
        let no_content = [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT];
        let drops = due == Content::Nothing && !no_content.contains(&status) && !answer.switches;
        let drops = drops.then_some(body.length);
        (due, body.send(due, drops, &mut connection, &mut out))
    };
    answer.keep_alive &= !answer.switches;
    answer.framing = match due {
        Content::Nothing => ResponseFraming::None,
        Content::Length(length) => ResponseFraming::Length(length),
        Content::Chunked => ResponseFraming::Chunked,
        Content::UntilClose => ResponseFraming::UntilClose,
    };

    let mut decoder = Decoder::client(limits());
    decoder.set_asked(asked);
    let told = told_of(&mut decoder, &out[6..], choices.below(64) + 1, &sent);
    let Some((Told::Response(told), told_before)) = told.split_last() else {
        panic!("{told:?}");
    };
    assert_eq!(told_before.len(), interims.len());
    for (told, mut interim) in told_before.iter().zip(interims) {
        let Told::Interim(told) = told else {
            panic!("{told:?}");
        };
        interim.bytes.clone_from(&told.bytes);
        assert_eq!(told, &interim);
    }
    let has = |name: &str| told.fields.iter().any(|(told, _)| told == name.as_bytes());
    let is_101 = answer.status == StatusCode::SWITCHING_PROTOCOLS;
    assert_eq!(has("Upgrade"), is_101 || offered && !answer.switches);
    let mut managed = vec![
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Upgrade",
    ];
    managed.retain(|name| has(name));
    if !is_101 && flags & 4 != 0 && !head.has("date") {
        managed.push("Date");
    }
    // What a length says where no content follows is told as it is.
    answer.content_length = told.content_length;
    answer.bytes.clone_from(&told.bytes);
    answer.fields = with_managed(answer.fields, &managed, &told.fields);
    assert_eq!(told, &answer);
}

/// A connection with a request, and what a client would say it was.
fn asked(choices: &mut Choices<'_>) -> (ServerConnection, Asked) {
    let (method, rest, fields) = REQUESTS[choices.below(12)];
    let mut asked = Asked::by(Method::from_token(method.as_bytes()));
    let mut input = format!("{method} {rest}\r\n{fields}").into_bytes();
    if fields.ends_with("Upgrade: ") {
        let mut offered = bytes(choices, &PROTOCOLS).into_owned();
        offered.retain(|byte| !b"\r\n".contains(byte));
        input.extend_from_slice(&offered);
        asked = asked.with_upgrade(&offered);
    } else if let Some((_, offered)) = fields.split_once("Upgrade: ") {
        asked = asked.with_upgrade(offered.as_bytes());
    }
    input.extend_from_slice(b"\r\n\r\n");
    let mut connection = ServerConnection::new(limits());
    let mut used = 0;
    loop {
        match connection.decode(&input[used..]) {
            Ok((step, Some(Event::Request(_) | Event::End))) => used += step,
            Ok((_, None)) => return (connection, asked),
            Ok((_, Some(other))) => panic!("{other:?}"),
            // Nobody knows what was asked.
            Err(_) => return (connection, Asked::default()),
        }
    }
}

/// A response head to be sent, and as it is to be read, without what is added when it is sent.
struct Made {
    head: ResponseHeadBuf,
    answer: Answer,
    offered: bool,
}

impl Made {
    fn choose(choices: &mut Choices<'_>) -> Self {
        let status = match choices.byte() {
            0xFF => StatusCode::SWITCHING_PROTOCOLS,
            low @ 0xC0.. => StatusCode::new(500 + u16::from(low & 0x3F)).expect("below 599"),
            low => StatusCode::ALL[usize::from(low) % StatusCode::ALL.len()],
        };
        let mut head = ResponseHeadBuf::new(status);
        assert_eq!(head.status(), status);
        let flags = choices.byte();
        let mut reason = status.reason().as_bytes().to_vec();
        if flags & 3 == 3 {
            let chosen = text(choices, &REASONS);
            let before = head.clone();
            match head.reason(&chosen) {
                Ok(_) => reason = chosen.into_bytes(),
                Err(error) => {
                    assert_eq!(error, EncodeError::InvalidReason);
                    assert_eq!(head, before);
                    assert!(chosen.len() > 1024 || !is_read_as_reason(&chosen));
                }
            }
        }
        if flags & 12 == 12 {
            head.close();
        }
        let mut offered = false;
        if flags & 48 == 48 {
            let before = head.clone();
            offered = head.offer_upgrade(&text(choices, &PROTOCOLS)).is_ok();
            assert!(offered || head == before);
        }
        let add = |name: &str, value: &[u8]| {
            let before = head.clone();
            let added = head.field(name, value).map(|_| ());
            assert!(added.is_ok() || head == before);
            added
        };
        let fields = add_fields(choices, add);
        let answer = Answer {
            bytes: Vec::new(),
            version: Version::Http11,
            status,
            reason,
            fields,
            framing: ResponseFraming::None,
            content_length: None,
            keep_alive: true,
            switches: false,
        };
        Self {
            head,
            answer,
            offered,
        }
    }
}

fn is_read_as_reason(reason: &str) -> bool {
    let head = format!("HTTP/1.1 200 {reason}\r\n\r\n");
    let mut index = [FieldSpan::default(); 1];
    let head = parse_response_head(head.as_bytes(), &mut index, &Asked::default(), &limits());
    head.is_ok_and(|head| head.is_some_and(|head| head.reason() == reason.as_bytes()))
}
