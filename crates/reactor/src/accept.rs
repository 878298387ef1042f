//! What a listener meets: connections that died in the queue, and running out of descriptors.

use std::io;
use std::time::{Duration, Instant};

use crate::key::RawKey;
use crate::registry::Registry;
use crate::source::Listener;
use crate::stats::Stats;
use crate::trace::event;

const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// What a failed accept(2) asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// The queue is empty.
    Drained,
    /// This connection is lost, the next may be well.
    Skip,
    /// Nothing can be accepted for now, mostly until something is closed. The connection stays in the queue and keeps
    /// the listener readable, so trying on would spin.
    Rest,
    /// The listener itself is broken.
    Fatal,
}

impl Failure {
    /// Linux hands over errors that are already pending on the new connection: "treat them like EAGAIN by retrying"
    /// (<https://man7.org/linux/man-pages/man2/accept.2.html>, "Error handling"). EPERM may be a firewall's word on one
    /// connection or a sandbox's on all of them: a rest suits both.
    pub(crate) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock => Self::Drained,
            io::ErrorKind::Interrupted
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            // Reset before the peer's address could be asked for, where accepting and asking are two calls (Wine).
            | io::ErrorKind::NotConnected
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::TimedOut => Self::Skip,
            io::ErrorKind::OutOfMemory | io::ErrorKind::PermissionDenied => Self::Rest,
            _ => error.raw_os_error().map_or(Self::Fatal, Self::of_number),
        }
    }

    #[cfg(unix)]
    fn of_number(number: i32) -> Self {
        use rustix::io::Errno;
        match Errno::from_raw_os_error(number) {
            Errno::MFILE | Errno::NFILE | Errno::NOBUFS => Self::Rest,
            Errno::PROTO | Errno::NOPROTOOPT | Errno::HOSTDOWN => Self::Skip,
            _ => Self::Fatal,
        }
    }

    /// WSAEMFILE and WSAENOBUFS
    /// (<https://learn.microsoft.com/en-us/windows/win32/winsock/windows-sockets-error-codes-2>).
    #[cfg(not(unix))]
    const fn of_number(number: i32) -> Self {
        match number {
            10024 | 10055 => Self::Rest,
            _ => Self::Fatal,
        }
    }
}

/// A listener that had to rest and has accepted nothing since.
struct Pause {
    listener: RawKey,
    delay: Duration,
    /// `None`: it is listening again, and the delay doubles if that fails.
    until: Option<Instant>,
}

/// The listeners in trouble, few or none, and the descriptor kept in reserve for them.
pub(crate) struct Pauses {
    pauses: Vec<Pause>,
    reserve: Reserve,
}

impl Pauses {
    pub(crate) const fn new() -> Self {
        Self {
            pauses: Vec::new(),
            reserve: Reserve::new(),
        }
    }

    /// To be called before descriptors run out.
    pub(crate) fn prepare(&mut self) {
        self.reserve.fill();
    }

    pub(crate) fn is_paused(&self, listener: RawKey) -> bool {
        self.pauses
            .iter()
            .any(|pause| pause.listener == listener && pause.until.is_some())
    }

    /// The listener works, or is gone.
    pub(crate) fn clear(&mut self, listener: RawKey) {
        if !self.pauses.is_empty() {
            self.pauses.retain(|pause| pause.listener != listener);
        }
    }

    /// Closes one waiting connection, so that its client need not wait for a time-out, then rests the listener.
    pub(crate) fn rest<L: Listener>(
        &mut self,
        listener: &L,
        key: RawKey,
        now: Instant,
        stats: &mut Stats,
    ) {
        if self.reserve.shed(listener) {
            stats.accept_shed += 1;
        }
        stats.accept_paused += 1;
        event!(
            WARN,
            ?key,
            "out of descriptors or memory: the listener rests"
        );
        match self.pauses.iter_mut().find(|pause| pause.listener == key) {
            Some(pause) => {
                pause.delay = (pause.delay * 2).min(PAUSE_MAX);
                pause.until = now.checked_add(pause.delay);
            }
            None => self.pauses.push(Pause {
                listener: key,
                delay: PAUSE_MIN,
                until: now.checked_add(PAUSE_MIN),
            }),
        }
    }

    /// When the first rest ends.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.pauses.iter().filter_map(|pause| pause.until).min()
    }

    /// Lets rested listeners listen again. One that cannot be registered rests once more.
    pub(crate) fn resume(&mut self, now: Instant, registry: &mut Registry, stats: &mut Stats) {
        for pause in &mut self.pauses {
            if pause.until.is_some_and(|until| until <= now) {
                self.reserve.fill();
                pause.until = match registry.unsuspend(pause.listener, stats) {
                    Ok(()) => None,
                    Err(_) => now.checked_add(pause.delay),
                };
            }
        }
    }
}

/// An open descriptor that can be given up to accept one connection when no other is left.
#[cfg(unix)]
struct Reserve(Option<std::fs::File>);

#[cfg(unix)]
impl Reserve {
    const fn new() -> Self {
        Self(None)
    }

    fn fill(&mut self) {
        if self.0.is_none() {
            // The root directory is there even where /dev is not.
            self.0 = std::fs::File::open("/dev/null")
                .or_else(|_| std::fs::File::open("/"))
                .ok();
        }
    }

    /// Whether a connection was accepted and closed.
    fn shed<L: Listener>(&mut self, listener: &L) -> bool {
        if self.0.take().is_none() {
            return false;
        }
        let shed = listener.accept_one().is_ok();
        self.fill();
        shed
    }
}

/// Windows has no small limit on sockets, and a spare file would not stand for one.
#[cfg(not(unix))]
struct Reserve;

#[cfg(not(unix))]
impl Reserve {
    const fn new() -> Self {
        Self
    }

    const fn fill(&mut self) {}

    const fn shed<L: Listener>(&mut self, _listener: &L) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::num::NonZeroU32;

    #[track_caller]
    fn check(error: impl Into<io::Error>, expected: Failure) {
        assert_eq!(Failure::of(&error.into()), expected);
    }

    #[test]
    fn failures_by_kind() {
        check(io::ErrorKind::WouldBlock, Failure::Drained);
        check(io::ErrorKind::ConnectionAborted, Failure::Skip);
        check(io::ErrorKind::NotConnected, Failure::Skip);
        check(io::ErrorKind::Interrupted, Failure::Skip);
        check(io::ErrorKind::PermissionDenied, Failure::Rest);
        check(io::ErrorKind::InvalidInput, Failure::Fatal);
    }

    #[cfg(unix)]
    #[test]
    fn failures_by_number() {
        use rustix::io::Errno;
        check(Errno::PROTO, Failure::Skip);
        check(Errno::CONNABORTED, Failure::Skip);
        check(Errno::MFILE, Failure::Rest);
        check(Errno::NFILE, Failure::Rest);
        check(Errno::NOBUFS, Failure::Rest);
        check(Errno::NOMEM, Failure::Rest);
        check(Errno::BADF, Failure::Fatal);
    }

    #[test]
    fn the_rest_doubles_up_to_a_second() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let key = RawKey::new(0, NonZeroU32::MIN);
        let (mut pauses, mut stats, now) = (Pauses::new(), Stats::default(), Instant::now());
        for expected in [10, 20, 40, 80, 160, 320, 640, 1000, 1000] {
            pauses.rest(&listener, key, now, &mut stats);
            assert_eq!(
                pauses.next_deadline(),
                Some(now + Duration::from_millis(expected))
            );
        }
        assert!(pauses.is_paused(key));
        assert_eq!((stats.accept_paused, stats.accept_shed), (9, 0));
        pauses.clear(key);
        assert!(!pauses.is_paused(key));
        assert_eq!(pauses.next_deadline(), None);
    }

    #[cfg(unix)]
    #[test]
    fn the_reserve_sheds_one_connection_and_is_filled_again() {
        use std::io::Read;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut reserve = Reserve::new();
        assert!(!reserve.shed(&listener), "nothing in reserve");
        reserve.fill();
        assert!(reserve.shed(&listener));
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        assert!(reserve.0.is_some());
    }
}
