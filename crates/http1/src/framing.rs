//! What the fields of a head say about its body and its connection.
//!
//! Facts are collected while the fields are read, and judged together at the end of
//! the head, so that the order of the fields decides nothing.

use crate::asked::Asked;
use crate::authority::Authority;
use crate::fields::{FieldSpan, Fields, trim_ows};
use crate::syntax::{is_ows, is_tchar, visit};
use crate::{Error, ErrorKind, Limits, StatusClass, StatusCode, Version};

/// How the body of a request is delimited. It never ends with the connection.
///
/// <https://www.rfc-editor.org/rfc/rfc9112#section-6.3>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyFraming {
    /// No body.
    None,
    /// That many bytes, at least one.
    Length(u64),
    /// Chunks, then trailers.
    Chunked,
}

/// How the body of a response is delimited.
///
/// <https://www.rfc-editor.org/rfc/rfc9112#section-6.3>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseFraming {
    /// No body: a length of zero, or a response that never has one (to HEAD; 1xx, 204,
    /// 304), or a tunnel or another protocol begins behind the head.
    None,
    /// That many bytes, at least one.
    Length(u64),
    /// Chunks, then trailers.
    Chunked,
    /// Whatever comes before the server closes. Whether it was cut short cannot be known
    /// from the bytes: keep this until [`Event::End`](crate::Event::End), which looks the same as
    /// that of a response that is complete, and tell whoever depends on it.
    UntilClose,
}

/// What `Expect` asks for.
///
/// <https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Nothing, or the request is HTTP/1.0, where it is ignored.
    None,
    /// `100-continue`: the client waits for an interim answer before it sends the body. Whether
    /// it still does, [`ServerConnection::awaits_continue`](crate::ServerConnection::awaits_continue)
    /// knows.
    Continue,
    /// Something nobody has defined; the application may answer 417.
    Unknown,
}

/// Whether the Host field is held to RFC 9112 section 3.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostRule {
    /// Exactly one valid `Host` in HTTP/1.1, at most one in HTTP/1.0.
    #[default]
    Required,
    /// Not looked at. For test suites whose messages lack it; never for a server.
    Unchecked,
}

/// How the fields of a head are held to their rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldRules {
    pub(crate) host: HostRule,
    /// Several equal lengths are one.
    pub(crate) equal_lengths: bool,
}

const HOST: u8 = 1;
const CONTENT_LENGTH: u8 = 2;
const TRANSFER_ENCODING: u8 = 4;
const CLOSE: u8 = 8;
const KEEP_ALIVE: u8 = 16;
const UPGRADE_OPTION: u8 = 32;
const UPGRADE: u8 = 64;

/// What was seen so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    seen: u8,
    chunked: u8,
    last_is_chunked: bool,
    other_coding: bool,
    expectation: Expectation,
    content_length: u64,
    length_at: u32,
    coding_at: u32,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            seen: 0,
            chunked: 0,
            last_is_chunked: false,
            other_coding: false,
            expectation: Expectation::None,
            content_length: 0,
            length_at: 0,
            coding_at: 0,
        }
    }
}

/// First letters of the names that matter here, by their lengths: every other field is
/// passed by on these two.
static LEADS: [u8; 32] = {
    let mut leads = [0; 32];
    leads[b"host".len()] = b'h';
    leads[b"expect".len()] = b'e';
    leads[b"upgrade".len()] = b'u';
    leads[b"connection".len()] = b'c';
    leads[b"content-length".len()] = b'c';
    leads[b"transfer-encoding".len()] = b't';
    leads
};

/// Whether a field frames its message or steers its connection: whether it is observed.
pub(crate) fn steers(name: &[u8]) -> bool {
    let lead = LEADS.get(name.len()).copied().unwrap_or(0);
    lead != 0 && name.first().is_some_and(|byte| byte | 0x20 == lead)
}

impl Facts {
    #[inline(always)]
    pub(crate) fn observe(
        &mut self,
        bytes: &[u8],
        span: &FieldSpan,
        rules: FieldRules,
    ) -> Result<(), Error> {
        let len = (span.name.end - span.name.start) as usize;
        let lead = LEADS.get(len).copied().unwrap_or(0);
        if lead == 0 {
            return Ok(());
        }
        visit(1);
        match bytes.get(span.name.start as usize) {
            // The one name of its length, and the one field that every request has.
            Some(byte) if byte | 0x20 == lead && len == b"host".len() => {
                self.host(bytes, span, rules.host)
            }
            Some(byte) if byte | 0x20 == lead => self.observe_candidate(bytes, span, rules),
            _ => Ok(()),
        }
    }

    #[inline(never)]
    fn observe_candidate(
        &mut self,
        bytes: &[u8],
        span: &FieldSpan,
        rules: FieldRules,
    ) -> Result<(), Error> {
        let name = span.name.of(bytes);
        let value = span.value.of(bytes);
        visit(name.len());
        match name.len() {
            6 if is_name(name, b"expect") => self.expect(value),
            // An empty list offers nothing.
            7 if is_name(name, b"upgrade") => each_member(value, |_| self.seen |= UPGRADE),
            10 if is_name(name, b"connection") => self.connection(value),
            14 if is_name(name, b"content-length") => {
                return self.content_length(value, *span, rules.equal_lengths);
            }
            17 if is_name(name, b"transfer-encoding") => {
                return self.transfer_encoding(value, *span);
            }
            _ => {}
        }
        Ok(())
    }

    #[inline(never)]
    fn host(&mut self, bytes: &[u8], span: &FieldSpan, rule: HostRule) -> Result<(), Error> {
        visit(b"host".len());
        if !is_name(span.name.of(bytes), b"host") || rule == HostRule::Unchecked {
            return Ok(());
        }
        let value = span.value.of(bytes);
        if self.seen & HOST != 0 {
            return Err(at(ErrorKind::DuplicateHost, span.name.start));
        }
        self.seen |= HOST;
        if !Authority::is_host_field(value) {
            return Err(at(ErrorKind::InvalidHost, span.value.start));
        }
        Ok(())
    }

    fn expect(&mut self, value: &[u8]) {
        each_member(value, |member| {
            if !member.is(b"100-continue") {
                self.expectation = Expectation::Unknown;
            } else if self.expectation == Expectation::None {
                self.expectation = Expectation::Continue;
            }
        });
    }

    fn connection(&mut self, value: &[u8]) {
        each_member(value, |option| {
            if option.is(b"close") {
                self.seen |= CLOSE;
            } else if option.is(b"keep-alive") {
                self.seen |= KEEP_ALIVE;
            } else if option.is(b"upgrade") {
                self.seen |= UPGRADE_OPTION;
            }
        });
    }

    /// Content-Length = 1*DIGIT. A list, even of equal numbers, is refused: what two
    /// recipients read differently is what smuggling is made of. A client may be told to
    /// overlook equal ones.
    fn content_length(
        &mut self,
        value: &[u8],
        span: FieldSpan,
        equal_lengths: bool,
    ) -> Result<(), Error> {
        visit(value.len());
        let again = self.seen & CONTENT_LENGTH != 0;
        if again && !equal_lengths {
            return Err(at(ErrorKind::DuplicateContentLength, span.name.start));
        }
        self.seen |= CONTENT_LENGTH;
        self.length_at = span.value.start;
        let invalid = at(ErrorKind::InvalidContentLength, span.value.start);
        let length = match equal_lengths {
            true => one_length(value),
            false => decimal(value),
        };
        let length = length.ok_or(invalid)?;
        if again && length != self.content_length {
            return Err(at(ErrorKind::DuplicateContentLength, span.name.start));
        }
        self.content_length = length;
        Ok(())
    }

    /// Transfer-Encoding = #transfer-coding; several lines form one list.
    fn transfer_encoding(&mut self, value: &[u8], span: FieldSpan) -> Result<(), Error> {
        self.seen |= TRANSFER_ENCODING;
        self.coding_at = span.value.start;
        let known = each_coding(value, |is_chunked| {
            self.last_is_chunked = is_chunked;
            self.other_coding |= !is_chunked;
            self.chunked = self.chunked.saturating_add(u8::from(is_chunked));
        });
        known.ok_or(at(ErrorKind::InvalidTransferEncoding, span.value.start))
    }

    /// Judges the facts of a whole head that ends at `end`.
    pub(crate) fn conclude(
        &self,
        version: Version,
        host: HostRule,
        body_bytes_max: u64,
        end: usize,
    ) -> Result<Conclusion, Error> {
        if version == Version::Http11 && host == HostRule::Required && self.seen & HOST == 0 {
            return Err(Error::new(ErrorKind::MissingHost, end));
        }
        let has = |fact| self.seen & fact != 0;
        let http11 = version == Version::Http11;
        Ok(Conclusion {
            framing: self.body_framing(version, body_bytes_max)?,
            keep_alive: !has(CLOSE) && (http11 || has(KEEP_ALIVE)),
            expectation: if http11 {
                self.expectation
            } else {
                Expectation::None
            },
            upgrade: http11 && has(UPGRADE) && has(UPGRADE_OPTION),
        })
    }

    /// RFC 9112 section 6.3, the part on requests; a request is never close-delimited.
    fn body_framing(&self, version: Version, body_bytes_max: u64) -> Result<BodyFraming, Error> {
        let has_length = self.seen & CONTENT_LENGTH != 0;
        if self.seen & TRANSFER_ENCODING == 0 {
            if self.content_length > body_bytes_max {
                return Err(at(ErrorKind::BodyTooLarge, self.length_at));
            }
            return Ok(match self.content_length {
                0 => BodyFraming::None,
                length => BodyFraming::Length(length),
            });
        }
        if has_length {
            let later = self.coding_at.max(self.length_at);
            return Err(at(ErrorKind::ContentLengthWithTransferEncoding, later));
        }
        self.chunked_alone(version)?;
        Ok(BodyFraming::Chunked)
    }
}

impl Facts {
    /// Judges the facts of a whole response head. `fields` are all of it, `status_at` is where
    /// its status code stands.
    pub(crate) fn conclude_response(
        &self,
        version: Version,
        status: StatusCode,
        asked: &Asked,
        limits: &Limits,
        fields: Fields<'_>,
        status_at: usize,
    ) -> Result<ResponseConclusion, Error> {
        let has = |fact| self.seen & fact != 0;
        let http11 = version == Version::Http11;
        let switches = status == StatusCode::SWITCHING_PROTOCOLS;
        if switches
            && !(http11
                && has(UPGRADE)
                && has(UPGRADE_OPTION)
                && fields.list("upgrade").all(|chosen| asked.offers(chosen)))
        {
            return Err(Error::new(ErrorKind::UnexpectedSwitch, status_at));
        }
        let tunnel = asked.is_connect() && status.class() == StatusClass::Successful;
        let interim = status.class() == StatusClass::Informational;
        let never = asked.is_head()
            || interim
            || tunnel
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let framing = match never {
            true => ResponseFraming::None,
            false => self.response_framing(version, limits.body_bytes_max)?,
        };
        // A message that says two lengths may be two messages to somebody else.
        let ambiguous = has(CONTENT_LENGTH) && has(TRANSFER_ENCODING);
        Ok(ResponseConclusion {
            framing,
            keep_alive: !has(CLOSE)
                && (http11 || has(KEEP_ALIVE))
                && framing != ResponseFraming::UntilClose
                && !ambiguous
                && !switches
                && !tunnel,
            switches: switches || tunnel,
            length: (has(CONTENT_LENGTH) && !has(TRANSFER_ENCODING)).then_some(self.content_length),
        })
    }

    /// RFC 9112 section 6.3, the part on responses that may have a body.
    fn response_framing(
        &self,
        version: Version,
        body_bytes_max: u64,
    ) -> Result<ResponseFraming, Error> {
        if self.seen & TRANSFER_ENCODING != 0 {
            // The coding overrides a length beside it.
            self.chunked_alone(version)?;
            return Ok(ResponseFraming::Chunked);
        }
        if self.content_length > body_bytes_max {
            return Err(at(ErrorKind::BodyTooLarge, self.length_at));
        }
        Ok(match self.content_length {
            _ if self.seen & CONTENT_LENGTH == 0 => ResponseFraming::UntilClose,
            0 => ResponseFraming::None,
            length => ResponseFraming::Length(length),
        })
    }

    /// Holds the codings to `chunked`, once and last.
    ///
    /// In a response the section lets a last coding that is not `chunked` end with the
    /// connection. What is beneath it cannot be read here, so it is refused as well.
    fn chunked_alone(&self, version: Version) -> Result<(), Error> {
        let kind = if version == Version::Http10 {
            ErrorKind::TransferEncodingInHttp10
        } else if !self.last_is_chunked {
            ErrorKind::ChunkedNotFinal
        } else if self.chunked > 1 {
            ErrorKind::ChunkedTwice
        } else if self.other_coding {
            ErrorKind::UnsupportedTransferCoding
        } else {
            return Ok(());
        };
        Err(at(kind, self.coding_at))
    }
}

/// The verdict on a whole response head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResponseConclusion {
    pub(crate) framing: ResponseFraming,
    pub(crate) keep_alive: bool,
    pub(crate) switches: bool,
    pub(crate) length: Option<u64>,
}

/// The verdict on a whole request head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conclusion {
    pub(crate) framing: BodyFraming,
    pub(crate) keep_alive: bool,
    pub(crate) expectation: Expectation,
    pub(crate) upgrade: bool,
}

/// Whether a field name is `known`, which is in lower case. Setting the case bit is exact
/// here: no other token character becomes a letter or "-" by it.
#[inline(always)]
fn is_name<const N: usize>(name: &[u8], known: &[u8; N]) -> bool {
    name.first_chunk::<N>().is_some_and(|name| {
        let pairs = name.iter().zip(known);
        pairs.fold(0, |differ, (byte, known)| differ | ((byte | 0x20) ^ known)) == 0
    })
}

/// A list member as it is read: its letters in lower case, packed, and its length. So a
/// long list is gone through once, not once to split it and once to compare.
#[derive(Clone, Copy, Default)]
struct Member {
    packed: u128,
    len: usize,
}

impl Member {
    /// Setting the case bit is exact for letters, digits and "-": no other byte of a field
    /// value becomes one of them by it.
    #[inline(always)]
    fn push(&mut self, byte: u8) {
        self.packed = self.packed << 8 | u128::from(byte | 0x20);
    }

    /// Whether this is `known`, which is in lower case and at most 16 bytes long.
    #[inline(always)]
    fn is<const N: usize>(&self, known: &[u8; N]) -> bool {
        const { assert!(N <= 16) };
        let packed = known
            .iter()
            .fold(0, |packed, byte| packed << 8 | u128::from(*byte));
        self.len == N && self.packed == packed
    }
}

/// Sees each non-empty member of a comma-separated value.
#[inline(always)]
fn each_member(value: &[u8], mut see: impl FnMut(Member)) {
    visit(value.len());
    let breaks = |byte: u8| matches!(byte, b',' | b' ' | b'\t');
    let mut pos = 0;
    while let Some(&byte) = value.get(pos) {
        if breaks(byte) {
            pos += 1;
            continue;
        }
        let start = pos;
        let mut member = Member::default();
        // Whitespace inside a member counts for its length alone, so that it equals no
        // known one; whitespace behind it does not count.
        loop {
            while let Some(&byte) = value.get(pos)
                && !breaks(byte)
            {
                member.push(byte);
                pos += 1;
            }
            member.len = pos - start;
            while value.get(pos).copied().is_some_and(is_ows) {
                pos += 1;
            }
            if matches!(value.get(pos), None | Some(b',')) {
                break;
            }
        }
        see(member);
    }
}

/// Tells of each transfer coding whether it is `chunked`; `None` outside the grammar.
///
/// transfer-coding = token *( OWS ";" OWS token BWS "=" BWS token )
///
/// Parameters with `chunked`, which takes none, and quoted strings are refused: no
/// coding uses them, and they would let a comma hide.
fn each_coding(value: &[u8], mut see: impl FnMut(bool)) -> Option<()> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Phase {
        Start,
        Coding,
        AfterCoding,
        NameStart,
        Name,
        AfterName,
        ValueStart,
        Value,
        AfterValue,
    }
    use Phase::*;
    visit(value.len());
    let mut phase = Start;
    let mut coding = Member::default();
    for &byte in value {
        phase = match (phase, byte) {
            (Start, b' ' | b'\t' | b',') => Start,
            (Coding | AfterCoding | Value | AfterValue, b',') => {
                see(coding.is(b"chunked"));
                coding = Member::default();
                Start
            }
            (Coding | AfterCoding, b';') if coding.is(b"chunked") => return None,
            (Coding | AfterCoding | Value | AfterValue, b';') => NameStart,
            (Name | AfterName, b'=') => ValueStart,
            (Coding | AfterCoding, b' ' | b'\t') => AfterCoding,
            (Name | AfterName, b' ' | b'\t') => AfterName,
            (Value | AfterValue, b' ' | b'\t') => AfterValue,
            (NameStart | ValueStart, b' ' | b'\t') => phase,
            (Start | Coding, _) if is_tchar(byte) => {
                coding.push(byte);
                coding.len += 1;
                Coding
            }
            (NameStart | Name, _) if is_tchar(byte) => Name,
            (ValueStart | Value, _) if is_tchar(byte) => Value,
            _ => return None,
        };
    }
    match phase {
        Start => Some(()),
        Coding | AfterCoding | Value | AfterValue => {
            see(coding.is(b"chunked"));
            Some(())
        }
        NameStart | Name | AfterName | ValueStart => None,
    }
}

/// 1*DIGIT, below 2^64.
#[inline]
pub(crate) fn decimal(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0_u64, |length, digit| {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        length.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// The one number that every member of a list is.
#[cold]
fn one_length(value: &[u8]) -> Option<u64> {
    let mut lengths = value.split(|byte| *byte == b',').map(trim_ows).map(decimal);
    let first = lengths.next()??;
    lengths.all(|length| length == Some(first)).then_some(first)
}

fn at(kind: ErrorKind, offset: u32) -> Error {
    Error::new(kind, offset as usize)
}

#[cfg(test)]
mod tests {
    use super::{Asked, Expectation, HostRule, ResponseFraming};
    use crate::{
        ErrorKind, FieldSpan, Limits, Method, RequestHead, ResponseHead, parse_request_head,
        parse_response_head,
    };

    /// What `read` makes of a head with this one field.
    #[track_caller]
    fn with<T>(field: &str, read: impl Fn(&RequestHead<'_>) -> T) -> T {
        let head = alloc::format!("GET / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n");
        let mut index = [FieldSpan::default(); 4];
        let head = parse_request_head(head.as_bytes(), &mut index, &Limits::default())
            .expect("valid")
            .expect("whole");
        read(&head)
    }

    #[track_caller]
    fn closes(value: &str, expected: bool) {
        let keep_alive = with(&alloc::format!("Connection:{value}"), |head| {
            head.keep_alive()
        });
        assert_eq!(!keep_alive, expected, "{value}");
    }

    #[test]
    fn connection_options_are_whole_members() {
        for value in [
            "close",
            " CLOSE ",
            "te,close",
            ", ,\tcLoSe\t,te",
            "keep-alive, close",
            "close,",
        ] {
            closes(value, true);
        }
        for value in [
            "",
            "clos",
            "closed",
            "xclose",
            "clo se",
            "close te",
            "te close",
            "close\tclose",
            "c,lose",
            "close;a",
            "a-very-long-option-that-ends-in-close",
            "\"close\"",
            "#lose",
        ] {
            closes(value, false);
        }
    }

    #[test]
    fn expectations_are_whole_members() {
        for (value, expected) in [
            ("100-continue", Expectation::Continue),
            ("100-CONTINUE ,", Expectation::Continue),
            ("", Expectation::None),
            (" , ", Expectation::None),
            ("100-con tinue", Expectation::Unknown),
            ("100-continue 100-continue", Expectation::Unknown),
            ("100-continue, other", Expectation::Unknown),
            ("other, 100-continue", Expectation::Unknown),
            ("100-continue=a", Expectation::Unknown),
            ("x100-continue", Expectation::Unknown),
        ] {
            let told = with(&alloc::format!("Expect: {value}"), |head| {
                head.expectation()
            });
            assert_eq!(told, expected, "{value}");
        }
    }

    /// Names that differ from a known one by the case bit alone are other names.
    #[test]
    fn names_are_compared_whole() {
        for (name, other) in [
            ("Content-Length", false),
            ("CONTENT-LENGTH", false),
            ("Content_Length", true),
            ("Content-Lengti", true),
            ("Content-Lengthh", true),
            ("Sontent-Length", true),
        ] {
            let framed = with(&alloc::format!("{name}: 5"), |head| {
                head.body_framing() == crate::BodyFraming::Length(5)
            });
            assert_eq!(framed, !other, "{name}");
        }
    }

    #[test]
    fn the_host_rule_can_be_left_out() {
        for (head, valid) in [
            (&b"GET / HTTP/1.1\r\n\r\n"[..], true),
            (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a b\r\n\r\n", true),
            (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", false),
        ] {
            let decoder = crate::Decoder::server(Limits::default());
            let mut decoder = decoder.with_host_rule(HostRule::Unchecked);
            assert_eq!(decoder.decode(head).is_ok(), valid);
        }
    }

    /// What `read` makes of a response with these fields to what was asked.
    #[track_caller]
    fn of_response<T>(
        asked: &Asked,
        status: u16,
        fields: &str,
        read: impl Fn(&ResponseHead<'_>) -> T,
    ) -> Result<T, ErrorKind> {
        let head = alloc::format!("HTTP/1.1 {status} \r\n{fields}\r\n");
        let mut index = [FieldSpan::default(); 8];
        parse_response_head(head.as_bytes(), &mut index, asked, &Limits::for_responses())
            .map(|head| read(&head.expect("whole")))
            .map_err(|error| error.kind)
    }

    #[test]
    fn what_was_asked_decides_what_follows() {
        let fields = "Content-Length: 5\r\n";
        let get = Asked::default();
        let upgrade = Asked::by(Method::Get).with_upgrade(b"x");
        let [head, connect] = [Method::Head, Method::Connect].map(Asked::by);
        assert_eq!(get, Asked::by(Method::Post));
        let none = ResponseFraming::None;
        let five = ResponseFraming::Length(5);
        for (asked, status, framing, switches) in [
            (&get, 200, five, false),
            (&get, 100, none, false),
            (&get, 204, none, false),
            (&get, 205, five, false),
            (&get, 304, none, false),
            (&get, 404, five, false),
            (&head, 200, none, false),
            (&head, 404, none, false),
            (&connect, 200, none, true),
            (&connect, 299, none, true),
            (&connect, 300, five, false),
            (&connect, 407, five, false),
            (&connect, 100, none, false),
            (&upgrade, 200, five, false),
        ] {
            let told = of_response(asked, status, fields, |head| {
                assert_eq!(head.content_length(), Some(5));
                (head.body_framing(), head.switches(), head.keep_alive())
            });
            let keep_alive = !switches;
            assert_eq!(
                told,
                Ok((framing, switches, keep_alive)),
                "{asked:?} {status}"
            );
        }
    }

    #[test]
    fn a_switch_is_to_what_was_offered() {
        #[track_caller]
        fn check(offered: &str, chosen: &str, switches: bool) {
            let asked = Asked::default().with_upgrade(offered.as_bytes());
            let fields = alloc::format!("Connection: Upgrade\r\nUpgrade: {chosen}\r\n");
            let told = of_response(&asked, 101, &fields, |head| {
                assert_eq!(head.body_framing(), ResponseFraming::None);
                head.switches()
            });
            let expected = match switches {
                true => Ok(true),
                false => Err(ErrorKind::UnexpectedSwitch),
            };
            assert_eq!(told, expected, "{offered:?} {chosen:?}");
        }
        check("a", "a", true);
        check("a", "A", true);
        check("a/1", "a/1", true);
        check(" a ,\tb/2,, ", "b/2", true);
        check("a, b", "b, a", true);
        check("a, b", "a,a", true);
        check("", "a", false);
        check(",", ",", false);
        check("a", "", false);
        check("a", "b", false);
        check("a", "a/1", false);
        check("a/1", "a", false);
        check("ab", "a", false);
        check("a b", "a", false);
        check("a", "a, b", false);
    }

    /// A length and a coding, each alone and both, in a response of either version.
    #[test]
    fn the_coding_overrides_the_length() {
        let read = |head: &ResponseHead<'_>| (head.body_framing(), head.keep_alive());
        let asked = Asked::default();
        let of = |fields| of_response(&asked, 200, fields, read);
        let chunked = ResponseFraming::Chunked;
        let until_close = ResponseFraming::UntilClose;
        assert_eq!(of(""), Ok((until_close, false)));
        assert_eq!(of("Connection: keep-alive\r\n"), Ok((until_close, false)));
        assert_eq!(
            of("Content-Length: 0\r\n"),
            Ok((ResponseFraming::None, true))
        );
        assert_eq!(of("Transfer-Encoding: chunked\r\n"), Ok((chunked, true)));
        for both in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        ] {
            assert_eq!(of(both), Ok((chunked, false)));
        }
        let list = "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n";
        assert_eq!(of(list), Err(ErrorKind::ChunkedNotFinal));
    }
}
