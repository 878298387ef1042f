//! Dates as the listing shows them, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

/// A moment in a year that four digits can say.
pub(super) struct Timestamp(OffsetDateTime);

impl Timestamp {
    pub(super) fn from_system(time: SystemTime) -> Option<Self> {
        let seconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).ok()?,
            Err(before) => {
                let before = before.duration();
                let whole = i64::try_from(before.as_secs()).ok()?;
                whole.checked_neg()? - i64::from(before.subsec_nanos() > 0)
            }
        };
        let moment = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
        (0..=9999).contains(&moment.year()).then_some(Self(moment))
    }

    /// `2026-11-21`
    pub(super) fn date(&self) -> String {
        let (year, month, day) = self.0.to_calendar_date();
        format!("{year:04}-{:02}-{day:02}", u8::from(month))
    }

    /// `20:42`
    pub(super) fn minute(&self) -> String {
        format!("{:02}:{:02}", self.0.hour(), self.0.minute())
    }

    /// `2026-11-21T20:42:00Z`
    pub(super) fn rfc3339(&self) -> String {
        format!("{}T{}:{:02}Z", self.date(), self.minute(), self.0.second())
    }
}
