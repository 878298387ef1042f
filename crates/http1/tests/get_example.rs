//! The example client, over a real socket.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use barewire_http1::StatusCode;

#[allow(
    dead_code,
    reason = "main reads the command line, which a test has not"
)]
#[path = "../examples/get.rs"]
mod get;

/// What `get` makes of `answer`, and what it sent.
fn fetch(path: &str, answer: &[u8]) -> (Result<(StatusCode, Vec<u8>), String>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("bound");
    std::thread::scope(|scope| {
        let server = scope.spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            stream
                .set_read_timeout(Some(Duration::from_secs(20)))
                .expect("not zero");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).expect("a request in time");
                request.push(byte[0]);
            }
            stream.write_all(answer).expect("it reads");
            String::from_utf8(request).expect("ASCII")
        });
        let mut out = Vec::new();
        let status = get::get(&format!("http://{addr}{path}"), &mut out);
        let request = server.join().expect("no panic");
        let result = status
            .map(|status| (status, out))
            .map_err(|error| error.to_string());
        (result, request.replace(&addr.to_string(), "ADDR"))
    })
}

#[track_caller]
fn gives(answer: &str, status: StatusCode, content: &str) {
    let (result, _) = fetch("/", answer.as_bytes());
    assert_eq!(
        result,
        Ok((status, content.as_bytes().to_vec())),
        "{answer:?}"
    );
}

#[test]
fn what_is_sent() {
    let answer = b"HTTP/1.1 204 None\r\n\r\n";
    let (_, request) = fetch("/a?b#c", answer);
    let expected = "GET /a?b HTTP/1.1\r\nHost: ADDR\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    assert_eq!(request, expected);
    assert!(fetch("", answer).1.starts_with("GET / HTTP/1.1\r\n"));
    assert!(fetch("?q", answer).1.starts_with("GET /?q HTTP/1.1\r\n"));
}

#[test]
fn every_framing() {
    gives(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        StatusCode::OK,
        "hi",
    );
    gives(
        "HTTP/1.0 200 OK\r\n\r\nto the end",
        StatusCode::OK,
        "to the end",
    );
    gives(
        "HTTP/1.1 103 Soon\r\n\r\nHTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n\
         3\r\nwho\r\n0\r\nX: y\r\n\r\n",
        StatusCode::NOT_FOUND,
        "who",
    );
}

#[test]
fn a_cut_is_told() {
    for (answer, expected) in [
        (
            "",
            "connection closed inside a message head at byte 0 (RFC 9112 section 8)",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi",
            "connection closed inside a message body at byte 40 (RFC 9112 section 8)",
        ),
    ] {
        let (result, _) = fetch("/", answer.as_bytes());
        assert_eq!(result, Err(expected.into()));
    }
}

#[test]
fn what_is_no_url() {
    for url in ["ftp://a/", "a", "http://", "http://a b/"] {
        get::get(url, &mut Vec::new()).expect_err(url);
    }
}
