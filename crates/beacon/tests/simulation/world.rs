//! A network in memory: hosts on links that lose, double, delay and reorder, and a clock that only the test moves.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use barewire_beacon::{
    Announcement, Arrival, Datagram, Destination, Event, Identity, Instance, Limits, Link, Message,
    Network, Node, Search, Transmit,
};

/// How a link treats a datagram.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    /// Of each copy that somebody is to receive, how many in 1,000 are lost.
    pub(crate) loss_permille: u64,
    /// How long each copy takes, at random between these.
    pub(crate) latency: [Duration; 2],
    /// How often each copy arrives.
    pub(crate) times: usize,
    /// Whether what is for everyone goes by IPv4 group, broadcast and IPv6 group, as it does, or by the first alone.
    pub(crate) by_all_means: bool,
    /// How many datagrams a host's sockets hold. It reads them every 10 ms.
    pub(crate) buffer: usize,
}

/// A datagram that a host sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Duration,
    pub(crate) host: usize,
    pub(crate) kind: Kind,
    pub(crate) interface: u32,
    pub(crate) bytes: usize,
    /// How long until it is announced again, as it says.
    pub(crate) interval: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Announce,
    Query,
    Reply,
    Goodbye,
}

/// One interface of a host.
#[derive(Clone, Debug)]
struct Port {
    segment: usize,
    is_plugged: bool,
    link: Link,
}

pub(crate) struct Host {
    pub(crate) node: Node,
    pub(crate) events: Vec<(Duration, Told)>,
    /// When replies reached it.
    pub(crate) replies: Vec<Duration>,
    ports: Vec<Port>,
    is_awake: bool,
    /// How much less its clock shows than that of the world.
    behind: Duration,
    wake: Option<Instant>,
    inbox: (u128, usize),
    /// How many datagrams found no room in its sockets.
    pub(crate) overflowed: usize,
}

/// An event, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) what: &'static str,
    pub(crate) name: String,
    pub(crate) source: IpAddr,
    pub(crate) interface: u32,
}

enum Happening {
    Wake(usize),
    Arrive(Arriving),
}

#[derive(Clone)]
struct Arriving {
    segment: usize,
    /// `None` is all but for their losses.
    to: Option<usize>,
    source: SocketAddr,
    kind: Kind,
    bytes: Rc<[u8]>,
}

type Queued = Reverse<(Instant, u64)>;

/// Whether the network loses what a host sends.
type Loses = dyn FnMut(&Sent) -> bool;

pub(crate) struct World {
    pub(crate) weather: Weather,
    /// Of hosts that are made from now on.
    pub(crate) limits: Limits,
    /// How many instances each host stands for: what it announces is heard from so many.
    pub(crate) each_is: u64,
    pub(crate) hosts: Vec<Host>,
    pub(crate) sent: Vec<Sent>,
    loses: Box<Loses>,
    start: Instant,
    now: Instant,
    queue: BinaryHeap<Queued>,
    /// By the number in the queue.
    happenings: BTreeMap<u64, Happening>,
    queued: u64,
    random: u64,
}

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn thing(name: &str) -> Announcement {
    Announcement::new("thing".parse().unwrap(), name.parse().unwrap()).port(7000)
}

pub(crate) fn things() -> Search {
    Search {
        service: Some("thing".parse().unwrap()),
        name: None,
    }
}

pub(crate) fn instance(number: usize) -> Instance {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
    Instance::new(bytes)
}

/// The address of a host on a segment.
pub(crate) fn v4(segment: usize, host: usize) -> IpAddr {
    let number = host as u16 + 1;
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(10, segment as u8, high, low).into()
}

pub(crate) fn v6(segment: usize, host: usize) -> IpAddr {
    let [segment, number] = [segment, host + 1].map(|number| number as u16);
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, segment, number).into()
}

fn kind(bytes: &[u8]) -> Kind {
    match Datagram::decode(bytes).unwrap().message {
        Message::Announce { .. } => Kind::Announce,
        Message::Query { .. } => Kind::Query,
        Message::Reply { .. } => Kind::Reply,
        Message::Goodbye => Kind::Goodbye,
    }
}

fn interval(bytes: &[u8]) -> Option<Duration> {
    match Datagram::decode(bytes).unwrap().message {
        Message::Announce { interval, .. } | Message::Reply { interval, .. } => Some(interval),
        Message::Query { .. } | Message::Goodbye => None,
    }
}

impl World {
    /// Without loss, all in 1 ms.
    pub(crate) fn new(seed: u64) -> Self {
        let now = Instant::now();
        Self {
            weather: Weather {
                loss_permille: 0,
                latency: [ms(1); 2],
                times: 1,
                by_all_means: true,
                buffer: usize::MAX,
            },
            limits: Limits::default(),
            each_is: 1,
            hosts: Vec::new(),
            sent: Vec::new(),
            loses: Box::new(|_| false),
            start: now,
            now,
            queue: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            queued: 0,
            random: seed,
        }
    }

    pub(crate) fn loses(&mut self, loses: impl FnMut(&Sent) -> bool + 'static) {
        self.loses = Box::new(loses);
    }

    /// A host on these segments, by interfaces 2, 3 and so on; with IPv6 if everything goes by all means.
    pub(crate) fn host(&mut self, segments: &[usize]) -> usize {
        let number = self.hosts.len();
        self.host_that_is(instance(number), segments)
    }

    pub(crate) fn host_that_is(&mut self, instance: Instance, segments: &[usize]) -> usize {
        let number = self.hosts.len();
        let identity = Identity { instance, boot: 1 };
        let seed = self.below(u64::MAX);
        let port = |(interface, &segment)| Port {
            segment,
            is_plugged: true,
            link: Link {
                interface,
                is_loopback: false,
                networks: self.networks(segment, number),
            },
        };
        let host = Host {
            node: Node::new(identity, seed, self.limits.clone()),
            events: Vec::new(),
            replies: Vec::new(),
            ports: (2..).zip(segments).map(port).collect(),
            is_awake: true,
            behind: Duration::ZERO,
            wake: None,
            inbox: (0, 0),
            overflowed: 0,
        };
        self.hosts.push(host);
        self.relink(number);
        number
    }

    fn networks(&self, segment: usize, number: usize) -> Vec<Network> {
        let mut networks = vec![Network {
            address: v4(segment, number),
            prefix: 16,
        }];
        if self.weather.by_all_means {
            networks.push(Network {
                address: v6(segment, number),
                prefix: 64,
            });
        }
        networks
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// A number below this.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Does something with a node, by its own clock.
    pub(crate) fn with(&mut self, host: usize, act: impl FnOnce(&mut Node, Instant)) {
        let now = self.now - self.hosts[host].behind;
        act(&mut self.hosts[host].node, now);
        self.settle(host);
    }

    pub(crate) fn announce(&mut self, host: usize, name: &str) {
        self.with(host, |node, now| node.announce(now, thing(name)));
    }

    pub(crate) fn search(&mut self, host: usize) {
        self.with(host, |node, now| node.search(now, things()));
    }

    /// Pulls the plug of an interface, or puts it in; the host is told.
    pub(crate) fn plug(&mut self, host: usize, interface: u32, is_plugged: bool) {
        let port = self.hosts[host].port(interface);
        port.is_plugged = is_plugged;
        self.relink(host);
    }

    /// The host has another IPv4 address on this interface.
    pub(crate) fn readdress(&mut self, host: usize, interface: u32, address: IpAddr) {
        self.hosts[host].port(interface).link.networks[0].address = address;
        self.relink(host);
    }

    /// It is off, at once and without a word; or it sleeps.
    pub(crate) fn sleep(&mut self, host: usize) {
        self.hosts[host].is_awake = false;
    }

    /// It is awake again; its clock stood still for so long.
    pub(crate) fn wake(&mut self, host: usize, behind: Duration) {
        let sleeper = &mut self.hosts[host];
        sleeper.is_awake = true;
        sleeper.behind += behind;
        sleeper.wake = None;
        self.settle(host);
    }

    fn relink(&mut self, host: usize) {
        let ports = self.hosts[host].ports.iter();
        let links = ports.filter(|port| port.is_plugged);
        let links: Vec<Link> = links.map(|port| port.link.clone()).collect();
        self.with(host, |node, now| node.set_links(now, links));
    }

    /// Somebody sends these bytes to a host, whoever they say they are.
    pub(crate) fn forge(&mut self, to: usize, source: SocketAddr, bytes: &[u8]) {
        let arriving = Arriving {
            segment: self.hosts[to].ports[0].segment,
            to: Some(to),
            source,
            kind: kind(bytes),
            bytes: bytes.into(),
        };
        self.arrive(&arriving, to);
    }

    /// Lets this much time go by.
    pub(crate) fn run(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(&Reverse((at, number))) = self.queue.peek()
            && at <= until
        {
            self.queue.pop();
            self.now = at;
            match self.happenings.remove(&number).unwrap() {
                Happening::Wake(host) => self.due(host),
                Happening::Arrive(arriving) => match arriving.to {
                    Some(host) => self.arrive(&arriving, host),
                    None => (0..self.hosts.len()).for_each(|host| self.arrive(&arriving, host)),
                },
            }
        }
        self.now = until;
    }

    fn queue(&mut self, at: Instant, happening: Happening) {
        self.queued += 1;
        self.queue.push(Reverse((at, self.queued)));
        self.happenings.insert(self.queued, happening);
    }

    fn due(&mut self, host: usize) {
        let now = self.now - self.hosts[host].behind;
        let sleeper = &mut self.hosts[host];
        // Another one was queued since, for an earlier time, if it is not this.
        if !sleeper.is_awake || sleeper.wake.is_none_or(|wake| wake > self.now) {
            return;
        }
        sleeper.wake = None;
        if sleeper.node.poll_timeout().is_some_and(|at| at <= now) {
            sleeper.node.handle_timeout(now);
            let next = sleeper.node.poll_timeout();
            assert!(next.is_none_or(|at| at > now), "it spins");
        }
        self.settle(host);
    }

    fn arrive(&mut self, arriving: &Arriving, host: usize) {
        let lost = self.weather.loss_permille > 0
            && arriving.to.is_none()
            && self.below(1000) < self.weather.loss_permille;
        let tick = self.elapsed().as_millis() / 10;
        let at = self.elapsed();
        let now = self.now - self.hosts[host].behind;
        let receiver = &mut self.hosts[host];
        let segment = |port: &&Port| port.segment == arriving.segment && port.is_plugged;
        let Some(port) = receiver.ports.iter().find(segment) else {
            return;
        };
        if lost || !receiver.is_awake {
            return;
        }
        if receiver.inbox.0 != tick {
            receiver.inbox = (tick, 0);
        }
        receiver.inbox.1 += 1;
        if receiver.inbox.1 > self.weather.buffer {
            receiver.overflowed += 1;
            return;
        }
        let arrival = Arrival {
            interface: port.link.interface,
            source: arriving.source,
        };
        if arriving.kind == Kind::Reply {
            receiver.replies.push(at);
        }
        let _ = receiver.node.handle_datagram(now, arrival, &arriving.bytes);
        self.settle(host);
    }

    /// Takes what a node has to say, and when it wants to be woken.
    fn settle(&mut self, host: usize) {
        let mut bytes = Vec::new();
        while let Some(transmit) = self.hosts[host].node.poll_transmit(&mut bytes) {
            self.transmit(host, transmit, &bytes);
        }
        let at = self.elapsed();
        let settled = &mut self.hosts[host];
        while let Some(event) = settled.node.poll_event() {
            settled.events.push((at, Told::from(event)));
        }
        let Some(wake) = settled.node.poll_timeout() else {
            return;
        };
        let wake = (wake + settled.behind).max(self.now);
        if settled.is_awake && settled.wake.is_none_or(|earlier| wake < earlier) {
            settled.wake = Some(wake);
            self.queue(wake, Happening::Wake(host));
        }
    }

    fn transmit(&mut self, host: usize, transmit: Transmit, bytes: &[u8]) {
        assert!(bytes.len() <= barewire_beacon::DATAGRAM_BYTES_MAX);
        let sent = Sent {
            at: self.elapsed(),
            host,
            kind: kind(bytes),
            interface: transmit.interface,
            bytes: bytes.len(),
            interval: interval(bytes),
        };
        self.sent.push(sent.clone());
        let port = self.hosts[host].port(transmit.interface).clone();
        if (self.loses)(&sent) || !port.is_plugged {
            return;
        }
        let sources = port.link.networks.iter().map(|network| network.address);
        let sources: Vec<IpAddr> = match (transmit.to, self.weather.by_all_means) {
            (Destination::Everyone, true) => {
                let group = sources.clone().take(1);
                group.chain(sources).collect()
            }
            (Destination::Everyone, false) => sources.take(1).collect(),
            (Destination::One(to), _) => sources
                .filter(|source| source.is_ipv4() == to.is_ipv4())
                .take(1)
                .collect(),
        };
        for one in 0..self.each_is {
            let mut bytes = bytes.to_vec();
            bytes[16..24].copy_from_slice(&one.to_be_bytes());
            self.carry_from(
                host,
                port.segment,
                &sources,
                &sent,
                transmit.to,
                bytes.into(),
            );
        }
    }

    fn carry_from(
        &mut self,
        host: usize,
        segment: usize,
        sources: &[IpAddr],
        sent: &Sent,
        to: Destination,
        bytes: Rc<[u8]>,
    ) {
        for &source in sources {
            let arriving = Arriving {
                segment,
                to: None,
                source: SocketAddr::new(source, 40_000 + (host % 20_000) as u16),
                kind: sent.kind,
                bytes: Rc::clone(&bytes),
            };
            for _ in 0..self.weather.times {
                self.carry(&arriving, to);
            }
        }
    }

    fn carry(&mut self, arriving: &Arriving, to: Destination) {
        let [least, most] = self.weather.latency;
        let receivers = match to {
            Destination::One(to) => {
                let owner = self.hosts.iter().position(|host| host.owns(to.ip()));
                vec![owner]
            }
            Destination::Everyone if least == most => vec![None],
            Destination::Everyone => (0..self.hosts.len()).map(Some).collect(),
        };
        let is_unicast = matches!(to, Destination::One(_));
        for receiver in receivers {
            if receiver.is_none() && is_unicast {
                continue;
            }
            // For all at once the loss is drawn where it arrives.
            if receiver.is_some() && self.below(1000) < self.weather.loss_permille {
                continue;
            }
            let span = (most - least).as_nanos() as u64 + 1;
            let latency = least + Duration::from_nanos(self.below(span));
            let arriving = Arriving {
                to: receiver,
                ..arriving.clone()
            };
            self.queue(self.now + latency, Happening::Arrive(arriving));
        }
    }

    /// How many datagrams of a kind were sent within this time, those to everyone counting once.
    pub(crate) fn count(&self, kind: Kind, from: Duration, to: Duration) -> usize {
        let within = |sent: &&Sent| sent.kind == kind && sent.at >= from && sent.at < to;
        self.sent.iter().filter(within).count()
    }

    /// Whoever said that it will be heard of again within a time was.
    pub(crate) fn promises_were_kept(&self) {
        let mut promised = HashMap::new();
        for sent in &self.sent {
            let promise = promised.entry((sent.host, sent.interface));
            let until = promise.or_insert(Duration::MAX);
            let Some(interval) = sent.interval else {
                continue;
            };
            if sent.kind == Kind::Announce {
                assert!(sent.at <= *until, "{sent:?}, though it said {until:?}");
                *until = Duration::MAX;
            }
            *until = (sent.at + interval).min(*until);
        }
    }
}

impl Host {
    fn port(&mut self, interface: u32) -> &mut Port {
        let is_it = |port: &&mut Port| port.link.interface == interface;
        self.ports.iter_mut().find(is_it).unwrap()
    }

    fn owns(&self, address: IpAddr) -> bool {
        let mut networks = self.ports.iter().flat_map(|port| &port.link.networks);
        networks.any(|network| network.address == address)
    }

    /// What it was told, without the times: `found a from 10.0.0.1 over 2`.
    pub(crate) fn told(&self) -> Vec<String> {
        let told = self.events.iter();
        told.map(|(_, told)| {
            let Told {
                what,
                name,
                source,
                interface,
            } = told;
            format!("{what} {name} from {source} over {interface}")
        })
        .collect()
    }

    /// The same of one family, in the order of the words.
    pub(crate) fn told_v4(&self) -> Vec<String> {
        let told = self.told().into_iter();
        told.filter(|told| !told.contains("fe80")).collect()
    }
}

impl From<Event> for Told {
    fn from(event: Event) -> Self {
        let (what, sighting) = match event {
            Event::Found(sighting) => ("found", sighting),
            Event::Changed(sighting) => ("changed", sighting),
            Event::Lost { sighting, why } => (
                match why {
                    barewire_beacon::Why::Goodbye => "goodbye",
                    barewire_beacon::Why::Silence => "silence",
                    barewire_beacon::Why::LinkGone => "link gone",
                },
                sighting,
            ),
        };
        Self {
            what,
            name: sighting.announcement.name().as_str().to_owned(),
            source: sighting.source,
            interface: sighting.interface,
        }
    }
}
