use super::{Found, Look, Rest, Rules, Wrapped, check_len};
use crate::encode::{FIELD_BYTES_MAX, Wrap};
use crate::error::{EncodeError, ErrorKind};
use crate::scan::visit;

/// A length in base 128, least significant group first, as Protocol Buffers and others write it before a message
/// ([LEB128](https://protobuf.dev/programming-guides/encoding/#varints)).
///
/// ```text
///   ├ 1 to 5 or 10 bytes, the top bit set in all but the last ┼ payload ┤
/// ```
///
/// A length written in more bytes than it needs is refused, so that a frame has one form; [`padded`](Self::padded)
/// accepts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Varint {
    bits: u32,
    padded: bool,
}

impl Varint {
    /// A length below 2^32: 5 bytes at most.
    #[must_use]
    pub const fn u32() -> Self {
        Self {
            bits: 32,
            padded: false,
        }
    }

    /// A length below 2^64: 10 bytes at most.
    #[must_use]
    pub const fn u64() -> Self {
        Self {
            bits: 64,
            padded: false,
        }
    }

    /// Also reads lengths with more bytes than they need, up to the most: some writers leave room for a length and
    /// fill it in later. What is written is minimal all the same.
    #[must_use]
    pub const fn padded(mut self) -> Self {
        self.padded = true;
        self
    }

    const fn bytes_max(self) -> usize {
        self.bits.div_ceil(7) as usize
    }

    /// The number at the front and how many bytes it has, of which the first `seen` have others behind them; the rule
    /// broken and where, or `None` where its end is not there.
    fn number(self, seen: usize, buf: &[u8]) -> Result<(u64, usize), Option<(ErrorKind, usize)>> {
        let window = &buf[..buf.len().min(self.bytes_max())];
        let end = window[seen..].iter().position(|byte| byte & 0x80 == 0);
        visit(end.map_or(window.len() - seen, |end| end + 1));
        let Some(end) = end else {
            let last = self.bytes_max() - 1;
            return Err((window.len() > last).then_some((ErrorKind::VarintTooLong, last)));
        };
        let last = seen + end;
        let bytes = &window[..=last];
        visit(bytes.len());
        // Of the last possible byte only some bits are there: 4 of 32, 1 of 64.
        let spare = self.bits - 7 * (self.bytes_max() as u32 - 1);
        if bytes.len() == self.bytes_max() && bytes[last] >> spare != 0 {
            return Err(Some((ErrorKind::VarintTooLong, last)));
        }
        if last > 0 && bytes[last] == 0 && !self.padded {
            return Err(Some((ErrorKind::VarintNotMinimal, last)));
        }
        let number = bytes
            .iter()
            .rev()
            .fold(0, |number: u64, byte| number << 7 | u64::from(byte & 0x7F));
        Ok((number, bytes.len()))
    }
}

impl Rules for Varint {
    /// Bytes known to have others behind them.
    type Progress = usize;

    #[inline]
    fn find(&self, seen: &mut usize, buf: &[u8], max: usize) -> Option<Found> {
        let (payload, start) = match *buf.first()? {
            byte @ 0..0x80 => {
                visit(1);
                (u64::from(byte), 1)
            }
            _ => self.number(*seen, buf).ok()?,
        };
        let end = start
            + usize::try_from(payload)
                .ok()
                .filter(|&payload| payload <= max)?;
        if end > buf.len() {
            return None;
        }
        *seen = 0;
        Some(Found {
            start,
            end,
            consume: end,
        })
    }

    fn look(&self, seen: &mut usize, buf: &[u8], max: usize) -> Look {
        let (payload, header) = match self.number(*seen, buf) {
            Ok(number) => number,
            Err(None) => {
                *seen = buf.len();
                return Look::Need(1);
            }
            Err(Some((kind, at))) => return Look::Bad { kind, at },
        };
        // Known by now and soon read again: once when the payload is there.
        *seen = header - 1;
        let around = header as u64;
        if payload <= max as u64 {
            return Look::Need(header + payload as usize - buf.len());
        }
        *seen = 0;
        Look::TooLong {
            declared: Some(payload),
            at: 0,
            cut: Some(header..header + max),
            rest: Rest::Bytes(payload.saturating_add(around)),
        }
    }

    fn stream_bytes_max(&self, max: usize) -> usize {
        self.bytes_max() + max
    }
}

impl Wrapped for Varint {
    #[inline]
    fn wrap(&self, payload: &[u8], max: usize) -> Result<Wrap<'_>, EncodeError> {
        check_len(payload.len(), max)?;
        // A payload has 1 GiB at most: its length fits in both widths.
        let (mut rest, mut field, mut len) = (payload.len(), [0; FIELD_BYTES_MAX], 0);
        loop {
            field[len] = rest as u8 & 0x7F;
            rest >>= 7;
            len += 1;
            if rest == 0 {
                break;
            }
            field[len - 1] |= 0x80;
        }
        Ok(Wrap::field(field, len, payload.len()))
    }
}
