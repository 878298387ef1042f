use crate::error::EncodeError;

/// Where frames are written: a `Vec<u8>` (feature `alloc`), a `BytesMut` (feature `bytes`), a [`Slice`].
pub trait Output: Put {}

impl<T: Put> Output for T {}

#[expect(unnameable_types, reason = "seals Output")]
pub trait Put {
    /// Makes room for so many bytes, or refuses.
    fn room_for(&mut self, bytes: usize) -> Result<(), EncodeError>;

    /// Appends bytes for which there is room.
    fn put(&mut self, bytes: &[u8]);

    /// Appends the first `len` of `field`.
    #[inline]
    fn put_field(&mut self, field: &[u8; FIELD_BYTES_MAX], len: usize) {
        self.put(&field[..len]);
    }
}

/// [`Put`] for what grows.
#[cfg(feature = "alloc")]
macro_rules! grows {
    ($output:ty) => {
        impl Put for $output {
            #[inline]
            fn room_for(&mut self, bytes: usize) -> Result<(), EncodeError> {
                // What `put_field` writes over is room too.
                self.reserve(bytes + FIELD_BYTES_MAX);
                Ok(())
            }

            #[inline]
            fn put(&mut self, bytes: &[u8]) {
                self.extend_from_slice(bytes);
            }

            /// A copy of a known length is one store.
            #[inline]
            fn put_field(&mut self, field: &[u8; FIELD_BYTES_MAX], len: usize) {
                let end = self.len() + len;
                self.extend_from_slice(field);
                self.truncate(end);
            }
        }
    };
}

#[cfg(feature = "alloc")]
grows!(alloc::vec::Vec<u8>);
#[cfg(feature = "bytes")]
grows!(bytes::BytesMut);

/// Output into a slice, for those who have no allocator.
#[derive(Debug)]
pub struct Slice<'a> {
    bytes: &'a mut [u8],
    len: usize,
}

impl<'a> Slice<'a> {
    /// Writes from the front of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, len: 0 }
    }

    /// What has been written.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Put for Slice<'_> {
    fn room_for(&mut self, need: usize) -> Result<(), EncodeError> {
        let room = self.bytes.len() - self.len;
        if need > room {
            return Err(EncodeError::NoRoom { need, room });
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.len..][..bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
}

/// Most bytes of a length.
pub(crate) const FIELD_BYTES_MAX: usize = 16;

/// What goes around a payload, apart from it: four parts for one `writev`, and no copy of the payload.
///
/// Made by [`Framer::wrap`](crate::Framer::wrap).
#[derive(Clone, Debug)]
pub struct Wrap<'f> {
    /// How many of the given bytes go before the field.
    before: usize,
    field: [u8; FIELD_BYTES_MAX],
    field_bytes: u8,
    /// Which of the given bytes go behind it: those from here on.
    from: usize,
    /// How many were given.
    given: usize,
    tail: &'f [u8],
}

impl<'f> Wrap<'f> {
    /// A length before what was given.
    #[inline]
    pub(crate) fn field(field: [u8; FIELD_BYTES_MAX], field_bytes: usize, given: usize) -> Self {
        Self {
            before: 0,
            field,
            field_bytes: field_bytes as u8,
            from: 0,
            given,
            tail: &[],
        }
    }

    /// Nothing before it.
    #[inline]
    pub(crate) fn bare(given: usize) -> Self {
        Self::field([0; FIELD_BYTES_MAX], 0, given)
    }

    /// With a delimiter or trailer behind it.
    #[inline]
    pub(crate) fn tail(mut self, tail: &'f [u8]) -> Self {
        self.tail = tail;
        self
    }

    /// The length in place of the bytes that were given for it.
    #[inline]
    pub(crate) fn at(mut self, offset: usize) -> Self {
        self.before = offset;
        self.from = offset + usize::from(self.field_bytes);
        self
    }

    /// The frame's parts in order, to be written as they are; some may be empty. Between what belongs to the format
    /// lies `payload`, in one part, or in two where it brought its header ([`Body::Whole`](crate::Body::Whole)) and
    /// the length in that is put right.
    ///
    /// # Panics
    ///
    /// If `payload` is shorter than the one that was wrapped.
    #[must_use]
    pub fn parts<'a>(&'a self, payload: &'a [u8]) -> [&'a [u8]; 4] {
        let field = &self.field[..usize::from(self.field_bytes)];
        [
            &payload[..self.before],
            field,
            &payload[self.from..self.given],
            self.tail,
        ]
    }

    /// [`parts`](Self::parts) for a vectored write.
    ///
    /// # Panics
    ///
    /// If `payload` is shorter than the one that was wrapped.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn io_slices<'a>(&'a self, payload: &'a [u8]) -> [std::io::IoSlice<'a>; 4] {
        self.parts(payload).map(std::io::IoSlice::new)
    }

    /// The length of the whole frame in bytes.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        self.before + usize::from(self.field_bytes) + (self.given - self.from) + self.tail.len()
    }

    /// Appends the frame. Always inlined, since parts that are known to be absent are then not looked at: that halves
    /// the time for a short frame.
    #[inline(always)]
    pub(crate) fn put<O: Output>(&self, payload: &[u8], out: &mut O) -> Result<(), EncodeError> {
        out.room_for(self.frame_bytes())?;
        if self.before > 0 {
            out.put(&payload[..self.before]);
        }
        if self.field_bytes > 0 {
            out.put_field(&self.field, usize::from(self.field_bytes));
        }
        out.put(&payload[self.from..]);
        match *self.tail {
            [] => {}
            // A copy of one byte is not worth a call.
            [byte] => out.put(&[byte]),
            ref tail => out.put(tail),
        }
        Ok(())
    }
}
