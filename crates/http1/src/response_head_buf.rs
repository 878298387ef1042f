use crate::field_lines::{FieldLines, MANAGED, is_any_of};
use crate::{EncodeError, Limits, Output, StatusCode};

/// A response head in the making: a status and its fields.
///
/// Fields are checked and laid out as they are added, so a head that is sent again and
/// again (a cached file's) is laid out once and copied thereafter. Framing
/// (`Content-Length`, `Transfer-Encoding`) and `Connection` are no fields to add: they
/// are decided when the head is sent, by [`ServerConnection`](crate::ServerConnection).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHeadBuf {
    status: StatusCode,
    lines: FieldLines,
    closes: bool,
}

impl ResponseHeadBuf {
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

    pub(crate) fn encode_start(&self, out: &mut impl Output) {
        let reason = self.status.reason();
        out.make_room(self.lines.bytes.len() + reason.len() + 160);
        out.put(b"HTTP/1.1 ");
        out.put(&self.status.digits());
        out.put(b" ");
        out.put(reason.as_bytes());
        out.put(b"\r\n");
        out.put(&self.lines.bytes);
    }

    pub(crate) fn has_date(&self) -> bool {
        self.lines.has_date
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trailers;

    fn head() -> ResponseHeadBuf {
        ResponseHeadBuf::new(StatusCode::OK)
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
    fn has_finds_whole_names_only() {
        let mut head = head();
        head.field("X-Content-Type", "a:b").expect("valid");
        assert!(head.has("x-content-type"));
        assert!(!head.has("content-type") && !head.has("x-content") && !head.has(""));
    }
}
