//! The end that counts.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::Instant;

use barewire_command::fault::{Failure, fail};
use barewire_reactor::net::{Udp, set_receive_buffer_bytes};
use barewire_reactor::{Event, Input, Interest, Key, Reactor, Stop, Stops};

use super::config::{Batching, LISTEN, Recv};
use super::drops::Drops;
use super::hearing::{Ended, Hearing, LINGER, When};
use super::offload::Intake;
use super::report::Received;
use crate::end::{NOBODY, stops};

/// What is asked for. At 1 GB a second it holds what comes in 8 ms, the time that another program may take a processor
/// away.
const BUFFER_BYTES: usize = 8 << 20;

/// What one turn of the loop may take: the buffers of a few calls.
const BYTES_PER_TURN: usize = 4 << 20;

/// Counts so many sessions, and tells each. What the program ends with.
///
/// # Errors
///
/// The system's, and a [`Failure`] where nothing comes in time.
pub fn run(config: &Recv) -> anyhow::Result<ExitCode> {
    let socket = listen(config)?;
    let buffer_bytes = enlarge(&socket);
    let address = socket
        .local_addr()
        .map_err(|error| fail("cannot tell the address of the socket", error))?;
    let mut receiver = Receiver::new(config, socket, address, buffer_bytes)?;
    // From here on a signal ends it as it should. A closed standard error is no reason to stop.
    let _ = writeln!(io::stderr(), "listening on {address}");
    receiver.run()
}

fn listen(config: &Recv) -> anyhow::Result<UdpSocket> {
    let bind = |address: SocketAddr| {
        let dual_stack = address.ip().is_unspecified() && address.is_ipv6();
        Udp::new().dual_stack(dual_stack).bind(address)
    };
    let address = config.listen;
    match (bind(address), config.stand_in) {
        (Ok(socket), _) => Ok(socket),
        (Err(error), Some(other)) if error.kind() != io::ErrorKind::AddrInUse => {
            bind(other).map_err(|error| LISTEN.advise(other, error))
        }
        (Err(error), _) => Err(LISTEN.advise(address, error)),
    }
}

/// Asks for more room than most systems give by themselves; what was granted.
fn enlarge(socket: &UdpSocket) -> usize {
    let granted = set_receive_buffer_bytes(socket, BUFFER_BYTES);
    // Some systems refuse what is beyond their limit, and keep what there was.
    let granted = granted
        .or_else(|_| barewire_reactor::net::buffers(socket).map(|buffers| buffers.receive_bytes))
        .unwrap_or(0);
    if granted < BUFFER_BYTES {
        let advice = if cfg!(target_os = "linux") {
            format!("; raise it with sysctl -w net.core.rmem_max={BUFFER_BYTES}")
        } else {
            String::new()
        };
        let _ = writeln!(
            io::stderr(),
            "bw-cast: the system grants {granted} bytes of {BUFFER_BYTES} for what waits to be received{advice}"
        );
    }
    granted
}

/// One that listens.
struct Receiver {
    reactor: Reactor,
    key: Key<UdpSocket>,
    stops: Stops,
    intake: Intake,
    hearing: Hearing<Box<dyn FnMut() -> Option<u32>>>,
    config: Recv,
    address: SocketAddr,
    buffer_bytes: usize,
    /// To which of this machine's addresses the last datagram came.
    destination: Option<IpAddr>,
    /// Until when it waits for a session.
    give_up: Option<Instant>,
    sessions: u64,
    stopped: Option<Stop>,
}

impl Receiver {
    fn new(
        config: &Recv,
        socket: UdpSocket,
        address: SocketAddr,
        buffer_bytes: usize,
    ) -> anyhow::Result<Self> {
        let loop_failed = |error| fail("cannot wait for events", error);
        let mut reactor = Reactor::with_config(barewire_reactor::Config {
            read_bytes_per_turn_max: BYTES_PER_TURN,
            ..Default::default()
        })
        .map_err(loop_failed)?;
        let stops = stops(&mut reactor)?;
        let intake = match config.batching {
            Batching::Offload => Intake::new(&socket),
            Batching::Plain => Intake::plain(),
        };
        let drops = Drops::of(&socket);
        let hearing = Hearing::new(Box::new(move || drops.count()) as Box<_>);
        let key = reactor
            .insert(socket, Interest::READABLE)
            .map_err(|error| loop_failed(error.into()))?;
        Ok(Self {
            reactor,
            key,
            stops,
            intake,
            hearing,
            config: config.clone(),
            address,
            buffer_bytes,
            destination: None,
            give_up: config.timeout.map(|timeout| Instant::now() + timeout),
            sessions: 0,
            stopped: None,
        })
    }

    fn run(&mut self) -> anyhow::Result<ExitCode> {
        while self.sessions < self.config.sessions {
            let deadline = self.hearing.poll_timeout().or(self.give_up);
            self.turn(deadline)?;
            let now = self.reactor.now();
            self.hearing.handle_timeout(now);
            if self.stopped.is_some() {
                // What came before the signal counts.
                self.receive()?;
                self.hearing.interrupt();
            }
            self.tell(now)?;
            if let Some(stop) = self.stopped {
                return Ok(stop.status().into());
            }
            if !self.hearing.is_on() && self.give_up.is_some_and(|at| at <= now) {
                return Err(self.nothing_came().into());
            }
        }
        Ok(self
            .stopped
            .map_or(ExitCode::SUCCESS, |stop| stop.status().into()))
    }

    /// Waits until then, for anything, and takes it in.
    fn turn(&mut self, deadline: Option<Instant>) -> anyhow::Result<()> {
        let wait = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        let turned = self.reactor.turn(wait);
        turned.map_err(|error| fail("cannot wait for events", error))?;
        while let Some(event) = self.reactor.next() {
            if let Event::Io { key, .. } = event {
                let asked = self.stops.take(&mut self.reactor, &event);
                self.stopped = asked.first().copied().or(self.stopped);
                if key == self.key {
                    self.receive()?;
                }
            }
        }
        Ok(())
    }

    fn receive(&mut self) -> anyhow::Result<()> {
        let Self {
            reactor,
            key,
            intake,
            hearing,
            destination,
            ..
        } = self;
        loop {
            let now = Instant::now();
            let taken = reactor.read_with(*key, |socket| {
                intake.receive(socket, |arrival| {
                    *destination = arrival.destination;
                    let when = When {
                        now,
                        nanoseconds: arrival.nanoseconds,
                        source: arrival.source,
                    };
                    for datagram in arrival.datagrams() {
                        hearing.handle_datagram(&when, datagram);
                    }
                })
            });
            match taken {
                Ok(Input::Bytes(_)) => {}
                Ok(Input::Blocked | Input::End) => return Ok(()),
                // News of a report that nobody wanted.
                Err(error) if is_refused(&error) => {}
                Err(error) => return Err(fail("cannot receive", error)),
            }
        }
    }

    /// Sends what there is to answer, and tells of a session that is over.
    fn tell(&mut self, now: Instant) -> anyhow::Result<()> {
        self.answer();
        let Some(finished) = self.hearing.poll_finished() else {
            return Ok(());
        };
        self.sessions += 1;
        self.give_up = self.config.timeout.map(|timeout| now + timeout);
        let ended = finished.ended;
        let received = Received {
            finished,
            offload: self.intake.offload(),
            buffer_bytes: self.buffer_bytes,
        };
        received.tell(self.config.form)?;
        if ended == Ended::End && self.sessions == self.config.sessions {
            self.linger()?;
        }
        Ok(())
    }

    /// The report may have been lost: whoever asks again is told again.
    fn linger(&mut self) -> anyhow::Result<()> {
        let until = Instant::now() + LINGER;
        while self.stopped.is_none() && Instant::now() < until {
            self.turn(Some(until))?;
            self.answer();
        }
        Ok(())
    }

    fn answer(&mut self) {
        let Some((to, report)) = self.hearing.poll_answer() else {
            return;
        };
        if let Some(socket) = self.reactor.get(self.key) {
            // Like any datagram it may be lost, and will be asked for again.
            let from = self.destination;
            let _ = self.intake.answer(socket, &report, to, from);
        }
    }

    fn nothing_came(&self) -> Failure {
        let address = self.address;
        let foreign = match self.hearing.foreign() {
            0 => String::new(),
            n => format!(" but {n} foreign datagrams"),
        };
        Failure::new(
            NOBODY,
            format!(
                "nothing came to {address}{foreign}; see that bw-cast bench send has that address and no firewall \
                 is between"
            ),
        )
    }
}

fn is_refused(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}
