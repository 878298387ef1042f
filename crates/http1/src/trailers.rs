use crate::field_lines::{FieldLines, MANAGED, Room, is_any_of};
use crate::{EncodeError, Limits};

/// Trailer fields of a chunked message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trailers {
    lines: FieldLines,
}

impl Trailers {
    /// No fields yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field line.
    ///
    /// # Errors
    ///
    /// As [`ResponseHeadBuf::field`](crate::ResponseHeadBuf::field), with the limits of trailers, and
    /// [`EncodeError::ForbiddenTrailer`] for fields that
    /// frame, route, authenticate or describe the content (RFC 9110 section 6.5.1).
    pub fn field(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<&mut Self, EncodeError> {
        if is_any_of(name, MANAGED) || is_any_of(name, NOT_IN_TRAILERS) {
            return Err(EncodeError::ForbiddenTrailer);
        }
        let room = Room::of_trailers(&Limits::default());
        self.lines.add(name, value.as_ref(), room)?;
        Ok(self)
    }

    /// Whether no field was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.count == 0
    }

    pub(crate) fn lines(&self) -> &[u8] {
        &self.lines.bytes
    }
}

/// RFC 9110 section 6.5.1: framing, routing, request modifiers, authentication,
/// response controls, and what has to be known before the content is used.
const NOT_IN_TRAILERS: &[&str] = &[
    "age",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "expect",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "location",
    "max-forwards",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "retry-after",
    "set-cookie",
    "te",
    "trailer",
    "vary",
    "warning",
    "www-authenticate",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_say_nothing_that_is_needed_before_the_content() {
        assert!(NOT_IN_TRAILERS.is_sorted());
        for name in MANAGED.iter().chain(NOT_IN_TRAILERS) {
            for name in [(*name).into(), name.to_ascii_uppercase()] {
                let mut trailers = Trailers::new();
                let refused = trailers.field(&name, "1").map(|_| ());
                assert_eq!(refused, Err(EncodeError::ForbiddenTrailer), "{name}");
                assert!(trailers.is_empty() && trailers.lines().is_empty());
            }
        }
        let mut trailers = Trailers::new();
        for name in [
            "Content-Length-X",
            "X-Date",
            "ETag",
            "Server-Timing",
            "Digest",
        ] {
            trailers.field(name, "1").expect("it may come late");
        }
    }

    #[test]
    fn a_trailer_cannot_split_a_message() {
        for value in ["a\r\n\r\nGET", "a\nb", "a\rb", "a\0b", " a", "a\t", "\x7f"] {
            let refused = Trailers::new().field("X", value).map(|_| ());
            assert_eq!(refused, Err(EncodeError::InvalidFieldValue), "{value:?}");
        }
        for name in ["", "a b", "a:", "a\r\nb", "\u{e9}", "a\0"] {
            let refused = Trailers::new().field(name, "v").map(|_| ());
            assert_eq!(refused, Err(EncodeError::InvalidFieldName), "{name:?}");
        }
    }
}
