//! What is refused, when, and what comes after.

mod common;

use barewire_framing::{
    AsciiLength, Body, Cobs, Counts, Delimited, Ending, Error, ErrorKind, Fixed, Format, Framer,
    Head, Header, LengthPrefix, Limits, Lines, Recovery, Slip, Step, Stream, Syslog, Tail, Varint,
};
use common::*;

const fn too_long(declared: Option<u64>, max: usize) -> ErrorKind {
    ErrorKind::TooLong { declared, max }
}

/// Payloads of one byte less than the limit, as many, and one more.
#[track_caller]
fn check_around<F: Format>(format: F, max: usize, wire: impl Fn(usize) -> Vec<u8>, over: Event) {
    for recovery in RECOVERIES {
        let framer = || Framer::new(format.clone(), Limits::new(max)).recovery(recovery);
        for len in [max - 1, max] {
            let events = at_once(framer(), &wire(len), Stream::Ended);
            let [Event::Frame(_, Ending::Whole), Event::End] = &events[..] else {
                panic!("{events:?}");
            };
        }
        if recovery == Recovery::Poison {
            let wire = wire(max + 1);
            let seen = at_once(framer(), &wire, Stream::Ended);
            assert_eq!(seen, std::slice::from_ref(&over));
        }
    }
}

#[test]
fn limits_hold_after_adjustment() {
    let max = 20;
    for counts in COUNTS {
        for body in BODIES {
            let (offset, gap, trailer) = (2, 3, 4);
            let format = LengthPrefix::u16_be()
                .offset(offset)
                .gap(gap)
                .trailer(trailer)
                .counts(counts)
                .body(body);
            let wire = |payload: usize| {
                let length = match counts {
                    Counts::Payload => payload,
                    Counts::AfterLength => payload + gap + trailer,
                    Counts::FromLength => payload + gap + trailer + 2,
                    Counts::Whole => payload + gap + trailer + 2 + offset,
                };
                let mut wire = vec![b'x'; offset + 2 + gap + payload + trailer];
                wire[offset..offset + 2].copy_from_slice(&(length as u16).to_be_bytes());
                wire
            };
            let over = stopped(too_long(Some(max as u64 + 1), max), 0);
            check_around(format, max, wire, over);
            // Said of the header alone.
            let framer = Framer::new(format, Limits::new(max));
            let header = &wire(max + 1)[..offset + 2 + gap];
            let events = at_once(framer, header, Stream::Open);
            assert_eq!(events, [stopped(too_long(Some(21), max), 0)]);
        }
    }
}

#[test]
fn limits_are_for_payloads() {
    let declared = stopped(too_long(Some(201), 200), 0);
    let found = |at| stopped(too_long(None, 200), at);
    let after = |end: &'static [u8]| move |len| [&vec![b'x'; len], end].concat();
    check_around(
        Varint::u32(),
        200,
        |len| [vec![len as u8 | 0x80, 1], vec![0; len]].concat(),
        declared.clone(),
    );
    let netstring = |len| [format!("{len}:").into_bytes(), vec![0; len], vec![b',']].concat();
    check_around(AsciiLength::netstring(), 200, netstring, declared.clone());
    let octets = |len| [format!("{len} ").into_bytes(), vec![0; len]].concat();
    check_around(AsciiLength::rfc6587(), 200, octets, declared.clone());
    check_around(Syslog::auto(), 200, octets, declared.clone());
    let header = Header::new(1, |head: &[u8]| match *head {
        [payload, ..] => Head::Length {
            header: 2,
            payload: payload.into(),
            trailer: 2,
        },
        [] => Head::Need(1),
    });
    let own = |len| [vec![len as u8, 0], vec![0; len + 2]].concat();
    check_around(header, 200, own, declared.clone());
    check_around(Lines::new(), 200, after(b"\n"), found(200));
    check_around(Lines::new(), 200, after(b"\r\n"), found(200));
    check_around(Lines::lf(), 200, after(b"\n"), found(200));
    check_around(Syslog::auto(), 200, after(b"\r\n"), found(200));
    check_around(
        Delimited::exact(b"\r\n.\r\n"),
        200,
        after(b"\r\n.\r\n"),
        found(200),
    );
    check_around(
        Delimited::any(&[b"\n", b"\r\n.\r\n"]),
        200,
        after(b"\n"),
        found(200),
    );
    let cobs = |len| encoded(&Framer::new(Cobs::new(), Limits::new(300)), &vec![1; len]).unwrap();
    check_around(Cobs::new(), 200, cobs, found(201));
    check_around(Slip::new(), 200, after(b"\xC0"), declared);
    let escapes = |len| [b"\xDB\xDC".repeat(len), vec![0xC0]].concat();
    check_around(Slip::new(), 200, escapes, found(400));
}

#[test]
fn hostile_lengths_are_refused() {
    let check = |format: LengthPrefix, header: &[u8], declared| {
        let max = 1 << 30;
        let framer = Framer::new(format, Limits::new(usize::MAX));
        assert_eq!(framer.limits().frame_bytes_max, max);
        let events = at_once(framer, header, Stream::Open);
        assert_eq!(events, [stopped(too_long(Some(declared), max), 0)]);
    };
    check(LengthPrefix::u64_be(), &[0xFF; 8], u64::MAX);
    check(LengthPrefix::u64_le(), &[0xFF; 8], u64::MAX);
    check(LengthPrefix::u64_be(), b"\x80\0\0\0\0\0\0\0", 1 << 63);
    check(
        LengthPrefix::u64_be(),
        b"\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        i64::MAX as u64,
    );
    check(LengthPrefix::u32_be(), &[0xFF; 4], u32::MAX.into());
    check(LengthPrefix::u32_be(), b"\x40\0\0\x01", (1 << 30) + 1);
    // On 32 bits this would be 1 if it were cut.
    check(
        LengthPrefix::u64_be(),
        b"\0\0\0\x01\0\0\0\x01",
        (1 << 32) + 1,
    );
    check(LengthPrefix::be(5), b"\x01\0\0\0\x01", (1 << 32) + 1);
    let more = LengthPrefix::u64_be().trailer(255);
    check(more, &[0xFF; 8], u64::MAX);
    let less = LengthPrefix::u32_be().trailer(255).counts(Counts::Whole);
    check(less, &[0xFF; 4], u64::from(u32::MAX) - 259);
    let whole = LengthPrefix::u64_be()
        .gap(56)
        .trailer(255)
        .counts(Counts::Whole)
        .body(Body::Whole);
    check(whole, &[0xFF; 64], u64::MAX - 64 - 255);

    let check = |input: &[u8], declared| {
        let framer = Framer::new(Varint::u64(), Limits::new(1 << 30)).recovery(Recovery::Skip);
        let events = at_once(framer, input, Stream::Open);
        assert_eq!(events, [stopped(too_long(Some(declared), 1 << 30), 0)]);
    };
    check(b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", u64::MAX);
    check(b"\x81\x80\x80\x80\x20", (1 << 33) + 1);
}

/// Sums of the longest frames and what is around them fit into 32 bits.
#[test]
fn sums_fit_on_32_bits() {
    let max = |framer: usize| u32::try_from(framer as u64).unwrap();
    let limits = Limits::new(usize::MAX);
    let layout = LengthPrefix::u64_be().gap(56).trailer(255);
    assert_eq!(
        max(Framer::new(layout, limits).unread_bytes_max()),
        (1 << 30) + 64 + 255
    );
    assert_eq!(
        max(Framer::new(Varint::u64(), limits).unread_bytes_max()),
        (1 << 30) + 10
    );
    let netstring = AsciiLength::netstring();
    assert_eq!(
        max(Framer::new(netstring, limits).unread_bytes_max()),
        (1 << 30) + 12
    );
    assert_eq!(
        max(Framer::new(Lines::new(), limits).unread_bytes_max()),
        (1 << 30) + 2
    );
    assert_eq!(
        max(Framer::new(Lines::lf(), limits).unread_bytes_max()),
        (1 << 30) + 1
    );
    let delimited = Delimited::exact(&[1; 64]);
    assert_eq!(
        max(Framer::new(delimited, limits).unread_bytes_max()),
        (1 << 30) + 64
    );
    assert_eq!(
        max(Framer::new(Slip::new(), limits).unread_bytes_max()),
        (1 << 31) + 1
    );
    assert_eq!(
        max(Framer::new(Cobs::new(), limits).unread_bytes_max()),
        (1 << 30) + (1 << 30) / 254 + 2
    );
    assert_eq!(
        max(Framer::new(Fixed::new(usize::MAX), limits).unread_bytes_max()),
        1 << 30
    );
    assert_eq!(
        max(Framer::new(Syslog::auto(), limits).unread_bytes_max()),
        (1 << 30) + 11
    );
    let header = Header::new(usize::MAX, |_: &[u8]| Head::Length {
        header: usize::MAX / 4,
        payload: 0,
        trailer: 0,
    });
    assert!(max(Framer::new(header.clone(), limits).unread_bytes_max()) > 1 << 30);
    let events = at_once(Framer::new(header, limits), b"a", Stream::Open);
    assert_eq!(events.len(), 1);
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let limits = Limits::default();
    assert_eq!(limits, Limits::new(1 << 20));
    assert_eq!(limits.skip_bytes_max, 1 << 30);
    assert_eq!(limits.skip_bytes_max(5).skip_bytes_max, 5);
    assert_eq!(Recovery::default(), Recovery::Poison);
    assert_eq!(
        format!("{limits:?}"),
        "Limits { frame_bytes_max: 1048576, skip_bytes_max: 1073741824 }"
    );
}

/// A stream of frames ends at each of its bytes: cleanly where a frame ends, and nowhere else.
struct Ends<'s>(&'s Spec, &'s [Vec<u8>]);

impl Visit for Ends<'_> {
    type Out = ();

    fn any<F: Format>(self, format: F) {
        let framer = || Framer::new(format.clone(), Limits::new(300));
        let (mut wire, mut frame_ends) = (Vec::new(), vec![0]);
        for payload in self.1 {
            if let Ok(frame) = encoded(&framer(), payload) {
                wire.extend(frame);
                frame_ends.push(wire.len());
            }
        }
        if let Spec::Slip = self.0 {
            // The END before a frame belongs to none.
            frame_ends.extend(frame_ends.clone().iter().map(|end| end + 1));
        }
        for end in 0..=wire.len() {
            for cuts in [&[][..], &[end / 2]] {
                let events = in_pieces(framer(), &wire[..end], cuts, Stream::Ended);
                let clean = events.last() == Some(&Event::End);
                assert_eq!(clean, frame_ends.contains(&end), "{:?} at {end}", self.0);
                if !clean {
                    let Some(Event::Stopped(error)) = events.last() else {
                        panic!("{events:?}")
                    };
                    assert!(matches!(error.kind, ErrorKind::Truncated { missing: 1.. }));
                    assert_eq!(error.offset, end as u64);
                }
            }
        }
    }
}

#[test]
fn an_end_is_clean_between_frames_alone() {
    let payloads = [
        b"abc".to_vec(),
        Vec::new(),
        vec![b'x'; 200],
        b"\x01".to_vec(),
        b"x1x".to_vec(),
    ];
    for spec in Spec::all() {
        let yields = matches!(
            spec,
            Spec::Lines(_, Tail::Yield, _) | Spec::Delimited(_, Tail::Yield, _)
        );
        if !yields && !matches!(spec, Spec::Syslog(Framing::Lines)) {
            spec.visit(Ends(&spec, &payloads));
        }
    }
    // A header without its payload.
    let cut = |missing, at| [stopped(ErrorKind::Truncated { missing }, at)];
    let framer = Framer::new(LengthPrefix::u32_be(), Limits::new(300));
    assert_eq!(
        at_once(framer.clone(), b"\0\0\x01\0", Stream::Ended),
        cut(256, 4)
    );
    assert_eq!(at_once(framer, b"\0\0", Stream::Ended), cut(2, 2));
    let framer = Framer::new(Varint::u32(), Limits::new(300));
    assert_eq!(at_once(framer, b"\x03", Stream::Ended), cut(3, 1));
    let framer = Framer::new(AsciiLength::netstring(), Limits::new(300));
    assert_eq!(at_once(framer, b"3:", Stream::Ended), cut(4, 2));
}

/// Whatever follows an error, it is the error again.
struct Stays<'i>(Recovery, &'i [u8]);

impl Visit for Stays<'_> {
    type Out = Option<Error>;

    fn any<F: Format>(self, format: F) -> Option<Error> {
        let mut framer = Framer::new(format, Limits::new(4)).recovery(self.0);
        let mut caller = Caller::new(framer.clone());
        caller.run(self.1, &[], Stream::Ended);
        let Some(&Event::Stopped(error)) = caller.events.last() else {
            return None;
        };
        framer = caller.framer;
        let offset = framer.offset();
        let good = b"\x01a\n\0\xC01:a,1 b\r\n";
        for round in 0..100usize {
            let mut bytes = good.repeat(round % 7);
            for stream in [Stream::Open, Stream::Ended] {
                assert_eq!(framer.step_mut(&mut bytes, stream), Err(error));
            }
            assert_eq!(framer.clone().error(), Some(error));
        }
        assert_eq!(framer.offset(), offset);
        assert!(!framer.mid_frame(0));
        // Until it is told to begin again.
        framer.reset();
        assert_eq!((framer.error(), framer.offset()), (None, 0));
        assert_eq!(framer.step_mut(&mut [], Stream::Ended), Ok(Step::End));
        Some(error)
    }
}

#[test]
fn an_error_stays() {
    let mut seen = 0;
    for spec in Spec::all() {
        for input in [
            &b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"[..],
            b"999999999999",
            b"abcdefgh\n",
            b"\x09\0",
            b"\x03",
        ] {
            for recovery in RECOVERIES {
                seen += usize::from(spec.visit(Stays(recovery, input)).is_some());
            }
        }
    }
    assert!(seen > 400, "{seen}");
}

/// One error and the next frame, or the beginning of the long one and the next frame.
#[track_caller]
fn check_passed_over<F: Format>(format: F, input: &[u8], error: Event, cut: Option<&[u8]>) {
    let beginning = match cut {
        Some(cut) => Event::Frame(cut.to_vec(), Ending::Truncated),
        None => error.clone(),
    };
    for (recovery, first) in [(Recovery::Skip, error), (Recovery::Truncate, beginning)] {
        let framer = || Framer::new(format.clone(), Limits::new(4)).recovery(recovery);
        let expected = [first, whole(b"ok"), Event::End];
        for cut in 0..=input.len() {
            let events = in_pieces(framer(), input, &[cut], Stream::Ended);
            assert_eq!(events, expected, "{recovery:?}, cut at {cut}");
        }
        let events = in_pieces(framer(), input, &everywhere(input), Stream::Ended);
        assert_eq!(events, expected, "{recovery:?}, byte by byte");
    }
}

#[test]
fn truncated_frames_are_passed_over() {
    let declared = |length| fault(too_long(Some(length), 4), 0);
    let found = |at| fault(too_long(None, 4), at);
    // Each holds what could be taken for frames.
    let plain = LengthPrefix::u16_be();
    check_passed_over(
        plain,
        b"\0\x07\0\x02go\0\x02x\0\x02ok",
        declared(7),
        Some(b"\0\x02go"),
    );
    let around = LengthPrefix::u8()
        .offset(1)
        .gap(1)
        .trailer(2)
        .counts(Counts::Whole);
    let input = b"t\x0Ag12345cct\x07gokcc";
    check_passed_over(around, input, declared(5), Some(b"1234"));
    check_passed_over(
        Varint::u32(),
        b"\x05\x02no\x01x\x02ok",
        declared(5),
        Some(b"\x02no\x01"),
    );
    let netstring = AsciiLength::netstring();
    check_passed_over(netstring, b"6:2:no,x,2:ok,", declared(6), Some(b"2:no"));
    check_passed_over(
        AsciiLength::rfc6587(),
        b"6 1 n1 o2 ok",
        declared(6),
        Some(b"1 n1"),
    );
    check_passed_over(Syslog::auto(), b"6 1 n1 o2 ok", declared(6), Some(b"1 n1"));
    check_passed_over(Syslog::auto(), b"<long\nok\n", found(4), Some(b"<lon"));
    check_passed_over(Lines::new(), b"longer\r\nok\r\n", found(4), Some(b"long"));
    check_passed_over(Lines::new(), b"long\r\r\nok\n", found(4), Some(b"long"));
    check_passed_over(Lines::lf(), b"long\r\nok\n", found(4), Some(b"long"));
    let mail = Delimited::exact(b"\r\n.\r\n");
    check_passed_over(mail, b"long\r\r\n.\r\nok\r\n.\r\n", found(4), Some(b"long"));
    let two = Delimited::any(&[b"--", b"=="]);
    check_passed_over(two, b"l-o=nger-==ok--", found(4), Some(b"l-o="));
    let header = Header::new(1, |head: &[u8]| match *head {
        [payload @ (b'2' | b'9'), ..] => Head::Length {
            header: 1,
            payload: u64::from(payload - b'0'),
            trailer: 1,
        },
        [b'o', ..] => Head::Length {
            header: 2,
            payload: 0,
            trailer: 0,
        },
        [] => Head::Need(1),
        _ => Head::Invalid,
    });
    check_passed_over(header, b"9123456789xok", declared(9), Some(b"91234"));
    check_passed_over(Cobs::new(), b"\x09longlong\0\x03ok\0", found(5), None);
    check_passed_over(Slip::new(), b"longlonglong\xC0ok\xC0", found(8), None);
}

#[test]
fn a_limit_of_nothing_cuts_to_nothing() {
    let framer = Framer::new(Lines::new(), Limits::new(0)).recovery(Recovery::Truncate);
    let nothing = Event::Frame(Vec::new(), Ending::Truncated);
    let expected = [nothing.clone(), whole(b""), nothing, Event::End];
    let events = in_pieces(framer.clone(), b"ab\n\nc", &[], Stream::Ended);
    assert_eq!(events, expected);
    let events = in_pieces(framer, b"ab\n\nc", &everywhere(b"ab\n\nc"), Stream::Ended);
    assert_eq!(events, expected);
}

/// What is thrown away has a limit too, found out at the same byte however it is cut.
#[test]
fn skipping_has_a_limit() {
    let check = |framer: &dyn Fn() -> Vec<Vec<Event>>, expected: &[Event]| {
        for events in framer() {
            assert_eq!(events, expected);
        }
    };
    fn ways<F: Format>(
        format: F,
        recovery: Recovery,
        skip_max: u64,
        input: &[u8],
    ) -> Vec<Vec<Event>> {
        let limits = Limits::new(2).skip_bytes_max(skip_max);
        let framer = || Framer::new(format.clone(), limits).recovery(recovery);
        let mut all: Vec<_> = (0..=input.len())
            .map(|cut| in_pieces(framer(), input, &[cut], Stream::Ended))
            .collect();
        all.push(in_pieces(
            framer(),
            input,
            &everywhere(input),
            Stream::Ended,
        ));
        all
    }
    let skip_too_long = |max, at| stopped(ErrorKind::SkipTooLong { max }, at);
    let over = fault(too_long(None, 2), 2);
    let cut = Event::Frame(b"ab".to_vec(), Ending::Truncated);
    // With the line end five bytes, or three behind the part that is given.
    let line = b"abcd\nx\n";
    let fine = [over.clone(), whole(b"x"), Event::End];
    check(&|| ways(Lines::new(), Recovery::Skip, 5, line), &fine);
    check(
        &|| ways(Lines::new(), Recovery::Skip, 4, line),
        &[over.clone(), skip_too_long(4, 4)],
    );
    let fine = [cut.clone(), whole(b"x"), Event::End];
    check(&|| ways(Lines::new(), Recovery::Truncate, 3, line), &fine);
    check(
        &|| ways(Lines::new(), Recovery::Truncate, 2, line),
        &[cut, skip_too_long(2, 4)],
    );
    // A declared one is refused for good before it is passed over.
    let counted = b"\x04abcd\x01x";
    let over = too_long(Some(4), 2);
    let fine = [fault(over, 0), whole(b"x"), Event::End];
    check(
        &|| ways(LengthPrefix::u8(), Recovery::Skip, 5, counted),
        &fine,
    );
    for recovery in [Recovery::Skip, Recovery::Truncate] {
        check(
            &|| ways(LengthPrefix::u8(), recovery, 4, counted),
            &[stopped(over, 0)],
        );
    }
}

#[test]
fn a_frame_is_open_from_its_first_byte_to_its_last() {
    let mut framer = Framer::new(LengthPrefix::u16_be(), Limits::new(4)).recovery(Recovery::Skip);
    assert!(!framer.mid_frame(0));
    let wire = b"\0\x02hi";
    for end in 1..4 {
        assert!(matches!(
            framer.step(&wire[..end], Stream::Open),
            Ok(Step::Need(_))
        ));
        assert!(framer.mid_frame(end));
    }
    assert!(matches!(
        framer.step(wire, Stream::Open),
        Ok(Step::Frame { .. })
    ));
    assert!(!framer.mid_frame(0));
    // One that is passed over is open until its last byte is dropped.
    assert!(framer.step(b"\0\x05", Stream::Open).is_err());
    assert_eq!(framer.step(b"\0\x05", Stream::Open), Ok(Step::Skip(2)));
    assert!(framer.mid_frame(0));
    assert_eq!(framer.step(b"", Stream::Open), Ok(Step::Need(5)));
    assert_eq!(framer.step(b"hell", Stream::Open), Ok(Step::Skip(4)));
    assert!(framer.mid_frame(0));
    assert_eq!(framer.step(b"o", Stream::Open), Ok(Step::Skip(1)));
    assert!(!framer.mid_frame(0));
    assert_eq!(framer.step(b"", Stream::Ended), Ok(Step::End));

    let mut framer = Framer::new(Lines::new(), Limits::new(4)).recovery(Recovery::Skip);
    assert!(framer.step(b"longer", Stream::Open).is_err());
    assert_eq!(framer.step(b"longer", Stream::Open), Ok(Step::Skip(6)));
    assert!(framer.mid_frame(0));
    assert_eq!(framer.step(b"", Stream::Open), Ok(Step::Need(1)));
    assert_eq!(framer.step(b"\n", Stream::Open), Ok(Step::Skip(1)));
    assert!(!framer.mid_frame(0));

    // The stream's end is the end of it as well.
    assert!(framer.step(b"longer", Stream::Ended).is_err());
    assert_eq!(framer.step(b"longer", Stream::Ended), Ok(Step::Skip(6)));
    assert_eq!(framer.step(b"", Stream::Ended), Ok(Step::End));
    assert!(!framer.mid_frame(0));
}

/// What is asked for is what is missing, no less and no more.
#[test]
fn framers_ask_for_what_is_missing() {
    #[track_caller]
    fn check<F: Format>(format: F, unread: &[u8], need: usize) {
        let mut framer = Framer::new(format, Limits::new(80));
        assert_eq!(
            framer.step_mut(&mut unread.to_vec(), Stream::Open),
            Ok(Step::Need(need))
        );
        // With fewer it is not looked again.
        let mut more = [unread, &vec![0; need - 1]].concat();
        assert_eq!(framer.step_mut(&mut more, Stream::Open), Ok(Step::Need(1)));
    }
    check(LengthPrefix::u32_be(), b"", 4);
    check(LengthPrefix::u32_be(), b"\0", 3);
    check(LengthPrefix::u32_be(), b"\0\0\0\x05a", 4);
    check(LengthPrefix::u8().offset(1).trailer(3), b"t\x02a", 4);
    check(Varint::u32(), b"", 1);
    check(Varint::u32(), b"\x80", 1);
    check(Varint::u32(), b"\x03", 3);
    check(AsciiLength::netstring(), b"1", 1);
    check(AsciiLength::netstring(), b"3:a", 3);
    check(Fixed::new(5), b"ab", 3);
    check(Lines::new(), b"ab", 1);
    check(Delimited::exact(b"\r\n"), b"ab\r", 1);
    check(Cobs::new(), b"\x03a", 1);
    check(Slip::new(), b"a", 1);
    check(
        Header::new(8, |head: &[u8]| Head::Need(8 - head.len())),
        b"ab",
        6,
    );
    check(Header::new(8, |_: &[u8]| Head::Need(80)), b"ab", 6);
}

/// Nothing of one stream is left for the next.
struct Again<'i>(&'i [u8], &'i [u8]);

impl Visit for Again<'_> {
    type Out = ();

    fn any<F: Format>(self, format: F) {
        for recovery in RECOVERIES {
            let framer = Framer::new(format.clone(), Limits::new(4)).recovery(recovery);
            let fresh = in_pieces(framer.clone(), self.1, &[3], Stream::Ended);
            for end in 0..=self.0.len() {
                let mut caller = Caller::new(framer.clone());
                caller.run(&self.0[..end], &everywhere(&self.0[..end]), Stream::Open);
                let mut used = caller.framer;
                used.reset();
                assert_eq!(used.offset(), 0);
                let again = in_pieces(used, self.1, &[3], Stream::Ended);
                assert_eq!(again, fresh, "{format:?} {recovery:?} after {end}");
            }
        }
    }
}

#[test]
fn a_reset_forgets_everything() {
    for spec in Spec::all() {
        for one in [
            &b"1abcdefgh"[..],
            b"\x01\x02\x03\x04\x05\x06\x07",
            b"aaabab\r\n.\r\r\n",
            b"\x80\x80\x80",
        ] {
            for two in [
                &b"\x01a\nb\xC0\0ab\r\n"[..],
                b"1:a,\n\r\n.\r\n",
                b"abaaab\xC0\0",
            ] {
                spec.visit(Again(one, two));
            }
        }
    }
}
