//! Frames from anything that reads, whatever it answers.
#![cfg(feature = "std")]

mod common;

use std::collections::VecDeque;
use std::error::Error as _;
use std::io::{self, Read};

use barewire_framing::{
    Error, ErrorKind, Fixed, Format, Framer, LengthPrefix, Limits, Lines, ReadError, Reader,
    Recovery,
};
use common::*;
use proptest::prelude::*;

/// What a read does.
#[derive(Clone, Debug)]
enum Answer {
    /// So many of the bytes that are left.
    Bytes(usize),
    Fails(io::ErrorKind),
}

/// Answers as told, then byte by byte, then with the end.
#[derive(Debug)]
struct Script {
    bytes: VecDeque<u8>,
    answers: VecDeque<Answer>,
}

impl Script {
    fn new(bytes: &[u8], answers: &[Answer]) -> Self {
        Self {
            bytes: bytes.iter().copied().collect(),
            answers: answers.iter().cloned().collect(),
        }
    }
}

impl Read for Script {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        assert!(!buf.is_empty(), "a read of nothing looks like the end");
        match self.answers.pop_front().unwrap_or(Answer::Bytes(1)) {
            Answer::Fails(kind) => Err(kind.into()),
            Answer::Bytes(bytes) => {
                let bytes = bytes.min(buf.len());
                self.bytes.read(&mut buf[..bytes])
            }
        }
    }
}

/// What is read, and how often the reader failed.
struct Reads<'i>(Setup, &'i [u8], &'i [Answer]);

impl Visit for Reads<'_> {
    type Out = (Vec<Event>, usize);

    fn any<F: Format>(self, format: F) -> Self::Out {
        let Self(setup, input, answers) = self;
        let mut reader = Reader::new(Script::new(input, answers), setup.framer(format));
        let (mut events, mut failures) = (Vec::new(), 0);
        loop {
            let answer = reader.next_frame();
            match answer.map(|frame| frame.map(|frame| (frame.to_vec(), frame.ending))) {
                Ok(Some((frame, ending))) => events.push(Event::Frame(frame, ending)),
                Ok(None) => {
                    events.push(Event::End);
                    // It stays at its end.
                    assert!(reader.next_frame().expect("the end").is_none());
                    break;
                }
                Err(ReadError::Io(error)) => {
                    assert_ne!(error.kind(), io::ErrorKind::Interrupted);
                    failures += 1;
                }
                Err(ReadError::Frame(error)) if reader.framer().error().is_some() => {
                    events.push(Event::Stopped(error));
                    break;
                }
                Err(ReadError::Frame(error)) => events.push(Event::Fault(error)),
            }
        }
        (events, failures)
    }
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        4 => (1..9usize).prop_map(Answer::Bytes),
        1 => Just(Answer::Bytes(usize::MAX)),
        1 => Just(Answer::Fails(io::ErrorKind::Interrupted)),
        1 => Just(Answer::Fails(io::ErrorKind::WouldBlock)),
        1 => Just(Answer::Fails(io::ErrorKind::TimedOut)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn nothing_is_lost_whatever_a_reader_answers(
        (spec, input) in proptest::sample::select(Spec::all()).prop_flat_map(|spec| {
            let byte = proptest::sample::select(spec.alphabet());
            (Just(spec), prop::collection::vec(byte, 0..40))
        }),
        max in 0..9usize,
        recovery in proptest::sample::select(RECOVERIES.to_vec()),
        answers in prop::collection::vec(answer(), 0..20),
    ) {
        let setup = Setup::with(max, recovery);
        let (events, failures) = spec.visit(Reads(setup, &input, &answers));
        prop_assert_eq!(events, reference(&spec, setup, &input));
        let told = |answer: &&Answer| {
            matches!(answer, Answer::Fails(kind) if *kind != io::ErrorKind::Interrupted)
        };
        prop_assert!(failures <= answers.iter().filter(told).count());
    }
}

#[test]
fn failures_are_handed_on_and_interruptions_are_not() {
    let answers = [
        Answer::Fails(io::ErrorKind::Interrupted),
        Answer::Bytes(3),
        Answer::Fails(io::ErrorKind::WouldBlock),
        Answer::Fails(io::ErrorKind::Interrupted),
        Answer::Fails(io::ErrorKind::ConnectionReset),
    ];
    let script = Script::new(b"\0\x02hi", &answers);
    let framer = Framer::new(LengthPrefix::u16_be(), Limits::new(9));
    let mut reader = Reader::new(script, framer);
    assert!(!reader.mid_frame());
    for kind in [io::ErrorKind::WouldBlock, io::ErrorKind::ConnectionReset] {
        let Err(ReadError::Io(error)) = reader.next_frame() else {
            panic!("no failure")
        };
        assert_eq!(error.kind(), kind);
        assert!(reader.mid_frame());
    }
    assert_eq!(
        reader.next_frame().expect("a frame").as_deref(),
        Some(&b"hi"[..])
    );
    assert!(!reader.mid_frame());
    assert!(reader.next_frame().expect("the end").is_none());
}

#[test]
fn a_stream_changes_its_protocol() {
    let input = b"HELO a\r\nSTART\r\n\0\x02hi\0\x01z12345";
    let lines = Framer::new(Lines::crlf(), Limits::new(80));
    for answers in [vec![Answer::Bytes(usize::MAX)], vec![]] {
        let mut reader = Reader::new(Script::new(input, &answers), lines.clone());
        for line in [&b"HELO a"[..], b"START"] {
            assert_eq!(reader.next_frame().expect("a line").as_deref(), Some(line));
        }
        assert_eq!(reader.framer().offset(), 15);
        let counted = Framer::new(LengthPrefix::u16_be(), Limits::new(70_000));
        let mut reader = reader.switch(counted);
        for frame in [&b"hi"[..], b"z"] {
            assert_eq!(
                reader.next_frame().expect("a frame").as_deref(),
                Some(frame)
            );
        }
        let mut reader = reader.switch(Framer::new(Fixed::new(2), Limits::new(2)));
        assert_eq!(
            reader.next_frame().expect("a frame").as_deref(),
            Some(&b"12"[..])
        );
        assert_eq!(reader.get_mut().answers.len(), 0);
        let left = reader.get_ref().bytes.len();
        let (script, unread) = reader.into_parts();
        assert_eq!((script.bytes.len(), unread.len()), (left, 3 - left));
        assert!(b"345".starts_with(&unread));
    }
}

/// A frame larger than the buffer of the framer before.
#[test]
fn a_protocol_with_larger_frames_gets_a_larger_buffer() {
    let input = [b"go\n\x00\x01\x00\x00".to_vec(), vec![b'x'; 1 << 16]].concat();
    let reader_of = |lines| Reader::new(&input[..], Framer::new(lines, Limits::new(2)));
    let mut reader = reader_of(Lines::new());
    assert_eq!(
        reader.next_frame().expect("a line").as_deref(),
        Some(&b"go"[..])
    );
    let mut reader = reader.switch(Framer::new(LengthPrefix::u32_be(), Limits::new(1 << 16)));
    let frame = reader.next_frame().expect("a frame");
    assert_eq!(frame.map(|frame| frame.len()), Some(1 << 16));
}

#[test]
fn skipped_frames_are_told_once() {
    let framer = Framer::new(Lines::new(), Limits::new(3)).recovery(Recovery::Skip);
    let mut reader = Reader::new(&b"one\nlonger\ntwo\n"[..], framer);
    assert_eq!(
        reader.next_frame().expect("a line").as_deref(),
        Some(&b"one"[..])
    );
    let kind = ErrorKind::TooLong {
        declared: None,
        max: 3,
    };
    let expected = Error { kind, offset: 7 };
    assert!(matches!(reader.next_frame(), Err(ReadError::Frame(error)) if error == expected));
    assert_eq!(
        reader.next_frame().expect("a line").as_deref(),
        Some(&b"two"[..])
    );
    assert!(reader.next_frame().expect("the end").is_none());
}

#[test]
fn read_errors_say_what_theirs_do() {
    let broken = Error {
        kind: ErrorKind::InvalidDigit,
        offset: 3,
    };
    let cut = Error {
        kind: ErrorKind::Truncated { missing: 2 },
        offset: 9,
    };
    let frame = ReadError::from(broken);
    assert_eq!(frame.to_string(), broken.to_string());
    assert!(frame.source().is_none());
    assert_eq!(format!("{frame:?}"), format!("Frame({broken:?})"));
    let failed = ReadError::from(io::Error::other("no more"));
    assert_eq!(failed.to_string(), "no more");
    assert!(ReadError::from(io::Error::other(cut)).source().is_none());
    for (error, kind, text) in [
        (frame, io::ErrorKind::InvalidData, broken.to_string()),
        (
            ReadError::from(cut),
            io::ErrorKind::UnexpectedEof,
            cut.to_string(),
        ),
        (failed, io::ErrorKind::Other, "no more".to_owned()),
    ] {
        let error = io::Error::from(error);
        assert_eq!((error.kind(), error.to_string()), (kind, text));
    }
    let reader = Reader::new(io::empty(), Framer::new(Fixed::new(2), Limits::new(9)));
    assert!(
        format!("{reader:?}").starts_with("Reader { inner: Empty, framer: Framer { format: Fixed")
    );
}

/// A buffer that is too small for its framer is an error, not a wait without end.
#[test]
fn a_full_buffer_fails_a_read() {
    let mut buf = barewire_framing::FrameBuf::new(2);
    assert_eq!(buf.read_from(&mut &b"abc"[..]).expect("bytes"), 2);
    let error = buf.read_from(&mut &b"c"[..]).expect_err("full");
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        "2 unread bytes, as many as may be held; take frames out, or give the buffer the framer's unread_bytes_max"
    );
}
