//! The encrypted channel: TLS 1.3 by rustls, without a socket.
//!
//! Bytes from the socket go in by [`Channel::handle_input`], bytes for it are lent by [`Channel::output`]; what is inside
//! is lent by [`Channel::plaintext`] and given by [`Channel::encrypt`].
//!
//! The channel hides and protects what is said, and does not know to whom. The accepting side has a key made on the spot
//! ([RFC 7250](https://www.rfc-editor.org/rfc/rfc7250)), by which it signs the handshake; the signature is verified, but
//! anybody can make such a key. Who is at the other end is for the [`pairing`](crate::pairing) to find out, which is
//! bound to this channel and no other by [`Channel::binding`]. Until then nothing may be said that matters.
//!
//! There is one version (1.3), one protocol ([`PROTOCOL`], which both sides must name), and no session tickets or early
//! data: each connection begins from nothing, so none can be replayed.

use std::fmt::{self, Debug, Formatter};
use std::io::{self, BufRead, IoSlice, Write};

use rustls::{ClientConnection, Connection, IoState, ServerConnection};

use crate::pairing::Binding;

mod config;
mod error;
mod greeting;
mod output;

pub use error::{ChannelError, ChannelErrorKind, Speaks};

use greeting::{Greeting, Verdict};
use output::Output;

/// What both sides call the protocol in their hellos (ALPN). A listener of the network can see it.
pub const PROTOCOL: &[u8] = b"barewire-transfer/1";

/// So many bytes may wait to be written before [`Channel::encrypt`] takes no more: sixteen records.
pub const OUTPUT_BYTES_MAX: usize = 16 * (RECORD_BYTES_MAX + RECORD_OVERHEAD);

/// Most bytes that the other side may need for a handshake; ours are under 1 KiB.
pub const HANDSHAKE_BYTES_MAX: usize = 16 << 10;

/// Most bytes of plaintext in a record.
const RECORD_BYTES_MAX: usize = 16 << 10;

/// What a record has besides its plaintext: a head, the type and a tag.
const RECORD_OVERHEAD: usize = 5 + 1 + 16;

/// So much of a handshake is looked at in one go.
const HANDSHAKE_STEP: usize = 4 << 10;

const EXPORTER_LABEL: &[u8] = b"EXPORTER-barewire-transfer";

/// One end of an encrypted connection.
///
/// ```
/// use barewire_transfer::channel::Channel;
///
/// /// What a socket would do.
/// fn carry(from: &mut Channel, to: &mut Channel) {
///     let wire = from.output().to_vec();
///     from.consume_output(wire.len());
///     assert_eq!(to.handle_input(&wire), Ok(wire.len()));
/// }
///
/// let (mut near, mut far) = (Channel::connect()?, Channel::accept()?);
/// while near.is_handshaking() || far.is_handshaking() {
///     carry(&mut near, &mut far);
///     carry(&mut far, &mut near);
/// }
/// assert_eq!(near.binding(), far.binding());
///
/// near.encrypt(b"hello");
/// carry(&mut near, &mut far);
/// assert_eq!(far.plaintext(), b"hello");
/// far.consume(5);
/// # Ok::<(), barewire_transfer::channel::ChannelError>(())
/// ```
pub struct Channel {
    tls: Connection,
    role: Role,
    phase: Phase,
    output: Output,
    handshake_bytes: usize,
    closed: bool,
    peer_closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Connect,
    Accept,
}

enum Phase {
    /// Nothing has come yet, or a few bytes that are not TLS.
    Greeting(Greeting),
    Handshake,
    Open(Binding),
    Failed(ChannelError),
}

impl Channel {
    /// The end that connected.
    ///
    /// # Errors
    ///
    /// [`ChannelErrorKind::System`] if there are no random numbers.
    pub fn connect() -> Result<Self, ChannelError> {
        let tls = ClientConnection::new(config::client()?, config::nobody());
        let tls = tls.map_err(ChannelError::system)?;
        Ok(Self::new(tls.into(), Role::Connect))
    }

    /// The end that accepted.
    ///
    /// # Errors
    ///
    /// [`ChannelErrorKind::System`] if there are no random numbers.
    pub fn accept() -> Result<Self, ChannelError> {
        let tls = ServerConnection::new(config::server()?);
        let tls = tls.map_err(ChannelError::system)?;
        Ok(Self::new(tls.into(), Role::Accept))
    }

    fn new(mut tls: Connection, role: Role) -> Self {
        // The limit is ours, which leaves no slivers of records.
        tls.set_buffer_limit(None);
        let mut channel = Self {
            tls,
            role,
            phase: Phase::Greeting(Greeting::default()),
            output: Output::default(),
            handshake_bytes: 0,
            closed: false,
            peer_closed: false,
        };
        channel.collect();
        channel
    }

    /// Whether the handshake is still under way, or has failed. Nothing can be said before it is over.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        !matches!(self.phase, Phase::Open(_))
    }

    /// What tells this channel from all others, the same at both of its ends; `None` before the handshake is over.
    #[must_use]
    pub fn binding(&self) -> Option<Binding> {
        match self.phase {
            Phase::Open(binding) => Some(binding),
            _ => None,
        }
    }

    /// Takes bytes from the socket, and returns how many.
    ///
    /// It takes none while there is [`Channel::plaintext`], and stops where some comes up: little more than a record is
    /// ever kept, and whoever does not consume need not read. Where no plaintext came up it took all. So the loop is:
    /// this, then all plaintext there is, until the input is used up.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes. Errors are final. The other side may have to be told: there may be one more
    /// [`Channel::output`] to be written before the connection is closed.
    pub fn handle_input(&mut self, input: &[u8]) -> Result<usize, ChannelError> {
        let mut used = 0;
        while used < input.len() && !self.peer_closed && self.plaintext().is_empty() {
            let taken = self.take(&input[used..]);
            self.collect();
            match taken {
                Ok(taken) => used += taken,
                Err(error) => {
                    self.phase = Phase::Failed(error.clone());
                    return Err(error);
                }
            }
        }
        // Nothing counts that is behind the peer's goodbye.
        Ok(if self.peer_closed { input.len() } else { used })
    }

    /// The next plaintext that was received, a record or less of it; empty if there is none. Lent until
    /// [`Channel::consume`], after which there may be more.
    pub fn plaintext(&mut self) -> &[u8] {
        match self.phase {
            // An error here says that there is nothing.
            Phase::Open(_) => self.tls.reader().into_first_chunk().unwrap_or_default(),
            _ => &[],
        }
    }

    /// Gives back so many bytes of what [`Channel::plaintext`] lent, which are done with; all of these at most.
    pub fn consume(&mut self, bytes: usize) {
        let bytes = bytes.min(self.plaintext().len());
        self.tls.reader().consume(bytes);
    }

    /// Encrypts bytes for the other side, and returns how many: fewer than given, or none, while as much as
    /// [`OUTPUT_BYTES_MAX`] is waiting to be written, and none before the handshake is over or after
    /// [`Channel::close`].
    pub fn encrypt(&mut self, plaintext: &[u8]) -> usize {
        self.encrypt_parts(&[plaintext])
    }

    /// As [`Channel::encrypt`] of all parts one behind the other, without first copying them together.
    pub fn encrypt_parts(&mut self, parts: &[&[u8]]) -> usize {
        let wanted = parts.iter().map(|part| part.len()).sum();
        let room = self.room(wanted);
        let mut parts: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        let mut rest = &mut parts[..];
        let mut taken = 0;
        while taken < room {
            let record = self.encrypt_record(rest, room - taken);
            if record == 0 {
                break;
            }
            taken += record;
            IoSlice::advance_slices(&mut rest, record);
        }
        taken
    }

    /// One record of what is at the front of the parts.
    ///
    /// It is moved on at once: rustls has a new buffer for each, and where many of them are kept, an allocator gives
    /// their memory back to the system and asks for it again, which takes longer than the cipher.
    fn encrypt_record(&mut self, parts: &[IoSlice<'_>], room: usize) -> usize {
        let mut left = room.min(RECORD_BYTES_MAX);
        let mut record: Vec<IoSlice<'_>> = Vec::with_capacity(parts.len());
        for part in parts {
            let len = part.len().min(left);
            left -= len;
            record.push(IoSlice::new(&part[..len]));
            if left == 0 {
                break;
            }
        }
        // The writer has no limit of its own, and refuses only after an error.
        let taken = self.tls.writer().write_vectored(&record);
        self.collect();
        taken.unwrap_or_default()
    }

    /// How many of so many bytes may be encrypted now: whole records, or all.
    fn room(&self, wanted: usize) -> usize {
        if self.is_handshaking() || self.closed {
            return 0;
        }
        let room = OUTPUT_BYTES_MAX.saturating_sub(self.output().len());
        let records = room / (RECORD_BYTES_MAX + RECORD_OVERHEAD);
        let last = (room % (RECORD_BYTES_MAX + RECORD_OVERHEAD)).saturating_sub(RECORD_OVERHEAD);
        let whole = records * RECORD_BYTES_MAX;
        if wanted <= whole + last {
            wanted
        } else {
            whole
        }
    }

    /// Says goodbye: the other side will know that nothing was cut off. Nothing can be encrypted after it.
    pub fn close(&mut self) {
        if !self.is_handshaking() && !self.closed {
            self.closed = true;
            self.tls.send_close_notify();
            self.collect();
        }
    }

    /// Whether the other side has said goodbye. A connection that ends before it did was cut.
    #[must_use]
    pub fn peer_closed(&self) -> bool {
        self.peer_closed
    }

    /// What is to be written to the socket; empty if there is nothing. Lent until [`Channel::consume_output`].
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.output.waiting()
    }

    /// So many bytes of the output were written; all of it at most.
    pub fn consume_output(&mut self, bytes: usize) {
        self.output.consume(bytes);
    }

    /// Writes output by one call of `write`, and returns how many bytes that took.
    ///
    /// # Errors
    ///
    /// The writer's own; nothing is lost by them.
    pub fn write_to(&mut self, writer: &mut dyn Write) -> io::Result<usize> {
        let written = writer.write(self.output())?;
        self.consume_output(written);
        Ok(written)
    }

    /// Whether there is something to write.
    #[must_use]
    pub fn wants_write(&self) -> bool {
        !self.output().is_empty()
    }

    /// Takes over what TLS has to say.
    fn collect(&mut self) {
        while self.tls.wants_write() {
            // A vector takes everything.
            if self.tls.write_tls(self.output.more()).is_err() {
                break;
            }
        }
    }

    fn take(&mut self, input: &[u8]) -> Result<usize, ChannelError> {
        match &mut self.phase {
            Phase::Failed(error) => Err(error.clone()),
            Phase::Greeting(greeting) => {
                let (taken, verdict) = greeting.add(self.role, input);
                self.greet(verdict).map(|()| taken)
            }
            Phase::Handshake => self.take_handshake(input),
            Phase::Open(_) => {
                let (taken, state) = self.feed(input)?;
                self.peer_closed = state.peer_has_closed();
                Ok(taken)
            }
        }
    }

    fn greet(&mut self, verdict: Verdict) -> Result<(), ChannelError> {
        match verdict {
            Verdict::More => Ok(()),
            Verdict::Tls => {
                self.phase = Phase::Handshake;
                Ok(())
            }
            Verdict::Foreign(speaks) => {
                if self.role == Role::Accept {
                    self.output
                        .more()
                        .extend_from_slice(greeting::answer(speaks));
                }
                Err(ChannelErrorKind::NotTls(speaks).into())
            }
        }
    }

    fn take_handshake(&mut self, input: &[u8]) -> Result<usize, ChannelError> {
        // No more at a time than could belong to one: what follows a handshake does not count for it.
        let allowed = HANDSHAKE_BYTES_MAX - self.handshake_bytes;
        if allowed == 0 {
            return Err(ChannelErrorKind::HandshakeTooLong.into());
        }
        let (taken, state) = self.feed(&input[..input.len().min(allowed).min(HANDSHAKE_STEP)])?;
        self.handshake_bytes += taken;
        if !self.tls.is_handshaking() {
            self.open()?;
        }
        self.peer_closed = state.peer_has_closed();
        Ok(taken)
    }

    fn open(&mut self) -> Result<(), ChannelError> {
        if self.tls.alpn_protocol() != Some(PROTOCOL) {
            self.tls.send_close_notify();
            return Err(ChannelErrorKind::OtherProtocol.into());
        }
        let exported = self
            .tls
            .export_keying_material([0; 32], EXPORTER_LABEL, None);
        let exported = exported.map_err(ChannelError::tls)?;
        self.phase = Phase::Open(Binding::new(exported));
        Ok(())
    }

    /// As much as TLS has room for, which is a record and a bit, or handshakes and the like.
    fn feed(&mut self, input: &[u8]) -> Result<(usize, IoState), ChannelError> {
        let mut rest = input;
        // It reads 4 KiB at a time, and a record is more than four of these.
        for _ in 0..5 {
            // An error says that there is no more room, which processing makes.
            if rest.is_empty() || self.tls.read_tls(&mut rest).is_err() {
                break;
            }
        }
        let state = self.tls.process_new_packets().map_err(ChannelError::tls)?;
        let used = input.len() - rest.len();
        if used == 0 && !state.peer_has_closed() {
            // A message of some kilobytes that does not end, of which none is expected.
            return Err(ChannelErrorKind::Violation.into());
        }
        Ok((used, state))
    }
}

impl Debug for Channel {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut channel = f.debug_struct("Channel");
        channel
            .field("role", &self.role)
            .field("handshaking", &self.is_handshaking());
        channel.finish_non_exhaustive()
    }
}
