//! Where tokio-util 0.7 is wrong, or where we mean something else: the two side by side.

use barewire_framing::{
    Counts, Delimited, EncodeError, Error, ErrorKind, Format, FrameBuf, Framer, LengthPrefix,
    Limits, Lines, Stream,
};
use bytes::{Bytes, BytesMut};
use tokio_util::codec::{AnyDelimiterCodec, Decoder, Encoder, LengthDelimitedCodec, LinesCodec};

use crate::{Told, decoded, framed, frames};

fn ours<F: Format>(format: F, max: usize, stream: &[u8]) -> Vec<Told> {
    framed(
        Framer::new(format, Limits::new(max)),
        &[stream.to_vec()],
        false,
    )
}

fn theirs<D>(codec: D, stream: &[u8]) -> Vec<Told>
where
    D: Decoder<Item: AsRef<[u8]>, Error: std::fmt::Debug>,
{
    decoded(codec, &[stream.to_vec()], false)
}

/// The error that stays of a stream which ends after these bytes.
fn our_error<F: Format>(format: F, stream: &[u8]) -> Option<Error> {
    let mut framer = Framer::new(format, Limits::new(1000));
    let mut buf = FrameBuf::for_framer(&framer);
    buf.spare().expect("room")[..stream.len()].copy_from_slice(stream);
    buf.commit(stream.len());
    while let Ok(Some(_)) = buf.next_frame(&mut framer, Stream::Ended) {}
    framer.error()
}

/// A stream that was cut behind a header has ended there as it should. Behind half a header, or half a payload, it has
/// not.
#[test]
fn a_header_without_its_payload() {
    for cut in 1..9 {
        let stream = &[0, 0, 0, 5, b'h', b'e', b'l', b'l', b'o'][..cut];
        let their_end: &[Told] = if cut == 4 { &[] } else { &[Told::Error] };
        assert_eq!(
            theirs(LengthDelimitedCodec::new(), stream),
            their_end,
            "{cut}"
        );
        let missing = if cut < 4 { 4 - cut } else { 9 - cut };
        let error = Error {
            kind: ErrorKind::Truncated {
                missing: missing as u64,
            },
            offset: cut as u64,
        };
        assert_eq!(
            our_error(LengthPrefix::u32_be(), stream),
            Some(error),
            "{cut}"
        );
    }
}

/// Four bytes reserve 8 MiB.
#[test]
fn memory_for_a_declared_length() {
    let header = (8_u32 << 20).to_be_bytes();
    let mut buf = BytesMut::from(&header[..]);
    let frame = LengthDelimitedCodec::new().decode(&mut buf);
    assert!(frame.expect("allowed").is_none());
    assert!(buf.capacity() >= 8 << 20);

    let mut framer = Framer::new(LengthPrefix::u32_be(), Limits::new(8 << 20));
    let mut buf = BytesMut::from(&header[..]);
    let frame = framer.decode(&mut buf);
    assert!(frame.expect("allowed").is_none());
    assert!(buf.capacity() < 64);
}

/// The limit is compared with the number in the header, before what that counts is put right: a payload as long as
/// allowed is refused, one that is longer gets through.
#[test]
fn the_limit_of_an_adjusted_length() {
    let whole = LengthPrefix::u16_be().counts(Counts::Whole);
    let mut builder = LengthDelimitedCodec::builder();
    builder
        .length_field_length(2)
        .length_adjustment(-2)
        .max_frame_length(8);
    let stream = b"\x00\x0A12345678";
    assert_eq!(ours(whole, 8, stream), frames(&["12345678"]));
    assert_eq!(theirs(builder.new_codec(), stream), [Told::Error]);

    // Two bytes of trailer that the length does not count.
    let trailer = LengthPrefix::u16_be().trailer(2);
    builder.length_adjustment(2);
    let stream = b"\x00\x0812345678cc";
    assert_eq!(theirs(builder.new_codec(), stream), frames(&["12345678cc"]));
    assert_eq!(ours(trailer, 8, stream), frames(&["12345678"]));
    assert_eq!(ours(trailer, 7, stream), [Told::Error]);
}

/// The CR of a line end counts as a byte of the line.
#[test]
fn the_limit_of_a_line() {
    let stream = b"abcd\r\n";
    assert_eq!(ours(Lines::new(), 4, stream), frames(&["abcd"]));
    assert_eq!(
        theirs(LinesCodec::new_with_max_length(4), stream),
        [Told::Error]
    );
    assert_eq!(
        theirs(LinesCodec::new_with_max_length(5), stream),
        frames(&["abcd"])
    );
    // So that the other line end lets a longer line through.
    assert_eq!(
        theirs(LinesCodec::new_with_max_length(5), b"abcde\n"),
        frames(&["abcde"])
    );
}

/// What is written is read as two lines, or as another one.
#[test]
fn a_line_that_is_none() {
    for (line, read, at) in [
        ("a\nb", &["a", "b"][..], 1),
        ("a\n", &["a", ""], 1),
        ("a\r", &["a"], 1),
    ] {
        let mut wire = BytesMut::new();
        LinesCodec::new()
            .encode(line, &mut wire)
            .expect("never refused");
        assert_eq!(theirs(LinesCodec::new(), &wire), frames(read));

        let mut wire = Vec::new();
        let framer = Framer::new(Lines::new(), Limits::new(1000));
        let refused = framer.encode(line.as_bytes(), &mut wire);
        assert_eq!(refused, Err(EncodeError::ContainsDelimiter { at }));
        assert_eq!(wire, b"");
    }
}

/// Nor does the encoder know its own limit, or the delimiters.
#[test]
fn a_frame_that_is_none() {
    let codec = || AnyDelimiterCodec::new_with_max_length(b",;".to_vec(), b",".to_vec(), 4);
    let mut wire = BytesMut::new();
    codec().encode("a;b", &mut wire).expect("never refused");
    assert_eq!(theirs(codec(), &wire), frames(&["a", "b"]));
    wire.clear();
    codec().encode("abcde", &mut wire).expect("never refused");
    assert_eq!(theirs(codec(), &wire), [Told::Error]);

    let framer = Framer::new(Delimited::any(&[b",", b";"]), Limits::new(4));
    let mut wire = Vec::new();
    let refused = framer.encode(b"a;b", &mut wire);
    assert_eq!(refused, Err(EncodeError::ContainsDelimiter { at: 1 }));
    let refused = framer.encode(b"abcde", &mut wire);
    assert_eq!(refused, Err(EncodeError::TooLong { len: 5, max: 4 }));
    assert_eq!(wire, b"");
}

/// A delimiter of several bytes is taken for as many delimiters.
#[test]
fn a_delimiter_of_two_bytes() {
    let codec = AnyDelimiterCodec::new(b"\r\n".to_vec(), b"\r\n".to_vec());
    assert_eq!(theirs(codec, b"a\r\nb\r\n"), frames(&["a", "", "b", ""]));
    let exact = Delimited::exact(b"\r\n");
    assert_eq!(ours(exact, 1000, b"a\r\nb\r\n"), frames(&["a", "b"]));
}

/// Not wrong there, but another thing: lines are text, and the CR of a last line without an LF is taken off it. Here
/// lines are bytes, and without an LF there is no line end of which the CR could be part.
#[test]
fn other_lines() {
    assert_eq!(theirs(LinesCodec::new(), b"\xFF\n"), [Told::Error]);
    assert_eq!(ours(Lines::new(), 1000, b"\xFF\n"), frames(&[b"\xFF"]));

    assert_eq!(theirs(LinesCodec::new(), b"a\r"), frames(&["a"]));
    assert_eq!(ours(Lines::new(), 1000, b"a\r"), frames(&["a\r"]));
    assert_eq!(theirs(LinesCodec::new(), b"\r"), []);
    assert_eq!(ours(Lines::new(), 1000, b"\r"), frames(&["\r"]));
}

/// The encoder leaves out the bytes before a length that its decoder expects there.
#[test]
fn an_offset_is_not_written() {
    let mut builder = LengthDelimitedCodec::builder();
    builder.length_field_length(2).length_field_offset(1);
    let mut wire = BytesMut::new();
    let payload = Bytes::from_static(b"hi");
    builder
        .new_codec()
        .encode(payload, &mut wire)
        .expect("never refused");
    assert_eq!(&wire[..], b"\x00\x02hi");

    let mut wire = Vec::new();
    let framer = Framer::new(LengthPrefix::u16_be().offset(1), Limits::new(1000));
    assert_eq!(
        framer.encode(b"hi", &mut wire),
        Err(EncodeError::UnknownHeader)
    );
}
