//! What one side made of a stream: the same shape for all of them.

/// The messages found in an input, and why there are no more.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// In order; the last may lack its end.
    pub messages: Vec<Message>,
    pub ending: Ending,
}

/// One message, as far as it was read. Offsets count from the start of the input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    pub start: Start,
    /// The minor version it is treated as; `None` where a side does not tell.
    pub minor: Option<u8>,
    /// Names in lower case, in the order they came; those of one name stay in order on every side.
    pub fields: Vec<Field>,
    /// Where the head ends.
    pub head_end: usize,
    pub keep_alive: Option<bool>,
    /// Whether it offers to switch protocols, or is CONNECT.
    pub switches: Option<bool>,
    pub body: Vec<u8>,
    pub trailers: Vec<Field>,
    /// Where the message ends; `None` where its end has not come.
    pub end: Option<usize>,
}

pub type Field = (Vec<u8>, Vec<u8>);

/// The start line without its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    Request {
        method: Vec<u8>,
        target: Vec<u8>,
    },
    Response {
        status: u16,
        /// `None` where a side does not tell.
        reason: Option<Vec<u8>>,
    },
}

impl Default for Start {
    fn default() -> Self {
        Self::Request {
            method: Vec::new(),
            target: Vec::new(),
        }
    }
}

/// Why a reading stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// For more bytes, inside a message or between two.
    #[default]
    Waiting,
    /// Behind a message that is the last, or the only head that is read: what follows was not looked at.
    Stopped,
    Refused(Refusal),
}

/// In the words of the side that refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: String,
    /// The byte it points at, where it does.
    pub offset: Option<usize>,
}

impl Ending {
    pub fn refused(reason: impl Into<String>, offset: Option<usize>) -> Self {
        let reason = reason.into();
        Self::Refused(Refusal { reason, offset })
    }
}

impl Reading {
    /// The last message ends there, and the reading with it if nothing may follow.
    pub fn ended(&mut self, end: usize) {
        let message = self.last();
        message.end = Some(end);
        if message.is_last() {
            self.ending = Ending::Stopped;
        }
    }

    /// The sender closed: what still waits for a response waits in vain.
    pub fn closed(&mut self) {
        if self.ending == Ending::Waiting {
            self.ending = Ending::refused("closed before a response", None);
        }
    }

    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.ending {
            Ending::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The message being read.
    pub fn last(&mut self) -> &mut Message {
        self.messages.last_mut().expect("content follows a head")
    }
}

impl Message {
    /// Whether nothing behind this message is looked at: it ends the connection, or answers the only request.
    pub fn is_last(&self) -> bool {
        match self.start {
            Start::Request { .. } => self.keep_alive == Some(false) || self.switches == Some(true),
            Start::Response { .. } => !self.is_interim(),
        }
    }

    /// Whether this is a response that another one follows.
    pub fn is_interim(&self) -> bool {
        matches!(self.status(), 100 | 102..=199)
    }

    /// Zero for a request.
    pub fn status(&self) -> u16 {
        match self.start {
            Start::Request { .. } => 0,
            Start::Response { status, .. } => status,
        }
    }

    /// Empty for a response.
    pub fn method(&self) -> &[u8] {
        match &self.start {
            Start::Request { method, .. } => method,
            Start::Response { .. } => b"",
        }
    }

    /// Empty for a response.
    pub fn target(&self) -> &[u8] {
        match &self.start {
            Start::Request { target, .. } => target,
            Start::Response { .. } => b"",
        }
    }

    /// The value of the first field of this name, which is in lower case.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        let found = self.fields.iter().find(|field| field.0 == name.as_bytes());
        found.map(|(_, value)| &value[..])
    }
}

/// A field as all sides tell it.
pub fn field(name: &[u8], value: &[u8]) -> Field {
    (name.to_ascii_lowercase(), value.to_vec())
}
