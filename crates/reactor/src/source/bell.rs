//! Readiness that no descriptor tells: a flag that other threads raise, and a nudge for the waiting reactor.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::waker::Shared;

/// Raised while there may be something to take.
#[expect(unnameable_types, reason = "named by the sealed trait only")]
pub struct Bell {
    raised: AtomicBool,
    /// Whom to nudge; nobody while the source is in no reactor.
    reactor: Mutex<Option<Arc<Shared>>>,
}

impl Bell {
    pub(crate) const fn new() -> Self {
        Self {
            raised: AtomicBool::new(false),
            reactor: Mutex::new(None),
        }
    }

    /// Says that there is something to take. What the caller wrote before is visible to whoever sees it raised.
    pub(crate) fn ring(&self) {
        // A read-modify-write even when it is raised, as in `Waker::wake`.
        if !self.raised.swap(true, Ordering::SeqCst)
            && let Some(reactor) = &*self.reactor.lock().unwrap_or_else(PoisonError::into_inner)
        {
            reactor.nudge();
        }
    }

    /// Takes the flag down. To be done before looking for the last time, never after.
    pub(crate) fn lower(&self) {
        self.raised.swap(false, Ordering::SeqCst);
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.raised.load(Ordering::SeqCst)
    }

    /// Says who is to be nudged from now on. What rang before is found by that reactor's next look.
    pub(crate) fn hang(&self, reactor: Option<Arc<Shared>>) {
        *self.reactor.lock().unwrap_or_else(PoisonError::into_inner) = reactor;
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell")
            .field("raised", &self.is_raised())
            .finish()
    }
}
