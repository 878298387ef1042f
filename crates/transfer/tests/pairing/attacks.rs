use barewire_transfer::code::Code;
use barewire_transfer::pairing::{Binding, Pairing, PairingErrorKind, Part, Side};

use crate::link::{
    CONFIRM, End, PAKE, PART, PREFACE, REFUSED, SIDE, VERSIONS, again, binding, code, converse,
    honestly, messages, usual,
};

/// Somebody who has one TLS session with each side and passes on every message.
#[test]
fn somebody_in_the_middle() {
    let enterer = Pairing::with_code(
        &code(),
        Side::Receiver,
        Part::Enterer,
        Binding::new([8; 32]),
    );
    let [issuer, _] = usual();
    let [issuer, enterer] = honestly([issuer, enterer.unwrap()]);
    assert_eq!(issuer.error().kind, PairingErrorKind::WrongCode);
    assert!(issuer.error().burns_code());
    assert!(!issuer.messages().contains(&CONFIRM));
    assert!(enterer.error().burns_code());
}

/// An impostor who swallows the refusal has had one guess, and the enterer knows.
#[test]
fn an_impostor_instead_of_the_issuer() {
    let impostor = crate::link::with_code("7-tiger-banana", Side::Sender, Part::Issuer);
    let [_, enterer] = usual();
    let [_, enterer] = converse([impostor, enterer], |_, message| match message[0] {
        REFUSED => Vec::new(),
        _ => message,
    });
    let error = enterer.end().unwrap_err();
    assert_eq!(error.kind, PairingErrorKind::Cut);
    assert!(error.burns_code());
}

#[test]
fn an_impostor_who_makes_up_a_confirmation() {
    let impostor = crate::link::with_code("7-tiger-banana", Side::Sender, Part::Issuer);
    let [_, enterer] = usual();
    let [_, enterer] = converse([impostor, enterer], |_, message| match message[0] {
        REFUSED => crate::link::message(CONFIRM, &[0x55; 32]),
        _ => message,
    });
    assert_eq!(enterer.error().kind, PairingErrorKind::Unproven);
    assert!(enterer.error().burns_code());
    assert_eq!(
        enterer.error().to_string(),
        "the other side did not prove that it knows the code"
    );
}

/// Each message comes back to whom it is from, changed as little as it takes to be let in.
#[test]
fn a_mirror() {
    for part in [Part::Issuer, Part::Enterer] {
        for side in [Side::Sender, Side::Receiver] {
            let mut plain = End::new(crate::link::with_code("7-tiger-bamboo", side, part));
            plain.input = plain.turn();
            plain.turn();
            assert_eq!(plain.error().kind, PairingErrorKind::SameSide(side));

            let mut end = End::new(crate::link::with_code("7-tiger-bamboo", side, part));
            // An issuer is told a confirmation first; the mirror has none and takes the first 32 bytes it has.
            for _ in 0..4 {
                let mut said = end.turn();
                match said.first() {
                    Some(&PREFACE) => {
                        said[SIDE] = 3 - said[SIDE];
                        said[PART] = 3 - said[PART];
                    }
                    // 'A' for 'B', which is not part of what is hashed.
                    Some(&PAKE) => {
                        said[10] = b'A' + b'B' - said[10];
                        if said.len() == 43 && part == Part::Issuer {
                            said.extend(crate::link::message(CONFIRM, &[0; 32]));
                        }
                    }
                    _ => {}
                }
                end.input.extend(said);
            }
            let kind = end.error().kind;
            let expected = match part {
                Part::Issuer => PairingErrorKind::WrongCode,
                Part::Enterer => PairingErrorKind::Unproven,
            };
            assert_eq!(kind, expected);
        }
    }
}

/// All that one side once said, said again to another that has the same code and even the same channel.
#[test]
fn an_earlier_session_once_more() {
    for pairings in [usual, again as fn() -> _] {
        let [issuer, enterer] = honestly(pairings());
        let [mut new_issuer, mut new_enterer] = usual().map(End::new);
        new_issuer.input = enterer.said.clone();
        new_issuer.turn();
        new_issuer.error();
        new_enterer.input = issuer.said.clone();
        new_enterer.turn();
        new_enterer.error();
    }
    let [issuer, enterer] = honestly(usual());
    let [mut new_issuer, mut new_enterer] = usual().map(End::new);
    new_issuer.input = enterer.said;
    new_issuer.turn();
    assert_eq!(new_issuer.error().kind, PairingErrorKind::WrongCode);
    new_enterer.input = issuer.said;
    new_enterer.turn();
    assert_eq!(new_enterer.error().kind, PairingErrorKind::Unproven);
}

/// Whoever makes two new programs speak an old version is found out, since both hash what the other said of its own.
#[test]
fn versions_are_part_of_what_is_confirmed() {
    let [issuer, _] = converse(usual(), |from, mut message| {
        if from == 1 && message[0] == PREFACE {
            message[VERSIONS + 1] = 9;
        }
        message
    });
    assert_eq!(issuer.error().kind, PairingErrorKind::WrongCode);
}

/// Points that are on the curve and in no proper group of it, and others that are none.
#[test]
fn points_that_nobody_would_send() {
    let mut order_8 = [0u8; 32];
    let torsion = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
    for (i, byte) in order_8.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&torsion[2 * i..2 * i + 2], 16).unwrap();
    }
    let mut identity = [0; 32];
    identity[0] = 1;
    for point in [order_8, identity, [0; 32], [0xff; 32], [2; 32]] {
        let [issuer, enterer] = converse(usual(), |from, mut message| {
            if from == 1 && message[0] == PAKE {
                message[11..].copy_from_slice(&point);
            }
            message
        });
        let kind = issuer.error().kind;
        let malformed = PairingErrorKind::Malformed {
            message: "key exchange",
        };
        assert!(
            kind == PairingErrorKind::WrongCode || kind == malformed,
            "{kind:?}"
        );
        enterer.error();
    }
}

/// No byte of a code is in what is sent, and what is sent says nothing of it: the same bytes fit every code.
#[test]
fn the_code_is_not_in_the_messages() {
    let ends = honestly(usual());
    for end in &ends {
        for word in [&b"tiger"[..], b"bamboo"] {
            assert!(!end.said.windows(word.len()).any(|bytes| bytes == word));
        }
    }
}

/// One bit of one message is not as it was sent. Neither side is paired, but for the issuer where it was the last
/// message of all: that one is told by the next.
#[track_caller]
fn check_flipped(pairings: [Pairing; 2], from: usize, kind: u8, bit: usize) {
    let [issuer, enterer] = converse(pairings, |sender, mut message| {
        if sender == from && message[0] == kind {
            message[bit / 8] ^= 1 << (bit % 8);
        }
        message
    });
    let last = from == 0 && kind == CONFIRM;
    let told = issuer.input.first() == Some(&REFUSED);
    let place = format!("bit {bit} of message {kind} of side {from}");
    match issuer.end() {
        Ok(_) => assert!(last, "{place}: the issuer is paired"),
        Err(_) => assert!(!last, "{place}: the issuer did not confirm"),
    }
    let waits = enterer.input.len();
    let error = enterer.end().expect_err(&place);
    // A length that grew leaves the enterer waiting for what does not come, which is an error as soon as time is up.
    assert!(
        !last || told || (error.kind == PairingErrorKind::Cut && waits > 0),
        "{place}: the issuer was not told"
    );
}

#[test]
fn one_bit_of_a_resumed_session() {
    for (kind, bytes) in [(PREFACE, 71), (CONFIRM, 42)] {
        for from in [0, 1] {
            for bit in 0..8 * bytes {
                check_flipped(again(), from, kind, bit);
            }
        }
    }
}

#[test]
fn one_bit_of_a_key_exchange() {
    // Curves are slow without optimisation: then it is one bit of each byte.
    let step = if cfg!(debug_assertions) { 9 } else { 1 };
    for bit in (0..8 * 43).step_by(step) {
        for from in [0, 1] {
            check_flipped(usual(), from, PAKE, bit);
        }
    }
    for (kind, bit) in [(PREFACE, 18 * 8), (PREFACE, 30 * 8), (CONFIRM, 20 * 8)] {
        for from in [0, 1] {
            check_flipped(usual(), from, kind, bit);
        }
    }
}

#[test]
fn messages_twice_or_never() {
    for kind in [PREFACE, PAKE, CONFIRM] {
        for from in [0, 1] {
            for times in [0, 2] {
                let [issuer, enterer] = converse(usual(), |sender, message| {
                    match sender == from && message[0] == kind {
                        true => message.repeat(times),
                        false => message,
                    }
                });
                let place = format!("message {kind} of side {from}, {times} times");
                // A second confirmation is the protocol's to refuse.
                let both = kind == CONFIRM && times == 2;
                let told = issuer.input.first() == Some(&REFUSED);
                assert_eq!(enterer.end().is_ok(), both, "{place}");
                // The issuer is done when it confirms, and may hear later that the enterer is not.
                let last = kind == CONFIRM && from == 0;
                assert_eq!(issuer.end().is_ok() && !told, both || last, "{place}");
            }
        }
    }
}

/// A code of one's own goes the same way.
#[test]
fn codes_that_somebody_made_up() {
    let pair = |code: &str, other: &str| {
        let code = Code::custom(code).unwrap();
        let other = Code::custom(other).unwrap();
        [
            Pairing::with_code(&code, Side::Sender, Part::Issuer, binding()).unwrap(),
            Pairing::with_code(&other, Side::Receiver, Part::Enterer, binding()).unwrap(),
        ]
    };
    // The same letter composed and decomposed, as two keyboards have it.
    let [issuer, _] = honestly(pair("grüne wiese 12", " gru\u{308}ne wiese 12"));
    issuer.paired();
    let [issuer, _] = honestly(pair("grüne wiese 12", "Grüne wiese 12"));
    assert_eq!(issuer.error().kind, PairingErrorKind::WrongCode);
    // Messages are as long as any other's.
    assert_eq!(messages(&issuer.said)[1].len(), 43);
}
