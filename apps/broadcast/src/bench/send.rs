//! The end that sends.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::ops::Range;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use barewire_command::fault::{Failure, fail};
use barewire_reactor::net::Udp;
use barewire_reactor::{Event, Input, Interest, Key, Output, Reactor, Stop, Stops};

use super::config::{Batching, Send, Until};
use super::offload::{Offload, Outlet, segments_max};
use super::pacer::Pacer;
use super::report::Sent;
use super::wire::{HEADER_BYTES, Header, Kind, REPORT_BYTES, Report, SEQUENCE_END, SessionId};
use crate::end::{NOBODY, stops};

/// Between two ends.
const END_EVERY: Duration = Duration::from_millis(100);

/// So many ends are sent for want of an answer: a receiver that is busy with what came before is given three seconds.
const ENDS: u32 = 30;

/// What one turn of the loop may send. Nobody else waits for a turn but signals and deadlines.
const BYTES_PER_TURN: usize = 4 << 20;

/// Sends, and tells what came of it. What the program ends with.
///
/// # Errors
///
/// The system's, and a [`Failure`] where nobody answers.
pub fn run(config: &Send) -> anyhow::Result<ExitCode> {
    let socket = connect(config.to)?;
    let mut outlet = match config.batching {
        Batching::Offload => Outlet::new(&socket, config.to, config.datagram_bytes),
        Batching::Plain => Outlet::without(config.to, Offload::Plain),
    };
    let socket = if outlet.take_spoilt() {
        reconnect(socket, config.to)?
    } else {
        socket
    };
    let mut sender = Sender::new(config, socket, outlet)?;
    sender.send()?;
    let (sent, nobody) = sender.finish()?;
    sent.tell(config.form)?;
    if let Some(stop) = sender.stopped {
        return Ok(stop.status().into());
    }
    match nobody {
        None => Ok(ExitCode::SUCCESS),
        Some(nobody) => Err(nobody.failure(config.to).into()),
    }
}

fn connect(to: SocketAddr) -> anyhow::Result<UdpSocket> {
    let any: SocketAddr = match to {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = Udp::new().connect(to).bind(any);
    socket.map_err(|error| fail(&format!("cannot send to {to}"), error))
}

/// The same addresses on a new socket.
fn reconnect(socket: UdpSocket, to: SocketAddr) -> anyhow::Result<UdpSocket> {
    let again = socket.local_addr().and_then(|address| {
        drop(socket);
        Udp::new().connect(to).bind(address)
    });
    again.map_err(|error| fail(&format!("cannot send to {to}"), error))
}

/// Why there is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nobody {
    /// The other machine says that no program has that port.
    Listens,
    /// Nothing was heard.
    Answers,
}

impl Nobody {
    fn failure(self, to: SocketAddr) -> Failure {
        let text = match self {
            Self::Listens => {
                format!("nobody listens at {to}; start bw-cast bench recv there first")
            }
            Self::Answers => format!(
                "no report from {to}; see that bw-cast bench recv runs there and no firewall is between"
            ),
        };
        Failure::new(NOBODY, text)
    }
}

/// A run.
struct Sender {
    reactor: Reactor,
    key: Key<UdpSocket>,
    stops: Stops,
    outlet: Outlet,
    config: Send,
    session: SessionId,
    /// Datagrams of one call, which all have their header but for number and time.
    batch: Vec<u8>,
    unsent: Range<usize>,
    /// How many were given to the system, or are about to be.
    sequence: u64,
    started: Instant,
    ended: Instant,
    refused: bool,
    stopped: Option<Stop>,
}

impl Sender {
    fn new(config: &Send, socket: UdpSocket, outlet: Outlet) -> anyhow::Result<Self> {
        let loop_failed = |error| fail("cannot wait for events", error);
        let mut reactor = Reactor::with_config(barewire_reactor::Config {
            write_bytes_per_turn_max: BYTES_PER_TURN,
            ..Default::default()
        })
        .map_err(loop_failed)?;
        let stops = stops(&mut reactor)?;
        let key = reactor
            .insert(socket, Interest::NONE)
            .map_err(|error| loop_failed(error.into()))?;
        let mut session = SessionId::default();
        getrandom::fill(&mut session)
            .map_err(|error| fail("cannot draw a random number", io::Error::other(error)))?;
        let size = config.datagram_bytes;
        let mut batch = vec![0; size * segments_max(size)];
        let header = Header {
            kind: Kind::Data,
            session,
            sequence: 0,
            sent_nanoseconds: 0,
        };
        for datagram in batch.chunks_exact_mut(size) {
            write_header(&header, datagram);
        }
        let now = Instant::now();
        Ok(Self {
            reactor,
            key,
            stops,
            outlet,
            config: config.clone(),
            session,
            batch,
            unsent: 0..0,
            sequence: 0,
            started: now,
            ended: now,
            refused: false,
            stopped: None,
        })
    }

    /// Sends until it was enough, somebody says stop, or nobody is there.
    fn send(&mut self) -> anyhow::Result<()> {
        self.started = Instant::now();
        match self.config.rate {
            None => self.flood()?,
            Some(rate) => self.pace(rate.get())?,
        }
        self.ended = Instant::now();
        // What was prepared and not sent does not count.
        self.sequence -= (self.unsent.len() / self.config.datagram_bytes) as u64;
        Ok(())
    }

    /// As fast as the system takes them.
    fn flood(&mut self) -> anyhow::Result<()> {
        self.watch(Interest::WRITABLE)?;
        self.arm_end();
        let burst = segments_max(self.config.datagram_bytes);
        while !self.is_over(self.reactor.now()) {
            self.turn()?;
            while !self.refused {
                if self.unsent.is_empty() {
                    let now = Instant::now();
                    if self.is_over(now) {
                        break;
                    }
                    self.fill(burst, now);
                }
                if !self.flush()? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// By the clock: a timer for each burst. Nothing is awaited between two but signals, unless the system has no room.
    fn pace(&mut self, rate: u64) -> anyhow::Result<()> {
        let size = self.config.datagram_bytes;
        let mut pacer = Pacer::new(rate, size, segments_max(size), self.started);
        self.arm_end();
        let mut now = self.started;
        while !self.is_over(now) {
            let mut has_room = true;
            if self.unsent.is_empty() {
                let allowed = pacer.allowed(now);
                self.fill(allowed, now);
                pacer.spend(self.unsent.len() / size);
            }
            while !self.unsent.is_empty() && has_room && !self.refused {
                has_room = self.flush()?;
            }
            self.watch(Interest::WRITABLE.when(!has_room))?;
            if has_room {
                self.reactor.timer(pacer.poll_timeout(), 0);
            }
            self.turn()?;
            now = self.reactor.now();
        }
        Ok(())
    }

    fn is_over(&self, now: Instant) -> bool {
        let enough = match self.config.until {
            Until::Time(time) => now.saturating_duration_since(self.started) >= time,
            Until::Count(count) => self.sequence >= count && self.unsent.is_empty(),
        };
        enough || self.refused || self.stopped.is_some()
    }

    /// So that a turn ends when it is time, whatever else happens.
    fn arm_end(&mut self) {
        if let Until::Time(time) = self.config.until {
            self.reactor.timer(self.started + time, 0);
        }
    }

    fn watch(&mut self, interest: Interest) -> anyhow::Result<()> {
        let result = self.reactor.set_interest(self.key, interest);
        result.map_err(|error| fail("cannot watch the socket", error))
    }

    /// Waits for anything. Whether the socket may be read.
    fn turn(&mut self) -> anyhow::Result<bool> {
        let turned = self.reactor.turn(None);
        turned.map_err(|error| fail("cannot wait for events", error))?;
        let mut is_readable = false;
        while let Some(event) = self.reactor.next() {
            if let Event::Io { key, .. } = event {
                is_readable |= key == self.key;
                let asked = self.stops.take(&mut self.reactor, &event);
                self.stopped = asked.first().copied().or(self.stopped);
            }
        }
        Ok(is_readable)
    }

    /// Prepares up to so many datagrams.
    fn fill(&mut self, datagrams: usize, now: Instant) {
        let left = match self.config.until {
            Until::Count(count) => count.saturating_sub(self.sequence),
            Until::Time(_) => SEQUENCE_END - self.sequence,
        };
        let datagrams = datagrams.min(usize::try_from(left).unwrap_or(usize::MAX));
        let size = self.config.datagram_bytes;
        let sent = self.nanoseconds(now).to_be_bytes();
        let prepared = self.batch.chunks_exact_mut(size).take(datagrams);
        for (datagram, sequence) in prepared.zip(self.sequence..) {
            datagram[16..24].copy_from_slice(&sequence.to_be_bytes());
            datagram[24..32].copy_from_slice(&sent);
        }
        self.unsent = 0..(datagrams * size).min(self.batch.len());
        self.sequence += (self.unsent.len() / size) as u64;
    }

    fn nanoseconds(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.started);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Sends some of what is prepared; `false` where there is no room.
    fn flush(&mut self) -> anyhow::Result<bool> {
        let Self {
            reactor,
            key,
            outlet,
            batch,
            unsent,
            config,
            ..
        } = self;
        let unsent_bytes = &batch[unsent.clone()];
        let size = config.datagram_bytes;
        match reactor.write_with(*key, |socket| outlet.send(socket, unsent_bytes, size)) {
            Ok(Output::Bytes(sent)) => unsent.start += sent,
            Ok(Output::Blocked) => return Ok(false),
            // The interface's queue is full, which is no end of waiting on some systems: lost like any other.
            Err(error) if is_no_buffer(&error) => unsent.start += size.min(unsent.len()),
            Err(error) if is_refused(&error) => self.refused = true,
            Err(error) => {
                let to = config.to;
                return Err(too_long(&error, size)
                    .unwrap_or_else(|| fail(&format!("cannot send to {to}"), error)));
            }
        }
        if outlet.take_spoilt() {
            self.replace_socket()?;
        }
        Ok(true)
    }

    fn replace_socket(&mut self) -> anyhow::Result<()> {
        let interest = self.reactor.interest(self.key).unwrap_or(Interest::NONE);
        let gone = || fail("cannot replace the socket", io::ErrorKind::NotFound.into());
        let socket = self.reactor.remove(self.key).ok_or_else(gone)?;
        let socket = reconnect(socket, self.config.to)?;
        let inserted = self.reactor.insert(socket, interest);
        self.key = inserted.map_err(|error| fail("cannot wait for events", error.into()))?;
        Ok(())
    }

    /// Says that it was all and waits for the report; why there is none.
    fn finish(&mut self) -> anyhow::Result<(Sent, Option<Nobody>)> {
        let stopped = self.stopped.take();
        let report = if self.sequence == 0 {
            None
        } else {
            self.fetch_report()?
        };
        self.stopped = stopped.or(self.stopped);
        let nobody = match report {
            Some(_) => None,
            None if self.refused => Some(Nobody::Listens),
            None => Some(Nobody::Answers),
        };
        let sent = Sent {
            to: self.config.to,
            session: self.session,
            datagram_bytes: self.config.datagram_bytes,
            datagrams: self.sequence,
            time: self.ended.saturating_duration_since(self.started),
            offload: self.outlet.offload(),
            report,
        };
        Ok((sent, nobody))
    }

    fn fetch_report(&mut self) -> anyhow::Result<Option<Report>> {
        self.watch(Interest::READABLE)?;
        for _ in 0..ENDS {
            self.send_end()?;
            let deadline = Instant::now() + END_EVERY;
            self.reactor.timer(deadline, 0);
            loop {
                if self.refused || self.stopped.is_some() {
                    return Ok(None);
                }
                let is_readable = self.turn()?;
                if is_readable && let Some(report) = self.read_report()? {
                    return Ok(Some(report));
                }
                if self.reactor.now() >= deadline {
                    break;
                }
            }
        }
        Ok(None)
    }

    fn send_end(&mut self) -> anyhow::Result<()> {
        let header = Header {
            kind: Kind::End,
            session: self.session,
            sequence: self.sequence,
            sent_nanoseconds: self.nanoseconds(self.ended),
        };
        let mut end = [0; REPORT_BYTES];
        write_header(&header, &mut end);
        match self
            .reactor
            .write_with(self.key, |socket| socket.send(&end))
        {
            Err(error) if is_refused(&error) => self.refused = true,
            // Without room for it the next one may have some.
            Err(error) if !is_no_buffer(&error) => {
                return Err(fail(&format!("cannot send to {}", self.config.to), error));
            }
            _ => {}
        }
        Ok(())
    }

    fn read_report(&mut self) -> anyhow::Result<Option<Report>> {
        let mut datagram = [0; 2048];
        loop {
            let read = self
                .reactor
                .read_with(self.key, |socket| socket.recv(&mut datagram));
            match read {
                Ok(Input::Bytes(length)) => {
                    let report = self.report_in(&datagram[..length]);
                    if report.is_some() {
                        return Ok(report);
                    }
                }
                Ok(Input::Blocked | Input::End) => return Ok(None),
                Err(error) if is_refused(&error) => {
                    self.refused = true;
                    return Ok(None);
                }
                Err(error) => return Err(fail("cannot receive the report", error)),
            }
        }
    }

    /// Anybody may send anything; what is no report of this run is passed over.
    fn report_in(&self, datagram: &[u8]) -> Option<Report> {
        let header = Header::decode(datagram).ok()?;
        let is_ours = header.kind == Kind::Report
            && header.session == self.session
            && header.sequence == self.sequence;
        is_ours.then(|| Report::decode(datagram).ok()).flatten()
    }
}

/// The system has no room to send, and will not say when there is some.
fn is_no_buffer(error: &io::Error) -> bool {
    #[cfg(unix)]
    let is_it = error.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error());
    #[cfg(not(unix))]
    let is_it = error.raw_os_error() == Some(10_055);
    is_it
}

fn is_refused(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}

/// Where not even fragments are to be had.
fn too_long(error: &io::Error, datagram_bytes: usize) -> Option<anyhow::Error> {
    quinn_udp::is_msg_size_err(error).then(|| {
        anyhow::anyhow!(
            "this system does not send datagrams of {datagram_bytes} bytes on that way; try a smaller --size"
        )
    })
}

/// Datagrams are never shorter than a header.
fn write_header(header: &Header, datagram: &mut [u8]) {
    if let Some(place) = datagram.first_chunk_mut::<HEADER_BYTES>() {
        header.encode(place);
    }
}
