//! Timers, from arming to expiry. mio and epoll have none, so the yardsticks are what their users write.

use std::time::{Duration, Instant};

use super::stores::{LazyHeap, Reactor, Store, Tree};
use crate::measure::{Table, by_turns_each};
use crate::options::Options;

/// The parts of one round.
const PARTS: [&str; 5] = [
    "arm",
    "postpone",
    "cancel",
    "expire",
    "expire, postponed before",
];

type Round = fn(&[u32]) -> [Duration; PARTS.len()];

/// Ours comes last. One side asked for leaves the others out.
const STORES: [(&str, Round); 3] = [
    ("BTreeMap", round::<Tree>),
    ("BinaryHeap", round::<LazyHeap>),
    ("reactor", round::<Reactor>),
];

pub(crate) fn run(options: &Options) {
    let mut stores: Vec<_> = STORES
        .into_iter()
        .filter(|(name, _)| options.wants_side(name))
        .collect();
    if stores.is_empty() {
        return;
    }
    let names = stores.iter().map(|store| store.0).collect();
    let table = Table::new("timers, random order (yardsticks are naive)", names);
    for (timers, rounds) in [
        (1000, options.rounds),
        (options.scale(1_000_000), options.rounds.div_ceil(10)),
    ] {
        let order = shuffled(timers as u32);
        let parts = by_turns_each(rounds, timers, &mut stores, |store| store.1(&order));
        for (part, samples) in PARTS.iter().zip(&parts) {
            table.row(&format!("{timers}: {part}"), samples);
        }
    }
}

/// The numbers below `count`, in an order that is the same in each run.
fn shuffled(count: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for n in (1..order.len()).rev() {
        // xorshift64, Marsaglia 2003
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(n, (state % (n as u64 + 1)) as usize);
    }
    order
}

/// Times each part with so many timers; `order` is both that of their deadlines and that of the calls.
fn round<S: Store>(order: &[u32]) -> [Duration; PARTS.len()] {
    let mut store = S::new();
    let now = Instant::now();
    let at = |tag: u32, seconds: u64| now + Duration::new(seconds, tag);
    let mut handles: Vec<_> = Vec::with_capacity(order.len());
    let arm = timed(|| {
        for &tag in order {
            handles.push(store.arm(at(tag, 1000), u64::from(tag)));
        }
    });
    let postpone = timed(|| {
        for &n in order {
            let handle = &mut handles[n as usize];
            assert!(store.postpone(handle, at(order[n as usize], 2000)));
        }
    });
    let cancel = timed(|| {
        for &n in order {
            assert!(store.cancel(handles[n as usize]));
        }
    });
    assert_eq!(store.armed(), 0);
    [
        arm,
        postpone,
        cancel,
        expire::<S>(order, false),
        expire::<S>(order, true),
    ]
}

/// Lets timers expire that all are due, a nanosecond apart.
fn expire<S: Store>(order: &[u32], postponed: bool) -> Duration {
    let mut store = S::new();
    let start = Instant::now();
    let handles: Vec<_> = order
        .iter()
        .map(|&tag| store.arm(start + Duration::from_nanos(tag.into()), u64::from(tag)))
        .collect();
    let mut last = Duration::from_nanos(order.len() as u64);
    if postponed {
        for (mut handle, &tag) in handles.into_iter().zip(order) {
            let later = last + Duration::from_nanos(tag.into());
            assert!(store.postpone(&mut handle, start + later));
        }
        last *= 2;
    }
    while start.elapsed() <= last {}
    let (mut fired, mut in_order) = (0, true);
    let spent = timed(|| {
        store.expire(&mut |tag| {
            in_order &= tag == fired;
            fired += 1;
        });
    });
    assert_eq!((fired, in_order), (order.len() as u64, true));
    spent
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
