//! Our client, before each of the servers: what all of them do.
#![cfg(unix)]

use barewire_http1::{ClientTurn, Method, RequestHeadBuf, ResponseFraming};
use barewire_peers::{Client, Echo, Sent, Server, Site, content, request};

/// Those that are here, with their names.
fn servers() -> impl Iterator<Item = (&'static str, Server)> {
    [
        ("bw-httpd", Server::httpd as fn() -> Option<Server>),
        ("nginx", Server::nginx),
        ("lighttpd", Server::lighttpd),
        ("python", Server::python),
    ]
    .into_iter()
    .filter_map(|(name, start)| start().map(|server| (name, server)))
}

/// All files twice, by one connection.
#[test]
fn files() {
    for (name, server) in servers() {
        let mut client = Client::connect(server.address());
        for (path, bytes) in Site::FILES.into_iter().chain(Site::FILES) {
            let answer = client.get(path).expect(name);
            assert_eq!(answer.status, 200, "{name}{path}");
            let framing = match bytes {
                0 => ResponseFraming::None,
                _ => ResponseFraming::Length(bytes as u64),
            };
            assert_eq!(answer.framing, Some(framing), "{name}{path}");
            assert!(answer.content == content(bytes), "{name}{path}");
            assert_eq!(client.turn(), ClientTurn::Ask, "{name}{path}");
        }
    }
}

/// Heads alone say the length of what they leave out.
#[test]
fn heads() {
    for (name, server) in servers() {
        let mut client = Client::connect(server.address());
        for (path, bytes) in Site::FILES {
            let answer = client.ask(&request(Method::Head, path)).expect(name);
            assert_eq!(answer.status, 200, "{name}{path}");
            assert_eq!(answer.framing, Some(ResponseFraming::None), "{name}{path}");
            // nginx keeps quiet about a length of nothing here.
            let length = answer.field("Content-Length").unwrap_or("0");
            assert_eq!(length, bytes.to_string(), "{name}{path}");
            let answer = client.get(path).expect(name);
            assert!(answer.content == content(bytes), "{name}{path}");
        }
    }
}

/// Sixteen requests in one write, not all alike, and their answers in the same order.
#[test]
fn pipelined() {
    for (name, server) in servers() {
        for number in 0..16 {
            server
                .site
                .put(&format!("/p{number}"), format!("{number}!"));
        }
        let asked = |number: usize| match number % 4 {
            1 => request(Method::Head, &format!("/p{number}")),
            2 => request(Method::Get, &format!("/missing{number}")),
            3 => request(Method::Get, "/1m"),
            _ => request(Method::Get, &format!("/p{number}")),
        };
        let requests: Vec<_> = (0..16).map(asked).collect();
        let mut client = Client::connect(server.address());
        client.send(&requests.iter().collect::<Vec<_>>());
        assert_eq!(client.connection().unanswered(), 16);
        for number in 0..16 {
            let answer = client.answer().expect(name);
            let (status, expected) = match number % 4 {
                1 => (200, Vec::new()),
                2 => (404, answer.content.clone()),
                3 => (200, content(1024 * 1024)),
                _ => (200, format!("{number}!").into_bytes()),
            };
            assert_eq!(answer.status, status, "{name} {number}");
            assert!(answer.content == expected, "{name} {number}");
            // Python ends the connection with each error.
            if name == "python" && status == 404 {
                break;
            }
        }
        if name != "python" {
            assert_eq!(client.turn(), ClientTurn::Ask, "{name}");
        }
    }
}

/// What a client has already is not sent again, whatever lengths are named.
#[test]
fn not_modified() {
    for (name, server) in servers() {
        let mut client = Client::connect(server.address());
        let answer = client.get("/1k").expect(name);
        let (field, value) = match answer.field("ETag") {
            Some(tag) => ("If-None-Match", tag),
            None => (
                "If-Modified-Since",
                answer.field("Last-Modified").expect(name),
            ),
        };
        let mut head = request(Method::Get, "/1k");
        head.field(field, value).expect("as it came");
        for _ in 0..2 {
            let answer = client.ask(&head).expect(name);
            assert_eq!((answer.status, answer.content.len()), (304, 0), "{name}");
            assert_eq!(answer.framing, Some(ResponseFraming::None), "{name}");
        }
        assert!(client.get("/1m").expect(name).content == content(1024 * 1024));
    }
}

#[test]
fn ranges() {
    // Python knows none.
    for (name, server) in servers().filter(|(name, _)| *name != "python") {
        let mut client = Client::connect(server.address());
        let mut head = request(Method::Get, "/1m");
        head.field("Range", "bytes=1000-299999").expect("a field");
        let answer = client.ask(&head).expect(name);
        assert_eq!(answer.status, 206, "{name}");
        let told = answer.field("Content-Range");
        assert_eq!(told, Some("bytes 1000-299999/1048576"), "{name}");
        assert!(
            answer.content == content(1024 * 1024)[1000..300_000],
            "{name}"
        );
        assert_eq!(client.turn(), ClientTurn::Ask, "{name}");
    }
}

/// As a proxy is asked, which servers have to understand too; Python's does not.
#[test]
fn whole_addresses() {
    for (name, server) in servers().filter(|(name, _)| *name != "python") {
        let mut client = Client::connect(server.address());
        let target = "http://peer.example/1k";
        let head = RequestHeadBuf::absolute(Method::Get, target).expect("a target");
        let answer = client.ask(&head).expect(name);
        assert!(answer.content == content(1024), "{name}");
        // Whatever is said to that, the connection goes on or says that it does not.
        let answer = client.ask(&request(Method::Options, "*")).expect(name);
        assert!(answer.status >= 200, "{name}");
    }
}

/// Content for somebody who takes none: refused, and the connection goes on.
#[test]
fn an_upload_refused() {
    let Some(server) = Server::httpd() else {
        return;
    };
    let mut client = Client::connect(server.address());
    let body = content(100_000);
    for sent in [Sent::Length(&body), Sent::Chunks(&body, None)] {
        let answer = client.put(&request(Method::Put, "/new"), sent);
        assert_eq!(answer.expect("an answer").status, 405);
        assert_eq!(client.turn(), ClientTurn::Ask);
        let answer = client.get("/1k").expect("a file");
        assert!(answer.content == content(1024));
    }
    let mut head = request(Method::Put, "/new");
    let answer = client.put(head.expect_continue(), Sent::Length(&body));
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, &answer.interim[..]), (405, &[][..]));
    assert_eq!(client.turn(), ClientTurn::Close);
}

/// Our own two sides, one to the other.
#[test]
fn uploads() {
    let echo = Echo::start();
    let mut client = Client::connect(echo.address());
    let body = content(1024 * 1024);
    for (sent, framing, trailers) in [
        (Sent::Length(&body), "length", "0"),
        (Sent::Chunks(&body, None), "chunked", "0"),
        (
            Sent::Chunks(&body, Some(("X-Trailer", "x"))),
            "chunked",
            "1",
        ),
        (Sent::Chunks(&[], Some(("X-Trailer", "x"))), "chunked", "1"),
        (Sent::Length(&[]), "length", "0"),
    ] {
        let (Sent::Length(body) | Sent::Chunks(body, _)) = sent;
        for expects in [false, true] {
            let mut head = request(Method::Put, "/");
            // Nobody asks for leave to send nothing.
            let expects = expects && !matches!(sent, Sent::Length([]));
            if expects {
                head.expect_continue();
            }
            let interim = if expects { &[100][..] } else { &[] };
            let answer = client.put(&head, sent).expect("an answer");
            assert_eq!((answer.status, &answer.interim[..]), (200, interim));
            assert_eq!(answer.field("X-Framing"), Some(framing));
            assert_eq!(answer.field("X-Trailers"), Some(trailers));
            assert!(answer.content == body);
            assert_eq!(client.turn(), ClientTurn::Ask);
        }
    }
}

/// Who says that it is the last request is not kept.
#[test]
fn the_last_request() {
    for (name, server) in servers() {
        let mut client = Client::connect(server.address());
        let mut head = request(Method::Get, "/1k");
        let answer = client.ask(head.close()).expect(name);
        assert!(answer.content == content(1024), "{name}");
        assert_eq!(client.turn(), ClientTurn::Close, "{name}");
    }
}
