//! The sockets of a program on all of its interfaces, kept in step with these.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use barewire_reactor::net::Udp;
use barewire_reactor::{Event, Reactor, TimerKey};

use crate::arrival::whose;
use crate::change::{Change, changes};
use crate::drops;
use crate::error::{refused, senseless};
use crate::inbox::{Datagram, Inbox, Role};
use crate::interface::{Interface, interfaces};
use crate::selection::Selection;
use crate::socket::{Socket, Terms, Want, wants};

/// An address that is not usable yet, as new IPv6 ones are for a second or two, is no trouble before so many looks.
const LOOKS_BEFORE_TROUBLE: u32 = 4;

/// What nobody asks for is not kept for ever.
pub(crate) const NOTICES_MAX: usize = 256;

/// What a [`Lan`] is to be.
#[derive(Clone, Debug)]
pub struct Config {
    /// The port to hear on; 0 takes a free one. Default `None`: nothing is heard but answers.
    pub port: Option<u16>,
    /// The groups to hear, of either family, beside broadcasts and what is sent to this machine. Default: none.
    pub groups: Vec<IpAddr>,
    /// Which interfaces. Default: all.
    pub selection: Selection,
    /// How many hops a datagram to a group may take: 1 stays in the network, 0 on this machine. Default 1.
    pub hops: u8,
    /// How many interfaces are used at most, those of the lowest index. Default 64. Each takes up to 18 sockets, four
    /// as a rule.
    pub interfaces_max: usize,
    /// How long between two looks at the interfaces. Default 1 s. A look takes some system calls and no more; tests make
    /// it shorter, programs that have to save power longer.
    pub look_interval: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: None,
            groups: Vec::new(),
            selection: Selection::all(),
            hops: 1,
            interfaces_max: 64,
            look_interval: Duration::from_secs(1),
        }
    }
}

/// News of the networks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// An interface is there and used from now on. Those that are there from the beginning are told too.
    Joined(Interface),
    /// An interface is gone, or down, or without addresses. It is used again when it comes back.
    Left(Interface),
    /// An interface has other addresses now, or another name.
    Changed {
        /// What it was.
        was: Interface,
        /// What it is.
        is: Interface,
    },
    /// Something does not work; the rest does. It is tried again with every look, and told again only when it is
    /// another trouble, or came back after it was gone.
    Trouble {
        /// Where. None if it is about all of them.
        interface: Option<NonZeroU32>,
        /// What, where and what to do about it, in one line.
        text: String,
    },
}

/// What can be in trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Listing,
    TooMany,
    Socket(NonZeroU32, Want),
    Group(NonZeroU32, IpAddr),
    Hearing(NonZeroU32, Want),
}

impl Subject {
    const fn interface(self) -> Option<NonZeroU32> {
        match self {
            Self::Listing | Self::TooMany => None,
            Self::Socket(interface, _)
            | Self::Group(interface, _)
            | Self::Hearing(interface, _) => Some(interface),
        }
    }
}

/// A trouble that lasts.
struct Lasting {
    text: String,
    looks: u32,
}

type Listing = Box<dyn FnMut() -> io::Result<Vec<Interface>>>;

/// UDP on all interfaces of a machine, which are followed as they come and go.
///
/// On each there is a socket of each family for hearing, on the port that all have agreed on, and one of each own
/// address for speaking, on a port of its own. Answers to what is sent come to that one.
///
/// The sockets live in a [`Reactor`], to which every call must give the same one. Hand each of its events to
/// [`handle_event`](Self::handle_event) and take the notices afterwards. Dropping a `Lan` leaves its sockets in the
/// reactor; [`close`](Self::close) takes them away.
pub struct Lan {
    terms: Terms,
    groups: Vec<IpAddr>,
    selection: Selection,
    interfaces_max: usize,
    look_interval: Duration,
    listing: Listing,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) sockets: Vec<Socket>,
    inbox: Inbox,
    look: TimerKey,
    notices: VecDeque<Notice>,
    troubles: BTreeMap<Subject, Lasting>,
}

impl fmt::Debug for Lan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lan")
            .field("port", &self.terms.port)
            .field("selection", &self.selection)
            .field("interfaces", &self.interfaces)
            .finish_non_exhaustive()
    }
}

impl Lan {
    /// Opens the sockets on all interfaces that are there, and says so in notices. None at all is no error: some may
    /// come.
    ///
    /// # Errors
    ///
    /// That the interfaces could not be listed; that a group is none; that not one of the sockets to hear with could be
    /// opened, mostly because another program has the port to itself.
    pub fn new(config: Config, reactor: &mut Reactor) -> io::Result<Self> {
        Self::with_listing(config, interfaces, reactor)
    }

    /// As [`new`](Self::new), on interfaces that `listing` tells, with every look anew and in order of index: for tests,
    /// and for programs that know better.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new) and of `listing`.
    pub fn with_listing(
        config: Config,
        mut listing: impl FnMut() -> io::Result<Vec<Interface>> + 'static,
        reactor: &mut Reactor,
    ) -> io::Result<Self> {
        if let Some(group) = config.groups.iter().find(|group| !group.is_multicast()) {
            let advice = "use 224.0.0.0 to 239.255.255.255, or ff00::/8";
            let attempt = format!("join {group}");
            return Err(senseless(attempt, "it is no multicast group", advice));
        }
        let there = listing()?;
        // Not so short that there is time for nothing else.
        let look_interval = config.look_interval.max(Duration::from_millis(1));
        let port = config.port.map(free).transpose()?;
        let mut lan = Self {
            terms: Terms {
                port,
                hops: config.hops,
            },
            groups: config.groups,
            selection: config.selection,
            interfaces_max: config.interfaces_max,
            look_interval,
            listing: Box::new(listing),
            interfaces: Vec::new(),
            sockets: Vec::new(),
            inbox: Inbox::new(),
            look: reactor.timer(reactor.now() + look_interval, 0),
            notices: VecDeque::new(),
            troubles: BTreeMap::new(),
        };
        let failed = lan.follow(there, reactor);
        let hears = |socket: &Socket| socket.want.role() == Role::Hearing;
        match failed {
            Some(error) if !lan.sockets.iter().any(hears) => {
                lan.close(reactor);
                Err(error)
            }
            _ => Ok(lan),
        }
    }

    /// Sees to an event of the reactor; false if it is none of ours. Tells `each` datagram that came.
    ///
    /// A flood costs one share of a turn for each event ([`Config`](barewire_reactor::Config)), and the other sources
    /// and the timers have theirs.
    pub fn handle_event(
        &mut self,
        event: &Event,
        now: Instant,
        reactor: &mut Reactor,
        each: impl FnMut(Datagram<'_>),
    ) -> bool {
        match *event {
            Event::Timer { key, .. } if key == self.look => {
                self.look = reactor.timer(now + self.look_interval, 0);
                self.look(reactor);
                true
            }
            Event::Io { key, .. } => {
                let ours = self.sockets.iter().position(|socket| socket.key == key);
                if let Some(at) = ours {
                    self.hear(at, reactor, each);
                }
                ours.is_some()
            }
            _ => false,
        }
    }

    /// The next news. At most 256 wait; then the oldest are forgotten.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// The interfaces in use, in order of index.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// The interface of this index, if it is in use.
    #[must_use]
    pub fn interface(&self, index: NonZeroU32) -> Option<&Interface> {
        let at = self
            .interfaces
            .binary_search_by_key(&index, |interface| interface.index);
        at.ok().map(|at| &self.interfaces[at])
    }

    /// The port that is heard, chosen already where 0 was asked for.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.terms.port
    }

    /// The addresses that it hears on, with the port: those of the machine on all interfaces in use whose socket could
    /// be opened.
    pub fn local_addresses(&self) -> impl Iterator<Item = SocketAddr> {
        let port = self.terms.port.unwrap_or(0);
        self.interfaces
            .iter()
            .flat_map(move |interface| interface.addresses(port).map(move |at| (interface, at)))
            .filter(|(interface, address)| self.hears_on(interface.index, address.is_ipv4()))
            .map(|(_, address)| address)
    }

    /// The groups it is a member of, each with the interface.
    pub fn joined(&self) -> impl Iterator<Item = (NonZeroU32, IpAddr)> {
        self.sockets
            .iter()
            .flat_map(|socket| socket.joined.iter().map(|&group| (socket.interface, group)))
    }

    /// How many bytes of datagrams can wait to be taken in, at the socket where they are fewest. Each asks for
    /// 1 MiB; Linux grants `net.core.rmem_max` at most. None without sockets.
    #[must_use]
    pub fn receive_buffer_bytes(&self) -> Option<usize> {
        let granted = self
            .sockets
            .iter()
            .map(|socket| socket.receive_buffer_bytes);
        granted.min()
    }

    /// How many datagrams the system has thrown away since no room was left at one of the sockets that are open now. Linux
    /// tells (`/proc/net/udp`), other systems do not.
    #[must_use]
    pub fn dropped(&self) -> Option<u64> {
        let inodes: Vec<u64> = self.sockets.iter().filter_map(|own| own.inode).collect();
        drops::count(&inodes)
    }

    /// Takes its sockets and its timer from the reactor.
    pub fn close(self, reactor: &mut Reactor) {
        reactor.cancel(self.look);
        for socket in self.sockets {
            reactor.remove(socket.key);
        }
    }

    /// Whether one of an interface's own addresses can be spoken from: unless its socket could not be opened yet.
    pub(crate) fn is_usable(&self, interface: &Interface, own: IpAddr) -> bool {
        wants(interface, false)
            .into_iter()
            .filter(|want| want.own() == Some(own))
            .all(|want| {
                let mut sockets = self.sockets.iter();
                sockets.any(|socket| socket.interface == interface.index && socket.want == want)
            })
    }

    fn hears_on(&self, interface: NonZeroU32, v4: bool) -> bool {
        self.sockets.iter().any(|socket| {
            socket.interface == interface
                && socket.want.role() == Role::Hearing
                && socket.want.is_v4() == v4
        })
    }

    /// Takes in what came to one socket.
    fn hear(&mut self, at: usize, reactor: &mut Reactor, mut each: impl FnMut(Datagram<'_>)) {
        let socket = &self.sockets[at];
        let interfaces = &self.interfaces;
        let role = socket.want.role();
        let mut any = false;
        let told = |arrival: crate::inbox::Arrival<'_>| {
            let destination = socket.want.own().or(arrival.destination);
            let own = socket.interface;
            let interface = if socket.tied {
                Some(own)
            } else {
                whose(interfaces, own, &arrival)
            };
            any = true;
            if let Some(interface) = interface {
                each(Datagram {
                    bytes: arrival.bytes,
                    source: arrival.source,
                    destination,
                    interface,
                    role,
                });
            }
        };
        let received = self
            .inbox
            .receive(reactor, socket.key, socket.batches.as_ref(), told);
        let subject = Subject::Hearing(socket.interface, socket.want);
        match received {
            Ok(()) if any && !self.troubles.is_empty() => {
                self.troubles.remove(&subject);
            }
            Ok(()) => {}
            Err(error) => {
                // Opened anew at the next look: what lasts cannot keep the loop busy.
                let socket = self.sockets.swap_remove(at);
                reactor.remove(socket.key);
                let advice = "it is tried again, and nothing is heard there meanwhile";
                let error = refused("receive".to_owned(), error, advice);
                self.trouble(subject, &error);
            }
        }
    }

    fn look(&mut self, reactor: &mut Reactor) {
        match (self.listing)() {
            Ok(there) => {
                self.troubles.remove(&Subject::Listing);
                self.follow(there, reactor);
            }
            Err(error) => self.trouble(Subject::Listing, &error),
        }
    }

    /// Brings sockets and interfaces in step. The first error of a socket that is to hear.
    fn follow(&mut self, mut there: Vec<Interface>, reactor: &mut Reactor) -> Option<io::Error> {
        there.retain(|interface| self.selection.matches(interface));
        self.limit(&mut there);
        for change in changes(&self.interfaces, &there) {
            self.tell(match change {
                Change::Left(was) => Notice::Left(was),
                Change::Joined(is) => Notice::Joined(is),
                Change::Changed { was, is } => Notice::Changed { was, is },
            });
        }
        self.interfaces = there;
        self.close_others(reactor);
        let mut failed = None;
        for at in 0..self.interfaces.len() {
            let error = self.attend(at, reactor);
            failed = failed.or(error);
        }
        failed
    }

    fn limit(&mut self, there: &mut Vec<Interface>) {
        if there.len() <= self.interfaces_max {
            self.troubles.remove(&Subject::TooMany);
            return;
        }
        let attempt = format!("use all of {} interfaces", there.len());
        let reason = format!("{} is the limit", self.interfaces_max);
        let advice = "name those that are meant";
        let error = refused(attempt, io::Error::other(reason), advice);
        self.trouble(Subject::TooMany, &error);
        there.truncate(self.interfaces_max);
    }

    /// Closes what belongs to nothing that is there, and forgets its troubles.
    fn close_others(&mut self, reactor: &mut Reactor) {
        let hears = self.terms.port.is_some();
        let wanted: BTreeMap<NonZeroU32, Vec<Want>> = self
            .interfaces
            .iter()
            .map(|interface| (interface.index, wants(interface, hears)))
            .collect();
        let is_wanted = |interface: NonZeroU32, want: Want| {
            wanted
                .get(&interface)
                .is_some_and(|list| list.contains(&want))
        };
        self.sockets.retain(|socket| {
            let keep = is_wanted(socket.interface, socket.want);
            if !keep {
                reactor.remove(socket.key);
            }
            keep
        });
        self.troubles.retain(|subject, _| match *subject {
            Subject::Listing | Subject::TooMany => true,
            Subject::Socket(interface, want) | Subject::Hearing(interface, want) => {
                is_wanted(interface, want)
            }
            Subject::Group(interface, _) => wanted.contains_key(&interface),
        });
    }

    /// Opens what an interface lacks, joins what was not joined.
    fn attend(&mut self, at: usize, reactor: &mut Reactor) -> Option<io::Error> {
        let interface = self.interfaces[at].clone();
        let mut failed = None;
        for want in wants(&interface, self.terms.port.is_some()) {
            let subject = Subject::Socket(interface.index, want);
            let is_it = |own: &Socket| own.interface == interface.index && own.want == want;
            if !self.sockets.iter().any(is_it) {
                match Socket::open(want, &interface, &self.terms, reactor) {
                    Ok(socket) => {
                        self.sockets.push(socket);
                        self.troubles.remove(&subject);
                    }
                    Err(error) => {
                        self.trouble(subject, &error);
                        if want.role() == Role::Hearing {
                            failed.get_or_insert(error);
                        }
                    }
                }
            }
        }
        self.join_groups(&interface, reactor);
        failed
    }

    fn join_groups(&mut self, interface: &Interface, reactor: &Reactor) {
        let mut results = Vec::new();
        for socket in &mut self.sockets {
            if socket.interface != interface.index || socket.want.role() != Role::Hearing {
                continue;
            }
            let is_v4 = socket.want.is_v4();
            for &group in self.groups.iter().filter(|group| group.is_ipv4() == is_v4) {
                results.push((group, socket.join(group, interface, reactor)));
            }
        }
        for (group, result) in results {
            let subject = Subject::Group(interface.index, group);
            match result {
                Ok(()) => {
                    self.troubles.remove(&subject);
                }
                Err(error) => self.trouble(subject, &error),
            }
        }
    }

    /// Tells a trouble once for as long as it lasts.
    fn trouble(&mut self, subject: Subject, error: &io::Error) {
        let interface = subject.interface();
        let text = match interface.and_then(|index| self.interface(index)) {
            Some(interface) => format!("{interface}: {error}"),
            None => error.to_string(),
        };
        let first = match error.kind() {
            io::ErrorKind::AddrNotAvailable => LOOKS_BEFORE_TROUBLE,
            _ => 1,
        };
        let lasting = self.troubles.entry(subject).or_insert_with(|| Lasting {
            text: String::new(),
            looks: 0,
        });
        lasting.looks = lasting.looks.saturating_add(1);
        if lasting.looks >= first && lasting.text != text {
            lasting.text.clone_from(&text);
            self.tell(Notice::Trouble { interface, text });
        }
    }

    fn tell(&mut self, notice: Notice) {
        if self.notices.len() == NOTICES_MAX {
            self.notices.pop_front();
        }
        self.notices.push_back(notice);
    }
}

/// The port, or a free one for 0, since all sockets have to have the same. Asked without sharing: a port that another
/// program shares is not free.
fn free(port: u16) -> io::Result<u16> {
    if port != 0 {
        return Ok(port);
    }
    let socket = Udp::new().bind((Ipv4Addr::UNSPECIFIED, 0).into())?;
    Ok(socket.local_addr()?.port())
}
