//! Datagrams by way of loopback: to one, to all, to groups; of every length; by the thousand.

mod support;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use barewire_lan::{Config, Lan, Role, Selection};
use barewire_reactor::{Output, Reactor};
use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};
use support::{GROUP_V4, GROUP_V6, Program, config, groups};

const BROADCAST: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);

#[test]
fn one_machine_broadcast_and_groups() {
    let mut program = Program::new(config(0));
    let mut expected: Vec<IpAddr> = vec![Ipv4Addr::LOCALHOST.into()];
    if cfg!(target_os = "linux") {
        expected.push(BROADCAST.into());
        expected.push(GROUP_V4.parse().unwrap());
    }
    if program.has_v6() {
        expected.push(Ipv6Addr::LOCALHOST.into());
    }
    expected.extend(program.group_v6());
    let port = program.port();
    for (at, to) in expected.iter().enumerate() {
        program.say(&[u8::try_from(at).unwrap()], (*to, port));
    }
    program.until("everything heard", |program| {
        program.heard.len() >= expected.len()
    });
    program.heard.sort_by_key(|heard| heard.bytes[0]);
    let loopback = program.loopback().index.get();
    for (at, (heard, to)) in program.heard.iter().zip(&expected).enumerate() {
        assert_eq!(usize::from(heard.bytes[0]), at);
        if let Some(destination) = heard.destination {
            assert_eq!(destination, *to);
        }
        assert_eq!(heard.interface, loopback);
        assert_eq!(heard.role, Role::Hearing);
        assert!(heard.source.ip().is_loopback(), "{}", heard.source);
    }
    assert_eq!(program.heard.len(), expected.len());
    assert_eq!(program.troubles(), [""; 0]);
}

#[test]
fn everyone_is_the_groups_and_the_broadcast_address() {
    let mut program = Program::new(config(0));
    let (port, index) = (program.port(), program.loopback().index);
    let sent = program
        .lan
        .send_to_everyone(&mut program.reactor, index, b"hello", port, &groups())
        .unwrap();
    let to: Vec<SocketAddr> = sent.iter().map(|sent| sent.to).collect();
    let mut expected: Vec<IpAddr> = vec![GROUP_V4.parse().unwrap(), BROADCAST.into()];
    if program.has_v6() {
        expected.push(GROUP_V6.parse().unwrap());
    }
    let expected: Vec<SocketAddr> = expected.iter().map(|to| (*to, port).into()).collect();
    assert_eq!(to, expected);
    let taken = sent.iter().filter(|sent| sent.result.is_ok()).count();
    program.until("everything heard", |program| program.heard.len() >= taken);
    assert!(program.heard.iter().all(|heard| heard.bytes == b"hello"));
}

/// Empty ones are datagrams too, and the longest is not cut.
#[test]
fn every_length() {
    let mut program = Program::new(config(0));
    let port = program.port();
    let lengths = [0, 1, 27, 1200, 1201, 9000, 65_507];
    for length in lengths {
        let bytes: Vec<u8> = (0..length).map(|at: u32| at as u8).collect();
        program.say(&bytes, (Ipv4Addr::LOCALHOST, port));
    }
    program.until("all lengths heard", |program| {
        program.heard.len() >= lengths.len()
    });
    for (heard, length) in program.heard.iter().zip(lengths) {
        assert_eq!(heard.bytes.len(), length as usize);
        assert!(
            heard
                .bytes
                .iter()
                .enumerate()
                .all(|(at, byte)| at as u8 == *byte)
        );
    }
    let index = program.loopback().index;
    let to = (Ipv4Addr::LOCALHOST, port).into();
    let long = [0; 65_508];
    let error = program
        .lan
        .send(&mut program.reactor, index, &long, to)
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.ends_with("send less at a time: 65507 bytes by IPv4, 65527 by IPv6"),
        "{text}"
    );
}

/// The system may hand them over in bundles; they are told one by one all the same.
#[test]
fn bundles_are_told_apart() {
    let mut program = Program::new(config(0));
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let Ok(state) = UdpSocketState::new(UdpSockRef::from(&socket)) else {
        return println!("skipped: this system does not do what quinn-udp needs");
    };
    let segments = state.max_gso_segments().min(40);
    let mut contents: Vec<u8> = (0..segments).flat_map(|at| [at as u8; 1000]).collect();
    contents.truncate(contents.len() - 300);
    let transmit = Transmit {
        destination: (Ipv4Addr::LOCALHOST, program.port()).into(),
        ecn: None,
        contents: &contents,
        segment_size: (segments > 1).then_some(1000),
        src_ip: None,
    };
    state
        .try_send(UdpSockRef::from(&socket), &transmit)
        .unwrap();
    program.until("all segments heard", |program| {
        program.heard.len() >= segments
    });
    for (at, heard) in program.heard.iter().enumerate() {
        let length = if at + 1 == segments { 700 } else { 1000 };
        assert_eq!(heard.bytes, vec![at as u8; length]);
    }
}

#[test]
fn programs_share_the_port() {
    let mut one = Program::new(config(0));
    let mut other = Program::new(config(one.port()));
    let mut to: Vec<IpAddr> = Vec::new();
    if cfg!(target_os = "linux") {
        to.push(BROADCAST.into());
        to.push(GROUP_V4.parse().unwrap());
    }
    to.extend(one.group_v6());
    let port = one.port();
    for to in &to {
        one.say(b"both", (*to, port));
    }
    for program in [&mut one, &mut other] {
        program.until("what is for all heard", |program| {
            program.heard.len() >= to.len()
        });
    }
    one.say(b"one", (Ipv4Addr::LOCALHOST, port));
    while one.heard.len() + other.heard.len() <= 2 * to.len() {
        for program in [&mut one, &mut other] {
            program.turn(Duration::from_millis(10));
        }
    }
    assert_eq!(one.heard.len() + other.heard.len(), 2 * to.len() + 1);
}

#[test]
fn a_port_that_somebody_has_alone() {
    let taken = UdpSocket::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut reactor = Reactor::new().unwrap();
    let v4_only = || {
        let mut there = barewire_lan::interfaces()?;
        there.iter_mut().for_each(|interface| interface.v6.clear());
        Ok(there)
    };
    let error = Lan::with_listing(config(port), v4_only, &mut reactor)
        .err()
        .unwrap();
    let expected = if cfg!(windows) {
        io::ErrorKind::PermissionDenied
    } else {
        io::ErrorKind::AddrInUse
    };
    assert_eq!(error.kind(), expected);
    let text = error.to_string();
    let start = format!("cannot bind 0.0.0.0:{port}: ");
    assert!(text.starts_with(&start), "{text}");
    assert!(reactor.turn(Some(Duration::ZERO)).unwrap().is_idle());
}

#[test]
fn answers_come_to_the_speaker() {
    let mut asks = Program::new(Config {
        selection: Selection::loopback(),
        ..Config::default()
    });
    let mut answers = Program::new(config(0));
    let port = answers.port();
    asks.say(b"who?", (Ipv4Addr::LOCALHOST, port));
    answers.until("the question heard", |answers| !answers.heard.is_empty());
    let source = answers.heard[0].source;
    assert_ne!(source.port(), port);
    answers.say(b"me", source);
    asks.until("the answer heard", |asks| !asks.heard.is_empty());
    assert_eq!(asks.heard[0].bytes, b"me");
    assert_eq!(asks.heard[0].role, Role::Speaking);
    assert_eq!(asks.heard[0].destination, Some(source.ip()));
    assert_eq!(asks.lan.port(), None);
    assert_eq!(asks.lan.local_addresses().count(), 0);
}

/// Nobody is there, which the system may tell with any later call.
#[test]
fn refusals_do_no_harm() {
    let mut program = Program::new(config(0));
    let gone = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let port = program.port();
    for at in 0..20 {
        program.say(b"?", gone);
        program.say(&[at], (Ipv4Addr::LOCALHOST, port));
    }
    program.until("twenty heard", |program| program.heard.len() >= 20);
    assert_eq!(program.troubles(), [""; 0]);
}

#[test]
fn a_flood_leaves_the_rest_its_time() {
    let mut program = Program::new(config(0));
    let to: SocketAddr = (Ipv4Addr::LOCALHOST, program.port()).into();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flood = std::thread::spawn({
        let stop = stop.clone();
        move || {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let _ = socket.send_to(&[0; 64], to);
            }
        }
    });
    program.until("the flood", |program| program.heard.len() >= 1000);
    // Whoever speaks by another socket is heard, and the interfaces are looked at.
    let index = program.loopback().index;
    let speaker = program.lan.send(&mut program.reactor, index, b"x", to);
    assert!(matches!(speaker, Ok(Output::Bytes(1))));
    program.until("two looks", |program| program.looks >= 2);
    let before = program.heard.len();
    program.turn(Duration::from_secs(1));
    let share = program.heard.len() - before;
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    flood.join().unwrap();
    // 128 KiB, each call counted as 4 KiB at least, 32 datagrams a call.
    assert!(share <= 4 * 1024, "{share} datagrams in one turn");
}

#[cfg(target_os = "linux")]
#[test]
fn what_finds_no_room_is_counted() {
    let program = Program::new(config(0));
    let port = program.port();
    assert_eq!(program.lan.dropped(), Some(0));
    let room = program.lan.receive_buffer_bytes().unwrap();
    assert!(room > 4096, "{room}");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    // Each takes more than its bytes of the room, and twice the room is reserved.
    for _ in 0..2 * room / 1000 + 10 {
        socket
            .send_to(&[0; 1200], (Ipv4Addr::LOCALHOST, port))
            .unwrap();
    }
    assert!(program.lan.dropped().unwrap() > 0);
}

#[test]
fn what_cannot_be_sent() {
    let mut program = Program::new(config(0));
    let index = program.loopback().index;
    let absent = std::num::NonZeroU32::MAX;
    let mut check = |interface, to: &str, expected: &str| {
        let to = to.parse().unwrap();
        let error = program
            .lan
            .send(&mut program.reactor, interface, b"?", to)
            .unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check(
        absent,
        "127.0.0.1:9",
        "cannot send on interface 4294967295: it is not in use; wait until it is up, or name another",
    );
    check(
        index,
        "127.0.0.1:0",
        "cannot send to 127.0.0.1:0: nobody is at port 0; give a port",
    );
    let to_all = program
        .lan
        .send_to_everyone(&mut program.reactor, absent, b"?", 9, &[]);
    assert_eq!(to_all.unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_group_that_is_none() {
    let mut reactor = Reactor::new().unwrap();
    let config = Config {
        groups: vec![Ipv4Addr::LOCALHOST.into()],
        ..config(0)
    };
    let error = Lan::new(config, &mut reactor).err().unwrap();
    assert_eq!(
        error.to_string(),
        "cannot join 127.0.0.1: it is no multicast group; use 224.0.0.0 to 239.255.255.255, or ff00::/8"
    );
}
