//! With socat and a few lines of Python, both ways: a datagram is its payload and nothing else.
#![cfg(unix)]

mod support;

use std::io::Write;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use support::{EVERYBODY, LOOPBACK, PATIENCE, Program, Shown as _, eventually, has, listen, run};

/// Ten lines of somebody else's: listens on a port of its own choice, prints it, then answers one datagram.
const PYTHON_LISTENS: &str = "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 0))
print('port', s.getsockname()[1], flush=True)
data, addr = s.recvfrom(65536)
print(repr(data), flush=True)
s.sendto(b'me', addr)
";

/// And the other way: says something to everybody, prints the answer.
const PYTHON_SAYS: &str = "
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.settimeout(60)
s.sendto(b'who\\0', (sys.argv[1], int(sys.argv[2])))
print(repr(s.recvfrom(65536)[0]), flush=True)
";

fn python(script: &str, words: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command
        .args(["-c", script])
        .args(words)
        .stdin(Stdio::null());
    command
}

#[test]
fn python_hears_and_answers() {
    if !has("python3", "--version") {
        return;
    }
    let other = Program::start(python(PYTHON_LISTENS, &[]));
    let port = other.wait_for_output("port ");
    let words = ["say", "who", "--port", &port, "--wait", "0.5"];
    let ended = run(&[&words[..], &LOOPBACK].concat()).expect(0);
    assert_eq!(ended.said(), ["2 me"]);
    assert!(other.wait().text().ends_with("b'who'\n"));
}

#[test]
fn python_is_heard_and_answered() {
    if !has("python3", "--version") {
        return;
    }
    let (listener, port) = listen(&["--reply", "me", "--count", "1"]);
    let words = [&*EVERYBODY.to_string(), &port.to_string()];
    let other = Program::start(python(PYTHON_SAYS, &words)).wait();
    assert_eq!(other.text(), "b'me'\n");
    assert_eq!(listener.wait().expect(0).said(), ["4 who\\x00"]);
}

#[test]
fn socat_is_heard_and_answered() {
    if !has("socat", "-V") {
        return;
    }
    let (listener, port) = listen(&["--raw", "--reply", "me", "--count", "1"]);
    let mut command = Command::new("socat");
    // Connected: it hears an answer from the port that it asked, and no other.
    command.args(["-T60", "-", &format!("UDP4:127.0.0.1:{port}")]);
    let (other, mut stdin) = Program::start_typing(command);
    stdin.write_all(b"who\n").expect("it reads");
    assert_eq!(listener.wait().expect(0).output, b"who\n");
    eventually(PATIENCE, || (other.output() == b"me").then_some(())).expect("an answer");
}

#[test]
fn socat_hears_what_everybody_hears() {
    if !has("socat", "-V") {
        return;
    }
    // A port that was free a moment ago: socat does not say which it has taken.
    let free = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a free port");
    let port = free.local_addr().expect("bound").port().to_string();
    drop(free);
    let mut command = Command::new("socat");
    command.args(["-u", &format!("UDP4-RECV:{port}"), "-"]);
    command.stdin(Stdio::null());
    let other = Program::start(command);
    // When it is ready it does not say either.
    let words = [&["say", "hello", "--port", &port], &LOOPBACK[..]].concat();
    eventually(PATIENCE, || {
        run(&words).expect(0);
        other.output().starts_with(b"hello").then_some(())
    })
    .expect("socat hears it");
}
