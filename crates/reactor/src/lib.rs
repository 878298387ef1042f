//! A readiness loop that owns its sockets: sources, timers, wakers and nothing else.
//!
//! It waits on epoll, kqueue, poll(2) or IOCP by way of [`polling`], and its users write no `unsafe`. It runs no
//! tasks, buffers no bytes and knows no protocol, and the one thread it may ever start reads a standard input that
//! the system cannot wait for.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::{TcpListener, TcpStream};
//! use std::time::Duration;
//! use barewire_reactor::{Event, Input, Interest, Reactor};
//!
//! # fn main() -> std::io::Result<()> {
//! let mut reactor = Reactor::new()?;
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let address = listener.local_addr()?;
//! let listener = reactor.insert(listener, Interest::READABLE)?;
//! let give_up = reactor.timer(reactor.now() + Duration::from_secs(10), 0);
//!
//! let client = std::thread::spawn(move || -> std::io::Result<[u8; 5]> {
//!     let mut stream = TcpStream::connect(address)?;
//!     stream.write_all(b"hello")?;
//!     let mut reply = [0; 5];
//!     stream.read_exact(&mut reply)?;
//!     Ok(reply)
//! });
//!
//! // A server keeps what is unsent for each of its clients; see examples/echo.rs.
//! let (mut buf, mut unsent) = ([0; 1024], Vec::new());
//! 'serving: loop {
//!     reactor.turn(None)?;
//!     while let Some(event) = reactor.next() {
//!         match event {
//!             Event::Io { key, .. } if key == listener => {
//!                 while reactor.admit(listener, Interest::READABLE)?.is_some() {}
//!             }
//!             Event::Io { key, .. } => {
//!                 let stream = key.typed::<TcpStream>();
//!                 match reactor.read(stream, &mut buf)? {
//!                     Input::Bytes(n) => unsent.extend_from_slice(&buf[..n]),
//!                     Input::End => break 'serving,
//!                     Input::Blocked => {}
//!                 }
//!                 let all = reactor.write_from(stream, &mut unsent)?;
//!                 reactor.set_interest(stream, Interest::READABLE | Interest::WRITABLE.when(!all))?;
//!             }
//!             Event::Timer { key, .. } if key == give_up => panic!("nobody came"),
//!             _ => {}
//!         }
//!     }
//! }
//! assert_eq!(&client.join().expect("the client has not panicked")?, b"hello");
//! # Ok(())
//! # }
//! ```
//!
//! # The contract, in short
//!
//! The whole of it, with a drawing of a turn, the tables of modes and systems, and the name of the test behind each
//! promise, is on the page [`contract`].
//!
//! - [`Reactor::turn`] waits once; [`Reactor::next`] hands out what that wait found: the wake, the timers that were
//!   due, the sources. What is not taken is not lost. Handlers hold `&mut Reactor` and may do anything with it.
//! - A [`Key`] names one insertion, for ever, and is checked when its event is taken: nothing comes for a source that
//!   was removed a moment ago. [`RawKey::index`] is dense, for a `Vec` of the caller's own state.
//! - Readiness is a hint, [`Input::Blocked`] an ordinary answer, [`Input::End`] the only end of a stream.
//! - Nobody need be drained: what is left is reported again. Conversely ask for WRITABLE only while bytes wait.
//! - [`Interest::NONE`] pauses a source, and a paused source cannot spin the loop even when its peer resets it.
//! - [`Reactor::read`], [`write`](Reactor::write), [`accept`](Reactor::accept) and [`receive`](Reactor::receive) stop with
//!   `Blocked` once a source has had its share of the turn ([`Config`]): a peer that never stops sending starves
//!   neither the others nor the timers.
//! - Timers are never early and fire once. Wakes merge and are never lost.
//!
//! # What there is
//!
//! | for | take |
//! |---|---|
//! | sockets, pipes, terminals, any descriptor | [`Reactor::insert`], see [`Source`]; [`Mode`] for one-shot and edge |
//! | sockets with options, names of peers | [`net`] |
//! | a connection with a deadline | [`net::TcpConnect`], [`Reactor::connect`] |
//! | the terminal | [`Stdin`] |
//! | results from other threads | [`channel()`], or a [`Waker`] beside a queue of one's own |
//! | time-outs, clocks | [`Reactor::timer`], [`postpone`](Reactor::postpone), [`cancel`](Reactor::cancel) |
//! | signals, children | `Signals` (feature `signals`), `ChildExit` (Linux) |
//! | an end in good order, on Ctrl-C and its like | `Stops` (feature `signals`) |
//! | a protocol on top | the page [`codecs`] |
//! | one wait in a program without a loop | [`select()`] |
//! | tests without time and sockets | `script` (feature `script`) |
//! | what it did | [`Stats`]; events for subscribers of `tracing` (feature `tracing`) |
//!
//! # Systems
//!
//! Linux and Android by epoll, macOS and the BSDs by kqueue, Windows 10 and newer by IOCP, other Unix by poll(2); not
//! illumos and Solaris, where [`Reactor::new`] fails with `Unsupported`. What differs is in the
//! [table](contract#systems).
//!
//! # Cost
//!
//! A steady exchange makes no system call besides the wait, the reads and the writes, and allocates nothing. On
//! Unix a source takes 40 bytes at most, a timer 56.

#![warn(missing_docs)]

mod accept;
mod backend;
mod config;
mod connect;
mod event;
mod interest;
mod key;
mod mode;
pub mod net;
mod reactor;
mod registry;
#[cfg(any(test, feature = "script"))]
pub mod script;
mod select;
mod slots;
mod source;
mod stats;
#[cfg(all(any(unix, windows), feature = "signals"))]
mod stops;
mod timers;
mod trace;
mod waker;

pub use config::Config;
pub use connect::ConnectError;
pub use event::{Event, Input, Output, Turn};
pub use interest::{Interest, Ready};
pub use key::{Key, RawKey, TimerKey};
pub use mode::Mode;
pub use reactor::{Admitted, Reactor};
pub use select::{Selected, select};
pub use source::channel::{Received, Receiver, Sender, channel};
#[cfg(any(target_os = "linux", target_os = "android"))]
pub use source::child::ChildExit;
#[cfg(all(unix, feature = "signals"))]
pub use source::signals::Signals;
pub use source::stdin::Stdin;
pub use source::{AsDescriptor, InsertError, Listener, Source, Stream};
pub use stats::Stats;
#[cfg(all(any(unix, windows), feature = "signals"))]
pub use stops::{Stop, Stops};
pub use waker::Waker;

#[doc = include_str!("../docs/contract.md")]
pub mod contract {}

#[doc = include_str!("../docs/codecs.md")]
pub mod codecs {}

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
