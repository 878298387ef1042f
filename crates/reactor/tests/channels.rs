//! Channels into the loop: order, shares, back-pressure, the end, and no wake lost.

mod support;

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::TrySendError;
use std::time::Duration;

use barewire_reactor::{
    Config, Event, Interest, Key, Mode, Reactor, Ready, Received, Receiver, channel,
};
use support::{PATIENCE, assert_quiet, events, events_within, report_of, until};

/// Everything that a channel gives in this turn.
fn batch<T: Send + 'static>(reactor: &mut Reactor, key: Key<Receiver<T>>) -> (Vec<T>, bool) {
    let mut all = Vec::new();
    loop {
        match reactor.receive(key).expect("held") {
            Received::Message(message) => all.push(message),
            Received::Closed => return (all, true),
            Received::Blocked => return (all, false),
        }
    }
}

#[test]
fn a_share_ends_the_turn_of_a_channel_and_the_rest_comes_in_the_next() {
    let config = Config {
        messages_per_turn_max: 10,
        ..Config::default()
    };
    let mut reactor = Reactor::with_config(config).unwrap();
    let (sender, receiver) = channel(64);
    let key = reactor.insert(receiver, Interest::READABLE).unwrap();
    for n in 0..35 {
        sender.send(n).unwrap();
    }
    let mut all = Vec::new();
    for expected in [10, 10, 10, 5] {
        assert_eq!(
            events(&mut reactor),
            [Event::Io {
                key: key.raw(),
                ready: Ready::READABLE
            }]
        );
        let (messages, closed) = batch(&mut reactor, key);
        assert_eq!((messages.len(), closed), (expected, false));
        all.extend(messages);
    }
    assert_eq!(all, (0..35).collect::<Vec<_>>());
    let stats = reactor.stats();
    assert_eq!((stats.budget_stops, stats.messages), (3, 35));
    assert_eq!(
        (stats.adds, stats.woken_events),
        (0, 0),
        "a channel costs no registration and is no wake"
    );
    assert_quiet(&mut reactor);
}

#[test]
fn messages_of_each_sender_keep_their_order() {
    const SENDERS: usize = 8;
    const MESSAGES: u32 = 10_000;
    let mut reactor = Reactor::new().unwrap();
    let (sender, receiver) = channel(100);
    let key = reactor.insert(receiver, Interest::READABLE).unwrap();
    let threads: Vec<_> = (0..SENDERS)
        .map(|who| {
            let sender = sender.clone();
            std::thread::spawn(move || {
                (0..MESSAGES).for_each(|n| sender.send((who, n)).expect("a receiver"));
            })
        })
        .collect();
    drop(sender);
    let mut next = [0; SENDERS];
    until(&mut reactor, |reactor, event| {
        assert_ne!(event, Some(Event::Woken));
        let (messages, closed) = batch(reactor, key);
        for (who, n) in messages {
            assert_eq!(n, next[who]);
            next[who] += 1;
        }
        closed
    });
    assert_eq!(next, [MESSAGES; SENDERS]);
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_full_channel_holds_its_sender_until_it_is_drained() {
    const CAPACITY: usize = 4;
    let mut reactor = Reactor::new().unwrap();
    let (sender, receiver) = channel(CAPACITY);
    let key = reactor.insert(receiver, Interest::READABLE).unwrap();
    let sent = Arc::new(AtomicUsize::new(0));
    let thread = {
        let sent = Arc::clone(&sent);
        std::thread::spawn(move || {
            for n in 0..1000 {
                sender.send(n).expect("a receiver");
                sent.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    let mut received = 0;
    until(&mut reactor, |reactor, event| {
        if event.is_none() {
            return false;
        }
        loop {
            // One may have been taken before its sender has counted it.
            let ahead = sent.load(Ordering::SeqCst).saturating_sub(received);
            assert!(ahead <= CAPACITY, "{ahead} messages in flight");
            match reactor.receive(key).expect("held") {
                Received::Message(n) => {
                    assert_eq!(n, received);
                    received += 1;
                }
                Received::Closed => return true,
                Received::Blocked => return false,
            }
        }
    });
    assert_eq!(received, 1000);
    thread.join().unwrap();
}

#[test]
fn a_waiting_sender_gets_its_message_back_when_the_receiver_goes() {
    for with_the_reactor in [false, true] {
        let mut reactor = Reactor::new().unwrap();
        let (sender, receiver) = channel(1);
        let key = reactor.insert(receiver, Interest::READABLE).unwrap();
        sender.send("first".to_owned()).unwrap();
        assert!(matches!(
            sender.try_send("no room".to_owned()),
            Err(TrySendError::Full(text)) if text == "no room"
        ));
        let started = Arc::new(AtomicBool::new(false));
        let thread = {
            let started = Arc::clone(&started);
            std::thread::spawn(move || {
                started.store(true, Ordering::SeqCst);
                sender.send("second".to_owned())
            })
        };
        until(&mut reactor, |_, _| started.load(Ordering::SeqCst));
        if with_the_reactor {
            drop(reactor);
        } else {
            drop(reactor.remove(key).unwrap());
            assert_eq!(
                reactor.receive(key).unwrap_err().kind(),
                ErrorKind::NotFound
            );
        }
        assert_eq!(thread.join().unwrap().unwrap_err().0, "second");
    }
}

#[test]
fn the_end_is_told_after_the_last_sender_and_message() {
    let mut reactor = Reactor::new().unwrap();
    let (sender, receiver) = channel(8);
    let other = sender.clone();
    let key = reactor.insert(receiver, Interest::READABLE).unwrap();
    drop(sender);
    assert_quiet(&mut reactor);
    other.send(7).unwrap();
    std::thread::spawn(move || drop(other)).join().unwrap();
    assert_eq!(report_of(&mut reactor, key.raw()), Ready::READABLE);
    assert_eq!(batch(&mut reactor, key), (vec![7], true));
    assert_eq!(report_of(&mut reactor, key.raw()), Ready::READABLE);
    assert_eq!(reactor.receive(key).unwrap(), Received::Closed);
    reactor.set_interest(key, Interest::NONE).unwrap();
    assert_quiet(&mut reactor);
    assert!(reactor.remove(key).is_some());
    assert_quiet(&mut reactor);
}

#[test]
fn the_end_alone_ends_a_wait() {
    let mut reactor = Reactor::new().unwrap();
    let (sender, receiver) = channel::<()>(1);
    let key = reactor.insert(receiver, Interest::READABLE).unwrap();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        drop(sender);
    });
    assert_eq!(reactor.turn(Some(PATIENCE)).unwrap().io, 1);
    assert_eq!(batch(&mut reactor, key), (vec![], true));
    thread.join().unwrap();
}

#[test]
fn a_receiver_that_moves_between_reactors_loses_nothing() {
    const MESSAGES: u32 = 20_000;
    let mut reactors = [Reactor::new().unwrap(), Reactor::new().unwrap()];
    let (sender, receiver) = channel(16);
    let thread = std::thread::spawn(move || {
        (0..MESSAGES).for_each(|n| sender.send(n).expect("a receiver"));
    });
    let mut outside = Some(receiver);
    let mut next = 0;
    let mut moves = 0;
    let mut closed = false;
    while !closed {
        let reactor = &mut reactors[moves % 2];
        let receiver = outside.take().unwrap();
        let key = reactor.insert(receiver, Interest::READABLE).unwrap();
        assert!(
            !reactor.turn(Some(PATIENCE)).unwrap().is_idle(),
            "a message was lost after move {moves}"
        );
        // A nudge for its earlier stay may have ended the wait instead.
        while reactor.next().is_some() {
            for _ in 0..=moves % 100 {
                match reactor.receive(key).unwrap() {
                    Received::Message(n) => {
                        assert_eq!(n, next);
                        next += 1;
                    }
                    Received::Closed => closed = true,
                    Received::Blocked => break,
                }
            }
        }
        outside = reactor.remove(key);
        moves += 1;
    }
    assert_eq!(next, MESSAGES);
    assert!(moves > 100, "{moves} moves");
    thread.join().unwrap();
}

/// Each message is the only one on its way: if its wake were lost, both would wait for ever.
#[test]
fn no_wake_is_lost_between_two_reactors() {
    const ROUNDS: u32 = 20_000;
    let (to_there, there) = channel(1);
    let (to_here, here) = channel(1);
    let mut reactor = Reactor::new().unwrap();
    let here = reactor.insert(here, Interest::READABLE).unwrap();
    let echo = std::thread::spawn(move || {
        let mut reactor = Reactor::new().expect("a reactor");
        let there = reactor.insert(there, Interest::READABLE).expect("room");
        loop {
            assert!(!reactor.turn(Some(PATIENCE)).expect("a turn").is_idle());
            while reactor.next().is_some() {
                match reactor.receive(there).expect("held") {
                    Received::Message(n) => to_here.send(n).expect("a receiver"),
                    Received::Closed => return,
                    Received::Blocked => {}
                }
            }
        }
    });
    for n in 0..ROUNDS {
        to_there.send(n).unwrap();
        let answer = loop {
            assert!(
                !reactor.turn(Some(PATIENCE)).unwrap().is_idle(),
                "the wake for answer {n} was lost"
            );
            assert!(matches!(reactor.next(), Some(Event::Io { .. })));
            match reactor.receive(here).unwrap() {
                Received::Message(answer) => break answer,
                Received::Blocked => {}
                Received::Closed => panic!("the echo has gone"),
            }
        };
        assert_eq!(answer, n);
    }
    drop(to_there);
    echo.join().unwrap();
}

#[test]
fn a_paused_receiver_is_quiet_until_it_is_resumed() {
    let mut reactor = Reactor::new().unwrap();
    let (sender, receiver) = channel(8);
    let key = reactor.insert(receiver, Interest::NONE).unwrap();
    for n in 0..3 {
        sender.send(n).unwrap();
    }
    assert_quiet(&mut reactor);
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert_eq!(events_within(&mut reactor, Duration::ZERO).len(), 1);
    reactor.set_interest(key, Interest::WRITABLE).unwrap();
    assert_quiet(&mut reactor);
    drop(sender);
    assert_quiet(&mut reactor);
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert_eq!(report_of(&mut reactor, key.raw()), Ready::READABLE);
    assert_eq!(batch(&mut reactor, key), (vec![0, 1, 2], true));
}

#[test]
fn a_pause_within_the_turn_is_heeded() {
    let mut reactor = Reactor::new().unwrap();
    let (sender, receiver) = channel(8);
    let key = reactor.insert(receiver, Interest::READABLE).unwrap();
    sender.send(1).unwrap();
    assert_eq!(reactor.turn(Some(PATIENCE)).unwrap().io, 1);
    reactor.set_interest(key, Interest::NONE).unwrap();
    assert_eq!(reactor.next(), None);
    assert_quiet(&mut reactor);
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert_eq!(reactor.turn(Some(PATIENCE)).unwrap().io, 1);
    let receiver = reactor.remove(key).unwrap();
    assert_eq!(reactor.next(), None);
    assert_eq!(receiver.try_receive(), Received::Message(1));
}

#[test]
fn a_channel_has_no_edges() {
    let mut reactor = Reactor::new().unwrap();
    let (sender, receiver) = channel(1);
    let refused = reactor
        .insert_with(receiver, Interest::READABLE, Mode::Edge)
        .unwrap_err();
    assert_eq!(refused.error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        refused.error.to_string(),
        "a source without a descriptor has no edge-triggered mode; use Mode::Level or Mode::Oneshot"
    );
    assert_eq!(reactor.source_count(), 0);
    let key = reactor.insert(refused.source, Interest::READABLE).unwrap();
    sender.send('x').unwrap();
    assert_eq!(events(&mut reactor).len(), 1);
    assert_eq!(reactor.receive(key).unwrap(), Received::Message('x'));
}

#[test]
fn a_one_shot_channel_is_told_once_for_each_arming() {
    let mut reactor = Reactor::new().unwrap();
    let (sender, receiver) = channel(8);
    let key = reactor
        .insert_with(receiver, Interest::READABLE, Mode::Oneshot)
        .unwrap();
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    // A report not taken in its turn comes again, and comes once.
    assert_eq!(reactor.turn(Some(PATIENCE)).unwrap().io, 1);
    assert_eq!(report_of(&mut reactor, key.raw()), Ready::READABLE);
    assert_eq!(reactor.interest(key), Some(Interest::NONE));
    assert_eq!(reactor.receive(key).unwrap(), Received::Message(1));
    sender.send(3).unwrap();
    assert_quiet(&mut reactor);
    reactor.set_interest(key, Interest::READABLE).unwrap();
    assert_eq!(report_of(&mut reactor, key.raw()), Ready::READABLE);
    assert_eq!(batch(&mut reactor, key), (vec![2, 3], false));
    assert_quiet(&mut reactor);
}
