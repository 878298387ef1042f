//! tokio-util's traits, so that `Framed` and its kin take any format.

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::format::Format;
use crate::framer::{Framer, Step, Stream};
use crate::reader::ReadError;
use crate::writer::WriteError;

impl<F: Format> Framer<F> {
    fn decode_next(
        &mut self,
        src: &mut BytesMut,
        stream: Stream,
    ) -> Result<Option<Bytes>, ReadError> {
        loop {
            match self.step_mut(src, stream)? {
                Step::Frame { body, consume, .. } => {
                    // Cheaper than a slice of `Bytes`, which counts one owner more and one less.
                    let mut frame = src.split_to(consume);
                    frame.truncate(body.end);
                    frame.advance(body.start);
                    return Ok(Some(frame.freeze()));
                }
                Step::Skip(bytes) => src.advance(bytes),
                Step::Need(_) | Step::End => return Ok(None),
            }
        }
    }
}

/// Frames share the buffer they were read into. How a frame [ended](crate::Ending) is not told here.
///
/// Nothing is reserved for a length that was declared: the buffer grows as bytes arrive.
///
/// `Framed` and `FramedRead` give `None` once after every error. With a [`Recovery`](crate::Recovery) that passes over
/// frames that is not the end of the stream: ask on.
impl<F: Format> Decoder for Framer<F> {
    type Item = Bytes;
    type Error = ReadError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Bytes>, ReadError> {
        self.decode_next(src, Stream::Open)
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Bytes>, ReadError> {
        self.decode_next(src, Stream::Ended)
    }
}

impl<F: Format, P: AsRef<[u8]>> Encoder<P> for Framer<F> {
    type Error = WriteError;

    fn encode(&mut self, payload: P, dst: &mut BytesMut) -> Result<(), WriteError> {
        Ok(Self::encode(self, payload.as_ref(), dst)?)
    }
}
