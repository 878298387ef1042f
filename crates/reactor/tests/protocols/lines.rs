//! Clients of one line server know nothing of each other.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Instant;

use barewire_reactor::Reactor;

use crate::line_server::{Limits, LineServer, READ_BYTES, TOO_LONG};
use crate::support::{PATIENCE, until};

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream
}

/// Serves until `clients` has returned and everyone has gone.
#[track_caller]
fn serve(limits: Limits, clients: impl FnOnce(SocketAddr) + Send) -> LineServer {
    let mut reactor = Reactor::new().expect("a reactor");
    let mut server = LineServer::new(&mut reactor, limits).expect("a server");
    let address = server.address;
    std::thread::scope(|scope| {
        let clients = scope.spawn(move || clients(address));
        until(&mut reactor, |reactor, event| {
            if let Some(event) = event {
                server.handle(reactor, event);
            }
            clients.is_finished() && server.client_count() == 0
        });
    });
    assert_eq!((reactor.source_count(), reactor.timer_count()), (1, 0));
    server
}

#[test]
fn interleaved_clients_get_their_own_lines_back_and_no_others() {
    const CLIENTS: usize = 30;
    serve(Limits::default(), |address| {
        let mut clients: Vec<_> = (0..CLIENTS)
            .map(|_| BufReader::new(connect(address)))
            .collect();
        for round in 0..20 {
            let line = |n: usize| format!("client {n} round {round} {}\n", "=".repeat(n));
            // Everyone is in the middle of a line while everyone else is.
            for piece in 0..3 {
                for (n, client) in clients.iter_mut().enumerate() {
                    let line = line(n);
                    let (from, to) = (piece * line.len() / 3, (piece + 1) * line.len() / 3);
                    let bytes = &line.as_bytes()[from..to];
                    client.get_mut().write_all(bytes).expect("room");
                }
            }
            for (n, client) in clients.iter_mut().enumerate() {
                let mut reply = String::new();
                client.read_line(&mut reply).expect("a line");
                assert_eq!(reply, line(n));
            }
        }
        for client in &mut clients {
            client.get_mut().shutdown(Shutdown::Write).expect("an end");
            assert_eq!(client.read(&mut [0]).expect("an end"), 0);
        }
    });
}

#[test]
fn an_over_long_line_is_answered_once_and_skipped() {
    serve(Limits::default(), |address| {
        let mut client = connect(address);
        client.write_all(b"before\n").expect("room");
        // Longer than the server's buffer, so that it comes in pieces.
        client.write_all(&[b'x'; 10_000]).expect("room");
        client.write_all(b"\nafter\n").expect("room");
        client.write_all(&[b'y'; 100]).expect("room");
        client.write_all(b"\n").expect("room");
        client.write_all(&[b'z'; 101]).expect("room");
        client.shutdown(Shutdown::Write).expect("an end");
        let mut replies = String::new();
        client.read_to_string(&mut replies).expect("replies");
        let just_fits = "y".repeat(100);
        let expected = format!("before\n{TOO_LONG}after\n{just_fits}\n{TOO_LONG}");
        assert_eq!(replies, expected);
    });
}

#[test]
fn a_last_line_without_newline_is_answered_at_half_close() {
    serve(Limits::default(), |address| {
        for text in ["one\ntwo", "one\ntwo\n"] {
            let mut client = connect(address);
            client.write_all(text.as_bytes()).expect("room");
            client.shutdown(Shutdown::Write).expect("an end");
            let mut replies = String::new();
            client.read_to_string(&mut replies).expect("replies");
            assert_eq!(replies, "one\ntwo\n");
        }
    });
}

/// Sends lines for as long as the server has room, and reads none of the answers; whether it was cut off.
fn send_deaf(stream: &mut TcpStream, bytes_max: usize) -> bool {
    let lines = b"is anybody listening?\n".repeat(100);
    let mut sent = 0;
    while sent < bytes_max {
        match stream.write(&lines[sent % 22..]) {
            Ok(n) => sent += n,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(_) => return true,
        }
    }
    false
}

/// Asks and waits for the answer, so often.
fn converse(stream: &mut TcpStream, rounds: usize) {
    let mut reply = [0; 6];
    for _ in 0..rounds {
        stream.write_all(b"hello\n").expect("room");
        stream.read_exact(&mut reply).expect("a reply");
        assert_eq!(&reply, b"hello\n");
    }
}

#[test]
fn a_client_that_reads_nothing_delays_nobody_and_goes_at_its_limit() {
    let limits = Limits::default();
    let unsent_bytes_max = limits.unsent_bytes_max;
    let server = serve(limits, |address| {
        let mut deaf = connect(address);
        socket2::SockRef::from(&deaf)
            .set_recv_buffer_size(8 * 1024)
            .expect("a small buffer");
        deaf.set_nonblocking(true).expect("non-blocking");
        let mut honest = connect(address);
        converse(&mut honest, 10);
        // A little unanswered, then without end.
        assert!(!send_deaf(&mut deaf, 32 * 1024));
        converse(&mut honest, 100);
        let deadline = Instant::now() + PATIENCE;
        while !send_deaf(&mut deaf, 1 << 20) {
            assert!(Instant::now() < deadline, "it is never cut off");
            converse(&mut honest, 10);
        }
        converse(&mut honest, 100);
    });
    assert_eq!(server.deaf.len(), 1);
    let most = unsent_bytes_max + 2 * READ_BYTES;
    assert!((unsent_bytes_max..=most).contains(&server.unsent_bytes_seen));
}
