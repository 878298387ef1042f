//! Content of 1 MiB, counted and chunked.
//!
//! This crate and http-net's `ChunkedDecoder` say where the content is in the caller's buffer. http-net's `ServerConn`
//! copies what it is fed into a buffer of its own. httparse reads the line before a chunk and nothing else.

use std::hint::black_box;

use barewire_http1::{Decoder, Event, Limits};
use http_net::{ChunkStep, ChunkedDecoder, ServerConn, ServerEvent};

use crate::compare::{Bench, HALF_AGAIN, SAME, Side};

const CONTENT: usize = 1 << 20;

/// What a socket is read by.
const READ: usize = 16 * 1024;

const CHUNK: usize = 16 * 1024;

pub(crate) fn rows(bench: &Bench) {
    bench.title("content of 1 MiB");
    let mut counted = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {CONTENT}\r\n\r\n");
    counted.push_str(&"x".repeat(CONTENT));
    in_reads(
        bench,
        "Content-Length, with the head, 16 KiB reads",
        counted.as_bytes(),
    );

    let one_size = [CHUNK; 64];
    // The sum is the same, and no size is that of the chunk before.
    let mixed: [usize; 64] = std::array::from_fn(|index| match index % 2 {
        0 => CHUNK - 100 * index,
        _ => CHUNK + 100 * (index - 1),
    });
    chunked(bench, "64 chunks of one size", &one_size);
    chunked(bench, "64 chunks of mixed sizes", &mixed);
    chunked(bench, "256 chunks of 4 KiB", &[4096; 256]);
    chunked(bench, "256 chunks of mixed digits", &of_mixed_digits());

    let chunks = body_of(&[4096; 256]);
    let message = [HEAD, &chunks].concat();
    in_reads(
        bench,
        "256 chunks of 4 KiB, with the head, 16 KiB reads",
        &message,
    );
}

const HEAD: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Sizes of one to four digits, in no order that a processor could learn in a few rounds.
fn of_mixed_digits() -> Vec<usize> {
    let mut state = 17_u32;
    let mut sizes: Vec<usize> = (0..255)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let most = 16_usize << (4 * (state >> 30));
            let size = (state >> 8) as usize % most;
            usize::max(size.min(8000), 1)
        })
        .collect();
    sizes.push(CONTENT - sizes.iter().sum::<usize>());
    sizes
}

fn body_of(sizes: &[usize]) -> Vec<u8> {
    assert_eq!(sizes.iter().sum::<usize>(), CONTENT);
    let mut body = Vec::new();
    for size in sizes {
        body.extend_from_slice(format!("{size:x}\r\n").as_bytes());
        body.resize(body.len() + size, b'x');
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    body
}

/// A chunked body that is there at once. A decoder that has read the head is copied for each run.
fn chunked(bench: &Bench, name: &str, sizes: &[usize]) {
    let body = &body_of(sizes);
    let mut in_body = Decoder::server(Limits::default());
    let (used, _) = in_body.decode(HEAD).expect("valid");
    assert_eq!(used, HEAD.len());
    bench.row(
        name,
        1,
        CONTENT,
        vec![
            Side::ours(move || decoded(&mut in_body.clone(), black_box(body))),
            Side::beside("httparse", SAME, || size_lines(black_box(body))),
            Side::beside("http-net", HALF_AGAIN, || stepped(black_box(body))),
        ],
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

fn size_lines(mut rest: &[u8]) -> usize {
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

fn stepped(mut rest: &[u8]) -> usize {
    let mut decoder = ChunkedDecoder::new(&http_net::Limits::new());
    let mut content = 0;
    loop {
        match decoder.decode(rest, false).expect("valid") {
            ChunkStep::Data { skip, len } => {
                content += len;
                rest = &rest[skip + len..];
            }
            ChunkStep::Done { .. } => return content,
            _ => unreachable!("the message is whole"),
        }
    }
}

/// A message that comes in reads of 16 KiB.
fn in_reads(bench: &Bench, name: &str, message: &[u8]) {
    let mut decoder = Decoder::server(Limits::default());
    let mut connection = ServerConn::new();
    bench.row(
        name,
        1,
        CONTENT,
        vec![
            Side::ours(move || read(&mut decoder, message)),
            Side::beside("http-net", HALF_AGAIN, move || {
                fed(&mut connection, message)
            }),
        ],
    );
}

/// What was not used of one read is in front of the next one, as in a buffer that is not moved.
fn read(decoder: &mut Decoder, message: &[u8]) -> usize {
    let (mut start, mut end, mut content) = (0, 0, 0);
    loop {
        let (used, event) = decoder
            .decode(black_box(&message[start..end]))
            .expect("valid");
        start += used;
        match event {
            Some(Event::Data(data)) => content += data.len(),
            Some(Event::End) => return content,
            Some(_) => {}
            None => end = usize::min(end + READ, message.len()),
        }
    }
}

/// Made as new before each message, since the next one would need an answer to this one.
fn fed(connection: &mut ServerConn, message: &[u8]) -> usize {
    connection.reset();
    let (mut pending, mut content) = (message, 0);
    loop {
        match connection.poll().expect("valid") {
            ServerEvent::Body(data) => content += black_box(data).len(),
            ServerEvent::RequestEnd => return content,
            ServerEvent::NeedInput => {
                let read = &pending[..usize::min(READ, pending.len())];
                let used = connection.feed(black_box(read));
                pending = &pending[used..];
            }
            _ => {}
        }
    }
}
