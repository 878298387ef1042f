//! Counters, so that a loop can be watched and tests can count system calls.

use std::time::Duration;

/// What the reactor has done so far. All counters only grow.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Calls of [`turn`](crate::Reactor::turn).
    pub turns: u64,
    /// Times the system was asked to wait. More than `turns` when a wait ended before anything was due.
    pub waits: u64,
    /// I/O events handed out by [`next`](crate::Reactor::next).
    pub io_events: u64,
    /// Timer events handed out.
    pub timer_events: u64,
    /// Timer events of which the loop learnt [`Self::LATE`] or more after their deadline: it was busy
    /// elsewhere, or the machine was.
    pub timers_late: u64,
    /// [`Event::Woken`](crate::Event::Woken) handed out; many wakes may share one.
    pub woken_events: u64,
    /// Reports dropped because their source was gone, replaced, or no longer interested.
    pub stale_dropped: u64,
    /// Registrations with the system.
    pub adds: u64,
    /// Changes of interest that cost a system call.
    pub modifies: u64,
    /// Registrations taken back.
    pub deletes: u64,
    /// Sources without the interest to hear of it whose peer hung up or whose socket failed, taken from the
    /// poller so that they cannot keep the loop awake.
    pub detached: u64,
    /// Sources leaked because the system refused to forget them. Closing one would have let its registration
    /// answer for whoever gets the number next. Stays at 0 on a healthy system.
    pub leaked: u64,
    /// Messages taken from channels.
    pub messages: u64,
    /// Connections made by [`connect`](crate::Reactor::connect).
    pub connected: u64,
    /// Connections that failed or met their deadline.
    pub connect_failed: u64,
    /// Reads, writes and messages answered with `Blocked` because the source had used up its share of the turn.
    pub budget_stops: u64,
    /// Errors of UDP sockets that were news of an earlier datagram, skipped.
    pub datagrams_refused: u64,
    /// Connections accepted and handed out.
    pub accepted: u64,
    /// Connections that failed before they could be accepted (`ECONNABORTED` and kin), skipped.
    pub accept_skipped: u64,
    /// Times a listener was paused because descriptors or memory ran out.
    pub accept_paused: u64,
    /// Connections accepted and closed at once for want of a descriptor.
    pub accept_shed: u64,
}

impl Stats {
    /// From when on a timer counts as late: 10 ms.
    pub const LATE: Duration = Duration::from_millis(10);
}
