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
            self.last = PlainLine::parse(line)?;
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
    fn parse(line: &[u8; LINE]) -> Option<Self> {
        let mut digits = 0;
        let mut size = 0_u64;
        while digits < LINE - 3 {
            let digit = HEX[usize::from(line[digits])];
            if digit == NO_HEX {
                break;
            }
            size = size << 4 | u64::from(digit);
            digits += 1;
        }
        if digits == 0 || line.get(digits..digits + 2)? != b"\r\n" {
            return None;
        }
        let mask = match digits + 2 {
            8 => u64::MAX,
            len @ ..8 => (1 << (8 * len)) - 1,
            _ => 0,
        };
        Some(Self {
            word: front_word(line),
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

/// Bytes a plain size line has to be found in. Its digits leave three of them for CRLF and
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
