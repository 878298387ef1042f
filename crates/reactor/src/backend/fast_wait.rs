//! One system call a wait, on Linux: epoll_wait(2) on the poller's own descriptor, and wakes by a counter of our own.
//!
//! The poller spends five calls on a wait (it sets a timerfd, arms it, waits, reads its notifier, arms that) and two
//! on a wake. Here a wait is one and a wake is one. This relies on what the poller does not promise: that the key of
//! a source is the data of its epoll event. So each reactor begins with a trial, and leaves every wait to the poller
//! if that has come to be otherwise. A test compares the reports of the two ways.

use std::io;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use polling::Poller;
use rustix::event::epoll::{self, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::fd::{AsFd as _, OwnedFd};

use crate::backend::Report;
use crate::interest::Ready;
use crate::source::Descriptor;

/// The key of the counter; the poller keeps `usize::MAX` for itself, and no source has either.
pub(crate) const COUNTER_KEY: usize = usize::MAX - 1;

/// A wake for the poller: every write to it is an edge, so nobody need read it.
pub(crate) struct Counter {
    fd: OwnedFd,
    /// Whether the trial went well.
    proven: bool,
}

impl Counter {
    pub(crate) fn new() -> io::Result<Self> {
        let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { fd, proven: true })
    }

    /// What the poller has to watch.
    pub(crate) fn descriptor(&self) -> Option<Descriptor<'_>> {
        Some(self.fd.as_fd())
    }

    /// Whether a ring of the counter, which `poller` watches by now, is told by epoll with the counter's key.
    pub(crate) fn prove(&mut self, poller: &Poller) -> io::Result<()> {
        self.ring(poller);
        let mut events = [const { MaybeUninit::uninit() }; 2];
        let (events, _) = epoll::wait(poller, &mut events[..], Some(&Timespec::default()))?;
        let keys: Vec<u64> = events.iter().map(|event| event.data.u64()).collect();
        self.proven = keys == [COUNTER_KEY as u64];
        Ok(())
    }

    pub(crate) fn ring(&self, poller: &Poller) {
        if self.proven {
            // Only a full counter could refuse, after 2^64 wakes.
            let _ = rustix::io::write(&self.fd, &1u64.to_ne_bytes());
        } else {
            let _ = poller.notify();
        }
    }
}

/// As many events as a fast wait takes at most. They lie on the stack, since they are not for other threads and the
/// reactor may be. Whoever wants more in one turn gets them from the poller.
const EVENTS_MAX: usize = 1024;

/// How many events one wait takes.
pub(crate) struct Room(usize);

impl Room {
    pub(crate) const fn new(events_max: usize) -> Self {
        Self(events_max)
    }
}

/// Waits, unless the trial failed, more events are wanted than there is room for, or the deadline is so near that
/// milliseconds are too coarse: `false`, and the poller has to do it.
///
/// May return before the deadline, never much after it: the wait is cut to whole milliseconds.
pub(crate) fn wait(
    (poller, counter): (&Poller, &Counter),
    room: &Room,
    reports: &mut Vec<Report>,
    deadline: Option<Instant>,
) -> io::Result<bool> {
    if !counter.proven || room.0 > EVENTS_MAX {
        return Ok(false);
    }
    let timeout = match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
        None => None,
        Some(Duration::ZERO) => Some(Duration::ZERO),
        Some(left) if left < Duration::from_millis(1) => return Ok(false),
        // More than what an int of milliseconds holds is cut, and waited for again.
        Some(left) => Some(Duration::from_millis(
            left.as_millis().min(i32::MAX as u128) as u64,
        )),
    };
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    let mut events = [const { MaybeUninit::uninit() }; EVENTS_MAX];
    let events = match epoll::wait(poller, &mut events[..room.0], timeout.as_ref()) {
        Ok((events, _)) => events,
        // The caller looks at the clock and waits again.
        Err(rustix::io::Errno::INTR) => return Ok(true),
        Err(error) => return Err(error.into()),
    };
    for event in events {
        let key = event.data.u64() as usize;
        if key < COUNTER_KEY {
            reports.push(Report::new(key, told(event.flags)));
        }
    }
    Ok(true)
}

/// What the poller makes of the flags.
fn told(flags: EventFlags) -> Ready {
    let hung_up = EventFlags::HUP | EventFlags::ERR;
    let mut ready = Ready::NONE;
    for (flag, any) in [
        (Ready::READABLE, hung_up | EventFlags::IN | EventFlags::PRI),
        (Ready::WRITABLE, hung_up | EventFlags::OUT),
        (Ready::PRIORITY, EventFlags::PRI),
        (Ready::CLOSED, EventFlags::HUP),
        (Ready::ERROR, EventFlags::ERR),
    ] {
        if flags.intersects(any) {
            ready |= flag;
        }
    }
    ready
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    use super::*;
    use crate::backend::Backend;
    use crate::interest::Interest;
    use crate::key::Key;
    use crate::mode::Mode;
    use crate::registry::Registry;
    use crate::stats::Stats;
    use crate::waker::Shared;

    /// One registry, looked at in its own way.
    struct Side {
        registry: Registry,
        stats: Stats,
        keys: Vec<Key<UnixStream>>,
        room: Room,
        events: polling::Events,
    }

    impl Side {
        fn new() -> Self {
            Self {
                registry: Registry::new(Arc::new(Shared::new(Backend::system().unwrap()))),
                stats: Stats::default(),
                keys: Vec::new(),
                room: Room::new(EVENTS_MAX),
                events: polling::Events::new(),
            }
        }

        fn insert(&mut self, stream: &UnixStream, interest: Interest, mode: Mode) {
            let stream = stream.try_clone().unwrap();
            let key = self
                .registry
                .insert(stream, interest, mode, &mut self.stats)
                .unwrap();
            self.keys.push(key);
        }

        fn set_interest(&mut self, n: usize, interest: Interest) {
            let key = self.keys[n].raw();
            self.registry
                .set_interest(key, interest, &mut self.stats)
                .unwrap();
        }

        fn look(&mut self, fast: bool) -> Vec<Report> {
            let Backend::System(system) = &self.registry.shared().backend else {
                unreachable!("made above")
            };
            let mut reports = Vec::new();
            if fast {
                let now = Some(Instant::now());
                let watched = (&system.poller, &system.counter);
                assert!(wait(watched, &self.room, &mut reports, now).unwrap());
            } else {
                self.events.clear();
                system
                    .poller
                    .wait(&mut self.events, Some(Duration::ZERO))
                    .unwrap();
                let told = |event: polling::Event| Report::new(event.key, Ready::told(&event));
                reports.extend(self.events.iter().map(told));
            }
            reports.sort_by_key(|report| report.index);
            reports
        }

        /// Hands the reports out, which changes what is armed and what is registered.
        fn deliver(&mut self, reports: &[Report]) -> Vec<String> {
            let mut told = Vec::new();
            for &report in reports {
                let ready = self.registry.deliver(report, &mut self.stats);
                told.push(format!("{report:?} {ready:?}"));
            }
            told
        }
    }

    #[test]
    fn without_proof_the_poller_does_it_all() {
        let mut backend = Backend::system().unwrap();
        let Backend::System(system) = &mut backend else {
            unreachable!("made above")
        };
        assert!(system.counter.proven);
        system.counter.proven = false;
        let mut reports = Vec::new();
        let watched = (&system.poller, &system.counter);
        assert!(!wait(watched, &Room::new(8), &mut reports, None).unwrap());
        // The wake goes by the poller's own notifier, or this would hang.
        let shared = Arc::new(Shared::new(backend));
        shared.nudge();
        let mut room = crate::backend::Room::new(std::num::NonZeroUsize::MIN);
        shared.backend.wait(&mut room, &mut reports, None).unwrap();
        assert!(reports.is_empty());
    }

    /// Two pollers watch clones of the same sockets; one is asked the fast way, the other by the poller itself.
    #[test]
    fn the_fast_wait_reports_what_the_poller_reports() {
        const STREAMS: usize = 24;
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut draw = move |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % below as u64) as usize
        };
        let (mut fast, mut plain) = (Side::new(), Side::new());
        let mut pairs: Vec<_> = (0..STREAMS)
            .map(|n| {
                let (near, far) = UnixStream::pair().unwrap();
                far.set_nonblocking(true).unwrap();
                let mode = [Mode::Level, Mode::Oneshot, Mode::Edge][n % 3];
                for side in [&mut fast, &mut plain] {
                    side.insert(&near, Interest::READABLE, mode);
                }
                (near, Some(far))
            })
            .collect();
        let interests = [
            Interest::NONE,
            Interest::READABLE,
            Interest::WRITABLE,
            Interest::READABLE | Interest::WRITABLE,
            Interest::PRIORITY,
        ];
        let mut buf = [0; 64];
        let mut reported = 0;
        for _ in 0..100_000 {
            let n = draw(STREAMS);
            let (near, far) = &mut pairs[n];
            match draw(16) {
                0..=4 => {
                    let interest = interests[draw(interests.len())];
                    fast.set_interest(n, interest);
                    plain.set_interest(n, interest);
                }
                5..=9 => drop(far.as_mut().map(|far| far.write(b"some"))),
                10..=13 => drop(near.read(&mut buf)),
                14 => drop(near.write(b"more")),
                // The first third of the streams may hang up.
                _ => drop((n < STREAMS / 3 && draw(50) == 0).then(|| far.take())),
            }
            let (by_fast, by_plain) = (fast.look(true), plain.look(false));
            assert_eq!(by_fast, by_plain);
            reported += by_fast.len();
            assert_eq!(fast.deliver(&by_fast), plain.deliver(&by_plain));
        }
        assert!(reported > 100_000, "{reported} reports");
    }
}
