use crate::Output;

/// `Date` in its 29 bytes: `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// The codec knows no clock: who sends formats the time, at most once a second, for instance
/// with `httpdate::fmt_http_date(SystemTime::now())`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpDate([u8; 29]);

impl HttpDate {
    /// The date from its text; `None` where that is not 29 bytes of visible ASCII and spaces.
    /// Nothing else is looked at.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let bytes: [u8; 29] = text.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~'))
            .then_some(Self(bytes))
    }

    pub(crate) fn encode(self, out: &mut impl Output) {
        out.put(b"Date: ");
        out.put(&self.0);
        out.put(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::HttpDate;

    #[test]
    fn dates_have_29_visible_bytes() {
        assert!(HttpDate::new("Sun, 06 Nov 1994 08:49:37 GMT").is_some());
        assert!(HttpDate::new("Sun, 06 Nov 1994 08:49:37 GM\n").is_none());
        assert!(HttpDate::new("now").is_none());
    }
}
