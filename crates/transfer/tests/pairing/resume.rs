use barewire_transfer::pairing::{Method, PairingErrorKind, Part, ResumeKey, Side, Wanted, wanted};

use crate::link::{
    CONFIRM, End, PAKE, PREFACE, TICKET, again, converse, honestly, messages, usual, with_resume,
};

#[test]
fn two_who_know_each_other() {
    let [issuer, enterer] = honestly(usual());
    let keys = [&issuer, &enterer].map(|end| end.paired().resume.clone());
    // The parts may have changed: whoever listened before may connect now.
    for part in [Part::Issuer, Part::Enterer] {
        let ends = honestly([
            with_resume(&keys[0], Side::Sender, part),
            with_resume(&keys[1], Side::Receiver, part.other()),
        ]);
        for end in &ends {
            assert_eq!(end.paired().method, Method::Resume);
            assert_eq!(end.paired().resume, keys[0]);
            assert_eq!(end.messages(), [PREFACE, CONFIRM]);
        }
    }
}

#[test]
fn a_key_of_another_session() {
    let [issuer, _] = again();
    let [_, enterer] = again();
    let ends = honestly([issuer, enterer]);
    for end in &ends {
        assert_eq!(end.error().kind, PairingErrorKind::ResumeRefused);
        assert!(!end.error().burns_code());
        assert_eq!(
            end.error().to_string(),
            "the other side is not the one of the earlier session"
        );
        assert!(!end.messages().contains(&CONFIRM));
    }
}

/// Who has seen a ticket, as an impostor may have, and does not have the key.
#[test]
fn a_ticket_without_its_key() {
    let [key, other] = [(); 2].map(|()| ResumeKey::generate().unwrap());
    let tickets = [&key, &other].map(|key| {
        let mut preface = End::new(with_resume(key, Side::Sender, Part::Issuer)).turn();
        preface.split_off(TICKET)
    });
    let issuer = with_resume(&key, Side::Sender, Part::Issuer);
    let thief = with_resume(&other, Side::Receiver, Part::Enterer);
    let [issuer, thief] = converse([issuer, thief], |from, mut message| {
        if message[0] == PREFACE {
            // Each is told the ticket that it knows.
            message[TICKET..].copy_from_slice(&tickets[1 - from]);
        }
        message
    });
    assert!(thief.messages().contains(&CONFIRM));
    assert_eq!(issuer.error().kind, PairingErrorKind::ResumeRefused);
    assert!(!issuer.messages().contains(&CONFIRM));
    assert!(!issuer.error().burns_code());
}

#[test]
fn the_same_direction_twice() {
    let key = ResumeKey::generate().unwrap();
    let ends =
        honestly([Part::Issuer, Part::Enterer].map(|part| with_resume(&key, Side::Sender, part)));
    for end in &ends {
        assert_eq!(end.error().kind, PairingErrorKind::SameSide(Side::Sender));
    }
    let sides = [Side::Sender, Side::Receiver];
    let ends = honestly(sides.map(|side| with_resume(&key, side, Part::Enterer)));
    for end in &ends {
        assert_eq!(end.error().kind, PairingErrorKind::SamePart(Part::Enterer));
    }
}

#[test]
fn a_key_exchange_has_no_place() {
    let [mut issuer, mut enterer] = again().map(End::new);
    issuer.input = enterer.turn();
    issuer.input.extend(crate::link::message(PAKE, &[0; 33]));
    issuer.turn();
    let message = "key exchange";
    assert_eq!(
        issuer.error().kind,
        PairingErrorKind::OutOfOrder { message }
    );
}

#[test]
fn what_is_wanted_is_known_beforehand() {
    let key = ResumeKey::generate().unwrap();
    let mut enterer = End::new(with_resume(&key, Side::Receiver, Part::Enterer));
    let preface = enterer.turn();
    for len in 0..preface.len() {
        assert_eq!(wanted(&preface[..len]), Ok(None));
    }
    assert_eq!(wanted(&preface), Ok(Some(Wanted::Resume(key.ticket()))));
    let [_, mut enterer] = usual().map(End::new);
    let mut preface = enterer.turn();
    preface.extend_from_slice(b"more");
    assert_eq!(wanted(&preface), Ok(Some(Wanted::Code)));
    let kind = |bytes: &[u8]| wanted(bytes).unwrap_err().kind;
    assert_eq!(kind(b"GET / HTTP/1.1\r\n"), PairingErrorKind::NotBarewire);
    assert_eq!(
        kind(&messages(&crate::link::message(PAKE, &[0; 33]))[0]),
        PairingErrorKind::NotBarewire
    );
    assert_eq!(
        kind(&[PREFACE, 0, 0, 0, 0, 0, 1, 0, 0, 0]),
        PairingErrorKind::TooLong
    );
}

#[test]
fn keys_differ_and_so_do_tickets() {
    let [one, other] = [(); 2].map(|()| ResumeKey::generate().unwrap());
    assert!(one != other && one.ticket() != other.ticket());
    assert_eq!(one.ticket(), one.clone().ticket());
}
