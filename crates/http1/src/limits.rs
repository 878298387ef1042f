/// Ceilings a peer cannot cross. Each breach is an [`ErrorKind`](crate::ErrorKind) naming its limit.
///
/// The worst case held for one message is `start_line_bytes_max + field_section_bytes_max`
/// bytes of the caller's buffer and 16 bytes of index for each field: bodies are
/// never held, they are handed out as ranges while they arrive.
///
/// ```
/// let mut limits = barewire_http1::Limits::default();
/// limits.body_bytes_max = 10 * 1024;
/// ```
///
/// Offsets inside a head are kept in 32 bits, so the two size limits of a head are
/// taken as at most 1 GiB each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest request line or status line, empty lines before it and its CRLF included, in bytes.
    ///
    /// Default 8 KiB: RFC 9112 section 3 asks for at least 8000 octets, nginx and Apache stop at 8 KiB.
    /// Breach: [`StartLineTooLong`](crate::ErrorKind::StartLineTooLong), 414.
    pub start_line_bytes_max: usize,
    /// Longest method, in bytes. Default 64; the longest registered one has 17.
    ///
    /// Breach: [`MethodTooLong`](crate::ErrorKind::MethodTooLong), 501.
    pub method_bytes_max: usize,
    /// Largest header section, every line end included, in bytes. Default 16 KiB, as Node has it.
    ///
    /// Breach: [`FieldSectionTooLarge`](crate::ErrorKind::FieldSectionTooLarge), 431.
    pub field_section_bytes_max: usize,
    /// Most fields in a header section. Default 100, as Apache and hyper have it.
    ///
    /// Breach: [`TooManyFields`](crate::ErrorKind::TooManyFields), 431.
    pub fields_max: usize,
    /// Largest content, in bytes, declared or summed over chunks. Default 1 MiB, as nginx has it.
    ///
    /// Breach: [`BodyTooLarge`](crate::ErrorKind::BodyTooLarge), 413.
    pub body_bytes_max: u64,
    /// Longest chunk-size line, its CRLF not counted, in bytes. Default 4 KiB.
    ///
    /// Breach: [`ChunkLineTooLong`](crate::ErrorKind::ChunkLineTooLong), 400.
    pub chunk_line_bytes_max: usize,
    /// Most bytes of chunk extensions in one message. Default 16 KiB, as Go has it.
    ///
    /// Breach: [`ChunkExtensionsTooLarge`](crate::ErrorKind::ChunkExtensionsTooLarge), 400.
    pub chunk_extension_bytes_max: usize,
    /// Largest trailer section, every line end included, in bytes. Default 8 KiB.
    ///
    /// Breach: [`TrailerSectionTooLarge`](crate::ErrorKind::TrailerSectionTooLarge), 431.
    pub trailer_section_bytes_max: usize,
    /// Most fields in a trailer section. Default 32.
    ///
    /// Breach: [`TooManyTrailers`](crate::ErrorKind::TooManyTrailers), 431.
    pub trailers_max: usize,
    /// Most 1xx responses before the final one to a request. Default 16. A client's limit.
    ///
    /// Breach: [`TooManyInterim`](crate::ErrorKind::TooManyInterim).
    pub interim_max: usize,
    /// Most requests that a client sends before the first of them is answered. Default 64.
    ///
    /// Breach: [`EncodeError::TooManyUnanswered`](crate::EncodeError::TooManyUnanswered).
    pub pipelined_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            start_line_bytes_max: 8 * 1024,
            method_bytes_max: 64,
            field_section_bytes_max: 16 * 1024,
            fields_max: 100,
            body_bytes_max: 1024 * 1024,
            chunk_line_bytes_max: 4 * 1024,
            chunk_extension_bytes_max: 16 * 1024,
            trailer_section_bytes_max: 8 * 1024,
            trailers_max: 32,
            interim_max: 16,
            pipelined_max: 64,
        }
    }
}

impl Limits {
    /// The defaults for a client: content of any length, as it is handed out while it arrives
    /// and never held here. Who collects it sets [`body_bytes_max`](Self::body_bytes_max).
    #[must_use]
    pub fn for_responses() -> Self {
        Self {
            body_bytes_max: u64::MAX,
            ..Self::default()
        }
    }
}

/// The most that a head's size limit may be, so that offsets fit in 32 bits.
pub(crate) const SECTION_BYTES_CEILING: usize = 1 << 30;
