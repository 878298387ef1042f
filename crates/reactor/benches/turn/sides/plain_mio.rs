//! mio, edge-triggered as always.

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token, Waker};

use super::{EVENTS, FAR_OFF, Side, WAKER};
use crate::net::{MESSAGE_BYTES, take_poke};

pub(crate) struct PlainMio {
    poll: Poll,
    streams: Vec<mio::net::TcpStream>,
    events: Events,
    limit: Option<Duration>,
}

impl PlainMio {
    pub(crate) fn new(streams: Vec<TcpStream>) -> Self {
        let poll = Poll::new().expect("a poll");
        let register = |(n, stream)| {
            let mut stream = mio::net::TcpStream::from_std(stream);
            let registry = poll.registry();
            registry
                .register(&mut stream, Token(n), Interest::READABLE)
                .expect("room");
            stream
        };
        let streams = streams.into_iter().enumerate().map(register).collect();
        Self {
            poll,
            streams,
            events: Events::with_capacity(EVENTS),
            limit: None,
        }
    }

    fn wait(&mut self) {
        self.poll
            .poll(&mut self.events, self.limit)
            .expect("a wait");
    }
}

impl Side for PlainMio {
    fn walk(&mut self) -> (usize, usize) {
        self.wait();
        self.events.iter().fold((0, 0), |(count, sum), event| {
            (count + 1, sum + black_box(event.token().0))
        })
    }

    fn echo(&mut self) -> usize {
        self.wait();
        let mut buf = [0; 4 * MESSAGE_BYTES];
        let mut count = 0;
        for event in &self.events {
            let stream = &mut self.streams[event.token().0];
            let n = stream.read(&mut buf).expect("a read");
            assert_eq!(stream.write(&buf[..n]).expect("a write"), n);
            count += 1;
        }
        count
    }

    fn take_pokes(&mut self) {
        self.streams.iter().for_each(take_poke);
    }

    fn insert_and_remove(&mut self, stream: TcpStream) -> TcpStream {
        let mut stream = mio::net::TcpStream::from_std(stream);
        let (registry, number) = (self.poll.registry(), Token(self.streams.len()));
        registry
            .register(&mut stream, number, Interest::READABLE)
            .expect("room");
        registry.deregister(&mut stream).expect("it is there");
        TcpStream::from(OwnedFd::from(stream))
    }

    fn arm(&mut self) {
        self.limit = Some(FAR_OFF);
    }

    fn waker(&mut self) -> Box<dyn Fn() + Send> {
        let waker = Waker::new(self.poll.registry(), Token(WAKER)).expect("a waker");
        Box::new(move || waker.wake().expect("room"))
    }

    fn sleep(&mut self) {
        loop {
            self.wait();
            if self.events.iter().any(|event| event.token().0 == WAKER) {
                return;
            }
        }
    }
}
