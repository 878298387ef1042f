//! The three that are compared, doing the same work in their own ways.

use std::net::TcpStream;
use std::time::Duration;

use crate::options::Options;

mod bare_epoll;
mod ours;
mod plain_mio;

/// What the sides that have no timers pass to each wait once [`Side::arm`] was called, as ours does for its timer.
const FAR_OFF: Duration = Duration::from_secs(3600);

/// Reports that one wait may bring.
const EVENTS: usize = 1024;

/// The number of the waker, beside those of the connections.
const WAKER: usize = usize::MAX;

/// A loop that watches connections for reading, numbered from 0.
pub(crate) trait Side {
    /// Waits once, for as long as it takes, and walks over the reports: how many there were, and the sum of the numbers.
    fn walk(&mut self) -> (usize, usize);

    /// Waits once and sends back what each reported connection has brought, in one read and one write. How many.
    ///
    /// A short read ends it on all sides, mio's too, though it is edge-triggered: on epoll that is safe.
    fn echo(&mut self) -> usize;

    /// Reads what [`poke`](crate::net::poke) has sent to each connection.
    fn take_pokes(&mut self);

    /// Watches one more connection, already non-blocking, and gives it back at once.
    fn insert_and_remove(&mut self, stream: TcpStream) -> TcpStream;

    /// From now on there is a time-out to heed, one that is far off.
    fn arm(&mut self);

    /// What wakes this side from any thread. To be called once.
    fn waker(&mut self) -> Box<dyn Fn() + Send>;

    /// Waits until it is woken.
    fn sleep(&mut self);
}

#[derive(Clone, Copy)]
pub(crate) struct Entrant {
    pub(crate) name: &'static str,
    /// A loop that watches these connections, numbered in this order.
    pub(crate) enter: fn(Vec<TcpStream>) -> Box<dyn Side>,
}

/// Ours comes last.
pub(crate) const ALL: [Entrant; 3] = [
    Entrant {
        name: "epoll",
        enter: |streams| Box::new(bare_epoll::BareEpoll::new(streams)),
    },
    Entrant {
        name: "mio",
        enter: |streams| Box::new(plain_mio::PlainMio::new(streams)),
    },
    Entrant {
        name: "reactor",
        enter: |streams| Box::new(ours::Ours::new(streams)),
    },
];

/// Those asked for.
pub(crate) fn wanted(options: &Options) -> Vec<Entrant> {
    ALL.into_iter()
        .filter(|entrant| options.wants_side(entrant.name))
        .collect()
}
