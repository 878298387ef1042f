//! Text of any bytes in one line of visible characters, and back.
//!
//! | in the text | escaped |
//! |---|---|
//! | `\` | `\\` |
//! | tab, carriage return, line feed | `\t`, `\r`, `\n` |
//! | other control characters up to U+001F, and U+007F | `\x1b` |
//! | a byte that is not part of valid UTF-8 | `\xff` |
//! | U+0080 to U+009F, U+2028, U+2029, bidirectional controls, U+FEFF | `\u{202e}` |
//! | everything else | itself |
//!
//! Nothing is lost: [`unescape`] gives the bytes back. No two texts look alike escaped, and none
//! has a line's end in it, so that what a peer sent cannot pass for a line of the program's own,
//! nor command a terminal.

use crate::scan::{self, hides, may_hide};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends `text` to `out` in the form above.
pub fn escape(text: &[u8], out: &mut Vec<u8>) {
    let plain = scan::run(text, |byte| !matches!(byte, b' '..=b'~') | (byte == b'\\'));
    let (plain, rest) = text.split_at(plain);
    out.extend_from_slice(plain);
    if rest.is_empty() {
        return;
    }
    if let Ok(rest) = std::str::from_utf8(rest) {
        return escape_str(rest, out);
    }
    for chunk in rest.utf8_chunks() {
        escape_str(chunk.valid(), out);
        for &byte in chunk.invalid() {
            push_byte(byte, out);
        }
    }
}

/// `text` in the form above, to be told: a name that a peer chose, in an error or on a terminal.
#[must_use]
pub fn display(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    escape(text, &mut out);
    // Nothing else ever comes out of it.
    String::from_utf8(out).unwrap_or_default()
}

/// Takes back what [`escape`] did; `None` if it did not make this text.
#[must_use]
pub fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escaped) = rest.split_at(at);
        bytes.extend_from_slice(plain);
        rest = match escaped {
            [_, b'\\', rest @ ..] => push(&mut bytes, b'\\', rest),
            [_, b't', rest @ ..] => push(&mut bytes, b'\t', rest),
            [_, b'r', rest @ ..] => push(&mut bytes, b'\r', rest),
            [_, b'n', rest @ ..] => push(&mut bytes, b'\n', rest),
            [_, b'x', high, low, rest @ ..] => {
                let byte = digit(*high)? << 4 | digit(*low)?;
                push(&mut bytes, byte, rest)
            }
            [_, b'u', b'{', rest @ ..] => {
                let end = memchr::memchr(b'}', rest)?;
                let (digits, rest) = rest.split_at(end);
                let c = character(digits)?;
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                &rest[1..]
            }
            _ => return None,
        };
    }
    bytes.extend_from_slice(rest);
    let mut again = Vec::with_capacity(text.len());
    escape(&bytes, &mut again);
    (again == text).then_some(bytes)
}

fn push<'a>(bytes: &mut Vec<u8>, byte: u8, rest: &'a [u8]) -> &'a [u8] {
    bytes.push(byte);
    rest
}

fn digit(byte: u8) -> Option<u8> {
    let value = HEX.iter().position(|&digit| digit == byte)?;
    u8::try_from(value).ok()
}

fn character(digits: &[u8]) -> Option<char> {
    if digits.len() > 6 {
        return None;
    }
    let value = digits
        .iter()
        .try_fold(0, |value, &byte| Some(value << 4 | u32::from(digit(byte)?)))?;
    char::from_u32(value)
}

fn escape_str(mut text: &str, out: &mut Vec<u8>) {
    let stops = |byte: u8| (byte < b' ') | (byte == b'\\') | (byte == 0x7f) | may_hide(byte);
    loop {
        let (plain, rest) = text.split_at(scan::run(text.as_bytes(), stops));
        out.extend_from_slice(plain.as_bytes());
        let mut rest = rest.chars();
        let Some(c) = rest.next() else {
            return;
        };
        escape_char(c, out);
        text = rest.as_str();
    }
}

fn escape_char(c: char, out: &mut Vec<u8>) {
    match c {
        '\\' => out.extend_from_slice(b"\\\\"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\0'..' ' | '\x7f' => push_byte(c as u8, out),
        c if hides(c) => out.extend_from_slice(format!("\\u{{{:x}}}", u32::from(c)).as_bytes()),
        c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

fn push_byte(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\\x");
    push_hex(byte, out);
}

/// Two digits.
pub(crate) fn push_hex(byte: u8, out: &mut Vec<u8>) {
    out.push(HEX[usize::from(byte >> 4)]);
    out.push(HEX[usize::from(byte & 15)]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{display, escape, unescape};

    fn escaped(text: &[u8]) -> String {
        let mut out = b"before ".to_vec();
        escape(text, &mut out);
        let out = String::from_utf8(out).expect("UTF-8 comes out of anything");
        out.strip_prefix("before ").expect("appended").to_owned()
    }

    #[track_caller]
    fn check(text: &[u8], expected: &str) {
        assert_eq!(escaped(text), expected);
        assert_eq!(unescape(expected.as_bytes()).as_deref(), Some(text));
        // The same wherever it falls between blocks.
        for before in 0..40 {
            let before = "a".repeat(before);
            let text = [before.as_bytes(), text, b"b"].concat();
            assert_eq!(escaped(&text), format!("{before}{expected}b"));
        }
    }

    #[test]
    fn forms() {
        check(b"", "");
        check(b"plain, with \"quotes\" ~", "plain, with \"quotes\" ~");
        check(b"a\\nb", "a\\\\nb");
        check(b"\t\r\n", "\\t\\r\\n");
        check(b"\0\x1b[31m\x7f", "\\x00\\x1b[31m\\x7f");
        check(b"\xff\xc3(", "\\xff\\xc3(");
        // An overlong slash, half a pair of surrogates, the start of a character.
        check(b"\xc0\xaf", "\\xc0\\xaf");
        check(b"\xed\xa0\x80", "\\xed\\xa0\\x80");
        check(b"\xe2\x82", "\\xe2\\x82");
        check("größe — 大小 🦀 «»".as_bytes(), "größe — 大小 🦀 «»");
        check("\u{85}\u{9f}".as_bytes(), "\\u{85}\\u{9f}");
        check("\u{2028}\u{2029}".as_bytes(), "\\u{2028}\\u{2029}");
        check("\u{202e}\u{2066}".as_bytes(), "\\u{202e}\\u{2066}");
        check("\u{feff}\u{61c}".as_bytes(), "\\u{feff}\\u{61c}");
        check("й\u{a0}\u{ff01}".as_bytes(), "й\u{a0}\u{ff01}");
    }

    #[test]
    fn only_what_was_escaped_is_taken_back() {
        for text in [
            "\\",
            "\\x1",
            "\\x1B",
            "\\x41",
            "\\u{}",
            "\\u{41}",
            "\\u{d800}",
            "\\u{202e",
            "\\q",
        ] {
            assert_eq!(unescape(text.as_bytes()), None, "{text}");
        }
        // Two bytes of one character cannot have been apart.
        assert_eq!(unescape(b"\\xc3\\xb6"), None);
        assert_eq!(unescape(b"\t"), None);
        assert_eq!(unescape(b"\xff"), None);
    }

    #[test]
    fn a_name_is_told_in_one_line() {
        let error = format!("cannot open {}: no", display(b"a\x1b[2Jb\n\xff"));
        assert_eq!(error, "cannot open a\\x1b[2Jb\\n\\xff: no");
    }

    fn texts() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            any::<Vec<u8>>(),
            any::<String>().prop_map(String::into_bytes),
            any::<char>().prop_map(|c| c.to_string().into_bytes()),
            "[a-z\\\\tnrxu{}0-9 ]{0,40}".prop_map(String::into_bytes),
            "[\u{7f}-\u{a0}\u{2020}-\u{2070}\t\r\n]{1,4}".prop_map(String::into_bytes),
        ];
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn one_visible_line_that_gives_the_bytes_back(text in texts()) {
            let line = escaped(&text);
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
            prop_assert!(!line.chars().any(crate::scan::hides), "{line:?}");
            prop_assert_eq!(&display(&text), &line);
            prop_assert_eq!(unescape(line.as_bytes()), Some(text));
        }
    }
}
