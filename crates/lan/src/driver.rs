//! The node of `barewire-beacon` on a [`Lan`].

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use barewire_beacon::{
    Announcement, Arrival, Counters, Destination, Event as Told, Identity, Instance, Limits, Link,
    Network, Node, Search, Sighting, Transmit,
};
use barewire_reactor::{Event, Reactor, TimerKey};

use crate::interface::{Interface, interfaces};
use crate::lan::{Config, Lan, NOTICES_MAX, Notice};
use crate::selection::Selection;

/// The port of beacons, of no other known use.
pub const BEACON_PORT: u16 = 5143;

/// The groups of beacons: one of the site, sent with a single hop all the same, and one of the link.
pub const BEACON_GROUPS: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(239, 255, 66, 87)),
    IpAddr::V6(Ipv6Addr::new(0xff12, 0, 0, 0, 0, 0, 0, 0x4257)),
];

/// What a [`Beacon`] is to be.
#[derive(Clone, Debug)]
pub struct BeaconConfig {
    /// The port to hear on, which all have to agree on; 0 takes a free one. Default [`BEACON_PORT`].
    pub port: u16,
    /// Which interfaces. Default: all. Without loopback, other programs of this machine are not answered.
    pub selection: Selection,
    /// How long between two looks at the interfaces. Default 1 s, as of [`Config`].
    pub look_interval: Duration,
    /// The node's ceilings. Default: its own.
    pub limits: Limits,
}

impl Default for BeaconConfig {
    fn default() -> Self {
        Self {
            port: BEACON_PORT,
            selection: Selection::all(),
            look_interval: Config::default().look_interval,
            limits: Limits::default(),
        }
    }
}

/// Announces something to whoever is near, or finds what others announce, or both: the [`Node`] of `barewire-beacon` on all
/// interfaces of a machine, with the timers it needs.
///
/// What is for everyone goes to the groups of both families and to the IPv4 broadcast address: where one of them is
/// lost, as groups are on some wireless networks, another arrives. Questions leave from ports that no other program
/// shares, so that answers come back to the one that asked.
///
/// **Nothing that it tells is verified.** Anyone in the network can say anything.
///
/// ```
/// use barewire_beacon::{Announcement, Event, Search};
/// use barewire_lan::{Beacon, BeaconConfig, Selection};
/// use barewire_reactor::Reactor;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut reactor = Reactor::new()?;
/// let config = |port| BeaconConfig { port, selection: Selection::loopback(), ..BeaconConfig::default() };
/// let mut printer = Beacon::new(config(0), &mut reactor)?;
/// let announcement = Announcement::new("print".parse()?, "second floor".parse()?).port(631);
/// printer.announce(reactor.now(), announcement, &mut reactor);
///
/// // As a rule another program, with a reactor of its own.
/// let mut visitor = Beacon::new(config(printer.port()), &mut reactor)?;
/// visitor.search(reactor.now(), Search::default(), &mut reactor);
/// let found = 'waiting: loop {
///     reactor.turn(None)?;
///     while let Some(event) = reactor.next() {
///         let now = reactor.now();
///         for beacon in [&mut printer, &mut visitor] {
///             beacon.handle_event(&event, now, &mut reactor);
///         }
///         if let Some(Event::Found(sighting)) = visitor.poll_event() {
///             break 'waiting sighting;
///         }
///     }
/// };
/// assert_eq!(found.announcement.name().as_str(), "second floor");
/// printer.close(&mut reactor);
/// visitor.close(&mut reactor);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Beacon {
    lan: Lan,
    node: Node,
    /// What the node was told last.
    links: Vec<Link>,
    /// Armed for the node's next time-out.
    timer: Option<(TimerKey, Instant)>,
    notices: VecDeque<Notice>,
    /// Where sending fails, told already.
    failing: BTreeSet<(NonZeroU32, SocketAddr)>,
    datagram: Vec<u8>,
}

impl Beacon {
    /// Opens the sockets. Nothing is said until [`announce`](Self::announce) or [`search`](Self::search).
    ///
    /// # Errors
    ///
    /// Those of [`Lan::new`], and the system's if it has no random numbers.
    pub fn new(config: BeaconConfig, reactor: &mut Reactor) -> io::Result<Self> {
        Self::with_listing(config, interfaces, reactor)
    }

    /// As [`new`](Self::new), on interfaces that `listing` tells; see [`Lan::with_listing`].
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new) and of `listing`.
    pub fn with_listing(
        config: BeaconConfig,
        listing: impl FnMut() -> io::Result<Vec<Interface>> + 'static,
        reactor: &mut Reactor,
    ) -> io::Result<Self> {
        let (identity, seed) = fresh_identity()?;
        let ears = Config {
            port: Some(config.port),
            groups: BEACON_GROUPS.to_vec(),
            selection: config.selection,
            interfaces_max: config.limits.links_max,
            look_interval: config.look_interval,
            ..Config::default()
        };
        let mut beacon = Self {
            lan: Lan::with_listing(ears, listing, reactor)?,
            node: Node::new(identity, seed, config.limits),
            links: Vec::new(),
            timer: None,
            notices: VecDeque::new(),
            failing: BTreeSet::new(),
            datagram: Vec::new(),
        };
        beacon.follow(reactor.now());
        Ok(beacon)
    }

    /// Announces something from now on, in place of what it announced before; see [`Node::announce`].
    pub fn announce(&mut self, now: Instant, what: Announcement, reactor: &mut Reactor) {
        self.node.announce(now, what);
        self.act(now, reactor);
    }

    /// Announces no more, and says goodbye at once.
    pub fn withdraw(&mut self, now: Instant, reactor: &mut Reactor) {
        self.node.withdraw();
        self.act(now, reactor);
    }

    /// Searches from now on, in place of what it searched for before; see [`Node::search`].
    pub fn search(&mut self, now: Instant, search: Search, reactor: &mut Reactor) {
        self.node.search(now, search);
        self.act(now, reactor);
    }

    /// Asks one machine, once, for what is searched for; its port is [`BEACON_PORT`], as a rule. If the datagram cannot
    /// be sent, a notice says why.
    pub fn ask(
        &mut self,
        now: Instant,
        interface: NonZeroU32,
        to: SocketAddr,
        reactor: &mut Reactor,
    ) {
        self.failing.remove(&(interface, to));
        self.node.ask(interface.get(), to);
        self.transmit(reactor, Failures::Told);
        self.act(now, reactor);
    }

    /// Sees to an event of the reactor; false if it is none of ours. Take what there is of
    /// [`poll_event`](Self::poll_event) and [`poll_notice`](Self::poll_notice) afterwards.
    pub fn handle_event(&mut self, event: &Event, now: Instant, reactor: &mut Reactor) -> bool {
        let node = &mut self.node;
        let is_due = matches!((event, self.timer), (Event::Timer { key, .. }, Some((own, _))) if *key == own);
        if is_due {
            self.timer = None;
            node.handle_timeout(now);
        } else {
            let is_ours = self.lan.handle_event(event, now, reactor, |datagram| {
                let arrival = Arrival {
                    interface: datagram.interface.get(),
                    source: datagram.source,
                };
                // What it makes nothing of is in its counters.
                let _ = node.handle_datagram(now, arrival, datagram.bytes);
            });
            if !is_ours {
                return false;
            }
        }
        self.follow(now);
        self.act(now, reactor);
        true
    }

    /// What was found, has changed or was lost.
    pub fn poll_event(&mut self) -> Option<Told> {
        self.node.poll_event()
    }

    /// The next news of the networks; see [`Lan::poll_notice`].
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// All that is there of what is searched for, in no order.
    pub fn sightings(&self) -> impl Iterator<Item = Sighting> {
        self.node.sightings()
    }

    /// What the node did, in numbers.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        self.node.counters()
    }

    /// Who this is to the others.
    #[must_use]
    pub fn instance(&self) -> Instance {
        self.node.identity().instance
    }

    /// The port that is heard, chosen already where 0 was asked for.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.lan.port().unwrap_or(0)
    }

    /// The networks beneath.
    #[must_use]
    pub const fn lan(&self) -> &Lan {
        &self.lan
    }

    /// Says goodbye if anything is announced, and takes the sockets and timers from the reactor.
    pub fn close(mut self, reactor: &mut Reactor) {
        self.node.withdraw();
        self.transmit(reactor, Failures::Silent);
        if let Some((timer, _)) = self.timer {
            reactor.cancel(timer);
        }
        self.lan.close(reactor);
    }

    /// Passes the news on, and the interfaces to the node if they are others now.
    fn follow(&mut self, now: Instant) {
        while let Some(notice) = self.lan.poll_notice() {
            self.tell(notice);
        }
        let links: Vec<Link> = self
            .lan
            .interfaces()
            .iter()
            .map(|interface| link(interface, |own| self.lan.is_usable(interface, own)))
            .filter(|link| !link.networks.is_empty())
            .collect();
        if links != self.links {
            self.links.clone_from(&links);
            self.node.set_links(now, links);
            self.failing
                .retain(|(interface, _)| self.lan.interface(*interface).is_some());
        }
    }

    /// Does what the node wants done: datagrams on their way, the timer at its time.
    fn act(&mut self, now: Instant, reactor: &mut Reactor) {
        // What is due at once need not wait for another turn.
        if self.node.poll_timeout().is_some_and(|at| at <= now) {
            self.node.handle_timeout(now);
        }
        self.transmit(reactor, Failures::Silent);
        let next = self.node.poll_timeout();
        self.timer = match (self.timer, next) {
            (Some((timer, at)), Some(next)) => {
                if at != next {
                    reactor.postpone(timer, next);
                }
                Some((timer, next))
            }
            (None, Some(next)) => Some((reactor.timer(next, 0), next)),
            (Some((timer, _)), None) => {
                reactor.cancel(timer);
                None
            }
            (None, None) => None,
        };
    }

    fn transmit(&mut self, reactor: &mut Reactor, to_one: Failures) {
        let mut datagram = std::mem::take(&mut self.datagram);
        while let Some(Transmit { interface, to }) = self.node.poll_transmit(&mut datagram) {
            let Some(interface) = NonZeroU32::new(interface) else {
                continue;
            };
            match to {
                Destination::Everyone => self.tell_everyone(reactor, interface, &datagram),
                Destination::One(to) => {
                    let sent = self.lan.send(reactor, interface, &datagram, to);
                    // Whom answers go to is for strangers to say, and so would be the notices.
                    if let (Err(error), Failures::Told) = (sent, to_one) {
                        self.fails(interface, to, &error);
                    }
                }
            }
        }
        self.datagram = datagram;
    }

    fn tell_everyone(&mut self, reactor: &mut Reactor, interface: NonZeroU32, datagram: &[u8]) {
        let port = self.port();
        let all = self
            .lan
            .send_to_everyone(reactor, interface, datagram, port, &BEACON_GROUPS);
        // It is gone, and the node hears of it with the next look.
        let Ok(all) = all else { return };
        let found = self.lan.interface(interface);
        let is_loopback = found.is_some_and(|interface| interface.is_loopback);
        let some_left = all.iter().any(|sent| sent.result.is_ok());
        for sent in all {
            match sent.result {
                Ok(_) => {
                    self.failing.remove(&(interface, sent.to));
                }
                // Loopback has no way for groups on many systems, and needs none.
                Err(_) if is_loopback && some_left => {}
                // An address that is new, which takes a moment, or gone, which is told soon.
                Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {}
                Err(error) => self.fails(interface, sent.to, &error),
            }
        }
    }

    /// Tells once that nothing can be sent there, until something could.
    fn fails(&mut self, interface: NonZeroU32, to: SocketAddr, error: &io::Error) {
        if self.failing.insert((interface, to)) {
            self.tell(Notice::Trouble {
                interface: Some(interface),
                text: error.to_string(),
            });
        }
    }

    fn tell(&mut self, notice: Notice) {
        if self.notices.len() == NOTICES_MAX {
            self.notices.pop_front();
        }
        self.notices.push_back(notice);
    }
}

/// Whether it is told that a datagram to one machine could not be sent.
#[derive(Clone, Copy)]
enum Failures {
    Silent,
    Told,
}

/// Sixteen random bytes, the time of the start, and what the jitter comes of.
fn fresh_identity() -> io::Result<(Identity, u64)> {
    let (mut instance, mut seed) = ([0; 16], [0; 8]);
    getrandom::fill(&mut instance)?;
    getrandom::fill(&mut seed)?;
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since_epoch.map_or(0, |elapsed| elapsed.as_secs());
    let identity = Identity {
        instance: Instance::new(instance),
        boot: u32::try_from(seconds).unwrap_or(u32::MAX),
    };
    Ok((identity, u64::from_ne_bytes(seed)))
}

/// An interface as the node sees it: with the addresses that can be spoken from. One more makes it another link, on
/// which it begins anew, so that what could not be said a moment ago is said.
fn link(interface: &Interface, is_usable: impl Fn(IpAddr) -> bool) -> Link {
    let v4 = interface.v4.iter().map(|own| Network {
        address: own.address.into(),
        prefix: own.prefix,
    });
    let v6 = interface.v6.iter().map(|own| Network {
        address: own.address.into(),
        prefix: own.prefix,
    });
    Link {
        interface: interface.index.get(),
        is_loopback: interface.is_loopback,
        networks: v4
            .chain(v6)
            .filter(|network| is_usable(network.address))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::{V4, V6};

    #[test]
    fn port_and_groups_are_those_of_the_protocol() {
        let protocol = include_str!("../../beacon/PROTOCOL.md");
        let [v4, v6] = BEACON_GROUPS;
        for row in [
            format!("| port | UDP {BEACON_PORT} | UDP {BEACON_PORT} |"),
            format!("| group | {v4} | {v6} |"),
        ] {
            assert!(protocol.contains(&row), "{row}");
        }
    }

    #[test]
    fn a_link_has_the_usable_networks_of_its_interface() {
        let interface = Interface {
            index: NonZeroU32::MIN,
            name: "eth0".to_owned(),
            is_loopback: false,
            v4: vec![V4 {
                address: Ipv4Addr::new(192, 0, 2, 7),
                prefix: 24,
                broadcast: None,
            }],
            v6: vec![V6 {
                address: Ipv6Addr::LOCALHOST,
                prefix: 128,
            }],
        };
        let told = |is_usable: fn(IpAddr) -> bool| -> Vec<String> {
            let own = link(&interface, is_usable);
            assert_eq!((own.interface, own.is_loopback), (1, false));
            let networks = own.networks.iter();
            networks
                .map(|network| format!("{}/{}", network.address, network.prefix))
                .collect()
        };
        assert_eq!(told(|_| true), ["192.0.2.7/24", "::1/128"]);
        assert_eq!(told(|own| own.is_ipv4()), ["192.0.2.7/24"]);
    }

    #[test]
    fn every_start_is_another_one() {
        let (one, seed) = fresh_identity().unwrap();
        let (other, other_seed) = fresh_identity().unwrap();
        assert_ne!(one.instance, other.instance);
        assert_ne!(seed, other_seed);
        assert!(one.boot > 1_700_000_000);
    }

    #[test]
    fn groups_of_the_right_reach() {
        assert!(BEACON_GROUPS.iter().all(IpAddr::is_multicast));
        assert_eq!(
            BEACON_GROUPS.map(|group| group.to_string()),
            ["239.255.66.87", "ff12::4257"]
        );
    }
}
