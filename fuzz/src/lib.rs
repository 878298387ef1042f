//! What the targets of `barewire-framing` share: how input chooses a configuration, and the laws of every format.
//!
//! 1. Frames with their endings, and errors with their kinds and offsets, are the same in the same order, however the
//!    bytes were cut into reads; from `Framer::step_mut`, from `Framer::step` and from `FrameBuf`.
//! 2. `Need` is no answer to `unread_bytes_max` bytes or to a stream that has ended. A `FrameBuf` of that size is never
//!    full when it asks for more, and holds no more than it was made for, nor than twice what was received and 4 KiB.
//! 3. A frame is within the limit; it and whatever is skipped takes 1 byte or more of those that are there.
//! 4. A fatal error stays.
//! 5. What is encoded decodes to that payload and nothing else; what is refused leaves the output as it was.
//! 6. What was decoded can be encoded again where the format says so, and then decodes to the same.

pub mod http1;
pub mod transfer;

use barewire_framing::{
    EncodeError, Ending, Error, ErrorKind, Format, FrameBuf, Framer, Limits, Recovery, Slice, Step,
    Stream, Verbatim,
};

/// Input that is taken from the front, and zeros behind its end.
pub struct Choices<'a> {
    pub rest: &'a [u8],
}

impl<'a> Choices<'a> {
    pub fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.rest.split_first() else {
            return 0;
        };
        self.rest = rest;
        byte
    }

    pub fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (bytes, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        bytes
    }

    /// Below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }
}

/// What is the same for all formats, from the first six bytes.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub limits: Limits,
    pub recovery: Recovery,
    /// The sizes of reads, in turn.
    pieces: [usize; 2],
    /// Room in the `FrameBuf` beyond what is needed.
    spare: usize,
    /// How often the stream is sent, so that a short input fills large buffers.
    times: usize,
}

impl Setup {
    pub fn read(choices: &mut Choices<'_>) -> Self {
        let ways = choices.byte();
        let recovery = match ways & 3 {
            0 => Recovery::Poison,
            1 => Recovery::Truncate,
            _ => Recovery::Skip,
        };
        let low = choices.byte();
        let frame_bytes_max = match ways >> 2 & 3 {
            0 | 1 => usize::from(low),
            2 => usize::from(low) << 6,
            _ => usize::MAX >> (low & 63),
        };
        let low = choices.byte();
        let skip_bytes_max = match ways >> 4 & 3 {
            0 => 1 << 30,
            1 => u64::from(low),
            2 => u64::from(low) << 6,
            _ => u64::MAX,
        };
        Self {
            limits: Limits::new(frame_bytes_max).skip_bytes_max(skip_bytes_max),
            recovery,
            pieces: [choices.below(256) + 1, choices.below(37) + 1],
            spare: match choices.byte() {
                low @ 0..0x80 => usize::from(low),
                low => usize::from(low) << 5,
            },
            times: if ways >> 6 == 3 { 16 } else { 1 },
        }
    }

    /// The stream: all that no choice was made of.
    pub fn stream(&self, choices: &Choices<'_>) -> Vec<u8> {
        choices.rest.repeat(self.times)
    }

    pub fn framer<F: Format>(&self, format: F) -> Framer<F> {
        Framer::new(format, self.limits).recovery(self.recovery)
    }
}

/// What a frame decoded from an encoded payload is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Given {
    /// The payload that was encoded.
    Payload,
    /// Everything that was written for it.
    Frame,
}

/// What becomes of a whole frame that is encoded again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Again {
    /// The bytes it was decoded from.
    Bytes,
    /// Bytes that decode to the same.
    Same,
    /// Perhaps nothing: the format says that it cannot be written.
    Perhaps,
}

/// What a format says of itself.
pub struct Says<A: Fn(&[u8]) -> Again> {
    pub given: Given,
    /// How many bytes of a frame do not count for the limit.
    pub uncounted: usize,
    pub again: A,
}

/// What came out of a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    Frame {
        body: Vec<u8>,
        ending: Ending,
        /// Where in the stream what it took ends.
        end: u64,
    },
    Error(Error),
    End,
}

/// When a caller comes to know that the stream has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    WithTheLastBytes,
    Later,
}

/// The laws for every format.
pub fn hold<F: Format>(
    format: F,
    setup: &Setup,
    says: &Says<impl Fn(&[u8]) -> Again>,
    stream: &[u8],
) {
    let framer = setup.framer(format);
    let told = whole(&framer, stream);
    is_allowed(&framer, setup, says.uncounted, stream, &told);
    let step_mut = Framer::step_mut;
    let cuts = [
        ([stream.len() + 1; 2], End::Later),
        ([1; 2], End::Later),
        (setup.pieces, End::Later),
        (setup.pieces, End::WithTheLastBytes),
    ];
    for (pieces, end) in cuts {
        let cut = steps(&framer, stream, pieces, end, step_mut);
        assert_eq!(told, cut, "pieces of {pieces:?}, end {end:?}");
    }
    for pieces in [setup.pieces, [1 << 16; 2]] {
        let buffered = buffered(&framer, stream, pieces, setup.spare);
        assert_eq!(told, buffered, "FrameBuf, pieces of {pieces:?}");
    }

    for payload in [stream, &stream[..stream.len().min(setup.pieces[0])], &[]] {
        let _ = encodes(&framer, setup, says.given, payload);
    }
    // More of them would tell nothing new and take long.
    for one in told.into_iter().take(16) {
        let Told::Frame {
            body,
            ending: Ending::Whole,
            end,
        } = one
        else {
            continue;
        };
        let encoded = encodes(&framer, setup, says.given, &body);
        match (says.again)(&body) {
            Again::Bytes => {
                let encoded = encoded.expect("it was decoded");
                assert!(stream[..end as usize].ends_with(&encoded), "{encoded:?}");
            }
            Again::Same => assert!(encoded.is_ok(), "{encoded:?} of {body:?}"),
            Again::Perhaps => {}
        }
    }
}

/// The same, and those for formats that leave payloads as they are.
pub fn hold_verbatim<F: Verbatim>(
    format: F,
    setup: &Setup,
    says: &Says<impl Fn(&[u8]) -> Again>,
    stream: &[u8],
) {
    hold(format.clone(), setup, says, stream);
    let framer = setup.framer(format);
    let step = |framer: &mut Framer<F>, unread: &mut [u8], end| framer.step(unread, end);
    let told = steps(&framer, stream, setup.pieces, End::Later, step);
    assert_eq!(told, whole(&framer, stream), "step is not step_mut");

    let payload = &stream[..stream.len().min(setup.pieces[0])];
    let mut encoded = Vec::new();
    let result = framer.encode(payload, &mut encoded);
    match framer.wrap(payload) {
        Ok(wrap) => {
            assert_eq!(result, Ok(()));
            assert_eq!(wrap.parts(payload).concat(), encoded);
            assert_eq!(wrap.frame_bytes(), encoded.len());
        }
        Err(error) => assert_eq!(result, Err(error)),
    }
}

/// What the stream holds, shown in one piece.
pub fn whole<F: Format>(framer: &Framer<F>, stream: &[u8]) -> Vec<Told> {
    let all = [stream.len().max(1); 2];
    steps(framer, stream, all, End::WithTheLastBytes, Framer::step_mut)
}

/// Steps through the stream as it arrives in pieces, dropping exactly what is to be dropped.
fn steps<F: Format>(
    framer: &Framer<F>,
    stream: &[u8],
    pieces: [usize; 2],
    end: End,
    step: impl Fn(&mut Framer<F>, &mut [u8], Stream) -> Result<Step, Error>,
) -> Vec<Told> {
    let mut framer = framer.clone();
    let mut bytes = stream.to_vec();
    let mut told = Vec::new();
    let (mut dropped, mut arrived, mut ended) = (0, 0, Stream::Open);
    let mut pieces = pieces.into_iter().cycle();
    loop {
        if arrived < bytes.len() {
            let piece = pieces.next().unwrap_or(1);
            arrived = bytes.len().min(arrived + piece);
        } else {
            ended = Stream::Ended;
        }
        if arrived == bytes.len() && end == End::WithTheLastBytes {
            ended = Stream::Ended;
        }
        loop {
            assert_eq!(framer.offset(), dropped as u64);
            let unread = &mut bytes[dropped..arrived];
            let there = unread.len();
            match step(&mut framer, unread, ended) {
                Ok(Step::Frame {
                    body,
                    consume,
                    ending,
                }) => {
                    assert!(body.end <= consume && (1..=there).contains(&consume));
                    let body = unread[body].to_vec();
                    dropped += consume;
                    let end = dropped as u64;
                    told.push(Told::Frame { body, ending, end });
                }
                Ok(Step::Skip(bytes)) => {
                    assert!((1..=there).contains(&bytes));
                    dropped += bytes;
                }
                Ok(Step::Need(bytes)) => {
                    assert_eq!(ended, Stream::Open);
                    assert!(bytes >= 1 && there < framer.unread_bytes_max());
                    break;
                }
                Ok(Step::End) => {
                    assert_eq!((ended, there), (Stream::Ended, 0));
                    told.push(Told::End);
                    return told;
                }
                Err(error) => {
                    told.push(Told::Error(error));
                    assert!(told.len() <= 2 * stream.len() + 2, "no end of errors");
                    if framer.error() == Some(error) {
                        stays(&mut framer, error, &mut bytes[dropped..]);
                        return told;
                    }
                }
            }
        }
    }
}

/// The same through a buffer that is just large enough, or has so much more room.
fn buffered<F: Format>(
    framer: &Framer<F>,
    stream: &[u8],
    pieces: [usize; 2],
    room: usize,
) -> Vec<Told> {
    let mut framer = framer.clone();
    let bytes_max = framer.unread_bytes_max() + room;
    let mut buf = FrameBuf::new(bytes_max);
    let mut told = Vec::new();
    let (mut received, mut pieces) = (0, pieces.into_iter().cycle());
    let mut ended = Stream::Open;
    loop {
        loop {
            match buf.next_frame(&mut framer, ended) {
                Ok(Some(frame)) => {
                    told.push(Told::Frame {
                        body: frame.to_vec(),
                        ending: frame.ending,
                        end: framer.offset(),
                    });
                }
                Ok(None) if ended == Stream::Open => break,
                Ok(None) => {
                    told.push(Told::End);
                    assert!(buf.unread().is_empty());
                    return told;
                }
                Err(error) => {
                    told.push(Told::Error(error));
                    if framer.error() == Some(error) {
                        return told;
                    }
                }
            }
        }
        let spare = buf.spare().expect("nothing more to be taken");
        assert!(!spare.is_empty());
        let piece = pieces.next().unwrap_or(1);
        let read = spare.len().min(piece).min(stream.len() - received);
        spare[..read].copy_from_slice(&stream[received..received + read]);
        buf.commit(read);
        received += read;
        assert!(buf.capacity() <= bytes_max.min(2 * (received + 4096)));
        if read == 0 {
            ended = Stream::Ended;
        }
    }
}

/// A fatal error is the answer to everything.
fn stays<F: Format>(framer: &mut Framer<F>, error: Error, unread: &mut [u8]) {
    for stream in [Stream::Open, Stream::Ended] {
        assert_eq!(framer.step_mut(unread, stream), Err(error));
        assert_eq!(framer.step_mut(&mut [], stream), Err(error));
    }
    assert_eq!(framer.error(), Some(error));
}

/// What comes out keeps to limits and recovery.
fn is_allowed<F: Format>(
    framer: &Framer<F>,
    setup: &Setup,
    uncounted: usize,
    stream: &[u8],
    told: &[Told],
) {
    let max = framer.limits().frame_bytes_max;
    for (index, one) in told.iter().enumerate() {
        let last = index + 1 == told.len();
        match one {
            Told::Frame { body, ending, end } => {
                assert!(body.len() <= max.saturating_add(uncounted));
                match ending {
                    Ending::Whole => {}
                    Ending::Truncated => {
                        assert_eq!(setup.recovery, Recovery::Truncate);
                        assert!(body.len() >= max);
                    }
                    Ending::Unterminated => assert_eq!(*end, stream.len() as u64),
                }
                assert!(!last, "neither end nor error");
            }
            Told::Error(error) => {
                assert!(error.offset <= stream.len() as u64);
                let cut = matches!(error.kind, ErrorKind::Truncated { .. });
                assert!(!cut || last && error.offset == stream.len() as u64);
                assert!(last || setup.recovery != Recovery::Poison);
            }
            Told::End => assert!(last),
        }
    }
}

/// What is written for a payload, which decodes to it; or nothing.
fn encodes<F: Format>(
    framer: &Framer<F>,
    setup: &Setup,
    given: Given,
    payload: &[u8],
) -> Result<Vec<u8>, EncodeError> {
    let mut out = b"before".to_vec();
    let result = framer.encode(payload, &mut out);
    let encoded = out.strip_prefix(b"before").expect("it was there");
    in_a_slice(framer, payload, result, encoded);
    if let Err(error) = result {
        assert_eq!(encoded, b"");
        return Err(error);
    }
    let body = match given {
        Given::Payload => payload,
        Given::Frame => encoded,
    };
    // Twice, so that what is behind a frame is there as well.
    let twice = encoded.repeat(2);
    let told = steps(framer, &twice, setup.pieces, End::Later, Framer::step_mut);
    let frame = |end: usize| Told::Frame {
        body: body.to_vec(),
        ending: Ending::Whole,
        end: end as u64,
    };
    let expected = [frame(encoded.len()), frame(twice.len()), Told::End];
    assert_eq!(told, expected, "{encoded:?} of {payload:?}");
    Ok(encoded.to_vec())
}

/// Where there is room enough for certain, where it is just enough, and where it is one byte short.
fn in_a_slice<F: Format>(
    framer: &Framer<F>,
    payload: &[u8],
    result: Result<(), EncodeError>,
    encoded: &[u8],
) {
    let len = encoded.len();
    let mut bytes = vec![0; 2 * len + 2];
    for there in [2 * len + 2, len, len.saturating_sub(1)] {
        let mut slice = Slice::new(&mut bytes[..there]);
        match framer.encode(payload, &mut slice) {
            Err(EncodeError::NoRoom { need, room }) => {
                assert!(need > room && room == there && room <= len);
                assert!(slice.written().is_empty());
            }
            other => {
                assert_eq!((other, slice.written()), (result, encoded));
            }
        }
    }
}
