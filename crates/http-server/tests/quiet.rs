//! Who waits costs no time. One test: it looks at the whole process.
#![cfg(target_os = "linux")]

mod common;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use barewire_http_server::http1::StatusCode;
use barewire_http_server::{Answer, Body, Config, Flow, Produced, Receiver, Response, Source};
use common::{get, ok, path, post, serve};

struct Paused;

impl Receiver for Paused {
    fn data(&mut self, _: &[u8]) -> Flow {
        Flow::Pause(0)
    }

    fn end(self: Box<Self>) -> Answer {
        ok("").into()
    }
}

struct Pending;

impl Source for Pending {
    fn produce(&mut self, _: &mut Vec<u8>) -> Produced {
        Produced::Pending
    }
}

/// Clock ticks, of which a second has a hundred, that this process has run.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("procfs");
    let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    // proc(5): utime and stime are fields 14 and 15; the third is the first here.
    let number = |field: usize| fields[field - 3].parse::<u64>().expect("a number");
    number(14) + number(15)
}

#[test]
fn nothing_is_done_while_all_wait() {
    let (give, handles) = mpsc::channel();
    let mut config = Config {
        linger_timeout: common::GUARD,
        ..Config::default()
    };
    config.limits.body_bytes_max = 1 << 30;
    let server = serve(config, move |head, context| match head.target() {
        b"/later" => {
            give.send(context.handle()).expect("the test listens");
            Answer::Later
        }
        b"/after" => Answer::after(Duration::from_secs(3600), || ok("")),
        b"/paused" => Answer::Receive(Box::new(Paused)),
        b"/pending" => Response::new(StatusCode::OK)
            .body(Body::Stream(Box::new(Pending)))
            .into(),
        b"/large" => Response::new(StatusCode::OK)
            .body(vec![b'x'; 64 << 20])
            .into(),
        b"/refused" => Response::plain(StatusCode::FORBIDDEN).close().into(),
        _ => ok(path(head)).into(),
    });

    let mut clients = Vec::new();
    let more = "x".repeat(300_000);
    for path in ["/later", "/after", "/paused", "/pending", "/large"] {
        // Whole; with more behind it; and then finished, reset, or urgent as well.
        for end in ["", "more", "finished", "reset", "urgent"] {
            let mut client = server.connect_narrow();
            let mut request = post(path, "content");
            if !end.is_empty() {
                request += &get("/next").repeat(10);
            }
            client.send(&request);
            let socket = socket2::SockRef::from(&client.stream);
            match end {
                "finished" => client.finish(),
                "urgent" => _ = socket.send_out_of_band(b"!").unwrap(),
                "reset" => {
                    socket.set_linger(Some(Duration::ZERO)).unwrap();
                    continue;
                }
                _ => {}
            }
            clients.push(client);
        }
    }
    for part in ["", "\r\n", "GET /half", "POST / HTTP/1.1\r\nHost: a\r\n"] {
        let mut client = server.connect();
        client.send(part);
        clients.push(client);
    }
    let mut lingering = server.connect();
    lingering.send(format!(
        "POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n{}",
        &more[..1000]
    ));
    assert_eq!(lingering.reply().status, 403);
    clients.push(lingering);
    let mut discarding = server.connect();
    discarding.send("POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx");
    assert_eq!(discarding.reply().text(), "/now");
    clients.push(discarding);

    // By then everything above has been looked at, more than once.
    let mut honest = server.connect();
    for round in 0..20 {
        let path = format!("/{round}");
        honest.send(get(&path));
        assert_eq!(honest.reply().text(), path);
    }
    // What is measured is the time in which nothing happens.
    let before = ticks();
    thread::sleep(Duration::from_secs(2));
    let spent = ticks() - before;
    assert!(spent < 40, "{spent} of 200 ticks while all wait");
    honest.send(get("/after-all"));
    assert_eq!(honest.reply().text(), "/after-all");
    drop((clients, handles));
}
