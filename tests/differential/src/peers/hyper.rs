//! hyper over a connection in memory, byte by byte: so it shows where it thinks that a message ends.

use std::cell::RefCell;
use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::HeaderMap;
use hyper::rt::ReadBufCursor;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, Version};

use crate::reading::{Ending, Field, Message, Reading, Refusal, Start, field};

pub(super) fn read(input: &[u8]) -> Reading {
    let wire = Wire::default();
    let reading = Rc::new(RefCell::new(Reading::default()));
    let service = service_fn(|request| serve(request, reading.clone(), wire.clone()));
    let connection = http1::Builder::new()
        .max_headers(1000)
        .serve_connection(wire.clone(), service);
    let mut connection = pin!(connection);
    let mut ended = None;
    for byte in input {
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
            minor: Some(u8::from(request.version() != Version::HTTP_10)),
            fields: pairs(request.headers()),
            head_end: wire.read_so_far(),
            switches: Some(is_connect || upgrade),
            ..Message::default()
        });
    }
    let mut body = Pin::new(request.body_mut());
    while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await
    {
        let mut reading = reading.borrow_mut();
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => reading.last().body.extend_from_slice(&data),
            Ok(Err(frame)) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                reading.last().trailers = pairs(&trailers);
            }
            Err(error) => {
                reading.refuse_if_open(&error);
                return Ok(Response::new(Nothing));
            }
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

    /// hyper has closed the connection: behind a message as it has to be, inside of one for a fault.
    fn close(&mut self) {
        if self.refusal().is_some() {
            return;
        }
        match self.messages.last_mut() {
            Some(Message { end: None, .. }) | None => {
                self.ending = Ending::Refused(Refusal {
                    reason: "closed inside a message".into(),
                    offset: None,
                });
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
            self.ending = Ending::Refused(Refusal {
                reason,
                offset: None,
            });
        }
    }
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
struct Wire(Rc<RefCell<Pending>>);

#[derive(Default)]
struct Pending {
    byte: Option<u8>,
    read: usize,
}

impl Wire {
    fn push(&self, byte: u8) {
        self.0.borrow_mut().byte = Some(byte);
    }

    /// How many bytes have been taken.
    fn read_so_far(&self) -> usize {
        self.0.borrow().read
    }
}

impl hyper::rt::Read for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut room: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut pending = self.0.borrow_mut();
        // Nobody is woken: whoever pushes polls.
        let Some(byte) = pending.byte.take() else {
            return Poll::Pending;
        };
        pending.read += 1;
        room.put_slice(&[byte]);
        Poll::Ready(Ok(()))
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
