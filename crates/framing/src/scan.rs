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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AsciiLength, Cobs, Delimited, Format, Framer, LengthPrefix, Limits, Lines, Recovery, Slip,
        Step, Stream, Syslog, Varint,
    };

    /// Shows a stream in pieces of so many bytes; gives how many frames there were and how many bytes were looked at.
    fn read<F: Format>(framer: &mut Framer<F>, wire: &[u8], piece: usize) -> (usize, usize) {
        let mut wire = wire.to_vec();
        let (mut frames, mut start) = (0, 0);
        let visits = visits::count(|| {
            let ends = (piece..wire.len()).step_by(piece);
            for end in ends.chain([wire.len()]) {
                loop {
                    match framer.step_mut(&mut wire[start..end], Stream::Open) {
                        Ok(Step::Frame { consume, .. }) => {
                            frames += 1;
                            start += consume;
                        }
                        Ok(Step::Skip(bytes)) => start += bytes,
                        Ok(Step::Need(_) | Step::End) => break,
                        Err(error) => assert_eq!(framer.error(), None, "{error}"),
                    }
                }
            }
        });
        (frames, visits)
    }

    /// Holds a stream of `frames` to so many looks at each byte and so many more for each frame, however it comes.
    #[track_caller]
    fn check<F: Format>(
        framer: &Framer<F>,
        wire: &[u8],
        frames: usize,
        (each, more): (usize, usize),
    ) {
        for piece in [1, 2, 7, 1000, wire.len()] {
            let (seen, visits) = read(&mut framer.clone(), wire, piece);
            let bound = each * wire.len() + more * frames.max(1);
            assert_eq!(seen, frames, "in pieces of {piece}");
            assert!(
                visits <= bound,
                "{visits} looks, not {bound}, in pieces of {piece}"
            );
        }
    }

    fn framer<F: Format>(format: F) -> Framer<F> {
        Framer::new(format, Limits::new(1 << 20))
    }

    /// One that passes over all frames of more than so many bytes.
    fn skipping<F: Format>(format: F, max: usize) -> Framer<F> {
        let limits = Limits::new(max).skip_bytes_max(u64::MAX);
        Framer::new(format, limits).recovery(Recovery::Skip)
    }

    const TWICE: (usize, usize) = (2, 0);

    #[test]
    fn bytes_are_looked_at_twice_at_most() {
        let mib = 1 << 20;
        let x = std::vec![b'x'; mib];
        let line = [&x[..], b"\r\n"].concat();
        check(&framer(Lines::new()), &line, 1, TWICE);
        check(&framer(Syslog::auto()), &line, 1, TWICE);
        check(&framer(Delimited::exact(b"\r\n")), &line, 1, TWICE);
        check(&skipping(Lines::new(), 1000), &line, 0, TWICE);
        // One delimiter that never comes, among others that do.
        let lines = b"ab\n".repeat(100_000);
        check(
            &framer(Delimited::any(&[b"\n", b"\0"])),
            &lines,
            100_000,
            TWICE,
        );
        check(
            &framer(Delimited::any(&[b"\n", b"\r\n"])),
            &lines,
            100_000,
            TWICE,
        );
        check(
            &framer(Delimited::any(&[b"\0", b"\n", b"\x01", b"\x02"])),
            &lines,
            100_000,
            TWICE,
        );
        // Delimiters that nearly come, again and again.
        let long = [b'a'; 64];
        for (delimiter, provoking) in [
            (&b"aaab"[..], &b"aaaaaaax"[..]),
            (b"abab", b"abaxxaba"),
            (b"ab", b"axax"),
            (b"\r\n.\r\n", b"\r\n.\r\r\n.\r"),
            (&long, &[&long[1..], b"x"].concat()),
        ] {
            let wire = provoking.repeat(60_000 / provoking.len());
            check(&framer(Delimited::exact(delimiter)), &wire, 0, TWICE);
            check(
                &skipping(Delimited::exact(delimiter), 1000),
                &wire,
                0,
                TWICE,
            );
            check(
                &skipping(Delimited::exact(delimiter), wire.len() - 80),
                &wire,
                0,
                (3, 0),
            );
        }
        let x = &x[..200_000];
        let cobs = [&b"\xFF"[..], &x[..254]].concat().repeat(700);
        check(&framer(Cobs::new()), &[&cobs[..], b"\0"].concat(), 1, TWICE);
        check(&framer(Slip::new()), &[x, b"\xC0"].concat(), 1, TWICE);
        check(
            &framer(Slip::new()),
            &[&b"\xDB\xDC".repeat(100_000)[..], b"\xC0"].concat(),
            1,
            TWICE,
        );
        check(&framer(Slip::new()), &[0xC0; 200_000], 0, (3, 0));
        check(&framer(Cobs::new()), &[0; 200_000], 0, (3, 0));
        check(&skipping(Slip::new(), 1000), x, 0, TWICE);
        // Of what is counted only the count is looked at.
        check(
            &framer(LengthPrefix::u32_be()),
            &[b"\0\x03\x0D\x40", x].concat(),
            1,
            (0, 16),
        );
        check(
            &framer(Varint::u32()),
            &[b"\xC0\x9A\x0C", x].concat(),
            1,
            (0, 24),
        );
        check(
            &framer(AsciiLength::rfc6587()),
            &[b"200000 ", x].concat(),
            1,
            (0, 40),
        );
    }
}
