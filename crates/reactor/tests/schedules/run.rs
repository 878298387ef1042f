//! A reactor and its model, going through a schedule side by side.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use barewire_reactor::script::{Calls, Probe, Script};
use barewire_reactor::{
    Config, Event, Input, Interest, Key, Mode, Output, RawKey, Reactor, Receiver, Sender, Stats,
    Waker, channel,
};
use proptest::prelude::*;

use crate::model::{Counts, Direction, Found, Millis, Model};
use crate::steps::{Pick, Step};

type Checked = Result<(), TestCaseError>;

/// A reactor and its model.
pub(crate) struct Run {
    script: Script,
    reactor: Reactor,
    waker: Waker,
    start: Instant,
    model: Model,
    senders: BTreeMap<usize, Sender<u32>>,
    /// Sources of another reactor, whose keys mean nothing to this one.
    strangers: Vec<RawKey>,
    messages: u32,
    itself: Option<usize>,
    trace: Vec<String>,
}

impl Run {
    pub(crate) fn new(events_per_turn_max: usize) -> Self {
        let config = Config {
            events_per_turn_max,
            read_bytes_per_turn_max: 2 * 4096,
            write_bytes_per_turn_max: 4096,
            messages_per_turn_max: 2,
            ..Config::default()
        };
        let script = Script::new();
        let reactor = script.reactor(config.clone());
        Self {
            waker: reactor.waker(),
            start: script.now(),
            script,
            reactor,
            model: Model::new(config),
            senders: BTreeMap::new(),
            strangers: strangers(),
            messages: 0,
            itself: None,
            trace: Vec::new(),
        }
    }

    /// Goes through `steps`, then takes what is left, comparing all the way.
    pub(crate) fn through(&mut self, steps: &[Step]) -> Checked {
        for step in steps.iter().chain(&[Step::Turn(Some(0)), Step::TakeAll]) {
            self.step(step)?;
            self.compare()?;
        }
        Ok(())
    }

    /// All that could be seen from outside.
    pub(crate) fn seen(&self) -> (&[String], Stats, Calls) {
        (&self.trace, self.reactor.stats(), self.script.calls())
    }

    fn step(&mut self, step: &Step) -> Checked {
        match *step {
            Step::Nothing => {}
            Step::Probe(mode, interest) => self.probe(mode, interest),
            Step::Channel(mode, interest, early) => self.channel(mode, interest, early),
            Step::Remove(pick) => self.about(pick, Self::remove)?,
            Step::Replace(pick, mode, interest) => self.about(pick, |run, id| {
                let index = run.model.sources[id].key.index();
                let was_held = run.model.sources[id].alive;
                run.remove(id)?;
                run.probe(mode, interest);
                let newcomer = run.model.sources.last().map(|source| source.key.index());
                prop_assert!(!was_held || newcomer == Some(index));
                Ok(())
            })?,
            Step::Interest(pick, interest) => self.about(pick, |run, id| {
                let key = run.key(id).typed::<Probe>();
                let set = run.reactor.set_interest(key, interest);
                prop_assert_eq!(outcome(&set), found(run.model.set_interest(id, interest)));
                Ok(())
            })?,
            Step::Ready(pick, ready) => self.about(pick, |run, id| {
                run.script.set_ready(run.key(id), ready);
                run.model.set_ready(id, ready);
                Ok(())
            })?,
            Step::ReadyAfter(after, pick, ready) => self.about(pick, |run, id| {
                run.script.ready_after(millis(after), run.key(id), ready);
                run.model.ready_after(after, id, ready);
                Ok(())
            })?,
            Step::Report(pick, ready) => self.about(pick, |run, id| {
                run.script.report(run.key(id), ready);
                run.model.report(Some(id), ready);
                Ok(())
            })?,
            Step::ReportOfNobody(ready) => {
                for &key in &self.strangers {
                    self.script.report(key, ready);
                    self.model.report(None, ready);
                }
            }
            Step::Transfer(pick, direction) => {
                self.about(pick, |run, id| run.transfer(id, direction))?;
            }
            Step::Send(pick) => self.about(pick, |run, id| {
                run.send(id);
                Ok(())
            })?,
            Step::Close(pick) => self.about(pick, |run, id| {
                if run.senders.remove(&id).is_some() {
                    run.model.close(id);
                }
                Ok(())
            })?,
            Step::Receive(pick) => self.about(pick, |run, id| {
                let received = run.reactor.receive(run.key(id).typed::<Receiver<u32>>());
                prop_assert_eq!(received.ok(), run.model.receive(id));
                Ok(())
            })?,
            Step::Arm(after) => {
                let (at, instant) = self.instant(after);
                let tag = self.model.timers().len() as u64;
                self.model.arm(self.reactor.timer(instant, tag), at);
            }
            Step::Cancel(n) => {
                if let Some((id, key)) = nth(n, &self.model.timers()) {
                    prop_assert_eq!(self.reactor.cancel(key), self.model.cancel(id));
                }
            }
            Step::Postpone(n, after) => {
                if let Some((id, key)) = nth(n, &self.model.timers()) {
                    let (at, instant) = self.instant(after);
                    let postponed = self.reactor.postpone(key, instant);
                    prop_assert_eq!(postponed, self.model.postpone(id, at));
                }
            }
            Step::Advance(by) => {
                self.script.advance(millis(by));
                self.model.clock += by;
            }
            Step::Wake => {
                self.waker.wake();
                self.model.wake();
            }
            Step::FailWait => {
                self.script.fail_wait(io::ErrorKind::OutOfMemory);
                self.model.fail_wait(io::ErrorKind::OutOfMemory);
            }
            Step::Turn(max_wait) => self.turn(max_wait)?,
            Step::Take(n) => {
                for _ in 0..n {
                    self.take()?;
                }
            }
            Step::TakeAll => while self.take()? {},
        }
        Ok(())
    }

    fn probe(&mut self, mode: Mode, interest: Interest) {
        let key = self.reactor.insert_with(Probe::new(), interest, mode);
        let key = key.expect("a script takes every probe").raw();
        self.model.insert_probe(key, mode, interest);
    }

    fn channel(&mut self, mode: Mode, interest: Interest, early: u8) {
        let (sender, receiver) = channel::<u32>(4);
        for n in 0..early {
            sender.try_send(n.into()).expect("room");
        }
        let key = self.reactor.insert_with(receiver, interest, mode);
        let key = key.expect("a reactor takes every channel").raw();
        let id = self.model.insert_channel(key, mode, interest);
        for n in 0..early {
            self.model.send(id, n.into());
        }
        self.senders.insert(id, sender);
    }

    fn remove(&mut self, id: usize) -> Checked {
        let key = self.key(id);
        let (is_channel, was_held) = (self.model.is_channel(id), self.model.remove(id));
        let channel = self.reactor.remove(key.typed::<Receiver<u32>>());
        prop_assert_eq!(channel.is_some(), was_held && is_channel);
        let probe = self.reactor.remove(key.typed::<Probe>());
        prop_assert_eq!(probe.is_some(), was_held && !is_channel);
        Ok(())
    }

    fn transfer(&mut self, id: usize, direction: Direction) -> Checked {
        let key: Key<Probe> = self.key(id).typed();
        let is_ready = self.model.is_ready(id, direction.ready());
        let operation = |_: &Probe| match is_ready {
            true => Ok(1),
            false => Err(io::ErrorKind::WouldBlock.into()),
        };
        let transferred = match direction {
            Direction::Read => self.reactor.read_with(key, operation).map(|input| {
                assert_ne!(input, Input::End);
                input == Input::Bytes(1)
            }),
            Direction::Write => {
                let output = self.reactor.write_with(key, operation);
                output.map(|output| output == Output::Bytes(1))
            }
        };
        prop_assert_eq!(transferred.ok(), self.model.transfer(id, direction));
        Ok(())
    }

    fn send(&mut self, id: usize) {
        self.messages += 1;
        if let Some(sender) = self.senders.get(&id)
            && sender.try_send(self.messages).is_ok()
        {
            self.model.send(id, self.messages);
        }
    }

    fn turn(&mut self, max_wait: Option<Millis>) -> Checked {
        let turn = self.reactor.turn(max_wait.map(millis));
        self.trace.push(format!("{turn:?}"));
        match (turn, self.model.turn(max_wait)) {
            (Ok(turn), Ok(Found { io, timers, woken })) => {
                prop_assert_eq!((turn.io, turn.woken), (io, woken));
                // Those cancelled while they wait to be taken may count.
                prop_assert!(turn.timers >= timers, "{:?}, {} timers", turn, timers);
            }
            (Err(error), Err(kind)) => {
                prop_assert_eq!(error.kind(), kind);
                // The time of a turn that failed is the last one or a later one.
                let now = since(self.start, self.reactor.now());
                prop_assert!(self.model.now <= now && now <= self.model.clock);
                self.model.now = now;
            }
            (turn, expected) => prop_assert!(false, "{:?}, should be {:?}", turn, expected),
        }
        Ok(())
    }

    /// Takes one event; whether there was one.
    fn take(&mut self) -> Result<bool, TestCaseError> {
        let event = self.reactor.next();
        prop_assert_eq!(event, self.model.next());
        self.trace.push(format!("{event:?}"));
        if let Some(Event::Io { key, .. }) = event {
            self.itself = self.model.sources.iter().position(|s| s.key == key);
        }
        Ok(event.is_some())
    }

    fn compare(&self) -> Checked {
        let (reactor, model) = (&self.reactor, &self.model);
        prop_assert_eq!(since(self.start, reactor.now()), model.now);
        prop_assert_eq!(since(self.start, self.script.now()), model.clock);
        prop_assert_eq!(reactor.timer_count(), model.armed());
        let held = model.sources.iter().filter(|source| source.alive);
        prop_assert_eq!(reactor.source_count(), held.count());
        for source in &model.sources {
            let interest = reactor.interest(source.key.typed::<Probe>());
            prop_assert_eq!(interest, source.alive.then_some(source.interest));
        }
        let stats = reactor.stats();
        prop_assert_eq!(&counts(stats), &model.counts);
        prop_assert_eq!(stats.leaked, 0);
        let calls = self.script.calls();
        prop_assert_eq!(
            (calls.adds, calls.modifies, calls.deletes, calls.waits),
            (stats.adds, stats.modifies, stats.deletes, stats.waits)
        );
        Ok(())
    }

    fn about(&mut self, pick: Pick, step: impl FnOnce(&mut Self, usize) -> Checked) -> Checked {
        let sources = &self.model.sources;
        let all: Vec<usize> = (0..sources.len()).collect();
        let held: Vec<usize> = all
            .iter()
            .copied()
            .filter(|&id| sources[id].alive)
            .collect();
        let picked = match pick {
            Pick::Held(n) => nth(n, &held).map(|(_, id)| id),
            Pick::Itself => self.itself,
            Pick::Ever(n) => nth(n, &all).map(|(_, id)| id),
        };
        picked.map_or(Ok(()), |id| step(self, id))
    }

    fn key(&self, id: usize) -> RawKey {
        self.model.sources[id].key
    }

    /// A deadline in both worlds. What lies before the first instant of a reactor counts as that.
    fn instant(&self, after: i64) -> (Millis, Instant) {
        let (at, by) = (self.script.now(), millis(after.unsigned_abs()));
        let instant = match after {
            0.. => at.checked_add(by),
            _ => at.checked_sub(by),
        };
        let millis = self.model.clock.saturating_add_signed(after);
        (millis, instant.unwrap_or(self.start))
    }
}

/// Keys with indices no schedule reaches.
fn strangers() -> Vec<RawKey> {
    let script = Script::new();
    let mut elsewhere = script.reactor(Config::default());
    let keys = (0..130).map(|_| elsewhere.insert(Probe::new(), Interest::READABLE));
    let keys = keys.map(|key| key.expect("a script takes every probe").raw());
    keys.skip(128).collect()
}

fn counts(stats: Stats) -> Counts {
    Counts {
        turns: stats.turns,
        io_events: stats.io_events,
        timer_events: stats.timer_events,
        timers_late: stats.timers_late,
        woken_events: stats.woken_events,
        stale_dropped: stats.stale_dropped,
        adds: stats.adds,
        modifies: stats.modifies,
        deletes: stats.deletes,
        detached: stats.detached,
        messages: stats.messages,
        budget_stops: stats.budget_stops,
    }
}

fn outcome(result: &io::Result<()>) -> Result<(), io::ErrorKind> {
    result.as_ref().map(|&()| ()).map_err(io::Error::kind)
}

fn found(is_held: bool) -> Result<(), io::ErrorKind> {
    is_held.then_some(()).ok_or(io::ErrorKind::NotFound)
}

/// In proportion, so that a smaller number is an earlier one and shrinking gets somewhere.
fn nth<T: Copy>(n: u8, all: &[T]) -> Option<(usize, T)> {
    let n = usize::from(n) * all.len() / 256;
    Some((n, *all.get(n)?))
}

const fn millis(millis: Millis) -> Duration {
    Duration::from_millis(millis)
}

fn since(start: Instant, at: Instant) -> Millis {
    let since = at.saturating_duration_since(start).as_millis();
    Millis::try_from(since).expect("a schedule of a few minutes")
}
