use core::fmt;

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident: $message:literal;)*) => {
        /// A mistake of the caller, not of the peer. Nothing has been written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EncodeError {
            $($(#[$doc])* $name,)*
        }

        impl EncodeError {
            /// Every error, for tables and documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            const fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)*
                }
            }
        }
    };
}

errors! {
    /// The method is no token, or is longer than a decoder with default limits takes.
    InvalidMethod: "method is not a token of at most 64 bytes";
    /// The target has a byte that no target may hold, is not of the form this constructor
    /// takes, or is longer than a decoder with default limits takes.
    InvalidTarget: "target is not of a form that fits the method; percent-encode spaces, controls and '#'";
    /// The host is not `host` or `host:port`.
    InvalidHost: "host is not host or host:port";
    /// The reason phrase has a control byte, or more than 1 KiB.
    InvalidReason: "reason phrase has a control byte or more than 1 KiB; remove line ends and controls";
    /// The name is no token.
    InvalidFieldName: "field name is not a token; remove spaces, controls and separators";
    /// The value has a control byte, or whitespace around it.
    InvalidFieldValue: "field value has a control byte or outer whitespace; encode or trim it";
    /// `Content-Length`, `Transfer-Encoding`, `Connection`, `Host`, `Expect`, `TE` and
    /// `Upgrade` are no fields to add: the connection or a method of the head writes them.
    ManagedField: "framing and connection fields are written by the connection; do not add them";
    /// A length beside a transfer coding, two lengths, a length that is no number, or a coding
    /// other than `chunked`, in fields that are to be sent.
    ConflictingFraming: "Content-Length and Transfer-Encoding contradict each other or say nothing valid";
    /// More fields, or more bytes of them, than a decoder with the limits of this head takes: the
    /// defaults, unless [`with_limits`](crate::ResponseHeadBuf::with_limits) says otherwise.
    TooManyFields: "more fields, or more bytes of them, than a recipient with these limits takes";
    /// A field that may not be sent after the content.
    ForbiddenTrailer: "this field may not be sent in a trailer section";
    /// Trailers behind content that is not chunked.
    NoTrailers: "only chunked content can be followed by trailers";
    /// Content where none may be: with 204 and 205, in an answer that opens a tunnel, with
    /// CONNECT and TRACE.
    BodyNotAllowed: "this message has no content: 204, 205, 2xx to CONNECT, CONNECT and TRACE themselves";
    /// 100-continue asked for, and no content that could wait for it.
    ExpectWithoutContent: "100-continue is expected but there is no content to hold back";
    /// More content than was declared.
    BodyTooLong: "more content than the declared length";
    /// Less content than was declared. The connection has to be closed: the peer still
    /// waits for the rest.
    BodyTooShort: "less content than the declared length; close the connection";
    /// 1xx where a final status belongs, or the other way round.
    WrongStatusClass: "interim answers have a 1xx status and final ones have not";
    /// Interim answers and chunks do not exist in HTTP/1.0.
    NotInHttp10: "HTTP/1.0, which the peer speaks, has no interim answers and no chunks";
    /// The client did not offer to switch to this protocol, or its request has not been read
    /// to the end.
    NoSwitch: "the client did not offer this protocol, or its body is still unread";
    /// Not this side's turn for it: no request is waiting for this part of an answer, or no
    /// content of a request is due, or the content of the one before is.
    OutOfTurn: "not the turn for this part of a message";
    /// A request that may change something, opens a tunnel or offers an upgrade is not
    /// answered yet, and nothing may be sent behind it.
    MustWait: "the request before this one has to be answered first";
    /// As many requests as [`Limits::pipelined_max`](crate::Limits::pipelined_max) are not answered yet.
    TooManyUnanswered: "as many requests as pipelined_max are not answered yet";
    /// The connection takes no further request: either side closes it, it failed, or it is
    /// another protocol's.
    Closing: "the connection takes no further request; open another";
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for EncodeError {}
