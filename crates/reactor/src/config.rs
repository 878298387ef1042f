//! Sizes and shares of one reactor.

/// How much one turn does at most. Build it with `Config { …, ..Config::default() }`.
///
/// A value of 0 is taken as 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// I/O events taken from the system in one turn. Default 1024, which costs 28 KiB.
    ///
    /// More sources than that may be ready: the rest come in the next turns, in rotation. The poll(2) backend
    /// reports all of them at once.
    pub events_per_turn_max: usize,
    /// Bytes [`read`](crate::Reactor::read) takes from one source in one turn. Default 128 KiB.
    ///
    /// Each call is charged 4 KiB at least, so this also bounds the number of calls. The read that crosses the
    /// line is still whole. nginx and libuv bound the reads of one connection alike (libuv: 32 reads).
    pub read_bytes_per_turn_max: usize,
    /// Bytes [`write`](crate::Reactor::write) gives to one source in one turn. Default 256 KiB, charged likewise.
    pub write_bytes_per_turn_max: usize,
    /// Connections [`accept`](crate::Reactor::accept) takes from one listener in one turn. Default 64.
    pub accepts_per_turn_max: usize,
    /// Messages [`receive`](crate::Reactor::receive) takes from one channel in one turn. Default 256.
    pub messages_per_turn_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            events_per_turn_max: 1024,
            read_bytes_per_turn_max: 128 * 1024,
            write_bytes_per_turn_max: 256 * 1024,
            accepts_per_turn_max: 64,
            messages_per_turn_max: 256,
        }
    }
}
