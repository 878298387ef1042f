//! What the loop says and what its operations answer.

use crate::connect::ConnectError;
use crate::interest::Ready;
use crate::key::{RawKey, TimerKey};

/// Something to see to; what [`Reactor::next`](crate::Reactor::next) yields.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A source may be ready for what was asked.
    Io {
        /// Which source; alive at the moment the event is handed out.
        key: RawKey,
        /// For what. Without READABLE, WRITABLE and PRIORITY it is the one notice that a paused source hung up or
        /// failed; see [`Reactor::set_interest`](crate::Reactor::set_interest).
        ready: Ready,
    },
    /// A timer's deadline has passed. Its key is dead now.
    Timer {
        /// Which timer.
        key: TimerKey,
        /// The number it was armed with.
        tag: u64,
    },
    /// A connection begun with [`Reactor::connect`](crate::Reactor::connect) is decided. Told once, and nothing else of
    /// this source before.
    Connect {
        /// Which stream. After a failure it is closed already and its key dead.
        key: RawKey,
        /// The verdict.
        result: Result<(), ConnectError>,
    },
    /// At least one [`Waker`](crate::Waker) has been used since the last such event.
    Woken,
}

/// What a [`Reactor::turn`](crate::Reactor::turn) found. The counts are upper bounds: an event whose source or timer
/// goes away before it is taken is not handed out.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Reports of sources.
    pub io: usize,
    /// Due timers and deadlines of connections, those left over from the last turn included.
    pub timers: usize,
    /// Whether a waker was used.
    pub woken: bool,
}

impl Turn {
    /// Whether nothing happened within the time allowed.
    pub const fn is_idle(self) -> bool {
        self.io == 0 && self.timers == 0 && !self.woken
    }
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// This many bytes, at the start of the buffer. 0 only for an empty buffer.
    Bytes(usize),
    /// The peer has finished writing. Our own direction may still be open.
    End,
    /// Nothing now: the system has nothing, or the source has used up its share of the turn. Either way it will be
    /// reported again when it is worth a try, as long as READABLE is in its interest.
    Blocked,
}

/// What a write took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// This many bytes, from the start of the buffer. 0 only for an empty buffer.
    Bytes(usize),
    /// Nothing now: the system has no room, or the source has used up its share of the turn. Add WRITABLE to the
    /// source's interest to be told when it is worth a try, and take it away once all is written.
    Blocked,
}
