//! Answers from the port that was asked.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use barewire_lan::{Config, Lan, Role, Selection};
use barewire_reactor::{Output, Reactor};

const PATIENCE: Duration = Duration::from_secs(30);

/// Asks at `to`; what is answered by a `Lan` that has one datagram to say.
#[track_caller]
fn ask(to: Ipv4Addr, connects: bool) -> Vec<u8> {
    let mut reactor = Reactor::new().expect("a reactor");
    let config = Config {
        port: Some(0),
        selection: Selection::loopback(),
        ..Config::default()
    };
    let mut lan = Lan::new(config, &mut reactor).expect("loopback");
    let port = lan.port().expect("one was chosen");
    let asker = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    asker.set_broadcast(true).expect("a socket");
    asker.set_read_timeout(Some(PATIENCE)).expect("a socket");
    if connects {
        asker.connect((to, port)).expect("a socket");
        asker.send(b"who").expect("sent");
    } else {
        asker.send_to(b"who", (to, port)).expect("sent");
    }
    let mut asked = None;
    while asked.is_none() {
        let turn = reactor.turn(Some(PATIENCE)).expect("it waits");
        assert!(!turn.is_idle(), "nothing came");
        while let Some(event) = reactor.next() {
            let now = reactor.now();
            lan.handle_event(&event, now, &mut reactor, |datagram| {
                assert_eq!(
                    (datagram.bytes, datagram.role),
                    (&b"who"[..], Role::Hearing)
                );
                asked = Some((datagram.interface, datagram.destination, datagram.source));
            });
        }
    }
    let (interface, from, source) = asked.expect("asked");
    let answered = lan.answer(&mut reactor, interface, from, b"me", source);
    assert_eq!(answered.expect("sent"), Output::Bytes(2));
    let mut buf = [0; 16];
    let (length, answerer) = asker.recv_from(&mut buf).expect("an answer in time");
    assert_eq!(answerer.port(), port);
    lan.close(&mut reactor);
    buf[..length].to_vec()
}

#[test]
fn one_who_has_connected_hears_it() {
    assert_eq!(ask(Ipv4Addr::LOCALHOST, true), b"me");
}

/// Asked by name or with everybody.
#[cfg(target_os = "linux")]
#[test]
fn one_who_has_not_connected_hears_it_too() {
    assert_eq!(ask(Ipv4Addr::LOCALHOST, false), b"me");
    assert_eq!(ask(Ipv4Addr::new(127, 255, 255, 255), false), b"me");
}

/// A lie about the source is not passed on to everybody.
#[test]
fn nobody_answers_everybody() {
    let mut reactor = Reactor::new().expect("a reactor");
    let config = Config {
        port: Some(0),
        selection: Selection::loopback(),
        ..Config::default()
    };
    let lan = Lan::new(config, &mut reactor).expect("loopback");
    let index = lan.interfaces()[0].index;
    let everybody = (Ipv4Addr::new(127, 255, 255, 255), 9).into();
    let answered = lan.answer(&mut reactor, index, None, b"me", everybody);
    let error = answered.expect_err("refused");
    assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
    lan.close(&mut reactor);
}
