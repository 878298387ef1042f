//! Streams that never end, and timers beside them.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use barewire_reactor::{Config, Event, Input, Interest, Key, Output, Reactor, TimerKey};

use crate::support::pingers::Pingers;
use crate::support::{pair, until};
use crate::{QUIET, READ_SHARE, WRITE_SHARE, shares};

const BUF: usize = 10_000;

/// A connection whose far end always has more to send than a share.
struct Flood {
    key: Key<TcpStream>,
    far: TcpStream,
    buf: Vec<u8>,
    in_this_turn: usize,
    total: usize,
}

impl Flood {
    fn new(reactor: &mut Reactor) -> Self {
        let (near, far) = pair();
        far.set_nonblocking(true).expect("non-blocking");
        Self {
            key: reactor.insert(near, Interest::READABLE).expect("room"),
            far,
            buf: vec![0; BUF],
            in_this_turn: 0,
            total: 0,
        }
    }

    /// To be called before each turn: fills the connection.
    fn fill(&mut self) {
        self.in_this_turn = 0;
        loop {
            match self.far.write(&[7; 64 * 1024]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("a flood: {error}"),
            }
        }
    }

    /// Takes all that may be had.
    #[track_caller]
    fn drain(&mut self, reactor: &mut Reactor, event: Event) {
        if !matches!(event, Event::Io { key, .. } if key == self.key.raw()) {
            return;
        }
        while let Input::Bytes(n) = reactor.read(self.key, &mut self.buf).expect("a read") {
            self.in_this_turn += n;
            self.total += n;
        }
        // The read that crosses the line is whole.
        assert!(self.in_this_turn < READ_SHARE + BUF, "more than a share");
    }
}

#[test]
fn a_client_that_never_stops_sending_gets_its_share_and_ninety_nine_are_answered() {
    let mut reactor = Reactor::with_config(shares()).unwrap();
    let mut pingers = Pingers::new(&mut reactor, QUIET, 100);
    let mut flood = Flood::new(&mut reactor);
    pingers.until(&mut reactor, |reactor, event| {
        match event {
            None => flood.fill(),
            Some(event) => flood.drain(reactor, event),
        }
        true
    });
    // In nearly every turn it had more than it was allowed.
    let turns = pingers.turns();
    assert!(flood.total as u64 >= turns * READ_SHARE as u64 / 2);
    assert!(reactor.stats().budget_stops >= turns / 2);
}

#[test]
fn with_few_events_in_a_turn_everyone_has_a_turn_in_rotation() {
    let config = Config {
        events_per_turn_max: 10,
        ..shares()
    };
    let mut reactor = Reactor::with_config(config).unwrap();
    let turns = (QUIET as u64 + 1).div_ceil(10) + 1;
    let mut pingers = Pingers::new(&mut reactor, QUIET, 20).within_turns(turns);
    let mut flood = Flood::new(&mut reactor);
    pingers.until(&mut reactor, |reactor, event| {
        match event {
            None => flood.fill(),
            Some(event) => flood.drain(reactor, event),
        }
        true
    });
    assert!(flood.total > 0);
}

/// At the end of each turn every timer that is due by the loop's clock has fired, and no other.
#[test]
fn ten_thousand_timers_fire_in_the_turn_they_are_due_whatever_the_flood() {
    const TIMERS: usize = 10_000;
    const PER_TURN: usize = 50;
    const APART: Duration = Duration::from_micros(20);
    let mut reactor = Reactor::with_config(shares()).unwrap();
    let mut pingers = Pingers::new(&mut reactor, QUIET, 1);
    let mut flood = Flood::new(&mut reactor);
    let mut armed: HashMap<TimerKey, Instant> = HashMap::new();
    let mut fired = 0;
    pingers.until(&mut reactor, |reactor, event| {
        match event {
            None => {
                let now = reactor.now();
                assert!(armed.values().all(|&at| at > now), "due and not fired");
                // Some for now, some for the next few turns.
                for n in 0..PER_TURN.min(TIMERS - fired - armed.len()) {
                    let at = now + APART * n as u32;
                    armed.insert(reactor.timer(at, 0), at);
                }
                flood.fill();
            }
            Some(Event::Timer { key, .. }) => {
                let at = armed.remove(&key).expect("each fires once");
                assert!(at <= reactor.now(), "early");
                fired += 1;
            }
            Some(event) => flood.drain(reactor, event),
        }
        fired == TIMERS
    });
    let turns = pingers.turns();
    assert!(turns >= (TIMERS / PER_TURN) as u64);
    assert!(flood.total as u64 >= turns * READ_SHARE as u64 / 2);
    assert_eq!(reactor.timer_count(), 0);
}

#[test]
fn a_client_that_never_stops_reading_gets_its_share_and_ninety_nine_are_answered() {
    const CHUNK: usize = 10_000;
    let mut reactor = Reactor::with_config(shares()).unwrap();
    let mut pingers = Pingers::new(&mut reactor, QUIET, 100);
    let (near, mut far) = pair();
    far.set_nonblocking(true).unwrap();
    let both = Interest::READABLE | Interest::WRITABLE;
    let key = reactor.insert(near, both).unwrap();
    let mut sink = vec![0; 1 << 20];
    let mut total = 0;
    let mut in_this_turn = 0;
    pingers.until(&mut reactor, |reactor, event| {
        match event {
            None => {
                in_this_turn = 0;
                while far.read(&mut sink).is_ok() {}
            }
            Some(Event::Io { key: told, .. }) if told == key.raw() => {
                while let Output::Bytes(n) = reactor.write(key, &[7; CHUNK]).expect("a write") {
                    in_this_turn += n;
                    total += n;
                }
                assert!(in_this_turn < WRITE_SHARE + CHUNK, "more than a share");
            }
            other => panic!("{other:?}"),
        }
        true
    });
    let turns = pingers.turns();
    assert!(total as u64 >= turns * WRITE_SHARE as u64 / 2);
    assert!(reactor.stats().budget_stops >= turns / 2);
}

#[test]
fn a_share_ends_the_turn_of_a_flooder() {
    let config = Config {
        read_bytes_per_turn_max: 16 * 1024,
        ..Config::default()
    };
    let mut reactor = Reactor::with_config(config).unwrap();
    let (near, mut far) = pair();
    near.set_nonblocking(false).unwrap();
    far.write_all(&[1; 64 * 1024]).unwrap();
    near.peek(&mut [0]).unwrap();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    let mut got = 0;
    let mut turns = 0;
    until(&mut reactor, |reactor, event| {
        if event.is_none() {
            return got == 64 * 1024;
        }
        turns += 1;
        let mut calls = 0;
        while let Input::Bytes(n) = reactor.read(key, &mut [0; 100]).expect("a read") {
            got += n;
            calls += 1;
        }
        assert!(calls <= 4, "each call counts for 4 KiB");
        got == 64 * 1024
    });
    assert!(turns >= 64 * 1024 / 400);
    assert!(reactor.stats().budget_stops > 100);
}
