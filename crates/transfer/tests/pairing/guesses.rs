//! A code is good for one guess, whoever loses count.

use barewire_transfer::code::Code;
use barewire_transfer::pairing::{Pairing, PairingErrorKind, Part, Refusal, Side};

use crate::link::{CONFIRM, End, PREFACE, binding, code, honestly, with_code};

fn of(code: &Code, part: Part) -> Pairing {
    let side = match part {
        Part::Issuer => Side::Sender,
        Part::Enterer => Side::Receiver,
    };
    Pairing::with_code(code, side, part, binding()).unwrap()
}

fn guesser() -> Pairing {
    with_code("7-tiger-banana", Side::Receiver, Part::Enterer)
}

/// Brings both to where the enterer has confirmed and the issuer has not read it.
fn up_to_confirmation(mut issuer: End, mut enterer: End) -> [End; 2] {
    enterer.input = issuer.turn();
    issuer.input = enterer.turn();
    enterer.input.extend(issuer.turn());
    issuer.input = enterer.turn();
    assert!(enterer.messages().contains(&CONFIRM));
    [issuer, enterer]
}

#[test]
fn a_spent_code_pairs_nobody() {
    let code = code();
    let clone = code.clone();
    assert!(!code.is_spent());
    let [issuer, _] = honestly([of(&code, Part::Issuer), guesser()]);
    assert_eq!(issuer.error().kind, PairingErrorKind::WrongCode);
    assert!(code.is_spent() && clone.is_spent());
    let again = Pairing::with_code(&clone, Side::Sender, Part::Issuer, binding());
    let error = again.unwrap_err();
    assert_eq!(error.kind, PairingErrorKind::Spent);
    assert!(error.burns_code());
    assert_eq!(
        error.to_string(),
        "the code is not good any more: somebody may have guessed at it"
    );
    // Whoever wants to give it a second chance has to say so.
    let anew = Code::parse(&code.to_string()).unwrap();
    assert!(!anew.is_spent());
}

#[test]
fn guessers_at_once_have_one_guess_among_them() {
    let code = code();
    let mut waiting: Vec<[End; 2]> = (0..20)
        .map(|_| up_to_confirmation(End::new(of(&code, Part::Issuer)), End::new(guesser())))
        .collect();
    // The last of them knows the code, and comes too late.
    let honest = End::new(with_code("7-tiger-bamboo", Side::Receiver, Part::Enterer));
    waiting.push(up_to_confirmation(
        End::new(of(&code, Part::Issuer)),
        honest,
    ));
    let mut kinds = Vec::new();
    for [issuer, enterer] in &mut waiting {
        enterer.input = issuer.turn();
        enterer.turn();
        assert!(!issuer.messages().contains(&CONFIRM));
        assert!(issuer.error().burns_code());
        kinds.push((issuer.error().kind, enterer.error().kind));
    }
    let wrong = (
        PairingErrorKind::WrongCode,
        PairingErrorKind::Refused(Refusal::Code),
    );
    let spent = (
        PairingErrorKind::Spent,
        PairingErrorKind::Refused(Refusal::Spent),
    );
    assert_eq!(kinds[0], wrong);
    assert!(kinds[1..].iter().all(|kind| *kind == spent));
}

#[test]
fn whoever_knows_the_code_spends_nothing() {
    let (ours, theirs) = (code(), code());
    for _ in 0..3 {
        let ends = honestly([of(&ours, Part::Issuer), of(&theirs, Part::Enterer)]);
        for end in ends {
            end.end().unwrap();
        }
    }
    assert!(!ours.is_spent() && !theirs.is_spent());
    // Those who say nothing, or something else, have not guessed.
    let mut issuer = End::new(of(&ours, Part::Issuer));
    issuer.input = b"GET / HTTP/1.1\r\n\r\n".to_vec();
    issuer.turn();
    let mut issuer = End::new(of(&ours, Part::Issuer));
    issuer.turn();
    issuer.pairing.handle_end();
    assert!(!ours.is_spent());
}

#[test]
fn an_enterer_shows_one_confirmation() {
    let code = code();
    let fresh = || End::new(with_code("7-tiger-banana", Side::Sender, Part::Issuer));
    let mut second = End::new(of(&code, Part::Enterer));
    let [_, first] = up_to_confirmation(fresh(), End::new(of(&code, Part::Enterer)));
    assert!(code.is_spent());
    // The first is dropped and nobody asks what became of it: the impostor is silent, and comes again.
    drop(first);
    let mut impostor = fresh();
    second.input = impostor.turn();
    impostor.input = second.turn();
    second.input.extend(impostor.turn());
    second.turn();
    assert_eq!(second.error().kind, PairingErrorKind::Spent);
    assert!(!second.messages().contains(&CONFIRM));
    assert_eq!(second.messages()[0], PREFACE);
    let again = Pairing::with_code(&code, Side::Receiver, Part::Enterer, binding());
    assert_eq!(again.unwrap_err().kind, PairingErrorKind::Spent);
}
