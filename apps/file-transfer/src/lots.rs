//! What a thread has to tell, in lots: whoever listens sleeps in between, and to wake it for each small thing takes
//! longer than most of these take.

use std::cell::RefCell;

/// Most things that are held back.
const THINGS_MAX: usize = 32;

/// Most bytes in them; what counts for so many is told at once.
pub(crate) const BYTES_MAX: usize = 64 << 10;

/// Holds things back while there is more to do; [`release`](Self::release) is for when there is not.
pub(crate) struct Lots<T>(RefCell<Inner<T>>);

struct Inner<T> {
    tell: Box<dyn FnMut(T) + Send>,
    held: Vec<T>,
    bytes: usize,
}

impl<T> Lots<T> {
    pub(crate) fn new(tell: Box<dyn FnMut(T) + Send>) -> Self {
        Self(RefCell::new(Inner {
            tell,
            held: Vec::new(),
            bytes: 0,
        }))
    }

    /// Tells it now or later, in order; it carries so many bytes.
    pub(crate) fn tell(&self, thing: T, bytes: usize) {
        // It is taken only while it is being told to somebody, who has no way to this.
        let Ok(mut inner) = self.0.try_borrow_mut() else {
            return;
        };
        inner.held.push(thing);
        inner.bytes += bytes;
        if inner.held.len() >= THINGS_MAX || inner.bytes >= BYTES_MAX {
            inner.release();
        }
    }

    /// Tells all that was held back.
    pub(crate) fn release(&self) {
        if let Ok(mut inner) = self.0.try_borrow_mut() {
            inner.release();
        }
    }
}

impl<T> Inner<T> {
    fn release(&mut self) {
        self.bytes = 0;
        self.held.drain(..).for_each(&mut self.tell);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn they_come_in_order_in_lots() {
        let (sender, receiver) = mpsc::channel();
        let lots = Lots::new(Box::new(move |number| sender.send(number).unwrap()));
        let heard = || receiver.try_iter().collect::<Vec<_>>();
        for number in 1..THINGS_MAX {
            lots.tell(number, 0);
        }
        assert!(heard().is_empty());
        lots.tell(THINGS_MAX, 0);
        assert_eq!(heard(), (1..=THINGS_MAX).collect::<Vec<_>>());
        lots.tell(1, BYTES_MAX - 1);
        assert!(heard().is_empty());
        lots.tell(2, 1);
        assert_eq!(heard(), [1, 2]);
        lots.tell(3, 1);
        lots.release();
        assert_eq!(heard(), [3]);
    }
}
