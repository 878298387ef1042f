//! Ending a server, from another thread or by a byte on a socket.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use barewire_reactor::Waker;

/// Drains or stops a running server, from any thread.
#[derive(Clone, Debug)]
pub struct Controller(pub(crate) Arc<Shared>);

impl Controller {
    /// Stops listening, closes idle connections, lets requests under way finish, within
    /// [`Config::drain_timeout`](crate::Config::drain_timeout); then the server returns.
    ///
    /// Requests that have already come to an idle connection, or to one that waits to be
    /// accepted, are answered. Every answer from now on says `Connection: close`. May be
    /// called before the server runs, and more than once.
    pub fn drain(&self) {
        self.0.enter(Phase::Draining);
    }

    /// Cuts every connection; the server returns.
    pub fn stop(&self) {
        self.0.enter(Phase::Stopped);
    }
}

/// A socket whose bytes end a server; only made where a signal handler can write to it.
#[cfg(unix)]
pub(crate) type Ending = std::os::unix::net::UnixStream;
#[cfg(not(unix))]
pub(crate) type Ending = std::net::TcpStream;

/// How a server is doing; only ever goes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Running,
    Draining,
    Stopped,
}

/// What all threads of a server share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    phase: AtomicU8,
    wakers: Mutex<Vec<Waker>>,
}

impl Shared {
    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::SeqCst) {
            0 => Phase::Running,
            1 => Phase::Draining,
            _ => Phase::Stopped,
        }
    }

    pub(crate) fn add_waker(&self, waker: Waker) {
        self.wakers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(waker);
    }

    /// Goes one phase on.
    pub(crate) fn advance(&self) {
        self.enter(match self.phase() {
            Phase::Running => Phase::Draining,
            Phase::Draining | Phase::Stopped => Phase::Stopped,
        });
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::SeqCst);
        for waker in &*self.wakers.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake();
        }
    }
}
