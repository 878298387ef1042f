//! HTTP/1.x messages without I/O: strict heads, body framing, and the rules of a connection,
//! for servers and for clients.
//!
//! Bytes go in as slices, meaning comes out; what is to be sent is appended to the caller's
//! buffer. There is no socket, no clock, no thread, no async runtime and no `unsafe` here, and
//! the standard library is not used (`alloc` is). Not done here: content is not decompressed,
//! targets are not percent-decoded, redirects are not followed, and fields other than those
//! that frame a message or steer its connection are handed over as they came.
//!
//! # A client
//!
//! ```
//! use barewire_http1::{
//!     ClientConnection, ClientTurn, ContentLength, Event, Limits, Method, RequestHeadBuf,
//! };
//!
//! let mut connection = ClientConnection::new(Limits::for_responses());
//!
//! // Bytes to be written to a socket.
//! let mut head = RequestHeadBuf::new(Method::Get, "example.org", "/hello")?;
//! head.field("Accept", "text/plain")?;
//! let mut out = Vec::new();
//! connection.encode_head(&head, ContentLength::Known(0), &mut out)?;
//! assert_eq!(out, b"GET /hello HTTP/1.1\r\nHost: example.org\r\nAccept: text/plain\r\n\r\n");
//!
//! // Bytes that came from it, until the response has been read.
//! let mut input = &b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n"[..];
//! let mut content = Vec::new();
//! loop {
//!     let (used, event) = connection.decode(input)?;
//!     match event {
//!         Some(Event::Response(head)) => assert_eq!(head.status().as_u16(), 200),
//!         Some(Event::Data(range)) => content.extend_from_slice(&input[range]),
//!         Some(Event::End) => break,
//!         Some(_) => {}          // a response before the response, and trailers
//!         None => unreachable!() // here: read more; at its end `finish_input`
//!     }
//!     input = &input[used..];
//! }
//! assert_eq!(content, b"hi\n");
//! assert_eq!(connection.turn(), ClientTurn::Ask); // the connection may be used again
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With a socket around it this is the example `get`: a page, half of it reading the URL.
//!
//! # A server
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
//! # The loop around it
//!
//! Whatever brings the bytes, it is one loop: decode what is at hand until `None`, write what
//! was encoded, ask for the turn, read more behind what was not used. Time is the loop's: this
//! crate waits for nothing, so give every read and write a deadline.
//!
//! An error of a server's `decode` makes an answer due: a head with its
//! [`status`](Error::status), which closes ([more on that](ServerConnection#when-something-goes-wrong)).
//! A client closes. In the directory `examples` of this crate:
//!
//! | example | around the codec |
//! |---|---|
//! | `get` | a client over `std::net` |
//! | `server` | a server over `std::net` with a read time-out |
//! | `tokio`, `reactor` | one server, `shared/echo.rs`, on tokio and on `barewire-reactor` |
//! | `proxy` | a reverse proxy that writes content on from the buffer it was read into |
//! | `judge` | conformance rows in, verdicts out |
//!
//! # Layers
//!
//! Each can be used without the ones below it.
//!
//! | layer | what it knows |
//! |---|---|
//! | [`parse_request_head`], [`parse_response_head`] | one head in one slice; no allocation, no state |
//! | [`Decoder`] | a stream of messages: heads, content as ranges of the caller's buffer, trailers, ends; goes on where it stopped |
//! | [`ServerConnection`] | whose [`Turn`] it is: answers, keep-alive, `Expect`, `Upgrade` and `CONNECT`, pipelining |
//! | [`ClientConnection`] | the same from the other end, and whether the connection may be used again |
//! | [`RequestHeadBuf`], [`ResponseHeadBuf`], [`Trailers`] | fields that are checked before a byte of them is written |
//!
//! The states of a connection are drawn at [`ServerConnection`] and [`ClientConnection`].
//!
//! # Features
//!
//! None is on by default, and none changes what the rest does.
//!
//! | feature | adds |
//! |---|---|
//! | `bytes` | heads and content that own their bytes, by `decode_bytes`; `BytesMut` to write to |
//! | `http` | conversions from and to the types of the `http` crate; brings `std` |
//!
//! # Policy
//!
//! One reading for every input, and the strict one: what is refused closes the connection, and
//! says [which rule](ErrorKind) was broken at which byte. A server has no switches to loosen it
//! (but [`HostRule`], for test suites), and a status to answer with. A client has [`Leniency`]:
//! six named departures that servers in use are known for, all off unless asked for.
//!
//! | in every message | what is done |
//! |---|---|
//! | line ends | CRLF everywhere; LF or CR alone is refused, in chunk lines too |
//! | folded lines, whitespace before a colon | refused |
//! | `Content-Length` | one decimal number, once; a second one is refused even if equal |
//! | `Transfer-Encoding` | `chunked`, once and last, and not in HTTP/1.0; anything else is refused, a real coding beneath it as not implemented |
//! | version | HTTP/1.x with x above 1 is read as 1.1; another major version is refused |
//! | chunk sizes | hexadecimal digits below 2^64; extensions by their grammar, and bounded |
//! | trailers | read by the same rules as headers, kept apart, bounded |
//!
//! | in a request | what is done |
//! |---|---|
//! | empty lines before it | skipped, inside the budget of the request line |
//! | `Content-Length` beside `Transfer-Encoding` | refused |
//! | `Host` | exactly one in HTTP/1.1, at most one in 1.0, `host` or `host:port`, may be empty |
//! | target | its form has to fit the method; visible ASCII but `#`, so that what browsers send unescaped (`[`, `{`, a vertical bar) gets through |
//! | methods | any token; which are known is the application's matter |
//! | bytes after `Connection: close`, behind an upgrade offer or CONNECT | left in the buffer, unread |
//!
//! | in a response | what is done |
//! |---|---|
//! | status | three digits from 100 to 599; a reason phrase of text, or none behind its space |
//! | `Content-Length` beside `Transfer-Encoding` | the chunks count; the connection is not used again |
//! | no length at all | the content ends with the connection: [`ResponseFraming::UntilClose`] says so, and [`finish_input`](ClientConnection::finish_input) is what completes it. Where a length was said, the same end is an error |
//! | to HEAD, 1xx, 204, 304, 2xx to CONNECT | no content, whatever the fields say |
//! | 1xx before the response proper | [`Event::Interim`], any number up to a limit |
//! | 101 | for a protocol that was offered alone |
//! | bytes that no request asked for | refused, the connection is not used again |
//!
//! [`refusals`] has the reason for each, [`Limits`] every ceiling with its default, and [`attacks`]
//! what all this is for.

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

extern crate alloc;

mod asked;
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
pub mod refusals;
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

pub use asked::Asked;
pub use client::{ClientConnection, ClientTurn};
pub use content::{Content, ContentLength, DataFrame};
pub use date::HttpDate;
pub use decoder::{Decoder, Event};
pub use encode_error::EncodeError;
pub use error::{Error, ErrorKind};
pub use fields::{FieldSpan, Fields, unfold};
pub use framing::{BodyFraming, Expectation, HostRule, ResponseFraming};
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
