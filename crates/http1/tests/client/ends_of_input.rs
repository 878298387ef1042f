use super::*;

#[test]
fn between_requests_it_is_clean() {
    Client::new()
        .finish()
        .turn(ClientTurn::Close)
        .takes_no_request();
    Client::new()
        .ask(Method::Get)
        .receive(OK)
        .finish()
        .turn(ClientTurn::Close)
        .finish()
        .unanswered(0);
}

#[test]
fn before_a_response_it_is_a_fault() {
    Client::new()
        .ask(Method::Get)
        .cut(ErrorKind::IncompleteHead, 0)
        .unanswered(1);
    Client::new()
        .ask(Method::Get)
        .ask(Method::Get)
        .receive(OK)
        .cut(ErrorKind::IncompleteHead, OK.len() as u64)
        .unanswered(1);
    // An interim response is no response.
    let interim = "HTTP/1.1 100 \r\n\r\n";
    Client::new()
        .ask(Method::Get)
        .input(interim)
        .events("interim 100")
        .cut(ErrorKind::IncompleteHead, interim.len() as u64);
    // And so while content is being sent.
    let mut sending = Client::new();
    sending
        .send(&request(Method::Post), ContentLength::Known(2))
        .cut(ErrorKind::IncompleteHead, 0)
        .unanswered(1);
    assert_eq!(sending.data("ok"), Err(EncodeError::OutOfTurn));
}

#[test]
fn inside_a_head_it_is_a_fault() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    for cut in 1..head.len() {
        Client::new()
            .ask(Method::Get)
            .input(&head[..cut])
            .events("")
            .cut(ErrorKind::IncompleteHead, cut as u64);
    }
}

#[test]
fn inside_content_it_is_a_fault() {
    let length = "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n";
    Client::new()
        .ask(Method::Get)
        .input(length)
        .events("200")
        .cut(ErrorKind::IncompleteBody, length.len() as u64);
    Client::new()
        .ask(Method::Get)
        .ask(Method::Get)
        .input(length)
        .input("h")
        .events("200, data")
        .cut(ErrorKind::IncompleteBody, length.len() as u64 + 1)
        .unanswered(2);
    let head = "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunks = "2;a\r\nhi\r\n0\r\nX: y\r\n\r\n";
    for cut in 0..chunks.len() {
        let mut client = Client::new();
        client.ask(Method::Get).input(head).input(&chunks[..cut]);
        while !client.event().is_empty() {}
        let error = client.connection.finish_input().expect_err("cut short");
        assert_eq!(error.kind, ErrorKind::IncompleteBody, "cut at {cut}");
        assert_eq!(error.offset, (head.len() + cut) as u64);
        client.fault(error.kind, error.offset).unanswered(1);
    }
}

/// All of it has come and its end has not been told.
#[test]
fn behind_content_it_is_clean() {
    for (method, response) in [
        (Method::Get, OK),
        (Method::Get, EMPTY),
        (Method::Head, EMPTY),
        (Method::Get, "HTTP/1.1 204 \r\n\r\n"),
        (
            Method::Get,
            "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n",
        ),
    ] {
        let mut client = Client::new();
        client.ask(method).ask(Method::Get).input(response);
        while !client.input.is_empty() {
            client.event();
        }
        client
            .finish()
            .turn(ClientTurn::Read)
            .events("end")
            .turn(ClientTurn::Close)
            // The second was sent, and perhaps acted upon.
            .unanswered(1)
            .finish();
    }
}

#[test]
fn it_ends_content_that_has_no_other_end() {
    let mut client = Client::new();
    client
        .ask(Method::Get)
        .ask(Method::Get)
        .input("HTTP/1.0 200 \r\n\r\nhi")
        .events("200, data")
        .turn(ClientTurn::Read)
        .finish()
        .turn(ClientTurn::Read)
        .finish()
        .events("end")
        .turn(ClientTurn::Close)
        .unanswered(1)
        .finish();
    assert_eq!(client.content, b"hi");
}

#[test]
fn behind_a_switch_it_changes_nothing() {
    let mut client = Client::new();
    client.ask(Method::Connect).input("HTTP/1.1 200 \r\n\r\n");
    assert_eq!(client.event(), "200");
    client
        .finish()
        .turn(ClientTurn::Read)
        .events("end")
        .turn(ClientTurn::Switch);
}
