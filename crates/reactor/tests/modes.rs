//! One-shot reports, and what every mode promises: no spinning, no lost reports, whole streams.

#[cfg(not(any(windows, polling_test_poll_backend)))]
#[path = "modes/edges.rs"]
mod edges;
mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use barewire_reactor::{Event, Input, Interest, Key, Mode, Output, Reactor, Ready};
use support::{PATIENCE, assert_quiet, events, pair, quiet_time, report_of, reset, until};

const EDGES: bool = !cfg!(any(windows, polling_test_poll_backend));

/// The modes that this system has.
fn modes() -> Vec<Mode> {
    let mut modes = vec![Mode::Level, Mode::Oneshot];
    modes.extend(EDGES.then_some(Mode::Edge));
    modes
}

/// Arms a one-shot source again; changes nothing in the other modes.
fn rearm(reactor: &mut Reactor, key: Key<TcpStream>, interest: Interest) {
    reactor.set_interest(key, interest).expect("held");
}

/// Whether a read says that a reset stream is over. Windows may call it an end.
fn over(read: std::io::Result<Input>) -> bool {
    read.map_or(true, |input| cfg!(windows) && input == Input::End)
}

#[test]
fn a_one_shot_source_is_silent_after_its_report() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor
        .insert_with(near, Interest::READABLE, Mode::Oneshot)
        .unwrap();
    far.write_all(b"one").unwrap();
    assert_eq!(report_of(&mut reactor, key.raw()), Ready::READABLE);
    assert_eq!(reactor.interest(key), Some(Interest::NONE));
    far.write_all(b"two").unwrap();
    assert_quiet(&mut reactor);

    for interest in [Interest::READABLE, Interest::READABLE | Interest::WRITABLE] {
        reactor.set_interest(key, interest).unwrap();
        let ready = report_of(&mut reactor, key.raw());
        assert!(ready.is_readable());
        assert_eq!(ready.is_writable(), interest.contains(Interest::WRITABLE));
        assert_eq!(reactor.interest(key), Some(Interest::NONE));
        assert_quiet(&mut reactor);
    }
    let mut buf = [0; 8];
    assert_eq!(reactor.read(key, &mut buf).unwrap(), Input::Bytes(6));
    assert_eq!(&buf[..6], b"onetwo");
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert_quiet(&mut reactor);
}

#[test]
fn a_one_shot_report_not_taken_comes_again() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor
        .insert_with(near, Interest::READABLE, Mode::Oneshot)
        .unwrap();
    far.write_all(b"x").unwrap();
    for _ in 0..3 {
        assert_eq!(reactor.turn(Some(PATIENCE)).unwrap().io, 1);
    }
    assert_eq!(
        events(&mut reactor),
        [Event::Io {
            key: key.raw(),
            ready: Ready::READABLE
        }]
    );
    assert_quiet(&mut reactor);
}

#[test]
fn a_hang_up_of_a_silent_one_shot_source_does_not_spin() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor
        .insert_with(near, Interest::READABLE, Mode::Oneshot)
        .unwrap();
    far.write_all(b"x").unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    reset(far);
    let (seen, waits) = quiet_time(&mut reactor);
    assert!(
        seen.len() <= 1 && waits < 20,
        "{seen:?}, {waits} waits in 200 ms"
    );
    for event in seen {
        assert!(
            matches!(event, Event::Io { ready, .. } if !ready.intersects(Ready::READABLE | Ready::WRITABLE))
        );
    }
    assert_quiet(&mut reactor);
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert_quiet(&mut reactor);
    // Some systems keep what came before the reset.
    let mut buf = [0; 8];
    if let Ok(input) = reactor.read(key, &mut buf) {
        assert_eq!(input, Input::Bytes(1));
        assert!(over(reactor.read(key, &mut buf)));
    }
}

#[test]
fn a_system_without_edges_says_so_and_gives_the_source_back() {
    let mut reactor = Reactor::new().unwrap();
    assert_eq!(reactor.supports_edge(), EDGES);
    let (near, mut far) = pair();
    match (
        reactor.insert_with(near, Interest::READABLE, Mode::Edge),
        EDGES,
    ) {
        (Ok(key), true) => assert!(reactor.remove(key).is_some()),
        (Err(refused), false) => {
            assert_eq!(refused.error.kind(), ErrorKind::Unsupported);
            assert_eq!(
                refused.error.to_string(),
                format!(
                    "the poller of this system ({}) has no edge-triggered mode; use Mode::Level or Mode::Oneshot",
                    std::env::consts::OS
                )
            );
            assert_eq!((reactor.source_count(), reactor.stats().adds), (0, 0));
            far.write_all(b"still a stream").unwrap();
            let key = reactor.insert(refused.source, Interest::READABLE).unwrap();
            assert!(report_of(&mut reactor, key.raw()).is_readable());
        }
        (inserted, _) => panic!("{inserted:?}"),
    }
}

#[test]
fn a_paused_source_whose_peer_resets_is_told_once_in_every_mode() {
    for mode in modes() {
        let mut reactor = Reactor::new().unwrap();
        let (near, far) = pair();
        let key = reactor.insert_with(near, Interest::READABLE, mode).unwrap();
        reactor.set_interest(key, Interest::NONE).unwrap();
        reset(far);
        let (seen, waits) = quiet_time(&mut reactor);
        assert!(
            seen.len() <= 1 && waits < 20,
            "{mode:?}: {seen:?}, {waits} waits"
        );
        assert_quiet(&mut reactor);
        reactor.set_interest(key, Interest::READABLE).unwrap();
        assert!(report_of(&mut reactor, key.raw()).is_readable());
        assert!(over(reactor.read(key, &mut [0; 8])));
    }
}

#[test]
fn a_half_closed_stream_takes_our_writes_in_every_mode() {
    for mode in modes() {
        let mut reactor = Reactor::new().unwrap();
        let (near, mut far) = pair();
        let key = reactor.insert_with(near, Interest::READABLE, mode).unwrap();
        far.write_all(b"question").unwrap();
        far.shutdown(Shutdown::Write).unwrap();
        let mut question = Vec::new();
        until(&mut reactor, |reactor, event| {
            while event.is_some() {
                let mut buf = [0; 3];
                match reactor.read(key, &mut buf).expect("a read") {
                    Input::Bytes(n) => question.extend_from_slice(&buf[..n]),
                    Input::End => return true,
                    Input::Blocked => {
                        rearm(reactor, key, Interest::READABLE);
                        break;
                    }
                }
            }
            false
        });
        assert_eq!(question, b"question");
        reactor.set_interest(key, Interest::NONE).unwrap();
        assert_quiet(&mut reactor);
        assert_eq!(reactor.write(key, b"answer").unwrap(), Output::Bytes(6));
        drop(reactor.remove(key));
        let mut answer = String::new();
        far.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "answer");
    }
}

#[test]
fn a_reset_while_writes_are_queued_is_an_error_in_every_mode() {
    for mode in modes() {
        let mut reactor = Reactor::new().unwrap();
        let (near, far) = pair();
        let key = reactor.insert_with(near, Interest::WRITABLE, mode).unwrap();
        let mut far = Some(far);
        let failed = |error: std::io::Error| {
            matches!(
                error.kind(),
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
            )
        };
        until(&mut reactor, |reactor, event| {
            while event.is_some() {
                match reactor.write(key, &[7; 64 * 1024]) {
                    Ok(Output::Bytes(_)) => {}
                    Ok(Output::Blocked) => {
                        // Full, or out of turn; either way bytes are left to be written.
                        if reactor.stats().turns > 3
                            && let Some(far) = far.take()
                        {
                            reset(far);
                        }
                        rearm(reactor, key, Interest::WRITABLE);
                        break;
                    }
                    Err(error) => {
                        assert!(failed(error), "{mode:?}");
                        return true;
                    }
                }
            }
            // Once full nothing is reported, so the reset may have to come from here.
            if event.is_none()
                && let Some(far) = far.take_if(|_| reactor.stats().turns > 3)
            {
                reset(far);
            }
            false
        });
    }
}

/// <https://www.rfc-editor.org/rfc/rfc9293#section-3.8.5>: urgent data is a mark in the stream.
#[cfg(unix)]
#[test]
fn an_urgent_byte_leaves_the_stream_whole_in_every_mode() {
    use rustix::net::{SendFlags, send};
    for mode in modes() {
        let mut reactor = Reactor::new().unwrap();
        let (near, mut far) = pair();
        let key = reactor.insert_with(near, Interest::READABLE, mode).unwrap();
        far.write_all(b"before").unwrap();
        assert_eq!(send(&far, b"!", SendFlags::OOB).unwrap(), 1);
        far.write_all(b"after").unwrap();
        let mut got = Vec::new();
        let mut reports = 0;
        until(&mut reactor, |reactor, event| {
            if event.is_some() {
                reports += 1;
                loop {
                    let mut buf = [0; 64];
                    match reactor.read(key, &mut buf).expect("a read") {
                        Input::Bytes(n) => got.extend_from_slice(&buf[..n]),
                        Input::Blocked => break,
                        Input::End => panic!("the end"),
                    }
                }
                rearm(reactor, key, Interest::READABLE);
            }
            got.len() >= 11
        });
        assert_eq!(got, b"beforeafter", "{mode:?}");
        assert!(reports < 10, "{mode:?}: {reports} reports");
        let (seen, waits) = quiet_time(&mut reactor);
        assert!(
            seen.len() <= 1 && waits < 20,
            "{mode:?}: {seen:?}, {waits} waits"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_urgent_byte_is_told_beside_the_rest_of_the_stream() {
    use rustix::net::{RecvFlags, SendFlags, recv, send};
    for mode in modes() {
        let mut reactor = Reactor::new().unwrap();
        let (near, mut far) = pair();
        let interest = Interest::READABLE | Interest::PRIORITY;
        let key = reactor.insert_with(near, interest, mode).unwrap();
        assert_eq!(send(&far, b"!", SendFlags::OOB).unwrap(), 1);
        let mut told = Ready::NONE;
        until(&mut reactor, |_, event| {
            if let Some(Event::Io { ready, .. }) = event {
                told |= ready;
            }
            told.is_priority()
        });
        let mut byte = [0];
        let (n, _) = recv(reactor.get(key).unwrap(), &mut byte, RecvFlags::OOB).unwrap();
        assert_eq!((n, &byte), (1, b"!"));
        rearm(&mut reactor, key, interest);
        let (seen, waits) = quiet_time(&mut reactor);
        assert!(
            seen.len() <= 1 && waits < 20,
            "{mode:?}: {seen:?}, {waits} waits"
        );
        far.write_all(b"rest").unwrap();
        assert!(report_of(&mut reactor, key.raw()).is_readable());
        assert_eq!(reactor.read(key, &mut [0; 8]).unwrap(), Input::Bytes(4));
    }
}
