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
