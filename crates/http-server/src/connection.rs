//! What the loop keeps of one connection: little while it is idle, more while it is not.

use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use barewire_http1::{Limits, ServerConnection, Turn};
use barewire_reactor::{Key, TimerKey};

use crate::handler::{Delayed, Receiver, Switch};
use crate::sending::Sending;

/// Answers to pipelined requests are gathered up to this size before they are sent.
const GATHER_BYTES_MAX: usize = 128 * 1024;

/// A connection. All there is of one that waits for its next request.
pub(crate) struct Connection {
    pub(crate) key: Key<TcpStream>,
    pub(crate) timer: Option<TimerKey>,
    pub(crate) peer: SocketAddr,
    /// Requests begun on it; tells a late answer from the current one.
    pub(crate) exchange: u32,
    pub(crate) wait: Wait,
    /// The exchange that `wait` belongs to.
    pub(crate) wait_exchange: u32,
    /// TCP_NODELAY is set: what is written need not wait for an ACK of what was.
    pub(crate) nodelay: bool,
    /// The client has finished sending.
    pub(crate) ended: bool,
    pub(crate) active: Option<Box<Active>>,
}

/// What a connection waits for; each wait has a deadline of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The first byte after accept.
    First,
    /// The rest of a head.
    Head,
    /// The next request.
    Idle,
    /// The body of a request.
    Body,
    /// The handler.
    Handler,
    /// The time a handler asked for.
    Delay,
    /// The client to take an answer.
    Write,
    /// The client to notice that all is over.
    Linger,
}

/// What a connection needs while a request is under way. Kept in a pool between requests.
pub(crate) struct Active {
    pub(crate) http: ServerConnection,
    /// Bytes read and not used.
    pub(crate) input: Vec<u8>,
    /// Bytes the decoder has used, and how many of them belong to requests before this one.
    pub(crate) used: u64,
    pub(crate) used_before: u64,
    /// Bytes at the front of `input` that are content the receiver has not taken.
    pub(crate) held: usize,
    pub(crate) sending: Sending,
    pub(crate) stage: Stage,
    /// Bytes of content moved in the window under way, in or out.
    pub(crate) moved: u64,
    /// Length of the request's content as its head says; 0 where it does not.
    pub(crate) announced: u64,
    /// Content read away since nobody wanted it.
    pub(crate) discarded: u64,
    /// The source of the answer has nothing now.
    pub(crate) source_pending: bool,
    /// The last request had more to say, or made no sense: linger after the answer.
    pub(crate) unread: bool,
}

/// What a request has come to.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Nothing is asked of a handler.
    Quiet,
    Receiving(Box<dyn Receiver>),
    /// The receiver wants no more for now.
    Paused(Box<dyn Receiver>),
    /// An answer comes through a handle.
    Later,
    /// An answer is made at a time; `None` lies beyond what the clock can say.
    Delayed(Option<Instant>, Delayed),
    /// The switch that is made when the request has been read and the answer has left.
    Switching(Switch),
    /// All is said; so many bytes may still be read away.
    Lingering(u64),
}

impl Active {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            http: ServerConnection::new(limits),
            input: Vec::new(),
            used: 0,
            used_before: 0,
            held: 0,
            sending: Sending::default(),
            stage: Stage::Quiet,
            moved: 0,
            announced: 0,
            discarded: 0,
            source_pending: false,
            unread: false,
        }
    }

    pub(crate) fn reset(&mut self) {
        self.http.reset();
        self.input.clear();
        self.input.shrink_to(GATHER_BYTES_MAX);
        self.used = 0;
        self.used_before = 0;
        self.held = 0;
        self.sending.clear();
        self.stage = Stage::Quiet;
        self.moved = 0;
        self.announced = 0;
        self.discarded = 0;
        self.source_pending = false;
        self.unread = false;
    }

    /// Whether nothing is under way: no byte of a request, none of an answer.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.input.is_empty()
            && self.sending.is_empty()
            && matches!(self.stage, Stage::Quiet)
            && self.http.turn() == Turn::Read
            && !self.http.is_mid_request()
    }

    /// Whether bytes of the client can be used now.
    pub(crate) fn can_decode(&self) -> bool {
        match self.http.turn() {
            Turn::Read => !self.sending.has_content() && self.sending.queued() < GATHER_BYTES_MAX,
            Turn::Answer => matches!(self.stage, Stage::Receiving(_) | Stage::Switching(_)),
            // Content that nobody wants: a client that reads no answer before all of it has
            // left would otherwise wait for us, and we for it.
            Turn::Send => self.http.body_is_pending() && !self.unread,
            Turn::Close | Turn::Switch => false,
        }
    }

    /// Forgets content that the receiver had not taken when the answer came.
    pub(crate) fn drop_held(&mut self) {
        self.input.drain(..self.held);
        self.discarded += self.held as u64;
        self.held = 0;
    }

    pub(crate) fn wait(&self, connection: &Connection) -> Wait {
        match &self.stage {
            Stage::Lingering(_) => return Wait::Linger,
            _ if !self.sending.is_empty() && !self.source_pending => return Wait::Write,
            Stage::Receiving(_) => return Wait::Body,
            Stage::Delayed(..) => return Wait::Delay,
            Stage::Paused(_) | Stage::Later => return Wait::Handler,
            Stage::Quiet | Stage::Switching(_) => {}
        }
        if self.source_pending {
            Wait::Handler
        } else if self.http.body_is_pending() {
            Wait::Body
        } else if self.http.is_mid_request() || !self.input.is_empty() {
            Wait::Head
        } else if connection.exchange == 0 {
            Wait::First
        } else {
            Wait::Idle
        }
    }
}

impl Connection {
    pub(crate) fn new(key: Key<TcpStream>, peer: SocketAddr) -> Self {
        Self {
            key,
            timer: None,
            peer,
            exchange: 0,
            wait: Wait::First,
            wait_exchange: 0,
            nodelay: false,
            ended: false,
            active: None,
        }
    }
}
