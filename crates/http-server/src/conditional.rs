//! Conditional requests: the fields, and the order in which they decide (RFC 9110 section 13).

use std::time::{SystemTime, UNIX_EPOCH};

use httpdate::HttpDate;

use crate::etag::{self, Comparison, EntityTag};
use crate::range::{self, Selection};

/// The preconditions and the Range of one request, borrowed from its head.
///
/// Collected in one pass. A field line that is none of these costs a look at its length and its
/// first letter; nothing is allocated unless If-Match or If-None-Match comes in several lines.
#[derive(Clone, Debug, Default)]
pub struct Preconditions<'a> {
    if_match: Lines<'a>,
    if_none_match: Lines<'a>,
    if_modified_since: Single<'a>,
    if_unmodified_since: Single<'a>,
    if_range: Single<'a>,
    range: Single<'a>,
}

/// What the selected representation is known by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Validators<'v> {
    /// Its tag, as sent in ETag.
    pub etag: Option<&'v EntityTag>,
    /// When it last changed, as sent in Last-Modified; the part below a second is left out of
    /// every comparison, since HTTP has no way to say it.
    pub modified: Option<SystemTime>,
}

/// Whether a method reads, which decides between 304 and 412.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// GET or HEAD.
    GetOrHead,
    /// Anything else, PUT and DELETE above all.
    Other,
}

/// What the preconditions come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Go on; for GET, [`Preconditions::selection`] is next.
    Proceed,
    /// Answer 304, with ETag and Last-Modified as 200 would have them, and no content.
    NotModified,
    /// Answer 412 and change nothing.
    PreconditionFailed,
}

/// The lines of a list field. One is the rule, so only further ones are allocated.
#[derive(Clone, Debug, Default)]
enum Lines<'a> {
    #[default]
    Absent,
    One(&'a [u8]),
    Several(Vec<&'a [u8]>),
}

/// A field that may come once.
#[derive(Clone, Copy, Debug, Default)]
enum Single<'a> {
    #[default]
    Absent,
    Once(&'a [u8]),
    Repeated,
}

impl<'a> Preconditions<'a> {
    /// Picks the conditional fields out of all `(name, value)` lines of a head.
    #[must_use]
    pub fn collect(fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut found = Self::default();
        for (name, value) in fields {
            found.add(name, value);
        }
        found
    }

    /// Looks at one field line, for a caller that walks the head for other fields too.
    #[inline]
    pub fn add(&mut self, name: &'a [u8], value: &'a [u8]) {
        let Some(first) = name.first() else { return };
        match (name.len(), first | 0x20) {
            (5, b'r') if name.eq_ignore_ascii_case(b"range") => self.range.add(value),
            (8 | 13 | 17 | 19, b'i') => self.add_condition(name, value),
            _ => {}
        }
    }

    fn add_condition(&mut self, name: &[u8], value: &'a [u8]) {
        if name.eq_ignore_ascii_case(b"if-none-match") {
            self.if_none_match.add(value);
        } else if name.eq_ignore_ascii_case(b"if-modified-since") {
            self.if_modified_since.add(value);
        } else if name.eq_ignore_ascii_case(b"if-range") {
            self.if_range.add(value);
        } else if name.eq_ignore_ascii_case(b"if-match") {
            self.if_match.add(value);
        } else if name.eq_ignore_ascii_case(b"if-unmodified-since") {
            self.if_unmodified_since.add(value);
        }
    }

    /// Whether none of these fields is there, the plain request that most are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.range, Single::Absent)
            && matches!(self.if_none_match, Lines::Absent)
            && matches!(self.if_modified_since, Single::Absent)
            && matches!(self.if_match, Lines::Absent)
            && matches!(self.if_unmodified_since, Single::Absent)
            && matches!(self.if_range, Single::Absent)
    }

    /// Decides in the order of <https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2>, steps 1
    /// to 4; step 5 is [`selection`](Self::selection).
    ///
    /// `current` is `None` when the target has no representation now, as for a PUT that creates.
    /// Call this only when the answer without preconditions would be 2xx, or when the method
    /// would create the target.
    #[must_use]
    pub fn evaluate(&self, method: MethodKind, current: Option<Validators<'_>>) -> Outcome {
        if self.writer_was_overtaken(current) {
            return Outcome::PreconditionFailed;
        }
        if self.reader_is_up_to_date(method, current) {
            return match method {
                MethodKind::GetOrHead => Outcome::NotModified,
                MethodKind::Other => Outcome::PreconditionFailed,
            };
        }
        Outcome::Proceed
    }

    /// Steps 1 and 2: If-Match, and only in its absence If-Unmodified-Since.
    fn writer_was_overtaken(&self, current: Option<Validators<'_>>) -> bool {
        if !matches!(self.if_match, Lines::Absent) {
            return !self.if_match.name(current, Comparison::Strong);
        }
        let modified = current.and_then(|validators| validators.modified);
        match (self.if_unmodified_since.date(), modified) {
            (Some(date), Some(modified)) => whole_seconds(modified) > whole_seconds(date),
            _ => false,
        }
    }

    /// Steps 3 and 4: If-None-Match, and only in its absence If-Modified-Since, which is for
    /// GET and HEAD alone.
    fn reader_is_up_to_date(&self, method: MethodKind, current: Option<Validators<'_>>) -> bool {
        if !matches!(self.if_none_match, Lines::Absent) {
            return self.if_none_match.name(current, Comparison::Weak);
        }
        if method == MethodKind::Other {
            return false;
        }
        let modified = current.and_then(|validators| validators.modified);
        match (self.if_modified_since.date(), modified) {
            (Some(date), Some(modified)) => whole_seconds(modified) <= whole_seconds(date),
            _ => false,
        }
    }

    /// The Range value, if the field came exactly once. Several lines do not make a list here:
    /// the grammar has one unit in front, so the field is ignored.
    #[must_use]
    pub fn range(&self) -> Option<&'a [u8]> {
        match self.range {
            Single::Once(value) => Some(value),
            Single::Absent | Single::Repeated => None,
        }
    }

    /// Whether there is one Range, and If-Range, if any, allows it.
    ///
    /// If-Range wants the very same bytes: a strong tag compared strongly, or a date equal to
    /// that of the last change (<https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5>). A weak
    /// tag, a date that differs in either direction, junk and a repeated field all say no. A
    /// file changed twice within one second still passes by its date; clients that care send
    /// the tag.
    #[must_use]
    pub fn range_applies(&self, current: Validators<'_>) -> bool {
        if self.range().is_none() {
            return false;
        }
        let value = match self.if_range {
            Single::Absent => return true,
            Single::Repeated => return false,
            Single::Once(value) => value,
        };
        if let Some((strength, opaque)) = etag::parse_one(value) {
            return current
                .etag
                .is_some_and(|tag| tag.matches_received(strength, opaque, Comparison::Strong));
        }
        match (parse_date(value), current.modified) {
            (Some(date), Some(modified)) => whole_seconds(date) == whole_seconds(modified),
            _ => false,
        }
    }

    /// Step 5: what part of `size` bytes to serve. For GET alone, after
    /// [`evaluate`](Self::evaluate) said to proceed; HEAD has no Range.
    #[must_use]
    pub fn selection(&self, current: Validators<'_>, size: u64) -> Selection {
        match self.range() {
            Some(value) if self.range_applies(current) => range::select(value, size),
            _ => Selection::Whole,
        }
    }
}

impl<'a> Lines<'a> {
    fn add(&mut self, value: &'a [u8]) {
        match self {
            Self::Absent => *self = Self::One(value),
            Self::One(first) => *self = Self::Several(vec![*first, value]),
            Self::Several(lines) => lines.push(value),
        }
    }

    fn name(&self, current: Option<Validators<'_>>, comparison: Comparison) -> bool {
        let lines = match self {
            Self::Absent => &[],
            Self::One(line) => std::slice::from_ref(line),
            Self::Several(lines) => lines.as_slice(),
        };
        let current = current.map(|validators| validators.etag);
        etag::list_matches(lines.iter().copied(), current, comparison)
    }
}

impl<'a> Single<'a> {
    fn add(&mut self, value: &'a [u8]) {
        *self = match self {
            Self::Absent => Self::Once(value.trim_ascii()),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }

    /// The date it holds; an invalid one, or a list of them, is as good as none.
    fn date(self) -> Option<SystemTime> {
        match self {
            Self::Once(value) => parse_date(value),
            Self::Absent | Self::Repeated => None,
        }
    }
}

/// When a file changed, in the form that Last-Modified has.
///
/// `None` before 1970 and after 9999, which the three forms cannot say or httpdate refuses; send
/// no Last-Modified then, and no `modified` in [`Validators`] either.
#[must_use]
pub fn last_modified(modified: SystemTime) -> Option<HttpDate> {
    // 9999-12-31T23:59:59Z
    const SECONDS_MAX: u64 = 253_402_300_799;
    let since = modified.duration_since(UNIX_EPOCH).ok()?;
    (since.as_secs() <= SECONDS_MAX).then(|| HttpDate::from(modified))
}

/// All three forms of <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7>.
fn parse_date(value: &[u8]) -> Option<SystemTime> {
    // The longest form, "Wednesday, 06-Nov-94 08:49:37 GMT", has 33 bytes.
    if value.len() > 33 {
        return None;
    }
    httpdate::parse_http_date(std::str::from_utf8(value).ok()?).ok()
}

/// Seconds since 1970, rounded down on both sides of it.
fn whole_seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(before) => {
            let before = before.duration();
            let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            -seconds.saturating_add(i64::from(before.subsec_nanos() > 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::etag::Strength;
    use proptest::prelude::*;
    use std::time::Duration;

    /// Sun, 06 Nov 1994 08:49:37 GMT, and half a second that HTTP cannot say.
    fn modified() -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(784_111_777_500)
    }

    const SAME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATER: &str = "Mon, 07 Nov 1994 00:00:00 GMT";
    const OLDER: &str = "Sat, 05 Nov 1994 00:00:00 GMT";
    use MethodKind::{GetOrHead, Other};
    use Outcome::{NotModified, PreconditionFailed, Proceed};

    fn collect<'a>(fields: &[(&'a str, &'a str)]) -> Preconditions<'a> {
        Preconditions::collect(
            fields
                .iter()
                .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
        )
    }

    fn tag() -> EntityTag {
        EntityTag::new(Strength::Strong, b"v1").unwrap()
    }

    #[track_caller]
    fn check(fields: &[(&str, &str)], method: MethodKind, expected: Outcome) {
        let tag = tag();
        let current = Validators {
            etag: Some(&tag),
            modified: Some(modified()),
        };
        assert_eq!(
            collect(fields).evaluate(method, Some(current)),
            expected,
            "{fields:?}"
        );
    }

    #[track_caller]
    fn check_missing(fields: &[(&str, &str)], expected: Outcome) {
        assert_eq!(
            collect(fields).evaluate(Other, None),
            expected,
            "{fields:?}"
        );
    }

    #[track_caller]
    fn check_range(fields: &[(&str, &str)], expected: Selection) {
        let tag = tag();
        let current = Validators {
            etag: Some(&tag),
            modified: Some(modified()),
        };
        assert_eq!(
            collect(fields).selection(current, 10),
            expected,
            "{fields:?}"
        );
    }

    #[test]
    fn if_modified_since() {
        check(&[("If-Modified-Since", SAME)], GetOrHead, NotModified);
        check(&[("if-modified-since", LATER)], GetOrHead, NotModified);
        check(&[("IF-MODIFIED-SINCE", OLDER)], GetOrHead, Proceed);
        check(&[("If-Modified-Since", SAME)], Other, Proceed);
        for form in ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            check(&[("If-Modified-Since", form)], GetOrHead, NotModified);
        }
        for bad in [
            "",
            "yesterday",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 0000 08:49:37 GMT",
        ] {
            check(&[("If-Modified-Since", bad)], GetOrHead, Proceed);
        }
        let twice = [("If-Modified-Since", SAME), ("If-Modified-Since", SAME)];
        check(&twice, GetOrHead, Proceed);
    }

    #[test]
    fn if_none_match() {
        for value in ["\"v1\"", "W/\"v1\"", "*", "\"x\", \"v1\"", " , \"v1\""] {
            check(&[("If-None-Match", value)], GetOrHead, NotModified);
            check(&[("If-None-Match", value)], Other, PreconditionFailed);
        }
        for value in ["\"v2\"", "v1", "", "w/\"v1\""] {
            check(&[("If-None-Match", value)], GetOrHead, Proceed);
            check(&[("If-None-Match", value)], Other, Proceed);
        }
        let lines = [("If-None-Match", "\"x\""), ("if-none-match", "\"v1\"")];
        check(&lines, GetOrHead, NotModified);
        let lines = [("If-None-Match", "\"x\""); 5];
        check(&lines, GetOrHead, Proceed);
    }

    #[test]
    fn if_none_match_silences_if_modified_since() {
        let fields = |tags, date| [("If-Modified-Since", date), ("If-None-Match", tags)];
        check(&fields("\"zz\"", SAME), GetOrHead, Proceed);
        check(&fields("\"v1\"", OLDER), GetOrHead, NotModified);
        check(&fields("", SAME), GetOrHead, Proceed);
    }

    #[test]
    fn if_match() {
        for value in ["\"v1\"", "*", "\"x\",\"v1\""] {
            check(&[("If-Match", value)], GetOrHead, Proceed);
            check(&[("If-Match", value)], Other, Proceed);
        }
        for value in ["\"v2\"", "W/\"v1\"", "v1", "", "*, \"x\""] {
            check(&[("If-Match", value)], GetOrHead, PreconditionFailed);
            check(&[("If-Match", value)], Other, PreconditionFailed);
        }
    }

    #[test]
    fn if_unmodified_since() {
        for method in [GetOrHead, Other] {
            check(&[("If-Unmodified-Since", SAME)], method, Proceed);
            check(&[("If-Unmodified-Since", LATER)], method, Proceed);
            check(
                &[("If-Unmodified-Since", OLDER)],
                method,
                PreconditionFailed,
            );
            check(&[("If-Unmodified-Since", "nope")], method, Proceed);
            let both = [("If-Unmodified-Since", OLDER), ("If-Match", "\"v1\"")];
            check(&both, method, Proceed);
        }
    }

    #[test]
    fn the_writers_conditions_come_first() {
        let fields = [("If-None-Match", "\"v1\""), ("If-Match", "\"zz\"")];
        check(&fields, GetOrHead, PreconditionFailed);
        let fields = [("If-None-Match", "\"v1\""), ("If-Match", "\"v1\"")];
        check(&fields, GetOrHead, NotModified);
        check(&fields, Other, PreconditionFailed);
        let fields = [("If-Modified-Since", SAME), ("If-Unmodified-Since", OLDER)];
        check(&fields, GetOrHead, PreconditionFailed);
        let fields = [("If-Modified-Since", SAME), ("If-Unmodified-Since", SAME)];
        check(&fields, GetOrHead, NotModified);
    }

    #[test]
    fn nothing_there_yet() {
        check_missing(&[], Proceed);
        check_missing(&[("If-Match", "*")], PreconditionFailed);
        check_missing(&[("If-Match", "\"v1\"")], PreconditionFailed);
        check_missing(&[("If-None-Match", "*")], Proceed);
        check_missing(&[("If-None-Match", "\"v1\"")], Proceed);
        check_missing(&[("If-Unmodified-Since", OLDER)], Proceed);
    }

    #[test]
    fn without_validators_only_a_star_decides() {
        let evaluate =
            |fields: &[_]| collect(fields).evaluate(GetOrHead, Some(Validators::default()));
        assert_eq!(evaluate(&[("If-Match", "*")]), Proceed);
        assert_eq!(evaluate(&[("If-None-Match", "*")]), NotModified);
        assert_eq!(evaluate(&[("If-Match", "\"v1\"")]), PreconditionFailed);
        assert_eq!(evaluate(&[("If-Modified-Since", LATER)]), Proceed);
        assert_eq!(evaluate(&[("If-Unmodified-Since", OLDER)]), Proceed);
    }

    #[test]
    fn other_fields_are_passed_over() {
        let others = [
            ("", "x"),
            ("Host", "x"),
            ("Ranges", "bytes=0-1"),
            ("Refer", "bytes=0-1"),
            ("If-Patch", "*"),
            ("Idontmatchno", "*"),
            ("if-modified-sincf", SAME),
            ("I\u{0}-match", "*"),
        ];
        assert!(collect(&others).is_empty());
        assert!(!collect(&[("Range", "")]).is_empty());
    }

    #[test]
    fn if_range() {
        let range = |condition| [("Range", "bytes=2-5"), ("If-Range", condition)];
        let part = Selection::Single(2..6);
        check_range(&[("rANGE", "bytes=2-5")], part.clone());
        check_range(&range("\"v1\""), part.clone());
        check_range(&range(" \"v1\"\t"), part.clone());
        check_range(&range(SAME), part.clone());
        check_range(&range("Sun Nov  6 08:49:37 1994"), part);
        for no in [
            "W/\"v1\"",
            "\"zz\"",
            OLDER,
            LATER,
            "junk",
            "",
            "*",
            "\"v1\", \"v1\"",
            "v1",
        ] {
            check_range(&range(no), Selection::Whole);
        }
        let twice = [range("\"v1\"")[0], range("\"v1\"")[1], range("\"v1\"")[1]];
        check_range(&twice, Selection::Whole);
    }

    #[test]
    fn a_failed_if_range_hides_an_impossible_range() {
        let range = |condition| [("Range", "bytes=99-"), ("If-Range", condition)];
        check_range(&range("\"zz\""), Selection::Whole);
        check_range(&range("\"v1\""), Selection::Unsatisfiable);
    }

    #[test]
    fn range_comes_once_or_not_at_all() {
        check_range(&[], Selection::Whole);
        check_range(&[("If-Range", "\"v1\"")], Selection::Whole);
        check_range(
            &[("Range", "bytes=0-1"), ("Range", "bytes=4-5")],
            Selection::Whole,
        );
    }

    #[test]
    fn a_weak_current_tag_allows_no_range() {
        let weak = tag().to_weak();
        let current = Validators {
            etag: Some(&weak),
            modified: None,
        };
        for value in ["W/\"v1\"", "\"v1\"", SAME] {
            let fields = [("Range", "bytes=0-1"), ("If-Range", value)];
            assert!(!collect(&fields).range_applies(current), "{value}");
        }
    }

    #[test]
    fn times_that_http_cannot_say() {
        let second = Duration::from_secs(1);
        let shown = |time| last_modified(time).map(|date| date.to_string());
        assert_eq!(shown(modified()).as_deref(), Some(SAME));
        assert_eq!(
            shown(UNIX_EPOCH).as_deref(),
            Some("Thu, 01 Jan 1970 00:00:00 GMT")
        );
        assert_eq!(shown(UNIX_EPOCH - second), None);
        let end = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
        assert_eq!(shown(end).as_deref(), Some("Fri, 31 Dec 9999 23:59:59 GMT"));
        assert_eq!(shown(end + second), None);
        assert_eq!(whole_seconds(UNIX_EPOCH - Duration::from_millis(1)), -1);
        assert_eq!(whole_seconds(UNIX_EPOCH - second), -1);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_conditions(
            fields in proptest::collection::vec((
                prop_oneof![
                    Just("If-Match"), Just("If-None-Match"), Just("If-Modified-Since"),
                    Just("If-Unmodified-Since"), Just("If-Range"), Just("Range"),
                ],
                prop_oneof![
                    proptest::collection::vec(any::<u8>(), 0..40),
                    "[A-Z][a-z]{2,8}, [0-9]{2}[- ][A-Z][a-z]{2}[- ][0-9]{2,4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
                        .prop_map(String::into_bytes),
                ],
            ), 0..8),
            seconds in any::<i32>(),
            size in any::<u64>(),
        ) {
            let tag = tag();
            let offset = Duration::from_secs(u64::from(seconds.unsigned_abs()));
            let modified = if seconds < 0 { UNIX_EPOCH - offset } else { UNIX_EPOCH + offset };
            let current = Validators { etag: Some(&tag), modified: Some(modified) };
            let found = Preconditions::collect(
                fields.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())));
            prop_assert_eq!(found.is_empty(), fields.is_empty());
            prop_assert_ne!(found.evaluate(Other, Some(current)), NotModified);
            prop_assert_ne!(found.evaluate(Other, None), NotModified);
            if !found.range_applies(current) {
                prop_assert_eq!(found.selection(current, size), Selection::Whole);
            }
        }
    }
}
