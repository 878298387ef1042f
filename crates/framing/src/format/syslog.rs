use super::{AsciiLength, Found, Lines, Look, Rules, Tail, Wrapped};
use crate::encode::Wrap;
use crate::error::EncodeError;

/// Syslog over TCP in both its framings: octet counting, and lines
/// ([RFC 6587](https://www.rfc-editor.org/rfc/rfc6587#section-3.4)).
///
/// [`auto`](Self::auto) tells them apart by the first byte of the stream and stays with that: a sender does not change
/// its mind, and a line that begins with `2024 ` is a line if the lines before it were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syslog {
    framing: Framing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Framing {
    #[default]
    Auto,
    Octets,
    Lines,
}

const OCTETS: AsciiLength = AsciiLength::rfc6587();
const LINES: Lines = Lines::new();

impl Syslog {
    /// Whichever the first byte of the stream shows: a digit from 1 to 9 is the length of a first frame, anything else
    /// begins a line. Octet counting is written.
    #[must_use]
    pub const fn auto() -> Self {
        Self {
            framing: Framing::Auto,
        }
    }

    /// [`AsciiLength::rfc6587`].
    #[must_use]
    pub const fn octets() -> Self {
        Self {
            framing: Framing::Octets,
        }
    }

    /// [`Lines::new`].
    #[must_use]
    pub const fn lines() -> Self {
        Self {
            framing: Framing::Lines,
        }
    }
}

/// What a stream has turned out to be, and how far the format of that has come.
#[derive(Clone, Copy, Debug, Default)]
#[expect(unnameable_types, reason = "named by the sealed trait only")]
pub struct Choice {
    framing: Framing,
    progress: usize,
}

impl Rules for Syslog {
    type Progress = Choice;

    #[inline]
    fn find(&self, choice: &mut Choice, buf: &[u8], max: usize) -> Option<Found> {
        if choice.framing == Framing::Auto {
            choice.framing = match self.framing {
                Framing::Auto => match buf.first()? {
                    b'1'..=b'9' => Framing::Octets,
                    _ => Framing::Lines,
                },
                told => told,
            };
        }
        match choice.framing {
            Framing::Octets => OCTETS.find(&mut choice.progress, buf, max),
            _ => LINES.find(&mut choice.progress, buf, max),
        }
    }

    fn look(&self, choice: &mut Choice, buf: &[u8], max: usize) -> Look {
        match choice.framing {
            Framing::Octets => OCTETS.look(&mut choice.progress, buf, max),
            // Of a stream of which no byte has come, nothing more is known.
            _ => LINES.look(&mut choice.progress, buf, max),
        }
    }

    fn search(&self, choice: &mut Choice, buf: &[u8]) -> (usize, bool) {
        LINES.search(&mut choice.progress, buf)
    }

    fn at_end(&self, choice: &mut Choice) -> Tail {
        match choice.framing {
            Framing::Octets => OCTETS.at_end(&mut choice.progress),
            _ => LINES.at_end(&mut choice.progress),
        }
    }

    fn stream_bytes_max(&self, max: usize) -> usize {
        OCTETS
            .stream_bytes_max(max)
            .max(LINES.stream_bytes_max(max))
    }
}

impl Wrapped for Syslog {
    fn wrap(&self, payload: &[u8], max: usize) -> Result<Wrap<'_>, EncodeError> {
        match self.framing {
            Framing::Lines => LINES.wrap(payload, max),
            _ => OCTETS.wrap(payload, max),
        }
    }
}
