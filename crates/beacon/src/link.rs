//! Who is near: which sources are believed to be on the link that their datagram came over.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::dropped::Dropped;

/// Questions come from ports of the system's choice. What lives below would answer an answer: echo, chargen, DNS.
const SOURCE_PORT_MIN: u16 = 1024;

/// An interface as a node sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its index on this machine. 0 is no interface, and such a link is never asked or answered.
    pub interface: u32,
    /// Whether it leads to this machine alone.
    pub is_loopback: bool,
    /// The machine's own addresses on it, each with its network.
    pub networks: Vec<Network>,
}

/// An address of this machine and how much of it the network's others share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The machine's own address.
    pub address: IpAddr,
    /// Length of the prefix, in bits: 0 to 32, or to 128.
    pub prefix: u8,
}

/// Where a datagram came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The index of the interface it came over.
    pub interface: u32,
    /// Who sent it, as the network says. An IPv4 address in IPv6 clothes counts as what it is.
    pub source: SocketAddr,
}

impl Network {
    /// Whether an address is on this network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            _ => false,
        }
    }

    /// The address for all machines of the network, for IPv4 networks that have one.
    #[must_use]
    pub fn broadcast(&self) -> Option<Ipv4Addr> {
        match self.address {
            IpAddr::V4(own) if self.prefix <= 30 => {
                let hosts = u32::MAX >> self.prefix;
                Some(Ipv4Addr::from_bits(own.to_bits() | hosts))
            }
            _ => None,
        }
    }

    /// Whether what is sent there may reach more than one machine: the broadcast address, and the network's own, which
    /// older systems take for one (RFC 1122 section 3.3.6).
    fn is_for_all(&self, address: IpAddr) -> bool {
        let IpAddr::V4(address) = address else {
            return false;
        };
        self.broadcast().is_some_and(|last| {
            let hosts = u32::MAX >> self.prefix;
            let first = Ipv4Addr::from_bits(last.to_bits() & !hosts);
            address == last || address == first
        })
    }
}

impl Link {
    /// Whether something that came over this link from here may be believed to be from a machine on it.
    pub(crate) fn judge(&self, source: SocketAddr) -> Result<(), Dropped> {
        let address = source.ip();
        if source.port() < SOURCE_PORT_MIN || is_no_machine(address) {
            return Err(Dropped::BadSource);
        }
        if address.is_loopback() != self.is_loopback {
            return Err(Dropped::BadSource);
        }
        let is_for_all = |network: &Network| network.is_for_all(address);
        if self.networks.iter().any(is_for_all) {
            return Err(Dropped::BadSource);
        }
        let is_link_local = match address {
            IpAddr::V6(address) => address.is_unicast_link_local(),
            IpAddr::V4(_) => false,
        };
        if is_link_local
            || self
                .networks
                .iter()
                .any(|network| network.contains(address))
        {
            return Ok(());
        }
        Err(Dropped::OffLink)
    }

    /// Whether an address is this machine's own.
    pub(crate) fn owns(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.address == address)
    }
}

fn is_no_machine(address: IpAddr) -> bool {
    let is_broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
    address.is_unspecified() || address.is_multicast() || is_broadcast
}

#[cfg(test)]
mod tests {
    use super::{Link, Network};
    use crate::dropped::Dropped;

    fn network(text: &str) -> Network {
        let (address, prefix) = text.split_once('/').unwrap();
        Network {
            address: address.parse().unwrap(),
            prefix: prefix.parse().unwrap(),
        }
    }

    #[track_caller]
    fn check(networks: &[&str], source: &str, expected: Result<(), Dropped>) {
        let networks: Vec<Network> = networks.iter().map(|text| network(text)).collect();
        let is_loopback = networks[0].address.is_loopback();
        let link = Link {
            interface: 1,
            is_loopback,
            networks,
        };
        assert_eq!(link.judge(source.parse().unwrap()), expected, "{source}");
    }

    #[test]
    fn sources_have_to_be_on_the_link() {
        let ours = &["192.0.2.1/25", "2001:db8::1/64", "fe80::1/64"];
        check(ours, "192.0.2.9:5000", Ok(()));
        check(ours, "192.0.2.126:5000", Ok(()));
        check(ours, "192.0.2.128:5000", Err(Dropped::OffLink));
        check(ours, "198.51.100.1:5000", Err(Dropped::OffLink));
        check(ours, "[2001:db8::9]:5000", Ok(()));
        check(ours, "[2001:db8:0:1::9]:5000", Err(Dropped::OffLink));
        check(ours, "[fe80::9]:5000", Ok(()));
        check(&["192.0.2.1/0"], "203.0.113.7:5000", Ok(()));
        check(&["192.0.2.1/32"], "192.0.2.2:5000", Err(Dropped::OffLink));
    }

    #[test]
    fn sources_have_to_be_machines() {
        let ours = &["192.0.2.1/25", "fe80::1/64"];
        for source in [
            "192.0.2.127:5000",
            "192.0.2.0:5000",
            "255.255.255.255:5000",
            "0.0.0.0:5000",
            "239.255.66.87:5000",
            "127.0.0.1:5000",
            "[::]:5000",
            "[ff02::1]:5000",
            "[::1]:5000",
            "192.0.2.9:0",
            "192.0.2.9:7",
            "192.0.2.9:19",
            "192.0.2.9:1023",
        ] {
            check(ours, source, Err(Dropped::BadSource));
        }
        check(ours, "192.0.2.9:1024", Ok(()));
        check(&["192.0.2.0/31"], "192.0.2.1:5000", Ok(()));
        check(&["192.0.2.1/31"], "192.0.2.0:5000", Ok(()));
    }

    #[test]
    fn loopback_is_a_link_of_its_own() {
        let ours = &["127.0.0.1/8", "::1/128"];
        check(ours, "127.0.0.1:5000", Ok(()));
        check(ours, "127.3.2.1:5000", Ok(()));
        check(ours, "[::1]:5000", Ok(()));
        check(ours, "192.0.2.1:5000", Err(Dropped::BadSource));
    }

    #[test]
    fn broadcast_is_for_networks_of_several() {
        let broadcast = |text| network(text).broadcast().map(|address| address.to_string());
        assert_eq!(broadcast("192.0.2.9/24").as_deref(), Some("192.0.2.255"));
        assert_eq!(broadcast("10.1.2.3/8").as_deref(), Some("10.255.255.255"));
        assert_eq!(broadcast("10.1.2.3/30").as_deref(), Some("10.1.2.3"));
        assert_eq!(broadcast("10.1.2.3/31"), None);
        assert_eq!(broadcast("fe80::1/64"), None);
    }
}
