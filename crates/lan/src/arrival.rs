//! By which interface a datagram came, where the system gives a socket those of all.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

use crate::inbox::Arrival;
use crate::interface::Interface;

/// The interface that a datagram came by, which the socket of interface `own` received. None if it is not to be told
/// here: each interface's socket has received it, or the interface is none of those in use.
pub(crate) fn whose(
    interfaces: &[Interface],
    own: NonZeroU32,
    arrival: &Arrival<'_>,
) -> Option<NonZeroU32> {
    let source = arrival.source.ip();
    let known = |index: &NonZeroU32| interfaces.iter().any(|one| one.index == *index);
    let find = |is_it: &dyn Fn(&Interface) -> bool| {
        let found = interfaces.iter().find(|interface| is_it(interface));
        found.map(|interface| interface.index)
    };
    let kind = arrival
        .destination
        .map_or(Kind::Limited, |to| Kind::of(to, interfaces));
    let came_by = match (arrival.interface, kind) {
        (Some(index), _) => known(&index).then_some(index)?,
        (None, Kind::One(address)) => find(&|one| one.has(address)).unwrap_or(own),
        (None, Kind::Network(index)) => index,
        // Membership is of one interface.
        (None, Kind::Group) => own,
        (None, Kind::Limited) => find(&|one| one.reaches(source)).unwrap_or(own),
    };
    match kind {
        Kind::One(_) => Some(came_by),
        // Without a destination there is no telling; rather once too often than not at all.
        _ if arrival.destination.is_none() => Some(came_by),
        Kind::Network(_) | Kind::Group | Kind::Limited => (came_by == own).then_some(own),
    }
}

/// To whom a datagram went.
#[derive(Clone, Copy)]
enum Kind {
    One(IpAddr),
    /// Everyone in a network of this interface.
    Network(NonZeroU32),
    Group,
    /// Everyone, 255.255.255.255; or it is not known.
    Limited,
}

impl Kind {
    fn of(destination: IpAddr, interfaces: &[Interface]) -> Self {
        if destination.is_multicast() {
            return Self::Group;
        }
        let IpAddr::V4(address) = destination else {
            return Self::One(destination);
        };
        if address == Ipv4Addr::BROADCAST {
            return Self::Limited;
        }
        let directed = interfaces.iter().find(|interface| {
            let mut networks = interface.v4.iter();
            networks.any(|own| own.broadcast == Some(address))
        });
        directed.map_or(Self::One(destination), |interface| {
            Self::Network(interface.index)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::V4;

    fn interface(index: u32, address: [u8; 4], broadcast: [u8; 4]) -> Interface {
        Interface {
            index: NonZeroU32::new(index).unwrap(),
            name: format!("eth{index}"),
            is_loopback: false,
            v4: vec![V4 {
                address: address.into(),
                prefix: 24,
                broadcast: Some(broadcast.into()),
            }],
            v6: Vec::new(),
        }
    }

    /// Received by the sockets of interfaces 2 and 3; which of them tells it, and of which interface?
    #[track_caller]
    fn check(source: &str, destination: Option<&str>, index: u32, expected: [u32; 2]) {
        let interfaces = [
            interface(2, [192, 0, 2, 7], [192, 0, 2, 255]),
            interface(3, [198, 51, 100, 7], [198, 51, 100, 255]),
        ];
        let told = [2, 3].map(|own| {
            let arrival = Arrival {
                bytes: b"",
                source: source.parse().unwrap(),
                destination: destination.map(|address| address.parse().unwrap()),
                interface: NonZeroU32::new(index),
            };
            whose(&interfaces, NonZeroU32::new(own).unwrap(), &arrival).map_or(0, NonZeroU32::get)
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn by_the_system_s_word() {
        check("192.0.2.9:1", Some("192.0.2.7"), 2, [2, 2]);
        check("192.0.2.9:1", Some("192.0.2.7"), 3, [3, 3]);
        check("192.0.2.9:1", Some("192.0.2.7"), 4, [0, 0]);
        check("192.0.2.9:1", Some("192.0.2.255"), 2, [2, 0]);
        check("192.0.2.9:1", Some("255.255.255.255"), 3, [0, 3]);
        check("192.0.2.9:1", Some("239.255.66.87"), 3, [0, 3]);
        check("[fe80::9%3]:1", Some("ff12::4257"), 3, [0, 3]);
        check("[fe80::9%3]:1", Some("fe80::7"), 3, [3, 3]);
    }

    #[test]
    fn by_its_addresses() {
        check("203.0.113.9:1", Some("198.51.100.7"), 0, [3, 3]);
        check("203.0.113.9:1", Some("203.0.113.7"), 0, [2, 3]);
        check("203.0.113.9:1", Some("198.51.100.255"), 0, [0, 3]);
        check("192.0.2.9:1", Some("255.255.255.255"), 0, [2, 0]);
        check("203.0.113.9:1", Some("255.255.255.255"), 0, [2, 3]);
        check("203.0.113.9:1", Some("239.255.66.87"), 0, [2, 3]);
        check("192.0.2.9:1", None, 0, [2, 2]);
    }
}
