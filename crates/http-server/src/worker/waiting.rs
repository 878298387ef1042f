//! What each connection waits for, and what happens when it has waited too long.

use std::mem;
use std::time::Instant;

use barewire_http1::{StatusCode, Turn};
use barewire_reactor::{Interest, TimerKey};

use super::{Cut, Worker, after, wants_input};
use crate::config::Rate;
use crate::connection::{Active, Connection, Stage, Wait};
use crate::handler::Handler;
use crate::response::Response;

impl<H: Handler> Worker<H> {
    /// Asks the reactor for what the connection waits for, and sets its deadline.
    pub(super) fn settle(
        &mut self,
        connection: &mut Connection,
        active: &mut Active,
    ) -> Result<(), Cut> {
        let wants_output = !active.sending.is_empty() && !active.source_pending;
        let interest = Interest::READABLE.when(wants_input(connection, active))
            | Interest::WRITABLE.when(wants_output);
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

    pub(super) fn timer(&mut self, key: TimerKey, index: usize) {
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
        // Makes an answer due although the request is not whole.
        active.http.give_up_request();
        if active.http.turn() != Turn::Answer {
            return Err(Cut);
        }
        self.respond(connection, active, Response::plain(status));
        active.input.clear();
        self.go_on(connection, active)
    }
}
