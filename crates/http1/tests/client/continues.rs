use super::*;

#[test]
fn content_waits_until_it_is_asked_for() {
    let mut client = Client::new();
    client
        .send(&expecting(), ContentLength::Known(2))
        .wrote("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert!(client.connection.awaits_continue());
    client
        .turn(ClientTurn::Send)
        .input("HTTP/1.1 103 Early Hints\r\n\r\n")
        .events("interim 103");
    assert!(client.connection.awaits_continue(), "103 is no leave");
    client
        .input("HTTP/1.1 100 Continue\r\n\r\n")
        .events("interim 100")
        .turn(ClientTurn::Send);
    assert!(!client.connection.awaits_continue());
    client.data("ok").expect("content is due");
    client
        .turn(ClientTurn::Read)
        .receive(OK)
        .turn(ClientTurn::Ask);
}

#[test]
fn nothing_sent_ends_no_wait() {
    let mut client = Client::new();
    client.send(&expecting(), ContentLength::Unknown);
    client.data("").expect("nothing");
    client.connection.frame_data(0).expect("nothing");
    assert!(client.connection.awaits_continue());
    client.connection.frame_data(1).expect("content is due");
    assert!(!client.connection.awaits_continue());

    let mut client = Client::new();
    client.send(&expecting(), ContentLength::Known(2));
    client.connection.data_sent(0).expect("nothing");
    assert_eq!(
        client.connection.data_sent(3),
        Err(EncodeError::BodyTooLong)
    );
    assert!(client.connection.awaits_continue());
    client.connection.data_sent(1).expect("content is due");
    assert!(!client.connection.awaits_continue());
}

/// A server may never say 100: the content is sent after a while all the same.
#[test]
fn a_wait_may_be_given_up() {
    let mut client = Client::new();
    client.send(&expecting(), ContentLength::Unknown);
    client.data("ok").expect("content is due");
    assert!(!client.connection.awaits_continue());
    client.end().expect("content was due");
    // 100 that comes late is an interim response as any other.
    client
        .turn(ClientTurn::Read)
        .input("HTTP/1.1 100 Continue\r\n\r\n")
        .events("interim 100")
        .receive(OK)
        .turn(ClientTurn::Ask);
}

#[test]
fn any_final_status_ends_the_wait() {
    for status in [200, 301, 401, 413, 417, 500] {
        let mut client = Client::new();
        client
            .send(&expecting(), ContentLength::Known(2))
            .input(format!("HTTP/1.1 {status} \r\nContent-Length: 0\r\n\r\n"))
            .events(&format!("{status}, end"))
            .turn(ClientTurn::Send)
            .unanswered(0);
        assert!(!client.connection.awaits_continue());
        // Nothing may be sent behind a head whose content has not followed.
        client.refuses(Method::Get, EncodeError::OutOfTurn);
        client.connection.give_up_content();
        client.turn(ClientTurn::Close).takes_no_request();
    }
    // Sending it after all keeps the connection.
    let mut client = Client::new();
    client
        .send(&expecting(), ContentLength::Known(2))
        .receive(EMPTY)
        .data("ok")
        .expect("content is due");
    client.turn(ClientTurn::Ask).ask(Method::Get);
}

/// 100 may come to a request that did not ask for it, and more than once.
#[test]
fn leave_that_was_not_asked_for() {
    let mut client = Client::new();
    client
        .ask(Method::Get)
        .input("HTTP/1.1 100 Continue\r\n\r\n".repeat(3))
        .input("HTTP/1.1 199 Later\r\nContent-Length: 7\r\nTransfer-Encoding: x\r\n\r\n")
        .events("interim 100, interim 100, interim 100, interim 199")
        .turn(ClientTurn::Read)
        .unanswered(1)
        .receive(OK)
        .turn(ClientTurn::Ask);
}

/// What comes before the response to an earlier request is no leave for the last one.
#[test]
fn leave_is_of_the_request_that_is_answered() {
    let mut client = Client::new();
    client.ask(Method::Get);
    client
        .send(&expecting(), ContentLength::Known(2))
        .unanswered(2)
        .input("HTTP/1.1 100 Continue\r\n\r\n")
        .events("interim 100");
    assert!(client.connection.awaits_continue());
    client.receive(OK).turn(ClientTurn::Send);
    assert!(client.connection.awaits_continue());
    client
        .input("HTTP/1.1 100 Continue\r\n\r\n")
        .events("interim 100");
    assert!(!client.connection.awaits_continue());
    client.data("ok").expect("content is due");
    client.receive(OK).turn(ClientTurn::Ask);
}

#[test]
fn a_flood_of_interim_responses_is_cut_off() {
    let interim = "HTTP/1.1 102 \r\n\r\n";
    for max in [0_usize, 1, 16] {
        let mut limits = Limits::for_responses();
        limits.interim_max = max;
        let mut client = Client::with(limits);
        for _ in 0..2 {
            // The count is of one request.
            client.ask(Method::Get).input(interim.repeat(max));
            for _ in 0..max {
                assert_eq!(client.event(), "interim 102");
            }
            client.receive(OK);
        }
        client.ask(Method::Get).input(interim.repeat(max + 1));
        for _ in 0..max {
            assert_eq!(client.event(), "interim 102");
        }
        let read = 2 * (max * interim.len() + OK.len()) + max * interim.len();
        client.fault(ErrorKind::TooManyInterim, read as u64);
    }
}
