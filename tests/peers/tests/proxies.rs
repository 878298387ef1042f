//! Other people's proxies between our client and our servers: what one side writes a stranger reads, and writes anew.
#![cfg(unix)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};

use barewire_http1::{ClientTurn, ErrorKind, Method, RequestHeadBuf};
use barewire_peers::{Client, Echo, Peer, Sent, Server, Site, content, line, request};

/// Those that are here, with their names, and what their paths begin with.
fn before(server: SocketAddr) -> impl Iterator<Item = (&'static str, Server, &'static str)> {
    type Start = fn(SocketAddr) -> Option<Server>;
    [
        ("nginx", Server::nginx_before as Start, ""),
        ("nginx, kept", Server::nginx_before, "/kept"),
        ("HAProxy", Server::haproxy_before, ""),
        ("lighttpd", Server::lighttpd_before, ""),
    ]
    .into_iter()
    .filter_map(move |(name, start, prefix)| Some((name, start(server)?, prefix)))
}

#[test]
fn downloads() {
    let Some(httpd) = Server::httpd() else { return };
    for (name, proxy, prefix) in before(httpd.address()) {
        let mut client = Client::connect(proxy.address());
        for (path, bytes) in Site::FILES.into_iter().chain(Site::FILES) {
            let path = format!("{prefix}{path}");
            let answer = client.get(&path).expect(name);
            assert_eq!(answer.status, 200, "{name}{path}");
            assert!(answer.content == content(bytes), "{name}{path}");

            let head = client.ask(&request(Method::Head, &path)).expect(name);
            assert_eq!((head.status, head.content.len()), (200, 0), "{name}{path}");
            // nginx and lighttpd keep quiet about some.
            if let Some(length) = head.field("Content-Length") {
                assert_eq!(length, bytes.to_string(), "{name}{path}");
            }

            let mut head = request(Method::Get, &path);
            let tag = answer.field("ETag").expect("one of ours");
            head.field("If-None-Match", tag).expect("as it came");
            let answer = client.ask(&head).expect(name);
            assert_eq!(
                (answer.status, answer.content.len()),
                (304, 0),
                "{name}{path}"
            );
        }
        let mut head = request(Method::Get, &format!("{prefix}/1m"));
        head.field("Range", "bytes=1000-299999").expect("a field");
        let answer = client.ask(&head).expect(name);
        assert_eq!(answer.status, 206, "{name}");
        assert!(
            answer.content == content(1024 * 1024)[1000..300_000],
            "{name}"
        );
        let answer = client.get(&format!("{prefix}/missing")).expect(name);
        assert_eq!(answer.status, 404, "{name}");
        assert_eq!(client.turn(), ClientTurn::Ask, "{name}");
    }
}

/// Sixteen requests in one write, and their answers in the same order.
#[test]
fn pipelined() {
    let Some(httpd) = Server::httpd() else { return };
    for number in 0..16 {
        httpd.site.put(&format!("/p{number}"), format!("{number}!"));
    }
    for (name, proxy, prefix) in before(httpd.address()) {
        let asked = |number| request(Method::Get, &format!("{prefix}/p{number}"));
        let requests: Vec<RequestHeadBuf> = (0..16).map(asked).collect();
        let mut client = Client::connect(proxy.address());
        client.send(&requests.iter().collect::<Vec<_>>());
        for number in 0..16 {
            let answer = client.answer().expect(name);
            assert_eq!(answer.text(), format!("{number}!"), "{name}");
        }
        assert_eq!(client.turn(), ClientTurn::Ask, "{name}");
    }
}

#[test]
fn uploads() {
    let echo = Echo::start();
    let body = content(1024 * 1024);
    for (name, proxy, prefix) in before(echo.address()) {
        let mut client = Client::connect(proxy.address());
        for sent in [
            Sent::Length(&body),
            Sent::Chunks(&body, None),
            Sent::Chunks(&body, Some(("X-Trailer", "x"))),
            Sent::Chunks(&[], None),
            Sent::Length(&[]),
        ] {
            let (Sent::Length(body) | Sent::Chunks(body, _)) = sent;
            for expects in [false, true] {
                let mut head = request(Method::Put, &format!("{prefix}/"));
                // Nobody asks for leave to send nothing.
                if expects && !matches!(sent, Sent::Length([])) {
                    head.expect_continue();
                }
                let answer = client.put(&head, sent).expect(name);
                assert_eq!(answer.status, 200, "{name}: {sent:.20?}");
                assert_eq!(answer.field("X-Method"), Some("PUT"), "{name}");
                assert!(answer.content == body, "{name}");
                assert_eq!(client.turn(), ClientTurn::Ask, "{name}");
            }
        }
    }
}

/// A body that is cut behind a proxy is cut before it; one without a length may end in chunks.
#[test]
fn ends_and_cuts() {
    let Some(python) = Server::python() else {
        return;
    };
    for (name, proxy, prefix) in before(python.address()) {
        let get = |path: &str| Client::connect(proxy.address()).get(&format!("{prefix}{path}"));
        let answer = get("/until-close").expect(name);
        assert!(answer.content == content(1024 * 1024), "{name}");
        assert_eq!(
            get("/many-chunks").expect(name).content.len(),
            1024 * 1024,
            "{name}"
        );
        assert_eq!(get("/old").expect(name).text(), "old", "{name}");
        // lighttpd 1.4.69 passes on as whole what was cut inside a chunk.
        if name == "lighttpd" {
            continue;
        }
        for path in ["/cut-length", "/cut-chunk", "/cut-chunks"] {
            match get(path) {
                Ok(answer) => assert_eq!(answer.status, 502, "{name}{path}: {answer:?}"),
                Err(error) => assert_eq!(error.kind, ErrorKind::IncompleteBody, "{name}{path}"),
            }
        }
    }
}

/// HAProxy passes on what comes before an answer, and what begins behind one.
#[test]
fn interim_answers_and_another_protocol() {
    let Some(python) = Server::python() else {
        return;
    };
    let Some(proxy) = Server::haproxy_before(python.address()) else {
        return;
    };
    let mut client = Client::connect(proxy.address());
    let answer = client.get("/interim").expect("an answer");
    assert_eq!(answer.interim, [102, 103, 103]);
    assert_eq!(answer.text(), "done");

    let mut head = request(Method::Get, "/upgrade");
    head.offer_upgrade("other/1, shout").expect("a list");
    assert_eq!(client.ask(&head).expect("an answer").status, 101);
    assert_eq!(client.turn(), ClientTurn::Switch);
    let (mut stream, mut said) = client.into_parts();
    stream.write_all(b"hello\n").expect("it listens");
    stream.shutdown(Shutdown::Write).expect("open");
    stream.read_to_end(&mut said).expect("an end");
    assert_eq!(String::from_utf8_lossy(&said), "ready\nHELLO\n");
}

/// As a client is told to use a proxy: whole addresses, and tunnels with connections of their own inside.
#[test]
fn a_proxy_of_the_clients() {
    let Some(httpd) = Server::httpd() else { return };
    let Some(proxy) = Server::tinyproxy() else {
        return;
    };
    for (path, bytes) in Site::FILES {
        let mut client = Client::connect(proxy.address());
        let head = RequestHeadBuf::absolute(Method::Get, &httpd.url(path)).expect("an address");
        let answer = client.ask(&head).expect(path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.content == content(bytes), "{path}");
    }
    let mut outer = Client::connect(proxy.address());
    let head = RequestHeadBuf::connect(&httpd.address().to_string()).expect("an authority");
    assert_eq!(outer.ask(&head).expect("a tunnel").status, 200);
    assert_eq!(outer.turn(), ClientTurn::Switch);
    let mut inner = Client::through(outer.into_parts());
    for (path, bytes) in Site::FILES {
        assert!(
            inner.get(path).expect(path).content == content(bytes),
            "{path}"
        );
        assert_eq!(inner.turn(), ClientTurn::Ask, "{path}");
    }
    // Nobody listens there.
    let mut outer = Client::connect(proxy.address());
    let head = RequestHeadBuf::connect("127.0.0.1:1").expect("an authority");
    assert!(outer.ask(&head).expect("an answer").status >= 400);
    assert_ne!(outer.turn(), ClientTurn::Switch);
}

/// All that can be asked in a second, by connections that the proxies keep to the server.
#[test]
fn crowds() {
    if !Peer::WRK.is_here() {
        return;
    }
    let Some(httpd) = Server::httpd() else { return };
    let file = httpd.site.place("www/1k");
    for (name, proxy, prefix) in before(httpd.address()) {
        let url = proxy.url(&format!("{prefix}/1k"));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/answers.lua");
        let load = ["-t", "2", "-c", "16", "-d", "1s", "--timeout", "20s"];
        let words = ["-s", script, &url, "--", &file, "1"];
        let ended = Peer::WRK.run(&[&load[..], &words].concat());
        let text = ended.text();
        assert_eq!(line(&text, "wrong: "), "0, broken: 0", "{name}: {text}");
        let answers: usize = line(&text, "answers: ").parse().expect("a number");
        assert!(answers > 0, "{name}: {text}");
    }
}
