use std::time::Instant;

use barewire_transfer::error::{Code, ErrorKind};
use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::{Kind, OfferErrorKind};
use barewire_transfer::receiver::{Decision, Event, Receiver};
use barewire_transfer::sender::Durability;
use barewire_transfer::session::Config;
use barewire_transfer::tree::{group_cv, root_of_small};

use crate::frames::*;

/// What comes of these bytes, and that nothing comes of anything behind.
#[track_caller]
fn refused(mut receiver: Receiver, bytes: &[Vec<u8>], kind: ErrorKind) {
    let bytes = bytes.concat();
    let now = Instant::now();
    let mut used = 0;
    let error = loop {
        match receiver.handle_input(now, &bytes[used..], &mut Vec::new()) {
            Ok((0, None)) => panic!("not refused"),
            Ok((len, _)) => used += len,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind, kind);
    for bytes in [&b""[..], &hello(), &frame(BYE, 0, &[])] {
        let again = receiver.handle_input(now, bytes, &mut Vec::new());
        assert_eq!(again, Err(error.clone()));
    }
    assert_eq!(receiver.handle_end(), Err(error.clone()));
    assert_eq!(receiver.poll_timeout(), None);
    // The other side is told, in a frame that it can read.
    let mut told = Vec::new();
    receiver.refuse(&error, &mut told);
    assert_eq!(told[..2], [ERROR, 0]);
    assert!(told.len() <= 10 + 2 + 512);
}

#[track_caller]
fn allowed(receiver: &mut Receiver, bytes: &[Vec<u8>]) {
    feed(receiver, &bytes.concat());
}

fn out_of_place(id: u32, offset: u64) -> ErrorKind {
    ErrorKind::OutOfPlace { id, offset }
}

#[test]
fn each_frame_has_its_time() {
    let nothing_said = || receiver(Config::default());
    let greeted = || receiver_that_heard(&hello());
    let offered = || receiver_that_heard(&[hello(), offer(&manifest(&[file(1)]))].concat());
    let text = || receiver_that_heard(&[hello(), frame(TEXT, 0, &[b"hi"])].concat());
    let empty = |kind: u8| frame(kind, 0, &[]);
    let unexpected = |frame| ErrorKind::Unexpected { frame };
    let names = [
        (OFFER, "OFFER"),
        (OFFER_END, "OFFER_END"),
        (DATA, "DATA"),
        (HOLES, "HOLES"),
        (SUM, "SUM"),
        (END, "END"),
        (FAILED, "FAILED"),
        (TEXT, "TEXT"),
        // These are for senders alone.
        (DECISIONS, "DECISIONS"),
        (CLAIM, "CLAIM"),
        (DECISIONS_END, "DECISIONS_END"),
        (STORED, "STORED"),
        (WANT, "WANT"),
        (PROGRESS, "PROGRESS"),
    ];
    for (kind, name) in names {
        refused(nothing_said(), &[empty(kind)], unexpected(name));
        // The answer to the offer is still being thought about.
        refused(offered(), &[empty(kind)], unexpected(name));
        refused(text(), &[empty(kind)], unexpected(name));
        if !matches!(kind, OFFER | OFFER_END | TEXT) {
            refused(greeted(), &[empty(kind)], unexpected(name));
        }
        if !(DATA..=FAILED).contains(&kind) {
            refused(accepted(), &[empty(kind)], unexpected(name));
        }
    }
    refused(greeted(), &[hello()], unexpected("HELLO"));
    refused(accepted(), &[hello()], unexpected("HELLO"));
}

#[test]
fn offers_in_parts() {
    let good = manifest(&[file(1), file(2)]);
    let greeted = || receiver_that_heard(&hello());
    let part = |number| frame(OFFER, number, &[&good.encode_parts(1).next().unwrap()]);
    let unexpected = |frame| ErrorKind::Unexpected { frame };
    refused(greeted(), &[part(1)], unexpected("OFFER"));
    refused(greeted(), &[part(0), part(0)], unexpected("OFFER"));
    refused(greeted(), &[part(0), part(2)], unexpected("OFFER"));
    refused(
        greeted(),
        &[part(0), frame(TEXT, 0, &[b"hi"])],
        unexpected("TEXT"),
    );
    refused(
        greeted(),
        &[frame(OFFER_END, 0, &[&[0; 31]])],
        ErrorKind::PayloadTooShort,
    );
    refused(
        greeted(),
        &[frame(OFFER_END, 0, &[&[0; 33]])],
        ErrorKind::PayloadTooLong,
    );
    let offer_kind = |bytes: &[Vec<u8>]| {
        let mut receiver = receiver_that_heard(&hello());
        let bytes = bytes.concat();
        let error = receiver.handle_input(Instant::now(), &bytes, &mut Vec::new());
        match error.unwrap_err().kind {
            ErrorKind::Offer(error) => error.kind,
            other => panic!("{other:?}"),
        }
    };
    let end = |count| frame(OFFER_END, count, &[&good.digest()]);
    assert_eq!(
        offer_kind(&[frame(OFFER, 0, &[])]),
        OfferErrorKind::EmptyPart
    );
    assert_eq!(
        offer_kind(&[frame(OFFER, 0, &[&[2]])]),
        OfferErrorKind::Truncated
    );
    assert_eq!(offer_kind(&[end(0)]), OfferErrorKind::Digest);
    let (announced, came) = (3, 1);
    assert_eq!(
        offer_kind(&[part(0), end(3)]),
        OfferErrorKind::Count { announced, came }
    );
    assert_eq!(
        offer_kind(&[part(0), part(1), end(2)]),
        OfferErrorKind::Digest
    );
}

#[test]
fn an_offer_that_is_refused_says_so() {
    let mut receiver = receiver_that_heard(&hello());
    let bytes = frame(OFFER, 0, &[&[1, 0, 0, 2, b'.', b'.']]);
    let error = receiver.handle_input(Instant::now(), &bytes, &mut Vec::new());
    let error = error.unwrap_err();
    assert_eq!(error.kind.code(), Code::OfferRefused);
    let mut told = Vec::new();
    receiver.refuse(&error, &mut told);
    assert_eq!(told[10..12], [0, 13]);
}

#[test]
fn only_what_was_accepted_comes() {
    let closed = |id| ErrorKind::IdNotOpen { id };
    let missing = |id| ErrorKind::IdNotOffered { id };
    for id in [9, u32::MAX] {
        for bytes in [
            data(id, 0, b"x"),
            run(HOLES, id, 0, 1),
            sum(id, 0, [0; 32]),
            end(id, 0, [0; 32]),
            failed(id),
        ] {
            refused(accepted(), &[bytes], missing(id));
        }
    }
    for id in [DIRECTORY, DECLINED, LINK, STORED_BEFORE] {
        for bytes in [
            data(id, 0, b"x"),
            run(HOLES, id, 0, 1),
            sum(id, 0, [0; 32]),
            end(id, 10, [0; 32]),
            failed(id),
        ] {
            refused(accepted(), &[bytes], closed(id));
        }
    }
    for bytes in [
        data(COMPARED, 0, b"x"),
        run(HOLES, COMPARED, 0, 1),
        sum(COMPARED, 0, [0; 32]),
    ] {
        refused(accepted(), &[bytes], closed(COMPARED));
    }
    // An empty file has no bytes.
    refused(accepted(), &[data(EMPTY, 0, b"x")], out_of_place(EMPTY, 0));
    refused(
        accepted(),
        &[run(HOLES, EMPTY, 0, 1)],
        out_of_place(EMPTY, 0),
    );
}

#[test]
fn data_is_where_it_has_to_be() {
    let group = vec![1; MIB as usize];
    let first = || data(WHOLE, 0, &group);
    for (offset, len) in [
        // Nothing, more than a group, over its end, over the end of the file, over that of numbers.
        (0, 0),
        (0, MIB as u32 + 1),
        (1, MIB as u32),
        (0, u32::MAX),
        (2 * MIB, 6),
        (LARGE, 1),
        (u64::MAX, 1),
        (u64::MAX - 1, 2),
        (u64::MAX - 5, u32::MAX),
        // Not the next group, nor the beginning of one.
        (MIB, 1),
        (2 * MIB, 5),
        (1, 1),
    ] {
        refused(
            accepted(),
            &[announced(WHOLE, offset, len)],
            out_of_place(WHOLE, offset),
        );
    }
    // Twice; not where the piece before ended; another group, file or hole in between.
    refused(accepted(), &[first(), first()], out_of_place(WHOLE, 0));
    let piece = || data(WHOLE, 0, b"abc");
    refused(
        accepted(),
        &[piece(), data(WHOLE, 4, b"x")],
        out_of_place(WHOLE, 4),
    );
    refused(
        accepted(),
        &[piece(), data(WHOLE, 2, b"x")],
        out_of_place(WHOLE, 2),
    );
    refused(accepted(), &[piece(), piece()], out_of_place(WHOLE, 0));
    refused(
        accepted(),
        &[piece(), data(SMALL, 0, b"x")],
        out_of_place(SMALL, 0),
    );
    refused(
        accepted(),
        &[piece(), run(HOLES, WHOLE, 1, 1)],
        out_of_place(WHOLE, MIB),
    );
    refused(
        accepted(),
        &[piece(), run(HOLES, SMALL, 0, 1)],
        out_of_place(SMALL, 0),
    );
    // What was claimed comes behind all that is missing.
    refused(
        accepted(),
        &[announced(RESUMED, MIB, 1)],
        out_of_place(RESUMED, MIB),
    );
    let last = || data(RESUMED, 2 * MIB, b"12345");
    let missing = || [data(RESUMED, 0, &group), sum(RESUMED, 0, [1; 32]), last()].concat();
    allowed(&mut accepted(), &[missing(), announced(RESUMED, MIB, 1)]);
    refused(
        accepted(),
        &[missing(), last()],
        out_of_place(RESUMED, 2 * MIB),
    );

    refused(
        accepted(),
        &[frame(DATA, WHOLE, &[&[0; 11]])],
        ErrorKind::PayloadTooShort,
    );
    refused(
        accepted(),
        &[frame(DATA, WHOLE, &[&[0; 13]])],
        ErrorKind::PayloadTooLong,
    );
}

#[test]
fn holes_are_where_they_have_to_be() {
    let holes = |first, count| run(HOLES, WHOLE, first, count);
    for (first, count) in [
        (0, 0),
        (0, 4),
        (3, 1),
        (1, 1),
        (u64::MAX, 1),
        (1, u64::MAX),
        (u64::MAX, u64::MAX),
    ] {
        let offset = first.saturating_mul(MIB);
        refused(
            accepted(),
            &[holes(first, count)],
            out_of_place(WHOLE, offset),
        );
    }
    refused(
        accepted(),
        &[holes(0, 2), holes(1, 2)],
        out_of_place(WHOLE, MIB),
    );
    refused(
        accepted(),
        &[holes(0, 1), announced(WHOLE, 0, 1)],
        out_of_place(WHOLE, 0),
    );
    allowed(&mut accepted(), &[holes(0, 1), holes(1, 2)]);
    refused(
        accepted(),
        &[holes(0, 3), sum(WHOLE, 0, [0; 32])],
        out_of_place(WHOLE, 0),
    );
    refused(
        accepted(),
        &[frame(HOLES, WHOLE, &[&[0; 15]])],
        ErrorKind::PayloadTooShort,
    );
    refused(
        accepted(),
        &[frame(HOLES, WHOLE, &[&[0; 17]])],
        ErrorKind::PayloadTooLong,
    );
}

#[test]
fn values_are_of_data_that_has_come_and_come_once() {
    let group = data(WHOLE, 0, &vec![1; MIB as usize]);
    let value = |group| sum(WHOLE, group, [0; 32]);
    refused(accepted(), &[value(0)], out_of_place(WHOLE, 0));
    refused(
        accepted(),
        &[value(u64::MAX)],
        out_of_place(WHOLE, u64::MAX),
    );
    refused(
        accepted(),
        &[data(WHOLE, 0, b"x"), value(0)],
        out_of_place(WHOLE, 0),
    );
    refused(
        accepted(),
        &[group.clone(), value(0), value(0)],
        out_of_place(WHOLE, 0),
    );
    refused(accepted(), &[group, value(1)], out_of_place(WHOLE, MIB));
    // The hash of a file of one group is its end's.
    refused(
        accepted(),
        &[data(SMALL, 0, &[1; 10]), sum(SMALL, 0, [0; 32])],
        out_of_place(SMALL, 0),
    );
    refused(
        accepted(),
        &[frame(SUM, WHOLE, &[&[0; 39]])],
        ErrorKind::PayloadTooShort,
    );
    refused(
        accepted(),
        &[frame(SUM, WHOLE, &[&[0; 41]])],
        ErrorKind::PayloadTooLong,
    );
}

#[test]
fn an_end_comes_behind_everything() {
    let early = |id| ErrorKind::EndTooEarly { id };
    let differs = |id| ErrorKind::EndDiffers { id };
    let ten = || data(SMALL, 0, &[1; 10]);
    refused(accepted(), &[end(SMALL, 10, [0; 32])], early(SMALL));
    refused(
        accepted(),
        &[data(SMALL, 0, &[1; 9]), end(SMALL, 10, [0; 32])],
        early(SMALL),
    );
    refused(
        accepted(),
        &[ten(), end(SMALL, 11, [0; 32])],
        differs(SMALL),
    );
    refused(
        accepted(),
        &[ten(), end(SMALL, 10, [0; 32]), end(SMALL, 10, [0; 32])],
        ErrorKind::IdNotOpen { id: SMALL },
    );
    // Without the value of a group the file would wait for it for ever.
    let holes = run(HOLES, WHOLE, 0, 2);
    let tail = data(WHOLE, 2 * MIB, b"12345");
    refused(
        accepted(),
        &[holes.clone(), tail.clone(), end(WHOLE, LARGE, [0; 32])],
        early(WHOLE),
    );
    allowed(
        &mut accepted(),
        &[
            holes,
            tail,
            sum(WHOLE, 2, [0; 32]),
            end(WHOLE, LARGE, [0; 32]),
        ],
    );
    // Nothing is sent of what is compared, and nothing but one hash can be that of nothing.
    refused(accepted(), &[end(COMPARED, 11, [0; 32])], differs(COMPARED));
    refused(
        accepted(),
        &[end(COMPARED, 10, [0; 32]), end(COMPARED, 10, [0; 32])],
        ErrorKind::IdNotOpen { id: COMPARED },
    );
    let nothing = accepted_of(&manifest(&[file(0)]), &[Decision::Compare]);
    refused(nothing, &[end(0, 0, [0; 32])], differs(0));
    refused(
        accepted(),
        &[frame(END, SMALL, &[&[0; 39]])],
        ErrorKind::PayloadTooShort,
    );
    refused(
        accepted(),
        &[frame(END, SMALL, &[&[0; 41]])],
        ErrorKind::PayloadTooLong,
    );
}

#[test]
fn what_is_asked_for_again_comes_before_its_end() {
    let mut receiver = accepted();
    let mut out = Vec::new();
    allowed(
        &mut receiver,
        &[
            data(SMALL, 0, &[1; 10]),
            end(SMALL, 10, *root_of_small(&[1; 10]).as_bytes()),
        ],
    );
    let garbled = *root_of_small(&[2; 10]).as_bytes();
    let event = receiver.wrote(SMALL, 0, garbled, &mut out);
    assert!(matches!(event, Some(Event::Repair { id: SMALL, .. })));
    assert_eq!(out, run(WANT, SMALL, 0, 1));
    refused(
        receiver,
        &[end(SMALL, 10, *root_of_small(&[1; 10]).as_bytes())],
        ErrorKind::EndTooEarly { id: SMALL },
    );
}

#[test]
fn a_second_end_says_the_same() {
    let mut receiver = accepted();
    let right = *root_of_small(&[1; 10]).as_bytes();
    allowed(
        &mut receiver,
        &[data(SMALL, 0, &[1; 10]), end(SMALL, 10, right)],
    );
    receiver.wrote(SMALL, 0, [0; 32], &mut Vec::new());
    refused(
        receiver,
        &[data(SMALL, 0, &[1; 10]), end(SMALL, 10, [0; 32])],
        ErrorKind::EndDiffers { id: SMALL },
    );
}

#[test]
fn values_that_never_fit_are_an_end() {
    let mut receiver = accepted();
    let group = vec![1; MIB as usize];
    allowed(
        &mut receiver,
        &[data(WHOLE, 0, &group), sum(WHOLE, 0, [0; 32])],
    );
    let mut wants = 0;
    let mut out = Vec::new();
    let reason = loop {
        match receiver.wrote(WHOLE, 0, group_cv(0, &group), &mut out) {
            Some(Event::Repair { id: WHOLE, .. }) => wants += 1,
            Some(Event::Failed { id: WHOLE, reason }) => break reason,
            other => panic!("{other:?}"),
        }
        allowed(
            &mut receiver,
            &[data(WHOLE, 0, &group), sum(WHOLE, 0, [0; 32])],
        );
    };
    assert_eq!((wants, reason.code), (64, Code::Corrupt));
    assert_eq!(out[64 * 26..][..2], [FAILED, 0]);
    // The sender does not know yet, and goes on.
    allowed(
        &mut receiver,
        &[
            data(WHOLE, MIB, &group),
            sum(WHOLE, 1, [0; 32]),
            end(WHOLE, LARGE, [0; 32]),
        ],
    );
}

#[test]
fn what_was_given_up_here_is_swallowed_to_the_byte() {
    let mut receiver = accepted();
    allowed(&mut receiver, &[announced(WHOLE, 0, 6), b"abc".to_vec()]);
    receiver
        .fail(WHOLE, Code::NoSpace, "no space", &mut Vec::new())
        .unwrap();
    let still_under_way = [
        b"def".to_vec(),
        data(WHOLE, 6, &[0; 1000]),
        run(HOLES, WHOLE, 1, 1),
        sum(WHOLE, 0, [0; 32]),
        end(WHOLE, LARGE, [0; 32]),
        failed(WHOLE),
    ];
    let now = Instant::now();
    let rest = [still_under_way.concat(), data(SMALL, 0, b"x")].concat();
    let (used, event) = receiver.handle_input(now, &rest, &mut Vec::new()).unwrap();
    let (id, offset, bytes) = (SMALL, 0, b"x".as_slice());
    assert_eq!(
        (used, event),
        (rest.len(), Some(Event::Data { id, offset, bytes }))
    );
    // But it cannot be made to swallow without end.
    refused(
        receiver,
        &[data(SMALL, 1, &[1; 9]), announced(WHOLE, 0, MIB as u32 + 1)],
        ErrorKind::IdNotOpen { id: WHOLE },
    );
}

#[test]
fn what_has_ended_cannot_fail_any_more() {
    let closed = |id| ErrorKind::IdNotOpen { id };
    let right = *root_of_small(&[1; 10]).as_bytes();
    let whole = || [data(SMALL, 0, &[1; 10]), end(SMALL, 10, right)].concat();
    refused(accepted(), &[whole(), failed(SMALL)], closed(SMALL));
    refused(
        accepted(),
        &[end(COMPARED, 10, right), failed(COMPARED)],
        closed(COMPARED),
    );
    let mut receiver = accepted();
    allowed(&mut receiver, &[whole()]);
    receiver.wrote(SMALL, 0, right, &mut Vec::new());
    receiver
        .stored(SMALL, Durability::Durable, &mut Vec::new())
        .unwrap();
    refused(receiver, &[failed(SMALL)], closed(SMALL));
    // Before, it may, at any point.
    allowed(
        &mut accepted(),
        &[failed(SMALL), failed(SMALL), failed(COMPARED)],
    );
    allowed(
        &mut accepted(),
        &[data(WHOLE, 0, b"x"), failed(WHOLE), data(SMALL, 0, b"x")],
    );
}

#[test]
fn streams_come_in_order() {
    let stream = || accepted_of(&manifest(&[Kind::Stream]), &[Decision::Whole]);
    let root = *root_of_small(b"abc").as_bytes();
    refused(stream(), &[announced(0, 1, 1)], out_of_place(0, 1));
    refused(stream(), &[announced(0, 0, 0)], out_of_place(0, 0));
    refused(
        stream(),
        &[announced(0, 0, MIB as u32 + 1)],
        out_of_place(0, 0),
    );
    refused(
        stream(),
        &[data(0, 0, b"abc"), announced(0, 2, 1)],
        out_of_place(0, 2),
    );
    refused(
        stream(),
        &[data(0, 0, b"abc"), end(0, 2, root)],
        ErrorKind::EndDiffers { id: 0 },
    );
    refused(
        stream(),
        &[data(0, 0, b"abc"), end(0, 3, root), data(0, 3, b"d")],
        ErrorKind::IdNotOpen { id: 0 },
    );
    refused(
        stream(),
        &[end(0, 0, root), end(0, 0, root)],
        ErrorKind::IdNotOpen { id: 0 },
    );
    refused(
        stream(),
        &[run(HOLES, 0, 0, 1)],
        ErrorKind::IdNotOpen { id: 0 },
    );
    refused(stream(), &[sum(0, 0, root)], ErrorKind::IdNotOpen { id: 0 });
}

#[test]
fn texts_are_short_and_utf8() {
    let config = Config {
        limits: Limits {
            text_bytes_max: 5,
            ..Limits::default()
        },
        ..Config::default()
    };
    let text = |bytes: &[u8]| frame(TEXT, 0, &[bytes]);
    refused(
        receiver(config.clone()),
        &[hello(), text(b"123456")],
        ErrorKind::TextTooLong,
    );
    refused(
        receiver(config),
        &[hello(), text(b"\xff")],
        ErrorKind::TextNotUtf8,
    );
    let mut longest = receiver_that_heard(&[hello(), text(&vec![b'a'; 64 << 10])].concat());
    longest.shown(&mut Vec::new()).unwrap();
    // Once.
    assert!(longest.shown(&mut Vec::new()).is_err());
    refused(
        longest,
        &[text(b"again")],
        ErrorKind::Unexpected { frame: "TEXT" },
    );
}

/// Files that are begun and never finished take memory here.
#[test]
fn few_large_files_are_open_at_once() {
    let sparse = Kind::File {
        size: 16 << 40,
        data_bytes: 1,
    };
    let mut receiver = accepted_of(&manifest(&vec![sparse; 3]), &vec![Decision::Whole; 3]);
    allowed(
        &mut receiver,
        &[
            data(0, 0, &vec![0; MIB as usize]),
            data(1, 0, &vec![0; MIB as usize]),
        ],
    );
    refused(receiver, &[announced(2, 0, 1)], ErrorKind::TooMuchOpen);
    // Those that are given up do not count.
    let sparse = Kind::File {
        size: 16 << 40,
        data_bytes: 1,
    };
    let mut receiver = accepted_of(&manifest(&vec![sparse; 9]), &vec![Decision::Whole; 9]);
    for id in 0..9 {
        allowed(&mut receiver, &[data(id, 0, b"x"), failed(id)]);
    }
}
