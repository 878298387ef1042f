//! A bounded channel from other threads into the loop.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{self, SendError, TryRecvError, TrySendError};

use crate::source::bell::Bell;

/// A channel of at most `capacity` messages on their way, whose receiving end is a source: insert it in a
/// [`Reactor`](crate::Reactor), and take messages with [`Reactor::receive`](crate::Reactor::receive).
///
/// The room is set aside at once. A capacity of 0 counts as 1.
///
/// ```
/// use barewire_reactor::{Event, Interest, Reactor, Received, channel};
///
/// # fn main() -> std::io::Result<()> {
/// let mut reactor = Reactor::new()?;
/// let (sender, receiver) = channel::<String>(16);
/// let results = reactor.insert(receiver, Interest::READABLE)?;
/// std::thread::spawn(move || sender.send("six times seven is 42".into()));
///
/// 'waiting: loop {
///     reactor.turn(None)?;
///     while let Some(event) = reactor.next() {
///         let Event::Io { key, .. } = event else { continue };
///         assert_eq!(key, results.raw());
///         while let Received::Message(text) = reactor.receive(results)? {
///             assert!(text.ends_with("42"));
///             break 'waiting;
///         }
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub fn channel<T: Send + 'static>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::sync_channel(capacity.max(1));
    let bell = Arc::new(Bell::new());
    let last = Arc::new(LastSender(Arc::clone(&bell)));
    (
        Sender {
            queue: sender,
            last,
        },
        Receiver {
            queue: receiver,
            bell,
        },
    )
}

/// The sending end of a [`channel()`]. Clone it freely; when the last one is dropped, the receiver learns that
/// the channel is closed.
pub struct Sender<T> {
    // Dropped in this order: the queue has lost its last sender before the bell rings for it.
    queue: mpsc::SyncSender<T>,
    last: Arc<LastSender>,
}

impl<T> Sender<T> {
    /// Sends, and waits for room if there is none.
    ///
    /// Not for the reactor's own thread: with the channel full it would wait for itself.
    ///
    /// # Errors
    ///
    /// The message, once the receiver is dropped; also when that happens during the wait.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        // The wait is over when there is room, so the bell has rung for what takes the room.
        match self.queue.try_send(message) {
            Ok(()) => {}
            Err(TrySendError::Full(message)) => self.queue.send(message)?,
            Err(TrySendError::Disconnected(message)) => return Err(SendError(message)),
        }
        self.last.0.ring();
        Ok(())
    }

    /// Sends if there is room.
    ///
    /// # Errors
    ///
    /// The message: [`Full`](TrySendError::Full), or [`Disconnected`](TrySendError::Disconnected) once the receiver is
    /// dropped.
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.queue.try_send(message)?;
        self.last.0.ring();
        Ok(())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            last: Arc::clone(&self.last),
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// Rings when no sender is left, so that the end is noticed.
struct LastSender(Arc<Bell>);

impl Drop for LastSender {
    fn drop(&mut self) {
        self.0.ring();
    }
}

/// What a channel had to give; see [`Reactor::receive`](crate::Reactor::receive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received<T> {
    /// The oldest message. Messages of one sender keep their order.
    Message(T),
    /// Every sender is gone and every message taken. Remove the receiver, or it will be reported again and again.
    Closed,
    /// Nothing now: there is no message, or the channel has used up its share of the turn. Either way it will be
    /// reported again.
    Blocked,
}

/// The receiving end of a [`channel()`]: a [`Source`](crate::Source).
pub struct Receiver<T> {
    queue: mpsc::Receiver<T>,
    bell: Arc<Bell>,
}

impl<T> Receiver<T> {
    /// Takes one message, whether or not the receiver is in a reactor. Never waits.
    pub fn try_receive(&self) -> Received<T> {
        match self.queue.try_recv() {
            Ok(message) => return Received::Message(message),
            Err(TryRecvError::Disconnected) => return Received::Closed,
            Err(TryRecvError::Empty) => self.bell.lower(),
        }
        // What came between the look and the lowering has rung in vain: one more look, then it rings afresh.
        match self.queue.try_recv() {
            Ok(message) => {
                self.bell.ring();
                Received::Message(message)
            }
            Err(TryRecvError::Disconnected) => {
                self.bell.ring();
                Received::Closed
            }
            Err(TryRecvError::Empty) => Received::Blocked,
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// A receiver whose messages are of some type.
#[expect(unnameable_types, reason = "named by the sealed trait only")]
pub trait AnyReceiver: Send {
    /// What rings when there is something to take.
    fn bell(&self) -> &Arc<Bell>;
    /// To find out the type.
    fn as_any(&self) -> &dyn Any;
    /// To take it out.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<T: Send + 'static> AnyReceiver for Receiver<T> {
    fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_keep_their_order_and_the_end_comes_last() {
        let (sender, receiver) = channel(2);
        assert_eq!(receiver.try_receive(), Received::Blocked);
        sender.try_send(1).unwrap();
        sender.try_send(2).unwrap();
        assert!(matches!(sender.try_send(3), Err(TrySendError::Full(3))));
        drop(sender);
        assert_eq!(receiver.try_receive(), Received::Message(1));
        assert_eq!(receiver.try_receive(), Received::Message(2));
        assert_eq!(receiver.try_receive(), Received::Closed);
        assert!(receiver.bell.is_raised());
    }

    #[test]
    fn the_bell_is_raised_as_long_as_something_is_there() {
        let (sender, receiver) = channel(8);
        assert!(!receiver.bell.is_raised());
        let other = sender.clone();
        sender.try_send('a').unwrap();
        other.try_send('b').unwrap();
        drop(other);
        assert!(receiver.bell.is_raised());
        assert_eq!(receiver.try_receive(), Received::Message('a'));
        assert!(receiver.bell.is_raised());
        assert_eq!(receiver.try_receive(), Received::Message('b'));
        assert_eq!(receiver.try_receive(), Received::Blocked);
        assert!(!receiver.bell.is_raised());
        drop(sender);
        assert!(receiver.bell.is_raised());
    }

    #[test]
    fn a_sender_learns_that_the_receiver_is_gone() {
        let (sender, receiver) = channel(1);
        sender.try_send(1).unwrap();
        let waiting = {
            let sender = sender.clone();
            std::thread::spawn(move || sender.send(2))
        };
        drop(receiver);
        assert_eq!(waiting.join().unwrap().unwrap_err().0, 2);
        assert!(matches!(
            sender.try_send(3),
            Err(TrySendError::Disconnected(3))
        ));
        assert_eq!(sender.send(4).unwrap_err().0, 4);
    }
}
