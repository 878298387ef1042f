//! Searches, each of which can be counted: tests hold every format to two visits a byte.

use wide::u8x16;

/// Notes that so many bytes were looked at.
#[inline]
pub(crate) fn visit(bytes: usize) {
    #[cfg(test)]
    visits::add(bytes);
    let _ = bytes;
}

/// Where `byte` is first.
///
/// The first bytes are looked at here, 16 at a time: in a short frame the call of a search costs more than the search.
#[inline]
pub(crate) fn find_byte(byte: u8, bytes: &[u8]) -> Option<usize> {
    let wanted = u8x16::splat(byte);
    let (blocks, _) = bytes.as_chunks::<16>();
    let blocks = &blocks[..blocks.len().min(NEAR_BLOCKS)];
    for (index, block) in blocks.iter().enumerate() {
        let found = u8x16::from(*block).simd_eq(wanted).to_bitmask();
        if found != 0 {
            let at = 16 * index + found.trailing_zeros() as usize;
            visit(at + 1);
            return Some(at);
        }
    }
    let near = 16 * blocks.len();
    let found = memchr::memchr(byte, &bytes[near..]).map(|at| near + at);
    visit(found.map_or(bytes.len(), |at| at + 1));
    found
}

const NEAR_BLOCKS: usize = 6;

/// How many different bytes are looked for 16 at a time; memchr does that for up to three.
pub(crate) const FEW: usize = 8;

/// Where one of `few` is first, which are also the bits in `set`.
#[inline]
pub(crate) fn find_few(few: [u8; FEW], set: &[u64; 4], bytes: &[u8]) -> Option<usize> {
    let few = few.map(u8x16::splat);
    let (blocks, rest) = bytes.as_chunks::<16>();
    for (index, block) in blocks.iter().enumerate() {
        let block = u8x16::from(*block);
        let equal = few.map(|wanted| block.simd_eq(wanted));
        let found = equal
            .into_iter()
            .fold(u8x16::ZERO, |found, equal| found | equal);
        let found = found.to_bitmask();
        if found != 0 {
            return Some(16 * index + found.trailing_zeros() as usize);
        }
    }
    find_in_set(set, rest).map(|at| 16 * blocks.len() + at)
}

/// Where a byte is first that has its bit in `set`.
#[inline]
pub(crate) fn find_in_set(set: &[u64; 4], bytes: &[u8]) -> Option<usize> {
    bytes
        .iter()
        .position(|&byte| set[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0)
}

#[cfg(test)]
pub(crate) mod visits {
    use core::cell::Cell;

    std::thread_local! {
        static VISITS: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn add(bytes: usize) {
        VISITS.set(VISITS.get() + bytes);
    }

    /// How many bytes `run` looked at.
    pub(crate) fn count(run: impl FnOnce()) -> usize {
        let before = VISITS.get();
        run();
        VISITS.get() - before
    }
}
