//! Groups, by way of loopback: joined, left alone, refused.
#![expect(
    clippy::unwrap_used,
    reason = "a failed unwrap in a test is the test failing, in its helpers too"
)]

mod support;

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use barewire_reactor::net::{Interface, Udp};
use socket2::SockRef;
use support::PATIENCE;

#[track_caller]
fn bind(builder: &Udp, address: &str) -> UdpSocket {
    builder.bind(address.parse().unwrap()).unwrap()
}

const LOOPBACK: Interface = Interface::Address(Ipv4Addr::LOCALHOST);
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 76, 1);

/// A member of `group` on any port; `None` and a word about it where the machine forbids that.
fn member(group: &str, interface: Interface, address: &str) -> Option<UdpSocket> {
    let builder = Udp::new().join(group.parse().unwrap(), interface);
    match builder.bind(address.parse().unwrap()) {
        Ok(socket) => {
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            Some(socket)
        }
        Err(error) => {
            println!("skipped: {error}");
            None
        }
    }
}

/// One datagram to the group, one straight to the member: which of them come?
#[track_caller]
fn check(from: &UdpSocket, group: IpAddr, member: &UdpSocket, expected: &[&str]) {
    let port = member.local_addr().unwrap().port();
    if let Err(error) = from.send_to(b"group", (group, port)) {
        return println!("skipped: cannot send to {group}: {error}");
    }
    let straight: IpAddr = match group {
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    from.send_to(b"straight", (straight, port)).unwrap();
    for expected in expected {
        let mut buf = [0; 9];
        let bytes = member.recv(&mut buf).unwrap();
        assert_eq!(&buf[..bytes], expected.as_bytes());
    }
}

#[test]
fn a_member_hears_the_group() {
    let Some(member) = member(&GROUP.to_string(), LOOPBACK, "0.0.0.0:0") else {
        return;
    };
    let builder = Udp::new()
        .multicast_interface(LOOPBACK)
        .multicast_loop(true);
    let from = bind(&builder, "127.0.0.1:0");
    assert_eq!(
        SockRef::from(&from).multicast_if_v4().unwrap(),
        Ipv4Addr::LOCALHOST
    );
    check(&from, GROUP.into(), &member, &["group", "straight"]);
}

/// Loopback itself is no place for this: there every datagram comes back by the interface. With 0 hops nothing
/// leaves the machine by any other.
#[cfg(target_os = "linux")]
#[test]
fn without_the_loop_the_sender_s_machine_hears_nothing() {
    for (group, wildcard) in [("239.255.76.1", "0.0.0.0:0"), ("ff15::4c01", "[::]:0")] {
        for on in [true, false] {
            let Some(member) = member(group, Interface::Routed, wildcard) else {
                continue;
            };
            let builder = Udp::new().multicast_ttl(0).multicast_loop(on);
            let expected = [&["straight"][..], &["group", "straight"]][usize::from(on)];
            let group = group.parse().unwrap();
            check(&bind(&builder, wildcard), group, &member, expected);
        }
    }
}

/// Another socket of the machine is in the other group; that makes this one no member of it.
#[cfg(target_os = "linux")]
#[test]
fn a_member_hears_its_own_groups_alone() {
    let (Some(socket), Some(_elsewhere)) = (
        member(&GROUP.to_string(), LOOPBACK, "0.0.0.0:0"),
        member("239.255.76.2", LOOPBACK, "0.0.0.0:0"),
    ) else {
        return;
    };
    assert!(!SockRef::from(&socket).multicast_all_v4().unwrap());
    let from = bind(&Udp::new().multicast_interface(LOOPBACK), "127.0.0.1:0");
    check(&from, [239, 255, 76, 2].into(), &socket, &["straight"]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_interface_by_its_index() {
    let index = barewire_reactor::net::interface_index("lo").unwrap();
    let Some(v4) = member(&GROUP.to_string(), index.into(), "0.0.0.0:0") else {
        return;
    };
    let builder = Udp::new().multicast_interface(index.into());
    check(
        &bind(&builder, "127.0.0.1:0"),
        GROUP.into(),
        &v4,
        &["group", "straight"],
    );
    let Some(v6) = member("ff15::4c01", index.into(), "[::]:0") else {
        return;
    };
    assert!(!SockRef::from(&v6).multicast_all_v6().unwrap());
    let told = SockRef::from(&bind(&builder, "[::1]:0"))
        .multicast_if_v6()
        .unwrap();
    assert_eq!(told, index.get());
}

#[track_caller]
fn refusal(group: &str, interface: Interface, address: &str) -> String {
    let builder = Udp::new().join(group.parse().unwrap(), interface);
    builder
        .bind(address.parse().unwrap())
        .unwrap_err()
        .to_string()
}

#[test]
fn what_cannot_be_joined_is_told() {
    assert_eq!(
        refusal("192.0.2.1", Interface::Routed, "127.0.0.1:0"),
        "cannot join 192.0.2.1 on the routed interface for 127.0.0.1:0: it is no multicast group; use 224.0.0.0 to 239.255.255.255, or ff00::/8"
    );
    #[cfg(target_os = "linux")]
    assert_eq!(
        refusal(
            "239.255.76.1",
            Ipv4Addr::new(203, 0, 113, 1).into(),
            "0.0.0.0:0"
        ),
        "cannot join 239.255.76.1 on interface 203.0.113.1 for 0.0.0.0:0: no such device; name an interface of this machine that does multicast, and join few groups"
    );
    if Udp::new().bind("[::]:0".parse().unwrap()).is_err() {
        return println!("skipped: no IPv6 here");
    }
    assert_eq!(
        refusal("ff02::1", LOOPBACK, "[::]:0"),
        "cannot join ff02::1 on interface 127.0.0.1 for [::]:0: an IPv6 interface is not known by an IPv4 address; give the interface's index"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_group_is_joined_once() {
    let (group, any) = (GROUP.into(), ([127, 0, 0, 1], 0).into());
    let builder = Udp::new().join(group, LOOPBACK);
    if let Err(error) = builder.bind(any) {
        return println!("skipped: {error}");
    }
    let error = builder.join(group, LOOPBACK).bind(any).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    let text = error.to_string();
    assert!(
        text.ends_with("; it is joined already; join it once"),
        "{text}"
    );
}
