//! Request bodies: receivers, back-pressure, early answers, 100-continue.

mod common;

use std::io::Write as _;
use std::sync::mpsc::{self, Receiver as Inbox, Sender};
use std::thread;
use std::time::Duration;

use barewire_http_server::http1::{Fields, StatusCode};
use barewire_http_server::{Answer, Config, Flow, Handle, Receiver, Response};
use common::{Running, get, is_timeout, ok, post, serve};

/// Answers with what came: content, trailers.
#[derive(Default)]
struct Echo {
    content: Vec<u8>,
    trailers: String,
}

impl Receiver for Echo {
    fn data(&mut self, data: &[u8]) -> Flow {
        assert!(!data.is_empty());
        self.content.extend_from_slice(data);
        Flow::Continue
    }

    fn trailers(&mut self, fields: Fields<'_>) {
        for (name, value) in fields.iter() {
            let (name, value) = (
                String::from_utf8_lossy(name),
                String::from_utf8_lossy(value),
            );
            self.trailers += &format!("{name}={value};");
        }
    }

    fn end(self: Box<Self>) -> Answer {
        Response::new(StatusCode::OK)
            .field("X-Trailers", &self.trailers)
            .body(self.content)
            .into()
    }
}

fn echo() -> Running {
    serve(Config::default(), |_, _| {
        Answer::Receive(Box::new(Echo::default()))
    })
}

#[test]
fn content_of_a_known_length() {
    assert_eq!(echo().ask(&post("/", "hello")).text(), "hello");
}

#[test]
fn no_content() {
    assert_eq!(echo().get("/").text(), "");
}

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
    5\r\nhello\r\n7;ext=1\r\n, world\r\n0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n";

#[test]
fn chunks_and_trailers() {
    let reply = echo().ask(CHUNKED);
    assert_eq!(reply.text(), "hello, world");
    assert_eq!(reply.field("X-Trailers"), Some("X-One=1;X-Two=2;"));
}

#[test]
fn chunks_byte_by_byte() {
    let server = echo();
    let mut client = server.connect();
    for byte in CHUNKED.bytes() {
        client.send([byte]);
    }
    assert_eq!(client.reply().text(), "hello, world");
}

#[test]
fn a_chunk_size_that_comes_alone_is_no_content() {
    let server = echo();
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for piece in [
        "0000000005\r\n",
        "hello\r\n",
        "0000000002\r\n",
        "!!\r\n",
        "0\r\n\r\n",
    ] {
        client.send(piece);
        // Another request answered: this piece has been read by itself.
        assert_eq!(server.ask(&post("/", "other")).text(), "other");
    }
    assert_eq!(client.reply().text(), "hello!!");
}

#[test]
fn content_that_breaks_a_rule_is_refused() {
    let reply = echo().ask(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nno size\r\n",
    );
    assert_eq!((reply.status, reply.closes()), (400, true));
}

#[test]
fn content_above_the_limit_is_refused() {
    let mut config = Config::default();
    config.limits.body_bytes_max = 10;
    let server = serve(config, |_, _| Answer::Receive(Box::new(Echo::default())));
    assert_eq!(server.ask(&post("/", "12345678901")).status, 413);
    assert_eq!(server.ask(&post("/", "1234567890")).text(), "1234567890");
}

#[test]
fn continue_is_said_to_who_waits() {
    let server = echo();
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    assert_eq!(client.reply().status, 100);
    client.send("hello");
    let reply = client.reply();
    assert_eq!((reply.text(), reply.closes()), ("hello", false));
}

#[test]
fn a_refused_expectation_reads_nothing_and_closes() {
    let server = serve(Config::default(), |_, _| {
        Response::plain(StatusCode::FORBIDDEN)
    });
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    let reply = client.reply();
    assert_eq!((reply.status, reply.closes()), (403, true));
    client.expect_end();
}

/// Answers at its first content.
struct Early;

impl Receiver for Early {
    fn data(&mut self, data: &[u8]) -> Flow {
        match data.first() {
            Some(b'!') => Flow::Respond(Response::plain(StatusCode::FORBIDDEN)),
            _ => Flow::Continue,
        }
    }

    fn end(self: Box<Self>) -> Answer {
        ok("all of it").into()
    }
}

#[test]
fn an_early_answer_keeps_the_connection_where_the_rest_is_short() {
    let server = serve(Config::default(), |_, _| Answer::Receive(Box::new(Early)));
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n!");
    assert_eq!(client.reply().status, 403);
    client.send("123456789");
    client.send(post("/", "fine"));
    assert_eq!(client.reply().text(), "all of it");
}

#[test]
fn an_early_answer_closes_where_the_rest_is_long() {
    let mut config = Config::default();
    config.limits.body_bytes_max = 1 << 30;
    let server = serve(config, |_, _| Answer::Receive(Box::new(Early)));
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n!");
    client.send(vec![b'x'; 200 * 1024]);
    assert_eq!(client.reply().status, 403);
    client.expect_end();
}

/// Takes `step` bytes at a time, each after somebody resumed it.
struct Stepping {
    step: usize,
    taken: usize,
    fresh: bool,
    paused: Sender<usize>,
    _handle: Handle,
}

impl Receiver for Stepping {
    fn data(&mut self, data: &[u8]) -> Flow {
        self.fresh = !self.fresh;
        let taken = if self.fresh {
            0
        } else {
            self.step.min(data.len())
        };
        self.taken += taken;
        self.paused.send(self.taken).expect("the test listens");
        Flow::Pause(taken)
    }

    fn end(self: Box<Self>) -> Answer {
        ok(self.taken.to_string()).into()
    }
}

struct Stepped {
    server: Running,
    handles: Inbox<Handle>,
    pauses: Inbox<usize>,
}

fn stepping(config: Config, step: usize) -> Stepped {
    let (give, handles) = mpsc::channel();
    let (paused, pauses) = mpsc::channel();
    let server = serve(config, move |_, context| {
        give.send(context.handle()).expect("the test listens");
        Answer::Receive(Box::new(Stepping {
            step,
            taken: 0,
            fresh: false,
            paused: paused.clone(),
            _handle: context.handle(),
        }))
    });
    Stepped {
        server,
        handles,
        pauses,
    }
}

#[test]
fn a_paused_receiver_goes_on_when_resumed_from_another_thread() {
    let Stepped {
        server,
        handles,
        pauses,
    } = stepping(Config::default(), 7);
    let mut client = server.connect();
    let content = "x".repeat(1000);
    client.send(post("/", &content) + &post("/", &content));
    let resuming = thread::spawn(move || {
        for handle in handles {
            let mut taken = 0;
            while taken < 1000 {
                taken = pauses.recv().expect("the receiver goes on");
                handle.resume();
            }
        }
    });
    assert_eq!(client.reply().text(), "1000");
    assert_eq!(client.reply().text(), "1000");
    drop((client, server));
    resuming.join().unwrap();
}

#[test]
fn resuming_puts_the_answer_deadline_off() {
    let config = Config {
        answer_timeout: Some(Duration::from_secs(1)),
        ..Config::default()
    };
    let Stepped {
        server,
        handles,
        pauses,
    } = stepping(config, 1);
    let mut client = server.connect();
    client.send(post("/", "12345"));
    let handle = handles.recv().unwrap();
    let mut taken = 0;
    while taken < 5 {
        taken = pauses.recv().unwrap();
        // Ten pauses take 1.5 s in all; none comes near the deadline by itself.
        thread::sleep(Duration::from_millis(150));
        handle.resume();
    }
    let reply = client.reply();
    assert_eq!((reply.status, reply.text()), (200, "5"));
}

#[test]
fn a_paused_receiver_stops_the_client() {
    let mut config = Config::default();
    config.limits.body_bytes_max = 1 << 30;
    let Stepped {
        server,
        handles,
        pauses,
    } = stepping(config, usize::MAX);
    let mut client = server.connect();
    let length = 256 << 20;
    client.send(format!(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\nx"
    ));
    assert_eq!(pauses.recv().unwrap(), 0);
    // Nobody reads: the system's buffers fill up, and then nothing more goes.
    client
        .stream
        .set_write_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let mut sent = 1;
    loop {
        match client.stream.write(&[b'x'; 64 * 1024]) {
            Ok(count) => sent += count,
            Err(error) => break assert!(is_timeout(&error), "{error}"),
        }
        assert!(sent < length, "somebody took all of it");
    }
    let handle = handles.recv().unwrap();
    let resuming = thread::spawn(move || {
        handle.resume();
        for _ in pauses {
            handle.resume();
        }
    });
    client
        .stream
        .set_write_timeout(Some(common::GUARD))
        .unwrap();
    client.send(vec![b'x'; length - sent]);
    assert_eq!(client.reply().text(), length.to_string());
    drop((client, server));
    resuming.join().unwrap();
}

/// Where the system tells of a reset that nobody waits for. Elsewhere a deadline ends it.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[test]
fn a_paused_receiver_whose_client_resets_is_dropped() {
    struct Told(Sender<()>);
    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    impl Receiver for Told {
        fn data(&mut self, _: &[u8]) -> Flow {
            Flow::Pause(0)
        }
        fn end(self: Box<Self>) -> Answer {
            panic!("not all has come")
        }
    }
    let (tell, told) = mpsc::channel();
    let server = serve(Config::default(), move |_, _| {
        Answer::Receive(Box::new(Told(tell.clone())))
    });
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12");
    let linger = socket2::SockRef::from(&client.stream).set_linger(Some(Duration::ZERO));
    linger.unwrap();
    drop(client);
    told.recv_timeout(common::GUARD)
        .expect("the receiver is dropped");
}

#[test]
fn a_client_that_ends_inside_its_content_is_cut() {
    let Stepped {
        server,
        handles,
        pauses,
    } = stepping(Config::default(), usize::MAX);
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12");
    client.finish();
    let handle = handles.recv().unwrap();
    pauses.recv().unwrap();
    handle.resume();
    pauses.recv().unwrap();
    handle.resume();
    client.expect_end();
}

#[test]
fn a_handle_answers_while_the_receiver_is_paused() {
    let Stepped {
        server,
        handles,
        pauses,
    } = stepping(Config::default(), usize::MAX);
    let mut client = server.connect();
    client.send(post("/", "no request\r\n\r\n") + &get("/"));
    pauses.recv().unwrap();
    handles.recv().unwrap().respond(ok("enough"));
    assert_eq!(client.reply().text(), "enough");
    // The content that was held back is not taken for a request.
    assert_eq!(client.reply().text(), "0");
}

/// Ends with an answer that comes later, or was given before.
struct Handing(Sender<()>);

impl Receiver for Handing {
    fn data(&mut self, _: &[u8]) -> Flow {
        self.0.send(()).expect("the test listens");
        Flow::Continue
    }

    fn end(self: Box<Self>) -> Answer {
        Answer::Later
    }
}

#[test]
fn a_handle_answers_before_the_content_has_ended() {
    let (give, handles) = mpsc::channel();
    let (came, content) = mpsc::channel();
    let server = serve(Config::default(), move |_, context| {
        give.send(context.handle()).expect("the test listens");
        Answer::Receive(Box::new(Handing(came.clone())))
    });
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n");
    content.recv().unwrap();
    handles.recv().unwrap().respond(ok("known already"));
    assert_eq!(client.reply().text(), "known already");
    client.send("0\r\n\r\n");
    client.send(post("/", "next"));
    content.recv().unwrap();
    handles.recv().unwrap().respond(ok("second"));
    assert_eq!(client.reply().text(), "second");
}

/// Asks for what cannot be had once the content has ended.
struct Again;

impl Receiver for Again {
    fn data(&mut self, _: &[u8]) -> Flow {
        Flow::Continue
    }

    fn end(self: Box<Self>) -> Answer {
        Answer::Receive(self)
    }
}

#[test]
fn content_cannot_be_received_twice() {
    let server = serve(Config::default(), |_, _| Answer::Receive(Box::new(Again)));
    assert_eq!(server.ask(&post("/", "hello")).status, 500);
    assert_eq!(server.get("/").status, 500);
}
