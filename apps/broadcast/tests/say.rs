//! What is sent, where to and how often.

mod support;

use std::io::Write;
use std::net::UdpSocket;

use support::{
    EVERYBODY, LOOPBACK, PATIENCE, Program, Shown as _, cast, receive, run, socket,
    socket_of_everybody,
};

/// `bw-cast say` with these words, to everybody on loopback.
#[track_caller]
fn say(words: &[&str], port: u16) -> support::Ended {
    let port = port.to_string();
    run(&[&["say", "--port", &port], &LOOPBACK[..], words].concat())
}

#[track_caller]
fn check_received(socket: &UdpSocket, expected: &[&[u8]]) {
    for expected in expected {
        let (bytes, source) = receive(socket);
        assert_eq!(
            bytes.escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
        assert!(source.ip().is_loopback(), "{source}");
    }
}

/// Nothing more is waiting; what was sent on loopback is there at once.
#[track_caller]
fn check_empty(socket: &UdpSocket) {
    socket.set_nonblocking(true).expect("a socket");
    let mut buf = [0; 64];
    assert!(socket.recv_from(&mut buf).is_err(), "one too many");
}

#[test]
fn everybody_on_the_interface_hears_it() {
    let (everybody, port) = socket_of_everybody();
    let ended = say(&["hello"], port).expect(0);
    check_received(&everybody, &[b"hello"]);
    check_empty(&everybody);
    assert_eq!(ended.text(), "");
    assert_eq!(
        ended.errors,
        format!("sent 1 datagram, 5 bytes, to {EVERYBODY}:{port} on lo\n")
    );
}

#[test]
fn a_text_is_a_datagram() {
    let (everybody, port) = socket_of_everybody();
    say(&["one", "", "t\u{e4}o\n", "help", "--", "-x"], port).expect(0);
    check_received(
        &everybody,
        &[b"one", b"", "t\u{e4}o\n".as_bytes(), b"help", b"-x"],
    );
    check_empty(&everybody);
}

#[test]
fn one_machine_is_enough() {
    let socket = socket();
    let address = socket.local_addr().expect("bound").to_string();
    let ended = run(&["say", "hello", "--to", &address]).expect(0);
    check_received(&socket, &[b"hello"]);
    assert_eq!(
        ended.errors,
        format!("sent 1 datagram, 5 bytes, to {address}\n")
    );
    // By its name, with the port apart.
    let port = socket.local_addr().expect("bound").port().to_string();
    run(&["say", "again", "--to", "127.0.0.1", "--port", &port]).expect(0);
    check_received(&socket, &[b"again"]);
    check_empty(&socket);
}

#[test]
fn one_machine_by_ipv6() {
    let Ok(socket) = UdpSocket::bind("[::1]:0") else {
        println!("skipped: no IPv6 here");
        return;
    };
    socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let address = socket.local_addr().expect("bound").to_string();
    run(&["say", "hello", "--to", &address]).expect(0);
    assert_eq!(receive(&socket).0, b"hello");
}

#[test]
fn the_longest_datagram_goes_whole() {
    let socket = socket();
    let address = socket.local_addr().expect("bound").to_string();
    let longest = "a".repeat(65_507);
    let mut child = support::cast(&["say", "-", "--to", &address]);
    child.stdin(std::process::Stdio::piped());
    let (program, mut stdin) = Program::start_typing(child);
    stdin.write_all(longest.as_bytes()).expect("it reads");
    drop(stdin);
    program.wait().expect(0);
    assert_eq!(receive(&socket).0, longest.as_bytes());
}

#[track_caller]
fn type_lines(lines: &[u8], words: &[&str]) -> support::Ended {
    let command = cast(&[&["say", "-"], words].concat());
    let (program, mut stdin) = Program::start_typing(command);
    stdin.write_all(lines).expect("it reads");
    drop(stdin);
    program.wait()
}

#[test]
fn a_line_is_a_datagram() {
    let socket = socket();
    let address = socket.local_addr().expect("bound").to_string();
    let lines = b"one\n\ntwo\r\nt\xffo\nlast";
    let ended = type_lines(lines, &["--to", &address]).expect(0);
    check_received(&socket, &[b"one", b"", b"two", b"t\xffo", b"last"]);
    check_empty(&socket);
    assert_eq!(
        ended.errors,
        format!("sent 5 datagrams, 13 bytes, to {address}\n")
    );
}

#[test]
fn no_lines_are_no_datagrams() {
    let ended = type_lines(b"", &["--to", "127.0.0.1:9"]).expect(0);
    assert_eq!(ended.errors, "nothing to send\n");
}

#[test]
fn a_line_that_no_datagram_holds_is_left_out_and_told() {
    let socket = socket();
    let address = socket.local_addr().expect("bound").to_string();
    let mut lines = b"one\n".to_vec();
    lines.extend(vec![b'a'; 200_000]);
    lines.extend(b"\nthree\n");
    let ended = type_lines(&lines, &["--to", &address]).expect(1);
    check_received(&socket, &[b"one", b"three"]);
    check_empty(&socket);
    assert_eq!(
        ended.errors,
        format!(
            "bw-cast: line 2 is longer than 65507 bytes, which is all that a datagram takes; left out\n\
             sent 2 datagrams, 8 bytes, to {address}\n\
             bw-cast: 1 datagram was sent to nobody\n"
        )
    );
}

#[test]
fn repeats_are_counted() {
    let (everybody, port) = socket_of_everybody();
    say(&["a", "b", "--repeat", "5", "--interval", "0.01"], port).expect(0);
    check_received(&everybody, &[&b"a"[..]; 5]);
    check_received(&everybody, &[&b"b"[..]; 5]);
    check_empty(&everybody);
}

#[test]
fn a_rate_leaves_nothing_out() {
    let (everybody, port) = socket_of_everybody();
    let words = ["a", "--repeat", "100", "--interval", "0", "--rate", "1000"];
    say(&words, port).expect(0);
    check_received(&everybody, &[&b"a"[..]; 100]);
    check_empty(&everybody);
}

#[test]
fn many_lines_go_at_once() {
    let socket = socket();
    let address = socket.local_addr().expect("bound").to_string();
    let lines: String = (0..200).map(|number| format!("{number}\n")).collect();
    type_lines(lines.as_bytes(), &["--to", &address]).expect(0);
    for number in 0..200 {
        assert_eq!(receive(&socket).0, number.to_string().as_bytes());
    }
}

/// Whether the port at the other end is open nobody knows: it is no failure.
#[test]
fn a_closed_port_is_no_failure() {
    let closed = socket().local_addr().expect("bound").to_string();
    let words = ["say", "a", "--to", &closed, "--repeat", "20", "--interval"];
    run(&[&words[..], &["0.001"]].concat()).expect(0);
    // Nor while somebody waits for an answer, and none comes.
    let ended = run(&[&words[..], &["0.001", "--wait", "0.05"]].concat()).expect(7);
    assert_eq!(ended.text(), "");
}

#[test]
fn a_group_hears_it() {
    let (listener, port) = support::listen(&["--group", "239.255.66.1", "--count", "1"]);
    let to = format!("239.255.66.1:{port}");
    let ended = run(&[&["say", "hello", "--to", &to], &LOOPBACK[..]].concat()).expect(0);
    assert_eq!(listener.wait().expect(0).said(), ["5 hello"]);
    assert_eq!(
        ended.errors,
        format!("sent 1 datagram, 5 bytes, to {to} on lo\n")
    );
}

#[cfg(unix)]
#[test]
fn what_comes_back_is_shown() {
    let other = socket();
    let address = other.local_addr().expect("bound");
    let words = ["say", "who", "--to", &address.to_string(), "--wait", "60"];
    let mut program = Program::start(cast(&words));
    let (_, asker) = receive(&other);
    other.send_to(b"me\n", asker).expect("sent");
    // Answers may come from elsewhere.
    socket().send_to(b"and me", asker).expect("sent");
    program.wait_for_lines(2);
    assert!(program.is_running());
    program.interrupt();
    let ended = program.wait();
    assert_eq!(ended.said(), ["3 me\\n", "6 and me"]);
    ended.expect(130);
}

#[test]
fn answers_of_everybody_are_shown() {
    let (everybody, port) = socket_of_everybody();
    let port = port.to_string();
    let words = [
        &["say", "who", "--wait", "0.5", "--port", &port],
        &LOOPBACK[..],
    ]
    .concat();
    let program = Program::start(cast(&words));
    let (_, asker) = receive(&everybody);
    everybody.send_to(b"me", asker).expect("sent");
    let ended = program.wait().expect(0);
    assert_eq!(ended.said(), ["2 me"]);
    assert!(ended.errors.ends_with("1 reply\n"), "{}", ended.errors);
}

#[test]
fn nothing_that_comes_back_is_told_by_the_status() {
    let (_everybody, port) = socket_of_everybody();
    let ended = say(&["who", "--wait", "0.05"], port).expect(7);
    assert!(
        ended.errors.ends_with("bw-cast: no reply within 0.05 s\n"),
        "{}",
        ended.errors
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_before_it_is_done() {
    let socket = socket();
    let address = socket.local_addr().expect("bound").to_string();
    // Between two times, and while it reads.
    for words in [
        ["say", "a", "--repeat", "2", "--interval", "1000"],
        ["say", "-", "--repeat", "1", "--interval", "1000"],
    ] {
        let command = cast(&[&words[..], &["--to", &address]].concat());
        let (program, mut stdin) = Program::start_typing(command);
        writeln!(stdin, "a").expect("it reads");
        receive(&socket);
        program.interrupt();
        let ended = program.wait().expect(130);
        assert!(
            ended.errors.contains("sent 1 datagram, 1 byte"),
            "{}",
            ended.errors
        );
    }
}
