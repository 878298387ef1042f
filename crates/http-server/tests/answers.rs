//! Answers that take their time: handles, timers, sources; and sockets handed over.

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc::{self, Receiver as Inbox};
use std::thread;
use std::time::{Duration, Instant};

use barewire_http_server::http1::{ResponseHeadBuf, StatusCode};
use barewire_http_server::{
    Answer, Body, Config, Context, Flow, Handle, Produced, Receiver, Response, Source, Switch,
};
use common::{Reply, Running, SHORT, get, ok, path, post, serve};

/// A server that gives the handle of every request to the test.
fn later(config: Config) -> (Running, Inbox<Handle>) {
    let (give, handles) = mpsc::channel();
    let server = serve(config, move |_, context| {
        give.send(context.handle()).expect("the test listens");
        Answer::Later
    });
    (server, handles)
}

#[test]
fn another_thread_answers() {
    let (server, handles) = later(Config::default());
    let mut client = server.connect();
    client.send(get("/1") + &get("/2"));
    for text in ["one", "two"] {
        let handle = handles.recv().unwrap();
        thread::spawn(move || handle.respond(ok(text)))
            .join()
            .unwrap();
        assert_eq!(client.reply().text(), text);
    }
}

#[test]
fn the_first_answer_counts() {
    let (server, handles) = later(Config::default());
    let mut client = server.connect();
    client.send(get("/1") + &get("/2"));
    let first = handles.recv().unwrap();
    first.respond(ok("first"));
    first.respond(ok("again"));
    first.clone().respond(ok("and again"));
    drop(first);
    assert_eq!(client.reply().text(), "first");
    handles.recv().unwrap().respond(ok("second"));
    assert_eq!(client.reply().text(), "second");
}

#[test]
fn a_dropped_handle_is_a_500() {
    let (server, handles) = later(Config::default());
    let mut client = server.connect();
    client.send(get("/"));
    drop(handles.recv().unwrap());
    let reply = client.reply();
    assert_eq!((reply.status, reply.closes()), (500, false));
}

#[test]
fn two_handles_of_a_request_are_one() {
    let (give, handles) = mpsc::channel();
    let server = serve(Config::default(), move |_, context| {
        drop(context.handle());
        give.send((context.handle(), context.handle()))
            .expect("the test listens");
        Answer::Later
    });
    let mut client = server.connect();
    client.send(get("/"));
    let (one, other) = handles.recv().unwrap();
    drop(one);
    // Letters are read in order: by the second answer, the first drop has been seen.
    let mut witness = server.connect();
    witness.send(get("/"));
    handles.recv().unwrap().0.respond(ok("witness"));
    assert_eq!(witness.reply().text(), "witness");
    other.respond(ok("alive"));
    assert_eq!(client.reply().text(), "alive");
}

#[test]
fn no_answer_in_time_is_a_503() {
    let (server, handles) = later(Config {
        answer_timeout: Some(SHORT),
        ..Config::default()
    });
    let mut client = server.connect();
    client.send(get("/"));
    let reply = client.reply();
    assert_eq!((reply.status, reply.closes()), (503, true));
    client.expect_end();
    // Too late now, for this connection and for whoever has its place.
    let late = handles.recv().unwrap();
    let mut next = server.connect();
    next.send(get("/"));
    let handle = handles.recv().unwrap();
    late.respond(ok("late"));
    late.resume();
    handle.respond(ok("right"));
    assert_eq!(next.reply().text(), "right");
}

#[test]
fn an_answer_for_a_client_that_left_is_no_harm() {
    let (server, handles) = later(Config::default());
    let mut client = server.connect();
    client.send(get("/"));
    let handle = handles.recv().unwrap();
    let linger = socket2::SockRef::from(&client.stream).set_linger(Some(Duration::ZERO));
    linger.unwrap();
    drop(client);
    let mut next = server.connect();
    next.send(get("/"));
    let right = handles.recv().unwrap();
    handle.respond(ok("nobody hears it"));
    drop(handle);
    right.respond(ok("right"));
    assert_eq!(next.reply().text(), "right");
}

#[test]
fn a_handle_may_outlive_its_server() {
    let (server, handles) = later(Config::default());
    let mut client = server.connect();
    client.send(get("/"));
    let handle = handles.recv().unwrap();
    drop(server);
    client.expect_gone();
    handle.respond(ok("to nobody"));
    handle.resume();
}

#[test]
fn a_timer_answers() {
    let server = serve(Config::default(), |_, context| {
        let asked = context.now();
        Answer::after(SHORT, move || {
            assert!(asked.elapsed() >= SHORT);
            ok("after a while")
        })
    });
    let mut client = server.connect();
    client.send(get("/") + &get("/"));
    let begun = Instant::now();
    assert_eq!(client.reply().text(), "after a while");
    assert_eq!(client.reply().text(), "after a while");
    assert!(begun.elapsed() >= SHORT);
}

/// The timer of the second answer must not be lost to the deadline of the first.
#[test]
fn a_timer_answers_behind_answers_that_the_socket_did_not_take() {
    let server = serve(Config::default(), |head, _| match head.target() {
        b"/after" => Answer::after(SHORT, || ok("after a while")),
        _ => Response::new(StatusCode::OK)
            .body(vec![b'x'; 16 * 1024])
            .into(),
    });
    // Up to 1,000 answers of 16 KiB fill every buffer on the way at least once.
    for count in [1, 40, 1000] {
        let mut client = server.connect_narrow();
        client.send(get("/").repeat(count) + &get("/after"));
        for _ in 0..count {
            assert_eq!(client.reply().body.len(), 16 * 1024);
        }
        assert_eq!(client.reply().text(), "after a while");
    }
}

#[test]
fn a_handle_may_be_quicker_than_the_timer() {
    let (give, handles) = mpsc::channel::<Handle>();
    let server = serve(Config::default(), move |_, context| {
        give.send(context.handle()).expect("the test listens");
        Answer::after(Duration::MAX, || ok("the end of time"))
    });
    let mut client = server.connect();
    client.send(get("/"));
    handles.recv().unwrap().respond(ok("in time"));
    assert_eq!(client.reply().text(), "in time");
}

/// Gives what a channel gives.
struct Channel(Inbox<Option<Vec<u8>>>);

impl Source for Channel {
    fn produce(&mut self, out: &mut Vec<u8>) -> Produced {
        match self.0.try_recv() {
            Ok(Some(bytes)) => {
                out.extend(bytes);
                Produced::More
            }
            Ok(None) => Produced::End,
            Err(mpsc::TryRecvError::Empty) => Produced::Pending,
            Err(mpsc::TryRecvError::Disconnected) => Produced::Failed,
        }
    }
}

struct Fed {
    handle: Handle,
    food: mpsc::Sender<Option<Vec<u8>>>,
}

impl Fed {
    fn give(&self, bytes: &[u8]) {
        self.food.send(Some(bytes.to_vec())).expect("it is alive");
        self.handle.resume();
    }

    fn end(self) {
        self.food.send(None).expect("it is alive");
        self.handle.resume();
    }

    fn fail(self) {
        drop(self.food);
        self.handle.resume();
    }
}

fn streaming(config: Config) -> (Running, Inbox<Fed>) {
    let (give, feeds) = mpsc::channel();
    let server = serve(config, move |_, context: &mut Context<'_>| {
        let (food, inbox) = mpsc::channel();
        let handle = context.handle();
        give.send(Fed { handle, food }).expect("the test listens");
        Response::new(StatusCode::OK).body(Body::Stream(Box::new(Channel(inbox))))
    });
    (server, feeds)
}

#[test]
fn a_source_is_sent_in_chunks() {
    let (server, feeds) = streaming(Config::default());
    let mut client = server.connect();
    for _ in 0..2 {
        client.send(get("/"));
        let fed = feeds.recv().unwrap();
        fed.give(b"one, ");
        fed.give(b"two");
        fed.end();
        let reply = client.reply();
        assert_eq!(reply.field("Transfer-Encoding"), Some("chunked"));
        assert_eq!(
            (reply.whole, reply.text(), reply.closes()),
            (true, "one, two", false)
        );
    }
}

#[test]
fn a_source_is_sent_as_it_comes() {
    let (server, feeds) = streaming(Config::default());
    let mut client = server.connect();
    client.send(get("/"));
    let fed = feeds.recv().unwrap();
    for text in ["first", "second"] {
        fed.give(text.as_bytes());
        while !String::from_utf8_lossy(client.unread()).contains(text) {
            client.read_some().expect("it is sent before there is more");
        }
    }
    fed.end();
    assert_eq!(client.reply().text(), "firstsecond");
}

#[test]
fn http10_gets_a_source_up_to_the_close() {
    let (server, feeds) = streaming(Config::default());
    let mut client = server.connect();
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let fed = feeds.recv().unwrap();
    fed.give(b"to the end");
    fed.end();
    let reply = client.reply();
    assert!(reply.closes() && reply.whole);
    assert_eq!(reply.text(), "to the end");
}

#[test]
fn a_failed_source_does_not_look_whole() {
    let (server, feeds) = streaming(Config::default());
    for request in [&*get("/"), "GET / HTTP/1.0\r\n\r\n"] {
        let mut client = server.connect();
        client.send(request);
        let fed = feeds.recv().unwrap();
        fed.give(b"half of");
        while !client.unread().ends_with(b"half of") && !client.unread().ends_with(b"half of\r\n") {
            client.read_some().unwrap();
        }
        fed.fail();
        let reply = client.reply();
        assert!(shows_the_cut(&reply) && reply.status == 200, "{request}");
    }
}

/// Wine's server may take the reset from the socket before the client reads: what is left is an end, and only a
/// reply in chunks still shows that it was cut.
fn shows_the_cut(reply: &Reply) -> bool {
    !reply.whole || cfg!(windows) && reply.field("Transfer-Encoding").is_none()
}

#[test]
fn a_drained_out_source_does_not_look_whole() {
    let (mut server, feeds) = streaming(Config {
        drain_timeout: Some(SHORT),
        ..Config::default()
    });
    let mut clients = [server.connect(), server.connect()];
    clients[0].send(get("/"));
    clients[1].send("GET / HTTP/1.0\r\n\r\n");
    let feeds = [feeds.recv().unwrap(), feeds.recv().unwrap()];
    server.controller.drain();
    server.returned().unwrap();
    for client in &mut clients {
        assert!(
            client
                .try_reply("GET")
                .is_none_or(|reply| shows_the_cut(&reply))
        );
    }
    drop(feeds);
}

#[test]
fn a_source_without_anybody_to_resume_it_is_cut() {
    let (server, feeds) = streaming(Config::default());
    let mut client = server.connect();
    client.send(get("/"));
    let Fed { handle, food } = feeds.recv().unwrap();
    drop(handle);
    assert!(!client.reply().whole);
    drop(food);
}

#[test]
fn a_live_source_may_take_longer_than_any_answer() {
    let (server, feeds) = streaming(Config {
        answer_timeout: Some(Duration::from_secs(1)),
        ..Config::default()
    });
    let mut client = server.connect();
    client.send(get("/"));
    let fed = feeds.recv().unwrap();
    // Ten times a tenth and a half of the deadline.
    for _ in 0..10 {
        thread::sleep(Duration::from_millis(150));
        fed.give(b".");
    }
    fed.end();
    let reply = client.reply();
    assert_eq!((reply.whole, reply.text()), (true, ".........."));
}

#[test]
fn a_silent_source_is_cut() {
    let (server, feeds) = streaming(Config {
        answer_timeout: Some(SHORT),
        ..Config::default()
    });
    let mut client = server.connect();
    client.send(get("/"));
    let fed = feeds.recv().unwrap();
    assert!(!client.reply().whole);
    drop(fed);
}

/// So many bytes in pieces, some of them empty.
struct Counted(usize);

impl Source for Counted {
    fn produce(&mut self, out: &mut Vec<u8>) -> Produced {
        if !self.0.is_multiple_of(3) {
            out.resize(self.0.min(30_000), b'x');
        }
        self.0 -= self.0.min(30_000);
        if self.0 == 0 {
            Produced::End
        } else {
            Produced::More
        }
    }
}

#[test]
fn a_large_source_is_sent_whole() {
    let server = serve(Config::default(), |_, _| {
        Response::new(StatusCode::OK).body(Body::Stream(Box::new(Counted(20_000_002))))
    });
    let mut client = server.connect_narrow();
    client.send(get("/") + &get("/"));
    let (first, second) = (client.reply(), client.reply());
    assert!(first.whole && first.body.len() > 10_000_000);
    assert_eq!(first.body.len(), second.body.len());
}

/// Says what it is given in upper case, until the end.
fn shout(mut stream: TcpStream, leftover: Vec<u8>) {
    thread::spawn(move || {
        stream.set_nonblocking(false).expect("an option");
        stream
            .write_all(&leftover.to_ascii_uppercase())
            .expect("it is read");
        let mut buffer = [0; 100];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            let shouted = buffer[..count].to_ascii_uppercase();
            stream.write_all(&shouted).expect("it is read");
        }
    });
}

#[test]
fn an_upgrade_hands_the_socket_over() {
    let server = serve(Config::default(), |_, _| {
        let head = ResponseHeadBuf::new(StatusCode::SWITCHING_PROTOCOLS);
        Answer::Switch(Switch::upgrade("shout/1", head, shout))
    });
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: shout/1\r\n\r\nleft");
    let reply = client.reply();
    assert_eq!(
        (reply.status, reply.field("Upgrade")),
        (101, Some("shout/1"))
    );
    client.send("over");
    client.finish();
    assert_eq!(client.read_to_end(), b"LEFTOVER");
}

#[test]
fn connect_hands_the_socket_over() {
    let server = serve(Config::default(), |_, _| {
        Answer::Switch(Switch::tunnel(ResponseHeadBuf::new(StatusCode::OK), shout))
    });
    let mut client = server.connect();
    client.send("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nleft");
    assert_eq!(client.reply_to("HEAD").status, 200);
    client.send("over");
    client.finish();
    assert_eq!(client.read_to_end(), b"LEFTOVER");
}

/// Takes the content, then switches.
struct ThenSwitch;

impl Receiver for ThenSwitch {
    fn data(&mut self, _: &[u8]) -> Flow {
        Flow::Continue
    }

    fn end(self: Box<Self>) -> Answer {
        let head = ResponseHeadBuf::new(StatusCode::SWITCHING_PROTOCOLS);
        Answer::Switch(Switch::upgrade("shout", head, shout))
    }
}

#[test]
fn an_upgrade_may_follow_content() {
    let server = serve(Config::default(), |_, _| {
        Answer::Receive(Box::new(ThenSwitch))
    });
    let mut client = server.connect();
    client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: shout\r\n\
         Content-Length: 4\r\n\r\nbodyleft",
    );
    assert_eq!(client.reply().status, 101);
    client.send("over");
    client.finish();
    assert_eq!(client.read_to_end(), b"LEFTOVER");
}

#[test]
fn a_switch_that_cannot_be() {
    let server = serve(Config::default(), |head, _| {
        let never = |_, _| panic!("nothing was switched");
        match &*path(head) {
            "/upgrade" => {
                let head = ResponseHeadBuf::new(StatusCode::SWITCHING_PROTOCOLS);
                Answer::Switch(Switch::upgrade("shout", head, never))
            }
            "/tunnel" => {
                Answer::Switch(Switch::tunnel(ResponseHeadBuf::new(StatusCode::OK), never))
            }
            _ => ok("fine").into(),
        }
    });
    let mut client = server.connect();
    // Nothing was offered; content where there may be none; no CONNECT, so an answer like any other.
    client.send(get("/upgrade"));
    assert_eq!(client.reply().status, 500);
    client.send(post("/upgrade", "content"));
    assert_eq!(client.reply().status, 501);
    client.send(get("/tunnel") + &get("/"));
    assert_eq!(client.reply().status, 200);
    assert_eq!(client.reply().text(), "fine");
}
