//! JSON that is safe to look at: strings, and objects of one line each.

use crate::escape::push_hex;
use crate::scan::{self, hides, may_hide};

/// An object in the making, on a line of its own: what a program reports with `--json`.
///
/// ```
/// use barewire_command::json::Object;
///
/// let mut out = Vec::new();
/// let object = Object::new(&mut out)
///     .string("event", "stored")
///     .text("path", "path_hex", b"a\xff");
/// let object = match Some(1024) {
///     Some(size) => object.number("bytes", size),
///     None => object.null("bytes"),
/// };
/// object.boolean("durable", true).finish();
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     "{\"event\":\"stored\",\"path_hex\":\"61ff\",\"bytes\":1024,\"durable\":true}\n",
/// );
/// ```
///
/// Names are for the program to choose, each once.
#[derive(Debug)]
#[must_use = "the line has no end before `finish`"]
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    /// What stands before the next member.
    before: u8,
}

impl<'a> Object<'a> {
    /// Begins an object at the end of `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, before: b'{' }
    }

    /// A string.
    pub fn string(self, name: &str, text: &str) -> Self {
        self.member(name, |out| push_string(text, out))
    }

    /// A string of what may be any bytes; of those that are not UTF-8 the hexadecimal digits,
    /// under the other name.
    pub fn text(self, name: &str, name_of_bytes: &str, text: &[u8]) -> Self {
        match std::str::from_utf8(text) {
            Ok(text) => self.string(name, text),
            Err(_) => self.member(name_of_bytes, |out| push_bytes(text, out)),
        }
    }

    /// A number. Some readers take those above 2^53 for their neighbours.
    pub fn number(self, name: &str, number: u64) -> Self {
        self.literal(name, itoa::Buffer::new().format(number))
    }

    /// True or false.
    pub fn boolean(self, name: &str, value: bool) -> Self {
        self.literal(name, if value { "true" } else { "false" })
    }

    /// Nothing, under a name that is always there.
    pub fn null(self, name: &str) -> Self {
        self.literal(name, "null")
    }

    /// An object within, which `members` fills.
    pub fn object(
        self,
        name: &str,
        members: impl for<'b> FnOnce(Object<'b>) -> Object<'b>,
    ) -> Self {
        self.member(name, |out| {
            members(Object::new(out)).close();
        })
    }

    /// Ends the object and the line.
    pub fn finish(self) {
        self.close().push(b'\n');
    }

    fn close(self) -> &'a mut Vec<u8> {
        if self.before == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
        self.out
    }

    fn literal(self, name: &str, value: &str) -> Self {
        self.member(name, |out| out.extend_from_slice(value.as_bytes()))
    }

    fn member(self, name: &str, value: impl FnOnce(&mut Vec<u8>)) -> Self {
        let Self { out, before } = self;
        out.push(before);
        push_string(name, out);
        out.push(b':');
        value(out);
        Self { out, before: b',' }
    }
}

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

    use super::Object;

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

    #[test]
    fn objects() {
        let mut out = b"before\n".to_vec();
        Object::new(&mut out).finish();
        Object::new(&mut out).null("a").finish();
        Object::new(&mut out)
            .text("text", "bytes", "\u{202e}\"".as_bytes())
            .text("text", "bytes", b"\xff")
            .number("least", 0)
            .number("most", u64::MAX)
            .boolean("yes", true)
            .boolean("\"no\"\n", false)
            .finish();
        Object::new(&mut out)
            .object("none", |none| none)
            .object("two", |two| two.number("a", 1).null("b"))
            .boolean("c", true)
            .finish();
        let lines = [
            "before",
            "{}",
            r#"{"a":null}"#,
            r#"{"text":"\u202e\"","bytes":"ff","least":0,"most":18446744073709551615,"yes":true,"\"no\"\n":false}"#,
            r#"{"none":{},"two":{"a":1,"b":null},"c":true}"#,
        ];
        let out = String::from_utf8(out).expect("UTF-8");
        assert_eq!(out.lines().collect::<Vec<_>>(), lines);
        assert!(out.ends_with('\n'));
    }

    proptest! {
        #[test]
        fn a_reader_finds_the_members(text in any::<Vec<u8>>(), name in any::<String>(), number: u64, yes: bool) {
            let mut out = Vec::new();
            Object::new(&mut out)
                .text("text", "bytes", &text)
                .number(&name, number)
                .boolean("yes", yes)
                .finish();
            prop_assert_eq!(out.iter().filter(|&&byte| byte == b'\n').count(), 1);
            let object: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
            prop_assume!(!["text", "bytes", "yes"].contains(&name.as_str()));
            prop_assert_eq!(&object[&name], number);
            prop_assert_eq!(&object["yes"], yes);
            match std::str::from_utf8(&text) {
                Ok(text) => prop_assert_eq!(&object["text"], text),
                Err(_) => prop_assert!(object["bytes"].is_string()),
            }
        }

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
