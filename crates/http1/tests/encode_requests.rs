//! Requests that are encoded are what our own decoder takes, and are read back as they were
//! meant; what it would refuse is not written.

use barewire_http1::{
    BodyFraming, ClientConnection, Content, ContentLength, Decoder, EncodeError, Event,
    Expectation, FieldSpan, Limits, Method, RequestHeadBuf, TargetForm, Trailers,
    parse_request_head,
};
use proptest::prelude::*;

#[path = "common/generated.rs"]
mod generated;

use generated::{name, value};

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

#[track_caller]
fn refused(head: Result<RequestHeadBuf, EncodeError>, error: EncodeError) {
    assert_eq!(head, Err(error));
}

#[test]
fn methods_are_tokens() {
    for method in [
        "", " ", "GET ", "G T", "GET\r\n", "A\0", "A:", "A/B", "\u{e9}", "(", "a\x7f",
    ] {
        let head = RequestHeadBuf::new(Method::Other(method.as_bytes()), "a", "/");
        refused(head, EncodeError::InvalidMethod);
        let head = RequestHeadBuf::absolute(Method::Other(method.as_bytes()), "http://a/");
        refused(head, EncodeError::InvalidMethod);
    }
    let longest = "M".repeat(64);
    assert!(RequestHeadBuf::new(Method::Other(longest.as_bytes()), "a", "/").is_ok());
    let longer = "M".repeat(65);
    let head = RequestHeadBuf::new(Method::Other(longer.as_bytes()), "a", "/");
    refused(head, EncodeError::InvalidMethod);
    // A method by another name is that method: its rules hold.
    let head = RequestHeadBuf::new(Method::Other(b"CONNECT"), "a", "/");
    refused(head, EncodeError::InvalidTarget);
    let head = RequestHeadBuf::new(Method::Other(b"HEAD"), "a", "/").expect("valid");
    assert_eq!(head.method(), Method::Head);
}

#[test]
fn targets_are_of_the_form_that_fits() {
    let new = |method, target: &str| RequestHeadBuf::new(method, "a", target);
    for target in [
        "",
        "a",
        "a/b",
        "?a",
        "/a b",
        "/a\tb",
        "/ HTTP/1.1\r\nX: y",
        "/\r",
        "/\n",
        "/\0",
        "/a#b",
        "/\u{e9}",
        "/\x7f",
        "http://a/",
        "a:80",
        " /",
        "/ ",
    ] {
        refused(new(Method::Get, target), EncodeError::InvalidTarget);
    }
    refused(new(Method::Get, "*"), EncodeError::InvalidTarget);
    refused(new(Method::Options, "**"), EncodeError::InvalidTarget);
    for target in ["/", "a:1", "*", "http://a/"] {
        refused(new(Method::Connect, target), EncodeError::InvalidTarget);
    }
    for (method, target) in [
        (Method::Get, "/"),
        (Method::Get, "//a"),
        (Method::Get, "/a?b[]={c}|%zz"),
        (Method::Options, "*"),
        (Method::Options, "/"),
    ] {
        assert!(new(method, target).is_ok(), "{target:?}");
    }
    for target in [
        "",
        "/",
        "*",
        "a",
        "a:80",
        "http:",
        "http:/a",
        "http:///a",
        "http://",
        "1http://a/",
        "http://u@a/",
        "http://u:p@a/",
        "http://a b/",
        "http://a/\r\nX: y",
        "http://a/#b",
        "http://a:b/",
        "http://[::1/",
        "http://a\r\n/",
        "://a/",
        "http://a%/",
    ] {
        refused(
            RequestHeadBuf::absolute(Method::Get, target),
            EncodeError::InvalidTarget,
        );
    }
    refused(
        RequestHeadBuf::absolute(Method::Connect, "http://a:1/"),
        EncodeError::InvalidTarget,
    );
    for authority in [
        "",
        "a",
        "a:",
        ":1",
        "a:65536",
        "a:x",
        "a:1/",
        "u@a:1",
        "a b:1",
        "a:1\r\nX: y",
        "[::1]",
        "http://a:1",
        "/",
        "*",
        "\u{e9}:1",
    ] {
        refused(
            RequestHeadBuf::connect(authority),
            EncodeError::InvalidTarget,
        );
    }
}

#[test]
fn hosts_are_hosts() {
    for host in [
        " ",
        " a",
        "a ",
        "a b",
        "a/b",
        "u@a",
        "http://a",
        "a:x",
        "a:80:80",
        "[::1",
        "[::g]",
        "a%",
        "a%g0",
        "a?b",
        "\u{e9}",
        "a\r\nX: y",
        "a\r",
        "a\n",
        "a\0",
        "\t",
    ] {
        let head = RequestHeadBuf::new(Method::Get, host, "/");
        refused(head, EncodeError::InvalidHost);
    }
    // "," is a sub-delimiter of RFC 3986, and so may be part of a name.
    for host in [
        "",
        "a",
        "a:",
        "a:80",
        "A.b-c_d",
        "[::1]",
        "[::1]:80",
        "%41",
        "1.2.3.4:1",
        "a,b",
    ] {
        assert!(
            RequestHeadBuf::new(Method::Get, host, "/").is_ok(),
            "{host:?}"
        );
    }
}

#[test]
fn fields_cannot_split_a_request() {
    let mut head = RequestHeadBuf::new(Method::Get, "a", "/").expect("valid");
    let before = head.clone();
    for value in [
        "a\r\nX: b",
        "a\r\n\r\nGET",
        "a\nb",
        "a\rb",
        "a\0b",
        " a",
        "a\t",
        "a\x7f",
        "\x01",
    ] {
        let refused = head.field("X", value).map(|_| ());
        assert_eq!(refused, Err(EncodeError::InvalidFieldValue), "{value:?}");
    }
    for name in [
        "", "a b", "a:", "a ", " a", "a\r\nb", "\u{e9}", "a\0", "a\"", "(a)",
    ] {
        let refused = head.field(name, "v").map(|_| ());
        assert_eq!(refused, Err(EncodeError::InvalidFieldName), "{name:?}");
    }
    for name in [
        "Content-Length",
        "TRANSFER-ENCODING",
        "connection",
        "Upgrade",
        "hOST",
        "Expect",
        "te",
    ] {
        let refused = head.field(name, "1").map(|_| ());
        assert_eq!(refused, Err(EncodeError::ManagedField), "{name:?}");
    }
    for protocols in [
        "",
        " ",
        ",",
        "a,",
        ",a",
        "a b",
        "a/",
        "/a",
        "a/1/2",
        "a\r\nX: y",
        "a,\0",
        "\u{e9}",
        "a;b",
        "a\"b\"",
        &"a".repeat(257),
        &"a,".repeat(129)[..257],
    ] {
        let refused = head.offer_upgrade(protocols).map(|_| ());
        assert_eq!(
            refused,
            Err(EncodeError::InvalidFieldValue),
            "{protocols:?}"
        );
    }
    assert_eq!(head, before, "a refused field leaves nothing behind");
    assert!(head.has("host") && !head.has("x"));
}

/// What a server makes of the bytes.
#[derive(Debug, PartialEq)]
struct Told {
    method: String,
    target: Vec<u8>,
    form: TargetForm,
    host: Option<Vec<u8>>,
    fields: Pairs,
    framing: BodyFraming,
    expectation: Expectation,
    keep_alive: bool,
    upgrade: Vec<Vec<u8>>,
    content: Vec<u8>,
    trailers: Pairs,
}

fn pairs<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Pairs {
    fields
        .map(|(name, value)| (name.to_vec(), value.to_vec()))
        .collect()
}

/// Reads one request with nothing behind it.
#[track_caller]
fn read_back(bytes: &[u8]) -> Told {
    let mut limits = Limits::default();
    limits.body_bytes_max = u64::MAX;
    let mut decoder = Decoder::server(limits);
    let (mut rest, mut told) = (bytes, None);
    loop {
        let (used, event) = decoder.decode(rest).expect("our own rules take it");
        match event {
            Some(Event::Request(head)) => {
                told = Some(Told {
                    method: head.method().to_string(),
                    target: head.target().to_vec(),
                    form: head.target_form(),
                    host: head.host().map(<[u8]>::to_vec),
                    fields: pairs(head.fields().iter()),
                    framing: head.body_framing(),
                    expectation: head.expectation(),
                    keep_alive: head.keep_alive(),
                    upgrade: head.upgrade().map(<[u8]>::to_vec).collect(),
                    content: Vec::new(),
                    trailers: Pairs::new(),
                });
            }
            Some(Event::Data(range)) => {
                let told = told.as_mut().expect("a head comes first");
                told.content.extend_from_slice(&rest[range]);
            }
            Some(Event::Trailers(fields)) => {
                told.as_mut().expect("a head comes first").trailers = pairs(fields.iter());
            }
            Some(Event::End) => {
                assert_eq!(used, rest.len(), "nothing is behind it");
                return told.expect("a head comes first");
            }
            event => panic!("{event:?} of {:?}", rest.escape_ascii().to_string()),
        }
        rest = &rest[used..];
    }
}

fn method() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "GET|HEAD|POST|PUT|DELETE|OPTIONS|TRACE|PATCH",
        1 => "CONNECT",
        1 => "[A-Za-z!#$%&'*+.^_`|~-]{1,70}",
        1 => "[ -~]{0,9}|.{0,4}",
    ]
}

fn target() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => "/[!-\"$-~]{0,40}",
        1 => Just("*".to_owned()),
        2 => "[a-z][a-z+]{0,5}://[a-z.-]{1,9}(:[0-9]{0,6})?(/[!-\"$-~]{0,9}|\\?[a-z]{0,3})?",
        1 => "[a-z.-]{0,9}:[0-9]{0,6}",
        1 => "[ -~]{0,20}",
        1 => ".{0,9}",
    ]
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => "[a-z0-9.-]{0,20}(:[0-9]{0,5})?",
        1 => "\\[[0-9a-f:]{0,20}\\](:[0-9]{1,5})?",
        1 => "[ -~]{0,12}",
        1 => ".{0,6}",
    ]
}

fn fields() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    prop::collection::vec((name(), value()), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// A constructor takes what a decoder takes, in the forms it is for, and nothing else.
    #[test]
    fn heads_are_taken_by_both_or_by_neither(
        method in method(), target in target(), host in host(),
    ) {
        let method = Method::from_token(method.as_bytes());
        let message = |host: &str| {
            let line = [method.as_bytes(), b" ", target.as_bytes()].concat();
            [&line, &b" HTTP/1.1\r\nHost: "[..], host.as_bytes(), b"\r\n\r\n"].concat()
        };
        let read = |host: &str| {
            let message = message(host);
            let mut index = [FieldSpan::default(); 2];
            let head = parse_request_head(&message, &mut index, &Limits::default());
            // What has a line end within may be whole before its end.
            let whole = head.ok()??;
            let same = whole.len() == message.len()
                && whole.fields().len() == 1
                && whole.fields().get("host") == Some(host.as_bytes())
                && whole.target() == target.as_bytes();
            same.then(|| whole.target_form())
        };
        let origin = RequestHeadBuf::new(method, &host, &target);
        let is_origin = matches!(read(&host), Some(TargetForm::Origin | TargetForm::Asterisk));
        prop_assert_eq!(origin.is_ok(), is_origin, "{:?}", origin);
        let absolute = RequestHeadBuf::absolute(method, &target);
        let is_absolute = read("") == Some(TargetForm::Absolute);
        prop_assert_eq!(absolute.is_ok(), is_absolute, "{:?}", absolute);
        if method == Method::Connect {
            let connect = RequestHeadBuf::connect(&target);
            let is_authority = read("") == Some(TargetForm::Authority);
            prop_assert_eq!(connect.is_ok(), is_authority, "{:?}", connect);
        }
    }

    #[test]
    fn requests_read_back(
        (method, target, host) in (method(), target(), host()),
        fields in fields(),
        (close, accept_trailers, offer) in (
            any::<bool>(), any::<bool>(), "|websocket|h2c, HTTP/2.0 ,x/1",
        ),
        expect: bool,
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5),
        (chunked, trailer_fields) in (any::<bool>(), fields()),
    ) {
        let method = Method::from_token(method.as_bytes());
        let heads = [
            RequestHeadBuf::new(method, &host, &target),
            RequestHeadBuf::absolute(method, &target),
            RequestHeadBuf::connect(&target),
        ];
        for mut head in heads.into_iter().flatten() {
            let mut expected = Pairs::new();
            for (name, value) in &fields {
                let before = head.clone();
                match head.field(name, value) {
                    Ok(_) => expected.push((name.clone().into_bytes(), value.clone())),
                    Err(_) => prop_assert_eq!(&head, &before),
                }
            }
            let mut options = Vec::new();
            let mut protocols: Vec<Vec<u8>> = Vec::new();
            if close {
                head.close();
                options.push("close");
            }
            if accept_trailers {
                head.accept_trailers();
                options.push("TE");
            }
            if head.offer_upgrade(&offer).is_ok() {
                options.push("upgrade");
                let offered = offer.split(',').map(|protocol| protocol.trim().into());
                protocols.extend(offered);
            }
            if expect {
                head.expect_continue();
            }
            let content = pieces.concat();
            let length = match chunked {
                true => ContentLength::Unknown,
                false => ContentLength::Known(content.len() as u64),
            };
            let mut connection = ClientConnection::new(Limits::for_responses());
            let mut out = b"what was there".to_vec();
            let due = match connection.encode_head(&head, length, &mut out) {
                Ok(due) => due,
                Err(error) => {
                    let has_content = chunked || !content.is_empty();
                    let allowed = match error {
                        EncodeError::BodyNotAllowed => {
                            has_content && [Method::Connect, Method::Trace].contains(&head.method())
                        }
                        EncodeError::ExpectWithoutContent => expect && !has_content,
                        _ => false,
                    };
                    prop_assert!(allowed, "{}", error);
                    prop_assert_eq!(&out[..], b"what was there");
                    continue;
                }
            };
            for piece in &pieces {
                connection.encode_data(piece, &mut out).expect("as declared");
            }
            let mut trailers = Trailers::new();
            let mut expected_trailers = Pairs::new();
            if due == Content::Chunked {
                for (name, value) in &trailer_fields {
                    if trailers.field(name, value).is_ok() {
                        expected_trailers.push((name.clone().into_bytes(), value.clone()));
                    }
                }
            }
            connection.encode_end(Some(&trailers), &mut out).expect("all of it");
            let told = read_back(&out["what was there".len()..]);
            prop_assert_eq!(told.method, head.method().to_string());
            prop_assert_eq!(&told.target, target.as_bytes());
            // Host is the first field, and what the target says where it says it.
            let (name, wire_host) = told.fields[0].clone();
            prop_assert_eq!(&name, b"Host");
            prop_assert_eq!(told.host, Some(wire_host.clone()));
            if matches!(told.form, TargetForm::Origin | TargetForm::Asterisk) {
                prop_assert_eq!(wire_host, host.as_bytes());
            }
            prop_assert_eq!(&told.fields[1..=expected.len()], &expected[..]);
            let named = |name: &str| {
                let mut lines = told.fields[1 + expected.len()..].iter();
                lines.find(|(added, _)| added == name.as_bytes()).map(|(_, value)| value.clone())
            };
            let text = |text: &str| Some(text.as_bytes().to_vec());
            let joined = Some(options.join(", ").into_bytes()).filter(|value| !value.is_empty());
            prop_assert_eq!(named("Connection"), joined);
            prop_assert_eq!(named("TE"), text("trailers").filter(|_| accept_trailers));
            prop_assert_eq!(named("Upgrade"), text(&offer).filter(|_| !protocols.is_empty()));
            prop_assert_eq!(told.upgrade, protocols);
            prop_assert_eq!(told.keep_alive, !close);
            prop_assert_eq!(told.expectation == Expectation::Continue, expect);
            let framing = match due {
                Content::Nothing => BodyFraming::None,
                Content::Length(length) => BodyFraming::Length(length),
                _ => BodyFraming::Chunked,
            };
            prop_assert_eq!(told.framing, framing);
            prop_assert_eq!(&told.content, &content);
            prop_assert_eq!(told.trailers, expected_trailers);
        }
    }
}

/// With everything on that adds to it when it is sent, for recipients of any limits.
#[test]
fn the_fullest_head_is_within_the_limits() {
    let fillers = [
        "".to_owned(),
        "a value of some length".to_owned(),
        "v".repeat(2000),
    ];
    let fields_max = [8, 100, 300].into_iter();
    let cases =
        fields_max.flat_map(|fields| [1024, 16 * 1024, 64 * 1024].map(|bytes| (fields, bytes)));
    for ((fields_max, bytes_max), filler) in
        cases.flat_map(|case| fillers.iter().map(move |filler| (case, filler)))
    {
        let mut limits = Limits::default();
        limits.fields_max = fields_max;
        limits.field_section_bytes_max = bytes_max;
        limits.body_bytes_max = u64::MAX;
        let longest_target = format!("/{}", "t".repeat(8192 - "GET / HTTP/1.1\r\n".len()));
        let mut head = RequestHeadBuf::new(Method::Get, "a", &longest_target)
            .expect("it fits")
            .with_limits(&limits);
        let mut count = 0;
        while head.field(&format!("F{count}"), filler).is_ok() {
            count += 1;
        }
        let longest = format!("{}/1", "p".repeat(254));
        head.close().accept_trailers().expect_continue();
        head.offer_upgrade(&longest).expect("it is not too long");
        let mut out = Vec::new();
        ClientConnection::new(Limits::for_responses())
            .encode_head(&head, ContentLength::Known(u64::MAX), &mut out)
            .expect("it may be sent");
        let mut index = vec![FieldSpan::default(); fields_max];
        let told = parse_request_head(&out, &mut index, &limits)
            .expect("our own rules take it")
            .expect("it is whole");
        assert_eq!(told.len(), out.len());
        assert_eq!(told.fields().len(), count + 6);
    }
}

#[test]
fn lines_and_sections_stay_within_the_default_limits() {
    let longest = "t".repeat(8192 - "GET / HTTP/1.1\r\n".len());
    assert!(RequestHeadBuf::new(Method::Get, "a", &format!("/{longest}")).is_ok());
    let head = RequestHeadBuf::new(Method::Get, "a", &format!("/{longest}t"));
    refused(head, EncodeError::InvalidTarget);
    let head = RequestHeadBuf::new(Method::Put, "a", &format!("/{longest}"));
    assert!(head.is_ok());
    let head = RequestHeadBuf::new(Method::Post, "a", &format!("/{longest}"));
    refused(head, EncodeError::InvalidTarget);
    let too_long = "h".repeat(16 * 1024);
    assert!(RequestHeadBuf::new(Method::Get, &too_long, "/").is_err());
}

/// Who knows that the recipient takes more, or less, says so.
#[test]
fn heads_for_other_limits() {
    let mut limits = Limits::default();
    limits.field_section_bytes_max = 64 * 1024;
    limits.fields_max = 10;
    let head = RequestHeadBuf::new(Method::Get, "a", "/").expect("valid");
    let mut head = head.with_limits(&limits);
    head.field("Cookie", "c".repeat(20_000)).expect("it fits");
    while head.field("X", "y").is_ok() {}
    let mut out = Vec::new();
    ClientConnection::new(Limits::for_responses())
        .encode_head(&head, ContentLength::Known(5), &mut out)
        .expect("a request may be sent");
    let mut index = [FieldSpan::default(); 10];
    let read = parse_request_head(&out, &mut index, &limits).expect("within the limits");
    let count = read.expect("whole").fields().len();
    assert!((4..=10).contains(&count), "{count}");
}
