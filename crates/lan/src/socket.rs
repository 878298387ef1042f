//! The sockets that an interface calls for, and how each is made.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::num::NonZeroU32;

use barewire_reactor::net::{self, Udp, set_receive_buffer_bytes};
use barewire_reactor::{Interest, Key, Reactor};
use quinn_udp::{UdpSockRef, UdpSocketState};

use crate::drops;
use crate::error::refused;
use crate::groups;
use crate::inbox::Role;
use crate::interface::{Interface, V4, V6};

/// What each socket asks for: room for what comes while the program does something else.
pub(crate) const RECEIVE_BUFFER_BYTES: usize = 1024 * 1024;

/// No interface needs more sockets of one family to speak from.
const ADDRESSES_MAX: usize = 8;

/// One socket that there should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Want {
    HearV4,
    HearV6,
    SpeakV4(V4),
    SpeakV6(V6),
}

impl Want {
    pub(crate) const fn role(self) -> Role {
        match self {
            Self::HearV4 | Self::HearV6 => Role::Hearing,
            Self::SpeakV4(_) | Self::SpeakV6(_) => Role::Speaking,
        }
    }

    /// The address that it is bound to.
    pub(crate) fn own(self) -> Option<IpAddr> {
        match self {
            Self::HearV4 | Self::HearV6 => None,
            Self::SpeakV4(own) => Some(own.address.into()),
            Self::SpeakV6(own) => Some(own.address.into()),
        }
    }

    pub(crate) const fn is_v4(self) -> bool {
        matches!(self, Self::HearV4 | Self::SpeakV4(_))
    }
}

/// The sockets for one interface: at most one of each family for hearing, one of each address for speaking.
pub(crate) fn wants(interface: &Interface, hears: bool) -> Vec<Want> {
    let v4 = (hears && !interface.v4.is_empty()).then_some(Want::HearV4);
    let v6 = (hears && !interface.v6.is_empty()).then_some(Want::HearV6);
    let speak_v4 = interface.v4.iter().copied().map(Want::SpeakV4);
    // Link-local ones first: they are what groups are told from.
    let mut ordered = interface.v6.clone();
    ordered.sort_by_key(|own| !own.address.is_unicast_link_local());
    let speak_v6 = ordered.into_iter().map(Want::SpeakV6);
    v4.into_iter()
        .chain(v6)
        .chain(speak_v4.take(ADDRESSES_MAX))
        .chain(speak_v6.take(ADDRESSES_MAX))
        .collect()
}

/// A socket that is there.
pub(crate) struct Socket {
    pub(crate) interface: NonZeroU32,
    pub(crate) want: Want,
    pub(crate) key: Key<UdpSocket>,
    /// How to receive many at a time, and to know where they went to; none for speaking, and on systems without.
    pub(crate) batches: Option<UdpSocketState>,
    /// Whether the system gives it nothing of other interfaces.
    pub(crate) tied: bool,
    /// The groups that it is a member of.
    pub(crate) joined: Vec<IpAddr>,
    pub(crate) receive_buffer_bytes: usize,
    pub(crate) inode: Option<u64>,
}

/// What all sockets have in common.
pub(crate) struct Terms {
    pub(crate) port: Option<u16>,
    pub(crate) hops: u8,
}

impl Socket {
    pub(crate) fn open(
        want: Want,
        interface: &Interface,
        terms: &Terms,
        reactor: &mut Reactor,
    ) -> io::Result<Self> {
        let (socket, tied) = match want {
            Want::HearV4 => hearing(Ipv4Addr::UNSPECIFIED.into(), interface, terms)?,
            Want::HearV6 => hearing(Ipv6Addr::UNSPECIFIED.into(), interface, terms)?,
            Want::SpeakV4(own) => (speaking_v4(own, interface, terms)?, true),
            Want::SpeakV6(own) => (speaking_v6(own, interface, terms)?, true),
        };
        // Its options forbid fragments, which would be the end of long datagrams from a socket that sends.
        let batches = match want.role() {
            Role::Hearing => UdpSocketState::new(UdpSockRef::from(&socket)).ok(),
            Role::Speaking => None,
        };
        let receive_buffer_bytes = room(&socket);
        let inode = drops::inode(&socket);
        Ok(Self {
            interface: interface.index,
            want,
            key: reactor.insert(socket, Interest::READABLE)?,
            batches,
            tied,
            joined: Vec::new(),
            receive_buffer_bytes,
            inode,
        })
    }

    /// Becomes a member of a group; nothing to do for one that it is in.
    pub(crate) fn join(
        &mut self,
        group: IpAddr,
        interface: &Interface,
        reactor: &Reactor,
    ) -> io::Result<()> {
        if self.joined.contains(&group) {
            return Ok(());
        }
        let Some(socket) = reactor.get(self.key) else {
            return Ok(());
        };
        groups::join(socket, group, interface).map_err(|error| {
            let advice = groups::join_advice(&error);
            refused(format!("join {group}"), error, advice)
        })?;
        self.joined.push(group);
        Ok(())
    }
}

/// Bound to the wildcard address, since groups and broadcasts come to no other on most systems, and shared with
/// every program that shares it too.
fn hearing(
    wildcard: IpAddr,
    interface: &Interface,
    terms: &Terms,
) -> io::Result<(UdpSocket, bool)> {
    let address = SocketAddr::new(wildcard, terms.port.unwrap_or(0));
    // Where SO_REUSEADDR alone does not share a wildcard address.
    let reuse_port = cfg!(any(
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly"
    ));
    let shared = Udp::new().reuse_address(true).reuse_port(reuse_port);
    let tied = shared.clone().bind_interface(&*interface.name);
    match tied.bind(address) {
        Ok(socket) => Ok((socket, true)),
        // Linux before 5.7 asks for a privilege.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported
            ) =>
        {
            Ok((shared.bind(address)?, false))
        }
        Err(error) => Err(error),
    }
}

fn speaking_v4(own: V4, interface: &Interface, terms: &Terms) -> io::Result<UdpSocket> {
    let builder = Udp::new()
        .broadcast(true)
        .multicast_ttl(terms.hops)
        .multicast_loop(true);
    let address = (own.address, 0).into();
    let by_index = net::Interface::Index(interface.index);
    match builder.clone().multicast_interface(by_index).bind(address) {
        Err(error) if groups::wants_address(&error) => builder
            .multicast_interface(net::Interface::Address(own.address))
            .bind(address),
        bound => bound,
    }
}

fn speaking_v6(own: V6, interface: &Interface, terms: &Terms) -> io::Result<UdpSocket> {
    Udp::new()
        .multicast_ttl(terms.hops)
        .multicast_loop(true)
        .multicast_interface(net::Interface::Index(interface.index))
        .bind(interface.at(own.address, 0))
}

/// Asks for a large receive buffer and takes what is granted. Some systems refuse what is above their limit.
fn room(socket: &UdpSocket) -> usize {
    let mut ask = RECEIVE_BUFFER_BYTES;
    loop {
        match set_receive_buffer_bytes(socket, ask) {
            Ok(granted) => return granted,
            Err(_) if ask > 64 * 1024 => ask /= 2,
            Err(_) => return net::buffers(socket).map_or(0, |had| had.receive_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(v4: &[&str], v6: &[&str]) -> Interface {
        let v4 = v4.iter().map(|address| V4 {
            address: address.parse().unwrap(),
            prefix: 24,
            broadcast: None,
        });
        let v6 = v6.iter().map(|address| V6 {
            address: address.parse().unwrap(),
            prefix: 64,
        });
        Interface {
            index: NonZeroU32::MIN,
            name: "eth0".to_owned(),
            is_loopback: false,
            v4: v4.collect(),
            v6: v6.collect(),
        }
    }

    #[track_caller]
    fn check(v4: &[&str], v6: &[&str], hears: bool, expected: &str) {
        let told: Vec<String> = wants(&interface(v4, v6), hears)
            .iter()
            .map(|want| match want {
                Want::HearV4 => "v4".to_owned(),
                Want::HearV6 => "v6".to_owned(),
                Want::SpeakV4(own) => own.address.to_string(),
                Want::SpeakV6(own) => own.address.to_string(),
            })
            .collect();
        assert_eq!(told.join(" "), expected);
    }

    #[test]
    fn sockets_for_what_there_is() {
        check(&[], &[], true, "");
        check(&["192.0.2.7"], &[], true, "v4 192.0.2.7");
        check(&["192.0.2.7"], &["fe80::7"], false, "192.0.2.7 fe80::7");
        check(&[], &["fe80::7"], true, "v6 fe80::7");
        check(&[], &["fd00::7", "fe80::7"], true, "v6 fe80::7 fd00::7");
    }

    #[test]
    fn not_more_than_so_many() {
        let many: Vec<String> = (0..100).map(|at| format!("192.0.2.{at}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let wanted = wants(&interface(&many, &["::1"]), true);
        assert_eq!(wanted.len(), 2 + ADDRESSES_MAX + 1);
    }
}
