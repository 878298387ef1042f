//! Datagrams sent, and what comes back.

mod lines;
mod pace;
mod tally;
mod ways;

use std::mem;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use anyhow::anyhow;
use barewire_command::fault::{self, Failure};
use barewire_reactor::{Event, Output as Sent, Reactor, Stop, Stops};

use crate::config::DATAGRAM_BYTES_MAX;
use crate::config::listen::Form;
use crate::config::say::{Say, What};
use crate::end::{NOBODY, stops};
use crate::output::{Output, count};
use lines::{Lines, Next};
use pace::Pace;
use tally::{Fate, Tally};
use ways::{Way, Ways};

/// Sends what there is to send, then waits for what comes back if it is to.
///
/// # Errors
///
/// An address or interface that cannot be had, input that cannot be read; a datagram that could be sent to nobody; and
/// that nothing came back in time.
pub(crate) fn run(config: Say) -> anyhow::Result<ExitCode> {
    let mut reactor =
        Reactor::new().map_err(|error| fault::fail("cannot wait for events", error))?;
    let stops = stops(&mut reactor)?;
    let ways = Ways::open(&config, &mut reactor)?;
    let source = match config.what {
        What::Texts(texts) => Source::Texts(texts.into_iter()),
        What::Lines => Source::Lines(Box::new(Lines::open(&mut reactor)?)),
    };
    let now = reactor.now();
    let mut saying = Saying {
        source,
        ways,
        repeat: config.repeat,
        interval: config.interval,
        pace: Pace::new(config.rate, now),
        wait: config.wait,
        current: None,
        tally: Tally::new(config.json),
        output: Output::default(),
        form: if config.json { Form::Json } else { Form::Lines },
        replies: 0,
    };
    let stop = saying.say(&mut reactor, &stops)?;
    saying.end(stop)
}

/// Rounds to send before anything else is looked at.
const ROUNDS_PER_TURN_MAX: u32 = 64;

/// When to try again what a socket had no room for.
const AGAIN_AFTER: Duration = Duration::from_millis(1);

/// Where datagrams come from.
enum Source {
    Texts(std::vec::IntoIter<Vec<u8>>),
    Lines(Box<Lines>),
}

/// A datagram that is being sent.
struct Current {
    bytes: Vec<u8>,
    /// How many times more.
    left: u32,
    /// When next.
    at: Instant,
    /// By which ways it is still to go this time.
    ways: Vec<Way>,
    /// Whether it has gone by one of them at some time.
    has_gone: bool,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// Something to happen, or this moment.
    Until(Option<Instant>),
    /// Nothing: all is sent.
    Done,
}

struct Saying {
    source: Source,
    ways: Ways,
    repeat: u32,
    interval: Duration,
    pace: Pace,
    wait: Option<Duration>,
    current: Option<Current>,
    tally: Tally,
    output: Output,
    form: Form,
    replies: u64,
}

impl Saying {
    /// Until all is sent and the time for answers is over, or something asks to stop.
    fn say(&mut self, reactor: &mut Reactor, stops: &Stops) -> anyhow::Result<Option<Stop>> {
        let mut answers_until = None;
        loop {
            let now = Instant::now();
            let until = match self.send(now, reactor)? {
                Wait::Until(until) => until,
                Wait::Done => {
                    let end = *answers_until.get_or_insert(now + self.wait.unwrap_or_default());
                    if now >= end {
                        return Ok(None);
                    }
                    Some(end)
                }
            };
            let wait = until.map(|at| at.saturating_duration_since(now));
            reactor
                .turn(wait)
                .map_err(|error| fault::fail("cannot wait for events", error))?;
            while let Some(event) = reactor.next() {
                if let Some(&stop) = stops.take(reactor, &event).first() {
                    return Ok(Some(stop));
                }
                self.handle_event(event, reactor)?;
            }
            for text in self.ways.troubles() {
                self.tally.warn(&text, self.output.buffer());
            }
            self.output.flush()?;
        }
    }

    fn handle_event(&mut self, event: Event, reactor: &mut Reactor) -> anyhow::Result<()> {
        if let Source::Lines(lines) = &mut self.source
            && lines.handle_event(event, reactor)?
        {
            return Ok(());
        }
        let time = SystemTime::now().into();
        let (wanted, form) = (self.wait.is_some(), self.form);
        let (output, replies) = (self.output.buffer(), &mut self.replies);
        self.ways.handle_event(event, reactor, time, |heard| {
            if wanted {
                *replies += 1;
                heard.show(form, "reply", output);
            }
        })
    }

    /// Sends as much as may be sent now.
    fn send(&mut self, now: Instant, reactor: &mut Reactor) -> anyhow::Result<Wait> {
        for _ in 0..ROUNDS_PER_TURN_MAX {
            let Some(current) = &mut self.current else {
                match self.next(now, reactor)? {
                    None => continue,
                    Some(wait) => return Ok(wait),
                }
            };
            if current.at > now {
                return Ok(Wait::Until(Some(current.at)));
            }
            if current.ways.is_empty() {
                current.ways = self.ways.list();
                current.left -= 1;
            }
            if let Some(at) = self.send_round(now, reactor) {
                return Ok(Wait::Until(Some(at)));
            }
            self.end_round(now);
        }
        // There is more, but somebody may want to stop this.
        Ok(Wait::Until(Some(now)))
    }

    /// Takes the next datagram; what to wait for if there is none.
    fn next(&mut self, now: Instant, reactor: &mut Reactor) -> anyhow::Result<Option<Wait>> {
        let bytes = match &mut self.source {
            Source::Texts(texts) => texts.next(),
            Source::Lines(lines) => match lines.next()? {
                Next::Line(line) => Some(line),
                Next::TooLong(number) => {
                    let text = format!(
                        "line {number} is longer than {DATAGRAM_BYTES_MAX} bytes, \
                         which is all that a datagram takes; left out"
                    );
                    self.tally.warn(&text, self.output.buffer());
                    self.tally.end_datagram(false);
                    return Ok(None);
                }
                Next::Nothing => {
                    lines.set_wanted(true, reactor)?;
                    return Ok(Some(Wait::Until(None)));
                }
                Next::End => None,
            },
        };
        if let Source::Lines(lines) = &self.source {
            lines.set_wanted(false, reactor)?;
        }
        self.current = bytes.map(|bytes| Current {
            bytes,
            left: self.repeat,
            at: now,
            ways: Vec::new(),
            has_gone: false,
        });
        Ok(match self.current {
            Some(_) => None,
            None => Some(Wait::Done),
        })
    }

    /// Sends the current datagram by each way that is left this time; when to go on if it has to wait.
    fn send_round(&mut self, now: Instant, reactor: &mut Reactor) -> Option<Instant> {
        let current = self.current.as_mut()?;
        if current.ways.is_empty() {
            let text = self.ways.why_none();
            self.tally.nowhere(&text, self.output.buffer());
        }
        let mut ways = mem::take(&mut current.ways).into_iter();
        while let Some(way) = ways.next() {
            let later = self.pace.not_before(now);
            let result = match later {
                Some(_) => Ok(Sent::Blocked),
                None => self.ways.send(&way, &current.bytes, reactor),
            };
            if let Ok(Sent::Blocked) = result {
                current.ways = std::iter::once(way).chain(ways).collect();
                return Some(later.unwrap_or(now + AGAIN_AFTER));
            }
            self.pace.spend(now);
            current.has_gone |= result.is_ok();
            let fate = match result {
                Ok(_) => Fate::Gone(current.bytes.len() as u64),
                Err(error) => Fate::Failed(error),
            };
            self.tally.add(&way, fate, self.output.buffer());
        }
        None
    }

    /// The current datagram has gone by every way this time.
    fn end_round(&mut self, now: Instant) {
        let Some(current) = &mut self.current else {
            return;
        };
        if current.left > 0 {
            current.at = now + self.interval;
            return;
        }
        self.tally.end_datagram(current.has_gone);
        self.current = None;
    }

    /// Tells how it went, and what that means.
    fn end(mut self, stop: Option<Stop>) -> anyhow::Result<ExitCode> {
        let (status, failure) = self.verdict(stop);
        self.tally.summarize(self.output.buffer());
        if self.wait.is_some() {
            self.tally.tell(&count_replies(self.replies));
        }
        self.tally
            .result(status, self.replies, self.output.buffer());
        self.output.flush()?;
        match failure {
            Some(text) => Err(anyhow!(Failure::new(status, text))),
            None => Ok(ExitCode::from(status)),
        }
    }

    fn verdict(&self, stop: Option<Stop>) -> (u8, Option<String>) {
        let unsent = self.tally.unsent();
        if let Some(stop) = stop {
            return (stop.status(), None);
        }
        if unsent > 0 {
            let verb = if unsent == 1 { "was" } else { "were" };
            let text = format!("{} {verb} sent to nobody", count(unsent, "datagram"));
            return (barewire_command::exit::FAILED, Some(text));
        }
        match self.wait {
            Some(wait) if self.replies == 0 => {
                let text = format!("no reply within {} s", wait.as_secs_f64());
                (NOBODY, Some(text))
            }
            _ => (0, None),
        }
    }
}

fn count_replies(replies: u64) -> String {
    match replies {
        1 => "1 reply".to_owned(),
        _ => format!("{replies} replies"),
    }
}
