//! Chunked bodies: any cut gives the same content, and what is encoded decodes.

#![no_main]

use barewire_fuzz::http1::{Pairs, pairs};
use barewire_http1::{
    ContentLength, Decoder, Error, Event, Limits, ResponseHeadBuf, ServerConnection, StatusCode,
};
use libfuzzer_sys::fuzz_target;

const HEAD: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/// What came of a body that follows a head, and how many bytes it took.
#[derive(Debug, PartialEq)]
struct Body {
    content: Vec<u8>,
    trailers: Pairs,
    consumed: usize,
    ended: Result<bool, Error>,
}

fn decode(wire: &[u8], piece: usize) -> Body {
    let mut decoder = Decoder::server(Limits::default());
    let (used, _) = decoder.decode(HEAD).expect("the head is valid");
    assert_eq!(used, HEAD.len());
    let mut body = Body {
        content: Vec::new(),
        trailers: Vec::new(),
        consumed: 0,
        ended: Ok(false),
    };
    let mut end = 0;
    while end < wire.len() {
        end = (end + piece).min(wire.len());
        loop {
            let rest = &wire[body.consumed..end];
            let (used, event) = match decoder.decode(rest) {
                Ok(decoded) => decoded,
                Err(error) => {
                    // How far it was read depends on the cut; what is wrong does not.
                    body.consumed = 0;
                    body.ended = Err(error);
                    return body;
                }
            };
            body.consumed += used;
            match event {
                None => break,
                Some(Event::Data(range)) => body.content.extend_from_slice(&rest[range]),
                Some(Event::Trailers(fields)) => body.trailers = pairs(fields),
                Some(Event::End) => {
                    body.ended = Ok(true);
                    return body;
                }
                Some(other) => unreachable!("{other:?}"),
            }
        }
    }
    body.consumed = 0;
    body
}

/// `content` in chunks of `size` bytes, as a server sends it.
fn encode(content: &[u8], size: usize) -> Vec<u8> {
    let mut connection = ServerConnection::new(Limits::default());
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let _ = connection.decode(request).expect("a head");
    let _ = connection.decode(&[]).expect("its end");
    let mut head = Vec::new();
    let ok = ResponseHeadBuf::new(StatusCode::OK);
    connection
        .encode_head(&ok, ContentLength::Unknown, None, &mut head)
        .expect("an answer is due");
    let mut wire = Vec::new();
    for chunk in content.chunks(size) {
        connection
            .encode_data(chunk, &mut wire)
            .expect("content is due");
    }
    connection.encode_end(None, &mut wire).expect("its end");
    wire
}

fuzz_target!(|data: &[u8]| {
    let [first, second, input @ ..] = data else {
        return;
    };
    let (first, second) = (usize::from(*first) + 1, usize::from(*second) + 1);
    let whole = decode(input, input.len().max(1));
    assert_eq!(whole, decode(input, 1), "byte by byte");
    assert_eq!(whole, decode(input, first));
    assert_eq!(whole, decode(input, second));

    let wire = encode(input, first);
    let expected = Body {
        content: input.to_vec(),
        trailers: Vec::new(),
        consumed: wire.len(),
        ended: Ok(true),
    };
    assert_eq!(decode(&wire, wire.len()), expected);
    assert_eq!(decode(&wire, second), expected);
});
