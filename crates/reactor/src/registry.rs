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

use polling::{PollMode, Poller};

use crate::interest::{Interest, Ready};
use crate::key::{Key, RawKey};
use crate::slots::Slots;
use crate::source::{AnySource, InsertError, Source};
use crate::stats::Stats;
use crate::waker::Shared;

/// On Windows the poller keeps asking for errors of a socket nobody listens to, and a reset one answers at once,
/// for ever, inside the wait. There a pause takes the socket out.
const PAUSE_DELETES: bool = cfg!(windows);

/// What is known about one source.
struct Held {
    source: AnySource,
    /// What the owner wants, whether or not it is registered now.
    interest: Interest,
    registration: Registration,
    share: Share,
}

/// How the poller sees a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Registration {
    /// Known to the poller, with the owner's interest.
    Live,
    /// Unknown to the poller until the owner's interest changes.
    Detached,
    /// Unknown to the poller until [`Registry::unsuspend`], whatever the interest.
    Suspended,
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

// Nine thousand idle connections should cost the loop no more than a quarter of a megabyte.
#[cfg(unix)]
const _: () = assert!(crate::slots::slot_bytes::<Held>() <= 32);

pub(crate) struct Registry {
    slots: Slots<Held>,
    shared: Arc<Shared>,
    #[cfg(test)]
    refuse_deletes: bool,
}

impl Registry {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self {
            slots: Slots::new(),
            shared,
            #[cfg(test)]
            refuse_deletes: false,
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
        stats: &mut Stats,
    ) -> Result<Key<S>, InsertError<S>> {
        if let Err(error) = source.make_nonblocking() {
            return Err(InsertError { source, error });
        }
        let held = Held {
            source: source.pack(),
            interest,
            registration: Registration::Detached,
            share: Share::default(),
        };
        let (held, error) = match self.slots.insert(held) {
            Err(held) => (held, io::Error::other("all 2^32 source indices are taken")),
            Ok(raw) if interest.is_empty() && PAUSE_DELETES => return Ok(raw.typed()),
            Ok(raw) => match self.attach(raw, stats) {
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

    pub(crate) fn get<S: Source>(&self, key: Key<S>) -> Option<&S> {
        S::view(&self.slots.get(key.raw())?.source)
    }

    /// The source beside the counters of its share.
    pub(crate) fn get_with_share<S: Source>(&mut self, key: Key<S>) -> Option<(&S, &mut Share)> {
        let held = self.slots.get_mut(key.raw())?;
        Some((S::view(&held.source)?, &mut held.share))
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
            Registration::Suspended => {}
            Registration::Detached if interest.is_empty() => {}
            Registration::Detached => {
                let before = std::mem::replace(&mut held.interest, interest);
                return self.attach(key, stats).inspect_err(|_| {
                    if let Some(held) = self.slots.get_mut(key) {
                        held.interest = before;
                    }
                });
            }
            Registration::Live if interest.is_empty() && PAUSE_DELETES => {
                self.detach(key, stats)?
            }
            Registration::Live => {
                let request = interest.request(token(key));
                self.shared
                    .poller
                    .modify_with_mode(&held.source, request, PollMode::Level)?;
                stats.modifies += 1;
            }
        }
        if let Some(held) = self.slots.get_mut(key) {
            held.interest = interest;
        }
        Ok(())
    }

    /// Takes a source out and gives it back, unless the system refuses to forget it.
    pub(crate) fn remove<S: Source>(&mut self, key: Key<S>, stats: &mut Stats) -> Option<S> {
        self.get(key)?;
        let held = self.slots.remove(key.raw())?;
        let source = forget(&self.shared.poller, held, self.refuses_deletes(), stats)?;
        S::unpack(source).ok()
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
                if held.interest.is_empty() {
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
    pub(crate) fn deliver(&mut self, key: RawKey, told: Ready, stats: &mut Stats) -> Option<Ready> {
        let Some(held) = self.slots.get(key) else {
            stats.stale_dropped += 1;
            return None;
        };
        let wanted = told.wanted(held.interest);
        if held.registration == Registration::Live && !wanted.is_empty() {
            return Some(wanted | told.hints());
        }
        // Asked for when the wait began, no longer now: not worth telling, and the system knows by now.
        let outdated = told.hints().is_empty() && !told.is_empty();
        if held.registration != Registration::Live || outdated {
            stats.stale_dropped += 1;
            return None;
        }
        if self.detach(key, stats).is_ok() {
            stats.detached += 1;
        }
        // Some systems say that a registration is dead without saying how.
        Some(if told.hints().is_empty() {
            Ready::CLOSED
        } else {
            told.hints()
        })
    }

    /// Whose report this is. `None` for a source that left before the wait began.
    pub(crate) fn key_of(&self, token: usize) -> Option<RawKey> {
        let wide = token as u64;
        let key = self.slots.key_at(wide as u32)?;
        // Where a token has room for the index only, it is enough: nothing was removed since the wait began.
        let fits = usize::BITS < 64 || u64::from(key.generation().get()) == wide >> 32;
        fits.then_some(key)
    }

    fn attach(&mut self, key: RawKey, stats: &mut Stats) -> io::Result<()> {
        let Some(held) = self.slots.get_mut(key) else {
            return Err(unknown_source());
        };
        debug_assert_ne!(held.registration, Registration::Live);
        let request = held.interest.request(token(key));
        // SAFETY: `add_with_mode` requires that the source is deleted from this poller before it is dropped.
        // - `held.source` is open: it is an owned std socket inside a slot, and only `&S` of it is ever handed out,
        //   through which none of the sealed set of types can close or exchange its descriptor.
        // - It is registered at most once: only here, only while not `Live`, and no two slots own one descriptor.
        // - It leaves its slot in `remove`, in `drop`, and in `insert` when this very call fails. The first two pass
        //   it to `forget`, which deletes first and leaks the source if that fails; in the third it is not
        //   registered. Leaking the whole registry leaks the descriptors along with their registrations.
        // - The poller lives as long: `self.shared` keeps it until after `drop` below has run.
        unsafe {
            self.shared
                .poller
                .add_with_mode(&held.source, request, PollMode::Level)?
        };
        held.registration = Registration::Live;
        stats.adds += 1;
        Ok(())
    }

    fn detach(&mut self, key: RawKey, stats: &mut Stats) -> io::Result<()> {
        let refuse = self.refuses_deletes();
        let Some(held) = self.slots.get_mut(key) else {
            return Err(unknown_source());
        };
        if held.registration == Registration::Live {
            delete(&self.shared.poller, &held.source, refuse)?;
            held.registration = Registration::Detached;
            stats.deletes += 1;
        }
        Ok(())
    }

    #[cfg(test)]
    const fn refuses_deletes(&self) -> bool {
        self.refuse_deletes
    }

    #[cfg(not(test))]
    const fn refuses_deletes(&self) -> bool {
        false
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let refuse = self.refuses_deletes();
        let mut stats = Stats::default();
        for held in self.slots.drain() {
            drop(forget(&self.shared.poller, held, refuse, &mut stats));
        }
    }
}

/// Deletes a source's registration, then lets go of it. A source that the poller still knows is leaked: a closed
/// descriptor's number may be given to anyone, registration included.
fn forget(poller: &Poller, held: Held, refuse: bool, stats: &mut Stats) -> Option<AnySource> {
    if held.registration == Registration::Live {
        if delete(poller, &held.source, refuse).is_err() {
            stats.leaked += 1;
            std::mem::forget(held.source);
            return None;
        }
        stats.deletes += 1;
    }
    Some(held.source)
}

/// Takes `source` from the poller; fine if it is not there. `refuse` stands in for a system that fails, in tests.
fn delete(poller: &Poller, source: &AnySource, refuse: bool) -> io::Result<()> {
    if refuse {
        return Err(io::Error::other("refused by the test"));
    }
    match poller.delete(source) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// The poller's name for a source: the generation above the index, or the index alone where `usize` has 32 bits.
const fn token(key: RawKey) -> usize {
    ((key.generation().get() as u64) << 32 | key.slot() as u64) as usize
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
    use std::net::{TcpStream, UdpSocket};

    fn registry() -> Registry {
        Registry::new(Arc::new(Shared::new(Poller::new().unwrap())))
    }

    fn socket() -> UdpSocket {
        UdpSocket::bind("127.0.0.1:0").unwrap()
    }

    #[test]
    fn an_interest_that_stays_costs_nothing() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let key = registry
            .insert(socket(), Interest::READABLE, &mut stats)
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
        let (mut registry, mut stats) = (registry(), Stats::default());
        let source = socket();
        let address = source.local_addr().unwrap();
        let key = registry
            .insert(source, Interest::READABLE, &mut stats)
            .unwrap();
        registry.refuse_deletes = true;
        assert!(registry.remove(key, &mut stats).is_none());
        assert_eq!((stats.leaked, stats.deletes), (1, 0));
        assert_eq!(registry.len(), 0);
        // Still open: its port is still taken.
        assert!(UdpSocket::bind(address).is_err());
    }

    #[test]
    fn an_unwanted_hang_up_is_told_once_and_detaches() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let key = registry
            .insert(socket(), Interest::READABLE, &mut stats)
            .unwrap()
            .raw();
        registry
            .set_interest(key, Interest::PRIORITY, &mut stats)
            .unwrap();
        let told = Ready::READABLE | Ready::WRITABLE | Ready::CLOSED;
        assert_eq!(registry.deliver(key, told, &mut stats), Some(Ready::CLOSED));
        assert_eq!(registry.deliver(key, told, &mut stats), None);
        assert_eq!(
            (stats.detached, stats.deletes, stats.stale_dropped),
            (1, 1, 1)
        );
        registry
            .set_interest(key, Interest::READABLE, &mut stats)
            .unwrap();
        assert_eq!(stats.adds, 2);
        assert_eq!(
            registry.deliver(key, told, &mut stats),
            Some(Ready::READABLE | Ready::CLOSED)
        );
    }

    #[test]
    fn a_report_without_any_flag_detaches_too() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let key = registry
            .insert(socket(), Interest::READABLE, &mut stats)
            .unwrap()
            .raw();
        assert_eq!(
            registry.deliver(key, Ready::NONE, &mut stats),
            Some(Ready::CLOSED)
        );
        assert_eq!(stats.detached, 1);
    }

    #[test]
    fn a_report_nobody_wants_any_more_is_dropped() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let key = registry
            .insert(socket(), Interest::WRITABLE, &mut stats)
            .unwrap()
            .raw();
        assert_eq!(registry.deliver(key, Ready::READABLE, &mut stats), None);
        assert_eq!((stats.stale_dropped, stats.detached), (1, 0));
    }

    #[test]
    fn a_suspended_source_keeps_its_interest() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let key = registry
            .insert(socket(), Interest::READABLE, &mut stats)
            .unwrap()
            .raw();
        registry.suspend(key, &mut stats).unwrap();
        assert_eq!(registry.deliver(key, Ready::READABLE, &mut stats), None);
        registry
            .set_interest(key, Interest::WRITABLE, &mut stats)
            .unwrap();
        assert_eq!((stats.adds, stats.deletes), (1, 1));
        registry.unsuspend(key, &mut stats).unwrap();
        registry.unsuspend(key, &mut stats).unwrap();
        assert_eq!(stats.adds, 2);
        assert_eq!(
            registry.deliver(key, Ready::WRITABLE, &mut stats),
            Some(Ready::WRITABLE)
        );
    }

    #[test]
    fn tokens_name_one_tenancy() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let first = registry
            .insert(socket(), Interest::READABLE, &mut stats)
            .unwrap();
        let old = token(first.raw());
        assert_eq!(registry.key_of(old), Some(first.raw()));
        registry.remove(first, &mut stats).unwrap();
        assert_eq!(registry.key_of(old), None);
        let second = registry
            .insert(socket(), Interest::READABLE, &mut stats)
            .unwrap();
        assert_eq!(second.raw().index(), first.raw().index());
        #[cfg(target_pointer_width = "64")]
        assert_eq!(registry.key_of(old), None);
        assert_eq!(registry.key_of(token(second.raw())), Some(second.raw()));
        assert_eq!(registry.key_of(1234), None);
    }

    #[test]
    fn a_key_of_the_wrong_type_finds_nothing() {
        let (mut registry, mut stats) = (registry(), Stats::default());
        let key = registry
            .insert(socket(), Interest::READABLE, &mut stats)
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
