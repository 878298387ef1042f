//! Signals as a source. Each test has signals of its own, since the process has but one set of handlers.
#![cfg(unix)]

mod support;

use std::io::ErrorKind;
use std::process::Command;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use barewire_reactor::{Interest, Key, Mode, Reactor, Signals};
use rustix::process::{Signal, getpid, kill_process};
use signal_hook::low_level::raise;
use support::{PATIENCE, assert_quiet, report_of, until};

fn take(reactor: &Reactor, key: Key<Signals>) -> Vec<i32> {
    reactor.get(key).expect("held").take().collect()
}

#[test]
fn signals_merge_and_are_taken_once() {
    let mut reactor = Reactor::new().unwrap();
    let signals = Signals::new([Signals::HUP, Signals::INT, Signals::QUIT]).unwrap();
    assert_eq!(format!("{signals:?}"), "Signals([1, 2, 3])");
    let key = reactor.insert(signals, Interest::READABLE).unwrap();
    assert_quiet(&mut reactor);
    for _ in 0..3 {
        raise(Signals::QUIT).unwrap();
        raise(Signals::HUP).unwrap();
    }
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert_eq!(take(&reactor, key), [Signals::HUP, Signals::QUIT]);
    assert!(take(&reactor, key).is_empty());
    assert_quiet(&mut reactor);
    raise(Signals::INT).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert_eq!(take(&reactor, key), [Signals::INT]);
    assert_quiet(&mut reactor);
}

/// More signals than the socket behind it has room for.
#[test]
fn a_storm_of_signals_is_one() {
    let mut reactor = Reactor::new().unwrap();
    let key = reactor
        .insert(Signals::new([Signals::WINCH]).unwrap(), Interest::READABLE)
        .unwrap();
    for _ in 0..20_000 {
        raise(Signals::WINCH).unwrap();
    }
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert_eq!(take(&reactor, key), [Signals::WINCH]);
    assert_quiet(&mut reactor);
    raise(Signals::WINCH).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert_eq!(take(&reactor, key), [Signals::WINCH]);
}

#[test]
fn two_sets_hear_the_same_signal_each() {
    let mut reactor = Reactor::new().unwrap();
    let [first, second] = [(); 2].map(|()| {
        let signals = Signals::new([Signal::ALARM.as_raw()]).unwrap();
        reactor.insert(signals, Interest::READABLE).unwrap()
    });
    raise(Signal::ALARM.as_raw()).unwrap();
    let mut told = Vec::new();
    until(&mut reactor, |reactor, event| {
        if event.is_some() {
            for key in [first, second] {
                told.extend(take(reactor, key));
            }
        }
        told.len() == 2
    });
    assert_eq!(told, [Signal::ALARM.as_raw(); 2]);
    assert_quiet(&mut reactor);

    // One goes, the other stays.
    drop(reactor.remove(first));
    raise(Signal::ALARM.as_raw()).unwrap();
    assert!(report_of(&mut reactor, second.raw()).is_readable());
    assert_eq!(take(&reactor, second), [Signal::ALARM.as_raw()]);
}

#[test]
fn a_paused_set_keeps_its_signals() {
    let signal = Signal::VTALARM.as_raw();
    let mut reactor = Reactor::new().unwrap();
    let key = reactor
        .insert(Signals::new([signal]).unwrap(), Interest::NONE)
        .unwrap();
    raise(signal).unwrap();
    assert_quiet(&mut reactor);
    // So does one on its way to another reactor.
    let signals = reactor.remove(key).unwrap();
    let mut other = Reactor::new().unwrap();
    let key = other
        .insert_with(signals, Interest::READABLE, Mode::Oneshot)
        .unwrap();
    assert!(report_of(&mut other, key.raw()).is_readable());
    assert_eq!(take(&other, key), [signal]);
}

#[test]
fn a_signal_from_outside_ends_a_wait() {
    let mut reactor = Reactor::new().unwrap();
    let key = reactor
        .insert(Signals::new([Signals::USR1]).unwrap(), Interest::READABLE)
        .unwrap();
    let mut sender = Command::new("sh")
        .args(["-c", "kill -USR1 $PPID"])
        .spawn()
        .unwrap();
    assert_eq!(reactor.turn(Some(PATIENCE)).unwrap().io, 1);
    assert_eq!(take(&reactor, key), [Signals::USR1]);
    assert!(sender.wait().unwrap().success());
}

#[test]
fn the_exit_of_a_child_is_a_signal_too() {
    let mut reactor = Reactor::new().unwrap();
    let key = reactor
        .insert(Signals::new([Signals::CHLD]).unwrap(), Interest::READABLE)
        .unwrap();
    let mut child = Command::new("true").spawn().unwrap();
    until(&mut reactor, |reactor, event| {
        // Another test's child may be the one that is told.
        event.is_some()
            && take(reactor, key) == [Signals::CHLD]
            && child.try_wait().expect("a child").is_some()
    });
}

#[test]
fn signals_that_cannot_be_caught_are_refused() {
    for signal in [
        Signal::KILL,
        Signal::STOP,
        Signal::SEGV,
        Signal::ILL,
        Signal::FPE,
    ] {
        let number = signal.as_raw();
        let error = Signals::new([Signals::USR2, number]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            error.to_string(),
            format!("signal {number} cannot be watched")
        );
    }
    assert!(Signals::new([12_345]).is_err(), "no such signal");
}

/// The handler stays when the last set is gone, so the process lives on.
#[test]
fn a_signal_once_watched_is_ignored_afterwards() {
    let signal = Signal::PROF.as_raw();
    drop(Signals::new([signal]).unwrap());
    kill_process(getpid(), Signal::PROF).unwrap();
    raise(signal).unwrap();
    let mut reactor = Reactor::new().unwrap();
    let key = reactor
        .insert(Signals::new([signal]).unwrap(), Interest::READABLE)
        .unwrap();
    raise(signal).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert_eq!(take(&reactor, key), [signal]);
}

/// A handler that is half installed must not swallow a signal: what has come can be waited for.
#[test]
fn a_signal_that_comes_while_a_set_is_made_is_reported() {
    let signal = Signal::URG.as_raw();
    let barrier = Arc::new(Barrier::new(2));
    for round in 0..3000 {
        let (start, mut reactor) = (Arc::clone(&barrier), Reactor::new().unwrap());
        let raising = thread::spawn(move || {
            start.wait();
            // At another moment each time.
            (0..round % 500).for_each(|_| std::hint::spin_loop());
            raise(signal).unwrap();
        });
        barrier.wait();
        let signals = Signals::new([signal]).unwrap();
        raising.join().unwrap();
        let key = reactor.insert(signals, Interest::READABLE).unwrap();
        let turn = reactor.turn(Some(Duration::ZERO)).unwrap();
        assert_eq!(
            turn.io == 1,
            !take(&reactor, key).is_empty(),
            "round {round}"
        );
    }
}
