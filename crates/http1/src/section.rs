//! Field lines up to the empty one, for headers and trailers alike, resumable at any byte.
//!
//! ```text
//! field-line = field-name ":" OWS field-value OWS
//! section    = *( field-line CRLF ) CRLF
//! ```
//! <https://www.rfc-editor.org/rfc/rfc9112#section-5>

use crate::fields::{FieldSpan, Span};
use crate::framing::steers;
use crate::syntax::{common_name_len, is_ows, name_end, plain_text_len, value_end, visit};
use crate::{Error, ErrorKind, Leniency};

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Line,
    Name,
    /// Whitespace behind a name, where that is overlooked.
    BeforeColon,
    ValueLead,
    Value,
    ValueLineFeed,
    LastLineFeed,
    Done,
}

/// How far a section has been read. Positions are those of the caller's slice, which
/// has to begin at the same byte in every call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SectionScan {
    phase: Phase,
    pos: u32,
    name: Span,
    value_start: u32,
    /// The whitespace before the line a folded value goes on with, which is not looked at
    /// again for each such line; where the value begins for others.
    gap: Span,
    count: u32,
}

/// The ceilings of a section and what their breach is called.
pub(crate) struct SectionLimits {
    /// First position past the section's budget.
    pub(crate) end: usize,
    pub(crate) fields_max: usize,
    pub(crate) too_large: ErrorKind,
    pub(crate) too_many: ErrorKind,
}

pub(crate) enum Progress {
    /// The empty line has been read; the section ends at this position.
    Done(usize),
    /// More bytes are needed.
    More,
    /// The index is full; give a longer one with the same beginning.
    IndexFull,
}

impl SectionScan {
    pub(crate) fn at(pos: usize) -> Self {
        Self {
            phase: Phase::Line,
            pos: pos as u32,
            name: Span::default(),
            value_start: 0,
            gap: Span::default(),
            count: 0,
        }
    }

    /// Begins at `pos`, where nothing has been read yet.
    #[inline(always)]
    pub(crate) fn begin(&mut self, pos: usize) {
        self.pos = pos as u32;
    }

    /// Where the lines read so far end.
    pub(crate) fn end(&self) -> usize {
        self.pos as usize
    }

    /// Fields read so far.
    pub(crate) fn count(&self) -> usize {
        self.count as usize
    }

    /// Reads on from `pos`, which is where it stopped, or began. `observe` sees each whole field line.
    ///
    /// Position and count are told and not looked up where a head begins and is whole: what comes next waits for them.
    #[inline(always)]
    pub(crate) fn advance(
        &mut self,
        mut pos: usize,
        bytes: &[u8],
        limits: &SectionLimits,
        leniency: Leniency,
        index: &mut [FieldSpan],
        mut observe: impl FnMut(&FieldSpan) -> Result<(), Error>,
    ) -> Result<Progress, Error> {
        let window = &bytes[..bytes.len().min(limits.end)];
        let room = limits.fields_max.min(index.len());
        loop {
            if self.phase == Phase::Line {
                pos = self.common_lines(pos, window, &mut index[..room], &mut observe)?;
                let next = window.get(pos..).and_then(<[u8]>::first_chunk);
                if next == Some(b"\r\n") {
                    visit(2);
                    self.pos = pos as u32 + 2;
                    self.phase = Phase::Done;
                    return Ok(Progress::Done(pos + 2));
                }
            }
            if self.phase == Phase::Value {
                // What pieces of a head mostly are, and some are nothing else.
                pos = value_end(window, pos);
                self.pos = pos as u32;
                if pos == window.len() && pos < limits.end {
                    return Ok(Progress::More);
                }
            }
            let progress = self.other_line(window, limits, leniency, index, &mut observe)?;
            if let Some(progress) = progress {
                return Ok(progress);
            }
            pos = self.end();
        }
    }

    /// Reads lines as nearly all are, as long as they are so, and says where they end.
    #[inline(always)]
    fn common_lines(
        &mut self,
        mut pos: usize,
        window: &[u8],
        index: &mut [FieldSpan],
        observe: &mut impl FnMut(&FieldSpan) -> Result<(), Error>,
    ) -> Result<usize, Error> {
        let mut count = self.count as usize;
        while let Some(place) = index.get_mut(count)
            && window.get(pos) != Some(&b'\r')
            && let Some((span, end)) = common_line(window, pos)
        {
            *place = span;
            observe(place)?;
            count += 1;
            pos = end;
        }
        self.pos = pos as u32;
        self.count = count as u32;
        Ok(pos)
    }

    /// Reads on in or to the end of one line, whatever it is like. `None` is behind a whole one.
    #[inline(never)]
    fn other_line(
        &mut self,
        window: &[u8],
        limits: &SectionLimits,
        leniency: Leniency,
        index: &mut [FieldSpan],
        observe: &mut impl FnMut(&FieldSpan) -> Result<(), Error>,
    ) -> Result<Option<Progress>, Error> {
        let mut pos = self.pos as usize;
        let mut phase = self.phase;
        let mut name = self.name;
        let mut value_start = self.value_start as usize;
        let mut gap = self.gap;
        let mut count = self.count as usize;
        // By `advance`, to its end or that of the window.
        let value_is_read = phase == Phase::Value;
        let progress = loop {
            match phase {
                Phase::Line => {
                    let start = pos;
                    let end = name_end(window, start);
                    if end > start {
                        if count >= limits.fields_max {
                            return Err(Error::new(limits.too_many, start));
                        }
                        if count >= index.len() {
                            break Some(Progress::IndexFull);
                        }
                        name.start = start as u32;
                        pos = end;
                        phase = Phase::Name;
                        continue;
                    }
                    let kind = match window.get(start) {
                        None => break Some(Progress::More),
                        Some(b'\r') => {
                            pos += 1;
                            phase = Phase::LastLineFeed;
                            continue;
                        }
                        Some(b'\n') if leniency.bare_line_feed => {
                            pos += 1;
                            phase = Phase::Done;
                            continue;
                        }
                        Some(b'\n') => ErrorKind::BareLineFeed,
                        Some(b' ' | b'\t')
                            if leniency.line_folding
                                && count > 0
                                && !steers(index[count - 1].name.of(window)) =>
                        {
                            // The last line goes on, to be told of anew as a whole.
                            count -= 1;
                            let before = index[count];
                            name = before.name;
                            value_start = before.value.start as usize;
                            gap = Span::new(before.value.end as usize, start);
                            phase = match before.value.is_empty() {
                                true => Phase::ValueLead,
                                false => Phase::Value,
                            };
                            continue;
                        }
                        Some(b' ' | b'\t') => ErrorKind::LineFolding,
                        Some(_) if count >= limits.fields_max => limits.too_many,
                        Some(b':') => ErrorKind::EmptyFieldName,
                        Some(_) => ErrorKind::InvalidFieldName,
                    };
                    return Err(Error::new(kind, start));
                }
                Phase::Name => {
                    pos = name_end(window, pos);
                    let Some(&byte) = window.get(pos) else {
                        break Some(Progress::More);
                    };
                    let kind = match byte {
                        b':' => {
                            name.end = pos as u32;
                            pos += 1;
                            phase = Phase::ValueLead;
                            continue;
                        }
                        b' ' | b'\t' if leniency.space_before_colon => {
                            name.end = pos as u32;
                            phase = Phase::BeforeColon;
                            continue;
                        }
                        b' ' | b'\t' => ErrorKind::SpaceBeforeColon,
                        b'\r' | b'\n' => ErrorKind::MissingColon,
                        _ => ErrorKind::InvalidFieldName,
                    };
                    return Err(Error::new(kind, pos));
                }
                Phase::BeforeColon => {
                    let Some(&byte) = window.get(pos) else {
                        break Some(Progress::More);
                    };
                    visit(1);
                    match byte {
                        b':' => phase = Phase::ValueLead,
                        byte if is_ows(byte) => {}
                        b'\r' | b'\n' => return Err(Error::new(ErrorKind::MissingColon, pos)),
                        _ => return Err(Error::new(ErrorKind::InvalidFieldName, pos)),
                    }
                    pos += 1;
                }
                Phase::ValueLead => {
                    while let Some(&byte) = window.get(pos)
                        && is_ows(byte)
                    {
                        visit(1);
                        pos += 1;
                    }
                    if pos == window.len() {
                        break Some(Progress::More);
                    }
                    visit(1);
                    value_start = pos;
                    gap = Span::new(pos, pos);
                    phase = Phase::Value;
                }
                Phase::Value => {
                    if !value_is_read {
                        pos = value_end(window, pos);
                    }
                    match window.get(pos) {
                        Some(b'\r') => {
                            pos += 1;
                            phase = Phase::ValueLineFeed;
                        }
                        None => break Some(Progress::More),
                        Some(b'\n') if leniency.bare_line_feed => {
                            index[count] = field(window, name, value_start, gap, pos);
                            count += 1;
                            observe(&index[count - 1])?;
                            pos += 1;
                            phase = Phase::Line;
                            break None;
                        }
                        Some(b'\n') => return Err(Error::new(ErrorKind::BareLineFeed, pos)),
                        Some(_) => return Err(Error::new(ErrorKind::InvalidFieldValue, pos)),
                    }
                }
                Phase::ValueLineFeed => {
                    let Some(&byte) = window.get(pos) else {
                        break Some(Progress::More);
                    };
                    visit(1);
                    if byte != b'\n' {
                        return Err(Error::new(ErrorKind::BareCarriageReturn, pos - 1));
                    }
                    index[count] = field(window, name, value_start, gap, pos - 1);
                    count += 1;
                    observe(&index[count - 1])?;
                    pos += 1;
                    phase = Phase::Line;
                    break None;
                }
                Phase::LastLineFeed => {
                    let Some(&byte) = window.get(pos) else {
                        break Some(Progress::More);
                    };
                    visit(1);
                    if byte != b'\n' {
                        return Err(Error::new(ErrorKind::BareCarriageReturn, pos - 1));
                    }
                    pos += 1;
                    phase = Phase::Done;
                }
                Phase::Done => break Some(Progress::Done(pos)),
            }
        };
        if matches!(progress, Some(Progress::More)) && pos >= limits.end {
            return Err(Error::new(limits.too_large, limits.end));
        }
        *self = Self {
            phase,
            pos: pos as u32,
            name,
            value_start: value_start as u32,
            gap,
            count: count as u32,
        };
        Ok(progress)
    }
}

/// The field whose value ends at `end`, but for whitespace.
#[inline(always)]
fn field(window: &[u8], name: Span, value_start: usize, gap: Span, mut end: usize) -> FieldSpan {
    // Line ends are in a value only where folding is overlooked.
    let gap_end = gap.end as usize;
    while end > gap_end && matches!(window[end - 1], b' ' | b'\t' | b'\r' | b'\n') {
        visit(1);
        end -= 1;
    }
    visit(usize::from(end > gap_end));
    if end == gap_end {
        end = gap.start as usize;
    }
    FieldSpan {
        name,
        value: Span::new(value_start, end),
    }
}

/// The line at `pos`, if it is whole and as nearly all lines are: a name of letters and
/// "-", colon, one space, visible ASCII and inner spaces, CRLF. Also gives where it ends.
///
/// Looks at nothing unless 16 bytes are there, so it costs a slow peer's server nothing.
/// For any other line it says `None`, and the phases read it and find what is wrong.
#[inline(always)]
fn common_line(window: &[u8], pos: usize) -> Option<(FieldSpan, usize)> {
    let line = window.get(pos..)?;
    // The end first and from the line's first byte, so that where the next line begins
    // does not have to wait for where this one's name ends.
    let end = plain_text_len(line)?;
    let name_len = common_name_len(line)?;
    let [b':', b' ', first] = line.get(name_len..)?.first_chunk()? else {
        return None;
    };
    let [last, b'\r', b'\n'] = line.get(end.wrapping_sub(1)..)?.first_chunk()? else {
        return None;
    };
    // An empty value is not common: its last byte would be the space behind the colon.
    if name_len == 0 || *first == b' ' || *last == b' ' {
        return None;
    }
    let value_start = name_len + 2;
    let span = FieldSpan {
        name: Span::new(pos, pos + name_len),
        value: Span::new(pos + value_start, pos + end),
    };
    Some((span, pos + end + 2))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::vec::Vec;

    use super::*;

    const LIMITS: SectionLimits = SectionLimits {
        end: 4096,
        fields_max: 4,
        too_large: ErrorKind::FieldSectionTooLarge,
        too_many: ErrorKind::TooManyFields,
    };

    /// Reads a section that is whole, in the given pieces.
    fn read(section: &[u8], ends: impl Iterator<Item = usize>) -> Vec<(&[u8], &[u8])> {
        let mut scan = SectionScan::at(0);
        let mut index = [FieldSpan::default(); 4];
        for end in ends {
            let progress = scan
                .advance(
                    scan.end(),
                    &section[..end],
                    &LIMITS,
                    Leniency::default(),
                    &mut index,
                    |_| Ok(()),
                )
                .expect("valid");
            if let Progress::Done(end) = progress {
                assert_eq!(end, section.len());
            }
        }
        index[..scan.count()]
            .iter()
            .map(|span| (span.name.of(section), span.value.of(section)))
            .collect()
    }

    /// A line reads the same at once, where it is taken by its common shape if it has it,
    /// and byte by byte, where it never is.
    #[track_caller]
    fn check(line: &str, name: &str, value: &str) {
        let section = format!("{line}\r\nLast-Line: as long as it takes\r\n\r\n");
        let bytes = section.as_bytes();
        let expected = [
            (name.as_bytes(), value.as_bytes()),
            (b"Last-Line".as_slice(), b"as long as it takes".as_slice()),
        ];
        assert_eq!(read(bytes, core::iter::once(bytes.len())), expected);
        assert_eq!(read(bytes, 1..=bytes.len()), expected);
    }

    #[test]
    fn whitespace_around_values() {
        for before in ["", " ", "  ", "\t", " \t "] {
            for after in ["", " ", "  ", "\t", " \t "] {
                for value in ["", "v", "a b", "a\tb", "a longer value of plain text"] {
                    check(&format!("Name:{before}{value}{after}"), "Name", value);
                }
            }
        }
    }

    /// Names and values of every length around the block size, and every byte in them.
    #[test]
    fn lengths_and_bytes() {
        for name_len in 1..40 {
            for value_len in 0..70 {
                let (name, value) = ("n".repeat(name_len), "v".repeat(value_len));
                check(&format!("{name}: {value}"), &name, &value);
            }
        }
        for byte in ' '..='~' {
            let value = format!("a{byte}b");
            check(&format!("Name: {value}"), "Name", &value);
            if crate::syntax::is_tchar(byte as u8) {
                check(&format!("a{byte}b: v"), &format!("a{byte}b"), "v");
            }
        }
        check("Name: \u{e9}\u{80}", "Name", "\u{e9}\u{80}");
    }
}
