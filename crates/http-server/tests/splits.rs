//! However a stream of requests is cut, the answers are the same bytes.

mod common;

use std::net::Shutdown;
use std::sync::OnceLock;

use barewire_http_server::http1::{Fields, StatusCode};
use barewire_http_server::{Answer, Body, Config, Flow, Produced, Receiver, Response, Source};
use common::{Running, get, ok, path, post, serve, without_dates};
use proptest::prelude::*;

/// Counts and sums its content, and answers early at a `!`.
#[derive(Default)]
struct Sum {
    bytes: u64,
    sum: u64,
    trailers: usize,
}

impl Receiver for Sum {
    fn data(&mut self, data: &[u8]) -> Flow {
        assert!(!data.is_empty());
        for byte in data {
            self.bytes += 1;
            self.sum = self.sum * 31 % 1_000_003 + u64::from(*byte);
            if *byte == b'!' {
                return Flow::Respond(ok(format!("early at {}", self.bytes)));
            }
        }
        Flow::Continue
    }

    fn trailers(&mut self, fields: Fields<'_>) {
        self.trailers += fields.len();
    }

    fn end(self: Box<Self>) -> Answer {
        ok(format!("{} {} {}", self.bytes, self.sum, self.trailers)).into()
    }
}

/// Pauses at every byte, and is resumed at once.
struct Hesitant(barewire_http_server::Handle, Sum);

impl Receiver for Hesitant {
    fn data(&mut self, data: &[u8]) -> Flow {
        self.0.resume();
        match self.1.data(&data[..1]) {
            Flow::Respond(response) => Flow::Respond(response),
            _ => Flow::Pause(1),
        }
    }

    fn end(self: Box<Self>) -> Answer {
        Box::new(self.1).end()
    }
}

/// Has nothing at first whenever it is asked, and is resumed at once.
struct Halting(barewire_http_server::Handle, u8);

impl Source for Halting {
    fn produce(&mut self, out: &mut Vec<u8>) -> Produced {
        self.1 += 1;
        if self.1 % 2 == 1 {
            self.0.resume();
            return Produced::Pending;
        }
        out.extend_from_slice(b"late");
        match self.1 {
            6 => Produced::End,
            _ => Produced::More,
        }
    }
}

struct Three(u8);

impl Source for Three {
    fn produce(&mut self, out: &mut Vec<u8>) -> Produced {
        self.0 += 1;
        out.extend_from_slice(b"piece");
        match self.0 {
            3 => Produced::End,
            _ => Produced::More,
        }
    }
}

fn server() -> &'static Running {
    static SERVER: OnceLock<Running> = OnceLock::new();
    SERVER.get_or_init(|| {
        serve(Config::default(), |head, context| match &*path(head) {
            "/sum" => Answer::Receive(Box::<Sum>::default()),
            "/hesitant" => Answer::Receive(Box::new(Hesitant(context.handle(), Sum::default()))),
            "/stream" => Response::new(StatusCode::OK)
                .body(Body::Stream(Box::new(Three(0))))
                .into(),
            "/halting" => Response::new(StatusCode::OK)
                .body(Body::Stream(Box::new(Halting(context.handle(), 0))))
                .into(),
            "/large" => Response::new(StatusCode::OK)
                .body(vec![b'x'; 300_000])
                .into(),
            "/later" => {
                let handle = context.handle();
                std::thread::spawn(move || handle.respond(ok("later")));
                Answer::Later
            }
            other => ok(other).into(),
        })
    })
}

fn chunked(path: &str, body: &str, size: usize, trailer: bool) -> String {
    let mut text = format!("POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for chunk in body.as_bytes().chunks(size) {
        let chunk = std::str::from_utf8(chunk).expect("ASCII");
        // Sizes with many zeros take another way through the decoder.
        text += &format!(
            "{:0width$x}\r\n{chunk}\r\n",
            chunk.len(),
            width = 1 + size % 12
        );
    }
    text + "0\r\n" + if trailer { "X-A: b\r\n" } else { "" } + "\r\n"
}

fn request() -> impl Strategy<Value = String> {
    let target = prop::sample::select(vec![
        "/sum",
        "/hesitant",
        "/stream",
        "/halting",
        "/later",
        "/other",
    ]);
    let body = "[a-z!]{0,60}";
    prop_oneof![
        target.clone().prop_map(get),
        Just(get("/large")),
        Just("HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()),
        Just("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".to_owned()),
        Just("GET /bad\r\n\r\n".to_owned()),
        (target.clone(), body).prop_map(|(path, body)| post(path, &body)),
        (target, body, 1_usize..20, any::<bool>())
            .prop_map(|(path, body, size, trailer)| chunked(path, &body, size, trailer)),
    ]
}

/// Sends the pieces, finishes, and reads everything that comes.
fn answers(pieces: &[&[u8]]) -> String {
    let mut client = server().connect();
    let mut sender = client.stream.try_clone().expect("a second handle");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            use std::io::Write as _;
            for piece in pieces {
                // After a fault the server need not take everything.
                if sender.write_all(piece).is_err() {
                    return;
                }
                std::thread::yield_now();
            }
            let _ = sender.shutdown(Shutdown::Write);
        });
        // Short enough to be looked at when it is wrong.
        without_dates(&client.read_to_end()).replace(&"x".repeat(1000), "X")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same_bytes(
        requests in prop::collection::vec(request(), 1..8),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let stream = requests.concat().into_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|ends| &stream[ends[0]..ends[1]]).collect();
        let (whole, split) = (answers(&[&stream]), answers(&pieces));
        prop_assert!(whole.starts_with("HTTP/1.1 "));
        prop_assert_eq!(whole, split);
    }
}

#[test]
fn so_does_every_byte_alone() {
    let stream = [
        &*chunked("/sum", "hello, world", 10, true),
        &*chunked("/hesitant", "hello, world", 11, false),
        &*get("/large"),
        &*post("/hesitant", "abc!def"),
        &*get("/stream"),
        &*get("/halting"),
        &*get("/later"),
        "GET /bad\r\n\r\n",
    ]
    .concat()
    .into_bytes();
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(answers(&[&stream]), answers(&bytes));
}
