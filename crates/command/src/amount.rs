//! Amounts as people type them.

use std::num::NonZeroU64;

/// A number of bytes, 1 or more, with K, M or G in either case for powers of 1000. `None` for everything else, and for what
/// 64 bits do not hold.
///
/// ```
/// use barewire_command::amount::bytes;
///
/// assert_eq!(bytes("500k").map(|bytes| bytes.get()), Some(500_000));
/// assert_eq!(bytes("2.5M"), None);
/// ```
#[must_use]
pub fn bytes(typed: &str) -> Option<NonZeroU64> {
    let (digits, unit) = match typed.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => typed.split_at(at),
        None => (typed, ""),
    };
    let factor: u64 = match unit.to_ascii_uppercase().as_str() {
        "" => 1,
        "K" => 1000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        _ => return None,
    };
    let number: u64 = digits.parse().ok()?;
    NonZeroU64::new(number.checked_mul(factor)?)
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(typed: &str, expected: Option<u64>) {
        let bytes = super::bytes(typed).map(std::num::NonZeroU64::get);
        assert_eq!(bytes, expected, "{typed:?}");
    }

    #[test]
    fn bytes_have_units() {
        check("5", Some(5));
        check("5k", Some(5000));
        check("2M", Some(2_000_000));
        check("18G", Some(18_000_000_000));
        for typed in [
            "",
            "0",
            "0G",
            "2T",
            "2KB",
            "K",
            "-1",
            "+1",
            "1.5M",
            " 1",
            "99999999999G",
        ] {
            check(typed, None);
        }
    }
}
