//! Random numbers to spread things in time; nothing secret comes of them.

use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Anything from `from` to `to`, both included.
    pub(crate) fn between(&mut self, from: Duration, to: Duration) -> Duration {
        let span = to.saturating_sub(from).as_nanos();
        let span = u64::try_from(span).unwrap_or(u64::MAX - 1);
        // What the remainder favours is one nanosecond in billions.
        from + Duration::from_nanos(self.next() % (span + 1))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Random;

    #[test]
    fn numbers_are_spread_over_the_range() {
        let mut random = Random::new(3);
        let ms = Duration::from_millis;
        let drawn: Vec<Duration> = (0..10_000)
            .map(|_| random.between(ms(20), ms(120)))
            .collect();
        assert!(drawn.iter().all(|&at| at >= ms(20) && at <= ms(120)));
        for tenth in 0..10 {
            let (from, to) = (ms(20 + 10 * tenth), ms(30 + 10 * tenth));
            let hits = drawn.iter().filter(|&&at| at >= from && at < to).count();
            assert!((800..1200).contains(&hits), "{hits} of 10,000 in {from:?}");
        }
        assert_eq!(random.between(ms(5), ms(5)), ms(5));
        assert_eq!(random.between(ms(5), ms(1)), ms(5));
    }
}
