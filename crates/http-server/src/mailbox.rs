//! What other threads have to say to a loop.

use std::mem;
use std::sync::{Mutex, PoisonError};

use barewire_reactor::{RawKey, Waker};

use crate::response::Response;

#[derive(Debug)]
pub(crate) enum Mail {
    Respond(Response),
    Resume,
    /// The last handle on a request is gone.
    Abandoned,
}

/// Letters to one thread's loop, by connection and exchange.
#[derive(Debug)]
pub(crate) struct Mailbox {
    letters: Mutex<Vec<Letter>>,
    waker: Waker,
}

#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) key: RawKey,
    pub(crate) exchange: u32,
    pub(crate) mail: Mail,
}

impl Mailbox {
    pub(crate) fn new(waker: Waker) -> Self {
        Self {
            letters: Mutex::new(Vec::new()),
            waker,
        }
    }

    pub(crate) fn post(&self, key: RawKey, exchange: u32, mail: Mail) {
        let letter = Letter {
            key,
            exchange,
            mail,
        };
        self.letters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(letter);
        self.waker.wake();
    }

    pub(crate) fn take(&self) -> Vec<Letter> {
        mem::take(&mut *self.letters.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
