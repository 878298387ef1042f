//! Our client before lighttpd.
#![cfg(unix)]

use barewire_http1::{ClientTurn, Method, ResponseFraming};
use barewire_peers::{Client, Sent, Server, content, request};

#[test]
fn chunks() {
    let Some(server) = Server::lighttpd() else {
        return;
    };
    let mut client = Client::connect(server.address());
    for _ in 0..2 {
        let answer = client.get("/all.cgi").expect("chunks");
        assert_eq!(answer.framing, Some(ResponseFraming::Chunked));
        assert!(answer.content == content(1024 * 1024));
        assert_eq!(client.turn(), ClientTurn::Ask);
    }
}

/// With a length, in chunks, and each of them after having asked.
#[test]
fn uploads() {
    let Some(server) = Server::lighttpd() else {
        return;
    };
    let mut client = Client::connect(server.address());
    let body = content(300_000);
    for sent in [
        Sent::Length(&body),
        Sent::Chunks(&body, None),
        Sent::Chunks(&body, Some(("X-Trailer", "x"))),
    ] {
        for expects in [false, true] {
            let mut head = request(Method::Post, "/give.cgi");
            if expects {
                head.expect_continue();
            }
            let answer = client.put(&head, sent).expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.text());
            let interim = if expects { &[100][..] } else { &[] };
            assert_eq!(answer.interim, interim);
            assert_eq!(answer.framing, Some(ResponseFraming::Chunked));
            assert!(answer.content == body);
            assert_eq!(client.turn(), ClientTurn::Ask);
        }
    }
}
