//! What the load tests share: numbers that only look random, bytes that can be checked anywhere, and what the process
//! holds.

use std::time::Duration;

/// Marsaglia's xorshift64* (<https://doi.org/10.18637/jss.v008.i14>).
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        // Zero would stay zero.
        Self(seed | 1 << 63)
    }

    pub(crate) const fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// One of `from..to`.
    pub(crate) const fn range(&mut self, from: usize, to: usize) -> usize {
        from + ((self.number() >> 16) % (to - from) as u64) as usize
    }

    /// True once in so many times.
    pub(crate) const fn once_in(&mut self, times: usize) -> bool {
        self.range(0, times) == 0
    }

    pub(crate) const fn millis(&mut self, from: usize, to: usize) -> Duration {
        Duration::from_millis(self.range(from, to) as u64)
    }
}

/// An endless stream of bytes of which any part can be had at any time.
pub(crate) struct Pattern(Vec<u8>);

impl Pattern {
    /// The longest part at once.
    pub(crate) const PART_MAX: usize = 64 * 1024;
    /// After so many bytes it begins anew: a prime, so that no power of two hides a shift.
    const PERIOD: usize = 1_048_573;

    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut bytes: Vec<u8> = (0..Self::PERIOD).map(|_| rng.number() as u8).collect();
        bytes.extend_from_within(..Self::PART_MAX);
        Self(bytes)
    }

    pub(crate) fn part(&self, from: usize, len: usize) -> &[u8] {
        &self.0[from % Self::PERIOD..][..len]
    }
}

/// How many descriptors this process has open. `None` where the system does not say.
pub(crate) fn open_descriptors() -> Option<usize> {
    if cfg!(target_os = "linux") {
        // Reading the directory takes one itself.
        Some(std::fs::read_dir("/proc/self/fd").ok()?.count() - 1)
    } else {
        None
    }
}

/// How much memory of this process is resident, in bytes. `None` where the system does not say.
pub(crate) fn resident_bytes() -> Option<usize> {
    if cfg!(target_os = "linux") {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib * 1024)
    } else {
        None
    }
}
