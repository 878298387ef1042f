//! Requests and answers: order, keep-alive, framing, errors.

mod common;

use barewire_http_server::http1::{Error, RequestHead, ResponseHeadBuf, StatusCode};
use barewire_http_server::{Answer, Body, Config, Context, Handler, Response};
use common::{Running, get, ok, path, post, serve, serve_with};
use std::sync::{Arc, Barrier};

fn echo_path() -> Running {
    serve(Config::default(), |head, _| ok(path(head)))
}

#[test]
fn hello() {
    let reply = echo_path().get("/hello");
    assert_eq!((reply.status, reply.text()), (200, "/hello"));
    assert_eq!(reply.field("Content-Length"), Some("6"));
    assert!(reply.field("Date").is_some_and(|date| date.len() == 29));
    assert!(!reply.closes());
}

#[test]
fn an_http11_connection_is_kept() {
    let server = echo_path();
    let mut client = server.connect();
    for path in ["/1", "/2", "/3"] {
        client.send(get(path));
        assert_eq!(client.reply().text(), path);
    }
    client.send("GET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(client.reply().closes());
    client.expect_end();
}

#[test]
fn an_http10_connection_is_kept_where_asked() {
    let server = echo_path();
    let mut client = server.connect();
    client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(client.reply().field("Connection"), Some("keep-alive"));
    client.send("GET /2 HTTP/1.0\r\n\r\n");
    assert!(client.reply().closes());
    client.expect_end();
}

#[test]
fn pipelined_requests_are_answered_in_order_and_in_one_write() {
    let server = echo_path();
    let mut client = server.connect();
    let batch: String = (0..32).map(|n| get(&format!("/{n}"))).collect();
    client.send(batch);
    for n in 0..32 {
        assert_eq!(client.reply().text(), format!("/{n}"));
        if n == 0 {
            // The first read has brought all: at 64 KiB and no delay, one write made it.
            let whole = String::from_utf8_lossy(client.unread()).into_owned();
            assert_eq!(whole.matches("HTTP/1.1 200 OK").count(), 31);
        }
    }
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let server = echo_path();
    let mut client = server.connect();
    for byte in get("/slow").bytes() {
        client.send([byte]);
    }
    assert_eq!(client.reply().text(), "/slow");
}

#[test]
fn pipelined_requests_wait_behind_an_answer_too_large_for_the_socket() {
    let large = vec![b'x'; 16 << 20];
    let server = serve(Config::default(), move |head, _| match head.target() {
        b"/large" => Response::new(StatusCode::OK).body(large.clone()),
        _ => ok(path(head)),
    });
    let mut client = server.connect();
    client.send([get("/large"), get("/1"), get("/large"), get("/2")].concat());
    for expected in [None, Some("/1"), None, Some("/2")] {
        let reply = client.reply();
        match expected {
            None => assert_eq!(reply.body.len(), 16 << 20),
            Some(path) => assert_eq!(reply.text(), path),
        }
    }
}

#[test]
fn a_flood_of_answers_is_taken_up_where_the_socket_was_full() {
    // 4,000 answers of 8 KiB: the gathering stops many times, with whole requests in hand.
    let server = serve(Config::default(), |_, _| {
        Response::new(StatusCode::OK).body(vec![b'x'; 8 * 1024])
    });
    let mut client = server.connect_narrow();
    let mut sender = client.stream.try_clone().expect("a second handle");
    let sending = std::thread::spawn(move || {
        use std::io::Write as _;
        sender.write_all(get("/").repeat(4000).as_bytes())
    });
    for _ in 0..4000 {
        assert_eq!(client.reply().body.len(), 8 * 1024);
    }
    sending.join().unwrap().unwrap();
}

#[test]
fn head_has_the_fields_and_no_content() {
    let server = serve(Config::default(), |head, _| match head.target() {
        b"/stream" => Response::new(StatusCode::OK).body(Body::Stream(Box::new(Never))),
        _ => ok("hello"),
    });
    let mut client = server.connect();
    for (target, name, value) in [
        ("/", "Content-Length", "5"),
        ("/stream", "Transfer-Encoding", "chunked"),
    ] {
        client.send(format!("HEAD {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(client.reply_to("HEAD").field(name), Some(value));
    }
    client.send(get("/"));
    assert_eq!(client.reply().text(), "hello");
}

struct Never;

impl barewire_http_server::Source for Never {
    fn produce(&mut self, _: &mut Vec<u8>) -> barewire_http_server::Produced {
        panic!("nobody asked for content")
    }
}

#[test]
fn every_shape_of_content() {
    let server = serve(Config::default(), |head, _| {
        let large = vec![b'x'; 100_000];
        Response::new(StatusCode::OK).body(match head.target() {
            b"/empty" => Body::Empty,
            b"/bytes" => Body::Bytes(large),
            b"/shared" => Body::Shared(large.into()),
            b"/small" => Body::Shared(b"small"[..].into()),
            _ => Body::Parts(vec![
                barewire_http_server::Part::Bytes(b"one ".to_vec()),
                barewire_http_server::Part::Bytes(b"two".to_vec()),
            ]),
        })
    });
    let mut client = server.connect();
    for (path, length) in [
        ("/empty", 0),
        ("/bytes", 100_000),
        ("/shared", 100_000),
        ("/small", 5),
        ("/parts", 7),
    ] {
        client.send(get(path));
        let reply = client.reply();
        assert_eq!((reply.whole, reply.body.len()), (true, length), "{path}");
    }
}

#[test]
fn a_shared_head_stays_as_it_is() {
    let mut head = ResponseHeadBuf::new(StatusCode::OK);
    head.field("X-Shared", "yes").unwrap();
    let head = Arc::new(head);
    let kept = Arc::clone(&head);
    let server = serve(Config::default(), move |request, _| {
        let response = Response::from_shared_head(Arc::clone(&kept));
        match request.target() {
            b"/more" => response.field("X-Own", "also"),
            b"/close" => response.close(),
            _ => response,
        }
    });
    let more = server.get("/more");
    assert_eq!(more.field("X-Shared"), Some("yes"));
    assert_eq!(more.field("X-Own"), Some("also"));
    assert!(server.get("/close").closes());
    let plain = server.get("/");
    assert_eq!((plain.field("X-Own"), plain.closes()), (None, false));
    assert_eq!(head.lines(), b"X-Shared: yes\r\n");
}

#[test]
fn unread_content_is_read_away_and_the_connection_kept() {
    let server = echo_path();
    let mut client = server.connect();
    client.send(post("/1", &"x".repeat(50_000)));
    assert!(!client.reply().closes());
    client.send(get("/2"));
    assert_eq!(client.reply().text(), "/2");
}

#[test]
fn unread_content_in_chunks_is_read_away() {
    let server = echo_path();
    let mut client = server.connect();
    client.send("POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(client.reply().text(), "/1");
    client.send("5\r\nhello\r\n");
    client.send("0\r\nX-Trailer: a\r\n\r\n");
    client.send(get("/2"));
    assert_eq!(client.reply().text(), "/2");
}

#[test]
fn a_refused_upload_gets_its_answer_and_no_reset() {
    let mut config = Config::default();
    config.limits.body_bytes_max = 1 << 30;
    let server = serve(config, |_, _| Response::plain(StatusCode::FORBIDDEN));
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
    // Less than the lingering takes.
    client.send(vec![b'x'; 200 * 1024]);
    let reply = client.reply();
    assert_eq!((reply.status, reply.closes()), (403, true));
    client.expect_end();
}

/// What comes after the last request, unread when the connection closes, would make
/// the close a reset.
#[test]
fn a_request_too_many_does_not_take_the_last_answer_away() {
    let inside = Arc::new(Barrier::new(2));
    let within = Arc::clone(&inside);
    let server = serve(Config::default(), move |_, _| {
        within.wait();
        within.wait();
        ok("the last").close()
    });
    let mut client = server.connect();
    client.send(get("/last"));
    inside.wait();
    client.send(get("/too/many"));
    inside.wait();
    let reply = client.reply();
    assert_eq!((reply.text(), reply.closes()), ("the last", true));
    client.expect_end();
}

/// Of content in chunks nobody knows beforehand that it will be too long to be read away.
#[test]
fn so_does_one_of_unknown_length() {
    let mut config = Config::default();
    config.limits.body_bytes_max = 1 << 30;
    let server = serve(config, |_, _| Response::plain(StatusCode::FORBIDDEN));
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    let reply = client.reply();
    assert_eq!((reply.status, reply.closes()), (403, false));
    // More than is read away, less than the lingering takes on top.
    for _ in 0..25 {
        client.send(format!("4000\r\n{}\r\n", "x".repeat(0x4000)));
    }
    client.expect_end();
}

#[test]
fn a_client_that_sends_all_before_it_reads_gets_a_large_answer() {
    let large: Arc<[u8]> = vec![b'x'; 32 << 20].into();
    let config = Config {
        unwanted_bytes_max: 64 << 20,
        ..Config::default()
    };
    let mut config = config;
    config.limits.body_bytes_max = 64 << 20;
    let server = serve(config, move |_, _| {
        Response::new(StatusCode::OK).body(Body::Shared(Arc::clone(&large)))
    });
    let mut client = server.connect();
    client.send(post("/", &"x".repeat(32 << 20)));
    assert_eq!(client.reply().body.len(), 32 << 20);
    client.send(get("/"));
    assert_eq!(client.reply().body.len(), 32 << 20);
}

/// Many clients send the whole of an upload before they look for an answer. A reset would take
/// the refusal away from them.
#[test]
fn a_refused_upload_can_be_sent_to_its_end() {
    let server = echo_path();
    for megabytes in [2, 8, 32] {
        let mut client = server.connect();
        client.send(post("/", &"x".repeat(megabytes << 20)));
        let reply = client.reply();
        assert_eq!((reply.status, reply.closes()), (413, true), "{megabytes}");
        client.expect_end();
    }
}

#[test]
fn a_fault_comes_after_the_good_answers_and_closes() {
    let server = echo_path();
    let mut client = server.connect();
    client.send(
        [
            &get("/1"),
            &get("/2"),
            "GET /3 HTTP/1.1\r\n\r\n",
            &get("/4"),
        ]
        .concat(),
    );
    assert_eq!(client.reply().text(), "/1");
    assert_eq!(client.reply().text(), "/2");
    let fault = client.reply();
    assert_eq!((fault.status, fault.closes()), (400, true));
    client.expect_end();
}

struct OwnFaults;

impl Handler for OwnFaults {
    fn request(&mut self, _: &RequestHead<'_>, _: &mut Context<'_>) -> Answer {
        ok("fine").into()
    }

    fn fault(&mut self, error: &Error) -> Response {
        Response::text(error.status(), "own words").field("X-Section", error.section())
    }
}

#[test]
fn a_handler_words_its_faults() {
    let server = serve_with(Config::default(), OwnFaults);
    let reply = server.ask("GET / HTTP/2.0\r\nHost: a\r\n\r\n");
    assert_eq!((reply.status, reply.text()), (505, "own words"));
    assert_eq!(reply.field("X-Section"), Some("RFC 9110 section 15.6.6"));
    assert!(reply.closes());
}

/// A fault in content that is only being read away: its answer has left already.
#[test]
fn no_second_answer_to_one_request() {
    let server = serve_with(Config::default(), OwnFaults);
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(client.reply().text(), "fine");
    client.send("no size\r\n");
    client.expect_end();
}

#[test]
fn a_response_that_cannot_be_sent_becomes_500() {
    let server = serve(Config::default(), |head, _| match head.target() {
        b"/split" => ok("").field("X-Bad", "a\r\nSet-Cookie: b"),
        b"/framing" => ok("").field("Content-Length", "5"),
        b"/content" => Response::new(StatusCode::NO_CONTENT).body("content"),
        b"/interim" => Response::new(StatusCode::CONTINUE),
        _ => ok("fine"),
    });
    let mut client = server.connect();
    for path in ["/split", "/framing", "/content", "/interim"] {
        client.send(get(path));
        let reply = client.reply();
        assert_eq!(
            (reply.status, reply.field("Set-Cookie")),
            (500, None),
            "{path}"
        );
    }
    client.send(get("/"));
    assert_eq!(client.reply().text(), "fine");
}

#[test]
fn a_client_that_has_finished_sending_is_answered() {
    let server = echo_path();
    let mut client = server.connect();
    client.send(get("/1"));
    client.finish();
    assert_eq!(client.reply().text(), "/1");
    client.expect_end();
}

#[test]
fn so_are_its_pipelined_requests() {
    let large = vec![b'x'; 8 << 20];
    let server = serve(Config::default(), move |head, context| {
        match head.target() {
            b"/large" => Answer::from(Response::new(StatusCode::OK).body(large.clone())),
            b"/later" => {
                let handle = context.handle();
                std::thread::spawn(move || handle.respond(ok("later")));
                Answer::Later
            }
            _ => ok(path(head)).into(),
        }
    });
    let mut client = server.connect();
    client.send([get("/1"), get("/large"), get("/later"), get("/4")].concat());
    client.finish();
    assert_eq!(client.reply().text(), "/1");
    assert_eq!(client.reply().body.len(), 8 << 20);
    assert_eq!(client.reply().text(), "later");
    assert_eq!(client.reply().text(), "/4");
    client.expect_end();
}

#[test]
fn an_incomplete_request_and_an_end_are_no_request() {
    let server = serve(Config::default(), |_, _| -> Response {
        panic!("not whole")
    });
    for part in ["", "G", "GET / HTTP/1.1\r\nHost: a\r\n"] {
        let mut client = server.connect();
        client.send(part);
        client.finish();
        client.expect_end();
    }
}

#[test]
fn requests_per_connection_are_limited() {
    let config = Config {
        requests_per_connection_max: Some(3),
        ..Config::default()
    };
    let server = serve(config, |head, _| ok(path(head)));
    let mut client = server.connect();
    client.send(["/1", "/2", "/3", "/4"].map(get).concat());
    assert!(!client.reply().closes());
    assert!(!client.reply().closes());
    assert!(client.reply().closes());
    client.expect_end();
}

#[test]
fn a_client_may_leave_in_the_middle() {
    let server = serve(Config::default(), |_, _| {
        Response::new(StatusCode::OK).body(vec![b'x'; 4 << 20])
    });
    for _ in 0..20 {
        let mut client = server.connect();
        client.send(get("/").repeat(3));
        client.read_some().unwrap();
    }
    assert_eq!(server.get("/").body.len(), 4 << 20);
}

#[test]
fn a_byte_out_of_band_stops_nothing() {
    let server = echo_path();
    let mut client = server.connect();
    socket2::SockRef::from(&client.stream)
        .send_out_of_band(b"!")
        .unwrap();
    client.send(get("/1"));
    assert_eq!(client.reply().text(), "/1");
}
