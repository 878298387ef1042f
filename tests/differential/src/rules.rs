//! Every disagreement there is, by name.

use std::net::Ipv6Addr;

use barewire_http1::ErrorKind::{self, *};

use crate::compare::Difference::{self, TheyRefuse, Value, WeRefuse};
use crate::compare::Outcome::{Accepted, Waiting, WillRefuse};
use crate::compare::What::{self, Switches};
use crate::compare::{Disagreement, Part};
use crate::peers::Peer::{self, HttpNet, Httparse, Hyper, Llhttp};
use crate::reading::Message;
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

/// What llhttp.js says where Node keeps the reason to itself.
const UNTOLD: &str = "HPE_UNTOLD";

/// A head is judged when it is whole, or a line: so some refuse later than others.
const LATER: &str = "waits for more, and refuses that";

pub const RULES: &[Rule] = &[
    Rule {
        name: "judged-later",
        peers: &[Httparse, HttpNet, Hyper, Llhttp],
        input: "a fault in a head or a line that is not whole yet",
        we: "refuse it at the first byte that is wrong",
        they: LATER,
        right: Both,
        section: "9112 section 2.2",
        why: "The verdict is the same as soon as the line or the head ends.",
        example: b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nx",
        explains: |d| matches!(d.difference, WeRefuse(_, WillRefuse)),
    },
    Rule {
        name: "judged-sooner",
        peers: &[Httparse, Llhttp],
        input: "a fault in a token that is not whole yet",
        we: LATER,
        they: "refuses it",
        right: Both,
        section: "9112 section 2.2",
        why: "The verdict is the same as soon as the token ends; which it is may depend on all of it.",
        example: b"GET / HTTP/1.2",
        explains: |d| matches!(d.difference, TheyRefuse(_, WillRefuse)),
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
        peers: &[Httparse, Hyper, Llhttp],
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
        peers: &[Httparse, Llhttp],
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
        peers: &[Httparse, Hyper, Llhttp],
        input: "HTTP/1.2 and above",
        we: "read it as HTTP/1.1",
        they: "refuses",
        right: We,
        section: "9110 section 2.5",
        why: "A recipient SHOULD process it as the highest minor version it knows.",
        example: b"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
        explains: |d| {
            let reasons = ["Version", "hyper::Error(Parse(Version))", "HPE_INVALID_VERSION: Invalid HTTP version"];
            stricter(d) && code_in(d, &reasons) && minor_above_1(d)
        },
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
        peers: &[Hyper, Llhttp],
        input: "a target in no form, or in one that its method does not take",
        we: "refuse",
        they: "accepts any URI",
        right: We,
        section: "9112 section 3.2",
        why: "Each form is for its methods; a target that two recipients read differently is routed differently.",
        example: b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| laxer(d, &[InvalidTargetForm, InvalidAuthority]) && !awaits_preface(d),
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
        peers: &[Hyper, Llhttp],
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
        peers: &[Hyper, Llhttp],
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
        peers: &[Hyper, Llhttp],
        input: "an empty list member behind chunked",
        we: "pass it over",
        they: "refuses",
        right: We,
        section: "9110 section 5.6.1",
        why: "A recipient MUST ignore a reasonable number of empty members.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n",
        explains: |d| {
            let reasons = ["hyper::Error(Parse(Header(TransferEncodingInvalid)))", "HPE_INVALID_TRANSFER_ENCODING"];
            stricter(d) && code_in(d, &reasons) && last_coding_is_empty(d)
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
        peers: &[Hyper, Llhttp],
        input: "whitespace or an extension outside the grammar behind a chunk size",
        we: "refuse",
        they: "passes over everything up to CR",
        right: Both,
        section: "9112 section 7.1.1",
        why: "A recipient MUST ignore extensions it does not know; nothing says how it finds the end of what is none.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;=\r\n\r\n",
        explains: |d| laxer(d, &[InvalidChunkExtension]),
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
        peers: &[Hyper, Llhttp],
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
        peers: &[HttpNet, Llhttp],
        input: "the beginning of HTTP/2's preface",
        we: "refuse its request line as any other",
        they: "waits for all of it, then refuses",
        right: Both,
        section: "9113 section 3.4",
        why: "It tells its caller to hand the connection to HTTP/2.",
        example: b"PRI * HTTP/2.0",
        explains: awaits_preface,
    },
    Rule {
        name: "connect-with-content",
        peers: &[Llhttp],
        input: "Content-Length or Transfer-Encoding on CONNECT",
        we: "take what follows for content, and no message behind it",
        they: "ends the message with its head, and takes no message behind it",
        right: Both,
        section: "9110 section 9.3.6",
        why: "CONNECT has no content, HTTP/1.1 frames it all the same; either way the connection becomes a tunnel or closes.",
        example: b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
        explains: connect_with_content,
    },
    Rule {
        name: "pri-is-a-preface",
        peers: &[Llhttp],
        input: "the method PRI",
        we: "read it as any other method",
        they: "takes nothing but the preface of HTTP/2",
        right: Both,
        section: "9113 section 3.4",
        why: "No application has this method; the target of the preface is refused here.",
        example: b"PRI / HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| {
            let head = d.difference == Difference::OnlyWeHave(Part::Head) || stricter(d);
            head && d.line().starts_with(b"PRI ") && d.refusal().is_none_or(|refusal| refusal.reason.contains("Preface"))
        },
    },
    Rule {
        name: "chunk-extension-whitespace",
        peers: &[Llhttp],
        input: "whitespace in a chunk extension, where the grammar has it",
        we: "pass over it",
        they: "refuses",
        right: We,
        section: "9112 section 7.1.1",
        why: "A recipient MUST parse such whitespace and remove it.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0 ; a\r\n\r\n",
        explains: |d| {
            let reasons = ["HPE_INVALID_CHUNK_SIZE", "HPE_STRICT: Invalid character in chunk extensions", UNTOLD];
            let space = matches!(d.their_byte(), Some(b' ' | b'\t'));
            stricter_in_body(d) && code_in(d, &reasons) && space
        },
    },
    Rule {
        name: "framing-field-in-trailers",
        peers: &[Llhttp],
        input: "Content-Length or Transfer-Encoding in a trailer section",
        we: "hand it over as a trailer, apart from the fields of the head",
        they: "judges it as if it stood in the head, and refuses",
        right: Both,
        section: "9110 section 6.5.1",
        why: "A sender MUST NOT send it; a recipient that keeps trailers apart may pass it over.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n",
        explains: |d| {
            let reasons = [
                "HPE_INVALID_CONTENT_LENGTH",
                "HPE_UNEXPECTED_CONTENT_LENGTH",
                "HPE_INVALID_TRANSFER_ENCODING",
                UNTOLD,
            ];
            let line = d.their_line().to_ascii_lowercase();
            let frames = line.starts_with(b"content-length") || line.starts_with(b"transfer-encoding");
            stricter_in_body(d) && code_in(d, &reasons) && frames
        },
    },
    Rule {
        name: "tab-behind-value",
        peers: &[Llhttp],
        input: "a tab behind a value of Content-Length, Transfer-Encoding or Connection",
        we: "trim it",
        they: "refuses, or does not see the value",
        right: We,
        section: "9112 section 5.1",
        why: "Whitespace around a value is no part of it, tabs included.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\t\r\n\r\n",
        explains: |d| {
            let reasons = ["HPE_INVALID_CONTENT_LENGTH", "HPE_INVALID_TRANSFER_ENCODING"];
            let refused = stricter(d) && code_in(d, &reasons);
            refused && has_tab(d, &["content-length", "transfer-encoding"])
                || options_differ(d) && has_tab(d, &["connection"])
        },
    },
    Rule {
        name: "methods-by-list",
        peers: &[Llhttp],
        input: "a method that Node has no name for",
        we: "hand it over",
        they: "refuses",
        right: We,
        section: "9110 section 9.1",
        why: "A method is any token; 501 and 405 are the application's to answer.",
        example: b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| stricter(d) && code_in(d, &["HPE_INVALID_METHOD"]) && !has_listed_method(d),
    },
    Rule {
        name: "schemes-of-letters",
        peers: &[Llhttp],
        input: "a target whose scheme has a digit, `+`, `-` or `.`",
        we: "accept",
        they: "refuses",
        right: We,
        section: "3986 section 3.1",
        why: "A scheme has them after its first letter.",
        example: b"GET coap+tcp://b.example/ HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| {
            stricter(d)
                && code_in(d, &["HPE_INVALID_URL: Unexpected char in url schema"])
                && d.their_byte().is_some_and(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte))
        },
    },
    Rule {
        name: "request-without-version",
        peers: &[Llhttp],
        input: "a request line that ends behind the target, or before it",
        we: "refuse",
        they: "takes it for HTTP/0.9, with fields",
        right: We,
        section: "9112 section 3",
        why: "The version is not optional, and HTTP/0.9 has no fields.",
        example: b"GET /\n\r\n",
        explains: |d| {
            let no_target = laxer(d, &[MissingTarget]) && !d.from_error().starts_with(b" ");
            laxer(d, &[MissingVersion]) || no_target
        },
    },
    Rule {
        name: "version-0.9-or-2.0",
        peers: &[Llhttp],
        input: "HTTP/0.9 or HTTP/2.0 in the form of HTTP/1.1",
        we: "refuse, with 505",
        they: "accepts",
        right: We,
        section: "9110 section 2.5",
        why: "Another major version is another syntax; the answer is 505.",
        example: b"GET / HTTP/0.9\r\n\r\n",
        explains: |d| laxer(d, &[UnsupportedVersion]) && [&b"HTTP/0.9"[..], b"HTTP/2.0"].iter().any(|version| d.line().windows(8).any(|part| part == *version)),
    },
    Rule {
        name: "spaces-in-request-line",
        peers: &[Llhttp],
        input: "more than one space between the words of a request line",
        we: "refuse",
        they: "accepts",
        right: Both,
        section: "9112 section 3",
        why: "A recipient MAY split at whitespace instead; who does risks to be split otherwise by the next.",
        example: b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| laxer(d, &[MissingTarget, InvalidVersion]) && d.from_error().starts_with(b" ") && d.before_error().ends_with(b" "),
    },
    Rule {
        name: "line-feeds-before-request",
        peers: &[Llhttp],
        input: "CR or LF alone before a request line",
        we: "refuse",
        they: "passes over any number in any order",
        right: We,
        section: "9112 section 2.2",
        why: "A server SHOULD ignore an empty line there; these are none.",
        example: b"\n\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        explains: |d| laxer(d, &[BareLineFeed, BareCarriageReturn]) && before_request_line(d),
    },
    Rule {
        name: "coding-in-1.0",
        peers: &[Llhttp],
        input: "Transfer-Encoding in HTTP/1.0",
        we: "refuse",
        they: "goes by it",
        right: We,
        section: "9112 section 6.1",
        why: "Such framing MUST be treated as faulty: a recipient of that version may not have seen the field.",
        example: b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        explains: |d| laxer(d, &[TransferEncodingInHttp10]),
    },
    Rule {
        name: "empty-coding",
        peers: &[Llhttp],
        input: "Transfer-Encoding without a coding",
        we: "refuse",
        they: "passes it over, and goes by Content-Length",
        right: We,
        section: "9112 section 6.3",
        why: "The field is there, so that a length beside it does not count, and chunked is not its last coding.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n",
        explains: |d| laxer(d, &[ChunkedNotFinal, ContentLengthWithTransferEncoding]) && codings_are_empty(d),
    },
    Rule {
        name: "upgrade-in-1.0",
        peers: &[Llhttp],
        input: "an upgrade in HTTP/1.0",
        we: "pass it over",
        they: "takes it for an offer",
        right: We,
        section: "9110 section 7.8",
        why: "A server MUST ignore Upgrade in HTTP/1.0.",
        example: b"GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        explains: |d| d.difference == Value(Switches) && d.our_message().is_some_and(|ours| ours.minor == Some(0) && ours.switches == Some(false)),
    },
    Rule {
        name: "proxy-connection-counts",
        peers: &[Llhttp],
        input: "Proxy-Connection",
        we: "pass it over",
        they: "reads it as Connection",
        right: We,
        section: "9112 appendix C.2.2",
        why: "It is no field of HTTP, and old clients send it to those who are no proxies.",
        example: b"GET / HTTP/1.1\r\nHost: a\r\nProxy-Connection: close\r\n\r\n",
        explains: |d| {
            let names_it = |ours: &Message| ours.field("proxy-connection").is_some();
            d.difference == Value(What::KeepAlive) && d.our_message().is_some_and(names_it)
        },
    },
    Rule {
        name: "other-protocols",
        peers: &[Llhttp],
        input: "RTSP or ICE for HTTP in a version",
        we: "refuse",
        they: "accepts",
        right: We,
        section: "9112 section 2.3",
        why: "The name is HTTP; these are other protocols.",
        example: b"GET / RTSP/1.0\r\n\r\n",
        explains: |d| {
            let named = [&b"RTSP/"[..], b"ICE/"].iter().any(|name| d.from_error().starts_with(name));
            laxer(d, &[InvalidVersion]) && named
        },
    },
    Rule {
        name: "keep-alive-over-close",
        peers: &[Llhttp],
        input: "HTTP/1.0 with close and keep-alive",
        we: "close",
        they: "keeps the connection",
        right: We,
        section: "9112 section 9.3",
        why: "Close decides, whatever else is there.",
        example: b"GET / HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n",
        explains: |d| d.difference == Value(What::KeepAlive) && close_and_keep_alive_in_1_0(d),
    },
    Rule {
        name: "empty-upgrade",
        peers: &[Llhttp],
        input: "Upgrade without a protocol, named in Connection",
        we: "pass it over",
        they: "takes it for an offer",
        right: We,
        section: "9110 section 7.8",
        why: "There is nothing to switch to.",
        example: b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: ,\r\n\r\n",
        explains: |d| {
            let offers_nothing = |ours: &Message| ours.minor == Some(1) && members(ours, "upgrade").next().is_none();
            d.difference == Value(Switches) && d.our_message().is_some_and(offers_nothing)
        },
    },
    Rule {
        name: "upgrade-over-coding",
        peers: &[Llhttp],
        input: "an upgrade with Transfer-Encoding other than chunked",
        we: "refuse",
        they: "ends the message with its head",
        right: We,
        section: "9112 section 6.3",
        why: "There is a body, of a length that cannot be known.",
        example: b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        explains: |d| {
            let upgrades = |theirs: &Message| theirs.switches == Some(true) && theirs.method() != b"CONNECT";
            laxer(d, &[ChunkedNotFinal]) && !codings_are_empty(d) && d.their_message().is_some_and(upgrades)
        },
    },
    Rule {
        name: "quote-in-connection",
        peers: &[HttpNet],
        input: "a quotation mark in Connection, and an option behind it",
        we: "take the option",
        they: "takes all behind the mark for a quoted string",
        right: We,
        section: "9110 section 7.6.1",
        why: "Connection is a list of tokens, which have no quotes to hide a comma in.",
        example: b"GET / HTTP/1.1\r\nHost: a\r\nConnection: \", close\r\n\r\n",
        explains: |d| options_differ(d) && d.lines("connection").any(|value| value.contains(&b'"')),
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

/// They refuse what follows a head, and we do not.
fn stricter_in_body(d: &Disagreement<'_>) -> bool {
    matches!(d.difference, TheyRefuse(Part::Body, Accepted | Waiting))
}

/// The code they give begins with one of these.
fn code_in(d: &Disagreement<'_>, codes: &[&str]) -> bool {
    d.refusal()
        .is_some_and(|refusal| codes.iter().any(|code| refusal.reason.starts_with(code)))
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

fn offers_only_h2c(d: &Disagreement<'_>) -> bool {
    let Some(message) = d.our_message() else {
        return false;
    };
    let only = members(message, "upgrade").all(|offer| offer.eq_ignore_ascii_case(b"h2c"));
    message.switches == Some(true) && only
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
    d.lines("transfer-encoding").next().is_some()
}

/// Whether all lengths in the head are the same number.
fn lengths_are_equal(d: &Disagreement<'_>) -> bool {
    let numbers = d.lines("content-length").map(|value| {
        let digits = str::from_utf8(value.trim_ascii()).ok()?;
        digits.parse::<u64>().ok()
    });
    let numbers: Vec<_> = numbers.collect();
    numbers.len() > 1 && numbers[0].is_some() && numbers.iter().all(|number| *number == numbers[0])
}

/// Whether nothing stands behind the last comma, or in the last line, of Transfer-Encoding.
fn last_coding_is_empty(d: &Disagreement<'_>) -> bool {
    let last = d.lines("transfer-encoding").last();
    last.is_some_and(|value| value.trim_ascii().is_empty() || value.trim_ascii().ends_with(b","))
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

fn connect_with_content(d: &Disagreement<'_>) -> bool {
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
fn has_tab(d: &Disagreement<'_>, names: &[&str]) -> bool {
    names
        .iter()
        .any(|name| d.lines(name).any(|value| value.contains(&b'\t')))
}

/// Whether the method is one that Node knows in HTTP.
fn has_listed_method(d: &Disagreement<'_>) -> bool {
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

/// Whether what we refuse stands before the request line, among other line ends.
fn before_request_line(d: &Disagreement<'_>) -> bool {
    let before = d.before_error().get(d.start()..).unwrap_or_default();
    before.iter().all(|byte| b"\r\n".contains(byte))
}

/// Whether every Transfer-Encoding is an empty list.
fn codings_are_empty(d: &Disagreement<'_>) -> bool {
    d.lines("transfer-encoding")
        .all(|value| value.iter().all(|byte| b", \t".contains(byte)))
}

/// Whether the input ends inside the preface of HTTP/2, and they wait for the rest of it.
fn awaits_preface(d: &Disagreement<'_>) -> bool {
    matches!(d.difference, WeRefuse(Part::Head, Waiting))
        && b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".starts_with(&d.input[d.start()..])
}

fn close_and_keep_alive_in_1_0(d: &Disagreement<'_>) -> bool {
    let Some(ours) = d.our_message() else {
        return false;
    };
    let has =
        |option| members(ours, "connection").any(|member| member.eq_ignore_ascii_case(option));
    ours.minor == Some(0) && has(&b"close"[..]) && has(b"keep-alive")
}

/// The members that are not empty of a field that is a list.
fn members<'m>(message: &'m Message, name: &str) -> impl Iterator<Item = &'m [u8]> {
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
fn options_differ(d: &Disagreement<'_>) -> bool {
    let offered = d
        .our_message()
        .is_some_and(|ours| ours.switches == Some(true));
    d.difference == Value(What::KeepAlive) || d.difference == Value(Switches) && offered
}
