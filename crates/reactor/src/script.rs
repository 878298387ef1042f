//! A system that does as it is told: the loop over a scripted poller and a clock that stands still, so that a test
//! can put any schedule before it and see the same thing twice.
//!
//! The sources are real or [`Probe`]s; what they are ready for, and when, the script says. No thread, no descriptor
//! and no second of real time is spent in a wait.
//!
//! ```
//! use std::time::Duration;
//! use barewire_reactor::script::{Probe, Script};
//! use barewire_reactor::{Config, Event, Interest, Ready};
//!
//! # fn main() -> std::io::Result<()> {
//! let script = Script::new();
//! let mut reactor = script.reactor(Config::default());
//! let probe = reactor.insert(Probe::new(), Interest::READABLE)?;
//! let deadline = reactor.timer(script.now() + Duration::from_secs(60), 7);
//! script.ready_after(Duration::from_secs(59), probe, Ready::READABLE);
//!
//! reactor.turn(None)?;
//! assert_eq!(reactor.next(), Some(Event::Io { key: probe.raw(), ready: Ready::READABLE }));
//! script.set_ready(probe, Ready::NONE);
//! reactor.turn(None)?;
//! assert_eq!(reactor.next(), Some(Event::Timer { key: deadline, tag: 7 }));
//! // Nothing is left that could ever end a wait: told as an error, where a real loop would hang.
//! assert!(reactor.turn(None).is_err());
//! # Ok(())
//! # }
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::backend::{Backend, Report};
use crate::config::Config;
use crate::interest::{Interest, Ready};
use crate::key::RawKey;
use crate::mode::Mode;
use crate::reactor::Reactor;
use crate::source::Watch;

/// A source without a descriptor, ready when a [`Script`] says so. The system's own poller refuses it.
#[derive(Debug, Default)]
pub struct Probe(());

impl Probe {
    /// A probe.
    pub const fn new() -> Self {
        Self(())
    }

    #[expect(clippy::unused_self, reason = "called like every source's")]
    pub(crate) const fn watch(&self) -> Watch<'_> {
        Watch::Nothing
    }
}

/// How often the reactor has asked for what.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Registrations.
    pub adds: u64,
    /// Changes of interest or mode.
    pub modifies: u64,
    /// Registrations taken back.
    pub deletes: u64,
    /// Waits.
    pub waits: u64,
    /// Wakes that reached the poller; merged ones do not.
    pub notifies: u64,
}

/// The handle of a scripted system. Clone it freely: all clones are one system.
#[derive(Clone)]
pub struct Script(Arc<Mutex<System>>);

struct System {
    now: Instant,
    notified: bool,
    registered: BTreeMap<usize, Registered>,
    /// What each source is, registered or not.
    states: BTreeMap<usize, Ready>,
    /// Changes of state yet to come, by time and then by number.
    schedule: BTreeMap<(Instant, u64), (usize, Ready)>,
    scheduled: u64,
    stray: Vec<Report>,
    failures: VecDeque<io::ErrorKind>,
    refuse_deletes: bool,
    /// Registrations and reports so far.
    count: u64,
    calls: Calls,
}

struct Registered {
    interest: Interest,
    mode: Mode,
    /// Whether the next look may report it: always for level, until reported for the others.
    armed: bool,
    /// When it was last reported, or else registered, by `count`.
    last: u64,
}

impl Script {
    /// A system with no sources, whose clock shows the present time and stands still.
    #[expect(clippy::new_without_default, reason = "it reads the clock")]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(System {
            now: Instant::now(),
            notified: false,
            registered: BTreeMap::new(),
            states: BTreeMap::new(),
            schedule: BTreeMap::new(),
            scheduled: 0,
            stray: Vec::new(),
            failures: VecDeque::new(),
            refuse_deletes: false,
            count: 0,
            calls: Calls::default(),
        })))
    }

    /// A reactor on this system. One script serves one reactor.
    pub fn reactor(&self, config: Config) -> Reactor {
        Reactor::over(Backend::Script(self.clone()), config)
    }

    /// The time on the script's clock.
    pub fn now(&self) -> Instant {
        self.system().now
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.system().now += by;
    }

    /// Moves the clock back, as no monotonic clock should.
    pub fn step_back(&self, by: Duration) {
        self.system().now -= by;
    }

    /// Says what a source is from now on: it stays so until said otherwise. CLOSED and ERROR make it readable and
    /// writable too, and are told whether or not anyone asked, as on epoll and poll(2).
    pub fn set_ready(&self, key: impl Into<RawKey>, ready: Ready) {
        self.system().set_ready(key.into().token(), ready);
    }

    /// The same, once the clock has moved on by `delay`; also while the reactor waits.
    pub fn ready_after(&self, delay: Duration, key: impl Into<RawKey>, ready: Ready) {
        let mut system = self.system();
        let at = (system.now + delay, system.scheduled);
        system.scheduled += 1;
        system.schedule.insert(at, (key.into().token(), ready));
    }

    /// Puts a report into the next wait as it stands, whether or not there is such a source or such an interest.
    pub fn report(&self, key: impl Into<RawKey>, ready: Ready) {
        let token = key.into().token();
        self.system().stray.push(Report::new(token, ready));
    }

    /// Lets the next wait fail.
    pub fn fail_wait(&self, kind: io::ErrorKind) {
        self.system().failures.push_back(kind);
    }

    /// Lets every deletion fail from now on, or succeed again.
    pub fn refuse_deletes(&self, refuse: bool) {
        self.system().refuse_deletes = refuse;
    }

    /// What the reactor has asked for.
    pub fn calls(&self) -> Calls {
        self.system().calls
    }

    pub(crate) fn add(&self, token: usize, interest: Interest, mode: Mode) -> io::Result<()> {
        let mut system = self.system();
        system.calls.adds += 1;
        system.count += 1;
        let registered = Registered {
            interest,
            mode,
            armed: true,
            last: system.count,
        };
        match system.registered.insert(token, registered) {
            None => Ok(()),
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    pub(crate) fn modify(&self, token: usize, interest: Interest, mode: Mode) -> io::Result<()> {
        let mut system = self.system();
        system.calls.modifies += 1;
        let registered = system
            .registered
            .get_mut(&token)
            .ok_or(io::ErrorKind::NotFound)?;
        *registered = Registered {
            interest,
            mode,
            armed: true,
            last: registered.last,
        };
        Ok(())
    }

    pub(crate) fn delete(&self, token: usize) -> io::Result<()> {
        let mut system = self.system();
        if system.refuse_deletes {
            return Err(io::Error::other("refused by the script"));
        }
        system.calls.deletes += 1;
        match system.registered.remove(&token) {
            Some(_) => Ok(()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub(crate) fn notify(&self) {
        let mut system = self.system();
        system.calls.notifies += 1;
        system.notified = true;
    }

    pub(crate) fn wait(
        &self,
        max: usize,
        reports: &mut Vec<Report>,
        deadline: Option<Instant>,
    ) -> io::Result<()> {
        let mut system = self.system();
        system.calls.waits += 1;
        if let Some(kind) = system.failures.pop_front() {
            return Err(kind.into());
        }
        loop {
            system.come_to_pass();
            let before = reports.len();
            reports.append(&mut system.stray);
            system.look(max, reports);
            // A wake is spent on the wait it ends, even where there are reports as well.
            let notified = std::mem::take(&mut system.notified);
            if notified || reports.len() > before {
                return Ok(());
            }
            let next = system.schedule.keys().next().map(|&(at, _)| at);
            match [next, deadline].into_iter().flatten().min() {
                None => {
                    return Err(io::Error::other(
                        "the script has nothing more to say, and the wait has no end",
                    ));
                }
                Some(at) if at > system.now => system.now = at,
                Some(_) => return Ok(()),
            }
        }
    }

    fn system(&self) -> MutexGuard<'_, System> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl System {
    fn set_ready(&mut self, token: usize, ready: Ready) {
        self.states.insert(token, ready);
        if let Some(registered) = self.registered.get_mut(&token)
            && registered.mode == Mode::Edge
        {
            registered.armed = true;
        }
    }

    /// Makes the scheduled changes whose time has come.
    fn come_to_pass(&mut self) {
        while let Some(entry) = self.schedule.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let (token, ready) = entry.remove();
            self.set_ready(token, ready);
        }
    }

    /// Reports registered sources, those first that were not for longest, so that a full batch does not always hold
    /// the same.
    fn look(&mut self, max: usize, reports: &mut Vec<Report>) {
        let full = reports.len() + max;
        let mut order: Vec<_> = self.registered.iter_mut().collect();
        order.sort_by_key(|(_, registered)| registered.last);
        for (&token, registered) in order {
            if reports.len() == full {
                break;
            }
            let told = registered.told(self.states.get(&token).copied().unwrap_or(Ready::NONE));
            if registered.armed && !told.is_empty() {
                registered.armed = registered.mode == Mode::Level;
                self.count += 1;
                registered.last = self.count;
                reports.push(Report::new(token, told));
            }
        }
    }
}

impl Registered {
    fn told(&self, state: Ready) -> Ready {
        let hints = state.hints();
        let state = if hints.is_empty() {
            state
        } else {
            state | Ready::READABLE | Ready::WRITABLE
        };
        state.wanted(self.interest) | hints
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let system = self.system();
        f.debug_struct("Script")
            .field("registered", &system.registered.len())
            .field("scheduled", &system.schedule.len())
            .field("calls", &system.calls)
            .finish_non_exhaustive()
    }
}
