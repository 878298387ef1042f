//! How unevenly datagrams come.

/// Interarrival jitter, after [RFC 3550](https://www.rfc-editor.org/rfc/rfc3550#section-6.4.1), in nanoseconds:
/// a running mean of how much the time under way differs from one datagram to the next, each counting a sixteenth.
///
/// The integer arithmetic is that of [appendix A.8](https://www.rfc-editor.org/rfc/rfc3550#appendix-A.8), so that
/// everybody who measures the same has the same. The two clocks need not agree: only differences are looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jitter {
    /// Sixteen times the mean.
    scaled: u64,
    /// Of the one before.
    transit: Option<i128>,
}

impl Jitter {
    /// One has come: when it was sent by the sender's clock, and when it arrived by the receiver's.
    pub fn sample(&mut self, sent_nanoseconds: u64, arrived_nanoseconds: u64) {
        let transit = i128::from(arrived_nanoseconds) - i128::from(sent_nanoseconds);
        if let Some(before) = self.transit.replace(transit) {
            let difference = u64::try_from(transit.abs_diff(before)).unwrap_or(u64::MAX);
            let decay = self.scaled.saturating_add(8) >> 4;
            self.scaled = self.scaled.saturating_sub(decay).saturating_add(difference);
        }
    }

    /// The mean, in nanoseconds.
    #[must_use]
    pub fn nanoseconds(&self) -> u64 {
        self.scaled >> 4
    }
}

#[cfg(test)]
mod tests {
    use super::Jitter;

    #[track_caller]
    fn check(series: &[(u64, u64)], expected: &[u64]) {
        let mut jitter = Jitter::default();
        let means: Vec<_> = series
            .iter()
            .map(|&(sent, arrived)| {
                jitter.sample(sent, arrived);
                jitter.nanoseconds()
            })
            .collect();
        assert_eq!(means, expected);
    }

    /// Times under way of 5000, 5000, 6600, 5000, 5000, 8200; differences of 0, 1600, 1600, 0, 3200. Sixteen times the
    /// mean is then 0; 1600; 1600 - 100 + 1600 = 3100; 3100 - 194 = 2906; 2906 - 182 + 3200 = 5924.
    #[test]
    fn a_series_by_hand() {
        check(
            &[
                (0, 5000),
                (1000, 6000),
                (2000, 8600),
                (3000, 8000),
                (4000, 9000),
                (5000, 13_200),
            ],
            &[0, 0, 100, 193, 181, 370],
        );
    }

    #[test]
    fn even_is_none() {
        let even: Vec<_> = (0..100).map(|n| (n * 1000, 77 + n * 1000)).collect();
        check(&even, &[0; 100]);
    }

    /// A clock that is behind the other, and whatever a datagram may say.
    #[test]
    fn the_clocks_need_not_agree() {
        check(&[(1 << 60, 0), ((1 << 60) + 10, 26)], &[0, 1]);
        check(
            &[(0, u64::MAX), (u64::MAX, 0), (0, u64::MAX)],
            &[0, u64::MAX >> 4, u64::MAX >> 4],
        );
    }
}
