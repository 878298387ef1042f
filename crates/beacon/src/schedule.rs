//! When to say something again, unasked.

use std::time::{Duration, Instant};

use crate::random::Random;

/// A back-off: some pauses, then one that stays.
///
/// Pauses are drawn between a length and a quarter more, so that machines that were switched on together, or heard one
/// question, do not go on in step.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    next: Instant,
    /// How often it was time.
    times: usize,
}

impl Schedule {
    pub(crate) fn starting(at: Instant) -> Self {
        Self { next: at, times: 0 }
    }

    pub(crate) fn next(&self) -> Instant {
        self.next
    }

    /// Whether it is time; then the next is after the pause that `pauses` has for it, or after `steady`.
    pub(crate) fn is_time(
        &mut self,
        now: Instant,
        pauses: &[Duration],
        steady: Duration,
        random: &mut Random,
    ) -> bool {
        if now < self.next {
            return false;
        }
        let pause = pauses.get(self.times).copied().unwrap_or(steady);
        self.times += 1;
        // From now and not from when it should have been: a machine that slept has nothing to catch up with.
        self.next = now + random.between(pause, pause_max(pause));
        true
    }
}

/// The longest that comes of a pause.
pub(crate) fn pause_max(pause: Duration) -> Duration {
    pause + pause / 4
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Schedule;
    use crate::random::Random;

    #[test]
    fn pauses_get_longer_and_stay() {
        let ms = Duration::from_millis;
        let (pauses, steady) = ([ms(500), ms(2000)], ms(10_000));
        let mut random = Random::new(1);
        let mut now = Instant::now();
        let mut schedule = Schedule::starting(now + ms(20));
        assert!(!schedule.is_time(now, &pauses, steady, &mut random));
        now = schedule.next();
        for pause in [500, 2000, 10_000, 10_000, 10_000] {
            assert!(schedule.is_time(now, &pauses, steady, &mut random));
            assert!(!schedule.is_time(now, &pauses, steady, &mut random));
            let paused = schedule.next() - now;
            assert!(
                paused >= ms(pause) && paused <= ms(pause * 5 / 4),
                "{paused:?}"
            );
            now = schedule.next();
        }
    }

    #[test]
    fn a_long_sleep_is_not_caught_up_with() {
        let second = Duration::from_secs(1);
        let mut random = Random::new(1);
        let start = Instant::now();
        let mut schedule = Schedule::starting(start);
        let later = start + 3600 * second;
        assert!(schedule.is_time(later, &[], second, &mut random));
        assert!(schedule.next() >= later + second);
    }
}
