use super::*;

#[test]
fn before_any_request() {
    for bytes in [OK, "\r\n", "x", "HTTP/1.1 408 Request Timeout\r\n"] {
        Client::new()
            .input(bytes)
            .fault(ErrorKind::UnsolicitedResponse, 0);
    }
}

#[test]
fn behind_the_last_response() {
    // In the same slice as its end: known at once.
    let mut client = Client::new();
    client.ask(Method::Get).input(OK).input("H");
    for expected in ["200", "data", "end"] {
        assert_eq!(client.event(), expected);
    }
    client
        .turn(ClientTurn::Close)
        .takes_no_request()
        .fault(ErrorKind::UnsolicitedResponse, OK.len() as u64);
    // Later: as soon as they are given.
    Client::new()
        .ask(Method::Get)
        .receive(OK)
        .turn(ClientTurn::Ask)
        .input(OK)
        .fault(ErrorKind::UnsolicitedResponse, OK.len() as u64);
}

/// A response with a second one behind it, which the next request would be given.
#[test]
fn a_second_response_is_not_kept_for_the_next_request() {
    let mut client = Client::new();
    client
        .ask(Method::Get)
        .input(OK)
        .input("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    for expected in ["200", "data", "end"] {
        assert_eq!(client.event(), expected);
    }
    client.takes_no_request();
    assert_eq!(client.content, b"hi");
}

#[test]
fn behind_responses_without_content() {
    for (method, head) in [
        (Method::Head, "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n"),
        (Method::Get, "HTTP/1.1 204 \r\nContent-Length: 2\r\n\r\n"),
        (Method::Get, "HTTP/1.1 304 \r\nContent-Length: 2\r\n\r\n"),
    ] {
        let mut client = Client::new();
        client.ask(method).input(head).input("hi");
        assert_eq!(client.event().len(), 3);
        assert_eq!(client.event(), "end");
        client
            .takes_no_request()
            .fault(ErrorKind::UnsolicitedResponse, head.len() as u64);
        assert_eq!(client.content, b"");
    }
}

/// While content of an answered request is still being sent.
#[test]
fn behind_an_early_response() {
    let mut client = Client::new();
    client
        .send(&request(Method::Put), ContentLength::Known(4))
        .receive(OK)
        .turn(ClientTurn::Send)
        .input("HTTP/1.1 100 Continue\r\n\r\n")
        .fault(ErrorKind::UnsolicitedResponse, OK.len() as u64);
}

#[test]
fn not_before_what_is_pipelined_is_answered() {
    let mut client = Client::new();
    client
        .ask(Method::Get)
        .ask(Method::Get)
        .input([OK, OK, "x"].concat());
    for expected in ["200", "data", "end", "200", "data", "end"] {
        client.turn(ClientTurn::Read);
        assert_eq!(client.event(), expected);
    }
    client.fault(ErrorKind::UnsolicitedResponse, 2 * OK.len() as u64);
}
