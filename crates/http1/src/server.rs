use alloc::vec::Vec;

use crate::content::encode_length_field;
use crate::field_lines::{encode_options, is_protocol};
use crate::fields::members;
use crate::framing::Expectation;
use crate::{
    Content, ContentLength, DataFrame, Decoder, EncodeError, Error, Event, HostRule, HttpDate,
    Limits, Method, Output, RequestHead, ResponseHeadBuf, StatusClass, StatusCode, Trailers,
    Version,
};

/// One server connection: a request is decoded, then answered, then the next one.
///
/// Requests go in through [`decode`](Self::decode), answers come out of the `encode_*`
/// methods into the caller's buffer, and [`turn`](Self::turn) says what is due. Bytes
/// that follow a request are not looked at before its answer is complete, so pipelined
/// requests, leftovers of an upgrade and whatever a peer sends after `Connection: close`
/// all stay in the caller's buffer, untouched.
///
/// ```text
///            decode: Head             encode_head            content, encode_end
///   Read ────────────────────▶ Answer ──────────▶ Send ────────────────────┐
///    ▲  ◀─── body may still come: decode goes on in Answer and Send ───▶   │
///    └───────────── both sides done, connection may be kept ◀──────────────┤
///   Close ◀──── asked for by either side, an error, or a length not known ◀┤
///   Switch ◀─── 101, or 2xx to CONNECT ◀───────────────────────────────────┘
/// ```
///
/// # When something goes wrong
///
/// An error of [`decode`](Self::decode) makes an answer due where none has begun: encode a head
/// with [`Error::status`], which says that the connection closes, write it, end the writing side
/// of the socket, and read on for a moment, so that a reset does not take the answer away. Where
/// an answer has begun (the turn is [`Send`](Turn::Send) or [`Close`](Turn::Close)), close.
///
/// When time runs out inside a request, or it is to be refused before it has come, call
/// [`give_up_request`](Self::give_up_request) and answer in the same way, with 408 for time. Where
/// nothing of a request has come, close without a word.
#[derive(Clone, Debug)]
pub struct ServerConnection {
    decoder: Decoder,
    exchange: Exchange,
    /// The protocols that the request under way offers, separated by commas.
    offered: Vec<u8>,
}

/// What is due on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The client's: bytes for [`ServerConnection::decode`]: a new request, or the rest
    /// of one whose answer is already complete.
    Read,
    /// An answer is due; the body of the request, if any is left, may be decoded meanwhile.
    Answer,
    /// Content of the answer is due.
    Send,
    /// Nothing more will be read or written: close, and linger if the peer may still be sending.
    Close,
    /// The connection is another protocol's now; what is left in the buffer belongs to it.
    Switch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Head,
    Body,
    /// The request has been read; what follows waits.
    Ended,
    /// Nothing more will be read.
    Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// No request to answer.
    Idle,
    Head,
    Content(Content),
    Done,
}

/// One request and its answer.
#[derive(Clone, Copy, Debug)]
struct Exchange {
    reading: Reading,
    writing: Writing,
    request: RequestFacts,
    /// This exchange is the last one.
    closing: bool,
    switching: bool,
    /// Content that the answer would have had to GET.
    left_out: Option<Content>,
}

impl Exchange {
    const NEW: Self = Self {
        reading: Reading::Head,
        writing: Writing::Idle,
        request: RequestFacts::UNREAD,
        closing: false,
        switching: false,
        left_out: None,
    };

    fn begin(&mut self, head: &RequestHead<'_>) {
        self.request = RequestFacts::of(head);
        self.reading = Reading::Body;
        self.writing = Writing::Head;
        self.left_out = None;
    }

    /// The request has been read to its end.
    fn read(&mut self) {
        self.reading = Reading::Ended;
        self.conclude();
    }

    /// The answer has been written to its end.
    fn answered(&mut self) {
        self.writing = Writing::Done;
        self.conclude();
    }

    /// Begins the next exchange when both sides of this one are done.
    fn conclude(&mut self) {
        if self.reading == Reading::Ended && self.writing == Writing::Done && !self.switching {
            self.writing = Writing::Idle;
            self.reading = if self.closing {
                Reading::Stopped
            } else {
                Reading::Head
            };
        }
    }

    /// The request cannot be read on.
    fn fail(&mut self) {
        self.reading = Reading::Stopped;
        self.closing = true;
        if self.writing == Writing::Idle {
            self.request = RequestFacts::UNREAD;
            self.writing = Writing::Head;
            self.left_out = None;
        }
    }
}

/// What an answer has to know of its request.
#[derive(Clone, Copy, Debug)]
struct RequestFacts {
    is_head: bool,
    is_connect: bool,
    http10: bool,
    keep_alive: bool,
    /// 100-continue was asked for and neither sent nor made needless.
    awaits_continue: bool,
    offers_upgrade: bool,
}

impl RequestFacts {
    /// Of a request that could not be read.
    const UNREAD: Self = Self {
        is_head: false,
        is_connect: false,
        http10: false,
        keep_alive: false,
        awaits_continue: false,
        offers_upgrade: false,
    };

    fn of(head: &RequestHead<'_>) -> Self {
        let method = head.method();
        Self {
            is_head: method == Method::Head,
            is_connect: method == Method::Connect,
            http10: head.version() == Version::Http10,
            keep_alive: head.keep_alive(),
            awaits_continue: head.expectation() == Expectation::Continue,
            offers_upgrade: head.offers_upgrade(),
        }
    }
}

impl ServerConnection {
    /// A new connection.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            decoder: Decoder::server(limits),
            exchange: Exchange::NEW,
            offered: Vec::new(),
        }
    }

    /// The same with another rule on the Host field.
    #[must_use]
    pub fn with_host_rule(mut self, host: HostRule) -> Self {
        self.decoder = self.decoder.with_host_rule(host);
        self
    }

    /// Makes it as new, keeping its memory: for another connection.
    pub fn reset(&mut self) {
        self.decoder.reset();
        self.exchange = Exchange::NEW;
    }

    /// What is due.
    #[must_use]
    #[inline]
    pub fn turn(&self) -> Turn {
        match (self.exchange.writing, self.exchange.reading) {
            (Writing::Head, _) => Turn::Answer,
            (Writing::Content(_), _) => Turn::Send,
            (_, Reading::Ended) if self.exchange.switching => Turn::Switch,
            (_, Reading::Stopped) => Turn::Close,
            (Writing::Done, _) if self.exchange.closing && !self.exchange.switching => Turn::Close,
            (Writing::Idle | Writing::Done, _) => Turn::Read,
        }
    }

    /// Whether the client still owes bytes of its request's body.
    #[must_use]
    pub fn body_is_pending(&self) -> bool {
        self.exchange.reading == Reading::Body && self.decoder.is_in_body()
    }

    /// Whether the first byte of a request has come and its last has not.
    #[must_use]
    pub fn is_mid_request(&self) -> bool {
        matches!(self.exchange.reading, Reading::Head | Reading::Body)
            && self.decoder.is_mid_message()
    }

    /// Whether a client that asked for it still waits for 100 before it sends the body.
    #[must_use]
    pub fn awaits_continue(&self) -> bool {
        self.exchange.request.awaits_continue && self.body_is_pending()
    }

    /// Whether the connection will be closed after the answer under way, as far as is known.
    #[must_use]
    pub fn will_close(&self) -> bool {
        self.exchange.closing
            || (self.exchange.writing != Writing::Idle && !self.exchange.request.keep_alive)
    }

    /// Changes the content limit: of declared lengths from the next head on, of chunked content
    /// from the next chunk on, also of a request under way. It holds until it is set anew or the
    /// connection is [`reset`](Self::reset).
    ///
    /// For a limit that depends on the target, begin with the highest one, and hold
    /// [`RequestHead::body_framing`] against that of the target when the head is there.
    pub fn set_body_bytes_max(&mut self, bytes: u64) {
        self.decoder.set_body_bytes_max(bytes);
    }

    /// Reads one event from the front of `input`, as [`Decoder::decode`] does.
    ///
    /// `(0, None)` while an answer to a request that was read is not complete, and
    /// after the last exchange: what is in the buffer then waits, or is not HTTP. The end
    /// of a request without a body takes no bytes, so call this with an empty slice too.
    ///
    /// # Errors
    ///
    /// As [`Decoder::decode`]. An answer with [`Error::status`] may be encoded then if
    /// none was begun; the connection closes in either case.
    #[inline]
    pub fn decode<'a>(&'a mut self, input: &'a [u8]) -> Result<(usize, Option<Event<'a>>), Error> {
        if matches!(self.exchange.reading, Reading::Ended | Reading::Stopped) {
            return self.decoder.failure().map_or(Ok((0, None)), Err);
        }
        let (used, event) = match self.decoder.decode(input) {
            Ok(decoded) => decoded,
            Err(error) => {
                self.exchange.fail();
                return Err(error);
            }
        };
        match &event {
            Some(Event::Request(head)) => {
                self.exchange.begin(head);
                if head.offers_upgrade() {
                    self.offered.clear();
                    for protocol in head.upgrade() {
                        self.offered.extend_from_slice(protocol);
                        self.offered.push(b',');
                    }
                }
            }
            Some(Event::Data(_)) => self.exchange.request.awaits_continue = false,
            Some(Event::End) => self.exchange.read(),
            // A server's decoder tells of no responses.
            Some(Event::Trailers(_) | Event::Interim(_) | Event::Response(_)) | None => {}
        }
        Ok((used, event))
    }

    /// Tells the connection that the client will send no more than what was decoded.
    ///
    /// Decode what is in the buffer first: pipelined requests behind the one that is
    /// being answered would be dropped. An answer that is due can still be sent.
    ///
    /// # Errors
    ///
    /// As [`Decoder::finish`], inside a request.
    pub fn finish_input(&mut self) -> Result<(), Error> {
        match self.exchange.reading {
            Reading::Head | Reading::Body => {
                let result = self.decoder.finish();
                match result {
                    Err(_) => self.exchange.fail(),
                    // The end of a request that was read is still to be told.
                    Ok(()) if self.exchange.reading == Reading::Body => {
                        self.exchange.closing = true;
                    }
                    Ok(()) => {
                        self.exchange.reading = Reading::Stopped;
                        self.exchange.closing = true;
                    }
                }
                result
            }
            Reading::Ended | Reading::Stopped => {
                self.exchange.closing = true;
                Ok(())
            }
        }
    }

    /// Reads no more: of a request whose time is over, or that is refused before its end. Where
    /// its answer has not begun it is due now, and says that the connection closes; where
    /// nothing has come the connection closes without one.
    pub fn give_up_request(&mut self) {
        match self.exchange.reading {
            Reading::Head if !self.decoder.is_mid_message() => self.close_after_answer(),
            Reading::Head | Reading::Body => self.exchange.fail(),
            Reading::Ended | Reading::Stopped => self.exchange.closing = true,
        }
    }

    /// Makes the exchange under way the last on this connection; between requests,
    /// closes it.
    ///
    /// Call it before [`encode_head`](Self::encode_head) so that the client is told.
    pub fn close_after_answer(&mut self) {
        self.exchange.closing = true;
        if self.exchange.writing == Writing::Idle {
            self.exchange.reading = Reading::Stopped;
        }
    }

    /// Writes `100 Continue` if the client [waits for it](Self::awaits_continue), and nothing
    /// if not.
    ///
    /// # Errors
    ///
    /// As [`encode_interim`](Self::encode_interim).
    pub fn encode_continue(&mut self, out: &mut impl Output) -> Result<(), EncodeError> {
        if self.exchange.writing == Writing::Head && !self.awaits_continue() {
            return Ok(());
        }
        self.encode_interim(&ResponseHeadBuf::new(StatusCode::CONTINUE), out)
    }

    /// Writes an interim answer: 100, 103 or another 1xx but 101. Any number may precede
    /// the final one.
    ///
    /// # Errors
    ///
    /// [`EncodeError::WrongStatusClass`], [`EncodeError::NotInHttp10`], or
    /// [`EncodeError::OutOfTurn`] when no answer is due.
    pub fn encode_interim(
        &mut self,
        head: &ResponseHeadBuf,
        out: &mut impl Output,
    ) -> Result<(), EncodeError> {
        if head.status().class() != StatusClass::Informational
            || head.status() == StatusCode::SWITCHING_PROTOCOLS
        {
            return Err(EncodeError::WrongStatusClass);
        }
        if self.exchange.writing != Writing::Head {
            return Err(EncodeError::OutOfTurn);
        }
        if self.exchange.request.http10 {
            return Err(EncodeError::NotInHttp10);
        }
        if head.status() == StatusCode::CONTINUE {
            self.exchange.request.awaits_continue = false;
        }
        head.encode_start(out);
        out.put(b"\r\n");
        Ok(())
    }

    /// Writes `101 Switching Protocols` for one of the protocols the client offered.
    /// `head` gives further fields; its status has to be 101.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NoSwitch`] when `protocol` was not offered or the request has not been
    /// read to its end (the body comes first), [`EncodeError::InvalidFieldValue`] where
    /// `protocol` is not `name` or `name/version`, [`EncodeError::WrongStatusClass`],
    /// [`EncodeError::OutOfTurn`].
    pub fn encode_switch(
        &mut self,
        head: &ResponseHeadBuf,
        protocol: &str,
        out: &mut impl Output,
    ) -> Result<(), EncodeError> {
        if head.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(EncodeError::WrongStatusClass);
        }
        if self.exchange.writing != Writing::Head {
            return Err(EncodeError::OutOfTurn);
        }
        if !self.exchange.request.offers_upgrade || self.exchange.reading != Reading::Ended {
            return Err(EncodeError::NoSwitch);
        }
        if !is_protocol(protocol) {
            return Err(EncodeError::InvalidFieldValue);
        }
        // Names are compared without regard to case (RFC 9110 section 7.8).
        let is_offered =
            members(&self.offered).any(|offered| offered.eq_ignore_ascii_case(protocol.as_bytes()));
        if !is_offered {
            return Err(EncodeError::NoSwitch);
        }
        head.encode_start(out);
        out.put(b"Connection: upgrade\r\nUpgrade: ");
        out.put(protocol.as_bytes());
        out.put(b"\r\n\r\n");
        self.exchange.switching = true;
        self.exchange.writing = Writing::Done;
        Ok(())
    }

    /// Writes a final response head, with framing, `Connection` and `Date` as they have to be.
    ///
    /// Returns what has to follow. HEAD gets the fields that GET would get and no content. 2xx to
    /// CONNECT opens the tunnel (and the turn is [`Turn::Switch`]): who is no proxy answers 405.
    /// A client that asked for 100-continue and has sent nothing yet is told that the
    /// connection closes, since nobody can know what its next byte will be.
    ///
    /// `date` is left out where the head has a `Date` of its own. Without either there is none,
    /// which is for servers without a clock
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1>).
    ///
    /// # Errors
    ///
    /// [`EncodeError::OutOfTurn`] when no answer is due, [`EncodeError::WrongStatusClass`]
    /// for 1xx, [`EncodeError::BodyNotAllowed`] for content, or a length that is not known, with
    /// 204, 205 or 2xx to CONNECT.
    pub fn encode_head(
        &mut self,
        head: &ResponseHeadBuf,
        length: ContentLength,
        date: Option<HttpDate>,
        out: &mut impl Output,
    ) -> Result<Content, EncodeError> {
        let status = head.status();
        if status.class() == StatusClass::Informational {
            return Err(EncodeError::WrongStatusClass);
        }
        if self.exchange.writing != Writing::Head {
            return Err(EncodeError::OutOfTurn);
        }
        let tunnel = self.exchange.request.is_connect && status.class() == StatusClass::Successful;
        let no_content = matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT);
        if (no_content || tunnel) && length != ContentLength::Known(0) {
            return Err(EncodeError::BodyNotAllowed);
        }
        head.encode_start(out);
        if let Some(date) = date
            && !head.has_date()
        {
            date.encode(out);
        }
        let unframed =
            tunnel || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let content = match length {
            _ if unframed => Content::Nothing,
            ContentLength::Known(length) => {
                encode_length_field(length, out);
                match length {
                    0 => Content::Nothing,
                    length => Content::Length(length),
                }
            }
            ContentLength::Unknown if self.exchange.request.http10 => Content::UntilClose,
            ContentLength::Unknown => {
                out.put(b"Transfer-Encoding: chunked\r\n");
                Content::Chunked
            }
        };
        let refused_tunnel = self.exchange.request.is_connect && !tunnel;
        self.exchange.closing |= head.closes()
            || !self.exchange.request.keep_alive
            || self.awaits_continue()
            || refused_tunnel
            || content == Content::UntilClose;
        if tunnel {
            self.exchange.switching = true;
        } else {
            let options = [
                (self.exchange.closing, b"close".as_slice()),
                (
                    !self.exchange.closing && self.exchange.request.http10,
                    b"keep-alive",
                ),
            ];
            encode_options(&options, head.offered().as_bytes(), out);
        }
        out.put(b"\r\n");
        let content = if self.exchange.request.is_head {
            Content::Nothing
        } else {
            content
        };
        let leaves_out = content == Content::Nothing && !no_content && !tunnel;
        self.exchange.left_out = leaves_out.then_some(match length {
            ContentLength::Known(length) => Content::Length(length),
            ContentLength::Unknown => Content::UntilClose,
        });
        self.exchange.writing = Writing::Content(content);
        if content == Content::Nothing {
            self.exchange.answered();
        }
        Ok(content)
    }

    /// Writes content: as it is, or as a chunk. Empty data writes nothing. Content of an answer
    /// that has none, to HEAD or with 304, is dropped: so the code that answers GET need not know
    /// that HEAD was asked.
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
        if let Some(left_out) = &mut self.exchange.left_out {
            return left_out.data_sent(data.len() as u64);
        }
        self.with_content(|content| content.encode_data(data, out))
    }

    /// What has to stand around so many bytes of content that the caller writes itself,
    /// so that they need not be copied. The bytes count as sent.
    ///
    /// # Errors
    ///
    /// As [`encode_data`](Self::encode_data); and [`EncodeError::OutOfTurn`] after
    /// [`Content::Nothing`], where no content may be written.
    pub fn frame_data(&mut self, bytes: u64) -> Result<DataFrame, EncodeError> {
        self.with_content(|content| content.frame_data(bytes))
    }

    /// Counts content that the caller sends by other means, such as `sendfile`.
    ///
    /// The answer is complete with its last declared byte. Not for chunked content, which
    /// [`frame_data`](Self::frame_data) is for.
    ///
    /// # Errors
    ///
    /// As [`frame_data`](Self::frame_data).
    pub fn data_sent(&mut self, bytes: u64) -> Result<(), EncodeError> {
        self.with_content(|content| content.data_sent(bytes))
    }

    #[inline]
    fn with_content<T>(
        &mut self,
        write: impl FnOnce(&mut Content) -> Result<T, EncodeError>,
    ) -> Result<T, EncodeError> {
        let Writing::Content(content) = &mut self.exchange.writing else {
            return Err(EncodeError::OutOfTurn);
        };
        let written = write(content)?;
        if content.is_complete() {
            self.exchange.answered();
        }
        Ok(written)
    }

    /// Ends the content of an answer, with `trailers` where it is chunked.
    ///
    /// An answer that is complete already stays so, and its trailers are dropped.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BodyTooShort`] when declared content is missing; the connection is
    /// to be closed then. [`EncodeError::NoTrailers`] for trailers of content that is not
    /// chunked.
    pub fn encode_end(
        &mut self,
        trailers: Option<&Trailers>,
        out: &mut impl Output,
    ) -> Result<(), EncodeError> {
        let content = match self.exchange.writing {
            Writing::Head => return Err(EncodeError::OutOfTurn),
            Writing::Idle | Writing::Done => return Ok(()),
            Writing::Content(content) => content,
        };
        match content.encode_end(trailers, out) {
            Ok(()) => {
                self.exchange.answered();
                Ok(())
            }
            Err(error) => {
                if error == EncodeError::BodyTooShort {
                    self.exchange.closing = true;
                    self.exchange.reading = Reading::Stopped;
                    self.exchange.writing = Writing::Done;
                }
                Err(error)
            }
        }
    }
}
