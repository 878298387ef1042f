//! What the test programs share: connected pairs, and turning the loop until something holds.
#![allow(dead_code, reason = "each test program uses its own part")]

pub(crate) mod load;
pub(crate) mod pingers;

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use barewire_reactor::{Event, RawKey, Reactor, Ready};

/// Long enough for any machine; reached only by a test that fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Two ends of one TCP connection over loopback.
pub(crate) fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let near = TcpStream::connect(address).expect("a connection");
    let (far, _) = listener.accept().expect("the other end");
    near.set_nodelay(true).expect("no delay");
    far.set_nodelay(true).expect("no delay");
    far.set_read_timeout(Some(PATIENCE))
        .expect("a read time-out");
    (near, far)
}

/// Closes a connection so that the peer sees a reset.
pub(crate) fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .expect("linger");
    drop(stream);
}

/// One turn of at most [`PATIENCE`] and all its events.
pub(crate) fn events(reactor: &mut Reactor) -> Vec<Event> {
    events_within(reactor, PATIENCE)
}

/// One turn of at most `wait` and all its events.
pub(crate) fn events_within(reactor: &mut Reactor, wait: Duration) -> Vec<Event> {
    reactor.turn(Some(wait)).expect("a turn");
    std::iter::from_fn(|| reactor.next()).collect()
}

/// Turns for 200 ms; the events, and how often the system was asked.
pub(crate) fn quiet_time(reactor: &mut Reactor) -> (Vec<Event>, u64) {
    let before = reactor.stats().waits;
    let end = Instant::now() + Duration::from_millis(200);
    let mut seen = Vec::new();
    while let Some(left) = end
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
    {
        seen.extend(events_within(reactor, left));
    }
    (seen, reactor.stats().waits - before)
}

/// Asserts 200 ms without an event and without a busy loop.
#[track_caller]
pub(crate) fn assert_quiet(reactor: &mut Reactor) {
    let (seen, waits) = quiet_time(reactor);
    assert_eq!(seen, []);
    assert!(waits < 20, "{waits} waits in 200 ms");
}

/// The next report of a source, skipping what else comes.
#[track_caller]
pub(crate) fn report_of(reactor: &mut Reactor, wanted: RawKey) -> Ready {
    let deadline = Instant::now() + PATIENCE;
    loop {
        for event in events(reactor) {
            match event {
                Event::Io { key, ready } if key == wanted => return ready,
                _ => {}
            }
        }
        assert!(Instant::now() < deadline, "no report of {wanted:?}");
    }
}

/// Turns the loop, calling `step` on every event and once after every turn, until it says true.
#[track_caller]
pub(crate) fn until(
    reactor: &mut Reactor,
    mut step: impl FnMut(&mut Reactor, Option<Event>) -> bool,
) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        reactor
            .turn(Some(Duration::from_millis(100)))
            .expect("a turn");
        while let Some(event) = reactor.next() {
            if step(reactor, Some(event)) {
                return;
            }
        }
        if step(reactor, None) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "what was waited for did not happen"
        );
    }
}
