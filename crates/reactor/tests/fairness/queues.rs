//! Listeners, channels, datagrams and wakes that never run dry.

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};

use barewire_reactor::{Config, Event, Input, Interest, Output, Reactor, Received, Waker, channel};

use crate::support::pingers::Pingers;
use crate::support::{reset, until};
use crate::{QUIET, READ_SHARE, shares};

#[test]
fn datagrams_have_a_share_too() {
    let config = Config {
        read_bytes_per_turn_max: 8 * 4096,
        ..Config::default()
    };
    let mut reactor = Reactor::with_config(config).unwrap();
    let near = UdpSocket::bind("127.0.0.1:0").unwrap();
    let far = UdpSocket::bind("127.0.0.1:0").unwrap();
    for n in 0..20 {
        far.send_to(&[0; 20][..n], near.local_addr().unwrap())
            .unwrap();
    }
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    let mut buf = [0; 64];
    let mut sizes = Vec::new();
    let mut batches = Vec::new();
    until(&mut reactor, |reactor, event| {
        if event.is_some() {
            let before = sizes.len();
            while let Input::Bytes(n) = reactor
                .read_with(key, |socket| socket.recv_from(&mut buf).map(|(n, _)| n))
                .expect("a datagram")
            {
                sizes.push(n);
            }
            batches.push(sizes.len() - before);
        }
        sizes.len() == 20
    });
    assert_eq!(sizes, (0..20).collect::<Vec<_>>());
    assert!(batches.iter().all(|&batch| batch <= 8), "{batches:?}");
    let address = far.local_addr().unwrap();
    let sent = reactor
        .write_with(key, |socket| socket.send_to(b"", address))
        .unwrap();
    assert_eq!(sent, Output::Bytes(0));
}

#[test]
fn a_socket_flooded_with_datagrams_gets_its_share_and_ninety_nine_are_answered() {
    let mut reactor = Reactor::with_config(shares()).unwrap();
    let mut pingers = Pingers::new(&mut reactor, QUIET, 50);
    let near = UdpSocket::bind("127.0.0.1:0").unwrap();
    let far = UdpSocket::bind("127.0.0.1:0").unwrap();
    far.connect(near.local_addr().unwrap()).unwrap();
    far.set_nonblocking(true).unwrap();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    let mut buf = [0; 64];
    let mut full_batches = 0;
    pingers.until(&mut reactor, |reactor, event| {
        if event.is_none() {
            // Those that find no room are lost, as datagrams are.
            for _ in 0..20 {
                let _ = far.send(b"drop by drop");
            }
            return full_batches >= 50;
        }
        let mut batch = 0;
        while let Input::Bytes(n) = reactor
            .read_with(key, |socket| socket.recv(&mut buf))
            .expect("a datagram")
        {
            assert_eq!(&buf[..n], b"drop by drop");
            batch += 1;
        }
        // However small, each counts for 4 KiB.
        assert!(batch <= READ_SHARE / 4096, "{batch} in one turn");
        full_batches += usize::from(batch == READ_SHARE / 4096);
        true
    });
}

#[test]
fn a_burst_of_connections_is_accepted_in_batches_and_the_others_are_served_between() {
    const CONNECTIONS: usize = 2000;
    // Less than any system's queue.
    const AT_THE_DOOR: usize = 64;
    let mut reactor = Reactor::with_config(shares()).unwrap();
    let mut pingers = Pingers::new(&mut reactor, 20, 1);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let listener = reactor.insert(listener, Interest::READABLE).unwrap();
    let mut at_the_door = Vec::new();
    let (mut connected, mut accepted) = (0, 0);
    pingers.until(&mut reactor, |reactor, event| {
        match event {
            None => {
                while connected < CONNECTIONS && connected - accepted < AT_THE_DOOR {
                    at_the_door.push(TcpStream::connect(address).expect("a connection"));
                    connected += 1;
                }
            }
            Some(_) => {
                let before = accepted;
                while let Some((stream, _)) = reactor.accept(listener).expect("a listener") {
                    accepted += 1;
                    reset(stream);
                    at_the_door.remove(0);
                }
                assert!((1..=16).contains(&(accepted - before)));
            }
        }
        accepted == CONNECTIONS
    });
    assert!(pingers.turns() as usize >= CONNECTIONS / 16);
}

#[test]
fn a_channel_that_is_always_full_gets_its_share_of_messages() {
    let mut reactor = Reactor::with_config(shares()).unwrap();
    let mut pingers = Pingers::new(&mut reactor, QUIET, 100);
    let (sender, receiver) = channel(1000);
    let key = reactor.insert(receiver, Interest::READABLE).unwrap();
    let (mut sent, mut received) = (0u64, 0);
    let mut fired = 0;
    pingers.until(&mut reactor, |reactor, event| {
        match event {
            None => {
                while sender.try_send(sent).is_ok() {
                    sent += 1;
                }
                reactor.timer(reactor.now(), 0);
            }
            Some(Event::Timer { .. }) => fired += 1,
            Some(Event::Io { key: told, .. }) if told == key.raw() => {
                let before = received;
                while let Received::Message(n) = reactor.receive(key).expect("a channel") {
                    assert_eq!(n, received, "in order");
                    received += 1;
                }
                assert_eq!(received - before, 32);
            }
            other => panic!("{other:?}"),
        }
        true
    });
    assert_eq!(fired, pingers.turns(), "one timer in each turn");
    assert_eq!(received, 32 * pingers.turns(), "one share in each turn");
}

#[test]
fn a_storm_of_wakes_hides_neither_sources_nor_timers() {
    let mut reactor = Reactor::with_config(shares()).unwrap();
    let mut pingers = Pingers::new(&mut reactor, QUIET, 50);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let waker = reactor.waker();
            scope.spawn(|| storm(waker, &stop));
        }
        let _stop = StopAtLast(&stop);
        let mut timer = None;
        let mut fired = 0;
        pingers.until(&mut reactor, |reactor, event| {
            match event {
                None => {
                    assert_eq!(timer, None, "due and not fired");
                    timer = Some(reactor.timer(reactor.now(), 0));
                }
                Some(Event::Timer { key, .. }) => {
                    assert_eq!(timer.take(), Some(key));
                    fired += 1;
                }
                Some(Event::Woken) => {}
                other => panic!("{other:?}"),
            }
            true
        });
        assert_eq!(fired, pingers.turns());
    });
    assert!(reactor.stats().woken_events > 0);
}

fn storm(waker: Waker, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        waker.wake();
    }
}

struct StopAtLast<'a>(&'a AtomicBool);

impl Drop for StopAtLast<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
