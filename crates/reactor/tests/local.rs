//! Unix-domain sockets: datagrams with back-pressure and edges of messages, streams that pass on everything.
#![cfg(unix)]

mod support;

use std::io::{Read, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};

use barewire_reactor::{Event, Input, Interest, Output, Reactor, Ready};
use support::{assert_quiet, report_of, until};

#[test]
fn datagrams_keep_their_edges_and_their_order() {
    let mut reactor = Reactor::new().unwrap();
    let (near, far) = UnixDatagram::pair().unwrap();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    for datagram in [&b"three"[..], b"", b"longer than the buffer"] {
        far.send(datagram).unwrap();
    }
    let mut got = Vec::new();
    until(&mut reactor, |reactor, event| {
        let mut buf = [0; 8];
        while event.is_some() {
            match reactor.read_with(key, |socket| socket.recv(&mut buf)) {
                Ok(Input::Bytes(n)) => got.push(buf[..n].to_vec()),
                Ok(Input::Blocked) => break,
                other => panic!("{other:?}"),
            }
        }
        got.len() == 3
    });
    assert_eq!(got, [&b"three"[..], b"", b"longer t"]);
    assert_quiet(&mut reactor);
}

#[test]
fn a_full_queue_of_datagrams_blocks_until_it_is_read() {
    let mut reactor = Reactor::new().unwrap();
    let (near, far) = UnixDatagram::pair().unwrap();
    let key = reactor.insert(near, Interest::NONE).unwrap();
    let mut sent = 0u32;
    let send = |reactor: &mut Reactor, n: u32| {
        reactor
            .write_with(key, |socket| socket.send(&n.to_ne_bytes()))
            .expect("a send")
    };
    while send(&mut reactor, sent) == Output::Bytes(4) {
        sent += 1;
        assert!(sent < 100_000, "the queue has an end");
        if sent.is_multiple_of(32) {
            // A share of its own for every few.
            support::events_within(&mut reactor, std::time::Duration::ZERO);
        }
    }
    assert_eq!(reactor.stats().budget_stops, 0);
    reactor.set_interest(key, Interest::WRITABLE).unwrap();
    #[cfg(target_os = "linux")]
    assert_quiet(&mut reactor);
    let mut number = [0; 4];
    for n in 0..sent {
        assert_eq!(far.recv(&mut number).unwrap(), 4);
        assert_eq!(u32::from_ne_bytes(number), n);
    }
    assert_eq!(report_of(&mut reactor, key.raw()), Ready::WRITABLE);
    assert_eq!(send(&mut reactor, sent), Output::Bytes(4));
}

#[test]
fn a_datagram_socket_outlives_its_peer() {
    let mut reactor = Reactor::new().unwrap();
    let (near, far) = UnixDatagram::pair().unwrap();
    let key = reactor.insert(near, Interest::NONE).unwrap();
    far.send(b"kept").unwrap();
    drop(far);
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    let mut buf = [0; 8];
    let read = reactor.read_with(key, |socket| socket.recv(&mut buf));
    assert_eq!(read.unwrap(), Input::Bytes(4));
    assert_eq!(&buf[..4], b"kept");
    assert!(reactor.write_with(key, |socket| socket.send(b"x")).is_err());
    assert_quiet(&mut reactor);
}

#[test]
fn a_pair_of_streams_passes_everything_both_ways() {
    const BYTES: usize = 4 << 20;
    let mut reactor = Reactor::new().unwrap();
    let (near, far) = UnixStream::pair().unwrap();
    let both = Interest::READABLE | Interest::WRITABLE;
    let key = reactor.insert(near, both).unwrap();
    let echo = std::thread::spawn(move || {
        let mut buf = [0; 10_000];
        loop {
            match (&far).read(&mut buf).expect("a read") {
                0 => return,
                n => (&far).write_all(&buf[..n]).expect("a write"),
            }
        }
    });
    let byte_at = |n: usize| (n % 253) as u8;
    let (mut sent, mut got) = (0, 0);
    until(&mut reactor, |reactor, event| {
        let Some(Event::Io { ready, .. }) = event else {
            return got == BYTES;
        };
        if ready.is_writable() && sent < BYTES {
            let chunk: Vec<u8> = (sent..BYTES.min(sent + 7_919)).map(byte_at).collect();
            if let Output::Bytes(n) = reactor.write(key, &chunk).expect("a write") {
                sent += n;
            }
            if sent == BYTES {
                reactor.set_interest(key, Interest::READABLE).expect("held");
            }
        }
        if ready.is_readable() {
            let mut buf = [0; 16 * 1024];
            match reactor.read(key, &mut buf).expect("a read") {
                Input::Bytes(n) => {
                    for byte in &buf[..n] {
                        assert_eq!(*byte, byte_at(got), "at {got}");
                        got += 1;
                    }
                }
                Input::Blocked => {}
                Input::End => panic!("the end"),
            }
        }
        got == BYTES
    });
    drop(reactor);
    echo.join().unwrap();
}
