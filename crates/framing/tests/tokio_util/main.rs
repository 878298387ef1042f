//! tokio-util's codecs beside ours: the same where they are right, and where they are not, that they still are not.
//!
//! The crate's documentation says what tokio-util gets wrong. `differences` holds it to that: should one of those tests
//! fail after an update, the claim has to go.

mod delimiters;
mod differences;
mod framed;
mod lengths;

use std::fmt::Debug;

use barewire_framing::{Format, FrameBuf, Framer, Stream};
use bytes::BytesMut;
use proptest::prelude::*;
use proptest::sample::Index;
use tokio_util::codec::Decoder;

/// What a stream turned out to be: frames, and errors in between or at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Frame(Vec<u8>),
    /// One error is like another here.
    Error,
}

/// Errors that are told before a decoder is given up: those that stay would be told for ever.
const ERRORS_MAX: usize = 1000;

/// What `decoder` makes of a stream that comes in these pieces and ends.
///
/// `goes_on` says that an error is about one frame, and more is to be asked for.
fn decoded<D>(mut decoder: D, pieces: &[Vec<u8>], goes_on: bool) -> Vec<Told>
where
    D: Decoder<Item: AsRef<[u8]>, Error: Debug>,
{
    let (mut buf, mut told) = (BytesMut::new(), Vec::new());
    let last = pieces.len();
    for at in 0..=last {
        if let Some(piece) = pieces.get(at) {
            buf.extend_from_slice(piece);
        }
        loop {
            let next = match at == last {
                false => decoder.decode(&mut buf),
                true => decoder.decode_eof(&mut buf),
            };
            match next {
                Ok(Some(frame)) => told.push(Told::Frame(frame.as_ref().to_vec())),
                Ok(None) => break,
                Err(_) => {
                    told.push(Told::Error);
                    if !goes_on {
                        return told;
                    }
                    assert!(told.len() < ERRORS_MAX, "no end of errors");
                }
            }
        }
    }
    told
}

/// What a framer makes of it without tokio-util.
fn framed<F: Format>(mut framer: Framer<F>, pieces: &[Vec<u8>], goes_on: bool) -> Vec<Told> {
    let mut buf = FrameBuf::for_framer(&framer);
    let mut told = Vec::new();
    let last = pieces.len();
    for at in 0..=last {
        if let Some(piece) = pieces.get(at) {
            buf.spare().expect("room")[..piece.len()].copy_from_slice(piece);
            buf.commit(piece.len());
        }
        let stream = match at == last {
            false => Stream::Open,
            true => Stream::Ended,
        };
        loop {
            match buf.next_frame(&mut framer, stream) {
                Ok(Some(frame)) => told.push(Told::Frame(frame.to_vec())),
                Ok(None) => break,
                Err(_) => {
                    told.push(Told::Error);
                    if !goes_on {
                        return told;
                    }
                    assert!(told.len() < ERRORS_MAX, "no end of errors");
                }
            }
        }
    }
    told
}

/// That both ways to use a framer come to what `theirs` comes to.
#[track_caller]
fn check_same<F, D>(ours: &Framer<F>, theirs: D, pieces: &[Vec<u8>], goes_on: bool) -> Vec<Told>
where
    F: Format,
    D: Decoder<Item: AsRef<[u8]>, Error: Debug>,
{
    let theirs = decoded(theirs, pieces, goes_on);
    assert_eq!(framed(ours.clone(), pieces, goes_on), theirs, "FrameBuf");
    assert_eq!(decoded(ours.clone(), pieces, goes_on), theirs, "Decoder");
    theirs
}

fn frames<T: AsRef<[u8]>>(payloads: &[T]) -> Vec<Told> {
    let frame = |payload: &T| Told::Frame(payload.as_ref().to_vec());
    payloads.iter().map(frame).collect()
}

/// Up to five cuts, anywhere.
fn cuts() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 0..6)
}

fn pieces(stream: &[u8], cuts: &[Index]) -> Vec<Vec<u8>> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    cuts.sort_unstable();
    let (mut pieces, mut from) = (Vec::new(), 0);
    for to in cuts.into_iter().chain([stream.len()]) {
        pieces.push(stream[from..to].to_vec());
        from = to;
    }
    pieces
}
