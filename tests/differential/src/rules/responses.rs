//! Rules on responses.

use barewire_http1::ErrorKind::*;

use super::Example::{Closed, Lenient, Responses};
use super::Right::{Both, They, We};
use super::Rule;
use super::signs::*;
use crate::compare::Difference::{TheyRefuse, Value};
use crate::compare::Part;
use crate::compare::What::{KeepAlive, Start, Switches};
use crate::input::Asked;
use crate::peers::Peer::{HttpNet, Httparse, Hyper, Llhttp};
use crate::reading::Message;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "reason-with-obs-text",
        peers: &[Httparse, Hyper],
        input: "a reason phrase with a byte above 0x7F",
        we: "hand it over",
        they: "gives it as empty",
        right: Both,
        section: "9112 section 4",
        why: "A client SHOULD ignore the phrase; the grammar has such bytes.",
        example: Responses(
            Asked::Get,
            b"HTTP/1.1 500 \xe9\r\nContent-Length: 0\r\n\r\n",
        ),
        explains: |d| d.difference == Value(Start) && reason_is_dropped(d),
    },
    Rule {
        name: "empty-lines-before-status",
        peers: &[Httparse, Hyper, Llhttp],
        input: "CR or LF before a status line",
        we: "refuse, unless asked to overlook it",
        they: "passes over it",
        right: Both,
        section: "9112 section 2.2",
        why: "Only of requests it is said that a recipient SHOULD ignore an empty line before them.",
        example: Responses(
            Asked::Get,
            b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        ),
        explains: |d| laxer(d, &[InvalidVersion]) && before_start_line(d),
    },
    Rule {
        name: "status-outside-100-599",
        peers: &[Httparse, Hyper, Llhttp],
        input: "a status below 100 or above 599",
        we: "refuse",
        they: "hands it over, Node down to 0 and hyper down to 100",
        right: They,
        section: "9110 section 15",
        why: "A client SHOULD process it as a 5xx. Whoever sends it speaks no HTTP that was agreed on, so we do not go on.",
        example: Responses(Asked::Get, b"HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n"),
        explains: |d| laxer(d, &[InvalidStatusCode]) && status_is_outside(d),
    },
    Rule {
        name: "missing-reason-space",
        peers: &[HttpNet, Httparse, Hyper, Llhttp],
        input: "no space behind a status code without a reason",
        we: "refuse, unless asked to overlook it",
        they: "accepts",
        right: Both,
        section: "9112 section 4",
        why: "The space is the server's duty; nothing is read differently without it.",
        example: Responses(Asked::Get, b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
        explains: |d| laxer(d, &[MissingReasonSpace]),
    },
    Rule {
        name: "control-byte-in-reason",
        peers: &[Llhttp],
        input: "a control byte in a reason phrase",
        we: "refuse",
        they: "hands it over",
        right: We,
        section: "9112 section 4",
        why: "The grammar has none; terminals and logs act on them.",
        example: Responses(
            Asked::Get,
            b"HTTP/1.1 200 a\x1bb\r\nContent-Length: 0\r\n\r\n",
        ),
        explains: |d| {
            laxer(d, &[InvalidReason]) && d.from_error().first().is_some_and(u8::is_ascii_control)
        },
    },
    Rule {
        name: "coding-beside-length",
        peers: &[HttpNet, Llhttp],
        input: "Content-Length beside Transfer-Encoding",
        we: "go by Transfer-Encoding, and use the connection no more",
        they: "refuses",
        right: Both,
        section: "9112 section 6.3",
        why: "Transfer-Encoding overrides; that it ought to be handled as an error is met by closing.",
        example: Responses(
            Asked::Get,
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        explains: |d| {
            let reasons = [
                "ConflictingFraming",
                "HPE_INVALID_CONTENT_LENGTH: Content-Length can't be present",
                "HPE_INVALID_TRANSFER_ENCODING: Transfer-Encoding can't be present",
            ];
            stricter(d) && code_in(d, &reasons)
        },
    },
    Rule {
        name: "framing-without-body",
        peers: &[Hyper, HttpNet, Llhttp],
        input: "fields that frame no body, in a response that has none",
        we: "refuse",
        they: "does not look at them",
        right: Both,
        section: "9112 section 6.3",
        why: "No body follows in any case; who writes such fields is not to be trusted with the next response.",
        example: Responses(
            Asked::Head,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: x;\r\n\r\n",
        ),
        explains: |d| laxer(d, FRAMING) && has_no_body(d),
    },
    Rule {
        name: "length-malformed-beside-coding",
        peers: &[Hyper],
        input: "a malformed length, or two, beside Transfer-Encoding",
        we: "refuse",
        they: "goes by Transfer-Encoding",
        right: Both,
        section: "9112 section 6.3",
        why: "Transfer-Encoding overrides; a sender of both is not to be trusted with either.",
        example: Responses(
            Asked::Get,
            b"HTTP/1.1 200 OK\r\nContent-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        explains: |d| {
            laxer(d, &[InvalidContentLength, DuplicateContentLength])
                && has_coding(d)
                && !has_no_body(d)
        },
    },
    Rule {
        name: "coding-until-close",
        peers: &[Hyper, Llhttp],
        input: "a last transfer coding other than chunked",
        we: "refuse",
        they: "reads until the server closes",
        right: They,
        section: "9112 section 6.3",
        why: "The body ends with the connection; we have no decoder for it, and no use for what is still coded.",
        example: Closed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx"),
        explains: |d| {
            laxer(
                d,
                &[
                    ChunkedNotFinal,
                    UnsupportedTransferCoding,
                    InvalidTransferEncoding,
                    ChunkedTwice,
                ],
            ) && !has_no_body(d)
        },
    },
    Rule {
        name: "switch-not-agreed",
        peers: &[HttpNet, Httparse, Hyper, Llhttp],
        input: "101 without Upgrade, without its name in Connection, or to what was not offered",
        we: "refuse",
        they: "accepts what of this it does not look at, Node as an interim response",
        right: We,
        section: "9110 section 7.8",
        why: "A server MUST NOT switch to a protocol that was not offered, and has to say which it is, and that it is meant for the next hop.",
        example: Responses(
            Asked::Upgrade,
            b"HTTP/1.1 101 \r\nUpgrade: websocket\r\n\r\n",
        ),
        explains: |d| laxer(d, &[UnexpectedSwitch]),
    },
    Rule {
        name: "connect-refused",
        peers: &[Llhttp],
        input: "a response to CONNECT other than 2xx",
        we: "read its body",
        they: "takes what follows for the tunnel",
        right: We,
        section: "9110 section 9.3.6",
        why: "Any response other than a successful one means that there is no tunnel yet.",
        example: Responses(
            Asked::Connect,
            b"HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n",
        ),
        explains: |d| {
            let refuses = |ours: &Message| !matches!(ours.status(), 200..=299);
            let differs = d.difference == Value(Switches) || body_differs(d);
            differs && d.input.asked() == Asked::Connect && d.our_message().is_some_and(refuses)
        },
    },
    Rule {
        name: "close-in-interim",
        peers: &[Llhttp],
        input: "an interim response in HTTP/1.0, or one that says close",
        we: "wait for the final response",
        they: "refuses it",
        right: We,
        section: "9110 section 15.2",
        why: "A final response follows an interim one; the connection may close behind that.",
        example: Responses(
            Asked::Get,
            b"HTTP/1.1 100 \r\nConnection: close\r\n\r\nHTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
        ),
        explains: |d| {
            let interim = d.message > 0
                && d.theirs
                    .messages
                    .get(d.message - 1)
                    .is_some_and(Message::is_interim);
            interim && code_in(d, &["HPE_CLOSED_CONNECTION"])
        },
    },
    Rule {
        name: "tunnel-by-204",
        peers: &[Hyper],
        input: "204 to CONNECT",
        we: "take what follows for the tunnel",
        they: "takes it for a response like any other",
        right: We,
        section: "9110 section 9.3.6",
        why: "Any 2xx means that the tunnel begins behind the head.",
        example: Responses(Asked::Connect, b"HTTP/1.1 204 \r\n\r\n"),
        explains: |d| {
            d.difference == Value(Switches)
                && d.our_message().is_some_and(|ours| ours.status() == 204)
        },
    },
    Rule {
        name: "kept-with-length-and-coding",
        peers: &[HttpNet, Hyper],
        input: "Content-Length beside Transfer-Encoding, in a response that is read all the same",
        we: "use the connection no more",
        they: "keeps it",
        right: Both,
        section: "9112 section 6.3",
        why: "Such a message ought to be handled as an error; where the next response begins is not to be trusted.",
        example: Responses(
            Asked::Get,
            b"HTTP/1.1 204 \r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        explains: |d| {
            d.difference == Value(KeepAlive)
                && has_coding(d)
                && d.lines("content-length").next().is_some()
        },
    },
    Rule {
        name: "closed-without-length",
        peers: &[Llhttp],
        input: "a response to HEAD without a length",
        we: "keep the connection",
        they: "closes it",
        right: We,
        section: "9112 section 6.3",
        why: "There is no body, so its length is not missing.",
        example: Responses(Asked::Head, b"HTTP/1.1 200 \r\n\r\n"),
        explains: |d| {
            d.difference == Value(KeepAlive)
                && d.input.asked() == Asked::Head
                && d.our_message().is_some_and(|ours| {
                    ours.field("content-length").is_none() && ours.keep_alive == Some(true)
                })
        },
    },
    Rule {
        name: "returns-for-line-end",
        peers: &[Llhttp],
        input: "CR CR at the end of a status line",
        we: "refuse",
        they: "takes it for a line end",
        right: We,
        section: "9112 section 2.2",
        why: "A recipient that meets CR without LF MUST take the message for invalid, or CR for a space.",
        example: Responses(Asked::Get, b"HTTP/1.1 200 OK\r\rContent-Length: 0\r\n\r\n"),
        explains: |d| {
            laxer(d, &[BareCarriageReturn])
                && d.from_error().starts_with(b"\r\r")
                && d.line().starts_with(b"HTTP/")
        },
    },
    Rule {
        name: "leniency-not-offered",
        peers: &[HttpNet],
        input: "what we overlook when asked to: LF alone, equal lengths, empty lines before the status, a space before the colon",
        we: "accept",
        they: "refuses, as it can only be asked to overlook folds",
        right: Both,
        section: "9112 section 2.2",
        why: "It leaves them out since hops frame differently by them; we leave the choice to the caller, for responses alone.",
        example: Lenient(b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
        explains: |d| {
            let reasons = [
                "BareLf",
                "DuplicateContentLength",
                "InvalidContentLength",
                "InvalidStartLine",
                "WhitespaceBeforeColon",
            ];
            let refused = matches!(d.difference, TheyRefuse(Part::Head, _));
            d.input.is_lenient() && refused && code_in(d, &reasons)
        },
    },
    Rule {
        name: "framing-field-folded",
        peers: &[HttpNet, Httparse, Hyper],
        input: "a folded field that frames the message or steers the connection, where folds are overlooked",
        we: "refuse",
        they: "unfolds it",
        right: Both,
        section: "9112 section 5.2",
        why: "A user agent MUST replace folds by spaces; of these fields no honest server folds any, and hops read them differently.",
        example: Lenient(
            b"HTTP/1.1 200 OK\r\nConnection: a,\r\n close\r\nContent-Length: 0\r\n\r\n",
        ),
        explains: |d| {
            let folded = laxer(d, &[LineFolding])
                || laxer(d, &[InvalidContentLength]) && begins_with_fold(d);
            d.input.is_lenient() && folded
        },
    },
];
