//! An HTTP/1.1 server on a readiness loop: connections, deadlines, a [`Handler`].
//!
//! It drives [`barewire_http1`] on [`barewire_reactor`]: no async runtime, no thread
//! you did not start, no `unsafe`. It is no router, speaks no TLS and no HTTP/2, and
//! compresses nothing; [`etag`], [`conditional`], [`range`] and [`byteranges`] decide
//! what a server of files has to decide.
//!
//! ```no_run
//! use barewire_http_server::http1::{RequestHead, StatusCode};
//! use barewire_http_server::{Config, Context, Response, Server};
//!
//! let server = Server::bind(&["127.0.0.1:8080".parse()?], Config::default())?;
//! server.run(|_: &RequestHead<'_>, _: &mut Context<'_>| Response::text(StatusCode::OK, "hello"))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # From request to answer
//!
//! [`Handler::request`] sees the head as soon as it is whole, before any content, and
//! says what becomes of the request:
//!
//! | [`Answer`] | what happens |
//! |---|---|
//! | [`Respond`](Answer::Respond) | the response is sent; content that comes anyway is read away |
//! | [`Receive`](Answer::Receive) | a [`Receiver`] takes the content as it arrives; its end is the next `Answer` |
//! | [`Later`](Answer::Later) | a [`Handle`] answers, from any thread |
//! | [`After`](Answer::After) | the response is made after a time, or before by a handle |
//! | [`Switch`](Answer::Switch) | the socket becomes another protocol's |
//!
//! Pipelined requests are handled one after the other and answered in order; answers
//! that are ready together leave in one write.
//!
//! # Threads
//!
//! [`Server::run`] serves on the calling thread. [`Server::run_threads`] gives each
//! thread a loop and a handler of its own, so a handler needs no locks and is never
//! called twice at once. In exchange **a handler must not block**: while it runs, its
//! thread serves nobody else. Work that takes time goes to another thread, with a
//! [`Handle`] to answer by. Files are read on the loop: fine for what the page cache
//! holds or a local disk gives, not for a network file system that hangs.
//!
//! # Deadlines
//!
//! Every state of a connection has an end, on the monotonic clock:
//!
//! | waiting for | ends by | default | then |
//! |---|---|---|---|
//! | the first byte of a first request | [`head_timeout`](Config::head_timeout) | 30 s | close |
//! | the rest of a head | [`head_timeout`](Config::head_timeout), in all | 30 s | 408, close |
//! | the next request | [`idle_timeout`](Config::idle_timeout) | 60 s | close |
//! | content of a request | [`body_rate`](Config::body_rate) | 10 kB in 30 s | 408, close |
//! | the handler: an answer, a paused receiver, a pending source | [`answer_timeout`](Config::answer_timeout) | 60 s since it was last heard of | 503, close; a cut where the head has left |
//! | the client to take an answer | [`write_rate`](Config::write_rate) | 10 kB in 60 s | cut |
//! | the client to notice the end | [`linger_timeout`](Config::linger_timeout) | 5 s | cut |
//! | the end of a drain | [`drain_timeout`](Config::drain_timeout) | 30 s | cut |
//!
//! Turned off (`None`), a deadline leaves it to the peer, or the handler, to go on.
//!
//! # Limits
//!
//! [`Config::limits`] bounds each request (its head, its content, its trailers),
//! [`Config::connections_max`] the connections of a thread. What a connection holds is
//! bounded whatever its client does: one head or one read of input (64 KiB), 128 KiB of
//! answers laid out plus the one that crossed that line, and what the handler gave to be
//! sent. Files and [`Source`]s are read as they leave. An idle connection keeps no buffer.
//!
//! No connection has more than its share of a turn of the loop: 128 KiB in, 256 KiB of
//! memory or 2 MiB of file out. Then the others are looked at.
//!
//! # Back-pressure
//!
//! A client that does not read stops its source: nothing is produced until what was
//! produced before has left. A [`Receiver`] that returns [`Flow::Pause`] stops its
//! client: nothing is read until [`Handle::resume`], so the socket's buffers fill and
//! TCP holds the client up.
//!
//! # The lingering close
//!
//! Bytes that arrive at a closed socket make the system send a reset, which can take
//! away an answer that the client has not read yet. So where the client may still be
//! sending, the server ends its own direction first and reads on, for
//! [`linger_timeout`](Config::linger_timeout) and
//! [`linger_bytes_max`](Config::linger_bytes_max) at the most.
//!
//! # Drain and stop
//!
//! [`Controller::drain`] takes what waits to be accepted (64 connections of each listener
//! and thread at the most), stops listening, closes idle connections and marks every
//! further answer `Connection: close`; requests under way are finished, and the server
//! returns. [`Controller::stop`] cuts everything. On Unix `Server::end_on` does the same
//! for bytes on a socket, which is what a signal handler can write to.
//!
//! # What happens when
//!
//! - **a request breaks a rule**: the answers before it are sent, then
//!   [`Handler::fault`], and the connection closes.
//! - **the server answers by itself** (408, 500, 501, 503): plain text, one line.
//! - **a response cannot be sent** (a field with a line break, content with 204): it
//!   becomes a 500 and is logged.
//! - **a file is shorter than its range, or a source fails**: the connection is cut with
//!   content missing, never padded. Where only the close would tell the end (HTTP/1.0),
//!   it is a reset.
//! - **a client finishes sending** (half-close): what it asked for is still answered.
//! - **a client goes away**: receivers and sources are dropped; a handle that answers
//!   later does nothing.
//! - **the last handle of a waiting request is dropped**: 500, at once.
//! - **a handler panics**: so does [`Server::run`]. [`Server::run_threads`] stops the other
//!   threads first.
//! - **descriptors run out**: connections are served on; the listener rests and tries again.
//!
//! Faults of peers are logged at `debug`, faults of the handler and of files at `error`,
//! through the [`log`] facade.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod addresses;
mod body;
pub mod byteranges;
mod clock;
pub mod conditional;
mod config;
mod connection;
mod control;
pub mod etag;
mod file;
mod handler;
mod mailbox;
pub mod range;
mod response;
mod sending;
mod server;
mod table;
mod worker;

pub use barewire_http1 as http1;
pub use body::{Body, FileRange, Part, Produced, Source};
pub use config::{Config, Rate};
pub use control::Controller;
pub use handler::{Answer, Context, Delayed, Flow, Handle, Handler, Receiver, Switch};
pub use response::Response;
pub use server::{BindError, Server};
