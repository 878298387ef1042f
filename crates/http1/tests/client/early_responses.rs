use super::*;

#[test]
fn content_goes_on_where_the_connection_is_kept() {
    let mut client = Client::new();
    client.send(&request(Method::Put), ContentLength::Known(4));
    client.data("ab").expect("content is due");
    client
        .input(OK)
        .events("200, data, end")
        .turn(ClientTurn::Send)
        .unanswered(0)
        .refuses(Method::Get, EncodeError::OutOfTurn);
    client.data("cd").expect("content is due");
    client
        .turn(ClientTurn::Ask)
        .ask(Method::Get)
        .turn(ClientTurn::Read);
}

#[test]
fn content_that_is_given_up_closes() {
    for length in [ContentLength::Known(4), ContentLength::Unknown] {
        let mut client = Client::new();
        client.send(&request(Method::Put), length);
        client.data("ab").expect("content is due");
        client
            .input("HTTP/1.1 413 \r\nContent-Length: 2\r\n\r\n")
            .events("413");
        client.connection.give_up_content();
        client.out.clear();
        assert_eq!(client.data("cd"), Err(EncodeError::OutOfTurn));
        client.end().expect("nothing is due");
        client
            .wrote("")
            .turn(ClientTurn::Read)
            .takes_no_request()
            .input("no")
            .events("data, end")
            .turn(ClientTurn::Close)
            .unanswered(0);
        assert_eq!(client.content, b"no");
    }
}

/// Who is told `close` sends no more (RFC 9112 section 9.6).
#[test]
fn a_response_that_closes_ends_the_content() {
    let mut client = Client::new();
    client.send(&request(Method::Put), ContentLength::Known(4));
    client.data("ab").expect("content is due");
    client
        .input("HTTP/1.1 413 \r\nConnection: close\r\nContent-Length: 2\r\n\r\n")
        .events("413");
    assert!(client.connection.will_close());
    client
        .input("no")
        .events("data, end")
        .turn(ClientTurn::Close)
        .takes_no_request();
    client.out.clear();
    assert_eq!(client.data("cd"), Err(EncodeError::OutOfTurn));
    client.wrote("");
}

#[test]
fn a_fault_ends_the_content_and_the_wait() {
    let mut client = Client::new();
    client
        .send(&expecting(), ContentLength::Known(4))
        .input("HTTP/1.1 abc\r\n\r\n")
        .fault(ErrorKind::InvalidStatusCode, 9)
        .unanswered(1);
    client.out.clear();
    assert!(!client.connection.awaits_continue());
    assert_eq!(client.data("abcd"), Err(EncodeError::OutOfTurn));
    assert_eq!(client.connection.data_sent(4), Err(EncodeError::OutOfTurn));
    client.wrote("");
}

#[test]
fn a_server_that_leaves_ends_the_content() {
    let mut client = Client::new();
    client
        .send(&request(Method::Put), ContentLength::Known(4))
        .receive(OK)
        .finish()
        .turn(ClientTurn::Close);
    client.out.clear();
    assert_eq!(client.data("abcd"), Err(EncodeError::OutOfTurn));
    client.wrote("");
}
