//! The side that offers.

use std::time::Instant;

use crate::error::{Code, Error, ErrorKind, Misuse};
use crate::manifest::{Kind as EntryKind, Manifest};
use crate::pairing::Paired;
use crate::session::{
    self, Config, Heard, Peer, Reason, Session, TEXT_BYTES_MAX, both_sides, push_reason,
};
use crate::tree::{Cv, GROUP_BYTES, Root, groups};
use crate::wire::{self, Fields, Frame, Kind, PAYLOAD_BYTES_MAX};

/// What the receiver has said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Who it is; now something may be [offered](Sender::offer), or a [text](Sender::text) sent.
    Hello(Peer),
    /// What it wants of the offer: one plan for each entry, in order.
    Accepted(Vec<Plan>),
    /// It wants these groups again. [`Sender::end`] once more after them, for each time this comes.
    Want {
        /// Of which entry.
        id: u32,
        /// The first group.
        first: u64,
        /// How many.
        count: u64,
    },
    /// An entry is stored under its name.
    Stored {
        /// Which entry.
        id: u32,
        /// Whether it outlives a power failure.
        durability: Durability,
    },
    /// An entry could not be stored.
    Failed {
        /// Which entry.
        id: u32,
        /// Why.
        reason: Reason,
    },
    /// So many bytes are verified.
    Progress(u64),
    /// The text was shown.
    TextShown,
    /// The receiver ended it: declined, interrupted.
    Cancelled(Reason),
    /// The receiver found something wrong.
    Error(Reason),
    /// Farewell.
    Bye,
}

/// Whether what is stored outlives a power failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Durability {
    /// It is on the disk.
    Durable,
    /// It is in the care of the operating system.
    Volatile,
}

/// What to send of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Nothing: it is not wanted.
    Declined,
    /// Everything; of a directory or a link, nothing more.
    Whole,
    /// What is missing, then of what is claimed all that differs.
    Resume(Vec<(u64, Cv)>),
    /// Nothing: it was stored earlier in this transfer.
    Stored,
    /// The size and the hash alone: there is one that looks the same.
    Compare,
}

/// What has become of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Undecided,
    Declined,
    /// Data may be sent.
    Open,
    /// Only the end may be sent.
    Comparing,
    /// All was sent.
    Ended,
    Stored,
    Failed,
}

/// What an entry is to this side.
#[derive(Clone, Copy, Debug)]
struct Item {
    state: State,
    content: Content,
    /// How often data was asked for again and not ended again.
    wants: u16,
    /// How many groups were asked for again, all in all.
    wanted: u64,
}

/// What of an entry there is to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// A directory or a link.
    None,
    File {
        size: u64,
    },
    /// So many bytes were sent.
    Stream {
        len: u64,
    },
}

impl Item {
    /// Whether data may be sent.
    fn takes_data(self) -> bool {
        self.content != Content::None && (self.state == State::Open || self.wants_again())
    }

    fn wants_again(self) -> bool {
        self.wants > 0 && matches!(self.state, State::Open | State::Ended)
    }

    /// Whether there is anything left to send, so that it can be given up.
    fn is_unfinished(self) -> bool {
        self.takes_data() || self.state == State::Comparing
    }
}

/// Most groups of a file that are asked for again besides all of them once: as many as a receiver repairs.
const WANTS_MAX: u16 = 64;

/// What the session is about.
#[derive(Debug)]
enum Subject {
    Nothing,
    Text,
    /// The text was shown.
    Shown,
    /// Decisions so far.
    Offer(Vec<Plan>),
    /// Decided.
    Items,
}

/// The sending side of a session, from the hello on.
///
/// Bytes go in by [`handle_input`](Self::handle_input) and come out at the end of `out`, whatever is called. Stop
/// feeding it while much of `out` is unsent: answers are short, but a peer may ask for many.
#[derive(Debug)]
pub struct Sender {
    session: Session,
    subject: Subject,
    items: Vec<Item>,
    /// A group some of which was announced, and where the rest of it begins.
    begun: Option<(u32, u64)>,
}

impl Sender {
    /// A session over a channel whose pairing is done. Says hello.
    #[must_use]
    pub fn new(_paired: &Paired, config: Config, now: Instant, out: &mut Vec<u8>) -> Self {
        Self {
            session: Session::start(config, now, out),
            subject: Subject::Nothing,
            items: Vec::new(),
            begun: None,
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
    pub fn handle_input(
        &mut self,
        now: Instant,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(usize, Option<Event>), Error> {
        let mut used = 0;
        loop {
            let (len, heard) = self.session.next(now, &input[used..], out)?;
            used += len;
            let Some(heard) = heard else {
                return Ok((used, None));
            };
            let event = self.heard(heard).map_err(|kind| self.session.fail(kind))?;
            if event.is_some() {
                return Ok((used, event));
            }
        }
    }

    fn heard(&mut self, heard: Heard<'_>) -> Result<Option<Event>, ErrorKind> {
        Ok(Some(match heard {
            Heard::Hello(peer) => Event::Hello(peer),
            Heard::Cancelled(reason) => Event::Cancelled(reason),
            Heard::Failed(reason) => Event::Error(reason),
            Heard::Bye => Event::Bye,
            Heard::Frame(frame) => return self.frame(&frame),
            Heard::Raw(_) => return Ok(None),
        }))
    }

    fn frame(&mut self, frame: &Frame<'_>) -> Result<Option<Event>, ErrorKind> {
        let mut fields = Fields::of(frame.payload);
        match (&mut self.subject, frame.kind) {
            (Subject::Offer(_), Kind::Decisions) => self.decisions(frame.id, frame.payload),
            (Subject::Offer(_), Kind::Claim) => self.claims(frame.id, fields),
            (Subject::Offer(plans), Kind::DecisionsEnd) => {
                fields.end()?;
                if plans.len() != self.items.len() {
                    return Err(ErrorKind::BadDecision);
                }
                let plans = std::mem::take(plans);
                self.subject = Subject::Items;
                Ok(Some(Event::Accepted(plans)))
            }
            (Subject::Text, Kind::Stored) => {
                durability(fields)?;
                self.subject = Subject::Shown;
                Ok(Some(Event::TextShown))
            }
            (Subject::Items, Kind::Stored) => self.stored(frame.id, fields),
            (Subject::Items, Kind::Failed) => {
                let reason = session::reason(frame.payload)?;
                self.failed_there(frame.id, reason)
            }
            (Subject::Items, Kind::Want) => {
                let (first, count) = (fields.u64()?, fields.u64()?);
                fields.end()?;
                self.want(frame.id, first, count)
            }
            (Subject::Items, Kind::Progress) => {
                let bytes = fields.u64()?;
                fields.end()?;
                Ok(Some(Event::Progress(bytes)))
            }
            (_, kind) => Err(ErrorKind::Unexpected {
                frame: session::name(kind),
            }),
        }
    }

    fn decisions(&mut self, first: u32, payload: &[u8]) -> Result<Option<Event>, ErrorKind> {
        let Subject::Offer(plans) = &mut self.subject else {
            return Ok(None);
        };
        let left = self.items.len() - plans.len();
        if first as usize != plans.len() || payload.is_empty() || payload.len() > left {
            return Err(ErrorKind::BadDecision);
        }
        for &decision in payload {
            let item = &mut self.items[plans.len()];
            let (plan, state) = match (decision, item.content) {
                (0, _) => (Plan::Declined, State::Declined),
                (1, _) => (Plan::Whole, State::Open),
                (2, Content::File { .. }) => (Plan::Resume(Vec::new()), State::Open),
                (3, _) => (Plan::Stored, State::Stored),
                (4, Content::File { .. }) => (Plan::Compare, State::Comparing),
                _ => return Err(ErrorKind::BadDecision),
            };
            item.state = state;
            plans.push(plan);
        }
        Ok(None)
    }

    fn claims(&mut self, id: u32, mut fields: Fields<'_>) -> Result<Option<Event>, ErrorKind> {
        let bad = ErrorKind::BadClaim { id };
        let groups = self.groups(id)?;
        let Subject::Offer(plans) = &mut self.subject else {
            return Ok(None);
        };
        let Some(Plan::Resume(claims)) = plans.get_mut(id as usize) else {
            return Err(bad);
        };
        let mut group = fields.u64()?;
        if fields.is_empty() || claims.last().is_some_and(|&(last, _)| group <= last) {
            return Err(bad);
        }
        while !fields.is_empty() {
            if group >= groups || groups < 2 {
                return Err(bad);
            }
            claims.push((group, fields.array()?));
            group += 1;
        }
        Ok(None)
    }

    fn stored(&mut self, id: u32, fields: Fields<'_>) -> Result<Option<Event>, ErrorKind> {
        let durability = durability(fields)?;
        let item = self.item(id)?;
        // What has no data is stored as soon as it is accepted.
        let ready = match item.content {
            Content::None => item.state == State::Open,
            _ => item.state == State::Ended && item.wants == 0,
        };
        if !ready {
            return Err(ErrorKind::IdNotOpen { id });
        }
        self.set(id, State::Stored);
        Ok(Some(Event::Stored { id, durability }))
    }

    fn failed_there(&mut self, id: u32, reason: Reason) -> Result<Option<Event>, ErrorKind> {
        match self.item(id)?.state {
            State::Open | State::Comparing | State::Ended => {
                self.set(id, State::Failed);
                Ok(Some(Event::Failed { id, reason }))
            }
            // It failed here as well, and the news crossed.
            State::Failed => Ok(None),
            State::Undecided | State::Declined | State::Stored => Err(ErrorKind::IdNotOpen { id }),
        }
    }

    fn want(&mut self, id: u32, first: u64, count: u64) -> Result<Option<Event>, ErrorKind> {
        let bad = ErrorKind::BadWant { id };
        let groups = self.groups(id)?;
        let end = first.checked_add(count);
        if count == 0 || end.is_none_or(|end| end > groups) {
            return Err(bad);
        }
        let Some(item) = self.items.get_mut(id as usize) else {
            return Err(ErrorKind::IdNotOffered { id });
        };
        match item.state {
            State::Open | State::Ended => {
                // All of it may turn out to be wrong once, and some of it a few times more.
                item.wanted = item.wanted.saturating_add(count);
                if item.wants > WANTS_MAX || item.wanted > groups.saturating_add(WANTS_MAX.into()) {
                    return Err(bad);
                }
                item.wants += 1;
                Ok(Some(Event::Want { id, first, count }))
            }
            // It was given up here, and the news crossed.
            State::Failed => Ok(None),
            _ => Err(ErrorKind::IdNotOpen { id }),
        }
    }

    /// How many groups it has; none where it is no file.
    fn groups(&self, id: u32) -> Result<u64, ErrorKind> {
        Ok(match self.item(id)?.content {
            Content::File { size } => groups(size),
            Content::None | Content::Stream { .. } => 0,
        })
    }

    fn item(&self, id: u32) -> Result<Item, ErrorKind> {
        let item = self.items.get(id as usize);
        item.copied().ok_or(ErrorKind::IdNotOffered { id })
    }

    fn set(&mut self, id: u32, state: State) {
        if let Some(item) = self.items.get_mut(id as usize) {
            item.state = state;
        }
    }

    /// Offers what the manifest lists.
    ///
    /// # Errors
    ///
    /// [`Misuse`] before the receiver's hello, or a second time, or where an entry is longer than a frame may be, which
    /// takes a path and a target of more than 32,000 bytes.
    pub fn offer(&mut self, manifest: &Manifest, out: &mut Vec<u8>) -> Result<(), Misuse> {
        self.begin()?;
        let start = out.len();
        for (number, part) in (0..).zip(manifest.encode_parts(PAYLOAD_BYTES_MAX)) {
            if part.len() > PAYLOAD_BYTES_MAX {
                out.truncate(start);
                return Err(Misuse("an entry is longer than a frame may be"));
            }
            wire::push(Kind::Offer, number, &[&part], out);
        }
        let items = manifest.entries().iter().map(|entry| Item {
            state: State::Undecided,
            content: match entry.kind {
                EntryKind::File { size, .. } => Content::File { size },
                EntryKind::Stream => Content::Stream { len: 0 },
                EntryKind::Directory | EntryKind::Symlink { .. } => Content::None,
            },
            wants: 0,
            wanted: 0,
        });
        self.items = items.collect();
        let count = self.items.len() as u32;
        wire::push(Kind::OfferEnd, count, &[&manifest.digest()], out);
        self.subject = Subject::Offer(Vec::new());
        Ok(())
    }

    /// Sends a text instead of files.
    ///
    /// # Errors
    ///
    /// [`Misuse`] before the receiver's hello, beside an offer, or for a text that is longer than either side takes.
    pub fn text(&mut self, text: &str, out: &mut Vec<u8>) -> Result<(), Misuse> {
        self.begin()?;
        let peer_max = self.peer().map_or(0, |peer| peer.limits.text_bytes_max);
        if text.len() > TEXT_BYTES_MAX.min(peer_max as usize) {
            return Err(Misuse("text longer than the receiver takes"));
        }
        wire::push(Kind::Text, 0, &[text.as_bytes()], out);
        self.subject = Subject::Text;
        Ok(())
    }

    fn begin(&self) -> Result<(), Misuse> {
        if self.peer().is_none() {
            return Err(Misuse("the receiver has not said hello yet"));
        }
        match self.subject {
            Subject::Nothing => Ok(()),
            _ => Err(Misuse("a session has one offer or one text")),
        }
    }

    /// Announces `len` bytes of a file, from `offset` on: append these bytes behind, and nothing in between.
    ///
    /// A piece begins where the one before ended, or at the first byte of the next group that is wanted, and never
    /// reaches into another group; a group that was begun is brought to its end before anything else is announced. A
    /// stream has no groups, and pieces of up to [`GROUP_BYTES`].
    /// Groups go in ascending order: first all that are missing, then those that were claimed and differ.
    ///
    /// # Errors
    ///
    /// [`Misuse`] for an entry whose data may not be sent, and for a piece that is none.
    pub fn data(
        &mut self,
        id: u32,
        offset: u64,
        len: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let content = self.open(id)?;
        let end = offset.checked_add(u64::from(len));
        let within = match content {
            Content::Stream { .. } => u64::from(len),
            _ => offset % GROUP_BYTES + u64::from(len),
        };
        let Some(end) = end.filter(|_| len > 0 && within <= GROUP_BYTES) else {
            return Err(Misuse("a piece has bytes of one group"));
        };
        match content {
            Content::File { size } => self.piece_of_file(id, offset, end, size)?,
            Content::Stream { len } if len != offset => {
                return Err(Misuse("a piece of a stream follows the one before"));
            }
            _ => {
                if let Some(item) = self.items.get_mut(id as usize) {
                    item.content = Content::Stream { len: end };
                }
            }
        }
        let payload: [&[u8]; 2] = [&offset.to_be_bytes(), &len.to_be_bytes()];
        wire::push(Kind::Data, id, &payload, out);
        Ok(())
    }

    fn piece_of_file(&mut self, id: u32, offset: u64, end: u64, size: u64) -> Result<(), Misuse> {
        let fits = match self.unfinished_group() {
            Some(begun) => begun == (id, offset),
            None => offset.is_multiple_of(GROUP_BYTES),
        };
        if !fits || end > size {
            return Err(Misuse("a piece begins where the one before ended"));
        }
        let group_ends = end == size || end.is_multiple_of(GROUP_BYTES);
        self.begun = (!group_ends).then_some((id, end));
        Ok(())
    }

    /// A group that was begun, of a file that has not been given up since.
    fn unfinished_group(&self) -> Option<(u32, u64)> {
        self.begun.filter(|&(id, _)| self.open(id).is_ok())
    }

    /// Says that so many groups have nothing but zeros that take no space.
    ///
    /// # Errors
    ///
    /// As [`data`](Self::data).
    pub fn holes(
        &mut self,
        id: u32,
        first: u64,
        count: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.open(id)?;
        let groups = self.groups(id).unwrap_or(0);
        let end = first.checked_add(count);
        if count == 0 || end.is_none_or(|end| end > groups) || self.unfinished_group().is_some() {
            return Err(Misuse("holes are groups of a file"));
        }
        let payload: [&[u8]; 2] = [&first.to_be_bytes(), &count.to_be_bytes()];
        wire::push(Kind::Holes, id, &payload, out);
        Ok(())
    }

    /// Gives the chaining value of a group whose data was sent, of a file of two groups or more; each of these has to
    /// have its value before the [end](Self::end).
    ///
    /// # Errors
    ///
    /// As [`data`](Self::data).
    pub fn sum(&mut self, id: u32, group: u64, cv: &Cv, out: &mut Vec<u8>) -> Result<(), Misuse> {
        self.open(id)?;
        let groups = self.groups(id).unwrap_or(0);
        if groups < 2 || group >= groups {
            return Err(Misuse("values are of groups, in files of two or more"));
        }
        wire::push(Kind::Sum, id, &[&group.to_be_bytes(), cv], out);
        Ok(())
    }

    /// Ends a file: all of its data was sent, and this is its hash. Once, and once more for each [`Event::Want`].
    ///
    /// # Errors
    ///
    /// [`Misuse`] for an entry that is not open, or is ended already, and for another size than offered, or sent of a
    /// stream.
    pub fn end(
        &mut self,
        id: u32,
        size: u64,
        root: &Root,
        out: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        let misuse = Misuse("that entry is not open");
        let within = self
            .unfinished_group()
            .is_some_and(|(begun, _)| begun == id);
        let item = self.items.get_mut(id as usize).ok_or(misuse)?;
        let known = match item.content {
            Content::File { size: known } | Content::Stream { len: known } => known,
            Content::None => return Err(misuse),
        };
        if size != known || within {
            return Err(Misuse("an end comes behind all bytes, and says how many"));
        }
        match item.state {
            State::Open | State::Comparing => item.state = State::Ended,
            State::Ended if item.wants > 0 => item.wants -= 1,
            _ => return Err(misuse),
        }
        let payload: [&[u8]; 2] = [&size.to_be_bytes(), root.as_bytes()];
        wire::push(Kind::End, id, &payload, out);
        Ok(())
    }

    /// Gives a file up, and says why. Not behind its [end](Self::end), unless some of it is wanted again: it may be
    /// stored by now.
    ///
    /// # Errors
    ///
    /// [`Misuse`] for an entry that is not wanted, has no data, or was ended.
    pub fn fail(
        &mut self,
        id: u32,
        code: Code,
        text: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        match self.items.get(id as usize) {
            Some(item) if item.is_unfinished() => {
                push_reason(Kind::Failed, id, code, text, out);
                self.set(id, State::Failed);
                Ok(())
            }
            _ => Err(Misuse("that entry is not open")),
        }
    }

    fn open(&self, id: u32) -> Result<Content, Misuse> {
        match self.items.get(id as usize) {
            Some(item) if item.takes_data() => Ok(item.content),
            _ => Err(Misuse("that entry is not open")),
        }
    }

    /// Whether data or the end of an entry may still be sent: it was not given up by either side, nor stored.
    #[must_use]
    pub fn is_open(&self, id: u32) -> bool {
        let item = self.items.get(id as usize);
        item.is_some_and(|item| item.is_unfinished())
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

fn durability(mut fields: Fields<'_>) -> Result<Durability, ErrorKind> {
    let flags = fields.u8()?;
    fields.end()?;
    Ok(match flags & 1 {
        1 => Durability::Durable,
        _ => Durability::Volatile,
    })
}
