use super::cobs::{find_ended, look_for_end, search_for, within};
use super::{Encode, Found, Look, Rules, check_len};
use crate::encode::Output;
use crate::error::{EncodeError, ErrorKind};
use crate::scan::visit;

/// The serial line protocol: an END behind each payload, and two-byte escapes for END and ESC within
/// ([RFC 1055](https://www.rfc-editor.org/rfc/rfc1055)).
///
/// ```text
///   ├ END ┼ payload, C0 as DB DC, DB as DB DD ┼ END (C0) ┤
/// ```
///
/// Each frame is written with an END before it as well, as the RFC advises, which ends whatever noise came before.
/// Empty frames are what that leaves between two frames; they are passed over, and cannot be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slip(());

impl Slip {
    /// The format, which has no options.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

const END: u8 = 0xC0;
const ESC: u8 = 0xDB;
const ESC_END: u8 = 0xDC;
const ESC_ESC: u8 = 0xDD;

impl Rules for Slip {
    /// Bytes known not to be END.
    type Progress = usize;

    #[inline]
    fn find(&self, scanned: &mut usize, buf: &[u8], max: usize) -> Option<Found> {
        find_ended(END, 2 * max, scanned, buf)
    }

    fn look(&self, scanned: &mut usize, buf: &[u8], max: usize) -> Look {
        look_for_end(END, 2 * max, scanned, buf)
    }

    fn search(&self, _: &mut usize, buf: &[u8]) -> (usize, bool) {
        search_for(END, buf)
    }

    fn unescape(&self, body: &mut [u8], max: usize) -> Result<usize, (ErrorKind, usize)> {
        visit(body.len());
        let Some(first) = memchr::memchr(ESC, body) else {
            return within(body.len(), max);
        };
        let (mut from, mut to) = (first, first);
        while from < body.len() {
            // Up to the next escape bytes stay as they are.
            let run = memchr::memchr(ESC, &body[from..]).unwrap_or(body.len() - from);
            body.copy_within(from..from + run, to);
            (from, to) = (from + run, to + run);
            if from < body.len() {
                body[to] = match body.get(from + 1) {
                    Some(&ESC_END) => END,
                    Some(&ESC_ESC) => ESC,
                    _ => return Err((ErrorKind::InvalidEscape, from)),
                };
                (from, to) = (from + 2, to + 1);
            }
        }
        within(to, max)
    }

    fn stream_bytes_max(&self, max: usize) -> usize {
        2 * max + 1
    }
}

impl Encode for Slip {
    fn encode<O: Output>(
        &self,
        payload: &[u8],
        max: usize,
        out: &mut O,
    ) -> Result<(), EncodeError> {
        check_len(payload.len(), max)?;
        if payload.is_empty() {
            return Err(EncodeError::Empty);
        }
        out.room_for(2 * payload.len() + 2)?;
        out.put(&[END]);
        let mut rest = payload;
        while let Some(at) = memchr::memchr2(END, ESC, rest) {
            out.put(&rest[..at]);
            let escape = if rest[at] == END { ESC_END } else { ESC_ESC };
            out.put(&[ESC, escape]);
            rest = &rest[at + 1..];
        }
        out.put(rest);
        out.put(&[END]);
        Ok(())
    }
}
