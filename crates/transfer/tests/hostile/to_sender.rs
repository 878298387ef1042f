use std::time::Instant;

use barewire_transfer::error::{Code, ErrorKind};
use barewire_transfer::manifest::Kind;
use barewire_transfer::sender::{Event, Plan, Sender};
use barewire_transfer::tree::root_of_small;

use crate::frames::*;

#[track_caller]
fn refused(mut sender: Sender, bytes: &[Vec<u8>], kind: ErrorKind) {
    let bytes = bytes.concat();
    let now = Instant::now();
    let mut used = 0;
    let error = loop {
        match sender.handle_input(now, &bytes[used..], &mut Vec::new()) {
            Ok((0, None)) => panic!("not refused"),
            Ok((len, _)) => used += len,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind, kind);
    for bytes in [&b""[..], &hello(), &frame(BYE, 0, &[])] {
        let again = sender.handle_input(now, bytes, &mut Vec::new());
        assert_eq!(again, Err(error.clone()));
    }
    assert_eq!(sender.handle_end(), Err(error));
}

/// What these bytes say.
#[track_caller]
fn events(sender: &mut Sender, bytes: &[Vec<u8>]) -> Vec<Event> {
    let bytes = bytes.concat();
    let mut events = Vec::new();
    let mut used = 0;
    loop {
        let step = sender.handle_input(Instant::now(), &bytes[used..], &mut Vec::new());
        let (len, event) = step.unwrap();
        used += len;
        match event {
            Some(event) => events.push(event),
            None => break,
        }
    }
    assert_eq!(used, bytes.len());
    events
}

/// A file that was sent, for all that the sender knows.
fn ended() -> Sender {
    let mut sender = sending();
    let mut out = Vec::new();
    sender.data(SMALL, 0, 10, &mut out).unwrap();
    sender
        .end(SMALL, 10, &root_of_small(&[1; 10]), &mut out)
        .unwrap();
    sender
}

#[test]
fn each_frame_has_its_time() {
    let unexpected = |frame| ErrorKind::Unexpected { frame };
    let empty = |kind| frame(kind, 0, &[]);
    for (kind, name) in [
        (DECISIONS, "DECISIONS"),
        (CLAIM, "CLAIM"),
        (DECISIONS_END, "DECISIONS_END"),
        (STORED, "STORED"),
        (FAILED, "FAILED"),
        (WANT, "WANT"),
        (PROGRESS, "PROGRESS"),
        // These are for receivers alone.
        (OFFER, "OFFER"),
        (OFFER_END, "OFFER_END"),
        (DATA, "DATA"),
        (HOLES, "HOLES"),
        (SUM, "SUM"),
        (END, "END"),
        (TEXT, "TEXT"),
    ] {
        refused(greeted(), &[empty(kind)], unexpected(name));
        if !(DECISIONS..=DECISIONS_END).contains(&kind) {
            refused(offering(), &[empty(kind)], unexpected(name));
        }
        if !matches!(kind, STORED | FAILED | WANT | PROGRESS) {
            refused(sending(), &[empty(kind)], unexpected(name));
        }
    }
    refused(greeted(), &[hello()], unexpected("HELLO"));
    refused(offering(), &[stored(SMALL)], unexpected("STORED"));
    let mut texting = greeted();
    texting.text("hi", &mut Vec::new()).unwrap();
    assert_eq!(events(&mut texting, &[stored(0)]), [Event::TextShown]);
    refused(texting, &[stored(0)], unexpected("STORED"));
}

#[test]
fn one_decision_for_each_entry() {
    let bad = ErrorKind::BadDecision;
    let decisions = |first, codes: &[u8]| frame(DECISIONS, first, &[codes]);
    let done = || frame(DECISIONS_END, 0, &[]);
    refused(offering(), &[decisions(0, &[])], bad.clone());
    refused(offering(), &[decisions(1, &[1])], bad.clone());
    refused(
        offering(),
        &[decisions(0, &[1]), decisions(0, &[1])],
        bad.clone(),
    );
    refused(offering(), &[decisions(0, &[0; 10])], bad.clone());
    refused(
        offering(),
        &[decisions(0, &[0; 9]), decisions(9, &[0])],
        bad.clone(),
    );
    refused(offering(), &[done()], bad.clone());
    refused(offering(), &[decisions(0, &[0; 8]), done()], bad.clone());
    refused(offering(), &[decisions(0, &[5])], bad.clone());
    refused(offering(), &[decisions(0, &[255])], bad.clone());
    // Directories and links are neither resumed nor compared.
    for code in [2, 4] {
        refused(offering(), &[decisions(0, &[code])], bad.clone());
    }
    let stream = || {
        let mut sender = greeted();
        sender
            .offer(&manifest(&[Kind::Stream]), &mut Vec::new())
            .unwrap();
        sender
    };
    for code in [2, 4] {
        refused(stream(), &[decisions(0, &[code])], bad.clone());
    }
    refused(
        offering(),
        &[decisions(0, &[0; 9]), frame(DECISIONS_END, 0, &[b"x"])],
        ErrorKind::PayloadTooLong,
    );

    let plans = events(
        &mut offering(),
        &[decisions(0, &[0; 4]), decisions(4, &[0; 5]), done()],
    );
    assert_eq!(plans, [Event::Accepted(vec![Plan::Declined; 9])]);
}

#[test]
fn claims_are_in_order_and_within_the_file() {
    let resumed = frame(DECISIONS, 0, &[&[0, 2, 2, 0, 0, 2, 2]]);
    let claims = |claims: &[Vec<u8>]| [resumed.clone(), claims.concat()];
    let bad = |id| ErrorKind::BadClaim { id };
    let check = |bytes: &[Vec<u8>], kind| refused(offering(), &claims(bytes), kind);
    check(&[claim(9, 0, 1)], ErrorKind::IdNotOffered { id: 9 });
    check(
        &[claim(u32::MAX, 0, 1)],
        ErrorKind::IdNotOffered { id: u32::MAX },
    );
    // Not to be resumed; not decided yet.
    check(&[claim(0, 0, 1)], bad(0));
    check(&[claim(7, 0, 1)], bad(7));
    check(&[claim(WHOLE, 3, 1)], bad(WHOLE));
    check(&[claim(WHOLE, 2, 2)], bad(WHOLE));
    check(&[claim(WHOLE, u64::MAX, 1)], bad(WHOLE));
    check(&[claim(WHOLE, 0, 4)], bad(WHOLE));
    check(&[claim(WHOLE, 0, 0)], bad(WHOLE));
    check(&[claim(WHOLE, 1, 1), claim(WHOLE, 1, 1)], bad(WHOLE));
    check(&[claim(WHOLE, 1, 1), claim(WHOLE, 0, 1)], bad(WHOLE));
    // What is of one group has no such values.
    check(&[claim(SMALL, 0, 1)], bad(SMALL));
    check(&[claim(EMPTY, 0, 1)], bad(EMPTY));
    check(
        &[frame(CLAIM, WHOLE, &[&[0; 7]])],
        ErrorKind::PayloadTooShort,
    );
    check(
        &[frame(CLAIM, WHOLE, &[&[0; 8 + 33]])],
        ErrorKind::PayloadTooShort,
    );
    check(
        &[
            claim(WHOLE, 0, 2),
            claim(WHOLE, 2, 1),
            claim(RESUMED, 1, 1),
            claim(9, 0, 1),
        ],
        ErrorKind::IdNotOffered { id: 9 },
    );
}

#[test]
fn stored_is_what_was_sent_to_the_end() {
    let closed = |id| ErrorKind::IdNotOpen { id };
    for id in [SMALL, DECLINED, COMPARED, EMPTY, RESUMED, STORED_BEFORE] {
        refused(sending(), &[stored(id)], closed(id));
    }
    refused(sending(), &[stored(9)], ErrorKind::IdNotOffered { id: 9 });
    refused(ended(), &[stored(SMALL), stored(SMALL)], closed(SMALL));
    refused(
        ended(),
        &[run(WANT, SMALL, 0, 1), stored(SMALL)],
        closed(SMALL),
    );
    refused(
        ended(),
        &[frame(STORED, SMALL, &[])],
        ErrorKind::PayloadTooShort,
    );
    refused(
        ended(),
        &[frame(STORED, SMALL, &[&[1, 1]])],
        ErrorKind::PayloadTooLong,
    );
    // What has no data is stored without any.
    let told = events(&mut sending(), &[stored(DIRECTORY), stored(LINK)]);
    assert_eq!(told.len(), 2);
    refused(
        sending(),
        &[stored(DIRECTORY), stored(DIRECTORY)],
        closed(DIRECTORY),
    );
}

#[test]
fn failed_is_what_was_wanted() {
    let closed = |id| ErrorKind::IdNotOpen { id };
    for id in [DECLINED, STORED_BEFORE] {
        refused(sending(), &[failed(id)], closed(id));
    }
    refused(ended(), &[stored(SMALL), failed(SMALL)], closed(SMALL));
    refused(sending(), &[failed(SMALL), stored(SMALL)], closed(SMALL));
    refused(
        sending(),
        &[frame(FAILED, SMALL, &[&[0]])],
        ErrorKind::PayloadTooShort,
    );
    refused(
        sending(),
        &[frame(FAILED, SMALL, &[&[0, 0], b"\xff"])],
        ErrorKind::TextNotUtf8,
    );
    refused(
        sending(),
        &[frame(FAILED, SMALL, &[&[0, 0], &[b'a'; 513]])],
        ErrorKind::TextTooLong,
    );
    // Both gave it up, and the news crossed.
    let mut sender = sending();
    sender
        .fail(SMALL, Code::SourceGone, "gone", &mut Vec::new())
        .unwrap();
    assert_eq!(
        events(&mut sender, &[failed(SMALL), run(WANT, SMALL, 0, 1)]),
        []
    );
}

#[test]
fn groups_are_asked_for_again_within_reason() {
    let bad = |id| ErrorKind::BadWant { id };
    let closed = |id| ErrorKind::IdNotOpen { id };
    let want = |first, count| run(WANT, WHOLE, first, count);
    for (first, count) in [
        (0, 0),
        (0, 4),
        (3, 1),
        (u64::MAX, 1),
        (1, u64::MAX),
        (u64::MAX, u64::MAX),
    ] {
        refused(sending(), &[want(first, count)], bad(WHOLE));
    }
    for id in [DIRECTORY, EMPTY, LINK] {
        refused(sending(), &[run(WANT, id, 0, 1)], bad(id));
    }
    for id in [DECLINED, COMPARED, STORED_BEFORE] {
        refused(sending(), &[run(WANT, id, 0, 1)], closed(id));
    }
    refused(
        sending(),
        &[run(WANT, 9, 0, 1)],
        ErrorKind::IdNotOffered { id: 9 },
    );
    refused(
        ended(),
        &[stored(SMALL), run(WANT, SMALL, 0, 1)],
        closed(SMALL),
    );
    refused(
        sending(),
        &[frame(WANT, WHOLE, &[&[0; 15]])],
        ErrorKind::PayloadTooShort,
    );
    refused(
        sending(),
        &[frame(WANT, WHOLE, &[&[0; 17]])],
        ErrorKind::PayloadTooLong,
    );

    // All of it once, 64 groups besides, and no more, answered or not.
    let most = || [vec![want(0, 3)], vec![want(1, 1); 64]].concat();
    assert_eq!(events(&mut sending(), &most()).len(), 65);
    refused(sending(), &[most(), vec![want(1, 1)]].concat(), bad(WHOLE));
    let mut sender = ended();
    for _ in 0..65 {
        events(&mut sender, &[run(WANT, SMALL, 0, 1)]);
        sender.data(SMALL, 0, 10, &mut Vec::new()).unwrap();
        sender
            .end(SMALL, 10, &root_of_small(&[1; 10]), &mut Vec::new())
            .unwrap();
    }
    refused(sender, &[run(WANT, SMALL, 0, 1)], bad(SMALL));
}

/// What a receiver would refuse is not written.
#[test]
fn callers_cannot_break_the_rules_either() {
    let mut out = Vec::new();
    let mut sender = sending();
    let root = root_of_small(b"");
    for id in [
        DIRECTORY,
        LINK,
        DECLINED,
        STORED_BEFORE,
        COMPARED,
        9,
        u32::MAX,
    ] {
        assert!(sender.data(id, 0, 1, &mut out).is_err(), "{id}");
        assert!(sender.holes(id, 0, 1, &mut out).is_err(), "{id}");
        assert!(sender.sum(id, 0, &[0; 32], &mut out).is_err(), "{id}");
    }
    for id in [DIRECTORY, LINK, DECLINED, STORED_BEFORE, 9] {
        assert!(sender.end(id, 0, &root, &mut out).is_err(), "{id}");
        assert!(sender.fail(id, Code::Io, "", &mut out).is_err(), "{id}");
        assert!(!sender.is_open(id));
    }
    for (offset, len) in [
        (0, 0),
        (0, 1 << 21),
        (1, 1),
        (5, u32::MAX),
        (u64::MAX, 1),
        (2 * MIB, 6),
    ] {
        assert!(
            sender.data(WHOLE, offset, len, &mut out).is_err(),
            "{offset} {len}"
        );
    }
    for (first, count) in [(0, 0), (0, 4), (u64::MAX, 2)] {
        assert!(sender.holes(WHOLE, first, count, &mut out).is_err());
    }
    assert!(sender.sum(WHOLE, 3, &[0; 32], &mut out).is_err());
    assert!(sender.sum(SMALL, 0, &[0; 32], &mut out).is_err());
    assert!(sender.end(SMALL, 11, &root, &mut out).is_err());
    assert!(sender.offer(&manifest(&[]), &mut out).is_err());
    assert!(sender.text("hi", &mut out).is_err());
    assert_eq!(out, []);

    // A group that is begun comes first, unless its file is given up.
    sender.data(WHOLE, 0, 5, &mut out).unwrap();
    assert!(sender.data(SMALL, 0, 10, &mut out).is_err());
    assert!(sender.data(WHOLE, 6, 1, &mut out).is_err());
    assert!(sender.holes(RESUMED, 0, 1, &mut out).is_err());
    assert!(sender.end(WHOLE, LARGE, &root, &mut out).is_err());
    sender
        .fail(WHOLE, Code::SourceGone, "gone", &mut out)
        .unwrap();
    sender.data(SMALL, 0, 10, &mut out).unwrap();
    sender.end(SMALL, 10, &root, &mut out).unwrap();
    // It may be stored by now.
    assert!(
        sender
            .fail(SMALL, Code::SourceChanged, "changed", &mut out)
            .is_err()
    );
    assert!(sender.end(SMALL, 10, &root, &mut out).is_err());
    events(&mut sender, &[run(WANT, SMALL, 0, 1)]);
    sender
        .fail(SMALL, Code::SourceChanged, "changed", &mut out)
        .unwrap();
}
