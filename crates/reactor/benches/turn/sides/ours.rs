//! The reactor with its defaults.

use std::hint::black_box;
use std::net::TcpStream;

use barewire_reactor::{Event, Input, Interest, Key, Output, Reactor};

use super::{FAR_OFF, Side};
use crate::net::{MESSAGE_BYTES, take_poke};

pub(crate) struct Ours {
    reactor: Reactor,
    keys: Vec<Key<TcpStream>>,
}

impl Ours {
    pub(crate) fn new(streams: Vec<TcpStream>) -> Self {
        let mut reactor = Reactor::new().expect("a reactor");
        let insert = |stream| reactor.insert(stream, Interest::READABLE).expect("room");
        let keys = streams.into_iter().map(insert).collect();
        Self { reactor, keys }
    }
}

impl Side for Ours {
    fn walk(&mut self) -> (usize, usize) {
        self.reactor.turn(None).expect("a turn");
        let (mut count, mut sum) = (0, 0);
        while let Some(event) = self.reactor.next() {
            if let Event::Io { key, .. } = event {
                count += 1;
                sum += black_box(key.index());
            }
        }
        (count, sum)
    }

    fn echo(&mut self) -> usize {
        self.reactor.turn(None).expect("a turn");
        let mut buf = [0; 4 * MESSAGE_BYTES];
        let mut count = 0;
        while let Some(event) = self.reactor.next() {
            let Event::Io { key, .. } = event else {
                continue;
            };
            let key = key.typed::<TcpStream>();
            let Input::Bytes(n) = self.reactor.read(key, &mut buf).expect("a read") else {
                continue;
            };
            let sent = self.reactor.write(key, &buf[..n]).expect("a write");
            assert_eq!(sent, Output::Bytes(n));
            count += 1;
        }
        assert_eq!(self.reactor.stats().modifies, 0);
        count
    }

    fn take_pokes(&mut self) {
        for &key in &self.keys {
            take_poke(self.reactor.get(key).expect("it is held"));
        }
    }

    fn insert_and_remove(&mut self, stream: TcpStream) -> TcpStream {
        let key = self
            .reactor
            .insert(stream, Interest::READABLE)
            .expect("room");
        self.reactor.remove(key).expect("it is held")
    }

    fn arm(&mut self) {
        self.reactor.timer(self.reactor.now() + FAR_OFF, 0);
    }

    fn waker(&mut self) -> Box<dyn Fn() + Send> {
        let waker = self.reactor.waker();
        Box::new(move || waker.wake())
    }

    fn sleep(&mut self) {
        loop {
            self.reactor.turn(None).expect("a turn");
            while let Some(event) = self.reactor.next() {
                if event == Event::Woken {
                    return;
                }
            }
        }
    }
}
