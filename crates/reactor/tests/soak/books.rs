//! What both sides count, and what the sums must be in the end.

use barewire_reactor::Stats;

/// What the server did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Served {
    pub(crate) accepted: u64,
    pub(crate) echoed_bytes: u64,
    pub(crate) ended: u64,
    pub(crate) half_closed: u64,
    pub(crate) reset: u64,
    pub(crate) lost: u64,
    pub(crate) paused: u64,
    pub(crate) moved: u64,
    /// Events of sources that had nothing to give or take.
    pub(crate) idle_events: u64,
}

/// What the clients went through.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lived {
    pub(crate) connected: u64,
    pub(crate) checked_bytes: u64,
    /// Got all they were owed, to the last byte and the end.
    pub(crate) survived: u64,
    pub(crate) half_closed_upon: u64,
    pub(crate) reset_upon: u64,
    pub(crate) killed: u64,
    pub(crate) left: u64,
    pub(crate) paused: u64,
    pub(crate) moved: u64,
    /// Times when no port was free.
    pub(crate) postponed: u64,
    pub(crate) idle_events: u64,
    /// Resident memory after a quarter of the time, at its end, and the most seen.
    pub(crate) resident_warm: usize,
    pub(crate) resident_end: usize,
    pub(crate) resident_max: usize,
}

/// A run in which something never came up has proved nothing about it.
pub(crate) fn everything_happened(served: &Served, lived: &Lived) {
    for count in [
        lived.survived,
        lived.half_closed_upon,
        lived.reset_upon,
        lived.killed,
        lived.left,
        lived.paused,
        lived.moved,
        served.lost,
        served.paused,
        served.moved,
    ] {
        assert!(count > 0, "{served:#?} {lived:#?}");
    }
}

pub(crate) fn books_agree(served: &Served, lived: &Lived, stats: &Stats) {
    let fates = served.ended + served.reset + served.lost;
    assert_eq!(fates, served.accepted);
    assert_eq!(stats.accepted, served.accepted);
    let lives =
        lived.survived + lived.half_closed_upon + lived.reset_upon + lived.killed + lived.left;
    assert_eq!(lives, lived.connected);
    assert!(served.accepted <= lived.connected);
    assert!(served.echoed_bytes >= lived.checked_bytes);
    assert!(served.half_closed >= lived.half_closed_upon);
    assert_eq!(served.reset, lived.reset_upon);
}

/// Every wait had a reason, and nearly every report something to do.
pub(crate) fn does_not_spin(stats: &Stats, idle_events: u64) {
    assert_eq!(stats.leaked, 0);
    assert_eq!(stats.adds, stats.deletes);
    let reasons = stats.io_events + stats.timer_events + stats.woken_events + stats.stale_dropped;
    assert!(stats.waits <= reasons + reasons / 20 + 10, "{stats:#?}");
    assert!(
        idle_events <= stats.io_events / 4,
        "{idle_events} of {stats:#?}"
    );
}
