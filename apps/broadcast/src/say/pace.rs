//! A limit on datagrams a second.

use std::time::{Duration, Instant};

/// Allows so many datagrams a second: evenly, but for what a timer of a few milliseconds makes of that.
#[derive(Debug)]
pub(crate) struct Pace {
    /// From one to the next; none where there is no limit.
    step: Option<Duration>,
    /// From when on one more may go.
    next: Instant,
}

/// What a program that was late may catch up with.
const SAVED_MAX: Duration = Duration::from_millis(10);

/// Never more than so many at once, however high the rate: buffers on the way are not endless.
const BURST_MAX: u32 = 64;

impl Pace {
    /// So many a second; `None` is no limit.
    pub(crate) fn new(per_second: Option<u32>, now: Instant) -> Self {
        Self {
            step: per_second.map(|per_second| Duration::from_secs(1) / per_second.max(1)),
            next: now,
        }
    }

    /// When one more may go, if not now.
    pub(crate) fn not_before(&self, now: Instant) -> Option<Instant> {
        (self.step.is_some() && self.next > now).then_some(self.next)
    }

    /// One has gone.
    pub(crate) fn spend(&mut self, now: Instant) {
        if let Some(step) = self.step {
            let saved = SAVED_MAX.min(step * BURST_MAX);
            let oldest = now.checked_sub(saved).unwrap_or(now);
            self.next = self.next.max(oldest) + step;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Pace;

    /// How many go within a second of such turns, and the most in one turn.
    fn run(rate: u32, turn: Duration) -> (u64, u64) {
        let start = Instant::now();
        let mut pace = Pace::new(Some(rate), start);
        let (mut all, mut most) = (0, 0);
        let mut now = start;
        while now < start + Duration::from_secs(1) {
            let mut burst = 0;
            while pace.not_before(now).is_none() {
                pace.spend(now);
                burst += 1;
            }
            all += burst;
            most = most.max(burst);
            now += turn;
        }
        (all, most)
    }

    #[test]
    fn the_rate_is_kept() {
        assert_eq!(run(1, Duration::from_millis(7)), (1, 1));
        assert_eq!(run(10, Duration::from_millis(7)).0, 10);
        let (all, most) = run(1000, Duration::from_millis(2));
        assert!((998..=1002).contains(&all) && most <= 3, "{all} {most}");
        let (all, most) = run(30_000, Duration::from_millis(1));
        assert!(
            (29_900..=30_100).contains(&all) && most <= 31,
            "{all} {most}"
        );
    }

    #[test]
    fn what_was_missed_is_not_caught_up_with() {
        let (all, most) = run(1000, Duration::from_millis(100));
        assert!(all <= 120 && most <= 12, "{all} {most}");
        let (_, most) = run(1_000_000, Duration::from_millis(5));
        assert!(most <= 65, "{most}");
    }

    #[test]
    fn without_a_limit_all_go_at_once() {
        let now = Instant::now();
        let mut pace = Pace::new(None, now);
        for _ in 0..1000 {
            assert_eq!(pace.not_before(now), None);
            pace.spend(now);
        }
    }
}
