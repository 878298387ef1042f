//! What is written can be read: each payload comes back, or was refused before a byte of it was written.

mod common;

use barewire_framing::{
    AsciiLength, Body, Cobs, Counts, Delimited, Delimiter, EncodeError, Fixed, Format, Framer,
    Head, Header, LengthPrefix, Limits, Lines, Slice, Slip, Stream, Syslog, Tail, Varint, Verbatim,
};
use common::*;
use proptest::prelude::*;

/// What comes of writing `payloads` one behind the other: those that were taken, and what was read of them.
struct RoundTrip<'p>(&'p [Vec<u8>], usize);

impl Visit for RoundTrip<'_> {
    type Out = (Vec<Vec<u8>>, Vec<Event>);

    fn any<F: Format>(self, format: F) -> Self::Out {
        let Self(payloads, max) = self;
        let framer = Framer::new(format, Limits::new(max));
        let (mut taken, mut wire) = (Vec::new(), Vec::new());
        for payload in payloads {
            if let Ok(frame) = encoded(&framer, payload) {
                wire.extend(frame);
                taken.push(payload.clone());
            }
        }
        (taken, at_once(framer, &wire, Stream::Ended))
    }
}

#[track_caller]
fn check_round_trip(spec: &Spec, payloads: &[Vec<u8>], max: usize) -> usize {
    let (mut taken, events) = spec.visit(RoundTrip(payloads, max));
    // The field is written where it lies in what was brought.
    if let Spec::Length(layout) = spec
        && layout.body == Body::Whole
    {
        for (payload, event) in taken.iter_mut().zip(&events) {
            if let Event::Frame(read, _) = event {
                let field = layout.offset..layout.offset + layout.width;
                payload[field.clone()].copy_from_slice(&read[field]);
            }
        }
    }
    // Those that keep the delimiter give it as well.
    if let Spec::Lines(.., Delimiter::Keep) | Spec::Delimited(.., Delimiter::Keep) = spec {
        assert_eq!(events.len(), taken.len() + 1);
        for (payload, event) in taken.iter().zip(&events) {
            let Event::Frame(read, _) = event else {
                panic!("{event:?}")
            };
            assert!(read.starts_with(payload) && read.len() > payload.len());
        }
        return taken.len();
    }
    let count = taken.len();
    let mut expected: Vec<_> = taken.iter().map(|payload| whole(payload)).collect();
    expected.push(Event::End);
    assert_eq!(events, expected, "{spec:?}");
    count
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_written_can_be_read(
        (spec, payloads) in proptest::sample::select(Spec::all()).prop_flat_map(|spec| {
            let own = prop::collection::vec(proptest::sample::select(spec.alphabet()), 0..7);
            let noise = prop::collection::vec(any::<u8>(), 0..30);
            let long = (0..600usize, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]);
            let payload = prop_oneof![4 => own, 2 => noise, 1 => long];
            (Just(spec), prop::collection::vec(payload, 0..6))
        }),
        max in proptest::sample::select(vec![0, 1, 5, 40, 1000]),
    ) {
        check_round_trip(&spec, &payloads, max);
    }
}

/// All sets of two short delimiters, all short payloads: each is refused or comes back.
#[test]
fn no_delimiter_is_written_that_is_not_found() {
    let strings: Vec<Vec<u8>> = (1..=3)
        .flat_map(|len| {
            (0..1 << len).map(move |bits: u32| {
                (0..len)
                    .map(|at| if bits >> at & 1 == 0 { b'a' } else { b'b' })
                    .collect()
            })
        })
        .collect();
    let mut taken = 0;
    for one in &strings {
        for two in &strings {
            let set = vec![one.clone(), two.clone()];
            let spec = Spec::Delimited(set, Tail::Yield, Delimiter::Strip);
            for payload in strings.iter().chain([&Vec::new()]) {
                taken += check_round_trip(&spec, &[payload.clone(), payload.clone()], 3);
            }
        }
    }
    assert!(taken > 1000, "{taken}");
}

/// Frames of no bytes do not stop anybody, nor are they lost.
#[test]
fn empty_frames_are_frames() {
    let empty_frames = [
        Spec::Length(Spec::layout(4, false)),
        Spec::Varint {
            bits: 32,
            padded: false,
        },
        Spec::netstring(),
        Spec::Lines(LineEnd::New, Tail::Yield, Delimiter::Strip),
        Spec::Delimited(vec![b"\r\n.\r\n".to_vec()], Tail::Error, Delimiter::Strip),
        Spec::Cobs,
    ];
    for spec in empty_frames {
        assert_eq!(check_round_trip(&spec, &vec![Vec::new(); 1000], 0), 1000);
    }
}

#[test]
fn megabytes_come_back() {
    let mut payload = vec![0x5A; 3 << 20];
    payload[1 << 20] = 0;
    payload[2 << 20] = 0xC0;
    let specs = [
        Spec::Length(Spec::layout(3, false)),
        Spec::Length(Spec::layout(8, true)),
        Spec::Varint {
            bits: 64,
            padded: false,
        },
        Spec::netstring(),
        Spec::rfc6587(),
        Spec::Lines(LineEnd::CrLf, Tail::Yield, Delimiter::Strip),
        Spec::Cobs,
        Spec::Slip,
    ];
    for spec in specs {
        for len in [payload.len(), payload.len() - 1, 1 << 16, 1 << 14] {
            let payloads = [payload[..len].to_vec(), b"x".to_vec()];
            assert_eq!(check_round_trip(&spec, &payloads, 3 << 20), 2, "{spec:?}");
        }
    }
}

#[test]
fn lengths_are_never_cut() {
    for width in 1..=8usize {
        for little in [false, true] {
            for counts in COUNTS {
                let layout = Layout {
                    counts,
                    ..Spec::layout(width, little)
                };
                let counted = match counts {
                    Counts::FromLength | Counts::Whole => width,
                    _ => 0,
                };
                let fits = (1u64 << (8 * width.min(2))) as usize - 1 - counted;
                for len in [0, 1, 127, 128, fits - 1, fits] {
                    let taken = check_round_trip(&Spec::Length(layout), &[vec![7; len]], 1 << 20);
                    assert_eq!(taken, 1, "{layout:?} of {len}");
                }
            }
        }
    }
    let refused = |format: LengthPrefix, len: usize| {
        let framer = Framer::new(format, Limits::new(1 << 30));
        encoded(&framer, &vec![0; len])
    };
    let does_not_fit = |length| Err(EncodeError::LengthDoesNotFit { length });
    assert_eq!(refused(LengthPrefix::u8(), 256), does_not_fit(256));
    assert_eq!(
        refused(LengthPrefix::u16_be(), 65_536),
        does_not_fit(65_536)
    );
    assert_eq!(
        refused(LengthPrefix::u16_le(), 1 << 17),
        does_not_fit(1 << 17)
    );
    assert_eq!(
        refused(LengthPrefix::u24_be(), 1 << 24),
        does_not_fit(1 << 24)
    );
    let whole = LengthPrefix::u16_be().counts(Counts::Whole);
    assert_eq!(refused(whole, 65_534), does_not_fit(65_536));
    let whole = LengthPrefix::u8().offset(1).gap(2).trailer(3);
    let whole = whole.counts(Counts::Whole).body(Body::Whole);
    assert!(refused(whole, 255).is_ok());
    assert_eq!(refused(whole, 256), does_not_fit(256));
}

/// The bytes of a length, in its order and width.
#[test]
fn lengths_lie_as_they_are_called() {
    let wire = |format: LengthPrefix| encoded(&Framer::new(format, Limits::new(600)), &[b'x'; 515]);
    for (format, field) in [
        (LengthPrefix::u16_be(), &b"\x02\x03"[..]),
        (LengthPrefix::u16_le(), b"\x03\x02"),
        (LengthPrefix::u24_be(), b"\0\x02\x03"),
        (LengthPrefix::le(3), b"\x03\x02\0"),
        (LengthPrefix::u32_be(), b"\0\0\x02\x03"),
        (LengthPrefix::u32_le(), b"\x03\x02\0\0"),
        (LengthPrefix::be(5), b"\0\0\0\x02\x03"),
        (LengthPrefix::le(7), b"\x03\x02\0\0\0\0\0"),
        (LengthPrefix::u64_be(), b"\0\0\0\0\0\0\x02\x03"),
        (LengthPrefix::u64_le(), b"\x03\x02\0\0\0\0\0\0"),
    ] {
        let wire = wire(format).unwrap();
        assert_eq!(wire[..field.len()], *field);
        assert_eq!(wire[field.len()..], [b'x'; 515]);
    }
    assert_eq!(
        encoded(&Framer::new(LengthPrefix::u8(), Limits::new(9)), b"hi"),
        Ok(b"\x02hi".to_vec())
    );
}

#[track_caller]
fn check_refused<F: Format>(format: F, payload: &[u8], expected: EncodeError) {
    // `encoded` sees to it that nothing has been written.
    assert_eq!(
        encoded(&Framer::new(format, Limits::new(8)), payload),
        Err(expected)
    );
}

#[test]
fn payloads_that_would_be_cut_are_refused() {
    let inside = |at| EncodeError::ContainsDelimiter { at };
    check_refused(Lines::new(), b"a\nb", inside(1));
    check_refused(Lines::new(), b"ab\r", inside(2));
    check_refused(Lines::lf(), b"\n", inside(0));
    check_refused(Lines::crlf(), b"a\r\nb", inside(2));
    check_refused(Syslog::lines(), b"a\nb", inside(1));
    check_refused(Delimited::exact(b"\r\n"), b"a\r\n", inside(1));
    check_refused(Delimited::exact(b"\r\n.\r\n"), b"a\r\n.", inside(1));
    check_refused(Delimited::any(&[b"\n", b"\0"]), b"a\0", inside(1));
    check_refused(Delimited::exact(b"abab"), b"xab", inside(1));
}

#[test]
fn payloads_that_are_no_frames_are_refused() {
    let too_long = EncodeError::TooLong { len: 9, max: 8 };
    let nine = [b'x'; 9];
    check_refused(LengthPrefix::u8(), &nine, too_long);
    check_refused(Varint::u32(), &nine, too_long);
    check_refused(AsciiLength::netstring(), &nine, too_long);
    check_refused(Lines::new(), &nine, too_long);
    check_refused(Delimited::exact(b"\n"), &nine, too_long);
    check_refused(Syslog::auto(), &nine, too_long);
    check_refused(Cobs::new(), &nine, too_long);
    check_refused(Slip::new(), &nine, too_long);
    check_refused(Fixed::new(9), &nine, too_long);
    check_refused(
        Header::new(0, |_: &[u8]| Head::Length {
            header: 0,
            payload: 9,
            trailer: 0,
        }),
        &nine,
        too_long,
    );
    let wrong_size = EncodeError::WrongSize {
        len: 3,
        expected: 2,
    };
    check_refused(Fixed::new(2), b"abc", wrong_size);
    check_refused(AsciiLength::rfc6587(), b"", EncodeError::Empty);
    check_refused(Syslog::auto(), b"", EncodeError::Empty);
    check_refused(Syslog::octets(), b"", EncodeError::Empty);
    check_refused(Slip::new(), b"", EncodeError::Empty);
    let unknown = EncodeError::UnknownHeader;
    check_refused(LengthPrefix::u8().offset(1), b"a", unknown);
    check_refused(LengthPrefix::u8().gap(1), b"a", unknown);
    check_refused(LengthPrefix::u8().trailer(1), b"a", unknown);
    let after = LengthPrefix::u8().offset(1).body(Body::AfterLength);
    check_refused(after, b"a", unknown);
    let after = LengthPrefix::u8().gap(1).trailer(1).body(Body::AfterLength);
    check_refused(after, b"a", EncodeError::NotAFrame);
    let whole = LengthPrefix::u8().offset(1).body(Body::Whole);
    check_refused(whole, b"a", EncodeError::NotAFrame);
    // The limit is on the payload.
    let ten = [b'x'; 10];
    assert!(encoded(&Framer::new(after, Limits::new(8)), &ten).is_ok());
    assert!(encoded(&Framer::new(whole, Limits::new(8)), &ten).is_ok());
}

#[test]
fn a_length_is_put_into_what_was_brought() {
    let whole = LengthPrefix::u16_be().offset(1).gap(1).trailer(1);
    let whole = whole.counts(Counts::Whole).body(Body::Whole);
    let framer = Framer::new(whole, Limits::new(80));
    let wire = encoded(&framer, b"t??ghic").unwrap();
    assert_eq!(wire, b"t\0\x07ghic");
    let after = LengthPrefix::u8().gap(1).trailer(1).body(Body::AfterLength);
    let wire = encoded(&Framer::new(after, Limits::new(80)), b"ghic").unwrap();
    assert_eq!(wire, b"\x02ghic");
}

#[test]
fn a_slice_is_filled_and_not_overrun() {
    let framer = Framer::new(LengthPrefix::u16_be(), Limits::new(80));
    let mut room = [0xAA; 8];
    let mut out = Slice::new(&mut room);
    framer.encode(b"hi", &mut out).unwrap();
    assert_eq!(
        framer.encode(b"abc", &mut out),
        Err(EncodeError::NoRoom { need: 5, room: 4 })
    );
    framer.encode(b"ab", &mut out).unwrap();
    assert_eq!(out.written(), b"\0\x02hi\0\x02ab");
    assert_eq!(
        format!("{out:?}"),
        "Slice { bytes: [0, 2, 104, 105, 0, 2, 97, 98], len: 8 }"
    );
    // Of escapes it is not known how many there are before they are written.
    let no_room = |need| Err(EncodeError::NoRoom { need, room: 3 });
    let (cobs, slip) = (
        Framer::new(Cobs::new(), Limits::new(8)),
        Framer::new(Slip::new(), Limits::new(8)),
    );
    assert_eq!(cobs.encode(b"hi", &mut Slice::new(&mut [0; 3])), no_room(4));
    assert_eq!(slip.encode(b"hi", &mut Slice::new(&mut [0; 3])), no_room(6));
}

/// The parts, one behind the other, and what is appended.
struct Parts<'p>(&'p [u8]);

impl Visit for Parts<'_> {
    type Out = ();

    fn plain<F: Verbatim>(self, format: F) {
        let framer = Framer::new(format, Limits::new(400));
        let wrap = framer.wrap(self.0);
        assert_eq!(wrap.as_ref().err(), encoded(&framer, self.0).as_ref().err());
        if let Ok(wrap) = wrap {
            let parts = wrap.parts(self.0).concat();
            assert_eq!(Ok(&parts), encoded(&framer, self.0).as_ref());
            assert_eq!(wrap.frame_bytes(), parts.len());
            assert_eq!(wrap.clone().parts(self.0).concat(), parts);
            #[cfg(feature = "std")]
            {
                let mut written = Vec::new();
                for slice in wrap.io_slices(self.0) {
                    written.extend_from_slice(&slice);
                }
                assert_eq!(written, parts);
            }
            #[cfg(feature = "alloc")]
            {
                let mut out = b"before".to_vec();
                framer.encode(self.0, &mut out).expect("room");
                assert_eq!(out, [b"before", &parts[..]].concat());
            }
            #[cfg(feature = "bytes")]
            {
                let mut out = bytes::BytesMut::from(&b"before"[..]);
                framer.encode(self.0, &mut out).expect("room");
                assert_eq!(out, [b"before", &parts[..]].concat());
            }
        }
    }

    fn any<F: Format>(self, _: F) {}
}

#[test]
fn parts_and_copies_are_the_same_bytes() {
    for spec in Spec::all() {
        for payload in [
            &b""[..],
            b"a",
            b"abc",
            b"\x01\x02\0hi",
            b"x12",
            &[b'z'; 300],
        ] {
            spec.visit(Parts(payload));
        }
    }
}

#[test]
#[should_panic(expected = "out of range")]
fn parts_of_another_payload_panic() {
    let framer = Framer::new(LengthPrefix::u8(), Limits::new(8));
    let wrap = framer.wrap(b"abc").unwrap();
    let _ = wrap.parts(b"ab");
}

#[cfg(feature = "std")]
#[test]
#[should_panic(expected = "out of range")]
fn slices_of_another_payload_panic() {
    let framer = Framer::new(LengthPrefix::u8(), Limits::new(8));
    let wrap = framer.wrap(b"abc").unwrap();
    let _ = wrap.io_slices(b"ab");
}
