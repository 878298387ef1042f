//! Every rule a peer can break: an input that breaks it, the byte named, the exact text.

use std::collections::HashSet;

use barewire_http1::{
    ClientConnection, ContentLength, Error, ErrorKind, Limits, Method, RequestHeadBuf,
};

mod common;

use common::run;

/// A request with `fields` behind a valid Host.
macro_rules! get {
    ($fields:literal) => {
        concat!("GET / HTTP/1.1\r\nHost: a\r\n", $fields, "\r\n")
    };
}

/// The beginning of a chunked request, 54 bytes.
macro_rules! chunked {
    ($body:literal) => {
        concat!(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            $body
        )
    };
}

/// Input, kind, what is told.
const TABLE: &[(&str, ErrorKind, &str)] = {
    use ErrorKind::*;
    &[
        (
            "\x16\x03\x01",
            InvalidMethod,
            "method has a byte that is not a token character at byte 0 (RFC 9112 section 3.1)",
        ),
        (
            "ABCDEFGHIJK / HTTP/1.1\r\n",
            MethodTooLong,
            "method longer than method_bytes_max at byte 10 (RFC 9112 section 3)",
        ),
        (
            "GET  / HTTP/1.1\r\n",
            MissingTarget,
            "request line has no target at byte 4 (RFC 9112 section 3)",
        ),
        (
            "GET /a#b HTTP/1.1\r\n",
            InvalidTargetByte,
            "target has a byte that no request target may hold at byte 6 (RFC 9112 section 3.2)",
        ),
        (
            "GET * HTTP/1.1\r\n",
            InvalidTargetForm,
            "target form does not fit the method at byte 4 (RFC 9112 section 3.2)",
        ),
        (
            "CONNECT a HTTP/1.1\r\n",
            InvalidAuthority,
            "target authority is not host:port at byte 8 (RFC 9112 section 3.2.3)",
        ),
        (
            "GET /\r\n",
            MissingVersion,
            "request line has no HTTP version at byte 5 (RFC 9112 section 3)",
        ),
        (
            "GET / HTTP/1,1\r\n",
            InvalidVersion,
            "version is not HTTP/ and two digits at byte 12 (RFC 9112 section 2.3)",
        ),
        (
            "GET / HTTP/2.0\r\n",
            UnsupportedVersion,
            "major version is not 1 at byte 11 (RFC 9110 section 15.6.6)",
        ),
        (
            "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            StartLineTooLong,
            "start line longer than start_line_bytes_max at byte 40 (RFC 9112 section 3)",
        ),
        (
            "GET / HTTP/1.1\n",
            BareLineFeed,
            "line feed without carriage return at byte 14 (RFC 9112 section 2.2)",
        ),
        (
            "GET / HTTP/1.1\r\nX: a\rb\r\n",
            BareCarriageReturn,
            "carriage return without line feed at byte 20 (RFC 9112 section 2.2)",
        ),
        (
            get!("X: a\r\n b\r\n"),
            LineFolding,
            "field line begins with whitespace at byte 31 (RFC 9112 section 5.2)",
        ),
        (
            get!(": a\r\n"),
            EmptyFieldName,
            "field name is empty at byte 25 (RFC 9112 section 5.1)",
        ),
        (
            get!("X@: a\r\n"),
            InvalidFieldName,
            "field name has a byte that is not a token character at byte 26 (RFC 9112 section 5.1)",
        ),
        (
            get!("X : a\r\n"),
            SpaceBeforeColon,
            "whitespace before ':' in field name at byte 26 (RFC 9112 section 5.1)",
        ),
        (
            get!("X\r\n"),
            MissingColon,
            "field line has no ':' at byte 26 (RFC 9112 section 5)",
        ),
        (
            get!("X: a\0\r\n"),
            InvalidFieldValue,
            "field value has a control byte at byte 29 (RFC 9110 section 5.5)",
        ),
        (
            get!("X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
            FieldSectionTooLarge,
            "header section larger than field_section_bytes_max at byte 80 (RFC 6585 section 5)",
        ),
        (
            get!("A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"),
            TooManyFields,
            "more fields than fields_max at byte 37 (RFC 6585 section 5)",
        ),
        (
            "GET / HTTP/1.1\r\n\r\n",
            MissingHost,
            "request has no Host field at byte 18 (RFC 9112 section 3.2)",
        ),
        (
            get!("host: a\r\n"),
            DuplicateHost,
            "second Host field at byte 25 (RFC 9112 section 3.2)",
        ),
        (
            "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
            InvalidHost,
            "Host is not host or host:port at byte 22 (RFC 9112 section 3.2)",
        ),
        (
            get!("Content-Length: +5\r\n"),
            InvalidContentLength,
            "Content-Length is not one decimal number at byte 41 (RFC 9112 section 6.3)",
        ),
        (
            get!("Content-Length: 5\r\nContent-Length: 5\r\n"),
            DuplicateContentLength,
            "second Content-Length field at byte 44 (RFC 9112 section 6.3)",
        ),
        (
            chunked_with_length(),
            ContentLengthWithTransferEncoding,
            "Content-Length beside Transfer-Encoding at byte 63 (RFC 9112 section 6.1)",
        ),
        (
            "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            TransferEncodingInHttp10,
            "Transfer-Encoding in an HTTP/1.0 message at byte 35 (RFC 9112 section 6.1)",
        ),
        (
            get!("Transfer-Encoding: a b\r\n"),
            InvalidTransferEncoding,
            "Transfer-Encoding is not a list of codings at byte 44 (RFC 9112 section 6.1)",
        ),
        (
            get!("Transfer-Encoding: gzip\r\n"),
            ChunkedNotFinal,
            "last transfer coding is not chunked at byte 44 (RFC 9112 section 6.3)",
        ),
        (
            get!("Transfer-Encoding: chunked, chunked\r\n"),
            ChunkedTwice,
            "chunked applied more than once at byte 44 (RFC 9112 section 6.1)",
        ),
        (
            get!("Transfer-Encoding: gzip, chunked\r\n"),
            UnsupportedTransferCoding,
            "transfer coding not implemented at byte 44 (RFC 9112 section 6.1)",
        ),
        (
            get!("Content-Length: 101\r\n"),
            BodyTooLarge,
            "content larger than body_bytes_max at byte 41 (RFC 9110 section 15.5.14)",
        ),
        (
            chunked!("\r\n"),
            InvalidChunkSize,
            "chunk size is not a hexadecimal number at byte 56 (RFC 9112 section 7.1)",
        ),
        (
            chunked!("10000000000000000\r\n"),
            ChunkSizeOverflow,
            "chunk size does not fit in 64 bits at byte 72 (RFC 9112 section 7.1)",
        ),
        (
            chunked!("1;=\r\n"),
            InvalidChunkExtension,
            "chunk extension outside the grammar at byte 58 (RFC 9112 section 7.1.1)",
        ),
        (
            chunked!("000000000000000000001\r\n"),
            ChunkLineTooLong,
            "chunk-size line longer than chunk_line_bytes_max at byte 76 (RFC 9112 section 7.1.1)",
        ),
        (
            chunked!("1;abcdefg\r\nx\r\n1;abcdefg\r\nx\r\n"),
            ChunkExtensionsTooLarge,
            "chunk extensions larger than chunk_extension_bytes_max at byte 73 (RFC 9112 section 7.1.1)",
        ),
        (
            chunked!("1\r\nxy\r\n"),
            ChunkNotTerminated,
            "chunk data not followed by CRLF at byte 60 (RFC 9112 section 7.1)",
        ),
        (
            chunked!("0\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n"),
            TrailerSectionTooLarge,
            "trailer section larger than trailer_section_bytes_max at byte 89 (RFC 6585 section 5)",
        ),
        (
            chunked!("0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"),
            TooManyTrailers,
            "more trailer fields than trailers_max at byte 71 (RFC 6585 section 5)",
        ),
        (
            "GET / HT",
            IncompleteHead,
            "connection closed inside a message head at byte 8 (RFC 9112 section 8)",
        ),
        (
            chunked!("5\r\nhel"),
            IncompleteBody,
            "connection closed inside a message body at byte 62 (RFC 9112 section 8)",
        ),
    ]
};

/// Responses to GET, or what takes their place.
const RESPONSES: &[(&str, ErrorKind, &str)] = {
    use ErrorKind::*;
    &[
        (
            "HTTP/1.1 \r\n",
            MissingStatusCode,
            "status line has no status code at byte 9 (RFC 9112 section 4)",
        ),
        (
            "HTTP/1.1 2x0 OK\r\n",
            InvalidStatusCode,
            "status code is not three digits from 100 to 599 at byte 10 (RFC 9112 section 4)",
        ),
        (
            "HTTP/1.1 200\r\n",
            MissingReasonSpace,
            "status line has no space behind its code at byte 12 (RFC 9112 section 4)",
        ),
        (
            "HTTP/1.1 200 A\x01\r\n",
            InvalidReason,
            "reason phrase has a control byte at byte 14 (RFC 9112 section 4)",
        ),
        (
            "HTTP/1.1 100 A\r\n\r\nHTTP/1.1 103 B\r\n\r\nHTTP/1.1 102 C\r\n\r\n",
            TooManyInterim,
            "more interim responses than interim_max at byte 36 (RFC 9110 section 15.2)",
        ),
        (
            "HTTP/1.1 101 A\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            UnexpectedSwitch,
            "the server switches to a protocol that was not offered at byte 9 (RFC 9110 section 7.8)",
        ),
        (
            "HTTP/1.1 204 A\r\n\r\nHTTP/1.1 ",
            UnsolicitedResponse,
            "bytes came that no request asked for at byte 18 (RFC 9112 section 9.2)",
        ),
    ]
};

const fn chunked_with_length() -> &'static str {
    get!("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")
}

/// Small limits, so that the table can meet each of them.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.start_line_bytes_max = 40;
    limits.method_bytes_max = 10;
    limits.field_section_bytes_max = 64;
    limits.fields_max = 3;
    limits.body_bytes_max = 100;
    limits.chunk_line_bytes_max = 20;
    limits.chunk_extension_bytes_max = 10;
    limits.trailer_section_bytes_max = 30;
    limits.trailers_max = 2;
    limits.interim_max = 2;
    limits
}

/// What becomes of a response to GET that comes in pieces ending at `ends`.
fn response(input: &[u8], ends: impl IntoIterator<Item = usize>) -> Result<(), Error> {
    let mut connection = ClientConnection::new(limits());
    let head = RequestHeadBuf::new(Method::Get, "a", "/").expect("valid");
    connection
        .encode_head(&head, ContentLength::Known(0), &mut Vec::new())
        .expect("a request may be sent");
    let mut used = 0;
    for end in ends.into_iter().chain([input.len()]) {
        loop {
            let (step, event) = connection.decode(&input[used..end])?;
            used += step;
            if event.is_none() {
                break;
            }
        }
    }
    connection.finish_input()
}

#[test]
fn every_kind_has_its_input_byte_and_text() {
    for (input, kind, text) in TABLE {
        let bytes: Vec<u8> = input.bytes().collect();
        let (_, whole) = run(&bytes, [], limits());
        let error = whole.expect_err(input);
        assert_eq!((error.kind, error.to_string().as_str()), (*kind, *text));
        // The same byte by byte, and with more behind what was refused.
        assert_eq!(run(&bytes, 1..bytes.len(), limits()).1, Err(error));
        if !matches!(kind, ErrorKind::IncompleteHead | ErrorKind::IncompleteBody) {
            let longer = [&bytes[..], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
            assert_eq!(run(&longer, [], limits()).1, Err(error));
        }
    }
}

#[test]
fn every_kind_of_a_response_has_its_input_byte_and_text() {
    for (input, kind, text) in RESPONSES {
        let error = response(input.as_bytes(), []).expect_err(input);
        assert_eq!((error.kind, error.to_string().as_str()), (*kind, *text));
        assert_eq!(response(input.as_bytes(), 1..input.len()), Err(error));
    }
}

#[test]
fn no_kind_is_without_a_row() {
    let rows = TABLE.iter().chain(RESPONSES);
    let told: HashSet<ErrorKind> = rows.map(|(_, kind, _)| *kind).collect();
    for kind in ErrorKind::ALL {
        assert!(told.contains(kind), "{kind:?} has no input");
    }
    assert_eq!(TABLE.len() + RESPONSES.len(), ErrorKind::ALL.len());
}

/// The page on refusals has a reason for each kind, in one row.
#[test]
fn every_refusal_has_its_reason() {
    let page = include_str!("../src/refusals.rs");
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("//! | [`"))
        .collect();
    for kind in ErrorKind::ALL {
        let name = format!("[`{kind:?}`]");
        let told = rows.iter().filter(|row| {
            let refused = row.split(" | ").nth(1);
            refused.is_some_and(|refused| refused.contains(&name))
        });
        assert_eq!(told.count(), 1, "{name}");
    }
}

#[test]
fn every_status_is_one_that_refuses() {
    for kind in ErrorKind::ALL {
        let status = kind.status().as_u16();
        assert!(
            [400, 413, 414, 431, 501, 502, 505].contains(&status),
            "{kind:?}"
        );
        assert!(kind.section().starts_with("RFC "), "{kind:?}");
    }
}
