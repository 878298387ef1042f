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

use core::num::NonZeroUsize;

use crate::syntax::{is_qdtext, is_tchar, visit};
use crate::{Error, ErrorKind, Limits};

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The first digit of a size.
    Size,
    /// More of them, or what follows them.
    Digits,
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
    /// The data, which is not seen here, and its CR.
    DataCarriageReturn,
    DataLineFeed,
}

/// Where a chunked body stands between its data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkScan {
    phase: Phase,
    size: u64,
    line_bytes: u32,
    extension_bytes: u32,
    content_bytes: u64,
    last: Between,
}

impl Default for ChunkScan {
    fn default() -> Self {
        Self {
            phase: Phase::Size,
            size: 0,
            line_bytes: 0,
            extension_bytes: 0,
            content_bytes: 0,
            last: Between::NONE,
        }
    }
}

impl ChunkScan {
    /// Reads what stands between two plain chunks: the CRLF of the one, the digits and CRLF of the other, all at the
    /// front of `input`. Gives how many bytes that took, and the size, which is not zero.
    ///
    /// For anything else (an extension, a limit, a fault, bytes still to come) it says
    /// `None` and stands where it stood; [`next_size`](Self::next_size) sorts it out.
    #[inline(always)]
    pub(crate) fn plain_size(&mut self, input: &[u8], limits: &Limits) -> Option<(usize, usize)> {
        if self.phase != Phase::DataCarriageReturn {
            return None;
        }
        let between = input.first_chunk()?;
        visit(BETWEEN);
        // On a repeat this is known without a look at the line, so that the next chunk can
        // be gone to before this line has come out of memory.
        let size = if self.last.is_repeated_by(between) {
            self.last.size
        } else {
            self.last.read(between, limits.chunk_line_bytes_max)?.get()
        };
        let content_bytes = self.content_bytes.checked_add(size as u64)?;
        if content_bytes > limits.body_bytes_max {
            return None;
        }
        self.content_bytes = content_bytes;
        Some((usize::from(self.last.len), size))
    }

    /// The same for the first chunk of a body, before which there is none to end.
    #[inline]
    pub(crate) fn first_plain_size(
        &mut self,
        input: &[u8],
        limits: &Limits,
    ) -> Option<(usize, usize)> {
        if self.phase != Phase::Size {
            return None;
        }
        let line = input.first_chunk::<{ BETWEEN - 2 }>()?;
        let mut between = [0; BETWEEN];
        between[..2].copy_from_slice(b"\r\n");
        between[2..].copy_from_slice(line);
        self.phase = Phase::DataCarriageReturn;
        let (len, size) = self.plain_size(&between, limits).or_else(|| {
            self.phase = Phase::Size;
            None
        })?;
        Some((len - 2, size))
    }

    /// Whether `input` begins with the end that most bodies have, [`PLAIN_END`], and no limit forbids it.
    #[inline(always)]
    pub(crate) fn ends_plainly(&self, input: &[u8], limits: &Limits) -> bool {
        self.phase == Phase::DataCarriageReturn
            && input.starts_with(PLAIN_END)
            && limits.chunk_line_bytes_max >= b"0".len()
            && limits.trailer_section_bytes_max >= b"\r\n".len()
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
            (Phase::SizeLineFeed, b'\n') => Phase::DataCarriageReturn,
            (Phase::SizeLineFeed, _) => return Err(BARE_CR),
            (_, b'\n') => return Err(ErrorKind::BareLineFeed),
            (Phase::Size | Phase::Digits, _) => self.after_size(byte)?,
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
            b'\r' if self.phase == Phase::Digits => return Ok(Phase::SizeLineFeed),
            b';' if self.phase == Phase::Digits => return Ok(Phase::NameStart),
            b' ' | b'\t' if self.phase == Phase::Digits => return Ok(Phase::BeforeSemicolon),
            _ => return Err(ErrorKind::InvalidChunkSize),
        };
        if self.size >> 60 != 0 {
            return Err(ErrorKind::ChunkSizeOverflow);
        }
        self.size = self.size << 4 | u64::from(digit);
        Ok(Phase::Digits)
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
        if phase != Phase::Digits {
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

/// What stands between two chunks, as one sender tends to repeat it: CRLF, at most seven digits, CRLF.
#[derive(Clone, Copy, Debug)]
struct Between {
    /// Which of the first eight bytes from there on belong to it, and those bytes. None do where they are too few for
    /// all of it: more than four digits are read anew each time.
    mask: u64,
    word: u64,
    size: usize,
    len: u8,
}

impl Between {
    /// What nothing repeats: no bit of it is ever looked at, and one is set.
    const NONE: Self = Self {
        mask: 0,
        word: 1,
        size: 0,
        len: 0,
    };

    #[inline(always)]
    fn is_repeated_by(&self, bytes: &[u8; BETWEEN]) -> bool {
        front_word(bytes) & self.mask == self.word
    }

    /// Becomes what `bytes` begin with, and gives the size; `None` for anything else, and for a size of zero.
    ///
    /// How many digits there are is branched on, not computed with: it is mostly guessed right, and then where the
    /// next chunk is waits for the digits alone.
    #[inline(never)]
    fn read(&mut self, bytes: &[u8; BETWEEN], digits_max: usize) -> Option<NonZeroUsize> {
        if bytes[..2] != *b"\r\n" {
            return None;
        }
        // The commonest first.
        self.of_digits::<4>(bytes, digits_max)
            .or_else(|| self.of_digits::<3>(bytes, digits_max))
            .or_else(|| self.of_digits::<2>(bytes, digits_max))
            .or_else(|| self.of_digits::<1>(bytes, digits_max))
            .or_else(|| self.of_more_digits(bytes, digits_max))
    }

    #[inline(never)]
    fn of_more_digits(&mut self, bytes: &[u8; BETWEEN], digits_max: usize) -> Option<NonZeroUsize> {
        self.of_digits::<5>(bytes, digits_max)
            .or_else(|| self.of_digits::<6>(bytes, digits_max))
            .or_else(|| self.of_digits::<7>(bytes, digits_max))
    }

    #[inline(always)]
    fn of_digits<const N: usize>(
        &mut self,
        bytes: &[u8; BETWEEN],
        digits_max: usize,
    ) -> Option<NonZeroUsize> {
        if bytes[2 + N..][..2] != *b"\r\n" || N > digits_max {
            return None;
        }
        // Two sums, so that no digit has to wait for all before it.
        let mut halves = [0; 2];
        let mut seen = 0;
        for (place, byte) in bytes[2..][..N].iter().enumerate() {
            let value = HEX[usize::from(*byte)];
            seen |= value;
            halves[usize::from(2 * place >= N)] |= usize::from(value) << (4 * (N - 1 - place));
        }
        if seen > 0xF {
            return None;
        }
        let size = NonZeroUsize::new(halves[0].wrapping_add(halves[1]))?;
        let len = 2 + N + 2;
        *self = Self {
            size: size.get(),
            len: len as u8,
            ..Self::NONE
        };
        if len <= 8 {
            self.mask = u64::MAX >> (64 - 8 * len);
            self.word = front_word(bytes) & self.mask;
        }
        Some(size)
    }
}

#[inline(always)]
fn front_word(bytes: &[u8; BETWEEN]) -> u64 {
    bytes
        .first_chunk()
        .map_or(0, |word| u64::from_le_bytes(*word))
}

/// CRLF, seven digits, CRLF, and a byte of data, so that a chunk told of is never empty.
const BETWEEN: usize = 2 + 7 + 2 + 1;

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

/// The CRLF of the last chunk with data, the chunk of size zero, and no trailers.
pub(crate) const PLAIN_END: &[u8] = b"\r\n0\r\n\r\n";

const BARE_CR: ErrorKind = ErrorKind::BareCarriageReturn;

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::{BETWEEN, Between};

    /// Size and length of the front of `text`, with data behind it.
    fn read(text: &str) -> Option<(usize, u8)> {
        let mut bytes = [b'x'; BETWEEN];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        let mut between = Between::NONE;
        let size = between.read(&bytes, 7)?.get();
        assert_eq!(size, between.size);
        // More bytes than are kept of it are never a repetition.
        assert_eq!(between.is_repeated_by(&bytes), between.len <= 8);
        Some((size, between.len))
    }

    #[test]
    fn sizes_of_every_length_and_case() {
        for size in [
            1, 9, 10, 0xf, 0x10, 0xabc, 0xdef0, 0x98765, 0xfedcba, 0xfff_ffff,
        ] {
            for digits in [
                format!("{size:x}"),
                format!("{size:X}"),
                format!("{size:07x}"),
            ] {
                let text = format!("\r\n{digits}\r\n");
                assert_eq!(read(&text), Some((size, text.len() as u8)), "{text:?}");
            }
        }
    }

    /// Every byte at every place, against the digits of std.
    #[test]
    fn one_wrong_byte_is_seen() {
        for len in 1..=7 {
            for place in 0..len {
                for byte in 0..=127_u8 {
                    let mut digits = b"12ab34C"[..len].to_vec();
                    digits[place] = byte;
                    let digits = str::from_utf8(&digits).expect("ASCII");
                    let expected = usize::from_str_radix(digits, 16)
                        .ok()
                        .filter(|size| *size > 0 && byte.is_ascii_hexdigit());
                    let text = format!("\r\n{digits}\r\n");
                    assert_eq!(read(&text).map(|(size, _)| size), expected, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_repeated_is_the_same_to_its_end() {
        for digits in ["9", "19", "119", "1119"] {
            let text = format!("\r\n{digits}\r\nxxxxxxx");
            let bytes = text.as_bytes().first_chunk().expect("long enough");
            let mut between = Between::NONE;
            between.read(bytes, 7).expect("plain");
            let mut other = *bytes;
            for place in 0..BETWEEN {
                other[place] ^= 1;
                let inside = place < usize::from(between.len);
                assert_eq!(between.is_repeated_by(&other), !inside, "{other:?}");
                other[place] ^= 1;
            }
        }
    }

    #[test]
    fn anything_else_is_left_to_the_phases() {
        for text in [
            "\r\n\r\n",
            "\r\n5\n",
            "\r\n5\rx",
            "\r\n5;a\r\n",
            "\r\n5 \r\n",
            "\r\n0\r\n\r\n",
            "\r\n0000\r\n",
            "\r\n12345678\r\r",
            "\r\n\u{e9}\r\n",
            "\n\n5\r\n",
            "\r\r5\r\n",
            "5\r\n",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
        let bytes = b"\r\n0005\r\nxxxx";
        let mut between = Between::NONE;
        assert!(between.read(bytes, 3).is_none());
    }
}
