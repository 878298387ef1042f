//! What rules look for.

use std::net::Ipv6Addr;

use barewire_http1::ErrorKind::{self, *};

use crate::compare::Difference::{self, TheyRefuse, Value, WeRefuse};
use crate::compare::Outcome::{Accepted, Waiting};
use crate::compare::What::{Body, KeepAlive, Switches};
use crate::compare::{Disagreement, Part};
use crate::input::{Asked, Kind};
use crate::reading::{Message, Start};

/// What llhttp.js says where Node keeps the reason to itself.
pub(super) const UNTOLD: &str = "HPE_UNTOLD";

/// A head is judged when it is whole, or a line: so some refuse later than others.
pub(super) const LATER: &str = "waits for more, and refuses that";

/// We refuse by one of these rules, and they do not.
pub(super) fn laxer(d: &Disagreement<'_>, kinds: &[ErrorKind]) -> bool {
    matches!(d.difference, WeRefuse(_, Accepted | Waiting))
        && kinds.iter().any(|kind| d.we_refuse(*kind))
}

/// They refuse a head, and we do not.
pub(super) fn stricter(d: &Disagreement<'_>) -> bool {
    matches!(d.difference, TheyRefuse(Part::Head, Accepted | Waiting))
}

/// They refuse what follows a head, and we do not.
pub(super) fn stricter_in_body(d: &Disagreement<'_>) -> bool {
    matches!(d.difference, TheyRefuse(Part::Body, _))
}

/// The code they give begins with one of these.
pub(super) fn code_in(d: &Disagreement<'_>, codes: &[&str]) -> bool {
    d.refusal()
        .is_some_and(|refusal| codes.iter().any(|code| refusal.reason.starts_with(code)))
}

/// They give this reason.
pub(super) fn refused_as(d: &Disagreement<'_>, reason: &str) -> bool {
    d.refusal().is_some_and(|refusal| refusal.reason == reason)
}

/// Whether the request line says HTTP/1.2 or more.
pub(super) fn minor_above_1(d: &Disagreement<'_>) -> bool {
    let mut parts = d.line().windows(8);
    parts.any(|part| part.starts_with(b"HTTP/1.") && matches!(part[7], b'2'..=b'9'))
}

/// Whether the first character is whole, and not ASCII.
pub(super) fn begins_with_utf_8(bytes: &[u8]) -> bool {
    let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    text.chars().next().is_some_and(|first| !first.is_ascii())
}

pub(super) fn target_outside_grammar(d: &Disagreement<'_>) -> bool {
    let Some(message) = d.our_message() else {
        return false;
    };
    let target = message.target();
    let digits = |at: usize| {
        target
            .get(at + 1..at + 3)
            .is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    };
    target.iter().enumerate().any(|(at, byte)| match byte {
        b'%' => !digits(at),
        _ => b"\"<>[\\]^`{|}".contains(byte),
    })
}

/// Whether what we refuse is a host in brackets with no address in them.
pub(super) fn has_bad_literal(d: &Disagreement<'_>) -> bool {
    let word = d.from_error().split(|byte| b" \r\n".contains(byte)).next();
    let mut host = word.unwrap_or_default();
    // Where the target is wrong the error points at its first byte.
    if let Some(at) = host.windows(3).position(|part| part == b"://") {
        host = &host[at + 3..];
    }
    let inside = host
        .strip_prefix(b"[")
        .and_then(|rest| rest.split(|byte| *byte == b']').next());
    let text = inside.and_then(|inside| str::from_utf8(inside).ok());
    text.is_some_and(|text| text.parse::<Ipv6Addr>().is_err())
}

pub(super) fn connect_port_above_65535(d: &Disagreement<'_>) -> bool {
    let target = d.from_error();
    let end = target.iter().position(|byte| *byte == b' ').unwrap_or(0);
    let digits = target[..end]
        .rsplit(|byte| *byte == b':')
        .next()
        .unwrap_or_default();
    let port: Option<u64> = str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok());
    d.before_error().ends_with(b"CONNECT ") && port.is_some_and(|port| port > 65535)
}

pub(super) fn offers_only_h2c(d: &Disagreement<'_>) -> bool {
    let Some(message) = d.our_message() else {
        return false;
    };
    let only = members(message, "upgrade").all(|offer| offer.eq_ignore_ascii_case(b"h2c"));
    message.switches == Some(true) && only
}

/// Whether there is a line of more than 16 hexadecimal digits behind the head, a zero first.
pub(super) fn long_chunk_size(d: &Disagreement<'_>) -> bool {
    let Some(message) = d.our_message() else {
        return false;
    };
    let mut lines = d.input.bytes[message.head_end..].split(|byte| *byte == b'\n');
    lines.any(|line| {
        let digits = line
            .iter()
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count();
        digits > 16 && line[0] == b'0'
    })
}

/// Whether the head is not whole where we refuse.
pub(super) fn in_head(d: &Disagreement<'_>) -> bool {
    d.our_message().is_none()
}

/// Whether they have our target with a small scheme, and `/` for no path.
pub(super) fn rewritten(d: &Disagreement<'_>) -> bool {
    let (Some(ours), Some(theirs)) = (d.our_message(), d.their_message()) else {
        return false;
    };
    let target = String::from_utf8_lossy(ours.target());
    let Some((scheme, rest)) = target.split_once("://") else {
        return false;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let slash = if rest[end..].starts_with('/') {
        ""
    } else {
        "/"
    };
    let told = format!("{}://{}{slash}{}", scheme, &rest[..end], &rest[end..]);
    ours.method() == theirs.method() && theirs.target().eq_ignore_ascii_case(told.as_bytes())
}

pub(super) fn offers_without_connection(d: &Disagreement<'_>) -> bool {
    let (Some(ours), Some(theirs)) = (d.our_message(), d.their_message()) else {
        return false;
    };
    ours.switches == Some(false) && theirs.switches == Some(true) && ours.field("upgrade").is_some()
}

/// Whether the head has Transfer-Encoding.
pub(super) fn has_coding(d: &Disagreement<'_>) -> bool {
    d.lines("transfer-encoding").next().is_some()
}

/// Whether all lengths in the head are the same number.
pub(super) fn lengths_are_equal(d: &Disagreement<'_>) -> bool {
    let members = d
        .lines("content-length")
        .flat_map(|value| value.split(|byte| *byte == b','));
    let numbers = members.map(|value| {
        let digits = str::from_utf8(value.trim_ascii()).ok()?;
        digits.parse::<u64>().ok()
    });
    let numbers: Vec<_> = numbers.collect();
    numbers.len() > 1 && numbers[0].is_some() && numbers.iter().all(|number| *number == numbers[0])
}

/// Whether nothing stands behind the last comma, or in the last line, of Transfer-Encoding.
pub(super) fn last_coding_is_empty(d: &Disagreement<'_>) -> bool {
    let last = d.lines("transfer-encoding").last();
    last.is_some_and(|value| value.trim_ascii().is_empty() || value.trim_ascii().ends_with(b","))
}

pub(super) fn length_is_huge(d: &Disagreement<'_>) -> bool {
    let length = d
        .our_message()
        .and_then(|message| message.field("content-length"));
    let digits = length.and_then(|length| str::from_utf8(length).ok());
    let number: Option<u64> = digits.and_then(|digits| digits.parse().ok());
    number.is_some_and(|number| number >= u64::MAX - 1)
}

pub(super) fn connection_has_obs_text(d: &Disagreement<'_>) -> bool {
    let Some(message) = d.our_message() else {
        return false;
    };
    let mut options = message
        .fields
        .iter()
        .filter(|(name, _)| name == b"connection");
    options.any(|(_, value)| !value.is_ascii())
}

pub(super) fn connect_with_content(d: &Disagreement<'_>) -> bool {
    let Some(theirs) = d.their_message() else {
        return false;
    };
    let framed = matches!(
        d.difference,
        Difference::End | Difference::OnlyTheyHave(Part::Body) | WeRefuse(Part::Body, Accepted)
    );
    let framed = framed || laxer(d, &[ChunkedNotFinal]) && !codings_are_empty(d);
    framed && theirs.method() == b"CONNECT" && theirs.end == Some(theirs.head_end)
}

/// Whether a line of the head with one of these names has a tab in it.
pub(super) fn has_tab(d: &Disagreement<'_>, names: &[&str]) -> bool {
    names
        .iter()
        .any(|name| d.lines(name).any(|value| value.contains(&b'\t')))
}

/// Whether the method is one that Node knows in HTTP.
pub(super) fn has_listed_method(d: &Disagreement<'_>) -> bool {
    const LISTED: &str = "DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH \
        UNLOCK BIND REBIND UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH \
        PURGE MKCALENDAR LINK UNLINK SOURCE QUERY PRI";
    let method = d
        .line()
        .split(|byte| *byte == b' ')
        .next()
        .unwrap_or_default();
    LISTED.split(' ').any(|listed| listed.as_bytes() == method)
}

/// Whether what we refuse stands before the start line, among other line ends.
pub(super) fn before_start_line(d: &Disagreement<'_>) -> bool {
    let before = d.before_error().get(d.start()..).unwrap_or_default();
    before.iter().all(|byte| b"\r\n".contains(byte))
}

/// Whether every Transfer-Encoding is an empty list.
pub(super) fn codings_are_empty(d: &Disagreement<'_>) -> bool {
    d.lines("transfer-encoding")
        .all(|value| value.iter().all(|byte| b", \t".contains(byte)))
}

/// Whether the input ends inside the preface of HTTP/2, and they wait for the rest of it.
pub(super) fn awaits_preface(d: &Disagreement<'_>) -> bool {
    matches!(d.difference, WeRefuse(Part::Head, Waiting))
        && b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".starts_with(&d.input.bytes[d.start()..])
}

pub(super) fn close_and_keep_alive_in_1_0(d: &Disagreement<'_>) -> bool {
    let Some(ours) = d.our_message() else {
        return false;
    };
    let has =
        |option| members(ours, "connection").any(|member| member.eq_ignore_ascii_case(option));
    ours.minor == Some(0) && has(&b"close"[..]) && has(b"keep-alive")
}

/// The members that are not empty of a field that is a list.
pub(super) fn members<'m>(message: &'m Message, name: &str) -> impl Iterator<Item = &'m [u8]> {
    let lines = message
        .fields
        .iter()
        .filter(move |field| field.0 == name.as_bytes());
    let members = lines.flat_map(|(_, value)| value.split(|byte| *byte == b','));
    members
        .map(<[u8]>::trim_ascii)
        .filter(|member| !member.is_empty())
}

/// Whether they do not see an option of Connection that we see: one that closes or keeps, or the offer to switch.
pub(super) fn options_differ(d: &Disagreement<'_>) -> bool {
    let offered = d
        .our_message()
        .is_some_and(|ours| ours.switches == Some(true));
    d.difference == Value(KeepAlive) || d.difference == Value(Switches) && offered
}

/// Rules on the fields that frame a body.
pub(super) const FRAMING: &[ErrorKind] = &[
    InvalidContentLength,
    DuplicateContentLength,
    ContentLengthWithTransferEncoding,
    TransferEncodingInHttp10,
    InvalidTransferEncoding,
    ChunkedNotFinal,
    ChunkedTwice,
    UnsupportedTransferCoding,
];

/// Whether they have our status with an empty reason, and ours is not ASCII.
pub(super) fn reason_is_dropped(d: &Disagreement<'_>) -> bool {
    let (Some(ours), Some(theirs)) = (d.our_message(), d.their_message()) else {
        return false;
    };
    let (
        Start::Response {
            status,
            reason: Some(reason),
        },
        Start::Response {
            status: told,
            reason: Some(rest),
        },
    ) = (&ours.start, &theirs.start)
    else {
        return false;
    };
    status == told && rest.is_empty() && !reason.is_ascii()
}

/// Whether we refuse three digits below 100 or above 599.
pub(super) fn status_is_outside(d: &Disagreement<'_>) -> bool {
    let digits = d
        .from_error()
        .get(..3)
        .and_then(|digits| str::from_utf8(digits).ok());
    let number: Option<u16> = digits.and_then(|digits| digits.parse().ok());
    number.is_some_and(|number| !(100..600).contains(&number))
}

/// Whether the response has no body, whatever its fields say.
pub(super) fn has_no_body(d: &Disagreement<'_>) -> bool {
    if d.input.kind == Kind::Requests {
        return false;
    }
    let status = d.line().get(9..12).unwrap_or_default();
    let tunnel = d.input.asked() == Asked::Connect && status.starts_with(b"2");
    let never = status.starts_with(b"1") || status == b"204" || status == b"304";
    never || tunnel || d.input.asked() == Asked::Head
}

/// Whether the body ends elsewhere for them, or is another.
pub(super) fn body_differs(d: &Disagreement<'_>) -> bool {
    matches!(
        d.difference,
        Difference::End
            | Difference::OnlyTheyHave(Part::Body)
            | Difference::OnlyWeHave(Part::Body)
            | Value(Body)
            | WeRefuse(Part::Body, _)
    )
}

/// Whether the value that our error points at begins with a fold.
pub(super) fn begins_with_fold(d: &Disagreement<'_>) -> bool {
    let value = d.from_error();
    let text = value.trim_ascii_start().len();
    value[..value.len() - text].contains(&b'\n')
}

/// Whether the host of the target has a percent-escape.
pub(super) fn host_is_escaped(d: &Disagreement<'_>) -> bool {
    let line = String::from_utf8_lossy(d.line());
    let target = line.split(' ').nth(1).unwrap_or_default();
    let authority = target.split_once("://").map_or(target, |(_, rest)| rest);
    let end = authority.find(['/', '?']).unwrap_or(authority.len());
    authority[..end].contains('%')
}
