//! The loop: wait, then hand out what there is, one event at a time.

mod accepting;
mod operations;

pub use accepting::Admitted;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::io;
use std::net::TcpStream;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::accept::Pauses;
use crate::backend::{Backend, Report, Room};
use crate::config::Config;
use crate::connect::{ConnectError, Connects, verdict};
use crate::event::{Event, Turn};
use crate::interest::{Interest, Ready};
use crate::key::{Key, RawKey, TimerKey};
use crate::mode::Mode;
use crate::net::Connecting;
use crate::registry::{Registry, Told};
#[cfg(unix)]
use crate::source::{Descriptor, Watch};
use crate::source::{InsertError, Source};
use crate::stats::Stats;
use crate::timers::Timers;
use crate::trace::event;
use crate::waker::{Shared, Waker};

/// One wait is cut to this, and taken up again: some systems refuse a time-out of many years.
const WAIT_MAX: Duration = Duration::from_secs(86_400);

/// With kqueue, to this, even where there is no time-out: it bounds the harm of a wake that a signal swallowed inside
/// the poller (known for polling 3.11).
const KQUEUE_WAIT_MAX: Duration = Duration::from_millis(500);

const KQUEUE: bool = cfg!(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
));

/// The poll(2) backend answers a wake without looking at any source, so a storm of wakes would hide them all.
const WAKE_HIDES_IO: bool = cfg!(polling_test_poll_backend)
    || !(KQUEUE
        || cfg!(any(
            target_os = "linux",
            target_os = "android",
            target_os = "redox",
            windows
        )));

/// A readiness loop that owns what it watches. See the [crate documentation](crate) for its contract.
///
/// It belongs to one thread at a time and may be moved between threads. To use several cores, make one per thread.
pub struct Reactor {
    // Dropped in this order; the registry takes every source from the poller first.
    registry: Registry,
    room: Room,
    reports: Vec<Report>,
    /// The first of `reports` not yet handed out.
    report: usize,
    /// Sources that will be reported in the next turn because the system will not do it again.
    owed: Vec<Report>,
    timers: Timers,
    connects: Connects,
    pauses: Pauses,
    woken: bool,
    now: Instant,
    /// The low bits of the number of turns, which tell the shares of one turn from those of the next.
    turn: u32,
    config: Config,
    stats: Stats,
}

impl Reactor {
    /// A reactor with the default [`Config`].
    ///
    /// # Errors
    ///
    /// Those of [`with_config`](Self::with_config).
    pub fn new() -> io::Result<Self> {
        Self::with_config(Config::default())
    }

    /// A reactor with sizes and shares of one's own.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) on systems without level-triggered readiness (illumos, Solaris);
    /// otherwise the system's reason for refusing a poller, mostly a lack of descriptors (epoll takes three).
    pub fn with_config(config: Config) -> io::Result<Self> {
        Ok(Self::over(Backend::system()?, config))
    }

    pub(crate) fn over(backend: Backend, config: Config) -> Self {
        let events_max = NonZeroUsize::new(config.events_per_turn_max).unwrap_or(NonZeroUsize::MIN);
        let now = backend.now();
        Self {
            registry: Registry::new(Arc::new(Shared::new(backend))),
            room: Room::new(events_max),
            reports: Vec::with_capacity(events_max.get()),
            report: 0,
            owed: Vec::new(),
            timers: Timers::new(now),
            connects: Connects::new(now),
            pauses: Pauses::new(),
            woken: false,
            now,
            turn: 0,
            config,
            stats: Stats::default(),
        }
    }

    /// A handle by which any thread can make [`turn`](Self::turn) return.
    pub fn waker(&self) -> Waker {
        Waker::new(Arc::clone(self.registry.shared()))
    }

    /// Takes a source in, makes it non-blocking and watches it for `interest`.
    ///
    /// A TCP stream should be connected: systems report any other as hung up. One to be connected goes to
    /// [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// The system's reason, with the source given back: mostly out of memory or of `max_user_watches`
    /// ([epoll(7)](https://man7.org/linux/man-pages/man7/epoll.7.html)).
    pub fn insert<S: Source>(
        &mut self,
        source: S,
        interest: Interest,
    ) -> Result<Key<S>, InsertError<S>> {
        self.insert_with(source, interest, Mode::Level)
    }

    /// [`insert`](Self::insert) in another [`Mode`].
    ///
    /// # Errors
    ///
    /// Those of [`insert`](Self::insert), and [`Unsupported`](io::ErrorKind::Unsupported) for [`Mode::Edge`] on a system
    /// without it (Windows, poll(2)) or a source without a descriptor (a channel).
    pub fn insert_with<S: Source>(
        &mut self,
        source: S,
        interest: Interest,
        mode: Mode,
    ) -> Result<Key<S>, InsertError<S>> {
        self.registry
            .insert(source, interest, mode, &mut self.stats)
    }

    /// Whether this system has [`Mode::Edge`]: epoll and kqueue do.
    pub fn supports_edge(&self) -> bool {
        self.registry.shared().backend.supports_edge()
    }

    /// Takes in a connection under way ([`TcpConnect::start`](crate::net::TcpConnect::start)) and says by one
    /// [`Event::Connect`] what has become of it, at `deadline` at the latest.
    ///
    /// Until then no other event bears its key. Once it stands it is watched for `interest`; when it fails the stream
    /// is closed and the key dead. Removing it first means that no verdict comes.
    ///
    /// # Errors
    ///
    /// Those of [`insert`](Self::insert), with the stream given back, which is of little use then.
    pub fn connect(
        &mut self,
        connecting: Connecting,
        interest: Interest,
        deadline: Instant,
    ) -> Result<Key<TcpStream>, InsertError<TcpStream>> {
        let stream = connecting.into_stream();
        let key = self
            .registry
            .insert_connecting(stream, interest, &mut self.stats)?;
        self.connects.begin(key.raw(), deadline);
        Ok(key)
    }

    /// The source, for everything std does through a shared reference. `None` once it is removed, and for a key of
    /// another type.
    ///
    /// Reads and writes made on it directly are not counted towards its share of the turn.
    pub fn get<S: Source>(&self, key: Key<S>) -> Option<&S> {
        self.registry.get(key)
    }

    /// The descriptor of a source, whatever its type (`fileno` in C): to be logged, or passed to a system call
    /// that this crate knows nothing of. `None` once the source is removed, and for one without a descriptor (a
    /// channel).
    #[cfg(unix)]
    pub fn descriptor(&self, key: impl Into<RawKey>) -> Option<Descriptor<'_>> {
        match self.registry.watch(key.into())? {
            Watch::Descriptor(descriptor) => Some(descriptor),
            _ => None,
        }
    }

    /// What the source is watched for, as last asked: NONE after the report of a [`Mode::Oneshot`] source. `None` once
    /// it is removed.
    pub fn interest(&self, key: impl Into<RawKey>) -> Option<Interest> {
        self.registry.interest(key.into())
    }

    /// Changes what a source is watched for. The same interest again costs no system call.
    ///
    /// [`Interest::NONE`] pauses a source. A paused source whose peer resets or hangs up is taken from the poller
    /// at the first report, since the system would repeat it without end, and its owner is told by one event that
    /// has hints only, [`Ready::CLOSED`] or [`Ready::ERROR`] (no event at all where the system tells no hints:
    /// kqueue, Windows). Any further interest puts it back: then it is reported readable, and a read tells the rest.
    /// The same happens to one that is watched for PRIORITY alone; its interest is NONE after that event.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) once the source is removed, otherwise the system's reason; the interest
    /// is then as before.
    pub fn set_interest(&mut self, key: impl Into<RawKey>, interest: Interest) -> io::Result<()> {
        self.registry
            .set_interest(key.into(), interest, &mut self.stats)
    }

    /// Takes a source out and gives it back, still non-blocking. No event will bear its key.
    ///
    /// `None` if it was removed before, for a key of another type, and in the one case where the system
    /// refuses to forget the descriptor; then the source is leaked and counted in [`Stats::leaked`].
    pub fn remove<S: Source>(&mut self, key: Key<S>) -> Option<S> {
        self.registry.get(key)?;
        self.pauses.clear(key.raw());
        self.connects.end(key.raw());
        self.registry.remove(key, &mut self.stats)
    }

    /// Takes a source out, whatever its type, and closes it. Whether it was there. No event will bear its key.
    ///
    /// For those who have the key of an event and want to be rid of its source; [`remove`](Self::remove) gives the
    /// source back.
    pub fn close(&mut self, key: impl Into<RawKey>) -> bool {
        let key = key.into();
        self.pauses.clear(key);
        self.connects.end(key);
        self.registry.close(key, &mut self.stats)
    }

    /// How many sources are held.
    pub const fn source_count(&self) -> usize {
        self.registry.len()
    }

    /// Arms a timer: [`Event::Timer`] with `tag` comes in the first turn that ends at or after `at`, never before.
    ///
    /// Equal deadlines fire in the order they were armed. An instant that has passed fires in the next turn, so
    /// arming for now while handling a timer cannot keep the loop from its sources. One centuries away never fires.
    ///
    /// `Instant` stands still while some systems sleep (Linux, macOS): so do timers.
    pub fn timer(&mut self, at: Instant, tag: u64) -> TimerKey {
        self.timers.arm(at, tag)
    }

    /// Disarms a timer. Whether it was still armed; if so its event will not come, even when it is due already.
    pub fn cancel(&mut self, timer: TimerKey) -> bool {
        self.timers.cancel(timer)
    }

    /// Moves a timer's deadline. Whether it was still armed; a timer that has fired stays dead.
    ///
    /// A later deadline costs a few nanoseconds however many timers there are, which suits a time-out that is put
    /// off at every byte. A sooner one costs as much as arming, and gives up the timer's place among its equals.
    pub fn postpone(&mut self, timer: TimerKey, at: Instant) -> bool {
        self.timers.postpone(timer, at)
    }

    /// How many timers are armed.
    pub const fn timer_count(&self) -> usize {
        self.timers.len()
    }

    /// The time, read once when the last [`turn`](Self::turn) ended. Never runs backwards.
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// What has been done so far.
    pub const fn stats(&self) -> Stats {
        self.stats
    }

    /// Waits until there is something to see to, or until `max_wait` has passed. `None` waits for as long as it takes;
    /// [`Duration::ZERO`] only looks.
    ///
    /// Take the events with [`next`](Self::next). What was not taken by the next turn is not lost: timers and
    /// wakes are kept, and sources that are still ready are reported again.
    ///
    /// # Errors
    ///
    /// The system's, when the wait itself fails. Nothing is lost by it. A signal is not an error: the wait goes on.
    pub fn turn(&mut self, max_wait: Option<Duration>) -> io::Result<Turn> {
        self.stats.turns += 1;
        self.turn = self.turn.wrapping_add(1);
        self.keep_what_will_not_come_again();
        // A limit beyond the range of Instant is none.
        let limit = max_wait.and_then(|wait| self.backend().now().checked_add(wait));
        loop {
            self.wait(limit)?;
            self.woken |= self.registry.shared().take_pending();
            self.registry.collect_bells(&mut self.reports);
            self.timers.expire(self.now);
            self.connects.expire(self.now);
            self.pauses
                .resume(self.now, &mut self.registry, &mut self.stats);
            let turn = Turn {
                io: self.reports.len(),
                timers: self.timers.due_len() + self.connects.due_len(),
                woken: self.woken,
            };
            event!(
                TRACE,
                io = turn.io,
                timers = turn.timers,
                woken = turn.woken,
                "wait over"
            );
            if !turn.is_idle() || limit.is_some_and(|limit| limit <= self.now) {
                return Ok(turn);
            }
        }
    }

    /// Level-triggered sources are reported again by the system; of others, the reports not taken are kept.
    fn keep_what_will_not_come_again(&mut self) {
        let taken = std::mem::take(&mut self.report);
        if taken < self.reports.len() {
            self.reports.drain(..taken);
            self.reports.retain(|report| {
                let mode = self.registry.mode_of(*report);
                mode.is_some_and(|mode| mode != Mode::Level)
            });
        } else {
            self.reports.clear();
        }
        self.reports.append(&mut self.owed);
        self.merge_reports();
    }

    /// Leaves one report for each source, where its first was, so that however many turns go by untaken there are
    /// no more than sources.
    fn merge_reports(&mut self) {
        if self.reports.len() < 2 {
            return;
        }
        let mut places: HashMap<(u32, u32), usize> = HashMap::with_capacity(self.reports.len());
        let mut kept: Vec<Report> = Vec::with_capacity(self.reports.len());
        for report in self.reports.drain(..) {
            match places.entry((report.index, report.generation)) {
                Entry::Occupied(place) => kept[*place.get()].told |= report.told,
                Entry::Vacant(place) => {
                    place.insert(kept.len());
                    kept.push(report);
                }
            }
        }
        self.reports.append(&mut kept);
    }

    /// The next event of this turn: first the wake, then timers, then sources, then connections whose deadline has
    /// passed. `None` ends the turn.
    ///
    /// Each event is checked when it is taken, not when it was reported: handlers may remove, replace and pause
    /// any source and cancel any timer, and what they did away with does not come.
    #[expect(
        clippy::should_implement_trait,
        reason = "a loop over an Iterator would hold the reactor that its handlers need"
    )]
    pub fn next(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.woken) {
            self.stats.woken_events += 1;
            return Some(Event::Woken);
        }
        if let Some(due) = self.timers.pop_due() {
            self.stats.timer_events += 1;
            if self.now.saturating_duration_since(due.at) >= Stats::LATE {
                self.stats.timers_late += 1;
                event!(DEBUG, tag = due.tag, late = ?self.now - due.at, "a timer is late");
            }
            let (key, tag) = (due.key, due.tag);
            return Some(Event::Timer { key, tag });
        }
        while let Some(&report) = self.reports.get(self.report) {
            self.report += 1;
            match self.registry.deliver(report, &mut self.stats) {
                Some((key, Told::Ready(ready))) => {
                    self.stats.io_events += 1;
                    return Some(Event::Io { key, ready });
                }
                Some((key, Told::Connecting(told))) => {
                    if let Some(event) = self.judge(key, told) {
                        return Some(event);
                    }
                }
                None => {}
            }
        }
        let (key, error) = self.connects.pop_due()?;
        Some(self.connected(key, Err(error)))
    }

    /// What a report says of a connection under way, if it is decided.
    fn judge(&mut self, key: RawKey, told: Ready) -> Option<Event> {
        let stream = self.registry.get(key.typed::<TcpStream>())?;
        let result = verdict(stream, told)?;
        self.connects.end(key);
        Some(self.connected(key, result))
    }

    /// The one verdict on a connection.
    fn connected(&mut self, key: RawKey, result: Result<(), ConnectError>) -> Event {
        let result = result.and_then(|()| Ok(self.registry.connected(key, &mut self.stats)?));
        if result.is_ok() {
            self.stats.connected += 1;
        } else {
            self.stats.connect_failed += 1;
            drop(
                self.registry
                    .remove(key.typed::<TcpStream>(), &mut self.stats),
            );
        }
        event!(DEBUG, ?key, ?result, "connection decided");
        Event::Connect { key, result }
    }

    /// One wait, no longer than until `limit`, the next timer, or the end of a listener's rest.
    fn wait(&mut self, limit: Option<Instant>) -> io::Result<()> {
        let at_hand = self.woken
            || !self.reports.is_empty()
            || self.timers.due_len() > 0
            || self.connects.due_len() > 0
            || self.registry.shared().is_pending()
            || self.registry.any_bell();
        if at_hand {
            self.poll(Some(self.now))?;
        } else {
            let ends = [
                limit,
                self.timers.next_deadline(),
                self.connects.next_deadline(),
                self.pauses.next_deadline(),
            ];
            let end = ends.into_iter().flatten().min();
            let kqueue = KQUEUE && self.backend().is_system();
            let max = if kqueue { KQUEUE_WAIT_MAX } else { WAIT_MAX };
            let cut = if kqueue || end.is_some() {
                self.now.checked_add(max)
            } else {
                None
            };
            self.poll(end.into_iter().chain(cut).min())?;
        }
        // The bits of the wakers are still set here, so none of them can cut this second look short.
        let hidden = WAKE_HIDES_IO && self.backend().is_system() && self.reports.is_empty();
        if hidden && self.registry.shared().is_pending() {
            self.poll(Some(self.now))?;
        }
        self.now = self.now.max(self.backend().now());
        Ok(())
    }

    fn poll(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        self.stats.waits += 1;
        let kept = self.reports.len();
        let backend = &self.registry.shared().backend;
        let waited = backend.wait(&mut self.room, &mut self.reports, deadline);
        self.registry.identify(&mut self.reports[kept..]);
        waited
    }

    fn backend(&self) -> &Backend {
        &self.registry.shared().backend
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactor")
            .field("sources", &self.source_count())
            .field("timers", &self.timer_count())
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_of_unknown_sources_are_counted_and_dropped() {
        let mut reactor = Reactor::new().unwrap();
        for token in [0, 7, usize::MAX - 1] {
            reactor.reports.push(Report::new(token, Ready::READABLE));
        }
        assert_eq!(reactor.next(), None);
        assert_eq!(reactor.stats().stale_dropped, 3);
    }

    #[test]
    fn two_reports_for_one_source_are_two_events() {
        let mut reactor = Reactor::new().unwrap();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let key = reactor
            .insert(socket, Interest::READABLE | Interest::WRITABLE)
            .unwrap()
            .raw();
        reactor.turn(None).unwrap();
        reactor.reports = vec![
            Report::of(key, Ready::READABLE),
            Report::of(key, Ready::WRITABLE),
        ];
        assert_eq!(
            reactor.next(),
            Some(Event::Io {
                key,
                ready: Ready::READABLE
            })
        );
        assert_eq!(
            reactor.next(),
            Some(Event::Io {
                key,
                ready: Ready::WRITABLE
            })
        );
        assert_eq!(reactor.next(), None);
    }
}
