//! How the two sides find each other and prove that they are the right ones.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use barewire_command::fault;
use barewire_reactor::net::{SocketError, TcpConnect, TcpListen};
use barewire_reactor::{Event, Interest, Key, RawKey, Reactor};
use barewire_transfer::channel::Channel;
use barewire_transfer::code::Code;
use barewire_transfer::pairing::{Paired, ResumeKey, Side};

use crate::link::{Link, LinkError};

mod met;
mod stranger;

pub use met::{Met, Why};

use stranger::{State, Stranger};

/// From the first byte to the proof; long for a slow line, short for somebody who says nothing.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// Strangers at a time. One more takes the place of the oldest that has said nothing of use.
const STRANGERS_MAX: usize = 64;

/// Addresses that are tried, if they were found and not given. One more takes the place of one with which nothing is
/// under way.
const FOUND_MAX: usize = 64;

/// Of those, how many may have another code before there is no use in asking more: each could guess at ours.
const WRONG_MAX: usize = 4;

/// Between two tries to reach the other side: this at first, then twice as long each time.
const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// Where to meet.
#[derive(Debug)]
enum Place {
    Here(Vec<Key<TcpListener>>),
    There(Dial),
}

/// Connections to be made, by one side of the two.
#[derive(Debug)]
struct Dial {
    addresses: Vec<SocketAddr>,
    next: Option<Instant>,
    pause: Duration,
    sought: Option<Sought>,
}

/// For addresses that were not given but found: any of them may be somebody else's.
#[derive(Debug)]
struct Sought {
    /// Those who have another code.
    wrong: Vec<SocketAddr>,
}

/// A place to meet, and all who are there.
pub struct Meeting {
    side: Side,
    place: Place,
    /// `None` once it is good for nothing any more.
    code: Option<Code>,
    resume: Option<ResumeKey>,
    strangers: Vec<Stranger>,
}

impl std::fmt::Debug for Meeting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meeting")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl Meeting {
    /// Listens at all of these.
    ///
    /// # Errors
    ///
    /// The address that cannot be listened at, and why.
    pub fn listen(
        side: Side,
        code: Code,
        addresses: &[SocketAddr],
        reactor: &mut Reactor,
    ) -> Result<Self, (SocketAddr, std::io::Error)> {
        let v4_too = !addresses.iter().any(SocketAddr::is_ipv4);
        let mut listeners = Vec::new();
        for &address in addresses {
            let mut listen = TcpListen::new();
            if address.is_ipv6() {
                listen = listen.dual_stack(v4_too);
            }
            let key = listen
                .bind(address)
                .and_then(|listener| Ok(reactor.insert(listener, Interest::READABLE)?))
                .map_err(|error| (address, error))?;
            listeners.push(key);
        }
        Ok(Self::new(side, code, Place::Here(listeners)))
    }

    /// Connects to these, which are one machine, all at once; the first that answers is asked first.
    #[must_use]
    pub fn dial(side: Side, code: Code, addresses: Vec<SocketAddr>, now: Instant) -> Self {
        let dial = Dial {
            addresses,
            next: Some(now),
            pause: RETRY_MIN,
            sought: None,
        };
        Self::new(side, code, Place::There(dial))
    }

    /// Connects to those that are [found](Self::found), one of which is the right one.
    #[must_use]
    pub fn seek(side: Side, code: Code) -> Self {
        let dial = Dial {
            addresses: Vec::new(),
            next: None,
            pause: RETRY_MIN,
            sought: Some(Sought { wrong: Vec::new() }),
        };
        Self::new(side, code, Place::There(dial))
    }

    /// Somebody says to be the right one, here: connects at once. `None` if that is nothing new, or one too many.
    pub fn found(
        &mut self,
        address: SocketAddr,
        now: Instant,
        reactor: &mut Reactor,
    ) -> Option<Vec<Met>> {
        let Place::There(dial) = &mut self.place else {
            return None;
        };
        let is_wrong = |sought: &Sought| sought.wrong.contains(&address);
        if dial.sought.as_ref().is_none_or(is_wrong) || dial.addresses.contains(&address) {
            return None;
        }
        if dial.addresses.len() == FOUND_MAX {
            let is_idle = |address: &SocketAddr| {
                let mut strangers = self.strangers.iter();
                !strangers.any(|stranger| stranger.link.address() == *address)
            };
            let idle = dial.addresses.iter().position(is_idle)?;
            dial.addresses.remove(idle);
        }
        dial.addresses.push(address);
        Some(match self.connect(address, now, reactor) {
            Ok(()) => Vec::new(),
            Err(why) => vec![Met::Missed { address, why }],
        })
    }

    /// Whether the other side was to be found.
    #[must_use]
    pub fn is_sought(&self) -> bool {
        matches!(&self.place, Place::There(dial) if dial.sought.is_some())
    }

    /// Whether anybody was found who may still be the right one.
    #[must_use]
    pub fn has_candidates(&self) -> bool {
        matches!(&self.place, Place::There(dial) if !dial.addresses.is_empty())
    }

    fn new(side: Side, code: Code, place: Place) -> Self {
        Self {
            side,
            place,
            code: Some(code),
            resume: None,
            strangers: Vec::new(),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self, reactor: &Reactor) -> Vec<SocketAddr> {
        let Place::Here(listeners) = &self.place else {
            return Vec::new();
        };
        let listeners = listeners.iter().filter_map(|&key| reactor.get(key));
        listeners
            .filter_map(|listener| listener.local_addr().ok())
            .collect()
    }

    /// Whether the other side may come by itself.
    #[must_use]
    pub fn is_here(&self) -> bool {
        matches!(self.place, Place::Here(_))
    }

    /// From now on this pairs the two again. So does the code, in case one of them has to start anew: it is spent by a
    /// wrong guess alone.
    pub fn remember(&mut self, resume: ResumeKey) {
        self.resume = Some(resume);
    }

    /// Looks after the code when a pairing has failed: somebody may have guessed at it.
    fn guessed(&mut self, address: SocketAddr) -> Option<Met> {
        let spent = self.code.take_if(|code| code.is_spent())?;
        if let Place::There(dial) = &mut self.place
            && let Some(sought) = &mut dial.sought
        {
            dial.addresses.retain(|&other| other != address);
            sought.wrong.push(address);
            if sought.wrong.len() < WRONG_MAX {
                self.code = Some(spent.again());
                return Some(Met::Wrong { address });
            }
        }
        Some(Met::Guessed { address })
    }

    /// The other side knows nothing of an earlier session: only the code is of use.
    pub fn forget(&mut self) {
        self.resume = None;
    }

    /// Starts to connect anew, at once.
    pub fn dial_again(&mut self, now: Instant) {
        if let Place::There(dial) = &mut self.place {
            dial.next = Some(now);
            dial.pause = RETRY_MIN;
        }
    }

    /// Connects again after a pause, longer each time.
    pub fn dial_later(&mut self, now: Instant) {
        if let Place::There(dial) = &mut self.place
            && !dial.addresses.is_empty()
        {
            dial.next = Some(now + dial.pause);
            dial.pause = (dial.pause * 2).min(RETRY_MAX);
        }
    }

    /// Whether a connection is under way or planned.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let dialing = match &self.place {
            Place::There(dial) => dial.next.is_some(),
            Place::Here(_) => false,
        };
        dialing || self.is_asking()
    }

    /// Whether somebody is being connected to or asked.
    #[must_use]
    pub fn is_asking(&self) -> bool {
        let trying = |stranger: &Stranger| !matches!(stranger.state, State::Parting);
        self.strangers.iter().any(trying)
    }

    /// Sends everybody away.
    pub fn clear(&mut self, reactor: &mut Reactor) {
        for stranger in self.strangers.drain(..) {
            reactor.close(stranger.link.key());
        }
        if let Place::There(dial) = &mut self.place {
            dial.next = None;
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let dial = match &self.place {
            Place::There(dial) => dial.next,
            Place::Here(_) => None,
        };
        let deadlines = self.strangers.iter().map(|stranger| stranger.deadline);
        deadlines.chain(dial).min()
    }

    /// Sends those away whose time is up, and connects where it is time to.
    pub fn handle_timeout(&mut self, now: Instant, reactor: &mut Reactor) -> Vec<Met> {
        let mut met = Vec::new();
        let late = self
            .strangers
            .extract_if(.., |stranger| stranger.deadline <= now);
        let late: Vec<Stranger> = late.collect();
        for stranger in late {
            let address = stranger.link.address();
            let was_trying = !matches!(stranger.state, State::Parting);
            let was_asked = matches!(stranger.state, State::Pairing(_));
            reactor.close(stranger.link.key());
            // A pairing that ends without an outcome may have been a guess.
            drop(stranger);
            if was_asked {
                met.extend(self.guessed(address));
            }
            if was_trying {
                met.push(Met::Missed {
                    address,
                    why: Why::Late,
                });
            }
        }
        if let Place::There(dial) = &mut self.place
            && dial.next.is_some_and(|at| at <= now)
        {
            dial.next = None;
            for address in dial.addresses.clone() {
                if let Err(why) = self.connect(address, now, reactor) {
                    met.push(Met::Missed { address, why });
                }
            }
        }
        if !self.is_here() {
            met.extend(self.ask_one(now, reactor));
        }
        met
    }

    fn connect(
        &mut self,
        address: SocketAddr,
        now: Instant,
        reactor: &mut Reactor,
    ) -> Result<(), Why> {
        let unreached = |error| Why::Unreached(fault::reason(&SocketError::system_of(error)));
        let deadline = now + HANDSHAKE_MAX;
        let connecting = TcpConnect::new().nodelay(true).start(address);
        let connecting = connecting.map_err(unreached)?;
        let key = reactor
            .connect(connecting, Interest::READABLE, deadline)
            .map_err(|error| unreached(error.into()))?;
        let channel = Channel::connect().map_err(|error| Why::Link(error.into()))?;
        self.strangers
            .push(Stranger::new(Link::new(key, address, channel), deadline));
        Ok(())
    }

    /// Takes part in the loop: says who was met. An event of others is of no interest here.
    pub fn handle_event(&mut self, event: &Event, now: Instant, reactor: &mut Reactor) -> Vec<Met> {
        match *event {
            Event::Io { key, .. } => {
                if let Place::Here(listeners) = &self.place
                    && let Some(&listener) = listeners.iter().find(|&&listener| key == listener)
                {
                    self.admit(listener, now, reactor);
                    return Vec::new();
                }
                let met = self.position(key).map(|at| self.advance(at, now, reactor));
                met.unwrap_or_default()
            }
            Event::Connect { key, result } => {
                let Some(at) = self.position(key) else {
                    return Vec::new();
                };
                match result {
                    Ok(()) => self.advance(at, now, reactor),
                    Err(error) => {
                        let stranger = self.strangers.swap_remove(at);
                        let mut met = vec![Met::Missed {
                            address: stranger.link.address(),
                            why: Why::Unreached(fault::reason(&error.into())),
                        }];
                        met.extend(self.ask_one(now, reactor));
                        met
                    }
                }
            }
            _ => Vec::new(),
        }
    }

    fn position(&self, key: RawKey) -> Option<usize> {
        self.strangers
            .iter()
            .position(|stranger| key == stranger.link.key())
    }

    fn admit(&mut self, listener: Key<TcpListener>, now: Instant, reactor: &mut Reactor) {
        // A listener that fails for good leaves the others; nobody can be told anything of use.
        while let Ok(Some((key, address))) = reactor.admit(listener, Interest::READABLE) {
            if let Some(stream) = reactor.get::<TcpStream>(key) {
                let _ = stream.set_nodelay(true);
            }
            let Ok(channel) = Channel::accept() else {
                reactor.close(key);
                continue;
            };
            if self.strangers.len() == STRANGERS_MAX {
                let oldest = self.strangers.remove(self.least_promising());
                reactor.close(oldest.link.key());
            }
            // An IPv4 address that came through an IPv6 listener is shown as what it is.
            let address = SocketAddr::new(address.ip().to_canonical(), address.port());
            let link = Link::new(key, address, channel);
            self.strangers
                .push(Stranger::new(link, now + HANDSHAKE_MAX));
        }
    }

    /// The oldest that has not even finished the handshake of the channel; the oldest, if all have.
    fn least_promising(&self) -> usize {
        let greets = |stranger: &Stranger| stranger.link.channel().is_handshaking();
        self.strangers.iter().position(greets).unwrap_or(0)
    }

    /// One step with one of them.
    fn advance(&mut self, at: usize, now: Instant, reactor: &mut Reactor) -> Vec<Met> {
        let result = self.step(at, reactor);
        let mut met = Vec::new();
        let ours = self
            .strangers
            .get(at)
            .map(|stranger| stranger.link.address());
        match (result, ours) {
            (Ok(None), _) => {}
            (Ok(Some(paired)), Some(address)) => {
                let stranger = self.strangers.remove(at);
                self.clear(reactor);
                if let Place::There(dial) = &mut self.place
                    && dial.sought.is_some()
                {
                    // The others were others. This is where to come back to.
                    dial.addresses = vec![address];
                }
                met.push(Met::Paired {
                    link: Box::new(stranger.link),
                    paired: Box::new(paired),
                });
            }
            (Err(why), Some(address)) => {
                let was_asked = matches!(self.strangers[at].state, State::Pairing(_));
                self.part(at, now, reactor);
                if was_asked {
                    met.extend(self.guessed(address));
                }
                met.push(Met::Missed { address, why });
                met.extend(self.ask_one(now, reactor));
            }
            (_, None) => {}
        }
        met
    }

    /// Says the last word, and leaves.
    fn part(&mut self, at: usize, now: Instant, reactor: &mut Reactor) {
        let stranger = &mut self.strangers[at];
        if matches!(stranger.state, State::Parting) {
            let stranger = self.strangers.remove(at);
            reactor.close(stranger.link.key());
            return;
        }
        stranger.state = State::Parting;
        stranger.deadline = now + Duration::from_secs(1);
        let flushed = stranger
            .link
            .flush(&mut stranger.outbox, usize::MAX, reactor);
        stranger.link.say_goodbye();
        let flushed = flushed.and_then(|_| {
            stranger
                .link
                .flush(&mut stranger.outbox, usize::MAX, reactor)
        });
        if flushed.is_err() || stranger.link.has_ended() {
            let stranger = self.strangers.remove(at);
            reactor.close(stranger.link.key());
            return;
        }
        // A close with input unread would reset the connection and take the last word with it.
        let _ = reactor.shutdown(stranger.link.key(), std::net::Shutdown::Write);
        let _ = stranger.link.watch(true, reactor);
    }

    fn step(&mut self, at: usize, reactor: &mut Reactor) -> Result<Option<Paired>, Why> {
        let asks = self.may_ask(at);
        let stranger = &mut self.strangers[at];
        let read = stranger.link.read(usize::MAX, reactor).map_err(Why::Link);
        if matches!(stranger.state, State::Parting) {
            stranger.link.discard();
            return match (read, stranger.link.has_ended()) {
                (Ok(_), false) => Ok(None),
                _ => Err(Why::Late),
            };
        }
        read?;
        let mut paired = None;
        let is_here = matches!(self.place, Place::Here(_));
        let secrets = (self.code.as_ref(), self.resume.as_ref());
        let result = stranger.converse(is_here, asks, self.side, secrets, &mut paired);
        // Also what is to be said about an error.
        stranger
            .link
            .flush(&mut stranger.outbox, usize::MAX, reactor)
            .map_err(Why::Link)?;
        result?;
        if paired.is_some() {
            return Ok(paired);
        }
        if stranger.link.has_ended() {
            return Err(match &mut stranger.state {
                State::Pairing(pairing) => Why::Pairing(pairing.handle_end()),
                _ => Why::Link(LinkError::Io(std::io::ErrorKind::UnexpectedEof.into())),
            });
        }
        stranger
            .link
            .watch(true, reactor)
            .map_err(|error| Why::Link(LinkError::Io(error)))?;
        Ok(None)
    }

    /// Whether this one may be asked: the side that connects asks one after the other, so that a machine with two
    /// addresses is not met twice.
    fn may_ask(&self, at: usize) -> bool {
        let asked = |stranger: &Stranger| matches!(stranger.state, State::Pairing(_));
        let others = self
            .strangers
            .iter()
            .enumerate()
            .filter(|&(other, _)| other != at);
        self.is_here() || !others.map(|(_, stranger)| stranger).any(asked)
    }

    /// Asks the next, after one was the wrong one.
    fn ask_one(&mut self, now: Instant, reactor: &mut Reactor) -> Vec<Met> {
        if self.is_here() {
            return Vec::new();
        }
        let waits = |stranger: &Stranger| {
            matches!(stranger.state, State::Greeting) && !stranger.link.channel().is_handshaking()
        };
        match self.strangers.iter().position(waits) {
            Some(at) if self.may_ask(at) => self.advance(at, now, reactor),
            _ => Vec::new(),
        }
    }
}
