//! Entity tags: our own, and the lists that clients send back (RFC 9110 section 8.8.3).

use std::fmt::{self, Display, Formatter};
use std::time::{SystemTime, UNIX_EPOCH};

/// Longest opaque part an [`EntityTag`] holds, in bytes; room for a SHA-256 in hex.
pub const OPAQUE_BYTES_MAX: usize = 68;

/// `W/`, two quotes and the opaque part.
const TEXT_BYTES_MAX: usize = OPAQUE_BYTES_MAX + 4;

/// The tag of one representation, ready to be sent.
///
/// Held inline, so that making one for each request allocates nothing. Only visible ASCII is
/// accepted: the grammar also has bytes of 0x80 and above, which a sender should not generate
/// (<https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3>).
#[derive(Clone, Copy)]
pub struct EntityTag {
    text: [u8; TEXT_BYTES_MAX],
    len: u8,
}

/// Whether a tag promises equal bytes or only equal meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Equal tags mean equal bytes.
    Strong,
    /// Equal tags mean interchangeable content.
    Weak,
}

/// How two tags are compared (<https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.2>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Both tags are strong and their opaque parts are equal.
    Strong,
    /// The opaque parts are equal.
    Weak,
}

/// Why an [`EntityTag`] was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntityTagError {
    /// More than [`OPAQUE_BYTES_MAX`] bytes.
    TooLong {
        /// How many there were.
        bytes: usize,
    },
    /// A quote, a space, a control character or a byte of 0x7f and above.
    BadByte {
        /// Its place in the opaque part.
        offset: usize,
    },
}

impl EntityTag {
    /// Makes a tag from its opaque part, the text between the quotes.
    ///
    /// # Errors
    ///
    /// [`EntityTagError`] when the part is too long or holds a byte that may not be sent in a tag.
    pub fn new(strength: Strength, opaque: &[u8]) -> Result<Self, EntityTagError> {
        if opaque.len() > OPAQUE_BYTES_MAX {
            return Err(EntityTagError::TooLong {
                bytes: opaque.len(),
            });
        }
        if let Some(offset) = opaque.iter().position(|&byte| !is_visible_etagc(byte)) {
            return Err(EntityTagError::BadByte { offset });
        }
        let mut tag = Self::opened(strength);
        tag.extend(opaque);
        tag.extend(b"\"");
        Ok(tag)
    }

    /// The strong tag of a file: time of change in nanoseconds, size and inode, in hex.
    ///
    /// Size and inode are there because a clock can stand still: a file replaced by rename within
    /// one tick has another inode. What escapes is an overwrite in place, of equal length, within
    /// one tick of the file system's clock (4 ms on Linux before 6.13, 2 s on FAT).
    #[must_use]
    pub fn from_metadata(modified: SystemTime, size: u64, inode: Option<u64>) -> Self {
        let (sign, since) = match modified.duration_since(UNIX_EPOCH) {
            Ok(after) => (&b""[..], after),
            Err(before) => (&b"-"[..], before.duration()),
        };
        let mut tag = Self::opened(Strength::Strong);
        tag.extend(sign);
        tag.extend_hex(since.as_nanos());
        tag.extend(b"-");
        tag.extend_hex(u128::from(size));
        if let Some(inode) = inode {
            tag.extend(b"-");
            tag.extend_hex(u128::from(inode));
        }
        tag.extend(b"\"");
        tag
    }

    /// The tag as it is sent, quotes and `W/` included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only visible ASCII is ever stored, so the fallback is never taken.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// [`as_str`](Self::as_str) as bytes, for a writer of heads.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.len)]
    }

    /// Strong or weak.
    #[must_use]
    pub fn strength(&self) -> Strength {
        if self.text[0] == b'W' {
            Strength::Weak
        } else {
            Strength::Strong
        }
    }

    /// The same tag, weak: what a variant made on the fly (compressed, say) carries.
    #[must_use]
    pub fn to_weak(self) -> Self {
        let mut tag = Self::opened(Strength::Weak);
        tag.extend(self.opaque());
        tag.extend(b"\"");
        tag
    }

    /// Compares two tags.
    #[must_use]
    pub fn matches(&self, other: &Self, comparison: Comparison) -> bool {
        self.matches_received(other.strength(), other.opaque(), comparison)
    }

    /// The text between the quotes.
    #[must_use]
    pub fn opaque(&self) -> &[u8] {
        let start = match self.strength() {
            Strength::Strong => 1,
            Strength::Weak => 3,
        };
        &self.text[start..usize::from(self.len) - 1]
    }

    pub(crate) fn matches_received(
        &self,
        strength: Strength,
        opaque: &[u8],
        comparison: Comparison,
    ) -> bool {
        let strong = self.strength() == Strength::Strong && strength == Strength::Strong;
        (strong || comparison == Comparison::Weak) && self.opaque() == opaque
    }

    fn opened(strength: Strength) -> Self {
        let mut tag = Self {
            text: [0; TEXT_BYTES_MAX],
            len: 0,
        };
        if strength == Strength::Weak {
            tag.extend(b"W/");
        }
        tag.extend(b"\"");
        tag
    }

    fn extend(&mut self, bytes: &[u8]) {
        let start = usize::from(self.len);
        self.text[start..start + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len() as u8;
    }

    fn extend_hex(&mut self, mut value: u128) {
        let mut digits = [b'0'; 32];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b"0123456789abcdef"[value as usize & 0xf];
            value >>= 4;
            if value == 0 {
                break;
            }
        }
        self.extend(&digits[start..]);
    }
}

impl PartialEq for EntityTag {
    /// Equal as text: the same strength and the same opaque part.
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for EntityTag {}

impl Display for EntityTag {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for EntityTag {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "EntityTag({self})")
    }
}

impl Display for EntityTagError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => write!(
                f,
                "entity tag of {bytes} bytes; at most {OPAQUE_BYTES_MAX} are kept"
            ),
            Self::BadByte { offset } => write!(
                f,
                "entity tag may only hold visible ASCII without '\"', not the byte at {offset} \
                 (RFC 9110 section 8.8.3)"
            ),
        }
    }
}

impl std::error::Error for EntityTagError {}

/// Whether an If-Match or If-None-Match field, given as its lines, names the current
/// representation.
///
/// `*` names any representation, tagged or not, and counts only when nothing else is listed.
/// Empty members are skipped; what is neither `*` nor a well-formed tag never matches, and cannot
/// hide a good tag after the next comma. Lines are read apart, so a quote left open in one does
/// not swallow the next. Linear in the bytes given.
///
/// `current` is `None` when there is no representation (nothing matches then), and
/// `Some(None)` when there is one without a tag.
#[must_use]
pub fn list_matches<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
    current: Option<Option<&EntityTag>>,
    comparison: Comparison,
) -> bool {
    let Some(tag) = current else { return false };
    let mut star = false;
    let mut others = false;
    for line in lines {
        for member in (Members { rest: line }) {
            match member {
                Member::Any => star = true,
                Member::Tag(strength, opaque) => {
                    if tag.is_some_and(|tag| tag.matches_received(strength, opaque, comparison)) {
                        return true;
                    }
                    others = true;
                }
                Member::Junk => others = true,
            }
        }
    }
    star && !others
}

/// The single tag that a field such as If-Range holds, if it holds exactly one.
pub(crate) fn parse_one(value: &[u8]) -> Option<(Strength, &[u8])> {
    let (strength, opaque, rest) = split_tag(value)?;
    rest.is_empty().then_some((strength, opaque))
}

#[derive(Debug, PartialEq)]
enum Member<'a> {
    Any,
    Tag(Strength, &'a [u8]),
    Junk,
}

/// The non-empty members of one field line.
struct Members<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        let start = self
            .rest
            .iter()
            .position(|&byte| !matches!(byte, b',' | b' ' | b'\t'))?;
        self.rest = &self.rest[start..];
        if let Some((strength, opaque, after)) = split_tag(self.rest)
            && let Some(rest) = member_end(after)
        {
            self.rest = rest;
            return Some(Member::Tag(strength, opaque));
        }
        if self.rest[0] == b'*'
            && let Some(rest) = member_end(&self.rest[1..])
        {
            self.rest = rest;
            return Some(Member::Any);
        }
        self.rest = after_junk(self.rest);
        Some(Member::Junk)
    }
}

/// What follows the comma after a member; `None` when something else stands there.
fn member_end(after: &[u8]) -> Option<&[u8]> {
    let rest = after.trim_ascii_start();
    match rest.first() {
        None => Some(rest),
        Some(b',') => Some(&rest[1..]),
        Some(_) => None,
    }
}

/// Skips to the next comma that is not between quotes.
fn after_junk(bytes: &[u8]) -> &[u8] {
    let mut quoted = false;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => return &bytes[at + 1..],
            _ => {}
        }
    }
    &[]
}

/// ```abnf
/// entity-tag = [ weak ] opaque-tag
/// weak       = %s"W/"
/// opaque-tag = DQUOTE *etagc DQUOTE
/// ```
fn split_tag(bytes: &[u8]) -> Option<(Strength, &[u8], &[u8])> {
    let (strength, quoted) = match bytes.strip_prefix(b"W/") {
        Some(quoted) => (Strength::Weak, quoted),
        None => (Strength::Strong, bytes),
    };
    let opaque = quoted.strip_prefix(b"\"")?;
    let end = opaque.iter().position(|&byte| !is_etagc(byte))?;
    (opaque[end] == b'"').then(|| (strength, &opaque[..end], &opaque[end + 1..]))
}

/// `etagc = %x21 / %x23-7E / obs-text`
fn is_etagc(byte: u8) -> bool {
    is_visible_etagc(byte) || byte >= 0x80
}

fn is_visible_etagc(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn tag(opaque: &str) -> EntityTag {
        EntityTag::new(Strength::Strong, opaque.as_bytes()).unwrap()
    }

    #[track_caller]
    fn check(lines: &[&str], expected: bool) {
        let current = tag("a,b");
        assert_eq!(
            list_matches(
                lines.iter().map(|line| line.as_bytes()),
                Some(Some(&current)),
                Comparison::Weak
            ),
            expected,
            "{lines:?}"
        );
    }

    #[test]
    fn lists_name_the_tag() {
        check(&[r#""a,b""#], true);
        check(&[r#"W/"a,b""#], true);
        check(&[r#""x" , "a,b""#], true);
        check(&[r#"  ,,	, "a,b",,"#], true);
        check(&[r#""x""#, r#""a,b""#], true);
        check(&["", r#""a,b""#], true);
        check(&["*"], true);
        check(&[" * "], true);
        check(&["*", "*"], true);
    }

    #[test]
    fn lists_that_do_not() {
        check(&[], false);
        check(&[""], false);
        check(&[" , ,"], false);
        check(&["a,b"], false);
        check(&["a,b\""], false);
        check(&["\"a,b"], false);
        check(&[r#"w/"a,b""#], false);
        check(&[r#""a, b""#], false);
        check(&[r#""x"*"#], false);
        check(&["*", r#""x""#], false);
        check(&[r#""x", *"#], false);
        check(&["**"], false);
    }

    #[test]
    fn junk_does_not_hide_a_later_tag() {
        check(&[r#"junk, "a,b""#], true);
        check(&[r#"j"u,n"k, "a,b""#], true);
        check(&[r#""x"y, "a,b""#], true);
        // The first comma and the tag behind it are inside quotes here.
        check(&[r#"x", "a,b""#], false);
        check(&["\"open", r#""a,b""#], true);
        check(&[r#""a,b" "a,b""#], false);
    }

    #[test]
    fn a_missing_representation_matches_nothing() {
        assert!(!list_matches([&b"*"[..]], None, Comparison::Weak));
        assert!(list_matches([&b"*"[..]], Some(None), Comparison::Strong));
        assert!(!list_matches([&b"\"x\""[..]], Some(None), Comparison::Weak));
    }

    #[test]
    fn the_table_of_section_8_8_3_2() {
        let strong = |text: &str| EntityTag::new(Strength::Strong, text.as_bytes()).unwrap();
        let weak = |text: &str| EntityTag::new(Strength::Weak, text.as_bytes()).unwrap();
        let rows = [
            (weak("1"), weak("1"), false, true),
            (weak("1"), weak("2"), false, false),
            (weak("1"), strong("1"), false, true),
            (strong("1"), strong("1"), true, true),
        ];
        for (one, two, as_strong, as_weak) in rows {
            assert_eq!(one.matches(&two, Comparison::Strong), as_strong);
            assert_eq!(two.matches(&one, Comparison::Strong), as_strong);
            assert_eq!(one.matches(&two, Comparison::Weak), as_weak);
            assert_eq!(two.matches(&one, Comparison::Weak), as_weak);
        }
    }

    #[test]
    fn tags_are_checked_when_made() {
        assert_eq!(tag("").as_str(), r#""""#);
        assert_eq!(tag("x").to_weak().as_str(), r#"W/"x""#);
        assert_eq!(tag("x").to_weak().to_weak().as_str(), r#"W/"x""#);
        assert_eq!(tag("x").to_weak().opaque(), b"x");
        let made = |opaque: &[u8]| EntityTag::new(Strength::Weak, opaque);
        assert_eq!(made(b"a\"b"), Err(EntityTagError::BadByte { offset: 1 }));
        assert_eq!(made(b"a b"), Err(EntityTagError::BadByte { offset: 1 }));
        assert_eq!(made(b"\r"), Err(EntityTagError::BadByte { offset: 0 }));
        assert_eq!(made(b"\xe9"), Err(EntityTagError::BadByte { offset: 0 }));
        assert!(made(&[b'x'; OPAQUE_BYTES_MAX]).is_ok());
        assert_eq!(
            made(&[b'x'; 69]).unwrap_err().to_string(),
            "entity tag of 69 bytes; at most 68 are kept"
        );
        assert_eq!(
            made(b"a b").unwrap_err().to_string(),
            "entity tag may only hold visible ASCII without '\"', not the byte at 1 \
             (RFC 9110 section 8.8.3)"
        );
    }

    #[test]
    fn files_have_short_tags() {
        // In steps of 100 ns, which every system's clock can count (Windows in no finer ones).
        let at = |ns: u64| UNIX_EPOCH + Duration::from_nanos(ns);
        let made = |time, size, inode| EntityTag::from_metadata(time, size, inode).to_string();
        assert_eq!(made(at(4700), 10, Some(255)), r#""125c-a-ff""#);
        assert_eq!(made(at(0), 0, None), r#""0-0""#);
        assert_eq!(
            made(UNIX_EPOCH - Duration::from_nanos(400), 1, None),
            r#""-190-1""#
        );
        assert_ne!(made(at(100), 1, Some(1)), made(at(200), 1, Some(1)));
    }

    #[test]
    fn the_longest_file_tag_fits() {
        let far = (0..64)
            .rev()
            .filter_map(|bit| UNIX_EPOCH.checked_add(Duration::from_secs(1 << bit)))
            .next()
            .unwrap();
        let tag = EntityTag::from_metadata(far, u64::MAX, Some(u64::MAX));
        assert!(
            tag.as_str()
                .ends_with("-ffffffffffffffff-ffffffffffffffff\"")
        );
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_listed(lines in proptest::collection::vec(
            proptest::collection::vec(
                prop_oneof![Just(b'"'), Just(b','), Just(b'W'), Just(b'/'), Just(b'*'), Just(b' '), any::<u8>()],
                0..40,
            ), 0..4)
        ) {
            let current = tag("a");
            let lines = || lines.iter().map(Vec::as_slice);
            let strong = list_matches(lines(), Some(Some(&current)), Comparison::Strong);
            let weak = list_matches(lines(), Some(Some(&current)), Comparison::Weak);
            // What matches strongly matches weakly too.
            prop_assert!(weak || !strong);
            prop_assert!(!list_matches(lines(), None, Comparison::Weak));
        }

        #[test]
        fn a_tag_matches_itself_wherever_it_stands(
            opaques in proptest::collection::vec("[!#-~]{0,12}", 1..8),
            index in any::<prop::sample::Index>(),
            weak in any::<bool>(),
        ) {
            let own = opaques[index.index(opaques.len())].as_bytes();
            let strength = if weak { Strength::Weak } else { Strength::Strong };
            let tag = EntityTag::new(strength, own).unwrap();
            let list: Vec<_> = opaques.iter().map(|opaque| format!("W/\"{opaque}\"")).collect();
            let line = list.join(",");
            prop_assert!(list_matches([line.as_bytes()], Some(Some(&tag)), Comparison::Weak));
            prop_assert!(!list_matches([line.as_bytes()], Some(Some(&tag)), Comparison::Strong));
            prop_assert_eq!(parse_one(tag.as_bytes()), Some((strength, own)));
        }
    }
}
