//! Heads and trailers as bytes, checked before a byte of them is written.

use core::fmt;

use alloc::vec::Vec;

use crate::syntax::{is_token, is_value_byte};
use crate::{Limits, StatusCode};

/// A response head in the making: a status and its fields.
///
/// Fields are checked and laid out as they are added, so a head that is sent again and
/// again (a cached file's) is laid out once and copied thereafter. Framing
/// (`Content-Length`, `Transfer-Encoding`) and `Connection` are no fields to add: they
/// are decided when the head is sent, by [`ServerConnection`](crate::ServerConnection).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    status: StatusCode,
    lines: FieldLines,
    closes: bool,
}

impl ResponseHead {
    /// A head without fields.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            lines: FieldLines::default(),
            closes: false,
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Adds a field line.
    ///
    /// # Errors
    ///
    /// [`EncodeError::InvalidFieldName`] and [`EncodeError::InvalidFieldValue`] for what
    /// a decoder would refuse (a CR or LF above all), [`EncodeError::ManagedField`] for
    /// framing and `Connection`, [`EncodeError::TooManyFields`] past what
    /// [`Limits::default`] admits. The head is as before then.
    pub fn field(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<&mut Self, EncodeError> {
        if is_any_of(name, MANAGED) {
            return Err(EncodeError::ManagedField);
        }
        let limits = Limits::default();
        // Room for the date, framing and connection fields that are added later.
        let bytes_max = limits.field_section_bytes_max - 256;
        let fields_max = limits.fields_max - 3;
        self.lines
            .add(name, value.as_ref(), fields_max, bytes_max)?;
        Ok(self)
    }

    /// Says that this answer is the last on its connection: `Connection: close`.
    pub fn close(&mut self) -> &mut Self {
        self.closes = true;
        self
    }

    /// Whether [`close`](Self::close) was called.
    #[must_use]
    pub fn closes(&self) -> bool {
        self.closes
    }

    /// Whether a field named `name` was added.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.lines.has(name)
    }

    /// The field lines as they will stand on the wire, each with its CRLF.
    #[must_use]
    pub fn lines(&self) -> &[u8] {
        &self.lines.bytes
    }

    pub(crate) fn encode_start(&self, out: &mut Vec<u8>) {
        let reason = self.status.reason();
        out.reserve(self.lines.bytes.len() + reason.len() + 160);
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(&self.status.digits());
        out.push(b' ');
        out.extend_from_slice(reason.as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.lines.bytes);
    }

    pub(crate) fn has_date(&self) -> bool {
        self.lines.has_date
    }
}

/// Trailer fields of a chunked response.
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
    /// As [`ResponseHead::field`], with the limits of trailers, and
    /// [`EncodeError::ForbiddenTrailer`] for fields that
    /// frame, route, authenticate or describe the content (RFC 9110 section 6.5.1).
    pub fn field(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<&mut Self, EncodeError> {
        if is_any_of(name, MANAGED) || is_any_of(name, NOT_IN_TRAILERS) {
            return Err(EncodeError::ForbiddenTrailer);
        }
        let limits = Limits::default();
        let bytes_max = limits.trailer_section_bytes_max - b"\r\n".len();
        self.lines
            .add(name, value.as_ref(), limits.trailers_max, bytes_max)?;
        Ok(self)
    }

    pub(crate) fn lines(&self) -> &[u8] {
        &self.lines.bytes
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct FieldLines {
    bytes: Vec<u8>,
    count: usize,
    has_date: bool,
}

impl FieldLines {
    fn add(
        &mut self,
        name: &str,
        value: &[u8],
        fields_max: usize,
        bytes_max: usize,
    ) -> Result<(), EncodeError> {
        if !is_token(name.as_bytes()) {
            return Err(EncodeError::InvalidFieldName);
        }
        // Whitespace around a value would be gone at the other end.
        let trimmed = crate::fields::trim_ows(value).len() == value.len();
        if !trimmed || !value.iter().all(|byte| is_value_byte(*byte)) {
            return Err(EncodeError::InvalidFieldValue);
        }
        let len = name.len() + value.len() + b": \r\n".len();
        if self.count >= fields_max || self.bytes.len() + len > bytes_max {
            return Err(EncodeError::TooManyFields);
        }
        self.bytes.reserve(len);
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(b": ");
        self.bytes.extend_from_slice(value);
        self.bytes.extend_from_slice(b"\r\n");
        self.count += 1;
        self.has_date |= name.eq_ignore_ascii_case("date");
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.bytes.split(|byte| *byte == b'\n').any(|line| {
            line.get(name.len()) == Some(&b':')
                && line[..name.len()].eq_ignore_ascii_case(name.as_bytes())
        })
    }
}

/// `Date` in its 29 bytes: `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// The codec knows no clock; who sends formats the time once a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpDate([u8; 29]);

impl HttpDate {
    /// The date from its text; `None` where that is not 29 bytes of visible ASCII and spaces.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let bytes: [u8; 29] = text.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~'))
            .then_some(Self(bytes))
    }

    pub(crate) fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"Date: ");
        out.extend_from_slice(&self.0);
        out.extend_from_slice(b"\r\n");
    }
}

/// A mistake of the caller, not of the peer. Nothing has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncodeError {
    /// The name is no token.
    InvalidFieldName,
    /// The value has a control byte, or whitespace around it.
    InvalidFieldValue,
    /// `Content-Length`, `Transfer-Encoding` and `Connection` are decided by the
    /// connection, `Upgrade` by [`encode_switch`](crate::ServerConnection::encode_switch).
    ManagedField,
    /// More fields than a decoder with default limits takes.
    TooManyFields,
    /// A field that may not be sent after the content.
    ForbiddenTrailer,
    /// Content with 204 or 205.
    BodyNotAllowed,
    /// More content than was declared.
    BodyTooLong,
    /// Less content than was declared. The connection has to be closed: the peer still
    /// waits for the rest.
    BodyTooShort,
    /// 1xx where a final status belongs, or the other way round.
    WrongStatusClass,
    /// Interim answers and trailers do not exist in HTTP/1.0.
    NotInHttp10,
    /// The client offered no upgrade, or its request has not been read to the end.
    NoSwitch,
    /// Not this side's turn for it: no request is waiting for this part of an answer.
    OutOfTurn,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidFieldName => {
                "field name is not a token; remove spaces, controls and separators"
            }
            Self::InvalidFieldValue => {
                "field value has a control byte or outer whitespace; encode or trim it"
            }
            Self::ManagedField => {
                "framing and connection fields are written by the connection; do not add them"
            }
            Self::TooManyFields => "more fields than a recipient with default limits takes",
            Self::ForbiddenTrailer => "this field may not be sent in a trailer section",
            Self::BodyNotAllowed => "a 204 or 205 response has no content",
            Self::BodyTooLong => "more content than the declared length",
            Self::BodyTooShort => "less content than the declared length; close the connection",
            Self::WrongStatusClass => "interim answers have a 1xx status and final ones have not",
            Self::NotInHttp10 => "an HTTP/1.0 client knows no interim answers and no trailers",
            Self::NoSwitch => "the client offered no upgrade, or its body is still unread",
            Self::OutOfTurn => "no request is waiting for this part of an answer",
        })
    }
}

impl core::error::Error for EncodeError {}

const MANAGED: &[&str] = &[
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
];

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

fn is_any_of(name: &str, set: &[&str]) -> bool {
    set.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> ResponseHead {
        ResponseHead::new(StatusCode::OK)
    }

    #[test]
    fn a_field_cannot_split_a_response() {
        for value in ["a\r\nX: b", "a\nb", "a\rb", "a\0b", " a", "a\t", "a\x7f"] {
            let mut head = head();
            let refused = head.field("X", value).map(|_| ());
            assert_eq!(refused, Err(EncodeError::InvalidFieldValue), "{value:?}");
            assert!(head.lines().is_empty());
        }
        for name in ["", "a b", "a:", "a\r\nb", "\u{e9}"] {
            let refused = head().field(name, "v").map(|_| ());
            assert_eq!(refused, Err(EncodeError::InvalidFieldName), "{name:?}");
        }
    }

    #[test]
    fn framing_is_not_the_callers() {
        for name in [
            "Content-Length",
            "TRANSFER-ENCODING",
            "connection",
            "Upgrade",
        ] {
            let refused = head().field(name, "1").map(|_| ());
            assert_eq!(refused, Err(EncodeError::ManagedField));
            let refused = Trailers::new().field(name, "1").map(|_| ());
            assert_eq!(refused, Err(EncodeError::ForbiddenTrailer));
        }
    }

    #[test]
    fn heads_stay_within_what_a_decoder_takes() {
        let mut many = head();
        while many.field("X", "y").is_ok() {}
        let mut long = head();
        while long.field("X", [b'y'; 1000]).is_ok() {}
        let limits = Limits::default();
        assert!(many.lines.count + 3 <= limits.fields_max);
        assert!(long.lines().len() + 255 < limits.field_section_bytes_max);
    }

    #[test]
    fn dates_have_29_visible_bytes() {
        assert!(HttpDate::new("Sun, 06 Nov 1994 08:49:37 GMT").is_some());
        assert!(HttpDate::new("Sun, 06 Nov 1994 08:49:37 GM\n").is_none());
        assert!(HttpDate::new("now").is_none());
    }

    #[test]
    fn has_finds_whole_names_only() {
        let mut head = head();
        head.field("X-Content-Type", "a:b").expect("valid");
        assert!(head.has("x-content-type"));
        assert!(!head.has("content-type") && !head.has("x-content") && !head.has(""));
    }
}
