//! Timers: a heap of deadlines over a table of timers. Cancelling and putting off leave the heap alone.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use crate::key::TimerKey;
use crate::slots::Slots;

/// Nanoseconds since the reactor was made: half the size of an `Instant`, and enough for 584 years.
type Nanos = u64;

struct Timer {
    at: Nanos,
    /// The number of the one heap entry that stands for this timer; entries with another number are rubbish.
    order: NonZeroU64,
    tag: u64,
}

/// Ordered by deadline, then by number: equal deadlines fire in the order they were armed.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
struct Entry {
    at: Nanos,
    order: NonZeroU64,
    index: u32,
}

const _: () = assert!(size_of::<Entry>() <= 24);
const _: () = assert!(crate::slots::slot_bytes::<Timer>() <= 32);

/// A timer whose deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) key: TimerKey,
    pub(crate) tag: u64,
    /// The deadline.
    pub(crate) at: Instant,
}

pub(crate) struct Timers {
    base: Instant,
    timers: Slots<Timer>,
    /// At least one entry for every timer that is not due, none later than its deadline.
    heap: BinaryHeap<Reverse<Entry>>,
    /// Timers found due at the last [`expire`](Self::expire), in order, not yet handed out.
    due: VecDeque<Entry>,
    armed: NonZeroU64,
}

impl Timers {
    pub(crate) const fn new(base: Instant) -> Self {
        Self {
            base,
            timers: Slots::new(),
            heap: BinaryHeap::new(),
            due: VecDeque::new(),
            armed: NonZeroU64::MIN,
        }
    }

    /// Armed timers, due ones included.
    pub(crate) const fn len(&self) -> usize {
        self.timers.len()
    }

    pub(crate) fn arm(&mut self, at: Instant, tag: u64) -> TimerKey {
        let (at, order) = (self.nanos(at), self.next_order());
        let Ok(raw) = self.timers.insert(Timer { at, order, tag }) else {
            // 2^32 timers would take 240 GB.
            unreachable!("memory ends before timer indices do")
        };
        self.heap.push(Reverse(Entry {
            at,
            order,
            index: raw.slot(),
        }));
        TimerKey::new(raw)
    }

    pub(crate) fn cancel(&mut self, key: TimerKey) -> bool {
        let cancelled = self.timers.remove(key.raw()).is_some();
        if cancelled {
            self.compact();
        }
        cancelled
    }

    /// Moves a deadline. Later is free: the entry finds the new deadline when the old one comes.
    pub(crate) fn postpone(&mut self, key: TimerKey, at: Instant) -> bool {
        let at = self.nanos(at);
        let order = self.armed;
        let Some(timer) = self.timers.get_mut(key.raw()) else {
            return false;
        };
        let sooner = at < timer.at;
        timer.at = at;
        if sooner {
            timer.order = order;
            self.next_order();
            self.heap.push(Reverse(Entry {
                at,
                order,
                index: key.raw().slot(),
            }));
            self.compact();
        }
        true
    }

    /// No timer is due before this. `None`: there is no timer, or none in this universe's time.
    pub(crate) fn next_deadline(&mut self) -> Option<Instant> {
        while let Some(&Reverse(entry)) = self.heap.peek() {
            if self.timer(entry).is_some() {
                return self.base.checked_add(Duration::from_nanos(entry.at));
            }
            self.heap.pop();
        }
        None
    }

    /// Finds the timers due at `now`: these, and none armed later, are what [`pop_due`](Self::pop_due) yields.
    pub(crate) fn expire(&mut self, now: Instant) {
        if self.heap.is_empty() && self.due.is_empty() {
            return;
        }
        let now = self.nanos(now);
        for _ in 0..self.due.len() {
            if let Some(entry) = self.due.pop_front() {
                self.sort(entry);
            }
        }
        while let Some(&Reverse(entry)) = self.heap.peek() {
            if entry.at > now {
                break;
            }
            self.heap.pop();
            self.sort(entry);
        }
        self.compact();
    }

    /// How many timers are due, cancelled ones at the front left out.
    pub(crate) fn due_len(&mut self) -> usize {
        while self
            .due
            .front()
            .is_some_and(|&entry| self.timer(entry).is_none())
        {
            self.due.pop_front();
        }
        self.due.len()
    }

    /// The next due timer, disarmed.
    #[inline]
    pub(crate) fn pop_due(&mut self) -> Option<Due> {
        // Asked before every event; mostly there is none.
        if self.due.is_empty() {
            None
        } else {
            self.pop_first_due()
        }
    }

    fn pop_first_due(&mut self) -> Option<Due> {
        while let Some(entry) = self.due.pop_front() {
            let Some(timer) = self.timer(entry) else {
                continue;
            };
            let (at, tag) = (timer.at, timer.tag);
            if at > entry.at {
                // Put off while it waited its turn.
                self.heap.push(Reverse(Entry { at, ..entry }));
                continue;
            }
            let Some(raw) = self.timers.key_at(entry.index) else {
                continue;
            };
            self.timers.remove(raw);
            self.compact();
            return Some(Due {
                key: TimerKey::new(raw),
                tag,
                at: self.base + Duration::from_nanos(at),
            });
        }
        None
    }

    /// An entry whose time has come is due, or waits for its turn in the heap if its timer was put off, or is rubbish.
    fn sort(&mut self, entry: Entry) {
        match self.timer(entry).map(|timer| timer.at) {
            Some(at) if at > entry.at => self.heap.push(Reverse(Entry { at, ..entry })),
            Some(_) => self.due.push_back(entry),
            None => {}
        }
    }

    /// The timer that `entry` stands for, unless the entry is rubbish.
    fn timer(&self, entry: Entry) -> Option<&Timer> {
        self.timers
            .at(entry.index)
            .filter(|timer| timer.order == entry.order)
    }

    /// Sweeps the heap once most of it is rubbish, which keeps the cost of a sweep constant per timer.
    fn compact(&mut self) {
        if self.heap.len() > 2 * self.timers.len() + 64 {
            let timers = &self.timers;
            self.heap.retain(|Reverse(entry)| {
                timers
                    .at(entry.index)
                    .is_some_and(|timer| timer.order == entry.order)
            });
        }
    }

    fn next_order(&mut self) -> NonZeroU64 {
        let order = self.armed;
        // At one a nanosecond this lasts 584 years.
        self.armed = order.saturating_add(1);
        order
    }

    /// Exact; an instant before the reactor's first counts as its first, one beyond the range as its end.
    fn nanos(&self, at: Instant) -> Nanos {
        let since = at.saturating_duration_since(self.base);
        since
            .as_secs()
            .checked_mul(1_000_000_000)
            .and_then(|whole| whole.checked_add(u64::from(since.subsec_nanos())))
            .unwrap_or(Nanos::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    fn timers() -> (Timers, Instant) {
        let base = Instant::now();
        (Timers::new(base), base)
    }

    fn fire(timers: &mut Timers, now: Instant) -> Vec<u64> {
        timers.expire(now);
        std::iter::from_fn(|| timers.pop_due())
            .map(|due| due.tag)
            .collect()
    }

    #[test]
    fn fires_in_order_of_deadline_then_of_arming() {
        let (mut timers, t) = timers();
        for (after, tag) in [(3, 30), (1, 10), (2, 20), (1, 11), (3, 31), (1, 12)] {
            timers.arm(t + after * MS, tag);
        }
        assert_eq!(fire(&mut timers, t + 3 * MS), [10, 11, 12, 20, 30, 31]);
        assert_eq!(timers.len(), 0);
    }

    #[test]
    fn never_early() {
        let (mut timers, t) = timers();
        timers.arm(t + MS, 1);
        assert_eq!(fire(&mut timers, t + MS - Duration::from_nanos(1)), []);
        assert_eq!(timers.next_deadline(), Some(t + MS));
        assert_eq!(fire(&mut timers, t + MS), [1]);
        assert_eq!(timers.next_deadline(), None);
    }

    #[test]
    fn armed_for_now_while_firing_waits_for_the_next_snapshot() {
        let (mut timers, t) = timers();
        timers.arm(t, 1);
        timers.expire(t);
        assert_eq!(timers.pop_due().map(|due| due.tag), Some(1));
        timers.arm(t, 2);
        assert_eq!(timers.pop_due(), None);
        assert_eq!(fire(&mut timers, t), [2]);
    }

    #[test]
    fn cancelled_before_among_and_after() {
        let (mut timers, t) = timers();
        let keys: Vec<_> = (0..4).map(|tag| timers.arm(t + MS, tag)).collect();
        assert!(timers.cancel(keys[0]));
        assert!(!timers.cancel(keys[0]));
        timers.expire(t + MS);
        assert_eq!(timers.due_len(), 3);
        assert_eq!(
            timers.pop_due().map(|due| (due.key, due.tag)),
            Some((keys[1], 1))
        );
        assert!(!timers.cancel(keys[1]), "it has fired");
        assert!(timers.cancel(keys[2]), "its sibling is being handled");
        assert_eq!(timers.due_len(), 1);
        assert_eq!(
            timers.pop_due().map(|due| (due.key, due.tag)),
            Some((keys[3], 3))
        );
        assert_eq!(timers.pop_due(), None);
    }

    #[test]
    fn put_off_within_one_snapshot_it_fires_in_its_new_place() {
        let (mut timers, t) = timers();
        let first = timers.arm(t + MS, 1);
        timers.arm(t + 5 * MS, 2);
        assert!(timers.postpone(first, t + 10 * MS));
        assert_eq!(fire(&mut timers, t + 15 * MS), [2, 1]);
    }

    #[test]
    fn postponed_later_and_sooner() {
        let (mut timers, t) = timers();
        let later = timers.arm(t + MS, 1);
        let sooner = timers.arm(t + 9 * MS, 2);
        assert!(timers.postpone(later, t + 5 * MS));
        assert!(timers.postpone(sooner, t + 2 * MS));
        assert_eq!(fire(&mut timers, t + MS), []);
        assert_eq!(timers.next_deadline(), Some(t + 2 * MS));
        assert_eq!(fire(&mut timers, t + 4 * MS), [2]);
        assert!(!timers.postpone(sooner, t + 6 * MS));
        assert_eq!(fire(&mut timers, t + 5 * MS), [1]);
        assert_eq!(fire(&mut timers, t + 99 * MS), []);
    }

    #[test]
    fn postponed_while_due_is_not_handed_out() {
        let (mut timers, t) = timers();
        let (a, b) = (timers.arm(t, 1), timers.arm(t, 2));
        timers.expire(t + MS);
        assert_eq!(timers.pop_due().map(|due| (due.key, due.tag)), Some((a, 1)));
        assert!(timers.postpone(b, t + 2 * MS));
        assert_eq!(timers.pop_due(), None);
        assert_eq!(fire(&mut timers, t + MS), []);
        assert_eq!(fire(&mut timers, t + 2 * MS), [2]);
    }

    #[test]
    fn pulled_forward_while_due_fires_once() {
        let (mut timers, t) = timers();
        let key = timers.arm(t + MS, 1);
        timers.expire(t + MS);
        assert!(timers.postpone(key, t));
        assert_eq!(timers.pop_due(), None);
        assert_eq!(fire(&mut timers, t + MS), [1]);
        assert_eq!(fire(&mut timers, t + MS), []);
    }

    #[test]
    fn cancelled_timers_do_not_pile_up() {
        let (mut timers, t) = timers();
        let kept = timers.arm(t + 1000 * MS, 7);
        for n in 0..1_000_000u32 {
            let key = timers.arm(t + (n % 1000 + 2000) * MS, 0);
            assert!(timers.cancel(key));
            assert!(timers.heap.len() <= 2 * timers.len() + 64);
        }
        assert!(timers.timers.at(kept.raw().slot()).is_some());
        assert_eq!(fire(&mut timers, t + 5000 * MS), [7]);
    }

    #[test]
    fn pulling_forward_does_not_pile_up() {
        let (mut timers, t) = timers();
        let key = timers.arm(t + 1_000_000 * MS, 7);
        for n in 0..100_000u32 {
            assert!(timers.postpone(key, t + (1_000_000 - n) * MS));
            assert!(timers.heap.len() <= 2 * timers.len() + 64);
        }
        for n in 0..100_000u32 {
            assert!(timers.postpone(key, t + (1_000_000 + n) * MS));
        }
        assert_eq!(timers.len(), 1);
    }

    #[test]
    fn putting_off_does_not_touch_the_heap() {
        let (mut timers, t) = timers();
        let key = timers.arm(t + MS, 7);
        for n in 2..1000u32 {
            timers.postpone(key, t + n * MS);
        }
        assert_eq!(timers.heap.len(), 1);
        assert_eq!(
            timers.next_deadline(),
            Some(t + MS),
            "the old entry is looked at when it comes"
        );
        assert_eq!(fire(&mut timers, t + MS), []);
        assert_eq!(timers.next_deadline(), Some(t + 999 * MS));
    }

    #[test]
    fn the_ends_of_time() {
        let (mut timers, t) = timers();
        timers.arm(t - MS, 1);
        timers.arm(t, 2);
        let far = t + Duration::from_secs(600 * 366 * 86_400);
        let never = timers.arm(far, 3);
        assert_eq!(fire(&mut timers, t + Duration::from_nanos(1)), [1, 2]);
        assert!(
            timers
                .next_deadline()
                .is_none_or(|at| at > t + Duration::from_secs(500 * 365 * 86_400))
        );
        assert!(timers.cancel(never));
    }

    #[test]
    fn a_clock_that_jumps_stalls_and_steps_back() {
        let (mut timers, t) = timers();
        for n in 1..=5 {
            timers.arm(t + n * 1000 * MS, u64::from(n));
        }
        let ten_years = Duration::from_secs(10 * 366 * 86_400);
        timers.arm(t + ten_years, 6);
        assert_eq!(fire(&mut timers, t + 2000 * MS), [1, 2]);
        assert_eq!(fire(&mut timers, t), []);
        assert_eq!(fire(&mut timers, t), []);
        assert_eq!(fire(&mut timers, t + ten_years), [3, 4, 5, 6]);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Arm(u64),
        Cancel(usize),
        Postpone(usize, u64),
        Advance(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..50u64).prop_map(Step::Arm),
            any::<usize>().prop_map(Step::Cancel),
            (any::<usize>(), 0..50u64).prop_map(|(n, at)| Step::Postpone(n, at)),
            (0..20u64).prop_map(Step::Advance),
        ]
    }

    proptest! {
        /// Against a plain list: each timer fires once, at the first look at or after its deadline.
        #[test]
        fn agrees_with_a_list(steps in prop::collection::vec(step(), 1..200)) {
            let (mut timers, base) = timers();
            let instant = |ms: u64| base + Duration::from_millis(ms);
            let mut now = 0;
            let mut keys: Vec<TimerKey> = Vec::new();
            let mut model: Vec<Option<u64>> = Vec::new();
            for step in steps {
                match step {
                    Step::Arm(after) => {
                        keys.push(timers.arm(instant(now + after), model.len() as u64));
                        model.push(Some(now + after));
                    }
                    Step::Cancel(n) if !keys.is_empty() => {
                        let n = n % keys.len();
                        prop_assert_eq!(timers.cancel(keys[n]), model[n].take().is_some());
                    }
                    Step::Postpone(n, after) if !keys.is_empty() => {
                        let n = n % keys.len();
                        prop_assert_eq!(timers.postpone(keys[n], instant(now + after)), model[n].is_some());
                        model[n] = model[n].map(|_| now + after);
                    }
                    Step::Cancel(_) | Step::Postpone(..) => {}
                    Step::Advance(by) => {
                        now += by;
                        let mut fired = fire(&mut timers, instant(now));
                        fired.sort_unstable();
                        let mut expected = Vec::new();
                        for (n, at) in model.iter_mut().enumerate() {
                            if at.is_some_and(|at| at <= now) {
                                *at = None;
                                expected.push(n as u64);
                            }
                        }
                        prop_assert_eq!(fired, expected);
                    }
                }
                prop_assert_eq!(timers.len(), model.iter().flatten().count());
                prop_assert!(timers.heap.len() <= 2 * timers.len() + 64);
                let soonest = model.iter().flatten().min().copied();
                prop_assert!(timers.next_deadline() <= soonest.map(instant) || soonest.is_none());
            }
        }
    }
}
