//! What was found, as lines, as JSON, as a table.

use std::num::NonZeroU32;

use barewire_beacon::{Announcement, Event, Sighting, Why};
use barewire_command::escape;
use barewire_command::json::Object;

use super::roster::{News, Peer, address};
use crate::output::{count, note};

/// Interfaces by index.
type Names = [(NonZeroU32, String)];

/// How what is found is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A line for each that is found.
    Lines,
    /// A line for each that is found, changes or goes, with that word in front.
    Verbs,
    /// An object for each address of each.
    Json,
}

impl Shown {
    /// Appends what is new about somebody, where it is for people.
    pub(crate) fn news(self, news: &News, names: &Names, out: &mut Vec<u8>) {
        let (verb, sighting, why) = match news {
            News::Found(sighting) => ("found", sighting, None),
            News::Changed(sighting) => ("changed", sighting, None),
            News::Lost(sighting, why) => ("lost", sighting, Some(*why)),
        };
        match self {
            Self::Json => return,
            Self::Lines if why.is_some() => return,
            Self::Lines => {}
            Self::Verbs => out.extend_from_slice(format!("{verb}  ").as_bytes()),
        }
        let mut columns = columns(&sighting.announcement);
        columns.insert(2, address(sighting));
        columns.insert(3, name(sighting.interface, names));
        columns.extend(why.map(|why| format!("({})", word(why))));
        out.extend_from_slice(columns.join("  ").as_bytes());
        out.push(b'\n');
    }
}

/// Says once what all of it is worth.
pub(crate) fn say_unverified() {
    note("unverified: anybody on these networks can announce any name");
}

/// Name, service, and whatever else it says.
fn columns(announcement: &Announcement) -> Vec<String> {
    let mut columns = vec![
        escape::display(announcement.name().as_str().as_bytes()),
        announcement.service().to_string(),
    ];
    let attributes = announcement.attributes();
    columns.extend(attributes.map(|(key, value)| {
        let value = escape::display(value.as_bytes());
        format!("{key}={value}")
    }));
    columns
}

fn name(interface: u32, names: &Names) -> String {
    match find_name(interface, names) {
        Some(name) => escape::display(name.as_bytes()),
        None => interface.to_string(),
    }
}

fn find_name(interface: u32, names: &Names) -> Option<&str> {
    let found = names.iter().find(|(index, _)| index.get() == interface);
    found.map(|(_, name)| name.as_str())
}

fn word(why: Why) -> &'static str {
    match why {
        Why::Goodbye => "goodbye",
        Why::Silence => "silence",
        Why::LinkGone => "link-gone",
    }
}

/// Appends an event as an object.
pub(crate) fn event(event: &Event, names: &Names, out: &mut Vec<u8>) {
    let (verb, sighting, why) = match event {
        Event::Found(sighting) => ("found", sighting, None),
        Event::Changed(sighting) => ("changed", sighting, None),
        Event::Lost { sighting, why } => ("lost", sighting, Some(*why)),
    };
    let object = object(verb, sighting, names, out);
    match why {
        Some(why) => object.string("why", word(why)),
        None => object,
    }
    .finish();
}

fn object<'a>(verb: &str, sighting: &Sighting, names: &Names, out: &'a mut Vec<u8>) -> Object<'a> {
    let announcement = &sighting.announcement;
    let object = Object::new(out)
        .string("event", verb)
        .string("name", announcement.name().as_str())
        .string("service", announcement.service().as_str())
        .string("source", &sighting.source.to_string());
    let object = match sighting.address() {
        Some(address) => object.string("address", &address.to_string()),
        None => object.null("address"),
    };
    let object = match find_name(sighting.interface, names) {
        Some(name) => object.string("interface", name),
        None => object.null("interface"),
    };
    let attributes = announcement.attributes();
    object
        .object("attributes", |object| {
            attributes.fold(object, |object, (key, value)| object.string(key, value))
        })
        .string("instance", &sighting.instance.to_string())
        .boolean("verified", false)
}

/// All that are there, drawn anew whenever something is new.
#[derive(Debug, Default)]
pub(crate) struct Table {
    is_drawn: bool,
}

/// To the upper left corner, and nothing below it.
const CLEAR: &[u8] = b"\x1b[H\x1b[J";

/// To the end of the line nothing, then the next.
const LINE_END: &[u8] = b"\x1b[K\n";

impl Table {
    /// Whether it has been drawn at all.
    pub(crate) fn is_drawn(&self) -> bool {
        self.is_drawn
    }

    /// Draws it.
    pub(crate) fn draw(&mut self, peers: &[Peer<'_>], names: &Names, out: &mut Vec<u8>) {
        self.is_drawn = true;
        out.extend_from_slice(CLEAR);
        for line in lines(peers, names) {
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(LINE_END);
        }
    }
}

/// Its lines: what it is worth, the heads of the columns, one for each address.
fn lines(peers: &[Peer<'_>], names: &Names) -> Vec<String> {
    let mut rows = vec![["NAME", "SERVICE", "ADDRESS", "INTERFACE", "SAYS"].map(str::to_owned)];
    for peer in peers {
        let mut columns = columns(peer.announcement).into_iter();
        let [mut who, mut service] = [(); 2].map(|()| columns.next().unwrap_or_default());
        let mut says: String = columns.collect::<Vec<_>>().join("  ");
        for (address, interface) in &peer.addresses {
            // Once for all of its addresses.
            rows.push([
                std::mem::take(&mut who),
                std::mem::take(&mut service),
                address.clone(),
                name(*interface, names),
                std::mem::take(&mut says),
            ]);
        }
    }
    let widths = [0, 1, 2, 3].map(|column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    });
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths);
        let cells = cells.map(|(cell, width)| format!("{cell:width$}  "));
        let line = cells.collect::<String>() + &row[4];
        line.trim_end().to_owned()
    };
    let worth = format!(
        "{} found, unverified: anybody on these networks can announce any name",
        count(peers.len() as u64, "name")
    );
    [worth, String::new()]
        .into_iter()
        .chain(rows.iter().map(line))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Instant;

    use barewire_beacon::{
        Announcement, Arrival, Event, Identity, Instance, Limits, Link, Network, Node, Search, Why,
    };

    use super::super::roster::Roster;
    use super::{Shown, event, lines};

    fn names() -> Vec<(NonZeroU32, String)> {
        vec![
            (NonZeroU32::new(2).unwrap(), "eth0".to_owned()),
            (NonZeroU32::new(3).unwrap(), "wlan0".to_owned()),
        ]
    }

    fn identity(byte: u8) -> Identity {
        Identity {
            instance: Instance::new([byte; 16]),
            boot: 1,
        }
    }

    fn link(interface: u32, address: [u8; 4]) -> Link {
        Link {
            interface,
            is_loopback: false,
            networks: vec![Network {
                address: address.into(),
                prefix: 24,
            }],
        }
    }

    /// One that looks, on two networks.
    struct Looking {
        node: Node,
        roster: Roster,
        now: Instant,
    }

    impl Looking {
        fn new() -> Self {
            let now = Instant::now();
            let mut node = Node::new(identity(1), 7, Limits::default());
            node.set_links(
                now,
                vec![link(2, [192, 0, 2, 9]), link(3, [198, 51, 100, 9])],
            );
            node.search(now, Search::default());
            Self {
                node,
                roster: Roster::default(),
                now,
            }
        }

        /// What another says, by one of the networks: an announcement, or goodbye.
        fn hear(&mut self, other: &mut Node, interface: u32) -> Vec<Event> {
            let source = match interface {
                2 => ([192, 0, 2, 7], 50_000),
                _ => ([198, 51, 100, 7], 50_000),
            };
            let mut datagram = Vec::new();
            let mut events = Vec::new();
            if let Some(at) = other.poll_timeout() {
                other.handle_timeout(at);
                self.now = self.now.max(at);
            }
            while let Some(transmit) = other.poll_transmit(&mut datagram) {
                if transmit.interface == interface {
                    let arrival = Arrival {
                        interface,
                        source: source.into(),
                    };
                    let _ = self.node.handle_datagram(self.now, arrival, &datagram);
                }
            }
            while let Some(event) = self.node.poll_event() {
                events.push(event);
            }
            events
        }
    }

    fn other(byte: u8, interface: u32, what: Announcement) -> Node {
        let now = Instant::now();
        let mut node = Node::new(identity(byte), 8, Limits::default());
        let address = match interface {
            2 => [192, 0, 2, 7],
            _ => [198, 51, 100, 7],
        };
        node.set_links(now, vec![link(interface, address)]);
        node.announce(now, what);
        node
    }

    fn printer() -> Announcement {
        let what = Announcement::new("ipp".parse().unwrap(), "second floor".parse().unwrap());
        what.port(631).attribute("note", "a\u{1b}b").unwrap()
    }

    #[test]
    fn one_machine_is_told_once_and_counted_once() {
        let mut looking = Looking::new();
        let mut told = Vec::new();
        for interface in [2, 3] {
            let mut other = other(5, interface, printer());
            for event in looking.hear(&mut other, interface) {
                if let Some(news) = looking.roster.apply(event) {
                    Shown::Lines.news(&news, &names(), &mut told);
                }
            }
        }
        assert_eq!(
            String::from_utf8_lossy(&told),
            "second floor  ipp  192.0.2.7:631  eth0  note=a\\x1bb\n"
        );
        assert_eq!(looking.roster.found(), 1);
        let table = lines(&looking.roster.peers(), &names());
        assert_eq!(
            table,
            [
                "1 name found, unverified: anybody on these networks can announce any name",
                "",
                "NAME          SERVICE  ADDRESS           INTERFACE  SAYS",
                "second floor  ipp      192.0.2.7:631     eth0       note=a\\x1bb",
                "                       198.51.100.7:631  wlan0",
            ]
        );
    }

    #[test]
    fn what_becomes_of_one_is_told() {
        let mut looking = Looking::new();
        let mut other = other(5, 2, printer());
        let mut told = Vec::new();
        let mut objects = Vec::new();
        for step in 0..3 {
            match step {
                0 => {}
                1 => other.announce(
                    looking.now,
                    Announcement::new("ipp".parse().unwrap(), "third floor".parse().unwrap()),
                ),
                _ => other.withdraw(),
            }
            for heard in looking.hear(&mut other, 2) {
                event(&heard, &names(), &mut objects);
                if let Some(news) = looking.roster.apply(heard) {
                    Shown::Verbs.news(&news, &names(), &mut told);
                }
            }
        }
        assert_eq!(
            String::from_utf8_lossy(&told),
            "found  second floor  ipp  192.0.2.7:631  eth0  note=a\\x1bb\n\
             changed  third floor  ipp  192.0.2.7  eth0\n\
             lost  third floor  ipp  192.0.2.7  eth0  (goodbye)\n"
        );
        let objects = String::from_utf8(objects).expect("UTF-8");
        let objects: Vec<serde_json::Value> = objects
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(
            objects[0],
            serde_json::json!({
                "event": "found", "name": "second floor", "service": "ipp", "source": "192.0.2.7",
                "address": "192.0.2.7:631", "interface": "eth0", "attributes": {"note": "a\u{1b}b"},
                "instance": "05".repeat(16), "verified": false,
            })
        );
        assert_eq!(objects[1]["event"], "changed");
        assert_eq!(objects[1]["address"], serde_json::Value::Null);
        assert_eq!(objects[2]["why"], "goodbye");
        assert!(looking.roster.peers().is_empty());
        assert_eq!(looking.roster.found(), 1);
    }

    /// Nobody is hidden by another that takes its name.
    #[test]
    fn two_of_one_name_are_two() {
        let mut looking = Looking::new();
        for byte in [5, 6] {
            let mut other = other(byte, 2, printer());
            for event in looking.hear(&mut other, 2) {
                looking.roster.apply(event);
            }
        }
        assert_eq!(looking.roster.found(), 2);
        assert_eq!(looking.roster.peers().len(), 2);
    }

    #[test]
    fn words_for_why() {
        let words = [Why::Goodbye, Why::Silence, Why::LinkGone].map(super::word);
        assert_eq!(words, ["goodbye", "silence", "link-gone"]);
    }
}
