//! Pairing: both sides prove to each other, in two round trips, that they know the same code.
//!
//! Runs inside a [`Channel`](crate::channel::Channel), whose TLS hides it from those who listen and says nothing of who
//! is at its other end. The code says that, through [SPAKE2](https://www.rfc-editor.org/rfc/rfc9382): whoever does not
//! know it learns nothing but whether one guess was right. What both compute is bound to the very TLS session by its
//! [exporter](https://www.rfc-editor.org/rfc/rfc8446#section-7.5), so that somebody in the middle, who has one session
//! with each side, has two keys that do not fit. `SECURITY.md` has the whole argument, `PROTOCOL.md` the bytes.
//!
//! ```text
//! enterer (typed the code)            issuer (made it)
//! PREFACE ->                       <- PREFACE    versions, side, part, method, nonce
//! PAKE    ->                       <- PAKE       not when a session is resumed
//! CONFIRM ->                                     a wrong code ends here, seen by the issuer
//!                                  <- CONFIRM
//! ```
//!
//! The issuer confirms last: everybody else has to show a guess before learning anything, and a wrong guess is counted
//! where the code can be burnt. What comes of it is a [`Paired`], without which no session of the protocol begins.
//!
//! No I/O, no clock: whoever calls gives up on a peer that takes too long, and tells by
//! [`Pairing::handle_end`] when the connection has ended.

use std::fmt::{self, Debug, Formatter};

use spake2::{Ed25519Group, Identity, Password, Spake2};

use crate::code::{Code, Guess};

mod error;
mod keys;
mod message;

pub use error::{PairingError, PairingErrorKind, Refusal};
pub use keys::{Binding, ResumeKey, Ticket};
pub use message::{MESSAGE_BYTES_MAX, VERSION_MAX, VERSION_MIN, Wanted, refuse, wanted};

use keys::{Keys, Transcript};
use message::{Kind, Preface};

/// What a side does in the transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Offers and sends.
    Sender,
    /// Decides and receives.
    Receiver,
}

/// What a side does in the pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Made the code and waits for somebody who knows it.
    Issuer,
    /// Was told the code.
    Enterer,
}

/// What is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Knowing a code.
    Code,
    /// Having been there before: knowing the key of an earlier pairing.
    Resume,
}

/// Proof that the other side knows what it has to know. Only a [`Pairing`] makes one.
#[derive(Debug)]
pub struct Paired {
    /// The version of the protocol to speak.
    pub version: u8,
    /// What this side does.
    pub side: Side,
    /// What the pairing went by.
    pub method: Method,
    /// Pairs the same two again after their connection broke, without the code.
    pub resume: ResumeKey,
    _proof: Proof,
}

/// Keeps everybody else from making a [`Paired`].
#[derive(Debug)]
struct Proof;

/// One side of a pairing.
///
/// ```
/// use barewire_transfer::code::Code;
/// use barewire_transfer::pairing::{Binding, Pairing, Part, Side};
///
/// let code = Code::parse("7-tiger-bamboo")?;
/// let binding = Binding::new([1; 32]); // of the channel
/// let mut sender = Pairing::with_code(&code, Side::Sender, Part::Issuer, binding)?;
/// let mut receiver = Pairing::with_code(&code, Side::Receiver, Part::Enterer, binding)?;
///
/// let (mut to_sender, mut to_receiver) = (Vec::new(), Vec::new());
/// receiver.start(&mut to_sender);
/// let (mut one, mut other) = (None, None);
/// while one.is_none() || other.is_none() {
///     let (used, paired) = sender.handle_input(&to_sender, &mut to_receiver)?;
///     to_sender.drain(..used);
///     one = one.or(paired);
///     let (used, paired) = receiver.handle_input(&to_receiver, &mut to_sender)?;
///     to_receiver.drain(..used);
///     other = other.or(paired);
/// }
/// assert_eq!(one.unwrap().resume.ticket(), other.unwrap().resume.ticket());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Pairing {
    side: Side,
    part: Part,
    binding: Binding,
    /// As it was, or will be, sent.
    preface: Preface,
    started: bool,
    /// Of the code, where there is one.
    guess: Option<Guess>,
    state: State,
}

enum State {
    /// Nothing has come yet.
    Greeting(Secret),
    /// Both prefaces are known, and what our own PAKE message was.
    Exchanging {
        secret: Box<Spake2<Ed25519Group>>,
        ours: Vec<u8>,
        theirs: Preface,
        version: u8,
    },
    /// The keys are there; the other side has to show that it has them.
    Confirming { keys: Box<Keys>, version: u8 },
    /// Paired.
    Done,
    /// It is over.
    Failed(PairingError),
}

enum Secret {
    Code(Code),
    Resume(ResumeKey),
}

impl Pairing {
    /// A pairing by code, over the channel of this binding.
    ///
    /// # Errors
    ///
    /// [`PairingErrorKind::Spent`] if an earlier pairing has [spent](Code::is_spent) the code, and
    /// [`PairingErrorKind::NoRandomness`] if the system has none.
    pub fn with_code(
        code: &Code,
        side: Side,
        part: Part,
        binding: Binding,
    ) -> Result<Self, PairingError> {
        if code.guess().is_taken(part) {
            return Err(PairingError::new(PairingErrorKind::Spent, true));
        }
        Self::new(Secret::Code(code.clone()), side, part, binding)
    }

    /// A pairing of two that have been paired before, over a new channel. The parts may have changed, the sides not.
    ///
    /// # Errors
    ///
    /// [`PairingErrorKind::NoRandomness`] if the system has none.
    pub fn with_resume(
        key: &ResumeKey,
        side: Side,
        part: Part,
        binding: Binding,
    ) -> Result<Self, PairingError> {
        Self::new(Secret::Resume(key.clone()), side, part, binding)
    }

    fn new(secret: Secret, side: Side, part: Part, binding: Binding) -> Result<Self, PairingError> {
        let (method, ticket, guess) = match &secret {
            Secret::Code(code) => (Method::Code, Ticket::NONE, Some(code.guess())),
            Secret::Resume(key) => (Method::Resume, key.ticket(), None),
        };
        Ok(Self {
            side,
            part,
            binding,
            preface: Preface::new(side, part, method, ticket)?,
            started: false,
            guess,
            state: State::Greeting(secret),
        })
    }

    /// Appends the first message, once. [`Pairing::handle_input`] does so too.
    pub fn start(&mut self, out: &mut Vec<u8>) {
        if !self.started {
            self.started = true;
            message::push(Kind::Preface, &self.preface.encode(), out);
        }
    }

    /// Reads the messages at the front of `input`, and appends what there is to answer.
    ///
    /// Returns how many bytes were used, and the outcome once there is one; what is behind it belongs to the protocol.
    /// Without an outcome it asks for more: call again with the bytes not used and what follows them. After an error
    /// `out` has what the other side ought to be told before the connection is closed.
    ///
    /// # Errors
    ///
    /// Which rule the other side broke, or that it does not know the secret. Errors are final, and
    /// [`PairingError::burns_code`] says whether the code has to be given up.
    pub fn handle_input(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(usize, Option<Paired>), PairingError> {
        if let State::Failed(error) = &self.state {
            return Err(error.clone());
        }
        self.start(out);
        let mut used = 0;
        while !matches!(self.state, State::Done) {
            let step = match self.state {
                State::Greeting(_) => message::first(&input[used..]),
                _ => message::next(&input[used..]),
            };
            let step = step.map_err(|kind| self.fail(kind, out))?;
            let Some(message) = step else {
                break;
            };
            used += message.bytes;
            let paired = self
                .handle_message(message.kind, message.payload, out)
                .map_err(|kind| self.fail(kind, out))?;
            if paired.is_some() {
                return Ok((used, paired));
            }
        }
        Ok((used, None))
    }

    /// What it means that the connection has ended or failed, or that the time is up, before there was an outcome.
    pub fn handle_end(&mut self) -> PairingError {
        self.fail(PairingErrorKind::Cut, &mut Vec::new())
    }

    /// Whether the other side could by now have tried out one guess at the code, unseen.
    ///
    /// It is what makes [`PairingError::burns_code`] true for an enterer: it shows its confirmation first, and if the
    /// other side was an impostor, that was its one guess.
    fn exposed(&self) -> bool {
        self.part == Part::Enterer
            && self.preface.method == Method::Code
            && matches!(self.state, State::Confirming { .. })
    }

    /// Keeps the error, tells the other side, and forgets all secrets.
    fn fail(&mut self, kind: PairingErrorKind, out: &mut Vec<u8>) -> PairingError {
        if let State::Failed(error) = &self.state {
            return error.clone();
        }
        if let Some(refusal) = kind.refusal() {
            refuse(refusal, out);
        }
        let guessed = matches!(kind, PairingErrorKind::WrongCode | PairingErrorKind::Spent);
        let burns_code = guessed || self.exposed();
        let error = PairingError::new(kind, burns_code);
        self.state = State::Failed(error.clone());
        error
    }

    fn handle_message(
        &mut self,
        kind: Kind,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<Paired>, PairingErrorKind> {
        match (kind, &self.state) {
            (Kind::Refused, _) => Err(PairingErrorKind::Refused(Refusal::decode(payload)?)),
            (Kind::Preface, State::Greeting(_)) => self.handle_preface(payload, out).map(|()| None),
            (Kind::Pake, State::Exchanging { .. }) => self.handle_pake(payload, out).map(|()| None),
            (Kind::Confirm, State::Confirming { .. }) => {
                self.handle_confirm(payload, out).map(Some)
            }
            (_, State::Greeting(_)) => Err(PairingErrorKind::NotBarewire),
            _ => Err(PairingErrorKind::OutOfOrder {
                message: kind.name(),
            }),
        }
    }

    fn handle_preface(
        &mut self,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), PairingErrorKind> {
        let theirs = Preface::decode(payload)?;
        let version = self.preface.agree(&theirs)?;
        match std::mem::replace(&mut self.state, State::Done) {
            State::Greeting(Secret::Code(code)) => self.exchange(&code, theirs, version, out),
            State::Greeting(Secret::Resume(key)) => {
                let transcript = self.transcript(version, &theirs, &[], &[]);
                let keys = Keys::resumed(key, &self.binding, &transcript);
                self.confirm(keys, version, out)?;
            }
            other => self.state = other,
        }
        Ok(())
    }

    fn exchange(&mut self, code: &Code, theirs: Preface, version: u8, out: &mut Vec<u8>) {
        let password = Password::new(code.secret());
        let (sender, receiver) = self.in_order(&self.preface, &theirs);
        let (sender, receiver) = (
            Identity::new(&sender.encode()),
            Identity::new(&receiver.encode()),
        );
        let (secret, ours) = match self.side {
            Side::Sender => Spake2::start_a(&password, &sender, &receiver),
            Side::Receiver => Spake2::start_b(&password, &sender, &receiver),
        };
        message::push(Kind::Pake, &ours, out);
        self.state = State::Exchanging {
            secret: Box::new(secret),
            ours,
            theirs,
            version,
        };
    }

    fn handle_pake(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), PairingErrorKind> {
        let malformed = PairingErrorKind::Malformed {
            message: Kind::Pake.name(),
        };
        let State::Exchanging {
            secret,
            ours,
            theirs,
            version,
        } = std::mem::replace(&mut self.state, State::Done)
        else {
            return Err(malformed);
        };
        let shared = secret.finish(payload).map_err(|_| malformed)?;
        let transcript = self.transcript(version, &theirs, &ours, payload);
        let keys = Keys::exchanged(shared, &self.binding, &transcript);
        self.confirm(keys, version, out)
    }

    /// The enterer shows its confirmation first, and with it lets the other side try a guess.
    fn confirm(
        &mut self,
        keys: Keys,
        version: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), PairingErrorKind> {
        if self.part == Part::Enterer {
            self.take_guess()?;
            message::push(Kind::Confirm, keys.confirmation(self.part).as_ref(), out);
        }
        self.state = State::Confirming {
            keys: Box::new(keys),
            version,
        };
        Ok(())
    }

    fn handle_confirm(
        &mut self,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Paired, PairingErrorKind> {
        if self.part == Part::Issuer {
            self.take_guess()?;
        }
        let State::Confirming { keys, version } = &self.state else {
            return Err(PairingErrorKind::OutOfOrder {
                message: Kind::Confirm.name(),
            });
        };
        if !keys.confirms(self.part.other(), payload) {
            return Err(self.unconfirmed());
        }
        if let Some(guess) = &self.guess {
            guess.put_back(self.part);
        }
        if self.part == Part::Issuer {
            message::push(Kind::Confirm, keys.confirmation(self.part).as_ref(), out);
        }
        let paired = Paired {
            version: *version,
            side: self.side,
            method: self.preface.method,
            resume: keys.resume().clone(),
            _proof: Proof,
        };
        self.state = State::Done;
        Ok(paired)
    }

    /// From here on there may be a guess at the code, and only one at a time, whatever becomes of this pairing.
    fn take_guess(&self) -> Result<(), PairingErrorKind> {
        match &self.guess {
            Some(guess) if !guess.take(self.part) => Err(PairingErrorKind::Spent),
            _ => Ok(()),
        }
    }

    fn unconfirmed(&self) -> PairingErrorKind {
        match (self.preface.method, self.part) {
            (Method::Resume, _) => PairingErrorKind::ResumeRefused,
            (Method::Code, Part::Issuer) => PairingErrorKind::WrongCode,
            (Method::Code, Part::Enterer) => PairingErrorKind::Unproven,
        }
    }

    /// The sender's first, whichever side this is.
    fn in_order<T>(&self, ours: T, theirs: T) -> (T, T) {
        match self.side {
            Side::Sender => (ours, theirs),
            Side::Receiver => (theirs, ours),
        }
    }

    fn transcript(
        &self,
        version: u8,
        theirs: &Preface,
        our_pake: &[u8],
        their_pake: &[u8],
    ) -> Transcript {
        let (sender, receiver) = self.in_order(self.preface.encode(), theirs.encode());
        let (sender_pake, receiver_pake) = self.in_order(our_pake, their_pake);
        let parts: [&[u8]; 5] = [&[version], &sender, &receiver, sender_pake, receiver_pake];
        Transcript::of(&self.binding, &parts)
    }
}

impl Debug for Pairing {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut pairing = f.debug_struct("Pairing");
        pairing.field("side", &self.side).field("part", &self.part);
        pairing
            .field("method", &self.preface.method)
            .finish_non_exhaustive()
    }
}

impl Side {
    /// What the other one does.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Sender => Self::Receiver,
            Self::Receiver => Self::Sender,
        }
    }
}

impl Part {
    /// What the other one does.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Issuer => Self::Enterer,
            Self::Enterer => Self::Issuer,
        }
    }
}
