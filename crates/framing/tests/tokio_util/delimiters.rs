//! `LinesCodec` and `AnyDelimiterCodec`.

use barewire_framing::{Delimited, Framer, Limits, Lines, Recovery};
use bytes::BytesMut;
use proptest::prelude::*;
use tokio_util::codec::{AnyDelimiterCodec, Encoder, LinesCodec};

use crate::{Told, check_same, cuts, frames, pieces};

fn lines_codec(max: usize) -> LinesCodec {
    LinesCodec::new_with_max_length(max)
}

fn any_codec(delimiters: &[u8], max: usize) -> AnyDelimiterCodec {
    AnyDelimiterCodec::new_with_max_length(delimiters.to_vec(), delimiters[..1].to_vec(), max)
}

/// Single bytes, each of them a delimiter.
fn any_framer(delimiters: &[u8], max: usize) -> Framer<Delimited> {
    let delimiters: Vec<_> = delimiters.chunks(1).collect();
    Framer::new(Delimited::any(&delimiters), Limits::new(max)).recovery(Recovery::Skip)
}

const MAX: usize = 1000;

/// Bytes with more or fewer delimiters among them, and others that are none.
fn sprinkled() -> impl Strategy<Value = Vec<u8>> {
    let byte = |dull| {
        prop_oneof![
            dull => Just(b'a'),
            1 => prop::sample::select(&b"b\xFF\r;\n\0,|"[..]),
        ]
    };
    (1..60_u32).prop_flat_map(move |dull| prop::collection::vec(byte(dull), 0..200))
}

proptest! {
    /// Any text, up to its last line end. What they do to a CR at the very end, `differences` tells.
    #[test]
    fn lines_of_any_text(text in "[ab\u{E4}\r\n]{0,80}", cuts in cuts()) {
        let framer = Framer::new(Lines::new(), Limits::new(MAX));
        let stream = format!("{text}\n");
        let told = check_same(&framer, lines_codec(MAX), &pieces(stream.as_bytes(), &cuts), false);
        prop_assert_eq!(told, frames(&stream.lines().collect::<Vec<_>>()));
    }

    /// Lines that are too long, one of which may be the last and have no end: as many errors at the same places, and
    /// the lines after them.
    #[test]
    fn lines_with_a_limit(text in "[ab\n]{0,80}", max in 0..9_usize, cuts in cuts()) {
        let framer = Framer::new(Lines::new(), Limits::new(max)).recovery(Recovery::Skip);
        let told = check_same(&framer, lines_codec(max), &pieces(text.as_bytes(), &cuts), true);
        let expected: Vec<_> = text
            .lines()
            .map(|line| match line.len() > max {
                true => Told::Error,
                false => Told::Frame(line.into()),
            })
            .collect();
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn each_reads_the_others_lines(lines in prop::collection::vec("[ab\r]{0,9}[ab]|", 0..9), cuts in cuts()) {
        let framer = Framer::new(Lines::new(), Limits::new(MAX));
        let (mut ours, mut theirs) = (BytesMut::new(), BytesMut::new());
        for line in &lines {
            framer.encode(line.as_bytes(), &mut ours).expect("no LF in it, no CR at its end");
            lines_codec(MAX).encode(line, &mut theirs).expect("never refused");
        }
        prop_assert_eq!(&ours, &theirs);
        let told = check_same(&framer, lines_codec(MAX), &pieces(&ours, &cuts), false);
        prop_assert_eq!(told, frames(&lines));
    }

    /// One to five delimiters, with a limit or without one that matters, of any bytes.
    #[test]
    fn any_delimiters(
        delimiters in prop::sample::subsequence(&b";\n\0,|"[..], 1..6),
        max in prop_oneof![0..9_usize, 0..90_usize, Just(MAX)],
        stream in sprinkled(),
        cuts in cuts(),
    ) {
        let framer = any_framer(&delimiters, max);
        let theirs = any_codec(&delimiters, max);
        let told = check_same(&framer, theirs, &pieces(&stream, &cuts), true);
        let mut expected: Vec<_> = stream
            .split(|byte| delimiters.contains(byte))
            .map(|frame| match frame.len() > max {
                true => Told::Error,
                false => Told::Frame(frame.to_vec()),
            })
            .collect();
        // Behind the last delimiter nothing is no frame.
        expected.pop_if(|last| *last == Told::Frame(Vec::new()));
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn each_reads_the_others_delimiters(
        delimiters in prop::sample::subsequence(&b";\n\0,|"[..], 1..6),
        payloads in prop::collection::vec("[ab\r]{0,9}", 0..9),
        cuts in cuts(),
    ) {
        let framer = any_framer(&delimiters, MAX);
        let (mut ours, mut theirs) = (BytesMut::new(), BytesMut::new());
        for payload in &payloads {
            framer.encode(payload.as_bytes(), &mut ours).expect("no delimiter in it");
            any_codec(&delimiters, MAX).encode(payload, &mut theirs).expect("never refused");
        }
        prop_assert_eq!(&ours, &theirs);
        let told = check_same(&framer, any_codec(&delimiters, MAX), &pieces(&ours, &cuts), false);
        prop_assert_eq!(told, frames(&payloads));
    }
}
