//! Sending: from which socket, to which addresses, and what is said when it fails.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::num::NonZeroU32;

use barewire_reactor::{Key, Output, Reactor};

use crate::error::{refused, senseless};
use crate::interface::{V4, V6, is_scoped};
use crate::lan::Lan;
use crate::socket::Want;

/// What became of a datagram to one of several addresses.
#[derive(Debug)]
pub struct Sent {
    /// To whom.
    pub to: SocketAddr,
    /// [`Output::Blocked`] if the system had no room for it; that one is not sent.
    pub result: io::Result<Output>,
}

/// A socket to speak from.
#[derive(Clone, Copy)]
enum Speaker {
    V4(Key<UdpSocket>, V4),
    V6(Key<UdpSocket>, V6),
}

impl Lan {
    /// Sends one datagram by one interface: to one machine, to a broadcast address or to a group. It leaves from the
    /// address whose network `to` is in, otherwise from the first of its family. A link-local `to` is taken to be
    /// on that interface, whatever scope it has.
    ///
    /// Which way it goes to a machine that is in no network of the interface is for the system's routes to say.
    /// [`Output::Blocked`] says that the system had no room for it, or that the socket has had its share of the turn; the
    /// datagram is not sent.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) if the interface is not in use;
    /// [`AddrNotAvailable`](io::ErrorKind::AddrNotAvailable) if it has no address of this family, or none that is usable
    /// yet; otherwise the system's, with advice. The socket is well afterwards.
    pub fn send(
        &self,
        reactor: &mut Reactor,
        interface: NonZeroU32,
        bytes: &[u8],
        to: SocketAddr,
    ) -> io::Result<Output> {
        let key = self.speaker(interface, to)?;
        self.say(reactor, key, interface, bytes, to)
    }

    /// Sends one datagram to everyone at `port` on one interface: to each of `groups`, and to the broadcast address of
    /// each IPv4 network. What became of each.
    ///
    /// A machine that is a member of a group hears it more than once: receivers should not mind, as they should not
    /// with any datagram.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) if the interface is not in use. What fails for one address is in its
    /// [`Sent`]; no address at all, on an interface of none but links between two points say, is an empty list.
    pub fn send_to_everyone(
        &self,
        reactor: &mut Reactor,
        interface: NonZeroU32,
        bytes: &[u8],
        port: u16,
        groups: &[IpAddr],
    ) -> io::Result<Vec<Sent>> {
        self.interface(interface)
            .ok_or_else(|| not_in_use(interface))?;
        let mut sent = Vec::new();
        for (key, to) in self.everyone(interface, port, groups) {
            let result = self.say(reactor, key, interface, bytes, to);
            sent.push(Sent { to, result });
        }
        Ok(sent)
    }

    /// Whom [`send_to_everyone`](Self::send_to_everyone) sends to, and from where: each IPv4 network hears of an address
    /// of its own, IPv6 groups of one only.
    fn everyone(
        &self,
        interface: NonZeroU32,
        port: u16,
        groups: &[IpAddr],
    ) -> Vec<(Key<UdpSocket>, SocketAddr)> {
        let mut all = Vec::new();
        let mut networks: Vec<V4> = Vec::new();
        let mut v6 = None;
        for speaker in self.speakers(interface) {
            match speaker {
                Speaker::V4(key, own) => {
                    let is_same =
                        |other: &V4| other.prefix == own.prefix && other.contains(own.address);
                    if networks.iter().any(is_same) {
                        continue;
                    }
                    networks.push(own);
                    let groups = groups.iter().filter(|group| group.is_ipv4()).copied();
                    let broadcast = own.broadcast.map(IpAddr::from);
                    all.extend(
                        groups
                            .chain(broadcast)
                            .map(|to| (key, SocketAddr::new(to, port))),
                    );
                }
                Speaker::V6(key, _) => {
                    v6.get_or_insert(key);
                }
            }
        }
        let v6_groups = groups.iter().filter(|group| group.is_ipv6());
        all.extend(v6.into_iter().flat_map(|key| {
            let with_port = move |group: &IpAddr| (key, SocketAddr::new(*group, port));
            v6_groups.clone().map(with_port)
        }));
        all
    }

    /// The sockets to speak from; of IPv6 the link-local ones first.
    fn speakers(&self, interface: NonZeroU32) -> impl Iterator<Item = Speaker> {
        let mut speakers: Vec<Speaker> = self
            .sockets
            .iter()
            .filter(|socket| socket.interface == interface)
            .filter_map(|socket| match socket.want {
                Want::SpeakV4(own) => Some(Speaker::V4(socket.key, own)),
                Want::SpeakV6(own) => Some(Speaker::V6(socket.key, own)),
                Want::HearV4 | Want::HearV6 => None,
            })
            .collect();
        speakers.sort_by_key(|speaker| match *speaker {
            Speaker::V4(_, own) => (false, false, IpAddr::from(own.address)),
            Speaker::V6(_, own) => {
                let is_wide = !own.address.is_unicast_link_local();
                (true, is_wide, own.address.into())
            }
        });
        speakers.into_iter()
    }

    fn speaker(&self, interface: NonZeroU32, to: SocketAddr) -> io::Result<Key<UdpSocket>> {
        let found = self
            .interface(interface)
            .ok_or_else(|| not_in_use(interface))?;
        let address = to.ip();
        // From the best to the least: in the network, of the right reach, any.
        let fitness = |speaker: &Speaker| match (*speaker, address) {
            (Speaker::V4(key, own), IpAddr::V4(to)) => {
                let near = own.contains(to) || own.broadcast == Some(to);
                Some((if near { 0 } else { 1 }, key))
            }
            (Speaker::V6(key, own), IpAddr::V6(to)) => {
                let local = own.address.is_unicast_link_local();
                let near = own.contains(to) && !to.is_multicast();
                Some((
                    match (near, local == is_scoped(to)) {
                        (true, _) => 0,
                        (false, true) => 1,
                        (false, false) => 2,
                    },
                    key,
                ))
            }
            _ => None,
        };
        let best = self
            .speakers(interface)
            .filter_map(|speaker| fitness(&speaker))
            .min_by_key(|(rank, _)| *rank);
        best.map(|(_, key)| key).ok_or_else(|| {
            let family = if to.is_ipv4() { "IPv4" } else { "IPv6" };
            let reason = format!("no {family} address is usable there");
            let reason = io::Error::new(io::ErrorKind::AddrNotAvailable, reason);
            refused(
                format!("send to {to} on {found}"),
                reason,
                "wait for one, or use another interface",
            )
        })
    }

    fn say(
        &self,
        reactor: &mut Reactor,
        key: Key<UdpSocket>,
        interface: NonZeroU32,
        bytes: &[u8],
        to: SocketAddr,
    ) -> io::Result<Output> {
        if to.port() == 0 {
            let attempt = format!("send to {to}");
            return Err(senseless(attempt, "nobody is at port 0", "give a port"));
        }
        reactor
            .send_to(key, bytes, on_interface(to, interface))
            .map_err(|error| {
                let name = self.interface(interface).map_or("", |found| &found.name);
                let advice = advice(&error, to);
                let attempt = match is_too_long(&error) {
                    true => format!("send {} bytes to {to} on {name}", bytes.len()),
                    false => format!("send to {to} on {name}"),
                };
                refused(attempt, error, advice)
            })
    }
}

/// A link-local address or group with the scope that it has here.
fn on_interface(to: SocketAddr, interface: NonZeroU32) -> SocketAddr {
    match to {
        SocketAddr::V6(to) if is_scoped(*to.ip()) => {
            SocketAddrV6::new(*to.ip(), to.port(), 0, interface.get()).into()
        }
        _ => to,
    }
}

pub(crate) fn not_in_use(interface: NonZeroU32) -> io::Error {
    let reason = io::Error::new(io::ErrorKind::NotFound, "it is not in use");
    let attempt = format!("send on interface {interface}");
    refused(attempt, reason, "wait until it is up, or name another")
}

/// What to do about a datagram that was refused.
pub(crate) fn advice(error: &io::Error, to: SocketAddr) -> &'static str {
    let to_many = to.ip().is_multicast();
    match error.kind() {
        io::ErrorKind::PermissionDenied if to.ip() == IpAddr::V4(Ipv4Addr::BROADCAST) => {
            "use the broadcast address of a network; a firewall may forbid this one"
        }
        io::ErrorKind::PermissionDenied => "a firewall or sandbox forbids it; allow UDP there",
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable if to_many => {
            "no route leads to the group; add one, or rely on broadcasts"
        }
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            "check the address and the network's routes"
        }
        io::ErrorKind::AddrNotAvailable => "the interface has lost that address; try again",
        io::ErrorKind::NetworkDown => "the interface is down; bring it up",
        io::ErrorKind::InvalidInput => "check the address; it may be no one's, or of no use here",
        _ if is_too_long(error) => "send less at a time: 65507 bytes by IPv4, 65527 by IPv6",
        _ => "try another interface",
    }
}

/// EMSGSIZE has no kind of its own in std.
fn is_too_long(error: &io::Error) -> bool {
    quinn_udp::is_msg_size_err(error)
}
