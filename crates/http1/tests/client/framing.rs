use super::*;
use barewire_http1::{Asked, FieldSpan, parse_response_head};

const CHUNKS: &str = "2\r\nhi\r\n0\r\n\r\n";

/// Reads `response` to `method` in pieces; gives framing, content and the turn after it,
/// the end of input included where the response needs it.
fn read(
    method: Method<'_>,
    response: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> (ResponseFraming, Option<u64>, Vec<u8>, ClientTurn) {
    let mut client = Client::new();
    client.ask(method);
    let (mut framing, mut declared, mut ended) = (None, None, false);
    let mut content = Vec::new();
    let mut used = 0;
    let mut finished = false;
    for end in ends.into_iter().chain([response.len(), response.len()]) {
        loop {
            let rest = &response[used..end];
            let (step, event) = client.connection.decode(rest).expect("valid");
            used += step;
            match event {
                None => break,
                Some(Event::Response(head)) => {
                    framing = Some(head.body_framing());
                    declared = head.content_length();
                }
                Some(Event::Data(range)) => content.extend_from_slice(&rest[range]),
                Some(Event::End) => ended = true,
                Some(_) => {}
            }
        }
        if used == response.len() && !ended && !finished {
            client.finish();
            finished = true;
        }
    }
    assert!(ended && used == response.len());
    let framing = framing.expect("a head");
    assert_eq!(finished, framing == ResponseFraming::UntilClose);
    (framing, declared, content, client.connection.turn())
}

#[track_caller]
fn check(
    method: Method<'_>,
    response: &str,
    framing: ResponseFraming,
    content: &str,
    turn: ClientTurn,
) {
    let bytes = response.as_bytes();
    let whole = read(method, bytes, []);
    assert_eq!(
        (whole.0, whole.2.as_slice(), whole.3),
        (framing, content.as_bytes(), turn),
        "{response:?}"
    );
    assert_eq!(read(method, bytes, 1..bytes.len()), whole, "byte by byte");
    for cut in 1..bytes.len() {
        assert_eq!(read(method, bytes, [cut]), whole, "cut at {cut}");
    }
}

#[test]
fn lengths() {
    let head = |length: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    let ask = ClientTurn::Ask;
    check(Method::Get, &head("0"), ResponseFraming::None, "", ask);
    check(
        Method::Get,
        &(head("2") + "hi"),
        ResponseFraming::Length(2),
        "hi",
        ask,
    );
    check(
        Method::Get,
        &(head("0002") + "hi"),
        ResponseFraming::Length(2),
        "hi",
        ask,
    );
    check(Method::Post, OK, ResponseFraming::Length(2), "hi", ask);
    // 205 says by its framing that it has no content.
    let reset = "HTTP/1.1 205 \r\nContent-Length: 0\r\n\r\n";
    check(Method::Get, reset, ResponseFraming::None, "", ask);
    let reset = "HTTP/1.1 205 \r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    check(Method::Get, reset, ResponseFraming::Chunked, "", ask);
}

#[test]
fn chunks() {
    for coding in [
        "chunked",
        "CHUNKED",
        "chunked\t",
        " ,chunked,",
        "\r\nTransfer-Encoding: chunked",
    ] {
        let response = format!("HTTP/1.1 200 \r\nTransfer-Encoding: {coding}\r\n\r\n{CHUNKS}");
        check(
            Method::Get,
            &response,
            ResponseFraming::Chunked,
            "hi",
            ClientTurn::Ask,
        );
    }
    let trailers = "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\nh\r\n01\r\ni\r\n0;c\r\nX: y\r\n\r\n";
    check(
        Method::Get,
        trailers,
        ResponseFraming::Chunked,
        "hi",
        ClientTurn::Ask,
    );
    let closing =
        format!("HTTP/1.1 200 \r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{CHUNKS}");
    check(
        Method::Get,
        &closing,
        ResponseFraming::Chunked,
        "hi",
        ClientTurn::Close,
    );
}

/// A coding beside a length wins, and the connection is not used again.
#[test]
fn a_coding_beside_a_length() {
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 0",
    ] {
        let response = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{CHUNKS}");
        check(
            Method::Get,
            &response,
            ResponseFraming::Chunked,
            "hi",
            ClientTurn::Close,
        );
    }
    // Where no content follows, the two still contradict each other.
    let head = "HTTP/1.1 304 \r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
    check(
        Method::Get,
        head,
        ResponseFraming::None,
        "",
        ClientTurn::Close,
    );
}

#[test]
fn until_the_close() {
    for (head, content) in [
        ("HTTP/1.1 200 OK\r\n\r\n", "hi"),
        ("HTTP/1.1 200 OK\r\n\r\n", ""),
        ("HTTP/1.0 200 OK\r\n\r\n", "\r\nhi\r\n\r\n"),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", "hi"),
        (
            "HTTP/1.1 404 \r\nConnection: keep-alive\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
        ),
    ] {
        let response = format!("{head}{content}");
        check(
            Method::Get,
            &response,
            ResponseFraming::UntilClose,
            content,
            ClientTurn::Close,
        );
    }
}

#[test]
fn responses_that_never_have_content() {
    for fields in [
        "",
        "Content-Length: 5\r\n",
        "Content-Length: 18446744073709551615\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
    ] {
        let ok = format!("HTTP/1.1 200 \r\n{fields}\r\n");
        check(
            Method::Head,
            &ok,
            ResponseFraming::None,
            "",
            ClientTurn::Ask,
        );
        for status in [204, 304] {
            let head = format!("HTTP/1.1 {status} \r\n{fields}\r\n");
            check(
                Method::Get,
                &head,
                ResponseFraming::None,
                "",
                ClientTurn::Ask,
            );
            check(
                Method::Post,
                &head,
                ResponseFraming::None,
                "",
                ClientTurn::Ask,
            );
        }
    }
    // The length is told all the same.
    for (method, status, length) in [(Method::Head, 200, 5), (Method::Get, 304, 7)] {
        let head = format!("HTTP/1.1 {status} \r\nContent-Length: {length}\r\n\r\n");
        let (_, declared, ..) = read(method, head.as_bytes(), []);
        assert_eq!(declared, Some(length));
    }
}

/// Heads that are refused whether or not content follows them.
#[test]
fn framing_that_is_none() {
    for (fields, kind) in [
        ("Content-Length: +5", ErrorKind::InvalidContentLength),
        ("Content-Length: 5 5", ErrorKind::InvalidContentLength),
        ("Content-Length: 5,5", ErrorKind::InvalidContentLength),
        ("Content-Length:", ErrorKind::InvalidContentLength),
        (
            "Content-Length: 18446744073709551616",
            ErrorKind::InvalidContentLength,
        ),
        (
            "Content-Length: 5\r\nContent-Length: 5",
            ErrorKind::DuplicateContentLength,
        ),
        (
            "Transfer-Encoding: \"chunked\"",
            ErrorKind::InvalidTransferEncoding,
        ),
        (
            "Transfer-Encoding: chunked;a=b",
            ErrorKind::InvalidTransferEncoding,
        ),
    ] {
        for (method, status) in [(Method::Get, 200), (Method::Head, 200), (Method::Get, 304)] {
            let mut client = Client::new();
            client
                .ask(method)
                .input(format!("HTTP/1.1 {status} \r\n{fields}\r\n\r\n"));
            let error = client.connection.decode(&client.input).expect_err(fields);
            assert_eq!(error.kind, kind, "{fields}");
            client.turn(ClientTurn::Close);
        }
    }
    for (version, coding, kind) in [
        ("1.0", "chunked", ErrorKind::TransferEncodingInHttp10),
        ("1.1", "gzip", ErrorKind::ChunkedNotFinal),
        ("1.1", "", ErrorKind::ChunkedNotFinal),
        ("1.1", "chunked, gzip", ErrorKind::ChunkedNotFinal),
        ("1.1", "chunked, chunked", ErrorKind::ChunkedTwice),
        ("1.1", "gzip, chunked", ErrorKind::UnsupportedTransferCoding),
    ] {
        let mut client = Client::new();
        client.ask(Method::Get).input(format!(
            "HTTP/{version} 200 \r\nTransfer-Encoding: {coding}\r\n\r\n{CHUNKS}"
        ));
        client.fault(kind, 34);
    }
}

/// The limit holds for content that ends with the connection, wherever it is cut.
#[test]
fn content_until_the_close_has_a_limit() {
    let head = "HTTP/1.1 200 OK\r\n\r\n";
    for max in [0_u64, 1, 5] {
        for count in 0..=max + 1 {
            let response = format!("{head}{}", "x".repeat(count as usize));
            let cuts = (1..response.len()).map(|cut| vec![cut]);
            for cuts in cuts.chain([vec![], (1..response.len()).collect()]) {
                let mut limits = Limits::for_responses();
                limits.body_bytes_max = max;
                let mut client = Client::with(limits);
                client.ask(Method::Get);
                let mut start = 0;
                for end in cuts.into_iter().chain([response.len()]) {
                    client.input(&response[start..end]);
                    start = end;
                    while client.try_event().is_ok_and(|event| !event.is_empty()) {}
                }
                assert_eq!(client.content.len() as u64, count.min(max));
                match count <= max {
                    true => client.finish().events("end").turn(ClientTurn::Close),
                    false => client.fault(ErrorKind::BodyTooLarge, head.len() as u64 + max),
                };
            }
        }
    }
}

/// A method by another name is that method.
#[test]
fn head_by_any_name_has_no_content() {
    let asked = Asked::by(Method::Other(b"HEAD"));
    let mut index = [FieldSpan::default(); 2];
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    let head = parse_response_head(head, &mut index, &asked, &Limits::for_responses())
        .expect("valid")
        .expect("whole");
    assert_eq!(head.body_framing(), ResponseFraming::None);
    assert_eq!(head.content_length(), Some(3));
}
