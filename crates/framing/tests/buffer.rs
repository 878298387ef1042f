//! The buffer of a stream: what it offers, what it holds, what it moves.
#![cfg(feature = "alloc")]

mod common;

use barewire_framing::{
    Ending, Fixed, Format, Frame, FrameBuf, Framer, Full, LengthPrefix, Limits, Lines, Recovery,
    Slip, Stream, Varint,
};
use common::*;
use proptest::prelude::*;

const READ_BYTES_MIN: usize = 4 * 1024;

/// Reads `bytes` into it until `taken` wants no more, and asks of each offer what is promised.
fn fill(buf: &mut FrameBuf, mut bytes: &[u8], mut taken: impl FnMut(&mut FrameBuf) -> bool) {
    while !bytes.is_empty() {
        let unread = buf.unread().to_vec();
        let max = buf.bytes_max();
        let spare = buf.spare().expect("room after everything was taken");
        let offered = spare.len();
        assert!(offered >= READ_BYTES_MIN.min(max - unread.len()));
        assert!(offered >= 1 && unread.len() + offered <= max);
        let read = bytes.len().min(offered);
        spare[..read].copy_from_slice(&bytes[..read]);
        assert_eq!(buf.unread(), unread, "an offer changes nothing");
        buf.commit(read);
        assert_eq!(buf.unread(), [&unread, &bytes[..read]].concat());
        assert!(buf.capacity() <= max);
        bytes = &bytes[read..];
        if !taken(buf) {
            return;
        }
    }
}

fn next(
    buf: &mut FrameBuf,
    framer: &mut Framer<impl Format>,
    stream: Stream,
    events: &mut Vec<Event>,
) -> bool {
    match buf.next_frame(framer, stream) {
        Ok(Some(frame)) => events.push(Event::Frame(frame.to_vec(), frame.ending)),
        Ok(None) => return false,
        Err(error) if framer.error().is_some() => {
            if events.last() != Some(&Event::Stopped(error)) {
                events.push(Event::Stopped(error));
            }
            return false;
        }
        Err(error) => events.push(Event::Fault(error)),
    }
    true
}

/// The events of a stream that comes in these pieces, in the least room that will do.
struct Buffered<'i>(Setup, &'i [u8], &'i [usize]);

impl Visit for Buffered<'_> {
    type Out = Vec<Event>;

    fn any<F: Format>(self, format: F) -> Vec<Event> {
        let Self(setup, input, cuts) = self;
        let mut framer = setup.framer(format);
        let mut buf = FrameBuf::new(framer.unread_bytes_max());
        let mut events = Vec::new();
        let mut fed = 0;
        for &cut in cuts.iter().chain([&input.len()]) {
            let piece = &input[fed..cut];
            fed = cut;
            fill(&mut buf, piece, |buf| {
                while next(buf, &mut framer, Stream::Open, &mut events) {}
                // Nobody empties the buffer of a stream that has failed.
                framer.error().is_none()
            });
            if framer.error().is_some() {
                break;
            }
        }
        while next(&mut buf, &mut framer, Stream::Ended, &mut events) {}
        if framer.error().is_none() {
            assert!(buf.unread().is_empty());
            events.push(Event::End);
        }
        events
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_buffer_gives_what_the_framer_gives(
        (spec, input) in proptest::sample::select(Spec::all()).prop_flat_map(|spec| {
            let byte = proptest::sample::select(spec.alphabet());
            (Just(spec), prop::collection::vec(byte, 0..60))
        }),
        max in 0..9usize,
        recovery in proptest::sample::select(RECOVERIES.to_vec()),
        cut in any::<proptest::sample::Index>(),
    ) {
        let setup = Setup::with(max, recovery);
        let cut = cut.index(input.len() + 1);
        let events = spec.visit(Buffered(setup, &input, &[cut]));
        prop_assert_eq!(events, reference(&spec, setup, &input));
    }
}

#[test]
fn offers_are_never_small() {
    let mut framer = Framer::new(LengthPrefix::u32_be(), Limits::new(300_000));
    let mut buf = FrameBuf::for_framer(&framer);
    assert_eq!(buf.bytes_max(), 300_000 + 4 + READ_BYTES_MIN);
    assert_eq!((buf.capacity(), buf.unread()), (0, &[][..]));
    let mut wire = Vec::new();
    for len in [0, 1, 4091, 4092, 4093, 70_000, 300_000, 5, 299_999] {
        framer
            .encode(&vec![len as u8; len], &mut wire)
            .expect("a frame");
    }
    for read in [1, 7, 4096, 70_000, wire.len()] {
        let mut events = Vec::new();
        for piece in wire.chunks(read) {
            fill(&mut buf, piece, |buf| {
                while next(buf, &mut framer, Stream::Open, &mut events) {}
                // A read of the least there is always has room.
                assert!(buf.unread().len() + READ_BYTES_MIN <= buf.bytes_max());
                true
            });
        }
        assert_eq!(events.len(), 9);
        framer.reset();
    }
}

/// Reads that fill what they are offered are offered more, up to 64 KiB.
#[test]
fn offers_grow_with_what_comes() {
    let mut framer = Framer::new(Fixed::new(1), Limits::new(1 << 20));
    let mut buf = FrameBuf::new(1 << 20);
    let mut offers = Vec::new();
    for _ in 0..7 {
        let offer = buf.spare().expect("room").len();
        offers.push(offer);
        buf.commit(offer);
        while buf
            .next_frame(&mut framer, Stream::Open)
            .expect("a frame")
            .is_some()
        {}
    }
    assert_eq!(offers, [4096, 8192, 16_384, 32_768, 65_536, 65_536, 65_536]);
    // Those that do not, are not.
    let mut buf = FrameBuf::new(1 << 20);
    for _ in 0..7 {
        assert_eq!(buf.spare().expect("room").len(), 4096);
        buf.commit(4095);
        while buf
            .next_frame(&mut framer, Stream::Open)
            .expect("a frame")
            .is_some()
        {}
    }
}

#[test]
fn a_buffer_is_full_at_its_limit_and_no_sooner() {
    for bytes_max in [0, 1, 100, 4096, 5000, 20_000] {
        let mut buf = FrameBuf::new(bytes_max);
        let mut held = 0;
        while let Ok(spare) = buf.spare() {
            assert!(!spare.is_empty());
            let read = spare.len().min(900);
            buf.commit(read);
            held += read;
        }
        assert_eq!((held, buf.unread().len()), (bytes_max, bytes_max));
        assert_eq!(buf.spare(), Err(Full { bytes_max }));
        // A framer that needs more than it may hold is told so; there is no way on but another limit.
        buf.set_bytes_max(bytes_max + 1);
        assert_eq!(buf.spare().expect("room").len(), 1);
    }
    assert_eq!(
        Full { bytes_max: 100 }.to_string(),
        "100 unread bytes, as many as may be held; take frames out, or give the buffer the framer's unread_bytes_max"
    );
}

/// Bytes that `spare` moves, seen by where they lie.
#[test]
fn bytes_are_moved_once_at_most() {
    for (max, lens) in [
        (100_000, &[100_000, 3, 50_000, 99_999, 0, 4000][..]),
        (5000, &[5000, 1, 4999, 2, 4097, 4096]),
        (100, &[1, 2, 3, 100, 99]),
    ] {
        for read in [1, 13, 1000, 4096, 9000, 65_536] {
            let mut framer = Framer::new(Varint::u32(), Limits::new(max));
            let mut wire = Vec::new();
            let mut pattern = lens.iter().cycle();
            while wire.len() < if read == 1 { 120_000 } else { 700_000 } {
                let len = *pattern.next().expect("a cycle");
                framer.encode(&vec![0x55; len], &mut wire).expect("a frame");
            }
            let mut buf = FrameBuf::for_framer(&framer);
            let (mut moved, mut copied) = (0, 0);
            let mut rest = &wire[..];
            while !rest.is_empty() {
                let (from, capacity) = (buf.unread().as_ptr(), buf.capacity());
                let spare = buf.spare().expect("room");
                let bytes = rest.len().min(read).min(spare.len());
                spare[..bytes].copy_from_slice(&rest[..bytes]);
                if buf.unread().as_ptr() != from {
                    if buf.capacity() == capacity {
                        moved += buf.unread().len();
                    } else {
                        copied += buf.unread().len();
                    }
                }
                buf.commit(bytes);
                rest = &rest[bytes..];
                while buf
                    .next_frame(&mut framer, Stream::Open)
                    .expect("sound")
                    .is_some()
                {}
            }
            assert!(moved <= wire.len(), "{moved} of {} moved", wire.len());
            assert!(copied <= wire.len(), "{copied} of {} copied", wire.len());
        }
    }
}

/// A frame is the same bytes wherever in the buffer it comes to lie.
#[test]
fn frames_survive_what_happens_around_them() {
    let mut framer = Framer::new(Lines::new(), Limits::new(3000));
    let lines: Vec<String> = (0..4000).map(|n| format!("{n}").repeat(n % 400)).collect();
    let wire = lines.join("\n");
    let mut buf = FrameBuf::for_framer(&framer);
    let mut owned: Vec<Vec<u8>> = Vec::new();
    let check = |frame: Frame<'_>, owned: &mut Vec<Vec<u8>>| {
        assert_eq!(frame.as_ref(), lines[owned.len()].as_bytes());
        assert_eq!((&*frame, frame.body), (frame.body, frame.as_ref()));
        owned.push(frame.to_vec());
    };
    for piece in wire.as_bytes().chunks(1777) {
        fill(&mut buf, piece, |buf| {
            while let Some(frame) = buf.next_frame(&mut framer, Stream::Open).expect("a line") {
                check(frame, &mut owned);
            }
            true
        });
    }
    while let Some(frame) = buf.next_frame(&mut framer, Stream::Ended).expect("a line") {
        assert_eq!(frame.ending, Ending::Unterminated);
        check(frame, &mut owned);
    }
    assert_eq!(owned.len(), lines.len());
}

#[cfg(feature = "bytes")]
#[test]
fn a_frame_becomes_bytes() {
    let frame = Frame {
        body: b"hi",
        ending: Ending::Whole,
    };
    assert_eq!(bytes::Bytes::from(frame), b"hi"[..]);
}

fn holding(bytes: &[u8]) -> FrameBuf {
    let mut buf = FrameBuf::new(1000);
    buf.spare().expect("room")[..bytes.len()].copy_from_slice(bytes);
    buf.commit(bytes.len());
    buf
}

#[test]
fn leftovers_are_handed_on() {
    let mut buf = holding(b"HELO a\r\nSTART\r\n\0\x02hi\0\x03ab");
    let mut lines = Framer::new(Lines::crlf(), Limits::new(80));
    for line in [&b"HELO a"[..], b"START"] {
        let frame = buf.next_frame(&mut lines, Stream::Open).expect("a line");
        assert_eq!(frame.as_deref(), Some(line));
    }
    // Another framer on the same bytes.
    let mut counted = Framer::new(LengthPrefix::u16_be(), Limits::new(80));
    let frame = buf.next_frame(&mut counted, Stream::Open).expect("a frame");
    assert_eq!(frame.as_deref(), Some(&b"hi"[..]));
    assert!(
        buf.next_frame(&mut counted, Stream::Open)
            .expect("none")
            .is_none()
    );
    assert_eq!(buf.unread(), b"\0\x03ab");
    let copy = buf.clone();
    assert_eq!(buf.into_unread(), b"\0\x03ab");
    assert_eq!(copy.unread(), b"\0\x03ab");
    assert_eq!(FrameBuf::new(9).into_unread(), b"");
}

#[test]
fn memory_is_given_back_between_frames() {
    let mut buf = holding(b"a\nb");
    assert!(buf.capacity() > 0);
    buf.shrink();
    assert_eq!(buf.unread(), b"a\nb", "something is unread");
    let mut framer = Framer::new(Lines::new(), Limits::new(80));
    while buf
        .next_frame(&mut framer, Stream::Ended)
        .expect("lines")
        .is_some()
    {}
    buf.shrink();
    assert_eq!((buf.capacity(), buf.unread()), (0, &[][..]));
    assert_eq!(buf.spare().expect("room").len(), 1000);
}

#[test]
fn a_smaller_limit_waits_for_what_is_there() {
    let mut buf = holding(&[b'x'; 600]);
    buf.set_bytes_max(10);
    assert!(buf.bytes_max() >= 600);
    assert_eq!(buf.unread(), [b'x'; 600]);
    buf.set_bytes_max(2000);
    assert_eq!(buf.bytes_max(), 2000);
}

#[test]
fn a_buffer_is_shown_without_its_bytes() {
    let buf = holding(b"secret");
    assert_eq!(
        format!("{buf:?}"),
        "FrameBuf { unread: 6, capacity: 1000, bytes_max: 1000 }"
    );
    let frame = Frame {
        body: b"hi",
        ending: Ending::Whole,
    };
    assert_eq!(
        format!("{frame:?}"),
        "Frame { body: [104, 105], ending: Whole }"
    );
}

#[test]
#[should_panic(expected = "1001 bytes committed of 1000 spare ones")]
fn more_than_was_offered_cannot_be_committed() {
    let mut buf = FrameBuf::new(1000);
    let _ = buf.spare();
    buf.commit(1001);
}

#[test]
fn frames_decoded_in_place_leave_the_next_alone() {
    let mut framer = Framer::new(Slip::new(), Limits::new(80)).recovery(Recovery::Skip);
    let mut buf = holding(b"\xDB\xDCa\xDB\xDD\xC0\xDBx\xC0\xDB\xDC\xC0");
    let mut events = Vec::new();
    while next(&mut buf, &mut framer, Stream::Ended, &mut events) {}
    let invalid = fault(barewire_framing::ErrorKind::InvalidEscape, 6);
    assert_eq!(events, [whole(b"\xC0a\xDB"), invalid, whole(b"\xC0")]);
}
