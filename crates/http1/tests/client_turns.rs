//! What may still be sent and read once a client connection is on its way to its end.

use barewire_http1::{
    ClientConnection, ClientTurn, Content, ContentLength, EncodeError, Event, Limits, Method,
    RequestHeadBuf,
};

const SWITCH: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n";

fn get() -> RequestHeadBuf {
    RequestHeadBuf::new(Method::Get, "a", "/").expect("valid")
}

/// A connection that has sent the head of a POST and owes its content.
fn sending(change: impl Fn(&mut RequestHeadBuf)) -> ClientConnection {
    let mut head = RequestHeadBuf::new(Method::Post, "a", "/").expect("valid");
    change(&mut head);
    let mut connection = ClientConnection::new(Limits::for_responses());
    let content = connection.encode_head(&head, ContentLength::Known(5), &mut Vec::new());
    assert_eq!(content, Ok(Content::Length(5)));
    connection
}

/// Reads all of the input but what is left for another protocol.
#[track_caller]
fn reads(connection: &mut ClientConnection, mut input: &[u8]) -> usize {
    loop {
        let (used, event) = connection.decode(input).expect("no fault");
        if event.is_none() {
            return input.len() - used;
        }
        input = &input[used..];
    }
}

#[track_caller]
fn sends_nothing(connection: &mut ClientConnection, data: EncodeError) {
    let mut out = Vec::new();
    let head = connection.encode_head(&get(), ContentLength::Known(0), &mut out);
    assert_eq!(head, Err(EncodeError::Closing));
    assert_eq!(connection.encode_data(b"hello", &mut out), Err(data));
    assert_eq!(connection.encode_end(None, &mut out), Ok(()));
    assert!(out.is_empty() && !connection.awaits_continue());
}

#[test]
fn no_content_follows_a_close() {
    let mut connection = sending(|_| ());
    let no = b"HTTP/1.1 413 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(reads(&mut connection, no), 0);
    assert_eq!(connection.turn(), ClientTurn::Close);
    sends_nothing(&mut connection, EncodeError::OutOfTurn);
}

#[test]
fn no_content_follows_a_fault() {
    let mut connection = sending(|head| {
        head.expect_continue();
    });
    assert!(connection.awaits_continue());
    connection.decode(b"SSH-2.0").expect_err("no response");
    assert_eq!(connection.turn(), ClientTurn::Close);
    sends_nothing(&mut connection, EncodeError::OutOfTurn);

    let mut connection = sending(|head| {
        head.expect_continue();
    });
    connection.finish_input().expect_err("a response is due");
    assert_eq!(connection.turn(), ClientTurn::Close);
    sends_nothing(&mut connection, EncodeError::OutOfTurn);
}

/// RFC 9112 section 9.6: a client that is told of the close ceases to send requests, and
/// RFC 9112 section 6.3: what ends with the connection leaves room for none.
#[test]
fn no_request_follows_a_head_that_says_close() {
    for head in [
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
    ] {
        let mut connection = ClientConnection::new(Limits::for_responses());
        let mut out = Vec::new();
        connection
            .encode_head(&get(), ContentLength::Known(0), &mut out)
            .expect("the first");
        assert!(connection.can_pipeline());
        let (_, event) = connection.decode(head.as_bytes()).expect("valid");
        assert!(matches!(event, Some(Event::Response(_))));
        assert_eq!(connection.turn(), ClientTurn::Read, "{head}");
        assert!(connection.will_close() && !connection.can_pipeline());
        sends_nothing(&mut connection, EncodeError::OutOfTurn);
    }
}

/// RFC 9110 section 7.8: a client does not speak the new protocol before its request is whole.
#[test]
fn a_switch_waits_for_the_content() {
    let offer = |head: &mut RequestHeadBuf| {
        head.offer_upgrade("a").expect("valid");
    };
    let mut connection = sending(offer);
    assert_eq!(reads(&mut connection, &[SWITCH, b"other"].concat()), 5);
    assert_eq!(connection.turn(), ClientTurn::Send);
    let mut out = Vec::new();
    connection.encode_data(b"hello", &mut out).expect("due");
    assert_eq!(connection.turn(), ClientTurn::Switch);
    // What lies behind 101 is the other protocol's, and no reason to close.
    assert!(!connection.will_close());

    let mut connection = sending(offer);
    assert_eq!(reads(&mut connection, SWITCH), 0);
    connection.give_up_content();
    assert_eq!(connection.turn(), ClientTurn::Close);
    sends_nothing(&mut connection, EncodeError::OutOfTurn);
}
