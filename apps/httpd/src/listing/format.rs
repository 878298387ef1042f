//! What a client wants to read, by its Accept field.

use std::cmp::Ordering;

/// What a client wants to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The page.
    #[default]
    Html,
    /// An array of objects.
    Json,
}

impl Format {
    /// The Content-Type to send.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// Decides by the lines of the Accept field
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1>): JSON for whoever likes it
    /// better than HTML, the page for everybody else. Answers to both depend on it, so they
    /// carry `Vary: Accept`.
    #[must_use]
    pub fn negotiate<'l>(accept: impl IntoIterator<Item = &'l [u8]>) -> Self {
        let mut html = Preference::default();
        let mut json = Preference::default();
        for line in accept {
            for member in split_outside_quotes(line, b',') {
                let Some((range, quality)) = media_range(member) else {
                    continue;
                };
                html.consider(range, b"text/html", b"text/*", quality);
                json.consider(range, b"application/json", b"application/*", quality);
            }
        }
        if json.quality > html.quality {
            Self::Json
        } else {
            Self::Html
        }
    }
}

/// The quality given by the most specific range that covers a type.
#[derive(Default)]
struct Preference {
    specificity: u8,
    quality: u16,
}

impl Preference {
    fn consider(&mut self, range: &[u8], full: &[u8], any_of_type: &[u8], quality: u16) {
        let specificity = if range.eq_ignore_ascii_case(full) {
            3
        } else if range.eq_ignore_ascii_case(any_of_type) {
            2
        } else if range == b"*/*" {
            1
        } else {
            return;
        };
        match specificity.cmp(&self.specificity) {
            Ordering::Greater => {
                *self = Self {
                    specificity,
                    quality,
                }
            }
            Ordering::Equal => self.quality = self.quality.max(quality),
            Ordering::Less => {}
        }
    }
}

/// One member of Accept: the range without its parameters, and its quality in thousandths.
fn media_range(member: &[u8]) -> Option<(&[u8], u16)> {
    let mut parts = split_outside_quotes(member, b';').map(<[u8]>::trim_ascii);
    let range = parts.next().filter(|range| !range.is_empty())?;
    for parameter in parts {
        if let [b'q' | b'Q', b'=', value @ ..] = parameter {
            return Some((range, quality(value)?));
        }
    }
    Some((range, 1000))
}

/// ```abnf
/// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
/// ```
fn quality(value: &[u8]) -> Option<u16> {
    let (whole, fraction) = match value {
        [whole @ (b'0' | b'1')] => (whole, &[][..]),
        [whole @ (b'0' | b'1'), b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return None,
    };
    let mut thousandths = u16::from(whole - b'0');
    for place in 0..3 {
        let digit = fraction.get(place).copied().unwrap_or(b'0');
        if !digit.is_ascii_digit() {
            return None;
        }
        thousandths = thousandths * 10 + u16::from(digit - b'0');
    }
    (thousandths <= 1000).then_some(thousandths)
}

fn split_outside_quotes(bytes: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let mut escaped = false;
    bytes.split(move |&byte| {
        let literal = escaped;
        escaped = quoted && byte == b'\\' && !literal;
        if byte == b'"' && !literal {
            quoted = !quoted;
        }
        byte == separator && !quoted
    })
}
