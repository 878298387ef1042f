//! Options of sockets that exist already, as far as std lacks them.

use std::fmt;
use std::io;
use std::time::Duration;

use socket2::{SockRef, Socket, TcpKeepalive};

use super::draft::switch;
use super::error::refused;
use super::name::describe;
use crate::source::AsDescriptor;

/// When a silent TCP peer is probed and given up (RFC 9293 section 3.8.4,
/// <https://www.rfc-editor.org/rfc/rfc9293#section-3.8.4>). Build it with `Keepalive { …, ..Keepalive::default() }`.
///
/// `None` is the system's own, which on Linux is 2 hours, 75 seconds, 9 probes. Times are rounded up to whole
/// seconds, the unit of most systems. Linux takes 1 to 32767 seconds and 1 to 127 probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Keepalive {
    /// Silence until the first probe, `TCP_KEEPIDLE`. Unsupported on OpenBSD and Haiku.
    pub idle: Option<Duration>,
    /// From one probe to the next, `TCP_KEEPINTVL`. Unsupported on OpenBSD, Haiku, Solaris.
    pub interval: Option<Duration>,
    /// Probes without an answer until the connection fails with [`TimedOut`](io::ErrorKind::TimedOut),
    /// `TCP_KEEPCNT`. Unsupported on OpenBSD, Haiku, Solaris. On Windows since version 1703 of Windows 10.
    pub retries: Option<u32>,
}

impl fmt::Display for Keepalive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("on")?;
        if let Some(idle) = self.idle {
            write!(f, ", idle {idle:?}")?;
        }
        if let Some(interval) = self.interval {
            write!(f, ", interval {interval:?}")?;
        }
        if let Some(retries) = self.retries {
            write!(f, ", retries {retries}")?;
        }
        Ok(())
    }
}

/// Probes a silent TCP peer, `SO_KEEPALIVE`; `None` stops that.
///
/// # Errors
///
/// The system refuses a value, or lacks an option that was given ([`Unsupported`](io::ErrorKind::Unsupported)).
/// Options before it in [`Keepalive`] are then set.
pub fn set_keepalive<S: AsDescriptor>(socket: &S, keepalive: Option<Keepalive>) -> io::Result<()> {
    let socket = SockRef::from(socket);
    match keepalive {
        Some(keepalive) => apply_keepalive(&socket, keepalive, || describe(&socket)),
        None => socket.set_keepalive(false).map_err(|error| {
            let attempt = format!("set SO_KEEPALIVE to off for {}", describe(&socket));
            refused(attempt, error, "use a stream socket")
        }),
    }
}

pub(super) fn apply_keepalive(
    socket: &Socket,
    keepalive: Keepalive,
    on: impl Fn() -> String,
) -> io::Result<()> {
    let refusal = |error| {
        let attempt = format!("set SO_KEEPALIVE to {keepalive} for {}", on());
        let advice = "use 1 to 32767 seconds and 1 to 127 retries, or leave them out";
        refused(attempt, error, advice)
    };
    let params = params(keepalive).map_err(refusal)?;
    let result = if keepalive == Keepalive::default() {
        socket.set_keepalive(true)
    } else {
        socket.set_tcp_keepalive(&params)
    };
    result.map_err(refusal)
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "illumos",
    windows
))]
fn params(keepalive: Keepalive) -> io::Result<TcpKeepalive> {
    // Windows sets both times at once: what is left out is what it starts with.
    let left_out = |time: Duration| cfg!(windows).then_some(time);
    let idle = keepalive
        .idle
        .or(left_out(Duration::from_secs(2 * 60 * 60)));
    let interval = keepalive.interval.or(left_out(Duration::from_secs(1)));
    let mut params = TcpKeepalive::new();
    if let Some(idle) = idle {
        params = params.with_time(whole_seconds(idle));
    }
    if let Some(interval) = interval {
        params = params.with_interval(whole_seconds(interval));
    }
    if let Some(retries) = keepalive.retries {
        params = params.with_retries(retries);
    }
    Ok(params)
}

/// OpenBSD and Haiku have the switch alone, Solaris and others the first time too.
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "illumos",
    windows
)))]
fn params(keepalive: Keepalive) -> io::Result<TcpKeepalive> {
    let only_switch = cfg!(any(target_os = "openbsd", target_os = "haiku"));
    let more = keepalive.interval.is_some() || keepalive.retries.is_some();
    match keepalive.idle {
        _ if more => Err(super::error::missing()),
        Some(_) if only_switch => Err(super::error::missing()),
        Some(idle) => Ok(TcpKeepalive::new().with_time(whole_seconds(idle))),
        None => Ok(TcpKeepalive::new()),
    }
}

/// What closing does with bytes not yet sent, `SO_LINGER`. Off, which is where every socket starts, has the system
/// send them in the background. [`Duration::ZERO`] throws them away and resets the connection.
///
/// Any other time is rounded up to whole seconds (rounded down, half a second would mean a reset). It makes close(2)
/// wait for so long, on Linux even on a non-blocking socket: a reactor stands still meanwhile. To know that the
/// peer has everything, shut down for writing and wait for its end instead.
///
/// # Errors
///
/// The system's, with the socket's address.
pub fn set_linger<S: AsDescriptor>(socket: &S, linger: Option<Duration>) -> io::Result<()> {
    let socket = SockRef::from(socket);
    apply_linger(&socket, linger, || describe(&socket))
}

pub(super) fn apply_linger(
    socket: &Socket,
    linger: Option<Duration>,
    on: impl Fn() -> String,
) -> io::Result<()> {
    // The system has 16 bits for it on Windows, 15 on some others.
    let linger = linger.map(|time| whole_seconds(time).min(Duration::from_secs(0x7fff)));
    socket.set_linger(linger).map_err(|error| {
        let value = linger.map_or_else(|| switch(false).to_owned(), |time| format!("{time:?}"));
        let attempt = format!("set SO_LINGER to {value} for {}", on());
        refused(attempt, error, "leave it off")
    })
}

/// Up to the next whole second.
fn whole_seconds(time: Duration) -> Duration {
    let up = u64::from(time.subsec_nanos() > 0);
    Duration::from_secs(time.as_secs().saturating_add(up))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn stream() -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        TcpStream::connect(listener.local_addr().unwrap()).unwrap()
    }

    #[test]
    fn linger_is_rounded_up_and_taken_back() {
        let stream = stream();
        let told = || SockRef::from(&stream).linger().unwrap();
        let seconds = Duration::from_secs;
        let cases = [
            (Some(Duration::from_millis(1)), Some(seconds(1))),
            (Some(Duration::ZERO), Some(Duration::ZERO)),
            (Some(seconds(3)), Some(seconds(3))),
            (Some(Duration::MAX), Some(seconds(0x7fff))),
            (None, None),
        ];
        for (asked, expected) in cases {
            set_linger(&stream, asked).unwrap();
            assert_eq!(told(), expected, "{asked:?}");
        }
    }

    #[test]
    fn keepalive_goes_on_and_off() {
        let stream = stream();
        set_keepalive(&stream, Some(Keepalive::default())).unwrap();
        assert!(SockRef::from(&stream).keepalive().unwrap());
        set_keepalive(&stream, None).unwrap();
        assert!(!SockRef::from(&stream).keepalive().unwrap());
    }

    #[cfg(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd"))]
    #[test]
    fn keepalive_sets_what_is_given_and_no_more() {
        let stream = stream();
        let told = SockRef::from(&stream);
        let interval = told.tcp_keepalive_interval().unwrap();
        let keepalive = Keepalive {
            idle: Some(Duration::from_millis(41_001)),
            retries: Some(7),
            ..Keepalive::default()
        };
        set_keepalive(&stream, Some(keepalive)).unwrap();
        assert!(told.keepalive().unwrap());
        assert_eq!(told.tcp_keepalive_time().unwrap(), Duration::from_secs(42));
        assert_eq!(told.tcp_keepalive_retries().unwrap(), 7);
        assert_eq!(told.tcp_keepalive_interval().unwrap(), interval);
        let keepalive = Keepalive {
            interval: Some(Duration::from_secs(5)),
            ..Keepalive::default()
        };
        set_keepalive(&stream, Some(keepalive)).unwrap();
        assert_eq!(told.tcp_keepalive_interval().unwrap().as_secs(), 5);
        assert_eq!(told.tcp_keepalive_time().unwrap().as_secs(), 42);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_value_out_of_range_is_named() {
        let stream = stream();
        let keepalive = Keepalive {
            idle: Some(Duration::from_secs(1)),
            retries: Some(128),
            ..Keepalive::default()
        };
        let error = set_keepalive(&stream, Some(keepalive)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert_eq!(
            error.to_string(),
            format!(
                "cannot set SO_KEEPALIVE to on, idle 1s, retries 128 for {}: invalid argument; use 1 to 32767 seconds and 1 to 127 retries, or leave them out",
                stream.local_addr().unwrap()
            )
        );
    }
}
