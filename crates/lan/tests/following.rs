//! Interfaces that come, change and go, by lists that the tests write.
#![expect(
    clippy::unwrap_used,
    reason = "a failed unwrap in a test is the test failing, in its helpers too"
)]

mod support;

use std::cell::RefCell;
use std::io;
use std::net::Ipv4Addr;
use std::rc::Rc;

use barewire_lan::{Config, Interface, Lan, Notice, Selection, interfaces};
use barewire_reactor::Reactor;
use support::{Program, config};

/// What the machine is made to look like. None: it does not tell.
type Machine = Rc<RefCell<Option<Vec<Interface>>>>;

fn machine(there: Vec<Interface>) -> (Machine, impl FnMut() -> io::Result<Vec<Interface>>) {
    let machine: Machine = Rc::new(RefCell::new(Some(there)));
    let listing = {
        let machine = machine.clone();
        move || {
            machine
                .borrow()
                .clone()
                .ok_or_else(|| io::Error::other("no list"))
        }
    };
    (machine, listing)
}

fn loopback() -> Interface {
    let mut there = interfaces().unwrap().into_iter();
    there.find(|interface| interface.is_loopback).unwrap()
}

/// One of a number that no interface has.
#[cfg(target_os = "linux")]
fn absent() -> Interface {
    Interface {
        index: std::num::NonZeroU32::new(0x7fff_0000).unwrap(),
        name: "absent0".to_owned(),
        is_loopback: false,
        v4: vec![barewire_lan::V4 {
            address: Ipv4Addr::new(192, 0, 2, 7),
            prefix: 24,
            broadcast: Some(Ipv4Addr::new(192, 0, 2, 255)),
        }],
        v6: Vec::new(),
    }
}

fn all() -> Config {
    Config {
        selection: Selection::all(),
        ..config(0)
    }
}

#[test]
fn gone_and_back() {
    let (machine, listing) = machine(vec![loopback()]);
    let mut program = Program::on(all(), listing);
    program.turn(std::time::Duration::ZERO);
    assert_eq!(program.notices, [Notice::Joined(loopback())]);
    let port = program.port();
    assert!(program.lan.local_addresses().count() > 0);

    *machine.borrow_mut() = Some(Vec::new());
    program.until("the end of it", |program| program.notices.len() == 2);
    assert_eq!(program.notices[1], Notice::Left(loopback()));
    assert_eq!(program.lan.local_addresses().count(), 0);
    assert_eq!(program.lan.receive_buffer_bytes(), None);

    *machine.borrow_mut() = Some(vec![loopback()]);
    program.until("its return", |program| program.notices.len() == 3);
    program.say(b"again", (Ipv4Addr::LOCALHOST, port));
    program.until("the datagram", |program| !program.heard.is_empty());
}

#[test]
fn nothing_at_first_is_no_error() {
    let (machine, listing) = machine(Vec::new());
    let mut program = Program::on(all(), listing);
    *machine.borrow_mut() = Some(vec![loopback()]);
    program.until("an interface", |program| program.notices.len() == 1);
    let port = program.port();
    program.say(b"first", (Ipv4Addr::LOCALHOST, port));
    program.until("the datagram", |program| !program.heard.is_empty());
}

/// All of 127/8 is ours on Linux, so that an address can change without privilege.
#[cfg(target_os = "linux")]
#[test]
fn an_address_that_changes() {
    let (machine, listing) = machine(vec![loopback()]);
    let mut program = Program::on(all(), listing);
    let mut moved = loopback();
    moved.v4[0].address = Ipv4Addr::new(127, 0, 0, 2);
    *machine.borrow_mut() = Some(vec![moved.clone()]);
    program.until("the change", |program| program.notices.len() == 2);
    let expected = Notice::Changed {
        was: loopback(),
        is: moved,
    };
    assert_eq!(program.notices[1], expected);
    let port = program.port();
    program.say(b"from here", (Ipv4Addr::LOCALHOST, port));
    program.until("the datagram", |program| !program.heard.is_empty());
    assert_eq!(program.heard[0].source.ip(), Ipv4Addr::new(127, 0, 0, 2));
}

/// One interface in trouble: told once, while the other goes on.
#[cfg(target_os = "linux")]
#[test]
fn a_trouble_is_told_once() {
    let (machine, listing) = machine(vec![loopback(), absent()]);
    let mut program = Program::on(all(), listing);
    program.until("six looks", |program| program.looks >= 6);
    let port = program.port();
    let hearing = format!(
        "absent0: cannot set SO_BINDTODEVICE to absent0 for 0.0.0.0:{port}: no such device; name one that `ip link` or `ifconfig` shows"
    );
    let speaking = "absent0: cannot set IP_MULTICAST_IF to interface 2147418112 for 192.0.2.7:0: cannot assign requested address; name an interface of this machine";
    assert_eq!(program.troubles(), [hearing.as_str(), speaking]);
    program.say(b"still", (Ipv4Addr::LOCALHOST, port));
    program.until("the datagram", |program| !program.heard.is_empty());

    // Gone and back, it is news again.
    *machine.borrow_mut() = Some(vec![loopback()]);
    program.until("its end", |program| {
        program.notices.contains(&Notice::Left(absent()))
    });
    *machine.borrow_mut() = Some(vec![loopback(), absent()]);
    program.until("news", |program| program.troubles().len() == 3);
}

#[test]
fn a_machine_that_does_not_tell() {
    let (machine, listing) = machine(vec![loopback()]);
    let mut program = Program::on(all(), listing);
    *machine.borrow_mut() = None;
    program.until("three looks", |program| program.looks >= 3);
    assert_eq!(program.troubles(), ["no list"]);
    // What there was is kept.
    let port = program.port();
    program.say(b"still", (Ipv4Addr::LOCALHOST, port));
    program.until("the datagram", |program| !program.heard.is_empty());

    let mut reactor = Reactor::new().unwrap();
    let error = Lan::with_listing(all(), || Err(io::Error::other("no list")), &mut reactor);
    assert_eq!(error.err().unwrap().to_string(), "no list");
}

/// Linux has room for 20 IPv4 groups a socket; those beyond are told, the others heard.
#[cfg(target_os = "linux")]
#[test]
fn one_group_too_many() {
    let max = std::fs::read_to_string("/proc/sys/net/ipv4/igmp_max_memberships");
    let Some(max) = max.ok().and_then(|max| max.trim().parse::<u32>().ok()) else {
        return println!("skipped: no limit to be read");
    };
    let base = Ipv4Addr::new(239, 255, 80, 0).to_bits();
    let groups: Vec<std::net::IpAddr> = (0..=max)
        .map(|at| std::net::IpAddr::from(Ipv4Addr::from_bits(base + at)))
        .collect();
    let mut program = Program::new(Config {
        groups: groups.clone(),
        ..config(0)
    });
    program.until("three looks", |program| program.looks >= 3);
    let last = groups[groups.len() - 1];
    let expected = format!(
        "lo: cannot join {last}: no buffer space available; join fewer groups, or raise net.ipv4.igmp_max_memberships, where it is Linux"
    );
    assert_eq!(program.troubles(), [expected]);
    assert_eq!(program.lan.joined().count(), groups.len() - 1);
    let port = program.port();
    program.say(b"the first", (groups[0], port));
    program.until("the datagram", |program| !program.heard.is_empty());
}

#[test]
fn more_interfaces_than_are_used() {
    let many = (0..5).map(|at| Interface {
        index: loopback().index.checked_add(at).unwrap(),
        ..loopback()
    });
    let (_, listing) = machine(many.collect());
    let config = Config {
        interfaces_max: 1,
        ..all()
    };
    let mut program = Program::on(config, listing);
    program.until("two looks", |program| program.looks >= 2);
    assert_eq!(program.lan.interfaces(), [loopback()]);
    assert_eq!(
        program.troubles(),
        ["cannot use all of 5 interfaces: 1 is the limit; name those that are meant"]
    );
}

#[test]
fn closing_leaves_nothing() {
    let mut reactor = Reactor::new().unwrap();
    let lan = Lan::new(config(0), &mut reactor).unwrap();
    let port = lan.port().unwrap();
    lan.close(&mut reactor);
    assert!(
        reactor
            .turn(Some(std::time::Duration::ZERO))
            .unwrap()
            .is_idle()
    );
    // Nobody has it any more.
    std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap();
}
