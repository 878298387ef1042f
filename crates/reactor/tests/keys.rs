//! Sources that come and go while events are being handled.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use barewire_reactor::{Config, Event, Interest, Key, Reactor, Ready};
use support::{PATIENCE, events, events_within, pair, report_of};

/// `n` streams that are all readable, and their far ends.
fn readable(reactor: &mut Reactor, n: usize) -> Vec<(Key<TcpStream>, TcpStream)> {
    let all: Vec<_> = (0..n)
        .map(|_| {
            let (near, mut far) = pair();
            far.write_all(b"x").expect("a byte");
            // Arrived before it is watched, so that one wait reports all of them.
            near.set_read_timeout(Some(PATIENCE)).expect("a time-out");
            near.peek(&mut [0]).expect("the byte");
            (reactor.insert(near, Interest::READABLE).expect("room"), far)
        })
        .collect();
    all
}

#[test]
fn a_source_removed_by_its_sibling_is_not_told() {
    let mut reactor = Reactor::new().unwrap();
    let all = readable(&mut reactor, 2);
    assert_eq!(reactor.turn(Some(PATIENCE)).unwrap().io, 2);
    let Some(Event::Io { key, .. }) = reactor.next() else {
        panic!("two are readable")
    };
    for (other, _) in all.iter().filter(|(other, _)| other.raw() != key) {
        assert!(reactor.remove(*other).is_some());
    }
    assert_eq!(reactor.next(), None);
    assert_eq!(reactor.stats().stale_dropped, 1);
}

#[test]
fn the_next_tenant_of_a_place_hears_nothing_of_the_last() {
    let mut reactor = Reactor::new().unwrap();
    let all = readable(&mut reactor, 2);
    reactor.turn(Some(PATIENCE)).unwrap();
    let Some(Event::Io { key, .. }) = reactor.next() else {
        panic!("two are readable")
    };
    let (old, _) = all.iter().find(|(other, _)| other.raw() != key).unwrap();
    // Closed at once: a new socket gets the same descriptor as well as the same index.
    drop(reactor.remove(*old));
    let newcomer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let newcomer = reactor.insert(newcomer, Interest::READABLE).unwrap();
    assert_eq!(newcomer.raw().index(), old.raw().index());
    assert_eq!(reactor.next(), None);
    assert!(reactor.get(*old).is_none());
    assert!(reactor.interest(*old).is_none());
    assert!(reactor.set_interest(*old, Interest::WRITABLE).is_err());
}

#[test]
fn handlers_may_remove_themselves_and_everyone() {
    let mut reactor = Reactor::new().unwrap();
    let all = readable(&mut reactor, 8);
    reactor.turn(Some(PATIENCE)).unwrap();
    let Some(Event::Io { key, .. }) = reactor.next() else {
        panic!("eight are readable")
    };
    assert!(reactor.remove(key.typed::<TcpStream>()).is_some());
    assert!(reactor.remove(key.typed::<TcpStream>()).is_none());
    for (key, _) in &all {
        reactor.remove(*key);
    }
    assert_eq!(reactor.next(), None);
    assert_eq!(reactor.source_count(), 0);
    assert!(events_within(&mut reactor, Duration::ZERO).is_empty());
}

#[test]
fn descriptors_are_used_again_without_confusion() {
    let mut reactor = Reactor::new().unwrap();
    for round in 0..20_000u32 {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let key = reactor
            .insert(socket, Interest::READABLE | Interest::WRITABLE)
            .unwrap();
        assert_eq!(key.raw().index(), 0);
        if round % 16 == 0 {
            let ready = Ready::WRITABLE;
            assert_eq!(
                events(&mut reactor),
                [Event::Io {
                    key: key.raw(),
                    ready
                }]
            );
        }
        assert!(reactor.remove(key).is_some());
    }
    let stats = reactor.stats();
    assert_eq!(
        (stats.adds, stats.deletes, stats.leaked),
        (20_000, 20_000, 0)
    );
    assert_eq!(stats.stale_dropped, 0);
}

#[test]
fn a_clone_kept_after_removal_reports_nothing() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    let kept = reactor.get(key).unwrap().try_clone().unwrap();
    drop(reactor.remove(key));
    far.write_all(b"x").unwrap();
    kept.set_nonblocking(false).unwrap();
    assert_eq!((&kept).read(&mut [0; 4]).unwrap(), 1);
    far.write_all(b"y").unwrap();
    assert!(events_within(&mut reactor, Duration::from_millis(50)).is_empty());
}

#[test]
fn a_source_comes_back_usable() {
    let mut reactor = Reactor::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let key = reactor.insert(listener, Interest::READABLE).unwrap();
    let listener = reactor.remove(key).unwrap();
    let client = TcpStream::connect(address).unwrap();
    listener.set_nonblocking(false).unwrap();
    assert_eq!(listener.accept().unwrap().1, client.local_addr().unwrap());
}

/// A file in the shape of a socket: epoll refuses it, poll(2) does not mind.
#[cfg(unix)]
#[test]
fn a_refused_source_is_given_back() {
    use std::os::fd::OwnedFd;
    let mut reactor = Reactor::new().unwrap();
    let disguise = || {
        let file = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
        UdpSocket::from(OwnedFd::from(file))
    };
    match reactor.insert(disguise(), Interest::READABLE) {
        Err(refused) => {
            assert!(refused.to_string().starts_with("cannot watch the source: "));
            assert_eq!(reactor.source_count(), 0);
            assert_eq!((reactor.stats().adds, reactor.stats().leaked), (0, 0));
        }
        Ok(key) => assert!(reactor.remove(key).is_some()),
    }
    let next = reactor.insert(UdpSocket::bind("127.0.0.1:0").unwrap(), Interest::READABLE);
    assert_eq!(next.unwrap().raw().index(), 0);
}

#[test]
fn dropping_the_reactor_closes_what_it_holds() {
    let mut far_ends = Vec::new();
    let waker = {
        let mut reactor = Reactor::new().unwrap();
        for _ in 0..4 {
            let (near, far) = pair();
            reactor.insert(near, Interest::READABLE).unwrap();
            far_ends.push(far);
        }
        reactor.waker()
    };
    for mut far in far_ends {
        assert_eq!(far.read(&mut [0]).unwrap(), 0);
    }
    waker.wake();
    waker.clone().wake();
    drop(waker);
}

#[cfg(target_os = "linux")]
#[test]
fn reactors_leave_no_descriptor_behind() {
    // Other tests open descriptors meanwhile, so look for what only this one makes: many epoll instances.
    let polls = || {
        std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
            .filter(|link| link.to_string_lossy().contains("eventpoll"))
            .count()
    };
    for _ in 0..500 {
        let mut reactor = Reactor::new().unwrap();
        reactor
            .insert(UdpSocket::bind("127.0.0.1:0").unwrap(), Interest::READABLE)
            .unwrap();
        reactor.waker().wake();
    }
    assert!(polls() < 100);
}

#[test]
fn a_panic_between_events_loses_nothing() {
    let mut reactor = Reactor::new().unwrap();
    let all = readable(&mut reactor, 3);
    for tag in 0..3 {
        reactor.timer(reactor.now(), tag);
    }
    reactor.waker().wake();
    let mut seen_timers = Vec::new();
    let mut seen_sources = Vec::new();
    let mut woken = 0;
    let mut panics = 0;
    for _ in 0..20 {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            reactor.turn(Some(Duration::ZERO)).unwrap();
            if let Some(event) = reactor.next() {
                match event {
                    Event::Timer { tag, .. } => seen_timers.push(tag),
                    Event::Io { key, .. } => {
                        seen_sources.push(key);
                        reactor.read(key.typed::<TcpStream>(), &mut [0; 8]).unwrap();
                    }
                    _ => woken += 1,
                }
                std::panic::resume_unwind(Box::new("a handler gives up"));
            }
        }));
        panics += usize::from(caught.is_err());
    }
    assert_eq!(panics, 7);
    assert_eq!((woken, seen_timers), (1, vec![0, 1, 2]));
    seen_sources.sort_unstable();
    assert_eq!(
        seen_sources,
        all.iter().map(|(key, _)| key.raw()).collect::<Vec<_>>()
    );
}

#[test]
fn more_ready_sources_than_one_turn_takes_are_served_in_rotation() {
    let config = Config {
        events_per_turn_max: 64,
        ..Config::default()
    };
    let mut reactor = Reactor::with_config(config).unwrap();
    let n = 300;
    for _ in 0..n {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        reactor.insert(socket, Interest::WRITABLE).unwrap();
    }
    let mut served = vec![false; n];
    // All are ready all the time: none is read from, so each stays ready.
    for _ in 0..n.div_ceil(64) + 1 {
        for event in events(&mut reactor) {
            let Event::Io { key, .. } = event else {
                panic!("only sources here")
            };
            served[key.index()] = true;
        }
    }
    assert!(served.iter().all(|&served| served));
}

#[test]
fn removing_a_listener_leaves_its_queue_to_the_owner() {
    let mut reactor = Reactor::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let clients: Vec<_> = (0..3)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let key = reactor.insert(listener, Interest::READABLE).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert!(reactor.accept(key).unwrap().is_some());
    let listener = reactor.remove(key).unwrap();
    assert!(reactor.accept(key).is_err());
    assert!(listener.accept().is_ok());
    drop(listener);
    drop(clients);
    assert!(events_within(&mut reactor, Duration::ZERO).is_empty());
}

#[cfg(unix)]
#[test]
fn unix_sockets_are_sources_too() {
    use barewire_reactor::{Input, Output};
    use std::os::unix::net::{UnixDatagram, UnixStream};
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = UnixStream::pair().unwrap();
    let stream = reactor.insert(near, Interest::READABLE).unwrap();
    far.write_all(b"ping").unwrap();
    assert!(report_of(&mut reactor, stream.raw()).is_readable());
    let mut buf = [0; 8];
    assert_eq!(reactor.read(stream, &mut buf).unwrap(), Input::Bytes(4));
    assert_eq!(reactor.write(stream, b"pong!").unwrap(), Output::Bytes(5));
    drop(far);
    let (near, far) = UnixDatagram::pair().unwrap();
    let datagram = reactor.insert(near, Interest::READABLE).unwrap();
    far.send(b"").unwrap();
    assert!(report_of(&mut reactor, datagram.raw()).is_readable());
    assert_eq!(reactor.get(datagram).unwrap().recv(&mut buf).unwrap(), 0);
    support::until(&mut reactor, |reactor, event| {
        matches!(event, Some(Event::Io { key, .. }) if key == stream.raw())
            && reactor
                .read(stream, &mut [0; 8])
                .map_or(true, |input| input == Input::End)
    });
}
