//! UDP sockets.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use socket2::Type;

use super::draft::{Common, Draft, LEAVE, common_options, lacks_scope, switch};
use super::error::refused;
use super::interface::Interface;
use super::multicast::Multicast;

/// Builds a [`UdpSocket`] with its options.
///
/// ```
/// use barewire_reactor::net::{Interface, Udp};
/// use std::net::Ipv4Addr;
///
/// # fn main() -> std::io::Result<()> {
/// let group = Ipv4Addr::new(239, 255, 76, 1);
/// let builder = Udp::new().reuse_address(true).join(group.into(), Interface::Routed);
/// match builder.bind((Ipv4Addr::UNSPECIFIED, 0).into()) {
///     Ok(socket) => println!("listening on {}", socket.local_addr()?),
///     // cannot join 239.255.76.1 on the routed interface for 0.0.0.0:0: no such device; …
///     Err(error) => eprintln!("{error}"),
/// }
/// # Ok(())
/// # }
/// ```
///
/// A datagram may be empty: receiving 0 bytes is no end. What does not fit the buffer is cut off; Windows reports
/// that as an error. See the [crate's contract](crate#the-contract) for the errors that are none.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until bind"]
pub struct Udp {
    common: Common,
    reuse_address: bool,
    reuse_port: bool,
    dual_stack: bool,
    broadcast: bool,
    ttl: Option<u8>,
    multicast: Multicast,
    peer: Option<SocketAddr>,
}

impl Default for Udp {
    fn default() -> Self {
        Self::new()
    }
}

impl Udp {
    /// A socket with the defaults.
    pub const fn new() -> Self {
        Self {
            common: Common::NEW,
            reuse_address: false,
            reuse_port: false,
            dual_stack: false,
            broadcast: false,
            ttl: None,
            multicast: Multicast::new(),
            peer: None,
        }
    }

    /// Lets other sockets that say so too have the same address, `SO_REUSEADDR`. Default off.
    ///
    /// For programs that listen to one group or broadcast on one port: each gets every datagram. Datagrams to
    /// one machine go to one of the sockets, on Linux the one bound last, so that any program of this machine can
    /// take them away; hence the default. macOS and the BSDs ask for
    /// [`reuse_port`](Self::reuse_port) as well when a wildcard address is shared.
    pub const fn reuse_address(mut self, on: bool) -> Self {
        self.reuse_address = on;
        self
    }

    /// Lets several sockets have one address and share its datagrams, `SO_REUSEPORT`: one per thread, say. Default
    /// off. A flow (both addresses and ports) stays with one socket as long as no socket comes or goes.
    ///
    /// For systems see [`TcpListen::reuse_port`](crate::net::TcpListen::reuse_port).
    pub const fn reuse_port(mut self, on: bool) -> Self {
        self.reuse_port = on;
        self
    }

    /// Whether an IPv6 socket does IPv4 too, by addresses like `::ffff:192.0.2.1`. Default off. As
    /// [`TcpListen::dual_stack`](crate::net::TcpListen::dual_stack).
    pub const fn dual_stack(mut self, on: bool) -> Self {
        self.dual_stack = on;
        self
    }

    /// Allows sending to broadcast addresses, `SO_BROADCAST`. Default off: such a send then fails with
    /// [`PermissionDenied`](io::ErrorKind::PermissionDenied).
    pub const fn broadcast(mut self, on: bool) -> Self {
        self.broadcast = on;
        self
    }

    /// How many hops a datagram to one machine may take, `IP_TTL` or `IPV6_UNICAST_HOPS`: 1 to 255. Default: the
    /// system's, as a rule 64.
    pub const fn ttl(mut self, hops: u8) -> Self {
        self.ttl = Some(hops);
        self
    }

    /// How many hops a datagram to a group may take, `IP_MULTICAST_TTL` or `IPV6_MULTICAST_HOPS`: 0 stays on this
    /// machine. Default: the system's, which is 1, the local network.
    pub const fn multicast_ttl(mut self, hops: u8) -> Self {
        self.multicast.ttl = Some(hops);
        self
    }

    /// Whether members of a group on this machine receive what this socket sends to it, `IP_MULTICAST_LOOP` or
    /// `IPV6_MULTICAST_LOOP`. Default: the system's, which is on.
    ///
    /// On Windows it is the receiver's option: whether this socket receives what this machine sends.
    pub const fn multicast_loop(mut self, on: bool) -> Self {
        self.multicast.echo = Some(on);
        self
    }

    /// By which interface datagrams to a group leave, `IP_MULTICAST_IF` or `IPV6_MULTICAST_IF`. Default
    /// [`Interface::Routed`].
    ///
    /// An IPv6 socket takes no [`Interface::Address`]. NetBSD, illumos and Solaris have no
    /// [`Interface::Index`] for IPv4 ([`Unsupported`](io::ErrorKind::Unsupported)).
    pub const fn multicast_interface(mut self, interface: Interface) -> Self {
        self.multicast.interface = Some(interface);
        self
    }

    /// Receives what is sent to `group` from anyone, on `interface`; `IP_ADD_MEMBERSHIP`, `IPV6_JOIN_GROUP`. May be
    /// called for several groups, and for one group on several interfaces. Default: none.
    ///
    /// The socket has to be bound to the group's port, and to the wildcard address (or, on Unix, to the group
    /// itself). On Linux it receives the groups that it joined and no others, as elsewhere: `IP_MULTICAST_ALL` and
    /// `IPV6_MULTICAST_ALL` are turned off once a group is joined here.
    ///
    /// An IPv6 group takes no [`Interface::Address`]. NetBSD, OpenBSD, illumos and Solaris have no
    /// [`Interface::Index`] for IPv4 ([`Unsupported`](io::ErrorKind::Unsupported)). Linux allows 20 IPv4 groups a
    /// socket (`net.ipv4.igmp_max_memberships`).
    pub fn join(mut self, group: IpAddr, interface: impl Into<Interface>) -> Self {
        self.multicast.groups.push((group, interface.into()));
        self
    }

    /// Connects the socket once it is bound: it sends to `peer` alone, receives from `peer` alone, and hears when
    /// nobody is there. Default: not connected.
    ///
    /// "Nobody there" is [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) from some later send or receive,
    /// [`ConnectionReset`](io::ErrorKind::ConnectionReset) on Windows. It is news about one datagram; the socket
    /// goes on.
    pub const fn connect(mut self, peer: SocketAddr) -> Self {
        self.peer = Some(peer);
        self
    }

    common_options!();

    /// Binds `address`, joins the groups, connects. Port 0 has the system choose one; `local_addr` of the socket
    /// tells which.
    ///
    /// The socket is in blocking mode, as std's own are, until a reactor takes it.
    ///
    /// # Errors
    ///
    /// The step that failed, with the address, as a [`SocketError`](crate::net::SocketError).
    pub fn bind(&self, address: SocketAddr) -> io::Result<UdpSocket> {
        let draft = Draft::new(Type::DGRAM, address)?;
        draft.set_reuse_address(self.reuse_address)?;
        draft.set_reuse_port(self.reuse_port)?;
        draft.set_dual_stack(self.dual_stack)?;
        self.common.apply(&draft)?;
        if self.broadcast {
            let result = draft.socket.set_broadcast(true);
            draft.set("SO_BROADCAST", switch(true), LEAVE, result)?;
        }
        self.set_ttl(&draft)?;
        self.multicast.apply(&draft, self.dual_stack)?;
        draft.bind()?;
        self.multicast.join(&draft)?;
        if let Some(peer) = self.peer {
            draft.socket.connect(&peer.into()).map_err(|error| {
                let advice = connect_advice(peer, error.kind());
                refused(format!("connect {address} to {peer}"), error, advice)
            })?;
        }
        Ok(draft.socket.into())
    }

    fn set_ttl(&self, draft: &Draft) -> io::Result<()> {
        let Some(hops) = self.ttl else { return Ok(()) };
        let advice = "use 1 to 255";
        let v6 = draft.address.is_ipv6();
        if v6 {
            let result = draft.socket.set_unicast_hops_v6(hops.into());
            draft.set("IPV6_UNICAST_HOPS", hops, advice, result)?;
        }
        if !v6 || self.dual_stack {
            let result = draft.socket.set_ttl_v4(hops.into());
            draft.set("IP_TTL", hops, advice, result)?;
        }
        Ok(())
    }
}

fn connect_advice(peer: SocketAddr, kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::PermissionDenied => "sending to a broadcast address has to be allowed first",
        _ if lacks_scope(peer) => "a link-local address needs its interface, as in [fe80::1%2]:80",
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            "check the address and the network's routes"
        }
        _ => "use a peer that the bound address can reach, of its family",
    }
}
