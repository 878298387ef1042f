//! A readiness loop that owns its sockets: sources, timers, wakers and nothing else.
//!
//! It waits on epoll, kqueue, poll(2) or IOCP by way of [`polling`], always level-triggered, and its users write no
//! `unsafe`. It runs no tasks, spawns no threads, buffers no bytes and knows no protocol.
//!
//! ```
//! use std::net::{TcpListener, TcpStream};
//! use std::io::{Read, Write};
//! use std::time::Duration;
//! use barewire_reactor::{Event, Input, Interest, Output, Reactor};
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
//! let mut buf = [0; 1024];
//! 'serving: loop {
//!     reactor.turn(None)?;
//!     while let Some(event) = reactor.next() {
//!         match event {
//!             Event::Io { key, .. } if key == listener.raw() => {
//!                 while let Some((stream, _peer)) = reactor.accept(listener)? {
//!                     reactor.insert(stream, Interest::READABLE)?;
//!                 }
//!             }
//!             Event::Io { key, .. } => {
//!                 let stream = key.typed::<TcpStream>();
//!                 match reactor.read(stream, &mut buf)? {
//!                     Input::Bytes(n) => {
//!                         // A server keeps what does not fit and asks for WRITABLE; see examples/echo.rs.
//!                         assert_eq!(reactor.write(stream, &buf[..n])?, Output::Bytes(n));
//!                     }
//!                     Input::End => {
//!                         reactor.remove(stream);
//!                         break 'serving;
//!                     }
//!                     Input::Blocked => {}
//!                 }
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
//! # The contract
//!
//! **One loop.** [`Reactor::turn`] waits once; [`Reactor::next`] hands out what that wait found, one event at a time:
//! the wake, then the timers that were due, then the sources. Handlers hold `&mut Reactor`, so they insert, remove,
//! pause and arm as they please. A panic or an early return between two events leaves a reactor that works: timers
//! and wakes not yet taken stay, ready sources are reported again.
//!
//! **Keys.** A [`Key`] names one insertion, for ever. Events are checked when they are taken: nothing comes for a
//! source that was removed a moment ago, not even when its index and its descriptor already serve another.
//! [`RawKey::index`] is dense, for a `Vec` of the caller's own state.
//!
//! **Readiness is a hint.** A source reported readable may have nothing to read; the operation is the truth, and
//! [`Input::Blocked`] is an ordinary answer. Readable and writable may come as one event or as two.
//! [`Ready::CLOSED`] and [`Ready::ERROR`] are extra hints that some systems never give; the end of a stream is
//! [`Input::End`], an error is what an operation returns.
//!
//! **No need to drain.** What is left unread is reported again in the next turn. Conversely an interest that is
//! left on while there is nothing to do for it keeps the loop busy: ask for WRITABLE only while bytes wait.
//!
//! **Pause.** [`Interest::NONE`] stops reports of a source, and a paused source cannot spin the loop even when its
//! peer resets it; see [`Reactor::set_interest`].
//!
//! **Shares.** [`Reactor::read`], [`write`](Reactor::write) and [`accept`](Reactor::accept) stop with `Blocked` or
//! `None` once a source has had its share of the turn ([`Config`]), so that a peer that never stops sending cannot
//! starve the others or the timers.
//!
//! **Timers** are never early. Those due are taken as a snapshot in each turn: one armed for now by a handler fires in
//! the next turn, after the sources have had theirs.
//!
//! **Wakes** merge and are never lost; see [`Waker`].
//!
//! **UDP.** Use [`Reactor::get`] and the socket's own methods, or [`Reactor::read_with`] to stay within a share. On Windows, and on connected sockets everywhere, a
//! receive may fail with `ConnectionReset` or `ConnectionRefused` because some datagram sent earlier found no
//! one: that is news about that datagram, not about the socket. Carry on.
//!
//! **Do not fork** without exec: both processes would share one poller.
//!
//! # Systems
//!
//! | system | by way of | remarks |
//! |---|---|---|
//! | Linux, Android | epoll | |
//! | macOS, iOS, BSDs | kqueue | no hints, no PRIORITY |
//! | Windows 10 and newer | IOCP, AFD | sockets only; timers to the millisecond, rounded up |
//! | other Unix | poll(2) | every turn costs time in proportion to all sources |
//! | illumos, Solaris | – | [`Reactor::new`] fails with `Unsupported` |
//!
//! # Cost
//!
//! A steady exchange makes no system call besides the wait, the reads and the writes, and allocates nothing. On
//! Unix a source takes 32 bytes at most, a timer 56.

#![warn(missing_docs)]

mod accept;
mod backend;
mod bell;
mod channel;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod child;
mod config;
mod connect;
mod interest;
mod key;
mod mode;
mod reactor;
mod registry;
#[cfg(any(test, feature = "script"))]
pub mod script;
mod select;
#[cfg(all(unix, feature = "signals"))]
mod signals;
mod slots;
mod source;
mod stats;
mod stdin;
mod timers;
mod trace;
mod waker;

pub use channel::{Received, Receiver, Sender, channel};
#[cfg(any(target_os = "linux", target_os = "android"))]
pub use child::ChildExit;
pub use config::Config;
pub use connect::{ConnectError, Connecting};
pub use interest::{Interest, Ready};
pub use key::{Key, RawKey, TimerKey};
pub use mode::Mode;
pub use reactor::{Event, Input, Output, Reactor, Turn};
pub use select::{Selected, select};
#[cfg(all(unix, feature = "signals"))]
pub use signals::Signals;
pub use source::{InsertError, Listener, Source};
pub use stats::Stats;
pub use stdin::Stdin;
pub use waker::Waker;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
