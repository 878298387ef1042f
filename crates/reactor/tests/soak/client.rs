//! One client: its order and its manner, drawn at random.

use std::io;
use std::net::{SocketAddr, TcpStream};

use barewire_reactor::{Interest, Key, Mode, TimerKey};

use crate::orders::{CUT, Order};
use crate::support::load::Rng;

/// One client and how far it has come.
pub(crate) struct Client {
    pub(crate) key: Key<TcpStream>,
    pub(crate) mode: Mode,
    pub(crate) order: Order,
    pub(crate) manner: Manner,
    /// Where in the pattern its stream begins.
    pub(crate) origin: usize,
    pub(crate) total: usize,
    pub(crate) connected: bool,
    pub(crate) ordered: bool,
    pub(crate) sent: usize,
    pub(crate) got: usize,
    pub(crate) finished: bool,
    pub(crate) ended: bool,
    pub(crate) leave_at: usize,
    pub(crate) rest: Option<TimerKey>,
}

/// How a client behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Plain,
    /// Reads little at a time, with rests.
    Slow,
    /// Pauses altogether now and then.
    Moody,
    /// Takes its stream out and puts it in again.
    Mover,
    /// Resets in the middle.
    Killer,
    /// Closes in the middle.
    Leaver,
}

impl Client {
    pub(crate) fn draw(key: Key<TcpStream>, mode: Mode, rng: &mut Rng) -> Self {
        let total = rng.range(CUT + 1, 128 * 1024);
        let (order, manner) = match rng.range(0, 16) {
            0..2 => (Order::Echo, Manner::Plain),
            2..4 => (Order::Echo, Manner::Slow),
            4..6 => (Order::Echo, Manner::Moody),
            6..8 => (Order::Echo, Manner::Mover),
            8..10 => (Order::Echo, Manner::Killer),
            10..12 => (Order::Echo, Manner::Leaver),
            12 => (Order::HalfClose, Manner::Plain),
            13 => (Order::HalfClose, Manner::Moody),
            14 => (Order::Reset, Manner::Slow),
            _ => (Order::Reset, Manner::Moody),
        };
        let leave_at = match manner {
            Manner::Killer | Manner::Leaver => rng.range(1, total),
            _ => usize::MAX,
        };
        Self {
            key,
            mode,
            order,
            manner,
            origin: rng.range(0, 1 << 30),
            total,
            connected: false,
            ordered: false,
            sent: 0,
            got: 0,
            finished: false,
            ended: false,
            leave_at,
            rest: None,
        }
    }

    /// How many bytes must have come by the end.
    pub(crate) const fn owed(&self) -> usize {
        match self.order {
            Order::Echo => self.total,
            Order::HalfClose => CUT,
            Order::Reset => usize::MAX,
        }
    }

    pub(crate) fn interest(&self) -> Interest {
        let mut interest = Interest::NONE;
        if !self.ended && self.rest.is_none() {
            interest |= Interest::READABLE;
        }
        if !self.finished {
            interest |= Interest::WRITABLE;
        }
        interest
    }
}

/// A connection under way.
pub(crate) fn begin_to_connect(address: SocketAddr) -> io::Result<TcpStream> {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // Little room, so that back-pressure is felt early.
    socket.set_recv_buffer_size(8 * 1024)?;
    socket.set_send_buffer_size(8 * 1024)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address.into()) {
        Err(error) if !is_under_way(&error) => Err(error),
        _ => Ok(socket.into()),
    }
}

fn is_under_way(error: &io::Error) -> bool {
    #[cfg(unix)]
    let under_way = error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error());
    #[cfg(not(unix))]
    let under_way = error.kind() == io::ErrorKind::WouldBlock;
    under_way
}
