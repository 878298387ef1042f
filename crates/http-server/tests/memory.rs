//! Clients that take nothing cost no memory. One test: it looks at the whole process.
#![cfg(target_os = "linux")]

mod common;

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use barewire_http_server::http1::StatusCode;
use barewire_http_server::{
    Answer, Body, Config, FileRange, Flow, Produced, Receiver, Response, Source,
};
use common::{get, is_timeout, ok, path, resident_bytes, serve};

const GIB: u64 = 1 << 30;

/// Far above what the allocator keeps back, far below what is refused to be taken.
const SLACK: u64 = 48 << 20;

struct Endless;

impl Source for Endless {
    fn produce(&mut self, out: &mut Vec<u8>) -> Produced {
        out.resize(64 * 1024, b'x');
        Produced::More
    }
}

struct Never;

impl Receiver for Never {
    fn data(&mut self, _: &[u8]) -> Flow {
        Flow::Pause(0)
    }

    fn end(self: Box<Self>) -> Answer {
        ok("").into()
    }
}

#[test]
fn who_takes_nothing_costs_nothing() {
    let sparse = tempfile::tempfile().unwrap();
    sparse.set_len(GIB).unwrap();
    let file: Arc<File> = Arc::new(sparse);
    let mut config = Config::default();
    config.limits.body_bytes_max = GIB;
    let server = serve(config, move |head, _| match head.target() {
        b"/file" => Response::new(StatusCode::OK)
            .body(Body::File(FileRange {
                file: Arc::clone(&file),
                start: 0,
                len: GIB,
            }))
            .into(),
        b"/endless" => Response::new(StatusCode::OK)
            .body(Body::Stream(Box::new(Endless)))
            .into(),
        b"/never" => Answer::Receive(Box::new(Never)),
        b"/small" => Response::new(StatusCode::OK)
            .body(vec![b'x'; 10_000])
            .into(),
        _ => ok(path(head)).into(),
    });
    assert_eq!(server.get("/warm").text(), "/warm");
    let before = resident_bytes();

    // Twenty of each: downloads not read, sources not read, uploads not taken, floods of
    // requests whose answers are not read.
    let mut clients = Vec::new();
    for path in ["/file", "/endless", "/small", "/never"] {
        for _ in 0..20 {
            let mut client = server.connect_narrow();
            client.stream.set_nonblocking(true).unwrap();
            let request = match path {
                "/small" => get(path).repeat(4000),
                "/never" => format!(
                    "POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: {GIB}\r\n\r\n{}",
                    "x".repeat(200_000)
                ),
                _ => get(path),
            };
            let mut rest = request.as_bytes();
            while !rest.is_empty() {
                match client.stream.write(rest) {
                    Ok(count) => rest = &rest[count..],
                    Err(error) => {
                        assert!(is_timeout(&error), "{error}");
                        break;
                    }
                }
            }
            clients.push(client);
        }
    }
    // Others are served meanwhile, often enough for every buffer to have filled up.
    let mut honest = server.connect();
    for round in 0..1000 {
        let path = format!("/{round}");
        honest.send(get(&path));
        assert_eq!(honest.reply().text(), path);
    }
    let grown = resident_bytes().saturating_sub(before);
    assert!(
        grown < SLACK,
        "{} clients cost {grown} bytes",
        clients.len()
    );
}
