use std::cell::OnceCell;
use std::fmt;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use barewire_http1::{Error, Fields, RequestHead, ResponseHeadBuf};
use barewire_reactor::RawKey;

use crate::mailbox::{Mail, Mailbox};
use crate::response::Response;

/// What a server does with requests.
///
/// One handler serves one thread and is never called twice at once; it must not block.
/// A closure from a head and a [`Context`] to a [`Response`] or an [`Answer`] is a handler.
pub trait Handler {
    /// A request head has come. Its body, if any, has not been read.
    fn request(&mut self, head: &RequestHead<'_>, context: &mut Context<'_>) -> Answer;

    /// A request could not be read; the connection closes after the answer.
    ///
    /// [`Error::offset`] counts from the first byte of the request. Not called where the
    /// answer has been given already. The default says [`Error::status`] and the rule.
    fn fault(&mut self, error: &Error) -> Response {
        let status = error.status();
        Response::text(status, format!("{status} {}\n\n{error}\n", status.reason()))
    }
}

impl<F, A> Handler for F
where
    F: FnMut(&RequestHead<'_>, &mut Context<'_>) -> A,
    A: Into<Answer>,
{
    fn request(&mut self, head: &RequestHead<'_>, context: &mut Context<'_>) -> Answer {
        self(head, context).into()
    }
}

/// What becomes of a request.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// Answered at once. A body that comes anyway is read away up to
    /// [`Config::unwanted_bytes_max`](crate::Config::unwanted_bytes_max); above it the connection closes.
    Respond(Response),
    /// The body is taken as it arrives. A client that waits for `100 Continue` gets it.
    Receive(Box<dyn Receiver>),
    /// The answer comes later, through a [`Handle`]; see [`Context::handle`].
    Later,
    /// The answer is made after a time, on this thread; a [`Handle`] may answer sooner.
    After(Duration, Delayed),
    /// The connection becomes another protocol's.
    Switch(Switch),
}

/// Makes a response when its time has come.
pub struct Delayed(pub(crate) Box<dyn FnOnce() -> Response>);

impl Answer {
    /// Answers after `delay` with what `respond` makes then.
    #[must_use]
    pub fn after(delay: Duration, respond: impl FnOnce() -> Response + 'static) -> Self {
        Self::After(delay, Delayed(Box::new(respond)))
    }
}

impl fmt::Debug for Delayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delayed")
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self::Respond(response)
    }
}

/// Takes the body of one request as it arrives.
///
/// Dropped without [`end`](Self::end), the request was cut short.
pub trait Receiver {
    /// Some content. Never empty.
    fn data(&mut self, data: &[u8]) -> Flow;

    /// The trailer fields, where there are any.
    fn trailers(&mut self, _fields: Fields<'_>) {}

    /// The body is complete. Anything but [`Answer::Receive`] may follow.
    fn end(self: Box<Self>) -> Answer;
}

/// What a [`Receiver`] did with content.
#[derive(Debug)]
pub enum Flow {
    /// Took all of it.
    Continue,
    /// Took so many bytes of it and wants no more now. The rest is shown again after
    /// [`Handle::resume`]; meanwhile nothing is read and the client has to wait.
    Pause(usize),
    /// Wants no more at all: this is the answer.
    Respond(Response),
}

impl fmt::Debug for dyn Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}

/// A switch of protocols: 101 to an `Upgrade`, or 2xx to CONNECT.
///
/// Returned by [`Handler::request`] it is only for a request without a body; with one the
/// server answers 501. Returned by [`Receiver::end`] it follows the body. A switch that
/// was not asked for (no such `Upgrade` field) is a 500; a tunnel whose request is no
/// CONNECT, or whose status is not 2xx, is an answer like any other. Both are logged.
pub struct Switch {
    pub(crate) head: ResponseHeadBuf,
    pub(crate) protocol: Option<String>,
    pub(crate) take: TakeOver,
}

type TakeOver = Box<dyn FnOnce(TcpStream, Vec<u8>)>;

impl Switch {
    /// Answers an upgrade offer with `protocol`; `take` then gets the socket, still
    /// non-blocking, and the bytes the client sent after its request.
    pub fn upgrade(
        protocol: impl Into<String>,
        head: ResponseHeadBuf,
        take: impl FnOnce(TcpStream, Vec<u8>) + 'static,
    ) -> Self {
        Self {
            head,
            protocol: Some(protocol.into()),
            take: Box::new(take),
        }
    }

    /// Answers CONNECT with a 2xx `head`, and goes on as [`upgrade`](Self::upgrade) does.
    pub fn tunnel(head: ResponseHeadBuf, take: impl FnOnce(TcpStream, Vec<u8>) + 'static) -> Self {
        Self {
            head,
            protocol: None,
            take: Box::new(take),
        }
    }
}

impl fmt::Debug for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Switch")
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}

/// What a handler can know of the connection a request came on.
#[derive(Debug)]
pub struct Context<'a> {
    pub(crate) key: RawKey,
    pub(crate) exchange: u32,
    pub(crate) peer: SocketAddr,
    pub(crate) now: Instant,
    pub(crate) mailbox: &'a Arc<Mailbox>,
    /// Made when first asked for: all handles on one request are one.
    pub(crate) handle: OnceCell<Handle>,
}

impl Context<'_> {
    /// The client's address. An IPv4 client of an IPv6 listener has a mapped one.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The time of this turn of the loop.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// A handle on this request, for another thread or a later time.
    ///
    /// All handles on a request are one. When the last is dropped, a request that waits
    /// for it ([`Answer::Later`], a paused receiver) is answered 500, and a pending source
    /// is cut.
    #[must_use]
    pub fn handle(&self) -> Handle {
        let make = || {
            Handle(Arc::new(Ticket {
                key: self.key,
                exchange: self.exchange,
                mailbox: Arc::clone(self.mailbox),
            }))
        };
        self.handle.get_or_init(make).clone()
    }
}

/// Answers a request, or resumes it, from any thread.
///
/// A request that is gone (answered, cut, timed out) is no error: nothing happens.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Ticket>);

#[derive(Debug)]
struct Ticket {
    key: RawKey,
    exchange: u32,
    mailbox: Arc<Mailbox>,
}

impl Handle {
    /// Answers the request. The first answer counts.
    ///
    /// It may come before [`Answer::Later`] has promised it: while a [`Receiver`] still
    /// takes content or pauses, which ends it, or while [`Answer::After`] waits.
    pub fn respond(&self, response: Response) {
        self.post(Mail::Respond(response));
    }

    /// Wakes a [`Source`](crate::Source) that was pending or a [`Receiver`] that paused,
    /// and begins [`Config::answer_timeout`](crate::Config::answer_timeout) anew. Nothing
    /// is lost if it comes before they have said so.
    pub fn resume(&self) {
        self.post(Mail::Resume);
    }

    fn post(&self, mail: Mail) {
        self.0.mailbox.post(self.0.key, self.0.exchange, mail);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.mailbox.post(self.key, self.exchange, Mail::Abandoned);
    }
}
