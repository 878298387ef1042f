//! One thread's loop: accepts, reads, decodes, asks the handler, sends.

use std::cell::OnceCell;
use std::io;
use std::mem;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use barewire_http1::{BodyFraming, ContentLength, Event as Http, StatusCode, Turn};
use barewire_reactor::{Event, Input, Interest, Key, RawKey, Reactor, Ready, TimerKey};
use socket2::SockRef;

use crate::addresses::Addresses;
use crate::clock::Clock;
use crate::config::{Config, Rate};
use crate::connection::{Active, Connection, Stage, Wait};
use crate::handler::{Answer, Context, Flow, Handler, Switch};
use crate::mailbox::{Letter, Mail, Mailbox};
use crate::response::Response;
use crate::sending::Flushed;
use crate::server::{Phase, Shared};
use crate::table::Table;

/// Bytes read from a socket at once.
const READ_BYTES: usize = 64 * 1024;

/// Idle sets of buffers that are kept for the next request.
const POOL_MAX: usize = 64;

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
            table,
            pool: Vec::new(),
            buffer: vec![0; READ_BYTES],
            clock: Clock::new(),
            phase: Phase::Running,
        })
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
        self.with(key.index(), |worker, connection, active| {
            if connection.key.raw() != key {
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
                    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
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
        drop(self.reactor.remove(connection.key));
    }

    // Accepting.

    fn accept(&mut self, listener: Key<TcpListener>) -> io::Result<()> {
        while let Some((stream, peer)) = self.reactor.accept(listener)? {
            self.admit(stream, peer);
        }
        Ok(())
    }

    fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        // First, so that an address at its limit cannot push out the connections of others.
        if !self.addresses.enter(peer.ip()) {
            return refuse(&stream);
        }
        if self.table.len() >= self.config.connections_max {
            match self.table.spare_idle().and_then(|at| self.table.take(at)) {
                Some(idle) => self.close(idle),
                None => {
                    self.addresses.leave(peer.ip());
                    return refuse(&stream);
                }
            }
        }
        // Whole answers leave in one write; what is left of one should not wait for an ACK.
        let _ = stream.set_nodelay(true);
        match self.reactor.insert(stream, Interest::READABLE) {
            Ok(key) => {
                let mut connection = Connection::new(key, peer);
                let at = after(self.reactor.now(), self.config.head_timeout);
                connection.timer = at.map(|at| self.reactor.timer(at, key.raw().index() as u64));
                self.table.add(connection);
            }
            Err(refused) => {
                log::warn!("cannot watch a connection from {peer}: {}", refused.error);
                self.addresses.leave(peer.ip());
            }
        }
    }

    // Reading.

    fn read(&mut self, connection: &mut Connection, active: &mut Active) -> Result<(), Cut> {
        let mut buffer = mem::take(&mut self.buffer);
        let result = self.read_into(connection, active, &mut buffer);
        self.buffer = buffer;
        result
    }

    fn read_into(
        &mut self,
        connection: &mut Connection,
        active: &mut Active,
        buffer: &mut [u8],
    ) -> Result<(), Cut> {
        loop {
            let count = match self.reactor.read(connection.key, buffer)? {
                Input::Bytes(count) => count,
                // Out-of-band data can look like input; the output must not wait for it.
                Input::Blocked if active.sending.is_empty() => return Ok(()),
                Input::Blocked => return self.go_on(connection, active),
                Input::End => {
                    connection.ended = true;
                    return self.go_on(connection, active);
                }
            };
            if let Stage::Lingering(left) = &mut active.stage {
                *left = left.checked_sub(count as u64).ok_or(Cut)?;
            } else {
                self.work(connection, active, &buffer[..count])?;
            }
            // A short read has most likely emptied the socket; if not, it is reported again.
            if count < buffer.len() || !wants_input(connection, active) {
                return Ok(());
            }
        }
    }

    /// Goes on with what is there: after a write, an answer, a resume, the end of input.
    fn go_on(&mut self, connection: &mut Connection, active: &mut Active) -> Result<(), Cut> {
        self.work(connection, active, &[])
    }

    /// Uses bytes and sends answers, in turn, until neither can go on.
    fn work(
        &mut self,
        connection: &mut Connection,
        active: &mut Active,
        fresh: &[u8],
    ) -> Result<(), Cut> {
        let mut fresh = fresh;
        loop {
            let mut used = 0;
            let could = active.can_decode();
            if active.input.is_empty() {
                if !fresh.is_empty() || active.can_decode() {
                    used = self.decode(connection, active, fresh)?;
                    active.input.extend_from_slice(&fresh[used..]);
                }
            } else {
                active.input.extend_from_slice(fresh);
                let mut input = mem::take(&mut active.input);
                let result = self.decode(connection, active, &input);
                if let Ok(count) = &result {
                    used = *count;
                    input.drain(..used);
                }
                active.input = input;
                result?;
            }
            fresh = &[];
            let flushed = self.flush(connection, active)?;
            // What has left may have made room for a request that has been waiting.
            let more = !active.input.is_empty() && active.can_decode() && (used > 0 || !could);
            if flushed != Flushed::Done || !more {
                return self.conclude(connection, active, flushed);
            }
        }
    }

    fn flush(&mut self, connection: &Connection, active: &mut Active) -> Result<Flushed, Cut> {
        if active.sending.is_empty() {
            return Ok(Flushed::Done);
        }
        let flushed = active.sending.flush(
            &mut self.reactor,
            connection.key,
            &mut active.http,
            &mut active.moved,
        );
        let flushed = flushed.inspect_err(|error| {
            if error.raw_os_error().is_none() {
                // Not the peer's doing.
                log::error!("an answer to {} was cut short: {error}", connection.peer);
            }
        })?;
        active.source_pending = flushed == Flushed::Pending;
        Ok(flushed)
    }

    /// Decodes from the front of `input`; how much of it was used.
    fn decode(
        &mut self,
        connection: &mut Connection,
        active: &mut Active,
        input: &[u8],
    ) -> Result<usize, Cut> {
        let mut pos = 0;
        if active.held > 0 && matches!(active.stage, Stage::Receiving(_)) {
            let held = mem::take(&mut active.held);
            pos = self.content(connection, active, &input[..held]);
        }
        while active.held == 0 && active.can_decode() {
            let (used, event) = match active.http.decode(&input[pos..]) {
                Ok(decoded) => decoded,
                Err(mut error) => {
                    // Where it is must not depend on what else came on this connection.
                    error.offset = error.offset.wrapping_sub(active.used_before);
                    log::debug!("{}: {error}", connection.peer);
                    active.unread = true;
                    if active.http.turn() == Turn::Answer {
                        let response = self.handler.fault(&error);
                        self.respond(connection, active, response);
                    }
                    return Ok(input.len());
                }
            };
            active.used += used as u64;
            match event {
                None => {
                    pos += used;
                    break;
                }
                Some(Http::Head(head)) => {
                    pos += used;
                    connection.exchange = connection.exchange.wrapping_add(1).max(1);
                    active.discarded = 0;
                    active.announced = match head.body_framing() {
                        BodyFraming::Length(length) => length,
                        _ => 0,
                    };
                    let mut context = Context {
                        key: connection.key.raw(),
                        exchange: connection.exchange,
                        peer: connection.peer,
                        now: self.reactor.now(),
                        mailbox: &self.mailbox,
                        handle: OnceCell::new(),
                    };
                    let answer = self.handler.request(&head, &mut context);
                    self.answer(connection, active, answer);
                }
                Some(Http::Data(data)) => {
                    let content = &input[pos + data.start..pos + data.end];
                    if active.http.turn() != Turn::Send {
                        active.moved += content.len() as u64;
                    }
                    let taken = self.content(connection, active, content);
                    pos += if active.held > 0 {
                        data.start + taken
                    } else {
                        used
                    };
                }
                Some(Http::Trailers(fields)) => {
                    if let Stage::Receiving(receiver) = &mut active.stage {
                        receiver.trailers(fields);
                    }
                    pos += used;
                }
                Some(Http::End) => {
                    pos += used;
                    active.used_before = active.used;
                    self.request_ended(connection, active);
                }
                Some(_) => pos += used,
            }
            if active.discarded > self.config.linger_bytes_max {
                active.http.close_after_answer();
                active.unread = true;
            }
        }
        Ok(pos)
    }

    /// Gives content to whoever wants it; how much was taken. What was not is `held`.
    fn content(
        &mut self,
        connection: &mut Connection,
        active: &mut Active,
        content: &[u8],
    ) -> usize {
        if content.is_empty() {
            return 0;
        }
        match mem::replace(&mut active.stage, Stage::Quiet) {
            Stage::Receiving(mut receiver) => match receiver.data(content) {
                Flow::Continue => active.stage = Stage::Receiving(receiver),
                Flow::Pause(taken) => {
                    let taken = taken.min(content.len());
                    active.held = content.len() - taken;
                    active.stage = Stage::Paused(receiver);
                    return taken;
                }
                Flow::Respond(response) => {
                    drop(receiver);
                    self.respond(connection, active, response);
                }
            },
            Stage::Switching(_) => {
                self.respond(
                    connection,
                    active,
                    Response::plain(StatusCode::NOT_IMPLEMENTED),
                );
            }
            other => {
                active.stage = other;
                active.discarded += content.len() as u64;
            }
        }
        content.len()
    }

    fn request_ended(&mut self, connection: &mut Connection, active: &mut Active) {
        match mem::replace(&mut active.stage, Stage::Quiet) {
            Stage::Receiving(receiver) => match receiver.end() {
                Answer::Receive(_) => {
                    log::error!("a receiver asked for content after the end of it");
                    let response = Response::plain(StatusCode::INTERNAL_SERVER_ERROR);
                    self.respond(connection, active, response);
                }
                Answer::Switch(switch) => self.switch(connection, active, switch),
                answer => self.answer(connection, active, answer),
            },
            Stage::Switching(switch) => self.switch(connection, active, switch),
            other => active.stage = other,
        }
    }

    /// Lays out the answer that switches; the socket is handed over when it has left.
    fn switch(&mut self, connection: &mut Connection, active: &mut Active, switch: Switch) {
        let out = active.sending.bytes();
        let encoded = match &switch.protocol {
            Some(protocol) => active.http.encode_switch(&switch.head, protocol, out),
            None => {
                let (none, date) = (ContentLength::Known(0), self.clock.date());
                let head = active.http.encode_head(&switch.head, none, date, out);
                head.map(|_| ())
            }
        };
        match encoded {
            Ok(()) if active.http.turn() == Turn::Switch => {
                active.stage = Stage::Switching(switch);
            }
            // The head is an answer like any other then.
            Ok(()) => log::error!("cannot switch protocols: only 2xx to CONNECT makes a tunnel"),
            Err(error) => {
                log::error!("cannot switch protocols: {error}");
                let response = Response::plain(StatusCode::INTERNAL_SERVER_ERROR);
                self.respond(connection, active, response);
            }
        }
    }

    // Answering.

    fn answer(&mut self, connection: &mut Connection, active: &mut Active, answer: Answer) {
        active.stage = match answer {
            Answer::Respond(response) => return self.respond(connection, active, response),
            Answer::Receive(receiver) => {
                if active.http.awaits_continue()
                    && let Err(error) = active.http.encode_continue(active.sending.bytes())
                {
                    log::error!("cannot ask for the content: {error}");
                }
                Stage::Receiving(receiver)
            }
            Answer::Later => Stage::Later,
            Answer::After(delay, respond) => {
                Stage::Delayed(after(self.reactor.now(), Some(delay)), respond)
            }
            Answer::Switch(switch) => Stage::Switching(switch),
        };
    }

    fn respond(&mut self, connection: &mut Connection, active: &mut Active, response: Response) {
        active.stage = Stage::Quiet;
        active.drop_held();
        // More than is worth reading away: say so now, rather than break a promise later.
        let unwanted =
            active.http.body_is_pending() && active.announced > self.config.linger_bytes_max;
        active.unread |= unwanted;
        if unwanted
            || self.phase != Phase::Running
            || self
                .config
                .requests_per_connection_max
                .is_some_and(|max| connection.exchange >= max)
        {
            active.http.close_after_answer();
        }
        let fault = match response.fault {
            None => match self.lay_out(active, response) {
                Ok(()) => return,
                Err(fault) => fault,
            },
            Some(fault) => fault.to_string(),
        };
        log::error!("a response could not be sent: {fault}");
        let sorry = Response::plain(StatusCode::INTERNAL_SERVER_ERROR);
        if active.http.turn() == Turn::Answer && self.lay_out(active, sorry).is_ok() {
            return;
        }
        // A head promised what cannot be kept: what is laid out leaves, then the connection closes.
        active.http.close_after_answer();
        let _ = active.http.encode_end(None, active.sending.bytes());
    }

    fn lay_out(&mut self, active: &mut Active, response: Response) -> Result<(), String> {
        let start = active.sending.bytes().len();
        let plan = active
            .http
            .encode_head(
                response.head.get(),
                response.body.length(),
                self.clock.date(),
                active.sending.bytes(),
            )
            .map_err(|error| error.to_string())?;
        active
            .sending
            .content(response.body, plan, &mut active.http)
            .map_err(|error| {
                active.sending.bytes().truncate(start);
                error.to_string()
            })
    }

    /// Says goodbye where nothing more can be said.
    fn conclude(
        &mut self,
        connection: &mut Connection,
        active: &mut Active,
        flushed: Flushed,
    ) -> Result<(), Cut> {
        if flushed != Flushed::Done || matches!(active.stage, Stage::Lingering(_)) {
            return if connection.ended && matches!(active.stage, Stage::Lingering(_)) {
                Err(Cut)
            } else {
                Ok(())
            };
        }
        match active.http.turn() {
            Turn::Close => self.begin_close(connection, active),
            Turn::Switch => self.hand_over(connection, active),
            Turn::Send => Err(Cut),
            // The client is gone, or has cut its own request short.
            Turn::Read if connection.ended => Err(Cut),
            // Nothing new is begun in a drain.
            Turn::Read if self.phase != Phase::Running && active.is_at_rest() => {
                self.begin_close(connection, active)
            }
            Turn::Answer
                if connection.ended
                    && matches!(active.stage, Stage::Receiving(_))
                    && active.http.body_is_pending() =>
            {
                Err(Cut)
            }
            Turn::Read | Turn::Answer => Ok(()),
        }
    }

    /// Closes, or lingers where the client may still be sending: bytes that arrive on a
    /// closed socket make the system send a reset, which can destroy the answer.
    fn begin_close(&mut self, connection: &mut Connection, active: &mut Active) -> Result<(), Cut> {
        if connection.ended {
            return Err(Cut);
        }
        let mut linger = active.unread || !active.input.is_empty() || active.http.body_is_pending();
        let stream = self.reactor.get(connection.key).ok_or(Cut)?;
        // Not through the reactor: a share that is used up would look like an empty socket.
        linger = linger || matches!(stream.peek(&mut [0]), Ok(1..));
        if !linger {
            return Err(Cut);
        }
        stream.shutdown(Shutdown::Write)?;
        active.input.clear();
        active.stage = Stage::Lingering(self.config.linger_bytes_max);
        Ok(())
    }

    /// Gives the socket to the protocol that was switched to.
    fn hand_over(&mut self, connection: &mut Connection, active: &mut Active) -> Result<(), Cut> {
        let stage = mem::replace(&mut active.stage, Stage::Quiet);
        if let Stage::Switching(switch) = stage
            && let Some(stream) = self.reactor.remove(connection.key)
        {
            (switch.take)(stream, mem::take(&mut active.input));
        }
        Err(Cut)
    }

    // Waiting.

    /// Asks the reactor for what the connection waits for, and sets its deadline.
    fn settle(&mut self, connection: &mut Connection, active: &mut Active) -> Result<(), Cut> {
        let mut interest = Interest::NONE;
        if wants_input(connection, active) {
            interest |= Interest::READABLE;
        }
        if !active.sending.is_empty() && !active.source_pending {
            interest |= Interest::WRITABLE;
        }
        self.reactor.set_interest(connection.key, interest)?;
        let wait = active.wait(connection);
        if wait != connection.wait || connection.exchange != connection.wait_exchange {
            connection.wait = wait;
            connection.wait_exchange = connection.exchange;
            active.moved = 0;
            let at = match &active.stage {
                Stage::Delayed(at, _) if wait == Wait::Delay => *at,
                _ => self.deadline(wait),
            };
            self.arm(connection, at);
        }
        Ok(())
    }

    fn deadline(&self, wait: Wait) -> Option<Instant> {
        let config = &self.config;
        let window = |rate: Option<Rate>| rate.map(|rate| rate.window);
        let timeout = match wait {
            Wait::First | Wait::Head => config.head_timeout,
            Wait::Idle => config.idle_timeout,
            Wait::Body => window(config.body_rate),
            Wait::Write => window(config.write_rate),
            Wait::Handler => config.answer_timeout,
            Wait::Linger => Some(config.linger_timeout),
            Wait::Delay => None,
        };
        after(self.reactor.now(), timeout)
    }

    fn arm(&mut self, connection: &mut Connection, at: Option<Instant>) {
        let index = connection.key.raw().index() as u64;
        match (connection.timer, at) {
            (Some(timer), Some(at)) if self.reactor.postpone(timer, at) => {}
            (_, Some(at)) => connection.timer = Some(self.reactor.timer(at, index)),
            (Some(timer), None) => {
                self.reactor.cancel(timer);
                connection.timer = None;
            }
            (None, None) => {}
        }
    }

    fn timer(&mut self, key: TimerKey, index: usize) {
        self.with(index, |worker, connection, active| {
            if connection.timer != Some(key) {
                return Ok(());
            }
            connection.timer = None;
            worker.expired(connection, active)
        });
    }

    fn expired(&mut self, connection: &mut Connection, active: &mut Active) -> Result<(), Cut> {
        let rate = match connection.wait {
            Wait::Body => self.config.body_rate,
            Wait::Write => self.config.write_rate,
            _ => None,
        };
        if rate.is_some_and(|rate| active.moved >= rate.bytes_min) {
            active.moved = 0;
            self.arm(connection, self.deadline(connection.wait));
            return Ok(());
        }
        let status = match connection.wait {
            Wait::First | Wait::Idle | Wait::Linger | Wait::Write => return Err(Cut),
            Wait::Head | Wait::Body => StatusCode::REQUEST_TIMEOUT,
            Wait::Handler => StatusCode::SERVICE_UNAVAILABLE,
            Wait::Delay => {
                let stage = mem::replace(&mut active.stage, Stage::Quiet);
                let Stage::Delayed(_, respond) = stage else {
                    return Err(Cut);
                };
                self.respond(connection, active, (respond.0)());
                return self.go_on(connection, active);
            }
        };
        // Dropping the stage tells a receiver that its request was cut short.
        active.stage = Stage::Quiet;
        active.unread = true;
        if active.http.turn() == Turn::Read {
            // Makes an answer due although the request is not whole.
            let _ = active.http.finish_input();
        }
        if active.http.turn() != Turn::Answer {
            return Err(Cut);
        }
        active.http.close_after_answer();
        self.respond(connection, active, Response::plain(status));
        active.input.clear();
        self.go_on(connection, active)
    }

    // Other threads.

    fn deliver(&mut self, letter: Letter) {
        let Letter {
            key,
            exchange,
            mail,
        } = letter;
        self.with(key.index(), |worker, connection, active| {
            if connection.key.raw() != key || connection.exchange != exchange {
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
            self.reactor.remove(listener);
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

/// Turns a connection away that there is no room for.
fn refuse(stream: &TcpStream) {
    use std::io::Write as _;

    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\
        Retry-After: 1\r\nConnection: close\r\n\r\n";
    let mut stream = stream;
    // The socket does not block; if even this finds no room, the close says enough.
    let _ = stream.write(ANSWER);
}
