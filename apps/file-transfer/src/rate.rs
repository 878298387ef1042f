//! A limit on bytes a second.

use std::time::{Duration, Instant};

/// How long the allowance of one moment may be saved up.
const SAVED_MAX: Duration = Duration::from_millis(100);

/// Between two moments in which something is allowed.
const STEP: Duration = Duration::from_millis(10);

/// Allows so many bytes a second.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    bytes_per_second: Option<u64>,
    /// In bytes and their billionths, so that slow rates add up.
    saved: u128,
    at: Instant,
}

const BILLION: u128 = 1_000_000_000;

impl Rate {
    /// So many bytes a second; `None` is no limit.
    #[must_use]
    pub fn new(bytes_per_second: Option<u64>, now: Instant) -> Self {
        Self {
            bytes_per_second,
            saved: 0,
            at: now,
        }
    }

    /// How many bytes are allowed now.
    pub fn allowed(&mut self, now: Instant) -> usize {
        let Some(rate) = self.bytes_per_second else {
            return usize::MAX;
        };
        let passed = now.saturating_duration_since(self.at);
        self.at = now;
        let most = u128::from(rate) * SAVED_MAX.as_nanos();
        self.saved = (self.saved + u128::from(rate) * passed.as_nanos()).min(most.max(BILLION));
        usize::try_from(self.saved / BILLION).unwrap_or(usize::MAX)
    }

    /// So many bytes have passed.
    pub fn spend(&mut self, bytes: usize) {
        if self.bytes_per_second.is_some() {
            self.saved = self.saved.saturating_sub(bytes as u128 * BILLION);
        }
    }

    /// When to ask again, where nothing is allowed now.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let exhausted = self.bytes_per_second.is_some() && self.saved < BILLION;
        exhausted.then(|| self.at + STEP)
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;
    use std::time::{Duration, Instant};

    #[track_caller]
    fn check(rate: u64, every: Duration) {
        let start = Instant::now();
        let mut limit = Rate::new(Some(rate), start);
        let mut passed = 0;
        let steps = Duration::from_secs(10).as_nanos() / every.as_nanos();
        for step in 0..steps {
            let now = start + every * u32::try_from(step + 1).expect("few");
            let allowed = limit.allowed(now);
            limit.spend(allowed);
            passed += allowed as u64;
        }
        let expected = rate * 10;
        assert!(
            passed <= expected && passed >= expected - expected / 100 - 1,
            "{passed}"
        );
    }

    #[test]
    fn the_rate_is_kept() {
        check(1_000_000, Duration::from_millis(10));
        check(1_000_000, Duration::from_micros(17));
        check(1000, Duration::from_millis(3));
        check(1, Duration::from_millis(10));
    }

    #[test]
    fn no_limit_is_none() {
        let now = Instant::now();
        let mut limit = Rate::new(None, now);
        assert_eq!(limit.allowed(now), usize::MAX);
        limit.spend(1 << 40);
        assert_eq!(limit.allowed(now), usize::MAX);
        assert_eq!(limit.poll_timeout(), None);
    }
}
