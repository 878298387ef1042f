//! A request head over the caller's slice: the request line, then the fields.
//!
//! ```text
//! request-line = method SP request-target SP HTTP-version CRLF
//! ```
//! <https://www.rfc-editor.org/rfc/rfc9112#section-3>

use core::fmt;

use crate::fields::{FieldSpan, Fields, Span};
use crate::framing::{BodyFraming, Conclusion, Expectation, FieldRules, HostRule};
use crate::header::HeaderScan;
use crate::limits::SECTION_BYTES_CEILING;
use crate::section::Progress;
use crate::syntax::{is_tchar, target_end, visit};
use crate::target::{self, TargetForm};
use crate::{Error, ErrorKind, Leniency, Limits, Method, Version};

/// Reads a request head from the front of `bytes`: the request line and the fields, up
/// to and including the empty line.
///
/// `index` takes one [`FieldSpan`] a field and so is a ceiling beside
/// [`Limits::fields_max`]. Nothing is copied and nothing is allocated. `Ok(None)` asks
/// for more: call again with the same bytes and what follows them. Each call reads from
/// the start; [`Decoder`](crate::Decoder) goes on where it stopped.
///
/// # Errors
///
/// The rule that was broken and the first byte that broke it, counted from the start
/// of `bytes`. The verdict does not depend on how many bytes follow that one.
pub fn parse_request_head<'a>(
    bytes: &'a [u8],
    index: &'a mut [FieldSpan],
    limits: &Limits,
) -> Result<Option<RequestHead<'a>>, Error> {
    let mut scan = RequestScan::default();
    match scan.advance(bytes, index, limits, HostRule::Required)? {
        Progress::Done(_) => {
            let conclusion = scan.conclude(limits, HostRule::Required)?;
            Ok(Some(scan.head(bytes, index, conclusion)))
        }
        Progress::More => Ok(None),
        Progress::IndexFull => Err(Error::new(ErrorKind::TooManyFields, scan.position())),
    }
}

/// A whole request head, over the caller's bytes.
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) index: &'a [FieldSpan],
    pub(crate) line: RequestLine,
    pub(crate) conclusion: Conclusion,
}

impl<'a> RequestHead<'a> {
    /// Bytes the head takes, from the first empty line before it to the empty line after it.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a head is never empty")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes of the head as they came.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method<'a> {
        Method::from_token(self.line.method.of(self.bytes))
    }

    /// The request target as it came: visible ASCII without `#`, never empty.
    #[must_use]
    pub fn target(&self) -> &'a [u8] {
        self.line.target.of(self.bytes)
    }

    /// The form of the target, which fits the method.
    #[must_use]
    pub fn target_form(&self) -> TargetForm {
        self.line.form
    }

    /// The version the request is treated as.
    #[must_use]
    pub fn version(&self) -> Version {
        self.line.version
    }

    /// The header fields.
    #[must_use]
    pub fn fields(&self) -> Fields<'a> {
        Fields::new(self.bytes, self.index)
    }

    /// The host and port the request is for: the target's authority where it has one,
    /// else the Host field (RFC 9112 section 3.3).
    #[must_use]
    pub fn host(&self) -> Option<&'a [u8]> {
        match self.line.form {
            TargetForm::Absolute => target::authority_of(self.target()),
            TargetForm::Authority => Some(self.target()),
            TargetForm::Origin | TargetForm::Asterisk => self.fields().get("host"),
        }
    }

    /// How the body is delimited.
    #[must_use]
    pub fn body_framing(&self) -> BodyFraming {
        self.conclusion.framing
    }

    /// Whether the client lets the connection serve another request after this one.
    #[must_use]
    pub fn keep_alive(&self) -> bool {
        self.conclusion.keep_alive
    }

    /// What the client expects before it sends the body.
    #[must_use]
    pub fn expectation(&self) -> Expectation {
        self.conclusion.expectation
    }

    /// Whether the client offers to switch protocols: `Upgrade`, named in `Connection`,
    /// in HTTP/1.1.
    #[must_use]
    pub fn offers_upgrade(&self) -> bool {
        self.conclusion.upgrade
    }

    /// The protocols the client offers to switch to, best first; none where
    /// [`offers_upgrade`](Self::offers_upgrade) is false.
    pub fn upgrade(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let offered = self.offers_upgrade();
        self.fields().list("upgrade").take_while(move |_| offered)
    }
}

impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method())
            .field("target", &format_args!("{}", self.target().escape_ascii()))
            .field("version", &self.version())
            .field("fields", &self.fields())
            .field("body_framing", &self.body_framing())
            .field("keep_alive", &self.keep_alive())
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLine {
    method: Span,
    target: Span,
    form: TargetForm,
    version: Version,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Empty lines before the request line, or its first byte.
    Start,
    /// The line feed of an empty line.
    EmptyLineFeed,
    Method,
    Target,
    /// `HTTP/1.1 CRLF`, so many bytes of it seen.
    Version,
    Fields,
}

/// How far a head has been read, and what it said so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestScan {
    phase: Phase,
    pos: u32,
    line: RequestLine,
    header: HeaderScan,
}

impl Default for RequestScan {
    fn default() -> Self {
        Self {
            phase: Phase::Start,
            pos: 0,
            line: RequestLine {
                method: Span::default(),
                target: Span::default(),
                form: TargetForm::Origin,
                version: Version::Http11,
            },
            header: HeaderScan::at(0),
        }
    }
}

impl RequestScan {
    /// Whether a byte of the head has been seen; empty lines before it do not count.
    pub(crate) fn has_begun(&self) -> bool {
        !matches!(self.phase, Phase::Start | Phase::EmptyLineFeed)
    }

    /// How many bytes have been looked at.
    pub(crate) fn position(&self) -> usize {
        match self.phase {
            Phase::Fields => self.header.end(),
            _ => self.pos as usize,
        }
    }

    /// What the fields say together, once `advance` has said `Done`.
    #[inline(always)]
    pub(crate) fn conclude(&self, limits: &Limits, host: HostRule) -> Result<Conclusion, Error> {
        let (version, end) = (self.line.version, self.header.end());
        self.header
            .facts
            .conclude(version, host, limits.body_bytes_max, end)
    }

    /// The head of which that was concluded.
    #[inline(always)]
    pub(crate) fn head<'a>(
        &self,
        bytes: &'a [u8],
        index: &'a [FieldSpan],
        conclusion: Conclusion,
    ) -> RequestHead<'a> {
        RequestHead {
            bytes: &bytes[..self.header.end()],
            index: &index[..self.header.count()],
            line: self.line,
            conclusion,
        }
    }

    #[inline(always)]
    pub(crate) fn advance(
        &mut self,
        bytes: &[u8],
        index: &mut [FieldSpan],
        limits: &Limits,
        host: HostRule,
    ) -> Result<Progress, Error> {
        let pos = match self.phase {
            Phase::Fields => self.header.end(),
            _ => match self.common_request_line(bytes, limits) {
                Some(pos) => pos,
                None if self.request_line(bytes, limits)? => self.header.end(),
                None => return Ok(Progress::More),
            },
        };
        let rules = FieldRules {
            host,
            equal_lengths: false,
        };
        self.header
            .advance(pos, bytes, index, limits, rules, Leniency::default())
    }

    /// Reads a request line as most are: GET, a path, HTTP/1.0 or 1.1, whole and first in
    /// the input, and says where it ends. `None` leaves any other to
    /// [`request_line`](Self::request_line), which begins at the first byte.
    #[inline(always)]
    fn common_request_line(&mut self, bytes: &[u8], limits: &Limits) -> Option<usize> {
        const TARGET: usize = b"GET ".len();
        if self.phase != Phase::Start || self.pos != 0 || bytes.first_chunk() != Some(b"GET /") {
            return None;
        }
        let target_end = target_end(bytes, TARGET);
        let Some([version @ .., minor, b'\r', b'\n']) =
            bytes.get(target_end..).and_then(<[u8]>::first_chunk::<11>)
        else {
            return None;
        };
        visit(11);
        let line_end = target_end + 11;
        if version != b" HTTP/1."
            || line_end > limits.start_line_bytes_max.min(SECTION_BYTES_CEILING)
            || limits.method_bytes_max < b"GET".len()
        {
            return None;
        }
        let version = match minor {
            b'1' => Version::Http11,
            b'0' => Version::Http10,
            _ => return None,
        };
        self.line.method = Span::new(0, TARGET - 1);
        self.line.target = Span::new(TARGET, target_end);
        self.line.form = TargetForm::Origin;
        self.begin_fields(line_end, version);
        Some(line_end)
    }

    /// Reads the request line; `false` asks for more.
    #[inline(never)]
    fn request_line(&mut self, bytes: &[u8], limits: &Limits) -> Result<bool, Error> {
        let budget = limits.start_line_bytes_max.min(SECTION_BYTES_CEILING);
        let window = &bytes[..bytes.len().min(budget)];
        loop {
            let done = match self.phase {
                Phase::Start => self.start(window)?,
                Phase::EmptyLineFeed => self.empty_line_feed(window)?,
                Phase::Method => self.method(window, limits.method_bytes_max)?,
                Phase::Target => self.target(window)?,
                Phase::Version => self.version(window)?,
                Phase::Fields => return Ok(true),
            };
            if !done {
                break;
            }
        }
        if (self.pos as usize) < budget {
            return Ok(false);
        }
        let kind = match self.phase {
            Phase::Method => ErrorKind::MethodTooLong,
            _ => ErrorKind::StartLineTooLong,
        };
        Err(Error::new(kind, budget))
    }

    /// A server ignores empty lines before the request line (RFC 9112 section 2.2).
    #[inline(always)]
    fn start(&mut self, window: &[u8]) -> Result<bool, Error> {
        let pos = self.pos as usize;
        let Some(&byte) = window.get(pos) else {
            return Ok(false);
        };
        match byte {
            b'\r' => {
                visit(1);
                self.pos += 1;
                self.phase = Phase::EmptyLineFeed;
            }
            b'\n' => return Err(Error::new(ErrorKind::BareLineFeed, pos)),
            _ => {
                visit(1);
                self.line.method.start = self.pos;
                self.phase = Phase::Method;
            }
        }
        Ok(true)
    }

    fn empty_line_feed(&mut self, window: &[u8]) -> Result<bool, Error> {
        let pos = self.pos as usize;
        match window.get(pos) {
            None => Ok(false),
            Some(b'\n') => {
                visit(1);
                self.pos += 1;
                self.phase = Phase::Start;
                Ok(true)
            }
            Some(_) => Err(Error::new(ErrorKind::BareCarriageReturn, pos - 1)),
        }
    }

    #[inline(always)]
    fn method(&mut self, window: &[u8], bytes_max: usize) -> Result<bool, Error> {
        let start = self.line.method.start as usize;
        let mut pos = self.pos as usize;
        while let Some(&byte) = window.get(pos) {
            visit(1);
            if !is_tchar(byte) {
                break;
            }
            if pos - start == bytes_max {
                return Err(Error::new(ErrorKind::MethodTooLong, pos));
            }
            pos += 1;
        }
        match window.get(pos) {
            None => {
                self.pos = pos as u32;
                Ok(false)
            }
            Some(b' ') if pos > start => {
                self.line.method.end = pos as u32;
                self.line.target.start = pos as u32 + 1;
                self.pos = pos as u32 + 1;
                self.phase = Phase::Target;
                Ok(true)
            }
            Some(b'\r' | b'\n') if pos > start => Err(Error::new(ErrorKind::MissingTarget, pos)),
            Some(_) => Err(Error::new(ErrorKind::InvalidMethod, pos)),
        }
    }

    #[inline(always)]
    fn target(&mut self, window: &[u8]) -> Result<bool, Error> {
        let pos = target_end(window, self.pos as usize);
        self.pos = pos as u32;
        let start = self.line.target.start as usize;
        let kind = match window.get(pos) {
            None => return Ok(false),
            Some(b' ') if pos > start => {
                self.line.target.end = pos as u32;
                // The method is compared, and the first byte of the target.
                visit(self.line.method.of(window).len() + 1);
                let method = Method::from_token(self.line.method.of(window));
                self.line.form = target::check(method, &window[start..pos])
                    .map_err(|kind| Error::new(kind, start))?;
                self.pos = pos as u32 + 1;
                self.phase = Phase::Version;
                return Ok(true);
            }
            Some(b' ') => ErrorKind::MissingTarget,
            Some(b'\r' | b'\n') if pos > start => ErrorKind::MissingVersion,
            Some(b'\r' | b'\n') => ErrorKind::MissingTarget,
            Some(_) => ErrorKind::InvalidTargetByte,
        };
        Err(Error::new(kind, pos))
    }

    /// HTTP-version = "HTTP/" DIGIT "." DIGIT, case-sensitive, then CRLF.
    #[inline(always)]
    fn version(&mut self, window: &[u8]) -> Result<bool, Error> {
        let start = self.line.target.end as usize + 1;
        let mut pos = self.pos as usize;
        if pos == start && window.get(pos..).and_then(<[u8]>::first_chunk) == Some(b"HTTP/1.1\r\n")
        {
            visit(10);
            self.begin_fields(start + 10, Version::Http11);
            return Ok(true);
        }
        while let Some(&byte) = window.get(pos) {
            visit(1);
            let step = pos - start;
            let fits = match step {
                0..=4 => byte == b"HTTP/"[step],
                5 | 7 => byte.is_ascii_digit(),
                6 => byte == b'.',
                8 => byte == b'\r',
                _ => byte == b'\n',
            };
            if !fits {
                return Err(self.version_fault(window, pos, step));
            }
            pos += 1;
            if step == 9 {
                return self.known_version(window, start).map(|version| {
                    self.begin_fields(pos, version);
                    true
                });
            }
        }
        self.pos = pos as u32;
        Ok(false)
    }

    #[cold]
    fn version_fault(&self, window: &[u8], pos: usize, step: usize) -> Error {
        match (step, window[pos]) {
            (8, b'\n') => Error::new(ErrorKind::BareLineFeed, pos),
            (9, _) => Error::new(ErrorKind::BareCarriageReturn, pos - 1),
            (0, b'\r' | b'\n') => Error::new(ErrorKind::MissingVersion, pos),
            _ => Error::new(ErrorKind::InvalidVersion, pos),
        }
    }

    fn known_version(&self, window: &[u8], start: usize) -> Result<Version, Error> {
        visit(2);
        match (window[start + 5], window[start + 7]) {
            (b'1', b'0') => Ok(Version::Http10),
            (b'1', _) => Ok(Version::Http11),
            _ => Err(Error::new(ErrorKind::UnsupportedVersion, start + 5)),
        }
    }

    #[inline(always)]
    fn begin_fields(&mut self, pos: usize, version: Version) {
        self.line.version = version;
        self.header.begin(pos);
        self.phase = Phase::Fields;
    }
}
