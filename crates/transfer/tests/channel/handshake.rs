use barewire_transfer::channel::{Channel, ChannelErrorKind, HANDSHAKE_BYTES_MAX};

use crate::link::{ACCEPT, CONNECT, ends, open, read, read_in_pieces, records, shake, written};

#[test]
fn bytes_may_arrive_in_any_pieces() {
    for piece in (1..40).chain([100, 1000]) {
        let mut ends = ends();
        for _ in 0..3 {
            for from in [CONNECT, ACCEPT] {
                let wire = written(&mut ends[from]);
                read_in_pieces(&mut ends[1 - from], &wire, piece).unwrap();
            }
        }
        assert_eq!(ends[0].binding(), ends[1].binding());
        assert!(ends[0].binding().is_some());
    }
}

#[test]
fn no_two_channels_have_the_same_binding() {
    let mut seen = Vec::new();
    for _ in 0..20 {
        let binding = open()[0].binding().unwrap();
        assert!(!seen.contains(&binding));
        seen.push(binding);
    }
}

#[test]
fn nothing_is_said_before_it_is_over() {
    let mut ends = ends();
    for end in &mut ends {
        assert!(end.is_handshaking() && end.binding().is_none());
        assert_eq!(end.encrypt(b"too early"), 0);
        assert_eq!(end.plaintext(), b"");
        end.consume(5);
        end.close();
    }
    // The server could speak after the hello already, to whom it does not know.
    let hello = written(&mut ends[CONNECT]);
    read(&mut ends[ACCEPT], &hello).unwrap();
    assert_eq!(ends[ACCEPT].encrypt(b"too early"), 0);
    shake(&mut ends).unwrap();
    assert_eq!(ends[ACCEPT].encrypt(b"now"), 3);
}

#[test]
fn a_handshake_is_short_and_leaves_nothing_behind() {
    let mut ends = ends();
    let hello = written(&mut ends[CONNECT]);
    read(&mut ends[ACCEPT], &hello).unwrap();
    let answer = written(&mut ends[ACCEPT]);
    read(&mut ends[CONNECT], &answer).unwrap();
    let finished = written(&mut ends[CONNECT]);
    read(&mut ends[ACCEPT], &finished).unwrap();
    for flight in [&hello, &answer, &finished] {
        assert!(flight.len() < 1024, "{}", flight.len());
    }
    // No tickets: there is nothing to come back with.
    assert_eq!(written(&mut ends[ACCEPT]), b"");
    assert!(!ends[ACCEPT].is_handshaking());
}

/// What a listener of the network sees of a hello: the protocol's name, no name of a host.
#[test]
fn a_hello_names_the_protocol_alone() {
    let mut ends = ends();
    let hello = written(&mut ends[CONNECT]);
    let name = b"barewire-transfer/1";
    assert!(hello.windows(name.len()).any(|bytes| bytes == name));
    read(&mut ends[ACCEPT], &hello).unwrap();
    // The name is in a hello that is answered in cipher, so that it is not confirmed.
    let answer = written(&mut ends[ACCEPT]);
    assert!(!answer.windows(8).any(|bytes| bytes == b"barewire"));
}

#[test]
fn a_handshake_without_end() {
    // A hello of 60,000 bytes, which TLS would allow, in records of 1,000.
    let mut endless = Vec::new();
    let head = [1, 0, 0xea, 0x60];
    for record in 0..60 {
        let mut body = vec![0; 1000];
        if record == 0 {
            body[..4].copy_from_slice(&head);
        }
        endless.extend_from_slice(&[0x16, 3, 1]);
        endless.extend_from_slice(&1000u16.to_be_bytes());
        endless.extend_from_slice(&body);
    }
    for piece in [1, 700, 5000, 60_000] {
        let mut accept = Channel::accept().unwrap();
        let mut taken = 0;
        let error = endless
            .chunks(piece)
            .find_map(|piece| match accept.handle_input(piece) {
                Ok(used) => {
                    taken += used;
                    None
                }
                Err(error) => Some(error),
            });
        let error = error.unwrap();
        assert_eq!(error.kind, ChannelErrorKind::HandshakeTooLong);
        assert_eq!(error.to_string(), "TLS handshake longer than 16384 bytes");
        assert!(taken <= HANDSHAKE_BYTES_MAX);
    }
}

#[test]
fn a_mirror() {
    // Each is given back its own bytes.
    let mut connect = Channel::connect().unwrap();
    let hello = written(&mut connect);
    let kind = read(&mut connect, &hello).unwrap_err().kind;
    assert_eq!(kind, ChannelErrorKind::Violation);
    let [_, mut accept] = ends();
    read(&mut accept, &hello).unwrap();
    let answer = written(&mut accept);
    assert!(read(&mut accept, &answer).is_err());
}

/// The hello of an earlier connection finds a server that answers otherwise, and whoever repeats it cannot go on.
#[test]
fn an_earlier_connection_once_more() {
    let mut ends = ends();
    let mut said = Vec::new();
    for _ in 0..2 {
        let wire = written(&mut ends[CONNECT]);
        said.push(wire.clone());
        read(&mut ends[ACCEPT], &wire).unwrap();
        let wire = written(&mut ends[ACCEPT]);
        read(&mut ends[CONNECT], &wire).unwrap();
    }
    ends[CONNECT].encrypt(b"give me everything");
    said.push(written(&mut ends[CONNECT]));
    let mut again = Channel::accept().unwrap();
    let error = read(&mut again, &said.concat()).unwrap_err();
    assert_eq!(error.kind, ChannelErrorKind::Tampered);
    assert!(again.is_handshaking());
    assert!(records(&said[0])[0][0] == 0x16);
}
