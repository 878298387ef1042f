//! Byte ranges: what a Range field asks of a representation of known size (RFC 9110 section 14).

use std::fmt::{self, Display, Formatter};
use std::ops::Range;

/// Most members a Range field may list; more, and the whole is served.
///
/// Readers of PDF and video ask for a handful. Go's `net/http` has no such bound and relies on
/// the total alone; the attack named "Apache killer" listed 1,300.
pub const MEMBERS_MAX: usize = 16;

/// What is to be served of a representation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All of it, with 200: there is no Range, or one to be ignored.
    Whole,
    /// One part, with 206. Never empty, never past the size.
    Single(Range<u64>),
    /// Two parts or more, with 206 and multipart/byteranges, in the order asked for. None is
    /// empty, none overlap or touch, so that their lengths never add up to more than the size.
    Several(Vec<Range<u64>>),
    /// Nothing that was asked for exists: 416.
    Unsatisfiable,
}

/// A Content-Range value, written by its [`Display`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentRange {
    range: Option<Range<u64>>,
    size: u64,
}

/// The Content-Range of one part: `bytes 0-4/10`.
///
/// `range` is taken to be a non-empty part of `size` bytes, as every range in a [`Selection`] is.
#[must_use]
pub fn content_range(range: &Range<u64>, size: u64) -> ContentRange {
    ContentRange {
        range: Some(range.clone()),
        size,
    }
}

/// The Content-Range of a 416 answer: `bytes */10`.
#[must_use]
pub fn content_range_unsatisfied(size: u64) -> ContentRange {
    ContentRange { range: None, size }
}

impl Display for ContentRange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let size = self.size;
        match &self.range {
            Some(range) => write!(
                f,
                "bytes {}-{}/{size}",
                range.start,
                range.end.saturating_sub(1)
            ),
            None => write!(f, "bytes */{size}"),
        }
    }
}

/// Reads a Range value against a representation of `size` bytes.
///
/// Ends past the size are clamped, members that select nothing are dropped, overlapping and
/// touching members are joined at the place of the earliest. Another unit, a syntax error
/// anywhere or more than [`MEMBERS_MAX`] members give [`Selection::Whole`]: a server may ignore
/// any Range, and a part nobody meant is worse than the whole. A suffix of an empty
/// representation is satisfiable but has no Content-Range, hence whole as well. Linear in the
/// length of `value`.
///
/// Range has a meaning for GET alone; for other methods do not call this
/// (<https://www.rfc-editor.org/rfc/rfc9110#section-14.2>).
#[must_use]
pub fn select(value: &[u8], size: u64) -> Selection {
    let Some(specs) = parse(value) else {
        return Selection::Whole;
    };
    if size == 0 && specs.iter().any(|spec| matches!(spec, Spec::Suffix(1..))) {
        return Selection::Whole;
    }
    coalesce(specs.iter().filter_map(|spec| spec.within(size)).collect())
}

/// One member of a list, not yet held against a size.
#[derive(Clone, Copy)]
enum Spec {
    From { first: u64, last: u64 },
    Suffix(u64),
}

impl Spec {
    /// The bytes it selects; `None` when there are none.
    fn within(self, size: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From { first, last } => first..last.saturating_add(1).min(size),
            Self::Suffix(length) => size.saturating_sub(length)..size,
        };
        (range.start < range.end).then_some(range)
    }
}

/// ```abnf
/// ranges-specifier = range-unit "=" range-set
/// range-set        = 1#range-spec
/// ```
fn parse(value: &[u8]) -> Option<Vec<Spec>> {
    let (unit, set) = value.trim_ascii().split_at_checked(6)?;
    if !unit.eq_ignore_ascii_case(b"bytes=") {
        return None;
    }
    let mut specs = Vec::new();
    for member in set.split(|&byte| byte == b',') {
        let member = trim_ows(member);
        if member.is_empty() {
            continue;
        }
        if specs.len() == MEMBERS_MAX {
            return None;
        }
        specs.push(parse_spec(member)?);
    }
    (!specs.is_empty()).then_some(specs)
}

/// ```abnf
/// int-range    = first-pos "-" [ last-pos ]
/// suffix-range = "-" suffix-length
/// ```
fn parse_spec(member: &[u8]) -> Option<Spec> {
    let dash = member.iter().position(|&byte| byte == b'-')?;
    let (first, last) = (&member[..dash], &member[dash + 1..]);
    if first.is_empty() {
        return number(last).map(Spec::Suffix);
    }
    let first = number(first)?;
    let last = if last.is_empty() {
        u64::MAX
    } else {
        number(last)?
    };
    (first <= last).then_some(Spec::From { first, last })
}

/// `1*DIGIT`, held at [`u64::MAX`]: no file reaches so far, so larger numbers mean the same.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0_u64, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    }))
}

fn trim_ows(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Joins what overlaps or touches. A joined range stands where its first member was asked for.
fn coalesce(asked: Vec<Range<u64>>) -> Selection {
    let mut by_start: Vec<(usize, Range<u64>)> = asked.into_iter().enumerate().collect();
    by_start.sort_unstable_by_key(|(_, range)| range.start);
    let mut joined: Vec<(usize, Range<u64>)> = Vec::with_capacity(by_start.len());
    for (place, range) in by_start {
        match joined.last_mut() {
            Some((first_place, last)) if range.start <= last.end => {
                *first_place = place.min(*first_place);
                last.end = last.end.max(range.end);
            }
            _ => joined.push((place, range)),
        }
    }
    joined.sort_unstable_by_key(|(place, _)| *place);
    match joined.len() {
        0 => Selection::Unsatisfiable,
        1 => Selection::Single(joined.swap_remove(0).1),
        _ => Selection::Several(joined.into_iter().map(|(_, range)| range).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check_size(value: &str, size: u64, expected: Selection) {
        assert_eq!(
            select(value.as_bytes(), size),
            expected,
            "{value:?} of {size}"
        );
    }

    #[track_caller]
    fn check(value: &str, expected: Selection) {
        check_size(value, 10, expected);
    }

    fn several<const N: usize>(ranges: [Range<u64>; N]) -> Selection {
        Selection::Several(ranges.into())
    }

    #[test]
    fn single() {
        check("bytes=0-0", Selection::Single(0..1));
        check("bytes=5-", Selection::Single(5..10));
        check("bytes=-3", Selection::Single(7..10));
        check("bytes=-10", Selection::Single(0..10));
        check("bytes=-99", Selection::Single(0..10));
        check("bytes=0-9", Selection::Single(0..10));
        check("bytes=9-100", Selection::Single(9..10));
        check("BYTES=0-1", Selection::Single(0..2));
        check("bytes=000-0001", Selection::Single(0..2));
        check(" bytes=0-1 ", Selection::Single(0..2));
        check("bytes=0-1,", Selection::Single(0..2));
        check("bytes=0-1,100-", Selection::Single(0..2));
        check_size(
            "bytes=-1",
            1 << 40,
            Selection::Single((1 << 40) - 1..1 << 40),
        );
    }

    #[test]
    fn ignored() {
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes= , ,",
            "bytes=abc",
            "bytes=1",
            "bytes=--1",
            "bytes=+1-2",
            "bytes=-",
            "bytes=5-2",
            "bytes=1-2-3",
            "bytes=0 -1",
            "bytes=0- 1",
            "bytes =0-1",
            "byte=0-1",
            "items=0-1",
            "bytes:0-1",
            "bytes=0-1;2-3",
            "bytes=0x1-2",
            "bytes=0-1,x",
            "bytes=100-,x",
            "bytes=0-1 2-3",
            "bytes=٣-٤",
        ] {
            check(value, Selection::Whole);
        }
    }

    #[test]
    fn unsatisfiable() {
        check("bytes=10-20", Selection::Unsatisfiable);
        check("bytes=10-", Selection::Unsatisfiable);
        check("bytes=-0", Selection::Unsatisfiable);
        check("bytes=-0,99-", Selection::Unsatisfiable);
        check_size("bytes=0-0", 0, Selection::Unsatisfiable);
        check_size("bytes=0-", 0, Selection::Unsatisfiable);
        check_size("bytes=-0", 0, Selection::Unsatisfiable);
    }

    #[test]
    fn a_suffix_of_nothing_is_the_whole() {
        check_size("bytes=-5", 0, Selection::Whole);
        check_size("bytes=0-0,-5", 0, Selection::Whole);
    }

    #[test]
    fn numbers_past_u64_are_held() {
        check("bytes=0-18446744073709551615", Selection::Single(0..10));
        check("bytes=0-18446744073709551616", Selection::Single(0..10));
        check("bytes=-18446744073709551616", Selection::Single(0..10));
        check("bytes=99999999999999999999999-", Selection::Unsatisfiable);
        check("bytes=18446744073709551616-5", Selection::Whole);
        check_size(
            "bytes=18446744073709551615-18446744073709551615",
            u64::MAX,
            Selection::Unsatisfiable,
        );
        check_size("bytes=0-", u64::MAX, Selection::Single(0..u64::MAX));
        // CVE-2017-7529: suffixes whose sum wraps.
        check("bytes=-5,-9223372036854775808", Selection::Single(0..10));
    }

    #[test]
    fn several_parts() {
        check("bytes=0-1,4-5", several([0..2, 4..6]));
        check("bytes= 0-1 ,\t4-5 ", several([0..2, 4..6]));
        check("bytes=0-1,,4-5", several([0..2, 4..6]));
        check("bytes=8-9,0-1", several([8..10, 0..2]));
        check("bytes=-1,0-0,50-", several([9..10, 0..1]));
    }

    #[test]
    fn overlaps_are_joined() {
        check("bytes=0-5,3-9", Selection::Single(0..10));
        check("bytes=0-1,2-3", Selection::Single(0..4));
        check("bytes=0-,0-,0-,0-", Selection::Single(0..10));
        check("bytes=8-9,0-3,1-2", several([8..10, 0..4]));
        check("bytes=4-5,8-9,0-3", several([0..6, 8..10]));
        check("bytes=4-4,0-0,3-3,8-8", several([3..5, 0..1, 8..9]));
    }

    #[test]
    fn too_many_members() {
        let members = |count: u64| {
            let list: Vec<_> = (0..count)
                .map(|at| format!("{}-{}", at * 2, at * 2))
                .collect();
            format!("bytes={}", list.join(","))
        };
        assert!(matches!(
            select(members(16).as_bytes(), 1000),
            Selection::Several(parts) if parts.len() == 16
        ));
        check_size(&members(17), 1000, Selection::Whole);
        check_size(
            &format!("bytes=0-1{}", ",".repeat(5000)),
            9,
            Selection::Single(0..2),
        );
    }

    #[test]
    fn content_ranges() {
        assert_eq!(content_range(&(2..6), 10).to_string(), "bytes 2-5/10");
        assert_eq!(
            content_range(&(0..u64::MAX), u64::MAX).to_string(),
            "bytes 0-18446744073709551614/18446744073709551615"
        );
        assert_eq!(content_range_unsatisfied(10).to_string(), "bytes */10");
    }

    fn values() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..60),
            "[bB][yY]tes=[-0-9, ]{0,60}".prop_map(String::into_bytes),
            proptest::collection::vec((0_u64..40, proptest::option::of(0_u64..20)), 1..20)
                .prop_map(|members| {
                    let list: Vec<_> = members
                        .into_iter()
                        .map(|(first, more)| match more {
                            Some(more) => format!("{first}-{}", first + more),
                            None => format!("-{first}"),
                        })
                        .collect();
                    format!("bytes={}", list.join(",")).into_bytes()
                }),
        ]
    }

    proptest! {
        #[test]
        fn a_selection_stays_within(value in values(), size in prop_oneof![0_u64..50, any::<u64>()]) {
            let parts = match select(&value, size) {
                Selection::Whole | Selection::Unsatisfiable => return Ok(()),
                Selection::Single(range) => vec![range],
                Selection::Several(parts) => {
                    prop_assert!(parts.len() > 1 && parts.len() <= MEMBERS_MAX);
                    parts
                }
            };
            let mut total = 0_u64;
            for part in &parts {
                prop_assert!(part.start < part.end && part.end <= size);
                total = total.checked_add(part.end - part.start).unwrap();
            }
            prop_assert!(total <= size);
            for (at, one) in parts.iter().enumerate() {
                for two in &parts[at + 1..] {
                    prop_assert!(one.end < two.start || two.end < one.start);
                }
            }
        }

        /// Against a bitmap: joined parts select the very bytes that were asked for.
        #[test]
        fn joining_keeps_the_bytes(members in proptest::collection::vec((0_u64..30, 0_u64..9), 1..=16)) {
            let size = 25;
            let list: Vec<_> = members.iter().map(|(at, more)| format!("{at}-{}", at + more)).collect();
            let asked = |byte: u64| members.iter().any(|(at, more)| (*at..=at + more).contains(&byte));
            let parts = match select(format!("bytes={}", list.join(",")).as_bytes(), size) {
                Selection::Single(range) => vec![range],
                Selection::Several(parts) => parts,
                Selection::Unsatisfiable => vec![],
                Selection::Whole => return Err(TestCaseError::fail("ignored")),
            };
            for byte in 0..size {
                prop_assert_eq!(parts.iter().filter(|part| part.contains(&byte)).count(), usize::from(asked(byte)));
            }
        }
    }
}
