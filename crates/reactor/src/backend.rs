//! Who is asked for readiness and for the time: the system's poller, or a script.

#[cfg(all(
    feature = "fast-wait",
    target_os = "linux",
    not(polling_test_poll_backend)
))]
pub(crate) mod fast_wait;
#[cfg(not(all(
    feature = "fast-wait",
    target_os = "linux",
    not(polling_test_poll_backend)
)))]
#[path = "backend/plain_wait.rs"]
pub(crate) mod fast_wait;

use std::io;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use polling::{Events, Poller};

use crate::interest::{Interest, Ready};
use crate::key::RawKey;
use crate::mode::Mode;
#[cfg(any(test, feature = "script"))]
use crate::script::Script;
use crate::source::Watch;

/// One report of the backend, not yet handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) index: u32,
    /// 0 where a poller's token has room for the index only, until [`Registry::identify`] has said whose it is.
    ///
    /// [`Registry::identify`]: crate::registry::Registry::identify
    pub(crate) generation: u32,
    pub(crate) told: Ready,
}

impl Report {
    pub(crate) const fn new(token: usize, told: Ready) -> Self {
        Self {
            index: token as u32,
            generation: (token as u64 >> 32) as u32,
            told,
        }
    }

    pub(crate) const fn of(key: RawKey, told: Ready) -> Self {
        Self {
            index: key.slot(),
            generation: key.generation().get(),
            told,
        }
    }

    pub(crate) const fn is_of(self, key: RawKey) -> bool {
        self.index == key.slot() && self.generation == key.generation().get()
    }
}

/// The system's poller.
pub(crate) struct System {
    // Dropped first, so that it never knows of a counter that is closed.
    pub(crate) poller: Poller,
    pub(crate) counter: fast_wait::Counter,
}

/// What one wait of the system's poller fills.
pub(crate) struct Room {
    events: Events,
    fast: fast_wait::Room,
}

impl Room {
    pub(crate) fn new(events_max: NonZeroUsize) -> Self {
        Self {
            events: Events::with_capacity(events_max),
            fast: fast_wait::Room::new(events_max.get()),
        }
    }
}

/// Where readiness and time come from.
#[cfg_attr(
    all(windows, any(test, feature = "script")),
    expect(
        clippy::large_enum_variant,
        reason = "there is one, and it is never a script outside of tests"
    )
)]
pub(crate) enum Backend {
    System(System),
    #[cfg(any(test, feature = "script"))]
    Script(Script),
}

impl Backend {
    pub(crate) fn system() -> io::Result<Self> {
        let poller = Poller::new()?;
        if !poller.supports_level() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "this system offers no level-triggered readiness (illumos and Solaris do not)",
            ));
        }
        let mut counter = fast_wait::Counter::new()?;
        crate::registry::watch_counter(&poller, &counter)?;
        counter.prove(&poller)?;
        Ok(Self::System(System { poller, counter }))
    }

    /// Whether it is the system's, with the system's oddities.
    pub(crate) const fn is_system(&self) -> bool {
        matches!(self, Self::System(_))
    }

    /// The monotonic clock.
    pub(crate) fn now(&self) -> Instant {
        match self {
            Self::System(_) => Instant::now(),
            #[cfg(any(test, feature = "script"))]
            Self::Script(script) => script.now(),
        }
    }

    pub(crate) fn supports_edge(&self) -> bool {
        match self {
            Self::System(system) => system.poller.supports_edge(),
            #[cfg(any(test, feature = "script"))]
            Self::Script(_) => true,
        }
    }

    /// Ends the present wait, or else the next one.
    pub(crate) fn notify(&self) {
        match self {
            Self::System(system) => system.notify(),
            #[cfg(any(test, feature = "script"))]
            Self::Script(script) => script.notify(),
        }
    }

    /// Changes what a registered source is watched for.
    pub(crate) fn modify(
        &self,
        watch: &Watch<'_>,
        token: usize,
        interest: Interest,
        mode: Mode,
    ) -> io::Result<()> {
        match (self, watch) {
            (Self::System(system), Watch::Descriptor(descriptor)) => system
                .poller
                .modify_with_mode(descriptor, interest.request(token), mode.poll_mode()),
            #[cfg(any(test, feature = "script"))]
            (Self::Script(script), _) => script.modify(token, interest, mode),
            _ => Ok(()),
        }
    }

    /// Forgets a registered source; fine if it is not there.
    pub(crate) fn delete(&self, watch: &Watch<'_>, token: usize) -> io::Result<()> {
        let _ = token;
        let deleted = match (self, watch) {
            (Self::System(system), Watch::Descriptor(descriptor)) => {
                system.poller.delete(descriptor)
            }
            #[cfg(any(test, feature = "script"))]
            (Self::Script(script), _) => script.delete(token),
            _ => Ok(()),
        };
        match deleted {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    /// Waits for a report, a wake or the deadline, and adds what there is to `reports`.
    pub(crate) fn wait(
        &self,
        room: &mut Room,
        reports: &mut Vec<Report>,
        deadline: Option<Instant>,
    ) -> io::Result<()> {
        match self {
            Self::System(system) => system.wait(room, reports, deadline),
            #[cfg(any(test, feature = "script"))]
            Self::Script(script) => script.wait(room.events.capacity().get(), reports, deadline),
        }
    }
}

impl System {
    fn notify(&self) {
        self.counter.ring(&self.poller);
    }

    fn wait(
        &self,
        room: &mut Room,
        reports: &mut Vec<Report>,
        deadline: Option<Instant>,
    ) -> io::Result<()> {
        if fast_wait::wait((&self.poller, &self.counter), &room.fast, reports, deadline)? {
            return Ok(());
        }
        let (poller, events) = (&self.poller, &mut room.events);
        events.clear();
        let waited = match deadline {
            Some(deadline) => poller.wait_deadline(events, deadline),
            None => poller.wait(events, None),
        };
        match waited {
            // The poll(2) backend has seen a wake whose byte is still on its way. It is the bits of the wakers that
            // count; but until a wait succeeds, the poller would swallow the next wake.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                events.clear();
                poller.wait(events, Some(Duration::ZERO))?
            }
            waited => waited?,
        };
        let sources = events
            .iter()
            .filter(|event| event.key != fast_wait::COUNTER_KEY);
        reports.extend(sources.map(|event| Report::new(event.key, Ready::told(&event))));
        Ok(())
    }
}
