use core::fmt;

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
