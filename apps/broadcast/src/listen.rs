//! Datagrams that come, shown.

mod answers;

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::anyhow;
use barewire_command::fault::{self, Failure};
use barewire_lan::{Config, Lan, Role, Selection};
use barewire_reactor::{Event, Reactor, Stops};

use crate::config::listen::Listen;
use crate::end::{NOBODY, stops};
use crate::news::News;
use crate::output::{Heard, Output, count, names, note, too_fast, warn};
use answers::Answers;

/// An answer to give.
struct Answer {
    interface: NonZeroU32,
    /// The address that was asked, if it is one of this machine's.
    from: Option<IpAddr>,
    to: SocketAddr,
}

/// Shows what comes until there is enough of it, or the time is over, or it is told to stop.
///
/// # Errors
///
/// A port or an interface that cannot be had, a loop that fails, output that cannot be written; and that nothing was
/// heard in time.
pub(crate) fn run(config: Listen) -> anyhow::Result<ExitCode> {
    let mut reactor =
        Reactor::new().map_err(|error| fault::fail("cannot wait for events", error))?;
    let stops = stops(&mut reactor)?;
    let lan = open(&config, &mut reactor)?;
    let answers = Answers::new(lan.port().unwrap_or(config.port));
    let mut listening = Listening {
        config,
        lan,
        answers,
        news: News::default(),
        output: Output::default(),
        heard: 0,
        bytes: 0,
    };
    listening.tell_news();
    listening.news.begin(&listening.lan);
    let ending = listening.listen(&mut reactor, &stops);
    listening.summarize();
    match ending? {
        Ending::Done => Ok(ExitCode::SUCCESS),
        Ending::TimedOut => listening.in_time(),
    }
}

fn open(config: &Listen, reactor: &mut Reactor) -> anyhow::Result<Lan> {
    let selection = Selection::parse(&config.interfaces).map_err(|error| anyhow!(error))?;
    let lan = Config {
        port: Some(config.port),
        groups: config.groups.clone(),
        selection,
        ..Config::default()
    };
    Lan::new(lan, reactor).map_err(|error| anyhow!(error))
}

enum Ending {
    Done,
    TimedOut,
}

struct Listening {
    config: Listen,
    lan: Lan,
    answers: Answers,
    news: News,
    output: Output,
    heard: u64,
    bytes: u64,
}

impl Listening {
    fn listen(&mut self, reactor: &mut Reactor, stops: &Stops) -> anyhow::Result<Ending> {
        let timeout = self.config.timeout.map(|timeout| reactor.now() + timeout);
        let timeout = timeout.map(|at| reactor.timer(at, 0));
        loop {
            reactor
                .turn(None)
                .map_err(|error| fault::fail("cannot wait for events", error))?;
            let mut ending = None;
            while let Some(event) = reactor.next() {
                match event {
                    Event::Timer { key, .. } if Some(key) == timeout => {
                        ending = Some(Ending::TimedOut);
                    }
                    event if !stops.take(reactor, &event).is_empty() => ending = Some(Ending::Done),
                    event => self.hear(event, reactor),
                }
            }
            self.tell_news();
            self.output.flush()?;
            if self.has_enough() || self.output.is_closed() {
                return Ok(Ending::Done);
            }
            if let Some(ending) = ending {
                return Ok(ending);
            }
        }
    }

    /// Shows what has come, and answers it.
    fn hear(&mut self, event: Event, reactor: &mut Reactor) {
        let now = reactor.now();
        let time = SystemTime::now().into();
        let mut asked = Vec::new();
        let names = names(self.lan.interfaces());
        self.lan.handle_event(&event, now, reactor, |datagram| {
            let enough = self.config.count.is_some_and(|count| self.heard >= count);
            if enough || datagram.role == Role::Speaking {
                return;
            }
            self.heard += 1;
            self.bytes += datagram.bytes.len() as u64;
            let name = names.iter().find(|(index, _)| *index == datagram.interface);
            let heard = Heard {
                time,
                source: datagram.source,
                destination: datagram.destination,
                interface: name.map(|(_, name)| name.as_str()),
                bytes: datagram.bytes,
            };
            heard.show(self.config.form, "datagram", self.output.buffer());
            if self.config.reply.is_some() && self.answers.allows(now, datagram.source) {
                asked.push(Answer {
                    interface: datagram.interface,
                    from: datagram.destination,
                    to: datagram.source,
                });
            }
        });
        for answer in asked {
            self.answer(&answer, reactor);
        }
    }

    fn answer(&self, answer: &Answer, reactor: &mut Reactor) {
        let Some(text) = &self.config.reply else {
            return;
        };
        let Answer {
            interface,
            from,
            to,
        } = *answer;
        if let Err(error) = self.lan.answer(reactor, interface, from, text, to) {
            warn(&error.to_string());
        }
    }

    fn has_enough(&self) -> bool {
        self.config.count.is_some_and(|count| self.heard >= count)
    }

    /// Interfaces that have come and gone, and where it listens.
    fn tell_news(&mut self) {
        while let Some(notice) = self.lan.poll_notice() {
            self.news.tell(&notice, &self.lan);
        }
    }

    fn summarize(&self) {
        let datagrams = count(self.heard, "datagram");
        note(&format!("heard {datagrams}, {}", count(self.bytes, "byte")));
        if let Some(text) = too_fast(self.lan.dropped(), "shown") {
            warn(&text);
        }
    }

    /// What the end of the time means.
    fn in_time(&self) -> anyhow::Result<ExitCode> {
        if self.heard > 0 {
            return Ok(ExitCode::SUCCESS);
        }
        let seconds = self.config.timeout.unwrap_or_default().as_secs_f64();
        let text = format!("nothing was heard within {seconds} s");
        Err(Failure::new(NOBODY, text).into())
    }
}
