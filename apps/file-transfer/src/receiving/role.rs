//! The receiver's part in the loop.

use std::net::SocketAddr;
use std::time::Instant;

use barewire_transfer::error::{Code, Error};
use barewire_transfer::pairing::{Paired, Side};
use barewire_transfer::receiver::Receiver;
use barewire_transfer::sender::Durability;
use barewire_transfer::tree::{group_len, groups};

use super::{Receiving, code_of};
use crate::link::{Flow, Taken};
use crate::outbox::Outbox;
use crate::role::{Desk, Outcome, Role, Stop};
use crate::sending::{lost_or_wrong, over};
use crate::status::Status;
use crate::store::Report;
use crate::tell::Teller;

impl Role for Receiving {
    type Report = Report;

    const SIDE: Side = Side::Receiver;

    fn open(&mut self, paired: &Paired, address: SocketAddr, desk: &mut Desk<'_>) {
        let (config, now) = (self.config.clone(), desk.now);
        let machine = desk
            .outbox
            .append(|out| Receiver::new(paired, config, now, out));
        self.machine = Some(machine);
        self.address = Some(address);
    }

    fn input(&mut self, bytes: &[u8], desk: &mut Desk<'_>) -> Result<Taken, Stop> {
        let mut used = 0;
        loop {
            if self.holds_input() {
                let flow = Flow::Stalled;
                return Ok(Taken { used, flow });
            }
            let Some(machine) = &mut self.machine else {
                break;
            };
            let now = desk.now;
            let rest = &bytes[used..];
            let step = desk
                .outbox
                .append(|out| machine.handle_input(now, rest, out));
            let (len, event) = step?;
            used += len;
            let Some(event) = event else {
                break;
            };
            self.event(event, desk)?;
        }
        self.pass_on();
        let flow = Flow::Open;
        Ok(Taken { used, flow })
    }

    fn report(&mut self, report: Report, desk: &mut Desk<'_>) -> Result<(), Stop> {
        match report {
            Report::Written {
                id,
                group,
                cv,
                buffer,
            } => {
                self.groups.back(buffer);
                self.wrote(id, group, cv, desk)?;
            }
            Report::Dropped { buffer, .. } => self.groups.back(buffer),
            Report::Hollow { id, first, cvs } => {
                for (group, cv) in (first..).zip(cvs) {
                    self.bytes += group_len(self.size(id).unwrap_or(0), group);
                    if let Some(size) = self.size(id).filter(|&size| groups(size) == 1) {
                        self.groups.small_hole(id, size);
                    }
                    self.wrote(id, group, cv, desk)?;
                }
            }
            Report::Checked { id, group, cv } => {
                let event = self.with(desk, |machine, out| machine.checked(id, group, cv, out));
                self.follow(event, desk)?;
            }
            Report::Compared { id, root } => {
                self.compared.entry(id).or_default().0 = Some(root);
                self.compare(id, desk);
            }
            Report::Stored { stored } => {
                for (id, outcome) in stored {
                    let durability = if outcome.durable {
                        Durability::Durable
                    } else {
                        Durability::Volatile
                    };
                    self.with(desk, |machine, out| machine.stored(id, durability, out));
                    if outcome.path != self.path(id) {
                        let path = barewire_command::escape::display(&outcome.path);
                        desk.teller
                            .note(&format!("{} is stored as {path}", self.shown_path(id)));
                    }
                    if let Some(note) = outcome.note {
                        desk.teller.note(&note);
                    }
                    let root = self.roots.remove(&id);
                    self.stored(id, &outcome.path, root, outcome.durable, desk);
                }
                self.settle(desk);
            }
            Report::Failed { id, error } => {
                let code = code_of(error.kind());
                self.give_up(id, code, &error.to_string(), desk);
            }
            Report::Stopped => {
                return Err(over(Status::Failed, "whoever writes the files has stopped"));
            }
            Report::Flushed => {}
        }
        Ok(())
    }

    fn holds_reports(&self, _outbox: &Outbox) -> bool {
        false
    }

    fn holds_input(&self) -> bool {
        self.consent.is_none() && self.groups.is_full()
    }

    fn reuse(&mut self, _buffer: Vec<u8>) {}

    fn typed(&mut self, line: Option<&str>, desk: &mut Desk<'_>) -> Result<(), Stop> {
        let Some(mut consent) = self.consent.take() else {
            return Ok(());
        };
        if line.is_none() {
            // The question has no line's end.
            desk.teller.note("");
        }
        let choice = consent.answer(self.terms, line);
        self.choose(choice, consent, desk)
    }

    fn is_asking(&self) -> bool {
        self.consent.is_some()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let machine = self.machine.as_ref().and_then(Receiver::poll_timeout);
        machine.into_iter().chain(self.answer_by).min()
    }

    fn timeout(&mut self, desk: &mut Desk<'_>) -> Result<(), Stop> {
        let now = desk.now;
        if self.answer_by.is_some_and(|by| by <= now) {
            let text = "nobody answered the question whether to accept";
            self.with(desk, |machine, out| {
                machine.cancel(Code::NoDecision, text, out);
            });
            return Err(over(Status::Declined, "nobody answered the question"));
        }
        if self.holds_input() {
            // It is our own disk that keeps us from hearing the peer.
            if let Some(machine) = &mut self.machine {
                machine.excuse(now);
            }
        }
        let step = self.with(desk, |machine, out| machine.handle_timeout(now, out));
        step.transpose().map_err(lost_or_wrong)?;
        Ok(())
    }

    fn ended(&mut self, _desk: &mut Desk<'_>) -> Result<(), Stop> {
        if self.settled || self.text_shown {
            return Err(Stop::Over(self.outcome()));
        }
        match &mut self.machine {
            Some(machine) => machine.handle_end().map_err(lost_or_wrong),
            None => Ok(()),
        }
    }

    fn lost(&mut self, teller: &mut Teller) -> Option<Outcome> {
        teller.stop();
        self.machine = None;
        self.consent = None;
        self.answer_by = None;
        if self.settled || self.text_shown {
            return Some(self.outcome());
        }
        self.pause();
        if self.intake.as_ref()?.manifest.is_stream() {
            let text = "the connection was lost, and a stream cannot be taken up again";
            return Some(Outcome::new(Status::Lost, text));
        }
        None
    }

    fn refuse(&mut self, error: &Error, outbox: &mut Outbox) {
        if let Some(machine) = &mut self.machine {
            outbox.append(|out| machine.refuse(error, out));
        }
    }

    fn interrupt(&mut self, outbox: &mut Outbox) {
        if let Some(machine) = &mut self.machine {
            outbox.append(|out| machine.cancel(Code::Interrupted, "interrupted by its user", out));
        }
    }

    fn finish(&mut self) -> Option<String> {
        self.pause();
        let intake = self.intake.as_ref()?;
        (intake.is_half_done() && !self.settled && !intake.manifest.is_stream())
            .then(|| "start both programs again as before to go on from here".to_owned())
    }
}
