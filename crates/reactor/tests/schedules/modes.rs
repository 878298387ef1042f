//! How often a source is reported, by mode, and what is reported again because it was left.

use std::io;
use std::time::Duration;

use barewire_reactor::script::{Probe, Script};
use barewire_reactor::{
    Config, Event, Input, Interest, Key, Mode, Output, Reactor, Ready, Received, channel,
};

use crate::drain;

const BOTH: Interest = Interest::READABLE.union(Interest::WRITABLE);

fn fixture(mode: Mode, interest: Interest) -> (Script, Reactor, Key<Probe>) {
    let script = Script::new();
    let mut reactor = script.reactor(Config {
        read_bytes_per_turn_max: 4096,
        write_bytes_per_turn_max: 4096,
        messages_per_turn_max: 2,
        ..Config::default()
    });
    let probe = reactor.insert_with(Probe::new(), interest, mode);
    let probe = probe.expect("a script takes every probe");
    (script, reactor, probe)
}

/// All events of a turn that does not wait.
fn look(reactor: &mut Reactor) -> Vec<Event> {
    reactor.turn(Some(Duration::ZERO)).expect("a look");
    drain(reactor)
}

fn io(probe: Key<Probe>, ready: Ready) -> Event {
    let key = probe.raw();
    Event::Io { key, ready }
}

#[test]
fn level_is_reported_in_every_turn_while_it_is_ready() {
    let (script, mut reactor, probe) = fixture(Mode::Level, Interest::READABLE);
    script.set_ready(probe, Ready::READABLE | Ready::WRITABLE);
    for _ in 0..5 {
        assert_eq!(look(&mut reactor), [io(probe, Ready::READABLE)]);
    }
    script.set_ready(probe, Ready::WRITABLE);
    assert_eq!(look(&mut reactor), []);
}

#[test]
fn oneshot_is_reported_once_and_again_when_armed() {
    let (script, mut reactor, probe) = fixture(Mode::Oneshot, BOTH);
    for ready in [Ready::READABLE, Ready::WRITABLE] {
        script.set_ready(probe, ready);
        assert_eq!(look(&mut reactor), [io(probe, ready)]);
        assert_eq!(reactor.interest(probe), Some(Interest::NONE));
        script.set_ready(probe, Ready::READABLE | Ready::WRITABLE);
        assert_eq!(look(&mut reactor), []);
        script.set_ready(probe, Ready::NONE);
        reactor.set_interest(probe, BOTH).unwrap();
        assert_eq!(look(&mut reactor), []);
    }
}

/// A hang-up nobody asked for is a report too: the same interest as before arms the source again.
#[test]
fn oneshot_is_armed_again_after_a_mere_hint() {
    let (script, mut reactor, probe) = fixture(Mode::Oneshot, Interest::PRIORITY);
    script.set_ready(probe, Ready::CLOSED);
    assert_eq!(look(&mut reactor), [io(probe, Ready::CLOSED)]);
    assert_eq!(reactor.interest(probe), Some(Interest::NONE));
    assert_eq!(look(&mut reactor), []);
    script.set_ready(probe, Ready::PRIORITY);
    reactor.set_interest(probe, Interest::PRIORITY).unwrap();
    assert_eq!(look(&mut reactor), [io(probe, Ready::PRIORITY)]);
}

#[test]
fn edge_is_reported_once_for_each_change() {
    let (script, mut reactor, probe) = fixture(Mode::Edge, BOTH);
    for ready in [Ready::READABLE, Ready::READABLE, Ready::WRITABLE] {
        script.set_ready(probe, ready);
        assert_eq!(look(&mut reactor), [io(probe, ready)]);
        assert_eq!(look(&mut reactor), []);
    }
    assert_eq!(reactor.interest(probe), Some(BOTH));
    // A change of interest looks afresh.
    reactor.set_interest(probe, Interest::WRITABLE).unwrap();
    assert_eq!(look(&mut reactor), [io(probe, Ready::WRITABLE)]);
}

#[test]
fn what_is_not_taken_comes_again_in_every_mode() {
    for mode in [Mode::Level, Mode::Oneshot, Mode::Edge] {
        let (script, mut reactor, probe) = fixture(mode, Interest::READABLE);
        script.set_ready(probe, Ready::READABLE);
        for _ in 0..3 {
            assert_eq!(reactor.turn(None).unwrap().io, 1, "{mode:?}");
        }
        assert_eq!(reactor.next(), Some(io(probe, Ready::READABLE)), "{mode:?}");
        assert_eq!(reactor.next(), None);
        let again = mode == Mode::Level;
        assert_eq!(look(&mut reactor).len(), usize::from(again), "{mode:?}");
    }
}

#[test]
fn what_is_not_taken_does_not_outlive_its_source() {
    for mode in [Mode::Oneshot, Mode::Edge] {
        let (script, mut reactor, probe) = fixture(mode, Interest::READABLE);
        script.set_ready(probe, Ready::READABLE);
        assert_eq!(reactor.turn(None).unwrap().io, 1);
        assert!(reactor.remove(probe).is_some());
        let next = reactor.insert(Probe::new(), Interest::READABLE).unwrap();
        assert_eq!(next.raw().index(), probe.raw().index());
        assert!(reactor.turn(Some(Duration::ZERO)).unwrap().is_idle());
        assert_eq!(reactor.next(), None);
    }
}

#[test]
fn an_edge_that_ran_out_of_its_share_is_reported_in_the_next_turn() {
    let (script, mut reactor, probe) = fixture(Mode::Edge, BOTH);
    script.set_ready(probe, Ready::READABLE | Ready::WRITABLE);
    let first = [io(probe, Ready::READABLE | Ready::WRITABLE)];
    assert_eq!(look(&mut reactor), first);
    for _ in 0..4 {
        let read = |reactor: &mut Reactor| reactor.read_with(probe, |_| Ok(1)).unwrap();
        let write = |reactor: &mut Reactor| reactor.write_with(probe, |_| Ok(1)).unwrap();
        assert_eq!(read(&mut reactor), Input::Bytes(1));
        assert_eq!(write(&mut reactor), Output::Bytes(1));
        for _ in 0..2 {
            assert_eq!(read(&mut reactor), Input::Blocked);
            assert_eq!(write(&mut reactor), Output::Blocked);
        }
        assert_eq!(look(&mut reactor), first);
    }
    assert_eq!(look(&mut reactor), []);
}

#[test]
fn an_edge_that_found_nothing_is_owed_nothing() {
    let (script, mut reactor, probe) = fixture(Mode::Edge, BOTH);
    script.set_ready(probe, Ready::READABLE);
    assert_eq!(look(&mut reactor).len(), 1);
    let blocked = |_: &Probe| Err(io::ErrorKind::WouldBlock.into());
    for _ in 0..9 {
        assert_eq!(reactor.read_with(probe, blocked).unwrap(), Input::Blocked);
    }
    assert_eq!(look(&mut reactor), []);
    assert_eq!(reactor.stats().budget_stops, 0);
}

#[test]
fn level_and_oneshot_are_owed_nothing_either() {
    for (mode, reports) in [(Mode::Level, 1), (Mode::Oneshot, 0)] {
        let (script, mut reactor, probe) = fixture(mode, Interest::READABLE);
        script.set_ready(probe, Ready::READABLE);
        assert_eq!(look(&mut reactor).len(), 1);
        let mut read = || reactor.read_with(probe, |_| Ok(1)).unwrap();
        assert_eq!((read(), read()), (Input::Bytes(1), Input::Blocked));
        assert_eq!(look(&mut reactor).len(), reports);
    }
}

#[test]
fn a_channel_that_ran_out_of_its_share_is_reported_in_the_next_turn() {
    let (_script, mut reactor, _) = fixture(Mode::Level, Interest::NONE);
    let (sender, receiver) = channel(8);
    let key = reactor.insert(receiver, Interest::READABLE).unwrap();
    for n in 0..5 {
        sender.try_send(n).unwrap();
    }
    drop(sender);
    let mut seen = Vec::new();
    for turn in 0..3 {
        assert_eq!(reactor.turn(None).unwrap().io, 1, "turn {turn}");
        assert!(matches!(reactor.next(), Some(Event::Io { .. })));
        while let Received::Message(n) = reactor.receive(key).unwrap() {
            seen.push(n);
        }
    }
    assert_eq!(seen, [0, 1, 2, 3, 4]);
    assert_eq!(reactor.receive(key).unwrap(), Received::Closed);
    assert_eq!(reactor.stats().budget_stops, 2);
}

#[test]
fn a_channel_paused_over_a_message_tells_it_when_resumed() {
    let (script, mut reactor, _) = fixture(Mode::Level, Interest::NONE);
    let (sender, receiver) = channel(1);
    let key = reactor.insert(receiver, Interest::NONE).unwrap();
    sender.try_send('a').unwrap();
    assert_eq!(look(&mut reactor), []);
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert_eq!(reactor.turn(None).unwrap().io, 1);
    assert_eq!(script.now(), reactor.now());
    assert_eq!(reactor.receive(key).unwrap(), Received::Message('a'));
}
