//! Where timers are kept: in the reactor, or in a collection of std's beside the loop.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::{Duration, Instant};

use barewire_reactor::{Event, TimerKey};

pub(crate) trait Store {
    type Handle: Copy;

    fn new() -> Self;
    fn arm(&mut self, at: Instant, tag: u64) -> Self::Handle;
    /// Moves a deadline; whether it was armed.
    fn postpone(&mut self, handle: &mut Self::Handle, at: Instant) -> bool;
    /// Whether it was armed.
    fn cancel(&mut self, handle: Self::Handle) -> bool;
    /// Disarms all that are due by now and passes on their tags.
    fn expire(&mut self, fired: &mut dyn FnMut(u64));
    fn armed(&self) -> usize;
}

/// One turn of a reactor without sources.
pub(crate) struct Reactor(barewire_reactor::Reactor);

impl Store for Reactor {
    type Handle = TimerKey;

    fn new() -> Self {
        Self(barewire_reactor::Reactor::new().expect("a reactor"))
    }

    fn arm(&mut self, at: Instant, tag: u64) -> TimerKey {
        self.0.timer(at, tag)
    }

    fn postpone(&mut self, timer: &mut TimerKey, at: Instant) -> bool {
        self.0.postpone(*timer, at)
    }

    fn cancel(&mut self, timer: TimerKey) -> bool {
        self.0.cancel(timer)
    }

    fn expire(&mut self, fired: &mut dyn FnMut(u64)) {
        self.0.turn(Some(Duration::ZERO)).expect("a turn");
        while let Some(event) = self.0.next() {
            if let Event::Timer { tag, .. } = event {
                fired(tag);
            }
        }
    }

    fn armed(&self) -> usize {
        self.0.timer_count()
    }
}

/// An ordered map by deadline, then by number.
pub(crate) struct Tree {
    timers: BTreeMap<(Instant, u64), u64>,
    armed: u64,
}

impl Store for Tree {
    type Handle = (Instant, u64);

    fn new() -> Self {
        Self {
            timers: BTreeMap::new(),
            armed: 0,
        }
    }

    fn arm(&mut self, at: Instant, tag: u64) -> Self::Handle {
        self.armed += 1;
        self.timers.insert((at, self.armed), tag);
        (at, self.armed)
    }

    fn postpone(&mut self, handle: &mut Self::Handle, at: Instant) -> bool {
        let Some(tag) = self.timers.remove(handle) else {
            return false;
        };
        *handle = self.arm(at, tag);
        true
    }

    fn cancel(&mut self, handle: Self::Handle) -> bool {
        self.timers.remove(&handle).is_some()
    }

    fn expire(&mut self, fired: &mut dyn FnMut(u64)) {
        let now = Instant::now();
        while let Some(first) = self.timers.first_entry()
            && first.key().0 <= now
        {
            fired(first.remove());
        }
    }

    fn armed(&self) -> usize {
        self.timers.len()
    }
}

/// A heap whose entries stay in it when a timer is cancelled or moved, and are known by that when they come up. Nothing
/// is ever swept.
pub(crate) struct LazyHeap {
    heap: BinaryHeap<Reverse<(Instant, usize)>>,
    /// Deadline and tag by number of arming; numbers are not used twice.
    timers: Vec<Option<(Instant, u64)>>,
    armed: usize,
}

impl Store for LazyHeap {
    type Handle = usize;

    fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            timers: Vec::new(),
            armed: 0,
        }
    }

    fn arm(&mut self, at: Instant, tag: u64) -> usize {
        self.timers.push(Some((at, tag)));
        self.heap.push(Reverse((at, self.timers.len() - 1)));
        self.armed += 1;
        self.timers.len() - 1
    }

    fn postpone(&mut self, handle: &mut usize, at: Instant) -> bool {
        let Some(timer) = &mut self.timers[*handle] else {
            return false;
        };
        timer.0 = at;
        self.heap.push(Reverse((at, *handle)));
        true
    }

    fn cancel(&mut self, handle: usize) -> bool {
        let cancelled = self.timers[handle].take().is_some();
        self.armed -= usize::from(cancelled);
        cancelled
    }

    fn expire(&mut self, fired: &mut dyn FnMut(u64)) {
        let now = Instant::now();
        while let Some(&Reverse((at, handle))) = self.heap.peek()
            && at <= now
        {
            self.heap.pop();
            if let Some((_, tag)) = self.timers[handle].take_if(|timer| timer.0 == at) {
                self.armed -= 1;
                fired(tag);
            }
        }
    }

    fn armed(&self) -> usize {
        self.armed
    }
}
