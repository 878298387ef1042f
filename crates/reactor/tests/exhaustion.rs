//! Running out of descriptors. A program of its own: the limit it sets would fail every other test.
#![cfg(unix)]

mod support;

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use barewire_reactor::{Event, Input, Interest, Output, Reactor};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::{PATIENCE, pair, until};

/// Leaves room for `spare` more descriptors.
fn leave_room(spare: u64) {
    // The lowest free number; all below it are taken.
    let free = File::open("/").expect("a descriptor").as_raw_fd();
    let limit = Rlimit {
        current: Some(free as u64 + spare),
        ..getrlimit(Resource::Nofile)
    };
    setrlimit(Resource::Nofile, limit).expect("a lower limit");
}

#[test]
fn a_full_server_rests_its_listener_and_serves_on() {
    const CLIENTS: usize = 60;
    let generous = getrlimit(Resource::Nofile);
    let mut reactor = Reactor::new().unwrap();
    let (near, mut old_friend) = pair();
    let friend = reactor.insert(near, Interest::READABLE).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let listener = reactor.insert(listener, Interest::READABLE).unwrap();
    let mut clients: Vec<_> = (0..CLIENTS)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    // One of these is the reserve, taken at the first accept.
    leave_room(5);

    let mut held = Vec::new();
    let mut pings = 0;
    old_friend.write_all(b"x").unwrap();
    let mut serve = |reactor: &mut Reactor, event: Event, held: &mut Vec<TcpStream>| match event {
        Event::Io { key, .. } if key == listener.raw() => {
            while let Some((stream, _)) = reactor
                .accept(listener)
                .expect("exhaustion is not an error")
            {
                held.push(stream);
            }
        }
        Event::Io { key, .. } if key == friend.raw() => {
            let mut buf = [0; 8];
            if let Input::Bytes(n) = reactor.read(friend, &mut buf).expect("a friend") {
                assert_eq!(
                    reactor.write(friend, &buf[..n]).expect("a friend"),
                    Output::Bytes(n)
                );
                old_friend.read_exact(&mut buf[..n]).expect("an echo");
                old_friend.write_all(&buf[..n]).expect("room");
                pings += n;
            }
        }
        other => panic!("{other:?}"),
    };

    // Full: four are in, the rest wait, and the friend does not notice.
    let start = Instant::now();
    until(&mut reactor, |reactor, event| {
        if let Some(event) = event {
            serve(reactor, event, &mut held);
        }
        reactor.stats().accept_paused >= 4
    });
    assert!(
        start.elapsed() >= Duration::from_millis(10 + 20 + 40),
        "the rests double"
    );
    assert_eq!(held.len(), 4);
    let full = reactor.stats();
    assert!(
        full.accept_shed >= 1 && full.accept_shed <= full.accept_paused,
        "{full:?}"
    );
    assert_eq!(reactor.interest(listener), Some(Interest::READABLE));
    assert!(reactor.accept(listener).unwrap().is_none(), "it rests");

    // Room again: by and by everyone who still waits is served.
    setrlimit(Resource::Nofile, generous).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while held.len() as u64 + reactor.stats().accept_shed < CLIENTS as u64 {
        assert!(
            Instant::now() < deadline,
            "{} of {CLIENTS}: {:?}",
            held.len(),
            reactor.stats()
        );
        reactor.turn(Some(Duration::from_millis(100))).unwrap();
        while let Some(event) = reactor.next() {
            serve(&mut reactor, event, &mut held);
        }
    }
    assert!(pings > 0);
    assert_eq!(reactor.stats().accepted, held.len() as u64);

    // Those turned away were told so, not left hanging.
    let mut turned_away = 0;
    drop(held);
    for client in &mut clients {
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        match client.read(&mut [0]) {
            Ok(n) => assert_eq!(n, 0),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
        turned_away += 1;
    }
    assert_eq!(turned_away, CLIENTS);

    // Without anyone else at the door or the table, a resting listener costs the loop nothing.
    old_friend.set_nonblocking(true).unwrap();
    let _ = old_friend.read(&mut [0; 64]);
    drop(reactor.remove(friend));
    drop(clients);
    let extra = TcpStream::connect(address).unwrap();
    leave_room(0);
    let before = reactor.stats();
    let end = Instant::now() + Duration::from_millis(300);
    while let Some(left) = end
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
    {
        reactor.turn(Some(left)).unwrap();
        while let Some(event) = reactor.next() {
            assert!(matches!(event, Event::Io { key, .. } if key == listener.raw()));
            assert!(reactor.accept(listener).unwrap().is_none());
        }
    }
    let waits = reactor.stats().waits - before.waits;
    assert!(waits < 40, "{waits} waits in 300 ms");
    setrlimit(Resource::Nofile, generous).unwrap();
    drop(extra);

    // A listener may go while it rests.
    assert!(reactor.remove(listener).is_some());
    assert!(
        reactor
            .turn(Some(Duration::from_millis(20)))
            .unwrap()
            .is_idle()
    );
}
