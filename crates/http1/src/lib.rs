//! HTTP/1.x messages without I/O: strict heads, body framing, and the rules of a connection.
//!
//! Bytes go in as slices, meaning comes out; answers are appended to the caller's buffer.
//! There is no socket, no clock, no thread, no async runtime and no `unsafe` here, and the
//! standard library is not used (`alloc` is). Not done here: responses are written and not
//! parsed (this is the server's side), content is not decompressed, targets are not
//! percent-decoded, and fields other than those that frame a message or steer its
//! connection are handed over as they came.
//!
//! ```
//! use barewire_http1::{
//!     ContentLength, Event, Limits, ResponseHeadBuf, ServerConnection, StatusCode, Turn,
//! };
//!
//! let mut connection = ServerConnection::new(Limits::default());
//! let mut input = &b"GET /hello HTTP/1.1\r\nHost: example.org\r\n\r\n"[..];
//!
//! // Bytes that came from a socket, until the request has been read.
//! let mut target = Vec::new();
//! loop {
//!     let (used, event) = connection.decode(input)?;
//!     input = &input[used..];
//!     match event {
//!         Some(Event::Request(head)) => target.extend_from_slice(head.target()),
//!         Some(Event::End) => break,
//!         Some(_) => {}          // content, as a range of `input`, and trailers
//!         None => unreachable!() // here: read more from the socket
//!     }
//! }
//! assert_eq!(target, b"/hello");
//! assert_eq!(connection.turn(), Turn::Answer);
//!
//! // Bytes to be written to it.
//! let mut head = ResponseHeadBuf::new(StatusCode::OK);
//! head.field("Content-Type", "text/plain")?;
//! let mut out = Vec::new();
//! connection.encode_head(&head, ContentLength::Known(3), None, &mut out)?;
//! connection.encode_data(b"hi\n", &mut out)?;
//! assert_eq!(
//!     out,
//!     b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nhi\n"
//! );
//! assert_eq!(connection.turn(), Turn::Read); // the connection is kept
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Layers
//!
//! Each can be used without the ones below it.
//!
//! | layer | what it knows |
//! |---|---|
//! | [`parse_request_head`] | one head in one slice; no allocation, no state |
//! | [`Decoder`] | a stream of messages: heads, content as ranges of the caller's buffer, trailers, ends; goes on where it stopped |
//! | [`ServerConnection`] | whose [`Turn`] it is: answers, keep-alive, `Expect`, `Upgrade` and `CONNECT`, pipelining |
//! | [`ResponseHeadBuf`], [`Trailers`] | fields that are checked before a byte of them is written |
//!
//! The states of a connection are drawn at [`ServerConnection`].
//!
//! # Policy
//!
//! One reading for every input, and the strict one. There are no switches to loosen it
//! (but [`HostRule`], for test suites). What is refused gets a status, closes the
//! connection, and says [which rule](ErrorKind) was broken at which byte.
//!
//! | input | what is done |
//! |---|---|
//! | line ends | CRLF everywhere; LF or CR alone is refused, in chunk lines too |
//! | empty lines before a request | skipped, inside the budget of the request line |
//! | folded lines, whitespace before a colon | refused |
//! | `Content-Length` | one decimal number, once; a second one is refused even if equal |
//! | `Transfer-Encoding` | `chunked`, once and last; otherwise 400, or 501 for a real coding beneath it; refused beside `Content-Length` and in HTTP/1.0 |
//! | `Host` | exactly one in HTTP/1.1, at most one in 1.0, `host` or `host:port`, may be empty |
//! | target | its form has to fit the method; visible ASCII but `#`, so that what browsers send unescaped (`[`, `{`, a vertical bar) gets through |
//! | version | HTTP/1.x with x above 1 is read as 1.1; another major version gets 505 |
//! | chunk sizes | hexadecimal digits below 2^64; extensions by their grammar, and bounded |
//! | trailers | read by the same rules as headers, kept apart, bounded |
//! | methods | any token; which are known is the application's matter |
//! | bytes after `Connection: close`, behind an upgrade offer or CONNECT | left in the buffer, unread |
//!
//! [`Limits`] has every ceiling with its default; [`attacks`] tells what all this is for.

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

extern crate alloc;

pub mod attacks;
mod authority;
mod chunked;
mod client;
mod content;
mod date;
mod decoder;
mod encode_error;
mod error;
mod field_lines;
mod fields;
mod framing;
mod header;
#[cfg(feature = "http")]
mod http_types;
mod leniency;
mod limits;
mod method;
mod output;
#[cfg(feature = "bytes")]
mod owned;
mod request_head;
mod request_head_buf;
mod response_head;
mod response_head_buf;
mod section;
mod server;
mod status;
mod syntax;
mod target;
mod trailers;
mod version;

pub use client::{ClientConnection, ClientTurn};
pub use content::{Content, ContentLength, DataFrame};
pub use date::HttpDate;
pub use decoder::{Decoder, Event};
pub use encode_error::EncodeError;
pub use error::{Error, ErrorKind};
pub use fields::{FieldSpan, Fields, unfold};
pub use framing::{Asked, BodyFraming, Expectation, HostRule, ResponseFraming};
pub use leniency::Leniency;
pub use limits::Limits;
pub use method::Method;
pub use output::Output;
#[cfg(feature = "bytes")]
pub use owned::{OwnedEvent, OwnedFields, OwnedRequestHead, OwnedResponseHead};
pub use request_head::{RequestHead, parse_request_head};
pub use request_head_buf::RequestHeadBuf;
pub use response_head::{ResponseHead, parse_response_head};
pub use response_head_buf::ResponseHeadBuf;
pub use server::{ServerConnection, Turn};
pub use status::{StatusClass, StatusCode};
pub use target::TargetForm;
pub use trailers::Trailers;
pub use version::Version;

/// Keeps the example of the README compiling.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
