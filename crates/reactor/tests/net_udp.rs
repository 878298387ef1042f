//! UDP sockets of the net module: every option read back, and what goes over loopback with it.
#![expect(
    clippy::unwrap_used,
    reason = "a failed unwrap in a test is the test failing, in its helpers too"
)]

mod support;

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

use barewire_reactor::net::Udp;
use barewire_reactor::{Input, Interest, Key, Reactor};
use socket2::SockRef;
use support::PATIENCE;

#[track_caller]
fn bind(builder: &Udp, address: &str) -> UdpSocket {
    builder.bind(address.parse().unwrap()).unwrap()
}

fn address(socket: &UdpSocket) -> SocketAddr {
    socket.local_addr().unwrap()
}

/// The next datagram's length, or what came instead of it.
#[track_caller]
fn receive(reactor: &mut Reactor, key: Key<UdpSocket>, buf: &mut [u8]) -> io::Result<usize> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match reactor.read_with(key, |socket| socket.recv(buf))? {
            Input::Bytes(bytes) => return Ok(bytes),
            input => assert_eq!(input, Input::Blocked),
        }
        assert!(Instant::now() < deadline, "nothing came");
        reactor.turn(Some(PATIENCE)).unwrap();
        while reactor.next().is_some() {}
    }
}

#[track_caller]
fn watched(socket: UdpSocket) -> (Reactor, Key<UdpSocket>) {
    let mut reactor = Reactor::new().unwrap();
    let key = reactor.insert(socket, Interest::READABLE).unwrap();
    (reactor, key)
}

#[test]
fn switches_are_set_and_left_alone() {
    for on in [false, true] {
        let socket = bind(&Udp::new().reuse_address(on).broadcast(on), "127.0.0.1:0");
        let told = SockRef::from(&socket);
        assert_eq!(told.reuse_address().unwrap(), on);
        assert_eq!(told.broadcast().unwrap(), on);
    }
}

#[test]
fn numbers_are_set() {
    let builder = Udp::new()
        .ttl(9)
        .multicast_ttl(3)
        .multicast_loop(false)
        .receive_buffer_bytes(30_000)
        .send_buffer_bytes(40_000);
    let socket = bind(&builder, "127.0.0.1:0");
    let told = SockRef::from(&socket);
    assert_eq!(told.ttl_v4().unwrap(), 9);
    assert_eq!(told.multicast_ttl_v4().unwrap(), 3);
    assert!(!told.multicast_loop_v4().unwrap());
    let granted = barewire_reactor::net::buffers(&socket).unwrap();
    assert_eq!(
        (granted.receive_bytes, granted.send_bytes),
        (30_000, 40_000)
    );
    let Ok(socket) = builder.bind("[::1]:0".parse().unwrap()) else {
        return println!("skipped: no IPv6 here");
    };
    let told = SockRef::from(&socket);
    assert_eq!(told.unicast_hops_v6().unwrap(), 9);
    assert_eq!(told.multicast_hops_v6().unwrap(), 3);
    assert!(!told.multicast_loop_v6().unwrap());
}

#[test]
fn ipv6_is_alone_unless_asked() {
    for on in [false, true] {
        let Ok(socket) = Udp::new().dual_stack(on).bind("[::]:0".parse().unwrap()) else {
            return println!("skipped: no IPv6 here");
        };
        assert_eq!(SockRef::from(&socket).only_v6().unwrap(), !on);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_dual_stack_socket_has_the_options_of_both() {
    let builder = Udp::new().dual_stack(true).ttl(9).multicast_ttl(3);
    let Ok(socket) = builder.bind("[::]:0".parse().unwrap()) else {
        return println!("skipped: no IPv6 here");
    };
    let told = SockRef::from(&socket);
    assert!(!told.only_v6().unwrap());
    assert_eq!(
        (told.ttl_v4().unwrap(), told.unicast_hops_v6().unwrap()),
        (9, 9)
    );
    let multicast = (
        told.multicast_ttl_v4().unwrap(),
        told.multicast_hops_v6().unwrap(),
    );
    assert_eq!(multicast, (3, 3));
    let near = bind(&Udp::new(), "127.0.0.1:0");
    near.send_to(b"4", ("127.0.0.1", address(&socket).port()))
        .unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let (_, from) = socket.recv_from(&mut [0; 9]).unwrap();
    assert_eq!(from.ip().to_canonical(), address(&near).ip());
}

#[cfg(target_os = "linux")]
#[test]
fn a_value_out_of_range_is_named() {
    let error = Udp::new()
        .ttl(0)
        .bind(([127, 0, 0, 1], 0).into())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot set IP_TTL to 0 for 127.0.0.1:0: invalid argument; use 1 to 255"
    );
}

#[test]
fn an_address_is_shared_only_by_consent() {
    let first = bind(&Udp::new(), "127.0.0.1:0");
    let error = Udp::new().bind(address(&first)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    let builder = Udp::new().reuse_address(true);
    #[cfg(unix)]
    let builder = builder.reuse_port(true);
    let first = bind(&builder, "127.0.0.1:0");
    builder.bind(address(&first)).unwrap();
}

/// R48: the permission error surfaces, once per send, and not at all with the option.
#[cfg(target_os = "linux")]
#[test]
fn broadcast_has_to_be_allowed() {
    let socket = bind(&Udp::new().broadcast(true), "127.255.255.255:0");
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let everyone = address(&socket);
    let timid = bind(&Udp::new(), "127.0.0.1:0");
    let error = timid.send_to(b"x", everyone).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    assert!(timid.take_error().unwrap().is_none(), "told once");
    let bold = bind(&Udp::new().broadcast(true), "127.0.0.1:0");
    bold.send_to(b"all", everyone).unwrap();
    let mut buf = [0; 9];
    let (bytes, from) = socket.recv_from(&mut buf).unwrap();
    assert_eq!((&buf[..bytes], from), (&b"all"[..], address(&bold)));
    let error = Udp::new()
        .connect(everyone)
        .bind(([127, 0, 0, 1], 0).into())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot connect 127.0.0.1:0 to {everyone}: permission denied; sending to a broadcast address has to be allowed first"
        )
    );
}

/// R48: an empty datagram is a datagram, and a long one loses its tail only.
#[cfg(unix)]
#[test]
fn datagrams_are_empty_or_cut_and_never_an_end() {
    let socket = bind(&Udp::new(), "127.0.0.1:0");
    let near = bind(&Udp::new().connect(address(&socket)), "127.0.0.1:0");
    let (mut reactor, key) = watched(socket);
    for datagram in [&b""[..], b"longer than the buffer", b"next"] {
        near.send(datagram).unwrap();
    }
    let mut buf = [0; 6];
    assert_eq!(receive(&mut reactor, key, &mut buf).unwrap(), 0);
    assert_eq!(receive(&mut reactor, key, &mut buf).unwrap(), 6);
    assert_eq!(&buf, b"longer");
    assert_eq!(receive(&mut reactor, key, &mut buf).unwrap(), 4);
    assert_eq!(&buf[..4], b"next");
}

/// R48: "nobody there" is news about one datagram.
#[cfg(unix)]
#[test]
fn a_refused_datagram_is_told_once_and_the_socket_goes_on() {
    let gone = bind(&Udp::new(), "127.0.0.1:0");
    let peer = address(&gone);
    let (mut reactor, key) = watched(bind(&Udp::new().connect(peer), "127.0.0.1:0"));
    let here = address(reactor.get(key).unwrap());
    drop(gone);
    reactor.get(key).unwrap().send(b"anyone?").unwrap();
    let mut buf = [0; 9];
    let error = receive(&mut reactor, key, &mut buf).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    let back = bind(&Udp::new().connect(here), &peer.to_string());
    reactor.get(key).unwrap().send(b"now?").unwrap();
    back.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(back.recv(&mut buf).unwrap(), 4);
    back.send(b"here").unwrap();
    assert_eq!(receive(&mut reactor, key, &mut buf).unwrap(), 4);
}

/// A connected socket hears its peer alone.
#[test]
fn strangers_are_not_heard() {
    let peer = bind(&Udp::new(), "127.0.0.1:0");
    let socket = bind(&Udp::new().connect(address(&peer)), "127.0.0.1:0");
    let stranger = bind(&Udp::new(), "127.0.0.1:0");
    stranger.send_to(b"stranger", address(&socket)).unwrap();
    peer.send_to(b"peer", address(&socket)).unwrap();
    let (mut reactor, key) = watched(socket);
    let mut buf = [0; 9];
    assert_eq!(receive(&mut reactor, key, &mut buf).unwrap(), 4);
}
