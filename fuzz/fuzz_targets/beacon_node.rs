//! Laws, after each of a series of events on two links: sightings are those that events tell of, and no more than the
//! limit; answers take no more bytes than questions had; a datagram that leaves is whole, of this node, and 1,200 bytes
//! at most; what was due is not due again; a node told of all that it missed does not catch up.
#![no_main]

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use barewire_beacon::{
    Announcement, Arrival, DATAGRAM_BYTES_MAX, Datagram, Destination, Event, Identity, Instance,
    Limits, Link, Message, Network, Node, Search, Sighting,
};
use barewire_fuzz::Choices;
use libfuzzer_sys::fuzz_target;

const IDENTITY: Identity = Identity {
    instance: Instance::new([0xee; 16]),
    boot: 1,
};

type Key = (Instance, IpAddr, u32);

struct World {
    node: Node,
    now: Instant,
    limits: Limits,
    there: HashSet<Key>,
    out: Vec<u8>,
}

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let limits = match choices.byte() {
        0..128 => Limits::default(),
        small => Limits {
            sightings_max: usize::from(small & 7),
            sightings_per_source_max: 2,
            sources_max: usize::from(small >> 3 & 3),
            crowd_max: 3,
            interval_min: Duration::ZERO,
            ..Limits::default()
        },
    };
    let mut world = World {
        node: Node::new(IDENTITY, 1, limits.clone()),
        now: Instant::now(),
        limits,
        there: HashSet::new(),
        out: Vec::new(),
    };
    while !choices.rest.is_empty() {
        world.step(&mut choices);
        let sightings = world.node.sightings().count();
        assert!(sightings <= world.limits.sightings_max);
        let counters = world.node.counters();
        assert!(counters.reply_bytes <= counters.query_bytes);
    }
});

impl World {
    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.byte() % 12 {
            0 => self.node.announce(self.now, announcement(choices)),
            1 => self.node.withdraw(),
            2 => {
                self.node.search(self.now, search(choices));
                self.there.clear();
            }
            3 => self.node.ask(choices.below(3) as u32, source(choices)),
            4 => {
                let plugged = choices.byte();
                let links = (0..3).filter(|at| plugged >> at & 1 == 1);
                let links = links.map(|at| link(at, plugged)).collect();
                self.node.set_links(self.now, links);
            }
            5 => self.now += Duration::from_millis(u64::from(choices.byte()).pow(2)),
            6 => self.due(),
            7 => self.take(),
            8 => {
                let length = choices.below(64);
                let bytes = choices.bytes(length);
                let (interface, source) = (choices.below(4) as u32, source(choices));
                let _ = self
                    .node
                    .handle_datagram(self.now, Arrival { interface, source }, bytes);
            }
            _ => self.hear(choices),
        }
    }

    fn hear(&mut self, choices: &mut Choices<'_>) {
        let interval = Duration::from_secs(u64::from(choices.byte()) + 1);
        let message = match choices.byte() % 5 {
            0 | 1 => Message::Announce {
                announcement: announcement(choices),
                interval,
            },
            2 => {
                let Search { service, name } = search(choices);
                Message::Query { service, name }
            }
            3 => Message::Reply {
                announcement: announcement(choices),
                interval,
            },
            _ => Message::Goodbye,
        };
        let datagram = Datagram {
            identity: Identity {
                instance: Instance::new([choices.byte() % 16; 16]),
                boot: choices.below(3) as u32,
            },
            sequence: choices.byte().into(),
            message,
        };
        let mut bytes = Vec::new();
        datagram.encode(&mut bytes);
        assert_eq!(Datagram::decode(&bytes), Ok(datagram));
        let (interface, source) = (choices.below(4) as u32, source(choices));
        let _ = self
            .node
            .handle_datagram(self.now, Arrival { interface, source }, &bytes);
    }

    fn due(&mut self) {
        let Some(due) = self.node.poll_timeout() else {
            return;
        };
        self.now = self.now.max(due);
        self.node.handle_timeout(self.now);
        assert!(self.node.poll_timeout().is_none_or(|next| next > self.now));
    }

    fn take(&mut self) {
        while let Some(transmit) = self.node.poll_transmit(&mut self.out) {
            assert!(self.out.len() <= DATAGRAM_BYTES_MAX);
            let said = Datagram::decode(&self.out).expect("what it says can be read");
            assert_eq!(said.identity, IDENTITY);
            match said.message {
                Message::Announce { .. } | Message::Goodbye => {
                    assert_eq!(transmit.to, Destination::Everyone);
                }
                Message::Reply { .. } => {
                    let Destination::One(to) = transmit.to else {
                        panic!("an answer to everyone");
                    };
                    let ip = to.ip();
                    assert!(to.port() >= 1024 && !ip.is_multicast() && !ip.is_unspecified());
                    assert_ne!(ip, Ipv4Addr::BROADCAST);
                }
                Message::Query { .. } => {}
            }
        }
        while let Some(event) = self.node.poll_event() {
            match event {
                Event::Found(sighting) => assert!(self.there.insert(key(&sighting))),
                Event::Changed(sighting) => assert!(self.there.contains(&key(&sighting))),
                Event::Lost { sighting, .. } => assert!(self.there.remove(&key(&sighting))),
            }
        }
        let listed: HashSet<Key> = self.node.sightings().map(|one| key(&one)).collect();
        assert_eq!(listed, self.there);
        // What they missed in an hour is said once, if at all.
        if self.node.poll_timeout().is_some() {
            self.now += Duration::from_secs(3600);
            self.node.handle_timeout(self.now);
            let mut left = 0;
            while let Some(transmit) = self.node.poll_transmit(&mut self.out) {
                left += usize::from(transmit.to == Destination::Everyone);
            }
            assert!(left <= 6, "{left} at once");
        }
    }
}

fn key(sighting: &Sighting) -> Key {
    (sighting.instance, sighting.source, sighting.interface)
}

fn announcement(choices: &mut Choices<'_>) -> Announcement {
    let what = choices.byte();
    let service = if what & 1 == 0 { "x" } else { "y" };
    let name = if what & 2 == 0 { "a" } else { "b" };
    let plain = Announcement::new(
        service.parse().expect("a service"),
        name.parse().expect("a name"),
    );
    plain.port(u16::from(what >> 2))
}

fn search(choices: &mut Choices<'_>) -> Search {
    let what = choices.byte();
    let any = announcement(choices);
    Search {
        service: (what & 1 == 0).then(|| any.service().clone()),
        name: (what & 6 == 0).then(|| any.name().clone()),
    }
}

/// Near, far, our own, or no machine at all.
fn source(choices: &mut Choices<'_>) -> SocketAddr {
    let (what, host) = (choices.byte(), choices.byte());
    let v4 = |a, b, c| IpAddr::from(Ipv4Addr::new(a, b, c, host));
    let address = match what % 8 {
        0..4 => v4(10, what % 2, 0),
        4 => v4(host, host, host),
        5 => IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, u16::from(host)]),
        6 => IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0x0a00, u16::from(host)]),
        _ => v4(239, 255, 66),
    };
    let port = if what < 200 { 40_000 } else { u16::from(host) };
    SocketAddr::new(address, port)
}

fn link(at: u32, plugged: u8) -> Link {
    let network = |address: [u8; 4], prefix| Network {
        address: address.into(),
        prefix,
    };
    match at {
        0 => Link {
            interface: 1,
            is_loopback: false,
            networks: vec![network([10, 0, 0, 1 + (plugged >> 3 & 3)], 24)],
        },
        1 => Link {
            interface: 2,
            is_loopback: false,
            networks: vec![network([10, 1, 0, 1], 16), network([10, 0, 0, 9], 0)],
        },
        _ => Link {
            interface: 3,
            is_loopback: true,
            networks: vec![network([127, 0, 0, 1], 8)],
        },
    }
}
