//! The sources and their registrations, kept in step: the one module with an `unsafe` block.
//!
//! `polling` asks whoever adds a descriptor to delete it before closing it. Here nobody else can close one: the
//! registry owns every source, hands out `&S` only, and each of the three ways out ([`Registry::insert`] failing,
//! [`Registry::remove`], dropping the registry) goes through [`forget`], which closes nothing it could not delete.

#![expect(
    unsafe_code,
    reason = "Poller::add is unsafe; this module upholds its contract for its users"
)]

use std::io;
use std::sync::Arc;

use polling::Poller;

use crate::backend::fast_wait::{COUNTER_KEY, Counter};
use crate::backend::{Backend, Report};
use crate::interest::{Interest, Ready};
use crate::key::{Key, RawKey};
use crate::mode::{Mode, no_edges};
use crate::slots::Slots;
use crate::source::bell::Bell;
use crate::source::{AnySource, Descriptor, InsertError, Source, Watch};
use crate::stats::Stats;
use crate::trace::event;
use crate::waker::Shared;

/// What is known about one source.
struct Held {
    source: AnySource,
    /// What the owner wants, whether or not it is registered now.
    interest: Interest,
    mode: Mode,
    registration: Registration,
    share: Share,
}

/// How the poller sees a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Registration {
    /// Known to the poller, with the owner's interest.
    Live,
    /// Known to the poller as writable only, until its connection is decided.
    Connecting,
    /// Unknown to the poller until the owner's interest changes.
    Detached,
    /// Unknown to the poller until [`Registry::unsuspend`], whatever the interest.
    Suspended,
    /// Has no descriptor that the poller could know; a bell tells.
    Bell,
}

/// What a report means for its owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    Ready(Ready),
    /// The connection is worth a look.
    Connecting(Ready),
}

/// A source's use of its share of the turn.
#[derive(Clone, Copy, Default)]
pub(crate) struct Share {
    turn: u32,
    taken: u32,
    given: u32,
}

impl Share {
    /// The counters for `turn`, started afresh if they are of an earlier one.
    const fn at(&mut self, turn: u32) -> &mut Self {
        if self.turn != turn {
            *self = Self {
                turn,
                taken: 0,
                given: 0,
            };
        }
        self
    }

    /// What went in this turn: bytes read, or connections accepted.
    pub(crate) const fn taken(&mut self, turn: u32) -> &mut u32 {
        &mut self.at(turn).taken
    }

    /// What went out this turn: bytes written.
    pub(crate) const fn given(&mut self, turn: u32) -> &mut u32 {
        &mut self.at(turn).given
    }
}

// Ten thousand idle connections should cost the loop no more than 400 kB.
#[cfg(unix)]
const _: () = assert!(crate::slots::slot_bytes::<Held>() <= 40);

pub(crate) struct Registry {
    slots: Slots<Held>,
    /// The sources without a descriptor, few or none.
    bells: Vec<(RawKey, Arc<Bell>)>,
    oddity: Oddity,
    shared: Arc<Shared>,
}

/// On Windows the poller goes on asking for failed connects of a socket that is watched for neither direction, and
/// one that has failed answers at once, for ever, inside the wait. So there the poller does not get to know of such an
/// interest.
#[derive(Clone, Copy)]
struct Oddity(bool);

impl Oddity {
    fn of(backend: &Backend) -> Self {
        Self(cfg!(windows) && backend.is_system())
    }

    const fn must_detach(self, interest: Interest) -> bool {
        self.0 && !interest.intersects(Interest::READABLE.union(Interest::WRITABLE))
    }
}

impl Registry {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            slots: Slots::new(),
            bells: Vec::new(),
            oddity: Oddity::of(&shared.backend),
            shared,
        }
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) const fn len(&self) -> usize {
        self.slots.len()
    }

    /// Takes a source in and registers it.
    pub(crate) fn insert<S: Source>(
        &mut self,
        source: S,
        interest: Interest,
        mode: Mode,
        stats: &mut Stats,
    ) -> Result<Key<S>, InsertError<S>> {
        match source.prepare() {
            Ok(()) => self.take_in(source, interest, mode, Registration::Detached, stats),
            Err(error) => Err(InsertError { source, error }),
        }
    }

    /// Takes in a source that is non-blocking and fit to be watched, as what was just accepted is.
    pub(crate) fn insert_prepared<S: Source>(
        &mut self,
        source: S,
        interest: Interest,
        stats: &mut Stats,
    ) -> Result<Key<S>, InsertError<S>> {
        let detached = Registration::Detached;
        self.take_in(source, interest, Mode::Level, detached, stats)
    }

    /// Takes in a stream that is not connected yet: it is watched for the outcome first, for `interest` afterwards.
    pub(crate) fn insert_connecting<S: Source>(
        &mut self,
        source: S,
        interest: Interest,
        stats: &mut Stats,
    ) -> Result<Key<S>, InsertError<S>> {
        self.take_in(
            source,
            interest,
            Mode::Level,
            Registration::Connecting,
            stats,
        )
    }

    fn take_in<S: Source>(
        &mut self,
        source: S,
        interest: Interest,
        mode: Mode,
        registration: Registration,
        stats: &mut Stats,
    ) -> Result<Key<S>, InsertError<S>> {
        let held = Held {
            source: source.pack(),
            interest,
            mode,
            registration,
            share: Share::default(),
        };
        let (held, error) = match self.slots.insert(held) {
            Err(held) => (held, io::Error::other("all 2^32 source indices are taken")),
            Ok(raw) => match self.begin(raw, stats) {
                Ok(()) => return Ok(raw.typed()),
                // Never registered, so it is the caller's to close.
                Err(error) => match self.slots.remove(raw) {
                    Some(held) => (held, error),
                    None => unreachable!("inserted above"),
                },
            },
        };
        match S::unpack(held.source) {
            Ok(source) => Err(InsertError { source, error }),
            Err(_) => unreachable!("stored above as this type"),
        }
    }

    /// The first registration of a source.
    fn begin(&mut self, key: RawKey, stats: &mut Stats) -> io::Result<()> {
        let Some(held) = self.slots.get_mut(key) else {
            return Err(unknown_source());
        };
        if let AnySource::Stdin(stdin) = &mut held.source
            && stdin.needs_thread()
        {
            stdin.start_thread()?;
        }
        if held.mode == Mode::Edge {
            if let Watch::Bell(_) = held.source.watch() {
                return Err(no_edges("a source without a descriptor"));
            }
            if !self.shared.backend.supports_edge() {
                return Err(no_edges(&format!(
                    "the poller of this system ({})",
                    std::env::consts::OS
                )));
            }
        }
        if self.oddity.must_detach(held.interest)
            && held.registration == Registration::Detached
            && !matches!(held.source.watch(), Watch::Bell(_))
        {
            return Ok(());
        }
        match self.attach(key, stats) {
            Err(error) if cannot_be_watched(&error) => {
                let Some(held) = self.slots.get_mut(key) else {
                    return Err(unknown_source());
                };
                let AnySource::Stdin(stdin) = &mut held.source else {
                    return Err(io::Error::new(
                        io::ErrorKind::Unsupported,
                        format!("this system cannot watch such a descriptor: {error}"),
                    ));
                };
                stdin.start_thread()?;
                self.attach(key, stats)
            }
            result => result,
        }
    }

    pub(crate) fn get<S: Source>(&self, key: Key<S>) -> Option<&S> {
        S::view(&self.slots.get(key.raw())?.source)
    }

    /// The source beside the counters of its share.
    pub(crate) fn get_with_share<S: Source>(&mut self, key: Key<S>) -> Option<(&S, &mut Share)> {
        let held = self.slots.get_mut(key.raw())?;
        Some((S::view(&held.source)?, &mut held.share))
    }

    /// What the poller watches of a source, if anything.
    #[cfg(unix)]
    pub(crate) fn watch(&self, key: RawKey) -> Option<Watch<'_>> {
        Some(self.slots.get(key)?.source.watch())
    }

    pub(crate) fn mode(&self, key: RawKey) -> Option<Mode> {
        Some(self.slots.get(key)?.mode)
    }

    pub(crate) fn interest(&self, key: RawKey) -> Option<Interest> {
        Some(self.slots.get(key)?.interest)
    }

    /// Changes what the owner wants; asks the system only where that makes a difference.
    pub(crate) fn set_interest(
        &mut self,
        key: RawKey,
        interest: Interest,
        stats: &mut Stats,
    ) -> io::Result<()> {
        let Some(held) = self.slots.get_mut(key) else {
            return Err(unknown_source());
        };
        if held.interest == interest {
            return Ok(());
        }
        match held.registration {
            Registration::Suspended | Registration::Connecting | Registration::Bell => {}
            Registration::Detached if interest.is_empty() || self.oddity.must_detach(interest) => {}
            Registration::Detached => {
                let before = std::mem::replace(&mut held.interest, interest);
                return self.attach(key, stats).inspect_err(|_| {
                    if let Some(held) = self.slots.get_mut(key) {
                        held.interest = before;
                    }
                });
            }
            Registration::Live if self.oddity.must_detach(interest) => self.detach(key, stats)?,
            Registration::Live => {
                let watch = held.source.watch();
                self.shared
                    .backend
                    .modify(&watch, key.token(), interest, held.mode)?;
                stats.modifies += 1;
            }
        }
        if let Some(held) = self.slots.get_mut(key) {
            held.interest = interest;
        }
        Ok(())
    }

    /// Begins to watch a stream, whose connection stands, for what its owner wants.
    pub(crate) fn connected(&mut self, key: RawKey, stats: &mut Stats) -> io::Result<()> {
        let Some(held) = self.slots.get_mut(key) else {
            return Err(unknown_source());
        };
        held.registration = Registration::Live;
        let wanted = std::mem::replace(&mut held.interest, Interest::WRITABLE);
        self.set_interest(key, wanted, stats)
    }

    /// Takes a source out and gives it back, unless the system refuses to forget it.
    pub(crate) fn remove<S: Source>(&mut self, key: Key<S>, stats: &mut Stats) -> Option<S> {
        self.get(key)?;
        let held = self.take_out(key.raw())?;
        let source = forget(&self.shared.backend, held, key.raw(), stats)?;
        S::unpack(source).ok()
    }

    /// Takes a source out, whatever its type, and closes it. Whether it was there.
    pub(crate) fn close(&mut self, key: RawKey, stats: &mut Stats) -> bool {
        match self.take_out(key) {
            Some(held) => {
                drop(forget(&self.shared.backend, held, key, stats));
                true
            }
            None => false,
        }
    }

    fn take_out(&mut self, key: RawKey) -> Option<Held> {
        let held = self.slots.remove(key)?;
        if held.registration == Registration::Bell {
            self.bells.retain(|(other, _)| *other != key);
        }
        Some(held)
    }

    /// Takes a source from the poller until [`unsuspend`](Self::unsuspend); its interest is kept.
    pub(crate) fn suspend(&mut self, key: RawKey, stats: &mut Stats) -> io::Result<()> {
        self.detach(key, stats)?;
        if let Some(held) = self.slots.get_mut(key) {
            held.registration = Registration::Suspended;
        }
        Ok(())
    }

    /// Registers a suspended source again. Does nothing for one that is gone or was not suspended.
    pub(crate) fn unsuspend(&mut self, key: RawKey, stats: &mut Stats) -> io::Result<()> {
        match self.slots.get_mut(key) {
            Some(held) if held.registration == Registration::Suspended => {
                if held.interest.is_empty() || self.oddity.must_detach(held.interest) {
                    held.registration = Registration::Detached;
                    return Ok(());
                }
                self.attach(key, stats)
            }
            _ => Ok(()),
        }
    }

    /// Turns a report of the system into what the owner is to be told, if anything.
    ///
    /// A report without a wanted flag is a hang-up or an error, which systems tell whether or not anyone asked. It
    /// would come again at once, so the source leaves the poller, and its owner hears of it this once.
    pub(crate) fn deliver(&mut self, report: Report, stats: &mut Stats) -> Option<(RawKey, Told)> {
        let silent_detaches = self.oddity.must_detach(Interest::NONE);
        let Some((key, held)) = self
            .slots
            .tenant_mut(report.index)
            .filter(|(key, _)| report.is_of(*key))
        else {
            stats.stale_dropped += 1;
            return None;
        };
        let told = report.told;
        let wanted = told.wanted(held.interest);
        match held.registration {
            Registration::Connecting => return Some((key, Told::Connecting(told))),
            Registration::Live | Registration::Bell if !wanted.is_empty() => {
                let live = held.registration == Registration::Live;
                if held.mode == Mode::Oneshot {
                    // The system has disarmed it as well; but poll(2) would tell a hang-up once more.
                    held.interest = Interest::NONE;
                    if live && (silent_detaches || !told.hints().is_empty()) {
                        // A failure leaves it registered and silent, which is what was wanted.
                        let _ = self.detach(key, stats);
                    }
                }
                return Some((key, Told::Ready(wanted | told.hints())));
            }
            // Asked for when the wait began, no longer now: not worth telling, and the system knows by now.
            Registration::Live if told.hints().is_empty() && !told.is_empty() => {}
            Registration::Live => {
                // So that the same interest again puts it back.
                held.interest = Interest::NONE;
                if self.detach(key, stats).is_ok() {
                    stats.detached += 1;
                    event!(
                        DEBUG,
                        ?key,
                        ?told,
                        "hung up or failed while nobody listened"
                    );
                }
                // Some systems say that a registration is dead without saying how.
                let hints = if told.hints().is_empty() {
                    Ready::CLOSED
                } else {
                    told.hints()
                };
                return Some((key, Told::Ready(hints)));
            }
            Registration::Detached | Registration::Suspended | Registration::Bell => {}
        }
        stats.stale_dropped += 1;
        None
    }

    /// Whether a source without a descriptor has something to tell its owner.
    pub(crate) fn any_bell(&self) -> bool {
        self.ringing().next().is_some()
    }

    /// Reports the sources without a descriptor that have something to tell.
    pub(crate) fn collect_bells(&self, reports: &mut Vec<Report>) {
        reports.extend(self.ringing().map(|key| Report::of(key, Ready::READABLE)));
    }

    fn ringing(&self) -> impl Iterator<Item = RawKey> + '_ {
        let raised = self.bells.iter().filter(|(_, bell)| bell.is_raised());
        raised.map(|(key, _)| *key).filter(|key| {
            let interest = self.interest(*key);
            interest.is_some_and(|interest| interest.contains(Interest::READABLE))
        })
    }

    /// How the source of a report is watched. `None` for one that is gone.
    pub(crate) fn mode_of(&self, report: Report) -> Option<Mode> {
        let key = self.slots.key_at(report.index)?;
        report.is_of(key).then(|| self.mode(key))?
    }

    /// Says whose these reports of the wait just over are, where a token has no room for it. Nothing was removed
    /// since the wait began.
    pub(crate) fn identify(&self, reports: &mut [Report]) {
        if usize::BITS < 64 {
            for report in reports {
                let key = self.slots.key_at(report.index);
                report.generation = key.map_or(0, |key| key.generation().get());
            }
        }
    }

    fn attach(&mut self, key: RawKey, stats: &mut Stats) -> io::Result<()> {
        let Some(held) = self.slots.get_mut(key) else {
            return Err(unknown_source());
        };
        debug_assert_ne!(held.registration, Registration::Live);
        let connecting = held.registration == Registration::Connecting;
        let interest = if connecting {
            Interest::WRITABLE
        } else {
            held.interest
        };
        match (&self.shared.backend, held.source.watch()) {
            (_, Watch::Bell(bell)) => {
                bell.hang(Some(Arc::clone(&self.shared)));
                self.bells.push((key, Arc::clone(bell)));
                held.registration = Registration::Bell;
                return Ok(());
            }
            (Backend::System(system), Watch::Descriptor(descriptor)) => {
                let request = interest.request(key.token());
                add(&system.poller, descriptor, request, held.mode)?;
            }
            #[cfg(any(test, feature = "script"))]
            (Backend::Script(script), _) => script.add(key.token(), interest, held.mode)?,
            #[cfg(any(test, feature = "script"))]
            (Backend::System(_), Watch::Nothing) => {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "a probe has no descriptor; only a scripted reactor can watch it",
                ));
            }
        }
        if !connecting {
            held.registration = Registration::Live;
        }
        stats.adds += 1;
        event!(TRACE, ?key, ?interest, mode = ?held.mode, "watched");
        Ok(())
    }

    fn detach(&mut self, key: RawKey, stats: &mut Stats) -> io::Result<()> {
        let Some(held) = self.slots.get_mut(key) else {
            return Err(unknown_source());
        };
        if held.registration == Registration::Live {
            self.shared
                .backend
                .delete(&held.source.watch(), key.token())?;
            held.registration = Registration::Detached;
            stats.deletes += 1;
        }
        Ok(())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let mut stats = Stats::default();
        for (key, held) in self.slots.drain() {
            drop(forget(&self.shared.backend, held, key, &mut stats));
        }
    }
}

/// Registers a descriptor. Private to this module, whose callers answer for the contract.
fn add(
    poller: &Poller,
    descriptor: Descriptor<'_>,
    request: polling::Event,
    mode: Mode,
) -> io::Result<()> {
    // SAFETY: `add_with_mode` requires that the source is deleted from this poller before it is dropped.
    // Of the two callers, `Registry::attach`:
    // - The descriptor is open: an owned one of a source inside a slot, and only `&S` of it is ever handed out,
    //   through which none of the sealed set of types can close or exchange it.
    // - It is registered at most once: only there, only while not `Live`, and no two slots own one descriptor.
    // - The source leaves its slot in `remove`, in `drop`, and in `take_in` when this very call fails. The first two
    //   pass it to `forget`, which deletes first and leaks the source if that fails; in the third it is not
    //   registered. Nor is it when `begin` exchanges the inside of a `Stdin`, the only place where a source is
    //   changed. Leaking the whole registry leaks the descriptors along with their registrations.
    // - The poller lives as long: `shared` keeps it until after `Registry::drop` has run.
    // And `watch_counter`: the counter is owned beside the poller, by `System`, whose fields are dropped in the order
    // of their declaration, the poller first; on the error path it is not registered. Only epoll is used with it.
    unsafe { poller.add_with_mode(&descriptor, request, mode.poll_mode()) }
}

/// Registers what wakes the poller, if it is not the poller itself; to be called once, by the constructor of the two.
pub(crate) fn watch_counter(poller: &Poller, counter: &Counter) -> io::Result<()> {
    match counter.descriptor() {
        Some(descriptor) => {
            let request = polling::Event::readable(COUNTER_KEY);
            add(poller, descriptor, request, Mode::Edge)
        }
        None => Ok(()),
    }
}

/// Deletes a source's registration, then lets go of it. A source that the poller still knows is leaked: a closed
/// descriptor's number may be given to anyone, registration included.
fn forget(backend: &Backend, held: Held, key: RawKey, stats: &mut Stats) -> Option<AnySource> {
    match held.registration {
        Registration::Live | Registration::Connecting => {
            if backend.delete(&held.source.watch(), key.token()).is_err() {
                stats.leaked += 1;
                event!(ERROR, ?key, "the system will not forget the source: leaked");
                std::mem::forget(held.source);
                return None;
            }
            stats.deletes += 1;
        }
        Registration::Bell => {
            if let Watch::Bell(bell) = held.source.watch() {
                bell.hang(None);
            }
        }
        Registration::Detached | Registration::Suspended => {}
    }
    Some(held.source)
}

/// epoll says EPERM of files and most devices, kqueue EINVAL of the controlling terminal.
fn cannot_be_watched(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
    )
}

pub(crate) fn unknown_source() -> io::Error {
    io::Error::new(
        io::ErrorKind::NotFound,
        "no such source: it was removed, is of another type, or belongs to another reactor",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;
    use std::net::{TcpStream, UdpSocket};

    fn registry() -> Registry {
        Registry::new(Arc::new(Shared::new(Backend::system().unwrap())))
    }

    fn socket() -> UdpSocket {
        UdpSocket::bind("127.0.0.1:0").unwrap()
    }

    #[test]
    fn an_interest_that_stays_costs_nothing() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let key = registry
            .insert(socket(), Interest::READABLE, Mode::Level, &mut stats)
            .unwrap()
            .raw();
        for interest in [Interest::READABLE, Interest::WRITABLE, Interest::WRITABLE] {
            registry.set_interest(key, interest, &mut stats).unwrap();
        }
        assert_eq!((stats.adds, stats.modifies, stats.deletes), (1, 1, 0));
        assert_eq!(registry.interest(key), Some(Interest::WRITABLE));
    }

    #[test]
    fn a_refused_delete_leaks_the_source_and_counts_it() {
        let script = Script::new();
        let shared = Arc::new(Shared::new(Backend::Script(script.clone())));
        let (mut registry, mut stats) = (Registry::new(shared), Stats::default());
        let source = socket();
        let address = source.local_addr().unwrap();
        let key = registry
            .insert(source, Interest::READABLE, Mode::Level, &mut stats)
            .unwrap();
        script.refuse_deletes(true);
        assert!(registry.remove(key, &mut stats).is_none());
        assert_eq!((stats.leaked, stats.deletes), (1, 0));
        assert_eq!(registry.len(), 0);
        // Still open: its port is still taken.
        assert!(UdpSocket::bind(address).is_err());
    }

    #[test]
    fn an_unwanted_hang_up_is_told_once_and_detaches() {
        let shared = Arc::new(Shared::new(Backend::Script(Script::new())));
        let (mut registry, mut stats) = (Registry::new(shared), Stats::default());
        let key = registry
            .insert(socket(), Interest::READABLE, Mode::Level, &mut stats)
            .unwrap()
            .raw();
        registry
            .set_interest(key, Interest::PRIORITY, &mut stats)
            .unwrap();
        let told = Ready::READABLE | Ready::WRITABLE | Ready::CLOSED;
        assert_eq!(
            registry.deliver(Report::of(key, told), &mut stats),
            Some((key, Told::Ready(Ready::CLOSED)))
        );
        assert_eq!(registry.deliver(Report::of(key, told), &mut stats), None);
        assert_eq!(
            (stats.detached, stats.deletes, stats.stale_dropped),
            (1, 1, 1)
        );
        registry
            .set_interest(key, Interest::READABLE, &mut stats)
            .unwrap();
        assert_eq!(stats.adds, 2);
        assert_eq!(
            registry.deliver(Report::of(key, told), &mut stats),
            Some((key, Told::Ready(Ready::READABLE | Ready::CLOSED)))
        );
    }

    #[test]
    fn a_report_without_any_flag_detaches_too() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let key = registry
            .insert(socket(), Interest::READABLE, Mode::Level, &mut stats)
            .unwrap()
            .raw();
        assert_eq!(
            registry.deliver(Report::of(key, Ready::NONE), &mut stats),
            Some((key, Told::Ready(Ready::CLOSED)))
        );
        assert_eq!(stats.detached, 1);
    }

    #[test]
    fn a_report_nobody_wants_any_more_is_dropped() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let key = registry
            .insert(socket(), Interest::WRITABLE, Mode::Level, &mut stats)
            .unwrap()
            .raw();
        assert_eq!(
            registry.deliver(Report::of(key, Ready::READABLE), &mut stats),
            None
        );
        assert_eq!((stats.stale_dropped, stats.detached), (1, 0));
    }

    #[test]
    fn a_suspended_source_keeps_its_interest() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let key = registry
            .insert(socket(), Interest::READABLE, Mode::Level, &mut stats)
            .unwrap()
            .raw();
        registry.suspend(key, &mut stats).unwrap();
        assert_eq!(
            registry.deliver(Report::of(key, Ready::READABLE), &mut stats),
            None
        );
        registry
            .set_interest(key, Interest::WRITABLE, &mut stats)
            .unwrap();
        assert_eq!((stats.adds, stats.deletes), (1, 1));
        registry.unsuspend(key, &mut stats).unwrap();
        registry.unsuspend(key, &mut stats).unwrap();
        assert_eq!(stats.adds, 2);
        assert_eq!(
            registry.deliver(Report::of(key, Ready::WRITABLE), &mut stats),
            Some((key, Told::Ready(Ready::WRITABLE)))
        );
    }

    #[test]
    fn reports_name_one_tenancy() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let first = registry
            .insert(socket(), Interest::READABLE, Mode::Level, &mut stats)
            .unwrap();
        // As the poller tells it: on 32-bit systems the place alone, until it is identified.
        let mut old = [Report::new(first.raw().token(), Ready::READABLE)];
        registry.identify(&mut old);
        assert_eq!(old, [Report::of(first.raw(), Ready::READABLE)]);
        assert_eq!(registry.mode_of(old[0]), Some(Mode::Level));
        registry.remove(first, &mut stats).unwrap();
        assert_eq!(registry.mode_of(old[0]), None);
        let second = registry
            .insert(socket(), Interest::READABLE, Mode::Level, &mut stats)
            .unwrap();
        assert_eq!(second.raw().index(), first.raw().index());
        assert_eq!(registry.mode_of(old[0]), None);
        assert_eq!(registry.deliver(old[0], &mut stats), None);
        let new = Report::of(second.raw(), Ready::READABLE);
        assert_eq!(registry.mode_of(new), Some(Mode::Level));
        assert_eq!(registry.mode_of(Report::new(1234, Ready::READABLE)), None);
    }

    #[test]
    fn a_key_of_the_wrong_type_finds_nothing() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let key = registry
            .insert(socket(), Interest::READABLE, Mode::Level, &mut stats)
            .unwrap();
        let wrong = key.raw().typed::<TcpStream>();
        assert!(registry.get(wrong).is_none());
        assert!(registry.get_with_share(wrong).is_none());
        assert!(registry.remove(wrong, &mut stats).is_none());
        assert!(registry.get(key).is_some());
    }

    #[test]
    fn a_share_starts_afresh_each_turn() {
        let mut share = Share::default();
        *share.taken(1) += 5;
        *share.given(1) += 7;
        assert_eq!((*share.taken(1), *share.given(1)), (5, 7));
        assert_eq!((*share.taken(2), *share.given(2)), (0, 0));
    }
}
