use alloc::collections::VecDeque;

use crate::asked::Asked;
use crate::content::encode_length_field;
use crate::field_lines::encode_options;
use crate::{
    Content, ContentLength, DataFrame, Decoder, EncodeError, Error, ErrorKind, Event, Leniency,
    Limits, Method, Output, RequestHeadBuf, StatusCode, Trailers, Version,
};

/// One client connection: requests are encoded, their responses decoded, in the same order.
///
/// Requests come out of the `encode_*` methods into the caller's buffer, responses go in
/// through [`decode`](Self::decode), and [`turn`](Self::turn) says what is due. The two sides
/// are independent: a response can be decoded while its request is still being sent, and
/// further requests can be sent (pipelined) while responses are awaited. Do read while much is
/// being written: a server may take no more before its responses are taken.
///
/// ```text
///            encode_head            content, encode_end            decode: End
///    Ask ───────────────▶ Send ──────────────────────▶ Read ───────────────────┐
///     ▲  │                  ▲     no content              ▲                     │
///     │  └──────────────────┼─────────────────────────────┤                     │
///     │                     └───── encode_head: pipelined ┘                     │
///     ├───────────────── all answered, connection may be used again ◀───────────┤
///   Close ◀──── asked for by either side, an error, content cut, bytes unasked ◀┤
///   Switch ◀─── 101, or 2xx to CONNECT ◀────────────────────────────────────────┘
/// ```
///
/// # When a connection may be used again
///
/// [`turn`](Self::turn) is [`Ask`](ClientTurn::Ask) again when every request has been sent to
/// its end and every response read to its end; neither side has said `close` (or left out
/// `keep-alive` in HTTP/1.0); the last response did not end with the connection, nor declare
/// its length in two ways; and no byte came behind it. Bytes that nobody asked for could be
/// taken for the response to the next request
/// (<https://www.rfc-editor.org/rfc/rfc9112#section-9.2>): give `decode` what came in the
/// meantime before an idle connection is used again.
///
/// # When a request may be sent again
///
/// If the connection ends while responses are awaited, [`unanswered`](Self::unanswered)
/// counts them: the last so many that were sent, in their order. Those requests may have been acted upon: repeat only those whose
/// [method is idempotent](Method::is_idempotent), on another connection
/// (<https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2>).
#[derive(Clone, Debug)]
pub struct ClientConnection {
    decoder: Decoder,
    /// The requests whose responses have not been read to their ends, oldest first.
    unanswered: VecDeque<Sent>,
    pipelined_max: usize,
    /// Content of the last request that is still due.
    sending: Option<Sending>,
    /// No further request goes out.
    closing: bool,
    /// The server sends no more.
    input_ended: bool,
    /// The last response was HTTP/1.0, so its server knows no chunks.
    is_http10: bool,
    reading: Reading,
}

/// Content on its way.
#[derive(Clone, Copy, Debug)]
struct Sending {
    due: Content,
    /// 100-continue was asked for, and neither said nor made needless.
    awaits_continue: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Responses to the requests that are not answered, none of them begun.
    Between,
    /// Inside the final response to the oldest of them.
    Response {
        closes: bool,
        switches: bool,
    },
    /// Nothing more will be read.
    Stopped,
    Switched,
}

/// What has to be known of a request until its response is there.
#[derive(Clone, Debug)]
struct Sent {
    asked: Asked,
    /// Requests may be sent behind it before it is answered.
    can_be_followed: bool,
    /// Not all of its content was sent, so the connection ends with the response to it.
    is_cut: bool,
}

/// What is due on a client connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientTurn {
    /// A request may be sent, through [`ClientConnection::encode_head`]; nothing is awaited.
    Ask,
    /// Content of a request is due. Responses may be decoded meanwhile.
    Send,
    /// A response is awaited: bytes for [`ClientConnection::decode`]. Another request may be
    /// sent meanwhile if [`can_pipeline`](ClientConnection::can_pipeline).
    Read,
    /// Nothing more will be read or written: close.
    Close,
    /// The connection is another protocol's now; what is left in the buffer belongs to it.
    Switch,
}

impl ClientConnection {
    /// A new connection. [`Limits::for_responses`] does not limit the content.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            decoder: Decoder::client(limits),
            unanswered: VecDeque::new(),
            pipelined_max: limits.pipelined_max,
            sending: None,
            closing: false,
            input_ended: false,
            is_http10: false,
            reading: Reading::Between,
        }
    }

    /// The same with so much overlooked in responses.
    #[must_use]
    pub fn with_leniency(mut self, leniency: Leniency) -> Self {
        self.decoder = self.decoder.with_leniency(leniency);
        self
    }

    /// Makes it as new, keeping its memory: for another connection.
    pub fn reset(&mut self) {
        self.decoder.reset();
        self.unanswered.clear();
        self.sending = None;
        self.closing = false;
        self.input_ended = false;
        self.is_http10 = false;
        self.reading = Reading::Between;
    }

    /// What is due.
    #[must_use]
    #[inline]
    pub fn turn(&self) -> ClientTurn {
        match self.reading {
            Reading::Stopped => ClientTurn::Close,
            // Before a switch too: a client cannot change the protocol inside its request
            // (RFC 9110 section 7.8).
            _ if self.sending.is_some() => ClientTurn::Send,
            Reading::Switched => ClientTurn::Switch,
            _ if !self.unanswered.is_empty() => ClientTurn::Read,
            _ if self.closing => ClientTurn::Close,
            _ => ClientTurn::Ask,
        }
    }

    /// Requests whose responses have not been read to their ends.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Whether the first byte of a response has come and its last has not. An end of input then
    /// is a cut; where nothing has come it may be a server that closes what was idle.
    #[must_use]
    pub fn is_mid_response(&self) -> bool {
        matches!(self.reading, Reading::Between | Reading::Response { .. })
            && self.decoder.is_mid_message()
    }

    /// Changes the content limit, as [`Decoder::set_body_bytes_max`] does. It holds until it is
    /// set anew or the connection is [`reset`](Self::reset).
    pub fn set_body_bytes_max(&mut self, bytes: u64) {
        self.decoder.set_body_bytes_max(bytes);
    }

    /// Whether another request may be sent before the last one is answered: nothing of the
    /// last one is still to be sent, and all that are unanswered are idempotent, open no
    /// tunnel and offer no upgrade (<https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2>).
    #[must_use]
    pub fn can_pipeline(&self) -> bool {
        self.may_send().is_ok()
    }

    fn may_send(&self) -> Result<(), EncodeError> {
        if self.closing || matches!(self.reading, Reading::Stopped | Reading::Switched) {
            Err(EncodeError::Closing)
        } else if self.sending.is_some() {
            Err(EncodeError::OutOfTurn)
        } else if self.unanswered.len() >= self.pipelined_max {
            Err(EncodeError::TooManyUnanswered)
        } else if self
            .unanswered
            .back()
            .is_some_and(|sent| !sent.can_be_followed)
        {
            Err(EncodeError::MustWait)
        } else {
            Ok(())
        }
    }

    /// Whether the connection ends with the responses that are awaited, as far as is known.
    #[must_use]
    pub fn will_close(&self) -> bool {
        self.closing || self.reading == Reading::Stopped
    }

    /// Whether the last request asked for `100 Continue` and neither that nor a final response
    /// has come. Sending content ends the wait.
    #[must_use]
    pub fn awaits_continue(&self) -> bool {
        self.sending.is_some_and(|sending| sending.awaits_continue)
    }

    /// Writes a request head, with framing and `Connection` as they have to be.
    ///
    /// Returns what has to follow. A length of zero is declared where the method leads a
    /// server to expect content (POST, PUT, PATCH).
    ///
    /// # Errors
    ///
    /// Nothing is written then. [`EncodeError::Closing`] where the connection takes no further
    /// request; [`EncodeError::OutOfTurn`] while content of the last one is due;
    /// [`EncodeError::MustWait`] and [`EncodeError::TooManyUnanswered`] before responses have
    /// come; [`EncodeError::BodyNotAllowed`] for content with CONNECT or TRACE;
    /// [`EncodeError::ExpectWithoutContent`]; [`EncodeError::NotInHttp10`] for content of
    /// unknown length where an earlier response has shown that the server knows no chunks.
    pub fn encode_head(
        &mut self,
        head: &RequestHeadBuf,
        length: ContentLength,
        out: &mut impl Output,
    ) -> Result<Content, EncodeError> {
        self.may_send()?;
        let method = head.method();
        let content = match length {
            ContentLength::Known(0) => Content::Nothing,
            ContentLength::Known(length) => Content::Length(length),
            ContentLength::Unknown => Content::Chunked,
        };
        if content != Content::Nothing && matches!(method, Method::Connect | Method::Trace) {
            return Err(EncodeError::BodyNotAllowed);
        }
        // RFC 9112 section 6.1.
        if content == Content::Chunked && self.is_http10 {
            return Err(EncodeError::NotInHttp10);
        }
        if content == Content::Nothing && head.expects_continue() {
            return Err(EncodeError::ExpectWithoutContent);
        }
        let anticipated = matches!(method, Method::Post | Method::Put | Method::Other(b"PATCH"));
        let asked = head.asked();
        let can_be_followed =
            method.is_idempotent() && !asked.is_connect() && !asked.offers_upgrade();
        let [line, lines] = head.parts();
        out.make_room(line.len() + lines.len() + head.offered().len() + 192);
        out.put(line);
        out.put(lines);
        match content {
            Content::Chunked => out.put(b"Transfer-Encoding: chunked\r\n"),
            Content::Length(length) => encode_length_field(length, out),
            _ if anticipated => encode_length_field(0, out),
            _ => {}
        }
        let options = [
            (head.closes(), b"close".as_slice()),
            (head.accepts_trailers(), b"TE"),
        ];
        encode_options(&options, head.offered(), out);
        if head.accepts_trailers() {
            out.put(b"TE: trailers\r\n");
        }
        if head.expects_continue() {
            out.put(b"Expect: 100-continue\r\n");
        }
        out.put(b"\r\n");

        self.unanswered.push_back(Sent {
            asked,
            can_be_followed,
            is_cut: false,
        });
        self.closing |= head.closes();
        self.sending = (content != Content::Nothing).then_some(Sending {
            due: content,
            awaits_continue: head.expects_continue(),
        });
        Ok(content)
    }

    /// Writes content: as it is, or as a chunk. Empty data writes nothing.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BodyTooLong`] past the declared length, [`EncodeError::OutOfTurn`]
    /// when no content is due. Nothing is written then.
    #[inline]
    pub fn encode_data(&mut self, data: &[u8], out: &mut impl Output) -> Result<(), EncodeError> {
        if data.is_empty() {
            return Ok(());
        }
        self.with_content(data.len() as u64, |content| content.encode_data(data, out))
    }

    /// What has to stand around so many bytes of content that the caller writes itself,
    /// so that they need not be copied. The bytes count as sent.
    ///
    /// # Errors
    ///
    /// As [`encode_data`](Self::encode_data).
    pub fn frame_data(&mut self, bytes: u64) -> Result<DataFrame, EncodeError> {
        self.with_content(bytes, |content| content.frame_data(bytes))
    }

    /// Counts content that the caller sends by other means, such as `sendfile`.
    ///
    /// The request is complete with its last declared byte. Not for chunked content, which
    /// [`frame_data`](Self::frame_data) is for.
    ///
    /// # Errors
    ///
    /// As [`encode_data`](Self::encode_data).
    pub fn data_sent(&mut self, bytes: u64) -> Result<(), EncodeError> {
        self.with_content(bytes, |content| content.data_sent(bytes))
    }

    #[inline]
    fn with_content<T>(
        &mut self,
        bytes: u64,
        write: impl FnOnce(&mut Content) -> Result<T, EncodeError>,
    ) -> Result<T, EncodeError> {
        let sending = self.sending.as_mut().ok_or(EncodeError::OutOfTurn)?;
        let written = write(&mut sending.due)?;
        sending.awaits_continue &= bytes == 0;
        if sending.due.is_complete() {
            self.sending = None;
        }
        Ok(written)
    }

    /// Ends the content of a request, with `trailers` where it is chunked. A request that is
    /// complete already stays so.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BodyTooShort`] when declared content is missing; the connection is to be
    /// closed then, as nobody can tell the server. [`EncodeError::NoTrailers`] for trailers of
    /// content that is not chunked.
    pub fn encode_end(
        &mut self,
        trailers: Option<&Trailers>,
        out: &mut impl Output,
    ) -> Result<(), EncodeError> {
        let content = self.sending.map_or(Content::Nothing, |sending| sending.due);
        let ended = content.encode_end(trailers, out);
        match ended {
            Ok(()) => self.sending = None,
            Err(EncodeError::BodyTooShort) => self.stop(),
            Err(_) => {}
        }
        ended
    }

    /// Sends no more of the content that is due: a final response came before all of it was
    /// sent, and it would be wasted. What is awaited can still be read; then the connection
    /// closes, as its server waits for content.
    pub fn give_up_content(&mut self) {
        if self.sending.take().is_some() {
            self.closing = true;
            match self.unanswered.back_mut() {
                Some(sent) => sent.is_cut = true,
                None if self.reading == Reading::Switched => self.stop(),
                None => {}
            }
        }
    }

    /// Makes the requests that were sent the last on this connection; where none is awaited,
    /// closes it.
    pub fn close_after_response(&mut self) {
        self.closing = true;
    }

    /// Reads one event from the front of `input`, as [`Decoder::decode`] does.
    ///
    /// `(0, None)` while no response is awaited, and after the last one. The end of a response
    /// without a body takes no bytes, so call this with an empty slice too.
    ///
    /// # Errors
    ///
    /// As [`Decoder::decode`]; and [`ErrorKind::UnsolicitedResponse`] for bytes while no
    /// request is unanswered, [`ErrorKind::UnexpectedSwitch`] for a protocol that was not
    /// offered. The connection closes.
    #[inline]
    pub fn decode<'a>(&'a mut self, input: &'a [u8]) -> Result<(usize, Option<Event<'a>>), Error> {
        if let Reading::Stopped | Reading::Switched = self.reading {
            return self.decoder.failure().map_or(Ok((0, None)), Err);
        }
        let Some(oldest) = self.unanswered.front() else {
            if input.is_empty() {
                return Ok((0, None));
            }
            self.stop();
            return Err(self.decoder.fail_here(ErrorKind::UnsolicitedResponse));
        };
        if self.reading == Reading::Between {
            self.decoder.set_asked(oldest.asked.clone());
        }
        let (used, event) = match self.decoder.decode(input) {
            Ok(decoded) => decoded,
            Err(error) => {
                self.reading = Reading::Stopped;
                self.closing = true;
                self.sending = None;
                return Err(error);
            }
        };
        // Content can be due of the last request alone.
        let is_last = self.unanswered.len() == 1;
        match &event {
            Some(Event::Interim(head)) if head.status() == StatusCode::CONTINUE => {
                if let Some(sending) = &mut self.sending {
                    sending.awaits_continue &= !is_last;
                }
            }
            Some(Event::Response(head)) => {
                if let Some(sending) = &mut self.sending {
                    sending.awaits_continue &= !is_last;
                }
                self.is_http10 = head.version() == Version::Http10;
                self.reading = Reading::Response {
                    closes: !head.keep_alive(),
                    switches: head.switches(),
                };
                // Who is told `close` sends no more requests (RFC 9112 section 9.6).
                self.closing |= !head.keep_alive() && !head.switches();
            }
            Some(Event::End) => {
                let answered = self.unanswered.pop_front();
                self.reading = match self.reading {
                    _ if answered.is_some_and(|sent| sent.is_cut) => Reading::Stopped,
                    Reading::Response { switches: true, .. } => Reading::Switched,
                    Reading::Response { closes: true, .. } => Reading::Stopped,
                    _ if self.input_ended => Reading::Stopped,
                    _ => Reading::Between,
                };
                match self.reading {
                    Reading::Stopped => self.sending = None,
                    Reading::Switched => {}
                    // Bytes that nobody asked for may lie behind it.
                    _ => self.closing |= is_last && used < input.len(),
                }
            }
            Some(_) | None => {}
        }
        Ok((used, event))
    }

    /// Tells the connection that the server will send no more than what was decoded.
    ///
    /// A response that ends with the connection is complete with this: its
    /// [`Event::End`] is left to be decoded, with an empty slice. Decode what is in the
    /// buffer first. For a connection that was reset, or TLS that ended without
    /// `close_notify`, see [`Decoder::finish`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::IncompleteHead`] where a response is awaited and none has begun, and as
    /// [`Decoder::finish`] inside one. The connection closes.
    pub fn finish_input(&mut self) -> Result<(), Error> {
        self.input_ended = true;
        self.closing = true;
        if let Reading::Stopped | Reading::Switched = self.reading {
            return self.decoder.failure().map_or(Ok(()), Err);
        }
        if self.unanswered.is_empty() {
            self.stop();
            return Ok(());
        }
        let finished = match self.reading {
            Reading::Between if !self.decoder.is_mid_message() => {
                Err(self.decoder.fail_here(ErrorKind::IncompleteHead))
            }
            _ => self.decoder.finish(),
        };
        if finished.is_err() {
            self.stop();
        }
        finished
    }

    /// Nothing more is read or written.
    fn stop(&mut self) {
        self.reading = Reading::Stopped;
        self.sending = None;
        self.closing = true;
    }
}
