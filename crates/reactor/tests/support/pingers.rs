//! Quiet clients that send one byte, wait for its echo and send the next, all on the loop's own thread: their waiting
//! is counted in turns, so no clock and no scheduler has a say in it.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use barewire_reactor::{Event, Input, Interest, Key, Output, Reactor};

use super::{PATIENCE, pair};

pub(crate) struct Pingers {
    pingers: Vec<Pinger>,
    turn: u64,
    /// In how many turns a byte that has arrived must be read.
    turns_max: u64,
    pings_each: u32,
}

struct Pinger {
    key: Key<TcpStream>,
    far: TcpStream,
    /// Whether its ping is under way.
    waits: bool,
    /// The first turn that began with its ping at our door.
    arrived: Option<u64>,
    echoed: u32,
}

impl Pingers {
    /// So many clients, each to be answered so often.
    pub(crate) fn new(reactor: &mut Reactor, count: usize, pings_each: u32) -> Self {
        let pingers = (0..count).map(|_| {
            let (near, far) = pair();
            far.set_nonblocking(true).expect("non-blocking");
            let key = reactor.insert(near, Interest::READABLE).expect("room");
            Pinger {
                key,
                far,
                waits: false,
                arrived: None,
                echoed: 0,
            }
        });
        Self {
            pingers: pingers.collect(),
            turn: 0,
            // What is at our door when a turn begins is read in it, or in the next if it was on the threshold.
            turns_max: 2,
            pings_each,
        }
    }

    /// Allows more turns, for loops that cannot report everyone in one.
    pub(crate) fn within_turns(mut self, turns_max: u64) -> Self {
        self.turns_max = turns_max;
        self
    }

    /// Turns the loop until every pinger has had its echoes and `load` says that it is done. `load` is called before
    /// every turn with `None`, and with each event that is not of a pinger.
    #[track_caller]
    pub(crate) fn until(
        &mut self,
        reactor: &mut Reactor,
        mut load: impl FnMut(&mut Reactor, Option<Event>) -> bool,
    ) {
        let deadline = Instant::now() + PATIENCE;
        while !load(reactor, None) || !self.are_content() {
            self.turn += 1;
            self.ping();
            self.look(reactor);
            reactor.turn(Some(PATIENCE)).expect("a turn");
            while let Some(event) = reactor.next() {
                if !self.serve(reactor, event) {
                    load(reactor, Some(event));
                }
            }
            assert!(Instant::now() < deadline, "unanswered: {}", self.waiting());
        }
    }

    pub(crate) fn turns(&self) -> u64 {
        self.turn
    }

    fn are_content(&self) -> bool {
        self.pingers
            .iter()
            .all(|pinger| pinger.echoed >= self.pings_each)
    }

    fn waiting(&self) -> usize {
        self.pingers.iter().filter(|pinger| pinger.waits).count()
    }

    /// Takes echoes, and sends the next pings. Goes on when all are content, so that the load is never alone.
    fn ping(&mut self) {
        for pinger in &mut self.pingers {
            let mut byte = [0];
            if pinger.waits {
                match pinger.far.read(&mut byte) {
                    Ok(n) => assert_eq!((n, byte[0]), (1, pinger.echoed as u8)),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                    Err(error) => panic!("a pinger: {error}"),
                }
                pinger.echoed += 1;
            }
            pinger.far.write_all(&[pinger.echoed as u8]).expect("room");
            pinger.waits = true;
        }
    }

    #[track_caller]
    fn look(&mut self, reactor: &Reactor) {
        for pinger in &mut self.pingers {
            let stream = reactor.get(pinger.key).expect("a pinger");
            if stream.peek(&mut [0]).is_ok() {
                let arrived = *pinger.arrived.get_or_insert(self.turn);
                let turns = self.turn - arrived;
                assert!(turns < self.turns_max, "unread after {turns} turns");
            }
        }
    }

    /// Echoes if it is a pinger's event, and says whether it was.
    #[track_caller]
    fn serve(&mut self, reactor: &mut Reactor, event: Event) -> bool {
        let Event::Io { key, .. } = event else {
            return false;
        };
        let pinger = self.pingers.iter_mut().find(|one| one.key.raw() == key);
        let Some(pinger) = pinger else {
            return false;
        };
        let mut byte = [0];
        match reactor.read(pinger.key, &mut byte).expect("a pinger") {
            Input::Bytes(_) => {
                let echo = reactor.write(pinger.key, &byte).expect("a pinger");
                assert_eq!(echo, Output::Bytes(1));
                pinger.arrived = None;
            }
            Input::Blocked => {}
            Input::End => panic!("a pinger left"),
        }
        true
    }
}
