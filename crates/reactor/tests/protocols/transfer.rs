//! A file's worth of bytes from one loop to another, by short reads and writes, to a sink that keeps asking for time.

use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use barewire_reactor::{Event, Input, Interest, Output, Reactor, Stats};

use crate::support::PATIENCE;
use crate::support::load::{Pattern, Rng, resident_bytes};

const TOTAL: usize = 1 << 30;
const BUF: usize = 64 * 1024;
/// How much the process may grow meanwhile, the sockets' buffers not counted.
const RESIDENT_GROWTH_MAX: usize = 32 << 20;

/// Mostly large, sometimes tiny.
const fn some_length(rng: &mut Rng) -> usize {
    if rng.once_in(50) {
        rng.range(1, 10)
    } else {
        rng.range(1000, BUF + 1)
    }
}

fn send(stream: TcpStream, pattern: &Pattern) -> Stats {
    let mut reactor = Reactor::new().expect("a reactor");
    let key = reactor.insert(stream, Interest::WRITABLE).expect("room");
    let mut rng = Rng::new(1);
    let mut sent = 0;
    while sent < TOTAL {
        assert!(!reactor.turn(Some(PATIENCE)).expect("a turn").is_idle());
        while let Some(event) = reactor.next() {
            assert!(matches!(event, Event::Io { key: told, .. } if told == key.raw()));
            while sent < TOTAL {
                let len = some_length(&mut rng).min(TOTAL - sent);
                let part = pattern.part(sent, len);
                match reactor.write(key, part).expect("a receiver") {
                    Output::Bytes(n) => sent += n,
                    Output::Blocked => break,
                }
            }
        }
    }
    reactor.stats()
}

/// Takes bytes, and after each 256 KiB or so wants to be left alone until the next turn.
struct Sink<'a> {
    pattern: &'a Pattern,
    got: usize,
    patience: usize,
}

impl Sink<'_> {
    /// How many bytes it takes now. Every byte is compared.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(self.patience);
        assert!(
            *self.pattern.part(self.got, n) == bytes[..n],
            "{}",
            self.got
        );
        self.got += n;
        self.patience -= n;
        n
    }
}

/// How often the sink had to be waited for.
fn receive(reactor: &mut Reactor, stream: TcpStream, sink: &mut Sink<'_>) -> usize {
    let key = reactor.insert(stream, Interest::READABLE).expect("room");
    let mut rng = Rng::new(2);
    let mut buf = vec![0; BUF];
    let (mut start, mut end) = (0, 0);
    let mut pauses = 0;
    loop {
        assert!(!reactor.turn(Some(PATIENCE)).expect("a turn").is_idle());
        while let Some(event) = reactor.next() {
            match event {
                Event::Io { .. } => {
                    assert_eq!(start, end, "a report during a pause");
                    let len = some_length(&mut rng);
                    match reactor.read(key, &mut buf[..len]).expect("a sender") {
                        Input::Bytes(n) => (start, end) = (0, n),
                        Input::End => return pauses,
                        Input::Blocked => {}
                    }
                }
                Event::Timer { .. } => sink.patience = rng.range(1, 512 * 1024),
                other => panic!("{other:?}"),
            }
            start += sink.take(&buf[start..end]);
            if start < end {
                pauses += usize::from(reactor.interest(key) == Some(Interest::READABLE));
                reactor.set_interest(key, Interest::NONE).expect("a pause");
                reactor.timer(reactor.now(), 0);
            } else {
                reactor
                    .set_interest(key, Interest::READABLE)
                    .expect("an interest");
            }
        }
    }
}

#[test]
fn a_gibibyte_arrives_whole_through_small_buffers_and_pauses() {
    let pattern = Pattern::new(3);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (receiver, _) = listener.accept().unwrap();
    let before = resident_bytes();
    let start = Instant::now();
    let mut reactor = Reactor::new().unwrap();
    let mut sink = Sink {
        pattern: &pattern,
        got: 0,
        patience: 0,
    };
    let (sent, pauses) = std::thread::scope(|scope| {
        let sender = scope.spawn(|| send(sender, &pattern));
        let pauses = receive(&mut reactor, receiver, &mut sink);
        (sender.join().expect("the sender"), pauses)
    });
    println!("{TOTAL} bytes in {:?}, {pauses} pauses", start.elapsed());
    assert_eq!(sink.got, TOTAL);
    assert!(pauses >= TOTAL / (1 << 20), "{pauses}");
    let got = reactor.stats();
    // Windows takes a paused socket out.
    let changes = got.modifies + got.adds + got.deletes - 1;
    assert_eq!(changes, 2 * pauses as u64, "a pause and its end");
    // Neither side went round without moving anything for long.
    for stats in [sent, got] {
        assert!(stats.waits < (TOTAL / 1000) as u64, "{stats:?}");
    }
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        assert!(
            after < before + RESIDENT_GROWTH_MAX,
            "{before}, then {after}"
        );
    }
}
