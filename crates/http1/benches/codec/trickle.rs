//! Heads that come in pieces.
//!
//! This crate goes on where it stopped, http-net at the line where it stopped, and httparse begins anew, as it has no
//! state to keep.

use std::hint::black_box;

use barewire_http1::{Decoder, Event, Limits};
use http_net::{ServerConn, ServerEvent};

use crate::compare::{Bench, SAME, Side};
use crate::corpus;

pub(crate) fn rows(bench: &Bench) {
    bench.title("request heads in pieces");
    for head in [corpus::BROWSER, corpus::SCRIPT] {
        let bytes = head.as_bytes();
        for piece in [1, 16] {
            let mut decoder = Decoder::server(Limits::default());
            let mut connection = ServerConn::new();
            bench.row(
                &format!("head of {} B, {piece} B at a time", bytes.len()),
                1,
                bytes.len(),
                vec![
                    Side::ours(move || decoded(&mut decoder, bytes, piece)),
                    Side::beside("httparse", SAME, move || parsed(bytes, piece)),
                    Side::beside("http-net", SAME, move || fed(&mut connection, bytes, piece)),
                ],
            );
        }
    }
}

/// Where the pieces of `bytes` end.
fn ends(bytes: &[u8], piece: usize) -> impl Iterator<Item = usize> {
    let len = bytes.len();
    (piece..len).step_by(piece).chain([len])
}

fn decoded(decoder: &mut Decoder, bytes: &[u8], piece: usize) -> usize {
    for end in ends(bytes, piece) {
        let (used, event) = decoder.decode(black_box(&bytes[..end])).expect("valid");
        if let Some(Event::Request(head)) = event {
            black_box(head.body_framing());
            let (_, event) = decoder.decode(b"").expect("valid");
            assert!(matches!(event, Some(Event::End)));
            return used;
        }
    }
    0
}

fn parsed(bytes: &[u8], piece: usize) -> usize {
    for end in ends(bytes, piece) {
        let mut index = [httparse::EMPTY_HEADER; 16];
        let mut request = httparse::Request::new(&mut index);
        if let httparse::Status::Complete(len) =
            request.parse(black_box(&bytes[..end])).expect("valid")
        {
            return len;
        }
    }
    0
}

/// Made as new before each head, since the next one would need an answer to this one.
fn fed(connection: &mut ServerConn, bytes: &[u8], piece: usize) -> usize {
    connection.reset();
    let mut start = 0;
    for end in ends(bytes, piece) {
        start += connection.feed(black_box(&bytes[start..end]));
        if let ServerEvent::Request(head) = connection.poll().expect("valid") {
            black_box(head.framing());
            return start;
        }
    }
    0
}
