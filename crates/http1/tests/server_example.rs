//! The example server, over a real socket.

#[allow(
    dead_code,
    reason = "main reads the command line, which a test has not"
)]
#[path = "../examples/server.rs"]
mod server;
#[path = "common/socket.rs"]
mod socket;

use socket::Ends;

fn exchange(parts: &[&str], ends: Ends) -> String {
    socket::exchange(parts, ends, |listener| {
        server::serve(&listener, 1).expect("it serves");
    })
}

fn ok(text: &str) -> String {
    let length = text.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{text}")
}

#[test]
fn pipelined_requests_and_a_chunked_body() {
    let answer = exchange(
        &[
            "GET /a HTTP/1.1\r\nHost: a\r\n\r\nPUT /b HTTP/1.1\r\nHost: a\r\nTransfer-Enc",
            "oding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ],
        Ends::First,
    );
    let expected = ok("GET /a\n0 bytes of content\n") + &ok("PUT /b\n5 bytes of content\n");
    assert_eq!(answer, expected);
}

#[test]
fn an_expectation_is_met_and_a_close_kept() {
    let answer = exchange(
        &[
            "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n",
            "ok",
        ],
        Ends::Last,
    );
    let body = "PUT /\n2 bytes of content\n";
    let last = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    // Whether 100 comes too depends on whether the content was faster.
    assert_eq!(answer.replace("HTTP/1.1 100 Continue\r\n\r\n", ""), last);
}

#[test]
fn head_connect_and_faults() {
    let answer = exchange(&["HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /\r\n"], Ends::Last);
    let (head, refusal) = answer.split_once("\r\n\r\n").expect("two heads");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        refusal.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{refusal}"
    );
    assert!(
        refusal.contains("request line has no HTTP version at byte 33"),
        "{refusal}"
    );

    let answer = exchange(&["CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"], Ends::Last);
    assert!(
        answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"),
        "{answer}"
    );
}
