use core::fmt;

/// The protocol version a message is treated as.
///
/// HTTP/1.x with x above 1 is treated as HTTP/1.1, the highest minor version spoken
/// here (<https://www.rfc-editor.org/rfc/rfc9110#section-2.5>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
}

impl fmt::Display for Version {
    /// The number alone: `1.1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
        })
    }
}
