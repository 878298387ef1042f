//! Where two readings of one input part.

use std::fmt;

use barewire_http1::{Error, ErrorKind};

use crate::input::Input;
use crate::ours;
use crate::peers::Peer;
use crate::reading::{Ending, Field, Message, Reading, Refusal, Start};

/// A difference between our reading and that of a peer.
#[derive(Clone, Debug)]
pub struct Disagreement<'a> {
    pub input: &'a Input,
    pub peer: Peer,
    /// Number of the message in which it is.
    pub message: usize,
    pub ours: &'a Reading,
    pub error: Option<Error>,
    pub theirs: &'a Reading,
    pub difference: Difference,
}

/// What kind of difference it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// We refuse what they read on from: they have the head, or the message, or still wait for it.
    WeRefuse(Part, Outcome),
    /// They refuse what we read on from.
    TheyRefuse(Part, Outcome),
    /// Only one side has the whole head, or the whole message, and the other waits for more.
    OnlyWeHave(Part),
    OnlyTheyHave(Part),
    /// Both have the message and tell of it differently.
    Value(What),
    /// Both have it, and the next one begins elsewhere.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Head,
    Body,
}

/// What the side has made of the part that the other refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted,
    Waiting,
    /// It waits, and will refuse what it waits for: it judges later, not otherwise.
    WillRefuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Start,
    Version,
    HeadEnd,
    Fields,
    KeepAlive,
    Switches,
    Body,
    Trailers,
}

/// How far a side has come with one part.
enum State<'a> {
    Has(&'a Message),
    Waits,
    Refuses,
}

/// Finds the differences, up to the first one that the others would follow from.
pub fn compare<'a>(
    input: &'a Input,
    peer: Peer,
    (ours, error): (&'a Reading, Option<Error>),
    theirs: &'a Reading,
) -> Vec<Disagreement<'a>> {
    let mut found = Vec::new();
    if !peer.reads(input) {
        return found;
    }
    let parts: &[Part] = match peer.reads_heads_only() {
        true => &[Part::Head],
        false => &[Part::Head, Part::Body],
    };
    for message in 0..=ours.messages.len() {
        let mut go_on = !peer.reads_heads_only();
        for &part in parts {
            let pair = (state(ours, message, part), state(theirs, message, part));
            let (differences, comparable) = match pair {
                (State::Has(a), State::Has(b)) => (values(a, b, part, input.is_lenient()), true),
                pair => (one_sided(pair, part).into_iter().collect(), false),
            };
            // One side takes nothing for a message behind this one.
            let parted = |difference: &Difference| {
                use Difference::{End, Value};
                matches!(difference, End | Value(What::KeepAlive | What::Switches))
            };
            go_on &= comparable && !differences.iter().any(parted);
            found.extend(differences.into_iter().map(|difference| Disagreement {
                input,
                peer,
                message,
                ours,
                error,
                theirs,
                difference: completed(input, peer, message, difference),
            }));
            if !comparable {
                break;
            }
        }
        let stopped = message + 1 == ours.messages.len() && ours.ending == Ending::Stopped;
        if stopped || !go_on {
            break;
        }
    }
    found
}

/// The difference where not both have the part.
fn one_sided(pair: (State<'_>, State<'_>), part: Part) -> Option<Difference> {
    Some(match pair {
        (State::Has(_), State::Waits) => Difference::OnlyWeHave(part),
        (State::Waits, State::Has(_)) => Difference::OnlyTheyHave(part),
        (State::Has(_), State::Refuses) => Difference::TheyRefuse(part, Outcome::Accepted),
        (State::Waits, State::Refuses) => Difference::TheyRefuse(part, Outcome::Waiting),
        (State::Refuses, State::Has(_)) => Difference::WeRefuse(part, Outcome::Accepted),
        (State::Refuses, State::Waits) => Difference::WeRefuse(part, Outcome::Waiting),
        _ => return None,
    })
}

fn state(reading: &Reading, message: usize, part: Part) -> State<'_> {
    let found = reading.messages.get(message);
    match (found, part) {
        (Some(found), Part::Head) => State::Has(found),
        (Some(found), Part::Body) if found.end.is_some() => State::Has(found),
        _ if reading.refusal().is_some() => State::Refuses,
        _ => State::Waits,
    }
}

/// Tells a side that waits from one that only judges later, by giving it the end that any part may have.
fn completed(input: &Input, peer: Peer, message: usize, difference: Difference) -> Difference {
    let will_refuse = |part, read: &dyn Fn(&Input) -> Reading| {
        let end: &[u8] = match input.bytes.ends_with(b"\r") {
            true => b"\n\r\n",
            false => b"\r\n\r\n",
        };
        let reading = read(&input.with_bytes([&input.bytes, end].concat()));
        matches!(state(&reading, message, part), State::Refuses)
    };
    match difference {
        Difference::WeRefuse(part, Outcome::Waiting)
            if will_refuse(part, &|input| peer.read(input)) =>
        {
            Difference::WeRefuse(part, Outcome::WillRefuse)
        }
        Difference::TheyRefuse(part, Outcome::Waiting)
            if will_refuse(part, &|input| ours::read(input).0) =>
        {
            Difference::TheyRefuse(part, Outcome::WillRefuse)
        }
        other => other,
    }
}

/// The differences where both have the part.
fn values(ours: &Message, theirs: &Message, part: Part, folds: bool) -> Vec<Difference> {
    let differ = |ours: Option<bool>, theirs: Option<bool>| {
        theirs.is_some() && ours.is_some() && ours != theirs
    };
    let whats = match part {
        Part::Head => vec![
            (What::Start, !same_start(&ours.start, &theirs.start)),
            (
                What::Version,
                theirs.minor.is_some() && ours.minor != theirs.minor,
            ),
            (What::HeadEnd, ours.head_end != theirs.head_end),
            (What::Fields, !same(&ours.fields, &theirs.fields, folds)),
            (What::Switches, differ(ours.switches, theirs.switches)),
        ],
        // What is in it follows from where it ends.
        Part::Body if ours.end != theirs.end => return vec![Difference::End],
        Part::Body => vec![
            (What::Body, ours.body != theirs.body),
            (
                What::Trailers,
                ours.body == theirs.body && !same(&ours.trailers, &theirs.trailers, folds),
            ),
            // Behind a switch there is no HTTP to keep the connection for.
            (
                What::KeepAlive,
                ours.switches != Some(true) && differ(ours.keep_alive, theirs.keep_alive),
            ),
        ],
    };
    let whats = whats.into_iter().filter(|(_, differ)| *differ);
    whats.map(|(what, _)| Difference::Value(what)).collect()
}

/// Whether the start lines are the same, but for a reason that one side does not tell.
fn same_start(ours: &Start, theirs: &Start) -> bool {
    match (ours, theirs) {
        (
            Start::Response { status: a, .. },
            Start::Response {
                status: b,
                reason: None,
            },
        ) => a == b,
        _ => ours == theirs,
    }
}

/// Whether the fields are the same; the order of names is not kept by all, nor is whitespace where lines are folded.
fn same(ours: &[Field], theirs: &[Field], folds: bool) -> bool {
    let arranged = |fields: &[Field]| {
        let mut fields = fields.to_vec();
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        if folds {
            for (_, value) in &mut fields {
                let words = value.split(|byte| b" \t\r\n".contains(byte));
                let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
                *value = words.join(&b' ');
            }
        }
        fields
    };
    ours == theirs || arranged(ours) == arranged(theirs)
}

impl Disagreement<'_> {
    /// Whether both accept a message and differ on where it ends, or on what is in it.
    pub fn is_on_end(&self) -> bool {
        matches!(
            self.difference,
            Difference::End
                | Difference::OnlyWeHave(Part::Body)
                | Difference::OnlyTheyHave(Part::Body)
                | Difference::Value(What::Body | What::HeadEnd)
        )
    }

    /// Our error, where it is we who refuse.
    pub fn refused(&self) -> Option<Error> {
        match self.difference {
            Difference::WeRefuse(..) => self.error,
            _ => None,
        }
    }

    /// Their refusal, where it is they.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self.difference {
            Difference::TheyRefuse(..) => self.theirs.refusal(),
            _ => None,
        }
    }

    /// The byte that they point at.
    pub fn their_byte(&self) -> Option<u8> {
        let offset = self.theirs.refusal()?.offset?;
        self.input.bytes.get(offset).copied()
    }

    /// The line in which that byte is, up to it.
    pub fn their_line(&self) -> &[u8] {
        let offset = self.theirs.refusal().and_then(|refusal| refusal.offset);
        let before = &self.input.bytes[..offset.unwrap_or(0)];
        let line = before.rsplit(|byte| *byte == b'\n').next();
        line.unwrap_or_default()
    }

    /// Whether we refuse by this rule.
    pub fn we_refuse(&self, kind: ErrorKind) -> bool {
        self.refused().is_some_and(|error| error.kind == kind)
    }

    /// The input from the byte on that our error points at.
    pub fn from_error(&self) -> &[u8] {
        self.error
            .and_then(|error| self.input.bytes.get(usize::try_from(error.offset).ok()?..))
            .unwrap_or_default()
    }

    /// The input before that byte.
    pub fn before_error(&self) -> &[u8] {
        &self.input.bytes[..self.input.bytes.len() - self.from_error().len()]
    }

    /// Our reading of the message.
    pub fn our_message(&self) -> Option<&Message> {
        self.ours.messages.get(self.message)
    }

    /// Theirs.
    pub fn their_message(&self) -> Option<&Message> {
        self.theirs.messages.get(self.message)
    }

    /// Its head without the empty lines before it, and whatever follows where it has no end.
    pub fn head(&self) -> &[u8] {
        let message = self.input.bytes[self.start()..].trim_ascii_start();
        // An empty line, whatever ends the lines.
        let end = |line: &[u8]| message.windows(line.len()).position(|found| found == line);
        let end = [end(b"\n\r\n"), end(b"\n\n")].into_iter().flatten().min();
        &message[..end.unwrap_or(message.len())]
    }

    /// What stands behind the colons in the lines of the head that have this name, as they came.
    pub fn lines(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.head()
            .split(|byte| *byte == b'\n')
            .filter_map(move |line| {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                let (found, value) = line.split_at_checked(name.len())?;
                let value = value.trim_ascii_start().strip_prefix(b":")?;
                found.eq_ignore_ascii_case(name.as_bytes()).then_some(value)
            })
    }

    /// Its start line, without the empty lines before it.
    pub fn line(&self) -> &[u8] {
        let message = self.input.bytes[self.start()..].trim_ascii_start();
        let end = message.iter().position(|byte| *byte == b'\n');
        &message[..end.unwrap_or(message.len())]
    }

    /// Where the message begins.
    pub fn start(&self) -> usize {
        let before = self.message.checked_sub(1);
        let end = before.and_then(|before| self.ours.messages[before].end);
        end.unwrap_or(0)
    }
}

impl fmt::Display for Disagreement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {:?} in message {}",
            self.peer, self.difference, self.message
        )?;
        writeln!(f, "  input:  {}", self.input)?;
        for (side, reading) in [("ours", self.ours), ("theirs", self.theirs)] {
            writeln!(f, "  {side}: {}", Short(reading, self.message))?;
        }
        Ok(())
    }
}

/// One line on a reading.
struct Short<'a>(&'a Reading, usize);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(message) = self.0.messages.get(self.1) {
            write!(
                f,
                "{} 1.{:?} head to {}, end {:?}, keep-alive {:?}, switches {:?}, body \"{}\"",
                Line(&message.start),
                message.minor,
                message.head_end,
                message.end,
                message.keep_alive,
                message.switches,
                message.body.escape_ascii(),
            )?;
            for (name, value) in message.fields.iter().chain(&message.trailers) {
                write!(f, " | {}: {}", name.escape_ascii(), value.escape_ascii())?;
            }
            write!(f, "; ")?;
        }
        write!(f, "{:?}", self.0.ending)
    }
}

struct Line<'a>(&'a Start);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Start::Request { method, target } => {
                write!(f, "{} {}", method.escape_ascii(), target.escape_ascii())
            }
            Start::Response { status, reason } => {
                let reason = reason.as_deref().unwrap_or(b"?");
                write!(f, "{status} {}", reason.escape_ascii())
            }
        }
    }
}
