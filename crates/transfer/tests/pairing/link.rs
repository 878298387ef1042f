//! Two pairings and what is on its way between them.

use barewire_transfer::code::Code;
use barewire_transfer::pairing::{Binding, Paired, Pairing, PairingError, Part, ResumeKey, Side};

pub(crate) const PREFACE: u8 = 0x01;
pub(crate) const PAKE: u8 = 0x02;
pub(crate) const CONFIRM: u8 = 0x03;
pub(crate) const REFUSED: u8 = 0x0f;

/// Where the fields of a preface are, its head included.
pub(crate) const VERSIONS: usize = 10 + 8;
pub(crate) const SIDE: usize = VERSIONS + 2;
pub(crate) const PART: usize = SIDE + 1;
pub(crate) const TICKET: usize = PART + 2 + 32;

pub(crate) fn code() -> Code {
    Code::parse("7-tiger-bamboo").unwrap()
}

pub(crate) fn binding() -> Binding {
    Binding::new([7; 32])
}

pub(crate) fn with_code(text: &str, side: Side, part: Part) -> Pairing {
    let code = Code::parse(text).unwrap();
    Pairing::with_code(&code, side, part, binding()).unwrap()
}

pub(crate) fn with_resume(key: &ResumeKey, side: Side, part: Part) -> Pairing {
    Pairing::with_resume(key, side, part, binding()).unwrap()
}

/// A sender that issues and a receiver that enters, with the same code.
pub(crate) fn usual() -> [Pairing; 2] {
    [
        with_code("7-tiger-bamboo", Side::Sender, Part::Issuer),
        with_code("7-tiger-bamboo", Side::Receiver, Part::Enterer),
    ]
}

/// The same two with the key of an earlier session, which is a thousand times as fast.
pub(crate) fn again() -> [Pairing; 2] {
    let key = ResumeKey::generate().unwrap();
    [
        with_resume(&key, Side::Sender, Part::Issuer),
        with_resume(&key, Side::Receiver, Part::Enterer),
    ]
}

#[derive(Debug)]
pub(crate) enum Outcome {
    Open,
    Paired(Paired),
    Failed(PairingError),
}

/// One side, what it has not read yet, and all it ever said.
pub(crate) struct End {
    pub(crate) pairing: Pairing,
    pub(crate) input: Vec<u8>,
    pub(crate) said: Vec<u8>,
    pub(crate) outcome: Outcome,
}

impl End {
    pub(crate) fn new(pairing: Pairing) -> Self {
        Self {
            pairing,
            input: Vec::new(),
            said: Vec::new(),
            outcome: Outcome::Open,
        }
    }

    /// Reads what there is, and returns what it says to that.
    pub(crate) fn turn(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if matches!(self.outcome, Outcome::Open) {
            match self.pairing.handle_input(&self.input, &mut out) {
                Ok((used, paired)) => {
                    self.input.drain(..used);
                    self.outcome = paired.map_or(Outcome::Open, Outcome::Paired);
                }
                Err(error) => self.outcome = Outcome::Failed(error),
            }
        }
        self.said.extend_from_slice(&out);
        out
    }

    pub(crate) fn paired(&self) -> &Paired {
        match &self.outcome {
            Outcome::Paired(paired) => paired,
            other => panic!("not paired: {other:?}"),
        }
    }

    pub(crate) fn error(&self) -> &PairingError {
        match &self.outcome {
            Outcome::Failed(error) => error,
            other => panic!("no error: {other:?}"),
        }
    }

    /// The outcome, where no more is to come.
    pub(crate) fn end(mut self) -> Result<Paired, PairingError> {
        match self.outcome {
            Outcome::Open => Err(self.pairing.handle_end()),
            Outcome::Paired(paired) => Ok(paired),
            Outcome::Failed(error) => Err(error),
        }
    }

    /// The types of the messages it sent.
    pub(crate) fn messages(&self) -> Vec<u8> {
        messages(&self.said)
            .iter()
            .map(|message| message[0])
            .collect()
    }
}

/// Cuts whole messages apart.
pub(crate) fn messages(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        let len = 10 + u32::from_be_bytes(bytes[6..10].try_into().unwrap()) as usize;
        messages.push(bytes[..len].to_vec());
        bytes = &bytes[len..];
    }
    messages
}

pub(crate) fn message(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, 0, 0, 0, 0, 0];
    message.extend_from_slice(&(payload.len() as u32).to_be_bytes());
    message.extend_from_slice(payload);
    message
}

/// Lets both talk until neither has anything to say. `between` has each message before it arrives, with the index of
/// the side it comes from.
pub(crate) fn converse(
    pairings: [Pairing; 2],
    mut between: impl FnMut(usize, Vec<u8>) -> Vec<u8>,
) -> [End; 2] {
    let mut ends = pairings.map(End::new);
    loop {
        let mut silent = true;
        for from in [0, 1] {
            for message in messages(&ends[from].turn()) {
                silent = false;
                let message = between(from, message);
                ends[1 - from].input.extend_from_slice(&message);
            }
        }
        if silent {
            return ends;
        }
    }
}

pub(crate) fn honestly(pairings: [Pairing; 2]) -> [End; 2] {
    converse(pairings, |_, message| message)
}

/// As [`honestly`], with the bytes arriving so many at a time.
pub(crate) fn in_pieces(pairings: [Pairing; 2], size: usize) -> [End; 2] {
    let mut ends = pairings.map(End::new);
    let mut wires = [Vec::new(), Vec::new()];
    loop {
        for from in [0, 1] {
            let out = ends[from].turn();
            wires[from].extend_from_slice(&out);
        }
        if wires.iter().all(Vec::is_empty) {
            return ends;
        }
        for (from, wire) in wires.iter_mut().enumerate() {
            let piece = wire.drain(..size.min(wire.len()));
            ends[1 - from].input.extend(piece);
        }
    }
}
