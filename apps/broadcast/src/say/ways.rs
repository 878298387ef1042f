//! The ways by which a datagram leaves: by each interface, or straight to somebody.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::num::NonZeroU32;

use anyhow::anyhow;
use barewire_command::fault;
use barewire_command::stamp::Stamp;
use barewire_lan::{Config, Interface, Lan, Notice, Selection, interfaces};
use barewire_reactor::net::Udp;
use barewire_reactor::{Event, Interest, Key, Output as Sent, Reactor};

use crate::config::say::{Say, To};
use crate::output::{Heard, column, count, names};

/// One way for a datagram.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    to: SocketAddr,
    /// The name of the interface, where one was chosen.
    interface: Option<String>,
    by: By,
}

#[derive(Clone, Copy, Debug)]
enum By {
    /// An interface, from whichever of its addresses is best.
    Interface(NonZeroU32),
    /// A socket of its own.
    Socket(Key<UdpSocket>),
}

impl Way {
    /// Where it leads.
    pub(crate) fn to(&self) -> SocketAddr {
        self.to
    }

    /// By which interface, where one was chosen.
    pub(crate) fn interface(&self) -> Option<&str> {
        self.interface.as_deref()
    }
}

/// All that there are.
pub(crate) struct Ways {
    /// The interfaces, where some of the datagrams go by each of them.
    lan: Option<Lan>,
    /// Port of everybody.
    everyone: Option<u16>,
    /// Groups, and 255.255.255.255: by each interface.
    groups: Vec<SocketAddr>,
    /// To one machine, or one network's broadcast address.
    direct: Vec<Way>,
    are_chosen: bool,
    /// For what comes back.
    buf: Vec<u8>,
}

impl Ways {
    /// Opens the sockets.
    ///
    /// # Errors
    ///
    /// An interface that is not there, sockets that cannot be had.
    pub(crate) fn open(config: &Say, reactor: &mut Reactor) -> anyhow::Result<Self> {
        let selection = Selection::parse(&config.interfaces).map_err(|error| anyhow!(error))?;
        let (everyone, these) = match &config.to {
            To::Everyone(port) => (Some(*port), &[][..]),
            To::These(these) => (None, &these[..]),
        };
        let is_for_many = |to: &&SocketAddr| {
            let address = to.ip();
            let has_interface = matches!(to, SocketAddr::V6(to) if to.scope_id() != 0);
            (address.is_multicast() || address == Ipv4Addr::BROADCAST) && !has_interface
        };
        let (groups, machines): (Vec<_>, Vec<_>) = these.iter().partition(is_for_many);
        let lan = match (everyone, groups.is_empty()) {
            (None, true) => None,
            _ => Some(open_lan(selection.clone(), config.hops, reactor)?),
        };
        let mut ways = Self {
            lan,
            everyone,
            groups,
            direct: Vec::new(),
            are_chosen: !config.interfaces.is_empty(),
            buf: Vec::new(),
        };
        for to in machines {
            ways.open_direct(to, config, &selection, reactor)?;
        }
        Ok(ways)
    }

    fn open_direct(
        &mut self,
        to: SocketAddr,
        config: &Say,
        selection: &Selection,
        reactor: &mut Reactor,
    ) -> anyhow::Result<()> {
        if !self.are_chosen {
            let from = match to {
                SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
            };
            return self.bind_direct(to, from, None, config, reactor);
        }
        let mut has_any = false;
        for interface in interfaces().map_err(|error| anyhow!(error))? {
            let from = best_address(&interface, to).filter(|_| selection.matches(&interface));
            if let Some(from) = from {
                has_any = true;
                self.bind_direct(to, from, Some(interface.name), config, reactor)?;
            }
        }
        if has_any {
            return Ok(());
        }
        let family = if to.is_ipv4() { "IPv4" } else { "IPv6" };
        Err(anyhow!(
            "cannot send to {to}: no {family} address on the chosen interface; choose another, or none"
        ))
    }

    fn bind_direct(
        &mut self,
        to: SocketAddr,
        from: SocketAddr,
        interface: Option<String>,
        config: &Say,
        reactor: &mut Reactor,
    ) -> anyhow::Result<()> {
        let mut builder = Udp::new().broadcast(to.is_ipv4());
        if let Some(hops) = config.hops {
            builder = builder.ttl(hops).multicast_ttl(hops);
        }
        let socket = builder.bind(from).map_err(|error| anyhow!(error))?;
        let interest = Interest::READABLE.when(config.wait.is_some());
        let key = reactor
            .insert(socket, interest)
            .map_err(|error| fault::fail("cannot watch a socket", error.into()))?;
        self.direct.push(Way {
            to,
            interface,
            by: By::Socket(key),
        });
        Ok(())
    }

    /// The ways there are now: interfaces come and go.
    pub(crate) fn list(&self) -> Vec<Way> {
        let mut ways = Vec::new();
        for interface in self.chosen() {
            let everyone = self.everyone.into_iter().flat_map(|port| {
                let broadcasts = interface.v4.iter().filter_map(|own| own.broadcast);
                broadcasts.map(move |address| SocketAddr::from((address, port)))
            });
            let groups = self.groups.iter().copied();
            let groups = groups.filter(|to| best_address(interface, *to).is_some());
            for to in everyone.chain(groups) {
                let is_new = |way: &Way| {
                    way.to != to || way.interface.as_deref() != Some(interface.name.as_str())
                };
                if ways.iter().all(is_new) {
                    ways.push(Way {
                        to,
                        interface: Some(interface.name.clone()),
                        by: By::Interface(interface.index),
                    });
                }
            }
        }
        ways.extend(self.direct.iter().cloned());
        ways
    }

    /// Those that were chosen; otherwise all but loopback, unless that is all there is: who listens on this machine hears
    /// what goes out by the others.
    fn chosen(&self) -> impl Iterator<Item = &Interface> {
        let all = self.lan.as_ref().map_or(&[][..], Lan::interfaces);
        let is_alone = all.iter().all(|interface| interface.is_loopback);
        let takes_loopback = self.are_chosen || is_alone;
        all.iter()
            .filter(move |interface| takes_loopback || !interface.is_loopback)
    }

    /// Why there are none.
    pub(crate) fn why_none(&self) -> String {
        let advice = "give a machine or a group with --to, or another --interface";
        if self.chosen().next().is_none() {
            return "no interface is up; connect this machine to a network".to_owned();
        }
        match self.everyone {
            Some(_) => format!("no interface has an IPv4 broadcast address; {advice}"),
            None => format!("no interface has an address of that family; {advice}"),
        }
    }

    /// Sends one datagram by one of them.
    ///
    /// # Errors
    ///
    /// The system's, with what to do.
    pub(crate) fn send(&self, way: &Way, bytes: &[u8], reactor: &mut Reactor) -> io::Result<Sent> {
        match (way.by, &self.lan) {
            (By::Interface(index), Some(lan)) => lan.send(reactor, index, bytes, way.to),
            (By::Interface(_), None) => Ok(Sent::Blocked),
            (By::Socket(key), _) => reactor
                .send_to(key, bytes, way.to)
                .map_err(|error| explain(way, bytes.len(), &error)),
        }
    }

    /// Gives what has come back to `each`.
    ///
    /// # Errors
    ///
    /// A socket's own.
    pub(crate) fn handle_event(
        &mut self,
        event: Event,
        reactor: &mut Reactor,
        time: Stamp,
        mut each: impl FnMut(Heard<'_>),
    ) -> anyhow::Result<()> {
        if let Some(lan) = &mut self.lan {
            let names = names(lan.interfaces());
            let now = reactor.now();
            let is_its = lan.handle_event(&event, now, reactor, |datagram| {
                let name = names.iter().find(|(index, _)| *index == datagram.interface);
                each(Heard {
                    time,
                    source: datagram.source,
                    destination: datagram.destination,
                    interface: name.map(|(_, name)| name.as_str()),
                    bytes: datagram.bytes,
                });
            });
            if is_its {
                return Ok(());
            }
        }
        let by_this = |way: &&Way| matches!((event, way.by), (Event::Io { key, .. }, By::Socket(own)) if key == own);
        if let Some(way) = self.direct.iter().find(by_this)
            && let By::Socket(key) = way.by
        {
            self.buf.resize(64 * 1024, 0);
            let buf = &mut self.buf;
            let failed = |error| fault::fail("cannot receive", error);
            while let Some((length, source)) = reactor.receive_from(key, buf).map_err(failed)? {
                each(Heard {
                    time,
                    source,
                    destination: None,
                    interface: way.interface.as_deref(),
                    bytes: &buf[..length],
                });
            }
        }
        Ok(())
    }

    /// What is wrong with the networks, since the last time.
    pub(crate) fn troubles(&mut self) -> Vec<String> {
        let mut troubles = Vec::new();
        while let Some(notice) = self.lan.as_mut().and_then(Lan::poll_notice) {
            if let Notice::Trouble { text, .. } = notice {
                troubles.push(text);
            }
        }
        troubles
    }
}

fn open_lan(selection: Selection, hops: Option<u8>, reactor: &mut Reactor) -> anyhow::Result<Lan> {
    let mut config = Config {
        selection,
        ..Config::default()
    };
    config.hops = hops.unwrap_or(config.hops);
    Lan::new(config, reactor).map_err(|error| anyhow!(error))
}

/// The address of an interface from which to send there: one of the family, at best in the same network.
fn best_address(interface: &Interface, to: SocketAddr) -> Option<SocketAddr> {
    let own = |wanted: &dyn Fn(IpAddr) -> bool| {
        let mut addresses = interface.addresses(0);
        addresses.find(|own| own.is_ipv4() == to.is_ipv4() && wanted(own.ip()))
    };
    let is_near = |own| match (own, to.ip()) {
        (IpAddr::V4(own), IpAddr::V4(to)) => {
            let mut networks = interface.v4.iter();
            networks.any(|network| network.address == own && network.contains(to))
        }
        (IpAddr::V6(own), IpAddr::V6(to)) => {
            let mut networks = interface.v6.iter();
            networks.any(|network| network.address == own && network.contains(to))
        }
        _ => false,
    };
    own(&is_near).or_else(|| own(&|_| true))
}

/// An error of the system's, and what to do about it.
fn explain(way: &Way, length: usize, error: &io::Error) -> io::Error {
    let to = way.to;
    let lacks_interface = matches!(to, SocketAddr::V6(to)
        if to.ip().is_unicast_link_local() && to.scope_id() == 0);
    let advice = match error.kind() {
        _ if lacks_interface => "say on which interface, as in fe80::1%eth0",
        io::ErrorKind::PermissionDenied => "a firewall or sandbox forbids it; allow UDP to there",
        io::ErrorKind::NetworkDown => "the interface is down; bring it up",
        _ if length > ETHERNET_BYTES_MAX => {
            "it may be too long for that network; say less at a time"
        }
        _ if way.interface.is_some() => "that interface may not lead there; name another, or none",
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            "no route leads there; check the address, and that the network is up"
        }
        _ => "check the address",
    };
    let on = way
        .interface()
        .map_or(String::new(), |name| format!(" on {}", column(name)));
    let (length, reason) = (count(length as u64, "byte"), fault::reason(error));
    let text = format!("cannot send {length} to {to}{on}: {reason}; {advice}");
    io::Error::new(error.kind(), text)
}

/// What fits into a frame of an ordinary network.
const ETHERNET_BYTES_MAX: usize = 1472;
