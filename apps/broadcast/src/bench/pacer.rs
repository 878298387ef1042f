//! When how many datagrams may be sent.

use std::time::{Duration, Instant};

/// The most datagrams that are sent at once; what the system takes in one call with segmentation offload.
pub const BURST_MAX: usize = 64;

/// Between two bursts, unless so much may be sent meanwhile that it would be more than one.
const TICK: Duration = Duration::from_millis(1);

/// How late a burst may be without the rate suffering: what was missed is made up for in bursts that follow at once.
/// What is missed beyond that is left out, or a sender that was stopped for a while would then flood its receiver.
const LATE_MAX: Duration = Duration::from_millis(4);

const BILLION: u128 = 1_000_000_000;

/// A token bucket of bytes, emptied in bursts of whole datagrams.
///
/// A burst is what comes together in a millisecond, but never more than [`BURST_MAX`] nor than go into one call;
/// at high rates there are several in a millisecond. A datagram that takes longer than a millisecond to earn is sent
/// when it is earned.
#[derive(Clone, Copy, Debug)]
pub struct Pacer {
    bytes_per_second: u128,
    datagram_bytes: u128,
    burst_max: usize,
    /// In billionths of a byte, so that nothing is lost by rounding.
    saved: u128,
    at: Instant,
}

impl Pacer {
    /// So many bytes a second, in datagrams of that size, of which so many are sent at once at most. The first is free.
    ///
    /// # Panics
    ///
    /// If one of the numbers is 0.
    #[must_use]
    pub fn new(
        bytes_per_second: u64,
        datagram_bytes: usize,
        burst_max: usize,
        now: Instant,
    ) -> Self {
        assert!(
            bytes_per_second > 0 && datagram_bytes > 0 && burst_max > 0,
            "nothing could be sent"
        );
        let datagram_bytes = datagram_bytes as u128;
        Self {
            bytes_per_second: bytes_per_second.into(),
            datagram_bytes,
            burst_max: burst_max.min(BURST_MAX),
            saved: datagram_bytes * BILLION,
            at: now,
        }
    }

    /// How many datagrams may be sent now, at once.
    pub fn allowed(&mut self, now: Instant) -> usize {
        let passed = now.saturating_duration_since(self.at);
        self.at = self.at.max(now);
        let datagram = self.datagram_bytes * BILLION;
        let saved_max = datagram + datagram.max(self.bytes_per_second * LATE_MAX.as_nanos());
        let earned = self.bytes_per_second * passed.as_nanos();
        self.saved = (self.saved + earned).min(saved_max);
        let whole = usize::try_from(self.saved / datagram).unwrap_or(usize::MAX);
        whole.min(self.burst_max)
    }

    /// So many were sent.
    pub fn spend(&mut self, datagrams: usize) {
        let spent = datagrams as u128 * self.datagram_bytes * BILLION;
        self.saved = self.saved.saturating_sub(spent);
    }

    /// When to ask again; it may have passed, if there is something to make up for.
    #[must_use]
    pub fn poll_timeout(&self) -> Instant {
        let datagram = self.datagram_bytes * BILLION;
        let in_a_tick = self.bytes_per_second * TICK.as_nanos() / datagram;
        let burst = in_a_tick.clamp(1, self.burst_max as u128);
        let missing = (burst * datagram).saturating_sub(self.saved);
        let nanoseconds = missing.div_ceil(self.bytes_per_second);
        self.at + Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::{BURST_MAX, LATE_MAX, Pacer, TICK};

    /// Runs for so long by a clock that is late by what `late` says, and gives when how many were sent.
    fn run(
        (rate, size, burst): (u64, usize, usize),
        time: Duration,
        mut late: impl FnMut() -> Duration,
    ) -> Vec<(Duration, usize)> {
        let start = Instant::now();
        let mut pacer = Pacer::new(rate, size, burst, start);
        let (mut now, mut bursts) = (start, Vec::new());
        loop {
            let allowed = pacer.allowed(now);
            assert!(allowed <= BURST_MAX.min(burst));
            pacer.spend(allowed);
            bursts.push((now - start, allowed));
            let at = pacer.poll_timeout();
            now = if at <= now { now } else { at + late() };
            if now > start + time {
                return bursts;
            }
        }
    }

    fn bytes(bursts: &[(Duration, usize)], size: usize) -> u64 {
        bursts.iter().map(|(_, sent)| (sent * size) as u64).sum()
    }

    #[track_caller]
    fn check(rate: u64, size: usize, burst: usize, late: Duration) {
        let seconds = 10;
        let bursts = run((rate, size, burst), Duration::from_secs(seconds), || late);
        let (sent, due) = (bytes(&bursts, size), rate * seconds);
        // What is earned between the last burst and the end is not sent yet.
        let pending = rate * (TICK + late).as_micros() as u64 / 1_000_000 + size as u64;
        assert!(
            sent <= due + size as u64 && sent + pending >= due,
            "{sent} of {due}"
        );
    }

    #[test]
    fn the_rate_is_exact() {
        for late in [0, 60, 1000, 3000].map(Duration::from_micros) {
            check(400_000_000, 1400, 44, late);
            check(10_000_000, 1400, 44, late);
            check(999_999, 1400, 44, late);
            check(1400, 1400, 44, late);
            check(123_456_789, 32, 64, late);
            check(50_000_000, 65_507, 1, late);
        }
    }

    #[test]
    fn a_burst_is_a_millisecond_s_worth() {
        let bursts = run((14_000_000, 1400, 44), Duration::from_secs(1), || {
            Duration::ZERO
        });
        assert!(bursts[1..].iter().all(|&(_, sent)| sent == 10));
        for pair in bursts[1..].windows(2) {
            assert_eq!(pair[1].0 - pair[0].0, TICK);
        }
    }

    #[test]
    fn one_that_was_stopped_does_not_flood() {
        let start = Instant::now();
        let mut pacer = Pacer::new(100_000_000, 1000, 64, start);
        let now = start + Duration::from_secs(60);
        let mut at_once = 0;
        loop {
            let allowed = pacer.allowed(now);
            if allowed == 0 {
                break;
            }
            pacer.spend(allowed);
            at_once += allowed;
        }
        // 4 ms, and one datagram.
        assert_eq!(at_once, 401);
    }

    #[test]
    fn a_clock_that_stands_still_earns_nothing() {
        let start = Instant::now();
        let mut pacer = Pacer::new(1_000_000, 1000, 64, start);
        assert_eq!(pacer.allowed(start), 1);
        pacer.spend(1);
        assert_eq!(pacer.allowed(start), 0);
        assert_eq!(pacer.poll_timeout(), start + TICK);
        assert_eq!(pacer.allowed(start + TICK), 1);
        assert_eq!(pacer.allowed(start), 1);
    }

    proptest! {
        /// However late the clock is, nothing is sent that was not earned, and in no millisecond more than that and
        /// what had been missed.
        #[test]
        fn never_more_than_earned(rate in 1000..2_000_000_000u64, size in 32..65_508usize, burst in 1..100usize, lates in proptest::collection::vec(0..6000u64, 1..50)) {
            let mut lates = lates.iter().cycle();
            let late = || Duration::from_micros(*lates.next().unwrap_or(&0));
            let bursts = run((rate, size, burst), Duration::from_millis(100), late);
            let mut sent = 0u64;
            for &(at, datagrams) in &bursts {
                sent += (datagrams * size) as u64;
                let earned = u128::from(rate) * at.as_nanos() / 1_000_000_000 + size as u128;
                prop_assert!(u128::from(sent) <= earned, "{sent} bytes at {at:?}");
            }
            let window = TICK + LATE_MAX;
            let most = u128::from(rate) * window.as_nanos() / 1_000_000_000 + 2 * size as u128 + 1;
            for (index, &(from, _)) in bursts.iter().enumerate() {
                let within = bursts[index..].iter().take_while(|(at, _)| *at < from + TICK);
                let together: u64 = within.map(|(_, sent)| (sent * size) as u64).sum();
                prop_assert!(u128::from(together) <= most.max(2 * size as u128), "{together} bytes from {from:?}");
            }
        }
    }
}
