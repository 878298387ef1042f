//! Children as sources: each exit is told once, with the status left to be taken.
#![cfg(target_os = "linux")]

mod support;

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use barewire_reactor::{ChildExit, Event, Interest, Mode, Reactor, Ready};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use support::{assert_quiet, report_of, until};

/// A child that lives until its standard input is closed, and exits with this code.
fn patient_child(code: i32) -> Child {
    Command::new("sh")
        .args(["-c", &format!("read line; exit {code}")])
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell")
}

#[test]
fn a_child_is_told_when_it_exits() {
    let mut reactor = Reactor::new().unwrap();
    let mut child = patient_child(7);
    let exit = ChildExit::of(&child).unwrap();
    let key = reactor.insert(exit, Interest::READABLE).unwrap();
    assert_quiet(&mut reactor);
    assert!(child.try_wait().unwrap().is_none());
    drop(child.stdin.take());
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    let status = child.try_wait().unwrap().expect("it has exited");
    assert_eq!(status.code(), Some(7));
    assert!(reactor.remove(key).is_some());
    assert_quiet(&mut reactor);
}

#[test]
fn a_child_that_has_exited_already_is_told_at_once() {
    let mut reactor = Reactor::new().unwrap();
    let mut child = Command::new("true").spawn().unwrap();
    // Waits without taking the status.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(Pid::from_child(&child)), options).unwrap();
    let exit = ChildExit::of(&child).unwrap();
    let key = reactor.insert(exit, Interest::READABLE).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert!(child.try_wait().unwrap().expect("it has exited").success());
}

#[test]
fn a_child_killed_by_a_signal_has_exited_too() {
    for signal in [Signal::TERM, Signal::KILL] {
        let mut reactor = Reactor::new().unwrap();
        let mut child = patient_child(0);
        let exit = ChildExit::of(&child).unwrap();
        let key = reactor.insert(exit, Interest::READABLE).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert!(report_of(&mut reactor, key.raw()).is_readable());
        let status = child.try_wait().unwrap().expect("it has exited");
        assert_eq!(status.signal(), Some(signal.as_raw()));
    }
}

#[test]
fn a_child_that_has_been_waited_for_cannot_be_watched() {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    let error = ChildExit::of(&child).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(Errno::SRCH.raw_os_error()));
}

/// The status is the caller's to take; taking it early spoils nothing.
#[test]
fn a_child_waited_for_after_it_is_watched_is_still_told() {
    let mut reactor = Reactor::new().unwrap();
    let mut child = patient_child(0);
    let exit = ChildExit::of(&child).unwrap();
    let key = reactor
        .insert_with(exit, Interest::READABLE, Mode::Oneshot)
        .unwrap();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert_quiet(&mut reactor);
}

#[test]
fn a_paused_exit_does_not_spin() {
    let mut reactor = Reactor::new().unwrap();
    let mut child = patient_child(0);
    let exit = ChildExit::of(&child).unwrap();
    let key = reactor.insert(exit, Interest::NONE).unwrap();
    drop(child.stdin.take());
    child.wait().unwrap();
    let (seen, waits) = support::quiet_time(&mut reactor);
    let told = |event: &Event| matches!(event, Event::Io { ready, .. } if ready.is_readable());
    assert!(
        seen.len() <= 1 && !seen.iter().any(told) && waits < 20,
        "{seen:?}, {waits} waits in 200 ms"
    );
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert!(report_of(&mut reactor, key.raw()).contains(Ready::READABLE));
}

#[test]
fn many_children_at_once_are_told_once_each() {
    const CHILDREN: usize = 50;
    let mut reactor = Reactor::new().unwrap();
    let mut children: Vec<_> = (0..CHILDREN)
        .map(|n| {
            let child = patient_child(n as i32);
            let exit = ChildExit::of(&child).unwrap();
            let key = reactor.insert(exit, Interest::READABLE).unwrap();
            (key, child)
        })
        .collect();
    // In another order than they were made.
    for n in 0..CHILDREN {
        drop(children[n * 7 % CHILDREN].1.stdin.take());
    }
    let mut exited = 0;
    until(&mut reactor, |reactor, event| {
        let Some(Event::Io { key, .. }) = event else {
            return exited == CHILDREN;
        };
        let place = children.iter().position(|(other, _)| other.raw() == key);
        let place = place.expect("one of them");
        let (key, child) = &mut children[place];
        let status = child.try_wait().expect("a child").expect("it has exited");
        assert_eq!(status.code(), Some(place as i32));
        assert!(reactor.remove(*key).is_some(), "told once");
        exited += 1;
        exited == CHILDREN
    });
    assert_eq!(reactor.source_count(), 0);
    assert_eq!(reactor.stats().io_events, CHILDREN as u64);
}
