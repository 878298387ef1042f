//! The networks this machine is attached to: its interfaces, followed as they come and go, and UDP sockets on each.
//!
//! For programs that want to be heard by whoever is near, and to hear them: by IPv4 broadcast, by groups of both
//! families, and by name of an interface where a machine has several. It runs on a [`barewire_reactor::Reactor`], with
//! no thread of its own and no `unsafe`. What is in the datagrams is not its business, and neither is routing.
//!
//! ```
//! use barewire_lan::{Config, Lan, Selection};
//! use barewire_reactor::Reactor;
//! use std::time::Duration;
//!
//! # fn main() -> std::io::Result<()> {
//! let mut reactor = Reactor::new()?;
//! let config = Config { port: Some(0), selection: Selection::loopback(), ..Config::default() };
//! let mut lan = Lan::new(config, &mut reactor)?;
//! for address in lan.local_addresses() {
//!     println!("listening on {address}");
//! }
//! let port = lan.port().unwrap_or(0);
//! let loopback = lan.interfaces()[0].index;
//! lan.send(&mut reactor, loopback, b"hello", ([127, 0, 0, 1], port).into())?;
//!
//! let mut heard = Vec::new();
//! while heard.is_empty() {
//!     reactor.turn(Some(Duration::from_secs(10)))?;
//!     while let Some(event) = reactor.next() {
//!         let now = reactor.now();
//!         lan.handle_event(&event, now, &mut reactor, |datagram| {
//!             heard.extend_from_slice(datagram.bytes);
//!         });
//!     }
//!     while let Some(notice) = lan.poll_notice() {
//!         println!("{notice:?}");
//!     }
//! }
//! assert_eq!(heard, b"hello");
//! lan.close(&mut reactor);
//! # Ok(())
//! # }
//! ```
//!
//! # What there is
//!
//! | for | take |
//! |---|---|
//! | the interfaces as they are now | [`interfaces`] |
//! | those that somebody typed | [`Selection`] |
//! | what is different between two looks | [`changes`] |
//! | sockets on all of them, for as long as a program runs | [`Lan`] |
//! | announcing something, and finding what others announce | [`Beacon`] |
//! | waking a machine | [`wake`] |
//!
//! # What to expect
//!
//! - **Nothing ends it.** The interfaces are looked at every second or as often as you like. One that comes gets its sockets, one that goes loses
//!   them, and when all are gone it waits. What does not work is told as a [`Notice`], with what to do about it, once; the rest
//!   goes on.
//! - **Datagrams stay apart.** Each is told whole, empty ones too, with the interface by which it came. What the system
//!   delivers in bundles (`recvmmsg`, UDP GRO) is taken in bundles.
//! - **Programs share the port.** Several on one machine hear each broadcast and each group. What is sent to the
//!   machine's own address goes to one of them; hence answers come to a port that nobody shares.
//! - **A flood has its share** of a turn of the reactor and no more. What finds no room meanwhile is dropped by the
//!   system: [`Lan::dropped`], [`Lan::receive_buffer_bytes`].
//! - **A datagram proves nothing.** Its source may be a lie; its interface is the system's word, and no peer can name
//!   one.
//!
//! # Systems
//!
//! | | Linux, Android | macOS | Windows | FreeBSD |
//! |---|---|---|---|---|
//! | a hearing socket is tied to its interface | yes; before 5.7 with a privilege | yes | by what the system tells of each datagram | by the addresses of each datagram |
//! | several datagrams a call | yes | no | no | yes |
//! | [`Lan::dropped`] | Linux | no | no | no |
//!
//! On Linux what one sends to an IPv4 address of one's own comes by the loopback interface, whichever has the address:
//! choose that too, to hear it.

#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod answer;
mod arrival;
mod change;
mod driver;
mod drops;
mod error;
mod groups;
mod inbox;
mod interface;
mod lan;
mod selection;
mod send;
mod socket;
pub mod wake;

pub use change::{Change, changes};
pub use driver::{BEACON_GROUPS, BEACON_PORT, Beacon, BeaconConfig};
pub use inbox::{Datagram, Role};
pub use interface::{Interface, V4, V6, interfaces};
pub use lan::{Config, Lan, Notice};
pub use selection::Selection;
pub use send::Sent;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
