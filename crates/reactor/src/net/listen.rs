//! TCP listeners.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::Type;

use super::draft::{Common, Draft, common_options};
use super::error::refused;

/// Connections a listener holds unless told otherwise. As mio and tokio have it; nginx has 511, std 128.
pub(super) const BACKLOG: i32 = 1024;

/// Builds a [`TcpListener`] with its options.
///
/// ```
/// use barewire_reactor::net::TcpListen;
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListen::new().backlog(64).bind(([127, 0, 0, 1], 0).into())?;
/// assert_ne!(listener.local_addr()?.port(), 0);
/// # Ok(())
/// # }
/// ```
///
/// What belongs to one connection (no-delay, keep-alive, linger) is set on what is accepted: which options a
/// connection inherits from its listener differs between systems. The buffers alone have to be set here.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until bind"]
pub struct TcpListen {
    common: Common,
    reuse_address: bool,
    reuse_port: bool,
    dual_stack: bool,
    backlog: i32,
}

impl Default for TcpListen {
    fn default() -> Self {
        Self::new()
    }
}

impl TcpListen {
    /// A listener with the defaults.
    pub const fn new() -> Self {
        Self {
            common: Common::NEW,
            reuse_address: cfg!(unix),
            reuse_port: false,
            dual_stack: false,
            backlog: BACKLOG,
        }
    }

    /// Takes an address that connections of an earlier run still hold, `SO_REUSEADDR`. Default: on on Unix, off on
    /// Windows.
    ///
    /// On Unix a server that restarts would otherwise be refused for as long as its old connections are in
    /// TIME_WAIT, a minute or more; two live listeners still exclude each other. std's own
    /// [`TcpListener::bind`] has it on there too.
    ///
    /// On Windows the option means that any program may take a port from the one that has it, and a restart does
    /// not need it. Leave it off there
    /// (<https://learn.microsoft.com/en-us/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse>).
    pub const fn reuse_address(mut self, on: bool) -> Self {
        self.reuse_address = on;
        self
    }

    /// Lets several listeners have one address, `SO_REUSEPORT`: one per thread, each with a reactor of its own.
    /// Default off. Every one of them has to say so, and on Linux be of the same user.
    ///
    /// Linux (<https://lwn.net/Articles/542629/>), Android, FreeBSD (by `SO_REUSEPORT_LB`) and DragonFly spread
    /// new connections over the listeners by a hash of the addresses. macOS, NetBSD and OpenBSD accept the option
    /// and may give everything to one listener. illumos, Solaris and Windows refuse it as
    /// [`Unsupported`](io::ErrorKind::Unsupported): accept on one thread there and hand connections on.
    ///
    /// A connection belongs to the listener that was chosen when it arrived. Those that wait in a listener which
    /// is dropped are reset, also while others listen on.
    pub const fn reuse_port(mut self, on: bool) -> Self {
        self.reuse_port = on;
        self
    }

    /// Whether `[::]` takes IPv4 connections too; their peers then look like `::ffff:192.0.2.1`, which
    /// [`IpAddr::to_canonical`](std::net::IpAddr::to_canonical) undoes. Default off. Only IPv6 addresses heed it.
    ///
    /// Left alone, `IPV6_V6ONLY` is off on Linux and macOS (as RFC 3493 section 5.3 has it,
    /// <https://www.rfc-editor.org/rfc/rfc3493#section-5.3>), on on Windows and FreeBSD, and fixed to on on OpenBSD.
    /// So it is always set, to "IPv6 alone" unless asked otherwise, as nginx has it: then `0.0.0.0` and `[::]` can
    /// both be bound on one port, and no rule written for IPv4 addresses is passed by in the other family's clothes.
    pub const fn dual_stack(mut self, on: bool) -> Self {
        self.dual_stack = on;
        self
    }

    /// How many connections the system holds until they are accepted, listen(2)
    /// (<https://man7.org/linux/man-pages/man2/listen.2.html>). Default 1024. Less than 0 is taken as 0.
    ///
    /// Every system has a ceiling and applies it without a word: `net.core.somaxconn` on Linux, 4096 by default;
    /// `kern.ipc.somaxconn` on macOS, `kern.ipc.soacceptqueue` on FreeBSD, 128 by default on both.
    pub const fn backlog(mut self, connections: i32) -> Self {
        self.backlog = connections;
        self
    }

    common_options!();

    /// Binds `address` and listens. Port 0 has the system choose one; `local_addr` of the listener tells which.
    ///
    /// The listener is in blocking mode, as std's own are, until a reactor takes it.
    ///
    /// # Errors
    ///
    /// The step that failed, with the address, as a [`SocketError`](crate::net::SocketError):
    /// [`AddrInUse`](io::ErrorKind::AddrInUse), [`AddrNotAvailable`](io::ErrorKind::AddrNotAvailable),
    /// [`PermissionDenied`](io::ErrorKind::PermissionDenied), or what an option said.
    pub fn bind(&self, address: SocketAddr) -> io::Result<TcpListener> {
        let draft = Draft::new(Type::STREAM, address)?;
        draft.set_reuse_address(self.reuse_address)?;
        draft.set_reuse_port(self.reuse_port)?;
        draft.set_dual_stack(self.dual_stack)?;
        self.common.apply(&draft)?;
        draft.bind()?;
        draft
            .socket
            .listen(self.backlog.max(0))
            .map_err(|error| refused(format!("listen on {address}"), error, LISTEN_ADVICE))?;
        Ok(draft.socket.into())
    }
}

/// Linux finds out about a second listener only here if both have `SO_REUSEADDR` on.
const LISTEN_ADVICE: &str = "choose another port, or 0 for a free one";

#[cfg(test)]
mod tests {
    use socket2::SockRef;

    use super::*;

    const V4: &str = "127.0.0.1:0";

    #[track_caller]
    fn listen(builder: &TcpListen, address: &str) -> TcpListener {
        builder.bind(address.parse().unwrap()).unwrap()
    }

    #[test]
    fn switches_are_set_and_left_alone() {
        let listener = listen(&TcpListen::new(), V4);
        let told = SockRef::from(&listener).reuse_address().unwrap();
        assert_eq!(told, cfg!(unix));
        for on in [false, true] {
            let listener = listen(&TcpListen::new().reuse_address(on), V4);
            assert_eq!(SockRef::from(&listener).reuse_address().unwrap(), on);
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    #[test]
    fn reuse_port_is_set_when_asked() {
        for on in [false, true] {
            let listener = listen(&TcpListen::new().reuse_port(on), V4);
            assert_eq!(SockRef::from(&listener).reuse_port().unwrap(), on);
        }
    }

    #[cfg(windows)]
    #[test]
    fn reuse_port_is_refused_by_name() {
        let error = TcpListen::new()
            .reuse_port(true)
            .bind(V4.parse().unwrap())
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert_eq!(
            error.to_string(),
            "cannot set SO_REUSEPORT to on for 127.0.0.1:0: windows has no such option; share one socket between the threads"
        );
    }

    #[test]
    fn ipv6_is_alone_unless_asked() {
        for on in [false, true] {
            let Ok(listener) = TcpListen::new()
                .dual_stack(on)
                .bind("[::]:0".parse().unwrap())
            else {
                return println!("skipped: no IPv6 here");
            };
            assert_eq!(SockRef::from(&listener).only_v6().unwrap(), !on);
        }
    }

    #[test]
    fn both_families_share_a_port_number() {
        let Ok(v6) = TcpListen::new().bind("[::]:0".parse().unwrap()) else {
            return println!("skipped: no IPv6 here");
        };
        let port = v6.local_addr().unwrap().port();
        TcpListen::new().bind(([0, 0, 0, 0], port).into()).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_taken_port_is_told_with_its_address() {
        let taken = listen(&TcpListen::new(), V4).local_addr().unwrap();
        // Held by someone who listens, then by nobody.
        let holder = TcpListen::new().bind(taken).unwrap();
        let error = TcpListen::new().bind(taken).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert_eq!(
            error.to_string(),
            format!(
                "cannot bind {taken}: address already in use; choose another port, or 0 for a free one"
            )
        );
        drop(holder);
        TcpListen::new().bind(taken).unwrap();
    }

    #[test]
    fn a_foreign_address_is_told() {
        // From the documentation block, so on no interface.
        let error = TcpListen::new()
            .bind("203.0.113.1:0".parse().unwrap())
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
        let text = error.to_string();
        assert!(text.starts_with("cannot bind 203.0.113.1:0: "), "{text}");
        let advice = "; use an address of this machine, 0.0.0.0 or [::] for all of them";
        assert!(text.ends_with(advice), "{text}");
    }
}
