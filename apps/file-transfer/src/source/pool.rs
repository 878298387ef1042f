//! Memory for what is on its way.

use barewire_transfer::tree::GROUP_BYTES;

/// Longest content that travels in a vector of its own, in bytes.
pub const SMALL_BYTES_MAX: usize = 64 << 10;
/// Longest piece of a stream, in bytes.
pub const PIECE_BYTES_MAX: usize = 256 << 10;

const BIG_BYTES: usize = GROUP_BYTES as usize;
const BIG_MAX: usize = 8;
/// What a vector costs besides its bytes, so that a million tiny ones are not taken for nothing.
const OVERHEAD: usize = 512;
const LENT_BYTES_MAX: usize = BIG_MAX * cost(BIG_BYTES);

const fn cost(capacity: usize) -> usize {
    capacity + OVERHEAD
}

/// Lends buffers, up to 8 MiB at a time.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    /// The last one that came back is taken first: its memory is likely to be in a cache.
    spare: Vec<Vec<u8>>,
    lent_bytes: usize,
}

impl Pool {
    /// A buffer of that many bytes with any content; `None` while too much is on its way.
    pub(crate) fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        let capacity = capacity(len);
        if self.lent_bytes + cost(capacity) > LENT_BYTES_MAX {
            return None;
        }
        let spare = self
            .spare
            .iter()
            .rposition(|spare| spare.capacity() == capacity);
        let mut buffer = match spare {
            Some(at) => self.spare.remove(at),
            None => Vec::with_capacity(capacity),
        };
        // Zeros only what the buffer has never had.
        buffer.resize(len, 0);
        self.lent_bytes += cost(buffer.capacity());
        Some(buffer)
    }

    /// Takes back what was lent.
    pub(crate) fn give(&mut self, buffer: Vec<u8>) {
        self.lent_bytes = self.lent_bytes.saturating_sub(cost(buffer.capacity()));
        if buffer.capacity() > SMALL_BYTES_MAX && self.spare.len() < BIG_MAX {
            self.spare.push(buffer);
        }
    }

    /// Forgets what was lent: it will not come back.
    pub(crate) fn forget(&mut self) {
        self.lent_bytes = 0;
    }
}

fn capacity(len: usize) -> usize {
    match len {
        0..=SMALL_BYTES_MAX => len,
        PIECE_BYTES_MAX => PIECE_BYTES_MAX,
        _ => BIG_BYTES.max(len),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_big_ones_and_no_more_until_one_comes_back() {
        let mut pool = Pool::default();
        let mut lent: Vec<_> = (0..8).map(|_| pool.take(BIG_BYTES).unwrap()).collect();
        assert_eq!(pool.take(BIG_BYTES), None);
        assert_eq!(pool.take(1), None);
        let last = lent.pop().unwrap();
        let address = last.as_ptr();
        pool.give(last);
        let again = pool.take(BIG_BYTES - 7).unwrap();
        assert_eq!((again.as_ptr(), again.len()), (address, BIG_BYTES - 7));
        assert_eq!(pool.take(BIG_BYTES), None);
    }

    #[test]
    fn small_ones_are_exact_and_counted() {
        let mut pool = Pool::default();
        let mut lent = Vec::new();
        while let Some(buffer) = pool.take(1) {
            assert_eq!(buffer.capacity(), 1);
            lent.push(buffer);
        }
        assert!((10_000..20_000).contains(&lent.len()), "{}", lent.len());
        lent.into_iter().for_each(|buffer| pool.give(buffer));
        assert_eq!((pool.lent_bytes, pool.spare.len()), (0, 0));
    }

    #[test]
    fn what_was_forgotten_may_come_back_all_the_same() {
        let mut pool = Pool::default();
        let lent: Vec<_> = (0..8).map(|_| pool.take(BIG_BYTES).unwrap()).collect();
        pool.forget();
        let more: Vec<_> = (0..8).map(|_| pool.take(BIG_BYTES).unwrap()).collect();
        lent.into_iter().for_each(|buffer| pool.give(buffer));
        more.into_iter().for_each(|buffer| pool.give(buffer));
        assert_eq!((pool.lent_bytes, pool.spare.len()), (0, BIG_MAX));
    }
}
