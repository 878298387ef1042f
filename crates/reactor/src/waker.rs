//! Waking a waiting reactor from elsewhere.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use polling::Poller;

/// The poller and the one bit that wakers set. Outlives the reactor while a waker does.
pub(crate) struct Shared {
    pub(crate) poller: Poller,
    pending: AtomicBool,
}

impl Shared {
    pub(crate) const fn new(poller: Poller) -> Self {
        Self {
            poller,
            pending: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.pending.load(Ordering::SeqCst)
    }

    /// Takes the wake, if there is one. From here on a new wake makes a new event.
    pub(crate) fn take_pending(&self) -> bool {
        // The load keeps a turn without a wake from writing to a line that other threads read.
        self.is_pending() && self.pending.swap(false, Ordering::SeqCst)
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
        // A read-modify-write even when the bit is set: a plain load could overtake the caller's earlier writes,
        // and the reactor would take the bit without seeing them.
        if !self.shared.pending.swap(true, Ordering::SeqCst) {
            // The only failure is a full counter or pipe, which wakes as well; and the bit is set, so the reactor
            // looks before it waits again.
            let _ = self.shared.poller.notify();
        }
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
        let shared = Arc::new(Shared::new(Poller::new().unwrap()));
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
    fn crosses_threads() {
        const fn check<T: Clone + Send + Sync + 'static>() {}
        check::<Waker>();
    }
}
