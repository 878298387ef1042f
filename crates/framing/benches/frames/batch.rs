//! What all sides are given, and what they have to find in it.

use std::hash::{DefaultHasher, Hasher};

/// How much is decoded or encoded at a time: a large read.
const BATCH_BYTES: usize = 64 * 1024;

/// What stands around the payloads.
pub(crate) enum Wire<'a> {
    /// Their length in four bytes before them.
    Prefix,
    /// One of these bytes behind them, each in its turn.
    Ended(&'a [u8]),
}

/// Whole frames of one size.
pub(crate) struct Batch {
    pub(crate) payload_bytes: usize,
    pub(crate) payloads: Vec<String>,
    pub(crate) wire: Vec<u8>,
    pub(crate) tally: Tally,
    pub(crate) hash: u64,
}

impl Batch {
    pub(crate) fn new(wire: &Wire<'_>, payload_bytes: usize) -> Self {
        let around = match wire {
            Wire::Prefix => 4,
            Wire::Ended(_) => 1,
        };
        let mut letters = letters();
        let mut batch = Self {
            payload_bytes,
            payloads: Vec::new(),
            wire: Vec::new(),
            tally: Tally::default(),
            hash: 0,
        };
        let mut hash = Hash::default();
        for n in 0..BATCH_BYTES / (payload_bytes + around) {
            let payload: String = letters.by_ref().take(payload_bytes).collect();
            match wire {
                Wire::Prefix => batch
                    .wire
                    .extend_from_slice(&(payload_bytes as u32).to_be_bytes()),
                Wire::Ended(_) => {}
            }
            batch.wire.extend_from_slice(payload.as_bytes());
            if let Wire::Ended(bytes) = wire {
                batch.wire.push(bytes[n % bytes.len()]);
            }
            batch.tally.frame(payload.as_bytes());
            hash.frame(payload.as_bytes());
            batch.payloads.push(payload);
        }
        batch.hash = hash.finish();
        batch
    }
}

/// Letters in no order, the same in each run.
fn letters() -> impl Iterator<Item = char> {
    let mut state = 1_u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        char::from(b'a' + ((state >> 33) % 26) as u8)
    })
}

/// Whoever looks at the frames that a side has found.
pub(crate) trait Sink {
    fn frame(&mut self, payload: &[u8]);
}

/// What can be kept of each frame within a nanosecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
    /// First and last bytes.
    ends: u64,
}

impl Sink for Tally {
    #[inline]
    fn frame(&mut self, payload: &[u8]) {
        self.frames += 1;
        self.bytes += payload.len();
        if let [first, .., last] = *payload {
            self.ends += u64::from(first) + u64::from(last);
        }
    }
}

/// Every byte of each frame, and where it ends.
#[derive(Default)]
pub(crate) struct Hash(DefaultHasher);

impl Hash {
    pub(crate) fn finish(&self) -> u64 {
        self.0.finish()
    }
}

impl Sink for Hash {
    fn frame(&mut self, payload: &[u8]) {
        self.0.write_usize(payload.len());
        self.0.write(payload);
    }
}
