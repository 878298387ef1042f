//! What holds for any datagram and any order of events.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failed unwrap is the test failing"
)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use barewire_beacon::{
    Announcement, Arrival, DATAGRAM_BYTES_MAX, Datagram, Destination, Event, Identity, Instance,
    Limits, Link, Message, Name, Network, Node, Search, Service,
};
use proptest::prelude::*;
use proptest::sample::Index;

fn service() -> impl Strategy<Value = Service> {
    "[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?".prop_map(|text| text.parse().unwrap())
}

fn name() -> impl Strategy<Value = Name> {
    prop_oneof!["[ -~]{1,63}", "\\PC{1,15}"].prop_filter_map("a name", |text| text.parse().ok())
}

fn announcement() -> impl Strategy<Value = Announcement> {
    let attribute = ("[!-<>-~]{1,63}", ".{0,300}");
    let attributes = proptest::collection::vec(attribute, 0..6);
    (service(), name(), any::<u16>(), attributes).prop_map(|(service, name, port, attributes)| {
        let plain = Announcement::new(service, name).port(port);
        // As many as fit.
        attributes.iter().fold(plain, |announcement, (key, value)| {
            let with = announcement.clone().attribute(key, value);
            with.unwrap_or(announcement)
        })
    })
}

fn message() -> impl Strategy<Value = Message> {
    let interval = || (1..=65_535_u64).prop_map(Duration::from_secs);
    prop_oneof![
        (announcement(), interval()).prop_map(|(announcement, interval)| Message::Announce {
            announcement,
            interval
        }),
        (announcement(), interval()).prop_map(|(announcement, interval)| Message::Reply {
            announcement,
            interval
        }),
        (
            proptest::option::of(service()),
            proptest::option::of(name())
        )
            .prop_map(|(service, name)| Message::Query { service, name }),
        Just(Message::Goodbye),
    ]
}

fn datagram() -> impl Strategy<Value = Datagram> {
    (any::<[u8; 16]>(), any::<u32>(), any::<u32>(), message()).prop_map(
        |(bytes, boot, sequence, message)| Datagram {
            identity: Identity {
                instance: Instance::new(bytes),
                boot,
            },
            sequence,
            message,
        },
    )
}

fn encoded(datagram: &Datagram) -> Vec<u8> {
    let mut bytes = Vec::new();
    datagram.encode(&mut bytes);
    bytes
}

/// A datagram of fields that are right, wrong, unknown and cut, with a header that fits.
fn almost() -> impl Strategy<Value = Vec<u8>> {
    let value = proptest::collection::vec(any::<u8>(), 0..40);
    let field = prop_oneof![
        (0..8_u8, value),
        Just((1, b"print".to_vec())),
        Just((2, b"a".to_vec())),
        (any::<u16>()).prop_map(|port| (3, port.to_be_bytes().to_vec())),
        (any::<u16>()).prop_map(|interval| (4, interval.to_be_bytes().to_vec())),
        "[a-e]=[a-z]{0,3}".prop_map(|text| (5, text.into_bytes())),
    ];
    let fields = proptest::collection::vec(field, 0..8);
    (datagram(), fields, any::<bool>()).prop_map(|(datagram, fields, fill)| {
        let mut bytes = encoded(&datagram);
        bytes.truncate(32);
        for (field, value) in fields {
            bytes.push(field);
            bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
            bytes.extend_from_slice(&value);
        }
        if fill && bytes.len() <= DATAGRAM_BYTES_MAX - 3 {
            let room = DATAGRAM_BYTES_MAX - 3 - bytes.len();
            bytes.push(0);
            bytes.extend_from_slice(&(room as u16).to_be_bytes());
            bytes.resize(DATAGRAM_BYTES_MAX, 0);
        }
        let length = (bytes.len() as u16).to_be_bytes();
        bytes[6..8].copy_from_slice(&length);
        bytes
    })
}

/// One thing that happens to a node.
#[derive(Clone, Debug)]
enum Operation {
    Announce(Announcement),
    Withdraw,
    Search(Search),
    Ask(u32, SocketAddr),
    Links(Vec<Link>),
    Datagram(u32, SocketAddr, Vec<u8>),
    /// Time goes by, by milliseconds or to when the node wants to be told.
    Wait(u64),
    Due,
    /// What waits is taken, or left.
    Take,
}

fn source() -> impl Strategy<Value = SocketAddr> {
    let address = prop_oneof![
        4 => (0..20_u8).prop_map(|host| IpAddr::V4(Ipv4Addr::new(10, 0, 0, host))),
        1 => (0..4_u8).prop_map(|host| IpAddr::V4(Ipv4Addr::new(10, 1, 0, host))),
        1 => any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))),
        1 => any::<u16>().prop_map(|host| IpAddr::V6([0xfe80, 0, 0, 0, 0, 0, 0, host].into())),
    ];
    let port = prop_oneof![4 => 1024..=65_535_u16, 1 => any::<u16>()];
    (address, port).prop_map(SocketAddr::from)
}

fn links() -> impl Strategy<Value = Vec<Link>> {
    let network = (0..3_u8, 0..3_u8, 0..=33_u8).prop_map(|(net, host, prefix)| Network {
        address: Ipv4Addr::new(10, net, 0, host).into(),
        prefix,
    });
    let usual = Just(Network {
        address: Ipv4Addr::new(10, 0, 0, 1).into(),
        prefix: 24,
    });
    let networks = proptest::collection::vec(prop_oneof![3 => usual, 1 => network], 1..3);
    let link = (0..4_u32, any::<bool>(), networks).prop_map(|(interface, flag, networks)| Link {
        interface,
        is_loopback: flag && interface == 0,
        networks,
    });
    proptest::collection::vec(link, 0..4)
}

fn operation() -> impl Strategy<Value = Operation> {
    let few = || prop_oneof![Just("a"), Just("b")].prop_map(|name| name.parse::<Name>().unwrap());
    let service = || Just("x".parse::<Service>().unwrap());
    let known = (service(), few()).prop_map(|(service, name)| Announcement::new(service, name));
    let search = (
        proptest::option::of(service()),
        proptest::option::weighted(0.2, few()),
    )
        .prop_map(|(service, name)| Search { service, name });
    let told = (known.clone(), 1..200_u64).prop_map(|(announcement, interval)| {
        let interval = Duration::from_secs(interval);
        Message::Announce {
            announcement,
            interval,
        }
    });
    let asked = search.clone().prop_map(|search| Message::Query {
        service: search.service,
        name: search.name,
    });
    let message = prop_oneof![told, asked, Just(Message::Goodbye), message()];
    let from_few =
        (0..12_u8, 0..3_u32, 0..1000_u32, message).prop_map(|(number, boot, sequence, message)| {
            encoded(&Datagram {
                identity: Identity {
                    instance: Instance::new([number; 16]),
                    boot,
                },
                sequence,
                message,
            })
        });
    let bytes = prop_oneof![
        8 => from_few,
        1 => almost(),
        1 => proptest::collection::vec(any::<u8>(), 0..64),
    ];
    prop_oneof![
        2 => announcement().prop_map(Operation::Announce),
        2 => known.prop_map(Operation::Announce),
        1 => Just(Operation::Withdraw),
        2 => search.prop_map(Operation::Search),
        1 => (0..4_u32, source()).prop_map(|(interface, to)| Operation::Ask(interface, to)),
        2 => links().prop_map(Operation::Links),
        20 => (0..4_u32, source(), bytes)
            .prop_map(|(interface, source, bytes)| Operation::Datagram(interface, source, bytes)),
        3 => (0..200_000_u64).prop_map(Operation::Wait),
        6 => Just(Operation::Due),
        10 => Just(Operation::Take),
    ]
}

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        Just(Duration::MAX),
        any::<u32>().prop_map(|ms| Duration::from_millis(ms.into())),
    ]
}

fn number() -> impl Strategy<Value = usize> {
    prop_oneof![0..5_usize, Just(usize::MAX)]
}

/// The usual ones, or any, those that make no sense included.
fn limits() -> impl Strategy<Value = Limits> {
    let any = (
        [(); 5].map(|()| number()),
        proptest::option::of(0..5_u32),
        [(); 5].map(|()| duration()),
    );
    let any = any.prop_map(|(numbers, burst, durations)| {
        let [
            sightings_max,
            sightings_per_source_max,
            sources_max,
            crowd_max,
            links_max,
        ] = numbers;
        let [
            reply_interval,
            interval_min,
            interval_max,
            interval_per_instance,
            heard_interval_max,
        ] = durations;
        Limits {
            sightings_max,
            sightings_per_source_max,
            sources_max,
            replies_burst: burst.unwrap_or(u32::MAX),
            reply_interval,
            crowd_max,
            interval_min,
            interval_max,
            interval_per_instance,
            heard_interval_max,
            links_max,
        }
    });
    prop_oneof![Just(Limits::default()), any]
}

proptest! {
    #[test]
    fn what_is_written_is_read(datagram in datagram()) {
        let bytes = encoded(&datagram);
        prop_assert!(bytes.len() <= DATAGRAM_BYTES_MAX);
        prop_assert_eq!(Datagram::decode(&bytes), Ok(datagram));
    }

    #[test]
    fn what_is_read_is_written_and_read_the_same(bytes in almost()) {
        if let Ok(datagram) = Datagram::decode(&bytes) {
            let again = encoded(&datagram);
            prop_assert!(again.len() <= DATAGRAM_BYTES_MAX);
            prop_assert_eq!(Datagram::decode(&again), Ok(datagram));
        }
    }

    #[test]
    fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(Datagram::decode(&bytes).is_err());
    }

    #[test]
    fn a_byte_less_or_more_is_refused(datagram in datagram(), at: Index, byte: u8) {
        let bytes = encoded(&datagram);
        prop_assert!(Datagram::decode(&bytes[..bytes.len() - 1]).is_err());
        let mut less = bytes.clone();
        less.remove(at.index(bytes.len()));
        prop_assert!(Datagram::decode(&less).is_err());
        let mut more = bytes.clone();
        more.insert(at.index(bytes.len() + 1), byte);
        prop_assert!(Datagram::decode(&more).is_err());
        let mut more = bytes;
        more.push(byte);
        prop_assert!(Datagram::decode(&more).is_err());
    }

    #[test]
    fn a_changed_byte_does_no_harm(datagram in datagram(), at: Index, byte: u8) {
        let mut bytes = encoded(&datagram);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(datagram) = Datagram::decode(&bytes) {
            prop_assert_eq!(Datagram::decode(&encoded(&datagram)), Ok(datagram));
        }
    }

    #[test]
    fn a_node_keeps_its_laws(
        limits in limits(),
        operations in proptest::collection::vec(operation(), 0..150),
    ) {
        hold(&limits, operations);
    }
}

/// The laws of a node, after each of these.
fn hold(limits: &Limits, operations: Vec<Operation>) {
    let identity = Identity {
        instance: Instance::new([200; 16]),
        boot: 1,
    };
    let mut now = Instant::now();
    let mut node = Node::new(identity, 1, limits.clone());
    // What is there, by the events.
    let mut there = std::collections::HashSet::new();
    let mut out = Vec::new();
    for operation in operations {
        match operation {
            Operation::Announce(what) => node.announce(now, what),
            Operation::Withdraw => node.withdraw(),
            Operation::Search(search) => {
                node.search(now, search);
                there.clear();
            }
            Operation::Ask(interface, to) => node.ask(interface, to),
            Operation::Links(links) => node.set_links(now, links),
            Operation::Datagram(interface, source, bytes) => {
                let before = node.counters().clone();
                let arrival = Arrival { interface, source };
                let dropped = node.handle_datagram(now, arrival, &bytes);
                let after = node.counters();
                assert_eq!(after.datagrams_in, before.datagrams_in + 1);
                let count = |counters: &barewire_beacon::Counters| -> u64 {
                    counters.dropped.values().sum()
                };
                assert_eq!(count(after), count(&before) + u64::from(dropped.is_err()));
            }
            Operation::Wait(ms) => now += Duration::from_millis(ms),
            Operation::Due => {
                let Some(due) = node.poll_timeout() else {
                    continue;
                };
                now = now.max(due);
                node.handle_timeout(now);
                assert!(
                    node.poll_timeout().is_none_or(|next| next > now),
                    "it spins"
                );
            }
            Operation::Take => {
                while let Some(transmit) = node.poll_transmit(&mut out) {
                    assert!(out.len() <= DATAGRAM_BYTES_MAX);
                    let said = Datagram::decode(&out).unwrap();
                    assert_eq!(said.identity, identity);
                    let is_reply = matches!(said.message, Message::Reply { .. });
                    let is_query = matches!(said.message, Message::Query { .. });
                    let is_to_one = matches!(transmit.to, Destination::One(_));
                    assert!(is_query || is_reply == is_to_one, "{transmit:?}: {said:?}");
                    assert!(is_query || transmit.interface != 0);
                    let counters = node.counters();
                    assert!(counters.reply_bytes <= counters.query_bytes);
                }
                while let Some(event) = node.poll_event() {
                    let key = |sighting: &barewire_beacon::Sighting| {
                        (sighting.instance, sighting.source, sighting.interface)
                    };
                    match event {
                        Event::Found(sighting) => assert!(there.insert(key(&sighting))),
                        Event::Changed(sighting) => assert!(there.contains(&key(&sighting))),
                        Event::Lost { sighting, .. } => assert!(there.remove(&key(&sighting))),
                    }
                }
                let listed: Vec<_> = node.sightings().collect();
                assert_eq!(listed.len(), there.len());
                for sighting in listed {
                    let key = (sighting.instance, sighting.source, sighting.interface);
                    assert!(there.contains(&key));
                }
            }
        }
        let sightings = node.sightings().count();
        assert!(sightings <= limits.sightings_max, "{sightings} sightings");
        let counters = node.counters();
        assert!(counters.reply_bytes <= counters.query_bytes);
    }
}
