//! A client that sends a line byte by byte has no more time for it than anyone else.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use barewire_reactor::script::Script;
use barewire_reactor::{Config, Key, Reactor, Ready};

use crate::line_server::{Limits, LineServer};
use crate::support::{PATIENCE, pair, until};

fn limits(line_time_max: Duration) -> Limits {
    Limits {
        line_time_max,
        ..Limits::default()
    }
}

/// Until what was sent has come; the clock of a script stands still meanwhile.
fn arrive(reactor: &Reactor, key: Key<TcpStream>) {
    let deadline = Instant::now() + PATIENCE;
    while reactor.get(key).expect("held").peek(&mut [0]).is_err() {
        assert!(Instant::now() < deadline, "nothing comes");
        std::thread::yield_now();
    }
}

#[test]
fn the_deadline_of_a_line_is_not_put_off_by_its_bytes() {
    const TICK: Duration = Duration::from_millis(100);
    let script = Script::new();
    let mut reactor = script.reactor(Config::default());
    let mut server = LineServer::new(&mut reactor, limits(10 * TICK)).unwrap();
    let mut join = || {
        let (near, far) = pair();
        let key = server.take_in(&mut reactor, near);
        script.set_ready(key, Ready::READABLE | Ready::WRITABLE);
        (key, far)
    };
    // One dawdles, one sends line after line, one takes most of the time allowed for each of its lines and begins
    // the next with the newline.
    let (dawdler, mut dawdler_far) = join();
    let (brisk, mut brisk_far) = join();
    let (slow, mut slow_far) = join();
    let mut reply = [0; 6];
    for tick in 0..=40 {
        script.advance(TICK);
        let dawdles = server.overdue.is_empty();
        if dawdles {
            dawdler_far.write_all(b"x").unwrap();
            arrive(&reactor, dawdler);
        }
        brisk_far.write_all(b"brisk\n").unwrap();
        arrive(&reactor, brisk);
        let piece: &[u8] = if tick % 9 == 8 { b"w\ns" } else { b"o" };
        slow_far.write_all(piece).unwrap();
        arrive(&reactor, slow);

        reactor.turn(Some(Duration::ZERO)).unwrap();
        while let Some(event) = reactor.next() {
            server.handle(&mut reactor, event);
        }
        brisk_far.read_exact(&mut reply).unwrap();
        assert_eq!(&reply, b"brisk\n");
        // Armed in the turn of the first byte, due ten ticks later.
        let overdue: &[_] = if tick < 10 { &[] } else { &[dawdler.raw()] };
        assert_eq!(server.overdue, overdue, "tick {tick}");
    }
    // Cut off with a byte unread, so perhaps by a reset.
    assert!(!matches!(dawdler_far.read(&mut reply), Ok(1..)));
    let mut lines = [0; 43];
    slow_far.read_exact(&mut lines).unwrap();
    assert_eq!(&lines, b"oooooooow\nsoooooooow\nsoooooooow\nsoooooooow\n");
    assert_eq!(server.client_count(), 2);
    assert_eq!(reactor.timer_count(), 1, "of the slow one's fifth line");
}

#[test]
fn a_dawdler_is_cut_off_in_real_time_while_an_honest_client_is_served() {
    const LINE_TIME: Duration = Duration::from_millis(200);
    let mut reactor = Reactor::new().unwrap();
    let mut server = LineServer::new(&mut reactor, limits(LINE_TIME)).unwrap();
    let address = server.address;
    let dawdler = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        let start = Instant::now();
        // The time-out is the pace of its bytes.
        stream
            .set_read_timeout(Some(Duration::from_millis(5)))
            .expect("a time-out");
        let mut sent = 0;
        while stream.write_all(b"x").is_ok() && start.elapsed() < PATIENCE {
            sent += 1;
            match stream.read(&mut [0]) {
                Ok(0) => break,
                Ok(_) => panic!("an answer to half a line"),
                Err(_) => {}
            }
        }
        (start.elapsed(), sent)
    });
    let honest = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let start = Instant::now();
        let mut reply = [0; 7];
        while start.elapsed() < 2 * LINE_TIME {
            stream.write_all(b"honest\n").expect("room");
            stream.read_exact(&mut reply).expect("a reply");
            assert_eq!(&reply, b"honest\n");
        }
    });
    let mut came = 0;
    until(&mut reactor, |reactor, event| {
        if let Some(event) = event {
            server.handle(reactor, event);
        }
        came = came.max(server.client_count());
        came == 2 && server.client_count() == 0
    });
    assert_eq!(server.overdue.len(), 1);
    let (time, sent) = dawdler.join().unwrap();
    assert!(time >= LINE_TIME && time < PATIENCE, "{time:?}");
    assert!(sent > 1, "the deadline came after {sent} bytes");
    honest.join().unwrap();
    assert_eq!(reactor.timer_count(), 0);
}
