//! The role of the one who sends.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use barewire_command::escape;
use barewire_transfer::error::{Code, Error, Misuse};
use barewire_transfer::manifest::{Kind, Manifest};
use barewire_transfer::pairing::{Paired, Side};
use barewire_transfer::sender::{Durability, Event, Plan, Sender};
use barewire_transfer::session::{Config, Peer, Reason};
use barewire_transfer::tree::{Cv, GROUP_BYTES, Root, group_len, groups};

use crate::link::{Flow, Taken};
use crate::outbox::Outbox;
use crate::role::{Desk, Outcome, Role, Stop};
use crate::source::{Job, Report, SourceErrorKind, Worker};
use crate::status::{Failures, Status};
use crate::tell::{Teller, human};

/// So much waits to be sent before what is read from the disk waits too.
const OUTBOX_BYTES_MAX: usize = 2 << 20;

/// How long somebody may think about an offer.
const DECISION_MAX: Duration = Duration::from_secs(600);

/// What is sent.
#[derive(Debug)]
pub enum Load {
    /// These entries.
    Files {
        /// What they are.
        manifest: Manifest,
        /// Who reads them.
        worker: Worker,
    },
    /// This text.
    Text(String),
}

/// What has become of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Open,
    Stored,
    Failed,
}

/// The role of the one who sends.
#[derive(Debug)]
pub struct Sending {
    load: Load,
    config: Config,
    machine: Option<Sender>,
    address: Option<SocketAddr>,
    fates: Vec<Fate>,
    roots: HashMap<u32, Root>,
    /// Reports of the disk thread are those of an earlier connection until it says so.
    resetting: usize,
    decision_by: Option<Instant>,
    farewell: bool,
    accepted: bool,
    bytes: u64,
    durable: bool,
    failures: Failures,
    /// Of what could not even be offered.
    skipped: usize,
}

impl Sending {
    /// Of this load, of which `skipped` entries had to be left out.
    #[must_use]
    pub fn new(load: Load, config: Config, skipped: usize) -> Self {
        let entries = match &load {
            Load::Files { manifest, .. } => manifest.entries().len(),
            Load::Text(_) => 0,
        };
        Self {
            load,
            config,
            machine: None,
            address: None,
            fates: vec![Fate::Open; entries],
            roots: HashMap::new(),
            resetting: 0,
            decision_by: None,
            farewell: false,
            accepted: false,
            bytes: 0,
            durable: true,
            failures: Failures::default(),
            skipped,
        }
    }

    fn manifest(&self) -> Option<&Manifest> {
        match &self.load {
            Load::Files { manifest, .. } => Some(manifest),
            Load::Text(_) => None,
        }
    }

    fn is_stream(&self) -> bool {
        self.manifest().is_some_and(Manifest::is_stream)
    }

    fn job(&self, job: Job) {
        if let Load::Files { worker, .. } = &self.load {
            worker.send(job);
        }
    }

    fn path(&self, id: u32) -> &[u8] {
        let entry = self.manifest().and_then(|manifest| manifest.get(id));
        entry.map_or(b"", |entry| entry.path.as_bytes())
    }

    fn size(&self, id: u32) -> u64 {
        let entry = self.manifest().and_then(|manifest| manifest.get(id));
        match entry.map(|entry| &entry.kind) {
            Some(Kind::File { size, .. }) => *size,
            _ => 0,
        }
    }

    fn hello(&mut self, peer: &Peer, desk: &mut Desk<'_>) -> Result<(), Stop> {
        let address = self.address.map(|address| address.to_string());
        desk.teller
            .connected(&address.unwrap_or_default(), &peer.alias);
        let Some(machine) = &mut self.machine else {
            return Ok(());
        };
        match &self.load {
            Load::Text(text) => {
                let sent = desk.outbox.append(|out| machine.text(text, out));
                sent.map_err(|misuse| over(Status::Failed, misuse.to_string()))
            }
            Load::Files { manifest, .. } => {
                if let Err(error) = manifest.check(&peer.name_rules(), &peer.limits) {
                    let text = format!("the other side would not take this: {error}");
                    desk.outbox
                        .append(|out| machine.cancel(Code::OfferRefused, &text, out));
                    return Err(over(Status::Protocol, text));
                }
                self.decision_by = Some(desk.now + DECISION_MAX);
                let offered = desk.outbox.append(|out| machine.offer(manifest, out));
                offered.map_err(|misuse| over(Status::Failed, misuse.to_string()))
            }
        }
    }

    fn accepted(&mut self, plans: Vec<Plan>, desk: &mut Desk<'_>) {
        self.decision_by = None;
        let mut wanted = 0;
        let mut already = 0;
        let mut total = Some(0);
        for (id, plan) in (0..).zip(plans) {
            let kind = self
                .manifest()
                .and_then(|manifest| manifest.get(id))
                .map(|entry| entry.kind.clone());
            let (size, is_stream) = match kind {
                Some(Kind::File { size, .. }) => (Some(size), false),
                Some(Kind::Stream) => (None, true),
                _ => (Some(0), false),
            };
            let has_data = is_stream || matches!(kind, Some(Kind::File { .. }));
            if plan != Plan::Declined {
                total = total.zip(size).map(|(total, size)| total + size);
            }
            match plan {
                Plan::Declined => self.decline(id, desk),
                Plan::Stored => {
                    already += size.unwrap_or(0);
                    self.fates[id as usize] = Fate::Stored;
                }
                Plan::Whole if has_data => {
                    wanted += 1;
                    self.send(id, Vec::new());
                }
                Plan::Whole => {}
                Plan::Resume(claimed) => {
                    wanted += 1;
                    self.send(id, claimed);
                }
                Plan::Compare => {
                    wanted += 1;
                    self.job(Job::Compare { id });
                }
            }
        }
        self.bytes = already;
        if wanted > 0 || !self.accepted {
            desk.teller.start(total, already);
        }
        self.accepted = true;
        self.settle(desk);
    }

    fn decline(&mut self, id: u32, desk: &mut Desk<'_>) {
        if self.fates[id as usize] == Fate::Open {
            self.fates[id as usize] = Fate::Failed;
            self.failures.add(Code::Declined);
            desk.teller.failed(
                self.path(id),
                Code::Declined.word(),
                "not wanted by the other side",
            );
        }
    }

    fn send(&self, id: u32, claimed: Vec<(u64, Cv)>) {
        let missing = missing(groups(self.size(id)), &claimed);
        self.job(Job::Send {
            id,
            missing,
            claimed,
        });
    }

    /// Says farewell once there is nothing left to do.
    fn settle(&mut self, desk: &mut Desk<'_>) {
        if let Some(machine) = self.machine.as_mut().filter(|machine| machine.is_settled())
            && !self.farewell
        {
            self.farewell = true;
            desk.outbox.append(|out| machine.bye(out));
        }
    }

    fn outcome(&self) -> Outcome {
        let stored = self
            .fates
            .iter()
            .filter(|&&fate| fate == Fate::Stored)
            .count();
        let entries = self.fates.len();
        let mut failures = self.failures;
        if self.skipped > 0 {
            failures.add(Code::Io);
        }
        let status = match failures.status() {
            // No to a part is no to the whole only where that was all.
            Status::Declined if stored > 0 => Status::Partial,
            status => status,
        };
        let text = match (&self.load, status) {
            (Load::Text(_), _) => "the text was shown".to_owned(),
            (_, Status::Done) if self.durable => {
                format!(
                    "stored at the other side, on its disk: {}",
                    human(self.total())
                )
            }
            (_, Status::Done) => format!(
                "all of it is at the other side, which did not wait for its disk: {}",
                human(self.total())
            ),
            (_, Status::Declined) => "declined by the other side".to_owned(),
            _ => {
                let offered = entries + self.skipped;
                format!(
                    "{stored} of {offered} entries were transferred; the others are named above"
                )
            }
        };
        Outcome::new(status, text)
    }

    fn total(&self) -> u64 {
        self.manifest().map_or(0, Manifest::bytes).max(self.bytes)
    }

    fn event(&mut self, event: Event, desk: &mut Desk<'_>) -> Result<(), Stop> {
        match event {
            Event::Hello(peer) => self.hello(&peer, desk),
            Event::Accepted(plans) => {
                self.accepted(plans, desk);
                Ok(())
            }
            Event::Want { id, first, count } => {
                let groups = (first..first + count).collect();
                self.job(Job::Repair { id, groups });
                Ok(())
            }
            Event::Stored { id, durability } => {
                let durable = durability == Durability::Durable;
                self.durable &= durable;
                self.fates[id as usize] = Fate::Stored;
                let root = self.roots.remove(&id);
                desk.teller.stored(self.path(id), root.as_ref(), durable);
                self.job(Job::Forget { id });
                self.settle(desk);
                Ok(())
            }
            Event::Failed { id, reason } => {
                self.fates[id as usize] = Fate::Failed;
                self.failures.add(reason.code);
                let text = format!("at the other side: {}", reason.text);
                desk.teller.failed(self.path(id), reason.code.word(), &text);
                self.job(Job::Cancel { id });
                self.settle(desk);
                Ok(())
            }
            Event::TextShown => {
                if let Some(machine) = &mut self.machine {
                    desk.outbox.append(|out| machine.bye(out));
                }
                self.farewell = true;
                Ok(())
            }
            Event::Cancelled(reason) | Event::Error(reason) => Err(Stop::Over(stopped(&reason))),
            Event::Bye => Err(Stop::Over(if self.farewell {
                self.outcome()
            } else {
                Outcome::new(Status::Protocol, "the other side left before it was done")
            })),
            _ => Ok(()),
        }
    }

    /// Data of an entry, if it is still wanted.
    fn data(
        &mut self,
        (id, offset): (u32, u64),
        bytes: Vec<u8>,
        cv: Option<Cv>,
        desk: &mut Desk<'_>,
    ) -> Result<(), Stop> {
        let Some(machine) = self.machine.as_mut().filter(|machine| machine.is_open(id)) else {
            self.job(Job::Buffer(bytes));
            return Ok(());
        };
        let len = bytes.len();
        // A group is at most a mebibyte.
        desk.outbox
            .append(|out| machine.data(id, offset, len as u32, out))
            .map_err(misused)?;
        desk.outbox.push_buffer(bytes);
        if let Some(cv) = cv {
            let group = offset / GROUP_BYTES;
            desk.outbox
                .append(|out| machine.sum(id, group, &cv, out))
                .map_err(misused)?;
        }
        self.moved(len as u64, desk);
        Ok(())
    }

    fn moved(&mut self, bytes: u64, desk: &mut Desk<'_>) {
        self.bytes += bytes;
        desk.teller.progress(self.bytes, desk.now);
    }

    fn end(&mut self, id: u32, root: Root, desk: &mut Desk<'_>) {
        let size = match self.is_stream() {
            true => self.bytes,
            false => self.size(id),
        };
        self.roots.insert(id, root);
        if let Some(machine) = self.machine.as_mut().filter(|machine| machine.is_open(id)) {
            let _ = desk.outbox.append(|out| machine.end(id, size, &root, out));
        }
    }
}

impl Role for Sending {
    type Report = Report;

    const SIDE: Side = Side::Sender;

    fn open(&mut self, paired: &Paired, address: SocketAddr, desk: &mut Desk<'_>) {
        let config = self.config.clone();
        let now = desk.now;
        let machine = desk
            .outbox
            .append(|out| Sender::new(paired, config, now, out));
        self.machine = Some(machine);
        self.address = Some(address);
        self.farewell = false;
    }

    fn input(&mut self, bytes: &[u8], desk: &mut Desk<'_>) -> Result<Taken, Stop> {
        let mut used = 0;
        while let Some(machine) = &mut self.machine {
            let now = desk.now;
            let step = desk
                .outbox
                .append(|out| machine.handle_input(now, &bytes[used..], out));
            let (len, event) = step?;
            used += len;
            let Some(event) = event else {
                break;
            };
            self.event(event, desk)?;
        }
        Ok(Taken {
            used,
            flow: Flow::Open,
        })
    }

    fn report(&mut self, report: Report, desk: &mut Desk<'_>) -> Result<(), Stop> {
        if self.resetting > 0 && !matches!(report, Report::Reset | Report::Stopped) {
            return Ok(());
        }
        match report {
            Report::Group {
                id,
                group,
                cv,
                bytes,
            } => {
                let cv = (groups(self.size(id)) > 1).then_some(cv);
                self.data((id, group * GROUP_BYTES), bytes, cv, desk)?;
            }
            Report::Piece { id, offset, bytes } => self.data((id, offset), bytes, None, desk)?,
            Report::Holes { id, first, count } => {
                if let Some(machine) = self.machine.as_mut().filter(|machine| machine.is_open(id)) {
                    let _ = desk
                        .outbox
                        .append(|out| machine.holes(id, first, count, out));
                }
                let size = self.size(id);
                let last = first + count - 1;
                let bytes = (count - 1) * GROUP_BYTES + group_len(size, last);
                self.moved(bytes, desk);
            }
            Report::Kept { id, groups } => {
                let bytes = (groups * GROUP_BYTES).min(self.size(id));
                self.moved(bytes, desk);
            }
            Report::End { id, root } => self.end(id, root, desk),
            Report::Same { id, root } => {
                self.end(id, root, desk);
                self.moved(self.size(id), desk);
            }
            Report::Failed { id, error } => {
                let code = code_of(error.kind);
                if let Some(machine) = &mut self.machine {
                    let text = &error.text;
                    let _ = desk.outbox.append(|out| machine.fail(id, code, text, out));
                }
                self.fates[id as usize] = Fate::Failed;
                self.failures.add(code);
                desk.teller.failed(self.path(id), code.word(), &error.text);
                self.settle(desk);
            }
            Report::Reset => self.resetting -= 1,
            Report::Cancelled { .. } => {}
            Report::Stopped => {
                return Err(over(Status::Failed, "whoever reads the files has stopped"));
            }
        }
        Ok(())
    }

    fn holds_reports(&self, outbox: &Outbox) -> bool {
        outbox.len() >= OUTBOX_BYTES_MAX
    }

    fn holds_input(&self) -> bool {
        false
    }

    fn reuse(&mut self, buffer: Vec<u8>) {
        self.job(Job::Buffer(buffer));
    }

    fn typed(&mut self, _line: Option<&str>, _desk: &mut Desk<'_>) -> Result<(), Stop> {
        Ok(())
    }

    fn is_asking(&self) -> bool {
        false
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let machine = self.machine.as_ref().and_then(Sender::poll_timeout);
        machine.into_iter().chain(self.decision_by).min()
    }

    fn timeout(&mut self, desk: &mut Desk<'_>) -> Result<(), Stop> {
        let now = desk.now;
        if self.decision_by.is_some_and(|by| by <= now) {
            if let Some(machine) = &mut self.machine {
                let text = "nobody answered the question whether to accept";
                desk.outbox
                    .append(|out| machine.cancel(Code::NoDecision, text, out));
            }
            let text = "nobody at the other side said whether to accept; send again when somebody is there";
            return Err(over(Status::Declined, text));
        }
        if let Some(machine) = &mut self.machine {
            let step = desk.outbox.append(|out| machine.handle_timeout(now, out));
            step.map_err(lost_or_wrong)?;
        }
        Ok(())
    }

    fn ended(&mut self, _desk: &mut Desk<'_>) -> Result<(), Stop> {
        let Some(machine) = &mut self.machine else {
            return Ok(());
        };
        if machine.is_settled() && self.farewell {
            // Everything is stored; that the farewell got lost changes nothing.
            return Err(Stop::Over(self.outcome()));
        }
        machine.handle_end().map_err(lost_or_wrong)
    }

    fn lost(&mut self, teller: &mut Teller) -> Option<Outcome> {
        let settled = self
            .machine
            .take()
            .is_some_and(|machine| machine.is_settled());
        teller.stop();
        if settled || (self.farewell && matches!(self.load, Load::Text(_))) {
            return Some(self.outcome());
        }
        let Load::Files { worker, .. } = &self.load else {
            return None;
        };
        if self.accepted && self.is_stream() {
            let text =
                "the connection was lost, and a stream cannot be taken up again; send it anew";
            return Some(Outcome::new(Status::Lost, text));
        }
        worker.send(Job::Reset);
        self.resetting += 1;
        self.decision_by = None;
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
        self.job(Job::Stop);
        // What has failed has said so, and what to do.
        let open = self.fates.contains(&Fate::Open);
        (open && self.accepted && !self.is_stream())
            .then(|| "start both programs again as before to go on from here".to_owned())
    }
}

/// A lost peer is not a peer that broke the rules.
pub(crate) fn lost_or_wrong(error: Error) -> Stop {
    use barewire_transfer::error::ErrorKind;
    match error.kind {
        ErrorKind::Silent => Stop::Link(crate::link::LinkError::Io(std::io::Error::new(
            std::io::ErrorKind::TimedOut,
            error.to_string(),
        ))),
        ErrorKind::Cut => Stop::Link(crate::link::LinkError::Io(std::io::Error::new(
            std::io::ErrorKind::UnexpectedEof,
            error.to_string(),
        ))),
        _ => Stop::Peer(error),
    }
}

pub(crate) fn over(status: Status, text: impl Into<String>) -> Stop {
    Stop::Over(Outcome::new(status, text))
}

/// The two halves of this program disagree. Nothing is sent that the other side would refuse.
fn misused(misuse: Misuse) -> Stop {
    over(
        Status::Failed,
        format!("a mistake in this program: {misuse}"),
    )
}

/// The other side has ended it.
pub(crate) fn stopped(reason: &Reason) -> Outcome {
    let text = escape::display(reason.text.as_bytes());
    let status = Status::of_all(reason.code);
    let text = match reason.code {
        Code::Declined => "declined by the other side".to_owned(),
        Code::NoDecision => format!("given up by the other side: {text}"),
        Code::Interrupted => format!("stopped at the other side: {text}"),
        _ => format!("ended by the other side: {text}"),
    };
    Outcome::new(status, text)
}

fn code_of(kind: SourceErrorKind) -> Code {
    match kind {
        SourceErrorKind::Vanished => Code::SourceGone,
        SourceErrorKind::Denied => Code::Denied,
        SourceErrorKind::Changed => Code::SourceChanged,
        _ => Code::Io,
    }
}

/// All groups that are not claimed.
fn missing(count: u64, claimed: &[(u64, Cv)]) -> Vec<Range<u64>> {
    let mut missing = Vec::new();
    let mut next = 0;
    for &(group, _) in claimed {
        if next < group {
            missing.push(next..group);
        }
        next = group + 1;
    }
    if next < count {
        missing.push(next..count);
    }
    missing
}
