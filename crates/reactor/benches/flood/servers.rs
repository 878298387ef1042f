//! Two loops with the same duties: echo the pings, count the flood, see to the timers.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use barewire_reactor::{Event, Input, Interest, Output, RawKey, Reactor};

/// The number of the flooding connection.
pub(crate) const FLOODER: usize = 0;

const BUF: usize = 64 * 1024;
const EVENTS: usize = 1024;

/// What a server has done.
#[derive(Default)]
pub(crate) struct Served {
    /// Bytes of the flood.
    pub(crate) flooded: u64,
    /// How late each timer was.
    pub(crate) late: Vec<Duration>,
}

/// Serves these connections until all have ended and all timers, armed for these ascending deadlines, have fired.
pub(crate) type Server = fn(Vec<TcpStream>, Vec<Instant>) -> Served;

/// Reads each event's connection until [`Input::Blocked`], which its share of the turn brings about if nothing else.
pub(crate) fn reactor(streams: Vec<TcpStream>, deadlines: Vec<Instant>) -> Served {
    let mut reactor = Reactor::new().expect("a reactor");
    for stream in streams {
        reactor.insert(stream, Interest::READABLE).expect("room");
    }
    for (deadline, tag) in deadlines.iter().zip(0..) {
        reactor.timer(*deadline, tag);
    }
    let mut served = Served::default();
    let mut buf = vec![0; BUF];
    while reactor.source_count() + reactor.timer_count() > 0 {
        reactor.turn(None).expect("a turn");
        while let Some(event) = reactor.next() {
            match event {
                Event::Timer { tag, .. } => served.late.push(lateness(deadlines[tag as usize])),
                Event::Io { key, .. } if !drain_share(&mut reactor, key, &mut buf, &mut served) => {
                    drop(reactor.remove(key.typed::<TcpStream>()));
                }
                _ => {}
            }
        }
    }
    served
}

/// Reads until it is enough for this turn; whether more may come.
fn drain_share(reactor: &mut Reactor, key: RawKey, buf: &mut [u8], served: &mut Served) -> bool {
    let stream = key.typed::<TcpStream>();
    loop {
        match reactor.read(stream, buf).expect("a read") {
            Input::End => return false,
            Input::Bytes(n) if key.index() == FLOODER => served.flooded += n as u64,
            Input::Bytes(n) => {
                let sent = reactor.write(stream, &buf[..n]).expect("a write");
                assert_eq!(sent, Output::Bytes(n));
            }
            Input::Blocked => return true,
        }
    }
}

/// Reads each event's connection until it is empty, as an edge asks for; the timers come after the events.
pub(crate) fn draining_mio(streams: Vec<TcpStream>, deadlines: Vec<Instant>) -> Served {
    let mut poll = mio::Poll::new().expect("a poll");
    let mut streams: Vec<_> = streams
        .into_iter()
        .map(|stream| Some(mio::net::TcpStream::from_std(stream)))
        .collect();
    for (n, stream) in streams.iter_mut().flatten().enumerate() {
        poll.registry()
            .register(stream, mio::Token(n), mio::Interest::READABLE)
            .expect("room");
    }
    let mut events = mio::Events::with_capacity(EVENTS);
    let mut open = streams.len();
    let mut timers = deadlines.into_iter().peekable();
    let mut served = Served::default();
    let mut buf = vec![0; BUF];
    while open > 0 || timers.peek().is_some() {
        let next = timers.peek();
        let limit = next.map(|at| at.saturating_duration_since(Instant::now()));
        poll.poll(&mut events, limit).expect("a wait");
        for event in &events {
            let n = event.token().0;
            if let Some(stream) = &mut streams[n]
                && !drain(stream, n, &mut buf, &mut served)
            {
                streams[n] = None;
                open -= 1;
            }
        }
        while let Some(at) = timers.next_if(|&at| at <= Instant::now()) {
            served.late.push(lateness(at));
        }
    }
    served
}

/// Reads until there is nothing more; whether more may come.
fn drain(stream: &mut mio::net::TcpStream, n: usize, buf: &mut [u8], served: &mut Served) -> bool {
    loop {
        match stream.read(buf) {
            Ok(0) => return false,
            Ok(bytes) if n == FLOODER => served.flooded += bytes as u64,
            Ok(bytes) => assert_eq!(stream.write(&buf[..bytes]).expect("a write"), bytes),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Interrupted),
        }
    }
}

/// Panics if it is early.
fn lateness(deadline: Instant) -> Duration {
    Instant::now()
        .checked_duration_since(deadline)
        .expect("a timer is never early")
}
