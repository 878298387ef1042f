//! hyper over a connection in memory, byte by byte: so it shows where it thinks that a message ends.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::client::conn::http1 as client;
use hyper::ext::ReasonPhrase;
use hyper::header::HeaderMap;
use hyper::rt::ReadBufCursor;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, Version};

use crate::input::{Asked, Input, Kind};
use crate::reading::{Ending, Field, Message, Reading, Start, field};

pub(super) fn read(input: &Input) -> Reading {
    match input.kind {
        Kind::Requests => requests(&input.bytes),
        Kind::Responses { .. } => responses(input),
    }
}

fn requests(bytes: &[u8]) -> Reading {
    let wire = Wire::default();
    let reading = Rc::new(RefCell::new(Reading::default()));
    let service = service_fn(|request| serve(request, reading.clone(), wire.clone()));
    let connection = server::Builder::new()
        .max_headers(1000)
        .serve_connection(wire.clone(), service);
    let mut connection = pin!(connection);
    let mut ended = None;
    for byte in bytes {
        wire.push(*byte);
        if let Poll::Ready(end) = settle(|context| connection.as_mut().poll(context)) {
            ended = Some(end);
            break;
        }
        if reading.borrow().is_over() {
            break;
        }
    }
    let mut reading = reading.take();
    match ended {
        Some(Err(error)) => reading.refuse_if_open(&error),
        Some(Ok(())) => reading.close(),
        None => reading.keep(),
    }
    reading
}

fn responses(input: &Input) -> Reading {
    let wire = Wire::default();
    let handshake = client::Builder::new()
        .max_headers(1000)
        .allow_spaces_after_header_name_in_responses(input.is_lenient())
        .allow_obsolete_multiline_headers_in_responses(input.is_lenient())
        .handshake(wire.clone());
    let mut handshake = pin!(handshake);
    let Poll::Ready(Ok((mut sender, mut connection))) =
        settle(|context| handshake.as_mut().poll(context))
    else {
        unreachable!("there is no handshake in HTTP/1.1")
    };
    let reading = Arc::new(Mutex::new(Reading::default()));
    let mut exchange = pin!(exchange(
        sender.send_request(request(input, &reading, &wire)),
        reading.clone(),
        wire.clone(),
    ));
    let (mut closed, mut told) = (false, false);
    let mut poll = || {
        // The connection reads for the exchange, which may make it go on.
        let _ = settle(|context| {
            closed = closed || Pin::new(&mut connection).poll(context).is_ready();
            told = told || exchange.as_mut().poll(context).is_ready();
            Poll::<()>::Pending
        });
        (closed, told)
    };
    let mut end = poll();
    for byte in &input.bytes {
        if end.1 {
            break;
        }
        wire.push(*byte);
        end = poll();
    }
    if input.closes() && !end.1 {
        wire.close();
        end = poll();
    }
    let mut reading = std::mem::take(&mut *reading.lock().expect("nobody panicked"));
    match reading.messages.last_mut() {
        Some(last) if last.end.is_some() && last.switches == Some(false) => {
            last.keep_alive = Some(!end.0)
        }
        _ if end.0 && !end.1 => reading.ending = Ending::refused("closed inside a message", None),
        _ => {}
    }
    reading
}

/// The request that `input` answers, telling of interim responses.
fn request(input: &Input, reading: &Arc<Mutex<Reading>>, wire: &Wire) -> Request<Nothing> {
    let target = match input.asked() {
        Asked::Connect => "b.example:443",
        _ => "/",
    };
    let request = Request::builder()
        .method(input.asked().method())
        .uri(target)
        .header("host", "b.example");
    let request = match input.asked() {
        Asked::Upgrade => request
            .header("connection", "upgrade")
            .header("upgrade", "websocket"),
        _ => request,
    };
    let mut request = request.body(Nothing).expect("a valid request");
    let (reading, taken) = (reading.clone(), wire.taken.clone());
    hyper::ext::on_informational(&mut request, move |head| {
        let end = taken.load(Ordering::Relaxed);
        let mut reading = reading.lock().expect("nobody panicked");
        reading.messages.push(Message {
            start: Start::Response {
                status: head.status().as_u16(),
                reason: None,
            },
            minor: Some(minor(head.version())),
            fields: pairs(head.headers()),
            head_end: end,
            ..Message::default()
        });
        reading.ended(end);
    });
    request
}

/// Tells of the final response and its content.
async fn exchange(
    response: impl Future<Output = hyper::Result<Response<Incoming>>>,
    reading: Arc<Mutex<Reading>>,
    wire: Wire,
) {
    let lock = || reading.lock().expect("nobody panicked");
    let mut response = match response.await {
        Ok(response) => response,
        Err(error) => return lock().refuse_if_open(&error),
    };
    let reason = match response.extensions().get::<ReasonPhrase>() {
        Some(reason) => reason.as_bytes(),
        None => response
            .status()
            .canonical_reason()
            .unwrap_or_default()
            .as_bytes(),
    };
    let switches = response.extensions().get::<OnUpgrade>().is_some();
    lock().messages.push(Message {
        start: Start::Response {
            status: response.status().as_u16(),
            reason: Some(reason.to_vec()),
        },
        minor: Some(minor(response.version())),
        fields: pairs(response.headers()),
        head_end: wire.read_so_far(),
        switches: Some(switches),
        ..Message::default()
    });
    let mut body = Pin::new(response.body_mut());
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        // Two statements, for the lock is held as long as the first one takes.
        let taken = lock().take(frame);
        if let Err(error) = taken {
            return lock().refuse_if_open(&error);
        }
    }
    lock().ended(wire.read_so_far());
}

/// Tells of a request and its content, then answers.
async fn serve(
    mut request: Request<Incoming>,
    reading: Rc<RefCell<Reading>>,
    wire: Wire,
) -> Result<Response<Nothing>, Infallible> {
    let is_connect = request.method() == Method::CONNECT;
    let upgrade = request.extensions().get::<OnUpgrade>().is_some();
    {
        let mut reading = reading.borrow_mut();
        // It was kept for this one.
        if let Some(before) = reading.messages.last_mut() {
            before.keep_alive = Some(true);
        }
        reading.messages.push(Message {
            start: Start::Request {
                method: request.method().as_str().into(),
                target: request.uri().to_string().into(),
            },
            minor: Some(minor(request.version())),
            fields: pairs(request.headers()),
            head_end: wire.read_so_far(),
            switches: Some(is_connect || upgrade),
            ..Message::default()
        });
    }
    let mut body = Pin::new(request.body_mut());
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let mut reading = reading.borrow_mut();
        if let Err(error) = reading.take(frame) {
            reading.refuse_if_open(&error);
            return Ok(Response::new(Nothing));
        }
    }
    reading.borrow_mut().last().end = Some(wire.read_so_far());
    Ok(Response::new(Nothing))
}

impl Reading {
    /// Whether nothing behind what was read is looked at.
    fn is_over(&self) -> bool {
        let last = self.messages.last();
        let stopped = last.is_some_and(|last| last.switches == Some(true) && last.end.is_some());
        stopped || self.refusal().is_some()
    }

    /// Takes a part of the content.
    fn take(&mut self, frame: hyper::Result<Frame<Bytes>>) -> hyper::Result<()> {
        match frame?.into_data() {
            Ok(data) => self.last().body.extend_from_slice(&data),
            Err(frame) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                self.last().trailers = pairs(&trailers);
            }
        }
        Ok(())
    }

    /// hyper has closed the connection: behind a message as it has to be, inside of one for a fault.
    fn close(&mut self) {
        if self.refusal().is_some() {
            return;
        }
        match self.messages.last_mut() {
            Some(Message { end: None, .. }) | None => {
                self.ending = Ending::refused("closed inside a message", None);
            }
            Some(last) => {
                // Behind an offer to switch it closes because we did not switch.
                if last.switches == Some(false) {
                    last.keep_alive.get_or_insert(false);
                }
                self.ending = Ending::Stopped;
            }
        }
    }

    /// hyper waits for the next message.
    fn keep(&mut self) {
        match self.messages.last_mut() {
            Some(last) if last.end.is_some() && last.switches == Some(false) => {
                last.keep_alive = Some(true);
            }
            _ => {}
        }
    }

    /// Refuses in hyper's words, unless it has said something before.
    fn refuse_if_open(&mut self, error: &hyper::Error) {
        if self.refusal().is_none() {
            let mut reason = format!("{error:?}");
            let mut cause = error.source();
            while let Some(inner) = cause {
                reason = inner.to_string();
                cause = inner.source();
            }
            self.ending = Ending::refused(reason, None);
        }
    }
}

fn minor(version: Version) -> u8 {
    u8::from(version != Version::HTTP_10)
}

fn pairs(fields: &HeaderMap) -> Vec<Field> {
    fields
        .iter()
        .map(|(name, value)| field(name.as_str().as_bytes(), value.as_bytes()))
        .collect()
}

/// Polls until nothing asks to be polled again.
fn settle<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    while woken.0.swap(false, Ordering::Relaxed) {
        let polled = poll(&mut context);
        if polled.is_ready() {
            return polled;
        }
    }
    Poll::Pending
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A content of no bytes.
struct Nothing;

impl Body for Nothing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}

/// A connection: what comes is pushed, what goes is dropped.
#[derive(Clone, Default)]
struct Wire {
    pending: Rc<Cell<Pending>>,
    /// How many bytes have been taken.
    taken: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, Default)]
enum Pending {
    #[default]
    Nothing,
    Byte(u8),
    End,
}

impl Wire {
    fn push(&self, byte: u8) {
        self.pending.set(Pending::Byte(byte));
    }

    fn close(&self) {
        self.pending.set(Pending::End);
    }

    fn read_so_far(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

impl hyper::rt::Read for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut room: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.pending.get() {
            // Nobody is woken: whoever pushes polls.
            Pending::Nothing => Poll::Pending,
            Pending::Byte(byte) => {
                self.pending.set(Pending::Nothing);
                self.taken.fetch_add(1, Ordering::Relaxed);
                room.put_slice(&[byte]);
                Poll::Ready(Ok(()))
            }
            Pending::End => Poll::Ready(Ok(())),
        }
    }
}

impl hyper::rt::Write for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
