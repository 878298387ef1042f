//! What the two sides have agreed upon.

/// What a client asks of the server with its first byte; the bytes after it are the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// All of the stream back, then the end.
    Echo,
    /// The first [`CUT`] bytes back, then the end at once; the rest is read and dropped.
    HalfClose,
    /// A reset once [`CUT`] bytes have come.
    Reset,
}

/// See [`Order`]. Streams with such an order are longer.
pub(crate) const CUT: usize = 3000;

impl Order {
    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Echo => b'e',
            Self::HalfClose => b'h',
            Self::Reset => b'r',
        }
    }

    pub(crate) fn of(byte: u8) -> Self {
        match byte {
            b'e' => Self::Echo,
            b'h' => Self::HalfClose,
            b'r' => Self::Reset,
            other => panic!("no such order: {other}"),
        }
    }
}
