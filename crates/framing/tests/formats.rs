//! Each format's bytes: what the documentation shows, what other programs write, and what is no frame.

mod common;

use barewire_framing::{
    AsciiLength, Body, Cobs, Counts, Delimited, Delimiter, Ending, ErrorKind, Fixed, Format,
    Framer, Head, Header, LengthPrefix, Limits, Lines, Recovery, Slip, Step, Stream, Syslog, Tail,
    Varint, Verbatim,
};
use common::*;

const MAX: usize = 80;

fn framer<F: Format>(format: F) -> Framer<F> {
    Framer::new(format, Limits::new(MAX))
}

/// A stream and what comes out of it: whole, byte by byte, cut at each point.
#[track_caller]
fn check<F: Format>(format: F, input: &[u8], expected: &[Event]) {
    check_with(framer(format), input, expected);
}

#[track_caller]
fn check_with<F: Format>(framer: Framer<F>, input: &[u8], expected: &[Event]) {
    assert_eq!(at_once(framer.clone(), input, Stream::Ended), expected);
    for cut in 0..=input.len() {
        let split = in_pieces(framer.clone(), input, &[cut], Stream::Ended);
        assert_eq!(split, expected, "cut at {cut}");
    }
    let trickle = in_pieces(framer, input, &everywhere(input), Stream::Ended);
    assert_eq!(trickle, expected, "byte by byte");
}

#[track_caller]
fn check_frames<F: Format>(format: F, input: &[u8], frames: &[&[u8]]) {
    let mut expected: Vec<_> = frames.iter().map(|frame| whole(frame)).collect();
    expected.push(Event::End);
    check(format, input, &expected);
}

/// Refused at this byte, and nothing before it.
#[track_caller]
fn check_refused<F: Format>(format: F, input: &[u8], kind: ErrorKind, offset: u64) {
    check(format, input, &[stopped(kind, offset)]);
}

/// A row of the table of formats: one frame of `payload`, both ways.
#[track_caller]
fn check_row<F: Format>(format: F, wire: &[u8], payload: &[u8]) {
    check_read(format.clone(), wire, payload);
    assert_eq!(encoded(&framer(format), payload), Ok(wire.to_vec()));
}

/// One that is only read.
#[track_caller]
fn check_read<F: Format>(format: F, wire: &[u8], payload: &[u8]) {
    check_frames(format, wire, &[payload]);
}

#[test]
fn formats_have_the_bytes_of_their_table() {
    check_row(LengthPrefix::u32_be(), b"\x00\x00\x00\x02\x68\x69", b"hi");
    check_row(LengthPrefix::u16_le(), b"\x02\x00\x68\x69", b"hi");
    let whole = LengthPrefix::u16_be().counts(Counts::Whole);
    check_row(whole, b"\x00\x04\x68\x69", b"hi");
    let around = LengthPrefix::u16_be().offset(1).trailer(2);
    check_read(around, b"t\x00\x02\x68\x69cc", b"hi");
    check_row(Varint::u32(), b"\x02\x68\x69", b"hi");
    check_row(AsciiLength::netstring(), b"\x32\x3A\x68\x69\x2C", b"hi");
    check_row(AsciiLength::rfc6587(), b"\x32\x20\x68\x69", b"hi");
    let header = Header::new(1, |head: &[u8]| match *head {
        [payload, ..] => Head::Length {
            header: 1,
            payload: payload.into(),
            trailer: 0,
        },
        [] => Head::Need(1),
    });
    check_row(header, b"\x02\x68\x69", b"\x02\x68\x69");
    check_row(Fixed::new(2), b"\x68\x69", b"hi");
    check_row(Lines::new(), b"\x68\x69\x0A", b"hi");
    check_read(Lines::new(), b"\x68\x69\x0D\x0A", b"hi");
    check_row(Delimited::exact(b"\r\n"), b"\x68\x69\x0D\x0A", b"hi");
    let any = Delimited::any(&[b"\n", b"\0"]);
    check_row(any, b"\x68\x69\x0A", b"hi");
    check_read(any, b"\x68\x69\x00", b"hi");
    check_row(Syslog::auto(), b"\x32\x20\x68\x69", b"hi");
    check_read(Syslog::auto(), b"hi\n", b"hi");
    check_row(Cobs::new(), b"\x03\x68\x69\x00", b"hi");
    check_row(Slip::new(), b"\xC0\x68\x69\xC0", b"hi");
}

/// The rows of the other table, by a frame of the other end.
#[test]
fn formats_of_others_are_read() {
    let lines = Lines::new().delimiter(Delimiter::Keep);
    check_frames(lines, b"one\ntwo\n", &[b"one\n", b"two\n"]);
    let postgres = LengthPrefix::u32_be()
        .offset(1)
        .counts(Counts::FromLength)
        .body(Body::Whole);
    check_frames(
        postgres,
        b"Z\0\0\0\x05IN\0\0\0\x04",
        &[b"Z\0\0\0\x05I", b"N\0\0\0\x04"],
    );
    let tpkt = LengthPrefix::u16_be().offset(2).counts(Counts::Whole);
    check_frames(tpkt, b"\x03\0\0\x07\x02\xF0\x80", &[b"\x02\xF0\x80"]);
    check_frames(LengthPrefix::u16_be(), b"\0\x03dns", &[b"dns"]);
    check_frames(Lines::crlf(), b"EHLO a\r\nQUIT\n", &[b"EHLO a", b"QUIT"]);
    let mail = Delimited::exact(b"\r\n.\r\n");
    check_frames(mail, b"a\r\n..\r\n.\r\n", &[b"a\r\n.."]);
    let fastcgi = Header::new(8, |head: &[u8]| match head {
        [1, _, _, _, high, low, padding, _, ..] => Head::Length {
            header: 8,
            payload: u64::from(u16::from_be_bytes([*high, *low])),
            trailer: usize::from(*padding),
        },
        [1, ..] | [] => Head::Need(8 - head.len()),
        _ => Head::Invalid,
    });
    let record = b"\x01\x05\0\x01\0\x02\x01\0hi.";
    check_frames(fastcgi, record, &[record]);
}

/// The pictures of Netty's `LengthFieldBasedFrameDecoder`, in its order: "HELLO, WORLD" with fields around it.
#[test]
fn netty_pictures_are_read() {
    let hello = b"HELLO, WORLD";
    let wire = |before: &[u8]| [before, hello].concat();
    // 2 bytes of length at 0; the header is not stripped, then it is.
    let plain = LengthPrefix::u16_be();
    let one = wire(b"\x00\x0C");
    check_frames(plain.body(Body::Whole), &one, &[&one]);
    check_frames(plain, &one, &[hello]);
    // The length is that of the whole message: adjustment -2.
    let three = wire(b"\x00\x0E");
    let whole = plain.counts(Counts::Whole);
    check_frames(whole.body(Body::Whole), &three, &[&three]);
    // 3 bytes of length behind a header of 2.
    let four = wire(b"\xCA\xFE\x00\x00\x0C");
    let behind = LengthPrefix::u24_be().offset(2);
    check_frames(behind.body(Body::Whole), &four, &[&four]);
    // 3 bytes of length before one of 2 that it does not count: adjustment 2.
    let five = wire(b"\x00\x00\x0C\xCA\xFE");
    let before = LengthPrefix::u24_be().gap(2);
    check_frames(before.body(Body::Whole), &five, &[&five]);
    // One byte before the length and one behind it, of which the first is stripped with the length: adjustment 1.
    let six = wire(b"\xCA\x00\x0C\xFE");
    let between = plain.offset(1).gap(1);
    check_frames(between.body(Body::AfterLength), &six, &[&six[3..]]);
    // The same where the length is that of the whole message: adjustment -3.
    let seven = wire(b"\xCA\x00\x10\xFE");
    let between = between.counts(Counts::Whole);
    check_frames(between.body(Body::AfterLength), &seven, &[&seven[3..]]);
}

#[test]
fn lengths_below_their_own_header_are_refused() {
    let too_small = |declared, min| ErrorKind::LengthTooSmall { declared, min };
    let tpkt = LengthPrefix::u16_be().offset(2).counts(Counts::Whole);
    check_refused(tpkt, b"\x03\0\0\x03abc", too_small(3, 4), 2);
    check_frames(tpkt, b"\x03\0\0\x04", &[b""]);
    let from_length = LengthPrefix::u8().trailer(1).counts(Counts::FromLength);
    check_refused(from_length, b"\x01abc", too_small(1, 2), 0);
    check_frames(from_length, b"\x02c", &[b""]);
    let after_length = LengthPrefix::u8().gap(3).counts(Counts::AfterLength);
    check_refused(after_length, b"\x02abc", too_small(2, 3), 0);
    check(
        after_length,
        b"\x03abc\0abc",
        &[whole(b""), stopped(too_small(0, 3), 4)],
    );
}

fn leb128(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// Every number of bytes, each cut everywhere: it is either the length that was written, or waited for.
#[test]
fn varints_are_one_number_however_they_are_cut() {
    let mut numbers = vec![0, 1, 127, 128, 255, 300, 16_383, 16_384, 65_535];
    numbers.extend((1..=8).map(|n| n << 21)); // Their middle bytes are all 0x80.
    numbers.extend(
        (7..64)
            .step_by(7)
            .flat_map(|bit| [(1 << bit) - 1, 1 << bit]),
    );
    numbers.extend([u64::from(u32::MAX), 1 << 32, u64::MAX]);
    for number in numbers {
        let wire = leb128(number);
        let too_long = ErrorKind::TooLong {
            declared: Some(number),
            max: MAX,
        };
        let expected = match number {
            0..=80 => stopped(ErrorKind::Truncated { missing: number }, wire.len() as u64),
            _ => stopped(too_long, 0),
        };
        let expected = if number == 0 {
            vec![whole(b""), Event::End]
        } else {
            vec![expected]
        };
        check(Varint::u64(), &wire, &expected);
        if number <= u64::from(u32::MAX) {
            check(Varint::u32(), &wire, &expected);
        } else {
            let at = wire.len().min(5) as u64 - 1;
            check_refused(Varint::u32(), &wire, ErrorKind::VarintTooLong, at);
        }
    }
}

#[test]
fn varints_have_one_form() {
    let (not_minimal, too_long) = (ErrorKind::VarintNotMinimal, ErrorKind::VarintTooLong);
    check_refused(Varint::u32(), b"\x80\x00", not_minimal, 1);
    check_refused(Varint::u32(), b"\x81\x80\x00a", not_minimal, 2);
    check_refused(Varint::u32(), b"\x80\x80\x80\x80\x00", not_minimal, 4);
    let ten = b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00";
    check_refused(Varint::u64(), ten, not_minimal, 9);
    // Above 2^32 and 2^64, and without an end.
    check_refused(Varint::u32(), b"\xFF\xFF\xFF\xFF\x10", too_long, 4);
    check_refused(Varint::u32(), b"\x80\x80\x80\x80\x80\x00", too_long, 4);
    let ten = b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02";
    check_refused(Varint::u64(), ten, too_long, 9);
    check_refused(Varint::u64(), &[0x80; 11], too_long, 9);
    // Padding is read where it is wanted, up to the most bytes and no further.
    check_frames(Varint::u32().padded(), b"\x81\x80\x80\x80\x00a", &[b"a"]);
    check_frames(Varint::u64().padded(), b"\x80\x00\x01a", &[b"", b"a"]);
    let eleven = b"\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00";
    check_refused(Varint::u64().padded(), eleven, too_long, 9);
    check_refused(Varint::u32().padded(), &eleven[5..], too_long, 4);
}

#[test]
fn ascii_lengths_are_digits() {
    let (invalid, zero, many) = (
        ErrorKind::InvalidDigit,
        ErrorKind::LeadingZero,
        ErrorKind::TooManyDigits,
    );
    let (netstring, octets) = (AsciiLength::netstring(), AsciiLength::rfc6587());
    for (input, kind, at) in [
        (&b"+1:a,"[..], invalid, 0),
        (b"-1:a,", invalid, 0),
        (b" 1:a,", invalid, 0),
        (b":a,", invalid, 0),
        (b"1 :a,", invalid, 1),
        (b"1\r\n", invalid, 1),
        (b"1_0:", invalid, 1),
        (b"a:", invalid, 0),
        (b"\xB2:", invalid, 0),
        (b"01:a,", zero, 0),
        (b"00:,", zero, 0),
        (b"12345678901", many, 10),
        (b"123456789012345678901234567890", many, 10),
        (b"1:ab", ErrorKind::WrongTrailer, 3),
        (b"0:;", ErrorKind::WrongTrailer, 2),
    ] {
        check_refused(netstring, input, kind, at);
    }
    check_frames(
        netstring,
        b"0:,1:a,12:hello world!,",
        &[b"", b"a", b"hello world!"],
    );
    check_refused(octets, b"0 ", zero, 0);
    check_refused(octets, b" a", invalid, 0);
    check(octets, b"1 a\n", &[whole(b"a"), stopped(invalid, 3)]);
    check_refused(octets, b"12", ErrorKind::Truncated { missing: 1 }, 2);
    let ten = ErrorKind::TooLong {
        declared: Some(9_999_999_999),
        max: MAX,
    };
    check_refused(netstring, b"9999999999:", ten, 0);
    let chunk = AsciiLength::hexadecimal(b';').trailer(b'\n');
    check_frames(
        chunk,
        b"B;hello world\nb;hello world\n0;\n",
        &[b"hello world", b"hello world", b""],
    );
    check_refused(chunk, b"g;", invalid, 0);
    check_refused(chunk, b"0x1;", invalid, 1);
    assert_eq!(
        encoded(&framer(chunk), &[b'x'; 27]).map(|wire| wire[..3].to_vec()),
        Ok(b"1b;".to_vec())
    );
    check_frames(AsciiLength::decimal(b'a'), b"1ab", &[b"b"]);
}

#[test]
fn syslog_is_told_by_its_first_byte() {
    let auto = Syslog::auto();
    check_frames(auto, b"4 <1>a6 <2>b\nc", &[b"<1>a", b"<2>b\nc"]);
    check_frames(auto, b"<1>a\n<2>b\r\nc\n", &[b"<1>a", b"<2>b", b"c"]);
    check_frames(auto, b"\n0 a\n", &[b"", b"0 a"]);
    let octets = Syslog::octets();
    check_refused(octets, b"<1>a\n", ErrorKind::InvalidDigit, 0);
    check_frames(octets, b"4 <1>a", &[b"<1>a"]);
    check_frames(Syslog::lines(), b"4 <1>a\n", &[b"4 <1>a"]);
    // What began as a count stays one.
    check(
        auto,
        b"1 a<1>b\n",
        &[whole(b"a"), stopped(ErrorKind::InvalidDigit, 3)],
    );
    check_refused(
        auto,
        b"2024 is long\n",
        ErrorKind::TooLong {
            declared: Some(2024),
            max: MAX,
        },
        0,
    );
}

#[test]
fn a_stream_of_lines_stays_one() {
    let lines = b"<1>a\n2024 was a year\n5 <1>b\n";
    check_frames(
        Syslog::auto(),
        lines,
        &[b"<1>a", b"2024 was a year", b"5 <1>b"],
    );
    // Another stream may be of the other kind.
    let mut framer = framer(Syslog::auto());
    assert!(matches!(
        framer.step(b"a\n", Stream::Open),
        Ok(Step::Frame { consume: 2, .. })
    ));
    framer.reset();
    assert!(matches!(
        framer.step(b"1 a", Stream::Open),
        Ok(Step::Frame { consume: 3, .. })
    ));
}

fn unterminated(line: &[u8]) -> Event {
    Event::Frame(line.to_vec(), Ending::Unterminated)
}

#[test]
fn lines_end_with_lf_or_crlf() {
    let input = b"a\nb\r\nc\rd\n\n\r\n\r\r\ne\r";
    let line = |line: &[u8]| whole(line);
    let expected = [
        line(b"a"),
        line(b"b"),
        line(b"c\rd"),
        line(b""),
        line(b""),
        line(b"\r"),
        unterminated(b"e\r"),
        Event::End,
    ];
    check(Lines::new(), input, &expected);
    check(Lines::crlf(), input, &expected);
    check(Lines::default(), input, &expected);
    check(
        Lines::lf(),
        b"a\r\n\n",
        &[line(b"a\r"), line(b""), Event::End],
    );
    let keep = Lines::new().delimiter(Delimiter::Keep);
    check(
        keep,
        b"a\r\n\nb",
        &[line(b"a\r\n"), line(b"\n"), unterminated(b"b"), Event::End],
    );
    let strict = Lines::new().tail(Tail::Error);
    let cut = ErrorKind::Truncated { missing: 1 };
    check(strict, b"a\nb", &[line(b"a"), stopped(cut, 3)]);
    check(strict, b"a\n\r", &[line(b"a"), stopped(cut, 3)]);
    // What they hold is nobody's business here.
    check_frames(
        Lines::new(),
        b"\xFF\xFE\0\n\xC3\n",
        &[b"\xFF\xFE\0", b"\xC3"],
    );
}

#[test]
fn line_ends_do_not_count() {
    let four = Limits::new(4);
    let over = stopped(
        ErrorKind::TooLong {
            declared: None,
            max: 4,
        },
        4,
    );
    for end in ["\n", "\r\n"] {
        let line = format!("abcd{end}");
        let expected = [whole(b"abcd"), Event::End];
        check_with(Framer::new(Lines::new(), four), line.as_bytes(), &expected);
        let keep = Lines::new().delimiter(Delimiter::Keep);
        let expected = [whole(line.as_bytes()), Event::End];
        check_with(Framer::new(keep, four), line.as_bytes(), &expected);
        let line = format!("abcde{end}");
        check_with(
            Framer::new(Lines::new(), four),
            line.as_bytes(),
            std::slice::from_ref(&over),
        );
    }
    check_with(
        Framer::new(Lines::new(), four),
        b"abcd\r\r\n",
        std::slice::from_ref(&over),
    );
    check_with(
        Framer::new(Lines::new(), four),
        b"abcd\rx\n",
        std::slice::from_ref(&over),
    );
    check_with(
        Framer::new(Lines::lf(), four),
        b"abcd\r\n",
        std::slice::from_ref(&over),
    );
    check_with(
        Framer::new(Lines::lf(), four),
        b"abc\r\n",
        &[whole(b"abc\r"), Event::End],
    );
    check_with(
        Framer::new(Lines::new(), four),
        b"abcd",
        &[unterminated(b"abcd"), Event::End],
    );
    check_with(
        Framer::new(Lines::new(), four),
        b"abcde",
        std::slice::from_ref(&over),
    );
    let mail = Delimited::exact(b"\r\n.\r\n");
    check_with(
        Framer::new(mail, four),
        b"abcd\r\n.\r\n",
        &[whole(b"abcd"), Event::End],
    );
    check_with(Framer::new(mail, four), b"abcde\r\n.\r\n", &[over]);
}

#[test]
fn delimiters_are_found_wherever_they_are_cut() {
    // Those that begin again within themselves.
    check_frames(Delimited::exact(b"aaab"), b"aaaaabxaaab", &[b"aa", b"x"]);
    check_frames(
        Delimited::exact(b"abab"),
        b"aababxxabaabab",
        &[b"a", b"xxaba"],
    );
    check_frames(
        Delimited::exact(b"\r\n.\r\n"),
        b"\r\n.\r\n\r\n\r\n.\r\n",
        &[b"", b"\r\n"],
    );
    check_frames(Delimited::exact(b"\r\n"), b"\r\r\n\n\r\n", &[b"\r", b"\n"]);
    // One ends what the other could have ended a byte later.
    check_frames(Delimited::any(&[b"abc", b"b"]), b"xabcb", &[b"xa", b"c"]);
    check_frames(
        Delimited::any(&[b"\n", b"\r\n"]),
        b"a\r\nb\n\r\n",
        &[b"a", b"b", b""],
    );
    check_frames(
        Delimited::any(&[b"\r\n", b"\n"]),
        b"a\r\nb\n\r\n",
        &[b"a", b"b", b""],
    );
    let four = Delimited::any(&[b"a", b"b", b"c", b"d"]);
    check_frames(four, b"xaybzcdw\xFFd", &[b"x", b"y", b"z", b"", b"w\xFF"]);
    let first_bytes = Delimited::any(&[b"\x00", b"\x7F", b"\x80", b"\xFF"]);
    check_frames(
        first_bytes,
        b"a\x00b\x7Fc\x80d\xFF",
        &[b"a", b"b", b"c", b"d"],
    );
    let keep = Delimited::exact(b"--").delimiter(Delimiter::Keep);
    check(
        keep,
        b"a---b",
        &[whole(b"a--"), unterminated(b"-b"), Event::End],
    );
    let strict = Delimited::exact(b"--").tail(Tail::Error);
    check(
        strict,
        b"a--b-",
        &[whole(b"a"), stopped(ErrorKind::Truncated { missing: 1 }, 5)],
    );
    let all_of_it = [7; 64];
    let longest = [b"x", &all_of_it[..], b"y", &all_of_it].concat();
    check_frames(Delimited::exact(&all_of_it), &longest, &[b"x", b"y"]);
    // 64 of them.
    let bytes: Vec<[u8; 1]> = (0..64).map(|byte| [byte]).collect();
    let bytes: Vec<&[u8]> = bytes.iter().map(|byte| &byte[..]).collect();
    check_frames(
        Delimited::any(&bytes),
        b"a\x3Fb\x00\x40\x01",
        &[b"a", b"b", b"\x40"],
    );
}

#[test]
fn fixed_frames_have_one_size() {
    check(
        Fixed::new(2),
        b"abcde",
        &[
            whole(b"ab"),
            whole(b"cd"),
            stopped(ErrorKind::Truncated { missing: 1 }, 5),
        ],
    );
    check_frames(Fixed::new(1), b"ab", &[b"a", b"b"]);
    let too_long = ErrorKind::TooLong {
        declared: Some(81),
        max: MAX,
    };
    check_refused(Fixed::new(81), b"a", too_long, 0);
    check_frames(Fixed::new(81), b"", &[]);
}

#[test]
fn header_functions_are_held_to_their_bytes() {
    let refused = |head: Head, kind, shown: &[u8]| {
        check_refused(Header::new(2, move |_: &[u8]| head), shown, kind, 0);
    };
    let too_long = ErrorKind::HeaderTooLong { max: 2 };
    refused(Head::Invalid, ErrorKind::InvalidHeader, b"a");
    refused(Head::Need(1), too_long, b"abc");
    refused(Head::Need(0), too_long, b"abc");
    let length = |header, payload, trailer| Head::Length {
        header,
        payload,
        trailer,
    };
    refused(length(9, 0, 0), too_long, b"abc");
    refused(length(4, 0, 5), too_long, b"abc");
    refused(length(usize::MAX, 0, usize::MAX), too_long, b"abc");
    let huge = |declared| ErrorKind::TooLong {
        declared: Some(declared),
        max: MAX,
    };
    refused(length(8, u64::MAX, 0), huge(u64::MAX), b"abc");
    refused(length(0, 81, 8), huge(81), b"abc");
    let frame = |head: Head, input: &[u8], frames: &[&[u8]]| {
        check_frames(Header::new(2, move |_: &[u8]| head), input, frames);
    };
    frame(length(4, 0, 4), b"abcdefgh", &[b"abcdefgh"]);
    // Of no bytes there is no end.
    frame(length(0, 0, 0), b"ab", &[b"a", b"b"]);
}

/// The examples that are handed down, and what their authors would say of broken ones.
#[test]
fn cobs_frames_have_their_classic_bytes() {
    for (payload, wire) in [
        (&b""[..], &b"\x01\0"[..]),
        (b"\0", b"\x01\x01\0"),
        (b"\0\0", b"\x01\x01\x01\0"),
        (b"\0\x11\0", b"\x01\x02\x11\x01\0"),
        (b"\x11\x22\0\x33", b"\x03\x11\x22\x02\x33\0"),
        (b"\x11\x22\x33\x44", b"\x05\x11\x22\x33\x44\0"),
        (b"\x11\0\0\0", b"\x02\x11\x01\x01\x01\0"),
    ] {
        check_row(Cobs::new(), wire, payload);
    }
    let bytes: Vec<u8> = (0..=255).collect();
    let big = Framer::new(Cobs::new(), Limits::new(300));
    let check_big = |payload: &[u8], wire: &[&[u8]]| {
        let wire = wire.concat();
        assert_eq!(encoded(&big, payload), Ok(wire.clone()));
        check_with(big.clone(), &wire, &[whole(payload), Event::End]);
    };
    check_big(&bytes[1..255], &[b"\xFF", &bytes[1..255], b"\0"]);
    check_big(&bytes[..255], &[b"\x01\xFF", &bytes[1..255], b"\0"]);
    check_big(&bytes[1..], &[b"\xFF", &bytes[1..255], b"\x02\xFF\0"]);
    check_big(
        &[&bytes[2..], b"\0"].concat(),
        &[b"\xFF", &bytes[2..], b"\x01\x01\0"],
    );
    check_big(
        &[&bytes[3..], b"\0\x01"].concat(),
        &[b"\xFE", &bytes[3..], b"\x02\x01\0"],
    );
    // Some put an empty group behind a full one.
    let full = [b"\xFF", &bytes[1..255], b"\x01\0"].concat();
    let exact = Framer::new(Cobs::new(), Limits::new(254));
    check_with(exact, &full, &[whole(&bytes[1..255]), Event::End]);
    // Zeros between frames are nothing.
    check_frames(Cobs::new(), b"\0\0\x02a\0\0\0\x02b\0\0", &[b"a", b"b"]);
}

#[test]
fn cobs_frames_of_every_length_come_back() {
    for len in 0..=600 {
        for zero_every in [usize::MAX, 1, 2, 253, 254, 255, 256] {
            let payload: Vec<u8> = (0..len)
                .map(|at| {
                    if (at + 1) % zero_every == 0 {
                        0
                    } else {
                        at as u8 | 1
                    }
                })
                .collect();
            // At the limit, to the byte.
            let framer = Framer::new(Cobs::new(), Limits::new(len));
            let wire = encoded(&framer, &payload).unwrap();
            assert!(!wire[..wire.len() - 1].contains(&0));
            assert!(wire.len() <= framer.unread_bytes_max());
            let expected = [whole(&payload), Event::End];
            assert_eq!(at_once(framer.clone(), &wire, Stream::Ended), expected);
            let cuts = [len / 3, len / 2, len];
            assert_eq!(in_pieces(framer, &wire, &cuts, Stream::Ended), expected);
        }
    }
}

#[test]
fn cobs_goes_on_behind_the_next_zero() {
    let skip = || Framer::new(Cobs::new(), Limits::new(3)).recovery(Recovery::Skip);
    let invalid = |at| fault(ErrorKind::InvalidCode, at);
    check_with(
        skip(),
        b"\x05abc\0\x02a\0",
        &[invalid(0), whole(b"a"), Event::End],
    );
    check_with(
        skip(),
        b"\x02a\x02\0\x02a\0",
        &[invalid(2), whole(b"a"), Event::End],
    );
    check_with(
        skip(),
        b"\xFF\0\x02a\0",
        &[invalid(0), whole(b"a"), Event::End],
    );
    // Too long as it comes, and once it is decoded.
    let too_long = |declared, at| fault(ErrorKind::TooLong { declared, max: 3 }, at);
    check_with(
        skip(),
        b"\x06abcde\0\x02a\0",
        &[too_long(None, 4), whole(b"a"), Event::End],
    );
    let poison = || Framer::new(Cobs::new(), Limits::new(3));
    check_with(
        poison(),
        b"\x02a\0\x05abc\0\x02a\0",
        &[whole(b"a"), stopped(ErrorKind::InvalidCode, 3)],
    );
    let cut = stopped(ErrorKind::Truncated { missing: 1 }, 3);
    check_with(poison(), b"\x04ab", &[cut]);
    check_with(
        skip(),
        b"\x06abcde",
        &[
            too_long(None, 4),
            stopped(ErrorKind::Truncated { missing: 1 }, 6),
        ],
    );
}

#[test]
fn slip_frames_lie_between_ends() {
    for (payload, wire) in [
        (&b"a"[..], &b"\xC0a\xC0"[..]),
        (b"\xC0", b"\xC0\xDB\xDC\xC0"),
        (b"\xDB", b"\xC0\xDB\xDD\xC0"),
        (b"\xDC\xDD", b"\xC0\xDC\xDD\xC0"),
        (b"a\xC0\xDBb", b"\xC0a\xDB\xDC\xDB\xDDb\xC0"),
        (b"\xDB\xDC", b"\xC0\xDB\xDD\xDC\xC0"),
    ] {
        check_row(Slip::new(), wire, payload);
    }
    check_frames(Slip::new(), b"a\xC0b\xC0\xC0\xC0c\xC0", &[b"a", b"b", b"c"]);
    let cut = ErrorKind::Truncated { missing: 1 };
    check_refused(Slip::new(), b"a\xDB", cut, 2);
}

#[test]
fn slip_goes_on_behind_the_next_end() {
    let skip = || Framer::new(Slip::new(), Limits::new(2)).recovery(Recovery::Skip);
    let invalid = |at| fault(ErrorKind::InvalidEscape, at);
    let too_long = |declared, at| fault(ErrorKind::TooLong { declared, max: 2 }, at);
    check_with(
        skip(),
        b"a\xDBb\xC0c\xC0",
        &[invalid(1), whole(b"c"), Event::End],
    );
    check_with(
        skip(),
        b"a\xDB\xC0c\xC0",
        &[invalid(1), whole(b"c"), Event::End],
    );
    check_with(
        skip(),
        b"\xDB\xDB\xC0c\xC0",
        &[invalid(0), whole(b"c"), Event::End],
    );
    check_with(
        skip(),
        b"abc\xC0c\xC0",
        &[too_long(Some(3), 0), whole(b"c"), Event::End],
    );
    check_with(
        skip(),
        b"abcde\xC0c\xC0",
        &[too_long(None, 4), whole(b"c"), Event::End],
    );
    check_with(
        skip(),
        b"\xDB\xDC\xDB\xDD\xC0",
        &[whole(b"\xC0\xDB"), Event::End],
    );
    // A part of such a frame means nothing, so it is not given.
    let truncate = Framer::new(Slip::new(), Limits::new(2)).recovery(Recovery::Truncate);
    check_with(
        truncate,
        b"abcde\xC0c\xC0",
        &[too_long(None, 4), whole(b"c"), Event::End],
    );
}

/// Layouts that cannot be are refused where they are made.
mod panics {
    use super::*;

    macro_rules! panics {
        ($($name:ident: $message:literal, $make:expr;)*) => {$(
            #[test]
            #[should_panic(expected = $message)]
            fn $name() {
                let _ = $make;
            }
        )*};
    }

    panics! {
        a_width_of_none: "a length has 1 to 8 bytes", LengthPrefix::be(0);
        a_width_of_nine: "a length has 1 to 8 bytes", LengthPrefix::le(9);
        a_long_offset: "more than 64 bytes of header", LengthPrefix::u8().offset(64);
        a_longer_offset: "more than 64 bytes of header", LengthPrefix::u8().offset(256);
        a_long_gap: "more than 64 bytes of header", LengthPrefix::u32_be().gap(61);
        a_longer_gap: "more than 64 bytes of header", LengthPrefix::u32_be().gap(65);
        a_long_trailer: "more than 255 bytes of trailer", LengthPrefix::u8().trailer(256);
        a_digit_behind_digits: "a digit cannot end digits", AsciiLength::decimal(b'9');
        a_letter_behind_digits: "a digit cannot end digits", AsciiLength::hexadecimal(b'F');
        no_size: "a frame of no bytes has no end", Fixed::new(0);
        no_delimiter: "no delimiter", Delimited::any(&[]);
        an_empty_delimiter: "empty delimiter", Delimited::exact(b"");
        another_empty_delimiter: "empty delimiter", Delimited::any(&[b"a", b""]);
        a_long_delimiter: "more than 64 bytes", Delimited::exact(&[b'x'; 65]);
        a_very_long_delimiter: "more than 64 bytes", Delimited::exact(&[b'x'; 256]);
        long_delimiters: "more than 64 bytes", Delimited::any(&[&[b'x'; 32], &[b'y'; 33]]);
    }
}

#[test]
fn layouts_at_their_limits_are_read() {
    let format = LengthPrefix::be(8)
        .offset(28)
        .gap(28)
        .trailer(255)
        .counts(Counts::Whole);
    let mut wire = vec![0; 64 + 2 + 255];
    let len = wire.len() as u64;
    wire[28..36].copy_from_slice(&len.to_be_bytes());
    wire[64..66].copy_from_slice(b"hi");
    check_frames(format, &wire, &[b"hi"]);
    const _: LengthPrefix = LengthPrefix::u8().offset(31).gap(32);
    const _: Delimited = Delimited::exact(&[0; 64]);
}

#[track_caller]
fn check_debug(value: impl std::fmt::Debug, expected: &str) {
    assert_eq!(format!("{value:?}"), expected);
}

#[test]
fn formats_are_shown_and_copied() {
    check_debug(Fixed::new(2), "Fixed { bytes: 2 }");
    check_debug(
        Delimited::any(&[b"\r\n", b"\0"]),
        r"Delimited { bytes: \r\n\x00, starts: 0b101, tail: Yield, delimiter: Strip }",
    );
    check_debug(
        Header::new(8, |_: &[u8]| Head::Invalid),
        "Header { bytes_max: 8, .. }",
    );
    check_debug(Varint::u32().padded(), "Varint { bits: 32, padded: true }");
    check_debug(Cobs::default(), "Cobs(())");
    check_debug(Slip::default(), "Slip(())");
    let header = Header::new(1, |_: &[u8]| Head::Invalid);
    check_refused(header.clone(), b"a", ErrorKind::InvalidHeader, 0);
    fn is_verbatim<F: Verbatim>(_: F) {}
    is_verbatim(header);
}
