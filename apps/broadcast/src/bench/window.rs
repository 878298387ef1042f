//! Which datagrams have come.

/// How many numbers are remembered. One that is so far behind the highest cannot be told from one that had come before.
pub const WINDOW: u64 = 1 << 16;

/// What a datagram turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It has not come before, and nor has any behind it.
    Next,
    /// It has not come before; one behind it has.
    Reordered,
    /// It has come before.
    Duplicate,
    /// It is so late that it may or may not have come before.
    Late,
}

/// An account of numbered datagrams in 8 KiB, however many there are: a bit for each of the last [`WINDOW`] numbers.
///
/// Its counts are exact as long as nothing is more than [`WINDOW`] behind the highest number; what is counts as
/// late, and neither as received nor as a duplicate.
///
/// Reordered is what [RFC 4737](https://www.rfc-editor.org/rfc/rfc4737#section-3.3) has as Type-P-Reordered: a datagram
/// whose number is below the next expected one, which is one above the highest that has come. Duplicates are left out of
/// it, and late ones are in it.
#[derive(Debug)]
pub struct Window {
    bits: Box<[u64]>,
    /// One above the highest number that has come.
    next: u64,
    /// Each once.
    received: u64,
    duplicates: u64,
    reordered: u64,
    late: u64,
}

impl Default for Window {
    fn default() -> Self {
        Self::new()
    }
}

impl Window {
    /// Nothing has come.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bits: vec![0; (WINDOW / 64) as usize].into(),
            next: 0,
            received: 0,
            duplicates: 0,
            reordered: 0,
            late: 0,
        }
    }

    /// One has come. Numbers are below 2^62.
    pub fn see(&mut self, sequence: u64) -> Seen {
        let (word, bit) = place(sequence);
        if sequence >= self.next {
            self.forget(sequence);
            self.next = sequence + 1;
            self.received += 1;
            self.bits[word] |= bit;
            Seen::Next
        } else if self.next - sequence > WINDOW {
            self.late += 1;
            self.reordered += 1;
            Seen::Late
        } else if self.bits[word] & bit != 0 {
            self.duplicates += 1;
            Seen::Duplicate
        } else {
            self.received += 1;
            self.reordered += 1;
            self.bits[word] |= bit;
            Seen::Reordered
        }
    }

    /// Clears the places of the numbers from the next expected one to this.
    fn forget(&mut self, sequence: u64) {
        if sequence - self.next >= WINDOW {
            self.bits.fill(0);
            return;
        }
        for number in self.next..=sequence {
            let (word, bit) = place(number);
            self.bits[word] &= !bit;
        }
    }

    /// How many have come, each counted once.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// How many had come before.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// How many came behind a later one.
    #[must_use]
    pub fn reordered(&self) -> u64 {
        self.reordered
    }

    /// How many were too late to be known.
    #[must_use]
    pub fn late(&self) -> u64 {
        self.late
    }

    /// One above the highest number that has come: how many there were at least.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }
}

fn place(sequence: u64) -> (usize, u64) {
    let place = sequence % WINDOW;
    ((place / 64) as usize, 1 << (place % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(sequences: &[u64], expected: &[Seen]) {
        let mut window = Window::new();
        let seen: Vec<_> = sequences.iter().map(|&n| window.see(n)).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn verdicts() {
        use Seen::{Duplicate, Late, Next, Reordered};
        check(&[0, 1, 2], &[Next, Next, Next]);
        check(&[0, 2, 1, 1, 3], &[Next, Next, Reordered, Duplicate, Next]);
        // The edge of what is remembered.
        check(&[WINDOW - 1, 0, 0], &[Next, Reordered, Duplicate]);
        check(&[WINDOW, 0, 1], &[Next, Late, Reordered]);
        // A place that was taken by another number is free for this one.
        check(&[5, WINDOW + 5, WINDOW + 4], &[Next, Next, Reordered]);
        check(&[5, 10 * WINDOW, 9 * WINDOW + 5], &[Next, Next, Reordered]);
        let last = crate::bench::wire::SEQUENCE_END - 1;
        check(
            &[0, last, last, last - 1],
            &[Next, Next, Duplicate, Reordered],
        );
    }

    #[test]
    fn a_window_takes_8_kib() {
        assert_eq!(size_of_val(&*Window::new().bits), 8192);
    }

    proptest! {
        /// Beside one that remembers everything.
        #[test]
        fn any_order_with_loss_and_duplicates(steps in vec((0..3u64, -300i64..300), 1..2000), stretch in 1..100u64) {
            let mut window = Window::new();
            let (mut all, mut highest) = (HashSet::new(), None);
            let (mut duplicates, mut reordered, mut at) = (0, 0, 0u64);
            for (ahead, shift) in steps {
                at += ahead * stretch;
                // Never further behind than the window, as the promise has it.
                let sequence = at.saturating_add_signed(shift * stretch as i64);
                if highest.is_some_and(|highest: u64| highest >= sequence + WINDOW) {
                    continue;
                }
                window.see(sequence);
                if !all.insert(sequence) {
                    duplicates += 1;
                } else if highest.is_some_and(|highest| highest > sequence) {
                    reordered += 1;
                }
                highest = highest.max(Some(sequence));
            }
            prop_assert_eq!(window.received(), all.len() as u64);
            prop_assert_eq!(window.duplicates(), duplicates);
            prop_assert_eq!(window.reordered(), reordered);
            prop_assert_eq!(window.late(), 0);
            prop_assert_eq!(window.next(), highest.map_or(0, |highest| highest + 1));
        }

        /// A shuffle of all numbers within the window, some of them lost and some of them twice.
        #[test]
        fn loss_is_what_has_not_come(mut numbers in Just((0..1500u64).collect::<Vec<_>>()).prop_shuffle(), lost in 0..500usize, twice in 0..500usize) {
            numbers.truncate(1500 - lost);
            let mut window = Window::new();
            let again: Vec<_> = numbers.iter().copied().take(twice).collect();
            for number in numbers.iter().chain(&again) {
                window.see(*number);
            }
            prop_assert_eq!(1500 - window.received(), lost as u64);
            prop_assert_eq!(window.duplicates(), again.len() as u64);
        }

        /// Whatever comes, everything is counted as one thing.
        #[test]
        fn nothing_is_counted_twice(sequences in vec(0..4 * WINDOW, 1..1000)) {
            let mut window = Window::new();
            for &sequence in &sequences {
                window.see(sequence);
            }
            let counted = window.received() + window.duplicates() + window.late();
            prop_assert_eq!(counted, sequences.len() as u64);
            prop_assert!(window.received() <= window.next());
        }
    }
}
