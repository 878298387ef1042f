use super::*;

#[test]
fn responses_come_in_the_order_of_requests() {
    let mut client = Client::new();
    client
        .ask(Method::Get)
        .ask(Method::Head)
        .ask(Method::Delete)
        .unanswered(3)
        .turn(ClientTurn::Read);
    // Each is read by what it answers: the second has a length and no content.
    client
        .input(OK)
        .input("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        .input(EMPTY)
        .events("200, data, end, 200, end, 200, end")
        .turn(ClientTurn::Ask)
        .unanswered(0);
    assert_eq!(client.content, b"hi");
}

#[test]
fn what_may_be_followed() {
    for (method, followed) in [
        (Method::Get, true),
        (Method::Head, true),
        (Method::Options, true),
        (Method::Trace, true),
        (Method::Put, true),
        (Method::Delete, true),
        (Method::Post, false),
        (Method::Other(b"PATCH"), false),
        (Method::Other(b"BREW"), false),
        (Method::Connect, false),
    ] {
        let mut client = Client::new();
        client.ask(method);
        if followed {
            assert!(client.connection.can_pipeline(), "{method}");
            client.ask(Method::Post).unanswered(2);
        } else {
            client.refuses(Method::Get, EncodeError::MustWait);
        }
    }
    Client::new()
        .send(&upgrading("websocket"), ContentLength::Known(0))
        .refuses(Method::Get, EncodeError::MustWait);
}

#[test]
fn a_request_that_was_waited_for_can_be_followed() {
    let mut client = Client::new();
    client
        .ask(Method::Post)
        .refuses(Method::Get, EncodeError::MustWait)
        .input("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        .events("200")
        .refuses(Method::Get, EncodeError::MustWait)
        .input("hi")
        .events("data, end")
        .ask(Method::Get)
        .ask(Method::Get)
        .unanswered(2);
}

#[test]
fn content_comes_before_the_next_request() {
    let mut client = Client::new();
    client
        .send(&request(Method::Put), ContentLength::Unknown)
        .refuses(Method::Get, EncodeError::OutOfTurn);
    client.data("x").expect("content is due");
    client.refuses(Method::Get, EncodeError::OutOfTurn);
    client.end().expect("content was due");
    client.ask(Method::Get).unanswered(2);
}

#[test]
fn so_many_and_no_more() {
    for max in [1_usize, 2, 64] {
        let mut limits = Limits::for_responses();
        limits.pipelined_max = max;
        let mut client = Client::with(limits);
        for _ in 0..max {
            client.ask(Method::Get);
        }
        client
            .refuses(Method::Get, EncodeError::TooManyUnanswered)
            .unanswered(max)
            .receive(EMPTY)
            .ask(Method::Get)
            .refuses(Method::Get, EncodeError::TooManyUnanswered);
    }
    let mut limits = Limits::for_responses();
    limits.pipelined_max = 0;
    Client::with(limits).refuses(Method::Get, EncodeError::TooManyUnanswered);
}

/// A second request while the first response is read, and so on: the queue is not a batch.
#[test]
fn requests_go_out_while_responses_come_in() {
    let mut client = Client::new();
    client.ask(Method::Get);
    for _ in 0..10 {
        client
            .input("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh")
            .events("200, data")
            .ask(Method::Get)
            .unanswered(2)
            .input("i")
            .events("data, end")
            .unanswered(1);
    }
    client.receive(OK).turn(ClientTurn::Ask);
}

/// What a server sends behind a response without content is taken for the next response,
/// never for content of this one.
#[test]
fn content_where_none_may_be_is_the_next_response() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    let mut client = Client::new();
    client
        .ask(Method::Head)
        .ask(Method::Get)
        .input(head)
        .input("hi")
        .input(OK);
    assert_eq!(client.event(), "200");
    assert_eq!(client.event(), "end");
    client
        .fault(ErrorKind::InvalidVersion, head.len() as u64)
        .unanswered(1);
}
