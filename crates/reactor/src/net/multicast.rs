//! Groups: joining them, and how datagrams to them leave.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::num::NonZeroU32;

use socket2::{SockRef, Socket};

use super::draft::{Draft, LEAVE, switch};
use super::error::{refused, senseless};
use super::interface::Interface;

/// What a builder was told about multicast.
#[derive(Clone, Debug)]
pub(super) struct Multicast {
    pub(super) ttl: Option<u8>,
    pub(super) echo: Option<bool>,
    pub(super) interface: Option<Interface>,
    pub(super) groups: Vec<(IpAddr, Interface)>,
}

impl Multicast {
    pub(super) const fn new() -> Self {
        Self {
            ttl: None,
            echo: None,
            interface: None,
            groups: Vec::new(),
        }
    }

    /// Sets what was told, for IPv6 or IPv4, and for both on a socket that does both.
    pub(super) fn apply(&self, draft: &Draft, dual_stack: bool) -> io::Result<()> {
        let v6 = draft.address.is_ipv6();
        if v6 {
            self.apply_v6(draft)?;
        }
        if !v6 || dual_stack {
            self.apply_v4(draft)?;
        }
        Ok(())
    }

    fn apply_v4(&self, draft: &Draft) -> io::Result<()> {
        if let Some(hops) = self.ttl {
            let result = draft.socket.set_multicast_ttl_v4(hops.into());
            draft.set("IP_MULTICAST_TTL", hops, LEAVE, result)?;
        }
        if let Some(on) = self.echo {
            let result = draft.socket.set_multicast_loop_v4(on);
            draft.set("IP_MULTICAST_LOOP", switch(on), LEAVE, result)?;
        }
        if let Some(interface) = self.interface {
            let result = match interface {
                Interface::Routed => draft.socket.set_multicast_if_v4(&Ipv4Addr::UNSPECIFIED),
                Interface::Address(address) => draft.socket.set_multicast_if_v4(&address),
                Interface::Index(index) => leave_by(draft, index),
            };
            draft.set("IP_MULTICAST_IF", interface, NAME_ONE, result)?;
        }
        Ok(())
    }

    fn apply_v6(&self, draft: &Draft) -> io::Result<()> {
        if let Some(hops) = self.ttl {
            let result = draft.socket.set_multicast_hops_v6(hops.into());
            draft.set("IPV6_MULTICAST_HOPS", hops, LEAVE, result)?;
        }
        if let Some(on) = self.echo {
            let result = draft.socket.set_multicast_loop_v6(on);
            draft.set("IPV6_MULTICAST_LOOP", switch(on), LEAVE, result)?;
        }
        if let Some(interface) = self.interface {
            let Some(index) = index_v6(interface) else {
                let attempt = draft.attempt("IPV6_MULTICAST_IF", interface);
                return Err(senseless(attempt, BY_ADDRESS, GIVE_INDEX));
            };
            let result = draft.socket.set_multicast_if_v6(index);
            draft.set("IPV6_MULTICAST_IF", interface, NAME_ONE, result)?;
        }
        Ok(())
    }

    /// Joins the groups of a bound socket.
    pub(super) fn join(&self, draft: &Draft) -> io::Result<()> {
        let on = || draft.address.to_string();
        let mut groups = self.groups.iter();
        groups.try_for_each(|&(group, interface)| join(&draft.socket, group, interface, on))
    }
}

/// Receives what is sent to `group` from anyone, on `interface`, by a socket that is bound already: for programs that
/// follow interfaces as they come and go. Otherwise as [`Udp::join`](crate::net::Udp::join).
///
/// # Errors
///
/// The system's, as a [`SocketError`](crate::net::SocketError): [`InvalidInput`](io::ErrorKind::InvalidInput) if `group`
/// is none, [`AddrInUse`](io::ErrorKind::AddrInUse) if it is joined already. Of two groups, one that is refused leaves
/// the other.
///
/// ```
/// use std::net::Ipv4Addr;
///
/// use barewire_reactor::net::{Interface, Udp, join_group};
///
/// # fn main() -> std::io::Result<()> {
/// let socket = Udp::new().bind((Ipv4Addr::UNSPECIFIED, 0).into())?;
/// if let Err(error) = join_group(&socket, Ipv4Addr::new(239, 255, 76, 1).into(), Interface::Routed) {
///     // cannot join 239.255.76.1 on the routed interface for 0.0.0.0:40137: no such device; …
///     eprintln!("{error}");
/// }
/// # Ok(())
/// # }
/// ```
pub fn join_group(
    socket: &UdpSocket,
    group: IpAddr,
    interface: impl Into<Interface>,
) -> io::Result<()> {
    let on = || match socket.local_addr() {
        Ok(address) => address.to_string(),
        Err(_) => "a socket".to_owned(),
    };
    join(&SockRef::from(socket), group, interface.into(), on)
}

fn join(
    socket: &Socket,
    group: IpAddr,
    interface: Interface,
    on: impl Fn() -> String,
) -> io::Result<()> {
    let attempt = || format!("join {group} on {interface} for {}", on());
    if !group.is_multicast() {
        let advice = "use 224.0.0.0 to 239.255.255.255, or ff00::/8";
        return Err(senseless(attempt(), "it is no multicast group", advice));
    }
    match group {
        IpAddr::V4(group) => join_v4(socket, group, interface),
        IpAddr::V6(group) => match index_v6(interface) {
            Some(index) => join_v6(socket, group, index),
            None => return Err(senseless(attempt(), BY_ADDRESS, GIVE_INDEX)),
        },
    }
    .map_err(|error| {
        let advice = join_advice(error.kind());
        refused(attempt(), error, advice)
    })
}

const NAME_ONE: &str = "name an interface of this machine";
const BY_ADDRESS: &str = "an IPv6 interface is not known by an IPv4 address";
const GIVE_INDEX: &str = "give the interface's index";

const fn join_advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrInUse => "it is joined already; join it once",
        io::ErrorKind::Unsupported => "give an address of the interface instead of its index",
        _ => "name an interface of this machine that does multicast, and join few groups",
    }
}

const fn index_v6(interface: Interface) -> Option<u32> {
    match interface {
        Interface::Routed => Some(0),
        Interface::Index(index) => Some(index.get()),
        Interface::Address(_) => None,
    }
}

fn join_v4(socket: &Socket, group: Ipv4Addr, interface: Interface) -> io::Result<()> {
    // Linux otherwise delivers what any socket of the machine has joined.
    #[cfg(target_os = "linux")]
    socket.set_multicast_all_v4(false)?;
    match interface {
        Interface::Routed => socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED),
        Interface::Address(address) => socket.join_multicast_v4(&group, &address),
        Interface::Index(index) => join_v4_by(socket, group, index),
    }
}

fn join_v6(socket: &Socket, group: Ipv6Addr, index: u32) -> io::Result<()> {
    // Kernels before 4.20 lack it, and deliver more than was asked for, as they always did.
    #[cfg(target_os = "linux")]
    let _ = socket.set_multicast_all_v6(false);
    socket.join_multicast_v6(&group, index)
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    windows
))]
fn join_v4_by(socket: &Socket, group: Ipv4Addr, index: NonZeroU32) -> io::Result<()> {
    use socket2::InterfaceIndexOrAddress::Index;
    socket.join_multicast_v4_n(&group, &Index(index.get()))
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    windows
)))]
fn join_v4_by(_: &Socket, _: Ipv4Addr, _: NonZeroU32) -> io::Result<()> {
    Err(super::error::missing())
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "openbsd"
))]
fn leave_by(draft: &Draft, index: NonZeroU32) -> io::Result<()> {
    const ANY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
    rustix::net::sockopt::set_ip_multicast_if_with_ifindex(&draft.socket, &ANY, &ANY, index.get())?;
    Ok(())
}

/// Windows takes an index for an address when it is below 0x0100_0000.
#[cfg(windows)]
fn leave_by(draft: &Draft, index: NonZeroU32) -> io::Result<()> {
    draft
        .socket
        .set_multicast_if_v4(&Ipv4Addr::from_bits(index.get()))
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "openbsd",
    windows
)))]
fn leave_by(_: &Draft, _: NonZeroU32) -> io::Result<()> {
    Err(super::error::missing())
}
