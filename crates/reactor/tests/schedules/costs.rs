//! How often the system is asked, and how soon everyone has had their turn.

use std::collections::BTreeMap;
use std::time::Duration;

use barewire_reactor::script::{Probe, Script};
use barewire_reactor::{Config, Event, Input, Interest, Key, Output, RawKey, Reactor, Ready};
use proptest::prelude::*;

use crate::{config, drain};

const MS: Duration = Duration::from_millis(1);

fn fixture(events_per_turn_max: usize) -> (Script, Reactor) {
    let script = Script::new();
    let reactor = script.reactor(Config {
        events_per_turn_max,
        ..Config::default()
    });
    (script, reactor)
}

fn probe(script: &Script, reactor: &mut Reactor, interest: Interest, ready: Ready) -> Key<Probe> {
    let key = reactor.insert(Probe::new(), interest);
    let key = key.expect("a script takes every probe");
    script.set_ready(key, ready);
    key
}

#[test]
fn an_interest_that_stays_asks_nothing_of_the_system() {
    let (script, mut reactor) = fixture(8);
    let key = probe(&script, &mut reactor, Interest::READABLE, Ready::NONE);
    let before = script.calls();
    for _ in 0..10 {
        reactor.set_interest(key, Interest::READABLE).unwrap();
    }
    assert_eq!(script.calls(), before);
    reactor.set_interest(key, Interest::WRITABLE).unwrap();
    assert_eq!(script.calls().modifies, 1);
}

#[test]
fn a_steady_exchange_asks_for_the_waits_only() {
    let (script, mut reactor) = fixture(8);
    let keys = [(); 3].map(|()| {
        let interest = Interest::READABLE;
        probe(&script, &mut reactor, interest, Ready::READABLE)
    });
    let mut deadlines = keys.map(|_| reactor.timer(script.now() + 50 * MS, 0));
    let before = script.calls();
    for _ in 0..200 {
        script.advance(MS);
        assert_eq!(reactor.turn(None).unwrap().io, 3);
        while let Some(Event::Io { key, .. }) = reactor.next() {
            let key = key.typed::<Probe>();
            assert_eq!(
                reactor.read_with(key, |_| Ok(512)).unwrap(),
                Input::Bytes(512)
            );
            assert_eq!(
                reactor.write_with(key, |_| Ok(512)).unwrap(),
                Output::Bytes(512)
            );
            for deadline in &mut deadlines {
                assert!(reactor.postpone(*deadline, reactor.now() + 50 * MS));
            }
        }
    }
    let calls = script.calls();
    assert_eq!(calls.waits - before.waits, 200);
    assert_eq!(
        (calls.adds, calls.modifies, calls.deletes, calls.notifies),
        (3, 0, 0, 0)
    );
    assert_eq!(reactor.stats().timer_events, 0);
}

#[test]
fn one_wait_a_turn_whatever_ends_it() {
    let (script, mut reactor) = fixture(8);
    let key = probe(&script, &mut reactor, Interest::READABLE, Ready::NONE);
    let waker = reactor.waker();
    for round in 0..64u32 {
        let [wake, timer, ready, limit] = [1, 2, 4, 8].map(|bit| round & bit != 0);
        if wake {
            waker.wake();
            waker.wake();
        }
        if timer {
            reactor.timer(script.now() + 2 * MS, 0);
        }
        if ready {
            script.ready_after(MS, key, Ready::READABLE);
        }
        let before = script.calls();
        let turn = reactor.turn(limit.then_some(3 * MS));
        // Something to wait for, or an error that says there is nothing.
        assert_eq!(turn.is_ok(), wake || timer || ready || limit);
        let calls = script.calls();
        assert_eq!(calls.waits - before.waits, 1, "{round:#b}");
        // Whatever has not come to pass would be in the way of the next round.
        script.advance(9 * MS);
        reactor.turn(Some(Duration::ZERO)).unwrap();
        drain(&mut reactor);
        script.set_ready(key, Ready::NONE);
    }
    assert_eq!(script.calls().notifies, 32);
}

/// The wake was spent on the turn that had something else to tell as well.
#[test]
fn a_wake_beside_a_report_costs_no_wait_later() {
    let (script, mut reactor) = fixture(8);
    let key = probe(&script, &mut reactor, Interest::READABLE, Ready::READABLE);
    reactor.waker().wake();
    let turn = reactor.turn(None).unwrap();
    assert_eq!((turn.woken, turn.io), (true, 1));
    drain(&mut reactor);
    script.set_ready(key, Ready::NONE);
    assert!(reactor.turn(Some(MS)).unwrap().is_idle());
    assert_eq!(script.calls().waits, 2);
}

#[test]
fn with_nothing_to_wait_for_the_script_says_so() {
    let (script, mut reactor) = fixture(8);
    let start = script.now();
    let nothing = "the script has nothing more to say, and the wait has no end";
    assert_eq!(reactor.turn(None).unwrap_err().to_string(), nothing);
    // Sources that are never ready, and a timer that is no more, are nothing to wait for.
    probe(&script, &mut reactor, Interest::READABLE, Ready::WRITABLE);
    let timer = reactor.timer(start + MS, 1);
    assert!(reactor.cancel(timer));
    assert_eq!(reactor.turn(None).unwrap_err().to_string(), nothing);
    assert_eq!(script.now(), start);
    reactor.waker().wake();
    assert!(reactor.turn(None).unwrap().woken);
    assert_eq!(script.now(), start);
    assert_eq!(drain(&mut reactor), [Event::Woken]);
    assert!(reactor.turn(None).is_err());
}

#[test]
fn a_thousand_ready_sources_are_all_served_within_seventeen_turns() {
    let (script, mut reactor) = fixture(64);
    let keys: Vec<Key<Probe>> = (0..1000)
        .map(|_| probe(&script, &mut reactor, Interest::READABLE, Ready::READABLE))
        .collect();
    for _ in 0..3 {
        let mut served: BTreeMap<RawKey, u32> = BTreeMap::new();
        for _ in 0..1000usize.div_ceil(64) + 1 {
            assert_eq!(reactor.turn(None).unwrap().io, 64);
            for event in drain(&mut reactor) {
                if let Event::Io { key, .. } = event {
                    *served.entry(key).or_default() += 1;
                }
            }
        }
        assert_eq!(served.len(), keys.len());
        assert!(served.values().all(|&times| times <= 2));
    }
    assert_eq!(script.calls().waits, 3 * 17);
}

proptest! {
    #![proptest_config(config())]

    /// Whoever stays ready while others come and go is served within as many turns as it takes to serve all.
    #[test]
    fn nobody_waits_longer_than_it_takes_to_serve_all(
        events_per_turn_max in 1..9usize,
        steady in 1..30usize,
        visitors in prop::collection::vec(0..6usize, 0..20),
    ) {
        let (script, mut reactor) = fixture(events_per_turn_max);
        let arrive = |reactor: &mut Reactor| {
            probe(&script, reactor, Interest::READABLE, Ready::READABLE)
        };
        let steady: Vec<_> = (0..steady).map(|_| arrive(&mut reactor)).collect();
        let mut guests = Vec::new();
        let mut waited: BTreeMap<RawKey, usize> = steady.iter().map(|key| (key.raw(), 0)).collect();
        for visits in visitors.into_iter().chain([0; 20]) {
            for guest in guests.drain(..) {
                reactor.remove(guest);
            }
            guests.extend((0..visits).map(|_| arrive(&mut reactor)));
            reactor.turn(None).unwrap();
            for turns in waited.values_mut() {
                *turns += 1;
            }
            for event in drain(&mut reactor) {
                if let Event::Io { key, .. } = event {
                    waited.entry(key).and_modify(|turns| *turns = 0);
                }
            }
            let all = steady.len() + 5;
            let longest = waited.values().copied().max();
            prop_assert!(longest <= Some(all.div_ceil(events_per_turn_max) + 1));
        }
    }
}
