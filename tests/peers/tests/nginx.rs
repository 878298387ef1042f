//! Our client before nginx.
#![cfg(unix)]

use barewire_http1::{ClientTurn, Method, ResponseFraming};
use barewire_peers::{Client, Peer, Sent, Server, content, request};

#[test]
fn chunks() {
    let Some(server) = Server::nginx() else {
        return;
    };
    let mut client = Client::connect(server.address());
    for _ in 0..2 {
        let answer = client.get("/all.shtml").expect("chunks");
        assert_eq!(answer.framing, Some(ResponseFraming::Chunked));
        assert!(answer.content == content(1024 * 1024));
        assert_eq!(client.turn(), ClientTurn::Ask);
    }
}

#[test]
fn the_last_answer() {
    let Some(server) = Server::nginx() else {
        return;
    };
    let mut client = Client::connect(server.address());
    let answer = client.get("/last/1m").expect("a file");
    assert_eq!(answer.field("Connection"), Some("close"));
    assert!(answer.content == content(1024 * 1024));
    assert_eq!(client.turn(), ClientTurn::Close);
}

#[test]
fn a_connection_that_idles() {
    let Some(server) = Server::nginx() else {
        return;
    };
    let mut client = Client::connect(server.address());
    let answer = client.get("/brief/1k").expect("a file");
    assert!(answer.content == content(1024));
    assert_eq!(client.turn(), ClientTurn::Ask);
    client.idle().expect("nothing was awaited");
    assert_eq!(client.turn(), ClientTurn::Close);
}

/// With a length, in chunks, and each of them after having asked.
#[test]
fn uploads() {
    let Some(server) = Server::nginx() else {
        return;
    };
    if !Peer::NGINX.run(&["-V"]).errors.contains("http_dav_module") {
        println!("skipped: this nginx takes no uploads");
        return;
    }
    let mut client = Client::connect(server.address());
    let body = content(1024 * 1024);
    for (number, sent) in [
        Sent::Length(&body),
        Sent::Chunks(&body, None),
        Sent::Chunks(&body, Some(("X-Trailer", "x"))),
        Sent::Length(&body[..1]),
    ]
    .into_iter()
    .enumerate()
    {
        for expects in [false, true] {
            let name = format!("put/{number}-{expects}");
            let mut head = request(Method::Put, &format!("/{name}"));
            if expects {
                head.expect_continue();
            }
            let answer = client.put(&head, sent).expect("an answer");
            assert_eq!(answer.status, 201, "{name}: {}", answer.text());
            let interim = if expects { &[100][..] } else { &[] };
            assert_eq!(answer.interim, interim, "{name}");
            assert_eq!(client.turn(), ClientTurn::Ask, "{name}");
            let (Sent::Length(body) | Sent::Chunks(body, _)) = sent;
            assert!(server.site.read(&format!("www/{name}")) == body, "{name}");
        }
    }
}

/// Above its limit, and said so before a byte was sent.
#[test]
fn an_upload_refused() {
    let Some(server) = Server::nginx() else {
        return;
    };
    let mut client = Client::connect(server.address());
    let body = content(1024 * 1024 + 1);
    let mut head = request(Method::Put, "/put/big");
    let answer = client.put(head.expect_continue(), Sent::Length(&body));
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, &answer.interim[..]), (413, &[][..]));
    assert_eq!(client.turn(), ClientTurn::Close);
}
