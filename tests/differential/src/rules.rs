//! Every disagreement there is, by name.

use barewire_http1::ErrorKind::{self, *};

use crate::compare::Difference::{TheyRefuse, Value, WeRefuse};
use crate::compare::Outcome::{Accepted, Waiting, WillRefuse};
use crate::compare::What::Switches;
use crate::compare::{Disagreement, Part};
use crate::peers::Peer::{self, HttpNet, Httparse};
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
        peers: &[Httparse, HttpNet],
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
        peers: &[Httparse],
        input: "LF without CR at the end of a line of the head",
        we: "refuse",
        they: "takes it for a line end",
        right: Both,
        section: "9112 section 2.2",
        why: "A recipient MAY take it; where one does and the next does not, they see different messages.",
        example: b"GET / HTTP/1.1\nHost: a\r\n\r\n",
        explains: |d| laxer(d, &[BareLineFeed]) && d.from_error().starts_with(b"\n"),
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
        peers: &[Httparse],
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
        peers: &[Httparse],
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
        peers: &[Httparse],
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

/// Whether what we refuse is a host that begins with a bracket.
fn has_bad_literal(d: &Disagreement<'_>) -> bool {
    let host = match d.we_refuse(InvalidHost) {
        true => d.from_error(),
        // The error points at the target.
        false => {
            let target = d.from_error();
            let at = target.windows(3).position(|part| part == b"://");
            &target[at.map_or(0, |at| at + 3)..]
        }
    };
    host.starts_with(b"[")
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
