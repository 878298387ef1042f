//! The tables of `PROTOCOL.md` say what the code does.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failed unwrap is the test failing"
)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use barewire_beacon::{
    Announcement, Arrival, DATAGRAM_BYTES_MAX, Datagram, Destination, Dropped, HEADER_BYTES,
    Identity, Instance, Limits, Link, Malformed, Message, Network, Node, Search,
};
use barewire_proving::markdown;

const PROTOCOL: &str = include_str!("../PROTOCOL.md");

fn table(head: &[&str]) -> Vec<Vec<&'static str>> {
    markdown::table(PROTOCOL, head)
}

fn number(cell: &str) -> f64 {
    cell.replace(',', "").parse().unwrap()
}

/// `20 to 120`, or one number, in milliseconds.
fn range(cell: &str) -> [f64; 2] {
    match cell.split_once(" to ") {
        Some((least, most)) => [least, most].map(number),
        None => [number(cell); 2],
    }
}

fn identity(byte: u8) -> Identity {
    Identity {
        instance: Instance::new([byte; 16]),
        boot: 0x0102_0304,
    }
}

fn bytes(byte: u8, sequence: u32, message: Message) -> Vec<u8> {
    let identity = identity(byte);
    let mut bytes = Vec::new();
    let datagram = Datagram {
        identity,
        sequence,
        message,
    };
    datagram.encode(&mut bytes);
    bytes
}

fn thing() -> Announcement {
    Announcement::new("print".parse().unwrap(), "büro".parse().unwrap())
}

fn announce() -> Message {
    Message::Announce {
        announcement: thing(),
        interval: Duration::from_secs(13),
    }
}

fn query(name: Option<&str>) -> Message {
    Message::Query {
        service: None,
        name: name.map(|name| name.parse().unwrap()),
    }
}

/// A field with what it may hold.
fn field(name: &str) -> Vec<u8> {
    let (field, value): (u8, &[u8]) = match name {
        "service" => (1, b"print"),
        "name" => (2, b"a"),
        "port" => (3, &[2, 119]),
        "interval" => (4, &[0, 13]),
        "attribute" => (5, b"paper=A4"),
        _ => panic!("{name}"),
    };
    [&[field, 0, value.len() as u8], value].concat()
}

/// A datagram of this type with these fields, and padding to this length.
fn with_fields(kind: u8, fields: &[u8], pad: Option<usize>) -> Vec<u8> {
    let mut datagram = bytes(1, 1, Message::Goodbye);
    datagram.extend_from_slice(fields);
    datagram[5] = kind;
    if let Some(length) = pad {
        let room = (length - datagram.len() - 3) as u16;
        datagram.push(0);
        datagram.extend_from_slice(&room.to_be_bytes());
        datagram.resize(length, 0);
    }
    let length = (datagram.len() as u16).to_be_bytes();
    datagram[6..8].copy_from_slice(&length);
    datagram
}

#[test]
fn the_header_is_that_of_the_table() {
    let datagram = bytes(0x30, 7, announce());
    let mut end = 0;
    for row in table(&["at", "bytes", "header"]) {
        let width = match row[1] {
            "u8" => 1,
            "u16" => 2,
            "u32" => 4,
            bytes => bytes.parse().unwrap(),
        };
        let at: usize = row[0].parse().unwrap();
        assert_eq!(at, end);
        end = at + width;
        let expected = match row[2].split([':', ',']).next().unwrap() {
            "`BWbc`" => b"BWbc".to_vec(),
            "version" => vec![1],
            "type" => vec![1],
            "length of the datagram" => (datagram.len() as u16).to_be_bytes().to_vec(),
            "instance" => vec![0x30; 16],
            "sequence" => 7_u32.to_be_bytes().to_vec(),
            "boot" => 0x0102_0304_u32.to_be_bytes().to_vec(),
            other => panic!("{other}"),
        };
        assert_eq!(datagram[at..end], expected, "{}", row[2]);
    }
    assert_eq!(end, HEADER_BYTES);
}

#[test]
fn types_are_those_of_the_table() {
    let rows = table(&["type", "datagram", "to"]);
    assert_eq!(rows.len(), 4);
    for kind in 0..=255 {
        let is_known = rows.iter().any(|row| number(row[0]) == f64::from(kind));
        let refused = Datagram::decode(&with_fields(kind, &[], None)).err();
        let is_unknown = refused == Some(Malformed::Type { code: kind });
        assert_eq!(is_unknown, !is_known, "{kind}");
    }
}

#[test]
fn datagrams_have_to_have_what_the_table_says() {
    let rows = table(&["type", "datagram", "to"]);
    for row in &rows {
        let kind = number(row[0]) as u8;
        if row[3] == "1,200 bytes" {
            let right = with_fields(kind, &[], Some(DATAGRAM_BYTES_MAX));
            assert!(Datagram::decode(&right).is_ok());
            let short = with_fields(kind, &[], Some(DATAGRAM_BYTES_MAX - 1));
            assert_eq!(Datagram::decode(&short), Err(Malformed::ShortQuery));
            continue;
        }
        let needed = row[3].split(", ").filter(|needed| !needed.is_empty());
        let needed: Vec<&str> = needed.collect();
        let all: Vec<u8> = needed.iter().flat_map(|name| field(name)).collect();
        let read = Datagram::decode(&with_fields(kind, &all, None)).unwrap();
        let name = match read.message {
            Message::Announce { .. } => "ANNOUNCE",
            Message::Query { .. } => "QUERY",
            Message::Reply { .. } => "REPLY",
            Message::Goodbye => "GOODBYE",
        };
        assert_eq!(name, row[1]);
        for left_out in &needed {
            let others = needed.iter().filter(|name| *name != left_out);
            let others: Vec<u8> = others.flat_map(|name| field(name)).collect();
            let refused = Datagram::decode(&with_fields(kind, &others, None));
            let Err(Malformed::Missing { field }) = refused else {
                panic!("{name} without {left_out}: {refused:?}")
            };
            assert_eq!(field, *left_out);
        }
    }
}

#[test]
fn fields_are_those_of_the_table() {
    let rows = table(&["type", "field", "bytes", "holds"]);
    let refusal = |field: &[u8]| Datagram::decode(&with_fields(4, field, None)).err();
    for code in 0..=255_u8 {
        let Some(row) = rows.iter().find(|row| number(row[0]) == f64::from(code)) else {
            assert_eq!(refusal(&[code, 0, 1, 0xff]), None, "{code} is unknown");
            continue;
        };
        if row[1] == "padding" {
            assert_eq!(refusal(&[code, 0, 1, 0xff]), None);
            continue;
        }
        assert_eq!(field(row[1])[0], code);
        let of = |value: &[u8]| {
            let length = (value.len() as u16).to_be_bytes();
            refusal(&[&[code], &length[..], value].concat())
        };
        let bad = Some(Malformed::BadField {
            field: match row[1] {
                "service" => "service",
                "name" => "name",
                "port" => "port",
                "interval" => "interval",
                _ => "attribute",
            },
        });
        // Lengths that the table allows, and those beside them.
        match row[2].split_once(" to ") {
            Some((least, most)) => {
                let (least, most): (usize, usize) = (least.parse().unwrap(), most.parse().unwrap());
                assert_eq!(of(&vec![b'a'; least - 1]), bad);
                assert_eq!(of(&vec![b'a'; least]), None);
                assert_eq!(of(&vec![b'a'; most]), None);
                assert_eq!(of(&vec![b'a'; most + 1]), bad);
            }
            None if row[2] == "2" => {
                assert_eq!(of(&[1]), bad);
                assert_eq!(of(&[1, 1]), None);
                assert_eq!(of(&[0, 0]), bad);
                assert_eq!(of(&[0, 1, 1]), bad);
            }
            None => {
                assert_eq!(row[2], "2 or more");
                assert_eq!(of(b"a"), bad);
                assert_eq!(of(b"a="), None);
                assert_eq!(of(b"a=\xff"), bad);
                assert_eq!(of(&[&[b'k'; 63][..], b"="].concat()), None);
                assert_eq!(of(&[&[b'k'; 64][..], b"="].concat()), bad);
                for byte in 0..=255_u8 {
                    let allowed = (b'!'..=b'~').contains(&byte) && byte != b'=';
                    assert_eq!(of(&[byte, b'=']).is_none(), allowed, "{byte:#x}");
                }
            }
        }
        for byte in 0..=127_u8 {
            let allowed = match row[1] {
                "service" => matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'),
                "name" => !byte.is_ascii_control(),
                _ => continue,
            };
            assert_eq!(of(&[b'a', byte, b'a']).is_none(), allowed, "{byte:#x}");
        }
    }
}

#[test]
fn the_example_is_what_is_written() {
    let example = PROTOCOL.split("```text\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let mut expected = Vec::new();
    for line in example.lines() {
        let hex = line.get(..52).unwrap_or(line);
        let digits = hex.split_whitespace();
        expected.extend(digits.map(|digits| u8::from_str_radix(digits, 16).unwrap()));
    }
    let datagram = Datagram {
        identity: Identity {
            instance: Instance::new(*b"0123456789abcdef"),
            boot: 0x0102_0304,
        },
        sequence: 7,
        message: Message::Announce {
            announcement: thing().port(631).attribute("paper", "A4").unwrap(),
            interval: Duration::from_secs(13),
        },
    };
    let mut written = Vec::new();
    datagram.encode(&mut written);
    assert_eq!(written, expected);
}

/// A node on 10.0.0.1/16, and the times in milliseconds between what it sends to everyone.
struct Watched {
    node: Node,
    start: Instant,
    out: Vec<u8>,
}

fn from(host: u16, port: u16) -> Arrival {
    let [high, low] = host.to_be_bytes();
    let address = IpAddr::V4(Ipv4Addr::new(10, 0, high, low));
    Arrival {
        interface: 2,
        source: SocketAddr::new(address, port),
    }
}

impl Watched {
    fn new(seed: u64) -> Self {
        let start = Instant::now();
        let mut node = Node::new(identity(0xff), seed, Limits::default());
        let link = Link {
            interface: 2,
            is_loopback: false,
            networks: vec![Network {
                address: Ipv4Addr::new(10, 0, 0, 1).into(),
                prefix: 16,
            }],
        };
        node.set_links(start, vec![link]);
        Self {
            node,
            start,
            out: Vec::new(),
        }
    }

    /// The pauses before each of so many.
    fn pauses(&mut self, count: usize) -> Vec<f64> {
        let mut last = self.start;
        let mut pauses = Vec::new();
        while pauses.len() < count {
            let now = self.node.poll_timeout().unwrap();
            self.node.handle_timeout(now);
            while let Some(transmit) = self.node.poll_transmit(&mut self.out) {
                assert_eq!(transmit.to, Destination::Everyone);
                pauses.push((now - last).as_secs_f64() * 1000.0);
                last = now;
            }
        }
        pauses
    }

    /// Others are heard announcing.
    fn crowd(&mut self, others: u32) {
        for other in 0..others {
            let mut datagram = bytes(1, 1, announce());
            datagram[8..12].copy_from_slice(&other.to_be_bytes());
            let heard = self
                .node
                .handle_datagram(self.start, from(9, 40_000), &datagram);
            assert_eq!(heard, Err(Dropped::NotWanted));
        }
    }

    fn ask(&mut self, now: Instant, host: u16, sequence: u32, name: Option<&str>) -> bool {
        let question = bytes(7, sequence, query(name));
        let asked = self
            .node
            .handle_datagram(now, from(host, 40_000), &question);
        asked.is_ok()
    }
}

/// Whether what was drawn by many seeds is within a range, and uses most of it.
#[track_caller]
fn check_spread(drawn: &[f64], [least, most]: [f64; 2], what: &str) {
    let lowest = drawn.iter().copied().fold(f64::MAX, f64::min);
    let highest = drawn.iter().copied().fold(0.0, f64::max);
    let slack = (most - least) / 10.0;
    let is_low = lowest >= least - 1e-5 && lowest <= least + slack + 1e-5;
    let is_high = highest <= most + 1e-5 && highest >= most - slack - 1e-5;
    assert!(is_low && is_high, "{what}: {lowest} to {highest}");
}

fn check_pauses(rows: &[[f64; 2]], begin: impl Fn(&mut Watched)) {
    let of = |seed| {
        let mut watched = Watched::new(seed);
        begin(&mut watched);
        watched.pauses(rows.len() + 2)
    };
    let drawn: Vec<Vec<f64>> = (0..200).map(of).collect();
    for at in 0..rows.len() + 2 {
        let pauses: Vec<f64> = drawn.iter().map(|pauses| pauses[at]).collect();
        let row = rows[at.min(rows.len() - 1)];
        check_spread(&pauses, row, &format!("{at}"));
    }
}

#[test]
fn announcements_have_the_pauses_of_the_table() {
    let rows = table(&["announcement", "behind the one before, ms"]);
    let (last, first) = rows.split_last().unwrap();
    assert_eq!(last[1], "**pause** to 1.25 × **pause**");
    let first = first.iter().map(|row| range(row[1]));
    let begin = |others| {
        move |watched: &mut Watched| {
            watched.node.announce(watched.start, thing());
            watched.crowd(others);
        }
    };
    // The crowd of 1,000 counts for 20 s, and is forgotten with the fifth announcement.
    let few: Vec<[f64; 2]> = first.chain([[10_000.0, 12_500.0]]).collect();
    check_pauses(&few, begin(0));
    check_pauses(&few, begin(500));
    for (others, pause) in [(1000, 20_000.0), (3000, 60_000.0), (4096, 60_000.0)] {
        let of = |seed| {
            let mut watched = Watched::new(seed);
            begin(others)(&mut watched);
            watched.pauses(4)[3]
        };
        let drawn: Vec<f64> = (0..100).map(of).collect();
        check_spread(
            &drawn,
            [pause, pause * 1.25],
            &format!("a crowd of {others}"),
        );
    }
    for said in [
        "20 ms for each instance",
        "at least 10,000 ms",
        "at most 60,000 ms",
        "It is counted up to 4,096",
    ] {
        assert!(PROTOCOL.contains(said), "{said}");
    }
}

#[test]
fn the_interval_is_a_quarter_more_than_the_pause() {
    for (others, expected) in [(0, 13), (1000, 25), (3000, 75), (4096, 75)] {
        let mut watched = Watched::new(1);
        watched.node.announce(watched.start, thing());
        watched.crowd(others);
        watched.pauses(1);
        let Message::Announce { interval, .. } = Datagram::decode(&watched.out).unwrap().message
        else {
            panic!("no announcement")
        };
        assert_eq!(interval, Duration::from_secs(expected), "{others}");
    }
}

#[test]
fn questions_have_the_pauses_of_the_table() {
    let rows = table(&["question", "behind the one before, ms"]);
    let rows: Vec<[f64; 2]> = rows.iter().map(|row| range(row[1])).collect();
    assert_eq!(rows.len(), 8);
    check_pauses(&rows, |watched| {
        watched.node.search(watched.start, Search::default());
    });
}

#[test]
fn answers_have_the_delays_of_the_table() {
    let rows = table(&["question", "answered after, ms"]);
    assert_eq!(range(rows[0][1]), [0.0; 2]);
    let without = "0 to 1 for each instance in the crowd, at least to 20, at most to 2,000";
    assert_eq!(rows[1][1], without);
    for (name, others, most) in [
        (Some("büro"), 1000, 0.0),
        (None, 0, 20.0),
        (None, 1000, 1000.0),
        (None, 4096, 2000.0),
    ] {
        let of = |seed| {
            let mut watched = Watched::new(seed);
            watched.node.announce(watched.start, thing());
            watched.crowd(others);
            watched.pauses(1);
            let now = watched.node.poll_timeout().unwrap() - Duration::from_millis(1);
            assert!(watched.ask(now, 9, 1, name));
            let mut later = now;
            loop {
                watched.node.handle_timeout(later);
                while let Some(transmit) = watched.node.poll_transmit(&mut watched.out) {
                    if transmit.to == Destination::One(from(9, 40_000).source) {
                        return (later - now).as_secs_f64() * 1000.0;
                    }
                }
                later = watched.node.poll_timeout().unwrap();
            }
        };
        let drawn: Vec<f64> = (0..100).map(of).collect();
        check_spread(&drawn, [0.0, most], &format!("{name:?}, {others}"));
    }
}

#[test]
fn buckets_are_those_of_the_table() {
    let rows = table(&["bucket", ""]);
    let [tokens, pause, sources] = [0, 1, 2].map(|at: usize| number(rows[at][1]) as u32);
    let mut watched = Watched::new(1);
    watched.node.announce(watched.start, thing());
    let (start, mut sequence) = (watched.start, 0);
    let mut answered = |now, host| {
        let mut answered = 0;
        for _ in 0..100 {
            sequence += 1;
            answered += u32::from(watched.ask(now, host, sequence, None));
        }
        answered
    };
    assert_eq!(answered(start, 9), tokens);
    let refill = Duration::from_millis(pause.into());
    assert_eq!(answered(start + refill - Duration::from_nanos(1), 9), 0);
    assert_eq!(answered(start + refill, 9), 1);
    let others = (10..2000).filter(|&host| answered(start, host) > 0).count();
    assert_eq!(others as u32 + 1, sources);
}

/// Numbers that stand in the text.
#[test]
fn so_are_the_other_numbers() {
    let limits = Limits::default();
    assert_eq!(limits.sightings_max, 4096);
    assert_eq!(limits.sightings_per_source_max, 64);
    assert_eq!(limits.crowd_max, 4096);
    assert_eq!(limits.heard_interval_max, Duration::from_secs(120));
    assert_eq!(DATAGRAM_BYTES_MAX, 1200);
    for said in [
        "At most 1,200 bytes",
        "without one they have 1,195 at most",
        "at most 4,096 sightings, and 64 of one address",
        "an interval of more than 120 s counts as 120",
        "it lives for 3 × its interval",
        "360 s at most",
        "UDP 5143",
        "239.255.66.87",
        "ff12::4257",
    ] {
        assert!(PROTOCOL.contains(said), "{said}");
    }
}
