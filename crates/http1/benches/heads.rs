//! `cargo bench -p barewire-http1`: this crate beside httparse, in turn, in one run.
//!
//! httparse splits a head into lines. This crate also validates the target and the Host
//! field and decides the body framing and what becomes of the connection. Every answer
//! is checked before it is timed; the best of many rounds is printed, since noise only
//! ever adds.

use std::hint::black_box;
use std::time::Instant;

use barewire_http1::{Decoder, Event, FieldSpan, Limits, parse_request_head};

mod corpus;

const ROUNDS: usize = 40;

fn main() {
    if std::env::args().any(|arg| arg == "--test") {
        return; // `cargo test --benches` only builds it.
    }
    println!(
        "{:<44} {:>12} {:>12} {:>7}",
        "", "barewire", "httparse", "ratio"
    );
    for (name, head) in [
        ("request head, 720 B", corpus::BROWSER),
        ("request head, 68 B", corpus::SHORT),
        ("request head, 35 B", corpus::PIPELINED),
    ] {
        let bytes = head.as_bytes();
        assert_eq!(ours(bytes), theirs(bytes), "the two disagree on {name}");
        report(name, "ns", 1.0, || ours(bytes), || theirs(bytes));
    }
    pipelined();
    chunked();
}

/// Fields and the sum of their value lengths.
fn ours(bytes: &[u8]) -> (usize, usize) {
    let mut index = [FieldSpan::default(); 64];
    let limits = Limits::default();
    let head = parse_request_head(black_box(bytes), &mut index, &limits)
        .expect("the head is valid")
        .expect("the head is whole");
    black_box((head.body_framing(), head.keep_alive(), head.target()));
    let fields = head.fields();
    (fields.len(), head.len())
}

fn theirs(bytes: &[u8]) -> (usize, usize) {
    let mut index = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut index);
    let status = request.parse(black_box(bytes)).expect("the head is valid");
    black_box(request.path);
    (request.headers.len(), status.unwrap())
}

/// Sixteen heads in one buffer, through the decoder, framing and end included.
fn pipelined() {
    let batch = corpus::PIPELINED.repeat(16);
    let mut decoder = Decoder::server(Limits::default());
    let mut ours = || {
        let mut rest = black_box(batch.as_bytes());
        let mut heads = 0;
        while !rest.is_empty() {
            let (used, event) = decoder.decode(rest).expect("valid");
            heads += usize::from(matches!(event, Some(Event::Request(_))));
            rest = &rest[used..];
        }
        let (_, end) = decoder.decode(rest).expect("valid");
        assert!(matches!(end, Some(Event::End)));
        heads
    };
    let theirs = || {
        let mut rest = black_box(batch.as_bytes());
        let mut heads = 0;
        while !rest.is_empty() {
            let (_, used) = self::theirs(rest);
            heads += 1;
            rest = &rest[used..];
        }
        heads
    };
    assert_eq!((ours(), theirs()), (16, 16));
    report("pipelined 35 B heads, each", "ns", 16.0, ours, theirs);
}

/// 1 MiB in 16 KiB chunks: ranges of the content against httparse's size lines alone.
fn chunked() {
    const CHUNK: usize = 16 * 1024;
    let one_size = [CHUNK; 64];
    // The sum is the same, and no size is that of the chunk before.
    let mixed = std::array::from_fn(|index| match index % 2 {
        0 => CHUNK - 100 * index,
        _ => CHUNK + 100 * (index - 1),
    });
    chunked_of("one size", one_size);
    chunked_of("mixed sizes", mixed);
}

fn chunked_of(name: &str, sizes: [usize; 64]) {
    let mut body = Vec::new();
    for size in sizes {
        body.extend_from_slice(format!("{size:x}\r\n").as_bytes());
        body.resize(body.len() + size, b'x');
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut message = head.to_vec();
    message.extend_from_slice(&body);
    let mut decoder = Decoder::server(Limits::default());
    let our_message = |decoder: &mut Decoder| decoded(decoder, black_box(&message));
    let their_message = || {
        let (_, used) = self::theirs(&message);
        chunk_lines(black_box(&message[used..]))
    };
    assert_eq!(our_message(&mut decoder), 1 << 20);
    assert_eq!(their_message(), 1 << 20);
    report(
        &format!("1 MiB in 64 chunks of {name}, with head"),
        "ns",
        1.0,
        || our_message(&mut decoder),
        their_message,
    );
    // The body alone: a decoder that has read the head is copied for each round.
    let (used, _) = decoder.decode(&message).expect("valid");
    assert_eq!(used, head.len());
    let in_body = decoder;
    report(
        &format!("1 MiB in 64 chunks of {name}"),
        "ns",
        1.0,
        || decoded(&mut in_body.clone(), black_box(&body)),
        || chunk_lines(black_box(&body)),
    );
}

/// Bytes of content up to the end of the message.
fn decoded(decoder: &mut Decoder, mut rest: &[u8]) -> usize {
    let mut content = 0;
    loop {
        let (used, event) = decoder.decode(rest).expect("valid");
        rest = &rest[used..];
        match event {
            Some(Event::Data(data)) => content += data.len(),
            Some(Event::End) => return content,
            Some(_) => {}
            None => unreachable!("the message is whole"),
        }
    }
}

/// The same sum from the size lines that httparse reads.
fn chunk_lines(mut rest: &[u8]) -> usize {
    let mut content = 0;
    loop {
        let (line, size) = httparse::parse_chunk_size(rest).expect("valid").unwrap();
        if size == 0 {
            return content;
        }
        content += size as usize;
        rest = &rest[line + size as usize + 2..];
    }
}

fn report<T: PartialEq + std::fmt::Debug, U>(
    name: &str,
    unit: &str,
    each: f64,
    mut ours: impl FnMut() -> T,
    mut theirs: impl FnMut() -> U,
) {
    let (mut best_ours, mut best_theirs) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        best_ours = best_ours.min(time(&mut ours) / each);
        best_theirs = best_theirs.min(time(&mut theirs) / each);
    }
    println!(
        "{name:<44} {best_ours:>9.1} {unit} {best_theirs:>9.1} {unit} {:>7.2}",
        best_ours / best_theirs
    );
}

fn time<T>(run: &mut impl FnMut() -> T) -> f64 {
    const RUNS: u32 = 20_000;
    let start = Instant::now();
    for _ in 0..RUNS {
        black_box(run());
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(RUNS)
}
