use super::{Found, Look, Rest, Rules, Wrapped, check_len};
use crate::encode::{FIELD_BYTES_MAX, Wrap};
use crate::error::{EncodeError, ErrorKind};
use crate::scan::visit;

/// A length in digits, a byte that ends it, the payload, and perhaps a byte behind that.
///
/// ```text
///   ├ digits ┼ terminator ┼ payload ┼ trailer, if any ┤
/// ```
///
/// No sign, no space, no leading zero; more digits than 10 are refused before their number is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsciiLength {
    radix: u8,
    terminator: u8,
    trailer: Option<u8>,
    empty: bool,
}

/// Enough for every length that could be allowed, in both radixes.
const DIGITS_MAX: usize = 10;

impl AsciiLength {
    /// Decimal digits, ended by `terminator`.
    ///
    /// # Panics
    ///
    /// If that is a digit.
    #[must_use]
    pub const fn decimal(terminator: u8) -> Self {
        Self::of(10, terminator)
    }

    /// Hexadecimal digits of either case, ended by `terminator`. Lower case is written.
    ///
    /// # Panics
    ///
    /// If that is a digit.
    #[must_use]
    pub const fn hexadecimal(terminator: u8) -> Self {
        Self::of(16, terminator)
    }

    const fn of(radix: u8, terminator: u8) -> Self {
        assert!(
            !(terminator as char).is_digit(radix as u32),
            "a digit cannot end digits"
        );
        Self {
            radix,
            terminator,
            trailer: None,
            empty: true,
        }
    }

    /// Octet counting of syslog over TCP: `5 hello`. There are no empty frames
    /// ([RFC 6587 section 3.4.1](https://www.rfc-editor.org/rfc/rfc6587#section-3.4.1)).
    #[must_use]
    pub const fn rfc6587() -> Self {
        let mut format = Self::decimal(b' ');
        format.empty = false;
        format
    }

    /// [Netstrings](https://cr.yp.to/proto/netstrings.txt): `5:hello,`.
    #[must_use]
    pub const fn netstring() -> Self {
        Self::decimal(b':').trailer(b',')
    }

    /// With a byte that has to stand behind every payload.
    #[must_use]
    pub const fn trailer(mut self, byte: u8) -> Self {
        self.trailer = Some(byte);
        self
    }

    /// The number at the front and how many digits it has, the first `seen` of which have been judged; what to say of
    /// it otherwise.
    #[inline]
    fn number(self, seen: usize, buf: &[u8]) -> Result<(u64, usize), Look> {
        let radix = u32::from(self.radix);
        let bad = |kind, at| Err(Look::Bad { kind, at });
        let mut digits = seen;
        loop {
            let Some(&byte) = buf.get(digits) else {
                return Err(Look::Need(1));
            };
            visit(1);
            if byte == self.terminator && digits > 0 {
                break;
            }
            if !char::from(byte).is_digit(radix) {
                return bad(ErrorKind::InvalidDigit, digits);
            }
            let zero = buf[0] == b'0' && (digits > 0 || !self.empty);
            if zero {
                return bad(ErrorKind::LeadingZero, 0);
            }
            if digits == DIGITS_MAX {
                return bad(ErrorKind::TooManyDigits, digits);
            }
            digits += 1;
        }
        visit(digits);
        let number = buf[..digits].iter().fold(0, |number, &digit| {
            number * u64::from(radix) + u64::from(char::from(digit).to_digit(radix).unwrap_or(0))
        });
        Ok((number, digits))
    }

    const fn trailer_bytes(self) -> usize {
        self.trailer.is_some() as usize
    }
}

impl Rules for AsciiLength {
    /// Bytes known to be digits.
    type Progress = usize;

    #[inline]
    fn find(&self, seen: &mut usize, buf: &[u8], max: usize) -> Option<Found> {
        let (payload, digits) = self.number(*seen, buf).ok()?;
        let payload = usize::try_from(payload)
            .ok()
            .filter(|&payload| payload <= max)?;
        let (start, end) = (digits + 1, digits + 1 + payload);
        let consume = end + self.trailer_bytes();
        if consume > buf.len() || self.trailer.is_some_and(|trailer| buf[end] != trailer) {
            return None;
        }
        *seen = 0;
        Some(Found {
            start,
            end,
            consume,
        })
    }

    fn look(&self, seen: &mut usize, buf: &[u8], max: usize) -> Look {
        let (payload, digits) = match self.number(*seen, buf) {
            Ok(number) => number,
            Err(other) => {
                *seen = buf.len();
                return other;
            }
        };
        *seen = digits;
        let header = digits + 1;
        let around = header + self.trailer_bytes();
        if payload > max as u64 {
            *seen = 0;
            return Look::TooLong {
                declared: Some(payload),
                at: 0,
                cut: Some(header..header + max),
                rest: Rest::Bytes(payload + around as u64),
            };
        }
        let end = header + payload as usize;
        if buf.len() < end + self.trailer_bytes() {
            return Look::Need(end + self.trailer_bytes() - buf.len());
        }
        Look::Bad {
            kind: ErrorKind::WrongTrailer,
            at: end,
        }
    }

    fn stream_bytes_max(&self, max: usize) -> usize {
        DIGITS_MAX + 1 + max + self.trailer_bytes()
    }
}

impl Wrapped for AsciiLength {
    fn wrap(&self, payload: &[u8], max: usize) -> Result<Wrap<'_>, EncodeError> {
        check_len(payload.len(), max)?;
        if payload.is_empty() && !self.empty {
            return Err(EncodeError::Empty);
        }
        let (mut digits, mut start) = ([0; DIGITS_MAX], DIGITS_MAX);
        let (mut rest, radix) = (payload.len(), usize::from(self.radix));
        loop {
            start -= 1;
            digits[start] = b"0123456789abcdef"[rest % radix];
            rest /= radix;
            if rest == 0 {
                break;
            }
        }
        let (mut field, len) = ([0; FIELD_BYTES_MAX], DIGITS_MAX - start);
        field[..len].copy_from_slice(&digits[start..]);
        field[len] = self.terminator;
        Ok(Wrap::field(field, len + 1, payload.len()).tail(self.trailer.as_slice()))
    }
}
