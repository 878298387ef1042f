//! Waking a waiting reactor from elsewhere.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::backend::Backend;

/// A [`Waker`] was used.
const WAKE: u8 = 1;
/// A source without a descriptor has something to say.
const NUDGE: u8 = 2;

/// The backend and the bits that other threads set. Outlives the reactor while a waker does.
pub(crate) struct Shared {
    pub(crate) backend: Backend,
    pending: AtomicU8,
}

impl Shared {
    pub(crate) const fn new(backend: Backend) -> Self {
        Self {
            backend,
            pending: AtomicU8::new(0),
        }
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.pending.load(Ordering::SeqCst) != 0
    }

    /// Takes what is pending, and tells whether a wake was among it. From here on a new wake makes a new event.
    pub(crate) fn take_pending(&self) -> bool {
        // The load keeps a turn without a wake from writing to a line that other threads read.
        self.is_pending() && self.pending.swap(0, Ordering::SeqCst) & WAKE != 0
    }

    /// Makes the present or next turn look at the bells.
    pub(crate) fn nudge(&self) {
        self.set(NUDGE);
    }

    fn set(&self, bit: u8) {
        // A read-modify-write even when the bit is set: a plain load could overtake the caller's earlier writes,
        // and the reactor would take the bit without seeing them.
        if self.pending.fetch_or(bit, Ordering::SeqCst) == 0 {
            // The only failure is a full counter or pipe, which wakes as well; and the bit is set, so the reactor
            // looks before it waits again.
            self.backend.notify();
        }
    }
}

/// Wakes its reactor, from any thread.
///
/// Clone it freely. Wakes that come before the reactor has taken the last one are merged: each costs a few
/// nanoseconds, and the reactor reports a single [`Event::Woken`](crate::Event::Woken). None is lost: what a thread
/// wrote before it called [`wake`](Self::wake) is visible to whoever handles the event that follows.
///
/// A waker may outlive its reactor; waking is then without effect, though the poller's own descriptors stay open
/// until the last waker is dropped.
#[derive(Clone)]
pub struct Waker {
    shared: Arc<Shared>,
}

impl Waker {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Makes the present or next [`turn`](crate::Reactor::turn) return and report
    /// [`Event::Woken`](crate::Event::Woken).
    pub fn wake(&self) {
        self.shared.set(WAKE);
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waker")
            .field("pending", &self.shared.is_pending())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakes_merge_until_taken() {
        let shared = Arc::new(Shared::new(Backend::system().unwrap()));
        let waker = Waker::new(Arc::clone(&shared));
        assert!(!shared.take_pending());
        waker.wake();
        waker.clone().wake();
        assert_eq!(format!("{waker:?}"), "Waker { pending: true }");
        assert!(shared.take_pending());
        assert!(!shared.take_pending());
        waker.wake();
        assert!(shared.take_pending());
    }

    #[test]
    fn a_nudge_is_no_wake() {
        let shared = Arc::new(Shared::new(Backend::system().unwrap()));
        shared.nudge();
        assert!(shared.is_pending());
        assert!(!shared.take_pending());
        shared.nudge();
        Waker::new(Arc::clone(&shared)).wake();
        assert!(shared.take_pending());
        assert!(!shared.is_pending());
    }

    #[test]
    fn crosses_threads() {
        const fn check<T: Clone + Send + Sync + 'static>() {}
        check::<Waker>();
    }
}
