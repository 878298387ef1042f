//! Heads that are there at once.
//!
//! httparse splits a head into lines. This crate and http-net also validate the target and the Host field and decide
//! the body framing and what becomes of the connection. httparse finds out which instructions the CPU has; the two
//! others keep to those that all CPUs of a kind have.

use std::hint::black_box;

use barewire_http1::{
    Asked, Decoder, Event, FieldSpan, Limits, parse_request_head, parse_response_head,
};

use crate::compare::{Bench, HALF_AGAIN, SAME, Side};
use crate::corpus;

/// How many heads are in one buffer.
const BATCH: usize = 16;

/// Fields, and bytes of the head.
type Shape = (usize, usize);

pub(crate) fn rows(bench: &Bench) {
    bench.title("request heads");
    for (head, fields, aim) in [
        (corpus::BROWSER, 9, HALF_AGAIN),
        (corpus::SCRIPT, 12, SAME),
        (corpus::SHORT, 2, SAME),
        (corpus::SMALL, 1, SAME),
    ] {
        let bytes = head.as_bytes();
        bench.row(
            &format!("request head, {} B, fields: {fields}", bytes.len()),
            1,
            (fields, bytes.len()),
            vec![
                Side::ours(move || request(bytes)),
                Side::beside("httparse", aim, move || httparse_request(bytes)),
                Side::beside("http-net", HALF_AGAIN, move || http_net_request(bytes)),
            ],
        );
    }
    pipelined(bench);
    bench.title("response heads");
    for (head, fields, aim) in [
        (corpus::LONG_RESPONSE, 10, HALF_AGAIN),
        (corpus::SHORT_RESPONSE, 2, SAME),
    ] {
        let bytes = head.as_bytes();
        let asked = Asked::default();
        bench.row(
            &format!("response head, {} B, fields: {fields}", bytes.len()),
            1,
            (fields, bytes.len()),
            vec![
                Side::ours(move || response(bytes, &asked)),
                Side::beside("httparse", aim, move || httparse_response(bytes)),
                Side::beside("http-net", HALF_AGAIN, move || http_net_response(bytes)),
            ],
        );
    }
}

/// As many heads as there are in one buffer, and through a `Decoder` their ends.
fn pipelined(bench: &Bench) {
    let batch = corpus::SMALL.repeat(BATCH);
    let bytes = batch.as_bytes();
    let mut decoder = Decoder::server(Limits::default());
    let decoded = move || {
        let mut rest = black_box(bytes);
        let (mut heads, mut ends) = (0, 0);
        // The end of the last message takes no bytes.
        while heads == 0 || ends < heads {
            let (used, event) = decoder.decode(rest).expect("valid");
            rest = &rest[used..];
            match event {
                Some(Event::Request(head)) => {
                    black_box(head.body_framing());
                    heads += 1;
                }
                Some(Event::End) if rest.is_empty() => ends = heads,
                Some(_) => {}
                None => unreachable!("the messages are whole"),
            }
        }
        heads
    };
    let parsed = |parse: fn(&[u8]) -> Shape| {
        move || {
            let mut rest = black_box(bytes);
            let mut heads = 0;
            while !rest.is_empty() {
                let (_, used) = parse(rest);
                rest = &rest[used..];
                heads += 1;
            }
            heads
        }
    };
    bench.row(
        &format!(
            "pipelined heads of {} B, by Decoder, each",
            bytes.len() / BATCH
        ),
        BATCH,
        BATCH,
        vec![
            Side::ours(decoded),
            Side::beside("httparse", SAME, parsed(httparse_request)),
            Side::beside("http-net", HALF_AGAIN, parsed(http_net_request)),
        ],
    );
    bench.row(
        &format!("pipelined heads of {} B, parsed, each", bytes.len() / BATCH),
        BATCH,
        BATCH,
        vec![
            Side::ours(parsed(request)),
            Side::beside("httparse", SAME, parsed(httparse_request)),
            Side::beside("http-net", HALF_AGAIN, parsed(http_net_request)),
        ],
    );
}

fn request(bytes: &[u8]) -> Shape {
    let mut index = [FieldSpan::default(); 64];
    let limits = Limits::default();
    let head = parse_request_head(black_box(bytes), &mut index, &limits)
        .expect("valid")
        .expect("whole");
    black_box((head.body_framing(), head.keep_alive(), head.target()));
    (head.fields().len(), head.len())
}

fn httparse_request(bytes: &[u8]) -> Shape {
    let mut index = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut index);
    let len = request.parse(black_box(bytes)).expect("valid").unwrap();
    black_box(request.path);
    (request.headers.len(), len)
}

fn http_net_request(bytes: &[u8]) -> Shape {
    let mut index = [http_net::FieldSpan::default(); 64];
    let limits = http_net::Limits::new();
    let parsed = http_net::parse_request_head(black_box(bytes), &limits, &mut index);
    let http_net::Parsed::Complete { head, len } = parsed.expect("valid") else {
        unreachable!("the head is whole");
    };
    let head = head.view();
    black_box((head.framing(), head.keep_alive(), head.target()));
    (head.headers().len(), len)
}

fn response(bytes: &[u8], asked: &Asked) -> Shape {
    let mut index = [FieldSpan::default(); 64];
    let limits = Limits::for_responses();
    let head = parse_response_head(black_box(bytes), &mut index, asked, &limits)
        .expect("valid")
        .expect("whole");
    black_box((head.body_framing(), head.keep_alive(), head.status()));
    (head.fields().len(), head.len())
}

fn httparse_response(bytes: &[u8]) -> Shape {
    let mut index = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut index);
    let len = response.parse(black_box(bytes)).expect("valid").unwrap();
    black_box(response.code);
    (response.headers.len(), len)
}

fn http_net_response(bytes: &[u8]) -> Shape {
    let mut index = [http_net::FieldSpan::default(); 64];
    let limits = http_net::Limits::new();
    let asked = http_net::Asked::default();
    let parsed = http_net::parse_response_head(black_box(bytes), &limits, asked, &mut index);
    let http_net::Parsed::Complete { head, len } = parsed.expect("valid") else {
        unreachable!("the head is whole");
    };
    let head = head.view();
    black_box((head.framing(), head.keep_alive(), head.status()));
    (head.headers().len(), len)
}
