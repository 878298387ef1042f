//! The header section of a head: its lines, and what they say together.

use crate::fields::FieldSpan;
use crate::framing::{Facts, FieldRules};
use crate::limits::SECTION_BYTES_CEILING;
use crate::section::{Progress, SectionLimits, SectionScan};
use crate::{Error, ErrorKind, Leniency, Limits};

/// How far a header section has been read, and the facts collected on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeaderScan {
    section: SectionScan,
    start: u32,
    pub(crate) facts: Facts,
}

impl HeaderScan {
    #[inline(always)]
    pub(crate) fn at(pos: usize) -> Self {
        Self {
            section: SectionScan::at(pos),
            start: pos as u32,
            facts: Facts::default(),
        }
    }

    /// Begins at `pos`, where nothing has been read yet.
    #[inline(always)]
    pub(crate) fn begin(&mut self, pos: usize) {
        self.section.begin(pos);
        self.start = pos as u32;
    }

    /// Where the lines read so far end.
    pub(crate) fn end(&self) -> usize {
        self.section.end()
    }

    /// Fields read so far.
    pub(crate) fn count(&self) -> usize {
        self.section.count()
    }

    #[inline(always)]
    pub(crate) fn advance(
        &mut self,
        pos: usize,
        bytes: &[u8],
        index: &mut [FieldSpan],
        limits: &Limits,
        rules: FieldRules,
        leniency: Leniency,
    ) -> Result<Progress, Error> {
        let section_limits = SectionLimits {
            end: self.start as usize + limits.field_section_bytes_max.min(SECTION_BYTES_CEILING),
            fields_max: limits.fields_max,
            too_large: ErrorKind::FieldSectionTooLarge,
            too_many: ErrorKind::TooManyFields,
        };
        let facts = &mut self.facts;
        self.section
            .advance(pos, bytes, &section_limits, leniency, index, |span| {
                facts.observe(bytes, span, rules)
            })
    }
}
