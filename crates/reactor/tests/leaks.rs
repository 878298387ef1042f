//! Descriptors counted before and after. A program of its own with one test: others would open some meanwhile.
#![cfg(target_os = "linux")]

mod support;

use std::fs::File;
use std::io::pipe;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use barewire_reactor::{ChildExit, Interest, Mode, Reactor, Signals, Stdin, channel, select};
use support::{events_within, pair};

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd")
        .expect("a list of descriptors")
        .count()
}

#[track_caller]
fn check(rounds: usize, mut round: impl FnMut()) {
    // What is set up at first use stays.
    round();
    let before = open_descriptors();
    for _ in 0..rounds {
        round();
    }
    assert_eq!(open_descriptors(), before);
}

#[test]
fn no_descriptor_is_left_behind() {
    let (near, _far) = pair();
    let file = tempfile::tempfile().unwrap();
    let (reader, writer) = pipe().unwrap();
    check(1000, || {
        select(
            &[&near, &reader, &file],
            &[&writer],
            &[&near],
            Some(Duration::ZERO),
        )
        .unwrap();
    });
    // Refused: a file, and a receiver with edges.
    let mut reactor = Reactor::new().unwrap();
    check(100, || {
        let file = file.try_clone().unwrap();
        let refused = reactor.insert(file, Interest::READABLE).unwrap_err();
        let before = open_descriptors();
        drop(refused);
        assert_eq!(open_descriptors(), before - 1, "it was given back");
        let (_, receiver) = channel::<File>(1);
        let refused = reactor.insert_with(receiver, Interest::READABLE, Mode::Edge);
        assert!(refused.is_err());
    });
    check(100, every_kind_of_source);
}

fn every_kind_of_source() {
    let mut reactor = Reactor::new().expect("a reactor");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let client = TcpStream::connect(listener.local_addr().expect("an address")).expect("room");
    let (reader, writer) = pipe().expect("room");
    let mut child = std::process::Command::new("true").spawn().expect("room");
    let (sender, receiver) = channel(4);
    // A descriptor on its way is closed with the channel.
    sender
        .send(File::open("/dev/null").expect("room"))
        .expect("room");
    let listener = reactor.insert(listener, Interest::READABLE).expect("room");
    let key = reactor.insert(client, Interest::NONE).expect("room");
    reactor
        .insert(
            UdpSocket::bind("127.0.0.1:0").expect("room"),
            Interest::WRITABLE,
        )
        .expect("room");
    reactor.insert(reader, Interest::READABLE).expect("room");
    reactor
        .insert_with(writer, Interest::WRITABLE, Mode::Oneshot)
        .expect("room");
    let exit = ChildExit::of(&child).expect("room");
    reactor.insert(exit, Interest::READABLE).expect("room");
    reactor
        .insert(
            Signals::new([Signals::USR1, Signals::USR2]).expect("room"),
            Interest::READABLE,
        )
        .expect("room");
    reactor.insert(receiver, Interest::READABLE).expect("room");
    let (input, _writer) = pipe().expect("room");
    let input = Stdin::from_fd(input.into());
    reactor.insert(input, Interest::READABLE).expect("room");
    child.wait().expect("room");
    events_within(&mut reactor, Duration::ZERO);
    drop(reactor.accept(listener).expect("room"));
    assert!(reactor.remove(key).is_some());
    assert_eq!(reactor.stats().leaked, 0);
}
