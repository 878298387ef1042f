//! An encrypted connection in the loop.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};

use barewire_reactor::{Input, Interest, Key, Output, Reactor};
use barewire_transfer::channel::{Channel, ChannelError};

use crate::outbox::Outbox;

/// Bytes read from the socket at once.
const READ_BYTES: usize = 256 << 10;

/// Why a connection is of no more use.
#[derive(Debug)]
pub enum LinkError {
    /// The system says so.
    Io(io::Error),
    /// What came is not what the channel's other end sent.
    Channel(ChannelError),
}

/// A connection, its encryption, and what is on its way in and out.
#[derive(Debug)]
pub struct Link {
    key: Key<TcpStream>,
    address: SocketAddr,
    channel: Channel,
    /// As read from the socket; `start..end` is not decrypted.
    input: Vec<u8>,
    start: usize,
    end: usize,
    /// Decrypted, of a frame that is not whole yet.
    carry: Vec<u8>,
    ended: bool,
    interest: Interest,
}

impl Link {
    /// A connection that stands.
    #[must_use]
    pub fn new(key: Key<TcpStream>, address: SocketAddr, channel: Channel) -> Self {
        Self {
            key,
            address,
            channel,
            input: Vec::new(),
            start: 0,
            end: 0,
            carry: Vec::new(),
            ended: false,
            interest: Interest::READABLE,
        }
    }

    /// Its place in the loop.
    #[must_use]
    pub fn key(&self) -> Key<TcpStream> {
        self.key
    }

    /// Who is at the other end.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its encryption.
    #[must_use]
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Whether nothing more will come.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended && self.start == self.end && self.channel.plaintext().is_empty()
    }

    /// Reads once, if all that was read before is decrypted; says whether there was anything.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn read(&mut self, reactor: &mut Reactor) -> Result<bool, LinkError> {
        if self.start < self.end || self.ended {
            return Ok(false);
        }
        self.input.resize(READ_BYTES, 0);
        (self.start, self.end) = (0, 0);
        match reactor.read(self.key, &mut self.input).map_err(LinkError::Io)? {
            Input::Bytes(bytes) => self.end = bytes,
            Input::End => self.ended = true,
            Input::Blocked => return Ok(false),
        }
        Ok(true)
    }

    /// Hands what is decrypted to `take`, which says how many bytes it used, until there is no more, or it uses nothing
    /// although `is_stuck` says that it could not.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes, or what `take` says.
    pub fn decrypt<E: From<LinkError>>(
        &mut self,
        mut take: impl FnMut(&[u8]) -> Result<Taken, E>,
    ) -> Result<(), E> {
        loop {
            if self.channel.plaintext().is_empty() {
                if self.start == self.end {
                    return Ok(());
                }
                let input = &self.input[self.start..self.end];
                let used = self.channel.handle_input(input).map_err(LinkError::Channel)?;
                self.start += used;
                if self.channel.plaintext().is_empty() {
                    if used == 0 {
                        return Ok(());
                    }
                    continue;
                }
            }
            if self.hand_over(&mut take)? == Flow::Stalled {
                return Ok(());
            }
        }
    }

    fn hand_over<E>(
        &mut self,
        take: &mut impl FnMut(&[u8]) -> Result<Taken, E>,
    ) -> Result<Flow, E> {
        let plaintext = self.channel.plaintext();
        if self.carry.is_empty() {
            let taken = take(plaintext)?;
            let len = plaintext.len();
            if taken.flow == Flow::Stalled {
                self.channel.consume(taken.used);
                return Ok(Flow::Stalled);
            }
            self.carry.extend_from_slice(&plaintext[taken.used..]);
            self.channel.consume(len);
            return Ok(Flow::Open);
        }
        let len = plaintext.len();
        self.carry.extend_from_slice(plaintext);
        self.channel.consume(len);
        self.hand_over_carried(take)
    }

    fn hand_over_carried<E>(
        &mut self,
        take: &mut impl FnMut(&[u8]) -> Result<Taken, E>,
    ) -> Result<Flow, E> {
        let taken = take(&self.carry)?;
        self.carry.drain(..taken.used);
        Ok(taken.flow)
    }

    /// As [`decrypt`](Self::decrypt), after a stall: what was carried comes first.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn resume<E: From<LinkError>>(
        &mut self,
        mut take: impl FnMut(&[u8]) -> Result<Taken, E>,
    ) -> Result<(), E> {
        if !self.carry.is_empty() && self.hand_over_carried(&mut take)? == Flow::Stalled {
            return Ok(());
        }
        self.decrypt(take)
    }

    /// Encrypts and writes as much as there is and the socket takes.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn flush(&mut self, outbox: &mut Outbox, reactor: &mut Reactor) -> Result<(), LinkError> {
        loop {
            if !self.channel.is_handshaking() {
                outbox.drain(|bytes| self.channel.encrypt(bytes));
            }
            if !self.channel.wants_write() {
                return Ok(());
            }
            if !self.write(reactor)? {
                return Ok(());
            }
        }
    }

    /// Writes once; whether the socket took something.
    fn write(&mut self, reactor: &mut Reactor) -> Result<bool, LinkError> {
        let channel = &mut self.channel;
        let written = reactor.write_with(self.key, |mut stream: &TcpStream| {
            channel.write_to(&mut stream as &mut dyn Write)
        });
        match written.map_err(LinkError::Io)? {
            Output::Bytes(_) => Ok(true),
            Output::Blocked => Ok(false),
        }
    }

    /// Says goodbye in the channel's own way.
    pub fn say_goodbye(&mut self) {
        self.channel.close();
    }

    /// Whether everything encrypted is written.
    #[must_use]
    pub fn is_flushed(&self) -> bool {
        !self.channel.wants_write()
    }

    /// Watches for what is of use: input where it is wanted, room where something waits.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn watch(&mut self, wants_input: bool, reactor: &mut Reactor) -> io::Result<()> {
        let readable = wants_input && !self.ended && self.start == self.end;
        let interest = Interest::READABLE.when(readable)
            | Interest::WRITABLE.when(self.channel.wants_write());
        if interest != self.interest {
            self.interest = interest;
            reactor.set_interest(self.key, interest)?;
        }
        Ok(())
    }
}

/// What became of bytes that were handed over.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// So many are done with.
    pub used: usize,
    /// Whether the rest waits for more bytes, or for whoever takes them.
    pub flow: Flow,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// More may come.
    Open,
    /// No more can be taken now.
    Stalled,
}
