//! What peers do: hang up, reset, half-close, send urgent bytes, send nothing.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use barewire_reactor::{Event, Input, Interest, Key, Output, Reactor, Ready};
use support::{PATIENCE, events, events_within, pair, quiet_time, report_of, reset, until};

/// Reads until the system has no more or the connection is over; `None` for an error.
fn drain(reactor: &mut Reactor, key: Key<TcpStream>) -> Option<Input> {
    loop {
        match reactor.read(key, &mut [0; 4096]) {
            Ok(Input::Bytes(_)) => {}
            Ok(end) => return Some(end),
            Err(_) => return None,
        }
    }
}

#[test]
fn a_paused_source_whose_peer_resets_does_not_spin() {
    let mut reactor = Reactor::new().unwrap();
    let (near, far) = pair();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    reactor.set_interest(key, Interest::NONE).unwrap();
    reset(far);
    let (seen, waits) = quiet_time(&mut reactor);
    assert!(seen.len() <= 1, "{seen:?}");
    for event in &seen {
        let Event::Io { key: told, ready } = *event else {
            panic!("{event:?}")
        };
        assert_eq!(told, key.raw());
        assert!(ready.is_closed() || ready.is_error());
        assert!(!ready.intersects(Ready::READABLE | Ready::WRITABLE));
    }
    assert!(waits < 20, "{waits} waits in 200 ms");
    #[cfg(target_os = "linux")]
    assert_eq!((seen.len(), reactor.stats().detached), (1, 1));

    // Pausing again changes nothing; resuming tells the rest.
    reactor.set_interest(key, Interest::NONE).unwrap();
    assert!(quiet_time(&mut reactor).0.is_empty());
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    match drain(&mut reactor, key) {
        None => {}
        // Wine's server takes the error from the socket to answer a poll; what is left to read is an end.
        Some(Input::End) if cfg!(windows) => {}
        other => panic!("a reset is an error, not {other:?}"),
    }
}

#[test]
fn a_paused_source_whose_peer_finishes_is_quiet_and_keeps_its_bytes() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor.insert(near, Interest::NONE).unwrap();
    far.write_all(b"last words").unwrap();
    drop(far);
    let (seen, waits) = quiet_time(&mut reactor);
    assert_eq!(seen, []);
    assert!(waits < 20, "{waits} waits in 200 ms");
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    let mut buf = [0; 64];
    assert_eq!(reactor.read(key, &mut buf).unwrap(), Input::Bytes(10));
    assert_eq!(reactor.read(key, &mut buf).unwrap(), Input::End);
}

#[test]
fn a_paused_source_may_be_removed_after_its_peer_reset() {
    let mut reactor = Reactor::new().unwrap();
    let (near, far) = pair();
    let key = reactor.insert(near, Interest::NONE).unwrap();
    reset(far);
    quiet_time(&mut reactor);
    assert!(reactor.remove(key).is_some());
    assert_eq!(reactor.stats().leaked, 0);
    assert!(events_within(&mut reactor, Duration::ZERO).is_empty());
}

#[test]
fn write_interest_is_only_armed_with_bytes_to_write() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    let chunk = [7; 64 * 1024];
    let mut sent = 0;
    while let Output::Bytes(n) = reactor.write(key, &chunk).unwrap() {
        sent += n;
        if reactor.stats().budget_stops == 0 && sent % (256 * 1024) == 0 {
            events_within(&mut reactor, Duration::ZERO);
        }
    }
    reactor
        .set_interest(key, Interest::READABLE | Interest::WRITABLE)
        .unwrap();
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        far.read_to_end(&mut all).map(|_| all.len())
    });
    let mut turns = 0;
    until(&mut reactor, |reactor, event| {
        turns += 1;
        if !matches!(event, Some(Event::Io { ready, .. }) if ready.is_writable()) {
            return false;
        }
        while let Output::Bytes(n) = reactor.write(key, &chunk).expect("a write") {
            sent += n;
            if sent > 8 << 20 {
                return true;
            }
        }
        false
    });
    reactor.set_interest(key, Interest::READABLE).unwrap();
    let (seen, waits) = quiet_time(&mut reactor);
    assert!(
        seen.is_empty() && waits < 20,
        "nothing to write, nothing to hear"
    );
    assert_eq!(reactor.stats().modifies, 2);
    drop(reactor.remove(key));
    assert_eq!(reader.join().unwrap().unwrap(), sent);
}

#[test]
fn a_steady_echo_changes_no_interest() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    let before = reactor.stats();
    let mut buf = [0; 64];
    for n in 0..200u8 {
        far.write_all(&[n]).unwrap();
        assert!(report_of(&mut reactor, key.raw()).is_readable());
        assert_eq!(reactor.read(key, &mut buf).unwrap(), Input::Bytes(1));
        assert_eq!(reactor.write(key, &buf[..1]).unwrap(), Output::Bytes(1));
        reactor.set_interest(key, Interest::READABLE).unwrap();
        far.read_exact(&mut buf[..1]).unwrap();
        assert_eq!(buf[0], n);
    }
    let after = reactor.stats();
    assert_eq!(
        (after.adds, after.modifies, after.deletes),
        (before.adds, 0, 0)
    );
    assert_eq!(after.io_events - before.io_events, 200);
    assert_eq!(after.waits, after.turns);
}

#[test]
fn half_closed_by_the_peer_still_takes_our_writes() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    far.shutdown(Shutdown::Write).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert_eq!(reactor.read(key, &mut [0; 8]).unwrap(), Input::End);
    reactor.set_interest(key, Interest::NONE).unwrap();
    let bufs = [
        std::io::IoSlice::new(b"still "),
        std::io::IoSlice::new(b"here"),
    ];
    assert_eq!(
        reactor.write_vectored(key, &bufs).unwrap(),
        Output::Bytes(10)
    );
    drop(reactor.remove(key));
    let mut all = String::new();
    far.read_to_string(&mut all).unwrap();
    assert_eq!(all, "still here");
}

#[test]
fn a_reset_while_bytes_wait_to_be_written_is_an_error_of_the_write() {
    let mut reactor = Reactor::new().unwrap();
    let (near, far) = pair();
    let key = reactor.insert(near, Interest::WRITABLE).unwrap();
    let chunk = [7; 64 * 1024];
    let mut far = Some(far);
    until(&mut reactor, |reactor, event| {
        if event.is_none() {
            return false;
        }
        loop {
            match reactor.write(key, &chunk) {
                Ok(Output::Bytes(_)) => {}
                Ok(Output::Blocked) => {
                    if let Some(far) = far.take() {
                        reset(far);
                    }
                    return false;
                }
                Err(error) => {
                    assert!(matches!(
                        error.kind(),
                        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                    ));
                    return true;
                }
            }
        }
    });
}

/// <https://www.rfc-editor.org/rfc/rfc9293#section-3.8.5>: urgent data is a mark in the stream.
#[cfg(unix)]
#[test]
fn an_urgent_byte_does_not_spin_and_leaves_the_stream_whole() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    let urgent = socket2::SockRef::from(&far).send_out_of_band(b"!").unwrap();
    assert_eq!(urgent, 1);
    let mut got = Vec::new();
    let mut turns = 0;
    let mut sent = false;
    until(&mut reactor, |reactor, event| {
        turns += 1;
        if event.is_some() {
            let mut buf = [0; 64];
            if let Input::Bytes(n) = reactor.read(key, &mut buf).expect("a read") {
                got.extend_from_slice(&buf[..n]);
            }
        } else if !sent {
            far.write_all(b"ordinary").expect("room");
            sent = true;
        }
        got.len() >= 8
    });
    assert_eq!(got, b"ordinary");
    assert!(turns < 50, "{turns} turns");
    let (seen, waits) = quiet_time(&mut reactor);
    assert!(seen.is_empty() && waits < 20, "{seen:?}, {waits} waits");
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[test]
fn urgent_data_is_told_to_those_who_ask() {
    let mut reactor = Reactor::new().unwrap();
    let (near, far) = pair();
    let (asked, told) = if cfg!(polling_test_poll_backend) {
        (
            Interest::READABLE | Interest::PRIORITY,
            Ready::READABLE | Ready::PRIORITY,
        )
    } else {
        (Interest::PRIORITY, Ready::PRIORITY)
    };
    let key = reactor.insert(near, asked).unwrap();
    assert_eq!(
        socket2::SockRef::from(&far).send_out_of_band(b"!").unwrap(),
        1
    );
    assert_eq!(report_of(&mut reactor, key.raw()), told);
    let mut byte = [std::mem::MaybeUninit::uninit()];
    let got = socket2::SockRef::from(reactor.get(key).unwrap()).recv_out_of_band(&mut byte);
    assert_eq!(got.unwrap(), 1);
    assert!(quiet_time(&mut reactor).0.is_empty());
}

#[test]
fn readiness_that_someone_else_used_up_is_harmless() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    let thief = reactor.get(key).unwrap().try_clone().unwrap();
    far.write_all(b"x").unwrap();
    reactor.turn(Some(PATIENCE)).unwrap();
    assert_eq!((&thief).read(&mut [0; 8]).unwrap(), 1);
    assert!(matches!(reactor.next(), Some(Event::Io { .. })));
    assert_eq!(reactor.read(key, &mut [0; 8]).unwrap(), Input::Blocked);
    assert!(quiet_time(&mut reactor).0.is_empty());
}

#[test]
fn an_interest_dropped_within_the_turn_is_not_told() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    far.write_all(b"x").unwrap();
    reactor.turn(Some(PATIENCE)).unwrap();
    reactor.set_interest(key, Interest::NONE).unwrap();
    assert_eq!(reactor.next(), None);
    assert_eq!(reactor.stats().detached, 0);
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert_eq!(report_of(&mut reactor, key.raw()), Ready::READABLE);
}

#[test]
fn an_empty_buffer_is_not_the_end() {
    let mut reactor = Reactor::new().unwrap();
    let (near, _far) = pair();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    assert_eq!(reactor.read(key, &mut []).unwrap(), Input::Bytes(0));
    assert_eq!(reactor.write(key, &[]).unwrap(), Output::Bytes(0));
    assert_eq!(reactor.write_vectored(key, &[]).unwrap(), Output::Bytes(0));
}

#[test]
fn datagrams_empty_cut_and_refused() {
    let mut reactor = Reactor::new().unwrap();
    let far = UdpSocket::bind("127.0.0.1:0").unwrap();
    let near = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (near_address, far_address) = (near.local_addr().unwrap(), far.local_addr().unwrap());
    near.connect(far_address).unwrap();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    let mut buf = [0; 4];

    far.send_to(b"", near_address).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert_eq!(reactor.get(key).unwrap().recv(&mut buf).unwrap(), 0);

    far.send_to(b"too long", near_address).unwrap();
    report_of(&mut reactor, key.raw());
    // Windows calls the cut an error, everyone else cuts in silence.
    if let Ok(n) = reactor.get(key).unwrap().recv(&mut buf) {
        assert_eq!(&buf[..n], b"too ");
    }

    // Nobody is there: the news comes back as an error of a later call, and the socket lives on.
    drop(far);
    let mut refused = 0;
    for _ in 0..3 {
        refused += usize::from(reactor.get(key).unwrap().send(b"anyone?").is_err());
        let end = Instant::now() + Duration::from_secs(2);
        while refused == 0 && Instant::now() < end {
            events_within(&mut reactor, Duration::from_millis(50));
            match reactor.get(key).unwrap().recv(&mut buf) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => refused += 1,
                Ok(_) => panic!("nobody is there"),
            }
        }
    }
    assert!(refused > 0);
    let Ok(far) = UdpSocket::bind(far_address) else {
        return;
    };
    far.send_to(b"back", near_address).unwrap();
    until(&mut reactor, |reactor, _| {
        reactor
            .get(key)
            .expect("still held")
            .recv(&mut buf)
            .is_ok_and(|n| &buf[..n] == b"back")
    });
}

#[test]
fn a_broadcast_without_leave_fails_once_and_for_that_datagram() {
    let mut reactor = Reactor::new().unwrap();
    let key = reactor
        .insert(UdpSocket::bind("127.0.0.1:0").unwrap(), Interest::READABLE)
        .unwrap();
    let socket = reactor.get(key).unwrap();
    assert!(socket.send_to(b"x", "255.255.255.255:9").is_err());
    let (seen, waits) = quiet_time(&mut reactor);
    assert!(seen.is_empty() && waits < 20);
}

#[test]
fn operations_on_a_removed_source_say_so() {
    let mut reactor = Reactor::new().unwrap();
    let (near, _far) = pair();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    reactor.remove(key);
    let told = "no such source: it was removed, is of another type, or belongs to another reactor";
    let check = |error: std::io::Error| {
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::NotFound, told)
        );
    };
    check(reactor.read(key, &mut [0]).unwrap_err());
    check(reactor.read(key, &mut []).unwrap_err());
    check(reactor.write(key, b"x").unwrap_err());
    check(reactor.write(key, b"").unwrap_err());
    check(reactor.write_vectored(key, &[]).unwrap_err());
    check(reactor.set_interest(key, Interest::NONE).unwrap_err());
}

#[test]
fn a_refused_connect_is_told_as_writable_with_its_error_waiting() {
    let free = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_nonblocking(true).unwrap();
    // Some systems refuse at once.
    if let Err(error) = socket.connect(&free.into())
        && error.kind() == ErrorKind::ConnectionRefused
    {
        return;
    }
    let mut reactor = Reactor::new().unwrap();
    let key = reactor
        .insert(TcpStream::from(socket), Interest::WRITABLE)
        .unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_writable());
    let verdict = reactor.get(key).unwrap().take_error().unwrap();
    assert_eq!(
        verdict.map(|error| error.kind()),
        Some(ErrorKind::ConnectionRefused)
    );
    reactor.remove(key);
    assert!(events_within(&mut reactor, Duration::ZERO).is_empty());
}

#[test]
fn a_connect_that_succeeds_is_told_as_writable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_nonblocking(true).unwrap();
    let _ = socket.connect(&address.into());
    let mut reactor = Reactor::new().unwrap();
    let key = reactor
        .insert(TcpStream::from(socket), Interest::WRITABLE)
        .unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_writable());
    let stream = reactor.get(key).unwrap();
    assert!(stream.take_error().unwrap().is_none());
    assert_eq!(stream.peer_addr().unwrap(), address);
    assert_eq!(events(&mut reactor).len(), 1);
}
