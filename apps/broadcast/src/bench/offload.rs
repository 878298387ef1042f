//! Many datagrams for one call of the system, where it can (GSO and GRO, by [`quinn_udp`]), and one for one elsewhere.

use std::fmt::{self, Display, Formatter};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState, is_msg_size_err};

use super::pacer::BURST_MAX;
use crate::config::DATAGRAM_BYTES_MAX;

/// Whether the system cuts and joins datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offload {
    /// It does.
    On,
    /// It was not asked to.
    Plain,
    /// It does not know how to.
    Unsupported,
    /// Two datagrams of this size are more than it takes at once.
    TooLong,
    /// It said no when it was to send the first.
    Refused,
}

impl Offload {
    /// One word, for reports that programs read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Plain => "plain",
            Self::Unsupported => "unsupported",
            Self::TooLong => "too-long",
            Self::Refused => "refused",
        }
    }
}

impl Display for Offload {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::On => "on",
            Self::Plain => "off",
            Self::Unsupported => "off, this system has none",
            Self::TooLong => "off, not two such datagrams fit into one call",
            Self::Refused => "off, refused by the system",
        })
    }
}

/// How many datagrams are sent by one call at most.
#[must_use]
pub fn segments_max(datagram_bytes: usize) -> usize {
    (DATAGRAM_BYTES_MAX / datagram_bytes).clamp(1, BURST_MAX)
}

/// Sends many datagrams by one call: the system's way, or a test's.
pub trait Segments {
    /// How many it can take at once.
    fn segments_max(&self) -> usize;

    /// Sends all of `bytes` in datagrams of that size, the last of which may be shorter.
    ///
    /// # Errors
    ///
    /// The system's; then nothing is sent.
    fn send(
        &self,
        socket: &UdpSocket,
        to: SocketAddr,
        bytes: &[u8],
        datagram_bytes: usize,
    ) -> io::Result<()>;
}

impl Segments for UdpSocketState {
    fn segments_max(&self) -> usize {
        self.max_gso_segments()
    }

    fn send(
        &self,
        socket: &UdpSocket,
        to: SocketAddr,
        bytes: &[u8],
        datagram_bytes: usize,
    ) -> io::Result<()> {
        let transmit = Transmit {
            destination: to,
            ecn: None,
            contents: bytes,
            segment_size: Some(datagram_bytes),
            src_ip: None,
        };
        self.try_send(UdpSockRef::from(socket), &transmit)
    }
}

/// Sends datagrams to one address by a socket that is connected to it.
#[derive(Debug)]
pub struct Outlet<S = UdpSocketState> {
    segments: Option<S>,
    offload: Offload,
    to: SocketAddr,
    /// Whether the socket is no good for sending one by one.
    is_spoilt: bool,
}

impl Outlet {
    /// For datagrams of that size, with segmentation offload where the system has it.
    #[must_use]
    pub fn new(socket: &UdpSocket, to: SocketAddr, datagram_bytes: usize) -> Self {
        if segments_max(datagram_bytes) == 1 {
            return Self::without(to, Offload::TooLong);
        }
        match UdpSocketState::new(UdpSockRef::from(socket)) {
            Ok(state) if state.max_gso_segments() > 1 => Self::with(state, to),
            _ => Self {
                is_spoilt: true,
                ..Self::without(to, Offload::Unsupported)
            },
        }
    }
}

impl<S: Segments> Outlet<S> {
    /// By what takes many.
    pub fn with(segments: S, to: SocketAddr) -> Self {
        Self {
            segments: Some(segments),
            offload: Offload::On,
            to,
            is_spoilt: false,
        }
    }

    /// One by one, for that reason.
    #[must_use]
    pub fn without(to: SocketAddr, why: Offload) -> Self {
        Self {
            segments: None,
            offload: why,
            to,
            is_spoilt: false,
        }
    }

    /// How it is sent by now.
    #[must_use]
    pub fn offload(&self) -> Offload {
        self.offload
    }

    /// Whether a new socket is to take the place of the one that datagrams were sent by up to now. Asked once.
    ///
    /// quinn-udp forbids fragments, without which a datagram beyond the MTU is not sent at all, and not on every system
    /// can that be undone.
    pub fn take_spoilt(&mut self) -> bool {
        std::mem::take(&mut self.is_spoilt)
    }

    /// Sends some of `bytes`, which are datagrams of one size, and says how many bytes: as many as go with one call or,
    /// one by one, those of the first. Where many at once are refused, none are sent; from then on it is one by one, and
    /// [`take_spoilt`](Self::take_spoilt) is to be asked.
    ///
    /// # Errors
    ///
    /// The system's, about the first.
    pub fn send(
        &mut self,
        socket: &UdpSocket,
        bytes: &[u8],
        datagram_bytes: usize,
    ) -> io::Result<usize> {
        if let Some(segments) = &self.segments {
            let bytes_max = datagram_bytes * segments.segments_max().max(1);
            let bytes = &bytes[..bytes.len().min(bytes_max)];
            match segments.send(socket, self.to, bytes, datagram_bytes) {
                Ok(()) => return Ok(bytes.len()),
                Err(error) if is_refusal(&error) => {
                    self.segments = None;
                    self.offload = Offload::Refused;
                    self.is_spoilt = true;
                    return Ok(0);
                }
                Err(error) => return Err(error),
            }
        }
        let first = &bytes[..bytes.len().min(datagram_bytes)];
        socket.send(first)
    }
}

/// Whether an error may be about many at once (a driver, a tunnel or a filter that cannot, segments beyond the MTU)
/// and not about this socket or this address.
fn is_refusal(error: &io::Error) -> bool {
    // EIO and WSAEOPNOTSUPP, which std has no kinds for.
    #[cfg(unix)]
    const NAMELESS: i32 = rustix::io::Errno::IO.raw_os_error();
    #[cfg(not(unix))]
    const NAMELESS: i32 = 10_045;
    let kind = error.kind();
    kind == io::ErrorKind::InvalidInput
        || kind == io::ErrorKind::Unsupported
        || is_msg_size_err(error)
        || error.raw_os_error() == Some(NAMELESS)
}

/// So many buffers are filled by one call at most.
const BUFFERS: usize = 32;

/// Of each; as long as what the system joins.
const BUFFER_BYTES: usize = 64 * 1024;

/// One or more datagrams that came as one.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// All of them.
    pub bytes: &'a [u8],
    /// Length of each but the last, which may be shorter.
    pub stride: usize,
    /// Who sent them.
    pub source: SocketAddr,
    /// To which address, where that is known.
    pub destination: Option<IpAddr>,
    /// When they came, in nanoseconds: by the system's clock where it tells the time of arrival, otherwise since the
    /// intake was made. Good for differences.
    pub nanoseconds: u64,
}

impl Arrival<'_> {
    /// One by one; an empty one too.
    pub fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        let empty = self.bytes.is_empty().then_some(self.bytes);
        empty
            .into_iter()
            .chain(self.bytes.chunks(self.stride.max(1)))
    }
}

/// Receives datagrams.
#[derive(Debug)]
pub struct Intake {
    state: Option<UdpSocketState>,
    offload: Offload,
    room: Vec<u8>,
    metas: [RecvMeta; BUFFERS],
    made: Instant,
}

impl Intake {
    /// Many at once, where the system can.
    #[must_use]
    pub fn new(socket: &UdpSocket) -> Self {
        match UdpSocketState::new(UdpSockRef::from(socket)) {
            Ok(state) => {
                let offload = match state.gro_segments() {
                    0 | 1 => Offload::Unsupported,
                    _ => Offload::On,
                };
                Self::by(Some(state), offload)
            }
            Err(_) => Self::by(None, Offload::Unsupported),
        }
    }

    /// One by one, because it was asked for.
    #[must_use]
    pub fn plain() -> Self {
        Self::by(None, Offload::Plain)
    }

    fn by(state: Option<UdpSocketState>, offload: Offload) -> Self {
        let buffers = if state.is_some() { BUFFERS } else { 1 };
        Self {
            state,
            offload,
            room: vec![0; buffers * BUFFER_BYTES],
            metas: [RecvMeta::default(); BUFFERS],
            made: Instant::now(),
        }
    }

    /// How it is received.
    #[must_use]
    pub fn offload(&self) -> Offload {
        self.offload
    }

    /// Fills the buffers once and hands out what came. How many bytes that were.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn receive(
        &mut self,
        socket: &UdpSocket,
        mut each: impl FnMut(&Arrival<'_>),
    ) -> io::Result<usize> {
        let Self {
            state,
            room,
            metas,
            made,
            ..
        } = self;
        let Some(state) = state else {
            let (length, source) = socket.recv_from(room)?;
            each(&Arrival {
                bytes: &room[..length],
                stride: length,
                source,
                destination: None,
                nanoseconds: nanoseconds(made.elapsed()),
            });
            return Ok(length);
        };
        let mut rest = room.chunks_exact_mut(BUFFER_BYTES);
        let mut slices: [IoSliceMut<'_>; BUFFERS] =
            std::array::from_fn(|_| IoSliceMut::new(rest.next().unwrap_or_default()));
        let filled = state.recv(UdpSockRef::from(socket), &mut slices, metas)?;
        let since = nanoseconds(made.elapsed());
        let mut total = 0;
        for (buffer, meta) in slices.iter().zip(&metas[..filled]) {
            total += meta.len;
            each(&Arrival {
                bytes: &buffer[..meta.len],
                stride: meta.stride,
                source: meta.addr,
                destination: meta.dst_ip,
                nanoseconds: meta.timestamp.map_or(since, nanoseconds),
            });
        }
        Ok(total)
    }

    /// Sends one datagram from the address that it answers for, where that can be said.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn answer(
        &self,
        socket: &UdpSocket,
        bytes: &[u8],
        to: SocketAddr,
        from: Option<IpAddr>,
    ) -> io::Result<()> {
        match &self.state {
            Some(state) => {
                let transmit = Transmit {
                    destination: to,
                    ecn: None,
                    contents: bytes,
                    segment_size: None,
                    src_ip: from,
                };
                state.try_send(UdpSockRef::from(socket), &transmit)
            }
            None => socket.send_to(bytes, to).map(drop),
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Takes so many batches, then says no.
    struct Refusing {
        after: usize,
        taken: Cell<usize>,
        error: fn() -> io::Error,
    }

    impl Segments for &Refusing {
        fn segments_max(&self) -> usize {
            64
        }

        fn send(
            &self,
            socket: &UdpSocket,
            _: SocketAddr,
            bytes: &[u8],
            datagram_bytes: usize,
        ) -> io::Result<()> {
            if self.taken.get() == self.after {
                return Err((self.error)());
            }
            self.taken.set(self.taken.get() + 1);
            for datagram in bytes.chunks(datagram_bytes) {
                socket.send(datagram)?;
            }
            Ok(())
        }
    }

    fn pair() -> (UdpSocket, UdpSocket) {
        let [a, b] = [0, 1].map(|_| UdpSocket::bind("127.0.0.1:0").expect("a port"));
        a.connect(b.local_addr().expect("bound"))
            .expect("connected");
        b.set_read_timeout(Some(Duration::from_secs(10)))
            .expect("an option");
        (a, b)
    }

    /// Sends ten datagrams in batches of five and gives what arrived.
    fn sent_in_fives<S: Segments>(outlet: &mut Outlet<S>) -> Vec<u8> {
        let (from, at) = pair();
        let bytes: Vec<u8> = (0..10).flat_map(|n| [n; 100]).collect();
        for batch in bytes.chunks(500) {
            let mut unsent = batch;
            while !unsent.is_empty() {
                let sent = outlet.send(&from, unsent, 100).expect("sent");
                unsent = &unsent[sent..];
            }
        }
        let mut buf = [0; 200];
        let received = (0..10).map(|_| {
            assert_eq!(at.recv(&mut buf).expect("one of ten"), 100);
            buf[0]
        });
        received.collect()
    }

    #[track_caller]
    fn check_refusal(error: fn() -> io::Error, after: usize) {
        let refusing = Refusing {
            after,
            taken: Cell::new(0),
            error,
        };
        let mut outlet = Outlet::with(&refusing, "127.0.0.1:9".parse().expect("an address"));
        let received = sent_in_fives(&mut outlet);
        assert_eq!(received, (0..10).collect::<Vec<u8>>());
        assert_eq!(outlet.offload(), Offload::Refused);
        assert_eq!(outlet.offload().to_string(), "off, refused by the system");
        assert!(outlet.take_spoilt());
        assert!(!outlet.take_spoilt());
    }

    #[test]
    fn a_refusal_turns_it_off_and_nothing_is_lost() {
        #[cfg(unix)]
        let refusals: [fn() -> io::Error; 3] = [
            || rustix::io::Errno::IO.into(),
            || rustix::io::Errno::INVAL.into(),
            || rustix::io::Errno::MSGSIZE.into(),
        ];
        // WSAEINVAL, WSAEMSGSIZE and WSAEOPNOTSUPP.
        #[cfg(not(unix))]
        let refusals: [fn() -> io::Error; 3] = [
            || io::Error::from_raw_os_error(10_022),
            || io::Error::from_raw_os_error(10_040),
            || io::Error::from_raw_os_error(10_045),
        ];
        for refusal in refusals {
            check_refusal(refusal, 0);
            check_refusal(refusal, 1);
        }
    }

    #[test]
    fn another_error_is_the_caller_s() {
        let refusing = Refusing {
            after: 0,
            taken: Cell::new(0),
            error: || io::ErrorKind::ConnectionRefused.into(),
        };
        let (from, at) = pair();
        let mut outlet = Outlet::with(&refusing, at.local_addr().expect("bound"));
        let error = outlet.send(&from, &[0; 200], 100).expect_err("refused");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(outlet.offload(), Offload::On);
    }

    #[test]
    fn what_is_sent_comes_out_whole() {
        use barewire_reactor::{Interest, Reactor};

        let (from, at) = pair();
        let source = from.local_addr().expect("bound");
        let to = at.local_addr().expect("bound");
        let mut outlet = Outlet::new(&from, to, 100);
        let mut intake = Intake::new(&at);
        let bytes: Vec<u8> = (0..7).flat_map(|n| [n; 100]).collect();
        let mut unsent = &bytes[..650];
        while !unsent.is_empty() {
            let sent = outlet.send(&from, unsent, 100).expect("sent");
            unsent = &unsent[sent..];
        }
        let mut reactor = Reactor::new().expect("a reactor");
        let at = reactor.insert(at, Interest::READABLE).expect("a source");
        let mut received: Vec<Vec<u8>> = Vec::new();
        while received.len() < 7 {
            let turn = reactor.turn(Some(Duration::from_secs(10)));
            assert!(!turn.expect("a turn").is_idle(), "{} came", received.len());
            let taken = reactor.read_with(at, |socket| {
                intake.receive(socket, |arrival| {
                    assert_eq!(arrival.source, source);
                    received.extend(arrival.datagrams().map(<[u8]>::to_vec));
                })
            });
            taken.expect("received");
        }
        let expected: Vec<_> = bytes[..650].chunks(100).map(<[u8]>::to_vec).collect();
        assert_eq!(received, expected);
    }

    #[test]
    fn one_call_takes_so_many() {
        assert_eq!(segments_max(1400), 46);
        assert_eq!(segments_max(32), 64);
        assert_eq!(segments_max(32_753), 2);
        assert_eq!(segments_max(32_754), 1);
        assert_eq!(segments_max(65_507), 1);
    }
}
