//! Conversions from and to the types of the `http` crate.

use barewire_http1::{
    Asked, ClientConnection, ContentLength, EncodeError, FieldSpan, Limits, Method, RequestHeadBuf,
    ResponseHeadBuf, StatusCode, Trailers, Version, parse_request_head, parse_response_head,
};

fn request(wire: &str) -> Result<http::Request<()>, http::Error> {
    let mut index = [FieldSpan::default(); 16];
    let head = parse_request_head(wire.as_bytes(), &mut index, &Limits::default())
        .expect("valid")
        .expect("whole");
    http::Request::try_from(&head)
}

/// What is sent of a request, or why it is refused.
fn sent(request: &http::Request<()>) -> Result<(String, Option<ContentLength>), EncodeError> {
    let (head, length) = RequestHeadBuf::from_http(request)?;
    let mut out = Vec::new();
    ClientConnection::new(Limits::for_responses()).encode_head(
        &head,
        length.unwrap_or(ContentLength::Known(0)),
        &mut out,
    )?;
    Ok((String::from_utf8(out).expect("ASCII"), length))
}

fn get() -> http::request::Builder {
    http::Request::get("http://example.org:8080/a?b")
}

#[track_caller]
fn sends(request: http::request::Builder, expected: &str) {
    let (wire, _) = sent(&request.body(()).expect("valid")).expect("can be sent");
    assert_eq!(wire, expected.replace('\n', "\r\n"));
}

#[track_caller]
fn refuses(request: http::request::Builder, expected: EncodeError) {
    assert_eq!(sent(&request.body(()).expect("valid")), Err(expected));
}

#[test]
fn parsed_requests() {
    let request = request("PATCH /a?b HTTP/1.0\r\nX: 1\r\nY: \x7e\r\nx: 2\r\n\r\n").expect("fits");
    assert_eq!(request.method(), "PATCH");
    assert_eq!(request.uri(), "/a?b");
    assert_eq!(request.version(), http::Version::HTTP_10);
    let values: Vec<&[u8]> = request
        .headers()
        .get_all("x")
        .iter()
        .map(|v| v.as_bytes())
        .collect();
    assert_eq!(values, [b"1", b"2"]);
    let absolute = self::request("GET http://h/p HTTP/1.1\r\nHost: q\r\n\r\n").expect("fits");
    assert_eq!(absolute.uri().host(), Some("h"));
    assert_eq!(absolute.headers()["host"], "h");
    let tunnel = self::request("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n").expect("fits");
    assert_eq!(tunnel.uri().authority().expect("there"), "h:1");
    let server = self::request("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").expect("fits");
    assert_eq!(server.uri(), "*");
}

#[test]
fn parsed_responses() {
    let wire = b"HTTP/1.1 404 Gone fishing\r\nX: \xe9\r\nContent-Length: 5\r\n\r\n";
    let mut index = [FieldSpan::default(); 16];
    let head = parse_response_head(wire, &mut index, &Asked::default(), &Limits::default())
        .expect("valid")
        .expect("whole");
    let response = http::Response::try_from(&head).expect("fits");
    assert_eq!(response.status(), 404);
    assert_eq!(response.version(), http::Version::HTTP_11);
    assert_eq!(response.headers()["x"].as_bytes(), b"\xe9");
    assert_eq!(response.headers()["content-length"], "5");
}

#[test]
fn small_types() {
    assert_eq!(http::Version::from(Version::Http11), http::Version::HTTP_11);
    for status in StatusCode::ALL {
        assert_eq!(
            StatusCode::try_from(http::StatusCode::from(*status)),
            Ok(*status)
        );
    }
    let odd = http::StatusCode::from_u16(600).expect("http takes it");
    assert_eq!(
        StatusCode::try_from(odd),
        Err(EncodeError::WrongStatusClass)
    );
    assert_eq!(Method::from(&http::Method::PUT), Method::Put);
    assert_eq!(
        http::Method::try_from(Method::Other(b"BREW")).expect("a token"),
        "BREW"
    );
    http::Method::try_from(Method::Other(b"a b")).expect_err("no token");
}

#[test]
fn requests_to_be_sent() {
    sends(
        get().header("x", "1").header("x", "2"),
        "GET /a?b HTTP/1.1\nHost: example.org:8080\nx: 1\nx: 2\n\n",
    );
    sends(
        http::Request::get("http://h"),
        "GET / HTTP/1.1\nHost: h\n\n",
    );
    sends(
        http::Request::get("/p").header("host", "h"),
        "GET /p HTTP/1.1\nHost: h\n\n",
    );
    sends(
        http::Request::builder()
            .method("OPTIONS")
            .uri("*")
            .header("host", "h"),
        "OPTIONS * HTTP/1.1\nHost: h\n\n",
    );
    sends(
        http::Request::builder().method("CONNECT").uri("h:443"),
        "CONNECT h:443 HTTP/1.1\nHost: h:443\n\n",
    );
    sends(
        get()
            .header("connection", "close, x-hop, te")
            .header("x-hop", "gone")
            .header("te", "gzip, trailers"),
        "GET /a?b HTTP/1.1\nHost: example.org:8080\nConnection: close, TE\nTE: trailers\n\n",
    );
    sends(
        get()
            .header("connection", "Upgrade")
            .header("upgrade", "websocket"),
        "GET /a?b HTTP/1.1\nHost: example.org:8080\nConnection: upgrade\nUpgrade: websocket\n\n",
    );
    sends(
        get()
            .method("POST")
            .header("content-length", "3")
            .header("expect", "100-continue"),
        "POST /a?b HTTP/1.1\nHost: example.org:8080\nContent-Length: 3\nExpect: 100-continue\n\n",
    );
    sends(
        get().method("POST").header("transfer-encoding", "Chunked"),
        "POST /a?b HTTP/1.1\nHost: example.org:8080\nTransfer-Encoding: chunked\n\n",
    );
}

#[test]
fn requests_that_cannot_be_sent() {
    refuses(http::Request::get("/p"), EncodeError::InvalidHost);
    refuses(
        http::Request::get("/p")
            .header("host", "a")
            .header("host", "b"),
        EncodeError::InvalidHost,
    );
    refuses(get().header("expect", "more"), EncodeError::ManagedField);
    for fields in [
        [("content-length", "1"), ("transfer-encoding", "chunked")],
        [("content-length", "1"), ("content-length", "1")],
        [("content-length", "+1"), ("x", "y")],
        [("transfer-encoding", "gzip, chunked"), ("x", "y")],
        [
            ("transfer-encoding", "chunked"),
            ("transfer-encoding", "chunked"),
        ],
    ] {
        let request = fields.iter().fold(get(), |request, (name, value)| {
            request.header(*name, *value)
        });
        refuses(request, EncodeError::ConflictingFraming);
    }
}

#[test]
fn responses_and_trailers_to_be_sent() {
    let response = http::Response::builder()
        .status(426)
        .header("connection", "close")
        .header("upgrade", "websocket")
        .header("content-length", "7")
        .header("x", "y")
        .body(())
        .expect("valid");
    let (head, length) = ResponseHeadBuf::from_http(&response).expect("can be sent");
    assert_eq!(head.status(), StatusCode::UPGRADE_REQUIRED);
    assert_eq!(head.lines(), b"x: y\r\n");
    assert!(head.closes());
    assert_eq!(length, Some(ContentLength::Known(7)));
    let mut trailers = http::HeaderMap::new();
    trailers.insert("x-sum", http::HeaderValue::from_static("1"));
    assert!(!Trailers::from_http(&trailers).expect("fits").is_empty());
    trailers.insert("authorization", http::HeaderValue::from_static("1"));
    assert_eq!(
        Trailers::from_http(&trailers),
        Err(EncodeError::ForbiddenTrailer)
    );
}
