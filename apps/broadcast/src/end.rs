//! How a command comes to its end.

use barewire_command::fault;
use barewire_reactor::{Reactor, Stops};

/// The status of one that has heard nobody within the time that there was.
pub(crate) const NOBODY: u8 = 7;

/// Hears what asks it to end.
pub(crate) fn stops(reactor: &mut Reactor) -> anyhow::Result<Stops> {
    Stops::watch(reactor).map_err(|error| fault::fail("cannot listen for signals", error))
}
