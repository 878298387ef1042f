//! The attacks that `src/attacks.rs` tells of, as bytes.

use barewire_http1::{
    Decoder, EncodeError, ErrorKind, Event, Limits, ResponseHeadBuf, ServerConnection, StatusCode,
};

mod common;

use common::{Told, run, run_in};

/// The message is refused for `kind`, whole and byte by byte, and nothing but its own
/// head and content has been told before.
#[track_caller]
fn refused(message: &str, kind: ErrorKind) {
    let bytes: Vec<u8> = message
        .chars()
        .map(|c| u8::try_from(c).expect("latin-1"))
        .collect();
    for ends in [vec![], (1..bytes.len()).collect()] {
        let (told, end) = run(&bytes, ends, Limits::default());
        assert_eq!(end.map_err(|error| error.kind), Err(kind), "{message:?}");
        let heads = told
            .iter()
            .filter(|event| matches!(event, Told::Head(..)))
            .count();
        assert!(heads <= 1, "{message:?} was read as {heads} requests");
    }
}

#[track_caller]
fn accepted(message: &str) {
    let (told, end) = run(message.as_bytes(), [], Limits::default());
    assert_eq!(end, Ok(()), "{message:?}");
    assert_eq!(told.last(), Some(&Told::End), "{message:?}");
}

fn post(fields: &str, body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n{body}")
}

fn chunked(body: &str) -> String {
    post("Transfer-Encoding: chunked", body)
}

const SMUGGLED: &str = "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn a_length_beside_a_coding() {
    let kind = ErrorKind::ContentLengthWithTransferEncoding;
    let body = format!("0\r\n\r\n{SMUGGLED}");
    for fields in [
        "Content-Length: 38\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 38",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Content-Length: 3\r\nTransfer-Encoding: identity",
    ] {
        refused(&post(fields, &body), kind);
    }
}

#[test]
fn lengths_that_two_would_read_differently() {
    for (fields, kind) in [
        (
            "Content-Length: 5\r\nContent-Length: 6",
            ErrorKind::DuplicateContentLength,
        ),
        (
            "Content-Length: 5\r\ncontent-length: 5",
            ErrorKind::DuplicateContentLength,
        ),
        ("Content-Length: 5, 5", ErrorKind::InvalidContentLength),
        ("Content-Length: 5,6", ErrorKind::InvalidContentLength),
        (
            "Content-Length:\r\nContent-Length: 5",
            ErrorKind::InvalidContentLength,
        ),
        (
            "Content-Length: 5\r\nContent-Length:",
            ErrorKind::DuplicateContentLength,
        ),
    ] {
        refused(&post(fields, "hello"), kind);
    }
}

#[test]
fn a_length_is_digits() {
    for length in [
        "+5", "-5", "-0", "0x5", "0_5", "5e0", "\"5\"", "5;a", "5 5", "", "5.0", "\u{b2}",
    ] {
        let fields = format!("Content-Length: {length}");
        refused(&post(&fields, "hello"), ErrorKind::InvalidContentLength);
    }
    for length in ["18446744073709551616", "99999999999999999999999"] {
        let fields = format!("Content-Length: {length}");
        refused(&post(&fields, "hello"), ErrorKind::InvalidContentLength);
    }
    accepted(&post("Content-Length: 00005", "hello"));
}

#[test]
fn chunked_is_once_and_last() {
    for (fields, kind) in [
        (
            "Transfer-Encoding: chunked, identity",
            ErrorKind::ChunkedNotFinal,
        ),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            ErrorKind::ChunkedNotFinal,
        ),
        ("Transfer-Encoding: xchunked", ErrorKind::ChunkedNotFinal),
        ("Transfer-Encoding: chunked1", ErrorKind::ChunkedNotFinal),
        (
            "Transfer-Encoding: chun ked",
            ErrorKind::InvalidTransferEncoding,
        ),
        (
            "Transfer-Encoding: chunked;q=1",
            ErrorKind::InvalidTransferEncoding,
        ),
        (
            "Transfer-Encoding: \"chunked\"",
            ErrorKind::InvalidTransferEncoding,
        ),
        (
            "Transfer-Encoding: chunked\u{a0}",
            ErrorKind::InvalidTransferEncoding,
        ),
        (
            "Transfer-Encoding: gzip;a=\"b, chunked",
            ErrorKind::InvalidTransferEncoding,
        ),
        (
            "Transfer-Encoding: chunked, chunked",
            ErrorKind::ChunkedTwice,
        ),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            ErrorKind::ChunkedTwice,
        ),
        ("Transfer-Encoding:", ErrorKind::ChunkedNotFinal),
        ("Transfer-Encoding: ,", ErrorKind::ChunkedNotFinal),
        (
            "Transfer-Encoding: chunked\r\n , identity",
            ErrorKind::LineFolding,
        ),
        (
            "Transfer-Encoding: gzip, chunked",
            ErrorKind::UnsupportedTransferCoding,
        ),
        (
            "Transfer-Encoding: gzip ; a = b , chunked",
            ErrorKind::UnsupportedTransferCoding,
        ),
    ] {
        refused(&post(fields, "0\r\n\r\n"), kind);
    }
    for fields in [
        "transfer-encoding:CHUNKED",
        "Transfer-Encoding: \tchunked\t",
        "Transfer-Encoding: , chunked,",
        "Transfer-Encoding:\r\nTransfer-Encoding: chunked",
    ] {
        accepted(&post(fields, "0\r\n\r\n"));
    }
}

#[test]
fn no_request_ends_with_the_connection() {
    let old = "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    refused(old, ErrorKind::TransferEncodingInHttp10);
    let unknown = post("Transfer-Encoding: gzip", SMUGGLED);
    refused(&unknown, ErrorKind::ChunkedNotFinal);
    // Without framing there is no body, and what follows is the next request.
    let (told, end) = run(
        post("Connection: close", SMUGGLED).as_bytes(),
        [],
        Limits::default(),
    );
    assert_eq!((told.len(), end), (4, Ok(())));
}

#[test]
fn whitespace_hides_no_field() {
    for fields in [
        "Content-Length : 5",
        "Content-Length\t: 5",
        "Transfer-Encoding : chunked",
    ] {
        refused(&post(fields, "hello"), ErrorKind::SpaceBeforeColon);
    }
    refused(
        &post("X: a\r\n Content-Length: 5", "hello"),
        ErrorKind::LineFolding,
    );
    refused(&post("X: a\r\n\tb", ""), ErrorKind::LineFolding);
    let first = "POST / HTTP/1.1\r\n Content-Length: 5\r\nHost: a\r\n\r\nhello";
    refused(first, ErrorKind::LineFolding);
    refused(
        &post("\u{b}Content-Length: 5", "hello"),
        ErrorKind::InvalidFieldName,
    );
    refused(
        &post("Transfer-Encoding: \u{b}chunked", ""),
        ErrorKind::InvalidFieldValue,
    );
}

#[test]
fn crlf_alone_ends_a_line() {
    for (message, kind) in [
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", ErrorKind::BareLineFeed),
        (
            "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
            ErrorKind::BareLineFeed,
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", ErrorKind::BareLineFeed),
        (
            "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            ErrorKind::BareLineFeed,
        ),
        (
            "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            ErrorKind::BareCarriageReturn,
        ),
        (
            "GET / HTTP/1.1\rHost: a\r\n\r\n",
            ErrorKind::BareCarriageReturn,
        ),
        (
            "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
            ErrorKind::BareCarriageReturn,
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX: \rxTransfer-Encoding: chunked\r\n\r\n",
            ErrorKind::BareCarriageReturn,
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n\rX",
            ErrorKind::BareCarriageReturn,
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\r\n\r\n",
            ErrorKind::BareCarriageReturn,
        ),
    ] {
        refused(message, kind);
    }
}

#[test]
fn http_09_is_not_spoken() {
    refused("GET /\r\n", ErrorKind::MissingVersion);
    refused(
        "GET /x\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        ErrorKind::MissingVersion,
    );
    refused("GET / HTTP/0.9\r\n\r\n", ErrorKind::UnsupportedVersion);
}

#[test]
fn a_chunk_size_is_digits() {
    for size in [
        "+5", "-5", "0x5", " 5", "\t5", "_5", "", ";a", "g", "\u{b2}", "\"5\"",
    ] {
        let body = format!("{size}\r\nhello\r\n0\r\n\r\n");
        refused(&chunked(&body), ErrorKind::InvalidChunkSize);
    }
    for (size, kind) in [
        ("5_0", ErrorKind::InvalidChunkSize),
        ("5x", ErrorKind::InvalidChunkSize),
        ("5 ", ErrorKind::InvalidChunkExtension),
        ("5 0", ErrorKind::InvalidChunkExtension),
    ] {
        refused(&chunked(&format!("{size}\r\nhello\r\n0\r\n\r\n")), kind);
    }
    // The same where a good line came before, which is the way most chunks are read.
    for size in ["+5", " 5", "", "5\n", "5\r"] {
        let body = format!("5\r\nhello\r\n{size}\r\nhello\r\n0\r\n\r\n");
        let (_, end) = run(chunked(&body).as_bytes(), [], Limits::default());
        assert!(end.is_err(), "{size:?}");
    }
}

#[test]
fn crlf_alone_ends_a_size_line() {
    for (body, kind) in [
        ("5\nhello\r\n0\r\n\r\n", ErrorKind::BareLineFeed),
        ("5\rhello\r\n0\r\n\r\n", ErrorKind::BareCarriageReturn),
        ("5;a\nhello\r\n0\r\n\r\n", ErrorKind::BareLineFeed),
        ("5;a=\"\nb\"\r\nhello\r\n0\r\n\r\n", ErrorKind::BareLineFeed),
        (
            "5;a=\"x\r\n\"\r\nhello\r\n0\r\n\r\n",
            ErrorKind::InvalidChunkExtension,
        ),
        (
            "5;a=\"\\\r\n\"\r\nhello\r\n0\r\n\r\n",
            ErrorKind::InvalidChunkExtension,
        ),
        ("2\r\r;a\r\n02\r\n0\r\n\r\n", ErrorKind::BareCarriageReturn),
        ("2;a\rb\r\n02\r\n0\r\n\r\n", ErrorKind::BareCarriageReturn),
        ("0\n\r\n", ErrorKind::BareLineFeed),
        ("0\r\n\n", ErrorKind::BareLineFeed),
        ("0\r\n\rX", ErrorKind::BareCarriageReturn),
        ("0\r\nX: a\n\r\n", ErrorKind::BareLineFeed),
    ] {
        refused(&chunked(body), kind);
    }
}

#[test]
fn extensions_are_read_by_their_grammar() {
    for extension in [
        ";\0",
        ";a\0",
        ";a=\"\0\"",
        ";a=",
        ";=b",
        ";",
        ";;a",
        ";a=\"b",
        ";a=\"b\"c",
        ";a=b=c",
        ";a b",
        ";a=b c",
        ";a=\"\x7f\"",
        ";a,b",
    ] {
        let body = format!("5{extension}\r\nhello\r\n0\r\n\r\n");
        refused(&chunked(&body), ErrorKind::InvalidChunkExtension);
    }
    for extension in [
        ";a",
        ";a=b",
        "; a = b ;c",
        " ;a=\"b;\\\"c\\\\\"",
        ";a=\"\"",
        ";a=\" \t\"",
        "\t;a",
    ] {
        accepted(&chunked(&format!(
            "5{extension}\r\nhello\r\n0{extension}\r\n\r\n"
        )));
    }
}

#[test]
fn chunk_data_ends_with_crlf() {
    for body in [
        "3\r\nxxx__1a\r\n0\r\n\r\n",
        "3\r\nxxx\n1\r\nx\r\n0\r\n\r\n",
        "3\r\nxxx\r1\r\nx\r\n0\r\n\r\n",
        "3\r\nxxxx\r\n0\r\n\r\n",
        "3\r\nxxx0\r\n\r\n",
    ] {
        refused(&chunked(body), ErrorKind::ChunkNotTerminated);
    }
}

#[test]
fn a_body_cut_short_is_no_body() {
    for body in [
        "",
        "5",
        "5\r\n",
        "5\r\nhello",
        "5\r\nhello\r\n",
        "5\r\nhello\r\n0\r\n",
        "0\r\nX: a\r\n",
    ] {
        refused(&chunked(body), ErrorKind::IncompleteBody);
    }
    refused(
        &post("Content-Length: 6", "hello"),
        ErrorKind::IncompleteBody,
    );
}

#[test]
fn a_host_is_one_host() {
    let get = |fields: &str| format!("GET / HTTP/1.1\r\n{fields}\r\n");
    refused(&get(""), ErrorKind::MissingHost);
    refused(&get("Host: a\r\nHost: a\r\n"), ErrorKind::DuplicateHost);
    refused(&get("Host : a\r\n"), ErrorKind::SpaceBeforeColon);
    for host in [
        "a b", "a, b", "a/b", "u@a", "u:p@a", "http://a", "a:x", "a:80:80", "[::1", "a%", "a?b",
        "\u{e9}",
    ] {
        let message = get(&format!("Host: {host}\r\n"));
        refused(&message, ErrorKind::InvalidHost);
    }
    refused(
        "GET http://u@b/ HTTP/1.1\r\nHost: a\r\n\r\n",
        ErrorKind::InvalidAuthority,
    );
}

#[test]
fn an_upgrade_waits_for_the_body() {
    let mut connection = ServerConnection::new(Limits::default());
    let message = post(
        "Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 2",
        "hiZZ",
    );
    let mut rest = message.as_bytes();
    let switch = ResponseHeadBuf::new(StatusCode::SWITCHING_PROTOCOLS);
    let mut out = Vec::new();
    loop {
        let (used, event) = connection.decode(rest).expect("valid");
        let ended = matches!(event, Some(Event::End));
        rest = &rest[used..];
        if ended {
            break;
        }
        let early = connection.encode_switch(&switch, "x", &mut out);
        assert_eq!(early, Err(EncodeError::NoSwitch));
    }
    assert!(out.is_empty());
    connection
        .encode_switch(&switch, "x", &mut out)
        .expect("the body has been read");
    assert_eq!(rest, b"ZZ");
}

#[test]
fn binary_is_refused_at_its_first_bytes() {
    refused("\x16\x03\x01\x02\0", ErrorKind::InvalidMethod);
    refused("\0", ErrorKind::InvalidMethod);
    refused("\u{ff}", ErrorKind::InvalidMethod);
    refused(
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ErrorKind::InvalidTargetForm,
    );
}

/// What a response must say to be chunked: whatever else it says ends nothing at the close.
#[test]
fn a_coding_in_a_response_is_read_by_its_name() {
    let read = |coding: &str| {
        let response =
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding:{coding}\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
        run_in(
            Decoder::client(Limits::for_responses()),
            response.as_bytes(),
            [],
        )
    };
    for coding in [
        "chunked",
        " Chunked",
        "\tchunked\t",
        " chunked ",
        " ,chunked ,,",
    ] {
        let (told, end) = read(coding);
        assert_eq!(end, Ok(()), "{coding:?}");
        assert_eq!(told[1..], [Told::Content(b"hi".to_vec()), Told::End]);
    }
    for (coding, kind) in [
        ("", ErrorKind::ChunkedNotFinal),
        (" identity", ErrorKind::ChunkedNotFinal),
        (" xchunked", ErrorKind::ChunkedNotFinal),
        (" chunkedx", ErrorKind::ChunkedNotFinal),
        (" chunked, identity", ErrorKind::ChunkedNotFinal),
        (" chunked, chunked", ErrorKind::ChunkedTwice),
        (" gzip, chunked", ErrorKind::UnsupportedTransferCoding),
        (" chunked chunked", ErrorKind::InvalidTransferEncoding),
        (" \"chunked\"", ErrorKind::InvalidTransferEncoding),
        (" chunked;a=b", ErrorKind::InvalidTransferEncoding),
    ] {
        let (told, end) = read(coding);
        assert!(told.is_empty(), "{coding:?}");
        assert_eq!(end.map_err(|error| error.kind), Err(kind), "{coding:?}");
    }
}

/// Each row of the tables of attacks names tests, and those exist.
#[test]
fn the_tests_that_the_table_names_exist() {
    let table = include_str!("../src/attacks.rs");
    let sources = [
        include_str!("attacks.rs"),
        include_str!("connection.rs"),
        include_str!("client/closing.rs"),
        include_str!("client/continues.rs"),
        include_str!("client/early_responses.rs"),
        include_str!("client/ends_of_input.rs"),
        include_str!("client/framing.rs"),
        include_str!("client/pipelining.rs"),
        include_str!("client/switching.rs"),
        include_str!("client/unasked.rs"),
        include_str!("encode_requests.rs"),
        include_str!("leniency.rs"),
        include_str!("limits/requests.rs"),
        include_str!("limits/responses.rs"),
        include_str!("../src/decoder.rs"),
        include_str!("../src/response_head_buf.rs"),
    ]
    .concat();
    let mut named = 0;
    for row in table
        .lines()
        .filter(|line| line.starts_with("//! | ") && !line.starts_with("//! | attack |"))
    {
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        let tests = cells
            .last()
            .expect("a last column")
            .split('`')
            .skip(1)
            .step_by(2);
        let before = named;
        for test in tests {
            assert!(
                sources.contains(&format!("#[test]\nfn {test}()"))
                    || sources.contains(&format!("#[test]\n    fn {test}()")),
                "{test}"
            );
            named += 1;
        }
        assert!(named > before, "no test: {row}");
    }
    assert!(named > 50, "{named}");
}
