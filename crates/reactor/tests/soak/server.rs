//! The echo server: carries out orders, pauses and moves its clients at random, and keeps its own books.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};

use barewire_reactor::{
    Event, Input, Interest, Key, Output, RawKey, Reactor, Ready, Stats, TimerKey, Waker,
};

use crate::books::Served;
use crate::orders::{CUT, Order};
use crate::support::PATIENCE;
use crate::support::load::Rng;
use crate::{random_mode, small_shares};

/// Beyond this a client that does not read is not read from either.
const UNSENT_MAX: usize = 8 * 1024;

pub(crate) struct Server {
    reactor: Reactor,
    listeners: Vec<Key<TcpListener>>,
    /// By dense index.
    clients: Vec<Option<Client>>,
    client_count: usize,
    paused_count: usize,
    source_count_max: usize,
    rng: Rng,
    buf: Vec<u8>,
    served: Served,
}

struct Client {
    key: Key<TcpStream>,
    /// The turn in which its key was made.
    since: u64,
    order: Option<Order>,
    received: usize,
    unsent: Vec<u8>,
    ended: bool,
    half_closed: bool,
    pause: Option<TimerKey>,
    /// Whether a hang-up was told during this pause.
    told: bool,
}

enum Fate {
    Stays { idle: bool },
    Over,
    Reset,
}

impl Server {
    /// A server with some listeners: all addresses of the machine's own range would not do for the connections of a
    /// minute to one port.
    pub(crate) fn new(seed: u64) -> io::Result<(Self, Vec<SocketAddr>)> {
        let mut reactor = Reactor::with_config(small_shares())?;
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for _ in 0..4 {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            socket2::SockRef::from(&listener).listen(1024)?;
            addresses.push(listener.local_addr()?);
            listeners.push(reactor.insert(listener, Interest::READABLE)?);
        }
        let server = Self {
            reactor,
            listeners,
            clients: Vec::new(),
            client_count: 0,
            paused_count: 0,
            source_count_max: 0,
            rng: Rng::new(seed),
            buf: vec![0; 4096],
            served: Served::default(),
        };
        Ok((server, addresses))
    }

    pub(crate) fn waker(&self) -> Waker {
        self.reactor.waker()
    }

    /// Serves until told to stop and left by the last client.
    pub(crate) fn run(mut self, stop: &AtomicBool) -> (Served, Stats) {
        while !stop.load(Ordering::Relaxed) || self.client_count > 0 {
            let turn = self.reactor.turn(Some(PATIENCE)).expect("a turn");
            assert!(!turn.is_idle(), "{} clients hang", self.client_count);
            while let Some(event) = self.reactor.next() {
                self.handle(event);
                // What is not taken comes again.
                if self.rng.once_in(100) {
                    break;
                }
            }
            let sources = self.client_count + self.listeners.len();
            assert_eq!(self.reactor.source_count(), sources);
            assert_eq!(self.reactor.timer_count(), self.paused_count);
        }
        for listener in std::mem::take(&mut self.listeners) {
            assert!(self.reactor.remove(listener).is_some());
        }
        let left = (self.reactor.source_count(), self.reactor.timer_count());
        assert_eq!(left, (0, 0));
        (self.served, self.reactor.stats())
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Io { key, .. } if self.listeners.contains(&key.typed()) => self.accept(key),
            Event::Io { key, ready } => self.report(key, ready),
            Event::Timer { key, tag } => self.resume(key, tag as usize),
            Event::Woken => {}
            other => panic!("{other:?}"),
        }
    }

    fn accept(&mut self, key: RawKey) {
        let listener = key.typed::<TcpListener>();
        while let Some((stream, _)) = self.reactor.accept(listener).expect("a listener") {
            // Little room, so that back-pressure is felt early.
            socket2::SockRef::from(&stream)
                .set_send_buffer_size(8 * 1024)
                .expect("a small buffer");
            let mode = random_mode(&mut self.rng, &self.reactor);
            let inserted = self
                .reactor
                .insert_with(stream, Interest::READABLE, mode)
                .expect("room");
            self.place(Client {
                key: inserted,
                since: self.reactor.stats().turns,
                order: None,
                received: 0,
                unsent: Vec::new(),
                ended: false,
                half_closed: false,
                pause: None,
                told: false,
            });
            self.served.accepted += 1;
        }
    }

    fn place(&mut self, client: Client) {
        let index = client.key.raw().index();
        self.source_count_max = self.source_count_max.max(self.reactor.source_count());
        assert!(index < self.source_count_max, "indices are dense");
        if self.clients.len() <= index {
            self.clients.resize_with(index + 1, || None);
        }
        let before = self.clients[index].replace(client);
        assert!(before.is_none(), "index {index} is taken");
        self.client_count += 1;
    }

    /// The client of a key, which must be one that is here now.
    fn take(&mut self, key: RawKey) -> Client {
        let client = self.clients.get_mut(key.index()).and_then(Option::take);
        let client = client.unwrap_or_else(|| panic!("an event of an unknown {key:?}"));
        assert_eq!(client.key.raw(), key, "an event of a removed key");
        self.client_count -= 1;
        client
    }

    fn report(&mut self, key: RawKey, ready: Ready) {
        let mut client = self.take(key);
        let turn = self.reactor.stats().turns;
        assert_ne!(client.since, turn, "told what was meant for another");
        if client.pause.is_some() {
            let asked = Ready::READABLE | Ready::WRITABLE | Ready::PRIORITY;
            assert!(!ready.intersects(asked), "{ready:?} of a paused source");
            assert!(!client.told, "a hang-up is told once");
            client.told = true;
            self.place(client);
            return;
        }
        self.served.idle_events += u64::from(self.serve(client));
        if self.rng.once_in(20) {
            self.move_someone();
        }
    }

    fn resume(&mut self, timer: TimerKey, index: usize) {
        let client = self.clients.get(index).and_then(Option::as_ref);
        let client = client.expect("a timer of a client that is here");
        assert_eq!(client.pause, Some(timer), "a timer of somebody else");
        let mut client = self.take(client.key.raw());
        client.pause = None;
        client.told = false;
        self.paused_count -= 1;
        self.serve(client);
    }

    /// Says whether there was nothing to do.
    fn serve(&mut self, mut client: Client) -> bool {
        match self.exchange(&mut client) {
            Ok(Fate::Stays { idle }) => {
                self.go_on(client);
                return idle;
            }
            Ok(Fate::Over) => {
                self.served.ended += 1;
                assert!(self.reactor.remove(client.key).is_some());
            }
            Ok(Fate::Reset) => {
                self.served.reset += 1;
                let stream = self.reactor.remove(client.key).expect("a client");
                crate::support::reset(stream);
            }
            Err(_) => {
                self.served.lost += 1;
                assert!(self.reactor.remove(client.key).is_some());
            }
        }
        false
    }

    /// Reads and writes until nothing moves.
    fn exchange(&mut self, client: &mut Client) -> io::Result<Fate> {
        let mut idle = true;
        loop {
            let mut moved = false;
            let room = UNSENT_MAX.saturating_sub(client.unsent.len());
            if !client.ended && room > 0 {
                let max = self.rng.range(1, self.buf.len() + 1).min(room);
                match self.reactor.read(client.key, &mut self.buf[..max])? {
                    Input::Bytes(n) => {
                        client.take_in(&self.buf[..n]);
                        moved = true;
                    }
                    Input::End => {
                        client.ended = true;
                        moved = true;
                    }
                    Input::Blocked => {}
                }
            }
            if client.order == Some(Order::Reset) && client.received >= CUT {
                return Ok(Fate::Reset);
            }
            if !client.unsent.is_empty() {
                let max = self.rng.range(1, UNSENT_MAX).min(client.unsent.len());
                if let Output::Bytes(n) = self.reactor.write(client.key, &client.unsent[..max])? {
                    client.unsent.drain(..n);
                    self.served.echoed_bytes += n as u64;
                    moved = true;
                }
            }
            let cut = client.order == Some(Order::HalfClose) && client.received >= CUT;
            if cut && client.unsent.is_empty() && !client.half_closed {
                let stream = self.reactor.get(client.key).expect("a client");
                stream.shutdown(Shutdown::Write)?;
                client.half_closed = true;
                self.served.half_closed += 1;
            }
            if client.ended && client.unsent.is_empty() {
                return Ok(Fate::Over);
            }
            if !moved {
                return Ok(Fate::Stays { idle });
            }
            idle = false;
        }
    }

    /// Watches on, or pauses.
    fn go_on(&mut self, mut client: Client) {
        if self.rng.once_in(20) {
            self.reactor
                .set_interest(client.key, Interest::NONE)
                .expect("a pause");
            let until = self.reactor.now() + self.rng.millis(1, 30);
            let tag = client.key.raw().index() as u64;
            client.pause = Some(self.reactor.timer(until, tag));
            self.paused_count += 1;
            self.served.paused += 1;
        } else {
            self.reactor
                .set_interest(client.key, client.interest())
                .expect("an interest");
        }
        self.place(client);
    }

    /// Takes anyone's stream out and puts it in again, whatever may have been reported of it.
    fn move_someone(&mut self) {
        let index = self.rng.range(0, self.clients.len());
        let moves = |client: &&Client| client.pause.is_none();
        let Some(client) = self.clients[index].as_ref().filter(moves) else {
            return;
        };
        let mut client = self.take(client.key.raw());
        let stream = self.reactor.remove(client.key).expect("a client");
        assert!(self.reactor.get(client.key).is_none());
        let mode = random_mode(&mut self.rng, &self.reactor);
        let key = self
            .reactor
            .insert_with(stream, client.interest(), mode)
            .expect("room");
        assert_ne!(key, client.key);
        client.key = key;
        client.since = self.reactor.stats().turns;
        self.place(client);
        self.served.moved += 1;
    }
}

impl Client {
    fn take_in(&mut self, mut bytes: &[u8]) {
        if self.order.is_none() {
            self.order = Some(Order::of(bytes[0]));
            bytes = &bytes[1..];
        }
        let wanted = match self.order {
            Some(Order::HalfClose) => CUT.saturating_sub(self.received).min(bytes.len()),
            _ => bytes.len(),
        };
        self.received += bytes.len();
        self.unsent.extend_from_slice(&bytes[..wanted]);
    }

    fn interest(&self) -> Interest {
        let mut interest = Interest::NONE;
        if !self.ended && self.unsent.len() < UNSENT_MAX {
            interest |= Interest::READABLE;
        }
        if !self.unsent.is_empty() {
            interest |= Interest::WRITABLE;
        }
        interest
    }
}
