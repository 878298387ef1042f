//! Datagrams taken in, many at a time.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::num::NonZeroU32;

use barewire_reactor::{Input, Key, Reactor};
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};

/// The longest that UDP carries over IPv4 or IPv6 is a little less, also when the system joins several of one sender.
const DATAGRAM_BYTES_MAX: usize = 64 * 1024;

/// One datagram, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// What is in it, which may be nothing.
    pub bytes: &'a [u8],
    /// Who sent it, if it is true: anyone can write any address.
    pub source: SocketAddr,
    /// To which address: one of this machine's, a broadcast address or a group. None where the system does not tell.
    pub destination: Option<IpAddr>,
    /// By which of the interfaces it came; one of [`Lan::interfaces`](crate::Lan::interfaces).
    pub interface: NonZeroU32,
    /// Which kind of socket it came to.
    pub role: Role,
}

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Hears what comes to the port that all have agreed on.
    Hearing,
    /// Sends, from a port of its own, and hears the answers.
    Speaking,
}

/// What the system says of a datagram.
pub(crate) struct Arrival<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) source: SocketAddr,
    pub(crate) destination: Option<IpAddr>,
    pub(crate) interface: Option<NonZeroU32>,
}

/// Room for a batch of datagrams, used by one socket after another.
pub(crate) struct Inbox {
    /// 2 MiB of addresses; what is never filled takes no memory.
    room: Vec<u8>,
    metas: [RecvMeta; BATCH_SIZE],
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            room: vec![0; BATCH_SIZE * DATAGRAM_BYTES_MAX],
            metas: [RecvMeta::default(); BATCH_SIZE],
        }
    }

    /// Takes what is there and tells each datagram, until the socket is empty or has had its share of the turn. How
    /// many it were.
    ///
    /// That a datagram sent earlier found no one is no error. Any other is the socket's.
    pub(crate) fn receive(
        &mut self,
        reactor: &mut Reactor,
        key: Key<UdpSocket>,
        batches: Option<&UdpSocketState>,
        mut each: impl FnMut(Arrival<'_>),
    ) -> io::Result<()> {
        loop {
            let more = match batches {
                Some(state) => self.receive_batch(reactor, key, state, &mut each),
                None => self.receive_one(reactor, key, &mut each),
            };
            match more {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                // Bounded by the share, in which errors count.
                Err(error) if is_about_an_earlier_datagram(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn receive_batch(
        &mut self,
        reactor: &mut Reactor,
        key: Key<UdpSocket>,
        state: &UdpSocketState,
        each: &mut impl FnMut(Arrival<'_>),
    ) -> io::Result<bool> {
        let mut received = 0;
        let mut rooms = self.room.chunks_exact_mut(DATAGRAM_BYTES_MAX);
        let mut rooms: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(rooms.next().unwrap_or_default()));
        let metas = &mut self.metas;
        let input = reactor.read_with(key, |socket| {
            received = state.recv(UdpSockRef::from(socket), &mut rooms, metas)?;
            Ok(metas[..received].iter().map(|meta| meta.len).sum())
        })?;
        if input == Input::Blocked {
            return Ok(false);
        }
        for (room, meta) in rooms.iter().zip(&self.metas[..received]) {
            let bytes = &room[..meta.len.min(room.len())];
            for bytes in segments(bytes, meta.stride) {
                each(Arrival {
                    bytes,
                    source: meta.addr,
                    destination: meta.dst_ip.map(|address| address.to_canonical()),
                    interface: meta.interface_index.and_then(NonZeroU32::new),
                });
            }
        }
        Ok(true)
    }

    fn receive_one(
        &mut self,
        reactor: &mut Reactor,
        key: Key<UdpSocket>,
        each: &mut impl FnMut(Arrival<'_>),
    ) -> io::Result<bool> {
        let room = &mut self.room[..DATAGRAM_BYTES_MAX];
        let Some((len, source)) = reactor.receive_from(key, room)? else {
            return Ok(false);
        };
        each(Arrival {
            bytes: &room[..len],
            source,
            destination: None,
            interface: None,
        });
        Ok(true)
    }
}

/// The datagrams of one sender that the system joined: all of one length, the last perhaps shorter. An empty one
/// comes alone.
fn segments(bytes: &[u8], stride: usize) -> impl Iterator<Item = &[u8]> {
    let empty = bytes.is_empty().then_some(bytes);
    empty.into_iter().chain(bytes.chunks(stride.max(1)))
}

/// As the reactor's `receive_from` sees it.
fn is_about_an_earlier_datagram(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], stride: usize, expected: &[&[u8]]) {
        let told: Vec<&[u8]> = segments(bytes, stride).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn joined_datagrams_are_told_apart() {
        check(b"", 0, &[b""]);
        check(b"abc", 3, &[b"abc"]);
        check(b"abcdef", 3, &[b"abc", b"def"]);
        check(b"abcdefg", 3, &[b"abc", b"def", b"g"]);
        check(b"abc", 9, &[b"abc"]);
        check(b"ab", 0, &[b"a", b"b"]);
    }
}
