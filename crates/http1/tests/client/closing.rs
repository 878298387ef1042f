use super::*;

#[test]
fn a_request_can_be_the_last() {
    let mut head = request(Method::Get);
    head.close();
    let mut client = Client::new();
    client
        .ask(Method::Get)
        .send(&head, ContentLength::Known(0))
        .takes_no_request()
        .input(OK)
        .input(OK)
        .events("200, data, end, 200, data, end")
        .turn(ClientTurn::Close)
        .unanswered(0)
        .wrote(
            "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        );
}

#[test]
fn the_requests_sent_can_be_made_the_last() {
    let mut client = Client::new();
    client.ask(Method::Get).ask(Method::Get);
    client.connection.close_after_response();
    client
        .takes_no_request()
        .receive(OK)
        .turn(ClientTurn::Read)
        .receive(OK)
        .turn(ClientTurn::Close);

    let mut idle = Client::new();
    idle.connection.close_after_response();
    idle.turn(ClientTurn::Close).takes_no_request();

    // What was begun is sent to its end.
    let mut sending = Client::new();
    sending.send(&request(Method::Put), ContentLength::Known(2));
    sending.connection.close_after_response();
    sending
        .turn(ClientTurn::Send)
        .data("ok")
        .expect("content is due");
    sending.receive(OK).turn(ClientTurn::Close);
}

/// Each head, and whether the connection is kept after it.
#[test]
fn keeping_a_connection_takes_both() {
    for (version, option, kept) in [
        ("1.1", "", true),
        ("1.1", "Connection: keep-alive\r\n", true),
        ("1.1", "Connection: close\r\n", false),
        ("1.1", "Connection: x\r\nConnection: y, Close\r\n", false),
        ("1.1", "Connection: close, keep-alive\r\n", false),
        ("1.0", "", false),
        ("1.0", "Connection: keep-alive\r\n", true),
        ("1.0", "Connection: Keep-Alive, x\r\n", true),
        (
            "1.0",
            "Connection: keep-alive\r\nConnection: close\r\n",
            false,
        ),
        ("1.2", "", true),
        ("1.9", "Connection: close\r\n", false),
    ] {
        let turn = match kept {
            true => ClientTurn::Ask,
            false => ClientTurn::Close,
        };
        Client::new()
            .ask(Method::Get)
            .receive(&format!(
                "HTTP/{version} 200 \r\n{option}Content-Length: 2\r\n\r\nhi"
            ))
            .turn(turn)
            .unanswered(0);
    }
}

/// Once a head has said `close`, nothing more is sent, though its content is still coming
/// (RFC 9112 section 9.6). What was sent behind it stays unanswered.
#[test]
fn nothing_is_sent_behind_a_response_that_closes() {
    for head in [
        "HTTP/1.1 200 \r\nConnection: close\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.0 200 \r\nContent-Length: 2\r\n\r\n",
    ] {
        let mut client = Client::new();
        client
            .ask(Method::Get)
            .ask(Method::Get)
            .input(head)
            .events("200")
            .takes_no_request()
            .turn(ClientTurn::Read)
            .input("hi")
            .input(OK)
            .events("data, end")
            .turn(ClientTurn::Close)
            .unanswered(1);
        assert_eq!(client.input, OK.as_bytes(), "what follows is not read");
        client.finish().turn(ClientTurn::Close);
    }
    let mut client = Client::new();
    client
        .ask(Method::Get)
        .input("HTTP/1.1 200 \r\n\r\nhi")
        .events("200, data")
        .takes_no_request();
}

/// `close` in an interim head says nothing: the response is still to come.
#[test]
fn interim_heads_close_nothing() {
    Client::new()
        .ask(Method::Get)
        .input("HTTP/1.1 103 \r\nConnection: close\r\n\r\n")
        .events("interim 103")
        .receive(OK)
        .turn(ClientTurn::Ask);
}

#[test]
fn it_is_as_new_after_reset() {
    let mut limits = Limits::for_responses();
    limits.pipelined_max = 2;
    let mut client = Client::with(limits);
    let spoil: [fn(&mut Client); 7] = [
        |client| {
            client.input("x").fault(ErrorKind::UnsolicitedResponse, 0);
        },
        |client| {
            client
                .ask(Method::Head)
                .ask(Method::Get)
                .input("HTTP/1.1 2");
            client.events("");
        },
        |client| {
            client.send(&expecting(), ContentLength::Known(2));
        },
        |client| {
            client
                .ask(Method::Connect)
                .receive("HTTP/1.1 200 \r\n\r\n")
                .turn(ClientTurn::Switch);
        },
        |client| {
            client.connection.close_after_response();
        },
        |client| {
            client.ask(Method::Get).input("HTTP/1.1 200 \r\n\r\nhi");
            client.events("200, data").finish();
        },
        |client| {
            client
                .ask(Method::Get)
                .input("HTTP/1.1 100 \r\n\r\n".repeat(16));
            while !client.event().is_empty() {}
        },
    ];
    for spoil in spoil {
        spoil(&mut client);
        client.connection.reset();
        client.input.clear();
        client.content.clear();
        client.turn(ClientTurn::Ask).unanswered(0);
        assert!(!client.connection.will_close() && !client.connection.awaits_continue());
        client
            .ask(Method::Get)
            .input("HTTP/1.1 100 \r\n\r\n".repeat(16))
            .input(OK);
        client.read_on();
        assert_eq!(client.content, b"hi");
        client.turn(ClientTurn::Ask);
        // Offsets count from the new beginning.
        let read = 16 * "HTTP/1.1 100 \r\n\r\n".len() + OK.len();
        client
            .input("x")
            .fault(ErrorKind::UnsolicitedResponse, read as u64);
        client.connection.reset();
        client.input.clear();
    }
}
