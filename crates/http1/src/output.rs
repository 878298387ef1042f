use alloc::vec::Vec;

/// A buffer that grows at its end: where encoders write to.
///
/// `Vec<u8>`, and with the feature `bytes` also `BytesMut`. An encoder that refuses has
/// put nothing.
pub trait Output {
    /// Makes room for so many more bytes.
    fn make_room(&mut self, bytes: usize);

    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]);
}

impl Output for Vec<u8> {
    #[inline(always)]
    fn make_room(&mut self, bytes: usize) {
        self.reserve(bytes);
    }

    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}
