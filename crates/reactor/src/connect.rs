//! Connections under way: a deadline and one verdict for each.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::TcpStream;
use std::num::NonZeroU32;
use std::time::Instant;

use crate::interest::Ready;
use crate::key::{RawKey, TimerKey};
use crate::timers::Timers;

/// Why a connection did not come about. Converts into [`io::Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectError {
    kind: io::ErrorKind,
    code: Option<i32>,
}

impl ConnectError {
    const TIMED_OUT: Self = Self {
        kind: io::ErrorKind::TimedOut,
        code: None,
    };

    /// The kind: [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) when nobody listens there,
    /// [`TimedOut`](io::ErrorKind::TimedOut) for the deadline as well as for the system's own patience, and so on.
    pub const fn kind(self) -> io::ErrorKind {
        self.kind
    }

    /// The system's number for it. `None` when it was the deadline.
    pub const fn raw_os_error(self) -> Option<i32> {
        self.code
    }
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        Self {
            kind: error.kind(),
            code: error.raw_os_error(),
        }
    }
}

impl From<ConnectError> for io::Error {
    fn from(error: ConnectError) -> Self {
        match error.code {
            Some(code) => Self::from_raw_os_error(code),
            None if error == ConnectError::TIMED_OUT => {
                Self::new(error.kind, "no answer before the deadline")
            }
            None => error.kind.into(),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot connect: {}", io::Error::from(*self))
    }
}

impl std::error::Error for ConnectError {}

/// What has become of a connection that was reported as `told`. `None`: nothing yet.
///
/// On success getpeername(2) knows the peer; the pending error is the reason of a failure
/// ([connect(2)](https://man7.org/linux/man-pages/man2/connect.2.html), EINPROGRESS).
pub(crate) fn verdict(stream: &TcpStream, told: Ready) -> Option<Result<(), ConnectError>> {
    match stream.take_error() {
        Ok(None) => {}
        Ok(Some(error)) | Err(error) => return Some(Err(error.into())),
    }
    match stream.peer_addr() {
        Ok(_) => Some(Ok(())),
        Err(error) if error.kind() == io::ErrorKind::NotConnected && told.hints().is_empty() => {
            None
        }
        Err(error) => Some(Err(error.into())),
    }
}

/// The deadlines of the connections under way.
pub(crate) struct Connects {
    timers: Timers,
    by_key: HashMap<RawKey, TimerKey>,
}

impl Connects {
    pub(crate) fn new(base: Instant) -> Self {
        Self {
            timers: Timers::new(base),
            by_key: HashMap::new(),
        }
    }

    pub(crate) fn begin(&mut self, key: RawKey, deadline: Instant) {
        let tag = u64::from(key.generation().get()) << 32 | u64::from(key.slot());
        self.by_key.insert(key, self.timers.arm(deadline, tag));
    }

    /// The connection is decided or given up.
    pub(crate) fn end(&mut self, key: RawKey) {
        if !self.by_key.is_empty()
            && let Some(timer) = self.by_key.remove(&key)
        {
            self.timers.cancel(timer);
        }
    }

    pub(crate) fn next_deadline(&mut self) -> Option<Instant> {
        self.timers.next_deadline()
    }

    pub(crate) fn expire(&mut self, now: Instant) {
        self.timers.expire(now);
    }

    pub(crate) fn due_len(&mut self) -> usize {
        self.timers.due_len()
    }

    /// The next connection whose time is up, with its verdict.
    pub(crate) fn pop_due(&mut self) -> Option<(RawKey, ConnectError)> {
        let due = self.timers.pop_due()?;
        let generation = NonZeroU32::new((due.tag >> 32) as u32)?;
        let key = RawKey::new(due.tag as u32, generation);
        self.by_key.remove(&key);
        Some((key, ConnectError::TIMED_OUT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_error_keeps_what_the_system_said() {
        let refused = ConnectError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(refused.to_string(), "cannot connect: connection refused");
        assert_eq!(
            ConnectError::TIMED_OUT.to_string(),
            "cannot connect: no answer before the deadline"
        );
        let error = io::Error::from(ConnectError::TIMED_OUT);
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_connection_ends_once() {
        let now = Instant::now();
        let mut connects = Connects::new(now);
        let keys = [1, 2].map(|n| RawKey::new(n, NonZeroU32::MIN));
        for key in keys {
            connects.begin(key, now + Duration::from_secs(1));
        }
        connects.end(keys[0]);
        connects.expire(now + Duration::from_secs(1));
        assert_eq!(connects.pop_due(), Some((keys[1], ConnectError::TIMED_OUT)));
        assert_eq!(connects.pop_due(), None);
        assert!(connects.by_key.is_empty());
    }
}
