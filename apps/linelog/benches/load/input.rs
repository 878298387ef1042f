//! What clients send.

/// A client's lines and how it writes them, the same in every run.
pub(crate) struct Input {
    pub(crate) bytes: Vec<u8>,
    /// Where each line ends, its newline included.
    ends: Vec<usize>,
    /// Lengths of the writes; together all of `bytes`.
    pub(crate) writes: Vec<usize>,
}

/// Bytes of a [`block`], a power of two: whole lines.
pub(crate) const BLOCK_BYTES: usize = 64 * 1024;

/// Bytes of a block's line, its newline included.
pub(crate) const BLOCK_LINE_BYTES: usize = 64;

/// Lines of a block.
pub(crate) const BLOCK_LINES: usize = BLOCK_BYTES / BLOCK_LINE_BYTES;

const SEED: u64 = 0x6261_7265_7769_7265;

impl Input {
    /// Lines begin with their client and number; what follows looks like text, and in one line of
    /// sixteen has something to be escaped.
    pub(crate) fn new(client: usize, lines: usize) -> Self {
        let mut random = Random(SEED ^ client as u64);
        let mut input = Self {
            bytes: Vec::new(),
            ends: Vec::with_capacity(lines),
            writes: Vec::new(),
        };
        for number in 0..lines {
            let bytes = &mut input.bytes;
            bytes.extend_from_slice(format!("{client} {number} ").as_bytes());
            // Most lines are short, some are long.
            let length = match random.below(100) {
                0 => random.below(4000),
                _ => random.below(200),
            };
            bytes.extend((0..length).map(|_| b'!' + random.below(0x5c - 0x21) as u8));
            if random.below(16) == 0 {
                bytes.extend_from_slice("\tgrün \\ \u{7}".as_bytes());
            }
            bytes.push(b'\n');
            input.ends.push(bytes.len());
        }
        let mut left = input.bytes.len();
        while left > 0 {
            let most = if random.below(2) == 0 { 64 } else { 4096 };
            let write = (1 + random.below(most)).min(left);
            input.writes.push(write);
            left -= write;
        }
        input
    }

    pub(crate) fn lines(&self) -> usize {
        self.ends.len()
    }

    /// Without its newline.
    pub(crate) fn line(&self, number: usize) -> Option<&[u8]> {
        let end = *self.ends.get(number)?;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.bytes[start..end - 1])
    }
}

/// The client and number that a line of an [`Input`] begins with.
pub(crate) fn name(line: &[u8]) -> Option<(usize, usize)> {
    let mut words = line.splitn(3, |&byte| byte == b' ');
    let mut number = || std::str::from_utf8(words.next()?).ok()?.parse().ok();
    Some((number()?, number()?))
}

/// Lines that are sent over and over, each with its client and its number in the block.
pub(crate) fn block(client: usize) -> Vec<u8> {
    let line = |number| {
        let mut line = format!("client {client} line {number} ").into_bytes();
        line.resize(BLOCK_LINE_BYTES - 1, b'.');
        line.push(b'\n');
        line
    };
    (0..BLOCK_LINES).flat_map(line).collect()
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}
