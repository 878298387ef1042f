//! The magic packet, byte for byte.

mod support;

use std::net::UdpSocket;

use support::{EVERYBODY, LOOPBACK, receive, run, socket_of_everybody};

const MAC: [u8; 6] = [0x00, 0x11, 0x22, 0xaa, 0xbb, 0xcc];

/// Written out, without the code that makes it.
fn packet(password: &[u8]) -> Vec<u8> {
    let mut packet = vec![0xff; 6];
    for _ in 0..16 {
        packet.extend_from_slice(&MAC);
    }
    packet.extend_from_slice(password);
    packet
}

#[track_caller]
fn check(words: &[&str], password: &[u8], times: usize) {
    let (everybody, port) = socket_of_everybody();
    let at = port.to_string();
    let ended = run(&[&["wake", "--port", &at], &LOOPBACK[..], words].concat()).expect(0);
    let expected = packet(password);
    for _ in 0..times {
        assert_eq!(receive(&everybody).0, expected);
    }
    check_empty(&everybody);
    let bytes = expected.len() * times;
    let datagrams = if times == 1 { "datagram" } else { "datagrams" };
    assert_eq!(
        ended.errors,
        format!("sent {times} {datagrams}, {bytes} bytes, to {EVERYBODY}:{port} on lo\n")
    );
}

#[track_caller]
fn check_empty(socket: &UdpSocket) {
    socket.set_nonblocking(true).expect("a socket");
    assert!(socket.recv_from(&mut [0; 200]).is_err(), "one too many");
}

#[test]
fn a_packet_has_102_bytes_and_goes_three_times() {
    assert_eq!(packet(&[]).len(), 102);
    check(&["00:11:22:aa:bb:cc"], &[], 3);
    check(&["0011.22AA.BBCC", "--repeat", "1"], &[], 1);
    check(&["00-11-22-aa-bb-cc", "--repeat", "2"], &[], 2);
}

#[test]
fn a_password_is_at_its_end() {
    let words = ["001122aabbcc", "--repeat", "1", "--password"];
    check(
        &[&words[..], &["01:02:03:04:05:06"]].concat(),
        &[1, 2, 3, 4, 5, 6],
        1,
    );
    check(&[&words[..], &["192.0.2.1"]].concat(), &[192, 0, 2, 1], 1);
}

#[test]
fn several_machines_are_woken() {
    let (everybody, port) = socket_of_everybody();
    let to = format!("{EVERYBODY}:{port}");
    let words = [
        "wake",
        "00:11:22:aa:bb:cc",
        "00:11:22:aa:bb:cd",
        "--to",
        &to,
    ];
    run(&[&words[..], &["--repeat", "1"]].concat()).expect(0);
    let mut other = packet(&[]);
    for at in (11..102).step_by(6) {
        other[at] = 0xcd;
    }
    assert_eq!(receive(&everybody).0, packet(&[]));
    assert_eq!(receive(&everybody).0, other);
    check_empty(&everybody);
}

#[track_caller]
fn check_refused(words: &[&str], expected: &str) {
    let ended = run(&[&["wake"], words].concat()).expect(2);
    assert_eq!(ended.errors, format!("bw-cast: {expected}\n"));
}

#[test]
fn what_is_no_address_is_refused() {
    check_refused(
        &[],
        "nobody to wake; give the hardware address of a machine, such as aa:bb:cc:dd:ee:ff",
    );
    check_refused(
        &["00:11:22:aa:bb"],
        "00:11:22:aa:bb: no hardware address; write six bytes in hexadecimal, as in 00:11:22:aa:bb:cc",
    );
    check_refused(
        &["00:11:22:aa:bb:cc", "--password", "secret"],
        "--password: no SecureOn password; write six bytes as in 00:11:22:aa:bb:cc or four as in 192.0.2.1",
    );
}
