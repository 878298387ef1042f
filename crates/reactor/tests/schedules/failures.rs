//! Reports that make no sense, waits and deletions that fail, handlers that panic, reactors that are never dropped.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use barewire_reactor::script::{Probe, Script};
use barewire_reactor::{
    Config, Event, Input, Interest, Key, Mode, Reactor, Ready, Received, channel,
};

use crate::drain;

const MODES: [Mode; 3] = [Mode::Level, Mode::Oneshot, Mode::Edge];

fn fixture() -> (Script, Reactor) {
    let script = Script::new();
    let reactor = script.reactor(Config::default());
    (script, reactor)
}

fn probes<const N: usize>(reactor: &mut Reactor, interest: Interest) -> [Key<Probe>; N] {
    [(); N].map(|()| {
        let key = reactor.insert(Probe::new(), interest);
        key.expect("a script takes every probe")
    })
}

/// A readable probe in each mode.
fn ready_in_every_mode(script: &Script, reactor: &mut Reactor) -> [Key<Probe>; 3] {
    MODES.map(|mode| {
        let key = reactor.insert_with(Probe::new(), Interest::READABLE, mode);
        let key = key.expect("a script takes every probe");
        script.set_ready(key, Ready::READABLE);
        key
    })
}

fn io(probe: Key<Probe>, ready: Ready) -> Event {
    let key = probe.raw();
    Event::Io { key, ready }
}

#[test]
fn readable_and_writable_may_come_apart() {
    let (script, mut reactor) = fixture();
    let [probe] = probes(&mut reactor, Interest::READABLE | Interest::WRITABLE);
    for ready in [Ready::READABLE, Ready::WRITABLE] {
        script.report(probe, ready);
    }
    assert_eq!(reactor.turn(None).unwrap().io, 2);
    let expected = [Ready::READABLE, Ready::WRITABLE].map(|ready| io(probe, ready));
    assert_eq!(drain(&mut reactor), expected);
}

#[test]
fn the_second_report_of_a_source_its_handler_removed_is_dropped() {
    let (script, mut reactor) = fixture();
    let [probe] = probes(&mut reactor, Interest::READABLE | Interest::WRITABLE);
    script.report(probe, Ready::READABLE);
    script.report(probe, Ready::WRITABLE);
    reactor.turn(None).unwrap();
    assert_eq!(reactor.next(), Some(io(probe, Ready::READABLE)));
    assert!(reactor.remove(probe).is_some());
    let [newcomer] = probes(&mut reactor, Interest::WRITABLE);
    assert_eq!(newcomer.raw().index(), probe.raw().index());
    assert_eq!(reactor.next(), None);
    assert_eq!(reactor.stats().stale_dropped, 1);
}

#[test]
fn a_report_with_nothing_behind_it_is_blocked() {
    let (script, mut reactor) = fixture();
    let [probe] = probes(&mut reactor, Interest::READABLE);
    script.report(probe, Ready::READABLE);
    reactor.turn(None).unwrap();
    assert_eq!(drain(&mut reactor), [io(probe, Ready::READABLE)]);
    let nothing = |_: &Probe| Err(io::ErrorKind::WouldBlock.into());
    assert_eq!(reactor.read_with(probe, nothing).unwrap(), Input::Blocked);
    assert!(reactor.turn(Some(Duration::ZERO)).unwrap().is_idle());
}

#[test]
fn reports_of_the_removed_and_the_unknown_are_counted_and_dropped() {
    let (script, mut reactor) = fixture();
    let (other_script, mut other) = fixture();
    let [.., unknown] = probes::<9>(&mut other, Interest::READABLE);
    let [removed, live] = probes(&mut reactor, Interest::READABLE);
    reactor.remove(removed).unwrap();
    for key in [unknown, removed, live, unknown, removed] {
        script.report(key, Ready::READABLE | Ready::CLOSED);
    }
    assert_eq!(reactor.turn(None).unwrap().io, 5);
    let ready = Ready::READABLE | Ready::CLOSED;
    assert_eq!(drain(&mut reactor), [io(live, ready)]);
    assert_eq!(reactor.stats().stale_dropped, 4);
    assert_eq!(other_script.calls().waits, 0);
}

#[test]
fn a_wait_that_fails_loses_nothing() {
    let (script, mut reactor) = fixture();
    let keys = ready_in_every_mode(&script, &mut reactor);
    let (sender, receiver) = channel(1);
    let receiver = reactor.insert(receiver, Interest::READABLE).unwrap();
    sender.try_send('a').unwrap();
    let timers = [1, 2].map(|tag| reactor.timer(script.now(), tag));
    reactor.waker().wake();
    // Once before anything was found, and once when all of it was found and nothing taken.
    for _ in 0..2 {
        script.fail_wait(io::ErrorKind::OutOfMemory);
        let error = reactor.turn(None).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
        let turn = reactor.turn(None).unwrap();
        assert!(turn.woken && turn.timers == 2 && turn.io >= 4, "{turn:?}");
    }
    assert_eq!(reactor.next(), Some(Event::Woken));
    for (key, tag) in timers.into_iter().zip(1..) {
        assert_eq!(reactor.next(), Some(Event::Timer { key, tag }));
    }
    let io = drain(&mut reactor);
    for key in keys.map(Key::raw).into_iter().chain([receiver.raw()]) {
        let ready = Ready::READABLE;
        assert!(io.contains(&Event::Io { key, ready }), "{key:?} of {io:?}");
    }
    assert_eq!(reactor.receive(receiver).unwrap(), Received::Message('a'));
    assert_eq!((reactor.source_count(), reactor.timer_count()), (4, 0));
}

#[test]
fn what_was_owed_survives_a_wait_that_fails() {
    let script = Script::new();
    let mut reactor = script.reactor(Config {
        read_bytes_per_turn_max: 1,
        ..Config::default()
    });
    let edge = reactor.insert_with(Probe::new(), Interest::READABLE, Mode::Edge);
    let edge = edge.unwrap();
    for expected in [Input::Bytes(1), Input::Blocked] {
        assert_eq!(reactor.read_with(edge, |_| Ok(1)).unwrap(), expected);
    }
    script.fail_wait(io::ErrorKind::Other);
    assert!(reactor.turn(None).is_err());
    reactor.turn(None).unwrap();
    assert_eq!(drain(&mut reactor), [io(edge, Ready::READABLE)]);
}

#[test]
fn a_handler_that_panics_takes_no_other_event_along() {
    let (script, mut reactor) = fixture();
    let keys = ready_in_every_mode(&script, &mut reactor);
    reactor.waker().wake();
    let start = script.now();
    for tag in 0..3 {
        reactor.timer(start, tag);
    }
    let mut seen = Vec::new();
    // Seven events, and a panic over each.
    while seen.len() < 7 {
        let handler = catch_unwind(AssertUnwindSafe(|| {
            reactor.turn(None).expect("a turn");
            let event = reactor.next().expect("an event");
            if let Event::Io { key, .. } = event {
                let key = key.typed::<Probe>();
                reactor.set_interest(key, Interest::NONE).expect("held");
            }
            // As panic!, without its words on standard error.
            std::panic::resume_unwind(Box::new(event));
        }));
        let event = handler.expect_err("it panics");
        seen.push(*event.downcast::<Event>().expect("that event"));
    }
    assert_eq!(seen[0], Event::Woken);
    let tags = |event: &Event| match *event {
        Event::Timer { tag, .. } => Some(tag),
        _ => None,
    };
    assert_eq!(seen.iter().filter_map(tags).collect::<Vec<_>>(), [0, 1, 2]);
    for key in keys {
        assert!(
            seen.contains(&io(key, Ready::READABLE)),
            "{key:?}: {seen:?}"
        );
    }
    assert!(reactor.turn(Some(Duration::ZERO)).unwrap().io <= 2);
    assert_eq!(drain(&mut reactor), []);
}

#[test]
#[cfg_attr(miri, ignore = "a real socket")]
fn a_source_the_system_does_not_forget_is_kept_open_and_counted() {
    use std::net::UdpSocket;
    let (script, mut reactor) = fixture();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let key = reactor.insert(socket, Interest::READABLE).unwrap();
    let [probe] = probes(&mut reactor, Interest::READABLE);
    script.set_ready(key, Ready::READABLE);
    script.refuse_deletes(true);
    reactor.turn(None).unwrap();
    assert!(reactor.remove(key).is_none());
    assert!(reactor.remove(probe).is_none());
    assert_eq!((reactor.stats().leaked, reactor.stats().deletes), (2, 0));
    assert_eq!(reactor.source_count(), 0);
    assert!(reactor.get(key).is_none() && reactor.remove(key).is_none());
    assert_eq!(reactor.next(), None);
    // What it still says is nobody's any more, the next tenant's least of all.
    script.refuse_deletes(false);
    let next = UdpSocket::bind("127.0.0.1:0").unwrap();
    let next = reactor.insert(next, Interest::READABLE).unwrap();
    script.set_ready(key, Ready::READABLE);
    reactor.turn(None).unwrap();
    assert_eq!(drain(&mut reactor), []);
    assert!(reactor.remove(next).is_some());
    drop(reactor);
    assert_eq!(
        UdpSocket::bind(address).unwrap_err().kind(),
        io::ErrorKind::AddrInUse
    );
}

#[test]
fn sources_of_a_reactor_that_is_never_dropped_do_no_harm() {
    let (script, mut reactor) = fixture();
    let [probe, _] = probes(&mut reactor, Interest::READABLE);
    let (sender, receiver) = channel(2);
    reactor.insert(receiver, Interest::READABLE).unwrap();
    reactor.timer(script.now(), 1);
    script.set_ready(probe, Ready::READABLE);
    let waker = reactor.waker();
    reactor.turn(None).unwrap();
    std::mem::forget(reactor);
    waker.wake();
    sender.try_send(1).unwrap();
    script.set_ready(probe, Ready::CLOSED);
    assert_eq!(script.calls().deletes, 0);
    drop((waker, sender, script));
}

#[test]
fn a_reactor_that_is_dropped_takes_every_source_from_the_poller() {
    let (script, mut reactor) = fixture();
    probes::<5>(&mut reactor, Interest::READABLE);
    let (sender, receiver) = channel(2);
    reactor.insert(receiver, Interest::READABLE).unwrap();
    let waker = reactor.waker();
    drop(reactor);
    assert_eq!(script.calls().deletes, 5);
    waker.wake();
    assert!(sender.try_send(1).is_err());
}
