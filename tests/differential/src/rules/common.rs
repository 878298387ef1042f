//! Rules on requests and responses alike.

use barewire_http1::ErrorKind::*;

use super::Example::Requests;
use super::Right::{Both, NotTheirs, We};
use super::Rule;
use super::signs::*;
use crate::compare::Difference::{TheyRefuse, Value, WeRefuse};
use crate::compare::Outcome::WillRefuse;
use crate::compare::Part;
use crate::compare::What::KeepAlive;
use crate::peers::Peer::{HttpNet, Httparse, Hyper, Llhttp};
use crate::reading::Message;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "judged-later",
        peers: &[Httparse, HttpNet, Hyper, Llhttp],
        input: "a fault in a head or a line that is not whole yet",
        we: "refuse it at the first byte that is wrong",
        they: LATER,
        right: Both,
        section: "9112 section 2.2",
        why: "The verdict is the same as soon as the line or the head ends.",
        example: Requests(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nx"),
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
        example: Requests(b"GET / HTTP/1.2"),
        explains: |d| matches!(d.difference, TheyRefuse(Part::Head, WillRefuse)),
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
        example: Requests(b"GET / HTTP/1.1\nHost: a\r\n\r\n"),
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
        example: Requests(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n"),
        explains: |d| laxer(d, FRAMING),
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
        example: Requests(b"GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
        explains: |d| {
            let reasons = ["Version", "hyper::Error(Parse(Version))", "HPE_INVALID_VERSION: Invalid HTTP version"];
            stricter(d) && code_in(d, &reasons) && minor_above_1(d)
        },
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
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000000\r\n\r\n"),
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
        why: "The leave to take LF for CR LF does not reach into chunked bodies (erratum 7633), of which trailers are a part.",
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n\r\n"),
        explains: |d| laxer(d, &[BareLineFeed]) && !in_head(d) && d.from_error().starts_with(b"\n"),
    },
    Rule {
        name: "equal-lengths",
        peers: &[Hyper],
        input: "Content-Length with equal numbers: twice, and in responses as a list",
        we: "refuse",
        they: "reads the number",
        right: Both,
        section: "9110 section 8.6",
        why: "A recipient MAY either reject it or take the one number.",
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"),
        explains: |d| laxer(d, &[DuplicateContentLength, InvalidContentLength]) && !has_coding(d) && lengths_are_equal(d),
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
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
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
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: @, chunked\r\n\r\n0\r\n\r\n"),
        explains: |d| laxer(d, &[InvalidTransferEncoding]) && !has_no_body(d),
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
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n"),
        explains: |d| stricter(d) && refused_as(d, "hyper::Error(Parse(TooLarge))") && length_is_huge(d),
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
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;=\r\n\r\n"),
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
        example: Requests(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: \xa0, close\r\n\r\n"),
        explains: |d| d.difference == Value(KeepAlive) && connection_has_obs_text(d),
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
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nffffffffffffffff\r\n"),
        explains: |d| laxer(d, &[ChunkSizeOverflow]),
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
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0 ; a\r\n\r\n"),
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
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n"),
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
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\t\r\n\r\n"),
        explains: |d| {
            let reasons = ["HPE_INVALID_CONTENT_LENGTH", "HPE_INVALID_TRANSFER_ENCODING"];
            let refused = stricter(d) && code_in(d, &reasons);
            let until_close = body_differs(d) || d.difference == Value(KeepAlive);
            refused && has_tab(d, &["content-length", "transfer-encoding"])
                || until_close && has_tab(d, &["transfer-encoding"])
                || options_differ(d) && has_tab(d, &["connection"])
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
        example: Requests(b"GET / HTTP/0.9\r\n\r\n"),
        explains: |d| laxer(d, &[UnsupportedVersion]) && [&b"HTTP/0.9"[..], b"HTTP/2.0"].iter().any(|version| d.line().windows(8).any(|part| part == *version)),
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
        example: Requests(b"GET / HTTP/1.1\r\nHost: a\r\nProxy-Connection: close\r\n\r\n"),
        explains: |d| {
            let names_it = |ours: &Message| ours.field("proxy-connection").is_some();
            d.difference == Value(KeepAlive) && d.our_message().is_some_and(names_it)
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
        example: Requests(b"GET / HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n"),
        explains: |d| d.difference == Value(KeepAlive) && close_and_keep_alive_in_1_0(d),
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
        example: Requests(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: \", close\r\n\r\n"),
        explains: |d| options_differ(d) && d.lines("connection").any(|value| value.contains(&b'"')),
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
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        explains: |d| laxer(d, &[UnsupportedTransferCoding]),
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
        example: Requests(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
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
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n"),
        explains: |d| laxer(d, &[ChunkedNotFinal, ContentLengthWithTransferEncoding]) && codings_are_empty(d),
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
        example: Requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n"),
        explains: |d| {
            let reasons = ["hyper::Error(Parse(Header(TransferEncodingInvalid)))", "HPE_INVALID_TRANSFER_ENCODING"];
            let refused = stricter(d) && code_in(d, &reasons);
            (refused || body_differs(d) || d.difference == Value(KeepAlive)) && last_coding_is_empty(d)
        },
    },
];
