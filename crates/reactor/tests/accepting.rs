//! Listeners: batches, queues, and the echo server of the examples as a whole.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use barewire_reactor::{Config, Event, Input, Interest, Output, Reactor};
use support::{PATIENCE, report_of, until};

#[test]
fn a_batch_ends_the_turn_of_a_listener() {
    let config = Config {
        accepts_per_turn_max: 4,
        ..Config::default()
    };
    let mut reactor = Reactor::with_config(config).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let clients: Vec<_> = (0..10)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let key = reactor.insert(listener, Interest::READABLE).unwrap();
    let mut batches = Vec::new();
    let mut accepted = Vec::new();
    while accepted.len() < clients.len() {
        assert!(report_of(&mut reactor, key.raw()).is_readable());
        let before = accepted.len();
        while let Some((stream, peer)) = reactor.accept(key).unwrap() {
            assert_eq!(stream.peer_addr().unwrap(), peer);
            accepted.push(stream);
        }
        batches.push(accepted.len() - before);
    }
    assert!(batches.iter().all(|&batch| batch <= 4), "{batches:?}");
    assert_eq!(reactor.stats().accepted, 10);
    assert!(reactor.accept(key).unwrap().is_none());
}

/// A neighbour that is ready all the time is heard in every turn, however many clients wait at the door.
#[test]
fn a_burst_of_clients_leaves_the_others_their_turns() {
    const ROUNDS: usize = 50;
    // As many as the queue of any system takes.
    const CLIENTS: usize = 100;
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = support::pair();
    let neighbour = reactor.insert(near, Interest::READABLE).unwrap();
    far.write_all(&[7; 4096]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let listener = reactor.insert(listener, Interest::READABLE).unwrap();
    report_of(&mut reactor, neighbour.raw());
    let (mut turns, mut heard, mut largest) = (0, 0, 0);
    for round in 1..=ROUNDS {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| TcpStream::connect(address).unwrap())
            .collect();
        while reactor.stats().accepted < (round * CLIENTS) as u64 {
            turns += 1;
            let before = reactor.stats().accepted;
            for event in support::events(&mut reactor) {
                match event {
                    Event::Io { key, .. } if key == neighbour.raw() => {
                        heard += 1;
                        assert_eq!(reactor.read(neighbour, &mut [0]).unwrap(), Input::Bytes(1));
                    }
                    Event::Io { .. } => while reactor.accept(listener).unwrap().is_some() {},
                    other => panic!("{other:?}"),
                }
            }
            largest = largest.max(reactor.stats().accepted - before);
        }
        clients.into_iter().for_each(support::reset);
    }
    assert_eq!(heard, turns);
    assert!(largest <= 64, "{largest} in one turn");
    assert!(turns >= ROUNDS * CLIENTS.div_ceil(64));
}

#[test]
fn accepted_streams_do_not_block() {
    let mut reactor = Reactor::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let key = reactor.insert(listener, Interest::READABLE).unwrap();
    report_of(&mut reactor, key.raw());
    let (mut stream, _) = reactor.accept(key).unwrap().unwrap();
    assert_eq!(
        stream.read(&mut [0]).unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );
    assert!(reactor.accept(key).unwrap().is_none());
}

#[test]
fn clients_gone_before_they_are_accepted_do_no_harm() {
    let mut reactor = Reactor::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let key = reactor.insert(listener, Interest::READABLE).unwrap();
    for _ in 0..20 {
        support::reset(TcpStream::connect(address).unwrap());
    }
    let last = TcpStream::connect(address).unwrap().local_addr().unwrap();
    until(&mut reactor, |reactor, _| {
        while let Some((_, peer)) = reactor.accept(key).expect("the listener is well") {
            if peer == last {
                return true;
            }
        }
        false
    });
}

#[cfg(unix)]
#[test]
fn a_unix_listener_accepts_too() {
    use std::os::unix::net::{UnixListener, UnixStream};
    let path = std::env::temp_dir().join(format!("barewire-reactor-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).unwrap();
    let mut reactor = Reactor::new().unwrap();
    let key = reactor.insert(listener, Interest::READABLE).unwrap();
    let mut client = UnixStream::connect(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    client.write_all(b"hi").unwrap();
    report_of(&mut reactor, key.raw());
    let (stream, _) = reactor.accept(key).unwrap().unwrap();
    let stream = reactor.insert(stream, Interest::READABLE).unwrap();
    report_of(&mut reactor, stream.raw());
    assert_eq!(reactor.read(stream, &mut [0; 8]).unwrap(), Input::Bytes(2));
}

/// Two hundred clients come at once, talk and go; the loop ends as empty as it began.
#[test]
fn many_clients_come_and_go() {
    const CLIENTS: usize = 200;
    let mut reactor = Reactor::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let listener = reactor.insert(listener, Interest::READABLE).unwrap();
    let clients = std::thread::spawn(move || {
        let streams: Vec<_> = (0..CLIENTS)
            .map(|_| TcpStream::connect(address).expect("a connection"))
            .collect();
        for (n, mut stream) in streams.into_iter().enumerate() {
            stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
            let message = vec![n as u8; 1000 + n];
            stream.write_all(&message).expect("room");
            if n % 5 == 0 {
                // Leaves without waiting for its echo.
                continue;
            }
            let mut reply = vec![0; message.len()];
            stream.read_exact(&mut reply).expect("an echo");
            assert_eq!(reply, message);
        }
    });
    let mut gone = 0;
    let mut buf = [0; 4096];
    until(&mut reactor, |reactor, event| {
        match event {
            Some(Event::Io { key, .. }) if key == listener.raw() => {
                while let Some((stream, _)) =
                    reactor.accept(listener).expect("the listener is well")
                {
                    reactor.insert(stream, Interest::READABLE).expect("room");
                }
            }
            Some(Event::Io { key, .. }) => {
                let key = key.typed::<TcpStream>();
                let stays = match reactor.read(key, &mut buf) {
                    Ok(Input::Bytes(n)) => {
                        matches!(reactor.write(key, &buf[..n]), Ok(Output::Bytes(sent)) if sent == n)
                    }
                    Ok(Input::Blocked) => true,
                    Ok(Input::End) | Err(_) => false,
                };
                if !stays {
                    assert!(reactor.remove(key).is_some());
                    gone += 1;
                }
            }
            _ => {}
        }
        gone == CLIENTS
    });
    clients.join().unwrap();
    assert_eq!(reactor.source_count(), 1);
    let stats = reactor.stats();
    assert_eq!((stats.accepted, stats.leaked), (CLIENTS as u64, 0));
    assert_eq!(stats.adds - stats.deletes, 1);
}
