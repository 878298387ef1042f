//! How many, how they make room, and how a server ends.

mod common;

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::mpsc;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use barewire_http_server::http1::{RequestHead, StatusCode};
use barewire_http_server::{Answer, BindError, Body, Config, Context, Handle, Response, Server};
use common::{Running, SHORT, bind, get, ok, path, serve, start};

fn few(connections_max: usize) -> Config {
    Config {
        connections_max,
        ..Config::default()
    }
}

#[test]
fn an_idle_connection_makes_room() {
    let server = serve(few(2), |head, _| ok(path(head)));
    let mut spoke = server.connect();
    spoke.send(get("/1"));
    assert_eq!(spoke.reply().text(), "/1");
    let mut silent = server.connect();
    let mut new = server.connect();
    new.send(get("/new"));
    assert_eq!(new.reply().text(), "/new");
    // Of two that wait, the one that never asked for anything had to go.
    silent.expect_end();
    spoke.send(get("/2"));
    assert_eq!(spoke.reply().text(), "/2");
}

#[test]
fn where_none_is_idle_a_new_one_is_told_to_come_back() {
    let (give, handles) = mpsc::channel();
    let server = serve(few(1), move |_, context| {
        give.send(context.handle()).expect("the test listens");
        Answer::Later
    });
    let mut busy = server.connect();
    busy.send(get("/"));
    let handle = handles.recv().unwrap();
    let mut refused = server.connect();
    let reply = refused.reply();
    assert_eq!((reply.status, reply.closes()), (503, true));
    assert_eq!(reply.field("Retry-After"), Some("1"));
    refused.expect_end();
    handle.respond(ok("worked on"));
    assert_eq!(busy.reply().text(), "worked on");
    // Idle now, so it gives way.
    let mut next = server.connect();
    next.send(get("/"));
    handles.recv().unwrap().respond(ok("next"));
    assert_eq!(next.reply().text(), "next");
    busy.expect_end();
}

#[test]
fn connections_of_an_address_are_limited() {
    let config = Config {
        connections_per_address_max: Some(2),
        ..Config::default()
    };
    let server = serve(config, |head, _| ok(path(head)));
    let mut clients = [2, 2, 3, 3].map(|last| server.connect_from(last));
    for client in &mut clients {
        client.send(get("/"));
        assert_eq!(client.reply().status, 200);
    }
    assert_eq!(server.connect_from(2).reply().status, 503);
    let [one, ..] = clients;
    one.stream.shutdown(std::net::Shutdown::Both).unwrap();
    // As soon as the server has seen the end of it there is room again.
    for attempt in 0.. {
        let mut client = server.connect_from(2);
        let _ = client.try_send(get("/again"));
        if client
            .try_reply("GET")
            .is_some_and(|reply| reply.status == 200)
        {
            break;
        }
        assert!(attempt < 100_000, "no room ever again");
    }
}

#[test]
fn an_address_at_its_limit_pushes_nobody_out() {
    let config = Config {
        connections_per_address_max: Some(1),
        ..few(2)
    };
    let server = serve(config, |head, _| ok(path(head)));
    let mut honest = server.connect_from(2);
    honest.send(get("/1"));
    assert_eq!(honest.reply().status, 200);
    let mut greedy = server.connect_from(3);
    greedy.send(get("/1"));
    assert_eq!(greedy.reply().status, 200);
    for _ in 0..10 {
        assert_eq!(server.connect_from(3).reply().status, 503);
    }
    honest.send(get("/2"));
    assert_eq!(honest.reply().text(), "/2");
    greedy.send(get("/2"));
    assert_eq!(greedy.reply().text(), "/2");
}

/// A server of 64 MiB at every path but `/later`, whose handles it gives out.
fn downloads_and_later() -> (Running, mpsc::Receiver<Handle>) {
    let (give, handles) = mpsc::channel();
    let server = serve(Config::default(), move |head, context| {
        match head.target() {
            b"/later" => {
                give.send(context.handle()).expect("the test listens");
                Answer::Later
            }
            _ => Response::new(StatusCode::OK)
                .body(vec![b'x'; 64 << 20])
                .into(),
        }
    });
    (server, handles)
}

#[test]
fn a_drain_closes_idle_connections_and_returns() {
    let mut server = serve(Config::default(), |head, _| ok(path(head)));
    let mut idle = server.connect();
    idle.send(get("/"));
    assert_eq!(idle.reply().status, 200);
    let mut silent = server.connect();
    // It is accepted before this one, which is answered.
    assert_eq!(server.get("/").status, 200);
    server.controller.drain();
    server.returned().unwrap();
    idle.expect_end();
    silent.expect_end();
    assert!(TcpStream::connect(server.address).is_err());
}

#[test]
fn a_drain_lets_downloads_and_answers_finish() {
    let (mut server, handles) = downloads_and_later();
    let mut download = server.connect();
    download.send(get("/download"));
    download.read_some().unwrap();
    let mut half = server.connect();
    half.send("GET /download HTTP/1.1\r\n");
    let mut later = server.connect();
    later.send(get("/later") + &get("/never"));
    let handle = handles.recv().unwrap();
    server.controller.drain();
    // Nobody listens any more, although the server is still at work.
    while TcpStream::connect(server.address).is_ok() {}
    half.send("Host: a\r\n\r\n");
    let reply = half.reply();
    assert!(reply.closes() && reply.whole);
    half.expect_end();
    handle.respond(ok("in the end"));
    let reply = later.reply();
    assert_eq!((reply.text(), reply.closes()), ("in the end", true));
    later.expect_end();
    let reply = download.reply();
    assert!(reply.whole && reply.body.len() == 64 << 20);
    download.expect_end();
    drop((half, later, download));
    server.returned().unwrap();
}

/// A request on its way when the drain begins is answered, on an idle connection and
/// on one that waits to be accepted.
#[test]
fn a_drain_loses_no_request_that_has_come() {
    let inside = Arc::new(Barrier::new(2));
    let within = Arc::clone(&inside);
    let mut server = serve(Config::default(), move |head, _| {
        if head.target() == b"/hold" {
            within.wait();
            within.wait();
        }
        ok(path(head))
    });
    let mut idle = server.connect();
    idle.send(get("/"));
    assert_eq!(idle.reply().status, 200);
    let mut holding = server.connect();
    holding.send(get("/hold"));
    inside.wait();
    // The loop stands still; all this happens to it at once.
    idle.send(get("/idle"));
    let mut waiting = server.connect();
    waiting.send(get("/waiting"));
    server.controller.drain();
    inside.wait();
    for (client, path) in [(&mut idle, "/idle"), (&mut waiting, "/waiting")] {
        let reply = client.reply();
        assert_eq!((reply.text(), reply.closes()), (path, true));
        client.expect_end();
    }
    assert_eq!(holding.reply().text(), "/hold");
    server.returned().unwrap();
}

#[test]
fn a_drain_ends_a_connection_whose_last_answer_was_not_marked() {
    let mut server = serve(Config::default(), |_, _| {
        Response::new(StatusCode::OK).body(vec![b'x'; 16 * 1024])
    });
    // Answers are queued whole, so nothing but bytes is on the way when the drain begins.
    let mut client = server.connect_narrow();
    client.send(get("/").repeat(2000));
    client.read_some().unwrap();
    server.controller.drain();
    let mut last = None;
    while let Some(reply) = client.try_reply("GET") {
        assert!(reply.whole);
        last = Some(reply);
    }
    assert!(last.is_some());
    drop(client);
    server.returned().unwrap();
}

#[test]
fn a_drain_ends_the_reading_away_of_content() {
    let mut server = serve(Config::default(), |head, _| ok(path(head)));
    let mut client = server.connect();
    client.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\nsome");
    assert_eq!(client.reply().text(), "/1");
    server.controller.drain();
    client.expect_end();
    drop(client);
    server.returned().unwrap();
}

#[test]
fn a_drain_has_an_end() {
    let config = Config {
        drain_timeout: Some(SHORT),
        ..Config::default()
    };
    let mut server = serve(config, |_, _| {
        Response::new(StatusCode::OK).body(vec![b'x'; 64 << 20])
    });
    let mut client = server.connect_narrow();
    client.send(get("/"));
    client.read_some().unwrap();
    server.controller.drain();
    server.returned().unwrap();
    assert!(!client.reply().whole);
}

#[test]
fn a_drain_may_come_before_the_server_runs() {
    let server = bind(Config::default());
    server.controller().drain();
    start(server, |server| {
        server.run(|_: &RequestHead<'_>, _: &mut Context<'_>| ok(""))
    })
    .returned()
    .unwrap();
}

#[test]
fn a_stop_cuts_everything() {
    let (mut server, handles) = downloads_and_later();
    let mut download = server.connect_narrow();
    download.send(get("/download"));
    download.read_some().unwrap();
    let mut later = server.connect();
    later.send(get("/later"));
    let handle = handles.recv().unwrap();
    server.controller.stop();
    server.returned().unwrap();
    assert!(!download.reply().whole);
    later.expect_end();
    drop(handle);
}

#[test]
fn several_threads_serve_and_drain() {
    let server = bind(Config::default());
    let (tell, told) = mpsc::channel();
    let mut server = start(server, move |server| {
        server.run_threads(3, |index| {
            tell.send(index).expect("the test listens");
            move |_: &RequestHead<'_>, _: &mut Context<'_>| ok(index.to_string())
        })
    });
    let mut indices: Vec<usize> = told.iter().take(3).collect();
    indices.sort_unstable();
    assert_eq!(indices, [0, 1, 2]);
    let mut clients: Vec<_> = (0..60).map(|_| server.connect()).collect();
    for round in 0..3 {
        for client in &mut clients {
            client.send(get("/"));
        }
        for client in &mut clients {
            let reply = client.reply();
            assert!(reply.text().parse::<usize>().unwrap() < 3, "{round}");
        }
    }
    server.controller.drain();
    server.returned().unwrap();
    for client in &mut clients {
        client.expect_end();
    }
    assert!(TcpStream::connect(server.address).is_err());
}

#[test]
fn an_address_is_counted_over_all_threads() {
    let config = Config {
        connections_per_address_max: Some(5),
        ..Config::default()
    };
    let server = start(bind(config), |server| {
        server.run_threads(3, |_| |_: &RequestHead<'_>, _: &mut Context<'_>| ok(""))
    });
    let mut clients: Vec<_> = (0..20).map(|_| server.connect()).collect();
    let mut served = 0;
    for client in &mut clients {
        let _ = client.try_send(get("/"));
        // A refused connection may be reset by the request it has not read.
        served += usize::from(
            client
                .try_reply("GET")
                .is_some_and(|reply| reply.status == 200),
        );
    }
    assert_eq!(served, 5);
}

/// A server with a thread less than it was given should not look healthy.
#[test]
fn a_thread_that_panics_takes_the_server_along() {
    let server = bind(Config::default());
    let controller = server.controller();
    let address = server.local_addrs()[0];
    let thread = std::thread::spawn(move || {
        server.run_threads(2, |_| {
            |_: &RequestHead<'_>, _: &mut Context<'_>| -> Response { panic!("on purpose") }
        })
    });
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(get("/").as_bytes()).unwrap();
    assert!(thread.join().is_err());
    controller.stop();
}

#[test]
fn an_address_in_use_is_named() {
    let first = bind(Config::default());
    let address = first.local_addrs()[0];
    let BindError {
        address: named,
        error,
    } = Server::bind(&[address], Config::default()).expect_err("it is in use");
    assert_eq!(named, address);
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn several_addresses_are_served() {
    let any = [([127, 0, 0, 1], 0).into(), ([127, 0, 0, 2], 0).into()];
    let server = Server::bind(&any, Config::default()).unwrap();
    let addresses = server.local_addrs().to_vec();
    let server = start(server, |server| {
        server.run(|_: &RequestHead<'_>, context: &mut Context<'_>| {
            ok(context.peer().ip().to_string())
        })
    });
    for address in addresses {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        let answer = std::io::read_to_string(stream).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    drop(server);
}

#[test]
fn one_flood_and_one_download_starve_nobody() {
    let large: Arc<[u8]> = vec![b'x'; 1 << 20].into();
    let server = serve(Config::default(), move |head, _| match head.target() {
        b"/large" => Response::new(StatusCode::OK).body(Body::Shared(Arc::clone(&large))),
        _ => ok(path(head)),
    });
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let rogues: Vec<_> = ["/small", "/large"]
        .map(|path| {
            let (stop, mut client) = (Arc::clone(&stop), server.connect());
            let mut sender = client.stream.try_clone().unwrap();
            let batch = get(path).repeat(100);
            std::thread::spawn(move || {
                std::thread::spawn(move || while sender.write_all(batch.as_bytes()).is_ok() {});
                let mut taken = 0;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    taken += client.reply().body.len();
                }
                client.stream.shutdown(std::net::Shutdown::Both).unwrap();
                taken
            })
        })
        .into();
    let mut client = server.connect();
    for round in 0..200 {
        let path = format!("/{round}");
        client.send(get(&path));
        assert_eq!(client.reply().text(), path);
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for rogue in rogues {
        assert!(rogue.join().unwrap() > 0, "it was served, too");
    }
}

/// What a signal handler does.
#[cfg(unix)]
#[test]
fn a_byte_on_a_socket_drains_and_a_second_one_stops() {
    use std::os::unix::net::UnixStream;

    let (told, mut tell) = UnixStream::pair().unwrap();
    let mut server = bind(Config::default());
    server.end_on(told);
    let mut server = start(server, |server| {
        server.run_threads(2, |_| {
            |_: &RequestHead<'_>, _: &mut Context<'_>| {
                Response::new(StatusCode::OK).body(vec![b'x'; 64 << 20])
            }
        })
    });
    let mut idle = server.connect();
    let mut download = server.connect_narrow();
    download.send(get("/"));
    download.read_some().unwrap();
    tell.write_all(b"1").unwrap();
    idle.expect_end();
    // Still at work for the one that downloads, and for nobody else.
    while TcpStream::connect(server.address).is_ok() {}
    download.read_some().unwrap();
    tell.write_all(b"2").unwrap();
    server.returned().unwrap();
}

/// The other end may go away; the server serves on.
#[cfg(unix)]
#[test]
fn a_closed_ending_ends_nothing() {
    use std::os::unix::net::UnixStream;

    let (told, tell) = UnixStream::pair().unwrap();
    drop(tell);
    let mut server = bind(Config::default());
    server.end_on(told);
    let mut server = start(server, |server| {
        server.run(|head: &RequestHead<'_>, _: &mut Context<'_>| ok(path(head)))
    });
    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.get("/").status, 200);
    server.controller.drain();
    server.returned().unwrap();
}
