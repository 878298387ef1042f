//! What handlers do with their sources, each within its share of the turn.

use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr, UdpSocket};

use super::Reactor;
use crate::backend::Report;
use crate::event::{Input, Output};
use crate::interest::Ready;
use crate::key::{Key, RawKey};
use crate::mode::Mode;
use crate::registry::{Share, unknown_source};
use crate::source::channel::{Received, Receiver};
use crate::source::{Source, Stream};

/// No call, however short, is charged less than this to its source's share of the turn.
const CALL_BYTES_MIN: usize = 4096;

impl Reactor {
    /// Reads from a stream, within its share of the turn ([`Config::read_bytes_per_turn_max`]).
    ///
    /// There is no need to read until [`Input::Blocked`]: what is left is reported again in the next turn. A read
    /// that fills less than the buffer has most likely emptied the stream.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) once the source is removed, otherwise the stream's error. Interrupted
    /// reads are repeated, reads that would block are [`Input::Blocked`].
    ///
    /// [`Config::read_bytes_per_turn_max`]: crate::Config::read_bytes_per_turn_max
    pub fn read<S>(&mut self, key: Key<S>, buf: &mut [u8]) -> io::Result<Input>
    where
        S: Source,
        for<'a> &'a S: Read,
    {
        if buf.is_empty() {
            return self.held(key).map(|()| Input::Bytes(0));
        }
        Ok(match self.read_with(key, |mut stream| stream.read(buf))? {
            Input::Bytes(0) => Input::End,
            input => input,
        })
    }

    /// Takes bytes in by an operation of the caller's own, `recv_from` or `splice` say, within the source's share of
    /// the turn. The operation returns how many bytes it took. What 0 means is the caller's to know:
    /// [`Input::End`] is never the answer.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read). The operation may be called again if it was interrupted.
    pub fn read_with<S: Source>(
        &mut self,
        key: Key<S>,
        read: impl FnMut(&S) -> io::Result<usize>,
    ) -> io::Result<Input> {
        let max = self.config.read_bytes_per_turn_max;
        let bytes = self.within_share(key, max, (Ready::READABLE, Share::taken), read)?;
        Ok(bytes.map_or(Input::Blocked, Input::Bytes))
    }

    /// Writes to a stream, within its share of the turn ([`Config::write_bytes_per_turn_max`]).
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) once the source is removed, otherwise the stream's error. Interrupted
    /// writes are repeated, writes that would block are [`Output::Blocked`].
    ///
    /// [`Config::write_bytes_per_turn_max`]: crate::Config::write_bytes_per_turn_max
    pub fn write<S>(&mut self, key: Key<S>, buf: &[u8]) -> io::Result<Output>
    where
        S: Source,
        for<'a> &'a S: Write,
    {
        if buf.is_empty() {
            return self.held(key).map(|()| Output::Bytes(0));
        }
        not_zero(self.write_with(key, |mut stream| stream.write(buf))?)
    }

    /// Writes several buffers as if they were one, by a single system call. Otherwise like [`write`](Self::write).
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write).
    pub fn write_vectored<S>(&mut self, key: Key<S>, bufs: &[IoSlice<'_>]) -> io::Result<Output>
    where
        S: Source,
        for<'a> &'a S: Write,
    {
        if bufs.iter().all(|buf| buf.is_empty()) {
            return self.held(key).map(|()| Output::Bytes(0));
        }
        not_zero(self.write_with(key, |mut stream| stream.write_vectored(bufs))?)
    }

    /// Writes what is unsent, takes it from the front of `unsent` as it goes, and says whether nothing is left.
    ///
    /// ```
    /// # use barewire_reactor::{Interest, Key, Reactor};
    /// # fn send(reactor: &mut Reactor, stream: Key<std::net::TcpStream>, unsent: &mut Vec<u8>) -> std::io::Result<()> {
    /// let all = reactor.write_from(stream, unsent)?;
    /// reactor.set_interest(stream, Interest::READABLE | Interest::WRITABLE.when(!all))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write). What was written before the error is taken.
    pub fn write_from<S>(&mut self, key: Key<S>, unsent: &mut Vec<u8>) -> io::Result<bool>
    where
        S: Source,
        for<'a> &'a S: Write,
    {
        let mut sent = 0;
        let result = loop {
            match self.write(key, &unsent[sent..]) {
                Ok(Output::Bytes(n)) => sent += n,
                Ok(Output::Blocked) => break Ok(false),
                Err(error) => break Err(error),
            }
            if sent == unsent.len() {
                break Ok(true);
            }
        };
        unsent.drain(..sent);
        result
    }

    /// Receives one datagram, within the socket's share of the turn, and tells who sent it. `None` is
    /// [`Input::Blocked`].
    ///
    /// An error that is news of a datagram sent earlier (ECONNREFUSED, ECONNRESET: nobody there) is no fault of this
    /// socket: it is skipped and counted in [`Stats::datagrams_refused`]. A datagram longer than `buf` is cut;
    /// Windows says so by an error, WSAEMSGSIZE.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    ///
    /// [`Stats::datagrams_refused`]: crate::Stats::datagrams_refused
    pub fn receive_from(
        &mut self,
        key: Key<UdpSocket>,
        buf: &mut [u8],
    ) -> io::Result<Option<(usize, SocketAddr)>> {
        let mut sender = None;
        loop {
            let received = self.read_with(key, |socket| {
                let (n, from) = socket.recv_from(buf)?;
                sender = Some(from);
                Ok(n)
            });
            match received {
                Ok(Input::Bytes(n)) => return Ok(sender.map(|from| (n, from))),
                Ok(Input::End | Input::Blocked) => return Ok(None),
                Err(error) if is_about_an_earlier_datagram(&error) => {
                    self.stats.datagrams_refused += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends one datagram, within the socket's share of the turn.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write), and whatever the system has against this address or this length; the socket
    /// is well afterwards. News of an earlier datagram is skipped, as in [`receive_from`](Self::receive_from).
    pub fn send_to(
        &mut self,
        key: Key<UdpSocket>,
        datagram: &[u8],
        to: SocketAddr,
    ) -> io::Result<Output> {
        loop {
            match self.write_with(key, |socket| socket.send_to(datagram, to)) {
                Err(error) if is_about_an_earlier_datagram(&error) => {
                    self.stats.datagrams_refused += 1;
                }
                sent => return sent,
            }
        }
    }

    /// Ends one direction of a stream, or both: with [`Shutdown::Write`] the peer reads the end once it has read what
    /// was written, and may go on writing. Write out what is unsent first. One whose peer is gone already counts as
    /// ended.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) once the source is removed, otherwise the system's.
    pub fn shutdown<S: Stream>(&self, key: Key<S>, how: Shutdown) -> io::Result<()> {
        let stream = self.registry.get(key).ok_or_else(unknown_source)?;
        match stream.shut(how) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }

    /// The signals that have come since the last time, in the order they were given to
    /// [`Signals::new`](crate::Signals::new). None once the source is removed.
    #[cfg(all(unix, feature = "signals"))]
    pub fn signals(&self, key: Key<crate::Signals>) -> Vec<i32> {
        let signals = self.get(key).map(crate::Signals::take);
        signals.into_iter().flatten().collect()
    }

    /// Gives bytes out by an operation of the caller's own, `sendfile` or `send_to` say, within the source's share
    /// of the turn. The operation returns how many bytes it gave; what 0 means is the caller's to know.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write). The operation may be called again if it was interrupted.
    pub fn write_with<S: Source>(
        &mut self,
        key: Key<S>,
        write: impl FnMut(&S) -> io::Result<usize>,
    ) -> io::Result<Output> {
        let max = self.config.write_bytes_per_turn_max;
        let bytes = self.within_share(key, max, (Ready::WRITABLE, Share::given), write)?;
        Ok(bytes.map_or(Output::Blocked, Output::Bytes))
    }

    /// Takes a message from a channel, within its share of the turn ([`Config::messages_per_turn_max`]).
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) once the receiver is removed.
    ///
    /// [`Config::messages_per_turn_max`]: crate::Config::messages_per_turn_max
    pub fn receive<T: Send + 'static>(&mut self, key: Key<Receiver<T>>) -> io::Result<Received<T>> {
        let (receiver, share) = self
            .registry
            .get_with_share(key)
            .ok_or_else(unknown_source)?;
        let taken = share.taken(self.turn);
        if used_up(*taken, self.config.messages_per_turn_max) {
            self.stats.budget_stops += 1;
            return Ok(Received::Blocked);
        }
        let received = receiver.try_receive();
        if let Received::Message(_) = received {
            *taken += 1;
            self.stats.messages += 1;
        }
        Ok(received)
    }

    /// Runs `operation` unless the source has used up its share; `None` for blocked either way.
    fn within_share<S: Source>(
        &mut self,
        key: Key<S>,
        max: usize,
        (direction, counter): (Ready, fn(&mut Share, u32) -> &mut u32),
        mut operation: impl FnMut(&S) -> io::Result<usize>,
    ) -> io::Result<Option<usize>> {
        let (source, share) = self
            .registry
            .get_with_share(key)
            .ok_or_else(unknown_source)?;
        let used = counter(share, self.turn);
        if used_up(*used, max) {
            self.stats.budget_stops += 1;
            if std::mem::replace(used, u32::MAX) != u32::MAX {
                self.owe(key.raw(), direction);
            }
            return Ok(None);
        }
        let bytes = unless_blocked(|| operation(source));
        match bytes {
            Ok(None) => {}
            Ok(Some(bytes)) => charge(used, bytes),
            // Who handles errors and goes on has a share of those as well.
            Err(_) => charge(used, 0),
        }
        bytes
    }

    /// Sees to it that a source that had to stop for want of a share is reported in the next turn. Level-triggered
    /// ones are anyway, and one-shot ones when they are armed again. The callers mark a share of which that has been
    /// said by the largest count there is.
    pub(super) fn owe(&mut self, key: RawKey, told: Ready) {
        if self.registry.mode(key) == Some(Mode::Edge) {
            self.owed.push(Report::of(key, told));
        }
    }

    fn held<S: Source>(&self, key: Key<S>) -> io::Result<()> {
        self.registry
            .get(key)
            .map(|_| ())
            .ok_or_else(unknown_source)
    }
}

/// A stream that takes nothing and does not say why: a caller that loops until all is written would never leave.
fn not_zero(output: Output) -> io::Result<Output> {
    match output {
        Output::Bytes(0) => Err(io::ErrorKind::WriteZero.into()),
        output => Ok(output),
    }
}

/// An ICMP message about a datagram sent before: told once, by whatever call comes next.
fn is_about_an_earlier_datagram(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}

/// Whether a share is spent. A share of 0 would never let anything through, so it counts as 1.
pub(super) const fn used_up(used: u32, max: usize) -> bool {
    used as usize >= if max == 0 { 1 } else { max } || used >= u32::MAX - 1
}

fn charge(used: &mut u32, bytes: usize) {
    let cost = u32::try_from(bytes.max(CALL_BYTES_MIN)).unwrap_or(u32::MAX);
    *used = used.saturating_add(cost).min(u32::MAX - 1);
}

/// Runs an operation until it is not interrupted; `None` if it would block.
fn unless_blocked(mut operation: impl FnMut() -> io::Result<usize>) -> io::Result<Option<usize>> {
    loop {
        match operation() {
            Ok(bytes) => return Ok(Some(bytes)),
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock => return Ok(None),
                _ => return Err(error),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_lets_the_crossing_call_through() {
        let mut used = 0;
        assert!(!used_up(used, 4097));
        charge(&mut used, 1);
        assert_eq!(used, 4096);
        assert!(!used_up(used, 4097));
        charge(&mut used, 100_000);
        assert!(used_up(used, 4097));
        charge(&mut used, usize::MAX);
        assert_eq!(used, u32::MAX - 1);
        assert!(!used_up(0, 0));
        assert!(used_up(1, 0));
    }

    #[test]
    fn interruptions_are_repeated() {
        let mut results = vec![
            Ok(3),
            Err(io::ErrorKind::Interrupted.into()),
            Err(io::ErrorKind::Interrupted.into()),
        ];
        assert_eq!(unless_blocked(|| results.pop().unwrap()).unwrap(), Some(3));
        assert_eq!(
            unless_blocked(|| Err(io::ErrorKind::WouldBlock.into())).unwrap(),
            None
        );
        assert!(unless_blocked(|| Err(io::ErrorKind::BrokenPipe.into())).is_err());
    }
}
