use std::time::Duration;

use barewire_http1::Limits;

/// Limits and deadlines of a server. Build it with `Config { …, ..Config::default() }`.
///
/// A `None` deadline is off. Every deadline runs on the monotonic clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Ceilings of one request; see [`Limits`].
    pub limits: Limits,
    /// Most connections of one thread. Default 10,000.
    ///
    /// At the limit an idle connection gives way to a new one: of a sample, the one that
    /// made the fewest requests. With none idle in the sample the new one is answered 503
    /// and closed. A connection that was switched to another protocol no longer counts.
    pub connections_max: usize,
    /// Most connections of one peer address, over all threads; above it a new one is
    /// answered 503 and closed. Default `None`: many clients may stand behind one address.
    ///
    /// An IPv4 address counts as the same through an IPv4 and an IPv6 socket. Each IPv6
    /// address counts by itself, although one client may have very many of them.
    pub connections_per_address_max: Option<usize>,
    /// From the first byte of a request head, or from accept, to its last byte. Default 30 s.
    ///
    /// In all, not between bytes: a byte a second does not extend it (nginx: 60 s, Apache: 20-40 s).
    /// A head cut by it is answered 408, a connection that never spoke is closed.
    pub head_timeout: Option<Duration>,
    /// Between two requests. Default 60 s (nginx: 75 s).
    pub idle_timeout: Option<Duration>,
    /// How slowly a request body may arrive. Default 10 kB in every 30 s; then 408, or a
    /// close where the answer has left already.
    pub body_rate: Option<Rate>,
    /// How slowly an answer may be taken. Default 10 kB in every 60 s; then a cut.
    ///
    /// What counts is what the system takes. Linux takes more only when a third of its
    /// send buffer has become free, so a much shorter window, or a much larger buffer
    /// (`net.ipv4.tcp_wmem`), cuts clients that are slow but alive.
    pub write_rate: Option<Rate>,
    /// How long a handler may hold a request back: [`Answer::Later`](crate::Answer::Later),
    /// a receiver that paused, a source that is pending. Default 60 s; then 503, or a cut
    /// where the head of the answer has left. Each [`Handle::resume`](crate::Handle::resume)
    /// begins it anew. It does not bound [`Answer::After`](crate::Answer::After).
    pub answer_timeout: Option<Duration>,
    /// After the last answer, how long to read on what the client still sends, so that
    /// a reset does not take the answer away. Default 5 s.
    pub linger_timeout: Duration,
    /// How much of it at the most, in bytes. Default 64 MiB: what comes in the time, mostly. A
    /// client that sends all of its upload before it reads the refusal needs it.
    pub linger_bytes_max: u64,
    /// How much of a request body that nobody wanted is read away for the connection to be
    /// kept, in bytes. Default 256 KiB; a longer one ends the connection after the answer.
    pub unwanted_bytes_max: u64,
    /// Requests on one connection. Default `None`.
    pub requests_per_connection_max: Option<u32>,
    /// How long a drain may take before the connections left are cut. Default 30 s.
    pub drain_timeout: Option<Duration>,
}

/// A floor for the speed of a peer: `bytes_min` in every `window`.
///
/// One rule for a peer that stalls and for one that trickles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Fewest bytes in a window.
    pub bytes_min: u64,
    /// Length of a window.
    pub window: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            connections_max: 10_000,
            connections_per_address_max: None,
            head_timeout: Some(Duration::from_secs(30)),
            idle_timeout: Some(Duration::from_secs(60)),
            body_rate: Some(Rate {
                bytes_min: 10_000,
                window: Duration::from_secs(30),
            }),
            write_rate: Some(Rate {
                bytes_min: 10_000,
                window: Duration::from_secs(60),
            }),
            answer_timeout: Some(Duration::from_secs(60)),
            linger_timeout: Duration::from_secs(5),
            linger_bytes_max: 64 << 20,
            unwanted_bytes_max: 256 * 1024,
            requests_per_connection_max: None,
            drain_timeout: Some(Duration::from_secs(30)),
        }
    }
}
