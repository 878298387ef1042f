//! Python reads what we write, with the `struct` module where it has a letter for it, and writes what we read.

use std::process::Command;

use barewire_framing::{
    AsciiLength, Body, Cobs, Counts, Delimited, Format, FrameBuf, LengthPrefix, Lines, Slip,
    Stream, Syslog, Varint,
};

use crate::{answer, children, framer, payloads};

const PROGRAM: &str = include_str!("echo.py");

/// Sends frames with these payloads to `echo.py` and compares what comes back.
#[track_caller]
fn check(words: &[&str], format: impl Format, sent: &[Vec<u8>], received: &[Vec<u8>]) {
    let mut framer = framer(format);
    let mut wire = Vec::new();
    for payload in sent {
        framer.encode(payload, &mut wire).expect("allowed");
    }
    let mut python = Command::new("python3");
    python.args(["-c", PROGRAM]).args(words);
    let Some(answers) = children::output(&mut python, &wire) else {
        return;
    };
    let mut buf = FrameBuf::for_framer(&framer);
    let mut frames = Vec::new();
    for piece in answers.chunks(1000) {
        buf.spare().expect("room")[..piece.len()].copy_from_slice(piece);
        buf.commit(piece.len());
        while let Some(frame) = buf.next_frame(&mut framer, Stream::Open).expect("valid") {
            frames.push(frame.to_vec());
        }
    }
    let end = buf.next_frame(&mut framer, Stream::Ended).expect("whole");
    assert_eq!(end, None);
    assert!(frames == received, "{words:?}: other answers");
}

#[track_caller]
fn check_payloads(words: &[&str], format: impl Format, payloads: &[Vec<u8>]) {
    let answers: Vec<_> = payloads.iter().map(|payload| answer(payload)).collect();
    check(words, format, payloads, &answers);
}

#[test]
fn lengths_by_struct() {
    let lengths = [0, 1, 5, 127, 128, 251];
    check_payloads(&["prefix", "B"], LengthPrefix::u8(), &payloads(&lengths));
    let lengths = [0, 1, 251, 252, 256, 65_531];
    check_payloads(
        &["prefix", ">H"],
        LengthPrefix::u16_be(),
        &payloads(&lengths),
    );
    check_payloads(
        &["prefix", "<H"],
        LengthPrefix::u16_le(),
        &payloads(&lengths),
    );
    let lengths = [0, 1, 256, 65_536, 99_000];
    check_payloads(&["u24"], LengthPrefix::u24_be(), &payloads(&lengths));
    check_payloads(
        &["prefix", ">I"],
        LengthPrefix::u32_be(),
        &payloads(&lengths),
    );
    check_payloads(
        &["prefix", "<I"],
        LengthPrefix::u32_le(),
        &payloads(&lengths),
    );
    check_payloads(
        &["prefix", ">Q"],
        LengthPrefix::u64_be(),
        &payloads(&lengths),
    );
    check_payloads(
        &["prefix", "<Q"],
        LengthPrefix::u64_le(),
        &payloads(&lengths),
    );
}

/// The two layouts of the table of formats that have more than a length: the caller brings the rest of the header.
#[test]
fn headers_by_struct() {
    let tpkt = LengthPrefix::u16_be().offset(2).counts(Counts::Whole);
    let postgres = LengthPrefix::u32_be().offset(1).counts(Counts::FromLength);
    let payloads = payloads(&[0, 1, 251, 252, 256, 1000]);
    for (name, format, head, length) in [
        ("tpkt", tpkt, &b"\x03\0\0\0"[..], 2..4),
        ("postgres", postgres, b"Q\0\0\0\0", 1..5),
    ] {
        let sent: Vec<_> = payloads
            .iter()
            .map(|payload| [head, payload].concat())
            .collect();
        let received: Vec<_> = payloads
            .iter()
            .map(|payload| {
                let mut frame = [head, &answer(payload)].concat();
                let counted = frame.len() - if name == "tpkt" { 0 } else { 1 };
                let field = &mut frame[length.clone()];
                let width = field.len();
                field.copy_from_slice(&counted.to_be_bytes()[8 - width..]);
                frame
            })
            .collect();
        check(&[name], format.body(Body::Whole), &sent, &received);
    }
}

#[test]
fn varints() {
    let payloads = payloads(&[0, 1, 123, 124, 127, 128, 16_379, 16_380, 16_384, 99_000]);
    check_payloads(&["varint"], Varint::u32(), &payloads);
    check_payloads(&["varint"], Varint::u64(), &payloads);
}

#[test]
fn lengths_in_digits() {
    let payloads = payloads(&[1, 5, 9, 10, 95, 96, 1000, 99_000]);
    check_payloads(&["octets"], AsciiLength::rfc6587(), &payloads);
    check_payloads(&["octets"], Syslog::auto(), &payloads);
    let payloads = [payloads, vec![Vec::new()]].concat();
    check_payloads(&["netstring"], AsciiLength::netstring(), &payloads);
}

#[test]
fn delimiters() {
    let payloads = ["one", "", "t\rwo", "\r\r three"].map(|text| text.as_bytes().to_vec());
    check_payloads(&["ended", "lf"], Lines::new(), &payloads);
    check_payloads(&["ended", "lf"], Lines::lf(), &payloads);
    check_payloads(&["ended", "crlf"], Lines::crlf(), &payloads);
    check_payloads(&["ended", "crlf"], Delimited::exact(b"\r\n"), &payloads);
    check_payloads(
        &["ended", "nul"],
        Delimited::any(&[b"\0", b"\n"]),
        &payloads,
    );
}

#[test]
fn escapes() {
    let lengths = [1, 2, 191, 192, 193, 218, 219, 220, 253, 254, 255, 256, 1000];
    let mut payloads = payloads(&lengths);
    check_payloads(&["slip"], Slip::new(), &payloads);
    // Runs without a zero up to and beyond the length of a block, and zeros alone.
    payloads.extend((240..260).map(|len| vec![1; len]));
    payloads.extend((500..510).map(|len| vec![0xFF; len]));
    payloads.extend([Vec::new(), vec![0], vec![0; 5]]);
    check_payloads(&["cobs"], Cobs::new(), &payloads);
}
