//! A response head over the caller's slice: the status line, then the fields.
//!
//! ```text
//! status-line = HTTP-version SP status-code SP [ reason-phrase ] CRLF
//! ```
//! <https://www.rfc-editor.org/rfc/rfc9112#section-4>

use core::fmt;

use crate::asked::Asked;
use crate::fields::{FieldSpan, Fields, Span};
use crate::framing::{FieldRules, HostRule, ResponseConclusion, ResponseFraming};
use crate::header::HeaderScan;
use crate::limits::SECTION_BYTES_CEILING;
use crate::section::Progress;
use crate::syntax::{value_end, visit};
use crate::{Error, ErrorKind, Leniency, Limits, StatusClass, StatusCode, Version};

/// Reads a response head from the front of `bytes`: the status line and the fields, up to
/// and including the empty line.
///
/// `asked` is what the response answers: whether a body follows depends on it. `index` takes
/// one [`FieldSpan`] a field and so is a ceiling beside [`Limits::fields_max`]. Nothing is
/// copied and nothing is allocated. `Ok(None)` asks for more: call again with the same bytes
/// and what follows them. Each call reads from the start; [`Decoder`](crate::Decoder) goes on
/// where it stopped.
///
/// # Errors
///
/// The rule that was broken and the first byte that broke it, counted from the start
/// of `bytes`. The verdict does not depend on how many bytes follow that one.
pub fn parse_response_head<'a>(
    bytes: &'a [u8],
    index: &'a mut [FieldSpan],
    asked: &Asked,
    limits: &Limits,
) -> Result<Option<ResponseHead<'a>>, Error> {
    let mut scan = ResponseScan::default();
    match scan.advance(bytes, index, limits, Leniency::default())? {
        Progress::Done(_) => {
            let conclusion = scan.conclude(bytes, index, limits, asked)?;
            Ok(Some(scan.head(bytes, index, conclusion)))
        }
        Progress::More => Ok(None),
        Progress::IndexFull => Err(Error::new(ErrorKind::TooManyFields, scan.position())),
    }
}

/// A whole response head, over the caller's bytes.
#[derive(Clone, Copy)]
pub struct ResponseHead<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) index: &'a [FieldSpan],
    pub(crate) line: StatusLine,
    pub(crate) conclusion: ResponseConclusion,
}

impl<'a> ResponseHead<'a> {
    /// Bytes the head takes, the empty line after it included.
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

    /// The version the response is treated as.
    #[must_use]
    pub fn version(&self) -> Version {
        self.line.version
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.line.status
    }

    /// The reason phrase as it came, perhaps empty: text for people, in no agreed encoding,
    /// that a client does not act on.
    #[must_use]
    pub fn reason(&self) -> &'a [u8] {
        self.line.reason.of(self.bytes)
    }

    /// The header fields.
    #[must_use]
    pub fn fields(&self) -> Fields<'a> {
        Fields::new(self.bytes, self.index)
    }

    /// How the body is delimited.
    #[must_use]
    pub fn body_framing(&self) -> ResponseFraming {
        self.conclusion.framing
    }

    /// What `Content-Length` says, whether or not a body follows: to HEAD it tells how long
    /// the answer to GET would be, in 304 how long the stored response is. `None` beside
    /// `Transfer-Encoding`, which overrides it.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.conclusion.length
    }

    /// Whether the server lets the connection serve another request after this one.
    #[must_use]
    pub fn keep_alive(&self) -> bool {
        self.conclusion.keep_alive
    }

    /// Whether this is 1xx: the response proper is still to come. (101 is not interim: no
    /// other response follows it.)
    #[must_use]
    pub fn is_interim(&self) -> bool {
        self.line.is_interim()
    }

    /// Whether what follows the head is no HTTP of this connection any more: 101, or 2xx to
    /// CONNECT.
    #[must_use]
    pub fn switches(&self) -> bool {
        self.conclusion.switches
    }
}

impl fmt::Debug for ResponseHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead")
            .field("version", &self.version())
            .field("status", &self.status())
            .field("reason", &format_args!("{}", self.reason().escape_ascii()))
            .field("fields", &self.fields())
            .field("body_framing", &self.body_framing())
            .field("keep_alive", &self.keep_alive())
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct StatusLine {
    version: Version,
    status: StatusCode,
    reason: Span,
}

impl StatusLine {
    fn is_interim(&self) -> bool {
        self.status.class() == StatusClass::Informational
            && self.status != StatusCode::SWITCHING_PROTOCOLS
    }
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Empty lines, where those are overlooked, or the first byte of the line.
    Start,
    /// The line feed of an empty line.
    EmptyLineFeed,
    /// `HTTP/1.1 200 `, so many bytes of it seen.
    Fixed,
    Reason,
    ReasonLineFeed,
    Fields,
}

/// How far a head has been read, and what it said so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResponseScan {
    phase: Phase,
    pos: u32,
    /// Where the status line begins.
    start: u32,
    line: StatusLine,
    header: HeaderScan,
}

impl Default for ResponseScan {
    fn default() -> Self {
        Self {
            phase: Phase::Start,
            pos: 0,
            start: 0,
            line: StatusLine {
                version: Version::Http11,
                status: StatusCode::OK,
                reason: Span::default(),
            },
            header: HeaderScan::at(0),
        }
    }
}

/// Offsets in a status line.
const MAJOR: usize = b"HTTP/".len();
const MINOR: usize = MAJOR + 2;
const CODE: usize = MINOR + 2;
const REASON: usize = CODE + 4;

impl ResponseScan {
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

    /// Whether the head, once `advance` has said `Done`, is of an interim response.
    pub(crate) fn is_interim(&self) -> bool {
        self.line.is_interim()
    }

    /// What the fields say together, once `advance` has said `Done`.
    #[inline(always)]
    pub(crate) fn conclude(
        &self,
        bytes: &[u8],
        index: &[FieldSpan],
        limits: &Limits,
        asked: &Asked,
    ) -> Result<ResponseConclusion, Error> {
        self.header.facts.conclude_response(
            self.line.version,
            self.line.status,
            asked,
            limits,
            Fields::new(bytes, &index[..self.header.count()]),
            self.start as usize + CODE,
        )
    }

    /// The head of which that was concluded.
    #[inline(always)]
    pub(crate) fn head<'a>(
        &self,
        bytes: &'a [u8],
        index: &'a [FieldSpan],
        conclusion: ResponseConclusion,
    ) -> ResponseHead<'a> {
        ResponseHead {
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
        leniency: Leniency,
    ) -> Result<Progress, Error> {
        let pos = match self.phase {
            Phase::Fields => self.header.end(),
            _ => match self.common_status_line(bytes, limits) {
                Some(pos) => pos,
                None if self.status_line(bytes, limits, leniency)? => self.header.end(),
                None => return Ok(Progress::More),
            },
        };
        let rules = FieldRules {
            host: HostRule::Unchecked,
            equal_lengths: leniency.equal_lengths,
        };
        self.header
            .advance(pos, bytes, index, limits, rules, leniency)
    }

    /// Reads a status line as most are: HTTP/1.1 or 1.0, a code, a reason, whole and first in
    /// the input, and says where it ends. `None` leaves any other to
    /// [`status_line`](Self::status_line), which begins at the first byte.
    #[inline(always)]
    fn common_status_line(&mut self, bytes: &[u8], limits: &Limits) -> Option<usize> {
        if self.phase != Phase::Start || self.pos != 0 {
            return None;
        }
        let Some(
            [
                b'H',
                b'T',
                b'T',
                b'P',
                b'/',
                b'1',
                b'.',
                minor,
                b' ',
                code @ ..,
                b' ',
            ],
        ) = bytes.first_chunk::<REASON>()
        else {
            return None;
        };
        let reason_end = value_end(bytes, REASON);
        if bytes.get(reason_end..reason_end + 2) != Some(b"\r\n") {
            return None;
        }
        visit(REASON + 2);
        let version = match minor {
            b'1' => Version::Http11,
            b'0' => Version::Http10,
            _ => return None,
        };
        let line_end = reason_end + 2;
        let status = StatusCode::from_digits(*code)?;
        if line_end > limits.start_line_bytes_max.min(SECTION_BYTES_CEILING) {
            return None;
        }
        self.line = StatusLine {
            version,
            status,
            reason: Span::new(REASON, reason_end),
        };
        self.begin_fields(line_end);
        Some(line_end)
    }

    /// Reads the status line; `false` asks for more.
    #[inline(never)]
    fn status_line(
        &mut self,
        bytes: &[u8],
        limits: &Limits,
        leniency: Leniency,
    ) -> Result<bool, Error> {
        let budget = limits.start_line_bytes_max.min(SECTION_BYTES_CEILING);
        let window = &bytes[..bytes.len().min(budget)];
        while let Some(&byte) = window.get(self.pos as usize) {
            let pos = self.pos as usize;
            visit(1);
            match (self.phase, byte) {
                (Phase::Start, b'\r') if leniency.empty_lines => self.phase = Phase::EmptyLineFeed,
                (Phase::Start, b'\n') if leniency.empty_lines && leniency.bare_line_feed => {}
                (Phase::EmptyLineFeed, b'\n') => self.phase = Phase::Start,
                (Phase::EmptyLineFeed, _) => {
                    return Err(Error::new(ErrorKind::BareCarriageReturn, pos - 1));
                }
                (Phase::Start, _) => {
                    self.start = self.pos;
                    self.phase = Phase::Fixed;
                    self.fixed(window, leniency)?;
                }
                (Phase::Fixed, _) => self.fixed(window, leniency)?,
                (Phase::Reason, _) => {
                    self.pos = value_end(window, pos) as u32;
                    match window.get(self.pos as usize) {
                        None => break,
                        Some(b'\r') => self.phase = Phase::ReasonLineFeed,
                        Some(b'\n') if leniency.bare_line_feed => {
                            self.reason_ended(self.pos);
                            return Ok(true);
                        }
                        Some(b'\n') => return Err(self.fault(ErrorKind::BareLineFeed)),
                        Some(_) => return Err(self.fault(ErrorKind::InvalidReason)),
                    }
                }
                (Phase::ReasonLineFeed, b'\n') => {
                    self.reason_ended(self.pos - 1);
                    return Ok(true);
                }
                (Phase::ReasonLineFeed, _) => {
                    return Err(Error::new(ErrorKind::BareCarriageReturn, pos - 1));
                }
                (Phase::Fields, _) => return Ok(true),
            }
            self.pos += 1;
        }
        if (self.pos as usize) < budget {
            return Ok(false);
        }
        Err(Error::new(ErrorKind::StartLineTooLong, budget))
    }

    /// Holds one byte to the part of the line whose places are fixed.
    fn fixed(&mut self, window: &[u8], leniency: Leniency) -> Result<(), Error> {
        let byte = window[self.pos as usize];
        let step = (self.pos - self.start) as usize;
        let line_ends = matches!(byte, b'\r' | b'\n');
        let kind = match step {
            0..MAJOR if byte == b"HTTP/"[step] => return Ok(()),
            MAJOR | MINOR if byte.is_ascii_digit() => return Ok(()),
            6 if byte == b'.' => return Ok(()),
            8 if byte == b' ' => {
                self.line.version = match &window[self.start as usize + MAJOR..][..3] {
                    b"1.0" => Version::Http10,
                    [b'1', ..] => Version::Http11,
                    _ => {
                        let major = self.start as usize + MAJOR;
                        return Err(Error::new(ErrorKind::UnsupportedVersion, major));
                    }
                };
                return Ok(());
            }
            8 | CODE if line_ends => ErrorKind::MissingStatusCode,
            ..CODE => ErrorKind::InvalidVersion,
            CODE | 10 | 11 if byte.is_ascii_digit() => {
                // 1 to 5 is a class; there is no other (RFC 9110 section 15).
                if step > CODE || matches!(byte, b'1'..=b'5') {
                    return Ok(());
                }
                ErrorKind::InvalidStatusCode
            }
            12 => {
                let code = self.start as usize + CODE;
                self.line.status = window[code..]
                    .first_chunk()
                    .and_then(|code| StatusCode::from_digits(*code))
                    .unwrap_or(StatusCode::OK);
                self.line.reason.start = self.pos;
                match byte {
                    b' ' => {
                        self.line.reason.start += 1;
                        self.phase = Phase::Reason;
                        return Ok(());
                    }
                    b'\r' if leniency.missing_reason => {
                        self.phase = Phase::ReasonLineFeed;
                        return Ok(());
                    }
                    b'\n' if leniency.missing_reason && leniency.bare_line_feed => {
                        // The line feed is seen again as the end of an empty reason.
                        self.phase = Phase::Reason;
                        self.pos -= 1;
                        return Ok(());
                    }
                    b'\r' | b'\n' => ErrorKind::MissingReasonSpace,
                    _ => ErrorKind::InvalidStatusCode,
                }
            }
            _ => ErrorKind::InvalidStatusCode,
        };
        Err(self.fault(kind))
    }

    fn fault(&self, kind: ErrorKind) -> Error {
        Error::new(kind, self.pos as usize)
    }

    fn reason_ended(&mut self, end: u32) {
        self.line.reason.end = end;
        self.begin_fields(self.pos as usize + 1);
    }

    #[inline(always)]
    fn begin_fields(&mut self, pos: usize) {
        self.header.begin(pos);
        self.phase = Phase::Fields;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::vec::Vec;

    use super::*;
    use crate::{Decoder, Event};

    /// Reads `line` with no fields behind it: whole, with more behind it, and cut anywhere.
    #[track_caller]
    fn read(line: &[u8]) -> Result<(Version, u16, Vec<u8>), (ErrorKind, u64)> {
        let fault = |error: Error| (error.kind, error.offset);
        let says = |head: ResponseHead<'_>| {
            let status = head.status().as_u16();
            (head.version(), status, head.reason().to_vec())
        };
        let parse = |bytes: &[u8]| {
            let mut index = [FieldSpan::default(); 2];
            let (asked, limits) = (Asked::default(), Limits::default());
            let head = parse_response_head(bytes, &mut index, &asked, &limits);
            head.map(|head| says(head.expect("whole"))).map_err(fault)
        };
        let whole = [line, b"\r\n"].concat();
        let outcome = parse(&whole);
        let longer = [&whole[..], b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n"].concat();
        assert_eq!(parse(&longer), outcome, "with more behind it");
        for cut in 0..whole.len() {
            let mut decoder = Decoder::client(Limits::default());
            let first = decoder.decode(&whole[..cut]).map(|_| ());
            let both = match first {
                Ok(()) => decoder.decode(&whole).map(|(_, event)| match event {
                    Some(Event::Response(head) | Event::Interim(head)) => says(head),
                    event => panic!("{event:?}"),
                }),
                Err(error) => Err(error),
            };
            assert_eq!(both.map_err(fault), outcome, "cut at {cut}");
        }
        outcome
    }

    #[track_caller]
    fn says(line: &str, version: Version, status: u16, reason: &[u8]) {
        let bytes: Vec<u8> = line.chars().map(|c| c as u8).collect();
        let expected = Ok((version, status, reason.to_vec()));
        assert_eq!(read(&bytes), expected, "{line:?}");
    }

    #[track_caller]
    fn breaks(line: &str, kind: ErrorKind, offset: u64) {
        let bytes: Vec<u8> = line.chars().map(|c| c as u8).collect();
        assert_eq!(read(&bytes), Err((kind, offset)), "{line:?}");
    }

    #[test]
    fn status_lines() {
        says("HTTP/1.1 200 OK\r\n", Version::Http11, 200, b"OK");
        says(
            "HTTP/1.0 404 Not Found\r\n",
            Version::Http10,
            404,
            b"Not Found",
        );
        says("HTTP/1.1 200 \r\n", Version::Http11, 200, b"");
        says("HTTP/1.1 200  \r\n", Version::Http11, 200, b" ");
        says("HTTP/1.1 599  a \t\r\n", Version::Http11, 599, b" a \t");
        says(
            "HTTP/1.1 418 \u{e9}\u{80}\u{ff}\r\n",
            Version::Http11,
            418,
            b"\xe9\x80\xff",
        );
        for minor in 2..=9 {
            says(
                &format!("HTTP/1.{minor} 200 OK\r\n"),
                Version::Http11,
                200,
                b"OK",
            );
        }
        for len in 0..70 {
            let reason = "r".repeat(len);
            let line = format!("HTTP/1.1 200 {reason}\r\n");
            says(&line, Version::Http11, 200, reason.as_bytes());
        }
    }

    #[test]
    fn every_status() {
        for code in 0..=999 {
            let line = format!("HTTP/1.1 {code:03} A reason\r\n");
            match code {
                // 101 was not offered.
                101 => breaks(&line, ErrorKind::UnexpectedSwitch, 9),
                100..600 => says(&line, Version::Http11, code, b"A reason"),
                _ => breaks(&line, ErrorKind::InvalidStatusCode, 9),
            }
        }
    }

    #[test]
    fn lines_that_are_none() {
        use ErrorKind::*;
        breaks("\r\n", InvalidVersion, 0);
        breaks("\n", InvalidVersion, 0);
        breaks(" HTTP/1.1 200 OK\r\n", InvalidVersion, 0);
        breaks("\0", InvalidVersion, 0);
        breaks("http/1.1 200 OK\r\n", InvalidVersion, 0);
        breaks("HTTP 200 OK\r\n", InvalidVersion, 4);
        breaks("HTTPS/1.1 200 OK\r\n", InvalidVersion, 4);
        breaks("HTTP/x.1 200 OK\r\n", InvalidVersion, 5);
        breaks("HTTP/1,1 200 OK\r\n", InvalidVersion, 6);
        breaks("HTTP/1.x 200 OK\r\n", InvalidVersion, 7);
        breaks("HTTP/1. 200 OK\r\n", InvalidVersion, 7);
        breaks("HTTP/1.10 200 OK\r\n", InvalidVersion, 8);
        breaks("HTTP/1.1\t200 OK\r\n", InvalidVersion, 8);
        breaks("HTTP/2.0 200 OK\r\n", UnsupportedVersion, 5);
        breaks("HTTP/0.9 200 OK\r\n", UnsupportedVersion, 5);
        breaks("HTTP/1.1\r\n", MissingStatusCode, 8);
        breaks("HTTP/1.1 \r\n", MissingStatusCode, 9);
        breaks("HTTP/1.1  200 OK\r\n", InvalidStatusCode, 9);
        breaks("HTTP/1.1 OK\r\n", InvalidStatusCode, 9);
        breaks("HTTP/1.1 +20 OK\r\n", InvalidStatusCode, 9);
        breaks("HTTP/1.1 2 OK\r\n", InvalidStatusCode, 10);
        breaks("HTTP/1.1 20\r\n", InvalidStatusCode, 11);
        breaks("HTTP/1.1 2000 OK\r\n", InvalidStatusCode, 12);
        breaks("HTTP/1.1 200\tOK\r\n", InvalidStatusCode, 12);
        breaks("HTTP/1.1 200OK\r\n", InvalidStatusCode, 12);
        breaks("HTTP/1.1 200\r\n", MissingReasonSpace, 12);
        breaks("HTTP/1.1 200\n", MissingReasonSpace, 12);
        breaks("HTTP/1.1 200 OK\n", BareLineFeed, 15);
        breaks("HTTP/1.1 200 OK\rX\n", BareCarriageReturn, 15);
        breaks("HTTP/1.1 200 OK\r\r\n", BareCarriageReturn, 15);
        breaks("HTTP/1.1 200 O\0K\r\n", InvalidReason, 14);
        breaks("HTTP/1.1 200 OK\x7f\r\n", InvalidReason, 15);
        breaks(
            "HTTP/1.1 200 a reason that is longer \x1b[2J\r\n",
            InvalidReason,
            37,
        );
        breaks("<!DOCTYPE html>\r\n", InvalidVersion, 0);
        breaks("ICY 200 OK\r\n", InvalidVersion, 0);
        breaks("GET / HTTP/1.1\r\n", InvalidVersion, 0);
    }

    #[test]
    fn a_line_that_has_not_come_whole_asks_for_more() {
        let line = b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n";
        for end in 0..line.len() {
            let mut index = [FieldSpan::default(); 2];
            let (asked, limits) = (Asked::default(), Limits::default());
            let told = parse_response_head(&line[..end], &mut index, &asked, &limits);
            assert!(matches!(told, Ok(None)), "{end}");
        }
    }

    /// Interim is every 1xx but 101, which no other response follows.
    #[test]
    fn interim_heads() {
        let asked = Asked::default().with_upgrade(b"x");
        for (status, interim) in [
            (100, true),
            (101, false),
            (102, true),
            (199, true),
            (200, false),
        ] {
            let head = format!("HTTP/1.1 {status} \r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
            let mut index = [FieldSpan::default(); 2];
            let head = parse_response_head(head.as_bytes(), &mut index, &asked, &Limits::default())
                .expect("valid")
                .expect("whole");
            assert_eq!(head.is_interim(), interim, "{status}");
            assert_eq!(head.switches(), status == 101, "{status}");
        }
    }
}
