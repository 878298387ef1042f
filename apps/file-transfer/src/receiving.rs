//! The role of the one who receives.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use barewire_transfer::error::Code;
use barewire_transfer::manifest::{Kind, Manifest};
use barewire_transfer::receiver::{Decision, Event, Receiver};
use barewire_transfer::sender::Durability;
use barewire_transfer::session::Config;
use barewire_transfer::tree::{Cv, GROUP_BYTES, Root, group_len};

use crate::role::{Desk, Outcome, Stop};
use crate::sending::{over, stopped};
use crate::status::{Failures, Status};
use crate::store::{ErrorKind, Job, StoreError};
use crate::tell::human;

mod consent;
mod destination;
mod groups;
mod intake;
mod role;

pub use consent::{Consent, Terms};
pub use destination::{Destination, Sink, Standard};

use consent::Choice;
use groups::Groups;
use intake::{Fate, Intake};

/// Between two reports of progress to the sender.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// How long a question waits for its answer.
const ANSWER_MAX: Duration = Duration::from_secs(600);

/// The role of the one who receives.
#[derive(Debug)]
pub struct Receiving {
    destination: Destination,
    terms: Terms,
    config: Config,
    machine: Option<Receiver>,
    address: Option<SocketAddr>,
    intake: Option<Intake>,
    /// A question that is asked.
    consent: Option<Consent>,
    answer_by: Option<Instant>,
    sink: Option<Sink>,
    groups: Groups,
    roots: HashMap<u32, Root>,
    /// Both hashes of a file that is there already, as far as they are known.
    compared: HashMap<u32, (Option<Option<Root>>, Option<Root>)>,
    bytes: u64,
    told: Option<Instant>,
    settled: bool,
    text_shown: bool,
    durable: bool,
    failures: Failures,
}

impl Receiving {
    /// Into this destination, on these terms.
    #[must_use]
    pub fn new(destination: Destination, terms: Terms, config: Config) -> Self {
        Self {
            destination,
            terms,
            config,
            machine: None,
            address: None,
            intake: None,
            consent: None,
            answer_by: None,
            sink: None,
            groups: Groups::default(),
            roots: HashMap::new(),
            compared: HashMap::new(),
            bytes: 0,
            told: None,
            settled: false,
            text_shown: false,
            durable: true,
            failures: Failures::default(),
        }
    }

    fn event(&mut self, event: Event<'_>, desk: &mut Desk<'_>) -> Result<(), Stop> {
        match event {
            Event::Hello(peer) => {
                let address = self.address.map(|address| address.to_string());
                desk.teller
                    .connected(&address.unwrap_or_default(), &peer.alias);
                Ok(())
            }
            Event::Offer(manifest) => self.offer(manifest, desk),
            Event::Text(text) => {
                desk.teller.text(&text);
                self.text_shown = true;
                self.with(desk, |machine, out| machine.shown(out));
                Ok(())
            }
            Event::Data { id, offset, bytes } => {
                self.data(id, offset, bytes);
                Ok(())
            }
            Event::Holes { id, first, count } => {
                self.begin(id);
                self.job(Job::Holes { id, first, count });
                Ok(())
            }
            Event::Check { id, groups } => {
                self.begin(id);
                let groups = groups.into_iter().flatten().collect();
                self.job(Job::Check { id, groups });
                Ok(())
            }
            Event::Verified { id, root } | Event::StreamEnded { id, root, .. } => {
                self.flush_stream(id);
                self.begin(id);
                self.roots.insert(id, root);
                self.job(Job::Finish { id, root });
                self.done_with_one();
                Ok(())
            }
            Event::Repair { id, groups } => {
                for run in groups {
                    let text = format!(
                        "{}: bytes {} to {} are wrong and asked for again",
                        self.shown_path(id),
                        run.start * GROUP_BYTES,
                        run.end * GROUP_BYTES
                    );
                    desk.teller.note(&text);
                }
                Ok(())
            }
            Event::Same { id, root } => {
                self.compared.entry(id).or_default().1 = Some(root);
                self.compare(id, desk);
                Ok(())
            }
            Event::Failed { id, reason } => {
                self.job(Job::Abandon { id });
                let text = format!("at the other side: {}", reason.text);
                self.failed(id, reason.code, &text, desk);
                Ok(())
            }
            Event::Cancelled(reason) | Event::Error(reason) => Err(Stop::Over(stopped(&reason))),
            Event::Bye => {
                self.with(desk, |machine, out| machine.bye(out));
                Err(Stop::Over(if self.settled || self.text_shown {
                    self.outcome()
                } else {
                    Outcome::new(Status::Protocol, "the other side left before it was done")
                }))
            }
            _ => Ok(()),
        }
    }

    fn with<T>(
        &mut self,
        desk: &mut Desk<'_>,
        act: impl FnOnce(&mut Receiver, &mut Vec<u8>) -> T,
    ) -> Option<T> {
        let machine = self.machine.as_mut()?;
        Some(desk.outbox.append(|out| act(machine, out)))
    }

    fn job(&self, job: Job) {
        if let Some(sink) = &self.sink {
            sink.send(job);
        }
    }

    fn path(&self, id: u32) -> &[u8] {
        self.intake.as_ref().map_or(b"", |intake| intake.path(id))
    }

    fn shown_path(&self, id: u32) -> String {
        barewire_command::escape::display(self.path(id))
    }

    /// The size of a file; `None` for what is none.
    fn size(&self, id: u32) -> Option<u64> {
        self.intake.as_ref()?.size(id)
    }

    fn offer(&mut self, manifest: Manifest, desk: &mut Desk<'_>) -> Result<(), Stop> {
        let again = self
            .intake
            .as_ref()
            .is_some_and(|intake| intake.manifest.digest() == manifest.digest());
        if self.intake.is_some() && !again {
            let text = "another offer than before; the files have changed meanwhile";
            self.with(desk, |machine, out| {
                machine.cancel(Code::SourceChanged, text, out);
            });
            return Err(over(
                Status::SourceChanged,
                "what is offered is not what was offered before; start anew to receive it",
            ));
        }
        let from = self.machine.as_ref().and_then(Receiver::peer);
        let alias = from.map(|peer| peer.alias.clone()).unwrap_or_default();
        let address = self.address.map(|address| address.ip().to_string());
        let from = match alias.is_empty() {
            true => address.unwrap_or_default(),
            false => alias,
        };
        let mut consent = match Consent::new(&mut self.destination, &manifest, from) {
            Ok(consent) => consent,
            Err(error) => return Err(self.turn_down(&error, desk)),
        };
        if !again {
            self.intake = Some(Intake::new(manifest, consent.targets()));
            consent.tell(desk.teller);
        }
        if let Err(error) = consent.check_room(&self.destination) {
            return Err(self.turn_down(&error, desk));
        }
        match consent.first_question(self.terms, again) {
            Choice::Ask(question) => {
                desk.teller.ask(&question);
                self.answer_by = Some(desk.now + ANSWER_MAX);
                self.consent = Some(consent);
                Ok(())
            }
            choice => self.choose(choice, consent, desk),
        }
    }

    fn choose(
        &mut self,
        choice: Choice,
        consent: Consent,
        desk: &mut Desk<'_>,
    ) -> Result<(), Stop> {
        match choice {
            Choice::Ask(question) => {
                desk.teller.ask(&question);
                self.consent = Some(consent);
                Ok(())
            }
            Choice::Decline(code, text) => {
                self.answer_by = None;
                self.with(desk, |machine, out| machine.cancel(code, &text, out));
                Err(over(Status::of_all(code), text))
            }
            Choice::Accept(terms) => {
                self.answer_by = None;
                self.terms = terms;
                self.accept(&consent, desk)
            }
        }
    }

    /// Nothing of the offer can be taken.
    fn turn_down(&mut self, error: &StoreError, desk: &mut Desk<'_>) -> Stop {
        let code = code_of(error.kind());
        let text = error.to_string();
        self.with(desk, |machine, out| machine.cancel(code, &text, out));
        over(Status::of_all(code), text)
    }

    fn accept(&mut self, consent: &Consent, desk: &mut Desk<'_>) -> Result<(), Stop> {
        let Some(intake) = &mut self.intake else {
            return Ok(());
        };
        intake.restart();
        let fate = |id| intake.fate(id);
        let decisions = consent.decisions(
            self.terms,
            |id| fate(id) == Some(Fate::Stored),
            |id| matches!(fate(id), Some(Fate::Failed | Fate::Declined)),
        );
        let terms = self.terms;
        let started = self.destination.start(&intake.targets, terms);
        match started {
            Ok(sink) => self.sink = Some(sink),
            Err(error) => {
                let text = error.to_string();
                self.with(desk, |machine, out| machine.cancel(Code::Io, &text, out));
                return Err(over(Status::Failed, text));
            }
        }
        let accepted = self.with(desk, |machine, out| machine.accept(&decisions, out));
        if let Some(Err(misuse)) = accepted {
            return Err(over(Status::Failed, misuse.to_string()));
        }
        self.bytes = 0;
        let mut total = Some(0);
        for (id, decision) in (0..).zip(&decisions) {
            let bytes = self.decided(id, decision, desk);
            if *decision != Decision::Declined {
                total = total.zip(bytes).map(|(total, bytes)| total + bytes);
            }
        }
        desk.teller.start(total, self.bytes);
        self.flush_if_done();
        self.settle(desk);
        Ok(())
    }

    /// Starts on an entry; its size.
    fn decided(&mut self, id: u32, decision: &Decision, desk: &mut Desk<'_>) -> Option<u64> {
        let kind = self.intake.as_ref()?.manifest.get(id)?.kind.clone();
        let size = match kind {
            Kind::File { size, .. } => Some(size),
            Kind::Stream => None,
            _ => Some(0),
        };
        match decision {
            Decision::Declined => {
                let fate = self.intake.as_ref().and_then(|intake| intake.fate(id));
                if fate == Some(Fate::Open) {
                    self.set(id, Fate::Declined);
                    self.failures.add(Code::Exists);
                    let text = "something is there already; see --overwrite";
                    desk.teller.failed(self.path(id), Code::Exists.word(), text);
                }
            }
            Decision::Stored => self.bytes += size.unwrap_or(0),
            Decision::Compare => {
                self.unfinished(1);
                self.job(Job::Compare { id });
            }
            Decision::Whole | Decision::Resume(_) => {
                if let Decision::Resume(claims) = decision {
                    if let Some(intake) = &mut self.intake {
                        intake.resume(id);
                    }
                    let kept = claims
                        .iter()
                        .map(|&(group, _)| group_len(size.unwrap_or(0), group));
                    self.bytes += kept.sum::<u64>();
                }
                match kind {
                    Kind::Directory => self.job(Job::Directory { id }),
                    Kind::Symlink { .. } => self.job(Job::Symlink { id }),
                    _ => self.unfinished(1),
                }
            }
        }
        size
    }

    fn set(&mut self, id: u32, fate: Fate) {
        if let Some(intake) = &mut self.intake {
            intake.set(id, fate);
        }
    }

    fn unfinished(&mut self, more: usize) {
        if let Some(intake) = &mut self.intake {
            intake.unfinished += more;
        }
    }

    fn done_with_one(&mut self) {
        if let Some(intake) = &mut self.intake {
            intake.unfinished = intake.unfinished.saturating_sub(1);
        }
        self.flush_if_done();
    }

    /// Nothing more will come: what is written may be given its names.
    fn flush_if_done(&mut self) {
        let Some(intake) = &mut self.intake else {
            return;
        };
        if intake.unfinished == 0 && !intake.flushed {
            intake.flushed = true;
            self.job(Job::Flush);
        }
    }

    /// Has the disk thread open a file, the first time something of it comes.
    fn begin(&mut self, id: u32) {
        let begun = self.intake.as_mut().and_then(|intake| intake.begin(id));
        if let Some(resume) = begun {
            self.job(Job::Begin { id, resume });
        }
    }

    fn data(&mut self, id: u32, offset: u64, bytes: &[u8]) {
        self.begin(id);
        self.bytes += bytes.len() as u64;
        let size = self.size(id);
        if let Some(job) = self.groups.add((id, offset), size, bytes) {
            self.job(job);
        }
    }

    /// The last group of a stream, which is seldom full.
    fn flush_stream(&mut self, id: u32) {
        if self.groups.unfinished() == Some(id)
            && let Some(job) = self.groups.take()
        {
            self.job(job);
        }
    }

    /// Somebody may be waiting for what a stream has said so far.
    fn pass_on(&mut self) {
        if let Some(Sink::Standard(_)) = self.sink
            && let Some(id) = self.groups.unfinished()
            && self.size(id).is_none()
        {
            self.flush_stream(id);
        }
    }

    /// What the machine makes of a report.
    fn follow(
        &mut self,
        event: Option<Option<Event<'static>>>,
        desk: &mut Desk<'_>,
    ) -> Result<(), Stop> {
        match event.flatten() {
            Some(event) => self.event(event, desk),
            None => Ok(()),
        }
    }

    /// Once both hashes of a file that was there already are known.
    fn compare(&mut self, id: u32, desk: &mut Desk<'_>) {
        let Some(&(Some(ours), Some(theirs))) = self.compared.get(&id) else {
            return;
        };
        self.compared.remove(&id);
        if ours == Some(theirs) {
            self.with(desk, |machine, out| {
                machine.stored(id, Durability::Durable, out)
            });
            self.bytes += self.size(id).unwrap_or(0);
            let path = self.path(id).to_vec();
            self.stored(id, &path, Some(theirs), true, desk);
            self.done_with_one();
        } else if self.terms.takes_anyway() {
            let wanted = self.with(desk, |machine, out| machine.want_all(id, out));
            if !matches!(wanted, Some(Ok(()))) {
                self.give_up(id, Code::Exists, "another file is there already", desk);
            }
        } else {
            let text = "another file of this size and time is there already; see --overwrite";
            self.give_up(id, Code::Exists, text, desk);
        }
        self.settle(desk);
    }

    fn give_up(&mut self, id: u32, code: Code, text: &str, desk: &mut Desk<'_>) {
        self.with(desk, |machine, out| machine.fail(id, code, text, out));
        self.failed(id, code, text, desk);
    }

    fn failed(&mut self, id: u32, code: Code, text: &str, desk: &mut Desk<'_>) {
        self.groups.drop_of(id);
        let Some(intake) = &self.intake else {
            return;
        };
        if intake.fate(id) != Some(Fate::Open) {
            return;
        }
        let has_data = intake.has_data(id);
        self.set(id, Fate::Failed);
        self.failures.add(code);
        desk.teller.failed(self.path(id), code.word(), text);
        // A file whose hash was right was counted already.
        if !self.roots.contains_key(&id) && has_data {
            self.done_with_one();
        }
        self.settle(desk);
    }

    /// `path` is the one that it is stored under.
    fn stored(
        &mut self,
        id: u32,
        path: &[u8],
        root: Option<Root>,
        durable: bool,
        desk: &mut Desk<'_>,
    ) {
        self.set(id, Fate::Stored);
        self.durable &= durable;
        desk.teller.stored(path, root.as_ref(), durable);
    }

    fn settle(&mut self, desk: &mut Desk<'_>) {
        let settled = self.machine.as_ref().is_some_and(Receiver::is_settled);
        if settled && !self.settled {
            self.settled = true;
            desk.teller.stop();
        }
    }

    fn outcome(&self) -> Outcome {
        if self.text_shown {
            return Outcome::new(Status::Done, "");
        }
        let Some(intake) = &self.intake else {
            return Outcome::new(Status::Failed, "nothing was offered");
        };
        let (entries, stored) = intake.counts();
        let status = self.failures.status();
        let text = match status {
            Status::Done => {
                let bytes = human(self.bytes);
                let at = &self.destination;
                match (at.store(), self.durable) {
                    (None, _) => format!("written: {bytes} to {at}"),
                    (Some(_), true) => format!("stored: {bytes} in {at}"),
                    (Some(_), false) => format!("stored: {bytes} in {at}, not yet on the disk"),
                }
            }
            _ => format!("{stored} of {entries} entries are stored; the others are named above"),
        };
        Outcome::new(status, text)
    }

    /// Tells the sender how far it is, now and then.
    fn progress(&mut self, desk: &mut Desk<'_>) {
        desk.teller.progress(self.bytes, desk.now);
        if self
            .told
            .is_none_or(|told| desk.now >= told + PROGRESS_EVERY)
        {
            self.told = Some(desk.now);
            let bytes = self.bytes;
            self.with(desk, |machine, out| machine.progress(bytes, out));
        }
    }

    fn wrote(&mut self, id: u32, group: u64, cv: Cv, desk: &mut Desk<'_>) -> Result<(), Stop> {
        let cv = match self.groups.root_of_small(id) {
            Some(root) => *root.as_bytes(),
            None => cv,
        };
        let event = self.with(desk, |machine, out| machine.wrote(id, group, cv, out));
        self.progress(desk);
        self.follow(event, desk)
    }

    /// Has the disk thread write down what there is, and ends it.
    fn pause(&mut self) {
        if let Some(sink) = self.sink.take() {
            // What it stored meanwhile is known to be stored.
            for (id, _) in sink.stop() {
                self.set(id, Fate::Stored);
            }
        }
        self.groups = Groups::default();
        self.roots.clear();
        self.compared.clear();
        if let Some(intake) = &mut self.intake {
            intake.unfinished = 0;
        }
    }
}

/// What a failure of the disk is called on the wire.
fn code_of(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::NoSpace | ErrorKind::Quota => Code::NoSpace,
        ErrorKind::TooLarge => Code::TooLarge,
        ErrorKind::Exists => Code::Exists,
        ErrorKind::Denied | ErrorKind::ReadOnly => Code::Denied,
        ErrorKind::Blocked => Code::Blocked,
        ErrorKind::Mismatch => Code::Corrupt,
        _ => Code::Io,
    }
}
