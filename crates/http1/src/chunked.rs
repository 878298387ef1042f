//! The chunked coding: size lines with their extensions, and the ends of chunks.
//!
//! ```text
//! chunk     = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
//! chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
//! ```
//! <https://www.rfc-editor.org/rfc/rfc9112#section-7.1>
//!
//! CRLF ends a size line and nothing else does, inside a quoted string or out of it:
//! most published smuggling by chunks rests on a recipient that thought otherwise.

use crate::syntax::{is_qdtext, is_tchar, visit};
use crate::{Error, ErrorKind, Limits};

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Size,
    /// After whitespace behind a size or a value: only ";" goes on.
    BeforeSemicolon,
    NameStart,
    Name,
    /// After whitespace behind a name: "=" or ";".
    AfterName,
    ValueStart,
    Value,
    Quoted,
    QuotedPair,
    AfterQuoted,
    SizeLineFeed,
    DataCarriageReturn,
    DataLineFeed,
}

/// Where a chunked body stands between its data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkScan {
    phase: Phase,
    size: u64,
    any_digit: bool,
    line_bytes: u32,
    extension_bytes: u32,
    content_bytes: u64,
    last: PlainLine,
}

impl Default for ChunkScan {
    fn default() -> Self {
        Self {
            phase: Phase::Size,
            size: 0,
            any_digit: false,
            line_bytes: 0,
            extension_bytes: 0,
            content_bytes: 0,
            last: PlainLine::default(),
        }
    }
}

impl ChunkScan {
    /// The data of the last chunk announced has been handed out; its CRLF is next.
    pub(crate) fn data_ended(&mut self) {
        self.phase = Phase::DataCarriageReturn;
    }

    /// Reads what a stream of plain chunks is made of: the CRLF of the chunk before, if any,
    /// then digits and CRLF, all at the front of `input`. Gives the size, which is not
    /// zero, and how many bytes that took.
    ///
    /// For anything else (an extension, a limit, a fault, bytes still to come) it says
    /// `None` and stands where it stood; [`next_size`](Self::next_size) sorts it out.
    #[inline(always)]
    pub(crate) fn plain_size(&mut self, input: &[u8], limits: &Limits) -> Option<(u64, usize)> {
        let start = match self.phase {
            Phase::DataCarriageReturn if input.starts_with(b"\r\n") => 2,
            Phase::Size if !self.any_digit => 0,
            _ => return None,
        };
        let line = input.get(start..)?.first_chunk::<LINE>()?;
        visit(start + LINE);
        if !self.last.is_repeated_by(line) {
            self.last = PlainLine::parse(line, self.last.digits)?;
        }
        // On a repeat this is known without a look at the line, so that the next chunk can
        // be gone to before this line has come out of memory.
        let PlainLine { size, digits, .. } = self.last;
        let digits = usize::from(digits);
        let content_bytes = self.content_bytes.checked_add(size)?;
        if size == 0
            || digits > limits.chunk_line_bytes_max
            || content_bytes > limits.body_bytes_max
        {
            return None;
        }
        self.content_bytes = content_bytes;
        self.phase = Phase::Size;
        Some((size, start + digits + 2))
    }

    /// Reads from `pos` up to the next chunk's data: its size, `None` for more bytes.
    /// `pos` is moved past what was read. Size 0 is the last chunk.
    #[inline]
    pub(crate) fn next_size(
        &mut self,
        input: &[u8],
        pos: &mut usize,
        limits: &Limits,
    ) -> Result<Option<u64>, Error> {
        while let Some(&byte) = input.get(*pos) {
            visit(1);
            let phase = self
                .after(byte)
                // The CR may have come in an earlier call; `Error::shifted` wraps back.
                .map_err(|kind| Error::new(kind, pos.wrapping_sub(usize::from(kind == BARE_CR))))?;
            if phase != Phase::SizeLineFeed {
                self.count(phase, limits)
                    .map_err(|kind| Error::new(kind, *pos))?;
            } else if self.phase != Phase::SizeLineFeed {
                self.admit(limits).map_err(|kind| Error::new(kind, *pos))?;
            }
            let line_ended = self.phase == Phase::SizeLineFeed;
            self.phase = phase;
            *pos += 1;
            if line_ended {
                self.any_digit = false;
                self.line_bytes = 0;
                return Ok(Some(core::mem::take(&mut self.size)));
            }
        }
        Ok(None)
    }

    /// The phase behind `byte`.
    #[inline]
    fn after(&mut self, byte: u8) -> Result<Phase, ErrorKind> {
        let bad_extension = Err(ErrorKind::InvalidChunkExtension);
        Ok(match (self.phase, byte) {
            (Phase::DataCarriageReturn, b'\r') => Phase::DataLineFeed,
            (Phase::DataLineFeed, b'\n') => Phase::Size,
            (Phase::DataCarriageReturn | Phase::DataLineFeed, _) => {
                return Err(ErrorKind::ChunkNotTerminated);
            }
            (Phase::SizeLineFeed, b'\n') => Phase::Size,
            (Phase::SizeLineFeed, _) => return Err(BARE_CR),
            (_, b'\n') => return Err(ErrorKind::BareLineFeed),
            (Phase::Size, _) => self.after_size(byte)?,
            (Phase::BeforeSemicolon, b' ' | b'\t') => Phase::BeforeSemicolon,
            (Phase::BeforeSemicolon, b';') => Phase::NameStart,
            (Phase::NameStart, b' ' | b'\t') => Phase::NameStart,
            (Phase::NameStart | Phase::Name, _) if is_tchar(byte) => Phase::Name,
            (Phase::Name | Phase::AfterName, b'=') => Phase::ValueStart,
            (Phase::Name | Phase::AfterName, b';') => Phase::NameStart,
            (Phase::Name | Phase::AfterName, b' ' | b'\t') => Phase::AfterName,
            (Phase::ValueStart, b' ' | b'\t') => Phase::ValueStart,
            (Phase::ValueStart, b'"') => Phase::Quoted,
            (Phase::ValueStart | Phase::Value, _) if is_tchar(byte) => Phase::Value,
            (Phase::Quoted, b'"') => Phase::AfterQuoted,
            (Phase::Quoted, b'\\') => Phase::QuotedPair,
            (Phase::Quoted, _) if is_qdtext(byte) => Phase::Quoted,
            // quoted-pair = "\" ( HTAB / SP / VCHAR / obs-text )
            (Phase::QuotedPair, b'"' | b'\\') => Phase::Quoted,
            (Phase::QuotedPair, _) if is_qdtext(byte) => Phase::Quoted,
            (Phase::Value | Phase::AfterQuoted, b';') => Phase::NameStart,
            (Phase::Value | Phase::AfterQuoted, b' ' | b'\t') => Phase::BeforeSemicolon,
            (Phase::Name | Phase::Value | Phase::AfterQuoted, b'\r') => Phase::SizeLineFeed,
            _ => return bad_extension,
        })
    }

    /// chunk-size = 1*HEXDIG; leading zeros are digits too, bounded by the line.
    #[inline]
    fn after_size(&mut self, byte: u8) -> Result<Phase, ErrorKind> {
        let digit = match byte {
            _ if HEX[usize::from(byte)] != NO_HEX => HEX[usize::from(byte)],
            b'\r' if self.any_digit => return Ok(Phase::SizeLineFeed),
            b';' if self.any_digit => return Ok(Phase::NameStart),
            b' ' | b'\t' if self.any_digit => return Ok(Phase::BeforeSemicolon),
            _ => return Err(ErrorKind::InvalidChunkSize),
        };
        if self.size >> 60 != 0 {
            return Err(ErrorKind::ChunkSizeOverflow);
        }
        self.size = self.size << 4 | u64::from(digit);
        self.any_digit = true;
        Ok(Phase::Size)
    }

    /// Counts a byte of a size line against its limits.
    #[inline]
    fn count(&mut self, phase: Phase, limits: &Limits) -> Result<(), ErrorKind> {
        if matches!(phase, Phase::DataCarriageReturn | Phase::DataLineFeed)
            || self.phase == Phase::DataLineFeed
            || self.phase == Phase::SizeLineFeed
        {
            return Ok(());
        }
        if self.line_bytes as usize >= limits.chunk_line_bytes_max {
            return Err(ErrorKind::ChunkLineTooLong);
        }
        self.line_bytes = self.line_bytes.saturating_add(1);
        if phase != Phase::Size {
            if self.extension_bytes as usize >= limits.chunk_extension_bytes_max {
                return Err(ErrorKind::ChunkExtensionsTooLarge);
            }
            self.extension_bytes = self.extension_bytes.saturating_add(1);
        }
        Ok(())
    }

    /// Holds an announced chunk against the content limit, before any of it arrives.
    fn admit(&mut self, limits: &Limits) -> Result<(), ErrorKind> {
        self.content_bytes = self
            .content_bytes
            .checked_add(self.size)
            .ok_or(ErrorKind::ChunkSizeOverflow)?;
        if self.content_bytes > limits.body_bytes_max {
            return Err(ErrorKind::BodyTooLarge);
        }
        Ok(())
    }
}

/// A size line of digits alone, as the chunks of one sender tend to repeat it.
#[derive(Clone, Copy, Debug, Default)]
struct PlainLine {
    /// The first eight bytes from the line on.
    word: u64,
    /// Which of them are the line and its CRLF; none where those do not fit, which is to
    /// say that the line never repeats.
    mask: u64,
    size: u64,
    digits: u8,
}

impl PlainLine {
    /// Reads all digits at once, a byte a digit, instead of one after the other.
    ///
    /// Sizes of one sender have mostly as many digits as the one before. Where CRLF stands
    /// behind that many there is no need to look for it first; what stands before it is
    /// held to be digits in either case.
    #[inline(always)]
    fn parse(line: &[u8; LINE], digits_before: u8) -> Option<Self> {
        let word = front_word(line);
        let ends_at = |digits: usize| line.get(digits..digits + 2) == Some(b"\r\n");
        let mut digits = usize::from(digits_before);
        if digits == 0 || !ends_at(digits) {
            digits = (bytes_equal(word, b'\r').trailing_zeros() / 8) as usize;
            if digits == 0 || !ends_at(digits) {
                return None;
            }
        }
        // Digits to the end of the word, zeros before them: "1f" as "0000001f".
        let text = match digits {
            8 => word,
            _ => word << (64 - 8 * digits) | each(b'0') >> (8 * digits),
        };
        let size = hex_value(text)?;
        let mask = match digits + 2 {
            len @ ..8 => (1 << (8 * len)) - 1,
            8 => u64::MAX,
            _ => 0,
        };
        Some(Self {
            word,
            mask,
            size,
            digits: digits as u8,
        })
    }

    #[inline(always)]
    fn is_repeated_by(&self, line: &[u8; LINE]) -> bool {
        self.mask != 0 && (front_word(line) ^ self.word) & self.mask == 0
    }
}

#[inline(always)]
fn front_word(line: &[u8; LINE]) -> u64 {
    line.first_chunk()
        .map_or(0, |word| u64::from_le_bytes(*word))
}

/// The same byte eight times.
#[inline(always)]
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The high bit of the first byte of `word` that equals `byte`; bits above it may be set too.
#[inline(always)]
const fn bytes_equal(word: u64, byte: u8) -> u64 {
    let zeros = word ^ each(byte);
    zeros.wrapping_sub(each(1)) & !zeros & each(0x80)
}

/// The value of eight hexadecimal digits, the first in the lowest byte; `None` where one
/// is none.
#[inline(always)]
fn hex_value(text: u64) -> Option<u64> {
    // '0'-'9' are 0x30-0x39; 'A'-'F' and 'a'-'f' have bit 6 and count from 1 in the low half.
    let letters = text >> 6 & each(1);
    let values = (text & each(0x0F)) + letters * 9;
    // Written out again it has to be the same, but for the case of letters.
    let above_9 = (values + each(6)) >> 4 & each(1);
    let written = values + each(b'0') + above_9 * u64::from(b'a' - b'0' - 10);
    let lower_case = text | letters << 5;
    if written != lower_case || values & each(0xF0) != 0 {
        return None;
    }
    let pairs = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs << 8 | pairs >> 16) & 0x0000_FFFF_0000_FFFF;
    Some((fours << 16 | fours >> 32) & 0xFFFF_FFFF)
}

/// Bytes a plain size line of at most eight digits has to be found in: CRLF behind them, and
/// a byte of data, so that a chunk told of is never empty.
const LINE: usize = 12;

const NO_HEX: u8 = 0xFF;

/// The values of hexadecimal digits.
static HEX: [u8; 256] = {
    let mut table = [NO_HEX; 256];
    let mut value = 0;
    while value < 16 {
        let digit = b"0123456789abcdef"[value];
        table[digit as usize] = value as u8;
        table[digit.to_ascii_uppercase() as usize] = value as u8;
        value += 1;
    }
    table
};

const BARE_CR: ErrorKind = ErrorKind::BareCarriageReturn;

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::vec::Vec;

    use super::{LINE, PlainLine};

    fn parse(text: &str) -> Option<(u64, u8)> {
        let mut line = [b'x'; LINE];
        line[..text.len()].copy_from_slice(text.as_bytes());
        let parsed = PlainLine::parse(&line, 0).map(|line| (line.size, line.digits));
        for digits_before in 1..=8 {
            let guided = PlainLine::parse(&line, digits_before);
            assert_eq!(
                guided.map(|line| (line.size, line.digits)),
                parsed,
                "{text:?}"
            );
        }
        parsed
    }

    #[test]
    fn sizes_of_every_length_and_case() {
        for size in [
            0,
            1,
            9,
            10,
            0xf,
            0x10,
            0xabc,
            0xdef0,
            0x98765,
            0xfedcba,
            0xffff_ffff,
        ] {
            for text in [
                format!("{size:x}"),
                format!("{size:X}"),
                format!("{size:08x}"),
            ] {
                let expected = Some((size, text.len() as u8));
                assert_eq!(parse(&format!("{text}\r\n")), expected, "{text}");
            }
        }
    }

    /// Every byte at every place, against the digits of std.
    #[test]
    fn one_wrong_byte_is_seen() {
        for place in 0..8 {
            for byte in 0..=127_u8 {
                let mut digits: Vec<u8> = b"12ab34CD".to_vec();
                digits[place] = byte;
                let text = std::string::String::from_utf8(digits).expect("ASCII");
                let expected = u64::from_str_radix(&text, 16)
                    .ok()
                    .filter(|_| byte.is_ascii_hexdigit());
                let line = format!("{text}\r\n");
                assert_eq!(parse(&line).map(|(size, _)| size), expected, "{text:?}");
            }
        }
    }

    #[test]
    fn anything_else_is_left_to_the_phases() {
        for text in [
            "\r\n",
            "5\n",
            "5\rx",
            "5;a\r\n",
            "5 \r\n",
            "123456789\r\n",
            "\u{e9}\r\n",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
