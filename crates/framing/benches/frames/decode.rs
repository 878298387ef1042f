//! Ways to take the frames out of a batch.

use std::hint::black_box;

use barewire_framing::{Format, Frame, FrameBuf, Framer, Step, Stream, Verbatim};
use bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder;

use crate::batch::{Batch, Hash, Sink, Tally};
use crate::measure::Side;

/// A way to take them out.
pub(crate) trait Decode {
    /// Puts the batch where frames are looked for, if that is elsewhere.
    fn fill(&mut self, _wire: &[u8]) {}

    /// Takes out all frames.
    fn drain(&mut self, wire: &[u8], sink: &mut impl Sink);
}

/// Whether the clock sees the bytes being put into the buffer.
#[derive(Clone, Copy)]
pub(crate) enum Refill {
    Untimed,
    Timed,
}

impl Refill {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Untimed => "from a full buffer",
            Self::Timed => "filling the buffer included",
        }
    }

    pub(crate) fn of(self, name: &'static str, decode: impl Decode + 'static) -> Box<dyn Side> {
        let refill = self;
        Box::new(Decoding {
            name,
            decode,
            refill,
        })
    }
}

struct Decoding<D> {
    name: &'static str,
    decode: D,
    refill: Refill,
}

impl<D: Decode> Side for Decoding<D> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn check(&mut self, batch: &Batch) {
        let mut hash = Hash::default();
        self.decode.fill(&batch.wire);
        self.decode.drain(&batch.wire, &mut hash);
        assert_eq!(hash.finish(), batch.hash, "{} finds others", self.name);
    }

    fn prepare(&mut self, batch: &Batch) {
        if let Refill::Untimed = self.refill {
            self.decode.fill(&batch.wire);
        }
    }

    fn work(&mut self, batch: &Batch) -> Tally {
        let wire = black_box(&batch.wire);
        if let Refill::Timed = self.refill {
            self.decode.fill(wire);
        }
        let mut tally = Tally::default();
        self.decode.drain(wire, &mut tally);
        tally
    }
}

/// Where they lie: [`Framer::step`].
pub(crate) struct Stepped<F: Format>(pub(crate) Framer<F>);

impl<F: Verbatim> Decode for Stepped<F> {
    #[inline]
    fn drain(&mut self, wire: &[u8], sink: &mut impl Sink) {
        let mut unread = wire;
        loop {
            match self.0.step(unread, Stream::Open).expect("valid") {
                Step::Frame { body, consume, .. } => {
                    sink.frame(&unread[body]);
                    unread = &unread[consume..];
                }
                Step::Skip(bytes) => unread = &unread[bytes..],
                Step::Need(_) | Step::End => return,
            }
        }
    }
}

/// Out of a [`FrameBuf`].
pub(crate) struct Held<F: Format, T> {
    framer: Framer<F>,
    buf: FrameBuf,
    taking: T,
}

impl<F: Format, T> Held<F, T> {
    pub(crate) fn new(framer: Framer<F>, taking: T) -> Self {
        let buf = FrameBuf::for_framer(&framer);
        Self {
            framer,
            buf,
            taking,
        }
    }
}

impl<F: Format, T: Taking> Decode for Held<F, T> {
    fn fill(&mut self, mut wire: &[u8]) {
        while !wire.is_empty() {
            let spare = self.buf.spare().expect("room for a batch");
            let (now, later) = wire.split_at(wire.len().min(spare.len()));
            spare[..now.len()].copy_from_slice(now);
            self.buf.commit(now.len());
            wire = later;
        }
    }

    #[inline]
    fn drain(&mut self, _: &[u8], sink: &mut impl Sink) {
        while let Some(frame) = self
            .buf
            .next_frame(&mut self.framer, Stream::Open)
            .expect("valid")
        {
            self.taking.show(frame, sink);
        }
    }
}

/// As what frames are taken.
pub(crate) trait Taking {
    fn show(&self, frame: Frame<'_>, sink: &mut impl Sink);
}

pub(crate) struct Borrowed;

impl Taking for Borrowed {
    #[inline]
    fn show(&self, frame: Frame<'_>, sink: &mut impl Sink) {
        sink.frame(&frame);
    }
}

pub(crate) struct AsVec;

impl Taking for AsVec {
    #[inline]
    fn show(&self, frame: Frame<'_>, sink: &mut impl Sink) {
        sink.frame(&black_box(frame.to_vec()));
    }
}

pub(crate) struct AsBytes;

impl Taking for AsBytes {
    #[inline]
    fn show(&self, frame: Frame<'_>, sink: &mut impl Sink) {
        sink.frame(&black_box(Bytes::from(frame)));
    }
}

/// By a codec, ours or theirs.
pub(crate) struct Codec<D> {
    codec: D,
    buf: BytesMut,
}

impl<D> Codec<D> {
    pub(crate) fn new(codec: D) -> Self {
        let buf = BytesMut::new();
        Self { codec, buf }
    }
}

impl<D: Decoder> Decode for Codec<D>
where
    D::Item: AsRef<[u8]>,
    D::Error: std::fmt::Debug,
{
    fn fill(&mut self, wire: &[u8]) {
        self.buf.extend_from_slice(wire);
    }

    #[inline]
    fn drain(&mut self, _: &[u8], sink: &mut impl Sink) {
        while let Some(frame) = self.codec.decode(&mut self.buf).expect("valid") {
            sink.frame(black_box(frame).as_ref());
        }
    }
}

/// What lines cannot be found without: a search for each.
#[derive(Clone, Copy)]
pub(crate) struct Memchr;

impl Decode for Memchr {
    #[inline]
    fn drain(&mut self, wire: &[u8], sink: &mut impl Sink) {
        let mut unread = wire;
        while let Some(end) = memchr::memchr(b'\n', unread) {
            sink.frame(&unread[..end]);
            unread = &unread[end + 1..];
        }
    }
}
