//! A server that gives every line back to whoever sent it.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use barewire_reactor::{Event, Input, Interest, Key, Output, RawKey, Reactor, TimerKey};

/// Ceilings that no client can cross.
pub(crate) struct Limits {
    pub(crate) line_bytes_max: usize,
    /// From the first byte of a line to its newline.
    pub(crate) line_time_max: Duration,
    pub(crate) unsent_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes_max: 100,
            line_time_max: Duration::from_secs(60),
            unsent_bytes_max: 64 * 1024,
        }
    }
}

/// How much is read at once.
pub(crate) const READ_BYTES: usize = 4096;

pub(crate) const TOO_LONG: &str = "line too long\n";

pub(crate) struct LineServer {
    pub(crate) listener: Key<TcpListener>,
    pub(crate) address: SocketAddr,
    limits: Limits,
    /// By dense index.
    clients: Vec<Option<Client>>,
    /// Clients cut off for a line that took too long, and for not reading.
    pub(crate) overdue: Vec<RawKey>,
    pub(crate) deaf: Vec<RawKey>,
    pub(crate) unsent_bytes_seen: usize,
}

struct Client {
    key: Key<TcpStream>,
    /// The beginning of a line.
    line: Vec<u8>,
    /// Whether the rest of the line is of no interest.
    skips: bool,
    unsent: Vec<u8>,
    deadline: Option<TimerKey>,
    ended: bool,
}

impl LineServer {
    pub(crate) fn new(reactor: &mut Reactor, limits: Limits) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        Ok(Self {
            address: listener.local_addr()?,
            listener: reactor.insert(listener, Interest::READABLE)?,
            limits,
            clients: Vec::new(),
            overdue: Vec::new(),
            deaf: Vec::new(),
            unsent_bytes_seen: 0,
        })
    }

    pub(crate) fn client_count(&self) -> usize {
        self.clients.iter().flatten().count()
    }

    pub(crate) fn handle(&mut self, reactor: &mut Reactor, event: Event) {
        match event {
            Event::Io { key, .. } if key == self.listener.raw() => {
                while let Some((stream, _)) = reactor.accept(self.listener).expect("a listener") {
                    self.take_in(reactor, stream);
                }
            }
            Event::Io { key, .. } => self.serve(reactor, key.index()),
            Event::Timer { tag, .. } => {
                let client = self.clients[tag as usize].as_mut().expect("a client");
                client.deadline = None;
                self.overdue.push(client.key.raw());
                self.drop_client(reactor, tag as usize);
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn take_in(&mut self, reactor: &mut Reactor, stream: TcpStream) -> Key<TcpStream> {
        // Little room, so that whoever does not read is soon found out.
        socket2::SockRef::from(&stream)
            .set_send_buffer_size(8 * 1024)
            .expect("a small buffer");
        let key = reactor.insert(stream, Interest::READABLE).expect("room");
        let index = key.raw().index();
        if self.clients.len() <= index {
            self.clients.resize_with(index + 1, || None);
        }
        self.clients[index] = Some(Client {
            key,
            line: Vec::new(),
            skips: false,
            unsent: Vec::new(),
            deadline: None,
            ended: false,
        });
        key
    }

    fn drop_client(&mut self, reactor: &mut Reactor, index: usize) {
        let mut client = self.clients[index].take().expect("a client");
        client.stop_the_clock(reactor);
        assert!(reactor.remove(client.key).is_some());
    }

    fn serve(&mut self, reactor: &mut Reactor, index: usize) {
        let client = self.clients[index].as_mut().expect("a client");
        let stays = client.exchange(reactor, &self.limits).unwrap_or(false);
        self.unsent_bytes_seen = self.unsent_bytes_seen.max(client.unsent.len());
        let deaf = client.unsent.len() > self.limits.unsent_bytes_max;
        if deaf {
            self.deaf.push(client.key.raw());
        }
        if deaf || !stays {
            self.drop_client(reactor, index);
        }
    }
}

impl Client {
    /// Whether it stays.
    fn exchange(&mut self, reactor: &mut Reactor, limits: &Limits) -> io::Result<bool> {
        let mut buf = [0; READ_BYTES];
        if !self.ended {
            match reactor.read(self.key, &mut buf)? {
                Input::Bytes(n) => {
                    if self.take_in(&buf[..n], limits) {
                        self.stop_the_clock(reactor);
                    }
                }
                Input::End => {
                    self.ended = true;
                    // What came last counts as a line, newline or not.
                    self.end_line();
                }
                Input::Blocked => {}
            }
            self.start_the_clock(reactor, limits);
        }
        while !self.unsent.is_empty() {
            match reactor.write(self.key, &self.unsent)? {
                Output::Bytes(n) => drop(self.unsent.drain(..n)),
                Output::Blocked => break,
            }
        }
        let mut interest = Interest::NONE;
        if !self.ended {
            interest |= Interest::READABLE;
        }
        if !self.unsent.is_empty() {
            interest |= Interest::WRITABLE;
        }
        reactor.set_interest(self.key, interest)?;
        Ok(!interest.is_empty())
    }

    /// Whether a line has ended.
    fn take_in(&mut self, bytes: &[u8], limits: &Limits) -> bool {
        let mut any_ends = false;
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            let ends = part.ends_with(b"\n");
            let text = if ends { &part[..part.len() - 1] } else { part };
            if !self.skips {
                self.line.extend_from_slice(text);
                if self.line.len() > limits.line_bytes_max {
                    self.line.clear();
                    self.skips = true;
                    self.unsent.extend_from_slice(TOO_LONG.as_bytes());
                }
            }
            if ends && !self.skips {
                self.unsent.append(&mut self.line);
                self.unsent.push(b'\n');
            }
            self.skips &= !ends;
            any_ends |= ends;
        }
        any_ends
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.unsent.append(&mut self.line);
            self.unsent.push(b'\n');
        }
    }

    /// The deadline is that of the line, not of the byte: it is armed at the first and not put off by the others.
    fn start_the_clock(&mut self, reactor: &mut Reactor, limits: &Limits) {
        let within_a_line = !self.ended && (self.skips || !self.line.is_empty());
        if within_a_line && self.deadline.is_none() {
            let at = reactor.now() + limits.line_time_max;
            let tag = self.key.raw().index() as u64;
            self.deadline = Some(reactor.timer(at, tag));
        } else if !within_a_line {
            self.stop_the_clock(reactor);
        }
    }

    fn stop_the_clock(&mut self, reactor: &mut Reactor) {
        if let Some(deadline) = self.deadline.take() {
            assert!(reactor.cancel(deadline));
        }
    }
}
