//! Byte classes of RFC 9110 section 5.6 and RFC 9112, and the scans over them.
//!
//! A scan looks at 16 bytes at a time through `wide` (safe SIMD: SSE2, NEON, or plain
//! arrays elsewhere) and at single bytes where fewer than eight are left, so a peer
//! that sends one byte at a time costs one visit a byte.
//!
//! The scans named after what is common give up where that ends; what they give up on is
//! gone through by the exact ones.

use wide::u8x16;

const TCHAR: u8 = 1;
const TARGET: u8 = 2;
const VALUE: u8 = 4;
const QDTEXT: u8 = 8;
const REG_NAME: u8 = 16;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0_u8; 256];
    let mut index = 0;
    while index < 256 {
        let byte = index as u8;
        let mut class = 0;
        // tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." /
        //         "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA
        if byte.is_ascii_alphanumeric() || in_set(byte, b"!#$%&'*+-.^_`|~") {
            class |= TCHAR;
        }
        // Visible ASCII but "#": wider than RFC 3986, since browsers send "[", "|", "{" as they are.
        if byte > b' ' && byte < 0x7F && byte != b'#' {
            class |= TARGET;
        }
        // field-vchar / SP / HTAB, obs-text included.
        if byte == b'\t' || (byte >= b' ' && byte != 0x7F) {
            class |= VALUE;
        }
        // qdtext = HTAB / SP / %x21 / %x23-5B / %x5D-7E / obs-text
        if class & VALUE != 0 && byte != b'"' && byte != b'\\' {
            class |= QDTEXT;
        }
        // unreserved / sub-delims of RFC 3986, without pct-encoded.
        if byte.is_ascii_alphanumeric() || in_set(byte, b"-._~!$&'()*+,;=") {
            class |= REG_NAME;
        }
        table[index] = class;
        index += 1;
    }
    table
}

const fn in_set(byte: u8, set: &[u8]) -> bool {
    let mut index = 0;
    while index < set.len() {
        if set[index] == byte {
            return true;
        }
        index += 1;
    }
    false
}

#[inline(always)]
fn has(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

#[inline(always)]
pub(crate) fn is_tchar(byte: u8) -> bool {
    has(byte, TCHAR)
}

#[inline(always)]
pub(crate) fn is_value_byte(byte: u8) -> bool {
    has(byte, VALUE)
}

#[inline(always)]
pub(crate) fn is_target_byte(byte: u8) -> bool {
    has(byte, TARGET)
}

#[inline(always)]
pub(crate) fn is_qdtext(byte: u8) -> bool {
    has(byte, QDTEXT)
}

#[inline(always)]
pub(crate) fn is_reg_name_byte(byte: u8) -> bool {
    has(byte, REG_NAME)
}

#[inline(always)]
pub(crate) fn is_ows(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

#[inline]
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && all_have(bytes, TCHAR)
}

/// Whether `bytes` are what a field value holds; whitespace around it is another matter.
#[inline]
pub(crate) fn is_value(bytes: &[u8]) -> bool {
    let (blocks, _) = bytes.as_chunks::<16>();
    let Some(last) = bytes.last_chunk::<16>() else {
        return all_have(bytes, VALUE);
    };
    // The last 16 bytes overlap the block before them rather than to be gone through one by one.
    let faults = blocks
        .iter()
        .chain([last])
        .fold(u8x16::ZERO, |faults, block| {
            faults | outside_values(u8x16::from(*block))
        });
    faults.to_bitmask() == 0
}

/// To the end in any case, which is quicker than to stop at a fault where there is mostly none.
#[inline(always)]
fn all_have(bytes: &[u8], class: u8) -> bool {
    bytes
        .iter()
        .fold(class, |common, byte| common & CLASSES[usize::from(*byte)])
        != 0
}

/// Index of the first byte at or after `from` that no field name holds.
#[inline(always)]
pub(crate) fn name_end(bytes: &[u8], from: usize) -> usize {
    let mut pos = from;
    // Letters, digits and "-" by blocks: what nearly every name is made of.
    while let Some(block) = block_at(bytes, pos) {
        visit(16);
        let letter = below((block | u8x16::splat(0x20)) - u8x16::splat(b'a'), 26);
        let digit = below(block - u8x16::splat(b'0'), 10);
        let common = letter | digit | block.simd_eq(u8x16::splat(b'-'));
        let run = (!common.to_bitmask()).trailing_zeros() as usize;
        pos += run.min(16);
        if run < 16 {
            break;
        }
    }
    while let Some(&byte) = bytes.get(pos) {
        visit(1);
        if !is_tchar(byte) {
            break;
        }
        pos += 1;
    }
    pos
}

/// Index of the first byte at or after `from` that no request target holds.
#[inline(always)]
pub(crate) fn target_end(bytes: &[u8], from: usize) -> usize {
    first_stop(
        bytes,
        from,
        |block| {
            let low = below(block, 0x21);
            let high = block.max(u8x16::splat(0x7F)).simd_eq(block);
            (low | high | block.simd_eq(u8x16::splat(b'#'))).to_bitmask()
        },
        |byte| !is_target_byte(byte),
    )
}

/// Index of the first byte at or after `from` that no field value holds: its CR, or a fault.
#[inline(always)]
pub(crate) fn value_end(bytes: &[u8], from: usize) -> usize {
    first_stop(
        bytes,
        from,
        |block| outside_values(block).to_bitmask(),
        |byte| !is_value_byte(byte),
    )
}

/// All ones in each lane whose byte no field value holds.
#[inline(always)]
fn outside_values(block: u8x16) -> u8x16 {
    let control = below(block, 0x20) & !block.simd_eq(u8x16::splat(b'\t'));
    control | block.simd_eq(u8x16::splat(0x7F))
}

/// Length of the run of letters and "-" that `bytes` begin with; `None` where fewer than
/// 16 bytes come with its end.
#[inline(always)]
pub(crate) fn common_name_len(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    loop {
        let (block, behind) = rest.split_first_chunk::<16>()?;
        visit(16);
        let block = u8x16::from(*block);
        let letter = below((block | u8x16::splat(0x20)) - u8x16::splat(b'a'), 26);
        let common = (letter | block.simd_eq(u8x16::splat(b'-'))).to_bitmask();
        if common != 0xFFFF {
            return Some(bytes.len() - rest.len() + common.trailing_ones() as usize);
        }
        rest = behind;
    }
}

/// Length of the run of visible ASCII and spaces that `bytes` begin with; `None` where
/// it reaches the end, and for fewer than 16 bytes in all.
#[inline(always)]
pub(crate) fn plain_text_len(bytes: &[u8]) -> Option<usize> {
    let plain = |block: &[u8; 16]| {
        let block = u8x16::from(*block);
        below(block - u8x16::splat(b' '), 0x5F).to_bitmask()
    };
    let mut rest = bytes;
    while let Some((pair, behind)) = rest.split_first_chunk::<32>() {
        visit(32);
        let (blocks, _) = pair.as_chunks::<16>();
        let run = plain(&blocks[0]) | plain(&blocks[1]) << 16;
        if run != u32::MAX {
            return Some(bytes.len() - rest.len() + run.trailing_ones() as usize);
        }
        rest = behind;
    }
    if let Some((block, behind)) = rest.split_first_chunk::<16>() {
        visit(16);
        let run = plain(block);
        if run != 0xFFFF {
            return Some(bytes.len() - rest.len() + run.trailing_ones() as usize);
        }
        rest = behind;
    }
    // Fewer than 16 bytes are left: the last 16 once more.
    let overlap = bytes.last_chunk::<16>()?;
    visit(16);
    let run = plain(overlap) >> (16 - rest.len());
    let run = run.trailing_ones() as usize;
    (run < rest.len()).then(|| bytes.len() - rest.len() + run)
}

#[inline(always)]
fn first_stop(
    bytes: &[u8],
    from: usize,
    block_stops: impl Fn(u8x16) -> u32,
    byte_stops: impl Fn(u8) -> bool,
) -> usize {
    let mut pos = from;
    while let Some(block) = block_at(bytes, pos) {
        visit(16);
        let stops = block_stops(block);
        if stops != 0 {
            return pos + stops.trailing_zeros() as usize;
        }
        pos += 16;
    }
    // The last 16 bytes once more rather than eight or more single ones.
    if let Some(overlap) = (pos + 8 <= bytes.len())
        .then(|| bytes.len().checked_sub(16))
        .flatten()
        && let Some(block) = block_at(bytes, overlap)
    {
        visit(16);
        let stops = block_stops(block) >> (pos - overlap);
        return if stops == 0 {
            bytes.len()
        } else {
            pos + stops.trailing_zeros() as usize
        };
    }
    while let Some(&byte) = bytes.get(pos) {
        visit(1);
        if byte_stops(byte) {
            break;
        }
        pos += 1;
    }
    pos
}

#[inline(always)]
fn block_at(bytes: &[u8], pos: usize) -> Option<u8x16> {
    let block = bytes.get(pos..)?.first_chunk::<16>()?;
    Some(u8x16::from(*block))
}

/// All ones in each lane whose byte is below `bound` (at least 1).
#[inline(always)]
fn below(block: u8x16, bound: u8) -> u8x16 {
    block.min(u8x16::splat(bound - 1)).simd_eq(block)
}

/// Counts bytes looked at, so that a test can hold the scans to their promise.
#[inline(always)]
pub(crate) fn visit(bytes: usize) {
    #[cfg(test)]
    visits::add(bytes);
    #[cfg(not(test))]
    let _ = bytes;
}

#[cfg(test)]
pub(crate) mod visits {
    extern crate std;

    use core::cell::Cell;

    std::thread_local! {
        static COUNT: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn add(bytes: usize) {
        COUNT.with(|count| count.set(count.get() + bytes));
    }

    /// The count since the last call.
    pub(crate) fn take() -> usize {
        COUNT.with(|count| count.replace(0))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    /// Every byte at every place of buffers around the block size, against the table.
    #[test]
    fn scans_agree_with_the_table() {
        for len in 0..40 {
            for place in 0..len {
                for byte in 0..=255_u8 {
                    let mut bytes: Vec<u8> = std::vec![b'a'; len];
                    bytes[place] = byte;
                    let expected = |class: u8| if has(byte, class) { len } else { place };
                    assert_eq!(name_end(&bytes, 0), expected(TCHAR));
                    assert_eq!(target_end(&bytes, 0), expected(TARGET));
                    assert_eq!(value_end(&bytes, 0), expected(VALUE));
                    assert_eq!(is_token(&bytes), has(byte, TCHAR));
                    assert_eq!(is_value(&bytes), has(byte, VALUE));
                }
            }
        }
    }

    #[test]
    fn scans_start_where_they_are_told() {
        let bytes = b"\x01\x01\x01bcdefghijklmnopqrstuvw\x01xyz";
        for from in 3..25 {
            assert_eq!(value_end(bytes, from), 25);
        }
        assert_eq!(value_end(bytes, 26), bytes.len());
    }
}
