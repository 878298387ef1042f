//! How the two find each other on a network, so that nobody has to type an address.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use barewire_beacon::{Announcement, Event as Heard, Name, Search, Service};
use barewire_lan::{Beacon, BeaconConfig, Notice, Selection};
use barewire_reactor::{Event, Reactor};
use barewire_transfer::code::Code;

use crate::tell::Teller;

/// What the pair is called on the network.
const SERVICE: &str = "bw-transfer";

/// How long to search before saying what else can be done.
const HINT_AFTER: Duration = Duration::from_secs(5);

/// Of how many who were found it is told.
const TOLD_MAX: usize = 16;

/// An announcement of one who waits, or a search of one who comes. Whoever is found has proved nothing.
#[derive(Debug)]
pub struct Discovery {
    what: What,
    selection: Selection,
    beacon: Option<Beacon>,
    hint: Option<Instant>,
    /// How many were found.
    found: usize,
    /// Of how many it was told.
    told: usize,
}

#[derive(Clone, Debug)]
enum What {
    Announced(Announcement),
    Sought(Search),
}

impl Discovery {
    /// Announces that somebody waits with this code, at this port of the selected interfaces. Only what comes of the
    /// code's number is announced, nothing of what is sent; `None` for a code without a number.
    ///
    /// # Errors
    ///
    /// The system's, where no announcement can be made at all.
    pub fn announce(
        code: &Code,
        port: u16,
        selection: Selection,
        reactor: &mut Reactor,
    ) -> io::Result<Option<Self>> {
        let Some((service, name)) = names(code) else {
            return Ok(None);
        };
        let what = What::Announced(Announcement::new(service, name).port(port));
        Self::start(what, selection, None, reactor).map(Some)
    }

    /// Searches for whoever waits with this code; `None` for a code without a number, which nobody announces.
    ///
    /// # Errors
    ///
    /// The system's, where no search can be made at all.
    pub fn search(
        code: &Code,
        selection: Selection,
        reactor: &mut Reactor,
    ) -> io::Result<Option<Self>> {
        let Some((service, name)) = names(code) else {
            return Ok(None);
        };
        let what = What::Sought(Search {
            service: Some(service),
            name: Some(name),
        });
        let hint = Some(Instant::now() + HINT_AFTER);
        Self::start(what, selection, hint, reactor).map(Some)
    }

    fn start(
        what: What,
        selection: Selection,
        hint: Option<Instant>,
        reactor: &mut Reactor,
    ) -> io::Result<Self> {
        let beacon = Some(open(&what, &selection, reactor)?);
        Ok(Self {
            what,
            selection,
            beacon,
            hint,
            found: 0,
            told: 0,
        })
    }

    /// Takes part in the loop. `false` for events of others.
    pub fn handle_event(
        &mut self,
        event: &Event,
        now: Instant,
        reactor: &mut Reactor,
        teller: &Teller,
    ) -> bool {
        let Some(beacon) = &mut self.beacon else {
            return false;
        };
        if !beacon.handle_event(event, now, reactor) {
            return false;
        }
        while let Some(notice) = beacon.poll_notice() {
            if let Notice::Trouble { text, .. } = notice {
                teller.note(&text);
            }
        }
        true
    }

    /// Where somebody says to wait with the code.
    pub fn poll_found(&mut self) -> Option<SocketAddr> {
        loop {
            let heard = self.beacon.as_mut()?.poll_event()?;
            if let Heard::Found(sighting) | Heard::Changed(sighting) = heard
                && let Some(address) = sighting.address()
            {
                self.found += 1;
                return Some(address);
            }
        }
    }

    /// Whether to tell of one more. Anybody can say to be there, as often as they like.
    pub fn is_worth_telling(&mut self) -> bool {
        self.told += 1;
        self.told <= TOLD_MAX
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.hint
    }

    /// Says what else can be done, when nobody was found for a while.
    pub fn handle_timeout(&mut self, now: Instant, teller: &Teller) {
        if self.hint.take_if(|hint| *hint <= now).is_some() && self.found == 0 {
            teller.note(
                "nobody with this code has answered yet; searching on. Where the network lets nobody be found, \
                 say --at HOST as bw-send has printed",
            );
        }
    }

    /// A search rests while a connection stands; an announcement does not, for a receiver that has to start anew.
    pub fn pause(&mut self, reactor: &mut Reactor) {
        self.hint = None;
        if let What::Sought(_) = self.what
            && let Some(beacon) = self.beacon.take()
        {
            beacon.close(reactor);
        }
    }

    /// Searches again: who was lost may come back with another address.
    pub fn go_on(&mut self, reactor: &mut Reactor) {
        if self.beacon.is_none() {
            self.beacon = open(&self.what, &self.selection, reactor).ok();
        }
    }

    /// Says goodbye.
    pub fn close(self, reactor: &mut Reactor) {
        if let Some(beacon) = self.beacon {
            beacon.close(reactor);
        }
    }
}

fn open(what: &What, selection: &Selection, reactor: &mut Reactor) -> io::Result<Beacon> {
    let config = BeaconConfig {
        selection: selection.clone(),
        ..BeaconConfig::default()
    };
    let mut beacon = Beacon::new(config, reactor)?;
    let now = reactor.now();
    match what.clone() {
        What::Announced(announcement) => beacon.announce(now, announcement, reactor),
        What::Sought(search) => beacon.search(now, search, reactor),
    }
    Ok(beacon)
}

fn names(code: &Code) -> Option<(Service, Name)> {
    let service = SERVICE.parse().ok()?;
    Some((service, code.identifier()?.parse().ok()?))
}
