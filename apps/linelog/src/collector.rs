//! The loop: clients, the terminal and signals on one side, one file on the other.

use std::collections::HashMap;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process;
use std::time::{Duration, Instant, SystemTime};

use barewire_command::fault::{fail, reason};
use barewire_framing::{Stream, Syslog};
use barewire_reactor::{Event, RawKey, Reactor, Stop, Stops};

use crate::client::{Client, Heard, Link};
use crate::config::Config;
use crate::echo::Echo;
use crate::file::{LogFile, OpenError};
use crate::listener::{Door, Listener, Room, full};
use crate::record::{Kind, Records};

/// Everything that is open.
///
/// One thread does it all, the writing too: while a disk is slow nobody is read, and TCP makes the clients wait. So
/// memory holds a line that has not ended for each client, and one turn's records.
#[derive(Debug)]
pub struct Collector {
    reactor: Reactor,
    file: LogFile,
    records: Records,
    listeners: Vec<Listener>,
    stops: Stops,
    echo: Option<Echo>,
    clients: HashMap<RawKey, Client>,
    /// Standard input, until it has ended.
    local: Option<RawKey>,
    /// Whether that was a terminal when it began.
    terminal: bool,
    clients_max: usize,
    framing: Syslog,
    line_bytes_max: usize,
    idle: Option<Duration>,
    /// The number of the next client.
    next_id: u64,
    /// When quiet clients and the file are looked after next.
    rounds: Instant,
    /// How often listeners have had to rest, as far as it was told.
    rests: u64,
    /// Whether it was told that the file was removed and there can be no new one.
    removal_told: bool,
}

/// Records of one turn are written before there are more than this. One read's records may come on top.
const BATCH_BYTES_MAX: usize = 1 << 20;

/// How often quiet clients and the file are looked after.
const ROUND: Duration = Duration::from_secs(1);

/// How long what clients have sent already is read at the end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// After so long with nothing to be read there is nothing.
const LAST_WAIT: Duration = Duration::from_millis(10);

/// How long a terminal may take to show the last records.
const ECHO_TIMEOUT: Duration = Duration::from_secs(1);

/// What ends the loop, for the record.
type Stopped = &'static str;

impl Collector {
    /// A collector of which nothing has happened yet.
    #[must_use]
    pub fn new(
        reactor: Reactor,
        file: LogFile,
        records: Records,
        listeners: Vec<Listener>,
        stops: Stops,
        echo: Option<Echo>,
        config: &Config,
    ) -> Self {
        Self {
            rounds: reactor.now() + ROUND,
            reactor,
            file,
            records,
            listeners,
            stops,
            echo,
            clients: HashMap::new(),
            local: None,
            terminal: false,
            clients_max: config.clients_max,
            framing: config.framing,
            line_bytes_max: config.line_bytes_max,
            idle: config.idle,
            next_id: 1,
            rests: 0,
            removal_told: false,
        }
    }

    /// Collects until a signal ends it; `local` is standard input.
    ///
    /// # Errors
    ///
    /// The loop's, and records that could not be written at the end.
    pub fn run(mut self, local: Option<Link>, now: Instant) -> anyhow::Result<()> {
        self.start(local, now);
        let stopped = loop {
            let wait = self.wait();
            self.turn(wait)?;
            if let Some(stopped) = self.handle_turn() {
                break stopped;
            }
        };
        self.take_what_has_come()?;
        self.stop(stopped)
    }

    /// Whether nothing happened.
    fn turn(&mut self, wait: Option<Duration>) -> anyhow::Result<bool> {
        let turn = self.reactor.turn(wait);
        Ok(turn
            .map_err(|error| fail("cannot wait for events", error))?
            .is_idle())
    }

    /// Goes on until clients have nothing more to be read, for a while at most or until another signal: whoever has
    /// sent something before the first is recorded, be it still in the queue of a listener.
    fn take_what_has_come(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + DRAIN_TIMEOUT;
        let mut wait = Duration::ZERO;
        while Instant::now() < deadline {
            let idle = self.turn(Some(wait))?;
            if self.handle_turn().is_some() || (idle && wait > Duration::ZERO) {
                break;
            }
            // Some systems report what is there one wait late.
            wait = if idle { LAST_WAIT } else { Duration::ZERO };
        }
        Ok(())
    }

    fn start(&mut self, local: Option<Link>, now: Instant) {
        let mut text = format!("pid {}, listening on", process::id());
        for (index, listener) in self.listeners.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            text.push_str(&format!("{comma} {listener}"));
        }
        match self.file.torn_bytes() {
            0 => {}
            bytes => text.push_str(&format!("; ended a torn line of {bytes} bytes")),
        }
        self.records.push("server", Kind::Start, text.as_bytes());
        if let Some(link) = local {
            let source = "local".to_owned();
            self.records.push(&source, Kind::Connect, b"standard input");
            let client = Client::new(link, 0, source, Syslog::lines(), self.line_bytes_max, now);
            self.clients.insert(link.raw(), client);
            self.local = Some(link.raw());
            self.terminal = io::stdin().is_terminal();
        }
        self.flush(now);
    }

    /// How long nothing is due.
    fn wait(&self) -> Option<Duration> {
        let rounds = (!self.clients.is_empty()).then_some(self.rounds);
        let due = self.file.poll_timeout().into_iter().chain(rounds).min()?;
        Some(due.saturating_duration_since(Instant::now()))
    }

    fn handle_turn(&mut self) -> Option<Stopped> {
        let now = self.reactor.now();
        self.records.set_time(SystemTime::now());
        self.file.handle_timeout(now, self.records.stamp());
        let is_round = now >= self.rounds;
        if is_round {
            // Before anything is written: nobody may have looked for hours.
            self.look_after_file(now);
        }
        let mut stopped = None;
        while let Some(event) = self.reactor.next() {
            for stop in self.stops.take(&mut self.reactor, &event) {
                stopped = stopped.or(self.asked(stop, now));
            }
            if let Event::Io { key, .. } = event {
                stopped = stopped.or(self.handle_io(key, now));
            }
            self.flush_if_large(now);
        }
        self.flush(now);
        if is_round {
            self.rounds = now + ROUND;
            self.look_after_clients(now);
            self.flush(now);
        }
        stopped
    }

    fn handle_io(&mut self, key: RawKey, now: Instant) -> Option<Stopped> {
        if let Some(client) = self.clients.get_mut(&key) {
            match client.read(&mut self.reactor, now) {
                Ok(Heard::Nothing) => {}
                Ok(Heard::Bytes) => {
                    if client.record(&mut self.records, Stream::Open).is_err() {
                        self.end(key, "not the framing that was expected");
                    }
                }
                Ok(Heard::End) => self.end(key, "end of input"),
                Err(error) => self.end(key, &reason(&error)),
            }
            return None;
        }
        if let Some(index) = self
            .listeners
            .iter()
            .position(|listener| listener.raw() == key)
        {
            return self.let_in(index, now);
        }
        None
    }

    /// What the operator asked for: by SIGHUP that the file be opened anew, unless the terminal is gone.
    fn asked(&mut self, stop: Stop, now: Instant) -> Option<Stopped> {
        match stop {
            Stop::HungUp if self.terminal_is_gone() => Some("SIGHUP, the terminal is gone"),
            Stop::HungUp => {
                if let Err(error) = self.reopen(now, "asked to") {
                    notice(&format_args!(
                        "{error}; going on with the file that was open"
                    ));
                }
                None
            }
            Stop::Interrupted if cfg!(windows) => Some("Ctrl-C"),
            Stop::Interrupted => Some("SIGINT"),
            Stop::Terminated => Some("SIGTERM"),
        }
    }

    /// Whether SIGHUP says that its window was closed, and not that somebody has moved the file. Whoever leaves
    /// standard input alone has no terminal.
    fn terminal_is_gone(&self) -> bool {
        self.terminal && !io::stdin().is_terminal()
    }

    /// Lets in who waits.
    fn let_in(&mut self, index: usize, now: Instant) -> Option<Stopped> {
        loop {
            let room = if self.guests() < self.clients_max {
                Room::Left
            } else {
                Room::None(self.clients_max)
            };
            let listener = &self.listeners[index];
            match listener.answer(&mut self.reactor, room) {
                Ok(Door::In(arrival)) => {
                    let source = format!("{}#{}", arrival.name, self.next_id);
                    let text = format!("to {listener}");
                    self.records.push(&source, Kind::Connect, text.as_bytes());
                    let (id, link) = (self.next_id, arrival.link);
                    let client =
                        Client::new(link, id, source, self.framing, self.line_bytes_max, now);
                    self.clients.insert(link.raw(), client);
                    self.next_id += 1;
                }
                Ok(Door::Refused(name)) => {
                    let source = format!("{name}#{}", self.next_id);
                    let text = full(self.clients_max);
                    self.records.push(&source, Kind::Refused, text.as_bytes());
                    self.next_id += 1;
                }
                Ok(Door::Quiet) => return None,
                Err(error) => {
                    notice(&format_args!(
                        "{listener}: {}; no longer listening there",
                        reason(&error)
                    ));
                    self.listeners.swap_remove(index).close(&mut self.reactor);
                    return self.listeners.is_empty().then_some("no listener left");
                }
            }
        }
    }

    /// How many clients are in; standard input takes nobody's place.
    fn guests(&self) -> usize {
        self.clients.len() - usize::from(self.local.is_some())
    }

    /// Says goodbye to a client.
    fn end(&mut self, key: RawKey, reason: &str) {
        self.reactor.close(key);
        self.local = self.local.filter(|local| *local != key);
        if let Some(client) = self.clients.remove(&key) {
            client.end(&mut self.records, reason);
        }
    }

    /// Hands the turn's records over.
    fn flush(&mut self, now: Instant) {
        let batch = self.records.batch();
        if !batch.is_empty() {
            self.file.append(now, batch);
            if let Some(echo) = &mut self.echo
                && !echo.show(batch)
            {
                notice(&"standard output is closed; records are no longer shown");
                self.echo = None;
            }
            self.records.clear();
        }
        while let Some(text) = self.file.poll_notice() {
            notice(&text);
        }
    }

    /// The same, once there is enough for a write of its own.
    fn flush_if_large(&mut self, now: Instant) {
        if self.records.batch().bytes().len() > BATCH_BYTES_MAX {
            self.flush(now);
        }
    }

    /// Looks after who is quiet, and who cannot come in.
    fn look_after_clients(&mut self, now: Instant) {
        let mut silent = Vec::new();
        for (key, client) in &mut self.clients {
            let quiet = now.saturating_duration_since(client.heard());
            if quiet >= ROUND {
                client.rest();
            }
            // Standard input may be as quiet as it likes.
            if let (Some(idle), 1..) = (self.idle, client.id())
                && quiet >= idle
            {
                silent.push((client.id(), *key));
            }
        }
        silent.sort_unstable_by_key(|(id, _)| *id);
        for (_, key) in silent {
            let idle = self.idle.unwrap_or_default().as_secs_f64();
            self.end(key, &format!("nothing for {idle} s"));
            self.flush_if_large(now);
        }
        let rests = self.reactor.stats().accept_paused;
        if rests > self.rests {
            notice(&"out of descriptors or memory: new clients wait");
        }
        self.rests = rests;
    }

    /// Makes a new file where the old one is there no more.
    fn look_after_file(&mut self, now: Instant) {
        if !self.file.was_removed() {
            return;
        }
        if let Err(error) = self.reopen(now, "the file was removed")
            && !self.removal_told
        {
            notice(&format_args!(
                "{error}; until then records go to the removed file"
            ));
            self.removal_told = true;
        }
    }

    /// Goes on in a new file of the same name.
    fn reopen(&mut self, now: Instant, why: &str) -> Result<(), OpenError> {
        self.flush(now);
        self.file.reopen(now, self.records.stamp())?;
        self.removal_told = false;
        let text = format!("pid {}, {why}", process::id());
        self.records.push("server", Kind::Reopen, text.as_bytes());
        Ok(())
    }

    /// Takes leave of everybody.
    fn stop(mut self, stopped: Stopped) -> anyhow::Result<()> {
        for listener in self.listeners.drain(..) {
            listener.close(&mut self.reactor);
        }
        let now = Instant::now();
        let mut clients: Vec<_> = self.clients.drain().map(|(_, client)| client).collect();
        clients.sort_unstable_by_key(Client::id);
        for client in clients {
            self.reactor.close(client.link().raw());
            client.end(&mut self.records, "the server stops");
            self.flush_if_large(now);
        }
        self.records.push("server", Kind::Stop, stopped.as_bytes());
        self.flush(now);
        if let Some(echo) = self.echo.take() {
            echo.finish(ECHO_TIMEOUT);
        }
        let stamp = self.records.stamp();
        Ok(self.file.finish(now, stamp)?)
    }
}

/// Tells the operator.
fn notice(text: &dyn Display) {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(io::stderr(), "bw-log: {text}");
}
