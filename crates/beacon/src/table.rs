//! Who was heard and has not been silent since.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use core::net::{IpAddr, SocketAddr, SocketAddrV6};

use crate::announcement::Announcement;
use crate::datagram::{Identity, Instance};
use crate::dropped::Dropped;
use crate::limits::Limits;

/// How many of its intervals somebody may be silent before it counts as gone.
const SILENT_INTERVALS: u32 = 3;

/// For how long, and of how many, it is known that they said goodbye: what they said before may arrive later. Not for
/// longer, since a goodbye may be forged.
const GOODBYE_KEPT: Duration = Duration::from_secs(5);
const GOODBYES_MAX: usize = 64;

/// Somebody announced something from some address. Nothing of it is verified.
///
/// An instance that is heard from two addresses, or over two interfaces, is two sightings: what one address says of an
/// instance cannot change what another said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sighting {
    /// Who said so.
    pub instance: Instance,
    /// The address it came from.
    pub source: IpAddr,
    /// The interface it came over.
    pub interface: u32,
    /// What was announced.
    pub announcement: Announcement,
}

impl Sighting {
    /// Where to connect to, if a port was announced: the source's address, with the interface as its scope where it is
    /// link-local.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        let port = self.announcement.announced_port()?;
        Some(match self.source {
            IpAddr::V6(address) if address.is_unicast_link_local() => {
                SocketAddrV6::new(address, port, 0, self.interface).into()
            }
            address => SocketAddr::new(address, port),
        })
    }
}

/// What became of a sighting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is new.
    Found(Sighting),
    /// It is known, and announces something else now.
    Changed(Sighting),
    /// It is gone.
    Lost {
        /// What it was.
        sighting: Sighting,
        /// How that is known.
        why: Why,
    },
}

/// How it is known that somebody is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It said so.
    Goodbye,
    /// It was silent for three of its intervals.
    Silence,
    /// This machine is not on that network any more.
    LinkGone,
}

type Key = (Instance, IpAddr, u32);

#[derive(Debug)]
struct Entry {
    announcement: Announcement,
    /// Of the newest that was said.
    age: (u32, u32),
    expires: Instant,
}

#[derive(Debug)]
struct Goodbye {
    key: Key,
    age: (u32, u32),
    until: Instant,
}

#[derive(Debug)]
pub(crate) struct Table {
    entries: HashMap<Key, Entry>,
    per_source: HashMap<IpAddr, usize>,
    goodbyes: VecDeque<Goodbye>,
    events: VecDeque<Event>,
    /// Nothing expires earlier.
    expiry: Option<Instant>,
    entries_max: usize,
    per_source_max: usize,
    interval_max: Duration,
}

/// Something that was said by somebody.
pub(crate) struct Word {
    pub(crate) identity: Identity,
    pub(crate) sequence: u32,
    pub(crate) source: IpAddr,
    pub(crate) interface: u32,
}

impl Word {
    fn key(&self) -> Key {
        (self.identity.instance, self.source, self.interface)
    }

    fn age(&self) -> (u32, u32) {
        (self.identity.boot, self.sequence)
    }
}

impl Table {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            entries: HashMap::new(),
            per_source: HashMap::new(),
            goodbyes: VecDeque::new(),
            events: VecDeque::new(),
            expiry: None,
            entries_max: limits.sightings_max,
            per_source_max: limits.sightings_per_source_max,
            interval_max: limits.heard_interval_max,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.per_source.clear();
        self.goodbyes.clear();
        self.events.clear();
        self.expiry = None;
    }

    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Sighting> {
        self.entries.iter().map(|(key, entry)| entry.sighting(key))
    }

    /// When to call [`expire`](Self::expire); it may be too early for anything to be gone.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.expiry
    }

    pub(crate) fn heard(
        &mut self,
        now: Instant,
        word: &Word,
        announcement: Announcement,
        interval: Duration,
    ) -> Result<(), Dropped> {
        let expires = now + interval.min(self.interval_max) * SILENT_INTERVALS;
        let key = word.key();
        if let Some(entry) = self.entries.get_mut(&key) {
            check_age(entry.age, word.age())?;
            entry.age = word.age();
            entry.expires = expires;
            // An interval that got shorter.
            self.expiry = self.expiry.map(|earliest| earliest.min(expires));
            if entry.announcement != announcement {
                entry.announcement = announcement;
                let event = Event::Changed(entry.sighting(&key));
                // One that nobody asks for events of has the newest in its table anyway.
                if self.events.len() < self.events_max() {
                    self.events.push_back(event);
                }
            }
            return Ok(());
        }
        let is_gone = |goodbye: &&Goodbye| goodbye.key == key && now < goodbye.until;
        if let Some(goodbye) = self.goodbyes.iter().rev().find(is_gone) {
            check_age(goodbye.age, word.age())?;
        }
        let here = self.per_source.get(&word.source).copied().unwrap_or(0);
        let is_full = self.entries.len() >= self.entries_max || here >= self.per_source_max;
        if is_full || self.events.len() >= self.events_max() {
            return Err(Dropped::TableFull);
        }
        let entry = Entry {
            announcement,
            age: word.age(),
            expires,
        };
        self.events.push_back(Event::Found(entry.sighting(&key)));
        self.entries.insert(key, entry);
        self.per_source.insert(word.source, here + 1);
        self.expiry = Some(
            self.expiry
                .map_or(expires, |earliest| earliest.min(expires)),
        );
        Ok(())
    }

    pub(crate) fn goodbye(&mut self, now: Instant, word: &Word) -> Result<(), Dropped> {
        let key = word.key();
        let entry = self.entries.get(&key).ok_or(Dropped::Unknown)?;
        check_age(entry.age, word.age())?;
        if self.goodbyes.len() == GOODBYES_MAX {
            self.goodbyes.pop_front();
        }
        self.goodbyes.push_back(Goodbye {
            key,
            age: word.age(),
            until: now + GOODBYE_KEPT,
        });
        self.remove(|other, _| *other == key, Why::Goodbye);
        Ok(())
    }

    /// Forgets those that were silent too long.
    pub(crate) fn expire(&mut self, now: Instant) {
        if self.expiry.is_none_or(|earliest| now < earliest) {
            return;
        }
        self.remove(|_, entry| entry.expires <= now, Why::Silence);
        self.expiry = self.entries.values().map(|entry| entry.expires).min();
    }

    /// Forgets those of a link.
    pub(crate) fn leave(&mut self, interface: u32) {
        self.remove(|(_, _, over), _| *over == interface, Why::LinkGone);
    }

    fn events_max(&self) -> usize {
        self.entries_max.saturating_mul(2)
    }

    fn remove(&mut self, is_gone: impl Fn(&Key, &Entry) -> bool, why: Why) {
        let gone = self.entries.extract_if(|key, entry| is_gone(key, entry));
        for (key, entry) in gone {
            let sighting = entry.sighting(&key);
            self.events.push_back(Event::Lost { sighting, why });
            if let Some(count) = self.per_source.get_mut(&key.1) {
                *count -= 1;
                if *count == 0 {
                    self.per_source.remove(&key.1);
                }
            }
        }
    }
}

impl Entry {
    fn sighting(&self, key: &Key) -> Sighting {
        let &(instance, source, interface) = key;
        Sighting {
            instance,
            source,
            interface,
            announcement: self.announcement.clone(),
        }
    }
}

fn check_age(known: (u32, u32), said: (u32, u32)) -> Result<(), Dropped> {
    match said.cmp(&known) {
        std::cmp::Ordering::Less => Err(Dropped::Stale),
        std::cmp::Ordering::Equal => Err(Dropped::Duplicate),
        std::cmp::Ordering::Greater => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use core::net::{IpAddr, Ipv4Addr};

    use super::{Event, Table, Word};
    use crate::announcement::Announcement;
    use crate::datagram::{Identity, Instance};
    use crate::dropped::Dropped;
    use crate::limits::Limits;

    const INTERVAL: Duration = Duration::from_secs(13);

    fn word(instance: u8, boot: u32, sequence: u32, host: u8) -> Word {
        Word {
            identity: Identity {
                instance: Instance::new([instance; 16]),
                boot,
            },
            sequence,
            source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, host)),
            interface: 2,
        }
    }

    fn named(name: &str) -> Announcement {
        Announcement::new("test".parse().unwrap(), name.parse().unwrap())
    }

    fn events(table: &mut Table) -> Vec<String> {
        let told = |event| match event {
            Event::Found(sighting) => format!("found {}", sighting.announcement.name()),
            Event::Changed(sighting) => format!("changed {}", sighting.announcement.name()),
            Event::Lost { sighting, why } => {
                format!("lost {} {why:?}", sighting.announcement.name())
            }
        };
        std::iter::from_fn(|| table.poll_event())
            .map(told)
            .collect()
    }

    #[test]
    fn newest_wins_and_nothing_flaps() {
        let mut table = Table::new(&Limits::default());
        let now = Instant::now();
        let mut hear = |boot, sequence, name| {
            table.heard(now, &word(1, boot, sequence, 1), named(name), INTERVAL)
        };
        assert_eq!(hear(5, 10, "a"), Ok(()));
        for _ in 0..100 {
            assert_eq!(hear(5, 10, "a"), Err(Dropped::Duplicate));
        }
        assert_eq!(hear(5, 9, "old"), Err(Dropped::Stale));
        assert_eq!(hear(4, 99, "old"), Err(Dropped::Stale));
        assert_eq!(hear(5, 12, "b"), Ok(()));
        assert_eq!(hear(5, 11, "a"), Err(Dropped::Stale));
        assert_eq!(hear(6, 1, "b"), Ok(()));
        assert_eq!(events(&mut table), ["found a", "changed b"]);
        assert_eq!(table.iter().count(), 1);
    }

    #[test]
    fn silence_goodbye_and_a_lost_link_end_it() {
        let mut table = Table::new(&Limits::default());
        let now = Instant::now();
        for (instance, name) in [(1, "silent"), (2, "polite"), (3, "loud")] {
            let word = word(instance, 1, 1, instance);
            table.heard(now, &word, named(name), INTERVAL).unwrap();
        }
        events(&mut table);
        assert_eq!(table.goodbye(now, &word(2, 1, 2, 1)), Err(Dropped::Unknown));
        assert_eq!(
            table.goodbye(now, &word(2, 1, 1, 2)),
            Err(Dropped::Duplicate)
        );
        assert_eq!(table.goodbye(now, &word(2, 1, 2, 2)), Ok(()));
        assert_eq!(events(&mut table), ["lost polite Goodbye"]);

        table
            .heard(now + INTERVAL, &word(3, 1, 2, 3), named("loud"), INTERVAL)
            .unwrap();
        assert_eq!(table.poll_timeout(), Some(now + 3 * INTERVAL));
        table.expire(now + 3 * INTERVAL - Duration::from_nanos(1));
        assert!(events(&mut table).is_empty());
        table.expire(now + 3 * INTERVAL);
        assert_eq!(events(&mut table), ["lost silent Silence"]);
        assert_eq!(table.poll_timeout(), Some(now + 4 * INTERVAL));

        table.leave(1);
        assert!(events(&mut table).is_empty());
        table.leave(2);
        assert_eq!(events(&mut table), ["lost loud LinkGone"]);
        assert!(table.per_source.is_empty());
    }

    #[test]
    fn what_was_said_before_a_goodbye_is_stale_for_a_while() {
        let mut table = Table::new(&Limits::default());
        let start = Instant::now();
        let hear = |table: &mut Table, now, sequence| {
            table.heard(now, &word(1, 1, sequence, 1), named("a"), INTERVAL)
        };
        hear(&mut table, start, 1).unwrap();
        table.goodbye(start, &word(1, 1, 5, 1)).unwrap();
        let late = start + Duration::from_millis(4_999);
        assert_eq!(hear(&mut table, late, 4), Err(Dropped::Stale));
        assert_eq!(hear(&mut table, late, 5), Err(Dropped::Duplicate));
        assert_eq!(hear(&mut table, late, 6), Ok(()));
        table.goodbye(late, &word(1, 1, u32::MAX, 1)).unwrap();
        assert_eq!(hear(&mut table, late, 7), Err(Dropped::Stale));
        let later = late + Duration::from_secs(5);
        assert_eq!(hear(&mut table, later, 7), Ok(()));

        // Many that go at once are not all remembered.
        for instance in 2..=255 {
            let word = |sequence| word(instance, 1, sequence, instance);
            table.heard(later, &word(1), named("a"), INTERVAL).unwrap();
            table.goodbye(later, &word(2)).unwrap();
        }
        assert_eq!(table.goodbyes.len(), 64);
    }

    #[test]
    fn an_interval_is_believed_up_to_a_limit() {
        let mut table = Table::new(&Limits::default());
        let now = Instant::now();
        let forever = Duration::from_secs(65_535);
        table
            .heard(now, &word(1, 1, 1, 1), named("a"), forever)
            .unwrap();
        table.expire(now + Duration::from_secs(360));
        assert_eq!(events(&mut table), ["found a", "lost a Silence"]);
    }

    #[test]
    fn what_one_address_says_changes_nothing_of_another() {
        let mut table = Table::new(&Limits::default());
        let now = Instant::now();
        table
            .heard(now, &word(1, 1, 1, 1), named("a"), INTERVAL)
            .unwrap();
        let impostor = word(1, u32::MAX, u32::MAX, 66);
        table.heard(now, &impostor, named("b"), INTERVAL).unwrap();
        assert_eq!(
            table.heard(now, &word(1, 1, 2, 1), named("a"), INTERVAL),
            Ok(())
        );
        assert_eq!(events(&mut table), ["found a", "found b"]);
        table.goodbye(now, &word(1, u32::MAX, u32::MAX, 1)).unwrap();
        assert_eq!(events(&mut table), ["lost a Goodbye"]);
    }

    #[test]
    fn the_table_is_bounded_in_all_and_by_source() {
        let limits = Limits {
            sightings_max: 100,
            sightings_per_source_max: 10,
            ..Limits::default()
        };
        let mut table = Table::new(&limits);
        let now = Instant::now();
        let mut hear =
            |instance, host| table.heard(now, &word(instance, 1, 1, host), named("a"), INTERVAL);
        let from_one = (0..=255).filter(|&n| hear(n, 1).is_ok()).count();
        assert_eq!(from_one, 10);
        assert_eq!(hear(99, 1), Err(Dropped::TableFull));
        let from_many = (2..=255).filter(|&host| hear(1, host).is_ok()).count();
        assert_eq!(from_many, 90);
        assert_eq!(table.iter().count(), 100);
    }
}
