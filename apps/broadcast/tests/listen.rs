//! What is heard, and how it is shown.

mod support;

use std::net::Ipv4Addr;
use std::process::Stdio;

use support::{
    EVERYBODY, LOOPBACK, PATIENCE, Program, Shown as _, cast, eventually, listen, listen_on,
    receive, run, socket,
};

/// Sends these to a port of this machine.
#[track_caller]
fn send(port: u16, datagrams: &[&[u8]]) {
    let socket = socket();
    for datagram in datagrams {
        socket
            .send_to(datagram, (Ipv4Addr::LOCALHOST, port))
            .expect("sent");
    }
}

#[track_caller]
fn check(datagrams: &[&[u8]], expected: &[&str]) {
    let count = datagrams.len().to_string();
    let (listener, port) = listen(&["--count", &count]);
    send(port, datagrams);
    assert_eq!(listener.wait().expect(0).said(), expected);
}

#[test]
fn a_datagram_is_a_line() {
    check(&[b"hello"], &["5 hello"]);
    check(&[b"", b" ", b""], &["0", "1  ", "0"]);
}

#[test]
fn nothing_in_it_reaches_the_terminal() {
    check(
        &[b"a\nb\r\t\x1b[2J\0\x7f", b"\xff\\", "\u{202e}ä".as_bytes()],
        &[
            "11 a\\nb\\r\\t\\x1b[2J\\x00\\x7f",
            "2 \\xff\\\\",
            "5 \\u{202e}ä",
        ],
    );
}

#[test]
fn it_tells_who_and_where() {
    let (listener, port) = listen(&["--count", "1"]);
    let socket = socket();
    socket.set_broadcast(true).expect("a socket");
    socket.send_to(b"all", (EVERYBODY, port)).expect("sent");
    let ended = listener.wait().expect(0);
    let line = ended.text();
    let mut columns = line.split(' ').skip(1);
    let source = socket.local_addr().expect("bound").to_string();
    assert_eq!(columns.next(), Some(source.as_str()));
    if cfg!(target_os = "linux") {
        assert_eq!(columns.next(), Some("lo"));
    }
    assert!(
        ended.errors.ends_with("heard 1 datagram, 3 bytes\n"),
        "{}",
        ended.errors
    );
}

#[test]
fn bytes_are_given_as_they_came() {
    let (listener, port) = listen(&["--raw", "--count", "4"]);
    let longest: Vec<u8> = (0..65_507_u32).map(|at| at.to_le_bytes()[0]).collect();
    send(port, &[b"a\n\0", b"", &longest, b"\xff"]);
    let expected = [b"a\n\0", &longest[..], b"\xff"].concat();
    assert!(listener.wait().expect(0).output == expected);
}

#[test]
fn it_ends_after_as_many_as_it_was_told() {
    let (listener, port) = listen(&["--count", "2"]);
    send(port, &[b"1", b"2", b"3", b"4"]);
    assert_eq!(listener.wait().expect(0).said(), ["1 1", "1 2"]);
}

#[test]
fn it_ends_in_time() {
    let words = [
        &["listen", "--port", "0", "--timeout", "0.05"],
        &LOOPBACK[..],
    ]
    .concat();
    let ended = run(&words).expect(7);
    assert_eq!(ended.text(), "");
    assert!(
        ended
            .errors
            .ends_with("bw-cast: nothing was heard within 0.05 s\n"),
        "{}",
        ended.errors
    );
    // Something came: that is what it was for.
    let (listener, port) = listen(&["--timeout", "2"]);
    send(port, &[b"a"]);
    assert_eq!(listener.wait().expect(0).said(), ["1 a"]);
}

#[test]
fn two_on_one_port_both_hear_what_is_for_everybody() {
    let (first, port) = listen(&["--count", "1"]);
    let (second, same) = listen_on(port, &["--count", "1"]);
    assert_eq!(port, same);
    let port = port.to_string();
    run(&[&["say", "hello", "--port", &port], &LOOPBACK[..]].concat()).expect(0);
    for listener in [first, second] {
        assert_eq!(listener.wait().expect(0).said(), ["5 hello"]);
    }
}

#[test]
fn an_answer_comes_from_the_port_that_was_asked() {
    let (listener, port) = listen(&["--reply", "here", "--count", "2"]);
    let asker = socket();
    // Connected, it hears nobody else.
    asker
        .connect((Ipv4Addr::LOCALHOST, port))
        .expect("a socket");
    for _ in 0..2 {
        asker.send(b"who").expect("sent");
        assert_eq!(receive(&asker).0, b"here");
    }
    assert_eq!(listener.wait().expect(0).said(), ["3 who", "3 who"]);
}

#[test]
fn what_everybody_was_asked_is_answered_to_one() {
    let (listener, port) = listen(&["--reply", "here"]);
    let port = port.to_string();
    let words = ["say", "who", "--port", &port, "--wait", "0.5", "--json"];
    let ended = run(&[&words[..], &LOOPBACK].concat()).expect(0);
    let replies = ended.objects();
    let replies: Vec<_> = replies
        .iter()
        .filter(|event| event["event"] == "reply")
        .collect();
    assert_eq!(replies.len(), 1, "{}", ended.text());
    assert_eq!(replies[0]["text"], "here");
    drop(listener);
}

/// Each would answer the other's answer, were they not to know better.
#[test]
fn two_that_answer_leave_each_other_alone() {
    let (first, port) = listen(&["--reply", "first"]);
    let (second, _) = listen_on(port, &["--reply", "second"]);
    let port = port.to_string();
    let words = ["say", "who", "--port", &port, "--wait", "0.5"];
    let ended = run(&[&words[..], &LOOPBACK].concat()).expect(0);
    let mut said = ended.said();
    said.sort();
    assert_eq!(said, ["5 first", "6 second"]);
    for listener in [first, second] {
        assert_eq!(
            String::from_utf8_lossy(&listener.output()).lines().count(),
            1
        );
    }
}

#[cfg(unix)]
#[test]
fn it_stops_when_it_is_told_to() {
    use rustix::process::Signal;

    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (listener, port) = listen(&[]);
        send(port, &[b"a"]);
        listener.wait_for_lines(1);
        listener.signal(signal);
        let ended = listener.wait().expect(0);
        assert!(
            ended.errors.ends_with("heard 1 datagram, 1 byte\n"),
            "{}",
            ended.errors
        );
    }
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let words = [&["listen", "--port", "0"], &LOOPBACK[..]].concat();
    let mut program = Program::spawn(cast(&words).stdout(Stdio::piped())).expect("it starts");
    drop(program.stdout());
    let port = program.address().port();
    eventually(PATIENCE, || {
        send(port, &[b"a"]);
        (!program.is_running()).then_some(())
    });
    program.wait().expect(0);
}
