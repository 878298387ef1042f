//! What once went wrong, one test each.

use barewire_framing::{
    Delimited, EncodeError, Ending, Error, ErrorKind, Fixed, Format, FrameBuf, Framer, Head,
    Header, Limits, Lines, Recovery, Step, Stream,
};

/// The frames and errors of a stream that arrives in such pieces.
fn told<F: Format>(mut framer: Framer<F>, pieces: &[&[u8]]) -> Vec<Result<Vec<u8>, Error>> {
    let mut buf = FrameBuf::for_framer(&framer);
    let mut told = Vec::new();
    let pieces = pieces.iter().map(|&piece| (piece, Stream::Open));
    for (piece, stream) in pieces.chain([(&b""[..], Stream::Ended)]) {
        buf.spare().expect("room")[..piece.len()].copy_from_slice(piece);
        buf.commit(piece.len());
        loop {
            match buf.next_frame(&mut framer, stream) {
                Ok(None) => break,
                Ok(Some(frame)) => told.push(Ok(frame.to_vec())),
                Err(error) => told.push(Err(error)),
            }
            if framer.error().is_some() {
                return told;
            }
        }
    }
    told
}

fn too_long(declared: Option<u64>, max: usize, offset: u64) -> Result<Vec<u8>, Error> {
    let kind = ErrorKind::TooLong { declared, max };
    Err(Error { kind, offset })
}

/// The first half of it was forgotten once all that was unread had been dropped.
#[test]
fn a_delimiter_behind_a_skipped_frame_may_be_split() {
    let framer = Framer::new(Delimited::exact(b"\r\n"), Limits::new(3)).recovery(Recovery::Skip);
    assert_eq!(
        told(framer, &[b"three\r", b"\ntwo\r\n"]),
        [too_long(None, 3, 3), Ok(b"two".to_vec())]
    );
}

/// With nothing there yet, a frame that is always too long was refused before it had begun, and in vain.
#[test]
fn no_byte_breaks_no_rule() {
    let framer = Framer::new(Fixed::new(4), Limits::new(2)).recovery(Recovery::Skip);
    assert_eq!(told(framer.clone(), &[b""]), []);
    assert_eq!(told(framer, &[b"abcd"]), [too_long(Some(4), 2, 0)]);
}

/// It said to drop nothing.
#[test]
fn a_frame_cut_to_nothing_takes_a_byte() {
    let mut framer = Framer::new(Lines::new(), Limits::new(0)).recovery(Recovery::Truncate);
    let step = Step::Frame {
        body: 0..0,
        consume: 1,
        ending: Ending::Truncated,
    };
    assert_eq!(framer.step(b"hi\n", Stream::Open), Ok(step));
}

/// It panicked in a build with overflow checks.
#[test]
fn a_header_with_more_than_its_frame_is_no_frame() {
    let one = |head: &[u8]| match head {
        [] => Head::Need(1),
        [payload, ..] => Head::Length {
            header: 1,
            payload: u64::from(*payload),
            trailer: 0,
        },
    };
    let framer = Framer::new(Header::new(1, one), Limits::new(9));
    let mut out = Vec::new();
    assert_eq!(
        framer.encode(b"\x02hi!", &mut out),
        Err(EncodeError::NotAFrame)
    );
    assert_eq!(out, b"");
}

/// A frame that was there whole was given up as cut, or in a build with overflow checks panicked over.
#[test]
fn a_header_that_asks_for_too_much_gets_its_last_frame() {
    let greedy = |head: &[u8]| match head {
        [] => Head::Need(8),
        [payload, ..] => Head::Length {
            header: 1,
            payload: u64::from(*payload),
            trailer: 0,
        },
    };
    let framer = Framer::new(Header::new(8, greedy), Limits::new(9));
    assert_eq!(told(framer, &[b"", b"\x02hi"]), [Ok(b"\x02hi".to_vec())]);
}

/// It was written, and read as the end of one frame and the beginning of another.
#[test]
fn a_delimiter_that_begins_with_another_is_not_written() {
    let framer = Framer::new(Delimited::any(&[b"ab", b"a"]), Limits::new(9));
    let refused = Err(EncodeError::ContainsDelimiter { at: 2 });
    assert_eq!(framer.encode(b"hi", &mut Vec::new()), refused);
}
