use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::asked::Asked;
use crate::authority::Authority;
use crate::field_lines::{FieldLines, MANAGED, Room, is_any_of, is_protocol_list};
use crate::syntax::{is_target_byte, is_token};
use crate::target::{self, TargetForm};
use crate::{EncodeError, Limits, Method};

/// A request head in the making: a method, a target, and fields.
///
/// Everything is checked and laid out as it is added, so a head that is sent again and again
/// is laid out once. `Host` comes from the constructor. Framing (`Content-Length`,
/// `Transfer-Encoding`) and `Connection` are no fields to add: they are decided when the head
/// is sent, by [`ClientConnection`](crate::ClientConnection).
///
/// ```
/// use barewire_http1::{Method, RequestHeadBuf};
///
/// let mut head = RequestHeadBuf::new(Method::Get, "example.org", "/hello?lang=en")?;
/// head.field("Accept", "text/plain")?;
/// # Ok::<(), barewire_http1::EncodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHeadBuf {
    /// The request line, with its line end.
    line: Vec<u8>,
    method_len: usize,
    lines: FieldLines,
    closes: bool,
    expects_continue: bool,
    accepts_trailers: bool,
    /// The protocols offered, as they stand in `Upgrade`; empty for none.
    offered: Box<[u8]>,
    room: Room,
}

impl RequestHeadBuf {
    /// A request to the server that has the resource: `target` is `/path?query`, or `*` with
    /// OPTIONS. `host` is `host` or `host:port`, the port left out where it is the scheme's
    /// own; it may be empty.
    ///
    /// The target is sent as it is: percent-encoding is the caller's.
    ///
    /// # Errors
    ///
    /// [`EncodeError::InvalidMethod`], [`EncodeError::InvalidTarget`] and
    /// [`EncodeError::InvalidHost`], for what a decoder would refuse, and for a target of
    /// another form; [`EncodeError::TooManyFields`] for a host that no field section holds.
    pub fn new(method: Method<'_>, host: &str, target: &str) -> Result<Self, EncodeError> {
        let forms = [TargetForm::Origin, TargetForm::Asterisk];
        Self::lay_out(method, target.as_bytes(), host.as_bytes(), &forms)
    }

    /// A request to a proxy: `target` is `http://host/path?query`, and `Host` its authority.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn absolute(method: Method<'_>, target: &str) -> Result<Self, EncodeError> {
        let target = target.as_bytes();
        let host = target::authority_of(target).ok_or(EncodeError::InvalidTarget)?;
        Self::lay_out(method, target, host, &[TargetForm::Absolute])
    }

    /// CONNECT: asks a proxy for a tunnel to `authority`, which is `host:port`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn connect(authority: &str) -> Result<Self, EncodeError> {
        let target = authority.as_bytes();
        Self::lay_out(Method::Connect, target, target, &[TargetForm::Authority])
    }

    fn lay_out(
        method: Method<'_>,
        target: &[u8],
        host: &[u8],
        forms: &[TargetForm],
    ) -> Result<Self, EncodeError> {
        const VERSION: &[u8] = b" HTTP/1.1\r\n";
        let limits = Limits::default();
        let token = method.as_bytes();
        if !is_token(token) || token.len() > limits.method_bytes_max {
            return Err(EncodeError::InvalidMethod);
        }
        // What was given as another token may be one of those with a name.
        let method = Method::from_token(token);
        let line_len = token.len() + 1 + target.len() + VERSION.len();
        if target.is_empty()
            || line_len > limits.start_line_bytes_max
            || !target.iter().copied().all(is_target_byte)
        {
            return Err(EncodeError::InvalidTarget);
        }
        let form = target::check(method, target).map_err(|_| EncodeError::InvalidTarget)?;
        if !forms.contains(&form) {
            return Err(EncodeError::InvalidTarget);
        }
        if !Authority::is_host_field(host) {
            return Err(EncodeError::InvalidHost);
        }
        let line = [token, b" ", target, VERSION].concat();
        let mut lines = FieldLines::default();
        // The first field, as RFC 9110 section 7.2 has it.
        let room = Room::of(&limits, ADDED_LATER);
        lines.add("Host", host, room)?;
        Ok(Self {
            line,
            method_len: token.len(),
            lines,
            closes: false,
            expects_continue: false,
            accepts_trailers: false,
            offered: Box::default(),
            room,
        })
    }

    /// The same for a recipient with other limits than the defaults: how many fields may be added,
    /// and how many bytes of them. Room is kept for what is added when the head is sent.
    #[must_use]
    pub fn with_limits(mut self, limits: &Limits) -> Self {
        self.room = Room::of(limits, ADDED_LATER);
        self
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method<'_> {
        Method::from_token(&self.line[..self.method_len])
    }

    /// Adds a field line.
    ///
    /// # Errors
    ///
    /// [`EncodeError::InvalidFieldName`] and [`EncodeError::InvalidFieldValue`] for what a
    /// decoder would refuse (a CR or LF above all) or trim, [`EncodeError::ManagedField`] for framing,
    /// `Host`, `Connection` and what has a method of its own here,
    /// [`EncodeError::TooManyFields`] past what [`Limits::default`] admits. The head is as
    /// before then.
    pub fn field(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<&mut Self, EncodeError> {
        if is_any_of(name, MANAGED) || is_any_of(name, &["host", "expect", "te"]) {
            return Err(EncodeError::ManagedField);
        }
        self.lines.add(name, value.as_ref(), self.room)?;
        Ok(self)
    }

    /// Says that this request is the last on its connection: `Connection: close`.
    pub fn close(&mut self) -> &mut Self {
        self.closes = true;
        self
    }

    /// Asks the server to say `100 Continue` before the content is sent, so that a request it
    /// refuses costs none: `Expect: 100-continue`. A server may never say it: send the content
    /// after a while (a second is usual) in any case.
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1>
    pub fn expect_continue(&mut self) -> &mut Self {
        self.expects_continue = true;
        self
    }

    /// Says that trailer fields will be looked at: `TE: trailers`.
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-10.1.4>
    pub fn accept_trailers(&mut self) -> &mut Self {
        self.accepts_trailers = true;
        self
    }

    /// Offers to switch to one of `protocols`, the best first, separated by commas:
    /// `websocket`, or `h2c, HTTP/2.0`. Takes the place of an earlier offer.
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-7.8>
    ///
    /// # Errors
    ///
    /// [`EncodeError::InvalidFieldValue`] where one of them is not `name` or `name/version`.
    pub fn offer_upgrade(&mut self, protocols: &str) -> Result<&mut Self, EncodeError> {
        if !is_protocol_list(protocols) {
            return Err(EncodeError::InvalidFieldValue);
        }
        self.offered = protocols.as_bytes().into();
        Ok(self)
    }

    /// Whether a field named `name` was added.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.lines.has(name)
    }

    /// The request line and the field lines as they will stand on the wire, each with its
    /// CRLF.
    pub(crate) fn parts(&self) -> [&[u8]; 2] {
        [&self.line, &self.lines.bytes]
    }

    pub(crate) fn closes(&self) -> bool {
        self.closes
    }

    pub(crate) fn expects_continue(&self) -> bool {
        self.expects_continue
    }

    pub(crate) fn accepts_trailers(&self) -> bool {
        self.accepts_trailers
    }

    pub(crate) fn offered(&self) -> &[u8] {
        &self.offered
    }

    pub(crate) fn asked(&self) -> Asked {
        let asked = Asked::by(self.method());
        match self.offered.is_empty() {
            true => asked,
            false => asked.with_upgrade(&self.offered),
        }
    }
}

/// Framing, `Connection`, `TE`, `Upgrade` and `Expect`, and one to spare.
const ADDED_LATER: usize = 6;
