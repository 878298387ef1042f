//! Edge-triggered sources on the systems that have edges: nothing is told twice, and nothing is lost.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use barewire_reactor::{Config, Event, Input, Interest, Mode, Output, Reactor, Ready};

use crate::support::{PATIENCE, assert_quiet, events, events_within, pair, report_of, until};

#[test]
fn an_arrival_is_told_once() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor
        .insert_with(near, Interest::READABLE, Mode::Edge)
        .unwrap();
    assert_quiet(&mut reactor);
    for byte in [b"a", b"b"] {
        far.write_all(byte).unwrap();
        assert_eq!(report_of(&mut reactor, key.raw()), Ready::READABLE);
        assert_quiet(&mut reactor);
    }
    let mut buf = [0; 8];
    assert_eq!(reactor.read(key, &mut buf).unwrap(), Input::Bytes(2));
    assert_eq!(reactor.read(key, &mut buf).unwrap(), Input::Blocked);
    assert_quiet(&mut reactor);
    assert_eq!(reactor.interest(key), Some(Interest::READABLE));
}

#[test]
fn both_directions_may_be_left_on() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let both = Interest::READABLE | Interest::WRITABLE;
    let key = reactor.insert_with(near, both, Mode::Edge).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_writable());
    assert_quiet(&mut reactor);
    let mut sent = 0;
    let chunk = [7; 64 * 1024];
    // Until the system has no room, over as many turns as the shares make of it.
    let mut full = false;
    while !full {
        let stops = reactor.stats().budget_stops;
        while let Output::Bytes(n) = reactor.write(key, &chunk).unwrap() {
            sent += n;
        }
        full = reactor.stats().budget_stops == stops;
        events_within(&mut reactor, Duration::ZERO);
    }
    let reading = std::thread::spawn(move || {
        let mut all = vec![0; sent];
        far.read_exact(&mut all).map(|()| far)
    });
    // Room again is told without any change of interest.
    assert!(report_of(&mut reactor, key.raw()).is_writable());
    assert_eq!(reactor.stats().modifies, 0);
    drop(reading.join().unwrap().unwrap());
}

#[test]
fn a_read_out_of_turn_is_followed_by_a_report() {
    let config = Config {
        read_bytes_per_turn_max: 8 * 1024,
        ..Config::default()
    };
    let mut reactor = Reactor::with_config(config).unwrap();
    let (near, mut far) = pair();
    far.write_all(&[1; 64 * 1024]).unwrap();
    drop(far);
    // All of it has arrived before it is watched: there will be no second edge.
    let mut all = vec![0; 64 * 1024];
    while near.peek(&mut all).unwrap() < all.len() {}
    let key = reactor
        .insert_with(near, Interest::READABLE, Mode::Edge)
        .unwrap();
    let mut got = 0;
    until(&mut reactor, |reactor, event| {
        while event.is_some() {
            match reactor.read(key, &mut [0; 1024]).expect("a read") {
                Input::Bytes(n) => got += n,
                Input::Blocked => break,
                Input::End => return true,
            }
        }
        false
    });
    assert_eq!(got, 64 * 1024);
    assert!(reactor.stats().budget_stops >= 8, "{:?}", reactor.stats());
}

#[test]
fn a_write_out_of_turn_is_followed_by_a_report() {
    const BYTES: usize = 64 * 1024;
    let config = Config {
        write_bytes_per_turn_max: 8 * 1024,
        ..Config::default()
    };
    let mut reactor = Reactor::with_config(config).unwrap();
    let (near, mut far) = pair();
    let key = reactor
        .insert_with(near, Interest::WRITABLE, Mode::Edge)
        .unwrap();
    let reading = std::thread::spawn(move || {
        let mut all = Vec::new();
        far.read_to_end(&mut all).map(|_| all.len())
    });
    let mut sent = 0;
    until(&mut reactor, |reactor, event| {
        while event.is_some() && sent < BYTES {
            match reactor.write(key, &[0; 1024]).expect("a write") {
                Output::Bytes(n) => sent += n,
                Output::Blocked => break,
            }
        }
        sent >= BYTES
    });
    assert!(reactor.stats().budget_stops >= 8, "{:?}", reactor.stats());
    drop(reactor.remove(key));
    assert_eq!(reading.join().unwrap().unwrap(), sent);
}

#[test]
fn a_report_not_taken_comes_again() {
    let mut reactor = Reactor::new().unwrap();
    let keys = [(); 3].map(|()| {
        let (near, mut far) = pair();
        far.write_all(b"x").unwrap();
        near.peek(&mut [0]).unwrap();
        let key = reactor
            .insert_with(near, Interest::READABLE, Mode::Edge)
            .unwrap();
        (key.raw(), far)
    });
    let mut told = Vec::new();
    for left in [3, 2, 1] {
        assert_eq!(reactor.turn(Some(PATIENCE)).unwrap().io, left);
        // One each turn, then the loop is left, as by an error.
        match reactor.next() {
            Some(Event::Io { key, ready }) => {
                assert!(ready.is_readable());
                told.push(key);
            }
            other => panic!("{other:?}"),
        }
    }
    told.sort_unstable();
    assert_eq!(told, keys.each_ref().map(|(key, _)| *key));
    assert_quiet(&mut reactor);
}

#[test]
fn a_report_kept_for_a_source_that_goes_is_dropped() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    far.write_all(b"x").unwrap();
    let key = reactor
        .insert_with(near, Interest::READABLE, Mode::Edge)
        .unwrap();
    assert_eq!(reactor.turn(Some(PATIENCE)).unwrap().io, 1);
    drop(reactor.remove(key));
    // The newcomer has the place and the descriptor of the one that went.
    let newcomer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let newcomer = reactor
        .insert_with(newcomer, Interest::READABLE, Mode::Edge)
        .unwrap();
    assert_eq!(newcomer.raw().index(), key.raw().index());
    assert_quiet(&mut reactor);
}

#[test]
fn a_queue_longer_than_the_batch_is_accepted_to_its_end() {
    const CLIENTS: usize = 30;
    let config = Config {
        accepts_per_turn_max: 4,
        ..Config::default()
    };
    let mut reactor = Reactor::with_config(config).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let key = reactor
        .insert_with(listener, Interest::READABLE, Mode::Edge)
        .unwrap();
    let mut batches = Vec::new();
    until(&mut reactor, |reactor, event| {
        if event.is_some() {
            let mut batch = 0;
            while reactor.accept(key).expect("the listener is well").is_some() {
                batch += 1;
            }
            batches.push(batch);
        }
        batches.iter().sum::<usize>() == CLIENTS
    });
    assert!(batches.iter().all(|&batch| batch <= 4), "{batches:?}");
    // The queue has been found empty, or will be.
    for event in events_within(&mut reactor, Duration::ZERO) {
        assert!(matches!(event, Event::Io { .. }));
        assert!(reactor.accept(key).unwrap().is_none());
    }
    assert_quiet(&mut reactor);
    drop(clients);
}

#[test]
fn an_interest_given_back_tells_what_is_there() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor
        .insert_with(near, Interest::READABLE, Mode::Edge)
        .unwrap();
    reactor.set_interest(key, Interest::NONE).unwrap();
    far.write_all(b"x").unwrap();
    assert_quiet(&mut reactor);
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert_eq!(events(&mut reactor).len(), 1);
    assert_eq!(reactor.read(key, &mut [0; 8]).unwrap(), Input::Bytes(1));
}
