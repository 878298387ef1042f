//! What is refused, what fails, and the words for it.

mod support;

use std::net::{Ipv4Addr, UdpSocket};

use support::{LOOPBACK, run};

#[track_caller]
fn check(words: &[&str], status: i32, expected: &str) {
    let ended = run(words).expect(status);
    assert_eq!(ended.errors, format!("bw-cast: {expected}\n"));
    assert_eq!(ended.text(), "");
}

#[test]
fn bad_usage_ends_with_2() {
    check(
        &["shout"],
        2,
        "Unrecognized argument: shout\ntry bw-cast --help",
    );
    check(
        &["say", "a", "--nope"],
        2,
        "Unrecognized argument: --nope\ntry bw-cast say --help",
    );
    check(
        &["say"],
        2,
        "nothing to say; give a TEXT, or - for the lines of standard input",
    );
    check(
        &["listen", "--json", "--raw"],
        2,
        "--json --raw: say one of them",
    );
    check(
        &["say", "a", "--to", "127.0.0.1:0"],
        2,
        "--to 127.0.0.1:0: nobody has port 0; say the port that they listen on",
    );
    check(
        &["say", "a", "--to", "127.0.0.1:99999"],
        2,
        "--to 127.0.0.1:99999: 99999 is no port; say HOST or HOST:PORT, such as 192.168.1.5 or [::1]:5144",
    );
    check(
        &["listen", "--timeout", "soon"],
        2,
        "Error parsing option '--timeout' with value 'soon': invalid float literal\n\
         try bw-cast listen --help",
    );
}

#[test]
fn an_interface_that_is_not_there_is_told_with_those_that_are() {
    for command in [
        &["say", "a"][..],
        &["listen"],
        &["wake", "00:11:22:aa:bb:cc"],
    ] {
        let ended = run(&[command, &["--interface", "nope7"]].concat()).expect(1);
        let there = ended
            .errors
            .strip_prefix("bw-cast: no interface nope7 is up; there ");
        let there = there.unwrap_or_else(|| panic!("{}", ended.errors));
        assert!(
            there.starts_with("is ") || there.starts_with("are "),
            "{there}"
        );
    }
}

#[test]
fn a_name_that_nobody_has_is_told() {
    // RFC 6761 section 6.4: it never exists.
    let ended = run(&["say", "a", "--to", "nobody.invalid"]).expect(1);
    let start = "bw-cast: --to nobody.invalid: cannot look up nobody.invalid: ";
    assert!(ended.errors.starts_with(start), "{}", ended.errors);
}

/// Somebody has it and does not share it.
#[test]
fn a_port_that_cannot_be_had_ends_with_1_and_advice() {
    let other = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a free port");
    let port = other.local_addr().expect("bound").port().to_string();
    let words = [
        &["listen", "--port", &port, "--timeout", "0.05"],
        &LOOPBACK[..],
    ]
    .concat();
    let ended = run(&words);
    // By IPv6 it listens all the same, where there is any.
    let told = ended.errors.contains(&format!("0.0.0.0:{port}"));
    assert!(told, "{}", ended.errors);
    assert!(matches!(ended.code(), 1 | 7), "{}", ended.errors);
}

/// A way that leads nowhere: from loopback to an address elsewhere, which is nobody's (RFC 5737).
const NOWHERE: &str = "192.0.2.1:9";

/// One way that fails is told, once, and by the others it goes all the same.
#[test]
fn the_other_ways_are_gone_when_one_fails() {
    let socket = support::socket();
    let well = socket.local_addr().expect("bound").to_string();
    let words = ["say", "a", "b", "--to", NOWHERE, "--to", &well];
    let ended = run(&[&words[..], &LOOPBACK].concat()).expect(0);
    assert_eq!(support::receive(&socket).0, b"a");
    assert_eq!(support::receive(&socket).0, b"b");
    let lines: Vec<_> = ended.errors.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[0].starts_with("bw-cast: cannot send 1 byte to 192.0.2.1:9 on ")
            && lines[0].ends_with("; that interface may not lead there; name another, or none"),
        "{lines:?}"
    );
    let sent = format!("sent 2 datagrams, 2 bytes, to {well} on ");
    assert!(lines[1].starts_with(&sent), "{lines:?}");
    let sent = format!("sent 0 datagrams, 0 bytes, to {NOWHERE} on ");
    assert!(lines[2].starts_with(&sent), "{lines:?}");
}

#[test]
fn what_could_be_sent_to_nobody_is_a_failure() {
    let words = ["say", "a", "b", "--to", NOWHERE];
    let ended = run(&[&words[..], &LOOPBACK].concat()).expect(1);
    let last = ended.errors.lines().next_back();
    assert_eq!(last, Some("bw-cast: 2 datagrams were sent to nobody"));
}

#[test]
fn help_names_every_flag_and_the_statuses() {
    for (command, words) in [
        (
            "say",
            &[
                "--to",
                "--port",
                "--interface",
                "--repeat",
                "--interval",
                "--rate",
                "--hops",
                "--wait",
                "--json",
            ][..],
        ),
        (
            "listen",
            &[
                "--port",
                "--interface",
                "--group",
                "--json",
                "--raw",
                "--count",
                "--timeout",
                "--reply",
            ],
        ),
        (
            "announce",
            &["--service", "--port", "--interface", "KEY=VALUE"],
        ),
        (
            "find",
            &[
                "--service",
                "--timeout",
                "--count",
                "--watch",
                "--to",
                "--interface",
                "--json",
            ],
        ),
        (
            "wake",
            &["--password", "--port", "--to", "--interface", "--repeat"],
        ),
    ] {
        let ended = run(&[command, "--help"]).expect(0);
        let text = ended.text();
        let all = words
            .iter()
            .chain(&["Examples:", "Exit status:", "--verbose", "--help"]);
        for word in all {
            assert!(text.contains(word), "{command}: {word} is missing:\n{text}");
        }
        // But for the usage, which argh puts in one.
        let widest = text.lines().skip(1).map(|line| line.chars().count()).max();
        assert!(
            widest <= Some(100),
            "{command}: {widest:?} columns:\n{text}"
        );
    }
}
