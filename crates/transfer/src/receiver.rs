//! The side that is offered something.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::time::Instant;

use crate::error::{Code, Error, ErrorKind, Misuse};
use crate::incoming::{Incoming, Step};
use crate::limits::Limits;
use crate::manifest::{Kind as EntryKind, Manifest, ManifestReader};
use crate::pairing::Paired;
use crate::sender::Durability;
use crate::session::{self, Config, Heard, Peer, Reason, Session, both_sides, push_reason};
use crate::tree::{Cv, GROUP_BYTES, Root, groups, root_of_small};
use crate::wire::{self, Fields, Frame, Kind};

/// What the sender has said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Who it is.
    Hello(Peer),
    /// What it offers, all of it, validated as a whole. [`Receiver::accept`] it, or [`Receiver::cancel`].
    Offer(Manifest),
    /// A text, to be escaped and shown. Answer with [`Receiver::shown`].
    Text(String),
    /// Bytes of a file, to be copied from here.
    Data {
        /// Of which entry.
        id: u32,
        /// Where they belong.
        offset: u64,
        /// Some bytes of one group.
        bytes: &'a [u8],
    },
    /// Groups of nothing but zeros that take no space.
    Holes {
        /// Of which entry.
        id: u32,
        /// The first group.
        first: u64,
        /// How many.
        count: u64,
    },
    /// All has come of a file of which some was there: hash these groups of it again, and tell
    /// [`checked`](Receiver::checked).
    Check {
        /// Of which entry.
        id: u32,
        /// Groups.
        groups: Vec<Range<u64>>,
    },
    /// A file is whole and right; store it and tell [`stored`](Receiver::stored).
    Verified {
        /// Which entry.
        id: u32,
        /// Its hash.
        root: Root,
    },
    /// Groups were wrong and have been asked for again.
    Repair {
        /// Of which entry.
        id: u32,
        /// Which groups.
        groups: Vec<Range<u64>>,
    },
    /// What a file that was thought to be there has to be. Where it is, tell [`stored`](Receiver::stored), and
    /// [`want_all`](Receiver::want_all) or [`fail`](Receiver::fail) where not.
    Same {
        /// Which entry.
        id: u32,
        /// Its hash.
        root: Root,
    },
    /// A stream has ended, after so many bytes and with this hash; compare both.
    StreamEnded {
        /// Which entry.
        id: u32,
        /// In bytes.
        size: u64,
        /// Its hash.
        root: Root,
    },
    /// The sender cannot send it, or what was stored of it is wrong again and again.
    Failed {
        /// Which entry.
        id: u32,
        /// Why.
        reason: Reason,
    },
    /// The sender ended it.
    Cancelled(Reason),
    /// The sender found something wrong.
    Error(Reason),
    /// Farewell; answer with [`Receiver::bye`].
    Bye,
}

/// What is wanted of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing.
    Declined,
    /// Everything.
    Whole,
    /// What is missing of a file, with the chaining values of the groups that seem to be there, in order. A file of one
    /// group has none; it comes as a whole.
    Resume(Vec<(u64, Cv)>),
    /// Nothing: it was stored earlier in this transfer.
    Stored,
    /// The hash alone: a file is there that looks the same.
    Compare,
}

/// What has become of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Declined,
    Open,
    /// Only its hash is to come.
    Comparing,
    /// All of it is here and right.
    Verified,
    Stored,
    /// The sender gave it up, or we did and the sender knows nothing yet: what comes of it is dropped.
    Failed,
}

#[derive(Debug)]
enum Subject {
    Nothing,
    Text,
    /// The text was shown.
    Shown,
    Reading(Box<ManifestReader>, u32),
    Offered,
    Items,
}

/// Raw bytes under way.
#[derive(Clone, Copy, Debug)]
struct Raw {
    id: u32,
    offset: u64,
    keep: bool,
}

/// What of an entry there is to receive.
#[derive(Clone, Copy, Debug)]
struct Item {
    state: State,
    content: Content,
}

#[derive(Clone, Copy, Debug)]
enum Content {
    /// A directory or a link.
    None,
    File {
        size: u64,
    },
    /// So many bytes have come.
    Stream {
        len: u64,
    },
}

/// Most bytes of one piece of a stream.
const PIECE_BYTES_MAX: u32 = 1 << 20;

/// Most chaining values in a frame.
const CLAIMS_MAX: usize = 1024;

/// Most decisions in a frame.
const DECISIONS_MAX: usize = 32 << 10;

/// What a file costs while it is open: 33 bytes a group, and what is kept besides.
fn cost(size: u64) -> u64 {
    groups(size).saturating_add(8)
}

/// Two files of the largest size, one that comes and one that is being verified, and any number of small ones.
fn open_max(limits: &Limits) -> u64 {
    groups(limits.file_bytes_max)
        .saturating_mul(2)
        .saturating_add(1 << 20)
}

/// The receiving side of a session, from the hello on.
///
/// Bytes go in by [`handle_input`](Self::handle_input) and come out at the end of `out`, whatever is called. It keeps
/// account of groups; hashing and writing them is the caller's, who reports with [`wrote`](Self::wrote). Stop feeding
/// it while much is unwritten or unsent.
#[derive(Debug)]
pub struct Receiver {
    session: Session,
    subject: Subject,
    items: Vec<Item>,
    incoming: HashMap<u32, Incoming>,
    raw: Option<Raw>,
    /// A file of which some group was begun and is not whole yet.
    begun: Option<u32>,
    /// What the files that are open cost, and what they may.
    open: u64,
    open_max: u64,
}

impl Receiver {
    /// A session over a channel whose pairing is done. Says hello.
    #[must_use]
    pub fn new(_paired: &Paired, config: Config, now: Instant, out: &mut Vec<u8>) -> Self {
        let open_max = open_max(&config.limits);
        Self {
            session: Session::start(config, now, out),
            subject: Subject::Nothing,
            items: Vec::new(),
            incoming: HashMap::new(),
            raw: None,
            begun: None,
            open: 0,
            open_max,
        }
    }

    /// The other side, once it has said hello.
    #[must_use]
    pub fn peer(&self) -> Option<&Peer> {
        self.session.peer()
    }

    /// Reads from the front of `input`: how many bytes were used, and what they said.
    ///
    /// `(n, None)` asks for more behind what was not used.
    ///
    /// # Errors
    ///
    /// What the peer did wrong. Errors are final; tell the peer with [`refuse`](Self::refuse).
    pub fn handle_input<'a>(
        &mut self,
        now: Instant,
        input: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<(usize, Option<Event<'a>>), Error> {
        let mut used = 0;
        loop {
            let (len, heard) = self.session.next(now, &input[used..], out)?;
            used += len;
            let Some(heard) = heard else {
                return Ok((used, None));
            };
            let event = self
                .heard(heard, out)
                .map_err(|kind| self.session.fail(kind))?;
            if event.is_some() {
                return Ok((used, event));
            }
        }
    }

    fn heard<'a>(
        &mut self,
        heard: Heard<'a>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Event<'a>>, ErrorKind> {
        Ok(Some(match heard {
            Heard::Raw(bytes) => return Ok(self.raw(bytes)),
            Heard::Frame(frame) => return self.frame(&frame, out),
            Heard::Hello(peer) => Event::Hello(peer),
            Heard::Cancelled(reason) => Event::Cancelled(reason),
            Heard::Failed(reason) => Event::Error(reason),
            Heard::Bye => Event::Bye,
        }))
    }

    fn raw<'a>(&mut self, bytes: &'a [u8]) -> Option<Event<'a>> {
        let raw = self.raw.as_mut()?;
        let Raw { id, offset, keep } = *raw;
        raw.offset += bytes.len() as u64;
        keep.then_some(Event::Data { id, offset, bytes })
    }

    fn frame(
        &mut self,
        frame: &Frame<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Event<'static>>, ErrorKind> {
        match (&mut self.subject, frame.kind) {
            (Subject::Nothing, Kind::Text) => self.text(frame.payload).map(Some),
            (Subject::Nothing, Kind::Offer | Kind::OfferEnd) => {
                let reader = ManifestReader::new(self.session.name_rules(), *self.session.limits());
                self.subject = Subject::Reading(Box::new(reader), 0);
                self.offer(frame)
            }
            (Subject::Reading(..), Kind::Offer | Kind::OfferEnd) => self.offer(frame),
            (Subject::Items, Kind::Data) => self.data(frame).map(|()| None),
            (Subject::Items, Kind::Holes) => self.holes(frame),
            (Subject::Items, Kind::Sum) => self.sum(frame, out),
            (Subject::Items, Kind::End) => self.end(frame, out),
            (Subject::Items, Kind::Failed) => self.failed_there(frame),
            (_, kind) => Err(ErrorKind::Unexpected {
                frame: session::name(kind),
            }),
        }
    }

    fn text(&mut self, payload: &[u8]) -> Result<Event<'static>, ErrorKind> {
        if payload.len() > self.session.limits().text_bytes_max as usize {
            return Err(ErrorKind::TextTooLong);
        }
        let text = session::utf8(payload)?;
        self.subject = Subject::Text;
        Ok(Event::Text(text))
    }

    fn offer(&mut self, frame: &Frame<'_>) -> Result<Option<Event<'static>>, ErrorKind> {
        let Subject::Reading(reader, parts) = &mut self.subject else {
            return Ok(None);
        };
        if frame.kind == Kind::Offer {
            if frame.id != *parts {
                return Err(ErrorKind::Unexpected { frame: "OFFER" });
            }
            *parts += 1;
            reader.part(frame.payload).map_err(ErrorKind::Offer)?;
            return Ok(None);
        }
        let mut fields = Fields::of(frame.payload);
        let digest = fields.array()?;
        fields.end()?;
        let reader = std::mem::replace(&mut self.subject, Subject::Offered);
        let Subject::Reading(reader, _) = reader else {
            return Ok(None);
        };
        let manifest = reader.finish(frame.id, digest).map_err(ErrorKind::Offer)?;
        let items = manifest.entries().iter().map(|entry| Item {
            state: State::Declined,
            content: match entry.kind {
                EntryKind::File { size, .. } => Content::File { size },
                EntryKind::Stream => Content::Stream { len: 0 },
                EntryKind::Directory | EntryKind::Symlink { .. } => Content::None,
            },
        });
        self.items = items.collect();
        Ok(Some(Event::Offer(manifest)))
    }

    fn item(&mut self, id: u32) -> Result<&mut Item, ErrorKind> {
        let item = self.items.get_mut(id as usize);
        item.ok_or(ErrorKind::IdNotOffered { id })
    }

    fn data(&mut self, frame: &Frame<'_>) -> Result<(), ErrorKind> {
        let id = frame.id;
        let mut fields = Fields::of(frame.payload);
        let (offset, len) = (fields.u64()?, fields.u32()?);
        fields.end()?;
        let item = self.item(id)?;
        let keep = match (item.state, &mut item.content) {
            // Given up here, and the sender may not have heard of it; its length is bounded all the same.
            (State::Failed, _) if len <= PIECE_BYTES_MAX => false,
            (State::Open, Content::Stream { len: known }) => {
                if offset != *known || len == 0 || len > PIECE_BYTES_MAX {
                    return Err(ErrorKind::OutOfPlace { id, offset });
                }
                *known = known.saturating_add(u64::from(len));
                true
            }
            (State::Open, Content::File { .. }) => {
                if self.begun.is_some_and(|begun| begun != id) {
                    return Err(ErrorKind::OutOfPlace { id, offset });
                }
                let incoming = self.incoming(id)?;
                incoming.data(offset, len)?;
                self.begun = incoming.is_within().then_some(id);
                true
            }
            _ => return Err(ErrorKind::IdNotOpen { id }),
        };
        self.raw = Some(Raw { id, offset, keep });
        self.session.pieces.expect_raw(len);
        Ok(())
    }

    fn holes(&mut self, frame: &Frame<'_>) -> Result<Option<Event<'static>>, ErrorKind> {
        let id = frame.id;
        let mut fields = Fields::of(frame.payload);
        let (first, count) = (fields.u64()?, fields.u64()?);
        fields.end()?;
        if !self.is_open_file(id)? {
            return Ok(None);
        }
        if self.begun.is_some_and(|begun| begun != id) {
            let offset = first.saturating_mul(GROUP_BYTES);
            return Err(ErrorKind::OutOfPlace { id, offset });
        }
        self.incoming(id)?.holes(first, count)?;
        Ok(Some(Event::Holes { id, first, count }))
    }

    fn sum(
        &mut self,
        frame: &Frame<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Event<'static>>, ErrorKind> {
        let mut fields = Fields::of(frame.payload);
        let (group, cv) = (fields.u64()?, fields.array()?);
        fields.end()?;
        if !self.is_open_file(frame.id)? {
            return Ok(None);
        }
        let step = self.incoming(frame.id)?.sum(group, cv)?;
        Ok(self.step(frame.id, step, out))
    }

    fn end(
        &mut self,
        frame: &Frame<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Event<'static>>, ErrorKind> {
        let id = frame.id;
        let mut fields = Fields::of(frame.payload);
        let (size, root) = (fields.u64()?, Root::from_bytes(fields.array()?));
        fields.end()?;
        let item = *self.item(id)?;
        match (item.state, item.content) {
            (State::Failed, _) => Ok(None),
            (State::Comparing, Content::File { size: known }) => {
                let impossible = size == 0 && root != root_of_small(&[]);
                if size != known || impossible {
                    return Err(ErrorKind::EndDiffers { id });
                }
                self.set(id, State::Verified);
                Ok(Some(Event::Same { id, root }))
            }
            (State::Open, Content::Stream { len }) => {
                if size != len {
                    return Err(ErrorKind::EndDiffers { id });
                }
                self.set(id, State::Verified);
                Ok(Some(Event::StreamEnded { id, size, root }))
            }
            (State::Open, Content::File { .. }) => {
                let step = self.incoming(id)?.end(size, root)?;
                Ok(self.step(id, step, out))
            }
            _ => Err(ErrorKind::IdNotOpen { id }),
        }
    }

    fn failed_there(&mut self, frame: &Frame<'_>) -> Result<Option<Event<'static>>, ErrorKind> {
        let id = frame.id;
        let reason = session::reason(frame.payload)?;
        let item = *self.item(id)?;
        let unfinished = match (item.state, item.content) {
            (State::Failed, _) => return Ok(None),
            (State::Comparing, _) | (State::Open, Content::Stream { .. }) => true,
            (State::Open, Content::File { .. }) => {
                let incoming = self.incoming.get(&id);
                incoming.is_none_or(Incoming::is_unfinished)
            }
            _ => false,
        };
        // What has come to its end may be stored under its name by now.
        if !unfinished {
            return Err(ErrorKind::IdNotOpen { id });
        }
        self.give_up(id);
        Ok(Some(Event::Failed { id, reason }))
    }

    /// What still comes of it is dropped.
    fn give_up(&mut self, id: u32) {
        self.set(id, State::Failed);
        self.close(id);
        if let Some(raw) = self.raw.as_mut().filter(|raw| raw.id == id) {
            raw.keep = false;
        }
        self.begun = self.begun.filter(|&begun| begun != id);
    }

    fn close(&mut self, id: u32) -> Option<Incoming> {
        let incoming = self.incoming.remove(&id)?;
        self.open = self.open.saturating_sub(cost(incoming.size()));
        Some(incoming)
    }

    /// Whether what comes of a file is of interest; an error where nothing may come.
    fn is_open_file(&mut self, id: u32) -> Result<bool, ErrorKind> {
        let item = self.item(id)?;
        match (item.state, item.content) {
            (State::Open, Content::File { .. }) => Ok(true),
            (State::Failed, _) => Ok(false),
            _ => Err(ErrorKind::IdNotOpen { id }),
        }
    }

    fn incoming(&mut self, id: u32) -> Result<&mut Incoming, ErrorKind> {
        let item = *self.item(id)?;
        let Content::File { size } = item.content else {
            return Err(ErrorKind::IdNotOpen { id });
        };
        match self.incoming.entry(id) {
            Entry::Occupied(incoming) => Ok(incoming.into_mut()),
            Entry::Vacant(place) => {
                let open = self.open.saturating_add(cost(size));
                if open > self.open_max {
                    return Err(ErrorKind::TooMuchOpen);
                }
                self.open = open;
                Ok(place.insert(Incoming::new(id, size, &[])))
            }
        }
    }

    fn set(&mut self, id: u32, state: State) {
        if let Some(item) = self.items.get_mut(id as usize) {
            item.state = state;
        }
    }

    fn step(&mut self, id: u32, step: Step, out: &mut Vec<u8>) -> Option<Event<'static>> {
        match step {
            Step::Nothing => None,
            Step::Check(groups) => Some(Event::Check { id, groups }),
            Step::Want(groups) => {
                for run in &groups {
                    push_want(id, run.start, run.end - run.start, out);
                }
                Some(Event::Repair { id, groups })
            }
            Step::Verified => {
                let root = self.close(id)?.root()?;
                self.set(id, State::Verified);
                Some(Event::Verified { id, root })
            }
            Step::Corrupt => {
                let text = "what is written differs from what was sent, again and again";
                push_reason(Kind::Failed, id, Code::Corrupt, text, out);
                self.give_up(id);
                let reason = Reason {
                    code: Code::Corrupt,
                    text: text.to_owned(),
                };
                Some(Event::Failed { id, reason })
            }
        }
    }

    /// Says what is wanted of an offer: a decision for each entry, in order.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if nothing is offered, the number is not that of the entries, a directory is to be resumed, or groups
    /// are claimed that are out of order or do not exist.
    pub fn accept(&mut self, decisions: &[Decision], out: &mut Vec<u8>) -> Result<(), Misuse> {
        if !matches!(self.subject, Subject::Offered) {
            return Err(Misuse("nothing is offered, or it was accepted already"));
        }
        if decisions.len() != self.items.len() {
            return Err(Misuse("one decision for each entry"));
        }
        for (item, decision) in self.items.iter().zip(decisions) {
            check_decision(item.content, decision)?;
        }
        for (first, some) in (0..)
            .step_by(DECISIONS_MAX)
            .zip(decisions.chunks(DECISIONS_MAX))
        {
            let codes: Vec<u8> = some.iter().map(decision_code).collect();
            wire::push(Kind::Decisions, first, &[&codes], out);
        }
        for (id, decision) in (0..).zip(decisions) {
            self.decide(id, decision, out);
        }
        wire::push(Kind::DecisionsEnd, 0, &[], out);
        self.subject = Subject::Items;
        Ok(())
    }

    fn decide(&mut self, id: u32, decision: &Decision, out: &mut Vec<u8>) {
        let state = match decision {
            Decision::Declined => State::Declined,
            Decision::Whole => State::Open,
            Decision::Stored => State::Stored,
            Decision::Compare => State::Comparing,
            Decision::Resume(claims) => {
                if let Some(Content::File { size }) =
                    self.items.get(id as usize).map(|item| item.content)
                {
                    // A file of one group has no chaining values.
                    let claims = if groups(size) > 1 { claims } else { &[][..] };
                    push_claims(id, claims, out);
                    let incoming = Incoming::new(id, size, claims);
                    self.incoming.insert(id, incoming);
                    // These are this side's own choice.
                    self.open = self.open.saturating_add(cost(size));
                    self.open_max = self.open_max.saturating_add(cost(size));
                }
                State::Open
            }
        };
        self.set(id, state);
    }

    /// A group of a file is written, and hashing the bytes that were written gave this.
    ///
    /// `cv` is [`group_cv`](crate::tree::group_cv), or for a file of a single group the bytes of
    /// [`root_of_small`].
    pub fn wrote(
        &mut self,
        id: u32,
        group: u64,
        cv: Cv,
        out: &mut Vec<u8>,
    ) -> Option<Event<'static>> {
        let step = self.incoming.get_mut(&id)?.wrote(group, cv);
        self.step(id, step, out)
    }

    /// A group from an earlier try was read again, and hashing it gave this; `None` if it cannot be read.
    pub fn checked(
        &mut self,
        id: u32,
        group: u64,
        cv: Option<Cv>,
        out: &mut Vec<u8>,
    ) -> Option<Event<'static>> {
        let step = self.incoming.get_mut(&id)?.checked(group, cv);
        self.step(id, step, out)
    }

    /// The file that was thought to be there is another one: all of it is wanted.
    ///
    /// # Errors
    ///
    /// [`Misuse`] for an entry that was not compared, or that is empty.
    pub fn want_all(&mut self, id: u32, out: &mut Vec<u8>) -> Result<(), Misuse> {
        let misuse = Misuse("that entry was not compared");
        let item = self.items.get(id as usize).ok_or(misuse)?;
        let (State::Verified, Content::File { size: 1.. }) = (item.state, item.content) else {
            return Err(misuse);
        };
        self.set(id, State::Open);
        let incoming = self.incoming(id).map_err(|_| misuse)?;
        incoming.want_all();
        push_want(id, 0, groups(incoming.size()), out);
        Ok(())
    }

    /// An entry is stored under its name.
    ///
    /// # Errors
    ///
    /// [`Misuse`] for a file that is not verified, or an entry that is not wanted.
    pub fn stored(
        &mut self,
        id: u32,
        durability: Durability,
        out: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let item = self.items.get(id as usize);
        let ready = item.is_some_and(|item| match item.content {
            Content::None => item.state == State::Open,
            _ => item.state == State::Verified,
        });
        if !ready {
            return Err(Misuse("that entry is not verified"));
        }
        let durable = u8::from(durability == Durability::Durable);
        wire::push(Kind::Stored, id, &[&[durable]], out);
        self.set(id, State::Stored);
        Ok(())
    }

    /// An entry cannot be stored; what still comes of it is dropped.
    ///
    /// # Errors
    ///
    /// [`Misuse`] for an entry that is not wanted, or is stored.
    pub fn fail(
        &mut self,
        id: u32,
        code: Code,
        text: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let state = self.items.get(id as usize).map(|item| item.state);
        match state {
            Some(State::Open | State::Comparing | State::Verified) => {
                push_reason(Kind::Failed, id, code, text, out);
                self.give_up(id);
                Ok(())
            }
            _ => Err(Misuse("that entry is not open")),
        }
    }

    /// The text was shown; said once.
    ///
    /// # Errors
    ///
    /// [`Misuse`] if there was none.
    pub fn shown(&mut self, out: &mut Vec<u8>) -> Result<(), Misuse> {
        let Subject::Text = self.subject else {
            return Err(Misuse("there was no text"));
        };
        wire::push(Kind::Stored, 0, &[&[0]], out);
        self.subject = Subject::Shown;
        Ok(())
    }

    /// Tells how many bytes are verified.
    pub fn progress(&mut self, bytes: u64, out: &mut Vec<u8>) {
        wire::push(Kind::Progress, 0, &[&bytes.to_be_bytes()], out);
    }

    /// Whether every entry has come to its end, one way or the other.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let settled =
            |item: &Item| matches!(item.state, State::Declined | State::Stored | State::Failed);
        matches!(self.subject, Subject::Items) && self.items.iter().all(settled)
    }

    both_sides!();
}

fn check_decision(content: Content, decision: &Decision) -> Result<(), Misuse> {
    match (content, decision) {
        (_, Decision::Declined | Decision::Whole | Decision::Stored)
        | (Content::File { .. }, Decision::Compare) => Ok(()),
        (Content::File { size }, Decision::Resume(claims)) => {
            let in_order = claims.is_sorted_by(|a, b| a.0 < b.0);
            let last = claims.last().map(|&(group, _)| group);
            if in_order && last.is_none_or(|last| last < groups(size)) {
                Ok(())
            } else {
                Err(Misuse("claims are in order and within the file"))
            }
        }
        _ => Err(Misuse("only files are resumed or compared")),
    }
}

fn decision_code(decision: &Decision) -> u8 {
    match decision {
        Decision::Declined => 0,
        Decision::Whole => 1,
        Decision::Resume(_) => 2,
        Decision::Stored => 3,
        Decision::Compare => 4,
    }
}

fn push_want(id: u32, first: u64, count: u64, out: &mut Vec<u8>) {
    let payload: [&[u8]; 2] = [&first.to_be_bytes(), &count.to_be_bytes()];
    wire::push(Kind::Want, id, &payload, out);
}

/// Runs of consecutive groups, as many values a frame as fit.
fn push_claims(id: u32, claims: &[(u64, Cv)], out: &mut Vec<u8>) {
    for run in claims.chunk_by(|a, b| a.0 + 1 == b.0) {
        for some in run.chunks(CLAIMS_MAX) {
            let mut payload = Vec::with_capacity(8 + 32 * some.len());
            payload.extend_from_slice(&some[0].0.to_be_bytes());
            some.iter()
                .for_each(|(_, cv)| payload.extend_from_slice(cv));
            wire::push(Kind::Claim, id, &[&payload], out);
        }
    }
}
