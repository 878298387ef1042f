//! What the tests share: the built program under a deadline, and sockets beside it. All of it stays on loopback.
#![allow(dead_code, reason = "each test file uses a part of this")]
#![allow(unused_imports, reason = "each test file uses a part of this")]

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Command, Stdio};

pub(crate) use barewire_proving::{Ended, PATIENCE, Program, eventually};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_bw-cast");

/// The interface of loopback, on every system.
pub(crate) const LOOPBACK: [&str; 2] = ["--interface", "127.0.0.1"];

/// What everybody on loopback hears.
pub(crate) const EVERYBODY: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);

/// The program with these words and nothing to read.
pub(crate) fn cast(words: &[&str]) -> Command {
    let mut command = barewire_proving::command(PROGRAM);
    command.args(words);
    command
}

/// `bw-cast listen` on loopback, on a port of the system's choice, once it listens; and that port.
#[track_caller]
pub(crate) fn listen(words: &[&str]) -> (Program, u16) {
    listen_on(0, words)
}

/// The same on a certain port.
#[track_caller]
pub(crate) fn listen_on(port: u16, words: &[&str]) -> (Program, u16) {
    let port = port.to_string();
    let words = [&["listen", "--port", &port], &LOOPBACK[..], words].concat();
    let program = Program::start(cast(&words));
    let port = program.address().port();
    (program, port)
}

/// A socket on loopback that gives up receiving at some time.
pub(crate) fn socket() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
    socket
}

/// A socket that hears what is for everybody on loopback, and its port.
pub(crate) fn socket_of_everybody() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let port = socket.local_addr().expect("bound").port();
    (socket, port)
}

/// The next datagram, and who sent it.
#[track_caller]
pub(crate) fn receive(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buf = vec![0; 65_536];
    let (length, source) = socket.recv_from(&mut buf).expect("a datagram in time");
    buf.truncate(length);
    (buf, source)
}

/// Runs it to its end.
#[track_caller]
pub(crate) fn run(words: &[&str]) -> Ended {
    Program::start(cast(words)).wait()
}

/// What `listen` has shown.
pub(crate) trait Shown {
    /// What stands behind the front of each line: time, sender, interface.
    fn said(&self) -> Vec<String>;
}

impl Shown for Ended {
    #[track_caller]
    fn said(&self) -> Vec<String> {
        let text = self.text();
        assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
        let said = |line: &str| {
            let mut columns = line.splitn(4, ' ');
            let time = columns.next().expect("a time");
            assert!(time.len() == 27 && time.ends_with('Z'), "{line}");
            let source = columns.next().expect("a sender");
            assert!(source.parse::<SocketAddr>().is_ok(), "{line}");
            assert!(columns.next().is_some(), "{line}");
            columns.next().expect("a length").to_owned()
        };
        text.lines().map(said).collect()
    }
}

/// Whether this machine has that program; a line if not.
pub(crate) fn has(program: &str, flag: &str) -> bool {
    let ran = Command::new(program)
        .arg(flag)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let has = ran.is_ok_and(|status| status.success());
    if !has {
        println!("skipped: no {program} here");
    }
    has
}
