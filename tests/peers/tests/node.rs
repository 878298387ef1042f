//! Node's clients before our servers, and our client before Node's server.
#![cfg(unix)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};

use barewire_http1::{ClientTurn, Method, RequestHeadBuf, ResponseFraming};
use barewire_peers::{Client, Echo, Peer, Sent, Server, Site, content, request};

const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/client.mjs");

#[track_caller]
fn node(case: &str, address: SocketAddr, words: &[&str]) {
    let address = address.to_string();
    let ended = Peer::NODE.run(&[&[CLIENT, case, &address], words].concat());
    assert_eq!(ended.code(), 0, "{}", ended.errors);
    assert_eq!(ended.text(), format!("done {case}\n"));
}

#[test]
fn reads() {
    if !Peer::NODE.is_here() {
        return;
    }
    let Some(httpd) = Server::httpd() else { return };
    for case in ["fetch", "one_connection"] {
        node(case, httpd.address(), &[&httpd.site.place("www")]);
    }
}

#[test]
fn sends() {
    if Peer::NODE.is_here() {
        node("uploads", Echo::start().address(), &[]);
    }
}

#[test]
fn answers() {
    let Some(server) = Server::node() else { return };
    let mut client = Client::connect(server.address());
    for _ in 0..2 {
        for (path, bytes) in Site::FILES {
            let answer = client.get(path).expect("a file");
            assert!(answer.content == content(bytes), "{path}");
            let head = client.ask(&request(Method::Head, path)).expect("a head");
            let length = head.field("Content-Length");
            assert_eq!(length, Some(&*bytes.to_string()), "{path}");
        }
        let answer = client.get("/all").expect("chunks");
        assert_eq!(answer.framing, Some(ResponseFraming::Chunked));
        assert!(answer.content == content(1024 * 1024));

        let mut head = request(Method::Get, "/trailers");
        let answer = client.ask(head.accept_trailers()).expect("an answer");
        assert_eq!(answer.text(), "hello world");
        assert_eq!(answer.trailers, [("X-Sum".to_owned(), "11".to_owned())]);

        let answer = client.get("/interim").expect("an answer");
        assert_eq!(answer.interim, [102, 103]);
        assert_eq!(answer.text(), "done");
        assert_eq!(client.turn(), ClientTurn::Ask);
    }
}

#[test]
fn pipelined() {
    let Some(server) = Server::node() else { return };
    let asked = |number: usize| request(Method::Get, Site::FILES[number % 4].0);
    let requests: Vec<RequestHeadBuf> = (0..16).map(asked).collect();
    let mut client = Client::connect(server.address());
    client.send(&requests.iter().collect::<Vec<_>>());
    for number in 0..16 {
        let answer = client.answer().expect("an answer");
        let expected = content(Site::FILES[number % 4].1);
        assert!(answer.content == expected, "{number}");
    }
    assert_eq!(client.turn(), ClientTurn::Ask);
}

#[test]
fn uploads() {
    let Some(server) = Server::node() else { return };
    let mut client = Client::connect(server.address());
    let body = content(1024 * 1024);
    for (sent, trailers) in [
        (Sent::Length(&body), "0"),
        (Sent::Chunks(&body, None), "0"),
        (Sent::Chunks(&body, Some(("X-Trailer", "x"))), "1"),
        (Sent::Chunks(&[], None), "0"),
    ] {
        let (Sent::Length(body) | Sent::Chunks(body, _)) = sent;
        for expects in [false, true] {
            let mut head = request(Method::Put, "/echo");
            if expects {
                head.expect_continue();
            }
            let answer = client.put(&head, sent).expect("an answer");
            let interim = if expects { &[100][..] } else { &[] };
            assert_eq!((answer.status, &answer.interim[..]), (200, interim));
            assert_eq!(answer.field("X-Trailers"), Some(trailers));
            assert!(answer.content == body);
            assert_eq!(client.turn(), ClientTurn::Ask);
        }
    }
    let mut head = request(Method::Put, "/never");
    let answer = client.put(head.expect_continue(), Sent::Length(&body));
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, answer.text().as_str()), (417, "never"));
    assert_eq!(client.turn(), ClientTurn::Close);
}

#[test]
fn another_protocol() {
    let mut upgrade = request(Method::Get, "/");
    upgrade.offer_upgrade("shout").expect("a name");
    let tunnel = RequestHeadBuf::connect("far.example:443").expect("an authority");
    let Some(server) = Server::node() else { return };
    for (head, status, first) in [
        (upgrade, 101, "ready\n"),
        (tunnel, 200, "hello from far.example:443\n"),
    ] {
        let mut client = Client::connect(server.address());
        assert_eq!(client.ask(&head).expect("an answer").status, status);
        assert_eq!(client.turn(), ClientTurn::Switch);
        let (mut stream, mut said) = client.into_parts();
        stream.write_all(b"hello\n").expect("it listens");
        stream.shutdown(Shutdown::Write).expect("open");
        stream.read_to_end(&mut said).expect("an end");
        assert_eq!(String::from_utf8_lossy(&said), format!("{first}HELLO\n"));
    }
}
