//! The clients: each lives by an order and a manner drawn at random, and checks every byte it gets back.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use barewire_reactor::{
    Event, Input, Interest, Key, Output, RawKey, Reactor, Ready, Stats, TimerKey,
};

use crate::books::Lived;
use crate::client::{Client, Manner, begin_to_connect};
use crate::orders::Order;
use crate::support::PATIENCE;
use crate::support::load::{Pattern, Rng, resident_bytes};
use crate::{random_mode, small_shares};

enum Place {
    /// Empty until this timer.
    Empty(TimerKey),
    Taken(Box<Client>),
    /// Empty for good.
    Closed,
}

enum Fate {
    Stays { idle: bool },
    Over,
}

pub(crate) struct Clients<'a> {
    reactor: Reactor,
    addresses: Vec<SocketAddr>,
    places: Vec<Place>,
    /// The place of each source, by dense index.
    place_of: Vec<usize>,
    timer_count: usize,
    taken_count: usize,
    pattern: &'a Pattern,
    rng: Rng,
    buf: Vec<u8>,
    lived: Lived,
}

impl<'a> Clients<'a> {
    pub(crate) fn new(
        count: usize,
        addresses: Vec<SocketAddr>,
        pattern: &'a Pattern,
        seed: u64,
    ) -> io::Result<Self> {
        let mut reactor = Reactor::with_config(small_shares())?;
        let mut rng = Rng::new(seed);
        let places = (0..count).map(|place| {
            let at = reactor.now() + rng.millis(0, 200);
            Place::Empty(reactor.timer(at, place as u64))
        });
        Ok(Self {
            places: places.collect(),
            reactor,
            addresses,
            place_of: Vec::new(),
            timer_count: count,
            taken_count: 0,
            pattern,
            rng,
            buf: vec![0; 8192],
            lived: Lived::default(),
        })
    }

    /// Lives for so long, then until the last client is done.
    pub(crate) fn run(mut self, time: Duration) -> (Lived, Stats) {
        let start = Instant::now();
        let end = start + time;
        let mut sample_at = start + time / 4;
        while self.taken_count > 0 || Instant::now() < end {
            let turn = self.reactor.turn(Some(PATIENCE)).expect("a turn");
            assert!(!turn.is_idle(), "{} clients hang", self.taken_count);
            while let Some(event) = self.reactor.next() {
                match event {
                    Event::Io { key, ready } => self.report(key, ready),
                    Event::Timer { key, tag } => self.alarm(key, tag as usize, end),
                    other => panic!("{other:?}"),
                }
                // What is not taken comes again.
                if self.rng.once_in(100) {
                    break;
                }
            }
            assert_eq!(self.reactor.source_count(), self.taken_count);
            assert_eq!(self.reactor.timer_count(), self.timer_count);
            if self.reactor.now() >= sample_at && sample_at <= end {
                self.sample();
                sample_at += (time / 16).max(Duration::from_millis(1));
            }
            assert!(
                self.reactor.now() < end + PATIENCE,
                "clients that never end"
            );
        }
        for place in &self.places {
            if let Place::Empty(timer) = *place {
                assert!(self.reactor.cancel(timer));
            }
        }
        let left = (self.reactor.source_count(), self.reactor.timer_count());
        assert_eq!(left, (0, 0));
        (self.lived, self.reactor.stats())
    }

    fn sample(&mut self) {
        let resident = resident_bytes().unwrap_or(0);
        if self.lived.resident_warm == 0 {
            self.lived.resident_warm = resident;
        }
        self.lived.resident_end = resident;
        self.lived.resident_max = self.lived.resident_max.max(resident);
    }

    /// The place of a key, which must be that of a client who is here now.
    fn place(&self, key: RawKey) -> usize {
        let place = *self.place_of.get(key.index()).expect("a known index");
        match &self.places[place] {
            Place::Taken(client) if client.key.raw() == key => place,
            _ => panic!("an event of an unknown or removed {key:?}"),
        }
    }

    fn report(&mut self, key: RawKey, ready: Ready) {
        let place = self.place(key);
        let Place::Taken(client) = &self.places[place] else {
            unreachable!("checked by place()")
        };
        if client.manner == Manner::Moody && client.rest.is_some() {
            let asked = Ready::READABLE | Ready::WRITABLE | Ready::PRIORITY;
            assert!(!ready.intersects(asked), "{ready:?} of a paused source");
            return;
        }
        let idle = self.serve(place);
        self.lived.idle_events += u64::from(idle);
    }

    fn alarm(&mut self, timer: TimerKey, place: usize, end: Instant) {
        self.timer_count -= 1;
        match &mut self.places[place] {
            Place::Empty(own) => {
                assert_eq!(*own, timer, "a timer of somebody else");
                self.places[place] = Place::Closed;
                if self.reactor.now() < end {
                    self.be_born(place);
                }
            }
            Place::Taken(client) => {
                assert_eq!(client.rest, Some(timer), "a timer of somebody else");
                client.rest = None;
                self.serve(place);
            }
            Place::Closed => panic!("a timer of nobody"),
        }
    }

    fn leave_empty(&mut self, place: usize) {
        let at = self.reactor.now() + self.rng.millis(0, 500);
        self.places[place] = Place::Empty(self.reactor.timer(at, place as u64));
        self.timer_count += 1;
    }

    fn be_born(&mut self, place: usize) {
        let address = self.addresses[self.rng.range(0, self.addresses.len())];
        let stream = match begin_to_connect(address) {
            Ok(stream) => stream,
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                self.lived.postponed += 1;
                return self.leave_empty(place);
            }
            Err(error) => panic!("cannot connect to {address}: {error}"),
        };
        let mode = random_mode(&mut self.rng, &self.reactor);
        let key = self
            .reactor
            .insert_with(stream, Interest::WRITABLE, mode)
            .expect("room");
        let client = Client::draw(key, mode, &mut self.rng);
        self.remember(key, place);
        self.places[place] = Place::Taken(Box::new(client));
        self.taken_count += 1;
    }

    fn remember(&mut self, key: Key<TcpStream>, place: usize) {
        let index = key.raw().index();
        let len = self.place_of.len().max(index + 1);
        assert!(len <= self.places.len(), "indices are dense");
        self.place_of.resize(len, usize::MAX);
        self.place_of[index] = place;
    }

    /// Lets a client do what it can, and says whether that was nothing.
    fn serve(&mut self, place: usize) -> bool {
        let taken = std::mem::replace(&mut self.places[place], Place::Closed);
        let Place::Taken(mut client) = taken else {
            panic!("nobody is here")
        };
        match self.exchange(&mut client) {
            Ok(Fate::Stays { idle }) => {
                self.go_on(&mut client, place);
                self.places[place] = Place::Taken(client);
                return idle;
            }
            Ok(Fate::Over) => {}
            Err(error) => {
                assert_eq!(client.order, Order::Reset, "unasked: {error}");
                assert!(client.ordered, "before it was asked: {error}");
                self.lived.reset_upon += 1;
            }
        }
        if let Some(timer) = client.rest.take() {
            assert!(self.reactor.cancel(timer));
            self.timer_count -= 1;
        }
        let stream = self.reactor.remove(client.key).expect("a client");
        self.taken_count -= 1;
        if client.manner == Manner::Killer && client.sent >= client.leave_at {
            crate::support::reset(stream);
        }
        self.leave_empty(place);
        false
    }

    /// Reads and writes until nothing moves.
    fn exchange(&mut self, client: &mut Client) -> io::Result<Fate> {
        if !client.connected {
            let stream = self.reactor.get(client.key).expect("a client");
            if let Some(error) = stream.take_error()? {
                panic!("refused: {error}");
            }
            client.connected = true;
            self.lived.connected += 1;
        }
        let mut idle = true;
        loop {
            let moved = self.read(client)? | self.write(client)?;
            if client.sent >= client.leave_at {
                match client.manner {
                    Manner::Killer => self.lived.killed += 1,
                    _ => self.lived.left += 1,
                }
                return Ok(Fate::Over);
            }
            if client.ended && client.finished {
                match client.order {
                    Order::Echo => self.lived.survived += 1,
                    Order::HalfClose => self.lived.half_closed_upon += 1,
                    Order::Reset if cfg!(windows) => self.lived.reset_upon += 1,
                    Order::Reset => panic!("an end instead of a reset"),
                }
                return Ok(Fate::Over);
            }
            if !moved {
                return Ok(Fate::Stays { idle });
            }
            idle = false;
        }
    }

    fn read(&mut self, client: &mut Client) -> io::Result<bool> {
        if client.ended || client.rest.is_some() {
            return Ok(false);
        }
        let max = match client.manner {
            Manner::Slow => 2048,
            _ => self.rng.range(1, self.buf.len() + 1),
        };
        match self.reactor.read(client.key, &mut self.buf[..max])? {
            Input::Bytes(n) => {
                let due = self.pattern.part(client.origin + client.got, n);
                assert!(self.buf[..n] == *due, "a wrong byte after {}", client.got);
                client.got += n;
                assert!(client.got <= client.sent, "more back than was sent");
                self.lived.checked_bytes += n as u64;
                if client.manner == Manner::Slow {
                    self.rest(client, 2, 30);
                }
                Ok(true)
            }
            Input::End => {
                // Windows may call a reset an end.
                let reset = cfg!(windows) && client.order == Order::Reset;
                assert!(
                    reset || client.got == client.owed(),
                    "{:?} ended early",
                    client.order
                );
                client.ended = true;
                Ok(true)
            }
            Input::Blocked => Ok(false),
        }
    }

    fn write(&mut self, client: &mut Client) -> io::Result<bool> {
        if !client.ordered {
            let order = [client.order.byte()];
            client.ordered = self.reactor.write(client.key, &order)? == Output::Bytes(1);
            return Ok(client.ordered);
        }
        if client.sent < client.total {
            let len = self.rng.range(1, 16 * 1024).min(client.total - client.sent);
            let part = self.pattern.part(client.origin + client.sent, len);
            let Output::Bytes(n) = self.reactor.write(client.key, part)? else {
                return Ok(false);
            };
            client.sent += n;
            return Ok(true);
        }
        if client.finished {
            return Ok(false);
        }
        let stream = self.reactor.get(client.key).expect("a client");
        stream.shutdown(Shutdown::Write)?;
        client.finished = true;
        Ok(true)
    }

    fn rest(&mut self, client: &mut Client, from_ms: usize, to_ms: usize) {
        let at = self.reactor.now() + self.rng.millis(from_ms, to_ms);
        let place = self.place_of[client.key.raw().index()] as u64;
        client.rest = Some(self.reactor.timer(at, place));
        self.timer_count += 1;
        self.lived.paused += 1;
    }

    /// Watches on, pauses, or moves to a new key.
    fn go_on(&mut self, client: &mut Client, place: usize) {
        if client.manner == Manner::Mover && self.rng.once_in(4) {
            let stream = self.reactor.remove(client.key).expect("a client");
            client.mode = random_mode(&mut self.rng, &self.reactor);
            let key = self
                .reactor
                .insert_with(stream, client.interest(), client.mode)
                .expect("room");
            assert_ne!(key, client.key);
            assert!(self.reactor.get(client.key).is_none());
            client.key = key;
            self.remember(key, place);
            self.lived.moved += 1;
            return;
        }
        let pauses = client.manner == Manner::Moody && self.rng.once_in(4);
        let interest = if pauses {
            self.rest(client, 10, 200);
            Interest::NONE
        } else {
            client.interest()
        };
        self.reactor
            .set_interest(client.key, interest)
            .expect("an interest");
    }
}
