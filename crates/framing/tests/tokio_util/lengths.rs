//! `LengthDelimitedCodec`, in any setting that has a like here.

use barewire_framing::{Body, Counts, Framer, LengthPrefix, Limits};
use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use tokio_util::codec::{Encoder, LengthDelimitedCodec};

use crate::{Told, check_same, cuts, decoded, framed, frames, pieces};

#[derive(Clone, Debug)]
struct Layout {
    width: usize,
    little: bool,
    offset: usize,
    gap: usize,
    trailer: usize,
    counts: Counts,
    body: Body,
}

impl Layout {
    fn ours(&self) -> LengthPrefix {
        let width = match self.little {
            true => LengthPrefix::le(self.width),
            false => LengthPrefix::be(self.width),
        };
        width
            .offset(self.offset)
            .gap(self.gap)
            .trailer(self.trailer)
            .counts(self.counts)
            .body(self.body)
    }

    /// Without an end: what is wrong about the limit there, `differences` tells.
    fn theirs(&self) -> LengthDelimitedCodec {
        let skipped = match self.body {
            Body::Payload => self.header(),
            Body::AfterLength => self.offset + self.width,
            Body::Whole => 0,
        };
        // What is given of a frame, less what its length counts.
        let adjustment = (self.header() + self.trailer - skipped) as isize - self.counted();
        let mut builder = LengthDelimitedCodec::builder();
        match self.little {
            true => builder.little_endian(),
            false => builder.big_endian(),
        };
        builder
            .length_field_length(self.width)
            .length_field_offset(self.offset)
            .length_adjustment(adjustment)
            .num_skip(skipped)
            .new_codec()
    }

    fn header(&self) -> usize {
        self.offset + self.width + self.gap
    }

    /// What the length counts beside the payload.
    fn counted(&self) -> isize {
        let counted = match self.counts {
            Counts::Payload => 0,
            Counts::AfterLength => self.gap + self.trailer,
            Counts::FromLength => self.width + self.gap + self.trailer,
            Counts::Whole => self.header() + self.trailer,
        };
        counted as isize
    }

    /// A frame whose other bytes are all `around`.
    fn frame(&self, payload: &[u8], around: u8) -> Vec<u8> {
        let length = payload.len() as u64 + self.counted() as u64;
        let mut field = length.to_le_bytes()[..self.width].to_vec();
        if !self.little {
            field.reverse();
        }
        let run = |bytes| vec![around; bytes];
        [
            run(self.offset),
            field,
            run(self.gap),
            payload.to_vec(),
            run(self.trailer),
        ]
        .concat()
    }

    /// What is given of that.
    fn given(&self, frame: &[u8]) -> Vec<u8> {
        let given = match self.body {
            Body::Payload => &frame[self.header()..],
            Body::AfterLength => &frame[self.offset + self.width..],
            Body::Whole => frame,
        };
        given.to_vec()
    }
}

/// Those that `LengthDelimitedCodec` has as well: it cannot leave out a trailer.
fn layout() -> impl Strategy<Value = Layout> {
    let counts = prop::sample::select(vec![
        Counts::Payload,
        Counts::AfterLength,
        Counts::FromLength,
        Counts::Whole,
    ]);
    let body = prop::sample::select(vec![Body::Payload, Body::AfterLength, Body::Whole]);
    let around = (0..5_usize, 0..5_usize, 0..5_usize);
    (1..9_usize, any::<bool>(), around, counts, body).prop_map(
        |(width, little, (offset, gap, trailer), counts, body)| Layout {
            width,
            little,
            offset,
            gap,
            trailer: match body {
                Body::Payload => 0,
                Body::AfterLength | Body::Whole => trailer,
            },
            counts,
            body,
        },
    )
}

fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)
}

const LIMITS: Limits = Limits::new(1000);

proptest! {
    /// The same frames out of the same bytes, which neither of the two has written.
    #[test]
    fn any_layout(
        layout in layout(),
        payloads in payloads(),
        around in any::<u8>(),
        cuts in cuts(),
    ) {
        let wire: Vec<_> = payloads.iter().map(|payload| layout.frame(payload, around)).collect();
        let given: Vec<_> = wire.iter().map(|frame| layout.given(frame)).collect();
        let framer = Framer::new(layout.ours(), LIMITS);
        let told = check_same(&framer, layout.theirs(), &pieces(&wire.concat(), &cuts), false);
        prop_assert_eq!(told, frames(&given));
    }

    /// The same bytes for the same payloads, and each reads what the other has written. Without an offset, that is:
    /// their encoder writes none.
    #[test]
    fn each_reads_the_other(layout in layout(), payloads in payloads(), cuts in cuts()) {
        let body = match layout.body {
            Body::Whole => Body::AfterLength,
            other => other,
        };
        let gap = match body {
            Body::Payload => 0,
            _ => layout.gap,
        };
        let layout = Layout { offset: 0, gap, body, ..layout };
        // They are given everything behind the length.
        let given: Vec<_> =
            payloads.iter().map(|payload| layout.given(&layout.frame(payload, 7))).collect();
        let framer = Framer::new(layout.ours(), LIMITS);
        let (mut ours, mut theirs) = (BytesMut::new(), BytesMut::new());
        let mut codec = layout.theirs();
        for payload in &given {
            framer.encode(payload, &mut ours).expect("within all limits");
            codec.encode(Bytes::copy_from_slice(payload), &mut theirs).expect("within all limits");
        }
        prop_assert_eq!(&ours, &theirs);
        let told = check_same(&framer, layout.theirs(), &pieces(&ours, &cuts), false);
        prop_assert_eq!(told, frames(&given));
    }

    /// Streams that nobody has written, with a limit: the same frames, and an error where there is one.
    #[test]
    fn any_bytes(
        width in 1..3_usize,
        stream in prop::collection::vec(0..30_u8, 0..120),
        cuts in cuts(),
    ) {
        let limits = Limits::new(20);
        let ours = Framer::new(LengthPrefix::be(width), limits);
        let mut builder = LengthDelimitedCodec::builder();
        builder.length_field_length(width).max_frame_length(limits.frame_bytes_max);
        let pieces = pieces(&stream, &cuts);
        let mut theirs = decoded(builder.new_codec(), &pieces, false);
        let told = framed(ours.clone(), &pieces, false);
        prop_assert_eq!(&decoded(ours, &pieces, false), &told);
        // Where a stream ends right behind a header, they see no error.
        if told.len() == theirs.len() + 1 {
            let read: usize = theirs.iter().map(|told| match told {
                Told::Frame(payload) => width + payload.len(),
                Told::Error => 0,
            }).sum();
            prop_assert_eq!(read + width, stream.len());
            theirs.push(Told::Error);
        }
        prop_assert_eq!(told, theirs);
    }
}

/// The table of formats says that this is what it is as it comes.
#[test]
fn as_it_comes() {
    const MAX: usize = 8 << 20;
    let framer = Framer::new(LengthPrefix::u32_be(), Limits::new(MAX));
    for len in [0, 1, 65_536, MAX, MAX + 1] {
        let payload = vec![b'x'; len];
        let (mut ours, mut theirs) = (BytesMut::new(), BytesMut::new());
        let encoded = framer.encode(&payload, &mut ours);
        let their_encoded = LengthDelimitedCodec::new().encode(Bytes::from(payload), &mut theirs);
        assert_eq!(encoded.is_ok(), len <= MAX);
        assert_eq!(their_encoded.is_ok(), len <= MAX);
        assert!(ours == theirs, "{len}");
        if len <= MAX {
            let told = decoded(framer.clone(), &[theirs.to_vec()], false);
            assert_eq!(told.len(), 1, "{len}");
            assert_eq!(
                decoded(LengthDelimitedCodec::new(), &[ours.to_vec()], false),
                told
            );
        }
    }
    let too_long = [((MAX + 1) as u32).to_be_bytes().to_vec()];
    let told = check_same(&framer, LengthDelimitedCodec::new(), &too_long, false);
    assert_eq!(told, [Told::Error]);
}
