use barewire_http1::{Asked, Decoder};

use super::*;

const SWITCH: &str =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

#[test]
fn what_follows_belongs_to_the_protocol() {
    let mut client = Client::new();
    client
        .send(&upgrading("websocket"), ContentLength::Known(0))
        .turn(ClientTurn::Read)
        .input(SWITCH)
        .input("\x01\x02")
        .events("101, end")
        .turn(ClientTurn::Switch)
        .unanswered(0)
        .refuses(Method::Get, EncodeError::Closing)
        .events("");
    assert_eq!(client.input, b"\x01\x02");
    client.finish().turn(ClientTurn::Switch).events("");
    assert_eq!(client.input, b"\x01\x02");
}

#[test]
fn one_of_those_offered() {
    let head = |fields: &str| format!("HTTP/1.1 101 \r\n{fields}\r\n");
    for (offered, fields) in [
        ("websocket", "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
        (
            "websocket",
            "Upgrade: WebSocket\r\nConnection: x, upgrade\r\n",
        ),
        (
            "h2c, HTTP/2.0",
            "Connection: upgrade\r\nUpgrade: HTTP/2.0\r\n",
        ),
        // Protocols in layers, all of them offered.
        (
            "a/1, b",
            "Connection: upgrade\r\nUpgrade: a/1\r\nUpgrade: b\r\n",
        ),
    ] {
        Client::new()
            .send(&upgrading(offered), ContentLength::Known(0))
            .receive(&head(fields))
            .turn(ClientTurn::Switch);
    }
    for (offered, fields) in [
        ("websocket", ""),
        ("websocket", "Upgrade: websocket\r\n"),
        ("websocket", "Connection: upgrade\r\n"),
        ("websocket", "Connection: upgrade\r\nUpgrade:\r\n"),
        ("websocket", "Connection: upgrade\r\nUpgrade: ,\r\n"),
        ("websocket", "Connection: upgrade\r\nUpgrade: h2c\r\n"),
        (
            "websocket",
            "Connection: upgrade\r\nUpgrade: websockets\r\n",
        ),
        (
            "websocket/13",
            "Connection: upgrade\r\nUpgrade: websocket\r\n",
        ),
        (
            "websocket",
            "Connection: upgrade\r\nUpgrade: websocket, h2c\r\n",
        ),
        (
            "websocket",
            "Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n",
        ),
        ("websocket", "Connection: close\r\nUpgrade: websocket\r\n"),
    ] {
        let mut client = Client::new();
        client
            .send(&upgrading(offered), ContentLength::Known(0))
            .input(head(fields));
        client.fault(ErrorKind::UnexpectedSwitch, 9).unanswered(1);
    }
}

#[test]
fn no_switch_without_an_offer() {
    for method in [Method::Get, Method::Post, Method::Connect] {
        Client::new()
            .ask(method)
            .input(SWITCH)
            .fault(ErrorKind::UnexpectedSwitch, 9);
    }
    // An offer of an earlier request is not one of this.
    Client::new()
        .send(&upgrading("websocket"), ContentLength::Known(0))
        .receive(OK)
        .ask(Method::Get)
        .input(SWITCH)
        .fault(ErrorKind::UnexpectedSwitch, OK.len() as u64 + 9);
    // HTTP/1.0 knows no upgrades.
    Client::new()
        .send(&upgrading("websocket"), ContentLength::Known(0))
        .input(SWITCH.replace("1.1", "1.0"))
        .fault(ErrorKind::UnexpectedSwitch, 9);
}

#[test]
fn an_offer_not_taken_goes_on_with_http() {
    Client::new()
        .send(&upgrading("websocket"), ContentLength::Known(0))
        .input("HTTP/1.1 100 \r\n\r\n")
        .events("interim 100")
        .input("HTTP/1.1 200 \r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi")
        .events("200, data, end")
        .turn(ClientTurn::Ask)
        .ask(Method::Get)
        .receive(OK)
        .turn(ClientTurn::Ask);
}

/// 101 has no content, whatever its fields say.
#[test]
fn no_content_with_a_switch() {
    let head = SWITCH.replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\nhi");
    let mut client = Client::new();
    client
        .send(&upgrading("websocket"), ContentLength::Known(0))
        .input(head)
        .events("101, end")
        .turn(ClientTurn::Switch);
    assert_eq!(client.input, b"hi");
}

/// A client cannot change the protocol in the middle of its request (RFC 9110
/// section 7.8): the content comes first, or there is no switch.
#[test]
fn content_comes_before_the_switch() {
    let mut head = request(Method::Post);
    head.offer_upgrade("websocket").expect("valid");
    let mut client = Client::new();
    client
        .send(&head, ContentLength::Known(4))
        .input(SWITCH)
        .events("101, end")
        .turn(ClientTurn::Send)
        .data("ok")
        .expect("content is due");
    client
        .turn(ClientTurn::Send)
        .data("ok")
        .expect("content is due");
    client.turn(ClientTurn::Switch);

    // Given up before the head, behind it, and behind its end.
    for events in 0..3 {
        let mut given_up = Client::new();
        given_up.send(&head, ContentLength::Known(4)).input(SWITCH);
        for _ in 0..events {
            given_up.event();
        }
        given_up.connection.give_up_content();
        while !given_up.event().is_empty() {}
        given_up.turn(ClientTurn::Close).takes_no_request();
    }

    let mut short = Client::new();
    short
        .send(&head, ContentLength::Known(4))
        .input(SWITCH)
        .events("101, end");
    assert_eq!(short.end(), Err(EncodeError::BodyTooShort));
    short.turn(ClientTurn::Close).takes_no_request();
}

#[test]
fn a_tunnel_opens_with_2xx_alone() {
    for status in [200, 204, 299] {
        let mut open = Client::new();
        // Framing is not looked at (RFC 9110 section 9.3.6).
        open.ask(Method::Connect)
            .input(format!(
                "HTTP/1.1 {status} \r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n\x16\x03"
            ))
            .events(&format!("{status}, end"))
            .turn(ClientTurn::Switch)
            .unanswered(0);
        assert_eq!(open.input, b"\x16\x03");
    }
    let mut refused = Client::new();
    refused
        .ask(Method::Connect)
        .input("HTTP/1.1 407 \r\nContent-Length: 2\r\n\r\nno")
        .events("407, data, end")
        .turn(ClientTurn::Ask)
        .ask(Method::Connect)
        .receive("HTTP/1.0 200 \r\n\r\n")
        .turn(ClientTurn::Switch);
    let mut refused = Client::new();
    refused
        .ask(Method::Connect)
        .input("HTTP/1.1 502 \r\n\r\nno")
        .events("502, data")
        .finish()
        .events("end")
        .turn(ClientTurn::Close);
    // 1xx opens nothing.
    Client::new()
        .ask(Method::Connect)
        .input("HTTP/1.1 100 \r\n\r\n")
        .events("interim 100")
        .turn(ClientTurn::Read)
        .input("HTTP/1.1 200 \r\n\r\n")
        .events("200, end")
        .turn(ClientTurn::Switch);
}

/// A decoder by itself reads nothing behind a switch either.
#[test]
fn a_decoder_stops_at_a_switch() {
    let upgrade = Asked::default().with_upgrade(b"websocket");
    for (asked, head) in [
        (upgrade, SWITCH),
        (Asked::by(Method::Connect), "HTTP/1.1 200 \r\n\r\n"),
    ] {
        let mut decoder = Decoder::client(Limits::for_responses());
        decoder.set_asked(asked);
        let stream = [head, OK].concat();
        let (used, event) = decoder.decode(stream.as_bytes()).expect("valid");
        assert!(matches!(event, Some(Event::Response(head)) if head.switches()));
        assert_eq!(used, head.len());
        let rest = &stream.as_bytes()[used..];
        assert!(matches!(decoder.decode(rest), Ok((0, Some(Event::End)))));
        for _ in 0..2 {
            assert!(matches!(decoder.decode(rest), Ok((0, None))));
            assert!(!decoder.is_mid_message() && !decoder.is_in_body());
            assert_eq!(decoder.finish(), Ok(()));
        }
        decoder.reset();
        let (used, event) = decoder.decode(rest).expect("as new");
        assert!(used > 0 && event.is_some());
    }
}
