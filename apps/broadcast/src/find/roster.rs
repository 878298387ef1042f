//! Who is there, by what was heard.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use barewire_beacon::{Announcement, Event, Instance, Sighting, Why};

/// Everybody that was found and is not lost yet.
///
/// A machine is heard from each of its addresses, by each network that it shares with this one, which is a sighting each;
/// that it is one is known by its instance.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    sightings: BTreeMap<Key, Sighting>,
    ever: BTreeSet<Instance>,
}

type Key = (Instance, IpAddr, u32);

/// What is new about somebody.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// It is there.
    Found(Sighting),
    /// It says something else.
    Changed(Sighting),
    /// It is there no more.
    Lost(Sighting, Why),
}

/// Somebody, at all of its addresses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Peer<'a> {
    pub(crate) announcement: &'a Announcement,
    /// Each with the index of the interface.
    pub(crate) addresses: Vec<(String, u32)>,
}

/// Instances that are counted, which is more than any network has.
const EVER_MAX: usize = 1 << 16;

impl Roster {
    /// Takes it in; what is new about somebody, and not just one more address.
    pub(crate) fn apply(&mut self, event: Event) -> Option<News> {
        match event {
            Event::Found(sighting) | Event::Changed(sighting) => self.see(sighting),
            Event::Lost { sighting, why } => {
                self.sightings.remove(&key(&sighting));
                let is_there = self.of(sighting.instance).next().is_some();
                (!is_there).then_some(News::Lost(sighting, why))
            }
        }
    }

    fn see(&mut self, sighting: Sighting) -> Option<News> {
        let says_so = |other: &Sighting| other.announcement == sighting.announcement;
        let is_known = self.of(sighting.instance).next().is_some();
        let is_old = self.of(sighting.instance).any(says_so);
        self.sightings.insert(key(&sighting), sighting.clone());
        if self.ever.len() < EVER_MAX {
            self.ever.insert(sighting.instance);
        }
        match (is_known, is_old) {
            (_, true) => None,
            (true, false) => Some(News::Changed(sighting)),
            (false, false) => Some(News::Found(sighting)),
        }
    }

    fn of(&self, instance: Instance) -> impl Iterator<Item = &Sighting> {
        let mut all = self.sightings.values();
        std::iter::from_fn(move || all.find(|sighting| sighting.instance == instance))
    }

    /// How many have been found, gone or not.
    pub(crate) fn found(&self) -> u64 {
        self.ever.len() as u64
    }

    /// Everybody, by name. One that says different things at different addresses is there once for each.
    pub(crate) fn peers(&self) -> Vec<Peer<'_>> {
        let mut peers: Vec<(Instance, Peer<'_>)> = Vec::new();
        for sighting in self.sightings.values() {
            let address = (address(sighting), sighting.interface);
            let same = peers.iter_mut().find(|(instance, peer)| {
                *instance == sighting.instance && *peer.announcement == sighting.announcement
            });
            match same {
                Some((_, peer)) => peer.addresses.push(address),
                None => peers.push((
                    sighting.instance,
                    Peer {
                        announcement: &sighting.announcement,
                        addresses: vec![address],
                    },
                )),
            }
        }
        let mut peers: Vec<Peer<'_>> = peers.into_iter().map(|(_, peer)| peer).collect();
        peers.sort_by_key(|peer| (peer.announcement.name(), peer.announcement.service()));
        peers
    }
}

fn key(sighting: &Sighting) -> Key {
    (sighting.instance, sighting.source, sighting.interface)
}

/// Where to reach it: with the port, where it has one.
pub(crate) fn address(sighting: &Sighting) -> String {
    match (sighting.address(), sighting.source) {
        (Some(address), _) => address.to_string(),
        (None, IpAddr::V6(source)) if source.is_unicast_link_local() => {
            format!("{source}%{}", sighting.interface)
        }
        (None, source) => source.to_string(),
    }
}
