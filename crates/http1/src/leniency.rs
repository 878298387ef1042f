/// What a client overlooks in responses. Everything is off by default.
///
/// Each switch is a departure from the grammar that RFC 9110 or RFC 9112 lets a recipient
/// make up for, and that servers in use are known for. There are none for requests, and
/// none for chunked bodies, trailers included: there, two recipients that read differently are
/// an attack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leniency {
    /// A line feed alone ends a line of the head
    /// (<https://www.rfc-editor.org/rfc/rfc9112#section-2.2>). A carriage return alone is
    /// refused all the same.
    pub bare_line_feed: bool,
    /// Field lines may be folded (<https://www.rfc-editor.org/rfc/rfc9112#section-5.2>).
    ///
    /// A folded value is handed over as it came, with its line ends; [`unfold`](crate::unfold) puts spaces
    /// in their place. Fields that frame the message or steer the connection may not be
    /// folded even so.
    pub line_folding: bool,
    /// Whitespace may stand between a field name and its colon
    /// (<https://www.rfc-editor.org/rfc/rfc9112#section-5.1>); it is no part of the name.
    pub space_before_colon: bool,
    /// `Content-Length` may come several times, or as a list, if all numbers are equal
    /// (<https://www.rfc-editor.org/rfc/rfc9112#section-6.3>).
    pub equal_lengths: bool,
    /// The space behind the status code may be missing where no reason phrase follows
    /// (<https://www.rfc-editor.org/rfc/rfc9112#section-4>).
    pub missing_reason: bool,
    /// Empty lines may come before a status line, as they may before a request line, inside
    /// the budget of the line. Some servers end a body with a CRLF too many. On a connection where
    /// no further request is out these are bytes that nobody asked for all the same, and it is not
    /// used again.
    pub empty_lines: bool,
}

impl Leniency {
    /// Every switch on: for probing servers, and for a client that would rather read than
    /// be right.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            bare_line_feed: true,
            line_folding: true,
            space_before_colon: true,
            equal_lengths: true,
            missing_reason: true,
            empty_lines: true,
        }
    }
}
