//! Letting connections in.

use std::io;

use super::Reactor;
use super::operations::used_up;
use crate::accept::Failure;
use crate::interest::{Interest, Ready};
use crate::key::Key;
use crate::registry::unknown_source;
use crate::source::Listener;
use crate::source::sealed::Stored as _;

/// A connection that [`Reactor::admit`] has let in: its key, and the peer's address.
pub type Admitted<L> = (Key<<L as Listener>::Stream>, <L as Listener>::Address);

impl Reactor {
    /// Accepts one connection, already non-blocking and yet to be inserted. `None`: no more in this turn, because
    /// the queue is empty, [`Config::accepts_per_turn_max`] is reached, or the listener rests.
    ///
    /// Connections that died in the queue are skipped ([`Stats::accept_skipped`]). When descriptors or memory run
    /// out, one waiting connection is closed at once by means of a descriptor kept in reserve (Unix only), and the
    /// listener rests for 10 ms, doubling to 1 s until it can accept again; it resumes by itself. So a full server
    /// serves on, its queue waits, and the loop does not spin. [`Stats::accept_paused`] tells.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) once the listener is removed, otherwise an error of the listener
    /// itself, which will not go away.
    ///
    /// [`Config::accepts_per_turn_max`]: crate::Config::accepts_per_turn_max
    /// [`Stats::accept_paused`]: crate::Stats::accept_paused
    /// [`Stats::accept_skipped`]: crate::Stats::accept_skipped
    pub fn accept<L: Listener>(
        &mut self,
        key: Key<L>,
    ) -> io::Result<Option<(L::Stream, L::Address)>> {
        self.pauses.prepare();
        loop {
            let (listener, share) = self
                .registry
                .get_with_share(key)
                .ok_or_else(unknown_source)?;
            let taken = share.taken(self.turn);
            if self.pauses.is_paused(key.raw()) {
                return Ok(None);
            }
            if used_up(*taken, self.config.accepts_per_turn_max) {
                if std::mem::replace(taken, u32::MAX) != u32::MAX {
                    self.owe(key.raw(), Ready::READABLE);
                }
                return Ok(None);
            }
            *taken += 1;
            let accepted = listener.accept_one();
            let error = match accepted {
                Ok((stream, address)) => {
                    self.pauses.clear(key.raw());
                    // Some systems refuse this for a connection that is dead already.
                    if L::ACCEPTS_NONBLOCKING || stream.prepare().is_ok() {
                        self.stats.accepted += 1;
                        return Ok(Some((stream, address)));
                    }
                    self.stats.accept_skipped += 1;
                    continue;
                }
                Err(error) => error,
            };
            match Failure::of(&error) {
                Failure::Drained => return Ok(None),
                Failure::Skip => self.stats.accept_skipped += 1,
                Failure::Rest => return self.rest(key).map(|()| None),
                Failure::Fatal => return Err(error),
            }
        }
    }

    /// Accepts one connection and watches it: [`accept`](Self::accept) and [`insert`](Self::insert) in one, a system
    /// call cheaper. `None` as for `accept`.
    ///
    /// A connection that cannot be watched for want of memory or of `max_user_watches` is closed, and the listener
    /// rests, as it does when descriptors run out.
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept).
    pub fn admit<L: Listener>(
        &mut self,
        listener: Key<L>,
        interest: Interest,
    ) -> io::Result<Option<Admitted<L>>> {
        let Some((stream, address)) = self.accept(listener)? else {
            return Ok(None);
        };
        let inserted = self
            .registry
            .insert_prepared(stream, interest, &mut self.stats);
        match inserted {
            Ok(key) => Ok(Some((key, address))),
            Err(refused) => {
                drop(refused);
                self.stats.accept_shed += 1;
                self.rest(listener).map(|()| None)
            }
        }
    }

    /// Lets a listener rest, since what it would accept cannot be kept.
    fn rest<L: Listener>(&mut self, key: Key<L>) -> io::Result<()> {
        let now = self.backend().now();
        let listener = self.registry.get(key).ok_or_else(unknown_source)?;
        self.pauses.rest(listener, key.raw(), now, &mut self.stats);
        self.registry.suspend(key.raw(), &mut self.stats)
    }
}
