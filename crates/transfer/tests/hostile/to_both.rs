//! What does not depend on the side.

use std::time::Instant;

use barewire_transfer::error::{Error, ErrorKind};
use barewire_transfer::receiver::Receiver;
use barewire_transfer::sender::Sender;
use barewire_transfer::session::Config;

use crate::frames::*;
use crate::support::sides;

fn both() -> (Sender, Receiver) {
    let now = Instant::now();
    let sender = Sender::new(&sides().0, Config::default(), now, &mut Vec::new());
    (sender, receiver(Config::default()))
}

/// What each makes of it: an event or none, and the answer.
fn say(
    (sender, receiver): &mut (Sender, Receiver),
    bytes: &[u8],
) -> [Result<(bool, Vec<u8>), Error>; 2] {
    let now = Instant::now();
    let (mut one, mut other) = (Vec::new(), Vec::new());
    let first = sender.handle_input(now, bytes, &mut one);
    let second = receiver.handle_input(now, bytes, &mut other);
    [
        first.map(|(_, event)| (event.is_some(), one)),
        second.map(|(_, event)| (event.is_some(), other)),
    ]
}

#[track_caller]
fn refused(bytes: &[u8], kind: ErrorKind, text: &str) {
    for verdict in say(&mut both(), bytes) {
        let error = verdict.unwrap_err();
        assert_eq!(error.kind, kind);
        assert_eq!(error.to_string(), text);
    }
}

#[track_caller]
fn passed_over(bytes: &[u8]) {
    for verdict in say(&mut both(), bytes) {
        assert_eq!(verdict, Ok((false, Vec::new())));
    }
}

/// With other flags, or of another length than it has.
fn odd(kind: u8, flags: u8, len: u32) -> Vec<u8> {
    let mut frame = vec![kind, flags, 0, 0, 0, 0];
    frame.extend_from_slice(&len.to_be_bytes());
    frame
}

#[test]
fn unknown_frames_are_passed_over_where_they_say_so() {
    for code in (0..=255).filter(|code| {
        !(HELLO..=DECISIONS_END).contains(code)
            && !(DATA..=WANT).contains(code)
            && !(TEXT..=BYE).contains(code)
    }) {
        let text = format!("unknown frame of type {code:#04x} at byte 10");
        refused(&odd(code, 0, 0), ErrorKind::UnknownFrame { code }, &text);
        let text = text.replace("at byte 10", "at byte 13");
        refused(
            &[odd(code, 0x7f, 3), b"abc".to_vec()].concat(),
            ErrorKind::UnknownFrame { code },
            &text,
        );
        passed_over(&[odd(code, 0x80, 3), b"abc".to_vec()].concat());
    }
    // Many, and then one that is known.
    let mut many = [odd(0x7f, 0x81, 1), b"x".to_vec()].concat().repeat(1000);
    passed_over(&many);
    many.extend(hello());
    for verdict in say(&mut both(), &many) {
        assert_eq!(verdict, Ok((true, Vec::new())));
    }
    // Known ones are not, whatever they say.
    for verdict in say(&mut both(), &odd(OFFER, 0x80, 0)) {
        assert_eq!(
            verdict.unwrap_err().kind,
            ErrorKind::Unexpected { frame: "OFFER" }
        );
    }
}

#[test]
fn frames_have_a_length() {
    let text = "frame longer than 65536 bytes at byte 0";
    for len in [65_537, 1 << 24, u32::MAX - 10, u32::MAX] {
        for (kind, flags) in [(HELLO, 0), (DATA, 0), (0x7f, 0x80)] {
            refused(&odd(kind, flags, len), ErrorKind::FrameTooLong, text);
        }
    }
    passed_over(&[odd(0x7f, 0x80, 65_536), vec![0; 65_536]].concat());
    // Too little to say.
    passed_over(&odd(HELLO, 0, 65_536));
    passed_over(&odd(HELLO, 0, 30)[..9]);
    passed_over(b"");
}

#[test]
fn hellos_have_all_fields_and_short_names() {
    let fields = &hello()[10..];
    let hello = |payload: &[u8]| frame(HELLO, 0, &[payload]);
    let len = fields.len();
    assert_eq!(len, 30);
    for short in [0, 1, 4, len - 1] {
        let text = format!("frame shorter than its fields at byte {}", 10 + short);
        refused(&hello(&fields[..short]), ErrorKind::PayloadTooShort, &text);
    }
    let named = |alias: &[u8]| hello(&[fields, alias].concat());
    refused(
        &named(b"\xff"),
        ErrorKind::TextNotUtf8,
        "text is not UTF-8 at byte 41",
    );
    refused(
        &named(&[b'a'; 64]),
        ErrorKind::TextTooLong,
        "text longer than the limit at byte 104",
    );
    for verdict in say(&mut both(), &named(&[b'a'; 63])) {
        assert_eq!(verdict, Ok((true, Vec::new())));
    }
    // Limits of nothing are limits, and flags of later versions say nothing.
    let nothing = [vec![0xff; 4], vec![0; 26]].concat();
    for verdict in say(&mut both(), &hello(&nothing)) {
        assert_eq!(verdict, Ok((true, Vec::new())));
    }
    let mut two = both();
    let (sender, _) = &mut two;
    sender
        .handle_input(Instant::now(), &hello(&nothing), &mut Vec::new())
        .unwrap();
    assert!(sender.text("x", &mut Vec::new()).is_err());
    sender.text("", &mut Vec::new()).unwrap();
}

#[test]
fn signs_of_life_have_no_payload() {
    for kind in [PING, PONG, BYE] {
        let text = "frame longer than its fields at byte 11";
        refused(&frame(kind, 0, &[b"x"]), ErrorKind::PayloadTooLong, text);
    }
    for verdict in say(&mut both(), &frame(PING, 77, &[])) {
        assert_eq!(verdict, Ok((false, frame(PONG, 77, &[]))));
    }
    passed_over(&frame(PONG, 77, &[]));
}

#[test]
fn ends_have_a_reason() {
    for kind in [CANCEL, ERROR] {
        refused(
            &frame(kind, 0, &[b"x"]),
            ErrorKind::PayloadTooShort,
            "frame shorter than its fields at byte 11",
        );
        refused(
            &frame(kind, 0, &[b"\0\0\xc3"]),
            ErrorKind::TextNotUtf8,
            "text is not UTF-8 at byte 13",
        );
        let long = frame(kind, 0, &[&[0, 0], &[b'a'; 513]]);
        refused(
            &long,
            ErrorKind::TextTooLong,
            "text longer than the limit at byte 525",
        );
        // Of a later version, before anything else, and the last that is read.
        let later = [
            frame(kind, 0, &[&[0xff, 0xff], &[b'a'; 512]]),
            b"garbage".repeat(100),
        ]
        .concat();
        let mut two = both();
        for verdict in say(&mut two, &later) {
            assert_eq!(verdict, Ok((true, Vec::new())));
        }
        assert!(two.0.is_over() && two.1.is_over());
        assert_eq!((two.0.handle_end(), two.1.handle_end()), (Ok(()), Ok(())));
    }
}
