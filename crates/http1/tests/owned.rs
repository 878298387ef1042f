//! Owned heads and content: what they say, that they share the buffer, and that any cut gives
//! the same.

use barewire_http1::{
    ClientConnection, ContentLength, Decoder, Limits, Method, OwnedEvent, RequestHeadBuf,
    ResponseFraming, ServerConnection, Turn,
};
use bytes::{Bytes, BytesMut};

const REQUEST: &[u8] =
    b"POST /a?b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n\
      5\r\nhello\r\n1;e\r\n!\r\n0\r\nT: u\r\n\r\n";

/// Everything in `wire` that comes in pieces of so many bytes.
fn events(decoder: &mut Decoder, wire: &[u8], piece: usize) -> Vec<OwnedEvent> {
    let mut events = Vec::new();
    let mut input = BytesMut::new();
    for piece in wire.chunks(piece) {
        input.extend_from_slice(piece);
        while let Some(event) = decoder.decode_bytes(&mut input).expect("valid") {
            events.push(event);
        }
    }
    assert!(input.is_empty());
    events
}

#[test]
fn a_request_outlives_its_buffer() {
    for piece in [1, 2, 7, REQUEST.len()] {
        let mut decoder = Decoder::server(Limits::default());
        let events = events(&mut decoder, REQUEST, piece);
        let mut content = Vec::new();
        let mut told = Vec::new();
        for event in &events {
            match event {
                OwnedEvent::Request(head) => {
                    told.push("head");
                    let parsed = head.as_head();
                    assert_eq!(parsed.method(), Method::Post);
                    assert_eq!(parsed.target(), b"/a?b");
                    let value = parsed.fields().get("x").expect("there");
                    assert_eq!(head.slice(value), Bytes::from_static(b"y"));
                    assert_eq!(head.as_bytes().len(), parsed.len());
                    // A method with a name does not lie within the head.
                    assert_eq!(head.slice(parsed.method().as_bytes()), "POST");
                }
                OwnedEvent::Data(data) => content.extend_from_slice(data),
                OwnedEvent::Trailers(trailers) => {
                    told.push("trailers");
                    let value = trailers.as_fields().get("T").expect("there");
                    assert_eq!(trailers.slice(value), Bytes::from_static(b"u"));
                }
                OwnedEvent::End => told.push("end"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(told, ["head", "trailers", "end"]);
        assert_eq!(content, b"hello!");
    }
}

#[test]
fn bytes_are_shared_and_not_copied() {
    let mut connection = ServerConnection::new(Limits::default());
    let mut input = BytesMut::from(REQUEST);
    let range = input.as_ptr_range();
    while connection.turn() != Turn::Answer || connection.body_is_pending() {
        match connection.decode_bytes(&mut input).expect("valid") {
            Some(OwnedEvent::Request(head)) => assert!(range.contains(&head.as_bytes().as_ptr())),
            Some(OwnedEvent::Data(data)) => assert!(range.contains(&data.as_ptr())),
            Some(_) => {}
            None => break,
        }
    }
}

#[test]
fn a_client_writes_to_and_reads_from_bytes() {
    let mut connection = ClientConnection::new(Limits::for_responses());
    let head = RequestHeadBuf::new(Method::Get, "h", "/").expect("valid");
    let mut out = BytesMut::new();
    connection
        .encode_head(&head, ContentLength::Known(0), &mut out)
        .expect("a request may be sent");
    assert_eq!(&out[..], b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let mut input = BytesMut::from(
        &b"HTTP/1.1 103 Soon\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"[..],
    );
    let Ok(Some(OwnedEvent::Interim(hint))) = connection.decode_bytes(&mut input) else {
        panic!("no interim response");
    };
    assert_eq!(hint.as_head().reason(), b"Soon");
    let Ok(Some(OwnedEvent::Response(head))) = connection.decode_bytes(&mut input) else {
        panic!("no response");
    };
    assert_eq!(head.as_head().body_framing(), ResponseFraming::Length(2));
    assert!(format!("{head:?}").contains("ResponseHead"));
    let Ok(Some(OwnedEvent::Data(data))) = connection.decode_bytes(&mut input) else {
        panic!("no content");
    };
    assert_eq!(data, Bytes::from_static(b"hi"));
}

/// An error leaves what was not understood in the buffer.
#[test]
fn a_refused_message_stays_where_it_is() {
    let mut decoder = Decoder::server(Limits::default());
    let wire = b"GET / HTTP/1.1\nHost: h\r\n\r\n";
    let mut input = BytesMut::from(&wire[..]);
    decoder
        .decode_bytes(&mut input)
        .expect_err("a bare line feed");
    assert_eq!(input, wire[..]);
}
