//! Joining groups on a socket that exists: each for itself, so that one that is refused leaves the others.

use std::io;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use socket2::SockRef;

use crate::interface::Interface;

pub(crate) fn join(socket: &UdpSocket, group: IpAddr, interface: &Interface) -> io::Result<()> {
    match group {
        IpAddr::V4(group) => {
            // Linux otherwise delivers what any socket of the machine has joined.
            #[cfg(target_os = "linux")]
            SockRef::from(socket).set_multicast_all_v4(false)?;
            match join_v4(socket, group, interface) {
                Err(error) if wants_address(&error) => join_v4_by_address(socket, group, interface),
                joined => joined,
            }
        }
        IpAddr::V6(group) => {
            // Kernels before 4.20 lack it, and deliver more than was asked for, as they always did.
            #[cfg(target_os = "linux")]
            let _ = SockRef::from(socket).set_multicast_all_v6(false);
            socket.join_multicast_v6(&group, interface.index.get())
        }
    }
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    windows
))]
fn join_v4(socket: &UdpSocket, group: Ipv4Addr, interface: &Interface) -> io::Result<()> {
    use socket2::InterfaceIndexOrAddress::Index;
    SockRef::from(socket).join_multicast_v4_n(&group, &Index(interface.index.get()))
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    windows
)))]
fn join_v4(_: &UdpSocket, _: Ipv4Addr, _: &Interface) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn join_v4_by_address(
    socket: &UdpSocket,
    group: Ipv4Addr,
    interface: &Interface,
) -> io::Result<()> {
    let own = interface.v4.first().map(|own| own.address);
    socket.join_multicast_v4(&group, &own.unwrap_or(Ipv4Addr::UNSPECIFIED))
}

/// Whether the system knows the interfaces of IPv4 groups by address only, as NetBSD and Wine do.
pub(crate) fn wants_address(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput
    )
}

/// ENOBUFS has no kind of its own in std.
pub(crate) fn join_advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "a sandbox or firewall forbids it; broadcasts are heard all the same"
        }
        io::ErrorKind::AddrInUse => "it is joined already; name each group once",
        _ if is_no_buffers(error) => {
            "join fewer groups, or raise net.ipv4.igmp_max_memberships, where it is Linux"
        }
        _ => "the interface does no multicast; broadcasts are heard all the same",
    }
}

/// ENOBUFS: of Linux, of macOS and the BSDs, of Windows. Said of too many groups.
fn is_no_buffers(error: &io::Error) -> bool {
    let number = if cfg!(any(target_os = "linux", target_os = "android")) {
        105
    } else if cfg!(windows) {
        10055
    } else {
        55
    };
    error.raw_os_error() == Some(number)
}
