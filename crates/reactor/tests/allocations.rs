//! A steady loop allocates nothing. A program of its own, for its allocator counts what every thread does.
#![expect(
    unsafe_code,
    reason = "GlobalAlloc is an unsafe trait; this allocator only counts"
)]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use barewire_reactor::{Event, Input, Interest, Output, Reactor};
use support::{PATIENCE, pair};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: both methods are those of `System`, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's obligations are passed on as they are.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's obligations are passed on as they are.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// One turn in which every client is echoed to, its time-out put off, a timer fired and armed again, a wake taken.
fn round(reactor: &mut Reactor, far_ends: &mut [TcpStream], timers: &[barewire_reactor::TimerKey]) {
    let mut buf = [0; 64];
    for far in far_ends.iter_mut() {
        far.write_all(b"ping").expect("room");
    }
    reactor.waker().wake();
    let mut echoed = 0;
    let mut fired = 0;
    while echoed < far_ends.len() || fired == 0 {
        reactor.turn(Some(PATIENCE)).expect("a turn");
        while let Some(event) = reactor.next() {
            match event {
                Event::Io { key, .. } => {
                    let stream = key.typed::<TcpStream>();
                    if let Input::Bytes(n) = reactor.read(stream, &mut buf).expect("a read") {
                        assert_eq!(
                            reactor.write(stream, &buf[..n]).expect("a write"),
                            Output::Bytes(n)
                        );
                        echoed += 1;
                    }
                    let deadline = reactor.now() + Duration::from_secs(60);
                    assert!(reactor.postpone(timers[key.index()], deadline));
                }
                Event::Timer { tag, .. } => {
                    reactor.timer(reactor.now(), tag);
                    fired += 1;
                }
                _ => {}
            }
        }
    }
    for far in far_ends {
        far.read_exact(&mut buf[..4]).expect("an echo");
    }
}

#[test]
fn a_steady_loop_allocates_nothing() {
    let mut reactor = Reactor::new().unwrap();
    let mut far_ends = Vec::new();
    let mut timers = Vec::new();
    for n in 0..64 {
        let (near, far) = pair();
        reactor.insert(near, Interest::READABLE).unwrap();
        timers.push(reactor.timer(reactor.now() + Duration::from_secs(60), n));
        far_ends.push(far);
    }
    reactor.timer(reactor.now(), 1000);
    for _ in 0..20 {
        round(&mut reactor, &mut far_ends, &timers);
    }
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for _ in 0..200 {
        round(&mut reactor, &mut far_ends, &timers);
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed) - before, 0);
    assert_eq!(reactor.stats().modifies, 0);
}
