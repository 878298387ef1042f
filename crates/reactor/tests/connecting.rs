//! Connections begun by a reactor: one verdict each, whatever happens.

mod support;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use barewire_reactor::net::TcpConnect;
use barewire_reactor::script::Script;
use barewire_reactor::{Config, Event, Interest, Key, Output, Reactor, Ready};
use support::{PATIENCE, events, events_within, until};

fn begin(reactor: &mut Reactor, peer: SocketAddr, interest: Interest) -> Key<TcpStream> {
    begin_by(reactor, peer, interest, Instant::now() + PATIENCE)
}

fn begin_by(
    reactor: &mut Reactor,
    peer: SocketAddr,
    interest: Interest,
    deadline: Instant,
) -> Key<TcpStream> {
    let connecting = TcpConnect::new().start(peer).expect("begun");
    reactor
        .connect(connecting, interest, deadline)
        .expect("room")
}

/// The next event of this key.
#[track_caller]
fn event_of(reactor: &mut Reactor, wanted: Key<TcpStream>) -> Event {
    let mut found = None;
    until(reactor, |_, event| {
        let of_wanted = match event {
            Some(Event::Io { key, .. } | Event::Connect { key, .. }) => key == wanted.raw(),
            _ => false,
        };
        if of_wanted {
            found = event;
        }
        found.is_some()
    });
    found.expect("until it was found")
}

/// An address of this machine at which nobody listens.
fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

#[test]
fn success_is_told_once_and_before_anything_else() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut reactor = Reactor::new().unwrap();
    let both = Interest::READABLE | Interest::WRITABLE;
    let key = begin(&mut reactor, listener.local_addr().unwrap(), both);
    assert_eq!(reactor.interest(key), Some(both));
    let (mut far, _) = listener.accept().unwrap();
    io::Write::write_all(&mut far, b"hello").unwrap();
    let connected = Event::Connect {
        key: key.raw(),
        result: Ok(()),
    };
    assert_eq!(event_of(&mut reactor, key), connected);
    // From here on an ordinary stream, with the interest that was asked for.
    let Event::Io { ready, .. } = event_of(&mut reactor, key) else {
        panic!("a second verdict")
    };
    assert!(ready.intersects(Ready::READABLE | Ready::WRITABLE));
    assert_eq!(reactor.write(key, b"hi").unwrap(), Output::Bytes(2));
    assert_eq!(
        (reactor.stats().connected, reactor.stats().connect_failed),
        (1, 0)
    );
}

#[test]
fn a_paused_connection_is_told_all_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut reactor = Reactor::new().unwrap();
    let key = begin(&mut reactor, listener.local_addr().unwrap(), Interest::NONE);
    assert!(matches!(
        event_of(&mut reactor, key),
        Event::Connect { result: Ok(()), .. }
    ));
    assert!(events_within(&mut reactor, Duration::from_millis(20)).is_empty());
}

#[test]
fn a_refusal_is_told_once_and_closes_the_stream() {
    let mut reactor = Reactor::new().unwrap();
    let connecting = match TcpConnect::new().start(closed_port()) {
        Ok(connecting) => connecting,
        // Some systems know at once.
        Err(error) => {
            assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
            return;
        }
    };
    let deadline = Instant::now() + PATIENCE;
    let key = reactor
        .connect(connecting, Interest::READABLE, deadline)
        .unwrap();
    let Event::Connect {
        result: Err(error), ..
    } = event_of(&mut reactor, key)
    else {
        panic!("nobody listens there")
    };
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    assert!(error.raw_os_error().is_some());
    assert!(reactor.get(key).is_none());
    assert_eq!(reactor.source_count(), 0);
    assert!(events_within(&mut reactor, Duration::from_millis(20)).is_empty());
    assert_eq!(
        (reactor.stats().connected, reactor.stats().connect_failed),
        (0, 1)
    );
}

/// A listener with the shortest queue there is; once it is full, further clients get no answer.
#[cfg(target_os = "linux")]
fn deaf_listener() -> (socket2::Socket, SocketAddr) {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let listener = listener.expect("a socket");
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    listener.bind(&any.into()).expect("a port");
    listener.listen(0).expect("a queue");
    let peer = listener.local_addr().expect("an address");
    let peer = peer.as_socket().expect("of IPv4");
    (listener, peer)
}

#[cfg(target_os = "linux")]
#[test]
fn the_deadline_is_a_verdict_too() {
    let (_listener, peer) = deaf_listener();
    let mut reactor = Reactor::new().unwrap();
    let _queued = TcpStream::connect(peer).unwrap();
    let keys: Vec<_> = (0..4)
        .map(|_| {
            let deadline = Instant::now() + Duration::from_millis(50);
            begin_by(&mut reactor, peer, Interest::READABLE, deadline)
        })
        .collect();
    let mut verdicts = Vec::new();
    until(&mut reactor, |_, event| {
        if let Some(Event::Connect { key, result }) = event {
            verdicts.push((key, result.map_err(|error| error.kind())));
        }
        verdicts.len() == keys.len()
    });
    let late = Err(io::ErrorKind::TimedOut);
    assert!(
        verdicts
            .iter()
            .filter(|(_, result)| *result == late)
            .count()
            >= 3
    );
    for key in keys {
        assert_eq!(verdicts.iter().filter(|(k, _)| *k == key.raw()).count(), 1);
    }
    assert!(events_within(&mut reactor, Duration::from_millis(20)).is_empty());
    assert_eq!(reactor.timer_count(), 0);
}

#[test]
fn removed_before_its_verdict_it_gets_none() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let script = Script::new();
    let mut reactor = script.reactor(Config::default());
    let deadline = script.now() + Duration::from_secs(1);
    let peer = listener.local_addr().unwrap();
    let key = begin_by(&mut reactor, peer, Interest::READABLE, deadline);
    script.set_ready(key, Ready::WRITABLE);
    reactor.turn(None).unwrap();
    assert!(reactor.remove(key).is_some());
    assert_eq!(reactor.next(), None);
    script.advance(Duration::from_secs(2));
    assert!(events_within(&mut reactor, Duration::ZERO).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_decides_nothing_is_no_verdict() {
    let (_listener, peer) = deaf_listener();
    let _queued = TcpStream::connect(peer).unwrap();
    let unanswered: Vec<_> = (0..4)
        .map(|_| TcpConnect::new().start(peer).unwrap())
        .collect();
    let script = Script::new();
    let mut reactor = script.reactor(Config::default());
    let deadline = script.now() + Duration::from_secs(5);
    // The queue has room for one more at most; the last is surely without an answer.
    let connecting = unanswered.into_iter().next_back().unwrap();
    let key = reactor
        .connect(connecting, Interest::READABLE, deadline)
        .unwrap();
    script.set_ready(key, Ready::WRITABLE);
    assert!(events(&mut reactor).is_empty());
    script.set_ready(key, Ready::NONE);
    let [Event::Connect { result, .. }] = events(&mut reactor)[..] else {
        panic!("the deadline")
    };
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(script.now(), deadline);
}

#[test]
fn success_and_deadline_in_one_turn_is_success() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let script = Script::new();
    let mut reactor = script.reactor(Config::default());
    let peer = listener.local_addr().unwrap();
    let key = begin_by(&mut reactor, peer, Interest::NONE, script.now());
    // The system has the answer once the other side has accepted it.
    listener.accept().unwrap();
    script.set_ready(key, Ready::WRITABLE);
    assert_eq!(
        events(&mut reactor),
        [Event::Connect {
            key: key.raw(),
            result: Ok(())
        }]
    );
    assert!(reactor.get(key).is_some());
}

#[test]
fn interest_may_change_while_it_is_undecided() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut reactor = Reactor::new().unwrap();
    let key = begin(
        &mut reactor,
        listener.local_addr().unwrap(),
        Interest::READABLE,
    );
    reactor.set_interest(key, Interest::WRITABLE).unwrap();
    assert_eq!(reactor.stats().modifies, 0);
    assert!(matches!(
        event_of(&mut reactor, key),
        Event::Connect { result: Ok(()), .. }
    ));
    assert!(matches!(
        event_of(&mut reactor, key),
        Event::Io { ready, .. } if ready.is_writable()
    ));
}

#[test]
fn many_connections_each_get_their_verdict() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (open, closed) = (listener.local_addr().unwrap(), closed_port());
    let mut reactor = Reactor::new().unwrap();
    let listener = reactor.insert(listener, Interest::READABLE).unwrap();
    let mut undecided = std::collections::HashMap::new();
    for n in 0..200 {
        let peer = if n % 4 == 0 { closed } else { open };
        let Ok(connecting) = TcpConnect::new().start(peer) else {
            continue;
        };
        let deadline = reactor.now() + PATIENCE;
        let key = reactor
            .connect(connecting, Interest::NONE, deadline)
            .unwrap();
        undecided.insert(key.raw(), peer == open);
    }
    let mut accepted = Vec::new();
    until(&mut reactor, |reactor, event| {
        match event {
            Some(Event::Io { key, .. }) if key == listener.raw() => {
                while let Some((stream, _)) = reactor.accept(listener).unwrap() {
                    accepted.push(stream);
                }
            }
            Some(Event::Connect { key, result }) => {
                let expected = undecided.remove(&key).expect("a second verdict");
                assert_eq!(result.is_ok(), expected, "{result:?}");
            }
            Some(other) => panic!("{other:?}"),
            None => {}
        }
        undecided.is_empty()
    });
}
