//! The machine's interfaces and what is attached to them.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::num::NonZeroU32;

use if_addrs::IfAddr;

use crate::error::refused;

/// An interface that is up: it has a carrier, and an address at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The system's number for it. One that goes and comes again, a USB adapter say, may have another number then.
    pub index: NonZeroU32,
    /// Its name, `eth0` or `Ethernet`. Escape it where it is shown: systems take almost any character.
    pub name: String,
    /// Whether it leads to this machine alone.
    pub is_loopback: bool,
    /// Its IPv4 networks, in order of address.
    pub v4: Vec<V4>,
    /// Its IPv6 networks, in order of address; as a rule a link-local one is among them.
    pub v6: Vec<V6>,
}

/// An IPv4 address of this machine and the network it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct V4 {
    /// The machine's own address.
    pub address: Ipv4Addr,
    /// How many leading bits the network's addresses share: 0 to 32.
    pub prefix: u8,
    /// Where to send what is for everyone in the network: what the system says, otherwise the network's last address.
    /// None for /31 and /32, nor for links between two points, which have no such address.
    ///
    /// That of loopback, `127.255.255.255`, works on Linux.
    pub broadcast: Option<Ipv4Addr>,
}

/// An IPv6 address of this machine and the network it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct V6 {
    /// The machine's own address.
    pub address: Ipv6Addr,
    /// How many leading bits the network's addresses share: 0 to 128.
    pub prefix: u8,
}

impl Interface {
    /// Whether `address` is one of its own.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.iter().any(|own| own.address == address),
            IpAddr::V6(address) => self.v6.iter().any(|own| own.address == address),
        }
    }

    /// Whether `address` is in one of its networks, so that a datagram needs no router.
    #[must_use]
    pub fn reaches(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.iter().any(|own| own.contains(address)),
            IpAddr::V6(address) => self.v6.iter().any(|own| own.contains(address)),
        }
    }

    /// Its own addresses, IPv4 before IPv6, with a port. Link-local ones name the interface, as in `[fe80::1%2]:80`.
    pub fn addresses(&self, port: u16) -> impl Iterator<Item = SocketAddr> {
        let v4 = self
            .v4
            .iter()
            .map(move |own| SocketAddr::from((own.address, port)));
        let v6 = self.v6.iter().map(move |own| self.at(own.address, port));
        v4.chain(v6)
    }

    /// An IPv6 address as it is meant on this interface: with its scope, if it is one that means nothing without.
    pub(crate) fn at(&self, address: Ipv6Addr, port: u16) -> SocketAddr {
        let scope = if is_scoped(address) {
            self.index.get()
        } else {
            0
        };
        SocketAddrV6::new(address, port, 0, scope).into()
    }
}

impl fmt::Display for Interface {
    /// Its name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl V4 {
    /// Whether `address` is in this network.
    #[must_use]
    pub const fn contains(&self, address: Ipv4Addr) -> bool {
        let differing = self.address.to_bits() ^ address.to_bits();
        differing.leading_zeros() >= self.prefix as u32
    }
}

impl V6 {
    /// Whether `address` is in this network.
    #[must_use]
    pub const fn contains(&self, address: Ipv6Addr) -> bool {
        let differing = self.address.to_bits() ^ address.to_bits();
        differing.leading_zeros() >= self.prefix as u32
    }
}

/// Unicast fe80::/10, and groups whose scope is an interface, a link or a realm (RFC 4291 section 2.7, RFC 7346).
pub(crate) const fn is_scoped(address: Ipv6Addr) -> bool {
    address.is_unicast_link_local()
        || (address.is_multicast() && matches!(address.segments()[0] & 0xf, 1..=3))
}

/// The interfaces that are up, in order of index.
///
/// One without a carrier is not among them: its cable is pulled, or it was never up. One without an address is not
/// either, since nothing can be sent from there.
///
/// # Errors
///
/// The system's, when it does not tell: mostly that it is out of descriptors.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let list = if_addrs::get_if_addrs().map_err(|error| {
        let attempt = "list the interfaces of this machine".to_owned();
        refused(attempt, error, "raise the limit on open files")
    })?;
    Ok(gather(list))
}

/// One entry an address becomes one an interface.
fn gather(list: Vec<if_addrs::Interface>) -> Vec<Interface> {
    let mut found = BTreeMap::new();
    for entry in list {
        let Some(index) = entry.index.and_then(NonZeroU32::new) else {
            continue;
        };
        if !entry.is_oper_up() {
            continue;
        }
        let interface = found.entry(index).or_insert_with(|| Interface {
            index,
            name: without_label(&entry.name).to_owned(),
            is_loopback: false,
            v4: Vec::new(),
            v6: Vec::new(),
        });
        interface.is_loopback |= entry.is_loopback();
        match entry.addr {
            IfAddr::V4(own) => {
                let broadcast = match own.prefixlen {
                    0..=30 if !entry.is_p2p => {
                        told(own.ip, own.broadcast).or_else(|| last_address(own.ip, own.prefixlen))
                    }
                    _ => None,
                };
                interface.v4.push(V4 {
                    address: own.ip,
                    prefix: own.prefixlen,
                    broadcast,
                });
            }
            IfAddr::V6(own) => interface.v6.push(V6 {
                address: without_scope(own.ip),
                prefix: own.prefixlen,
            }),
        }
    }
    let mut interfaces: Vec<Interface> = found.into_values().collect();
    for interface in &mut interfaces {
        interface.v4.sort_unstable();
        interface.v4.dedup();
        interface.v6.sort_unstable();
        interface.v6.dedup();
    }
    interfaces
}

/// What the system says is the broadcast address. Linux names the address itself where none was set, as `ip addr add`
/// leaves it.
fn told(address: Ipv4Addr, broadcast: Option<Ipv4Addr>) -> Option<Ipv4Addr> {
    broadcast.filter(|told| !told.is_unspecified() && *told != address)
}

/// Where broadcasts go unless somebody set another address (RFC 919 section 7); /31 and /32 have none (RFC 3021).
fn last_address(address: Ipv4Addr, prefix: u8) -> Option<Ipv4Addr> {
    let hosts = u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
    let last = Ipv4Addr::from_bits(address.to_bits() | hosts);
    (prefix < 31 && last != address).then_some(last)
}

/// Linux names an address's label, as in `eth0:1`, where others name the interface.
fn without_label(name: &str) -> &str {
    match name.split_once(':') {
        Some((name, _label)) if cfg!(any(target_os = "linux", target_os = "android")) => name,
        _ => name,
    }
}

/// The BSDs keep the interface's index within link-local addresses, in bits that are 0 outside (RFC 4291 section
/// 2.5.6).
const fn without_scope(address: Ipv6Addr) -> Ipv6Addr {
    if !address.is_unicast_link_local() {
        return address;
    }
    Ipv6Addr::from_bits(address.to_bits() & !(0xffff << 96))
}

#[cfg(test)]
mod tests {
    use if_addrs::{IfOperStatus, Ifv4Addr, Ifv6Addr};

    use super::*;

    fn entry(index: u32, name: &str, addr: IfAddr) -> if_addrs::Interface {
        if_addrs::Interface {
            name: name.to_owned(),
            addr,
            index: Some(index),
            oper_status: IfOperStatus::Up,
            is_p2p: false,
            #[cfg(windows)]
            adapter_name: String::new(),
        }
    }

    fn v4(address: &str, prefixlen: u8, broadcast: Option<&str>) -> IfAddr {
        IfAddr::V4(Ifv4Addr {
            ip: address.parse().unwrap(),
            netmask: Ipv4Addr::UNSPECIFIED,
            prefixlen,
            broadcast: broadcast.map(|address| address.parse().unwrap()),
        })
    }

    fn v6(address: &str, prefixlen: u8) -> IfAddr {
        IfAddr::V6(Ifv6Addr {
            ip: address.parse().unwrap(),
            netmask: Ipv6Addr::UNSPECIFIED,
            prefixlen,
            broadcast: None,
        })
    }

    #[test]
    fn addresses_are_gathered_by_interface() {
        let mut without_carrier = entry(4, "eth1", v4("198.51.100.7", 24, None));
        without_carrier.oper_status = IfOperStatus::Unknown;
        let mut nameless = entry(9, "gone", v4("203.0.113.9", 24, None));
        nameless.index = None;
        let list = vec![
            entry(3, "eth0", v4("192.0.2.7", 24, Some("192.0.2.255"))),
            entry(1, "lo", v4("127.0.0.1", 8, None)),
            without_carrier,
            nameless,
            entry(3, "eth0", v6("fe80::7", 64)),
            entry(1, "lo", v6("::1", 128)),
        ];
        let gathered = gather(list);
        let names: Vec<&str> = gathered.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["lo", "eth0"]);
        assert!(gathered[0].is_loopback && !gathered[1].is_loopback);
        let told: Vec<String> = gathered
            .iter()
            .flat_map(|found| found.addresses(80))
            .map(|address| address.to_string())
            .collect();
        assert_eq!(
            told,
            ["127.0.0.1:80", "[::1]:80", "192.0.2.7:80", "[fe80::7%3]:80"]
        );
    }

    #[track_caller]
    fn check_broadcast(address: &str, prefix: u8, told: Option<&str>, expected: Option<&str>) {
        let gathered = gather(vec![entry(2, "eth0", v4(address, prefix, told))]);
        let expected = expected.map(|address| address.parse().unwrap());
        assert_eq!(gathered[0].v4[0].broadcast, expected);
    }

    #[test]
    fn broadcast_addresses() {
        check_broadcast("192.0.2.7", 24, Some("192.0.2.255"), Some("192.0.2.255"));
        check_broadcast("192.0.2.7", 24, Some("192.0.2.0"), Some("192.0.2.0"));
        check_broadcast("192.0.2.7", 24, Some("0.0.0.0"), Some("192.0.2.255"));
        check_broadcast("192.0.2.7", 24, None, Some("192.0.2.255"));
        check_broadcast("192.0.2.7", 28, None, Some("192.0.2.15"));
        check_broadcast("127.0.0.1", 8, None, Some("127.255.255.255"));
        check_broadcast("192.0.2.7", 24, Some("192.0.2.7"), Some("192.0.2.255"));
        check_broadcast("192.0.2.5", 30, None, Some("192.0.2.7"));
        check_broadcast("192.0.2.7", 30, None, None);
        check_broadcast("192.0.2.7", 31, Some("255.255.255.255"), None);
        check_broadcast("192.0.2.7", 32, None, None);
        check_broadcast("192.0.2.7", 0, None, Some("255.255.255.255"));
        let mut tunnel = entry(2, "tun0", v4("192.0.2.7", 24, Some("192.0.2.8")));
        tunnel.is_p2p = true;
        assert_eq!(gather(vec![tunnel])[0].v4[0].broadcast, None);
    }

    #[test]
    fn labels_and_scopes_are_left_out() {
        let gathered = gather(vec![
            entry(2, "eth0:1", v4("192.0.2.7", 24, None)),
            entry(2, "eth0", v6("fe80:2::7", 64)),
        ]);
        if cfg!(target_os = "linux") {
            assert_eq!(gathered[0].name, "eth0");
        }
        assert!(gathered[0].has("fe80::7".parse().unwrap()));
    }

    #[test]
    fn networks_contain_their_addresses() {
        let network = |address: &str, prefix| V4 {
            address: address.parse().unwrap(),
            prefix,
            broadcast: None,
        };
        let inside = |network: V4, address: &str| network.contains(address.parse().unwrap());
        assert!(inside(network("192.0.2.7", 24), "192.0.2.200"));
        assert!(!inside(network("192.0.2.7", 24), "192.0.3.200"));
        assert!(inside(network("192.0.2.7", 32), "192.0.2.7"));
        assert!(!inside(network("192.0.2.7", 32), "192.0.2.6"));
        assert!(inside(network("192.0.2.7", 0), "10.0.0.1"));
        let own = V6 {
            address: "2001:db8::7".parse().unwrap(),
            prefix: 64,
        };
        assert!(own.contains("2001:db8::ffff".parse().unwrap()));
        assert!(!own.contains("2001:db8:0:1::7".parse().unwrap()));
    }

    #[test]
    fn scopes_that_need_an_interface() {
        for scoped in ["fe80::1", "ff12::4257", "ff02::1", "ff01::1"] {
            assert!(is_scoped(scoped.parse().unwrap()), "{scoped}");
        }
        for free in ["::1", "2001:db8::1", "ff05::1", "ff0e::1", "fd00::1"] {
            assert!(!is_scoped(free.parse().unwrap()), "{free}");
        }
    }

    /// Wherever this runs there is a loopback.
    #[test]
    fn this_machine_has_a_loopback() {
        let found = interfaces().unwrap();
        let loopback = found.iter().find(|interface| interface.is_loopback);
        let loopback = loopback.unwrap();
        assert!(loopback.has(Ipv4Addr::LOCALHOST.into()));
        assert!(found.is_sorted_by_key(|interface| interface.index));
    }

    /// The kernel's own list, in which link-local addresses are as good as any.
    #[cfg(target_os = "linux")]
    #[test]
    fn no_address_is_missing() {
        let found = interfaces().unwrap();
        let list = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
        for line in list.lines() {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let address = Ipv6Addr::from_bits(u128::from_str_radix(words[0], 16).unwrap());
            let index = u32::from_str_radix(words[1], 16).unwrap();
            if let Some(interface) = found.iter().find(|found| found.index.get() == index) {
                assert!(interface.has(address.into()), "{interface}: {address}");
            }
        }
    }
}
