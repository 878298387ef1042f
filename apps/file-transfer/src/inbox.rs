//! What a thread has to say to the loop, without ever waiting for it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use barewire_reactor::Waker;

/// Messages for the loop. The threads that write them are bounded by the work they are given.
#[derive(Debug)]
pub struct Inbox<T> {
    queue: Arc<Mutex<VecDeque<T>>>,
    waker: Waker,
}

impl<T> Clone for Inbox<T> {
    fn clone(&self) -> Self {
        Self {
            queue: Arc::clone(&self.queue),
            waker: self.waker.clone(),
        }
    }
}

impl<T> Inbox<T> {
    /// Wakes the loop of this waker.
    #[must_use]
    pub fn new(waker: Waker) -> Self {
        let queue = Arc::default();
        Self { queue, waker }
    }

    /// From any thread.
    pub fn push(&self, message: T) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back(message);
        // Whoever found it filled is still to look.
        if queue.len() == 1 {
            drop(queue);
            self.waker.wake();
        }
    }

    /// The oldest message.
    #[must_use]
    pub fn pop(&self) -> Option<T> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.pop_front()
    }
}
