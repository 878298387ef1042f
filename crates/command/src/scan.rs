//! How far a text can be copied as it is.

/// Bytes looked at in one step: what the narrowest vector registers hold.
const BLOCK: usize = 16;

/// Length of the run at the front of `text` without a byte that `stops`.
///
/// `stops` should be free of branches, so that a block of bytes becomes a few instructions.
#[inline]
pub(crate) fn run(text: &[u8], stops: impl Fn(u8) -> bool + Copy) -> usize {
    let any = |block: &[u8; BLOCK]| block.iter().fold(false, |any, &byte| any | stops(byte));
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let whole = blocks.iter().take_while(|block| !any(block)).count();
    let start = whole * BLOCK;
    if whole == blocks.len() && !rest.is_empty() {
        // The end is a block too, if it may overlap the one before.
        if let Some(block) = text.last_chunk::<BLOCK>()
            && !any(block)
        {
            return text.len();
        }
    }
    let tail = text.get(start..).unwrap_or_default();
    let found = tail.iter().position(|&byte| stops(byte));
    start + found.unwrap_or(tail.len())
}

/// Whether a character is kept out of lines because it moves others about or is taken for the
/// end of a line: C1 controls, line and paragraph separator, bidirectional controls, byte order
/// mark.
///
/// ASCII is not judged here. [`may_hide`] knows the bytes these begin with.
pub(crate) fn hides(c: char) -> bool {
    matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

/// Whether a character that [`hides`] can begin with this byte in UTF-8.
#[inline]
pub(crate) fn may_hide(byte: u8) -> bool {
    (byte == 0xc2) | (byte == 0xd8) | (byte == 0xe2) | (byte == 0xef)
}

#[cfg(test)]
mod tests {
    use super::{hides, may_hide, run};

    #[test]
    fn a_run_ends_at_the_first_that_stops() {
        for length in 0..70 {
            let mut text = vec![b'a'; length];
            assert_eq!(run(&text, |byte| byte == b'!'), length);
            for at in (0..length).rev() {
                text[at] = b'!';
                assert_eq!(run(&text, |byte| byte == b'!'), at, "of {length}");
            }
        }
    }

    #[test]
    fn every_character_that_hides_has_a_known_first_byte() {
        for c in ('\u{80}'..=char::MAX).filter(|&c| hides(c)) {
            let mut bytes = [0; 4];
            c.encode_utf8(&mut bytes);
            assert!(may_hide(bytes[0]), "{c:?}");
        }
    }
}
