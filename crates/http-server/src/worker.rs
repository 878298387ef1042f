//! One thread's loop: what the reactor tells, and whose business it is.

use std::io;
use std::mem;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use barewire_http1::{StatusCode, Turn};
use barewire_reactor::net::set_linger;
use barewire_reactor::{Event, Input, Interest, Key, RawKey, Reactor, Ready};

use crate::addresses::Addresses;
use crate::clock::Clock;
use crate::config::Config;
use crate::connection::{Active, Connection, Stage, Wait};
use crate::control::{Ending, Phase, Shared};
use crate::handler::Handler;
use crate::mailbox::{Letter, Mail, Mailbox};
use crate::response::Response;
use crate::table::Table;

mod exchange;
mod waiting;

/// Bytes read from a socket at once.
const READ_BYTES: usize = 64 * 1024;

/// Idle sets of buffers that are kept for the next request.
const POOL_MAX: usize = 64;

/// What a connection is told that there is no room for.
const NO_ROOM: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\
    Retry-After: 1\r\nConnection: close\r\n\r\n";

/// Tag of the timer that ends a drain; no connection's index.
const DRAIN_TAG: u64 = u64::MAX;

pub(crate) struct Worker<H> {
    reactor: Reactor,
    handler: H,
    config: Arc<Config>,
    shared: Arc<Shared>,
    mailbox: Arc<Mailbox>,
    addresses: Arc<Addresses>,
    listeners: Vec<Key<TcpListener>>,
    ending: Option<Key<Ending>>,
    table: Table,
    #[expect(
        clippy::vec_box,
        reason = "boxes move between the pool and the connections"
    )]
    pool: Vec<Box<Active>>,
    buffer: Vec<u8>,
    clock: Clock,
    phase: Phase,
}

/// The connection is over, answer or not.
struct Cut;

impl From<io::Error> for Cut {
    fn from(error: io::Error) -> Self {
        log::debug!("connection cut: {error}");
        Self
    }
}

impl<H: Handler> Worker<H> {
    pub(crate) fn new(
        listeners: Vec<TcpListener>,
        handler: H,
        config: Arc<Config>,
        shared: Arc<Shared>,
        addresses: Arc<Addresses>,
    ) -> io::Result<Self> {
        let mut reactor = Reactor::new()?;
        let mailbox = Arc::new(Mailbox::new(reactor.waker()));
        shared.add_waker(reactor.waker());
        let mut table = Table::default();
        let mut keys = Vec::new();
        for listener in listeners {
            let key = reactor
                .insert(listener, Interest::READABLE)
                .map_err(|refused| refused.error)?;
            table.add_listener(key);
            keys.push(key);
        }
        Ok(Self {
            reactor,
            handler,
            config,
            shared,
            mailbox,
            addresses,
            listeners: keys,
            ending: None,
            table,
            pool: Vec::new(),
            buffer: vec![0; READ_BYTES],
            clock: Clock::new(),
            phase: Phase::Running,
        })
    }

    /// Watches a socket whose bytes end the server.
    pub(crate) fn end_on(&mut self, ending: Ending) -> io::Result<()> {
        self.ending = Some(self.reactor.insert(ending, Interest::READABLE)?);
        Ok(())
    }

    pub(crate) fn run(mut self) -> io::Result<()> {
        self.look_at_phase();
        while self.phase == Phase::Running
            || (self.phase == Phase::Draining && self.table.len() > 0)
        {
            self.reactor.turn(None)?;
            self.clock.tick(SystemTime::now());
            while let Some(event) = self.reactor.next() {
                match event {
                    Event::Io { key, ready } => self.ready(key, ready)?,
                    Event::Timer { tag: DRAIN_TAG, .. } => self.phase = Phase::Stopped,
                    Event::Timer { key, tag } => self.timer(key, tag as usize),
                    Event::Woken => {
                        self.look_at_phase();
                        for letter in self.mailbox.take() {
                            self.deliver(letter);
                        }
                    }
                    _ => {}
                }
            }
        }
        for index in 0..self.table.slots() {
            self.with(index, |_, _, _| Err(Cut));
        }
        Ok(())
    }

    fn ready(&mut self, key: RawKey, ready: Ready) -> io::Result<()> {
        if let Some(listener) = self.table.listener(key) {
            return self.accept(listener);
        }
        if let Some(ending) = self.ending
            && ending == key
        {
            return self.end_asked(ending);
        }
        self.with(key.index(), |worker, connection, active| {
            if connection.key != key {
                return Ok(());
            }
            if ready.is_readable() {
                worker.read(connection, active)
            } else if ready.is_writable() {
                worker.go_on(connection, active)
            } else {
                // A connection that waits for its handler was reset.
                Err(Cut)
            }
        });
        Ok(())
    }

    fn end_asked(&mut self, ending: Key<Ending>) -> io::Result<()> {
        let mut bytes = [0; 16];
        match self.reactor.read(ending, &mut bytes)? {
            Input::Bytes(count) => (0..count).for_each(|_| self.shared.advance()),
            Input::Blocked => {}
            // Nobody is left who could ask.
            Input::End => _ = self.reactor.close(ending),
        }
        self.look_at_phase();
        Ok(())
    }

    /// Takes a connection and its buffers, does `work`, and puts them where they belong.
    fn with(
        &mut self,
        index: usize,
        work: impl FnOnce(&mut Self, &mut Connection, &mut Active) -> Result<(), Cut>,
    ) {
        let Some(mut connection) = self.table.take(index) else {
            return;
        };
        let mut active = connection
            .active
            .take()
            .or_else(|| self.pool.pop())
            .unwrap_or_else(|| Box::new(Active::new(self.config.limits)));
        let result = work(self, &mut connection, &mut active)
            .and_then(|()| self.settle(&mut connection, &mut active));
        match result {
            Ok(()) if active.is_at_rest() => {
                self.recycle(active);
                self.table.put_back(connection);
            }
            Ok(()) => {
                connection.active = Some(active);
                self.table.put_back(connection);
            }
            Err(Cut) => {
                if active.sending.close_would_lie()
                    && let Some(stream) = self.reactor.get(connection.key)
                {
                    // A reset instead of the end of the stream.
                    let _ = set_linger(stream, Some(Duration::ZERO));
                }
                self.recycle(active);
                self.close(connection);
            }
        }
    }

    fn recycle(&mut self, mut active: Box<Active>) {
        if self.pool.len() < POOL_MAX {
            active.reset();
            self.pool.push(active);
        }
    }

    /// Takes the connection out of everything; the socket closes.
    fn close(&mut self, connection: Connection) {
        if let Some(timer) = connection.timer {
            self.reactor.cancel(timer);
        }
        self.addresses.leave(connection.peer.ip());
        self.table.forget();
        self.reactor.close(connection.key);
    }

    fn accept(&mut self, listener: Key<TcpListener>) -> io::Result<()> {
        let rests = self.reactor.stats().accept_paused;
        while let Some((key, peer)) = self.reactor.admit(listener, Interest::READABLE)? {
            if self.make_room(peer) {
                let mut connection = Connection::new(key, peer);
                let at = after(self.reactor.now(), self.config.head_timeout);
                connection.timer = at.map(|at| self.reactor.timer(at, key.index() as u64));
                self.table.add(connection);
            } else {
                // If even this finds no room in the socket, the close says enough.
                let _ = self.reactor.write(key, NO_ROOM);
                self.reactor.close(key);
            }
        }
        if self.reactor.stats().accept_paused > rests {
            log::warn!("out of descriptors or memory: new connections wait");
        }
        Ok(())
    }

    /// Counts a connection in, in place of an idle one if need be. Whether there is room.
    fn make_room(&mut self, peer: SocketAddr) -> bool {
        // First, so that an address at its limit cannot push out the connections of others.
        if !self.addresses.enter(peer.ip()) {
            return false;
        }
        if self.table.len() < self.config.connections_max {
            return true;
        }
        match self.table.spare_idle().and_then(|at| self.table.take(at)) {
            Some(idle) => {
                self.close(idle);
                true
            }
            None => {
                self.addresses.leave(peer.ip());
                false
            }
        }
    }

    fn deliver(&mut self, letter: Letter) {
        let Letter {
            key,
            exchange,
            mail,
        } = letter;
        self.with(key.index(), |worker, connection, active| {
            if connection.key != key || connection.exchange != exchange {
                return Ok(());
            }
            match (mail, mem::replace(&mut active.stage, Stage::Quiet)) {
                (
                    Mail::Respond(response),
                    Stage::Later | Stage::Delayed(..) | Stage::Receiving(_) | Stage::Paused(_),
                ) => worker.respond(connection, active, response),
                // Nobody is left who could answer or resume.
                (Mail::Abandoned, Stage::Later | Stage::Paused(_)) => {
                    log::error!("a handler dropped a request without an answer");
                    let response = Response::plain(StatusCode::INTERNAL_SERVER_ERROR);
                    worker.respond(connection, active, response);
                }
                (Mail::Abandoned, _) if active.source_pending => {
                    log::error!("a handler dropped the last handle of a pending source");
                    return Err(Cut);
                }
                (Mail::Resume, Stage::Paused(receiver)) => {
                    active.stage = Stage::Receiving(receiver);
                }
                (Mail::Resume, stage) if active.source_pending => active.stage = stage,
                (_, stage) => {
                    active.stage = stage;
                    return Ok(());
                }
            }
            // The handler shows life: should it be waited for again, its time begins anew.
            connection.wait_exchange = 0;
            worker.go_on(connection, active)
        });
    }

    fn look_at_phase(&mut self) {
        let phase = self.shared.phase();
        if phase == self.phase {
            return;
        }
        self.phase = phase;
        for listener in mem::take(&mut self.listeners) {
            // Closing it resets the connections that wait to be accepted.
            if phase == Phase::Draining
                && let Err(error) = self.accept(listener)
            {
                log::debug!("cannot accept any more: {error}");
            }
            self.table.remove_listener(listener);
            self.reactor.close(listener);
        }
        if phase != Phase::Draining {
            return;
        }
        if let Some(at) = after(self.reactor.now(), self.config.drain_timeout) {
            self.reactor.timer(at, DRAIN_TAG);
        }
        for index in 0..self.table.slots() {
            self.with(index, |worker, connection, active| {
                if matches!(connection.wait, Wait::Idle | Wait::First) {
                    // A request may have come already, in which case a close would lose it.
                    worker.read(connection, active)?;
                    return if active.is_at_rest() {
                        Err(Cut)
                    } else {
                        Ok(())
                    };
                }
                if active.http.turn() == Turn::Read && !active.http.body_is_pending() {
                    return Ok(());
                }
                active.http.close_after_answer();
                if active.http.turn() == Turn::Close {
                    return worker.go_on(connection, active);
                }
                Ok(())
            });
        }
    }
}

/// Whether more bytes of the client could be used.
fn wants_input(connection: &Connection, active: &Active) -> bool {
    !connection.ended
        && (matches!(active.stage, Stage::Lingering(_))
            || (active.held == 0 && active.can_decode()))
}

fn after(now: Instant, timeout: Option<Duration>) -> Option<Instant> {
    now.checked_add(timeout?)
}
