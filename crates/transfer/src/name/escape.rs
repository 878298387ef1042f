use std::fmt::{self, Debug, Display, Formatter, Write};

/// Bytes of a peer's choice as text that is safe to show: on a terminal, in a log, on one line.
///
/// Printable characters are themselves. A backslash is doubled, a quote gets one before it, a control or anything else
/// that cannot be seen becomes `\n`, `\u{202e}` and the like, a byte that is not UTF-8 `\xff`. So different bytes are
/// always different text. `Debug` adds the quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Escaped<'a>(pub &'a [u8]);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                write_char(c, first, f)?;
                first = false;
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
                // Nothing that an accent could be put upon.
                first = true;
            }
        }
        Ok(())
    }
}

/// As `str::escape_debug` does, apostrophes excepted: an accent is itself where there is a letter before it.
fn write_char(c: char, first: bool, f: &mut Formatter<'_>) -> fmt::Result {
    if c == '\'' {
        return f.write_char(c);
    }
    if first {
        return write!(f, "{}", c.escape_debug());
    }
    let mut pair = [b'a'; 5];
    let len = c.encode_utf8(&mut pair[1..]).len();
    let pair = str::from_utf8(&pair[..=len]).map_err(|_| fmt::Error)?;
    pair.escape_debug()
        .skip(1)
        .try_for_each(|c| f.write_char(c))
}

impl Debug for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// As much of a name as is worth showing: 300 bytes. Shown escaped, in quotes.
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt {
    bytes: Box<[u8]>,
    is_cut: bool,
}

const EXCERPT_BYTES_MAX: usize = 300;

impl Excerpt {
    pub(crate) fn new(name: &[u8]) -> Self {
        let (bytes, rest) = name.split_at(name.len().min(EXCERPT_BYTES_MAX));
        Self {
            bytes: bytes.into(),
            is_cut: !rest.is_empty(),
        }
    }
}

/// An ellipsis stands behind the quotes where something is missing.
impl Display for Excerpt {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let rest = if self.is_cut { "…" } else { "" };
        write!(f, "{:?}{rest}", Escaped(&self.bytes))
    }
}

impl Debug for Excerpt {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Escaped, Excerpt};

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(Escaped(bytes).to_string(), expected);
        assert_eq!(format!("{:?}", Escaped(bytes)), format!("\"{expected}\""));
    }

    #[test]
    fn what_can_be_seen_is_itself() {
        check(b"", "");
        check(
            "holiday/Bär & Söhne (2).txt".as_bytes(),
            "holiday/Bär & Söhne (2).txt",
        );
        check("it's 日本語 👍".as_bytes(), "it's 日本語 👍");
        // Decomposed, and an emoji with its variation selector.
        check("re\u{301}sume\u{301}".as_bytes(), "re\u{301}sume\u{301}");
        check("❤\u{fe0f}".as_bytes(), "❤\u{fe0f}");
    }

    #[test]
    fn what_cannot_is_written_out() {
        check(b"a\nb\tc\rd", r"a\nb\tc\rd");
        check(b"\x1b[2J\x07\x7f\0", r"\u{1b}[2J\u{7}\u{7f}\0");
        check("\u{85}\u{9b}31m".as_bytes(), r"\u{85}\u{9b}31m");
        check("x\u{202e}cod.exe".as_bytes(), r"x\u{202e}cod.exe");
        check(
            "a\u{2028}\u{feff}\u{200b}\u{ad}".as_bytes(),
            r"a\u{2028}\u{feff}\u{200b}\u{ad}",
        );
        check("\u{e000}\u{ffff}".as_bytes(), r"\u{e000}\u{ffff}");
        check(b"caf\xe9 \xff\xfe", r"caf\xe9 \xff\xfe");
        check(b"a\\nb\"c", r#"a\\nb\"c"#);
        // An accent that would fall on the quote, or on what is no character.
        check("\u{301}a".as_bytes(), r"\u{301}a");
        check(b"\xff\xcc\x81", r"\xff\u{301}");
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(Excerpt::new(b"a\nb").to_string(), r#""a\nb""#);
        let excerpt = Excerpt::new(&[b'a'; 300]);
        assert_eq!(excerpt.to_string(), format!("\"{}\"", "a".repeat(300)));
        let excerpt = Excerpt::new("é".repeat(151).as_bytes());
        assert_eq!(excerpt.to_string(), format!("\"{}\"…", "é".repeat(150)));
        assert_eq!(format!("{excerpt:?}"), excerpt.to_string());
    }
}
