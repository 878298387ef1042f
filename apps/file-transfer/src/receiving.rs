//! The role of the one who receives.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use barewire_transfer::error::{Code, Error};
use barewire_transfer::manifest::{Entry, Kind, Manifest};
use barewire_transfer::pairing::{Paired, Side};
use barewire_transfer::receiver::{Decision, Event, Receiver};
use barewire_transfer::sender::Durability;
use barewire_transfer::session::Config;
use barewire_transfer::tree::{Cv, GROUP_BYTES, Root, group_len, groups, root_of_small};

use crate::link::{Flow, Taken};
use crate::outbox::Outbox;
use crate::role::{Desk, Outcome, Role, Stop};
use crate::sending::{lost_or_wrong, over, stopped};
use crate::status::{Failures, Status};
use crate::store::{ErrorKind, Job, Report, StoreError};
use crate::tell::{Teller, human};

mod consent;
mod destination;

pub use consent::{Consent, Terms};
pub use destination::{Destination, Sink, Standard};

use consent::Choice;

/// Groups that are being written, of more than [`SMALL_BYTES`] each.
const LARGE_MAX: usize = 8;

/// Groups that are being written, of any size.
const JOBS_MAX: usize = 1024;

/// What is smaller has a buffer of its own size.
const SMALL_BYTES: usize = 64 << 10;

/// Between two reports of progress to the sender.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// How long a question waits for its answer.
const ANSWER_MAX: Duration = Duration::from_secs(600);

/// What has become of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Nothing was decided.
    Open,
    Declined,
    Stored,
    Failed,
}

/// What is being received.
#[derive(Debug)]
struct Intake {
    manifest: Manifest,
    /// The same entries, where they go.
    targets: Arc<[Entry]>,
    fates: Vec<Fate>,
    /// Files that are begun at the disk.
    begun: Vec<bool>,
    resumes: Vec<bool>,
    /// Entries that were accepted and are neither verified nor failed.
    unfinished: usize,
    flushed: bool,
}

impl Intake {
    /// Whether it cannot be taken up again.
    fn is_stream(&self) -> bool {
        let entries = self.manifest.entries();
        entries.iter().any(|entry| entry.kind == Kind::Stream)
    }
}

/// A group on its way to the disk thread.
#[derive(Debug)]
struct Filling {
    id: u32,
    group: u64,
    len: usize,
    bytes: Vec<u8>,
}

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
    filling: Option<Filling>,
    pool: Vec<Vec<u8>>,
    large: usize,
    jobs: usize,
    /// Hashes of files of one group, which have no chaining values.
    small: HashMap<u32, Root>,
    roots: HashMap<u32, Root>,
    /// Both hashes of a file that is there already, as far as they are known.
    compared: HashMap<u32, (Option<Option<Root>>, Option<Root>)>,
    bytes: u64,
    told: Option<Instant>,
    settled: bool,
    text_shown: bool,
    durable: bool,
    failures: Failures,
    renamed: usize,
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
            filling: None,
            pool: Vec::new(),
            large: 0,
            jobs: 0,
            small: HashMap::new(),
            roots: HashMap::new(),
            compared: HashMap::new(),
            bytes: 0,
            told: None,
            settled: false,
            text_shown: false,
            durable: true,
            failures: Failures::default(),
            renamed: 0,
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

    fn entry(&self, id: u32) -> Option<&Entry> {
        self.intake.as_ref()?.manifest.get(id)
    }

    fn path(&self, id: u32) -> Vec<u8> {
        let target = self
            .intake
            .as_ref()
            .and_then(|intake| intake.targets.get(id as usize));
        target.map_or_else(Vec::new, |entry| entry.path.as_bytes().to_vec())
    }

    fn shown_path(&self, id: u32) -> String {
        barewire_command::escape::display(&self.path(id))
    }

    /// The size of a file; `None` for what is none.
    fn size(&self, id: u32) -> Option<u64> {
        match self.entry(id)?.kind {
            Kind::File { size, .. } => Some(size),
            _ => None,
        }
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
            let entries = manifest.entries().len();
            self.intake = Some(Intake {
                targets: consent.targets(),
                manifest,
                fates: vec![Fate::Open; entries],
                begun: Vec::new(),
                resumes: Vec::new(),
                unfinished: 0,
                flushed: false,
            });
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
                Err(over(Status::of(code), text))
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
        over(Status::of(code), text)
    }

    fn accept(&mut self, consent: &Consent, desk: &mut Desk<'_>) -> Result<(), Stop> {
        let Some(intake) = &mut self.intake else {
            return Ok(());
        };
        let entries = intake.manifest.entries().len();
        let stored = |id: usize| intake.fates[id] == Fate::Stored;
        let failed = |id: usize| matches!(intake.fates[id], Fate::Failed | Fate::Declined);
        let decisions = consent.decisions(self.terms, stored, failed);
        intake.begun = vec![false; entries];
        intake.resumes = vec![false; entries];
        intake.flushed = false;
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
        let entry = self.entry(id)?;
        let kind = entry.kind.clone();
        let size = match kind {
            Kind::File { size, .. } => Some(size),
            Kind::Stream => None,
            _ => Some(0),
        };
        let at = id as usize;
        match decision {
            Decision::Declined => {
                let open = self
                    .intake
                    .as_ref()
                    .is_some_and(|intake| intake.fates[at] == Fate::Open);
                if open {
                    self.set(id, Fate::Declined);
                    self.failures.add(Code::Exists);
                    let text = "something is there already; see --overwrite";
                    desk.teller
                        .failed(&self.path(id), Code::Exists.word(), text);
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
                        intake.resumes[at] = true;
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
        if let Some(intake) = &mut self.intake
            && let Some(known) = intake.fates.get_mut(id as usize)
        {
            *known = fate;
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
        let Some(intake) = &mut self.intake else {
            return;
        };
        let at = id as usize;
        let begun = intake
            .begun
            .get_mut(at)
            .map(|begun| std::mem::replace(begun, true));
        if begun == Some(false) {
            let resume = intake.resumes.get(at).copied().unwrap_or(false);
            self.job(Job::Begin { id, resume });
        }
    }

    fn data(&mut self, id: u32, offset: u64, bytes: &[u8]) {
        self.begin(id);
        self.bytes += bytes.len() as u64;
        let mut bytes = bytes;
        let mut offset = offset;
        while !bytes.is_empty() {
            let room = self.room(id, offset);
            let taken = bytes.len().min(room.len - room.bytes.len());
            room.bytes.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            offset += taken as u64;
            if room.bytes.len() == room.len {
                self.hand_over();
            }
        }
    }

    /// The group that is being filled, begun if there is none.
    fn room(&mut self, id: u32, offset: u64) -> &mut Filling {
        let len = match self.size(id) {
            Some(size) => group_len(size, offset / GROUP_BYTES),
            None => GROUP_BYTES,
        };
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let pool = &mut self.pool;
        let large = &mut self.large;
        self.filling.get_or_insert_with(|| Filling {
            id,
            group: offset / GROUP_BYTES,
            len,
            bytes: if len > SMALL_BYTES {
                *large += 1;
                pool.pop()
                    .unwrap_or_else(|| Vec::with_capacity(GROUP_BYTES as usize))
            } else {
                Vec::with_capacity(len)
            },
        })
    }

    fn hand_over(&mut self) {
        let Some(Filling {
            id, group, bytes, ..
        }) = self.filling.take()
        else {
            return;
        };
        if self.size(id).is_some_and(|size| groups(size) == 1) {
            self.small.insert(id, root_of_small(&bytes));
        }
        self.jobs += 1;
        self.job(Job::Group { id, group, bytes });
    }

    /// The last group of a stream, which is seldom full.
    fn flush_stream(&mut self, id: u32) {
        if self
            .filling
            .as_ref()
            .is_some_and(|filling| filling.id == id)
        {
            self.hand_over();
        }
    }

    fn back(&mut self, mut buffer: Vec<u8>) {
        self.jobs = self.jobs.saturating_sub(1);
        if buffer.capacity() > SMALL_BYTES {
            self.large = self.large.saturating_sub(1);
            buffer.clear();
            self.pool.push(buffer);
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
            self.stored(id, &self.path(id), Some(theirs), true, desk);
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
        if self
            .filling
            .as_ref()
            .is_some_and(|filling| filling.id == id)
            && let Some(filling) = self.filling.take()
        {
            self.jobs += 1;
            self.back(filling.bytes);
        }
        let was_open = self
            .intake
            .as_ref()
            .is_some_and(|intake| intake.fates.get(id as usize) == Some(&Fate::Open));
        if !was_open {
            return;
        }
        self.set(id, Fate::Failed);
        self.failures.add(code);
        desk.teller.failed(&self.path(id), code.word(), text);
        // A file whose hash was right was counted already.
        if !self.roots.contains_key(&id) && self.has_data(id) {
            self.done_with_one();
        }
        self.settle(desk);
    }

    fn has_data(&self, id: u32) -> bool {
        let entry = self.entry(id);
        entry.is_some_and(|entry| matches!(entry.kind, Kind::File { .. } | Kind::Stream))
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
        let stored = intake
            .fates
            .iter()
            .filter(|&&fate| fate == Fate::Stored)
            .count();
        let status = self.failures.status();
        let text = match status {
            Status::Done => {
                let sure = if self.durable {
                    ""
                } else {
                    ", not yet on the disk"
                };
                let bytes = human(self.bytes);
                format!("stored: {bytes} in {}{sure}", self.destination)
            }
            _ => format!(
                "{stored} of {} entries are stored; the others are named above",
                intake.fates.len()
            ),
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
        let cv = match self.small.remove(&id) {
            Some(root) => *root.as_bytes(),
            None => cv,
        };
        let event = self.with(desk, |machine, out| machine.wrote(id, group, cv, out));
        self.progress(desk);
        self.follow(event, desk)
    }
}

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
                self.back(buffer);
                self.wrote(id, group, cv, desk)?;
            }
            Report::Dropped { buffer, .. } => self.back(buffer),
            Report::Hollow { id, first, cvs } => {
                for (group, cv) in (first..).zip(cvs) {
                    self.bytes += group_len(self.size(id).unwrap_or(0), group);
                    if self.size(id).is_some_and(|size| groups(size) == 1) {
                        let len = self.size(id).unwrap_or(0);
                        let zeros = vec![0; usize::try_from(len).unwrap_or(0)];
                        self.small.insert(id, root_of_small(&zeros));
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
                        self.renamed += 1;
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
                self.give_up(id, code_of(error.kind()), &error.to_string(), desk);
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
        let full = self.large >= LARGE_MAX || self.jobs >= JOBS_MAX;
        self.consent.is_none() && self.filling.is_none() && full
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
        if self.intake.as_ref()?.is_stream() {
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
        let open = intake.fates.contains(&Fate::Open);
        let begun = intake.begun.contains(&true);
        (open && begun && !self.settled && !intake.is_stream())
            .then(|| "start both programs again as before to go on from here".to_owned())
    }
}

impl Receiving {
    /// Has the disk thread write down what there is, and ends it.
    fn pause(&mut self) {
        if let Some(sink) = self.sink.take() {
            // What it stored meanwhile is known to be stored.
            for (id, _) in sink.stop() {
                self.set(id, Fate::Stored);
            }
        }
        self.filling = None;
        (self.large, self.jobs) = (0, 0);
        self.pool.clear();
        self.small.clear();
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
