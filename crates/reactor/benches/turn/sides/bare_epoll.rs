//! The system calls themselves, level-triggered.

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::fd::OwnedFd;

use super::{EVENTS, FAR_OFF, Side, WAKER};
use crate::net::{MESSAGE_BYTES, take_poke};

pub(crate) struct BareEpoll {
    poll: OwnedFd,
    streams: Vec<TcpStream>,
    events: Vec<epoll::Event>,
    limit: Option<Timespec>,
}

impl BareEpoll {
    pub(crate) fn new(streams: Vec<TcpStream>) -> Self {
        let poll = epoll::create(CreateFlags::CLOEXEC).expect("an epoll");
        for (n, stream) in streams.iter().enumerate() {
            add(&poll, stream, n);
        }
        Self {
            poll,
            streams,
            events: Vec::with_capacity(EVENTS),
            limit: None,
        }
    }

    fn wait(&mut self) {
        self.events.clear();
        let room = spare_capacity(&mut self.events);
        epoll::wait(&self.poll, room, self.limit.as_ref()).expect("a wait");
    }
}

fn add(poll: &OwnedFd, stream: &TcpStream, n: usize) {
    epoll::add(poll, stream, EventData::new_u64(n as u64), EventFlags::IN).expect("room");
}

impl Side for BareEpoll {
    fn walk(&mut self) -> (usize, usize) {
        self.wait();
        let numbers = self.events.iter().map(|event| event.data.u64() as usize);
        (self.events.len(), numbers.map(black_box).sum())
    }

    fn echo(&mut self) -> usize {
        self.wait();
        let mut buf = [0; 4 * MESSAGE_BYTES];
        for event in &self.events {
            let stream = &mut self.streams[event.data.u64() as usize];
            let n = stream.read(&mut buf).expect("a read");
            assert_eq!(stream.write(&buf[..n]).expect("a write"), n);
        }
        self.events.len()
    }

    fn take_pokes(&mut self) {
        self.streams.iter().for_each(take_poke);
    }

    fn insert_and_remove(&mut self, stream: TcpStream) -> TcpStream {
        add(&self.poll, &stream, self.streams.len());
        epoll::delete(&self.poll, &stream).expect("it is there");
        stream
    }

    fn arm(&mut self) {
        self.limit = Timespec::try_from(FAR_OFF).ok();
    }

    /// Edge-triggered, so that the counter need not be read: what mio does.
    fn waker(&mut self) -> Box<dyn Fn() + Send> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let counter = Arc::new(eventfd(0, flags).expect("an eventfd"));
        let number = EventData::new_u64(WAKER as u64);
        epoll::add(
            &self.poll,
            &counter,
            number,
            EventFlags::IN | EventFlags::ET,
        )
        .expect("room");
        Box::new(move || {
            rustix::io::write(&counter, &1u64.to_ne_bytes()).expect("room");
        })
    }

    fn sleep(&mut self) {
        loop {
            self.wait();
            if self
                .events
                .iter()
                .any(|event| event.data.u64() == WAKER as u64)
            {
                return;
            }
        }
    }
}
