use alloc::boxed::Box;

use crate::field_lines::{FieldLines, MANAGED, Room, is_any_of, is_protocol_list};
use crate::syntax::is_value_byte;
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
    room: Room,
    /// What few heads have, out of the way.
    rare: Option<Box<Rare>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rare {
    /// Where it is not the registered one.
    reason: Option<Box<str>>,
    /// The protocols offered, as they stand in `Upgrade`; empty for none.
    offered: Box<str>,
}

impl ResponseHeadBuf {
    /// A head without fields.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            lines: FieldLines::default(),
            closes: false,
            room: Room::of(&Limits::default(), ADDED_LATER),
            rare: None,
        }
    }

    /// The same for a recipient with other limits than the defaults: how many fields may be added,
    /// and how many bytes of them. Room is kept for what is added when the head is sent.
    #[must_use]
    pub fn with_limits(mut self, limits: &Limits) -> Self {
        self.room = Room::of(limits, ADDED_LATER);
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Sets the reason phrase, which is the registered one otherwise. Clients do not act on it.
    ///
    /// # Errors
    ///
    /// [`EncodeError::InvalidReason`] for a control byte other than a tab, and for more than
    /// 1 KiB.
    pub fn reason(&mut self, reason: &str) -> Result<&mut Self, EncodeError> {
        // reason-phrase = 1*( HTAB / SP / VCHAR / obs-text )
        if reason.len() > REASON_MAX || !reason.bytes().all(is_value_byte) {
            return Err(EncodeError::InvalidReason);
        }
        self.rare.get_or_insert_default().reason = Some(reason.into());
        Ok(self)
    }

    /// Tells the client of `protocols` it may switch to, the best first, separated by commas,
    /// as 426 has to (<https://www.rfc-editor.org/rfc/rfc9110#section-15.5.22>). To switch at
    /// once is [`encode_switch`](crate::ServerConnection::encode_switch).
    ///
    /// # Errors
    ///
    /// [`EncodeError::InvalidFieldValue`] where one of them is not `name` or `name/version`.
    pub fn offer_upgrade(&mut self, protocols: &str) -> Result<&mut Self, EncodeError> {
        if !is_protocol_list(protocols) {
            return Err(EncodeError::InvalidFieldValue);
        }
        self.rare.get_or_insert_default().offered = protocols.into();
        Ok(self)
    }

    /// Adds a field line.
    ///
    /// # Errors
    ///
    /// [`EncodeError::InvalidFieldName`] and [`EncodeError::InvalidFieldValue`] for what
    /// a decoder would refuse (a CR or LF above all) or trim, [`EncodeError::ManagedField`] for
    /// framing and `Connection`, [`EncodeError::TooManyFields`] past what
    /// [`Limits::default`] admits. The head is as before then.
    pub fn field(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<&mut Self, EncodeError> {
        if is_any_of(name, MANAGED) {
            return Err(EncodeError::ManagedField);
        }
        self.lines.add(name, value.as_ref(), self.room)?;
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
        let reason = self.rare.as_ref().and_then(|rare| rare.reason.as_deref());
        let reason = reason.unwrap_or(self.status.reason());
        out.make_room(self.lines.bytes.len() + reason.len() + self.offered().len() + 192);
        out.put(b"HTTP/1.1 ");
        out.put(&self.status.digits());
        out.put(b" ");
        out.put(reason.as_bytes());
        out.put(b"\r\n");
        out.put(&self.lines.bytes);
    }

    pub(crate) fn offered(&self) -> &str {
        self.rare.as_ref().map_or("", |rare| &rare.offered)
    }

    pub(crate) fn has_date(&self) -> bool {
        self.lines.has_date
    }
}

/// Date, framing, `Connection` and `Upgrade`.
const ADDED_LATER: usize = 4;

const REASON_MAX: usize = 1024;

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
    fn a_reason_cannot_split_a_response() {
        for reason in [
            "a\r\nX: b",
            "a\nb",
            "a\0",
            "\x1b[2J",
            "\x7f",
            &"a".repeat(1025),
        ] {
            let mut head = head();
            let refused = head.reason(reason).map(|_| ());
            assert_eq!(refused, Err(EncodeError::InvalidReason), "{reason:?}");
            assert_eq!(head, self::head());
        }
        let mut head = head();
        head.reason("\u{e9}t\u{e9}\tfine").expect("text");
        let mut out = alloc::vec::Vec::new();
        head.encode_start(&mut out);
        assert_eq!(out, "HTTP/1.1 200 \u{e9}t\u{e9}\tfine\r\n".as_bytes());
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
        assert!(many.lines.count + 4 <= limits.fields_max);
        assert!(long.lines().len() + 511 < limits.field_section_bytes_max);
    }

    #[test]
    fn has_finds_whole_names_only() {
        let mut head = head();
        head.field("X-Content-Type", "a:b").expect("valid");
        assert!(head.has("x-content-type"));
        assert!(!head.has("content-type") && !head.has("x-content") && !head.has(""));
    }
}
