//! Beacons on loopback: found, asked, lost, and beside a flood of junk.
#![expect(
    clippy::unwrap_used,
    reason = "a failed unwrap in a test is the test failing, in its helpers too"
)]

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use barewire_beacon::{Announcement, Event, Search, Sighting, Why};
use barewire_lan::{Beacon, BeaconConfig, Interface, Notice, Selection, interfaces};
use barewire_reactor::Reactor;

/// Long enough for any machine; reached only by a test that fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Several beacons on one reactor, and what each was told.
struct Near {
    reactor: Reactor,
    beacons: Vec<Beacon>,
    events: Vec<Vec<Event>>,
    notices: Vec<Notice>,
}

fn config(port: u16) -> BeaconConfig {
    BeaconConfig {
        port,
        selection: Selection::loopback(),
        look_interval: Duration::from_millis(20),
        ..BeaconConfig::default()
    }
}

fn announcement(name: &str) -> Announcement {
    Announcement::new("test".parse().unwrap(), name.parse().unwrap()).port(4711)
}

impl Near {
    fn new(how_many: usize) -> Self {
        let mut near = Self {
            reactor: Reactor::new().unwrap(),
            beacons: Vec::new(),
            events: Vec::new(),
            notices: Vec::new(),
        };
        for _ in 0..how_many {
            let port = near.beacons.first().map_or(0, Beacon::port);
            let beacon = Beacon::new(config(port), &mut near.reactor).unwrap();
            near.add(beacon);
        }
        near
    }

    fn add(&mut self, beacon: Beacon) {
        self.beacons.push(beacon);
        self.events.push(Vec::new());
    }

    fn port(&self) -> u16 {
        self.beacons[0].port()
    }

    fn announce(&mut self, at: usize, name: &str) {
        let now = self.reactor.now();
        self.beacons[at].announce(now, announcement(name), &mut self.reactor);
    }

    fn search(&mut self, at: usize) {
        let now = self.reactor.now();
        self.beacons[at].search(now, Search::default(), &mut self.reactor);
    }

    #[track_caller]
    fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < deadline, "{what} did not happen");
            self.reactor.turn(Some(Duration::from_millis(100))).unwrap();
            while let Some(event) = self.reactor.next() {
                let now = self.reactor.now();
                for beacon in &mut self.beacons {
                    if beacon.handle_event(&event, now, &mut self.reactor) {
                        break;
                    }
                }
            }
            for (beacon, events) in self.beacons.iter_mut().zip(&mut self.events) {
                events.extend(std::iter::from_fn(|| beacon.poll_event()));
                self.notices
                    .extend(std::iter::from_fn(|| beacon.poll_notice()));
            }
        }
    }

    /// Whom this one found.
    fn found(&self, at: usize) -> Vec<&Sighting> {
        let found = self.events[at].iter().filter_map(|event| match event {
            Event::Found(sighting) => Some(sighting),
            _ => None,
        });
        found.collect()
    }

    fn lost(&self, at: usize) -> Vec<Why> {
        let lost = self.events[at].iter().filter_map(|event| match event {
            Event::Lost { why, .. } => Some(*why),
            _ => None,
        });
        lost.collect()
    }

    fn troubles(&self) -> Vec<&str> {
        let texts = self.notices.iter().filter_map(|notice| match notice {
            Notice::Trouble { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}

#[test]
fn two_find_each_other_and_not_themselves() {
    let mut near = Near::new(2);
    for at in 0..2 {
        near.announce(at, ["first", "second"][at]);
        near.search(at);
    }
    near.until("both found", |near| {
        (0..2).all(|at| !near.found(at).is_empty())
    });
    // Whatever else comes of themselves would have come by now.
    near.until("datagrams enough", |near| {
        near.beacons
            .iter()
            .all(|own| own.counters().datagrams_in > 8)
    });
    for at in 0..2 {
        for sighting in near.found(at) {
            let other = &near.beacons[1 - at];
            assert_eq!(sighting.instance, other.instance());
            assert_eq!(
                sighting.announcement.name().as_str(),
                ["second", "first"][at]
            );
            assert!(sighting.source.is_loopback());
            assert_eq!(sighting.address().unwrap().port(), 4711);
        }
    }
    assert_eq!(near.troubles(), [""; 0]);
    assert_eq!(near.beacons[0].sightings().count(), near.found(0).len());
}

#[test]
fn a_question_is_answered() {
    let mut near = Near::new(2);
    near.announce(0, "answers");
    near.search(1);
    near.until("an answer", |near| {
        near.beacons[0].counters().replies > 0 && !near.found(1).is_empty()
    });
    let counters = near.beacons[0].counters();
    assert!(counters.reply_bytes <= counters.query_bytes);
}

#[test]
fn one_machine_asked() {
    let mut near = Near::new(1);
    near.search(0);
    // The last to share a port is the one that datagrams to one machine come to, on Linux.
    let answers = Beacon::new(config(near.port()), &mut near.reactor).unwrap();
    near.add(answers);
    near.announce(1, "asked");
    near.until("an announcement", |near| !near.found(0).is_empty());
    let replies = near.beacons[1].counters().replies;
    let interface = near.beacons[0].lan().interfaces()[0].index;
    let now = near.reactor.now();
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, near.port()));
    near.beacons[0].ask(now, interface, to, &mut near.reactor);
    if cfg!(target_os = "linux") {
        near.until("its answer", |near| {
            near.beacons[1].counters().replies > replies
        });
    }
    assert_eq!(near.troubles(), [""; 0]);

    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    near.beacons[0].ask(now, interface, nobody, &mut near.reactor);
    near.until("a notice", |near| !near.troubles().is_empty());
    let expected = "cannot send to 127.0.0.1:0: nobody is at port 0; give a port";
    assert_eq!(near.troubles(), [expected]);
}

#[test]
fn goodbye() {
    let mut near = Near::new(3);
    near.search(0);
    near.announce(1, "withdraws");
    near.announce(2, "closes");
    near.until("both found", |near| near.found(0).len() >= 2);
    let now = near.reactor.now();
    near.beacons[1].withdraw(now, &mut near.reactor);
    near.until("the first goodbye", |near| !near.lost(0).is_empty());
    near.beacons.remove(2).close(&mut near.reactor);
    near.until("the second goodbye", |near| near.lost(0).len() >= 2);
    assert!(near.lost(0).iter().all(|why| *why == Why::Goodbye));
    assert_eq!(near.beacons[0].sightings().count(), 0);
}

#[test]
fn found_beside_a_flood_of_junk() {
    let mut near = Near::new(2);
    let port = near.port();
    let stop = Arc::new(AtomicBool::new(false));
    let flood = std::thread::spawn({
        let stop = stop.clone();
        move || {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.set_broadcast(true).unwrap();
            let mut sent: u32 = 0;
            while !stop.load(Ordering::Relaxed) {
                let junk = vec![sent as u8; sent as usize % 1300];
                // To all who share the port, where the system has such an address for loopback.
                let to = [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 255, 255, 255)];
                let _ = socket.send_to(&junk, (to[sent as usize % 2], port));
                sent += 1;
                // Some 60,000 a second: a flood, and no test of how many are lost.
                if sent.is_multiple_of(64) {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
    });
    near.until("junk", |near| {
        near.beacons[1].counters().datagrams_in > 1000
    });
    near.announce(0, "honest");
    near.search(1);
    near.until("the honest one", |near| !near.found(1).is_empty());
    stop.store(true, Ordering::Relaxed);
    flood.join().unwrap();
    let dropped: u64 = near.beacons[1].counters().dropped.values().sum();
    assert!(dropped >= 1000, "{dropped}");
    assert_eq!(near.found(1)[0].announcement.name().as_str(), "honest");
}

#[test]
fn a_link_that_goes_and_comes() {
    let loopback: Vec<Interface> = interfaces()
        .unwrap()
        .into_iter()
        .filter(|interface| interface.is_loopback)
        .collect();
    let there = Rc::new(RefCell::new(loopback.clone()));
    let mut near = Near::new(1);
    let listing = {
        let there = there.clone();
        move || Ok(there.borrow().clone())
    };
    let config = config(near.port());
    let beacon = Beacon::with_listing(config, listing, &mut near.reactor).unwrap();
    near.add(beacon);
    near.announce(0, "stays");
    near.search(1);
    near.until("the other", |near| !near.found(1).is_empty());
    there.borrow_mut().clear();
    near.until("the end of the link", |near| !near.lost(1).is_empty());
    assert_eq!(near.lost(1)[0], Why::LinkGone);
    let before = near.found(1).len();
    *there.borrow_mut() = loopback;
    near.until("the other again", |near| near.found(1).len() > before);
}
