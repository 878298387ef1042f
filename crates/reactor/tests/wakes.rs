//! Wakers: none lost, many merged.

mod support;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use barewire_reactor::{Event, Input, Interest, Reactor};
use support::{PATIENCE, events, events_within, pair, until};

#[test]
fn a_wake_before_the_turn_ends_it_at_once() {
    let mut reactor = Reactor::new().unwrap();
    let waker = reactor.waker();
    for _ in 0..3 {
        waker.wake();
    }
    assert!(reactor.turn(None).unwrap().woken);
    assert_eq!(reactor.next(), Some(Event::Woken));
    assert_eq!(reactor.next(), None);
    assert!(events_within(&mut reactor, Duration::from_millis(5)).is_empty());
}

#[test]
fn a_wake_between_events_ends_the_next_turn_at_once() {
    let mut reactor = Reactor::new().unwrap();
    let waker = reactor.waker();
    for tag in 0..50 {
        reactor.timer(reactor.now(), tag);
        reactor.turn(None).unwrap();
        while let Some(event) = reactor.next() {
            if let Event::Timer { .. } = event {
                waker.wake();
            }
        }
        reactor.turn(None).unwrap();
        assert_eq!(reactor.next(), Some(Event::Woken));
    }
}

#[test]
fn a_wake_not_taken_is_kept() {
    let mut reactor = Reactor::new().unwrap();
    reactor.waker().wake();
    assert!(reactor.turn(None).unwrap().woken);
    assert!(reactor.turn(None).unwrap().woken);
    assert_eq!(events(&mut reactor), [Event::Woken]);
}

#[test]
fn an_empty_reactor_waits_for_its_waker() {
    let mut reactor = Reactor::new().unwrap();
    let waker = reactor.waker();
    let woke = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&woke);
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        flag.store(true, Ordering::Relaxed);
        waker.wake();
    });
    assert!(reactor.turn(None).unwrap().woken);
    assert!(woke.load(Ordering::Relaxed));
    assert_eq!(reactor.next(), Some(Event::Woken));
    thread.join().unwrap();
}

/// Each thread numbers its wakes; the loop must see every thread's last number.
#[test]
fn no_wake_is_lost() {
    const THREADS: usize = 8;
    const WAKES: u64 = 200_000;
    let mut reactor = Reactor::new().unwrap();
    let counters: Arc<Vec<AtomicU64>> = Arc::new((0..THREADS).map(|_| AtomicU64::new(0)).collect());
    let threads: Vec<_> = (0..THREADS)
        .map(|n| {
            let (waker, counters) = (reactor.waker(), Arc::clone(&counters));
            std::thread::spawn(move || {
                for number in 1..=WAKES {
                    // Relaxed: it is the wake that must make this visible.
                    counters[n].store(number, Ordering::Relaxed);
                    waker.wake();
                }
            })
        })
        .collect();
    let mut turns = 0;
    let deadline = Instant::now() + 3 * PATIENCE;
    loop {
        // No time limit in the wait: a lost wake would hang, so a watchdog timer ends it.
        let watchdog = reactor.timer(deadline, 0);
        reactor.turn(None).unwrap();
        turns += 1;
        match reactor.next() {
            Some(Event::Woken) => {}
            other => panic!("a wake was lost: {other:?}"),
        }
        reactor.cancel(watchdog);
        if counters
            .iter()
            .all(|counter| counter.load(Ordering::Relaxed) == WAKES)
        {
            break;
        }
    }
    assert!(turns <= THREADS as u64 * WAKES);
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Reactor, wakers and keys go in every order.
#[test]
fn drops_in_any_order() {
    for order in 0..6 {
        let mut reactor = Some(Reactor::new().unwrap());
        let (near, far) = pair();
        let key = reactor
            .as_mut()
            .unwrap()
            .insert(near, Interest::READABLE)
            .unwrap();
        let mut waker = reactor.as_ref().map(Reactor::waker);
        let mut far = Some(far);
        for step in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ][order]
        {
            match step {
                0 => reactor = None,
                1 => waker = None,
                _ => far = None,
            }
            if let Some(waker) = &waker {
                waker.wake();
            }
            if let Some(reactor) = &mut reactor {
                reactor.turn(Some(Duration::ZERO)).unwrap();
                assert!(reactor.get(key).is_some());
            }
        }
        assert!(reactor.is_none() && waker.is_none() && far.is_none());
    }
}

#[test]
fn a_reactor_may_move_to_another_thread() {
    let mut reactor = Reactor::new().unwrap();
    let (near, mut far) = pair();
    let key = reactor.insert(near, Interest::READABLE).unwrap();
    let thread = std::thread::spawn(move || {
        until(&mut reactor, |_, event| event.is_some());
        reactor.read(key, &mut [0; 8]).expect("a read")
    });
    far.write_all(b"abc").unwrap();
    assert_eq!(thread.join().unwrap(), Input::Bytes(3));
}
