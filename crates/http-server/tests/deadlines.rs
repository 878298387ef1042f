//! Each wait has an end.

mod common;

use std::thread;
use std::time::{Duration, Instant};

use barewire_http_server::http1::StatusCode;
use barewire_http_server::{Answer, Config, Flow, Rate, Receiver, Response};
use common::{SHORT, get, ok, path, post, serve};

/// No deadline but those of the test.
fn patient() -> Config {
    Config {
        head_timeout: None,
        idle_timeout: None,
        body_rate: None,
        write_rate: None,
        answer_timeout: None,
        ..Config::default()
    }
}

const RATE: Rate = Rate {
    bytes_min: 1000,
    window: SHORT,
};

struct Sink;

impl Receiver for Sink {
    fn data(&mut self, _: &[u8]) -> Flow {
        Flow::Continue
    }

    fn end(self: Box<Self>) -> Answer {
        ok("taken").into()
    }
}

#[test]
fn half_a_head_is_a_408() {
    let config = Config {
        head_timeout: Some(SHORT),
        ..patient()
    };
    let server = serve(config, |head, _| ok(path(head)));
    let mut client = server.connect();
    let begun = Instant::now();
    client.send("GET / HTTP/1.1\r\nHost:");
    let reply = client.reply();
    assert_eq!((reply.status, reply.closes()), (408, true));
    assert!(begun.elapsed() >= SHORT);
    client.expect_end();
}

#[test]
fn so_it_is_behind_a_whole_request() {
    let config = Config {
        head_timeout: Some(SHORT),
        ..patient()
    };
    let server = serve(config, |head, _| ok(path(head)));
    let mut client = server.connect();
    client.send(get("/1") + "GET /2");
    assert_eq!(client.reply().text(), "/1");
    assert_eq!(client.reply().status, 408);
    client.expect_end();
}

#[test]
fn a_trickle_does_not_extend_it() {
    let config = Config {
        head_timeout: Some(SHORT),
        ..patient()
    };
    let server = serve(config, |_, _| -> Response { panic!("never whole") });
    let mut client = server.connect();
    let mut sender = client.stream.try_clone().unwrap();
    let trickle = thread::spawn(move || {
        use std::io::Write as _;
        let begun = Instant::now();
        while begun.elapsed() < common::GUARD {
            if sender.write_all(b"x").is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("taken byte by byte for ever");
    });
    // The method is longer than a method may be only after 64 bytes, that is 1.3 s.
    assert_eq!(client.reply().status, 408);
    drop(client);
    drop(server);
    trickle.join().unwrap();
}

#[test]
fn empty_lines_do_not_extend_it() {
    let config = Config {
        head_timeout: Some(SHORT),
        ..patient()
    };
    let server = serve(config, |_, _| -> Response { panic!("no request") });
    let mut client = server.connect();
    client.send("\r\n");
    client.expect_end();
}

#[test]
fn a_silent_connection_is_closed() {
    let config = Config {
        head_timeout: Some(SHORT),
        ..patient()
    };
    let server = serve(config, |_, _| -> Response { panic!("no request") });
    server.connect().expect_end();
}

#[test]
fn an_idle_connection_is_closed() {
    let config = Config {
        idle_timeout: Some(SHORT),
        ..patient()
    };
    let server = serve(config, |head, _| ok(path(head)));
    let mut client = server.connect();
    for path in ["/1", "/2"] {
        client.send(get(path));
        assert_eq!(client.reply().text(), path);
    }
    client.expect_end();
}

#[test]
fn a_stalled_body_is_a_408() {
    let config = Config {
        body_rate: Some(RATE),
        ..patient()
    };
    let server = serve(config, |_, _| Answer::Receive(Box::new(Sink)));
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\nsome");
    let reply = client.reply();
    assert_eq!((reply.status, reply.closes()), (408, true));
    client.expect_end();
}

#[test]
fn a_body_above_the_rate_may_take_many_windows() {
    let config = Config {
        body_rate: Some(Rate {
            bytes_min: 1000,
            window: Duration::from_secs(1),
        }),
        ..patient()
    };
    let server = serve(config, |_, _| Answer::Receive(Box::new(Sink)));
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n");
    for _ in 0..20 {
        // 6,000 bytes in a window of one second; a stall of this test of 0.8 s is borne.
        thread::sleep(Duration::from_millis(160));
        client.send([b'x'; 1000]);
    }
    assert_eq!(client.reply().text(), "taken");
}

#[test]
fn content_that_is_read_away_has_a_rate_too() {
    let config = Config {
        body_rate: Some(RATE),
        ..patient()
    };
    let server = serve(config, |head, _| ok(path(head)));
    let mut client = server.connect();
    client.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\nsome");
    assert_eq!(client.reply().text(), "/1");
    client.expect_end();
}

#[test]
fn an_answer_nobody_takes_is_cut() {
    let config = Config {
        write_rate: Some(RATE),
        ..patient()
    };
    let server = serve(config, |_, _| {
        Response::new(StatusCode::OK).body(vec![b'x'; 64 << 20])
    });
    let mut client = server.connect_narrow();
    client.send(get("/"));
    client.read_some().unwrap();
    // Two windows without a byte taken, and room for a slow machine.
    let mut other = server.connect_narrow();
    other.send(get("/"));
    other.read_some().unwrap();
    thread::sleep(10 * SHORT);
    assert!(!client.reply().whole);
    assert!(!other.reply().whole);
}

#[test]
fn a_slow_reader_above_the_rate_gets_all() {
    let config = Config {
        write_rate: Some(Rate {
            bytes_min: 1000,
            window: Duration::from_secs(1),
        }),
        ..patient()
    };
    let server = serve(config, |_, _| {
        Response::new(StatusCode::OK).body(vec![b'x'; 24 << 20])
    });
    let mut client = server.connect();
    client.send(get("/"));
    for step in 1..=20 {
        // The system tells of room in its buffer only when a third of it has become free.
        while client.unread().len() < step << 20 {
            assert!(client.read_some().unwrap() > 0, "cut at step {step}");
        }
        thread::sleep(Duration::from_millis(100));
    }
    let reply = client.reply();
    assert!(reply.whole && reply.body.len() == 24 << 20);
}

#[test]
fn a_lingering_connection_ends_though_the_client_goes_on() {
    let mut config = Config {
        linger_timeout: SHORT,
        linger_bytes_max: 1 << 40,
        ..patient()
    };
    config.limits.body_bytes_max = 1 << 40;
    let server = serve(config, |_, _| {
        Response::plain(StatusCode::FORBIDDEN).close()
    });
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
    assert_eq!(client.reply().status, 403);
    let begun = Instant::now();
    while client.try_send([b'x'; 1000]).is_ok() {
        assert!(begun.elapsed() < common::GUARD, "lingers for ever");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_lingering_connection_reads_only_so_much() {
    let config = Config {
        linger_timeout: common::GUARD,
        linger_bytes_max: 100_000,
        ..patient()
    };
    let server = serve(config, |_, _| {
        Response::plain(StatusCode::FORBIDDEN).close()
    });
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    assert_eq!(client.reply().status, 403);
    let mut sent = 0_u64;
    while client.try_send([b'x'; 10_000]).is_ok() {
        sent += 10_000;
        assert!(sent < 1 << 30, "all of it is read");
    }
}

#[test]
fn a_body_that_is_waited_for_by_a_paused_handler_costs_no_rate() {
    struct Late(barewire_http_server::Handle, bool);
    impl Receiver for Late {
        fn data(&mut self, data: &[u8]) -> Flow {
            if self.1 {
                return Flow::Continue;
            }
            self.1 = true;
            let handle = self.0.clone();
            thread::spawn(move || {
                // Longer than the window in which the client would have had to send.
                thread::sleep(3 * SHORT);
                handle.resume();
            });
            Flow::Pause(data.len())
        }
        fn end(self: Box<Self>) -> Answer {
            ok("taken").into()
        }
    }
    let config = Config {
        body_rate: Some(RATE),
        ..patient()
    };
    let server = serve(config, |_, context| {
        Answer::Receive(Box::new(Late(context.handle(), false)))
    });
    assert_eq!(server.ask(&post("/", &"x".repeat(100))).text(), "taken");
}
