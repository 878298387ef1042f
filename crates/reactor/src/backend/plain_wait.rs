//! What [`fast_wait`](crate) is without the feature, and on every system but Linux: nothing, the poller does it all.

use std::io;
use std::time::Instant;

use polling::Poller;

use crate::backend::Report;
use crate::source::Descriptor;

/// The poller's own; it never reports it.
pub(crate) const COUNTER_KEY: usize = usize::MAX;

/// The poller wakes itself.
pub(crate) struct Counter;

impl Counter {
    pub(crate) const fn new() -> io::Result<Self> {
        Ok(Self)
    }

    #[expect(clippy::unused_self, reason = "as in fast_wait")]
    pub(crate) const fn descriptor(&self) -> Option<Descriptor<'_>> {
        None
    }

    #[expect(clippy::unused_self, reason = "as in fast_wait")]
    pub(crate) const fn prove(&mut self, _poller: &Poller) -> io::Result<()> {
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "as in fast_wait")]
    pub(crate) fn ring(&self, poller: &Poller) {
        // The only failure is a full counter or pipe, which wakes as well.
        let _ = poller.notify();
    }
}

/// The poller's own suffices.
pub(crate) struct Room;

impl Room {
    pub(crate) const fn new(_events_max: usize) -> Self {
        Self
    }
}

/// Leaves every wait to the poller.
pub(crate) const fn wait(
    _watched: (&Poller, &Counter),
    _room: &Room,
    _reports: &mut Vec<Report>,
    _deadline: Option<Instant>,
) -> io::Result<bool> {
    Ok(false)
}
