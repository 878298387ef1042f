//! TCP connections that are begun here and watched by a reactor.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::Type;

use super::draft::{Common, Draft, LEAVE, bind, common_options, lacks_scope, switch};
use super::error::{refused, senseless};
use super::options::{Keepalive, apply_keepalive, apply_linger};

/// Begins TCP connections, with their options, without waiting for them.
///
/// ```
/// use barewire_reactor::net::{Keepalive, TcpConnect};
///
/// # fn main() -> std::io::Result<()> {
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let peer = listener.local_addr()?;
/// let builder = TcpConnect::new().nodelay(true).keepalive(Keepalive::default());
/// let connecting = builder.start(peer)?;
/// assert_eq!(connecting.peer(), peer);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until start"]
pub struct TcpConnect {
    common: Common,
    local: Option<SocketAddr>,
    nodelay: bool,
    keepalive: Option<Keepalive>,
    linger: Option<Duration>,
}

impl TcpConnect {
    /// A connection with the defaults.
    pub const fn new() -> Self {
        Self {
            common: Common::NEW,
            local: None,
            nodelay: false,
            keepalive: None,
            linger: None,
        }
    }

    /// The address to connect from, of the peer's family; port 0 for any. Default: the system's choice.
    pub const fn local_address(mut self, address: SocketAddr) -> Self {
        self.local = Some(address);
        self
    }

    /// Sends small segments at once, `TCP_NODELAY`, instead of holding them until earlier ones are acknowledged
    /// (RFC 9293 section 3.7.4, <https://www.rfc-editor.org/rfc/rfc9293#section-3.7.4>). Default off, as every
    /// system has it; a program that batches its writes wants it on.
    pub const fn nodelay(mut self, on: bool) -> Self {
        self.nodelay = on;
        self
    }

    /// Probes a silent peer, `SO_KEEPALIVE`. Default off.
    pub const fn keepalive(mut self, keepalive: Keepalive) -> Self {
        self.keepalive = Some(keepalive);
        self
    }

    /// What closing does with bytes not yet sent, `SO_LINGER`. Default off. See
    /// [`set_linger`](crate::net::set_linger), also for why a reactor wants either nothing or zero here.
    pub const fn linger(mut self, linger: Duration) -> Self {
        self.linger = Some(linger);
        self
    }

    common_options!();

    /// Creates a non-blocking socket and begins to connect it, connect(2)
    /// (<https://man7.org/linux/man-pages/man2/connect.2.html>).
    ///
    /// The answer comes later: give what is returned to [`Reactor::connect`](crate::Reactor::connect), which reports it
    /// once.
    ///
    /// # Errors
    ///
    /// An option or the local address was refused, or the system knows at once that it will not do: no route, no
    /// free port, and on some systems a refusal by this very machine. As a [`SocketError`](crate::net::SocketError).
    pub fn start(&self, peer: SocketAddr) -> io::Result<Connecting> {
        let draft = Draft::new(Type::STREAM, peer)?;
        self.common.apply(&draft)?;
        if self.nodelay {
            let result = draft.socket.set_tcp_nodelay(true);
            draft.set("TCP_NODELAY", switch(true), LEAVE, result)?;
        }
        if let Some(keepalive) = self.keepalive {
            apply_keepalive(&draft.socket, keepalive, || peer.to_string())?;
        }
        if self.linger.is_some() {
            apply_linger(&draft.socket, self.linger, || peer.to_string())?;
        }
        if let Some(local) = self.local {
            if local.is_ipv4() != peer.is_ipv4() {
                let attempt = format!("connect {local} to {peer}");
                let reason = "one is IPv4, the other IPv6";
                let advice = "use a local address of the peer's family";
                return Err(senseless(attempt, reason, advice));
            }
            bind(&draft.socket, local)?;
        }
        let result = draft.socket.set_nonblocking(true);
        draft.set("O_NONBLOCK", switch(true), LEAVE, result)?;
        match draft.socket.connect(&peer.into()) {
            Err(error) if !is_under_way(&error) => {
                let advice = connect_advice(peer, error.kind());
                Err(refused(format!("connect to {peer}"), error, advice))
            }
            _ => Ok(Connecting {
                stream: draft.socket.into(),
                peer,
            }),
        }
    }
}

/// A connection that was begun and whose outcome is not known yet.
///
/// It goes to [`Reactor::connect`](crate::Reactor::connect), together with an interest and a deadline. The reactor watches it, reports exactly
/// one verdict (connected, refused, or too late), and from then on holds a
/// [`TcpStream`](std::net::TcpStream) like any other.
///
/// There is no other way to the stream: one that is asked for readiness too early reports readable, writable and a
/// hang-up on some systems, and only `SO_ERROR`, taken once, tells refused from connected.
#[derive(Debug)]
#[must_use = "the connection is given up when this is dropped; pass it to Reactor::connect"]
pub struct Connecting {
    stream: TcpStream,
    peer: SocketAddr,
}

impl Connecting {
    /// Whom it connects to.
    #[must_use]
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The stream, non-blocking, connected or not.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }
}

/// Begun, and to be reported later. An interrupted connect(2) goes on by itself.
#[cfg(unix)]
fn is_under_way(error: &io::Error) -> bool {
    use rustix::io::Errno;
    // Not EAGAIN: that means that no local port is free.
    matches!(
        Errno::from_io_error(error),
        Some(Errno::INPROGRESS | Errno::INTR)
    )
}

/// Begun, and to be reported later: `WSAEWOULDBLOCK`.
#[cfg(windows)]
fn is_under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

fn connect_advice(peer: SocketAddr, kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            "check the address and the network's routes"
        }
        io::ErrorKind::ConnectionRefused => "start what should listen there, or check the port",
        io::ErrorKind::AddrInUse => "use local port 0",
        _ if lacks_scope(peer) => "a link-local address needs its interface, as in [fe80::1%2]:80",
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::WouldBlock => {
            "check the address, or wait for a local port to be free"
        }
        _ => "check the address",
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Instant;

    use socket2::SockRef;

    use super::*;
    use crate::{Interest, Reactor};

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[track_caller]
    fn start(builder: &TcpConnect) -> (TcpStream, TcpListener) {
        let (listener, address) = listener();
        (builder.start(address).unwrap().into_stream(), listener)
    }

    /// Turns until the stream is reported.
    #[track_caller]
    fn settle(stream: TcpStream) -> TcpStream {
        let mut reactor = Reactor::new().unwrap();
        let key = reactor.insert(stream, Interest::WRITABLE).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            reactor.turn(Some(Duration::from_millis(100))).unwrap();
            if reactor.next().is_some() {
                return reactor.remove(key).unwrap();
            }
            assert!(Instant::now() < deadline, "no verdict");
        }
    }

    #[test]
    fn connects_in_its_own_time() {
        let (listener, address) = listener();
        let stream = TcpConnect::new().start(address).unwrap().into_stream();
        let (_far, from) = listener.accept().unwrap();
        let stream = settle(stream);
        assert!(stream.take_error().unwrap().is_none());
        assert_eq!(stream.peer_addr().unwrap(), address);
        assert_eq!(stream.local_addr().unwrap(), from);
    }

    // Elsewhere a machine may refuse itself at once.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_closed_port_starts_well_and_is_told_later() {
        use socket2::{Domain, Socket};
        let closed = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        closed.bind(&any.into()).unwrap();
        let address = closed.local_addr().unwrap().as_socket().unwrap();
        let stream = settle(TcpConnect::new().start(address).unwrap().into_stream());
        let error = stream.take_error().unwrap().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(stream.take_error().unwrap().is_none(), "told once");
    }

    #[cfg(unix)]
    #[test]
    fn the_stream_never_blocks() {
        let (stream, _listener) = start(&TcpConnect::new());
        let flags = rustix::fs::fcntl_getfl(&stream).unwrap();
        assert!(flags.contains(rustix::fs::OFlags::NONBLOCK));
    }

    #[test]
    fn options_are_set_and_left_alone() {
        let (stream, _listener) = start(&TcpConnect::new());
        let told = SockRef::from(&stream);
        assert!(!told.tcp_nodelay().unwrap());
        assert!(!told.keepalive().unwrap());
        assert_eq!(told.linger().unwrap(), None);
        let builder = TcpConnect::new()
            .nodelay(true)
            .keepalive(Keepalive::default())
            .linger(Duration::from_secs(7))
            .receive_buffer_bytes(50_000)
            .send_buffer_bytes(60_000);
        let (stream, _listener) = start(&builder);
        let told = SockRef::from(&stream);
        assert!(told.tcp_nodelay().unwrap());
        assert!(told.keepalive().unwrap());
        assert_eq!(told.linger().unwrap(), Some(Duration::from_secs(7)));
        let granted = crate::net::buffers(&stream).unwrap();
        assert!(granted.receive_bytes >= 50_000, "{granted:?}");
        assert!(granted.send_bytes >= 60_000, "{granted:?}");
        assert!(granted.receive_bytes < 60_000, "{granted:?}");
    }

    #[test]
    fn the_local_address_is_taken() {
        let (listener, address) = listener();
        let local: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let builder = TcpConnect::new().local_address(local);
        let stream = builder.start(address).unwrap().into_stream();
        let (_far, from) = listener.accept().unwrap();
        assert_eq!(stream.local_addr().unwrap(), from);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn any_loopback_address_can_be_the_local_one() {
        let (listener, address) = listener();
        let builder = TcpConnect::new().local_address("127.0.0.9:0".parse().unwrap());
        let _stream = builder.start(address).unwrap().into_stream();
        assert_eq!(listener.accept().unwrap().1.ip().to_string(), "127.0.0.9");
    }

    #[test]
    fn families_do_not_mix() {
        let builder = TcpConnect::new().local_address("127.0.0.1:0".parse().unwrap());
        let error = match builder.start("[::1]:80".parse().unwrap()) {
            Ok(_) => panic!("mixed families connected"),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => error,
            Err(error) => return println!("skipped: {error}"),
        };
        assert_eq!(
            error.to_string(),
            "cannot connect 127.0.0.1:0 to [::1]:80: one is IPv4, the other IPv6; use a local address of the peer's family"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_system_knows_at_once_is_told_at_once() {
        let error = TcpConnect::new()
            .start("255.255.255.255:80".parse().unwrap())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot connect to 255.255.255.255:80: network is unreachable; check the address and the network's routes"
        );
    }
}
