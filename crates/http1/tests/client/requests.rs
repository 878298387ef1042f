use super::*;

#[test]
fn a_request_is_asked_and_answered_and_so_again() {
    let mut client = Client::new();
    client.turn(ClientTurn::Ask).unanswered(0);
    for _ in 0..3 {
        client
            .ask(Method::Get)
            .turn(ClientTurn::Read)
            .unanswered(1)
            .wrote("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .events("")
            .input(OK)
            .events("200, data, end")
            .turn(ClientTurn::Ask)
            .unanswered(0);
        assert_eq!(std::mem::take(&mut client.content), b"hi");
        assert!(!client.connection.will_close());
    }
}

/// What each method declares of content that it does not have.
#[test]
fn no_content_is_declared_where_a_server_would_wait_for_it() {
    for (method, framing) in [
        (Method::Get, ""),
        (Method::Head, ""),
        (Method::Delete, ""),
        (Method::Options, ""),
        (Method::Trace, ""),
        (Method::Other(b"BREW"), ""),
        (Method::Post, "Content-Length: 0\r\n"),
        (Method::Put, "Content-Length: 0\r\n"),
        (Method::Other(b"PATCH"), "Content-Length: 0\r\n"),
    ] {
        Client::new()
            .ask(method)
            .turn(ClientTurn::Read)
            .wrote(&format!("{method} / HTTP/1.1\r\nHost: a\r\n{framing}\r\n"));
    }
    Client::new()
        .ask(Method::Connect)
        .wrote("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
}

#[test]
fn content_of_a_known_length() {
    let mut client = Client::new();
    let content = client.try_send(&request(Method::Post), ContentLength::Known(5));
    assert_eq!(content, Ok(Content::Length(5)));
    client
        .turn(ClientTurn::Send)
        .data("hel")
        .expect("as declared");
    client.data("").expect("nothing");
    client
        .turn(ClientTurn::Send)
        .data("lo")
        .expect("as declared");
    client
        .turn(ClientTurn::Read)
        .wrote("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    client.end().expect("a request that is complete stays so");
    assert_eq!(client.data("x"), Err(EncodeError::OutOfTurn));
    client.wrote("").receive(OK).turn(ClientTurn::Ask);
}

#[test]
fn content_that_is_sent_by_other_means() {
    let mut client = Client::new();
    client.send(&request(Method::Put), ContentLength::Known(5));
    client.connection.data_sent(2).expect("as declared");
    let frame = client.connection.frame_data(2).expect("as declared");
    assert_eq!((frame.head(), frame.tail()), (&b""[..], &b""[..]));
    assert_eq!(
        client.connection.data_sent(2),
        Err(EncodeError::BodyTooLong)
    );
    assert_eq!(
        client.connection.frame_data(2),
        Err(EncodeError::BodyTooLong)
    );
    assert_eq!(
        client.connection.frame_data(u64::MAX),
        Err(EncodeError::BodyTooLong)
    );
    client.turn(ClientTurn::Send);
    client.connection.data_sent(1).expect("the last byte");
    client.turn(ClientTurn::Read);
    assert_eq!(client.connection.data_sent(1), Err(EncodeError::OutOfTurn));
    assert_eq!(client.connection.frame_data(1), Err(EncodeError::OutOfTurn));
}

#[test]
fn content_of_unknown_length_is_chunked() {
    let mut client = Client::new();
    let content = client.try_send(&request(Method::Post), ContentLength::Unknown);
    assert_eq!(content, Ok(Content::Chunked));
    client.data("hello, chunks in hex").expect("any length");
    client.data("").expect("an empty chunk would end it");
    assert_eq!(client.connection.data_sent(1), Err(EncodeError::OutOfTurn));
    let frame = client.connection.frame_data(255).expect("any length");
    assert_eq!((frame.head(), frame.tail()), (&b"ff\r\n"[..], &b"\r\n"[..]));
    let none = client.connection.frame_data(0).expect("nothing");
    assert_eq!((none.head(), none.tail()), (&b""[..], &b""[..]));
    let mut trailers = Trailers::new();
    trailers.field("Checksum", "abc").expect("valid");
    client
        .connection
        .encode_end(Some(&trailers), &mut client.out)
        .expect("content was due");
    client
        .wrote(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n14\r\nhello, chunks in hex\r\n0\r\nChecksum: abc\r\n\r\n",
        )
        .turn(ClientTurn::Read)
        .receive(OK)
        .turn(ClientTurn::Ask);
}

/// What a server speaks is known from its last response (RFC 9112 section 6.1).
#[test]
fn no_chunks_for_a_server_that_knows_none() {
    let old = "HTTP/1.0 200 \r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n";
    let mut client = Client::new();
    client.ask(Method::Get).receive(old).out.clear();
    let refused = client.try_send(&request(Method::Put), ContentLength::Unknown);
    assert_eq!(refused, Err(EncodeError::NotInHttp10));
    client
        .turn(ClientTurn::Ask)
        .send(&request(Method::Put), ContentLength::Known(2));
    client.data("ok").expect("content is due");
    client
        .receive(EMPTY)
        .send(&request(Method::Put), ContentLength::Unknown);
    client.end().expect("content is due");
    client.receive(old).connection.reset();
    client.send(&request(Method::Put), ContentLength::Unknown);
}

#[test]
fn trailers_follow_chunks_alone() {
    let mut trailers = Trailers::new();
    trailers.field("Checksum", "abc").expect("valid");
    let mut client = Client::new();
    client.send(&request(Method::Post), ContentLength::Known(2));
    client.data("o").expect("as declared");
    client.out.clear();
    client.connection.data_sent(1).expect("the last byte");
    let Client {
        connection, out, ..
    } = &mut client;
    let refused = connection.encode_end(Some(&trailers), out);
    assert_eq!(refused, Err(EncodeError::NoTrailers));
    connection
        .encode_end(Some(&Trailers::new()), out)
        .expect("there are none");
    client.wrote("").turn(ClientTurn::Read);
}

#[test]
fn declared_lengths_are_kept() {
    let mut long = Client::new();
    long.send(&request(Method::Post), ContentLength::Known(3));
    long.data("ab").expect("as declared");
    long.out.clear();
    assert_eq!(long.data("cd"), Err(EncodeError::BodyTooLong));
    long.wrote("").turn(ClientTurn::Send);
    long.data("c").expect("the last byte");
    long.wrote("c").turn(ClientTurn::Read);

    // Nobody can tell the server that no more will come.
    let mut short = Client::new();
    short.send(&request(Method::Post), ContentLength::Known(3));
    short.data("ab").expect("as declared");
    short.out.clear();
    assert_eq!(short.end(), Err(EncodeError::BodyTooShort));
    short
        .wrote("")
        .turn(ClientTurn::Close)
        .takes_no_request()
        .unanswered(1)
        .input(OK)
        .events("");
}

/// A refused head leaves the buffer and the connection as they were.
#[test]
fn what_may_not_be_sent_is_not() {
    let with_content = [ContentLength::Known(1), ContentLength::Unknown];
    let mut client = Client::new();
    for method in [Method::Connect, Method::Trace] {
        for length in with_content {
            let refused = client.try_send(&request(method), length);
            assert_eq!(refused, Err(EncodeError::BodyNotAllowed), "{method}");
        }
    }
    let refused = client.try_send(&expecting(), ContentLength::Known(0));
    assert_eq!(refused, Err(EncodeError::ExpectWithoutContent));
    let mut closing = expecting();
    closing.close();
    let refused = client.try_send(&closing, ContentLength::Known(0));
    assert_eq!(refused, Err(EncodeError::ExpectWithoutContent));
    client.turn(ClientTurn::Ask).unanswered(0);
    assert!(!client.connection.will_close() && !client.connection.awaits_continue());
    assert_eq!(client.data("x"), Err(EncodeError::OutOfTurn));
    client.data("").expect("nothing is always in turn");
    client.end().expect("nothing is due");
    client.connection.give_up_content();
    client
        .turn(ClientTurn::Ask)
        .wrote("")
        .ask(Method::Get)
        .receive(OK)
        .turn(ClientTurn::Ask);
}

#[test]
fn options_stand_in_one_connection_field() {
    let mut head = upgrading("h2c, HTTP/2.0");
    head.close().accept_trailers();
    Client::new().send(&head, ContentLength::Known(0)).wrote(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, TE, upgrade\r\nUpgrade: h2c, HTTP/2.0\r\nTE: trailers\r\n\r\n",
    );
    let mut head = request(Method::Get);
    head.accept_trailers();
    Client::new()
        .send(&head, ContentLength::Known(0))
        .wrote("GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: trailers\r\n\r\n");
}
