//! Timers against the real clock: never early, and late only by what a busy machine explains.

mod support;

use std::time::{Duration, Instant};

use barewire_reactor::{Event, Interest, Reactor};
use support::{PATIENCE, events, events_within, pair, until};

#[test]
fn timers_fire_in_order_and_never_early() {
    let mut reactor = Reactor::new().unwrap();
    let start = Instant::now();
    let after = |tag: u64| Duration::from_micros(700 * tag);
    for tag in (1..=30).rev() {
        reactor.timer(start + after(tag), tag);
    }
    let mut expected = 1;
    until(&mut reactor, |reactor, event| {
        if let Some(Event::Timer { tag, .. }) = event {
            assert_eq!(tag, expected);
            assert!(start.elapsed() >= after(tag), "early");
            assert!(reactor.now() >= start + after(tag));
            expected += 1;
        }
        expected > 30
    });
    assert_eq!(reactor.timer_count(), 0);
}

#[test]
fn a_short_timer_does_not_busy_the_loop() {
    let mut reactor = Reactor::new().unwrap();
    for micros in [1, 50, 300, 999] {
        let before = reactor.stats().waits;
        reactor.timer(Instant::now() + Duration::from_micros(micros), micros);
        let seen = events(&mut reactor);
        assert!(
            matches!(seen[..], [Event::Timer { tag, .. }] if tag == micros),
            "{seen:?}"
        );
        let waits = reactor.stats().waits - before;
        assert!(waits <= 3, "{waits} waits for {micros} us");
    }
}

#[test]
fn armed_for_now_in_a_handler_fires_next_turn_and_sources_get_theirs() {
    let mut reactor = Reactor::new().unwrap();
    let (near, _far) = pair();
    reactor.insert(near, Interest::WRITABLE).unwrap();
    reactor.timer(reactor.now(), 0);
    for round in 0..50 {
        reactor.turn(Some(PATIENCE)).unwrap();
        let Some(Event::Timer { tag, .. }) = reactor.next() else {
            panic!("a timer a turn")
        };
        assert_eq!(tag, round);
        reactor.timer(reactor.now(), round + 1);
        assert!(matches!(reactor.next(), Some(Event::Io { .. })));
        assert_eq!(reactor.next(), None);
    }
}

#[test]
fn cancelled_by_a_sibling_of_the_same_turn() {
    let mut reactor = Reactor::new().unwrap();
    let now = reactor.now();
    let keys = [
        reactor.timer(now, 0),
        reactor.timer(now, 1),
        reactor.timer(now, 2),
    ];
    assert_eq!(reactor.turn(Some(PATIENCE)).unwrap().timers, 3);
    assert_eq!(
        reactor.next(),
        Some(Event::Timer {
            key: keys[0],
            tag: 0
        })
    );
    assert!(!reactor.cancel(keys[0]));
    assert!(reactor.cancel(keys[1]));
    assert_eq!(
        reactor.next(),
        Some(Event::Timer {
            key: keys[2],
            tag: 2
        })
    );
    assert_eq!(reactor.next(), None);
    assert!(!reactor.postpone(keys[2], now));
}

#[test]
fn timers_not_taken_are_kept_for_the_next_turn() {
    let mut reactor = Reactor::new().unwrap();
    for tag in 0..3 {
        reactor.timer(reactor.now(), tag);
    }
    for tag in 0..3 {
        assert_eq!(reactor.turn(None).unwrap().timers, 3 - tag as usize);
        assert!(matches!(reactor.next(), Some(Event::Timer { tag: told, .. }) if told == tag));
    }
    assert!(events_within(&mut reactor, Duration::ZERO).is_empty());
}

#[test]
fn waits_of_every_length() {
    let mut reactor = Reactor::new().unwrap();
    assert!(reactor.turn(Some(Duration::ZERO)).unwrap().is_idle());
    assert!(
        reactor
            .turn(Some(Duration::from_nanos(1)))
            .unwrap()
            .is_idle()
    );
    let start = Instant::now();
    assert!(
        reactor
            .turn(Some(Duration::from_millis(30)))
            .unwrap()
            .is_idle()
    );
    assert!(start.elapsed() >= Duration::from_millis(30));
    // Without end, but for the timer.
    for wait in [
        None,
        Some(Duration::MAX),
        Some(Duration::from_secs(u64::MAX / 4)),
        Some(Duration::from_secs(1 << 33)),
    ] {
        reactor.timer(Instant::now() + Duration::from_millis(2), 1);
        reactor.turn(wait).unwrap();
        assert!(matches!(reactor.next(), Some(Event::Timer { .. })));
    }
    // A timer so far away that no system would take the time-out.
    let far = Instant::now()
        .checked_add(Duration::from_secs(1 << 40))
        .unwrap();
    let far = reactor.timer(far, 9);
    assert!(
        reactor
            .turn(Some(Duration::from_millis(2)))
            .unwrap()
            .is_idle()
    );
    assert!(reactor.cancel(far));
}

#[test]
fn putting_off_again_and_again_fires_once() {
    let mut reactor = Reactor::new().unwrap();
    let key = reactor.timer(Instant::now() + Duration::from_millis(2), 5);
    let mut deadline = Instant::now();
    for _ in 0..10 {
        deadline = Instant::now() + Duration::from_millis(500);
        assert!(reactor.postpone(key, deadline));
        // The first deadline comes and goes in here.
        let turn = reactor.turn(Some(Duration::from_millis(1))).unwrap();
        assert!(turn.is_idle());
    }
    assert_eq!(events(&mut reactor), [Event::Timer { key, tag: 5 }]);
    assert!(Instant::now() >= deadline);
    assert!(events_within(&mut reactor, Duration::from_millis(5)).is_empty());
}

#[test]
fn the_clock_of_the_loop_moves_with_the_turns_only() {
    let mut reactor = Reactor::new().unwrap();
    let first = reactor.now();
    assert_eq!(reactor.now(), first);
    reactor.turn(Some(Duration::from_millis(1))).unwrap();
    assert!(reactor.now() >= first + Duration::from_millis(1));
}
