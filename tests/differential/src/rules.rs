//! Every disagreement there is, by name.

use std::net::Ipv6Addr;

use barewire_http1::ErrorKind::{self, *};

use crate::compare::Difference::{TheyRefuse, Value, WeRefuse};
use crate::compare::Outcome::{Accepted, Waiting, WillRefuse};
use crate::compare::What::{self, Switches};
use crate::compare::{Disagreement, Part};
use crate::peers::Peer::{self, HttpNet, Httparse, Hyper};
use Right::{Both, NotTheirs, They, We};

/// One class of disagreements: a row of DIFFERENCES.md.
pub struct Rule {
    pub name: &'static str,
    pub peers: &'static [Peer],
    /// What is in the input.
    pub input: &'static str,
    pub we: &'static str,
    pub they: &'static str,
    pub right: Right,
    /// As in `9112 section 5.1`.
    pub section: &'static str,
    pub why: &'static str,
    /// An input on which every one of the peers disagrees with us by this rule.
    pub example: &'static [u8],
    /// Whether this is such a disagreement. Asked only about the rule's own peers.
    pub explains: fn(&Disagreement<'_>) -> bool,
}

/// Who reads as the RFCs have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    We,
    They,
    /// The RFCs leave the choice.
    Both,
    /// It is not the peer's job.
    NotTheirs,
}

/// The rules that explain a disagreement.
pub fn explaining<'d>(
    disagreement: &'d Disagreement<'_>,
) -> impl Iterator<Item = &'static Rule> + 'd {
    RULES
        .iter()
        .filter(|rule| rule.peers.contains(&disagreement.peer) && (rule.explains)(disagreement))
}

/// A head is judged when it is whole, or a line: so some refuse later than others.
const LATER: &str = "waits for more, and refuses that";

pub const RULES: &[Rule] = &[
    Rule {
        name: "judged-later",
        peers: &[Httparse, HttpNet, Hyper],
        input: "a fault in a head or a line that is not whole yet",
        we: "refuse it at the first byte that is wrong",
        they: LATER,
        right: Both,
        section: "9112 section 2.2",
        why: "The verdict is the same as soon as the line or the head ends.",
        example: b"GET a ",
        explains: |d| matches!(d.difference, WeRefuse(_, WillRefuse)),
    },
    Rule {
        name: "judged-sooner",
        peers: &[Httparse],
        input: "a version that is not whole yet, or is 1.2 and followed by a fault",
        we: LATER,
        they: "refuses the version at once",
        right: Both,
        section: "9110 section 2.5",
        why: "Whether the answer is 505 depends on both digits.",
        example: b"GET / HTTP/3",
        explains: |d| matches!(d.difference, TheyRefuse(_, WillRefuse)) && refused_as(d, "Version"),
    },
    Rule {
        name: "bare-line-feed",
        peers: &[Httparse, Hyper],
        input: "LF without CR at the end of a line of the head",
        we: "refuse",
        they: "takes it for a line end",
        right: Both,
        section: "9112 section 2.2",
        why: "A recipient MAY take it; where one does and the next does not, they see different messages.",
        example: b"GET / HTTP/1.1\nHost: a\r\n\r\n",
        explains: |d| laxer(d, &[BareLineFeed]) && in_head(d) && d.from_error().starts_with(b"\n"),
    },
    Rule {
        name: "framing-not-judged",
        peers: &[Httparse],
        input: "Content-Length or Transfer-Encoding that frame no body",
        we: "refuse",
        they: "hands the fields over",
        right: NotTheirs,
        section: "9112 section 6.3",
        why: "It splits heads; what the fields say is its caller's matter.",
        example: b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n",
        explains: |d| {
            laxer(
                d,
                &[
                    InvalidContentLength,
                    DuplicateContentLength,
                    ContentLengthWithTransferEncoding,
                    TransferEncodingInHttp10,
                    InvalidTransferEncoding,
                    ChunkedNotFinal,
                    ChunkedTwice,
                    UnsupportedTransferCoding,
                ],
            )
        },
    },
    Rule {
        name: "host-not-judged",
        peers: &[Httparse, Hyper],
        input: "no Host in HTTP/1.1, two of them, or one that is no host",
        we: "refuse",
        they: "does not look at it",
        right: We,
        section: "9112 section 3.2",
        why: "A server MUST answer 400; left to the caller, it is mostly forgotten.",
        example: b"GET / HTTP/1.1\r\n\r\n",
        explains: |d| laxer(d, &[MissingHost, DuplicateHost, InvalidHost]),
    },
    Rule {
        name: "target-form-not-judged",
        peers: &[Httparse],
        input: "a target in no form, or in one that its method does not take",
        we: "refuse",
        they: "hands it over",
        right: NotTheirs,
        section: "9112 section 3.2",
        why: "It splits heads; whether a target is one is its caller's matter.",
        example: b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| laxer(d, &[InvalidTargetForm, InvalidAuthority]),
    },
    Rule {
        name: "fragment-in-target",
        peers: &[Httparse],
        input: "`#` in a target",
        we: "refuse",
        they: "hands it over",
        right: We,
        section: "9112 section 3.2",
        why: "No form of a target has a fragment; recipients differ on whether the path ends there.",
        example: b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| laxer(d, &[InvalidTargetByte]) && d.from_error().starts_with(b"#"),
    },
    Rule {
        name: "utf-8-in-target",
        peers: &[Httparse, Hyper],
        input: "a target with UTF-8 in it",
        we: "refuse",
        they: "hands it over",
        right: We,
        section: "9112 section 3.2",
        why: "A target is ASCII; a server that takes more has to guess its encoding.",
        example: b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| laxer(d, &[InvalidTargetByte]) && begins_with_utf_8(d.from_error()),
    },
    Rule {
        name: "minor-version-above-1",
        peers: &[Httparse, Hyper],
        input: "HTTP/1.2 and above",
        we: "read it as HTTP/1.1",
        they: "refuses",
        right: We,
        section: "9110 section 2.5",
        why: "A recipient SHOULD process it as the highest minor version it knows.",
        example: b"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
        explains: |d| stricter(d) && minor_above_1(d),
    },
    Rule {
        name: "target-outside-grammar",
        peers: &[HttpNet],
        input: "visible ASCII that RFC 3986 has not in a path, or `%` without two digits",
        we: "accept",
        they: "refuses",
        right: They,
        section: "9112 section 3.2",
        why: "An invalid line SHOULD get 400, but browsers send these as they are; the router decides.",
        example: b"GET /?a[]=1 HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| stricter(d) && refused_as(d, "InvalidTarget") && target_outside_grammar(d),
    },
    Rule {
        name: "ip-literal-not-judged",
        peers: &[HttpNet],
        input: "brackets in a host with no address in them",
        we: "refuse",
        they: "accepts any hexadecimal digits, colons and dots",
        right: We,
        section: "9112 section 3.2",
        why: "An invalid Host MUST get 400.",
        example: b"GET / HTTP/1.1\r\nHost: [1::2::3]\r\n\r\n",
        explains: |d| laxer(d, &[InvalidHost, InvalidAuthority, InvalidTargetForm]) && has_bad_literal(d),
    },
    Rule {
        name: "port-above-65535",
        peers: &[HttpNet],
        input: "CONNECT to a port above 65535",
        we: "refuse",
        they: "accepts any digits",
        right: We,
        section: "9110 section 9.3.6",
        why: "A server MUST reject an invalid port.",
        example: b"CONNECT b.example:99999 HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| laxer(d, &[InvalidAuthority]) && connect_port_above_65535(d),
    },
    Rule {
        name: "port-without-host",
        peers: &[HttpNet],
        input: "Host of a port alone",
        we: "accept",
        they: "refuses",
        right: They,
        section: "9110 section 4.2.1",
        why: "The grammar has it, but the URI that it makes has an empty host and MUST be rejected.",
        example: b"GET / HTTP/1.1\r\nHost: :80\r\n\r\n",
        explains: |d| stricter(d) && refused_as(d, "InvalidHost") && host_is_port(d),
    },
    Rule {
        name: "h2c-is-no-offer",
        peers: &[HttpNet],
        input: "an upgrade to h2c and to nothing else",
        we: "tell of the offer",
        they: "passes it over",
        right: Both,
        section: "9113 section 3.1",
        why: "The token is deprecated; a server that does not know it ignores it by itself.",
        example: b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        explains: |d| d.difference == Value(Switches) && offers_only_h2c(d),
    },
    Rule {
        name: "chunk-size-of-17-digits",
        peers: &[HttpNet],
        input: "a chunk size of more than 16 digits that begins with zeros",
        we: "read the number",
        they: "refuses",
        right: Both,
        section: "9112 section 7.1",
        why: "Any number of digits is one; no sender has a use for them, and our limit on the line bounds them.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000000\r\n\r\n",
        explains: |d| {
            matches!(d.difference, TheyRefuse(Part::Body, _))
                && refused_as(d, "InvalidChunkSize")
                && long_chunk_size(d)
        },
    },
    Rule {
        name: "bare-line-feed-in-trailers",
        peers: &[Hyper],
        input: "LF without CR in a trailer section",
        we: "refuse",
        they: "ends a field there, but not the section",
        right: We,
        section: "9112 section 7.1",
        why: "The leave to take LF for CR LF is not given for chunked bodies.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n\r\n",
        explains: |d| laxer(d, &[BareLineFeed]) && !in_head(d) && d.from_error().starts_with(b"\n"),
    },
    Rule {
        name: "target-form-for-any-method",
        peers: &[Hyper],
        input: "a target in no form, or in one that its method does not take",
        we: "refuse",
        they: "accepts any URI",
        right: We,
        section: "9112 section 3.2",
        why: "Each form is for its methods; a target that two recipients read differently is routed differently.",
        example: b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| laxer(d, &[InvalidTargetForm, InvalidAuthority]),
    },
    Rule {
        name: "target-rewritten",
        peers: &[Hyper],
        input: "a target in absolute form without a path, or with a scheme in capitals",
        we: "hand it over as it came",
        they: "adds `/`, writes the scheme small",
        right: Both,
        section: "9110 section 4.2.3",
        why: "The two are equivalent; only one of them is what was sent.",
        example: b"GET http://b.example?q HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| d.difference == Value(What::Start) && rewritten(d),
    },
    Rule {
        name: "fragment-dropped",
        peers: &[Hyper],
        input: "`#` in a target",
        we: "refuse",
        they: "cuts the target there",
        right: We,
        section: "9112 section 3.2",
        why: "No form of a target has a fragment; recipients differ on whether the path ends there.",
        example: b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| laxer(d, &[InvalidTargetByte]) && d.from_error().starts_with(b"#"),
    },
    Rule {
        name: "upgrade-without-connection",
        peers: &[Hyper],
        input: "Upgrade that is empty, or that Connection does not name",
        we: "pass it over",
        they: "takes it for an offer",
        right: We,
        section: "9110 section 7.8",
        why: "A sender MUST name it in Connection, so that it is meant for this recipient and no other.",
        example: b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
        explains: |d| d.difference == Value(Switches) && offers_without_connection(d),
    },
    Rule {
        name: "coding-over-length",
        peers: &[Hyper],
        input: "Content-Length beside Transfer-Encoding",
        we: "refuse",
        they: "goes by Transfer-Encoding, drops the length, closes behind the answer",
        right: Both,
        section: "9112 section 6.3",
        why: "A server MAY do either; such a request ought to be taken for an attack.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        explains: |d| {
            laxer(d, &[ContentLengthWithTransferEncoding, InvalidContentLength, DuplicateContentLength])
                && has_coding(d)
        },
    },
    Rule {
        name: "equal-lengths",
        peers: &[Hyper],
        input: "Content-Length twice, with equal numbers",
        we: "refuse",
        they: "reads the number",
        right: Both,
        section: "9110 section 8.6",
        why: "A recipient MAY either reject it or take the one number.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        explains: |d| laxer(d, &[DuplicateContentLength]) && !has_coding(d) && lengths_are_equal(d),
    },
    Rule {
        name: "coding-beneath-chunked",
        peers: &[Hyper],
        input: "a coding beneath the final chunked",
        we: "refuse, with 501",
        they: "takes the chunks off and hands over what is still coded",
        right: We,
        section: "9112 section 6.1",
        why: "A server SHOULD answer 501 to a coding that it does not take off.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        explains: |d| laxer(d, &[UnsupportedTransferCoding]),
    },
    Rule {
        name: "chunked-twice",
        peers: &[Hyper],
        input: "chunked twice",
        we: "refuse",
        they: "takes it off once",
        right: We,
        section: "9112 section 6.1",
        why: "A sender MUST NOT apply it twice; who takes it off twice sees another body.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        explains: |d| laxer(d, &[ChunkedTwice]),
    },
    Rule {
        name: "coding-list-malformed",
        peers: &[Hyper],
        input: "Transfer-Encoding that is no list, chunked behind its last comma",
        we: "refuse",
        they: "looks behind the last comma alone",
        right: We,
        section: "9112 section 6.1",
        why: "What cannot be read as a list of codings cannot be known to end in chunked.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: @, chunked\r\n\r\n0\r\n\r\n",
        explains: |d| laxer(d, &[InvalidTransferEncoding]),
    },
    Rule {
        name: "empty-coding-last",
        peers: &[Hyper],
        input: "an empty list member behind chunked",
        we: "pass it over",
        they: "refuses",
        right: We,
        section: "9110 section 5.6.1",
        why: "A recipient MUST ignore a reasonable number of empty members.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n",
        explains: |d| {
            stricter(d)
                && refused_as(d, "hyper::Error(Parse(Header(TransferEncodingInvalid)))")
                && last_coding_is_empty(d)
        },
    },
    Rule {
        name: "length-near-2-to-64",
        peers: &[Hyper],
        input: "a Content-Length of 2^64-1 or 2^64-2",
        we: "read the number",
        they: "refuses",
        right: Both,
        section: "9110 section 8.6",
        why: "No such body comes to an end; the limit on content refuses it long before.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n",
        explains: |d| stricter(d) && refused_as(d, "hyper::Error(Parse(TooLarge))") && length_is_huge(d),
    },
    Rule {
        name: "target-outside-uri",
        peers: &[Hyper],
        input: "visible ASCII that a URI has not",
        we: "accept",
        they: "refuses some",
        right: They,
        section: "9112 section 3.2",
        why: "An invalid line SHOULD get 400, but browsers send these as they are; the router decides.",
        example: b"GET /?\" HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| {
            stricter(d) && refused_as(d, "hyper::Error(Parse(Uri))") && target_outside_grammar(d)
        },
    },
    Rule {
        name: "chunk-extension-not-judged",
        peers: &[Hyper],
        input: "whitespace or an extension outside the grammar behind a chunk size",
        we: "refuse",
        they: "passes over everything up to CR",
        right: Both,
        section: "9112 section 7.1.1",
        why: "A recipient MUST ignore extensions it does not know; nothing says how it finds the end of what is none.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;=\r\n\r\n",
        explains: |d| laxer(d, &[InvalidChunkExtension]) && !in_head(d),
    },
    Rule {
        name: "connection-with-obs-text",
        peers: &[Hyper],
        input: "close or keep-alive in a Connection that has a byte above 0x7F too",
        we: "take it",
        they: "does not see it",
        right: We,
        section: "9112 section 9.6",
        why: "A list is read member by member; one that is no token does not hide the others.",
        example: b"GET / HTTP/1.1\r\nHost: a\r\nConnection: \xa0, close\r\n\r\n",
        explains: |d| d.difference == Value(What::KeepAlive) && connection_has_obs_text(d),
    },
    Rule {
        name: "chunk-sum-overflow",
        peers: &[Hyper],
        input: "chunks that add up to 2^64 and more",
        we: "refuse the size that passes it",
        they: "reads on",
        right: Both,
        section: "9112 section 7.1",
        why: "A recipient MUST prevent overflows; who does not add the sizes up has none.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nffffffffffffffff\r\n",
        explains: |d| laxer(d, &[ChunkSizeOverflow]),
    },
    Rule {
        name: "http2-preface-awaited",
        peers: &[HttpNet],
        input: "the beginning of HTTP/2's preface",
        we: "refuse its request line as any other",
        they: "waits for all of it, then refuses",
        right: Both,
        section: "9113 section 3.4",
        why: "It tells its caller to hand the connection to HTTP/2.",
        example: b"PRI * HTTP/2.0",
        explains: |d| {
            matches!(d.difference, WeRefuse(Part::Head, Waiting))
                && d.message == 0
                && b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".starts_with(d.input)
        },
    },
];

/// We refuse by one of these rules, and they do not.
fn laxer(d: &Disagreement<'_>, kinds: &[ErrorKind]) -> bool {
    matches!(d.difference, WeRefuse(_, Accepted | Waiting))
        && kinds.iter().any(|kind| d.we_refuse(*kind))
}

/// They refuse a head, and we do not.
fn stricter(d: &Disagreement<'_>) -> bool {
    matches!(d.difference, TheyRefuse(Part::Head, Accepted | Waiting))
}

/// They give this reason.
fn refused_as(d: &Disagreement<'_>, reason: &str) -> bool {
    d.refusal().is_some_and(|refusal| refusal.reason == reason)
}

/// Whether the request line says HTTP/1.2 or more.
fn minor_above_1(d: &Disagreement<'_>) -> bool {
    let line = d.line();
    let at = line.windows(7).rposition(|part| part == b"HTTP/1.");
    at.is_some_and(|at| matches!(line.get(at + 7), Some(b'2'..=b'9')))
}

/// Whether the first character is whole, and not ASCII.
fn begins_with_utf_8(bytes: &[u8]) -> bool {
    let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    text.chars().next().is_some_and(|first| !first.is_ascii())
}

fn target_outside_grammar(d: &Disagreement<'_>) -> bool {
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
fn has_bad_literal(d: &Disagreement<'_>) -> bool {
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

fn connect_port_above_65535(d: &Disagreement<'_>) -> bool {
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

fn host_is_port(d: &Disagreement<'_>) -> bool {
    let host = d.our_message().and_then(|message| message.field("host"));
    host.and_then(|host| host.strip_prefix(b":"))
        .is_some_and(|port| port.iter().all(u8::is_ascii_digit))
}

fn offers_only_h2c(d: &Disagreement<'_>) -> bool {
    let Some(message) = d.our_message() else {
        return false;
    };
    let offers = message.fields.iter().filter(|(name, _)| name == b"upgrade");
    let mut offers = offers
        .flat_map(|(_, value)| value.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii);
    message.switches == Some(true)
        && offers.all(|offer| offer.is_empty() || offer.eq_ignore_ascii_case(b"h2c"))
}

/// Whether there is a line of more than 16 hexadecimal digits behind the head, a zero first.
fn long_chunk_size(d: &Disagreement<'_>) -> bool {
    let Some(message) = d.our_message() else {
        return false;
    };
    let mut lines = d.input[message.head_end..].split(|byte| *byte == b'\n');
    lines.any(|line| {
        let digits = line
            .iter()
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count();
        digits > 16 && line[0] == b'0'
    })
}

/// Whether the head is not whole where we refuse.
fn in_head(d: &Disagreement<'_>) -> bool {
    d.our_message().is_none()
}

/// Whether they have our target with a small scheme, and `/` for no path.
fn rewritten(d: &Disagreement<'_>) -> bool {
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

fn offers_without_connection(d: &Disagreement<'_>) -> bool {
    let (Some(ours), Some(theirs)) = (d.our_message(), d.their_message()) else {
        return false;
    };
    ours.switches == Some(false) && theirs.switches == Some(true) && ours.field("upgrade").is_some()
}

/// Whether the head has Transfer-Encoding.
fn has_coding(d: &Disagreement<'_>) -> bool {
    let head = d.head().to_ascii_lowercase();
    head.windows(19).any(|line| line == b"\ntransfer-encoding:")
}

/// Whether all lengths in the head are the same number.
fn lengths_are_equal(d: &Disagreement<'_>) -> bool {
    let values = d.head().split(|byte| *byte == b'\n').filter_map(|line| {
        let (name, value) = line.split_at_checked(15)?;
        name.eq_ignore_ascii_case(b"content-length:")
            .then(|| value.trim_ascii())
    });
    let numbers: Vec<Option<u64>> = values
        .map(|value| str::from_utf8(value).ok()?.parse().ok())
        .collect();
    numbers.len() > 1 && numbers[0].is_some() && numbers.iter().all(|number| *number == numbers[0])
}

/// Whether nothing stands behind the last comma, or in the last line, of Transfer-Encoding.
fn last_coding_is_empty(d: &Disagreement<'_>) -> bool {
    let Some(message) = d.our_message() else {
        return false;
    };
    let last = message
        .fields
        .iter()
        .rfind(|(name, _)| name == b"transfer-encoding");
    last.is_some_and(|(_, value)| value.is_empty() || value.ends_with(b","))
}

fn length_is_huge(d: &Disagreement<'_>) -> bool {
    let length = d
        .our_message()
        .and_then(|message| message.field("content-length"));
    let digits = length.and_then(|length| str::from_utf8(length).ok());
    let number: Option<u64> = digits.and_then(|digits| digits.parse().ok());
    number.is_some_and(|number| number >= u64::MAX - 1)
}

fn connection_has_obs_text(d: &Disagreement<'_>) -> bool {
    let Some(message) = d.our_message() else {
        return false;
    };
    let mut options = message
        .fields
        .iter()
        .filter(|(name, _)| name == b"connection");
    options.any(|(_, value)| !value.is_ascii())
}
