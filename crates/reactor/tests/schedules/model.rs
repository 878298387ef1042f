//! What a reactor on a script should do, written without regard to cost: lists that are searched from their start.
//!
//! It predicts everything, the order among sources too. That order is the script's (see `look`), and nothing a user of
//! the crate is promised.

use std::collections::BTreeMap;
use std::io;

use barewire_reactor::{Config, Event, Interest, Mode, RawKey, Ready, Received, TimerKey};

/// Milliseconds since the reactor was made.
pub(crate) type Millis = u64;

/// Which share of a turn is drawn on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Direction {
    Read,
    Write,
}

impl Direction {
    pub(crate) const fn ready(self) -> Ready {
        match self {
            Self::Read => Ready::READABLE,
            Self::Write => Ready::WRITABLE,
        }
    }
}

/// A source, also after its removal: its number is its place in the list.
pub(crate) struct Source {
    pub(crate) key: RawKey,
    pub(crate) alive: bool,
    pub(crate) interest: Interest,
    mode: Mode,
    kind: Kind,
    /// What the poller watches it for, if at all.
    watched: Option<Interest>,
    /// Whether the poller would report it.
    armed: bool,
    /// When the poller last did, or came to know of it.
    last: u64,
    /// What it is.
    state: Ready,
    /// Calls in this turn, per direction.
    spent: [usize; 2],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Probe,
    Channel,
}

#[derive(Default)]
struct Queue {
    messages: Vec<u32>,
    closed: bool,
    /// Something came since it was last found empty.
    rung: bool,
}

struct Timer {
    key: TimerKey,
    at: Millis,
    /// Its place among equals.
    place: u64,
    armed: bool,
}

/// A report of a source by its number; of nobody for a key of another reactor.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Report {
    source: Option<usize>,
    told: Ready,
}

/// What a turn should say it found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) io: usize,
    pub(crate) timers: usize,
    pub(crate) woken: bool,
}

/// What should have been counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) turns: u64,
    pub(crate) io_events: u64,
    pub(crate) timer_events: u64,
    pub(crate) timers_late: u64,
    pub(crate) woken_events: u64,
    pub(crate) stale_dropped: u64,
    pub(crate) adds: u64,
    pub(crate) modifies: u64,
    pub(crate) deletes: u64,
    pub(crate) detached: u64,
    pub(crate) messages: u64,
    pub(crate) budget_stops: u64,
}

pub(crate) struct Model {
    config: Config,
    pub(crate) clock: Millis,
    pub(crate) now: Millis,
    pub(crate) sources: Vec<Source>,
    queues: BTreeMap<usize, Queue>,
    timers: Vec<Timer>,
    /// Whatever is to have an order among its like gets the next of these.
    places: u64,
    /// Changes of state to come.
    schedule: Vec<(Millis, usize, Ready)>,
    strays: Vec<Report>,
    failures: Vec<io::ErrorKind>,
    woke: bool,
    woken: bool,
    due: Vec<usize>,
    reports: Vec<Report>,
    owed: Vec<Report>,
    pub(crate) counts: Counts,
}

impl Model {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            clock: 0,
            now: 0,
            sources: Vec::new(),
            queues: BTreeMap::new(),
            timers: Vec::new(),
            places: 0,
            schedule: Vec::new(),
            strays: Vec::new(),
            failures: Vec::new(),
            woke: false,
            woken: false,
            due: Vec::new(),
            reports: Vec::new(),
            owed: Vec::new(),
            counts: Counts::default(),
        }
    }

    pub(crate) fn insert_probe(&mut self, key: RawKey, mode: Mode, interest: Interest) {
        let id = self.insert(key, mode, interest, Kind::Probe);
        self.attach(id);
    }

    pub(crate) fn insert_channel(&mut self, key: RawKey, mode: Mode, interest: Interest) -> usize {
        let id = self.insert(key, mode, interest, Kind::Channel);
        self.queues.insert(id, Queue::default());
        id
    }

    fn insert(&mut self, key: RawKey, mode: Mode, interest: Interest, kind: Kind) -> usize {
        self.sources.push(Source {
            key,
            alive: true,
            interest,
            mode,
            kind,
            watched: None,
            armed: false,
            last: 0,
            state: Ready::NONE,
            spent: [0; 2],
        });
        self.sources.len() - 1
    }

    pub(crate) fn is_channel(&self, id: usize) -> bool {
        self.sources[id].kind == Kind::Channel
    }

    pub(crate) fn remove(&mut self, id: usize) -> bool {
        self.detach(id);
        std::mem::take(&mut self.sources[id].alive)
    }

    pub(crate) fn set_interest(&mut self, id: usize, interest: Interest) -> bool {
        let source = &mut self.sources[id];
        let before = std::mem::replace(&mut source.interest, interest);
        if !source.alive || before == interest || source.kind == Kind::Channel {
            return source.alive;
        }
        match source.watched {
            None if interest.is_empty() => {}
            None => self.attach(id),
            Some(_) => {
                (source.watched, source.armed) = (Some(interest), true);
                self.counts.modifies += 1;
            }
        }
        true
    }

    fn attach(&mut self, id: usize) {
        let source = &mut self.sources[id];
        (source.watched, source.armed) = (Some(source.interest), true);
        self.places += 1;
        source.last = self.places;
        self.counts.adds += 1;
    }

    fn detach(&mut self, id: usize) {
        if self.sources[id].watched.take().is_some() {
            self.counts.deletes += 1;
        }
    }

    pub(crate) fn set_ready(&mut self, id: usize, state: Ready) {
        let source = &mut self.sources[id];
        source.state = state;
        source.armed |= source.mode == Mode::Edge;
    }

    pub(crate) fn ready_after(&mut self, delay: Millis, id: usize, state: Ready) {
        self.schedule.push((self.clock + delay, id, state));
    }

    pub(crate) fn report(&mut self, source: Option<usize>, told: Ready) {
        self.strays.push(Report { source, told });
    }

    pub(crate) fn fail_wait(&mut self, kind: io::ErrorKind) {
        self.failures.push(kind);
    }

    pub(crate) fn wake(&mut self) {
        self.woke = true;
    }

    pub(crate) fn arm(&mut self, key: TimerKey, at: Millis) {
        self.places += 1;
        self.timers.push(Timer {
            key,
            at,
            place: self.places,
            armed: true,
        });
    }

    pub(crate) fn cancel(&mut self, id: usize) -> bool {
        self.due.retain(|&due| due != id);
        std::mem::take(&mut self.timers[id].armed)
    }

    pub(crate) fn postpone(&mut self, id: usize, at: Millis) -> bool {
        let timer = &mut self.timers[id];
        if timer.armed && at != timer.at {
            self.due.retain(|&due| due != id);
            if at < timer.at {
                self.places += 1;
                timer.place = self.places;
            }
            timer.at = at;
        }
        timer.armed
    }

    pub(crate) fn timers(&self) -> Vec<TimerKey> {
        self.timers.iter().map(|timer| timer.key).collect()
    }

    pub(crate) fn armed(&self) -> usize {
        self.timers.iter().filter(|timer| timer.armed).count()
    }

    pub(crate) fn send(&mut self, id: usize, message: u32) {
        if let Some(queue) = self.queues.get_mut(&id) {
            queue.messages.push(message);
            queue.rung = true;
        }
    }

    pub(crate) fn close(&mut self, id: usize) {
        if let Some(queue) = self.queues.get_mut(&id) {
            (queue.closed, queue.rung) = (true, true);
        }
    }

    /// `None` where there is no such channel.
    pub(crate) fn receive(&mut self, id: usize) -> Option<Received<u32>> {
        let source = &mut self.sources[id];
        let queue = self.queues.get_mut(&id).filter(|_| source.alive)?;
        if source.spent[0] >= self.config.messages_per_turn_max {
            self.counts.budget_stops += 1;
            return Some(Received::Blocked);
        }
        Some(if !queue.messages.is_empty() {
            source.spent[0] += 1;
            self.counts.messages += 1;
            Received::Message(queue.messages.remove(0))
        } else if queue.closed {
            Received::Closed
        } else {
            queue.rung = false;
            Received::Blocked
        })
    }

    /// Whether a call of one byte goes through; `None` where there is no such probe.
    pub(crate) fn transfer(&mut self, id: usize, direction: Direction) -> Option<bool> {
        let source = &mut self.sources[id];
        if !source.alive || source.kind == Kind::Channel {
            return None;
        }
        let max = match direction {
            Direction::Read => self.config.read_bytes_per_turn_max,
            Direction::Write => self.config.write_bytes_per_turn_max,
        };
        let told = direction.ready();
        // Each call is charged 4 KiB at least.
        if source.spent[direction as usize] * 4096 >= max {
            self.counts.budget_stops += 1;
            let source = Some(id);
            let report = Report { source, told };
            if self.sources[id].mode == Mode::Edge && !self.owed.contains(&report) {
                self.owed.push(report);
            }
            return Some(false);
        }
        let goes = self.is_ready(id, told);
        self.sources[id].spent[direction as usize] += usize::from(goes);
        Some(goes)
    }

    /// Whether an operation on the source would find something to do.
    pub(crate) fn is_ready(&self, id: usize, wanted: Ready) -> bool {
        self.sources[id].state.contains(wanted)
    }

    pub(crate) fn turn(&mut self, max_wait: Option<Millis>) -> Result<Found, io::ErrorKind> {
        self.counts.turns += 1;
        for source in &mut self.sources {
            source.spent = [0; 2];
        }
        // What the system will not say again.
        let sources = &self.sources;
        self.reports.retain(|report| {
            let source = report.source.map(|id| &sources[id]);
            source.is_some_and(|source| source.alive && source.mode != Mode::Level)
        });
        self.reports.append(&mut self.owed);
        // One for each source, where its first was.
        let mut merged: Vec<Report> = Vec::new();
        for report in self.reports.drain(..) {
            match merged
                .iter_mut()
                .find(|first| first.source == report.source)
            {
                Some(first) => first.told |= report.told,
                None => merged.push(report),
            }
        }
        self.reports = merged;
        if !self.failures.is_empty() {
            return Err(self.failures.remove(0));
        }
        let limit = max_wait.map(|wait| self.clock + wait);
        loop {
            self.look();
            self.ring();
            self.expire();
            self.woken |= std::mem::take(&mut self.woke);
            let at_hand = self.woken || !self.due.is_empty() || !self.reports.is_empty();
            if at_hand || limit.is_some_and(|limit| limit <= self.clock) {
                self.now = self.clock;
                return Ok(Found {
                    io: self.reports.len(),
                    timers: self.due.len(),
                    woken: self.woken,
                });
            }
            let armed = self.timers.iter().filter(|timer| timer.armed);
            let ends = armed.map(|timer| timer.at).chain(limit);
            let changes = self.schedule.iter().map(|&(at, ..)| at);
            let Some(next) = ends.chain(changes).min() else {
                return Err(io::ErrorKind::Other);
            };
            self.clock = next;
        }
    }

    /// The script's part of a wait: what is due to change changes, strays come first, then the sources that were not
    /// reported for longest.
    fn look(&mut self) {
        while let Some(n) = (0..self.schedule.len())
            .filter(|&n| self.schedule[n].0 <= self.clock)
            .min_by_key(|&n| self.schedule[n].0)
        {
            let (_, id, state) = self.schedule.remove(n);
            self.set_ready(id, state);
        }
        self.reports.append(&mut self.strays);
        let mut order: Vec<usize> = (0..self.sources.len()).collect();
        order.sort_by_key(|&id| self.sources[id].last);
        let mut room = self.config.events_per_turn_max;
        for id in order {
            let source = &mut self.sources[id];
            let Some(watched) = source.watched else {
                continue;
            };
            let told = wanted(with_directions(source.state), watched) | hints(source.state);
            if room > 0 && source.armed && !told.is_empty() {
                room -= 1;
                source.armed = source.mode == Mode::Level;
                self.places += 1;
                source.last = self.places;
                let source = Some(id);
                self.reports.push(Report { source, told });
            }
        }
    }

    /// Channels are looked at in every turn, in the order of their insertion.
    fn ring(&mut self) {
        for (&id, queue) in &self.queues {
            let source = &self.sources[id];
            if source.alive && queue.rung && source.interest.contains(Interest::READABLE) {
                let (source, told) = (Some(id), Ready::READABLE);
                self.reports.push(Report { source, told });
            }
        }
    }

    fn expire(&mut self) {
        let (timers, due) = (&self.timers, &self.due);
        let mut fresh: Vec<usize> = (0..timers.len())
            .filter(|id| timers[*id].armed && timers[*id].at <= self.clock && !due.contains(id))
            .collect();
        fresh.sort_by_key(|&id| (timers[id].at, timers[id].place));
        self.due.extend(fresh);
    }

    pub(crate) fn next(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.woken) {
            self.counts.woken_events += 1;
            return Some(Event::Woken);
        }
        if !self.due.is_empty() {
            let id = self.due.remove(0);
            let timer = &mut self.timers[id];
            timer.armed = false;
            self.counts.timer_events += 1;
            self.counts.timers_late += u64::from(self.now >= timer.at + 10);
            let (key, tag) = (timer.key, id as u64);
            return Some(Event::Timer { key, tag });
        }
        while !self.reports.is_empty() {
            let report = self.reports.remove(0);
            let told = report.source.and_then(|id| self.deliver(id, report.told));
            if let (Some(id), Some(ready)) = (report.source, told) {
                let key = self.sources[id].key;
                self.counts.io_events += 1;
                return Some(Event::Io { key, ready });
            }
            self.counts.stale_dropped += 1;
        }
        None
    }

    /// What the owner is to hear of a report, if anything.
    fn deliver(&mut self, id: usize, told: Ready) -> Option<Ready> {
        let source = &mut self.sources[id];
        let channel = source.kind == Kind::Channel;
        if !source.alive || (source.watched.is_none() && !channel) {
            return None;
        }
        let (wanted, hints) = (wanted(told, source.interest), hints(told));
        let asked = !wanted.is_empty();
        let dead = !asked && (!hints.is_empty() || told.is_empty());
        if (!asked && !dead) || (dead && channel) {
            return None;
        }
        let oneshot = source.mode == Mode::Oneshot;
        if oneshot || dead {
            source.interest = Interest::NONE;
        }
        if dead {
            self.counts.detached += 1;
        }
        // A one-shot source that has hung up is not armed again by anyone but its owner.
        if dead || (oneshot && !hints.is_empty()) {
            self.detach(id);
        }
        Some(if dead && hints.is_empty() {
            Ready::CLOSED
        } else {
            wanted | hints
        })
    }
}

fn wanted(told: Ready, interest: Interest) -> Ready {
    let pairs = [
        (Interest::READABLE, Ready::READABLE),
        (Interest::WRITABLE, Ready::WRITABLE),
        (Interest::PRIORITY, Ready::PRIORITY),
    ];
    let asked = pairs
        .into_iter()
        .filter(|&(flag, _)| interest.contains(flag));
    asked.fold(Ready::NONE, |all, (_, ready)| all | (told & ready))
}

fn hints(told: Ready) -> Ready {
    told & (Ready::CLOSED | Ready::ERROR)
}

/// A source that failed or was closed is worth a try in both directions.
fn with_directions(state: Ready) -> Ready {
    if hints(state).is_empty() {
        state
    } else {
        state | Ready::READABLE | Ready::WRITABLE
    }
}
