//! Heads that are there at once.
//!
//! httparse splits a head into lines. This crate and http-net also validate the target and the Host field and decide
//! the body framing and what becomes of the connection. httparse finds out which instructions the CPU has; the two
//! others keep to those that all CPUs of a kind have.

use std::hint::black_box;
use std::mem::MaybeUninit;

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
                Side::ours(on(bytes, request)),
                Side::beside("httparse", aim, on(bytes, httparse_request)),
                Side::beside("http-net", HALF_AGAIN, on(bytes, http_net_request)),
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
        bench.row(
            &format!("response head, {} B, fields: {fields}", bytes.len()),
            1,
            (fields, bytes.len()),
            vec![
                Side::ours(on(bytes, response)),
                Side::beside("httparse", aim, on(bytes, httparse_response)),
                Side::beside("http-net", HALF_AGAIN, on(bytes, http_net_response)),
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
    bench.row(
        &format!(
            "pipelined heads of {} B, by Decoder, each",
            bytes.len() / BATCH
        ),
        BATCH,
        BATCH,
        vec![
            Side::ours(decoded),
            Side::beside("httparse", SAME, one_by_one(bytes, httparse_request)),
            Side::beside("http-net", HALF_AGAIN, one_by_one(bytes, http_net_request)),
        ],
    );
    bench.row(
        &format!("pipelined heads of {} B, parsed, each", bytes.len() / BATCH),
        BATCH,
        BATCH,
        vec![
            Side::ours(one_by_one(bytes, request)),
            Side::beside("httparse", SAME, one_by_one(bytes, httparse_request)),
            Side::beside("http-net", HALF_AGAIN, one_by_one(bytes, http_net_request)),
        ],
    );
}

/// Limits, and where the fields are noted. It is kept from one head to the next, as it borrows nothing from them.
/// httparse's table does: it is made for each head, but not filled before, which is how hyper has it.
struct Kept {
    ours: [FieldSpan; 64],
    http_net: [http_net::FieldSpan; 64],
    requests: Limits,
    responses: Limits,
    http_net_limits: http_net::Limits,
}

impl Kept {
    fn new() -> Self {
        Self {
            ours: [FieldSpan::default(); 64],
            http_net: [http_net::FieldSpan::default(); 64],
            requests: Limits::default(),
            responses: Limits::for_responses(),
            http_net_limits: http_net::Limits::new(),
        }
    }
}

fn on(bytes: &[u8], parse: impl Fn(&[u8], &mut Kept) -> Shape) -> impl FnMut() -> Shape {
    let mut kept = Kept::new();
    move || parse(bytes, &mut kept)
}

/// Parses what is in `bytes`, and gives how many heads that were.
fn one_by_one(bytes: &[u8], parse: impl Fn(&[u8], &mut Kept) -> Shape) -> impl FnMut() -> usize {
    let mut kept = Kept::new();
    move || {
        let mut rest = black_box(bytes);
        let mut heads = 0;
        while !rest.is_empty() {
            let (_, used) = parse(rest, &mut kept);
            rest = &rest[used..];
            heads += 1;
        }
        heads
    }
}

fn request(bytes: &[u8], kept: &mut Kept) -> Shape {
    let head = parse_request_head(black_box(bytes), &mut kept.ours, &kept.requests)
        .expect("valid")
        .expect("whole");
    black_box((head.body_framing(), head.keep_alive(), head.target()));
    (head.fields().len(), head.len())
}

fn httparse_request(bytes: &[u8], _: &mut Kept) -> Shape {
    let mut index = [const { MaybeUninit::uninit() }; 64];
    let mut request = httparse::Request::new(&mut []);
    let len = httparse::ParserConfig::default()
        .parse_request_with_uninit_headers(&mut request, black_box(bytes), &mut index)
        .expect("valid")
        .unwrap();
    black_box(request.path);
    (request.headers.len(), len)
}

fn http_net_request(bytes: &[u8], kept: &mut Kept) -> Shape {
    let limits = &kept.http_net_limits;
    let parsed = http_net::parse_request_head(black_box(bytes), limits, &mut kept.http_net);
    let http_net::Parsed::Complete { head, len } = parsed.expect("valid") else {
        unreachable!("the head is whole");
    };
    let head = head.view();
    black_box((head.framing(), head.keep_alive(), head.target()));
    (head.headers().len(), len)
}

fn response(bytes: &[u8], kept: &mut Kept) -> Shape {
    let asked = Asked::default();
    let head = parse_response_head(black_box(bytes), &mut kept.ours, &asked, &kept.responses)
        .expect("valid")
        .expect("whole");
    black_box((head.body_framing(), head.keep_alive(), head.status()));
    (head.fields().len(), head.len())
}

fn httparse_response(bytes: &[u8], _: &mut Kept) -> Shape {
    let mut index = [const { MaybeUninit::uninit() }; 64];
    let mut response = httparse::Response::new(&mut []);
    let len = httparse::ParserConfig::default()
        .parse_response_with_uninit_headers(&mut response, black_box(bytes), &mut index)
        .expect("valid")
        .unwrap();
    black_box(response.code);
    (response.headers.len(), len)
}

fn http_net_response(bytes: &[u8], kept: &mut Kept) -> Shape {
    let (asked, limits) = (http_net::Asked::default(), &kept.http_net_limits);
    let parsed = http_net::parse_response_head(black_box(bytes), limits, asked, &mut kept.http_net);
    let http_net::Parsed::Complete { head, len } = parsed.expect("valid") else {
        unreachable!("the head is whole");
    };
    let head = head.view();
    black_box((head.framing(), head.keep_alive(), head.status()));
    (head.headers().len(), len)
}
