//! What anybody can make a node send or hold. A program of its own, for its allocator counts.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failed unwrap is the test failing"
)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use barewire_beacon::{
    Announcement, Arrival, Datagram, Dropped, Identity, Instance, Limits, Link, Message, Network,
    Node, Search,
};
use barewire_proving::counting::{Counting, most_held};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SECOND: Duration = Duration::from_secs(1);

fn address(host: u32) -> IpAddr {
    Ipv4Addr::from_bits(0x0a00_0000 + host).into()
}

fn from(host: u32) -> Arrival {
    Arrival {
        interface: 2,
        source: SocketAddr::new(address(host), 40_000),
    }
}

fn thing(name: &str) -> Announcement {
    Announcement::new("thing".parse().unwrap(), name.parse().unwrap()).port(7000)
}

fn bytes(instance: u32, sequence: u32, message: Message) -> Vec<u8> {
    let mut unique = [0; 16];
    unique[..4].copy_from_slice(&instance.to_be_bytes());
    let datagram = Datagram {
        identity: Identity {
            instance: Instance::new(unique),
            boot: 1,
        },
        sequence,
        message,
    };
    let mut bytes = Vec::new();
    datagram.encode(&mut bytes);
    bytes
}

fn query(instance: u32, sequence: u32) -> Vec<u8> {
    let service = Some("thing".parse().unwrap());
    let name = None;
    bytes(instance, sequence, Message::Query { service, name })
}

fn announce(instance: u32, sequence: u32, announcement: Announcement) -> Vec<u8> {
    let interval = 13 * SECOND;
    let message = Message::Announce {
        announcement,
        interval,
    };
    bytes(instance, sequence, message)
}

/// One node on 10.0.0.1/8 that announces and searches, the time, and what it may send by now.
struct World {
    node: Node,
    start: Instant,
    now: Instant,
    out: Vec<u8>,
    random: u64,
}

impl World {
    fn new() -> Self {
        let start = Instant::now();
        let identity = Identity {
            instance: Instance::new([0xff; 16]),
            boot: 1,
        };
        let mut node = Node::new(identity, 1, Limits::default());
        let networks = vec![Network {
            address: address(1),
            prefix: 8,
        }];
        let link = Link {
            interface: 2,
            is_loopback: false,
            networks,
        };
        node.set_links(start, vec![link]);
        let long = thing("a").attribute("text", &"x".repeat(1100)).unwrap();
        node.announce(start, long);
        Self {
            node,
            start,
            now: start,
            out: Vec::with_capacity(1200),
            random: 1,
        }
    }

    fn searching() -> Self {
        let mut world = Self::new();
        let search = Search {
            service: Some("thing".parse().unwrap()),
            name: None,
        };
        world.node.search(world.now, search);
        world
    }

    fn below(&mut self, end: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % end
    }

    fn hand(&mut self, arrival: Arrival, bytes: &[u8]) -> Result<(), Dropped> {
        let handed = self.node.handle_datagram(self.now, arrival, bytes);
        self.settle();
        handed
    }

    /// Does all that is due, and looks at the law after each datagram that leaves.
    fn settle(&mut self) {
        while self.node.poll_timeout().is_some_and(|at| at <= self.now) {
            self.node.handle_timeout(self.now);
        }
        while self.node.poll_transmit(&mut self.out).is_some() {
            let counters = self.node.counters();
            assert!(counters.reply_bytes <= counters.query_bytes);
        }
        while self.node.poll_event().is_some() {}
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.settle();
    }

    fn replies(&self) -> u64 {
        self.node.counters().replies
    }

    fn dropped(&self, word: &str) -> u64 {
        let dropped = &self.node.counters().dropped;
        dropped.get(word).copied().unwrap_or(0)
    }

    /// The most answers that sources may have had: a burst each at the beginning, and then one a second.
    fn replies_max(&self, sources: u64) -> u64 {
        let seconds = (self.now - self.start).as_secs();
        sources * (3 + seconds)
    }
}

#[test]
fn ten_thousand_questions_from_one_source() {
    let mut world = World::new();
    let mut held = Vec::new();
    for sequence in 0..10_000 {
        let question = query(9, sequence);
        held.push(most_held(|| {
            let _ = world.hand(from(9), &question);
        }));
        world.pass(Duration::from_millis(1));
        assert!(world.replies() <= world.replies_max(1));
    }
    let counters = world.node.counters().clone();
    assert_eq!(
        world.replies(),
        12,
        "3, and 1 in each further second of ten"
    );
    assert_eq!(counters.query_bytes, 12_000_000);
    assert_eq!(world.dropped("too-many-queries"), 10_000 - 12);
    let later = held[100..].iter().max().unwrap();
    println!(
        "one source: 10,000 questions in 10 s, {} answers of {} bytes; {later} bytes held for one",
        counters.replies, counters.reply_bytes
    );
    assert!(*later < 2048, "{later} bytes");
}

#[test]
fn ten_thousand_sources() {
    let mut world = World::new();
    let questions: Vec<Vec<u8>> = (0..10_000).map(|host| query(host, 1)).collect();
    let held = most_held(|| {
        // All at once, three times.
        for _ in 0..3 {
            for (host, question) in (10..).zip(&questions) {
                let _ = world.hand(from(host), question);
            }
        }
        world.pass(3 * SECOND);
        assert_eq!(world.replies(), 256);
        // Then a thousand each second.
        for (host, question) in (50_000..).zip(&questions) {
            world.pass(Duration::from_millis(1));
            let _ = world.hand(from(host), question);
            assert!(world.replies() <= world.replies_max(256));
        }
        world.pass(3 * SECOND);
    });
    println!(
        "10,000 sources at once and over 10 s: {} answers, {held} bytes held",
        world.replies()
    );
    // Each source asked once: each has one answer at most, and its place is somebody else's a second later.
    assert!(world.replies() <= 256 * 12, "{}", world.replies());
    assert!(held < 256 * 1024, "{held} bytes");
}

#[test]
fn a_mixture_at_random_times() {
    let mut world = World::searching();
    let mut question_bytes = 0;
    let mut number = 0;
    let mut held = [0; 10];
    for tenth in &mut held {
        *tenth = most_held(|| {
            for _ in 0..5_000 {
                let host = 10 + world.below(500) as u32;
                number += 1;
                let datagram = match world.below(4) {
                    0 | 1 => query(host, number),
                    2 => announce(host, number, thing("wanted")),
                    _ => (0..world.below(300)).map(|at| at as u8).collect(),
                };
                if datagram.get(5) == Some(&2) {
                    question_bytes += datagram.len() as u64;
                }
                let _ = world.hand(from(host), &datagram);
                assert!(world.node.counters().reply_bytes <= question_bytes);
                let pause = world.below(2_000);
                world.pass(Duration::from_micros(pause));
                assert!(world.replies() <= world.replies_max(256));
            }
        });
    }
    let counters = world.node.counters();
    println!(
        "a mixture: {} of {} questions answered; held more in each tenth: {held:?}",
        counters.replies,
        question_bytes / 1200
    );
    assert!(counters.replies > 0);
    // What is kept of five hundred sources is all there soon.
    assert!(held[3..].iter().all(|&more| more < 16 * 1024), "{held:?}");
    assert_eq!(world.node.sightings().count(), 500);
}

#[test]
fn half_a_million_of_junk() {
    let mut world = World::searching();
    world.pass(20 * SECOND);
    let honest = announce(5, 1, thing("honest"));
    let other = Announcement::new("other".parse().unwrap(), "x".parse().unwrap());
    let mut junk = vec![0_u8; 1200];
    let began = Instant::now();
    let mut held = 0;
    for number in 0..500_000_u32 {
        let length = world.below(1201) as usize;
        for eight in junk.chunks_exact_mut(8) {
            eight.copy_from_slice(&world.below(u64::MAX).to_be_bytes());
        }
        let host = 10 + world.below(60_000) as u32;
        let valid;
        let datagram = match number % 3 {
            0 => &junk[..length],
            1 => {
                // Right in all of the header but the rest.
                junk[..6].copy_from_slice(b"BWbc\x01\x01");
                let said = (length as u16).to_be_bytes();
                junk[6..8].copy_from_slice(&said);
                &junk[..length]
            }
            _ => {
                valid = announce(host, number, other.clone());
                &valid
            }
        };
        held = held.max(most_held(|| {
            assert!(world.hand(from(host), datagram).is_err());
        }));
        if number == 250_000 {
            world.hand(from(5), &honest).unwrap();
        }
        // 500,000 a second.
        world.now += Duration::from_micros(2);
    }
    let took = began.elapsed();
    let sightings: Vec<_> = world.node.sightings().collect();
    assert_eq!(sightings.len(), 1);
    assert_eq!(sightings[0].source, address(5));
    // And whoever asks is answered.
    let replies = world.replies();
    world.hand(from(5), &query(5, 2)).unwrap();
    world.pass(2 * SECOND);
    assert_eq!(world.replies(), replies + 1);
    println!(
        "junk: 500,000 in {took:?} with what it takes to make them; {held} bytes held for one"
    );
    println!("{:?}", world.node.counters().dropped);
    // The set of those who announce grows to 4,096, twice as large at times.
    assert!(held < 512 * 1024, "{held} bytes");
    let dropped: u64 = world.node.counters().dropped.values().sum();
    assert_eq!(dropped, 500_000);
}

/// The longest announcement there can be, and the one with the most attributes.
fn large() -> [Announcement; 2] {
    let long = thing("x").attribute("text", &"x".repeat(1138)).unwrap();
    let visible = || (b'!'..=b'~').filter(|&byte| byte != b'=').map(char::from);
    let two = visible().flat_map(|first| visible().map(move |second| format!("{first}{second}")));
    let keys = visible().map(String::from).chain(two);
    let mut many = thing("x");
    for key in keys {
        let Ok(more) = many.clone().attribute(&key, "") else {
            break;
        };
        many = more;
    }
    assert!(many.attributes().len() > 190);
    [long, many]
}

#[test]
fn a_table_that_is_filled() {
    for announcement in large() {
        let mut world = World::searching();
        world.pass(20 * SECOND);
        world
            .hand(from(5), &announce(5, 1, thing("honest")))
            .unwrap();
        let held = most_held(|| {
            // One address has its share and no more.
            for instance in 0..1000 {
                let _ = world.hand(from(6), &announce(instance, 1, announcement.clone()));
            }
            assert_eq!(world.node.sightings().count(), 1 + 64);
            for host in 10..10_000 {
                let _ = world.hand(from(host), &announce(host, 1, announcement.clone()));
            }
        });
        assert_eq!(world.node.sightings().count(), 4096);
        println!(
            "a full table of announcements of {} attributes: {held} bytes",
            announcement.attributes().len()
        );
        assert!(held < 8_000_000, "{held} bytes");
        // Who was there stays, and somebody new has to wait until the others are silent.
        world
            .hand(from(5), &announce(5, 2, thing("honest")))
            .unwrap();
        let late = announce(7, 1, thing("late"));
        assert_eq!(world.hand(from(7), &late), Err(Dropped::TableFull));
        world
            .hand(from(5), &announce(5, 3, thing("honest")))
            .unwrap();
        world.pass(39 * SECOND);
        assert_eq!(world.hand(from(7), &late), Ok(()));
    }
}

#[test]
fn sources_that_are_forged() {
    let mut world = World::new();
    let ask = |world: &mut World, sequence, source: &str| {
        let arrival = Arrival {
            interface: 2,
            source: source.parse().unwrap(),
        };
        world.hand(arrival, &query(9, sequence)).unwrap_err().word()
    };
    let table = [
        ("192.0.2.9:40000", "off-link"),
        ("[2001:db8::9]:40000", "off-link"),
        ("10.0.0.1:40000", "own-address"),
        ("[::ffff:10.0.0.1]:40000", "own-address"),
        ("10.255.255.255:40000", "bad-source"),
        ("255.255.255.255:40000", "bad-source"),
        ("10.0.0.0:40000", "bad-source"),
        ("239.255.66.87:40000", "bad-source"),
        ("224.0.0.1:40000", "bad-source"),
        ("[ff12::4257]:40000", "bad-source"),
        ("0.0.0.0:40000", "bad-source"),
        ("[::]:40000", "bad-source"),
        ("127.0.0.1:40000", "bad-source"),
        ("[::1]:40000", "bad-source"),
        ("10.0.0.9:0", "bad-source"),
        ("10.0.0.9:7", "bad-source"),
        ("10.0.0.9:19", "bad-source"),
        ("10.0.0.9:53", "bad-source"),
        ("10.0.0.9:1023", "bad-source"),
    ];
    for (sequence, (source, expected)) in (0..).zip(table) {
        assert_eq!(ask(&mut world, sequence, source), expected, "{source}");
    }
    let elsewhere = Arrival {
        interface: 3,
        ..from(9)
    };
    let dropped = world.hand(elsewhere, &query(9, 99));
    assert_eq!(dropped, Err(Dropped::UnknownInterface));
    world.pass(60 * SECOND);
    assert_eq!(world.replies(), 0);
    for (word, count) in [("off-link", 2), ("own-address", 2), ("bad-source", 15)] {
        assert_eq!(world.dropped(word), count, "{word}");
    }
    assert_eq!(world.hand(from(9), &query(9, 100)), Ok(()));
    world.pass(SECOND);
    assert_eq!(world.replies(), 1);
}
