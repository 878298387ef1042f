//! Strings of JSON that are safe to look at.

use crate::escape::push_hex;
use crate::scan::{self, hides, may_hide};

/// Appends `text` as a string, quotes included.
///
/// Besides what [RFC 8259 section 7](https://www.rfc-editor.org/rfc/rfc8259#section-7) asks for,
/// U+007F is escaped, and every character that [`escape`](crate::escape) has as `\u{202e}`: those
/// that move others about or are taken for the end of a line.
pub fn push_string(mut text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    loop {
        let (plain, rest) = text.split_at(scan::run(text.as_bytes(), stops));
        out.extend_from_slice(plain.as_bytes());
        let mut rest = rest.chars();
        let Some(c) = rest.next() else {
            break;
        };
        push_char(c, out);
        text = rest.as_str();
    }
    out.push(b'"');
}

/// Appends bytes as a string of lower hexadecimal digits, quotes included.
pub fn push_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in bytes {
        push_hex(byte, out);
    }
    out.push(b'"');
}

#[inline]
fn stops(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\') | (byte == 0x7f) | may_hide(byte)
}

fn push_char(c: char, out: &mut Vec<u8>) {
    match c {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\n' => out.extend_from_slice(b"\\n"),
        // None of these is beyond U+FFFF, which would take a pair of surrogates.
        c if c < ' ' || c == '\x7f' || hides(c) => {
            out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
        }
        c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    fn string(text: &str) -> String {
        let mut out = Vec::new();
        super::push_string(text, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(string(text), expected);
        let back: String = serde_json::from_str(expected).expect("JSON");
        assert_eq!(back, text);
    }

    #[test]
    fn forms() {
        check("", r#""""#);
        check("say \"a\\b\"", r#""say \"a\\b\"""#);
        check("\t\r\n\0\x1b\x7f", r#""\t\r\n\u0000\u001b\u007f""#);
        check(
            "\u{85}\u{2028}\u{202e}\u{feff}",
            r#""\u0085\u2028\u202e\ufeff""#,
        );
        check("größe — 大小 🦀", "\"größe — 大小 🦀\"");
    }

    #[test]
    fn bytes() {
        let mut out = Vec::new();
        super::push_bytes(b"\x00\xffa", &mut out);
        assert_eq!(out, b"\"00ff61\"");
    }

    proptest! {
        /// Another's reader finds what was written.
        #[test]
        fn a_reader_finds_the_text(text in "(\\PC|[\\x00-\\x20\u{7f}-\u{a0}\u{2020}-\u{2070}\"\\\\]){0,60}") {
            let line = string(&text);
            prop_assert!(!line.chars().any(|c| c.is_control() || crate::scan::hides(c)));
            let back: String = serde_json::from_str(&line).expect("JSON");
            prop_assert_eq!(back, text);
        }
    }
}
