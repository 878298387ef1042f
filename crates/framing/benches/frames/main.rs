//! This crate beside tokio-util's codecs: `cargo bench -p barewire-framing`.
//!
//! All sides get the same batches of 64 KiB, by turns, round by round, and the best round of each is printed, since
//! noise only ever adds. A batch says how many frames it has, how many bytes they have together, and how they begin
//! and end; each side has to come to the same in every round, and to the same bytes before the first one.
//!
//! A codec of tokio-util decodes out of a `BytesMut`, into which the bytes have to be put. So decoding is measured
//! twice: with that copy, for both crates, and without it, for both crates. [`Framer::step`] needs no buffer and is the
//! same in both tables.
//!
//! `-- [--case NAME] [--rounds N] [--quick]`: one case, so many rounds, or a few that only show that all of it runs.
//! Without the `--bench` that `cargo bench` adds, every run is quick.

mod batch;
mod decode;
mod encode;
mod measure;
mod options;

use std::fmt::Debug;
use std::process::ExitCode;

use barewire_framing::{Delimited, Framer, LengthPrefix, Limits, Lines, Verbatim};
use bytes::BytesMut;
use tokio_util::codec::{AnyDelimiterCodec, Decoder, LengthDelimitedCodec, LinesCodec};

use batch::Wire;
use decode::{AsBytes, AsVec, Borrowed, Codec, Held, Memchr, Refill, Stepped};
use measure::Side;
use options::Options;

/// That of `LengthDelimitedCodec` as it comes.
const LIMITS: Limits = Limits::new(8 << 20);

const ANY_1: Delimited = Delimited::any(&[b"\n"]);
const ANY_2: Delimited = Delimited::any(&[b"\n", b"\0"]);
const ANY_5: Delimited = Delimited::any(&[b"\n", b"\0", b";", b",", b"|"]);

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)) {
        Ok(options) => {
            println!("ns per frame, and in brackets what that is to the last column");
            run(&options);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("frames: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) {
    if options.wants("prefix") {
        let (ours, theirs) = (LengthPrefix::u32_be(), LengthDelimitedCodec::new);
        let wire = Wire::Prefix;
        decoding(options, "u32_be", &wire, ours, theirs, &[]);
        encoding(options, "u32_be", &wire, ours, || {
            vec![encode::their_bytes(theirs())]
        });
    }
    if options.wants("lines") {
        let (ours, theirs) = (Lines::new(), LinesCodec::new);
        let wire = Wire::Ended(b"\n");
        decoding(options, "lines", &wire, ours, theirs, &[Memchr]);
        encoding(options, "lines", &wire, ours, || {
            vec![
                encode::their_checked_text(theirs()),
                encode::their_text(theirs()),
            ]
        });
    }
    for (case, delimiters, ours) in [
        ("any1", &b"\n"[..], ANY_1),
        ("any2", b"\n\0", ANY_2),
        ("any5", b"\n\0;,|", ANY_5),
    ] {
        if options.wants(case) {
            let theirs = || AnyDelimiterCodec::new(delimiters.to_vec(), b"\n".to_vec());
            let title = format!("any of {}", delimiters.len());
            decoding(options, &title, &Wire::Ended(delimiters), ours, theirs, &[]);
            // Both write the first one.
            encoding(options, &title, &Wire::Ended(b"\n"), ours, || {
                vec![encode::their_text(theirs())]
            });
        }
    }
}

fn decoding<F, D>(
    options: &Options,
    title: &str,
    wire: &Wire<'_>,
    ours: F,
    theirs: impl Fn() -> D,
    floor: &[Memchr],
) where
    F: Verbatim + Copy + 'static,
    D: Decoder<Item: AsRef<[u8]>, Error: Debug> + 'static,
{
    let framer = || Framer::new(ours, LIMITS);
    for refill in [Refill::Untimed, Refill::Timed] {
        options.table(
            &format!("{title}, decode, {}", refill.title()),
            wire,
            || {
                let mut sides = Vec::new();
                sides.extend(floor.iter().map(|&memchr| refill.of("memchr", memchr)));
                sides.push(refill.of("step", Stepped(framer())));
                sides.push(refill.of("FrameBuf", Held::new(framer(), Borrowed)));
                sides.push(refill.of("…, to_vec", Held::new(framer(), AsVec)));
                sides.push(refill.of("…, Bytes", Held::new(framer(), AsBytes)));
                sides.push(refill.of("as Decoder", Codec::new(framer())));
                sides.push(refill.of("tokio-util", Codec::new(theirs())));
                sides
            },
        );
    }
}

fn encoding<F: Verbatim + Copy + 'static>(
    options: &Options,
    title: &str,
    wire: &Wire<'_>,
    ours: F,
    theirs: impl Fn() -> Vec<Box<dyn Side>>,
) {
    let framer = || Framer::new(ours, LIMITS);
    options.table(&format!("{title}, encode"), wire, || {
        let mut sides = vec![
            encode::ours("to Vec", framer(), Vec::new()),
            encode::ours("to BytesMut", framer(), BytesMut::new()),
        ];
        sides.extend(theirs());
        sides
    });
}
