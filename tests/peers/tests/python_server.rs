//! Our client before `scripts/server.py`: answers that file servers do not give.
#![cfg(unix)]

use std::io::{Read, Write};
use std::time::Duration;

use barewire_http1::{
    ClientTurn, ErrorKind, Leniency, Method, RequestHeadBuf, ResponseFraming, Version,
};
use barewire_peers::{Answer, Client, Sent, Server, Site, content, request};

/// Asked twice by one connection, which has to be of use after each.
#[track_caller]
fn twice(server: &Server, head: &RequestHeadBuf, check: impl Fn(&Answer)) {
    let mut client = Client::connect(server.address());
    for _ in 0..2 {
        let answer = client.ask(head).expect("an answer");
        check(&answer);
        assert_eq!(client.turn(), ClientTurn::Ask);
    }
    assert!(client.get("/1k").expect("a file").content == content(1024));
}

/// Asked once; the answer ends the connection.
#[track_caller]
fn once(server: &Server, target: &str, check: impl FnOnce(&Answer)) {
    let mut client = Client::connect(server.address());
    let answer = client.get(target).expect("an answer");
    check(&answer);
    assert_eq!(client.turn(), ClientTurn::Close);
}

fn get(target: &str) -> RequestHeadBuf {
    request(Method::Get, target)
}

#[test]
fn chunks_of_all_kinds_and_trailers() {
    let Some(server) = Server::python() else {
        return;
    };
    let mut head = get("/chunked");
    twice(&server, head.accept_trailers(), |answer| {
        assert_eq!(answer.framing, Some(ResponseFraming::Chunked));
        assert_eq!(answer.text(), "hello world");
        let trailers = [("X-Sum", "11"), ("X-Empty", "")];
        let trailers = trailers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(answer.trailers, trailers);
    });
    twice(&server, &get("/many-chunks"), |answer| {
        assert!(answer.content == content(1024 * 1024));
    });
}

#[test]
fn interim_responses() {
    let Some(server) = Server::python() else {
        return;
    };
    twice(&server, &get("/interim"), |answer| {
        assert_eq!(answer.interim, [102, 103, 103]);
        assert_eq!((answer.status, answer.text().as_str()), (200, "done"));
    });
}

/// Lengths that are told and mean nothing.
#[test]
fn answers_without_content() {
    let Some(server) = Server::python() else {
        return;
    };
    for (head, status) in [
        (get("/no-content"), 204),
        (get("/not-modified"), 304),
        (request(Method::Head, "/head"), 200),
        (request(Method::Head, "/1m"), 200),
    ] {
        twice(&server, &head, |answer| {
            assert_eq!((answer.status, answer.content.len()), (status, 0));
            assert_eq!(answer.framing, Some(ResponseFraming::None));
        });
    }
}

#[test]
fn no_reason_phrase() {
    let Some(server) = Server::python() else {
        return;
    };
    twice(&server, &get("/no-reason"), |answer| {
        assert_eq!((answer.status, answer.text().as_str()), (299, "x"));
    });
}

#[test]
fn byte_by_byte() {
    let Some(server) = Server::python() else {
        return;
    };
    twice(&server, &get("/byte-by-byte"), |answer| {
        assert_eq!(answer.text(), "abcabcdefghijklmnopqrstuvwxyz\n");
        let last = ("X-Last".to_owned(), "z".to_owned());
        assert_eq!(answer.trailers, [last]);
    });
}

#[test]
fn the_end_of_the_connection() {
    let Some(server) = Server::python() else {
        return;
    };
    once(&server, "/until-close", |answer| {
        assert_eq!(answer.framing, Some(ResponseFraming::UntilClose));
        assert!(answer.content == content(1024 * 1024));
    });
    // Chunks count where there is a length as well, but two readers may differ about what comes next.
    once(&server, "/length-and-chunks", |answer| {
        assert_eq!(answer.framing, Some(ResponseFraming::Chunked));
        assert_eq!(answer.text(), "hi");
    });
    once(&server, "/last", |answer| {
        assert_eq!(answer.framing, Some(ResponseFraming::Length(4)));
        assert_eq!(answer.text(), "last");
    });
}

#[test]
fn old_servers() {
    let Some(server) = Server::python() else {
        return;
    };
    twice(&server, &get("/old-kept"), |answer| {
        assert_eq!(answer.version, Some(Version::Http10));
        assert_eq!(answer.framing, Some(ResponseFraming::Length(3)));
        assert_eq!(answer.text(), "old");
    });
    for (target, framing) in [
        ("/old", ResponseFraming::UntilClose),
        ("/old-length", ResponseFraming::Length(3)),
    ] {
        once(&server, target, |answer| {
            assert_eq!(answer.version, Some(Version::Http10));
            assert_eq!(answer.framing, Some(framing));
            assert_eq!(answer.text(), "old");
        });
    }
}

#[test]
fn uploads() {
    let Some(server) = Server::python() else {
        return;
    };
    let mut client = Client::connect(server.address());
    let body = content(300_000);
    for (sent, trailers) in [
        (Sent::Length(&body), "0"),
        (Sent::Chunks(&body, None), "0"),
        // A line with its end.
        (Sent::Chunks(&body, Some(("X-Trailer", "x"))), "14"),
        (Sent::Chunks(&[], None), "0"),
    ] {
        for expects in [false, true] {
            let mut head = request(Method::Put, "/continue");
            if expects {
                head.expect_continue();
            }
            let answer = client.put(&head, sent).expect("an answer");
            let interim = if expects { &[100][..] } else { &[] };
            assert_eq!((answer.status, &answer.interim[..]), (200, interim));
            assert_eq!(answer.field("X-Trailers"), Some(trailers));
            let (Sent::Length(body) | Sent::Chunks(body, _)) = sent;
            assert!(answer.content == body);
            assert_eq!(client.turn(), ClientTurn::Ask);
        }
    }
}

#[test]
fn uploads_refused() {
    let Some(server) = Server::python() else {
        return;
    };
    let body = content(300_000);
    let mut head = request(Method::Put, "/never");
    head.expect_continue();
    for (head, status, text) in [
        (head, 417, "never"),
        (request(Method::Put, "/early"), 413, "too much"),
    ] {
        let mut client = Client::connect(server.address());
        let answer = client.put(&head, Sent::Length(&body)).expect("an answer");
        assert_eq!((answer.status, answer.text().as_str()), (status, text));
        assert!(answer.interim.is_empty());
        assert_eq!(client.turn(), ClientTurn::Close);
    }
}

/// A server that knows nothing of leave; content is sent after a while.
#[test]
fn no_leave() {
    let Some(server) = Server::python() else {
        return;
    };
    let client = Client::connect(server.address());
    let mut client = client.impatient(Duration::from_millis(50));
    let mut head = request(Method::Put, "/silent");
    let sent = Sent::Length(b"content");
    let answer = client.put(head.expect_continue(), sent);
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, answer.text().as_str()), (200, "content"));
    assert!(answer.interim.is_empty());
    assert_eq!(client.turn(), ClientTurn::Ask);
}

/// The answer is there before the content is; the rest of it is never sent.
#[test]
fn content_given_up() {
    let Some(server) = Server::python() else {
        return;
    };
    for (target, turn) in [
        ("/early", ClientTurn::Close),
        ("/early-kept", ClientTurn::Send),
    ] {
        let mut client = Client::connect(server.address());
        let answer = client.put_some(&request(Method::Put, target), b"a part", 1 << 40);
        let answer = answer.expect("an answer");
        assert_eq!((answer.status, answer.text().as_str()), (413, "too much"));
        assert_eq!(client.turn(), turn);
        client.give_up();
        assert_eq!(client.turn(), ClientTurn::Close);
    }
}

#[test]
fn a_server_that_leaves() {
    let Some(server) = Server::python() else {
        return;
    };
    let mut client = Client::connect(server.address());
    assert_eq!(client.get("/leaves").expect("an answer").text(), "hi");
    assert_eq!(client.turn(), ClientTurn::Ask);
    client.idle().expect("nothing was awaited");
    assert_eq!(client.turn(), ClientTurn::Close);
}

/// What nobody asked for would be taken for the next answer.
#[test]
fn an_answer_too_many() {
    let Some(server) = Server::python() else {
        return;
    };
    once(&server, "/goes-on", |answer| {
        assert_eq!(answer.text(), "hi")
    });
}

#[test]
fn another_protocol() {
    let Some(server) = Server::python() else {
        return;
    };
    let mut upgrade = get("/upgrade");
    upgrade.offer_upgrade("other/1, shout").expect("a list");
    let tunnel = RequestHeadBuf::connect("far.example:443").expect("an authority");
    for (head, status, first) in [
        (upgrade, 101, "ready\n"),
        (tunnel, 200, "hello from far.example:443\n"),
    ] {
        let mut client = Client::connect(server.address());
        let answer = client.ask(&head).expect("an answer");
        assert_eq!((answer.status, answer.content.len()), (status, 0));
        assert_eq!(client.turn(), ClientTurn::Switch);
        let (mut stream, mut said) = client.into_parts();
        stream.write_all(b"hello\n").expect("it listens");
        stream.shutdown(std::net::Shutdown::Write).expect("open");
        stream.read_to_end(&mut said).expect("an end");
        assert_eq!(String::from_utf8_lossy(&said), format!("{first}HELLO\n"));
    }
}

#[test]
fn another_protocol_refused() {
    let Some(server) = Server::python() else {
        return;
    };
    let mut upgrade = get("/not-upgraded");
    upgrade.offer_upgrade("shout").expect("a list");
    twice(&server, &upgrade, |answer| {
        assert_eq!((answer.status, answer.text().as_str()), (200, "plain"));
    });
    let tunnel = RequestHeadBuf::connect("refused.example:443").expect("an authority");
    twice(&server, &tunnel, |answer| {
        assert_eq!((answer.status, answer.text().as_str()), (403, "no"));
    });
}

#[test]
fn cut_answers() {
    let Some(server) = Server::python() else {
        return;
    };
    for (target, kind) in [
        ("/cut-before", ErrorKind::IncompleteHead),
        ("/cut-head", ErrorKind::IncompleteHead),
        ("/cut-interim", ErrorKind::IncompleteHead),
        ("/cut-length", ErrorKind::IncompleteBody),
        ("/cut-chunk", ErrorKind::IncompleteBody),
        ("/cut-chunks", ErrorKind::IncompleteBody),
        ("/cut-trailers", ErrorKind::IncompleteBody),
    ] {
        let mut client = Client::connect(server.address());
        let error = client.get(target).expect_err(target);
        assert_eq!(error.kind, kind, "{target}");
        assert_eq!(client.turn(), ClientTurn::Close, "{target}");
        assert_eq!(client.connection().unanswered(), 1, "{target}");
    }
}

/// Refused, and read where that was asked for.
#[test]
fn faulty_servers() {
    let Some(server) = Server::python() else {
        return;
    };
    for (target, kind, text) in [
        ("/bare-lf", ErrorKind::BareLineFeed, Some("hi")),
        ("/folded", ErrorKind::LineFolding, Some("hi")),
        ("/space", ErrorKind::SpaceBeforeColon, Some("hi")),
        (
            "/two-lengths",
            ErrorKind::DuplicateContentLength,
            Some("hi"),
        ),
        ("/bare-status", ErrorKind::MissingReasonSpace, Some("hi")),
        ("/not-http", ErrorKind::InvalidVersion, None),
    ] {
        let error = Client::connect(server.address()).get(target);
        assert_eq!(error.expect_err(target).kind, kind, "{target}");
        let mut client = Client::lenient(server.address(), Leniency::all());
        let answer = client.get(target);
        match text {
            Some(text) => assert_eq!(answer.expect(target).text(), text, "{target}"),
            None => assert_eq!(answer.expect_err(target).kind, kind, "{target}"),
        }
    }
}

/// `python3 -m http.server` as it is: HTTP/1.0, a connection each.
#[test]
fn as_shipped() {
    let Some(server) = Server::plain_python() else {
        return;
    };
    for (path, bytes) in Site::FILES {
        let mut client = Client::connect(server.address());
        let answer = client.get(path).expect("a file");
        assert_eq!(answer.version, Some(Version::Http10));
        assert_eq!(answer.field("Content-Length"), Some(&*bytes.to_string()));
        assert!(answer.content == content(bytes), "{path}");
        assert_eq!(client.turn(), ClientTurn::Close);
    }
}
