use core::fmt;

use crate::StatusCode;

/// Which rule the peer broke, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// The rule.
    pub kind: ErrorKind,
    /// First offending byte, counted from the first byte the decoder was given
    /// (from the start of the slice in [`parse_request_head`](crate::parse_request_head)).
    pub offset: u64,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, offset: usize) -> Self {
        Self {
            kind,
            offset: offset as u64,
        }
    }

    pub(crate) fn shifted(self, base: u64) -> Self {
        Self {
            kind: self.kind,
            // An offset one before `base` has wrapped: a CR that an earlier call took.
            offset: self.offset.wrapping_add(base),
        }
    }

    /// The status a server answers with before it closes the connection.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// The section that has the rule, as `RFC 9112 section 5.1`.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.kind.section()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at byte {} ({})",
            self.kind.message(),
            self.offset,
            self.kind.section()
        )
    }
}

impl core::error::Error for Error {}

impl fmt::Display for ErrorKind {
    /// The rule alone, without the byte and the section.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $status:ident, $section:literal, $message:literal;)*) => {
        /// The rules a peer can break, one variant each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $name,)*
        }

        impl ErrorKind {
            /// Every kind, for tables and documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The status a server answers with before it closes the connection; for the faults
            /// of a response, what a gateway answers its own client.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)*
                }
            }

            /// The section that has the rule, as `RFC 9112 section 5.1`.
            #[must_use]
            pub const fn section(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("RFC ", $section),)*
                }
            }

            const fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)*
                }
            }
        }
    };
}

kinds! {
    /// A byte that no token holds where the method is expected. A TLS hello on a
    /// plain port ends here, at its first byte.
    InvalidMethod: BAD_REQUEST, "9112 section 3.1", "method has a byte that is not a token character";
    /// The method is longer than [`Limits::method_bytes_max`](crate::Limits::method_bytes_max).
    MethodTooLong: NOT_IMPLEMENTED, "9112 section 3", "method longer than method_bytes_max";
    /// Two spaces after the method, or a line end right after it.
    MissingTarget: BAD_REQUEST, "9112 section 3", "request line has no target";
    /// A control, a `#` or a byte above 0x7E in the target.
    InvalidTargetByte: BAD_REQUEST, "9112 section 3.2", "target has a byte that no request target may hold";
    /// The form of the target is none of the four, or not the one this method takes.
    InvalidTargetForm: BAD_REQUEST, "9112 section 3.2", "target form does not fit the method";
    /// The authority in the target is no `host [ ":" port ]`, or CONNECT names no port.
    InvalidAuthority: BAD_REQUEST, "9112 section 3.2.3", "target authority is not host:port";
    /// The request line ends without a version (HTTP/0.9 is not spoken).
    MissingVersion: BAD_REQUEST, "9112 section 3", "request line has no HTTP version";
    /// The version is not `HTTP/` and two digits with a dot between them.
    InvalidVersion: BAD_REQUEST, "9112 section 2.3", "version is not HTTP/ and two digits";
    /// A major version other than 1.
    UnsupportedVersion: HTTP_VERSION_NOT_SUPPORTED, "9110 section 15.6.6", "major version is not 1";
    /// The request line or status line passes [`Limits::start_line_bytes_max`](crate::Limits::start_line_bytes_max).
    StartLineTooLong: URI_TOO_LONG, "9112 section 3", "start line longer than start_line_bytes_max";
    /// A status line that ends before its code.
    MissingStatusCode: BAD_GATEWAY, "9112 section 4", "status line has no status code";
    /// The status code is not three digits, the first of them 1 to 5.
    InvalidStatusCode: BAD_GATEWAY, "9112 section 4", "status code is not three digits from 100 to 599";
    /// No space behind the status code; it is there even where no reason phrase follows.
    MissingReasonSpace: BAD_GATEWAY, "9112 section 4", "status line has no space behind its code";
    /// A control byte in the reason phrase.
    InvalidReason: BAD_GATEWAY, "9112 section 4", "reason phrase has a control byte";
    /// A line feed that no carriage return precedes.
    BareLineFeed: BAD_REQUEST, "9112 section 2.2", "line feed without carriage return";
    /// A carriage return that no line feed follows.
    BareCarriageReturn: BAD_REQUEST, "9112 section 2.2", "carriage return without line feed";
    /// A field line that begins with a space or tab: obsolete line folding, or
    /// whitespace between the request line and the first field.
    LineFolding: BAD_REQUEST, "9112 section 5.2", "field line begins with whitespace";
    /// A field line that begins with its colon.
    EmptyFieldName: BAD_REQUEST, "9112 section 5.1", "field name is empty";
    /// A byte that no token holds in a field name.
    InvalidFieldName: BAD_REQUEST, "9112 section 5.1", "field name has a byte that is not a token character";
    /// Whitespace between a field name and its colon.
    SpaceBeforeColon: BAD_REQUEST, "9112 section 5.1", "whitespace before ':' in field name";
    /// A field line that ends before any colon.
    MissingColon: BAD_REQUEST, "9112 section 5", "field line has no ':'";
    /// A control byte in a field value.
    InvalidFieldValue: BAD_REQUEST, "9110 section 5.5", "field value has a control byte";
    /// The header section passes [`Limits::field_section_bytes_max`](crate::Limits::field_section_bytes_max).
    FieldSectionTooLarge: REQUEST_HEADER_FIELDS_TOO_LARGE, "6585 section 5", "header section larger than field_section_bytes_max";
    /// More fields than [`Limits::fields_max`](crate::Limits::fields_max), or than the caller's index holds.
    TooManyFields: REQUEST_HEADER_FIELDS_TOO_LARGE, "6585 section 5", "more fields than fields_max";
    /// An HTTP/1.1 request without `Host`.
    MissingHost: BAD_REQUEST, "9112 section 3.2", "request has no Host field";
    /// A second `Host` field.
    DuplicateHost: BAD_REQUEST, "9112 section 3.2", "second Host field";
    /// `Host` is not `uri-host [ ":" port ]`.
    InvalidHost: BAD_REQUEST, "9112 section 3.2", "Host is not host or host:port";
    /// `Content-Length` is not one decimal number below 2^64.
    InvalidContentLength: BAD_REQUEST, "9112 section 6.3", "Content-Length is not one decimal number";
    /// A second `Content-Length` field, equal or not.
    DuplicateContentLength: BAD_REQUEST, "9112 section 6.3", "second Content-Length field";
    /// `Content-Length` beside `Transfer-Encoding`.
    ContentLengthWithTransferEncoding: BAD_REQUEST, "9112 section 6.1", "Content-Length beside Transfer-Encoding";
    /// `Transfer-Encoding` in an HTTP/1.0 request.
    TransferEncodingInHttp10: BAD_REQUEST, "9112 section 6.1", "Transfer-Encoding in an HTTP/1.0 message";
    /// `Transfer-Encoding` is not a list of codings.
    InvalidTransferEncoding: BAD_REQUEST, "9112 section 6.1", "Transfer-Encoding is not a list of codings";
    /// The last transfer coding is not `chunked`, so the length of the request cannot be known.
    ChunkedNotFinal: BAD_REQUEST, "9112 section 6.3", "last transfer coding is not chunked";
    /// `chunked` more than once.
    ChunkedTwice: BAD_REQUEST, "9112 section 6.1", "chunked applied more than once";
    /// A coding other than `chunked` beneath a final `chunked`.
    UnsupportedTransferCoding: NOT_IMPLEMENTED, "9112 section 6.1", "transfer coding not implemented";
    /// The content, declared or summed, passes [`Limits::body_bytes_max`](crate::Limits::body_bytes_max).
    BodyTooLarge: CONTENT_TOO_LARGE, "9110 section 15.5.14", "content larger than body_bytes_max";
    /// A chunk-size line that does not begin with hexadecimal digits.
    InvalidChunkSize: BAD_REQUEST, "9112 section 7.1", "chunk size is not a hexadecimal number";
    /// A chunk size, or the sum of all, that does not fit in 64 bits.
    ChunkSizeOverflow: BAD_REQUEST, "9112 section 7.1", "chunk size does not fit in 64 bits";
    /// A chunk extension outside the grammar.
    InvalidChunkExtension: BAD_REQUEST, "9112 section 7.1.1", "chunk extension outside the grammar";
    /// A chunk-size line passes [`Limits::chunk_line_bytes_max`](crate::Limits::chunk_line_bytes_max).
    ChunkLineTooLong: BAD_REQUEST, "9112 section 7.1.1", "chunk-size line longer than chunk_line_bytes_max";
    /// The extensions of all chunks pass [`Limits::chunk_extension_bytes_max`](crate::Limits::chunk_extension_bytes_max).
    ChunkExtensionsTooLarge: BAD_REQUEST, "9112 section 7.1.1", "chunk extensions larger than chunk_extension_bytes_max";
    /// Chunk data that CRLF does not follow.
    ChunkNotTerminated: BAD_REQUEST, "9112 section 7.1", "chunk data not followed by CRLF";
    /// The trailer section passes [`Limits::trailer_section_bytes_max`](crate::Limits::trailer_section_bytes_max).
    TrailerSectionTooLarge: REQUEST_HEADER_FIELDS_TOO_LARGE, "6585 section 5", "trailer section larger than trailer_section_bytes_max";
    /// More trailer fields than [`Limits::trailers_max`](crate::Limits::trailers_max).
    TooManyTrailers: REQUEST_HEADER_FIELDS_TOO_LARGE, "6585 section 5", "more trailer fields than trailers_max";
    /// More 1xx responses to one request than [`Limits::interim_max`](crate::Limits::interim_max).
    TooManyInterim: BAD_GATEWAY, "9110 section 15.2", "more interim responses than interim_max";
    /// 101 to a request that offered no upgrade, or to a protocol that was not offered, or
    /// without the fields that say so.
    UnexpectedSwitch: BAD_GATEWAY, "9110 section 7.8", "the server switches to a protocol that was not offered";
    /// Bytes came while no request waits for a response.
    UnsolicitedResponse: BAD_GATEWAY, "9112 section 9.2", "bytes came that no request asked for";
    /// The peer closed inside a head, or before a response that is due.
    IncompleteHead: BAD_REQUEST, "9112 section 8", "connection closed inside a message head";
    /// The peer closed inside a body.
    IncompleteBody: BAD_REQUEST, "9112 section 8", "connection closed inside a message body";
}
