//! Joining groups on a socket that exists: each for itself, so that one that is refused leaves the others.

use std::io;
use std::net::{IpAddr, UdpSocket};

use barewire_reactor::net::{SocketError, join_group};

use crate::interface::Interface;

/// By index; where the system knows interfaces of IPv4 groups by address only, by that.
pub(crate) fn join(socket: &UdpSocket, group: IpAddr, interface: &Interface) -> io::Result<()> {
    let joined = join_group(socket, group, interface.index).map_err(SocketError::system_of);
    match (joined, interface.v4.first()) {
        (Err(error), Some(own)) if group.is_ipv4() && wants_address(&error) => {
            join_group(socket, group, own.address).map_err(SocketError::system_of)
        }
        (joined, _) => joined,
    }
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
