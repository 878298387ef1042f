//! Ways to write the frames of a batch.

use std::fmt::Debug;
use std::hint::black_box;

use barewire_framing::{Format, Framer, Output};
use bytes::BytesMut;
use tokio_util::codec::Encoder;

use crate::batch::{Batch, Tally};
use crate::measure::Side;

/// Writes payload by payload, into an output that is emptied before each batch and keeps its memory.
struct Encoding<O, E> {
    name: &'static str,
    out: O,
    encode: E,
}

impl<O: Emptied + 'static, E: FnMut(&str, &mut O) + 'static> Encoding<O, E> {
    fn side(name: &'static str, out: O, encode: E) -> Box<dyn Side> {
        Box::new(Self { name, out, encode })
    }
}

/// Our framer.
pub(crate) fn ours<F: Format + 'static, O: Output + Emptied + 'static>(
    name: &'static str,
    framer: Framer<F>,
    out: O,
) -> Box<dyn Side> {
    Encoding::side(name, out, move |payload: &str, out: &mut O| {
        framer.encode(payload.as_bytes(), out).expect("valid");
    })
}

/// A codec of theirs that takes bytes.
pub(crate) fn their_bytes<C>(mut codec: C) -> Box<dyn Side>
where
    C: for<'a> Encoder<&'a [u8], Error: Debug> + 'static,
{
    Encoding::side(
        "tokio-util",
        BytesMut::new(),
        move |payload: &str, out: &mut _| {
            codec.encode(payload.as_bytes(), out).expect("valid");
        },
    )
}

/// A codec of theirs that takes text, whatever is in it.
pub(crate) fn their_text<C>(mut codec: C) -> Box<dyn Side>
where
    C: for<'a> Encoder<&'a str, Error: Debug> + 'static,
{
    Encoding::side("tokio-util", BytesMut::new(), move |payload, out| {
        codec.encode(payload, out).expect("valid");
    })
}

/// The same, having made sure that no line feed is in it, as ours does.
pub(crate) fn their_checked_text<C>(mut codec: C) -> Box<dyn Side>
where
    C: for<'a> Encoder<&'a str, Error: Debug> + 'static,
{
    Encoding::side("memchr + t.-u.", BytesMut::new(), move |payload, out| {
        assert!(memchr::memchr(b'\n', payload.as_bytes()).is_none());
        codec.encode(payload, out).expect("valid");
    })
}

impl<O: Emptied, E: FnMut(&str, &mut O)> Side for Encoding<O, E> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn check(&mut self, batch: &Batch) {
        self.out.empty();
        self.work(batch);
        assert!(self.out.as_ref() == batch.wire, "{} differs", self.name);
    }

    fn prepare(&mut self, _: &Batch) {
        self.out.empty();
    }

    fn work(&mut self, batch: &Batch) -> Tally {
        for payload in black_box(&batch.payloads) {
            (self.encode)(payload, &mut self.out);
        }
        black_box(self.out.as_ref());
        // What is wrong about the bytes, a check has found; here it is whether they are all there.
        match self.out.as_ref().len() == batch.wire.len() {
            true => batch.tally,
            false => Tally::default(),
        }
    }
}

pub(crate) trait Emptied: AsRef<[u8]> {
    fn empty(&mut self);
}

impl Emptied for Vec<u8> {
    fn empty(&mut self) {
        self.clear();
    }
}

impl Emptied for BytesMut {
    fn empty(&mut self) {
        self.clear();
    }
}
