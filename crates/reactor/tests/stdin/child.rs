//! The program whose standard input is tested. It says what it found on standard output, one fact a line.

use std::io::{Write, stdin};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use barewire_reactor::{Event, Input, Interest, Key, Output, Reactor, Stdin};
use rustix::fs::{OFlags, fcntl_getfl, tell};

use crate::support::{PATIENCE, quiet_time, report_of, until};

/// The variable that makes this program a child, and says what it is to do.
pub(crate) const TASK: &str = "BAREWIRE_STDIN_TASK";
/// Where the parent listens, for the task that has a socket as well.
pub(crate) const PEER: &str = "BAREWIRE_STDIN_PEER";

pub(crate) fn main(task: &str) {
    // The parent waits for every line, so a read that waits has to fail here.
    std::thread::spawn(|| {
        std::thread::sleep(2 * PATIENCE);
        eprintln!("no progress");
        std::process::exit(101);
    });
    assert!(!is_nonblocking(), "not before either");
    match task {
        "drain" => drain(),
        "chunks" => chunks(),
        "beside" => beside_a_socket(),
        "pause" => pause(),
        "drop" => dropped_early(false),
        "leak" => dropped_early(true),
        other => panic!("no task {other}"),
    }
    assert!(!is_nonblocking(), "the mode is the terminal's");
}

/// FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>), which notices any exchange of bytes.
pub(crate) struct Sum {
    bytes: u64,
    hash: u64,
}

impl Sum {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: 0,
            hash: 0xcbf2_9ce4_8422_2325,
        }
    }

    pub(crate) fn add(mut self, bytes: &[u8]) -> Self {
        self.bytes += bytes.len() as u64;
        for byte in bytes {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self
    }

    pub(crate) fn text(&self) -> String {
        format!("{} bytes, {:016x}", self.bytes, self.hash)
    }
}

fn say(fact: std::fmt::Arguments<'_>) {
    let mut out = std::io::stdout();
    writeln!(out, "{fact}")
        .and_then(|()| out.flush())
        .expect("a parent");
}

fn is_nonblocking() -> bool {
    fcntl_getfl(stdin())
        .expect("flags")
        .contains(OFlags::NONBLOCK)
}

fn start(interest: Interest) -> (Reactor, Key<Stdin>) {
    let mut reactor = Reactor::new().expect("a reactor");
    let input = Stdin::new().expect("a standard input");
    let key = reactor.insert(input, interest).expect("a source");
    let threaded = reactor.get(key).expect("held").is_threaded();
    say(format_args!("threaded: {threaded}"));
    (reactor, key)
}

/// Before the parent has heard that this is ready. A read must not wait either.
fn nothing_comes(reactor: &mut Reactor, key: Key<Stdin>) {
    let (seen, waits) = quiet_time(reactor);
    assert!(seen.is_empty() && waits < 20, "{seen:?}, {waits} waits");
    let input = reactor.read(key, &mut [0; 8]).expect("a read");
    assert_eq!(input, Input::Blocked);
}

/// Reads to the end, which must come once and then cost nothing when paused or removed.
fn drain() {
    let (mut reactor, key) = start(Interest::READABLE);
    if std::env::var_os(PEER).is_some() {
        nothing_comes(&mut reactor, key);
    }
    say(format_args!("ready"));
    let sum = read_all(&mut reactor, key);
    say(format_args!("{}", sum.text()));
    assert_eq!(reactor.read(key, &mut [0; 8]).expect("a read"), Input::End);
    reactor.set_interest(key, Interest::NONE).expect("a pause");
    let (seen, waits) = quiet_time(&mut reactor);
    assert!(seen.len() <= 1 && waits < 20, "{seen:?}, {waits} waits");
    drop(reactor.remove(key).expect("held"));
    let (seen, waits) = quiet_time(&mut reactor);
    assert!(seen.is_empty() && waits < 20, "{seen:?}, {waits} waits");
}

fn read_all(reactor: &mut Reactor, key: Key<Stdin>) -> Sum {
    let mut sum = Some(Sum::new());
    let mut buf = vec![0; 32 * 1024];
    until(reactor, |reactor, event| {
        while event.is_some() {
            match reactor.read(key, &mut buf).expect("a read") {
                Input::Bytes(n) => sum = sum.take().map(|sum| sum.add(&buf[..n])),
                Input::End => return true,
                Input::Blocked => break,
            }
        }
        false
    });
    sum.expect("put back above")
}

/// Says what each read brought.
fn chunks() {
    let (mut reactor, key) = start(Interest::READABLE);
    nothing_comes(&mut reactor, key);
    say(format_args!("ready"));
    loop {
        assert!(report_of(&mut reactor, key.raw()).is_readable());
        let mut buf = [0; 256];
        match reactor.read(key, &mut buf).expect("a read") {
            Input::Bytes(n) => say(format_args!("{:?}", String::from_utf8_lossy(&buf[..n]))),
            Input::End => break,
            Input::Blocked => {}
        }
    }
    say(format_args!("end"));
}

/// Answers on a socket while input flows.
fn beside_a_socket() {
    let (mut reactor, key) = start(Interest::READABLE);
    let peer = std::env::var(PEER).expect("an address");
    let socket = TcpStream::connect(peer).expect("a connection");
    let socket = reactor.insert(socket, Interest::READABLE).expect("room");
    let mut sum = Some(Sum::new());
    let mut buf = vec![0; 4 * 1024];
    let mut open = 2;
    until(&mut reactor, |reactor, event| {
        let Some(Event::Io { key: told, .. }) = event else {
            return open == 0;
        };
        if told == key.raw() {
            match reactor.read(key, &mut buf).expect("a read") {
                Input::Bytes(n) => sum = sum.take().map(|sum| sum.add(&buf[..n])),
                Input::End => {
                    drop(reactor.remove(key));
                    open -= 1;
                }
                Input::Blocked => {}
            }
        } else {
            match reactor.read(socket, &mut buf).expect("a read") {
                Input::Bytes(n) => {
                    let sent = reactor.write(socket, &buf[..n]).expect("a write");
                    assert_eq!(sent, Output::Bytes(n));
                }
                Input::End => {
                    drop(reactor.remove(socket));
                    open -= 1;
                }
                Input::Blocked => {}
            }
        }
        open == 0
    });
    say(format_args!("{}", sum.expect("put back above").text()));
}

/// Reads nothing while paused, and a bounded part ahead where a thread reads.
fn pause() {
    const AHEAD_MAX: u64 = 64 * 1024 + 8 * 1024;
    let (mut reactor, key) = start(Interest::NONE);
    let ahead = |reactor: &mut Reactor, taken: u64| {
        let (seen, waits) = quiet_time(reactor);
        assert!(seen.is_empty() && waits < 20, "{seen:?}, {waits} waits");
        let ahead = tell(stdin()).expect("a file") - taken;
        if reactor.get(key).expect("held").is_threaded() {
            assert!(ahead > 0 && ahead <= AHEAD_MAX, "{ahead} bytes ahead");
        } else {
            assert_eq!(ahead, 0);
        }
    };
    ahead(&mut reactor, 0);
    reactor.set_interest(key, Interest::READABLE).expect("on");
    let mut buf = vec![0; 100_000];
    let mut taken = 0;
    until(&mut reactor, |reactor, event| {
        while event.is_some() && taken < buf.len() {
            match reactor.read(key, &mut buf[taken..]).expect("a read") {
                Input::Bytes(n) => taken += n,
                Input::Blocked => break,
                Input::End => panic!("the file is larger"),
            }
        }
        taken == buf.len()
    });
    reactor.set_interest(key, Interest::NONE).expect("off");
    // What is left of the last chunk has left the channel, so it counts on top.
    ahead(
        &mut reactor,
        (taken as u64)
            .next_multiple_of(8 * 1024)
            .min(tell(stdin()).expect("a file")),
    );
    reactor.set_interest(key, Interest::READABLE).expect("on");
    let sum = Sum::new().add(&buf);
    let mut sum = Some(sum);
    until(&mut reactor, |reactor, event| {
        while event.is_some() {
            match reactor.read(key, &mut buf).expect("a read") {
                Input::Bytes(n) => sum = sum.take().map(|sum| sum.add(&buf[..n])),
                Input::End => return true,
                Input::Blocked => break,
            }
        }
        false
    });
    say(format_args!("{}", sum.expect("put back above").text()));
}

/// Leaves with input unread: nothing may hold the process back.
fn dropped_early(leak: bool) {
    let (mut reactor, key) = start(Interest::READABLE);
    let start = Instant::now();
    if tell(stdin()).is_ok() {
        assert!(report_of(&mut reactor, key.raw()).is_readable());
        assert!(matches!(
            reactor.read(key, &mut [0; 10]).expect("a read"),
            Input::Bytes(10)
        ));
    } else {
        assert!(
            reactor
                .turn(Some(Duration::from_millis(50)))
                .expect("a turn")
                .is_idle()
        );
    }
    if leak {
        // The thread, if any, is waiting for room and goes on doing so.
        std::mem::forget(reactor);
    }
    assert!(start.elapsed() < PATIENCE);
    say(format_args!("leaving"));
}
