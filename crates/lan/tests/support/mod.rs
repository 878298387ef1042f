//! A program with a `Lan` on loopback, and what it heard.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use barewire_lan::{Config, Interface, Lan, Notice, Role, Selection};
use barewire_reactor::Reactor;

/// Long enough for any machine; reached only by a test that fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const GROUP_V4: &str = "239.255.66.88";
pub(crate) const GROUP_V6: &str = "ff12::4258";

pub(crate) struct Heard {
    pub(crate) bytes: Vec<u8>,
    pub(crate) source: SocketAddr,
    pub(crate) destination: Option<IpAddr>,
    pub(crate) interface: u32,
    pub(crate) role: Role,
}

pub(crate) struct Program {
    pub(crate) reactor: Reactor,
    pub(crate) lan: Lan,
    pub(crate) heard: Vec<Heard>,
    pub(crate) notices: Vec<Notice>,
    /// Looks at the interfaces, as far as they can be counted: timers that were the lan's.
    pub(crate) looks: u32,
}

/// Hears a port and two groups on loopback, and looks at it often.
pub(crate) fn config(port: u16) -> Config {
    Config {
        port: Some(port),
        groups: groups(),
        selection: Selection::loopback(),
        look_interval: Duration::from_millis(20),
        ..Config::default()
    }
}

pub(crate) fn groups() -> Vec<IpAddr> {
    [GROUP_V4, GROUP_V6]
        .map(|group| group.parse().expect("a group"))
        .to_vec()
}

impl Program {
    #[track_caller]
    pub(crate) fn new(config: Config) -> Self {
        Self::on(config, barewire_lan::interfaces)
    }

    #[track_caller]
    pub(crate) fn on(
        config: Config,
        listing: impl FnMut() -> std::io::Result<Vec<Interface>> + 'static,
    ) -> Self {
        let mut reactor = Reactor::new().expect("a reactor");
        let lan = Lan::with_listing(config, listing, &mut reactor).expect("a lan");
        Self {
            reactor,
            lan,
            heard: Vec::new(),
            notices: Vec::new(),
            looks: 0,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.lan.port().expect("it hears")
    }

    pub(crate) fn loopback(&self) -> &Interface {
        &self.lan.interfaces()[0]
    }

    pub(crate) fn has_v6(&self) -> bool {
        !self.loopback().v6.is_empty()
    }

    /// The IPv6 group, where loopback has a route for groups. That of Linux has none as a rule.
    pub(crate) fn group_v6(&mut self) -> Option<IpAddr> {
        let group: IpAddr = GROUP_V6.parse().expect("a group");
        let interface = self.loopback().index;
        let nobody_s_port = SocketAddr::new(group, 9);
        let sent = self
            .lan
            .send(&mut self.reactor, interface, b"", nobody_s_port);
        sent.is_ok().then_some(group)
    }

    /// One turn and what it brings.
    pub(crate) fn turn(&mut self, max_wait: Duration) {
        self.reactor.turn(Some(max_wait)).expect("a turn");
        while let Some(event) = self.reactor.next() {
            let now = self.reactor.now();
            let heard = &mut self.heard;
            let ours = self
                .lan
                .handle_event(&event, now, &mut self.reactor, |datagram| {
                    heard.push(Heard {
                        bytes: datagram.bytes.to_vec(),
                        source: datagram.source,
                        destination: datagram.destination,
                        interface: datagram.interface.get(),
                        role: datagram.role,
                    });
                });
            if ours && matches!(event, barewire_reactor::Event::Timer { .. }) {
                self.looks += 1;
            }
        }
        while let Some(notice) = self.lan.poll_notice() {
            self.notices.push(notice);
        }
    }

    /// Turns until it holds.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < deadline, "{what} did not happen");
            self.turn(Duration::from_millis(100));
        }
    }

    #[track_caller]
    pub(crate) fn say(&mut self, bytes: &[u8], to: impl Into<SocketAddr>) {
        let interface = self.loopback().index;
        self.lan
            .send(&mut self.reactor, interface, bytes, to.into())
            .expect("a datagram on its way");
    }

    /// The texts of the troubles so far.
    pub(crate) fn troubles(&self) -> Vec<&str> {
        self.notices
            .iter()
            .filter_map(|notice| match notice {
                Notice::Trouble { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}
