//! A node: what it says, when, and to whom.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use core::net::SocketAddr;

use crate::announcement::Announcement;
use crate::bucket::Buckets;
use crate::counters::Counters;
use crate::datagram::{Datagram, Identity, Instance, Message};
use crate::dropped::Dropped;
use crate::limits::Limits;
use crate::link::{Arrival, Link};
use crate::name::{Name, Service};
use crate::random::Random;
use crate::schedule::{Schedule, pause_max};
use crate::table::{Event, Sighting, Table, Word};

/// An announcement's first pauses. Then it is [`Limits::interval_min`] or more.
const ANNOUNCE_PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// How long the first announcement on a link waits: many machines may have come to it at once.
const ANNOUNCE_DELAY: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(120)];

/// A search's first pauses, and the one that stays.
const SEARCH_PAUSES: [Duration; 6] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];
const SEARCH_PAUSE: Duration = Duration::from_secs(30);

/// An answer to a question that many may answer waits up to this, or up to a millisecond for each of the crowd.
const REPLY_DELAY_MIN: Duration = Duration::from_millis(20);
const REPLY_DELAY_MAX: Duration = Duration::from_secs(2);
const REPLY_DELAY_PER_INSTANCE: Duration = Duration::from_millis(1);

/// Most datagrams that wait to be taken: more than are due at a time on all links together. And most answers that wait
/// for their time, of which the usual limits allow a third.
const READY_MAX: usize = 4096;

/// One who announces, or searches, or both, on the links of a machine.
///
/// Tell it what happens; afterwards, take what there is of [`poll_transmit`](Self::poll_transmit) and
/// [`poll_event`](Self::poll_event) until `None`, and call [`handle_timeout`](Self::handle_timeout) at
/// [`poll_timeout`](Self::poll_timeout), which may be at once. Nothing depends on the wall clock.
#[derive(Debug)]
pub struct Node {
    identity: Identity,
    sequence: u32,
    limits: Limits,
    random: Random,
    links: Vec<LinkState>,
    announced: Option<Announcement>,
    search: Option<Search>,
    table: Table,
    buckets: Buckets,
    crowd: Crowd,
    /// To be sent now.
    ready: Ready,
    /// To be sent when their time comes.
    replies: Vec<Reply>,
    counters: Counters,
}

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// This service; `None` is any.
    pub service: Option<Service>,
    /// Under this name, to the letter; `None` is any.
    pub name: Option<Name>,
}

/// Where a datagram has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Over this interface.
    pub interface: u32,
    /// To whom.
    pub to: Destination,
}

/// To whom a datagram has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To everyone on the link, by all means there are: the groups of IPv4 and IPv6, and IPv4 broadcast. Copies are
    /// known for what they are by whoever receives them.
    Everyone,
    /// To one machine.
    One(SocketAddr),
}

#[derive(Debug)]
struct LinkState {
    link: Link,
    announcing: Option<Schedule>,
    /// Within what time the next announcement was meant to come when the last one left. The crowd may have shrunk
    /// since.
    promised: Option<Duration>,
    searching: Option<Schedule>,
}

/// The others of late, by whose number announcements get rarer.
#[derive(Debug, Default)]
struct Crowd {
    instances: HashSet<Instance>,
    /// Of the time before.
    last: usize,
    since: Option<Instant>,
}

/// What waits to be taken by [`Node::poll_transmit`].
#[derive(Debug, Default)]
struct Ready(VecDeque<Outgoing>);

#[derive(Debug)]
struct Outgoing {
    interface: u32,
    to: Destination,
    say: Say,
}

#[derive(Clone, Copy, Debug)]
enum Say {
    Announce,
    Query,
    Reply,
    Goodbye,
}

#[derive(Debug)]
struct Reply {
    at: Instant,
    interface: u32,
    to: SocketAddr,
}

impl Node {
    /// A node that is on no link, announces nothing and searches for nothing.
    ///
    /// `seed` is what its jitter comes of; two nodes should not have the same. It need not be secret.
    #[must_use]
    pub fn new(identity: Identity, seed: u64, limits: Limits) -> Self {
        let limits = limits.within_reason();
        Self {
            identity,
            sequence: 0,
            random: Random::new(seed),
            links: Vec::new(),
            announced: None,
            search: None,
            table: Table::new(&limits),
            buckets: Buckets::new(&limits),
            crowd: Crowd::default(),
            ready: Ready::default(),
            replies: Vec::new(),
            counters: Counters::default(),
            limits,
        }
    }

    /// Who it is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Announces something from now on, in place of what it announced before: within 120 ms, half a second and two
    /// seconds later, and then every 10 s or more, each time a bit later than that. The more others there are on the
    /// links, the rarer.
    pub fn announce(&mut self, now: Instant, what: Announcement) {
        self.announced = Some(what);
        for link in &mut self.links {
            link.announcing = Some(begin_announcing(now, &mut self.random));
        }
    }

    /// Announces no more, and says so on every link.
    pub fn withdraw(&mut self) {
        if self.announced.take().is_none() {
            return;
        }
        self.replies.clear();
        self.ready.retain(|other| matches!(other.say, Say::Query));
        for link in &mut self.links {
            link.announcing = None;
            let interface = link.link.interface;
            self.ready
                .push(interface, Destination::Everyone, Say::Goodbye);
        }
    }

    /// Searches from now on, in place of what it searched for before: asks on every link at once, with pauses that get
    /// longer up to half a minute, and keeps a table of what is heard of it. What it knew is forgotten, without events.
    pub fn search(&mut self, now: Instant, search: Search) {
        self.search = Some(search);
        self.table.clear();
        for link in &mut self.links {
            link.searching = Some(Schedule::starting(now));
        }
    }

    /// Asks one machine, once, for what is searched for. For networks on which nothing goes to everyone. Without a
    /// search it asks nothing.
    pub fn ask(&mut self, interface: u32, to: SocketAddr) {
        if self.search.is_some() {
            self.ready.push(interface, Destination::One(to), Say::Query);
        }
    }

    /// These are the links from now on. On those that are new, or have other addresses than before, it begins anew to
    /// announce and to ask; what was heard over one that is gone is lost. Of two links of one interface the first counts.
    pub fn set_links(&mut self, now: Instant, links: Vec<Link>) {
        let mut before = std::mem::take(&mut self.links);
        for link in links {
            let interface = link.interface;
            let is_known = self
                .links
                .iter()
                .any(|other| other.link.interface == interface);
            if interface == 0 || is_known || self.links.len() == self.limits.links_max {
                continue;
            }
            let same = before.iter().position(|other| other.link == link);
            self.links.push(match same {
                Some(at) => before.swap_remove(at),
                None => LinkState {
                    link,
                    announcing: self
                        .announced
                        .is_some()
                        .then(|| begin_announcing(now, &mut self.random)),
                    promised: None,
                    searching: self.search.is_some().then(|| Schedule::starting(now)),
                },
            });
        }
        for gone in before {
            let interface = gone.link.interface;
            if self.link(interface).is_none() {
                self.table.leave(interface);
                self.ready.retain(|other| other.interface != interface);
                self.replies.retain(|other| other.interface != interface);
            }
        }
    }

    fn link(&self, interface: u32) -> Option<&Link> {
        let mut links = self.links.iter().map(|state| &state.link);
        links.find(|link| link.interface == interface)
    }

    /// Takes a datagram in.
    ///
    /// # Errors
    ///
    /// Why it changed nothing. It is counted, and nobody needs to be told.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        arrival: Arrival,
        bytes: &[u8],
    ) -> Result<(), Dropped> {
        self.counters.datagrams_in += 1;
        self.counters.bytes_in += bytes.len() as u64;
        let handled = self.handle(now, arrival, bytes);
        if let Err(dropped) = handled {
            *self.counters.dropped.entry(dropped.word()).or_default() += 1;
        }
        handled
    }

    fn handle(&mut self, now: Instant, arrival: Arrival, bytes: &[u8]) -> Result<(), Dropped> {
        let Datagram {
            identity,
            sequence,
            message,
        } = Datagram::decode(bytes)?;
        if identity.instance == self.identity.instance {
            return Err(Dropped::Own);
        }
        let mut source = arrival.source;
        source.set_ip(source.ip().to_canonical());
        let link = self
            .link(arrival.interface)
            .ok_or(Dropped::UnknownInterface)?;
        link.judge(source)?;
        let is_loopback = link.is_loopback;
        let word = Word {
            identity,
            sequence,
            source: source.ip(),
            interface: arrival.interface,
        };
        match message {
            Message::Query { service, name } => {
                self.counters.query_bytes += bytes.len() as u64;
                // What another program of this machine asks comes over loopback too. From outside, only a forgery has
                // one of our addresses.
                let owns = |state: &LinkState| state.link.owns(word.source);
                if !is_loopback && self.links.iter().any(owns) {
                    return Err(Dropped::OwnAddress);
                }
                let question = Search { service, name };
                self.question(now, &word, source, &question)
            }
            Message::Announce {
                announcement,
                interval,
            } => {
                self.crowd.heard(identity.instance, self.limits.crowd_max);
                self.announcement(now, &word, announcement, interval)
            }
            Message::Reply {
                announcement,
                interval,
            } => self.announcement(now, &word, announcement, interval),
            Message::Goodbye if self.search.is_none() => Err(Dropped::NotWanted),
            Message::Goodbye => self.table.goodbye(now, &word),
        }
    }

    fn question(
        &mut self,
        now: Instant,
        word: &Word,
        to: SocketAddr,
        question: &Search,
    ) -> Result<(), Dropped> {
        let announced = self.announced.as_ref().ok_or(Dropped::NotWanted)?;
        if !question.matches(announced) {
            return Err(Dropped::NotWanted);
        }
        if self.replies.len() >= READY_MAX {
            return Err(Dropped::TooManyQueries);
        }
        self.buckets
            .take(now, word.source, (word.identity, word.sequence))?;
        let delay = match question.name {
            Some(_) => Duration::ZERO,
            None => {
                let delay_max = REPLY_DELAY_PER_INSTANCE * self.crowd.count() as u32;
                let delay_max = delay_max.clamp(REPLY_DELAY_MIN, REPLY_DELAY_MAX);
                self.random.between(Duration::ZERO, delay_max)
            }
        };
        self.replies.push(Reply {
            at: now + delay,
            interface: word.interface,
            to,
        });
        Ok(())
    }

    fn announcement(
        &mut self,
        now: Instant,
        word: &Word,
        announcement: Announcement,
        interval: Duration,
    ) -> Result<(), Dropped> {
        let search = self.search.as_ref().ok_or(Dropped::NotWanted)?;
        if !search.matches(&announcement) {
            return Err(Dropped::NotWanted);
        }
        self.table.heard(now, word, announcement, interval)
    }

    /// Does what it is time for.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.table.expire(now);
        let interval = self.interval();
        let mut announced = false;
        for state in &mut self.links {
            let interface = state.link.interface;
            let to = Destination::Everyone;
            if let Some(schedule) = &mut state.announcing
                && schedule.is_time(now, &ANNOUNCE_PAUSES, interval, &mut self.random)
            {
                self.ready.push(interface, to, Say::Announce);
                state.promised = Some(pause_max(interval));
                announced = true;
            }
            if let Some(schedule) = &mut state.searching
                && schedule.is_time(now, &SEARCH_PAUSES, SEARCH_PAUSE, &mut self.random)
            {
                self.ready.push(interface, to, Say::Query);
            }
        }
        if announced {
            self.crowd.turn_over(now, interval);
        }
        for reply in self.replies.extract_if(.., |reply| reply.at <= now) {
            let to = Destination::One(reply.to);
            self.ready.push(reply.interface, to, Say::Reply);
        }
    }

    /// How long between two announcements, at least.
    fn interval(&self) -> Duration {
        let crowded = self.limits.interval_per_instance * self.crowd.count() as u32;
        // Written out: the limits may be the wrong way round.
        let least = self.limits.interval_min;
        crowded.max(least).min(self.limits.interval_max.max(least))
    }

    /// The next datagram to be sent, written to `out` in place of what is there.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> Option<Transmit> {
        loop {
            let Outgoing { interface, to, say } = self.ready.0.pop_front()?;
            let Some(message) = self.message(say, interface) else {
                continue;
            };
            self.sequence = self.sequence.saturating_add(1);
            let datagram = Datagram {
                identity: self.identity,
                sequence: self.sequence,
                message,
            };
            datagram.encode(out);
            self.counters.datagrams_out += 1;
            self.counters.bytes_out += out.len() as u64;
            if let Say::Reply = say {
                self.counters.replies += 1;
                self.counters.reply_bytes += out.len() as u64;
            }
            return Some(Transmit { interface, to });
        }
    }

    /// `None` where it has become pointless since it was queued.
    fn message(&self, say: Say, interface: u32) -> Option<Message> {
        let mut links = self.links.iter();
        let promised = links
            .find(|state| state.link.interface == interface)
            .and_then(|state| state.promised)
            .unwrap_or_else(|| pause_max(self.interval()));
        let interval = Duration::from_secs(promised.as_secs_f64().ceil() as u64);
        Some(match say {
            Say::Announce => Message::Announce {
                announcement: self.announced.clone()?,
                interval,
            },
            Say::Reply => Message::Reply {
                announcement: self.announced.clone()?,
                interval,
            },
            Say::Query => {
                let search = self.search.clone()?;
                Message::Query {
                    service: search.service,
                    name: search.name,
                }
            }
            Say::Goodbye => Message::Goodbye,
        })
    }

    /// What became of the sightings of what is searched for. Take it after each datagram and each time-out: once
    /// 8,192 wait, nobody new is found.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.table.poll_event()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout): not later; earlier is harmless.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let schedules = self
            .links
            .iter()
            .flat_map(|state| [&state.announcing, &state.searching])
            .flatten()
            .map(Schedule::next);
        let replies = self.replies.iter().map(|reply| reply.at);
        schedules
            .chain(replies)
            .chain(self.table.poll_timeout())
            .min()
    }

    /// All that is there of what is searched for, in no order.
    pub fn sightings(&self) -> impl Iterator<Item = Sighting> {
        self.table.iter()
    }

    /// What it did.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

impl Ready {
    fn push(&mut self, interface: u32, to: Destination, say: Say) {
        // More than this wait only for somebody who never takes them.
        if self.0.len() < READY_MAX {
            self.0.push_back(Outgoing { interface, to, say });
        }
    }

    fn retain(&mut self, keep: impl Fn(&Outgoing) -> bool) {
        self.0.retain(keep);
    }
}

impl Search {
    /// Whether this is what is searched for.
    #[must_use]
    pub fn matches(&self, announcement: &Announcement) -> bool {
        let is_service = |service| service == announcement.service();
        let is_name = |name| name == announcement.name();
        self.service.as_ref().is_none_or(is_service) && self.name.as_ref().is_none_or(is_name)
    }
}

impl Crowd {
    fn heard(&mut self, instance: Instance, most: usize) {
        if self.instances.len() < most {
            self.instances.insert(instance);
        }
    }

    fn count(&self) -> usize {
        self.instances.len().max(self.last)
    }

    /// Starts to count anew, if everybody had the time to be heard.
    fn turn_over(&mut self, now: Instant, interval: Duration) {
        let since = *self.since.get_or_insert(now);
        if now.saturating_duration_since(since) >= pause_max(interval) {
            self.last = self.instances.len();
            self.instances.clear();
            self.since = Some(now);
        }
    }
}

fn begin_announcing(now: Instant, random: &mut Random) -> Schedule {
    let [least, most] = ANNOUNCE_DELAY;
    Schedule::starting(now + random.between(least, most))
}
