//! Every conformance row: whole, byte by byte, cut in two at every point, and with
//! another message behind it. `tests/vectors/README.md` says what a row is.

use barewire_http1::{
    ClientConnection, ClientTurn, ContentLength, Event, HostRule, Method, RequestHeadBuf,
    ResponseFraming, ResponseHeadBuf, ServerConnection, StatusCode, Turn,
};
use serde_json::Value;

#[path = "../examples/judge/row.rs"]
mod row;

use row::{Feed, Row, latin1};

const ROWS: &str = include_str!("vectors/http1.jsonl");
const NEXT_RESPONSE: &[u8] = b"HTTP/1.1 404 Nowhere\r\nContent-Length: 2\r\n\r\nok";
const NEXT: &[u8] = b"PUT /next HTTP/1.1\r\nHost: next.example\r\nContent-Length: 2\r\n\r\nok";

/// Each row with what it expects.
fn rows() -> impl Iterator<Item = (Row, Value)> {
    ROWS.lines().map(|line| {
        let row = Row::parse(line.as_bytes()).expect("a row that can be judged");
        (row, serde_json::from_str(line).expect("parsed above"))
    })
}

/// Holds a verdict against everything its row says.
fn hold(verdict: &Value, row: &Value, way: &str) {
    let details = row["details"].as_object().expect("details");
    assert_eq!(verdict["verdict"], row["expect"], "{way}: {row} {verdict}");
    for (name, expected) in details {
        let told = match name.as_str() {
            "level" | "note" | "alt" | "alt_status" => continue,
            "error_status" => &verdict["status"],
            "error" => match expected.as_str() {
                None => &Value::Null,
                Some("incomplete_head") => {
                    assert_eq!(verdict["kind"], "IncompleteHead", "{way}: {row}");
                    continue;
                }
                Some("incomplete_body") => {
                    assert_eq!(verdict["kind"], "IncompleteBody", "{way}: {row}");
                    continue;
                }
                Some(other) => panic!("no kind is known for {other}"),
            },
            // Told only where it is true.
            "expect_continue" | "connect" => {
                assert_eq!(
                    verdict[name].as_bool().unwrap_or(false),
                    expected.as_bool().expect("a flag"),
                    "{way}: {name} of {row}"
                );
                continue;
            }
            name => &verdict[name],
        };
        assert_eq!(told, expected, "{way}: {name} of {row}");
    }
}

#[test]
fn rows_are_many_and_named_once() {
    let mut ids: Vec<String> = rows().map(|(_, row)| row["id"].to_string()).collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(count >= 239, "{count}");
}

#[test]
fn what_cannot_be_judged_gets_a_verdict_that_says_so() {
    for (line, verdict) in [
        ("{bad", "error"),
        ("", "error"),
        ("[]", "error"),
        (r#"{"id":1,"input":""}"#, "error"),
        (r#"{"id":1,"side":"server"}"#, "error"),
        (
            "{\"id\":1,\"side\":\"server\",\"input\":\"\u{100}\"}",
            "error",
        ),
        (
            r#"{"id":1,"side":"server","input":"","limits":{"max_x":1}}"#,
            "error",
        ),
        (
            r#"{"id":1,"side":"server","input":"","limits":{"max_body":"1"}}"#,
            "error",
        ),
        (
            r#"{"id":1,"side":"client","request_method":"G T","input":""}"#,
            "error",
        ),
    ] {
        let refusal = Row::parse(line.as_bytes()).expect_err(line);
        assert_eq!(refusal["verdict"], verdict, "{line}");
        assert!(!refusal["message"].to_string().is_empty());
    }
}

#[test]
fn whole() {
    for (input, row) in rows() {
        hold(&input.judge(Feed::Whole, HostRule::Required), &row, "whole");
    }
}

#[test]
fn byte_by_byte() {
    for (input, row) in rows() {
        let whole = input.judge(Feed::Whole, HostRule::Required);
        let bytes = input.judge(Feed::Pieces(1), HostRule::Required);
        hold(&bytes, &row, "byte by byte");
        assert_eq!(bytes, whole, "{row}");
    }
}

#[test]
fn cut_at_every_point() {
    for (input, row) in rows() {
        let whole = input.judge(Feed::Whole, HostRule::Required);
        for at in 1..input.input.len() {
            let cut = input.judge(Feed::CutAt(at), HostRule::Required);
            assert_eq!(cut, whole, "cut at {at}: {row}");
        }
    }
}

#[test]
fn with_a_message_behind() {
    for (mut input, row) in rows() {
        let next = match input.request() {
            None => NEXT,
            Some(_) => NEXT_RESPONSE,
        };
        // What is incomplete, or ends with the connection, has no room behind it.
        if row["expect"] == "incomplete" || input.eof {
            continue;
        }
        let mut expected = input.judge(Feed::Whole, HostRule::Required);
        input.input.extend_from_slice(next);
        if let Some(leftover) = expected.get_mut("leftover") {
            let longer = format!("{}{}", leftover.as_str().expect("text"), latin1(next));
            *leftover = longer.into();
            if input.request().is_some() && expected["keep_alive"] == true {
                expected["unsolicited"] = true.into();
            }
        }
        let followed = input.judge(Feed::Whole, HostRule::Required);
        assert_eq!(followed, expected, "{row}");
        let bytes = input.judge(Feed::Pieces(1), HostRule::Required);
        assert_eq!(bytes, expected, "byte by byte: {row}");
        if row["expect"] == "accept" {
            match input.request() {
                None => second_request(&input, &row, &followed),
                Some(request) => second_response(&input, request, &row, &followed),
            }
        }
    }
}

/// Sends the request of a row twice and decodes both responses, where the rules let the
/// connection go on; where they do not, nothing more may be read.
fn second_response(input: &Row, request: &RequestHeadBuf, row: &Value, verdict: &Value) {
    let mut connection = ClientConnection::new(input.limits);
    let mut out = Vec::new();
    let nothing = ContentLength::Known(0);
    connection
        .encode_head(request, nothing, &mut out)
        .expect("a request may be sent");
    let pipelines = connection.can_pipeline();
    let again = connection.encode_head(request, nothing, &mut out);
    assert_eq!(again.is_ok(), pipelines, "{row}");
    let mut rest = &input.input[..];
    loop {
        let (used, event) = connection.decode(rest).expect("accepted before");
        let ended = matches!(event, Some(Event::End));
        rest = &rest[used..];
        if ended {
            break;
        }
    }
    if verdict["keep_alive"] == false {
        let turn = match verdict["switched"].as_bool() {
            Some(true) => ClientTurn::Switch,
            _ => ClientTurn::Close,
        };
        assert_eq!(connection.turn(), turn, "{row}");
        let (used, event) = connection.decode(rest).expect("nothing is read");
        assert!(used == 0 && event.is_none(), "{row}");
        return;
    }
    if !pipelines || rest != NEXT_RESPONSE {
        return; // The row itself left something of its own in front of it.
    }
    assert_eq!(connection.turn(), ClientTurn::Read, "{row}");
    let (used, event) = connection.decode(rest).expect("the next response is valid");
    let Some(Event::Response(head)) = event else {
        panic!("no head after {row}");
    };
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
    let is_head = request.method() == Method::Head;
    assert_eq!(head.content_length(), Some(2));
    let expected = match is_head {
        true => ResponseFraming::None,
        false => ResponseFraming::Length(2),
    };
    assert_eq!(head.body_framing(), expected);
    assert_eq!(&rest[used..], b"ok");
}

/// Answers the first request of `input` and decodes the one behind it, where the rules
/// let the connection go on; where they do not, nothing more may be read.
fn second_request(input: &Row, row: &Value, verdict: &Value) {
    let mut connection = ServerConnection::new(input.limits);
    let mut rest = &input.input[..];
    loop {
        let (used, event) = connection.decode(rest).expect("accepted before");
        let ended = matches!(event, Some(Event::End));
        rest = &rest[used..];
        if ended {
            break;
        }
    }
    let head = ResponseHeadBuf::new(StatusCode::NOT_FOUND);
    let mut out = Vec::new();
    connection
        .encode_head(&head, ContentLength::Known(0), None, &mut out)
        .expect("an answer is due");
    if verdict["keep_alive"] == false || verdict["connect"] == true {
        assert_eq!(connection.turn(), Turn::Close, "{row}");
        let (used, event) = connection.decode(rest).expect("nothing is read");
        assert!(used == 0 && event.is_none(), "{row}");
        return;
    }
    assert_eq!(connection.turn(), Turn::Read, "{row}");
    if rest != NEXT {
        return; // The row itself left something of its own in front of it.
    }
    let (used, event) = connection.decode(rest).expect("the next request is valid");
    let Some(Event::Request(head)) = event else {
        panic!("no head after {row}");
    };
    assert_eq!(head.method(), Method::Put);
    assert_eq!(head.target(), b"/next");
    rest = &rest[used..];
    let (used, event) = connection.decode(rest).expect("valid");
    assert!(matches!(event, Some(Event::Data(range)) if &rest[range.clone()] == b"ok"));
    assert_eq!(used, 2);
    let (_, event) = connection.decode(&[]).expect("valid");
    assert!(matches!(event, Some(Event::End)));
}
