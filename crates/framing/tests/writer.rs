//! Frames to anything that writes, whatever it answers.
#![cfg(feature = "std")]

mod common;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::error::Error as _;
use std::io::{self, IoSlice, Write};
use std::rc::Rc;

use barewire_framing::{
    Body, Counts, EncodeError, Framer, LengthPrefix, Limits, Lines, Verbatim, WriteError, Writer,
};
use common::*;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Answer {
    /// So many bytes of those that are offered, and one at least.
    Bytes(usize),
    Fails(io::ErrorKind),
    Nothing,
}

#[derive(Clone, Debug, Default)]
struct Script {
    written: Rc<RefCell<Vec<u8>>>,
    answers: Rc<RefCell<VecDeque<Answer>>>,
    calls: Rc<RefCell<Vec<usize>>>,
    flushes: usize,
}

impl Script {
    fn new(answers: &[Answer]) -> Self {
        let script = Self::default();
        script.will(answers);
        script
    }

    fn will(&self, answers: &[Answer]) {
        self.answers.borrow_mut().extend(answers);
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let offered: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        assert!(!offered.is_empty(), "a write of nothing");
        self.calls.borrow_mut().push(offered.len());
        let answer = self.answers.borrow_mut().pop_front();
        match answer.unwrap_or(Answer::Bytes(usize::MAX)) {
            Answer::Fails(kind) => Err(kind.into()),
            Answer::Nothing => Ok(0),
            Answer::Bytes(bytes) => {
                let bytes = bytes.clamp(1, offered.len());
                self.written.borrow_mut().extend(&offered[..bytes]);
                Ok(bytes)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushes += 1;
        Ok(())
    }
}

fn writer(script: &Script) -> Writer<Script, LengthPrefix> {
    let framer = Framer::new(LengthPrefix::u32_be(), Limits::new(1 << 20));
    Writer::new(script.clone(), framer)
}

fn failure(result: Result<(), WriteError>) -> Option<io::ErrorKind> {
    match result {
        Ok(()) => None,
        Err(WriteError::Io(error)) => Some(error.kind()),
        Err(WriteError::Frame(error)) => panic!("{error}"),
    }
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        4 => (1..100_000usize).prop_map(Answer::Bytes),
        2 => (1..9usize).prop_map(Answer::Bytes),
        1 => Just(Answer::Fails(io::ErrorKind::Interrupted)),
        2 => Just(Answer::Fails(io::ErrorKind::WouldBlock)),
    ]
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    let len = prop_oneof![
        4 => 0..40usize,
        1 => 16_380..16_390usize,
        1 => 0..100_000usize,
    ];
    (len, any::<u8>()).prop_map(|(len, byte)| {
        let varied = (0..len).map(|at| byte.wrapping_add(at as u8));
        varied.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The same bytes whatever the writer answers, and no more held than is said.
    #[test]
    fn frames_are_written_once_and_in_order(
        payloads in prop::collection::vec(payload(), 0..20),
        answers in prop::collection::vec(answer(), 0..30),
    ) {
        let script = Script::new(&answers);
        let mut writer = writer(&script);
        let mut expected = Vec::new();
        let longest = payloads.iter().map(Vec::len).max().unwrap_or(0);
        for payload in &payloads {
            let before = writer.unwritten();
            match failure(writer.send(payload)) {
                None => {
                    expected.extend((payload.len() as u32).to_be_bytes());
                    expected.extend(payload);
                }
                Some(kind) => {
                    prop_assert_eq!(kind, io::ErrorKind::WouldBlock);
                    prop_assert!(before > 64 * 1024);
                }
            }
            prop_assert_eq!(script.written.borrow().len() + writer.unwritten(), expected.len());
            prop_assert!(writer.unwritten() <= 64 * 1024 + longest + 4);
        }
        for _ in 0..=answers.len() {
            match failure(writer.flush()) {
                None => break,
                Some(kind) => prop_assert_eq!(kind, io::ErrorKind::WouldBlock),
            }
        }
        prop_assert_eq!(writer.unwritten(), 0);
        prop_assert_eq!(&*script.written.borrow(), &expected);
        prop_assert_eq!(writer.get_ref().flushes, 1);
    }
}

#[test]
fn small_frames_are_gathered_and_large_ones_go_with_them() {
    let script = Script::default();
    let mut writer = writer(&script);
    for _ in 0..3 {
        writer.send(b"small").unwrap();
    }
    assert_eq!((writer.unwritten(), script.calls.borrow().len()), (27, 0));
    writer.send(&[b'x'; 16 * 1024 + 1]).unwrap();
    assert_eq!(*script.calls.borrow(), [27 + 4 + 16 * 1024 + 1]);
    assert_eq!(writer.unwritten(), 0);
    // By itself above 64 KiB.
    for _ in 0..5 {
        writer.send(&[b'y'; 16 * 1024]).unwrap();
    }
    assert_eq!(script.calls.borrow().len(), 2);
    assert_eq!(writer.unwritten(), 16 * 1024 + 4);
    writer.flush().unwrap();
    assert_eq!(writer.unwritten(), 0);
    writer.flush().unwrap();
    assert_eq!(script.calls.borrow().len(), 3, "nothing is written twice");
}

#[test]
fn a_payload_that_is_no_frame_is_not_taken() {
    let script = Script::default();
    let mut writer = Writer::new(
        script.clone(),
        Framer::new(Lines::new(), Limits::new(40_000)),
    );
    writer.send(b"one").unwrap();
    for (payload, expected) in [
        (b"a\nb".to_vec(), EncodeError::ContainsDelimiter { at: 1 }),
        (
            vec![b'\n'; 30_000],
            EncodeError::ContainsDelimiter { at: 0 },
        ),
        (
            vec![b'x'; 40_001],
            EncodeError::TooLong {
                len: 40_001,
                max: 40_000,
            },
        ),
    ] {
        let Err(WriteError::Frame(error)) = writer.send(&payload) else {
            panic!("taken")
        };
        assert_eq!(error, expected);
        assert_eq!(writer.unwritten(), 4);
    }
    assert!(script.calls.borrow().is_empty());
    let (_, gathered) = writer.into_parts();
    assert_eq!(gathered, b"one\n");
}

#[test]
fn what_is_not_written_is_handed_back() {
    let script = Script::new(&[Answer::Bytes(3), Answer::Fails(io::ErrorKind::WouldBlock)]);
    let mut writer = writer(&script);
    writer.send(b"hi").unwrap();
    writer.send(b"ho").unwrap();
    assert_eq!(failure(writer.flush()), Some(io::ErrorKind::WouldBlock));
    assert_eq!(writer.unwritten(), 9);
    writer.get_mut().flushes += 1;
    let (inner, gathered) = writer.into_parts();
    assert_eq!(
        (inner.flushes, &gathered[..]),
        (1, &b"\x02hi\0\0\0\x02ho"[..])
    );
}

#[test]
fn a_writer_that_takes_nothing_fails() {
    let script = Script::new(&[Answer::Nothing, Answer::Nothing]);
    let mut writer = writer(&script);
    writer.send(b"hi").unwrap();
    assert_eq!(failure(writer.flush()), Some(io::ErrorKind::WriteZero));
    assert_eq!(
        failure(writer.send(&[0; 20_000])),
        Some(io::ErrorKind::WriteZero)
    );
}

/// A failure that passes, as a time-out does, leaves no byte written twice and none left out of those that were taken.
#[test]
fn failures_do_not_repeat_what_was_written() {
    let timed_out = Answer::Fails(io::ErrorKind::TimedOut);
    let small = b"\0\0\0\x05small";
    let large = [&(20_000u32).to_be_bytes()[..], &[b'x'; 20_000]].concat();
    let everything = [&small[..], &large].concat();
    for first in [0, 1, 8, 9, 10, 13, 14, 20_000] {
        for failing in [timed_out, Answer::Nothing] {
            let script = Script::default();
            let mut writer = writer(&script);
            writer.send(b"small").unwrap();
            if first > 0 {
                script.will(&[Answer::Bytes(first)]);
            }
            script.will(&[failing]);
            assert!(failure(writer.send(&[b'x'; 20_000])).is_some());
            writer.flush().unwrap();
            let written = script.written.borrow().clone();
            // Taken if any of it was written, and whole then.
            let expected = if first > small.len() {
                &everything[..]
            } else {
                &small[..]
            };
            assert!(
                written == expected,
                "after {first} bytes: {} written",
                written.len()
            );
        }
    }
}

/// The path without a copy, and the other.
struct Paths<'p>(&'p [u8]);

impl Visit for Paths<'_> {
    type Out = bool;

    fn plain<F: Verbatim>(self, format: F) -> bool {
        let framer = Framer::new(format, Limits::new(1 << 20));
        let mut copied = Vec::new();
        if framer.encode(self.0, &mut copied).is_err() {
            return false;
        }
        let script = Script::new(&[
            Answer::Bytes(1),
            Answer::Bytes(2),
            Answer::Bytes(3),
            Answer::Bytes(9000),
        ]);
        let mut writer = Writer::new(script.clone(), framer);
        writer.send(self.0).expect("nothing fails");
        assert!(self.0.len() > 16 * 1024, "a payload that is copied");
        assert_eq!(*script.written.borrow(), copied);
        true
    }

    fn any<F: barewire_framing::Format>(self, _: F) -> bool {
        false
    }
}

#[test]
fn large_frames_are_the_same_bytes_uncopied() {
    let written = Spec::all()
        .iter()
        .filter(|spec| spec.visit(Paths(&[b'z'; 40_000])))
        .count();
    assert!(written > 50, "{written}");
    let whole = LengthPrefix::u16_be()
        .offset(3)
        .trailer(2)
        .counts(Counts::Whole)
        .body(Body::Whole);
    assert!(Paths(&[b'z'; 40_000]).plain(whole));
}

#[test]
fn write_errors_say_what_theirs_do() {
    let refused = WriteError::from(EncodeError::Empty);
    assert_eq!(refused.to_string(), EncodeError::Empty.to_string());
    assert!(refused.source().is_none());
    assert_eq!(format!("{refused:?}"), "Frame(Empty)");
    let failed = WriteError::from(io::Error::other("no more"));
    assert_eq!(failed.to_string(), "no more");
    assert!(failed.source().is_none());
    for (error, kind, text) in [
        (
            refused,
            io::ErrorKind::InvalidInput,
            EncodeError::Empty.to_string(),
        ),
        (failed, io::ErrorKind::Other, "no more".to_owned()),
    ] {
        let error = io::Error::from(error);
        assert_eq!((error.kind(), error.to_string()), (kind, text));
    }
    let writer = writer(&Script::default());
    assert!(format!("{writer:?}").starts_with("Writer { inner: Script {"));
}
