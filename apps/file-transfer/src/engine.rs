//! The loop: a meeting, a connection, a role, and whoever types or stops it.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use barewire_reactor::{Event, Reactor, Stops};
use barewire_transfer::pairing::{Paired, PairingErrorKind, Refusal, Side};

use crate::discovery::Discovery;
use crate::inbox::Inbox;
use crate::keyboard::Keyboard;
use crate::link::{Link, LinkError, READ_BYTES};
use crate::meeting::{Meeting, Met, Why};
use crate::outbox::Outbox;
use crate::rate::Rate;
use crate::role::{Desk, Outcome, Role, Stop};
use crate::status::Status;
use crate::tell::Teller;

/// How long to wait for another one to be found, when those that were found have another code.
const OTHERS_MAX: Duration = Duration::from_secs(2);

/// How long the last words may take.
const PARTING_MAX: Duration = Duration::from_secs(5);

/// How long to wait for whom.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For somebody to come at all; `None` waits for ever where this side listens, and tries once where it does not.
    pub wait: Option<Duration>,
    /// For a lost connection to come back.
    pub reconnect: Duration,
}

/// What an [`Engine`] is put together from.
#[derive(Debug)]
pub struct Parts<R: Role> {
    /// What waits.
    pub reactor: Reactor,
    /// Who may stop it.
    pub stops: Stops,
    /// Where the two meet.
    pub meeting: Meeting,
    /// How they find each other, where no address is given.
    pub discovery: Option<Discovery>,
    /// What is done then.
    pub role: R,
    /// What its disk thread says.
    pub inbox: Inbox<R::Report>,
    /// Who is told.
    pub teller: Teller,
    /// Most bytes a second.
    pub rate: Option<u64>,
    /// How long to wait.
    pub patience: Patience,
}

/// The loop.
#[derive(Debug)]
pub struct Engine<R: Role> {
    reactor: Reactor,
    meeting: Meeting,
    discovery: Option<Discovery>,
    role: R,
    inbox: Inbox<R::Report>,
    teller: Teller,
    stops: Stops,
    rate: Rate,
    patience: Patience,
    link: Option<Link>,
    /// Whether there may be something to read.
    readable: bool,
    outbox: Outbox,
    keyboard: Keyboard,
    /// When to give up waiting.
    until: Option<Instant>,
    /// Whether a connection has stood before.
    met: bool,
    missed: Option<Missed>,
    /// Whether somebody was found who has another code.
    wrong: bool,
}

#[derive(Debug)]
struct Missed {
    address: SocketAddr,
    text: String,
}

impl<R: Role> Engine<R> {
    /// Puts it together.
    #[must_use]
    pub fn new(parts: Parts<R>) -> Self {
        let now = Instant::now();
        let Parts {
            reactor,
            stops,
            meeting,
            discovery,
            role,
            inbox,
            teller,
            rate,
            patience,
        } = parts;
        Self {
            reactor,
            meeting,
            discovery,
            role,
            inbox,
            teller,
            stops,
            rate: Rate::new(rate, now),
            patience,
            link: None,
            readable: false,
            outbox: Outbox::default(),
            keyboard: Keyboard::default(),
            until: patience.wait.and_then(|wait| now.checked_add(wait)),
            met: false,
            missed: None,
            wrong: false,
        }
    }

    /// Runs until it is over, one way or the other.
    ///
    /// # Errors
    ///
    /// The loop's own.
    pub fn run(mut self) -> io::Result<Status> {
        let outcome = loop {
            if let Some(outcome) = self.turn()? {
                break outcome;
            }
        };
        if let Some(discovery) = self.discovery.take() {
            discovery.close(&mut self.reactor);
        }
        let advice = self.role.finish();
        let text = match (outcome.status, advice) {
            (Status::Done, _) | (_, None) => outcome.text,
            (_, Some(advice)) if outcome.text.contains(&advice) => outcome.text,
            (_, Some(advice)) if outcome.text.is_empty() => advice,
            (_, Some(advice)) => format!("{}; {advice}", outcome.text),
        };
        self.teller.end(outcome.status, &text);
        Ok(outcome.status)
    }

    fn turn(&mut self) -> io::Result<Option<Outcome>> {
        if let Some(outcome) = self.work()? {
            return Ok(Some(outcome));
        }
        let wait = self.poll_timeout();
        let wait = wait.map(|at| at.saturating_duration_since(Instant::now()));
        self.reactor.turn(wait)?;
        let now = Instant::now();
        if let Some(outcome) = self.timeouts(now)? {
            return Ok(Some(outcome));
        }
        while let Some(event) = self.reactor.next() {
            if let Some(outcome) = self.event(&event, now)? {
                return Ok(Some(outcome));
            }
        }
        Ok(None)
    }

    /// Everything that can be done without waiting.
    fn work(&mut self) -> io::Result<Option<Outcome>> {
        let stop = self.session().err();
        for buffer in self.outbox.spent() {
            self.role.reuse(buffer);
        }
        match stop {
            None => {
                let asks = self.role.is_asking();
                self.keyboard.listen(asks, &mut self.reactor)?;
                Ok(None)
            }
            Some(stop) => self.stop(stop),
        }
    }

    fn session(&mut self) -> Result<(), Stop> {
        let now = Instant::now();
        self.hear_reports(now)?;
        if self.link.is_none() {
            self.outbox.clear();
            return Ok(());
        }
        self.flush(now)?;
        self.take_input(now)?;
        while let Some(line) = self.keyboard.line() {
            self.typed(Some(&line), now)?;
        }
        if self.keyboard.is_closed() && self.role.is_asking() {
            self.typed(None, now)?;
        }
        self.hear_reports(now)?;
        self.flush(now)?;
        // What a sender hears is little, and counts even while it may send nothing.
        let may_read = Self::is_sender() || self.rate.poll_timeout().is_none();
        let wants_input = !self.role.holds_input() && may_read;
        if let Some(link) = &mut self.link {
            link.watch(wants_input, &mut self.reactor)
                .map_err(LinkError::Io)?;
        }
        Ok(())
    }

    fn desk(&mut self, now: Instant) -> (&mut R, Desk<'_>) {
        let desk = Desk {
            now,
            outbox: &mut self.outbox,
            teller: &mut self.teller,
        };
        (&mut self.role, desk)
    }

    fn hear_reports(&mut self, now: Instant) -> Result<(), Stop> {
        while !self.role.holds_reports(&self.outbox) {
            let Some(report) = self.inbox.pop() else {
                break;
            };
            let (role, mut desk) = self.desk(now);
            role.report(report, &mut desk)?;
        }
        Ok(())
    }

    fn typed(&mut self, line: Option<&str>, now: Instant) -> Result<(), Stop> {
        let (role, mut desk) = self.desk(now);
        role.typed(line, &mut desk)
    }

    fn flush(&mut self, now: Instant) -> Result<(), Stop> {
        let allowed = self.sending_allowance(now);
        let Some(link) = &mut self.link else {
            return Ok(());
        };
        let sent = link.flush(&mut self.outbox, allowed, &mut self.reactor)?;
        if Self::is_sender() {
            self.rate.spend(sent);
        }
        Ok(())
    }

    /// The receiver's own words are few and need no limit.
    fn sending_allowance(&mut self, now: Instant) -> usize {
        match R::SIDE {
            Side::Sender => self.rate.allowed(now),
            Side::Receiver => usize::MAX,
        }
    }

    fn is_sender() -> bool {
        R::SIDE == Side::Sender
    }

    fn take_input(&mut self, now: Instant) -> Result<(), Stop> {
        let Self {
            link,
            role,
            outbox,
            teller,
            reactor,
            rate,
            readable,
            ..
        } = self;
        let Some(link) = link else {
            return Ok(());
        };
        loop {
            link.decrypt(|bytes| {
                let mut desk = Desk {
                    now,
                    outbox,
                    teller,
                };
                role.input(bytes, &mut desk)
            })?;
            if role.holds_input() {
                return Ok(());
            }
            let allowed = match R::SIDE {
                Side::Sender => usize::MAX,
                Side::Receiver => rate.allowed(now),
            };
            // What is not allowed yet is still there.
            if !*readable || allowed == 0 {
                break;
            }
            let read = link.read(allowed, reactor)?;
            if !Self::is_sender() {
                rate.spend(read);
            }
            // Where there was less than room for it there is no more, or the loop will say so.
            *readable = read > 0 && read >= allowed.min(READ_BYTES);
        }
        if link.has_ended() {
            let mut desk = Desk {
                now,
                outbox,
                teller,
            };
            role.ended(&mut desk)?;
            return Err(Stop::Link(LinkError::Io(
                io::ErrorKind::UnexpectedEof.into(),
            )));
        }
        Ok(())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let role = self.link.as_ref().and_then(|_| self.role.poll_timeout());
        let rate = self.link.as_ref().and_then(|_| self.rate.poll_timeout());
        let meeting = self.meeting.poll_timeout();
        let discovery = self.discovery.as_ref().and_then(Discovery::poll_timeout);
        let times = [role, rate, meeting, discovery, self.until];
        times.into_iter().flatten().min()
    }

    fn timeouts(&mut self, now: Instant) -> io::Result<Option<Outcome>> {
        if let Some(discovery) = &mut self.discovery {
            discovery.handle_timeout(now, &self.teller);
        }
        let met = self.meeting.handle_timeout(now, &mut self.reactor);
        if let Some(outcome) = self.all_met(met, now)? {
            return Ok(Some(outcome));
        }
        if self.link.is_none() && self.until.is_some_and(|until| until <= now) {
            if !self.wrong || !self.meeting.is_asking() {
                return Ok(Some(self.nobody()));
            }
            // The right one may be among those that wait to be asked.
            self.until = Some(now + OTHERS_MAX);
        }
        if self.link.is_some() && self.role.poll_timeout().is_some_and(|at| at <= now) {
            let (role, mut desk) = self.desk(now);
            if let Err(stop) = role.timeout(&mut desk) {
                return self.stop(stop);
            }
        }
        Ok(None)
    }

    fn nobody(&self) -> Outcome {
        let why = match &self.missed {
            Some(missed) => format!(" ({}: {})", missed.address, missed.text),
            None => String::new(),
        };
        if self.wrong {
            let text = "wrong code, or one that was used; ask for a new one";
            Outcome::new(Status::WrongCode, text)
        } else if self.met {
            let text = format!("the other side did not come back in time{why}");
            Outcome::new(Status::Lost, text)
        } else if self.meeting.is_here() {
            Outcome::new(Status::Nobody, "nobody came in time")
        } else if self.meeting.is_sought() && !self.meeting.has_candidates() {
            Outcome::new(
                Status::Nobody,
                "nobody with this code was found on this machine's networks; start bw-send first, \
                 or say --at HOST as it has printed",
            )
        } else {
            let text = format!(
                "nobody answers{why}; start the other program there first, or look whether a firewall is in between"
            );
            Outcome::new(Status::Nobody, text)
        }
    }

    fn event(&mut self, event: &Event, now: Instant) -> io::Result<Option<Outcome>> {
        if let Some(&stop) = self.stops.take(&mut self.reactor, event).first() {
            return self.interrupted(stop.into()).map(Some);
        }
        if let Event::Io { key, .. } = *event {
            if self.keyboard.handle_event(key, &mut self.reactor) {
                return Ok(None);
            }
            self.readable |= self.link.as_ref().is_some_and(|link| key == link.key());
        }
        let mut met = Vec::new();
        if let Some(discovery) = &mut self.discovery
            && discovery.handle_event(event, now, &mut self.reactor, &self.teller)
        {
            while let Some(address) = discovery.poll_found() {
                if self.link.is_none()
                    && let Some(more) = self.meeting.found(address, now, &mut self.reactor)
                {
                    if discovery.is_worth_telling() {
                        self.teller.found(&address.to_string());
                    }
                    met.extend(more);
                }
            }
        } else {
            met = self.meeting.handle_event(event, now, &mut self.reactor);
        }
        self.all_met(met, now)
    }

    fn all_met(&mut self, met: Vec<Met>, now: Instant) -> io::Result<Option<Outcome>> {
        for met in met {
            if let Some(outcome) = self.one_met(met, now)? {
                return Ok(Some(outcome));
            }
        }
        // The side that connects tries again as long as it has patience.
        if self.link.is_none() && !self.meeting.is_here() && !self.meeting.is_busy() {
            if self.until.is_none_or(|until| until <= now) {
                return Ok(Some(self.nobody()));
            }
            self.meeting.dial_later(now);
        }
        Ok(None)
    }

    fn one_met(&mut self, met: Met, now: Instant) -> io::Result<Option<Outcome>> {
        match met {
            Met::Paired { link, paired } => self.paired(*link, &paired, now),
            Met::Guessed { address } => {
                if self.link.is_some() {
                    let text = format!("somebody at {address} tried a wrong code");
                    self.teller.warn(&text);
                    return Ok(None);
                }
                Ok(Some(self.guessed(address)))
            }
            Met::Wrong { .. } => {
                self.doubt(now);
                Ok(None)
            }
            Met::Missed { address, why } => {
                if self.meeting.is_sought() && why.is_wrong_code() {
                    self.doubt(now);
                }
                if why.is_unknown_session() {
                    self.meeting.forget();
                }
                if let Some(outcome) = self.final_miss(&why) {
                    return Ok(Some(outcome));
                }
                let text = why.to_string();
                self.missed = Some(Missed { address, text });
                Ok(None)
            }
        }
    }

    /// One of those that were found has another code: unless there is one more soon, that is all there is to say.
    fn doubt(&mut self, now: Instant) {
        if self.link.is_none() && !self.met {
            self.wrong = true;
            let soon = now + OTHERS_MAX;
            self.until = Some(self.until.map_or(soon, |until| until.min(soon)));
        }
    }

    fn guessed(&self, address: SocketAddr) -> Outcome {
        let text = if self.meeting.is_here() {
            format!(
                "somebody at {address} tried a wrong code, and a code is good for one try; \
                 start again for a new one"
            )
        } else {
            "wrong code, and a code is good for one try; ask for a new one".to_owned()
        };
        Outcome::new(Status::WrongCode, text)
    }

    /// What another try would not change, for the side that connects.
    fn final_miss(&self, why: &Why) -> Option<Outcome> {
        let Why::Pairing(error) = why else {
            return None;
        };
        if self.meeting.is_here() || self.meeting.is_sought() || self.link.is_some() {
            return None;
        }
        let text = error.to_string();
        match error.kind {
            PairingErrorKind::Refused(Refusal::Code | Refusal::Spent) => {
                let text = "wrong code, or one that was used; ask for a new one";
                Some(Outcome::new(Status::WrongCode, text))
            }
            PairingErrorKind::Version { .. }
            | PairingErrorKind::SameSide(_)
            | PairingErrorKind::SamePart(_)
            | PairingErrorKind::Refused(
                Refusal::Version | Refusal::SameSide | Refusal::SamePart | Refusal::Protocol,
            ) => Some(Outcome::new(Status::Failed, text)),
            _ => None,
        }
    }

    fn paired(&mut self, link: Link, paired: &Paired, now: Instant) -> io::Result<Option<Outcome>> {
        if let Some(old) = self.link.take() {
            // It has come back before its loss was noticed here.
            self.reactor.close(old.key());
            if let Some(outcome) = self.forget_session() {
                return Ok(Some(outcome));
            }
        }
        self.outbox.clear();
        self.meeting.remember(paired.resume.clone());
        let address = link.address();
        self.link = Some(link);
        self.readable = true;
        self.until = None;
        self.met = true;
        self.missed = None;
        self.wrong = false;
        if let Some(discovery) = &mut self.discovery {
            discovery.pause(&mut self.reactor);
        }
        let (role, mut desk) = self.desk(now);
        role.open(paired, address, &mut desk);
        Ok(None)
    }

    fn forget_session(&mut self) -> Option<Outcome> {
        self.outbox.clear();
        for buffer in self.outbox.spent() {
            self.role.reuse(buffer);
        }
        self.role.lost(&mut self.teller)
    }

    fn stop(&mut self, stop: Stop) -> io::Result<Option<Outcome>> {
        match stop {
            Stop::Over(outcome) => self.part(PARTING_MAX).map(|()| Some(outcome)),
            Stop::Peer(error) => {
                self.role.refuse(&error, &mut self.outbox);
                self.part(PARTING_MAX)?;
                let text = format!("the other side broke the protocol: {error}");
                Ok(Some(Outcome::new(Status::Protocol, text)))
            }
            Stop::Link(error) => {
                if let Some(link) = self.link.take() {
                    self.reactor.close(link.key());
                }
                Ok(self.lost(&error))
            }
        }
    }

    fn lost(&mut self, error: &LinkError) -> Option<Outcome> {
        if let Some(outcome) = self.forget_session() {
            return Some(outcome);
        }
        let why = match error {
            LinkError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                "the other side closed it".to_owned()
            }
            error => error.to_string(),
        };
        let patience = self.patience.reconnect;
        if patience.is_zero() {
            let text = format!("the connection was lost: {why}");
            return Some(Outcome::new(Status::Lost, text));
        }
        let seconds = patience.as_secs();
        let text = format!("connection lost: {why}; for {seconds} s it can be taken up again");
        self.teller.lost(&text);
        let now = Instant::now();
        self.until = now.checked_add(patience);
        self.meeting.dial_again(now);
        if let Some(discovery) = &mut self.discovery {
            discovery.go_on(&mut self.reactor);
        }
        None
    }

    fn interrupted(&mut self, status: Status) -> io::Result<Outcome> {
        self.teller.stop();
        if self.link.is_some() {
            self.role.interrupt(&mut self.outbox);
            self.part(Duration::from_secs(1))?;
        }
        Ok(Outcome::new(status, "interrupted"))
    }

    /// Sends what is left to be said, and waits until the other side has heard it; both for a limited time.
    fn part(&mut self, patience: Duration) -> io::Result<()> {
        let Some(mut link) = self.link.take() else {
            return Ok(());
        };
        let by = Instant::now() + patience;
        let (mut said, mut closed) = (false, false);
        loop {
            if link
                .flush(&mut self.outbox, usize::MAX, &mut self.reactor)
                .is_err()
            {
                break;
            }
            if self.outbox.is_empty() && link.is_flushed() && !said {
                said = true;
                link.say_goodbye();
                if link
                    .flush(&mut self.outbox, usize::MAX, &mut self.reactor)
                    .is_err()
                {
                    break;
                }
            }
            if said && link.is_flushed() && !closed {
                closed = true;
                let _ = self.reactor.shutdown(link.key(), Shutdown::Write);
            }
            // Nothing that still comes is of interest, but that it ends.
            link.discard();
            while matches!(link.read(usize::MAX, &mut self.reactor), Ok(1..)) {
                link.discard();
            }
            let left = by.saturating_duration_since(Instant::now());
            if link.has_ended() || left.is_zero() || link.watch(true, &mut self.reactor).is_err() {
                break;
            }
            self.reactor.turn(Some(left))?;
            let mut again = false;
            while let Some(event) = self.reactor.next() {
                again |= !self.stops.take(&mut self.reactor, &event).is_empty();
            }
            if again {
                break;
            }
        }
        self.reactor.close(link.key());
        Ok(())
    }
}
