//! Finding what is announced.

mod roster;
mod show;

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::process::ExitCode;

use barewire_command::fault::{self, Failure};
use barewire_lan::{Beacon, Interface, Notice};
use barewire_reactor::{Event, Reactor, Stop, Stops};

use crate::announce::open;
use crate::config::find::Find;
use crate::end::{NOBODY, stops};
use crate::output::{Output, names, too_fast, warn};
use roster::Roster;
use show::{Shown, Table};

/// Looks until the time is over, enough are found, or it is told to stop.
///
/// # Errors
///
/// An interface or the port that cannot be had, a loop that fails; and that nobody answered in time.
pub(crate) fn run(config: Find) -> anyhow::Result<ExitCode> {
    let mut reactor =
        Reactor::new().map_err(|error| fault::fail("cannot wait for events", error))?;
    let stops = stops(&mut reactor)?;
    let mut beacon = open(&config.interfaces, &mut reactor)?;
    let now = reactor.now();
    beacon.search(now, config.search.clone(), &mut reactor);
    for &to in &config.ask {
        ask(&mut beacon, to, &mut reactor);
    }
    let is_table = config.watch && !config.json && cfg!(unix) && io::stdout().is_terminal();
    let mut finding = Finding {
        shown: match (config.json, config.watch) {
            (true, _) => Shown::Json,
            (false, true) => Shown::Verbs,
            (false, false) => Shown::Lines,
        },
        table: is_table.then(Table::default),
        config,
        beacon,
        roster: Roster::default(),
        output: Output::default(),
    };
    let ending = finding.look(&mut reactor, &stops);
    if let Some(text) = too_fast(finding.beacon.lan().dropped(), "looked at") {
        warn(&format!("{text}; somebody may be missing"));
    }
    finding.beacon.close(&mut reactor);
    match ending? {
        Ending::Stopped(stop) if !finding.config.watch => Ok(stop.status().into()),
        Ending::TimedOut if finding.roster.found() == 0 => {
            let seconds = finding.config.timeout.unwrap_or_default().as_secs_f64();
            let text = format!(
                "nobody answered within {seconds} s; give it longer with --timeout, or ask a machine with --to"
            );
            Err(Failure::new(NOBODY, text).into())
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Asks one machine, by the interfaces that lead to it.
fn ask(beacon: &mut Beacon, to: SocketAddr, reactor: &mut Reactor) {
    let scope = match to {
        SocketAddr::V6(to) => NonZeroU32::new(to.scope_id()),
        SocketAddr::V4(_) => None,
    };
    let leads = |interface: &&Interface| match scope {
        Some(scope) => interface.index == scope,
        None => interface.reaches(to.ip()),
    };
    let by: Vec<NonZeroU32> = beacon
        .lan()
        .interfaces()
        .iter()
        .filter(leads)
        .map(|interface| interface.index)
        .collect();
    if by.is_empty() {
        warn(&format!(
            "--to {to}: on no network of this machine, and only neighbours are answered; not asked"
        ));
    }
    for index in by {
        beacon.ask(reactor.now(), index, to, reactor);
    }
}

enum Ending {
    Enough,
    TimedOut,
    Stopped(Stop),
}

struct Finding {
    config: Find,
    beacon: Beacon,
    roster: Roster,
    output: Output,
    shown: Shown,
    /// On a terminal that is watched.
    table: Option<Table>,
}

impl Finding {
    fn look(&mut self, reactor: &mut Reactor, stops: &Stops) -> anyhow::Result<Ending> {
        let timeout = self.config.timeout.map(|timeout| reactor.now() + timeout);
        let timeout = timeout.map(|at| reactor.timer(at, 0));
        if self.table.is_none() && !self.config.json {
            show::say_unverified();
        }
        self.show()?;
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
                    event => match stops.take(reactor, &event).first() {
                        Some(&stop) => ending = Some(Ending::Stopped(stop)),
                        None => {
                            self.beacon.handle_event(&event, reactor.now(), reactor);
                        }
                    },
                }
            }
            self.show()?;
            if self.has_enough() || self.output.is_closed() {
                return Ok(Ending::Enough);
            }
            if let Some(ending) = ending {
                return Ok(ending);
            }
        }
    }

    fn has_enough(&self) -> bool {
        let found = self.roster.found();
        self.config.count.is_some_and(|count| found >= count)
    }

    /// Shows what is new.
    fn show(&mut self) -> anyhow::Result<()> {
        while let Some(notice) = self.beacon.poll_notice() {
            if let Notice::Trouble { text, .. } = notice {
                warn(&text);
            }
        }
        let names = names(self.beacon.lan().interfaces());
        let mut is_new = false;
        while !self.has_enough()
            && let Some(event) = self.beacon.poll_event()
        {
            is_new = true;
            if self.shown == Shown::Json {
                show::event(&event, &names, self.output.buffer());
            }
            let news = self.roster.apply(event);
            if let Some(news) = news.filter(|_| self.table.is_none()) {
                self.shown.news(&news, &names, self.output.buffer());
            }
        }
        if let Some(table) = self
            .table
            .as_mut()
            .filter(|table| is_new || !table.is_drawn())
        {
            table.draw(&self.roster.peers(), &names, self.output.buffer());
        }
        self.output.flush()
    }
}
