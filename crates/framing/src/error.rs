use core::fmt;

/// Which rule the peer broke, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// The rule.
    pub kind: ErrorKind,
    /// First offending byte, counted from the first byte the framer was given.
    ///
    /// For a frame that is too long it is where the frame begins if its length was declared, and otherwise the first
    /// byte that is one too many; for a stream that was cut it is where the next byte would have been.
    pub offset: u64,
}

/// The rules a peer can break, one variant each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A frame whose payload is longer than [`Limits::frame_bytes_max`](crate::Limits::frame_bytes_max).
    TooLong {
        /// The payload's length in bytes, where the frame declares one.
        declared: Option<u64>,
        /// The limit.
        max: usize,
    },
    /// A frame to be skipped that has not ended after [`Limits::skip_bytes_max`](crate::Limits::skip_bytes_max).
    SkipTooLong {
        /// The limit.
        max: u64,
    },
    /// The stream ended inside a frame, a header without its payload included.
    Truncated {
        /// At least so many bytes did not come.
        missing: u64,
    },
    /// A length that counts bytes of its own header and is smaller than these.
    LengthTooSmall {
        /// The length as declared.
        declared: u64,
        /// The smallest it could be.
        min: u64,
    },
    /// A varint of more bytes than its number could need.
    VarintNotMinimal,
    /// A varint that does not end, or whose number does not fit.
    VarintTooLong,
    /// Something else than a digit where a decimal or hexadecimal length has to be.
    InvalidDigit,
    /// A length that begins with a zero though it has more digits, or is zero where no empty frame can be.
    LeadingZero,
    /// A length of more digits than any frame could need.
    TooManyDigits,
    /// The byte behind the payload is not the one that has to be there.
    WrongTrailer,
    /// The caller's [`Header`](crate::Header) function refused the header.
    InvalidHeader,
    /// The caller's [`Header`](crate::Header) function asked for more than the header may have.
    HeaderTooLong {
        /// The limit.
        max: usize,
    },
    /// A COBS code that reaches beyond its frame.
    InvalidCode,
    /// A SLIP escape that is followed by something else than its two codes.
    InvalidEscape,
}

impl ErrorKind {
    /// The text that has the rule, as `RFC 6587 section 3.4.1`, where there is one.
    #[must_use]
    pub const fn section(self) -> Option<&'static str> {
        match self {
            Self::InvalidEscape => Some("RFC 1055"),
            Self::VarintNotMinimal | Self::VarintTooLong => Some("LEB128"),
            _ => None,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong {
                declared: Some(length),
                max,
            } => write!(f, "frame of {length} bytes, longer than {max}"),
            Self::TooLong {
                declared: None,
                max,
            } => write!(f, "frame longer than {max} bytes"),
            Self::SkipTooLong { max } => {
                write!(f, "no end of an overlong frame within {max} bytes")
            }
            Self::Truncated { missing } => {
                write!(
                    f,
                    "stream ended inside a frame, {missing} or more bytes before its end"
                )
            }
            Self::LengthTooSmall { declared, min } => {
                write!(f, "length of {declared} that counts {min} bytes of header")
            }
            Self::VarintNotMinimal => f.write_str("varint longer than its number needs"),
            Self::VarintTooLong => {
                f.write_str("varint that does not end or whose number does not fit")
            }
            Self::InvalidDigit => f.write_str("no digit where a length has to be"),
            Self::LeadingZero => f.write_str("length that begins with a zero"),
            Self::TooManyDigits => f.write_str("length of too many digits"),
            Self::WrongTrailer => f.write_str("wrong byte behind the payload"),
            Self::InvalidHeader => f.write_str("invalid header"),
            Self::HeaderTooLong { max } => write!(f, "header longer than {max} bytes"),
            Self::InvalidCode => f.write_str("COBS code that reaches beyond its frame"),
            Self::InvalidEscape => f.write_str("SLIP escape without its code"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.offset)?;
        match self.kind {
            ErrorKind::TooLong { .. } => f.write_str("; raise frame_bytes_max"),
            ErrorKind::SkipTooLong { .. } => f.write_str("; raise skip_bytes_max"),
            kind => match kind.section() {
                Some(section) => write!(f, " ({section})"),
                None => Ok(()),
            },
        }
    }
}

impl core::error::Error for Error {}

/// Why a payload cannot be a frame. Nothing of it has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// Longer than [`Limits::frame_bytes_max`](crate::Limits::frame_bytes_max): our own decoder would refuse it.
    TooLong {
        /// The payload's length in bytes.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// The length field has too few bytes or digits for this length.
    LengthDoesNotFit {
        /// The number that would have to be written.
        length: u64,
    },
    /// The payload holds a delimiter, or forms one with the delimiter behind it: it would be read as something else.
    ContainsDelimiter {
        /// Where in the payload it begins.
        at: usize,
    },
    /// The payload is not of the one size that frames have.
    WrongSize {
        /// The payload's length in bytes.
        len: usize,
        /// The length of every frame.
        expected: usize,
    },
    /// A format that has no empty frames.
    Empty,
    /// The payload has to bring the header with it, and is shorter than that or, for a
    /// [`Header`](crate::Header) function, not what its header says.
    NotAFrame,
    /// The layout has header bytes that only the caller knows: encode with [`Body::Whole`](crate::Body::Whole).
    UnknownHeader,
    /// The output is a slice that has too little room.
    NoRoom {
        /// Bytes that are needed at most.
        need: usize,
        /// Bytes that are there.
        room: usize,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { len, max } => {
                write!(
                    f,
                    "payload of {len} bytes, longer than {max}; raise frame_bytes_max"
                )
            }
            Self::LengthDoesNotFit { length } => {
                write!(
                    f,
                    "length {length} does not fit into the length field; use a wider one"
                )
            }
            Self::ContainsDelimiter { at } => {
                write!(
                    f,
                    "payload has the delimiter at byte {at}; escape it or use a length prefix"
                )
            }
            Self::WrongSize { len, expected } => {
                write!(f, "payload of {len} bytes where every frame has {expected}")
            }
            Self::Empty => f.write_str("empty payload in a format without empty frames"),
            Self::NotAFrame => f.write_str("payload is not a whole frame with its header"),
            Self::UnknownHeader => f.write_str(
                "layout with header bytes beside the length; use Body::Whole and bring them",
            ),
            Self::NoRoom { need, room } => {
                write!(f, "frame of up to {need} bytes, room for {room}")
            }
        }
    }
}

impl core::error::Error for EncodeError {}
