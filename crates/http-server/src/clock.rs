//! `Date`, formatted once a second.

use std::time::{SystemTime, UNIX_EPOCH};

use barewire_http1::HttpDate;

pub(crate) struct Clock {
    second: u64,
    date: Option<HttpDate>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let mut clock = Self {
            second: u64::MAX,
            date: None,
        };
        clock.tick(SystemTime::now());
        clock
    }

    /// Looks at the wall clock; formats when the second has changed.
    pub(crate) fn tick(&mut self, now: SystemTime) {
        let second = now
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        if second != self.second {
            self.second = second;
            // The formatter covers the years 1970 to 9999; a clock beyond sends no date.
            const YEAR_10000: u64 = 253_402_300_800;
            self.date = (second < YEAR_10000)
                .then(|| httpdate::fmt_http_date(now.max(UNIX_EPOCH)))
                .and_then(|text| HttpDate::new(&text));
        }
    }

    pub(crate) fn date(&self) -> Option<HttpDate> {
        self.date
    }
}
