use super::{Encode, Found, Look, Rest, Rules, check_len};
use crate::encode::Output;
use crate::error::{EncodeError, ErrorKind};
use crate::scan::{find_byte, visit};

/// Consistent overhead byte stuffing: payloads rewritten without zeros, each ended by one (Cheshire and Baker 1999).
///
/// ```text
///   ├ code ┼ code-1 bytes that are not 0 ┤ … ┼ 0 ┤
/// ```
///
/// A code below 255 stands for its bytes and a zero behind them, but for the last one. The overhead is one byte in 254
/// at most. Whatever was lost, the next zero is a fresh start; zeros between frames are passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cobs(());

impl Cobs {
    /// The format, which has no options.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }

    /// Most bytes of a payload's rewritten form, without the zero that ends it. Where the last group is full, some
    /// writers put an empty one behind it.
    const fn rewritten_bytes_max(max: usize) -> usize {
        max + max / 254 + 1
    }
}

/// A code that stands for 254 bytes and no zero.
const FULL: u8 = 0xFF;

impl Rules for Cobs {
    /// Bytes known not to be 0.
    type Progress = usize;

    #[inline]
    fn find(&self, scanned: &mut usize, buf: &[u8], max: usize) -> Option<Found> {
        find_ended(0, Self::rewritten_bytes_max(max), scanned, buf)
    }

    fn look(&self, scanned: &mut usize, buf: &[u8], max: usize) -> Look {
        look_for_end(0, Self::rewritten_bytes_max(max), scanned, buf)
    }

    fn search(&self, _: &mut usize, buf: &[u8]) -> (usize, bool) {
        search_for(0, buf)
    }

    fn unescape(&self, body: &mut [u8], max: usize) -> Result<usize, (ErrorKind, usize)> {
        visit(body.len());
        let (mut from, mut to) = (0, 0);
        while from < body.len() {
            let code = body[from];
            let end = from + usize::from(code);
            // No code is 0: that would have ended the frame.
            if end > body.len() {
                return Err((ErrorKind::InvalidCode, from));
            }
            body.copy_within(from + 1..end, to);
            to += end - from - 1;
            from = end;
            if code != FULL && from < body.len() {
                body[to] = 0;
                to += 1;
            }
        }
        within(to, max)
    }

    fn stream_bytes_max(&self, max: usize) -> usize {
        Self::rewritten_bytes_max(max) + 1
    }
}

impl Encode for Cobs {
    fn encode<O: Output>(
        &self,
        payload: &[u8],
        max: usize,
        out: &mut O,
    ) -> Result<(), EncodeError> {
        check_len(payload.len(), max)?;
        out.room_for(self.stream_bytes_max(payload.len()))?;
        let mut rest = payload;
        loop {
            let group = &rest[..rest.len().min(254)];
            match find_byte(0, group) {
                Some(zero) => {
                    out.put(&[zero as u8 + 1]);
                    out.put(&group[..zero]);
                    rest = &rest[zero + 1..];
                }
                None => {
                    out.put(&[group.len() as u8 + 1]);
                    out.put(group);
                    if group.len() == rest.len() {
                        break;
                    }
                    rest = &rest[group.len()..];
                }
            }
        }
        out.put(&[0]);
        Ok(())
    }
}

/// [`Rules::find`] for escaped frames that one byte ends, of which there are no empty ones: `escaped_max` is the most
/// they can have where the payload has what is allowed.
#[inline]
pub(super) fn find_ended(
    end: u8,
    escaped_max: usize,
    scanned: &mut usize,
    buf: &[u8],
) -> Option<Found> {
    let window = &buf[..buf.len().min(escaped_max + 1)];
    match find_byte(end, &window[*scanned..]) {
        Some(0) if *scanned == 0 => None,
        Some(found) => {
            let end = core::mem::take(scanned) + found;
            Some(Found {
                start: 0,
                end,
                consume: end + 1,
            })
        }
        None => {
            *scanned = window.len();
            None
        }
    }
}

/// [`Rules::look`] for the same.
pub(super) fn look_for_end(end: u8, escaped_max: usize, scanned: &mut usize, buf: &[u8]) -> Look {
    if *scanned > escaped_max {
        *scanned = 0;
        return Look::TooLong {
            declared: None,
            at: escaped_max,
            cut: None,
            rest: Rest::Search,
        };
    }
    if *scanned > 0 || buf.is_empty() {
        return Look::Need(1);
    }
    let idle = buf.iter().position(|&byte| byte != end);
    visit(idle.map_or(buf.len(), |idle| idle + 1));
    Look::Idle(idle.unwrap_or(buf.len()))
}

/// [`Rules::search`] for frames that one byte ends.
pub(super) fn search_for(delimiter: u8, buf: &[u8]) -> (usize, bool) {
    match find_byte(delimiter, buf) {
        Some(at) => (at + 1, true),
        None => (buf.len(), false),
    }
}

/// The length of an unescaped payload, if it is allowed.
pub(super) fn within(len: usize, max: usize) -> Result<usize, (ErrorKind, usize)> {
    if len > max {
        let kind = ErrorKind::TooLong {
            declared: Some(len as u64),
            max,
        };
        return Err((kind, 0));
    }
    Ok(len)
}
