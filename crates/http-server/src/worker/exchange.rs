//! Requests and answers: what is read, decoded, asked of the handler, laid out and sent.

use std::cell::OnceCell;
use std::mem;
use std::net::Shutdown;

use barewire_http1::{BodyFraming, ContentLength, Event as Http, StatusCode, Turn};
use barewire_reactor::Input;

use super::{Cut, Worker, after, wants_input};
use crate::connection::{Active, Connection, Stage};
use crate::control::Phase;
use crate::handler::{Answer, Context, Flow, Handler, Switch};
use crate::response::Response;
use crate::sending::Flushed;

impl<H: Handler> Worker<H> {
    pub(super) fn read(
        &mut self,
        connection: &mut Connection,
        active: &mut Active,
    ) -> Result<(), Cut> {
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
    pub(super) fn go_on(
        &mut self,
        connection: &mut Connection,
        active: &mut Active,
    ) -> Result<(), Cut> {
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

    fn flush(&mut self, connection: &mut Connection, active: &mut Active) -> Result<Flushed, Cut> {
        if active.sending.is_empty() {
            return Ok(Flushed::Done);
        }
        // One answer in one write has nothing to wait for, and nothing to be spared it.
        if connection.exchange > 1 || active.sending.has_content() {
            self.send_at_once(connection);
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
        if flushed == Flushed::Blocked {
            self.send_at_once(connection);
        }
        Ok(flushed)
    }

    /// The end of an answer leaves even while its beginning has not been acknowledged.
    fn send_at_once(&mut self, connection: &mut Connection) {
        if !connection.nodelay
            && let Some(stream) = self.reactor.get(connection.key)
        {
            connection.nodelay = true;
            // It only costs time where it cannot be had.
            let _ = stream.set_nodelay(true);
        }
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
                Some(Http::Request(head)) => {
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
                    if pos == input.len() {
                        break;
                    }
                }
                Some(_) => pos += used,
            }
            if active.discarded > self.config.unwanted_bytes_max {
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

    pub(super) fn respond(
        &mut self,
        connection: &mut Connection,
        active: &mut Active,
        response: Response,
    ) {
        active.stage = Stage::Quiet;
        active.drop_held();
        // More than is worth reading away: say so now, rather than break a promise later.
        let unwanted =
            active.http.body_is_pending() && active.announced > self.config.unwanted_bytes_max;
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
}
