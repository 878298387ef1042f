//! A framer within `FramedRead`, `FramedWrite` and `Framed`, over memory and without a runtime.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use barewire_framing::{
    AsciiLength, Body, Cobs, EncodeError, ErrorKind, Format, Framer, LengthPrefix, Limits, Lines,
    ReadError, Recovery, Slip, WriteError,
};
use bytes::Bytes;
use futures_executor::{block_on, block_on_stream};
use futures_sink::Sink;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::codec::{Encoder, Framed, FramedRead, FramedWrite};

/// A peer in memory, as slow as it is told to be.
#[derive(Default)]
struct Peer {
    /// What it sends; after that it has ended its side.
    sends: VecDeque<Sends>,
    /// What it has received.
    received: Vec<u8>,
    /// How much it takes at once.
    takes: usize,
    /// Whether it has to be waited for next.
    busy: bool,
}

enum Sends {
    Bytes(Vec<u8>),
    Nothing,
    Fault(io::ErrorKind),
}

impl Peer {
    /// Sends `stream` in pieces of so many bytes, each of which has to be waited for.
    fn sending(stream: &[u8], piece_bytes: usize) -> Self {
        let piece = |piece: &[u8]| [Sends::Nothing, Sends::Bytes(piece.to_vec())];
        Self {
            sends: stream.chunks(piece_bytes).flat_map(piece).collect(),
            ..Self::default()
        }
    }

    /// Takes so many bytes at a time, and each time has to be waited for.
    fn taking(takes: usize) -> Self {
        Self {
            takes,
            ..Self::default()
        }
    }
}

fn later<T>(context: &Context<'_>) -> Poll<T> {
    context.waker().wake_by_ref();
    Poll::Pending
}

impl AsyncRead for Peer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.sends.pop_front() {
            None => Poll::Ready(Ok(())),
            Some(Sends::Nothing) => later(context),
            Some(Sends::Fault(kind)) => Poll::Ready(Err(kind.into())),
            Some(Sends::Bytes(mut bytes)) => {
                let more = bytes.split_off(bytes.len().min(buf.remaining()));
                buf.put_slice(&bytes);
                if !more.is_empty() {
                    self.sends.push_front(Sends::Bytes(more));
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Peer {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.busy = !self.busy;
        if self.busy {
            return later(context);
        }
        let taken = bytes.len().min(self.takes);
        self.received.extend_from_slice(&bytes[..taken]);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn framer<F: Format>(format: F) -> Framer<F> {
    Framer::new(format, Limits::new(100))
}

fn read<F: Format>(
    peer: Peer,
    framer: Framer<F>,
) -> impl Iterator<Item = Result<Bytes, ReadError>> {
    block_on_stream(FramedRead::new(peer, framer))
}

/// The rule that was broken, and where.
#[track_caller]
fn rule(next: Option<Result<Bytes, ReadError>>) -> (ErrorKind, u64) {
    match next {
        Some(Err(ReadError::Frame(error))) => (error.kind, error.offset),
        other => panic!("no broken rule: {other:?}"),
    }
}

#[track_caller]
fn check_frames<F: Format + Copy>(format: F, payloads: &[&[u8]]) {
    let mut wire = Vec::new();
    for payload in payloads {
        framer(format).encode(payload, &mut wire).expect("allowed");
    }
    for piece_bytes in 1..=wire.len() {
        let mut frames = read(Peer::sending(&wire, piece_bytes), framer(format));
        for payload in payloads {
            let frame = frames.next().expect("a frame").expect("as it was written");
            assert_eq!(frame, payload, "pieces of {piece_bytes}");
        }
        assert!(frames.next().is_none());
        assert!(frames.next().is_none());
    }
}

#[test]
fn frames_come_out_of_any_pieces() {
    check_frames(LengthPrefix::u16_be(), &[b"one", b"", b"three"]);
    check_frames(Lines::crlf(), &[b"one", b"", b"three"]);
    check_frames(AsciiLength::netstring(), &[b"one", b"", b"three"]);
    check_frames(
        LengthPrefix::u8().trailer(2).body(Body::AfterLength),
        &[b"onecc", b"cc"],
    );
    check_frames(Cobs::new(), &[b"o\0ne", b"", b"\0\0"]);
    check_frames(Slip::new(), &[b"o\xC0ne", b"\xDB", b"three"]);
}

#[test]
fn a_stream_cut_within_a_frame_is_an_error() {
    let stream = b"\x00\x01a\x00\x05hello";
    for (cut, missing) in [(4, 1), (5, 5), (6, 4), (9, 1)] {
        let peer = Peer::sending(&stream[..cut], 2);
        let mut frames = read(peer, framer(LengthPrefix::u16_be()));
        assert_eq!(frames.next().expect("a frame").expect("whole"), "a");
        let error = frames.next().expect("an error").expect_err("cut");
        let error = io::Error::from(error);
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(
            error.to_string(),
            format!(
                "stream ended inside a frame, {missing} or more bytes before its end at byte {cut}"
            )
        );
        assert!(frames.next().is_none());
    }
}

#[test]
fn a_last_line_needs_no_end() {
    let mut lines = read(Peer::sending(b"one\ntwo", 3), framer(Lines::new()));
    assert_eq!(lines.next().expect("a line").expect("whole"), "one");
    assert_eq!(lines.next().expect("a line").expect("allowed"), "two");
    assert!(lines.next().is_none());
}

/// `Framed` ends after an error. Those who ask on get the same one, and never what is behind it.
#[test]
fn an_error_stays() {
    let stream = b"\x00\x01a\x00\xFF\x00\x01b\x00\x01c";
    let mut frames = read(Peer::sending(stream, 4), framer(LengthPrefix::u16_be()));
    assert_eq!(frames.next().expect("a frame").expect("allowed"), "a");
    for _ in 0..3 {
        let declared = Some(255);
        let too_long = ErrorKind::TooLong { declared, max: 100 };
        assert_eq!(rule(frames.next()), (too_long, 3));
        assert!(frames.next().is_none());
    }
}

/// The beginning of a frame, without what stands around it.
#[test]
fn a_frame_cut_to_the_limit() {
    let stream = [&b"\x00\xFF"[..], &[b'x'; 255], b"\x00\x01b"].concat();
    let framer = framer(LengthPrefix::u16_be()).recovery(Recovery::Truncate);
    for piece_bytes in [1, 7, 64, 1000] {
        let peer = Peer::sending(&stream, piece_bytes);
        let frames: Result<Vec<_>, _> = read(peer, framer.clone()).collect();
        assert_eq!(frames.expect("no error"), [&[b'x'; 100][..], b"b"]);
    }
}

/// After an error about one frame `Framed` says `None` once, and then goes on.
#[test]
fn a_skipped_frame_is_one_error_and_one_none() {
    let stream = [b"one\n", &[b'x'; 300][..], b"\ntwo\n"].concat();
    let framer = framer(Lines::new()).recovery(Recovery::Skip);
    for piece_bytes in [1, 7, 64, 1000] {
        let mut lines = read(Peer::sending(&stream, piece_bytes), framer.clone());
        assert_eq!(lines.next().expect("a line").expect("allowed"), "one");
        let declared = None;
        let too_long = ErrorKind::TooLong { declared, max: 100 };
        assert_eq!(rule(lines.next()), (too_long, 104));
        assert!(lines.next().is_none());
        assert_eq!(lines.next().expect("a line").expect("allowed"), "two");
        assert!(lines.next().is_none());
    }
}

#[test]
fn after_a_fault_of_the_reader_nothing_is_lost() {
    let mut peer = Peer::sending(b"\x00\x05he", 2);
    peer.sends.push_back(Sends::Fault(io::ErrorKind::TimedOut));
    peer.sends.push_back(Sends::Bytes(b"llo".to_vec()));
    let mut frames = read(peer, framer(LengthPrefix::u16_be()));
    match frames.next() {
        Some(Err(ReadError::Io(error))) => assert_eq!(error.kind(), io::ErrorKind::TimedOut),
        other => panic!("no fault: {other:?}"),
    }
    assert!(frames.next().is_none());
    assert_eq!(frames.next().expect("a frame").expect("whole"), "hello");
}

/// What a declared length may make it hold, and what a frame that is passed over does.
#[test]
fn the_buffer_grows_with_what_arrives() {
    const DECLARED: u32 = 64 << 20;
    let limits = Limits::new(DECLARED as usize);
    let header = DECLARED.to_be_bytes();
    let mut reading = FramedRead::new(
        Peer::sending(&header, 4),
        Framer::new(LengthPrefix::u32_be(), limits),
    );
    assert!(
        block_on_stream(&mut reading)
            .next()
            .expect("an error")
            .is_err()
    );
    assert!(reading.read_buffer().capacity() <= 64 * 1024);

    let mut stream = header.to_vec();
    stream.resize(4 << 20, b'x');
    let skipping = framer(LengthPrefix::u32_be()).recovery(Recovery::Skip);
    let mut reading = FramedRead::new(Peer::sending(&stream, 1 << 20), skipping);
    // Too long, then nothing, then cut.
    let told: Vec<_> = {
        let mut frames = block_on_stream(&mut reading);
        std::iter::repeat_with(|| frames.next().map(|next| next.is_err()))
            .take(3)
            .collect()
    };
    assert_eq!(told, [Some(true), None, Some(true)]);
    assert!(reading.read_buffer().capacity() <= 64 * 1024);
}

#[test]
fn another_format_goes_on_where_the_first_has_stopped() {
    let stream = b"UPGRADE\r\n\x00\x02hi\x00\x03you";
    let mut lines = block_on_stream(FramedRead::new(
        Peer::sending(stream, 20),
        framer(Lines::new()),
    ));
    assert_eq!(lines.next().expect("a line").expect("whole"), "UPGRADE");
    let reading = lines
        .into_inner()
        .map_decoder(|_| framer(LengthPrefix::u16_be()));
    let frames: Result<Vec<_>, _> = block_on_stream(reading).collect();
    assert_eq!(frames.expect("whole"), ["hi", "you"]);
}

/// Sends one payload after the other and flushes.
fn send<T: AsyncWrite + Unpin, F: Format + Unpin, P: AsRef<[u8]>>(
    sink: &mut FramedWrite<T, Framer<F>>,
    payloads: impl IntoIterator<Item = P>,
) -> Result<(), WriteError> {
    let mut sink = Pin::new(sink);
    block_on(async {
        for payload in payloads {
            let mut ready =
                |context: &mut Context<'_>| Sink::<P>::poll_ready(sink.as_mut(), context);
            poll_fn(&mut ready).await?;
            sink.as_mut().start_send(payload)?;
        }
        poll_fn(|context| Sink::<P>::poll_flush(sink.as_mut(), context)).await
    })
}

/// Slices, arrays, vectors, `Bytes`, text.
#[test]
fn any_bytes_are_written() {
    let mut sink = FramedWrite::new(Peer::taking(3), framer(LengthPrefix::u8()));
    send(&mut sink, [&b"slice"[..], b""]).expect("allowed");
    send(&mut sink, [*b"array"]).expect("allowed");
    send(&mut sink, [b"vec".to_vec()]).expect("allowed");
    send(&mut sink, [Bytes::from_static(b"bytes")]).expect("allowed");
    send(&mut sink, ["text"]).expect("allowed");
    let received = &sink.get_ref().received[..];
    assert_eq!(received, b"\x05slice\x00\x05array\x03vec\x05bytes\x04text");
}

/// Nothing of a payload that cannot be a frame, and what comes before and behind it whole.
#[test]
fn a_payload_that_is_refused_is_not_begun() {
    let mut sink = FramedWrite::new(Peer::taking(2), framer(Lines::new()));
    send(&mut sink, ["one"]).expect("allowed");
    match send(&mut sink, ["a\nb"]) {
        Err(WriteError::Frame(EncodeError::ContainsDelimiter { at: 1 })) => {}
        other => panic!("not refused: {other:?}"),
    }
    send(&mut sink, ["two"]).expect("allowed");
    assert_eq!(sink.get_ref().received, b"one\ntwo\n");
}

#[test]
fn a_writer_that_takes_nothing_is_an_error() {
    let mut sink = FramedWrite::new(Peer::taking(0), framer(Lines::new()));
    match send(&mut sink, ["one"]) {
        Err(WriteError::Io(error)) => assert_eq!(error.kind(), io::ErrorKind::WriteZero),
        other => panic!("no error: {other:?}"),
    }
}

/// Both directions through one `Framed`, which is one framer: what it has read of a frame does not touch what it
/// writes.
#[test]
fn both_directions_at_once() {
    let peer = Peer {
        takes: 1,
        ..Peer::sending(b"\x00\x03one\x00\x03two", 4)
    };
    let mut framed = Framed::new(peer, framer(LengthPrefix::u16_be()));
    let mut answers = 0;
    while let Some(frame) = block_on_stream(&mut framed).next() {
        let mut sink = Pin::new(&mut framed);
        sink.as_mut()
            .start_send(frame.expect("whole"))
            .expect("allowed");
        block_on(poll_fn(|context| {
            Sink::<Bytes>::poll_flush(sink.as_mut(), context)
        }))
        .expect("written");
        answers += 1;
    }
    assert_eq!(answers, 2);
    assert_eq!(framed.get_ref().received, b"\x00\x03one\x00\x03two");
}

/// It is an encoder of whatever is bytes.
#[test]
fn an_encoder_for_every_payload() {
    fn encoder<P>(_: &impl Encoder<P, Error = WriteError>) {}
    let framer = framer(Lines::new());
    encoder::<&[u8]>(&framer);
    encoder::<Vec<u8>>(&framer);
    encoder::<Bytes>(&framer);
    encoder::<String>(&framer);
}
