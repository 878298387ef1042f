//! What either program does with a connection that stands.

use std::net::SocketAddr;
use std::time::Instant;

use barewire_transfer::error::Error;
use barewire_transfer::pairing::{Paired, Side};

use crate::link::{LinkError, Taken};
use crate::outbox::Outbox;
use crate::status::Status;
use crate::tell::Teller;

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status.
    pub status: Status,
    /// One line about it, escaped.
    pub text: String,
}

impl Outcome {
    /// With this status and text.
    pub fn new(status: Status, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { status, text }
    }
}

/// What goes on in a session, or stops it.
#[derive(Debug)]
pub enum Stop {
    /// The connection is of no more use; another may go on.
    Link(LinkError),
    /// The peer broke the protocol, and is told.
    Peer(Error),
    /// It is over; what is in the outbox is still sent.
    Over(Outcome),
}

impl From<LinkError> for Stop {
    fn from(error: LinkError) -> Self {
        Self::Link(error)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Peer(error)
    }
}

/// What a role works with.
#[derive(Debug)]
pub struct Desk<'a> {
    /// The time.
    pub now: Instant,
    /// What is to be sent.
    pub outbox: &'a mut Outbox,
    /// Who is told.
    pub teller: &'a mut Teller,
}

/// Sending, or receiving.
pub trait Role {
    /// What its disk thread says.
    type Report: Send + 'static;

    /// Which it is.
    const SIDE: Side;

    /// A connection stands, and who is at its other end is proved.
    fn open(&mut self, paired: &Paired, address: SocketAddr, desk: &mut Desk<'_>);

    /// Bytes have come.
    ///
    /// # Errors
    ///
    /// What stops the session.
    fn input(&mut self, bytes: &[u8], desk: &mut Desk<'_>) -> Result<Taken, Stop>;

    /// The disk thread has done something.
    ///
    /// # Errors
    ///
    /// What stops the session.
    fn report(&mut self, report: Self::Report, desk: &mut Desk<'_>) -> Result<(), Stop>;

    /// Whether reports are to wait, since there is enough to be sent.
    fn holds_reports(&self, outbox: &Outbox) -> bool;

    /// Whether bytes are to wait, since the disk has enough to do.
    fn holds_input(&self) -> bool;

    /// Buffers have been sent.
    fn reuse(&mut self, buffer: Vec<u8>);

    /// Somebody has typed a line; `None` if nobody will any more.
    ///
    /// # Errors
    ///
    /// What stops the session.
    fn typed(&mut self, line: Option<&str>, desk: &mut Desk<'_>) -> Result<(), Stop>;

    /// Whether a question is asked.
    fn is_asking(&self) -> bool;

    /// When to call [`timeout`](Self::timeout).
    fn poll_timeout(&self) -> Option<Instant>;

    /// It is time.
    ///
    /// # Errors
    ///
    /// What stops the session.
    fn timeout(&mut self, desk: &mut Desk<'_>) -> Result<(), Stop>;

    /// The peer has closed the connection.
    ///
    /// # Errors
    ///
    /// What stops the session.
    fn ended(&mut self, desk: &mut Desk<'_>) -> Result<(), Stop>;

    /// The connection is gone. Says why there is no use in another, if there is none.
    fn lost(&mut self, teller: &mut Teller) -> Option<Outcome>;

    /// Tells the peer what it did wrong.
    fn refuse(&mut self, error: &Error, outbox: &mut Outbox);

    /// Tells the peer that this side stops for now.
    fn interrupt(&mut self, outbox: &mut Outbox);

    /// Ends the disk thread; what is left can be taken up again. Says how, if there is something.
    fn finish(&mut self) -> Option<String>;
}
