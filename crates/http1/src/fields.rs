use core::fmt;

use alloc::borrow::Cow;

use crate::syntax::is_ows;

/// A part of the caller's slice, as two 32-bit offsets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// Offsets fit: the limits of a head are held to `SECTION_BYTES_CEILING`.
    #[inline(always)]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    #[inline(always)]
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }

    #[inline(always)]
    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// Where one field's name and value lie in the caller's slice.
///
/// An array of these is the index of a head: 16 bytes a field, no allocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSpan {
    pub(crate) name: Span,
    pub(crate) value: Span,
}

/// The field lines of one section, in the order they came, over the caller's bytes.
///
/// Names are compared without regard to case (RFC 9110 section 5.1); values have no
/// whitespace around them and are otherwise as they came.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) spans: &'a [FieldSpan],
}

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8], spans: &'a [FieldSpan]) -> Self {
        Self { bytes, spans }
    }

    /// How many field lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Every line as (name, value), in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone + use<'a> {
        let bytes = self.bytes;
        self.spans
            .iter()
            .map(move |span| (span.name.of(bytes), span.value.of(bytes)))
    }

    /// The value of the first line named `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.lines(name).next()
    }

    /// The values of all lines named `name`, in the order they came.
    pub fn lines<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.iter()
            .filter(move |(candidate, _)| candidate.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The members of the comma-separated list that all lines named `name` form
    /// together, empty ones left out (RFC 9110 section 5.6.1).
    ///
    /// Commas inside quoted strings are not looked for: use this for fields of tokens.
    pub fn list<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.lines(name).flat_map(members)
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.iter()
                    .map(|(name, value)| (name.escape_ascii(), value.escape_ascii()))
                    .map(|(name, value)| (DebugAscii(name), DebugAscii(value))),
            )
            .finish()
    }
}

struct DebugAscii<'a>(core::slice::EscapeAscii<'a>);

impl fmt::Debug for DebugAscii<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// The non-empty members of one comma-separated value, without the whitespace around them.
pub(crate) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|byte| *byte == b',')
        .map(trim_ows)
        .filter(|member| !member.is_empty())
}

pub(crate) fn trim_ows(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_ows(*first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && is_ows(*last)
    {
        bytes = rest;
    }
    bytes
}

/// A folded value with one space in place of each fold, as
/// <https://www.rfc-editor.org/rfc/rfc9112#section-5.2> has it.
///
/// Only values read with [`Leniency::line_folding`](crate::Leniency::line_folding) can be
/// folded; any other is given back as it is.
#[must_use]
pub fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    let breaks = |byte: &u8| matches!(byte, b'\r' | b'\n');
    if !value.iter().any(breaks) {
        return Cow::Borrowed(value);
    }
    let lines = value.split(breaks).map(trim_ows);
    let lines: alloc::vec::Vec<&[u8]> = lines.filter(|line| !line.is_empty()).collect();
    Cow::Owned(lines.join(&b' '))
}
