//! An encrypted connection in the loop.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::net::{SocketAddr, TcpStream};

use barewire_command::fault;
use barewire_reactor::{Input, Interest, Key, Output, Reactor};
use barewire_transfer::channel::{Channel, ChannelError};

use crate::outbox::Outbox;

/// Bytes read from the socket at once.
pub(crate) const READ_BYTES: usize = 256 << 10;

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
    /// What is decrypted could not be taken.
    stalled: bool,
    ended: bool,
    interest: Interest,
}

impl From<ChannelError> for LinkError {
    fn from(error: ChannelError) -> Self {
        Self::Channel(error)
    }
}

impl Display for LinkError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => f.write_str(&fault::reason(error)),
            Self::Channel(error) => Display::fmt(error, f),
        }
    }
}

impl std::error::Error for LinkError {}

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
            stalled: false,
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
    pub fn has_ended(&mut self) -> bool {
        self.ended && !self.stalled && self.start == self.end && self.channel.plaintext().is_empty()
    }

    /// Reads once, at most so many bytes, if all that was read before is decrypted; says how many there were.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn read(&mut self, bytes_max: usize, reactor: &mut Reactor) -> Result<usize, LinkError> {
        if self.start < self.end || self.ended || bytes_max == 0 {
            return Ok(0);
        }
        self.input.resize(READ_BYTES, 0);
        let room = bytes_max.min(READ_BYTES);
        (self.start, self.end) = (0, 0);
        match reactor
            .read(self.key, &mut self.input[..room])
            .map_err(LinkError::Io)?
        {
            Input::Bytes(bytes) => self.end = bytes,
            Input::End => self.ended = true,
            Input::Blocked => {}
        }
        Ok(self.end)
    }

    /// Hands what is decrypted to `take`, which says how many bytes it used, until there is no more or it can take no
    /// more; what it did not use comes again, with what follows.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes, or what `take` says.
    pub fn decrypt<E: From<LinkError>>(
        &mut self,
        mut take: impl FnMut(&[u8]) -> Result<Taken, E>,
    ) -> Result<(), E> {
        if std::mem::take(&mut self.stalled) && !self.carry.is_empty() {
            self.hand_over_carried(&mut take)?;
        }
        while !self.stalled && self.fill()? {
            self.hand_over(&mut take)?;
        }
        Ok(())
    }

    /// Whether there is something decrypted, after decrypting the next of what was read.
    fn fill(&mut self) -> Result<bool, LinkError> {
        while self.channel.plaintext().is_empty() && self.start < self.end {
            let input = &self.input[self.start..self.end];
            let used = self.channel.handle_input(input);
            self.start += used.map_err(LinkError::Channel)?;
        }
        Ok(!self.channel.plaintext().is_empty())
    }

    fn hand_over<E>(&mut self, take: &mut impl FnMut(&[u8]) -> Result<Taken, E>) -> Result<(), E> {
        let plaintext = self.channel.plaintext();
        let len = plaintext.len();
        if !self.carry.is_empty() {
            self.carry.extend_from_slice(plaintext);
            self.channel.consume(len);
            return self.hand_over_carried(take);
        }
        let taken = take(plaintext)?;
        self.stalled = taken.flow == Flow::Stalled;
        if self.stalled {
            self.channel.consume(taken.used);
        } else {
            self.carry.extend_from_slice(&plaintext[taken.used..]);
            self.channel.consume(len);
        }
        Ok(())
    }

    fn hand_over_carried<E>(
        &mut self,
        take: &mut impl FnMut(&[u8]) -> Result<Taken, E>,
    ) -> Result<(), E> {
        let taken = take(&self.carry)?;
        self.carry.drain(..taken.used);
        self.stalled = taken.flow == Flow::Stalled;
        Ok(())
    }

    /// Encrypts and writes as much as there is and the socket takes, at most so many bytes; says how many it encrypted.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn flush(
        &mut self,
        outbox: &mut Outbox,
        bytes_max: usize,
        reactor: &mut Reactor,
    ) -> Result<usize, LinkError> {
        let mut encrypted = 0;
        loop {
            if !self.channel.is_handshaking() {
                outbox.drain(|bytes| {
                    let room = bytes.len().min(bytes_max - encrypted);
                    let taken = self.channel.encrypt(&bytes[..room]);
                    encrypted += taken;
                    taken
                });
            }
            if !self.channel.wants_write() || !self.write(reactor)? {
                return Ok(encrypted);
            }
        }
    }

    /// Writes once; whether the socket took something.
    fn write(&mut self, reactor: &mut Reactor) -> Result<bool, LinkError> {
        let written = reactor.write(self.key, self.channel.output());
        match written.map_err(LinkError::Io)? {
            Output::Bytes(bytes) => self.channel.consume_output(bytes),
            Output::Blocked => return Ok(false),
        }
        Ok(true)
    }

    /// Drops what was read.
    pub fn discard(&mut self) {
        (self.start, self.end) = (0, 0);
        self.carry.clear();
        self.stalled = false;
        self.channel.consume(usize::MAX);
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
        let interest =
            Interest::READABLE.when(readable) | Interest::WRITABLE.when(self.channel.wants_write());
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
