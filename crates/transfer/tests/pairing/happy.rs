use barewire_transfer::pairing::{Method, Part, Side};

use crate::link::{End, again, honestly, in_pieces, usual, with_code};

#[track_caller]
fn check(ends: &[End; 2]) {
    let [one, other] = [ends[0].paired(), ends[1].paired()];
    assert_eq!((one.version, other.version), (1, 1));
    assert_eq!(one.side.other(), other.side);
    assert_eq!(one.resume, other.resume);
    assert!(ends.iter().all(|end| end.input.is_empty()));
}

#[test]
fn either_side_may_make_the_code() {
    for side in [Side::Sender, Side::Receiver] {
        let issuer = with_code("7-tiger-bamboo", side, Part::Issuer);
        let enterer = with_code("7 TIGER bamb", side.other(), Part::Enterer);
        let ends = honestly([issuer, enterer]);
        check(&ends);
        assert_eq!(ends[0].paired().method, Method::Code);
        assert_eq!(ends[0].paired().side, side);
    }
}

#[test]
fn bytes_may_arrive_in_any_pieces() {
    for size in [1, 9, 10, 11, 71, 100] {
        check(&in_pieces(usual(), size));
    }
    for size in 1..160 {
        check(&in_pieces(again(), size));
    }
}

#[test]
fn what_follows_is_not_touched() {
    let [issuer, enterer] = again();
    let [mut issuer, mut enterer] = [End::new(issuer), End::new(enterer)];
    enterer.input = issuer.turn();
    issuer.input = enterer.turn();
    issuer.input.extend_from_slice(b"the protocol");
    enterer.input = issuer.turn();
    assert_eq!(issuer.input, b"the protocol");
    enterer.input.extend_from_slice(b"begins");
    enterer.turn();
    assert_eq!(enterer.input, b"begins");
    issuer.paired();
    enterer.paired();
    // Nothing is paired twice.
    let nothing = issuer.pairing.handle_input(b"more", &mut Vec::new());
    assert!(matches!(nothing, Ok((0, None))));
}

#[test]
fn no_two_pairings_give_the_same_key() {
    let [first, _] = honestly(usual());
    let [second, _] = honestly(usual());
    assert_ne!(first.paired().resume, second.paired().resume);
    assert_ne!(
        first.paired().resume.ticket(),
        second.paired().resume.ticket()
    );
    for (first, second) in first.messages().iter().zip(second.messages()) {
        assert_eq!(*first, second);
    }
    // Not one message of the first is said again in the second.
    let second = crate::link::messages(&second.said);
    for said in crate::link::messages(&first.said) {
        assert!(!second.contains(&said));
    }
}

#[test]
fn secrets_do_not_show() {
    let [issuer, _] = usual();
    assert_eq!(
        format!("{issuer:?}"),
        "Pairing { side: Sender, part: Issuer, method: Code, .. }"
    );
    let [end, _] = honestly(again());
    let shown = format!("{:?} {:?}", end.paired(), crate::link::binding());
    assert!(shown.contains("ResumeKey(..)") && shown.contains("Binding(..)"));
    assert!(!shown.contains('['), "{shown}");
}
