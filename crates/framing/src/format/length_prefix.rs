use super::{Found, Look, Rest, Rules, Wrapped, check_len};
use crate::encode::{FIELD_BYTES_MAX, Wrap};
use crate::error::{EncodeError, ErrorKind};
use crate::scan::visit;

/// A binary length of 1 to 8 bytes, and whatever stands around it.
///
/// ```text
///     offset     length      gap        payload       trailer
///   ├────────┼───────────┼─────────┼───────────────┼───────────┤
///     0 bytes   1 to 8      0           n bytes         0          by default
/// ```
///
/// The length counts the [payload](Counts::Payload) unless told otherwise, and a frame is the [payload](Body::Payload)
/// unless more of it is wanted. There is nothing to add or to take away: say where things are.
///
/// ```
/// use barewire_framing::{Body, Counts, LengthPrefix};
///
/// // TPKT (RFC 1006): version, reserved, a length that counts all four bytes.
/// const TPKT: LengthPrefix = LengthPrefix::u16_be().offset(2).counts(Counts::Whole);
/// // PostgreSQL: a type byte, then a length that counts itself. The type is wanted as well.
/// const POSTGRES: LengthPrefix =
///     LengthPrefix::u32_be().offset(1).counts(Counts::FromLength).body(Body::Whole);
/// ```
///
/// Everything before the payload has 64 bytes at most, and the trailer 255; more does not compile where the layout is
/// a constant, as above, and panics elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthPrefix {
    width: u8,
    order: Order,
    offset: u8,
    gap: u8,
    trailer: u8,
    counts: Counts,
    body: Body,
    // What follows from these.
    /// Everything before the payload.
    header: u8,
    /// How much of the length is not payload.
    counted: u16,
}

const HEADER_BYTES_MAX: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Big,
    Little,
}

/// What a length counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counts {
    /// The payload.
    Payload,
    /// Everything behind the length field, gap and trailer included.
    AfterLength,
    /// Everything from the length field on, itself included.
    FromLength,
    /// The whole frame, from its first byte to its last.
    Whole,
}

/// How much of a frame is given, and has to be brought when one is written.
///
/// [`Limits::frame_bytes_max`](crate::Limits::frame_bytes_max) is a limit on the payload in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Body {
    /// The payload. Written only by layouts without offset, gap and trailer: nobody else knows what these hold.
    Payload,
    /// Everything behind the length field: gap, payload and trailer. Written only by layouts without an offset.
    AfterLength,
    /// Everything. To be written, it has to have the bytes of the length field as well, with anything in them: the
    /// length is put there.
    Whole,
}

impl LengthPrefix {
    /// A length of one byte.
    #[must_use]
    pub const fn u8() -> Self {
        Self::be(1)
    }

    /// A length of two bytes, most significant first.
    #[must_use]
    pub const fn u16_be() -> Self {
        Self::be(2)
    }

    /// A length of two bytes, least significant first.
    #[must_use]
    pub const fn u16_le() -> Self {
        Self::le(2)
    }

    /// A length of three bytes, most significant first.
    #[must_use]
    pub const fn u24_be() -> Self {
        Self::be(3)
    }

    /// A length of four bytes, most significant first. Network byte order: when nothing speaks for another, take this.
    #[must_use]
    pub const fn u32_be() -> Self {
        Self::be(4)
    }

    /// A length of four bytes, least significant first.
    #[must_use]
    pub const fn u32_le() -> Self {
        Self::le(4)
    }

    /// A length of eight bytes, most significant first.
    #[must_use]
    pub const fn u64_be() -> Self {
        Self::be(8)
    }

    /// A length of eight bytes, least significant first.
    #[must_use]
    pub const fn u64_le() -> Self {
        Self::le(8)
    }

    /// A length of `width` bytes, most significant first.
    ///
    /// # Panics
    ///
    /// If `width` is not 1 to 8.
    #[must_use]
    pub const fn be(width: usize) -> Self {
        Self::of(width, Order::Big)
    }

    /// A length of `width` bytes, least significant first.
    ///
    /// # Panics
    ///
    /// If `width` is not 1 to 8.
    #[must_use]
    pub const fn le(width: usize) -> Self {
        Self::of(width, Order::Little)
    }

    const fn of(width: usize, order: Order) -> Self {
        assert!(width >= 1 && width <= 8, "a length has 1 to 8 bytes");
        Self {
            width: width as u8,
            order,
            offset: 0,
            gap: 0,
            trailer: 0,
            counts: Counts::Payload,
            body: Body::Payload,
            header: 0,
            counted: 0,
        }
        .derived()
    }

    /// With so many bytes before the length.
    ///
    /// # Panics
    ///
    /// If there are more than 64 bytes before the payload.
    #[must_use]
    pub const fn offset(mut self, bytes: usize) -> Self {
        assert!(bytes <= HEADER_BYTES_MAX, "more than 64 bytes of header");
        self.offset = bytes as u8;
        self.derived()
    }

    /// With so many bytes between the length and the payload.
    ///
    /// # Panics
    ///
    /// If there are more than 64 bytes before the payload.
    #[must_use]
    pub const fn gap(mut self, bytes: usize) -> Self {
        assert!(bytes <= HEADER_BYTES_MAX, "more than 64 bytes of header");
        self.gap = bytes as u8;
        self.derived()
    }

    /// With so many bytes behind the payload, such as a checksum.
    ///
    /// # Panics
    ///
    /// If they are more than 255.
    #[must_use]
    pub const fn trailer(mut self, bytes: usize) -> Self {
        assert!(bytes <= u8::MAX as usize, "more than 255 bytes of trailer");
        self.trailer = bytes as u8;
        self.derived()
    }

    /// What the length counts. Default: [`Counts::Payload`].
    #[must_use]
    pub const fn counts(mut self, counts: Counts) -> Self {
        self.counts = counts;
        self.derived()
    }

    /// How much of a frame is given. Default: [`Body::Payload`].
    #[must_use]
    pub const fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    const fn derived(mut self) -> Self {
        let header = self.offset as usize + self.width as usize + self.gap as usize;
        assert!(header <= HEADER_BYTES_MAX, "more than 64 bytes of header");
        self.header = header as u8;
        let after = self.gap as u16 + self.trailer as u16;
        self.counted = match self.counts {
            Counts::Payload => 0,
            Counts::AfterLength => after,
            Counts::FromLength => after + self.width as u16,
            Counts::Whole => after + self.width as u16 + self.offset as u16,
        };
        self
    }

    /// The number in the length field, which is there.
    #[inline]
    fn length(&self, buf: &[u8]) -> u64 {
        let (offset, width) = (usize::from(self.offset), usize::from(self.width));
        visit(width);
        let shift = 64 - 8 * u32::from(self.width);
        // One load where there are eight bytes, which is nearly always.
        let eight = buf
            .get(offset..offset + 8)
            .and_then(|bytes| bytes.first_chunk());
        let eight = eight.copied().unwrap_or_else(|| {
            let mut bytes = [0; 8];
            bytes[..width].copy_from_slice(&buf[offset..offset + width]);
            bytes
        });
        match self.order {
            Order::Big => u64::from_be_bytes(eight) >> shift,
            Order::Little => u64::from_le_bytes(eight) << shift >> shift,
        }
    }

    /// The frame's parts, if the header is there and its payload allowed.
    #[inline]
    fn payload(&self, buf: &[u8], max: usize) -> Option<usize> {
        if buf.len() < usize::from(self.header) {
            return None;
        }
        let payload = self.length(buf).checked_sub(u64::from(self.counted))?;
        (payload <= max as u64).then_some(payload as usize)
    }

    const fn around(&self) -> usize {
        self.header as usize + self.trailer as usize
    }

    /// Where what is given of a frame begins.
    const fn body_start(&self) -> usize {
        match self.body {
            Body::Payload => self.header as usize,
            Body::AfterLength => self.offset as usize + self.width as usize,
            Body::Whole => 0,
        }
    }
}

impl Rules for LengthPrefix {
    type Progress = ();

    #[inline]
    fn find(&self, (): &mut (), buf: &[u8], max: usize) -> Option<Found> {
        let consume = self.around() + self.payload(buf, max)?;
        let trailer = match self.body {
            Body::Payload => usize::from(self.trailer),
            Body::AfterLength | Body::Whole => 0,
        };
        (consume <= buf.len()).then(|| Found {
            start: self.body_start(),
            end: consume - trailer,
            consume,
        })
    }

    fn look(&self, (): &mut (), buf: &[u8], max: usize) -> Look {
        let header = usize::from(self.header);
        if buf.len() < header {
            return Look::Need(header - buf.len());
        }
        if let Some(payload) = self.payload(buf, max) {
            return Look::Need(self.around() + payload - buf.len());
        }
        let (length, counted) = (self.length(buf), u64::from(self.counted));
        let Some(payload) = length.checked_sub(counted) else {
            let kind = ErrorKind::LengthTooSmall {
                declared: length,
                min: counted,
            };
            let at = usize::from(self.offset);
            return Look::Bad { kind, at };
        };
        Look::TooLong {
            declared: Some(payload),
            at: 0,
            cut: Some(self.body_start()..header + max),
            rest: Rest::Bytes(payload.saturating_add(self.around() as u64)),
        }
    }

    fn stream_bytes_max(&self, max: usize) -> usize {
        self.around() + max
    }
}

impl Wrapped for LengthPrefix {
    #[inline]
    fn wrap(&self, given: &[u8], max: usize) -> Result<Wrap<'_>, EncodeError> {
        let (offset, width) = (usize::from(self.offset), usize::from(self.width));
        // How many of the given bytes are not payload.
        let brought = match self.body {
            Body::Payload if self.around() > width => return Err(EncodeError::UnknownHeader),
            Body::AfterLength if offset > 0 => return Err(EncodeError::UnknownHeader),
            Body::Payload => 0,
            Body::AfterLength => self.around() - width,
            Body::Whole => self.around(),
        };
        let payload = given
            .len()
            .checked_sub(brought)
            .ok_or(EncodeError::NotAFrame)?;
        check_len(payload, max)?;
        let length = payload as u64 + u64::from(self.counted);
        if width < 8 && length >> (8 * width) != 0 {
            return Err(EncodeError::LengthDoesNotFit { length });
        }
        let number = match self.order {
            Order::Big => (length << (64 - 8 * width)).to_be_bytes(),
            Order::Little => length.to_le_bytes(),
        };
        let mut field = [0; FIELD_BYTES_MAX];
        field[..8].copy_from_slice(&number);
        let wrap = Wrap::field(field, width, given.len());
        Ok(match self.body {
            Body::Payload | Body::AfterLength => wrap,
            Body::Whole => wrap.at(offset),
        })
    }
}
