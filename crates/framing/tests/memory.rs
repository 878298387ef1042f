//! What peers can make us hold. A program of its own, for its allocator counts what the thread does.
#![cfg(feature = "std")]

mod common;

use barewire_framing::{
    AsciiLength, Cobs, Delimited, Fixed, Format, FrameBuf, Framer, Head, Header, LengthPrefix,
    Limits, Lines, Reader, Recovery, Slice, Slip, Step, Stream, Syslog, Varint,
};
use barewire_proving::counting::{Counting, Counts, counted, most_held};
use common::Visit;

#[global_allocator]
static COUNTING: Counting = Counting;

fn read(buf: &mut FrameBuf, bytes: &[u8]) {
    buf.spare().expect("room")[..bytes.len()].copy_from_slice(bytes);
    buf.commit(bytes.len());
}

#[test]
fn a_hostile_header_reserves_nothing() {
    fn check<F: Format>(format: F, header: &[u8]) {
        let connections = 1000;
        let most = most_held(|| {
            let mut all = Vec::with_capacity(connections);
            for _ in 0..connections {
                let mut framer = Framer::new(format.clone(), Limits::new(usize::MAX));
                let mut buf = FrameBuf::for_framer(&framer);
                read(&mut buf, header);
                // Refused, or waited for.
                let _ = buf.next_frame(&mut framer, Stream::Open);
                let _ = buf.spare();
                all.push((framer, buf));
            }
        });
        let each = most / connections;
        // One read, and the offer of another.
        assert!(each <= 2 * 4096 + 512, "{each} bytes for {header:?}");
    }
    check(LengthPrefix::u32_be(), &[0xFF; 4]);
    check(LengthPrefix::u32_be(), b"\x3F\xFF\xFF\xFF");
    check(LengthPrefix::u64_le(), &[0xFF; 8]);
    check(Varint::u32(), b"\xFF\xFF\xFF\xFF\x03");
    check(AsciiLength::netstring(), b"1000000000:");
    check(Syslog::auto(), b"1000000000 ");
    check(Fixed::new(1 << 30), b"a");
    let head = Head::Length {
        header: 1,
        payload: 1 << 30,
        trailer: 0,
    };
    check(Header::new(1, move |_: &[u8]| head), b"a");
    check(Lines::new(), b"a");
}

/// A frame of a gigabyte, a mebibyte at a time, takes no more than its first read.
#[test]
fn skipping_takes_no_memory() {
    fn check<F: Format>(format: F, header: &[u8], filler: u8, end: &[u8]) {
        // What is declared is passed over as it comes; so is what has no end.
        let limits = Limits::new(1000).skip_bytes_max(u64::MAX);
        let mut framer = Framer::new(format, limits).recovery(Recovery::Skip);
        let mut buf = FrameBuf::for_framer(&framer);
        let piece = vec![filler; 4096];
        let (mut errors, mut frames) = (0, 0);
        let most = most_held(|| {
            let mut left = 1 << 30;
            read(&mut buf, header);
            while left > 0 {
                loop {
                    match buf.next_frame(&mut framer, Stream::Open) {
                        Ok(None) => break,
                        Ok(Some(_)) => frames += 1,
                        Err(_) => errors += 1,
                    }
                }
                assert_eq!(framer.error(), None);
                let bytes = piece.len().min(left);
                read(&mut buf, &piece[..bytes]);
                left -= bytes;
            }
            read(&mut buf, end);
            while let Some(frame) = buf.next_frame(&mut framer, Stream::Open).expect("sound") {
                assert_eq!(&*frame, b"ok");
                frames += 1;
            }
        });
        assert_eq!((errors, frames), (1, 1));
        assert!(most <= 16 * 1024, "{most} bytes held");
    }
    check(LengthPrefix::u32_be(), b"\x40\0\0\0", b'x', b"\0\0\0\x02ok");
    check(Lines::new(), b"x", b'x', b"\nok\n");
    check(Slip::new(), b"x", b'x', b"\xC0ok\xC0");
}

/// Frames are found in the caller's bytes and written to them.
struct InPlace<'i>(&'i mut [u8]);

impl Visit for InPlace<'_> {
    type Out = usize;

    fn any<F: Format>(self, format: F) -> usize {
        let (mut frames, mut room) = (0, [0; 64]);
        let (counts, ()) = counted(|| {
            for recovery in common::RECOVERIES {
                let limits = Limits::new(4);
                let mut framer = Framer::new(format.clone(), limits).recovery(recovery);
                let _ = framer.encode(b"hi", &mut Slice::new(&mut room));
                let mut start = 0;
                for _ in 0..100 {
                    match framer.step_mut(&mut self.0[start..], Stream::Ended) {
                        Ok(Step::Frame { consume, .. }) => {
                            frames += 1;
                            start += consume;
                        }
                        Ok(Step::Skip(bytes)) => start += bytes,
                        Ok(Step::Need(_)) => panic!("the stream has ended"),
                        Ok(Step::End) => break,
                        Err(_) => {}
                    }
                }
            }
        });
        assert_eq!(counts, Counts::default(), "{format:?}");
        frames
    }
}

#[test]
fn decoding_allocates_nothing() {
    let mut frames = 0;
    for spec in common::Spec::all() {
        for input in [
            &b"\x01a\x02\0hi\nlonger than that\n\0"[..],
            b"1:a,2:hi,",
            b"1 a2 hi9 x",
            b"\xC0hi\xC0\xDBx\xC0\0",
            b"aaab\r\n.\r\nabab\0",
        ] {
            frames += spec.visit(InPlace(&mut input.to_vec()));
        }
    }
    assert!(frames > 100, "{frames}");
}

/// One connection holds its largest frame and a read; in its steady state it asks for nothing.
#[test]
fn a_reader_holds_one_frame_and_a_read() {
    fn check<F: Format>(format: F, payload: &[u8]) {
        let framer = Framer::new(format, Limits::new(payload.len()));
        let mut frame = vec![0; 2 * payload.len() + 16];
        let mut out = Slice::new(&mut frame);
        framer.encode(payload, &mut out).expect("a frame");
        let wire = out.written().repeat(400);
        let bound = framer.unread_bytes_max() + 4096;
        let mut reader = Reader::new(&wire[..], framer);
        let first = most_held(|| {
            for _ in 0..300 {
                assert_eq!(
                    reader.next_frame().expect("sound").as_deref(),
                    Some(payload)
                );
            }
        });
        // While it grows both the old and the new memory are held.
        assert!(first <= 2 * bound, "{first} of {bound} bytes");
        let (then, ()) = counted(|| {
            for _ in 0..100 {
                assert_eq!(
                    reader.next_frame().expect("sound").as_deref(),
                    Some(payload)
                );
            }
        });
        assert_eq!(then, Counts::default());
    }
    for len in [1, 100, 5000, 20_000] {
        let payload = vec![b'x'; len];
        check(LengthPrefix::u32_be(), &payload);
        check(Delimited::exact(b"\r\n.\r\n"), &payload);
        check(Cobs::new(), &payload);
        check(Slip::new(), &payload);
    }
}
