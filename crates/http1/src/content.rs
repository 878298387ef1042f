//! Content as it is sent, by either side: what is due behind a head, and its bytes.

use crate::{EncodeError, Output, Trailers};

/// How long the content of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentLength {
    /// That many bytes.
    Known(u64),
    /// Not known before it ends: chunked; an answer to HTTP/1.0, which knows no chunks,
    /// ends with the connection.
    Unknown,
}

/// What the caller has to send after a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing: the message is complete. (A length of zero; an answer to HEAD; 204, 205, 304.)
    Nothing,
    /// That many bytes, through `encode_data`, or by other means and told by `data_sent`.
    Length(u64),
    /// Any number, each part through `encode_data` or between the bytes of `frame_data`,
    /// then `encode_end`.
    Chunked,
    /// Any number, as `Length`, then `encode_end` and the close. Answers alone end so.
    UntilClose,
}

/// What stands before and behind content that the caller writes itself: for one `writev`,
/// or for a proxy that passes bytes on where they lie.
///
/// Both are empty where the content is not chunked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataFrame {
    line: [u8; SIZE_LINE],
    start: u8,
    tail: &'static [u8],
}

impl DataFrame {
    const NONE: Self = Self {
        line: [0; SIZE_LINE],
        start: SIZE_LINE as u8,
        tail: b"",
    };

    fn chunk(size: u64) -> Self {
        let mut line = [0; SIZE_LINE];
        let start = size_line(size, &mut line) as u8;
        Self {
            line,
            start,
            tail: b"\r\n",
        }
    }

    /// The bytes to write before the content: the size line of a chunk, or none.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.line[usize::from(self.start)..]
    }

    /// The bytes to write behind the content: CRLF, or none.
    #[must_use]
    pub fn tail(&self) -> &'static [u8] {
        self.tail
    }
}

impl Content {
    /// Whether nothing more is due.
    pub(crate) fn is_complete(self) -> bool {
        matches!(self, Self::Nothing | Self::Length(0))
    }

    /// Writes content: as it is, or as a chunk. Empty data writes nothing.
    #[inline]
    pub(crate) fn encode_data(
        &mut self,
        data: &[u8],
        out: &mut impl Output,
    ) -> Result<(), EncodeError> {
        if data.is_empty() {
            // A chunk of size zero would end the body.
            return Ok(());
        }
        if *self == Self::Chunked {
            let mut line = [0; SIZE_LINE];
            let start = size_line(data.len() as u64, &mut line);
            out.make_room(SIZE_LINE + data.len() + 2);
            put_size_line(&line, start, out);
            out.put(data);
            out.put(b"\r\n");
            return Ok(());
        }
        self.data_sent(data.len() as u64)?;
        out.put(data);
        Ok(())
    }

    /// What belongs around so many bytes of content, which count as written.
    pub(crate) fn frame_data(&mut self, bytes: u64) -> Result<DataFrame, EncodeError> {
        if *self == Self::Chunked {
            return Ok(match bytes {
                0 => DataFrame::NONE,
                bytes => DataFrame::chunk(bytes),
            });
        }
        self.data_sent(bytes)?;
        Ok(DataFrame::NONE)
    }

    /// Counts content that was sent by other means.
    pub(crate) fn data_sent(&mut self, bytes: u64) -> Result<(), EncodeError> {
        match self {
            Self::Length(left) => {
                *left = left.checked_sub(bytes).ok_or(EncodeError::BodyTooLong)?;
                Ok(())
            }
            Self::UntilClose => Ok(()),
            Self::Nothing | Self::Chunked => Err(EncodeError::OutOfTurn),
        }
    }

    /// Writes what ends the content.
    pub(crate) fn encode_end(
        self,
        trailers: Option<&Trailers>,
        out: &mut impl Output,
    ) -> Result<(), EncodeError> {
        match self {
            Self::Chunked => {
                out.put(b"0\r\n");
                out.put(trailers.map_or(b"", Trailers::lines));
                out.put(b"\r\n");
                Ok(())
            }
            Self::Length(1..) => Err(EncodeError::BodyTooShort),
            _ if trailers.is_some_and(|trailers| !trailers.is_empty()) => {
                Err(EncodeError::NoTrailers)
            }
            _ => Ok(()),
        }
    }
}

/// Sixteen hexadecimal digits and CRLF.
const SIZE_LINE: usize = 18;

/// Lays the size line of a chunk at the end of `line`; gives where it begins.
#[inline(always)]
fn size_line(size: u64, line: &mut [u8; SIZE_LINE]) -> usize {
    let mut start = SIZE_LINE - 2;
    line[start..].copy_from_slice(b"\r\n");
    let mut rest = size;
    loop {
        start -= 1;
        line[start] = b"0123456789abcdef"[(rest & 0xF) as usize];
        rest >>= 4;
        if rest == 0 {
            return start;
        }
    }
}

/// One to four digits are copied by as many instructions, without a call.
#[inline(always)]
fn put_size_line(line: &[u8; SIZE_LINE], start: usize, out: &mut impl Output) {
    match line[start..] {
        [a, cr, lf] => out.put(&[a, cr, lf]),
        [a, b, cr, lf] => out.put(&[a, b, cr, lf]),
        [a, b, c, cr, lf] => out.put(&[a, b, c, cr, lf]),
        [a, b, c, d, cr, lf] => out.put(&[a, b, c, d, cr, lf]),
        ref more => out.put(more),
    }
}

/// Writes `Content-Length` with its line end.
pub(crate) fn encode_length_field(length: u64, out: &mut impl Output) {
    const NAME: &[u8] = b"Content-Length: ";
    let mut line = [0_u8; NAME.len() + 20 + 2];
    line[..NAME.len()].copy_from_slice(NAME);
    // At least one digit.
    let digits = length.checked_ilog10().unwrap_or(0) as usize + 1;
    let end = NAME.len() + digits;
    let mut rest = length;
    for digit in line[NAME.len()..end].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    line[end..end + 2].copy_from_slice(b"\r\n");
    out.put(&line[..end + 2]);
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::vec::Vec;

    use super::*;

    const NUMBERS: [u64; 12] = [
        0,
        1,
        9,
        10,
        15,
        16,
        99,
        100,
        4095,
        4096,
        u64::MAX / 10,
        u64::MAX,
    ];

    #[test]
    fn lengths_are_decimal() {
        for number in NUMBERS {
            let mut out = Vec::new();
            encode_length_field(number, &mut out);
            assert_eq!(out, format!("Content-Length: {number}\r\n").as_bytes());
        }
    }

    #[test]
    fn sizes_are_hexadecimal() {
        for number in NUMBERS {
            let mut line = [0; SIZE_LINE];
            let start = size_line(number, &mut line);
            assert_eq!(&line[start..], format!("{number:x}\r\n").as_bytes());
        }
    }

    #[test]
    fn a_frame_is_what_encoding_writes_around_the_data() {
        for (content, data) in [
            (Content::Chunked, b"".as_slice()),
            (Content::Chunked, b"hello"),
            (Content::Length(5), b"hello"),
            (Content::UntilClose, b"hello"),
        ] {
            let (mut whole, mut around) = (content, content);
            let mut out = Vec::new();
            whole.encode_data(data, &mut out).expect("fits");
            let frame = around.frame_data(data.len() as u64).expect("fits");
            assert_eq!([frame.head(), data, frame.tail()].concat(), out);
            assert_eq!(whole, around);
        }
        let too_long = Content::Length(4).frame_data(5);
        assert_eq!(too_long, Err(EncodeError::BodyTooLong));
    }
}
