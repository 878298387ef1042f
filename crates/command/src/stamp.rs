//! The time of what is recorded or reported, formatted once for many.

use std::fmt::{self, Debug, Display, Formatter};
use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

const FIRST: [u8; Stamp::LEN] = *b"0000-01-01T00:00:00.000000Z";
const LAST: [u8; Stamp::LEN] = *b"9999-12-31T23:59:59.999999Z";

/// A moment in UTC with microseconds: `2026-11-22T01:40:12.345678Z`
/// ([RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6)).
///
/// Always 27 bytes, so that stamps sort as text. A moment outside of the years 0 to 9999 becomes
/// the nearest one inside.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp([u8; Self::LEN]);

impl Stamp {
    /// Bytes of each.
    pub const LEN: usize = 27;

    /// The stamp as ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<SystemTime> for Stamp {
    fn from(time: SystemTime) -> Self {
        let nanoseconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i128::try_from(after.as_nanos()).unwrap_or(i128::MAX),
            Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap_or(i128::MAX),
        };
        match OffsetDateTime::from_unix_timestamp_nanos(nanoseconds) {
            Ok(moment) if (0..=9999).contains(&moment.year()) => Self(format(moment)),
            _ => Self(if nanoseconds < 0 { FIRST } else { LAST }),
        }
    }
}

impl Display for Stamp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl Debug for Stamp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

fn format(moment: OffsetDateTime) -> [u8; Stamp::LEN] {
    let (year, month, day) = moment.to_calendar_date();
    let (hour, minute, second, microsecond) = moment.to_hms_micro();
    let mut text = FIRST;
    digits(&mut text[0..4], year.unsigned_abs());
    digits(&mut text[5..7], u8::from(month).into());
    digits(&mut text[8..10], day.into());
    digits(&mut text[11..13], hour.into());
    digits(&mut text[14..16], minute.into());
    digits(&mut text[17..19], second.into());
    digits(&mut text[20..26], microsecond);
    text
}

fn digits(field: &mut [u8], mut value: u32) {
    for digit in field.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::Stamp;

    #[track_caller]
    fn check(seconds: i64, nanoseconds: u32, expected: &str) {
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 {
            UNIX_EPOCH - whole
        } else {
            UNIX_EPOCH + whole
        };
        let time = time + Duration::from_nanos(nanoseconds.into());
        assert_eq!(Stamp::from(time).to_string(), expected);
    }

    #[test]
    fn moments() {
        check(0, 0, "1970-01-01T00:00:00.000000Z");
        check(1_795_311_612, 345_678_999, "2026-11-22T01:40:12.345678Z");
        check(951_782_399, 999_999_999, "2000-02-28T23:59:59.999999Z");
        check(951_782_400, 0, "2000-02-29T00:00:00.000000Z");
        // A microsecond before the epoch belongs to the year before.
        check(-1, 999_999_000, "1969-12-31T23:59:59.999999Z");
    }

    #[cfg(unix)]
    #[test]
    fn years_without_four_digits_become_the_nearest_that_have() {
        check(253_402_300_799, 999_999_999, "9999-12-31T23:59:59.999999Z");
        check(253_402_300_800, 0, "9999-12-31T23:59:59.999999Z");
        check(i64::MAX / 2, 0, "9999-12-31T23:59:59.999999Z");
        check(-62_167_219_200, 0, "0000-01-01T00:00:00.000000Z");
        check(-62_167_219_201, 0, "0000-01-01T00:00:00.000000Z");
        check(i64::MIN / 2, 0, "0000-01-01T00:00:00.000000Z");
    }
}
