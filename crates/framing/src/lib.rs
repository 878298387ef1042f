//! Frames in a byte stream, without I/O: where each message ends that TCP ran together with the next.
//!
//! TCP carries bytes and no messages. What was sent apart arrives together, and what was sent together arrives apart,
//! cut anywhere. A *format* says how the ends are marked; a [`Framer`] finds them in the caller's bytes and answers with
//! ranges, and writes frames that its like will find.
//!
//! There is no socket, no clock, no thread and no `unsafe` here, and decoding needs no allocator. Not done here:
//! payloads are bytes, and what they mean, checksums included, is the caller's.
//!
#![cfg_attr(feature = "alloc", doc = "```")]
#![cfg_attr(not(feature = "alloc"), doc = "```ignore")]
//! use barewire_framing::{FrameBuf, Framer, LengthPrefix, Limits, Stream};
//!
//! let mut framer = Framer::new(LengthPrefix::u32_be(), Limits::new(64 * 1024));
//! let mut wire = Vec::new();
//! framer.encode(b"hello", &mut wire)?;
//! framer.encode(b"world", &mut wire)?;
//!
//! // As it may well arrive: in pieces that have nothing to do with frames.
//! let mut buf = FrameBuf::for_framer(&framer);
//! let mut words = Vec::new();
//! for piece in wire.chunks(7) {
//!     buf.spare()?[..piece.len()].copy_from_slice(piece);
//!     buf.commit(piece.len());
//!     while let Some(frame) = buf.next_frame(&mut framer, Stream::Open)? {
//!         words.push(frame.to_vec());
//!     }
//! }
//! assert_eq!(words, [b"hello", b"world"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
#![doc = include_str!("../docs/formats.md")]
//!
//! # Layers
//!
//! | | what it does | needs |
//! |---|---|---|
//! | [`Framer`] | finds frames in a slice, writes them to an [`Output`] | nothing |
//! | [`FrameBuf`] | holds a stream's unread bytes, up to a limit | `alloc` |
//! | [`Reader`], [`Writer`] | drive a framer over `Read` and `Write`, blocking or not | `std` |
//! | `Decoder`, `Encoder` of tokio-util for [`Framer`] | the same for `Framed` | `tokio-util` |
//!
//! # What is promised
//!
//! - **Splits do not matter.** Which frames and errors come out, and at which byte, does not depend on how the bytes
//!   were cut into reads.
//! - **Limits come first.** A length is put right (what of it is header), compared with [`Limits`], and only then waited
//!   for. Nothing is ever reserved for it.
//! - **Memory is bounded**: one connection holds [`Framer::unread_bytes_max`] bytes and one read, and passing over a
//!   frame holds nothing.
//! - **Time is linear.** A byte of a payload is looked at twice at most, however slowly bytes come; one of a length, or
//!   of a frame that is passed over, a few times.
//! - **Errors stay.** After one nothing is read as a frame any more, unless [`Recovery`] says how to go on.
//! - **A cut is not an end.** A stream that ends inside a frame, be it in its header, is
//!   [`Truncated`](ErrorKind::Truncated).
//! - **What is written can be read.** A payload that would be cut in two, refused or altered is an [`EncodeError`],
//!   before any byte of it is written.
//!
//! [`attacks`] tells what these are for, and which test shows each.
//!
//! # Features
//!
//! `std` (default): `Reader`, `Writer`, and searches by the widest registers the processor has. `alloc`: [`FrameBuf`],
//! `Vec<u8>` as output. `bytes`: `BytesMut` as output, `Bytes` of a [`Frame`]. `tokio-util`: its traits.

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod attacks;
#[cfg(feature = "alloc")]
mod buffer;
#[cfg(feature = "tokio-util")]
mod codec;
mod encode;
mod error;
mod format;
mod framer;
mod limits;
#[cfg(feature = "std")]
mod reader;
mod scan;
#[cfg(feature = "std")]
mod writer;

#[cfg(feature = "alloc")]
pub use buffer::{Frame, FrameBuf, Full};
pub use encode::{Output, Slice, Wrap};
pub use error::{EncodeError, Error, ErrorKind};
pub use format::{
    AsciiLength, Body, Cobs, Counts, Delimited, Delimiter, Fixed, Format, Head, Header,
    LengthPrefix, Lines, Slip, Syslog, Tail, Varint, Verbatim,
};
pub use framer::{Ending, Framer, Recovery, Step, Stream};
pub use limits::Limits;
#[cfg(feature = "std")]
pub use reader::{ReadError, Reader};
#[cfg(feature = "std")]
pub use writer::{WriteError, Writer};

/// Keeps the example of the README compiling.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;
