//! The tables of `PROTOCOL.md` say what the code does.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failed unwrap is the test failing"
)]

mod support;

use std::time::Instant;

use barewire_proving::markdown;
use barewire_transfer::error::{Code, ErrorKind};
use barewire_transfer::limits::Limits;
use barewire_transfer::pairing::{
    MESSAGE_BYTES_MAX, Paired, Refusal, VERSION_MAX, VERSION_MIN, refuse,
};
use barewire_transfer::receiver::Receiver;
use barewire_transfer::sender::Sender;
use barewire_transfer::session::{ALIAS_BYTES_MAX, Config, REASON_BYTES_MAX};
use barewire_transfer::tree::GROUP_BYTES;
use support::sides;

const PROTOCOL: &str = include_str!("../PROTOCOL.md");

fn table(head: &[&str]) -> Vec<Vec<&'static str>> {
    markdown::table(PROTOCOL, head)
}

fn hex(cell: &str) -> u8 {
    u8::from_str_radix(cell.strip_prefix("0x").unwrap(), 16).unwrap()
}

fn number(cell: &str) -> u64 {
    cell.replace(',', "").parse().unwrap()
}

/// `SameSide` as `same-side`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.extend(c.to_lowercase());
    }
    kebab
}

/// A frame of this type without a payload, as the first that comes to each.
fn verdicts(kind: u8, paired: &(Paired, Paired)) -> [(Option<ErrorKind>, Vec<u8>); 2] {
    let now = Instant::now();
    let frame = [kind, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut sender = Sender::new(&paired.0, Config::default(), now, &mut Vec::new());
    let mut receiver = Receiver::new(&paired.1, Config::default(), now, &mut Vec::new());
    let (mut one, mut other) = (Vec::new(), Vec::new());
    let first = sender.handle_input(now, &frame, &mut one);
    let second = receiver.handle_input(now, &frame, &mut other);
    [
        (first.err().map(|error| error.kind), one),
        (second.err().map(|error| error.kind), other),
    ]
}

#[test]
fn frames_are_those_of_the_table() {
    let paired = sides();
    let rows = table(&["type", "frame", "from"]);
    assert_eq!(rows.len(), 20);
    for kind in 0..=255 {
        let row = rows.iter().find(|row| hex(row[0]) == kind);
        for (error, answer) in verdicts(kind, paired) {
            let Some(row) = row else {
                assert_eq!(error, Some(ErrorKind::UnknownFrame { code: kind }));
                continue;
            };
            match (row[1], error) {
                ("PING", None) => {
                    let pong = rows.iter().find(|row| row[1] == "PONG").unwrap();
                    assert_eq!(answer[0], hex(pong[0]));
                }
                ("PONG" | "BYE", None) => {}
                // These may be first, and have fields.
                ("HELLO" | "CANCEL" | "ERROR", Some(ErrorKind::PayloadTooShort)) => {}
                (name, Some(ErrorKind::Unexpected { frame })) => assert_eq!(name, frame),
                (name, error) => panic!("{name}: {error:?}"),
            }
        }
    }
}

#[test]
fn what_is_written_has_the_types_of_the_table() {
    let (one, other) = sides();
    let now = Instant::now();
    let (mut hello, mut theirs, mut out) = (Vec::new(), Vec::new(), Vec::new());
    let mut sender = Sender::new(one, Config::default(), now, &mut hello);
    let mut receiver = Receiver::new(other, Config::default(), now, &mut theirs);
    sender.handle_input(now, &theirs, &mut Vec::new()).unwrap();
    sender.text("hi", &mut out).unwrap();
    sender.cancel(Code::Other, "", &mut out);
    sender.bye(&mut out);
    receiver.progress(1, &mut out);
    let lens = table(&["type", "frame", "from"]);
    let mut bytes = [hello, out].concat();
    for expected in ["HELLO", "TEXT", "CANCEL", "BYE", "PROGRESS"] {
        let row = lens.iter().find(|row| row[1] == expected).unwrap();
        assert_eq!(bytes[0], hex(row[0]), "{expected}");
        let len = u32::from_be_bytes(bytes[6..10].try_into().unwrap());
        bytes.drain(..10 + len as usize);
    }
    assert_eq!(bytes, b"");
}

#[test]
fn codes_are_those_of_the_table() {
    let rows = table(&["number", "code", "why"]);
    for row in &rows {
        let code = Code::of(number(row[0]) as u16);
        assert_eq!(code.word(), row[1]);
        assert_eq!(u64::from(code.number()), number(row[0]));
    }
    for beyond in rows.len()..=usize::from(u16::MAX) {
        assert_eq!(Code::of(beyond as u16), Code::Other);
    }
}

#[test]
fn refusals_are_those_of_the_table() {
    let all = [
        Refusal::Other,
        Refusal::Protocol,
        Refusal::Version,
        Refusal::SameSide,
        Refusal::SamePart,
        Refusal::OtherMethod,
        Refusal::Resume,
        Refusal::Code,
        Refusal::Busy,
        Refusal::Spent,
    ];
    let rows = table(&["number", "refusal", "why"]);
    assert_eq!(rows.len(), all.len());
    for (row, refusal) in rows.iter().zip(all) {
        let mut message = Vec::new();
        refuse(refusal, &mut message);
        assert_eq!(kebab(&format!("{refusal:?}")), row[1]);
        assert_eq!(message[10..], (number(row[0]) as u16).to_be_bytes());
        let refused = table(&["type", "message", "payload"]);
        let refused = refused.iter().find(|row| row[1] == "REFUSED").unwrap();
        assert_eq!(message[0], hex(refused[0]));
    }
}

/// A hello has the fields of its table, in order, with these defaults.
#[test]
fn hellos_are_as_the_table_says() {
    let mut hello = Vec::new();
    let config = Config {
        alias: "me".to_owned(),
        ..Config::default()
    };
    let _ = Sender::new(&sides().0, config, Instant::now(), &mut hello);
    let mut fields = &hello[10..];
    // The one table that has a column of defaults.
    for row in table(&["bytes", "", "default"]) {
        let len = match row[0] {
            "u16" => 2,
            "u32" => 4,
            "u64" => 8,
            _ => fields.len(),
        };
        let (field, rest) = fields.split_at(len);
        fields = rest;
        if !row[2].is_empty() {
            let value = field
                .iter()
                .fold(0, |value, &byte| value << 8 | u64::from(byte));
            assert_eq!(value, number(row[2]), "{}", row[1]);
        }
    }
    assert_eq!(fields, b"");
    assert!(hello.ends_with(b"me"));
    assert_eq!(Config::default().limits, Limits::default());
}

/// Numbers that stand in the text.
#[test]
fn so_are_the_other_numbers() {
    assert_eq!((VERSION_MIN, VERSION_MAX), (1, 1));
    assert_eq!((GROUP_BYTES, MESSAGE_BYTES_MAX), (1_048_576, 1024));
    assert_eq!((ALIAS_BYTES_MAX, REASON_BYTES_MAX), (63, 512));
    assert_eq!(Config::default().silence_max.as_secs(), 90);
    let protocol = std::str::from_utf8(barewire_transfer::channel::PROTOCOL).unwrap();
    for said in [
        "groups** of 1,048,576 bytes",
        "at most 1,024",
        "at most 63 bytes",
        "reasons at most 512 bytes",
        "after 90 seconds",
        "at most 65,536",
        protocol,
    ] {
        assert!(PROTOCOL.contains(said), "{said}");
    }
}

#[test]
fn identifiers_come_of_the_number() {
    let code = barewire_transfer::code::Code::parse("7-tiger-bamboo").unwrap();
    let identifier = code.identifier().unwrap();
    let context = "identifier of a\n  waiting sender".replace("\n  ", " ");
    let text = PROTOCOL.replace("\n  ", " ");
    assert!(text.contains(&context), "the context of the derivation");
    assert!(text.contains(&format!("`{identifier}`")), "{identifier}");
}
