use barewire_transfer::pairing::{Method, Pairing, PairingErrorKind, Part, Refusal, Side, refuse};

use crate::link::{
    CONFIRM, End, PAKE, PREFACE, REFUSED, VERSIONS, again, converse, honestly, message, messages,
    usual, with_code, with_resume,
};

#[test]
fn a_wrong_code_is_one_guess() {
    let [issuer, _] = usual();
    let enterer = with_code("7-tiger-banana", Side::Receiver, Part::Enterer);
    let [issuer, enterer] = honestly([issuer, enterer]);
    assert_eq!(issuer.error().kind, PairingErrorKind::WrongCode);
    assert!(issuer.error().burns_code());
    // The issuer has confirmed nothing: whoever guessed has no means to try another one at home.
    assert_eq!(issuer.messages(), [PREFACE, PAKE, REFUSED]);
    assert_eq!(
        enterer.error().kind,
        PairingErrorKind::Refused(Refusal::Code)
    );
    assert!(enterer.error().burns_code());
    assert_eq!(
        issuer.error().to_string(),
        "somebody connected with a wrong code"
    );
    assert_eq!(
        enterer.error().to_string(),
        "the other side says that the code is wrong"
    );
}

#[test]
fn the_number_is_part_of_the_code() {
    let [issuer, _] = usual();
    let enterer = with_code("8-tiger-bamboo", Side::Receiver, Part::Enterer);
    let [issuer, _] = honestly([issuer, enterer]);
    assert_eq!(issuer.error().kind, PairingErrorKind::WrongCode);
}

#[track_caller]
fn check_refused(pairings: [Pairing; 2], expected: [(PairingErrorKind, &str); 2]) {
    let ends = honestly(pairings);
    for (end, (kind, text)) in ends.iter().zip(expected) {
        assert_eq!(end.error().kind, kind);
        assert_eq!(end.error().to_string(), text);
        assert!(!end.error().burns_code());
        assert_eq!(end.messages(), [PREFACE, REFUSED]);
    }
}

#[test]
fn one_sends_and_one_receives() {
    for (side, text) in [
        (Side::Sender, "both sides want to send; one has to receive"),
        (
            Side::Receiver,
            "both sides want to receive; one has to send",
        ),
    ] {
        let parts = [Part::Issuer, Part::Enterer];
        let pairings = parts.map(|part| with_code("7-tiger-bamboo", side, part));
        let expected = (PairingErrorKind::SameSide(side), text);
        check_refused(pairings, [expected; 2]);
    }
}

#[test]
fn one_makes_the_code_and_one_is_given_it() {
    for (part, text) in [
        (
            Part::Issuer,
            "both sides made a code; one has to be given the other's",
        ),
        (
            Part::Enterer,
            "both sides were given a code; one has to make it",
        ),
    ] {
        let sides = [Side::Sender, Side::Receiver];
        let pairings = sides.map(|side| with_code("7-tiger-bamboo", side, part));
        let expected = (PairingErrorKind::SamePart(part), text);
        check_refused(pairings, [expected; 2]);
    }
}

#[test]
fn both_begin_anew_or_both_go_on() {
    let [issuer, _] = usual();
    let [_, enterer] = again();
    let expected = [
        (
            PairingErrorKind::OtherMethod {
                theirs: Method::Resume,
            },
            "the other side wants to go on with an earlier session, this one to begin anew",
        ),
        (
            PairingErrorKind::OtherMethod {
                theirs: Method::Code,
            },
            "the other side wants to begin anew, this one to go on with an earlier session",
        ),
    ];
    check_refused([issuer, enterer], expected);
}

#[test]
fn versions_that_do_not_meet() {
    let newer = |from, mut message: Vec<u8>| {
        if from == 1 && message[0] == PREFACE {
            message[VERSIONS..VERSIONS + 2].copy_from_slice(&[2, 3]);
        }
        message
    };
    let [issuer, enterer] = converse(usual(), newer);
    let expected = PairingErrorKind::Version {
        ours: (1, 1),
        theirs: (2, 3),
    };
    assert_eq!(issuer.error().kind, expected);
    assert_eq!(
        issuer.error().to_string(),
        "the other side speaks versions 2 to 3, this one 1 to 1; update the older"
    );
    assert_eq!(
        enterer.error().kind,
        PairingErrorKind::Refused(Refusal::Version)
    );
    assert!(!issuer.error().burns_code() && !enterer.error().burns_code());
}

#[test]
fn versions_that_make_no_sense() {
    for versions in [[2, 1], [0, 0], [255, 255], [255, 0]] {
        let [issuer, _] = converse(usual(), |_, mut message| {
            if message[0] == PREFACE {
                message[VERSIONS..VERSIONS + 2].copy_from_slice(&versions);
            }
            message
        });
        let kind = issuer.error().kind;
        assert!(matches!(kind, PairingErrorKind::Version { .. }), "{kind:?}");
    }
}

/// Both sides of a pairing at each of its stages, with the message they wait for.
fn stages() -> Vec<(End, u8)> {
    let mut stages = Vec::new();
    for (stage, waits) in [PREFACE, PAKE, CONFIRM].into_iter().enumerate() {
        let mut ends = usual().map(End::new);
        for _ in 0..stage {
            let [one, other] = ends.each_mut().map(End::turn);
            ends[0].input.extend_from_slice(&other);
            ends[1].input.extend_from_slice(&one);
        }
        for mut end in ends {
            // It reads what it has, but for the confirmation that would end it.
            end.turn();
            stages.push((end, waits));
        }
    }
    stages
}

#[test]
fn each_message_has_its_time() {
    let preface = {
        let [_, mut enterer] = usual().map(End::new);
        enterer.turn()
    };
    let samples = [
        (PREFACE, preface),
        (PAKE, message(PAKE, &[0; 33])),
        (CONFIRM, message(CONFIRM, &[0; 32])),
    ];
    for (kind, sample) in &samples {
        for (mut end, waits) in stages() {
            if waits == *kind {
                continue;
            }
            end.input = sample.clone();
            end.turn();
            let expected = match waits {
                PREFACE => PairingErrorKind::NotBarewire,
                _ => PairingErrorKind::OutOfOrder {
                    message: ["", "preface", "key exchange", "confirmation"][usize::from(*kind)],
                },
            };
            assert_eq!(end.error().kind, expected, "{kind} where {waits} is due");
            assert_eq!(end.messages().last(), Some(&REFUSED));
        }
    }
}

#[test]
fn messages_have_a_length() {
    for (mut end, waits) in stages() {
        // The head is enough: nothing is waited for.
        let mut long = message(waits, &[0; 1025]);
        long.truncate(10);
        end.input = long;
        end.turn();
        assert_eq!(end.error().kind, PairingErrorKind::TooLong);
        assert_eq!(
            end.error().to_string(),
            "message longer than 1024 bytes before the sides are paired"
        );
    }
    for len in [0, 1, 32, 34, 60, 62, 1024] {
        for (mut end, waits) in stages() {
            end.input = message(waits, &vec![b'x'; len]);
            if waits == CONFIRM && len == 32 {
                continue;
            }
            end.turn();
            end.error();
        }
    }
}

#[test]
fn nothing_is_left_of_an_error_but_the_error() {
    let [mut issuer, _] = usual().map(End::new);
    issuer.input = b"GET / HTTP/1.1\r\n\r\n".to_vec();
    issuer.turn();
    let first = issuer.error().clone();
    let mut out = Vec::new();
    let preface = messages(&issuer.said)[0].clone();
    assert_eq!(
        issuer.pairing.handle_input(&preface, &mut out).unwrap_err(),
        first
    );
    assert_eq!(issuer.pairing.handle_end(), first);
    assert!(out.is_empty());
}

#[test]
fn those_who_speak_something_else() {
    let hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    for bytes in [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".as_slice(),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        &hello,
        &[0; 64],
        &[0xff; 64],
        b"barewire0123456789",
        // A preface but for its magic.
        &message(PREFACE, &[b'b'; 61]),
        // Flags and ids have no meaning here.
        &[PREFACE, 0x80, 0, 0, 0, 0, 0, 0, 0, 61],
        &[PREFACE, 0, 0, 0, 0, 1, 0, 0, 0, 61],
    ] {
        let [mut issuer, _] = usual().map(End::new);
        issuer.input = bytes.to_vec();
        issuer.turn();
        assert_eq!(
            issuer.error().kind,
            PairingErrorKind::NotBarewire,
            "{bytes:?}"
        );
        assert!(!issuer.error().burns_code());
        assert_eq!(
            issuer.error().to_string(),
            "the other side does not speak barewire's file transfer"
        );
    }
}

#[test]
fn a_connection_that_ends() {
    for (mut end, waits) in stages() {
        let error = end.pairing.handle_end();
        assert_eq!(error.kind, PairingErrorKind::Cut);
        // An enterer has shown its confirmation by the time it waits for the other one.
        let shown = end.messages().contains(&CONFIRM);
        assert_eq!(error.burns_code(), shown);
        assert!(!shown || waits == CONFIRM);
    }
    let [_, enterer] = again();
    let key = barewire_transfer::pairing::ResumeKey::generate().unwrap();
    drop(enterer);
    let mut end = End::new(with_resume(&key, Side::Receiver, Part::Enterer));
    let mut issuer = End::new(with_resume(&key, Side::Sender, Part::Issuer));
    end.input = issuer.turn();
    end.turn();
    assert!(end.messages().contains(&CONFIRM));
    assert!(!end.pairing.handle_end().burns_code());
}

#[test]
fn somebody_who_does_not_want_to() {
    for (refusal, text) in [
        (Refusal::Busy, "the other side is busy with somebody else"),
        (
            Refusal::Spent,
            "the other side says that the code is not good any more",
        ),
    ] {
        let [_, mut enterer] = usual().map(End::new);
        refuse(refusal, &mut enterer.input);
        enterer.turn();
        let error = enterer.error();
        assert_eq!(error.kind, PairingErrorKind::Refused(refusal));
        assert_eq!(error.to_string(), text);
        assert!(!error.burns_code());
        // It takes two to refuse each other for ever.
        assert_eq!(enterer.messages(), [PREFACE]);
    }
    let [_, mut enterer] = usual().map(End::new);
    enterer.input = message(REFUSED, &[0xab, 0xcd]);
    enterer.turn();
    assert_eq!(
        enterer.error().kind,
        PairingErrorKind::Refused(Refusal::Other)
    );
}
