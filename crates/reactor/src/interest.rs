//! What is asked for and what is told: two small flag sets.

use std::fmt;
use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Not, Sub, SubAssign};

macro_rules! flag_set {
    ($(#[$doc:meta])* $name:ident { $($(#[$flag_doc:meta])* $flag:ident = $bit:expr;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $name(u8);

        impl $name {
            /// The empty set.
            pub const NONE: Self = Self(0);
            $($(#[$flag_doc])* pub const $flag: Self = Self($bit);)+
            const ALL: u8 = $($bit)|+;

            /// Whether every flag of `other` is in this set. The empty set is in every set.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether at least one flag of `other` is in this set.
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// Whether no flag is set.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Both sets together; what `|` does, for constants.
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl BitOr for $name {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl BitOrAssign for $name {
            fn bitor_assign(&mut self, other: Self) {
                self.0 |= other.0;
            }
        }

        impl BitAnd for $name {
            type Output = Self;
            fn bitand(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }
        }

        impl BitAndAssign for $name {
            fn bitand_assign(&mut self, other: Self) {
                self.0 &= other.0;
            }
        }

        /// The flags of the left set that are not in the right one.
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }
        }

        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                self.0 &= !other.0;
            }
        }

        /// Every defined flag that is not in this set.
        impl Not for $name {
            type Output = Self;
            fn not(self) -> Self {
                Self(!self.0 & Self::ALL)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut separator = "";
                for (flag, name) in [$((Self::$flag, stringify!($flag))),+] {
                    if self.contains(flag) {
                        write!(f, "{separator}{name}")?;
                        separator = " | ";
                    }
                }
                if self.is_empty() { f.write_str("NONE") } else { Ok(()) }
            }
        }
    };
}

flag_set! {
    /// What the owner of a source wants to be told about.
    ///
    /// ```
    /// use barewire_reactor::Interest;
    ///
    /// let mut interest = Interest::READABLE;
    /// interest |= Interest::WRITABLE;
    /// assert_eq!(format!("{interest:?}"), "READABLE | WRITABLE");
    /// interest -= Interest::READABLE;
    /// assert_eq!(interest, Interest::WRITABLE);
    /// ```
    ///
    /// [`Interest::NONE`] pauses a source; see [`set_interest`](crate::Reactor::set_interest).
    Interest {
        /// A read, an accept or a receive would not block.
        READABLE = 1;
        /// A write or a send would not block, or a connect has been decided.
        WRITABLE = 2;
        /// Out-of-band data has arrived (`POLLPRI`, [poll(2)]).
        ///
        /// It stays pending until it is received with `MSG_OOB` or the stream is read past its mark.
        /// kqueue has no such event: there this flag never fires. The poll(2) backend and Windows tell it only to
        /// those who ask for READABLE as well (Windows: or for WRITABLE).
        ///
        /// [poll(2)]: https://man7.org/linux/man-pages/man2/poll.2.html
        PRIORITY = 4;
    }
}

flag_set! {
    /// What a source was found to be.
    ///
    /// The first three are only told when they were asked for, the last two whenever the system says so.
    /// All five are hints: the read, write or accept that follows is the truth, and it may well find nothing.
    Ready {
        /// A read, an accept or a receive is worth a try. Also set for end of stream and for errors.
        READABLE = 1;
        /// A write is worth a try, or a connect has been decided. Also set for errors.
        WRITABLE = 2;
        /// Out-of-band data is waiting.
        PRIORITY = 4;
        /// Both directions are shut (`POLLHUP`). Never told by kqueue. A read that returns
        /// [`Input::End`](crate::Input::End) is the only proof that the peer has finished.
        CLOSED = 8;
        /// An error is waiting on the socket (`POLLERR`); the next operation or
        /// `take_error` yields it. Never told by kqueue.
        ERROR = 16;
    }
}

impl Interest {
    /// This interest where `wanted`, otherwise none: `Interest::READABLE | Interest::WRITABLE.when(!unsent.is_empty())`.
    #[must_use]
    pub const fn when(self, wanted: bool) -> Self {
        if wanted { self } else { Self::NONE }
    }

    /// The interest in the poller's words.
    pub(crate) fn request(self, token: usize) -> polling::Event {
        let mut event = polling::Event::new(
            token,
            self.contains(Self::READABLE),
            self.contains(Self::WRITABLE),
        );
        event.set_priority(self.contains(Self::PRIORITY));
        // Systems that tell hang-ups unasked do so anyway; Windows would otherwise swallow the report of a reset
        // socket inside the wait, again and again.
        event.set_interrupt(!self.intersects(Self::READABLE.union(Self::WRITABLE)));
        event
    }
}

impl Ready {
    const HINTS: Self = Self(Self::CLOSED.0 | Self::ERROR.0);

    /// The poller's answer in our words.
    pub(crate) fn told(event: &polling::Event) -> Self {
        let mut ready = Self::NONE;
        let mut set = |flag: Self, on: bool| {
            if on {
                ready |= flag;
            }
        };
        set(Self::READABLE, event.readable);
        set(Self::WRITABLE, event.writable);
        set(Self::PRIORITY, event.is_priority());
        set(Self::CLOSED, event.is_interrupt());
        set(Self::ERROR, event.is_err() == Some(true));
        ready
    }

    /// The part that was asked for. The three bits mean the same in both sets.
    pub(crate) const fn wanted(self, interest: Interest) -> Self {
        Self(self.0 & interest.0)
    }

    /// The part that is told whether or not it was asked for.
    pub(crate) const fn hints(self) -> Self {
        Self(self.0 & Self::HINTS.0)
    }

    /// Whether a read, an accept or a receive is worth a try.
    pub const fn is_readable(self) -> bool {
        self.contains(Self::READABLE)
    }

    /// Whether a write is worth a try.
    pub const fn is_writable(self) -> bool {
        self.contains(Self::WRITABLE)
    }

    /// Whether out-of-band data is waiting.
    pub const fn is_priority(self) -> bool {
        self.contains(Self::PRIORITY)
    }

    /// Whether the system hints that both directions are shut.
    pub const fn is_closed(self) -> bool {
        self.contains(Self::CLOSED)
    }

    /// Whether the system hints that an error is waiting.
    pub const fn is_error(self) -> bool {
        self.contains(Self::ERROR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ready: Ready, expected: &str) {
        assert_eq!(format!("{ready:?}"), expected);
    }

    #[test]
    fn debug_names_the_flags() {
        check(Ready::NONE, "NONE");
        check(Ready::ERROR, "ERROR");
        check(Ready::CLOSED | Ready::READABLE, "READABLE | CLOSED");
        check(
            !Ready::NONE,
            "READABLE | WRITABLE | PRIORITY | CLOSED | ERROR",
        );
    }

    #[test]
    fn operators_are_set_operators() {
        let both = Interest::READABLE | Interest::WRITABLE;
        assert_eq!(both & Interest::READABLE, Interest::READABLE);
        assert_eq!(both - Interest::READABLE, Interest::WRITABLE);
        assert_eq!(!both, Interest::PRIORITY);
        assert_eq!(Interest::READABLE.union(Interest::WRITABLE), both);
        assert!(both.contains(Interest::NONE));
        assert!(!both.intersects(Interest::NONE));
        assert!(!Interest::READABLE.contains(both));
        let mut set = both;
        set &= Interest::WRITABLE;
        set |= Interest::PRIORITY;
        set -= Interest::WRITABLE;
        assert_eq!(set, Interest::PRIORITY);
    }

    #[test]
    fn an_interest_on_a_condition() {
        let interest = Interest::READABLE | Interest::WRITABLE.when(false);
        assert_eq!(interest, Interest::READABLE);
        assert_eq!(Interest::WRITABLE.when(true), Interest::WRITABLE);
    }

    #[test]
    fn the_poller_answer_keeps_its_directions() {
        assert_eq!(Ready::told(&polling::Event::none(0)), Ready::NONE);
        assert_eq!(Ready::told(&polling::Event::readable(0)), Ready::READABLE);
        assert_eq!(
            Ready::told(&polling::Event::all(0)),
            Ready::READABLE | Ready::WRITABLE
        );
    }

    #[test]
    fn wanted_and_hints_split_a_report() {
        let report = Ready::READABLE | Ready::WRITABLE | Ready::CLOSED;
        assert_eq!(report.wanted(Interest::WRITABLE), Ready::WRITABLE);
        assert_eq!(report.wanted(Interest::NONE), Ready::NONE);
        assert_eq!(report.hints(), Ready::CLOSED);
    }
}
