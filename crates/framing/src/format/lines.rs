use super::{Delimiter, Found, Look, Rest, Rules, Tail, Wrapped, check_len};
use crate::encode::Wrap;
use crate::error::EncodeError;
use crate::scan::find_byte;

/// Lines that end with LF, or with CR and LF.
///
/// ```text
///   ├ line ┼ LF ┤    ├ line ┼ CR LF ┤
/// ```
///
/// The CR right before an LF belongs to the line end: it is not given and does not count for the limit. Elsewhere a CR
/// is a byte like any other. For lines that end with CRLF alone take
/// [`Delimited::exact`](crate::Delimited::exact)`(b"\r\n")`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    cr: Cr,
    tail: Tail,
    delimiter: Delimiter,
    writes: &'static [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cr {
    OfLineEnd,
    Content,
}

impl Lines {
    /// Lines that end with LF or CRLF, written with LF.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            cr: Cr::OfLineEnd,
            tail: Tail::Yield,
            delimiter: Delimiter::Strip,
            writes: b"\n",
        }
    }

    /// Lines that end with LF alone: a CR before it is part of the line.
    #[must_use]
    pub const fn lf() -> Self {
        Self {
            cr: Cr::Content,
            ..Self::new()
        }
    }

    /// Read like [`new`](Self::new), written with CRLF.
    #[must_use]
    pub const fn crlf() -> Self {
        Self {
            writes: b"\r\n",
            ..Self::new()
        }
    }

    /// What becomes of a last line without a line end. Default: [`Tail::Yield`].
    #[must_use]
    pub const fn tail(mut self, tail: Tail) -> Self {
        self.tail = tail;
        self
    }

    /// Whether lines are given with their line ends. Default: [`Delimiter::Strip`].
    #[must_use]
    pub const fn delimiter(mut self, delimiter: Delimiter) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// The longest line end.
    const fn end_bytes_max(&self) -> usize {
        match self.cr {
            Cr::OfLineEnd => 2,
            Cr::Content => 1,
        }
    }
}

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

impl Rules for Lines {
    /// Bytes known to have no LF.
    type Progress = usize;

    #[inline]
    fn find(&self, scanned: &mut usize, buf: &[u8], max: usize) -> Option<Found> {
        // Wherever a line of allowed length could end.
        let window = &buf[..buf.len().min(max + self.end_bytes_max())];
        let Some(found) = find_byte(b'\n', &window[*scanned..]) else {
            *scanned = window.len();
            return None;
        };
        let lf = *scanned + found;
        let cr = self.cr == Cr::OfLineEnd && lf > 0 && buf[lf - 1] == b'\r';
        let line = lf - usize::from(cr);
        *scanned = lf;
        if line > max {
            return None;
        }
        *scanned = 0;
        Some(Found {
            start: 0,
            end: match self.delimiter {
                Delimiter::Strip => line,
                Delimiter::Keep => lf + 1,
            },
            consume: lf + 1,
        })
    }

    fn look(&self, scanned: &mut usize, buf: &[u8], max: usize) -> Look {
        // Either all that may be there has been searched, or an LF is there and comes too late.
        if *scanned == buf.len() && *scanned < max + self.end_bytes_max() {
            return Look::Need(1);
        }
        *scanned = 0;
        Look::TooLong {
            declared: None,
            at: max,
            cut: Some(0..max),
            rest: Rest::Search,
        }
    }

    fn search(&self, _: &mut usize, buf: &[u8]) -> (usize, bool) {
        match find_byte(b'\n', buf) {
            Some(lf) => (lf + 1, true),
            None => (buf.len(), false),
        }
    }

    fn at_end(&self, scanned: &mut usize) -> Tail {
        *scanned = 0;
        self.tail
    }

    fn stream_bytes_max(&self, max: usize) -> usize {
        max + self.end_bytes_max()
    }
}

impl Wrapped for Lines {
    #[inline]
    fn wrap(&self, line: &[u8], max: usize) -> Result<Wrap<'_>, EncodeError> {
        check_len(line.len(), max)?;
        if let Some(at) = find_byte(b'\n', line) {
            return Err(EncodeError::ContainsDelimiter { at });
        }
        // It would be taken for part of the line end.
        if self.cr == Cr::OfLineEnd && self.writes == b"\n" && line.last() == Some(&b'\r') {
            return Err(EncodeError::ContainsDelimiter { at: line.len() - 1 });
        }
        Ok(Wrap::bare(line.len()).tail(self.writes))
    }
}
