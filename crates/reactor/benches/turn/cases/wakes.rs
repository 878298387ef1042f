//! Waking: on one thread, where it is a matter of cost, and between two, where it is one of the scheduler.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::measure::{Table, by_turns};
use crate::options::Options;
use crate::sides::{self, Entrant, Side};

type Wake = Box<dyn Fn() + Send>;

pub(crate) fn alone(options: &Options, table: &Table) {
    let turns = options.scale(2000);
    let mut sides: Vec<(Box<dyn Side>, Wake)> = sides::wanted(options)
        .into_iter()
        .map(|entrant| {
            let mut side = (entrant.enter)(Vec::new());
            let wake = side.waker();
            (side, wake)
        })
        .collect();
    let samples = by_turns(options.rounds, turns, &mut sides, |(side, wake)| {
        let start = Instant::now();
        for _ in 0..turns {
            wake();
            side.sleep();
        }
        start.elapsed()
    });
    table.row("wake and be woken, one thread", &samples);
}

pub(crate) fn across(options: &Options, table: &Table) {
    let turns = options.scale(300);
    let mut pairs: Vec<Pair> = sides::wanted(options).into_iter().map(Pair::new).collect();
    let samples = by_turns(options.rounds, turns, &mut pairs, |pair| {
        let start = Instant::now();
        for _ in 0..turns {
            (pair.wake_other)();
            pair.side.sleep();
        }
        start.elapsed()
    });
    table.row("wake another thread and be woken by it", &samples);
    for pair in pairs {
        assert!(pair.end() >= options.rounds * turns);
    }
}

/// One loop here, and one on a thread that wakes this one whenever it is woken.
struct Pair {
    side: Box<dyn Side>,
    wake_other: Wake,
    ending: Arc<AtomicBool>,
    /// Yields how often it was woken.
    other: JoinHandle<usize>,
}

impl Pair {
    fn new(entrant: Entrant) -> Self {
        let mut side = (entrant.enter)(Vec::new());
        let wake_us = side.waker();
        let ending = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ending);
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || {
            let mut side = (entrant.enter)(Vec::new());
            sender.send(side.waker()).expect("it is awaited");
            let mut woken = 0;
            while !told.load(Ordering::SeqCst) {
                side.sleep();
                woken += 1;
                wake_us();
            }
            woken
        });
        let wake_other = receiver.recv().expect("the thread has begun");
        Self {
            side,
            wake_other,
            ending,
            other,
        }
    }

    fn end(self) -> usize {
        self.ending.store(true, Ordering::SeqCst);
        (self.wake_other)();
        self.other.join().expect("the thread has not panicked")
    }
}
