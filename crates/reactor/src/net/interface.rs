//! Interfaces by name, index and address.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::num::NonZeroU32;

use super::draft::Draft;
use super::error::{refused, senseless};

/// Where a multicast group is joined, and where multicast leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Interface {
    /// Where the system's routes lead: to the default route's interface, as a rule. A machine that has no route to
    /// the group refuses.
    #[default]
    Routed,
    /// The one of this index, which [`interface_index`] finds by name.
    Index(NonZeroU32),
    /// The one that has this address. For IPv4 groups only: IPv6 knows interfaces by index.
    Address(Ipv4Addr),
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Routed => f.write_str("the routed interface"),
            Self::Index(index) => write!(f, "interface {index}"),
            Self::Address(address) => write!(f, "interface {address}"),
        }
    }
}

impl From<NonZeroU32> for Interface {
    fn from(index: NonZeroU32) -> Self {
        Self::Index(index)
    }
}

impl From<Ipv4Addr> for Interface {
    fn from(address: Ipv4Addr) -> Self {
        Self::Address(address)
    }
}

/// The index of the interface that `name` names (`if_nametoindex` elsewhere,
/// <https://man7.org/linux/man-pages/man3/if_nametoindex.3.html>). A number is taken as the index it is, and not
/// looked up. Windows knows numbers only.
///
/// # Errors
///
/// [`NotFound`](io::ErrorKind::NotFound) when no interface has the name.
///
/// ```
/// # #[cfg(target_os = "linux")]
/// assert_eq!(barewire_reactor::net::interface_index("lo")?.get(), 1);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn interface_index(name: &str) -> io::Result<NonZeroU32> {
    zone(name).ok_or_else(|| {
        let none = io::Error::new(io::ErrorKind::NotFound, "there is none of that name");
        let attempt = format!("find interface {}", name.escape_debug());
        refused(attempt, none, LOOK)
    })
}

const LOOK: &str = "name one that `ip link` or `ifconfig` shows";

/// getaddrinfo(3) knows interfaces by name, as the zones of link-local addresses (RFC 4007 section 11.2), and std
/// calls it: no need for a foreign function of our own.
fn zone(name: &str) -> Option<NonZeroU32> {
    // What is no name must not become a question for the resolver.
    if name.is_empty() || name.contains(|c: char| c.is_control() || c.is_whitespace() || c == '%') {
        return None;
    }
    let host = format!("fe80::1%{name}");
    match (host.as_str(), 0).to_socket_addrs().ok()?.next()? {
        SocketAddr::V6(address) => NonZeroU32::new(address.scope_id()),
        SocketAddr::V4(_) => None,
    }
}

/// Ties a socket to an interface.
pub(super) fn bind_to(draft: &Draft, name: &str) -> io::Result<()> {
    // Linux would read an empty name as "any", and cut a long one.
    const NAME_BYTES_MAX: usize = 15;
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
        let attempt = draft.attempt(OPTION, name.escape_debug());
        let reason = "an interface's name is 1 to 15 bytes long";
        return Err(senseless(attempt, reason, LOOK));
    }
    tie(draft, name)
}

#[cfg(not(target_vendor = "apple"))]
const OPTION: &str = "SO_BINDTODEVICE";
#[cfg(target_vendor = "apple")]
const OPTION: &str = "IP_BOUND_IF";

#[cfg(any(target_os = "linux", target_os = "android"))]
fn tie(draft: &Draft, name: &str) -> io::Result<()> {
    let result = draft.socket.bind_device(Some(name.as_bytes()));
    draft.set(OPTION, name.escape_debug(), LOOK, result)
}

#[cfg(target_vendor = "apple")]
fn tie(draft: &Draft, name: &str) -> io::Result<()> {
    let index = Some(interface_index(name)?);
    if draft.address.is_ipv4() {
        let result = draft.socket.bind_device_by_index_v4(index);
        draft.set(OPTION, name.escape_debug(), LOOK, result)
    } else {
        let result = draft.socket.bind_device_by_index_v6(index);
        draft.set("IPV6_BOUND_IF", name.escape_debug(), LOOK, result)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn tie(draft: &Draft, name: &str) -> io::Result<()> {
    let advice = "bind an address of the interface";
    let result = Err(super::error::missing());
    draft.set(OPTION, name.escape_debug(), advice, result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_none() {
        for name in ["", "no-such-iface", "a b", "lo%lo", "nul\0"] {
            let error = interface_index(name).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound, "{name:?}");
        }
        assert_eq!(
            interface_index("x\n").unwrap_err().to_string(),
            "cannot find interface x\\n: there is none of that name; name one that `ip link` or `ifconfig` shows"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn every_interface_is_found_by_name() {
        let mut found = 0;
        for entry in std::fs::read_dir("/sys/class/net").unwrap() {
            // Files such as bonding_masters live there too.
            let Ok(index) = std::fs::read_to_string(entry.as_ref().unwrap().path().join("ifindex"))
            else {
                continue;
            };
            let name = entry.unwrap().file_name();
            let index: u32 = index.trim().parse().unwrap();
            let got = interface_index(name.to_str().unwrap()).unwrap();
            assert_eq!(got.get(), index, "{name:?}");
            found += 1;
        }
        assert!(found > 0);
        assert_eq!(interface_index("7").unwrap().get(), 7);
    }
}
