//! Announcements on a local network without I/O: who is there, under which name, at which port.
//!
//! A [`Node`] announces something, or searches for what others announce, or both. It writes and reads datagrams of
//! 1,200 bytes at most, keeps to a back-off with jitter, answers questions without ever becoming an amplifier, and
//! keeps a table of what it heard and has not been silent since. It has no socket, file, thread or clock: datagrams
//! and the time are arguments, random numbers come of a seed. `barewire-lan` drives it on the interfaces of a machine,
//! `PROTOCOL.md` has every byte, [`attacks`] what others tried.
//!
//! **Nothing here is authenticated.** Whoever is on the network can say anything under any name. What a node tells is a
//! hint where to look; who is there is found out by other means, over a connection.
//!
//! ```
//! use std::time::Instant;
//!
//! use barewire_beacon::{Announcement, Arrival, Event, Identity, Instance, Limits, Link, Network, Node, Search};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = Instant::now();
//! let link = |address: [u8; 4]| Link {
//!     interface: 2,
//!     is_loopback: false,
//!     networks: vec![Network { address: address.into(), prefix: 24 }],
//! };
//! let identity = |byte| Identity { instance: Instance::new([byte; 16]), boot: 1 };
//!
//! let mut printer = Node::new(identity(1), 7, Limits::default());
//! printer.set_links(now, vec![link([192, 0, 2, 1])]);
//! printer.announce(now, Announcement::new("print".parse()?, "second floor".parse()?).port(631));
//!
//! let mut visitor = Node::new(identity(2), 8, Limits::default());
//! visitor.set_links(now, vec![link([192, 0, 2, 9])]);
//! visitor.search(now, Search { service: Some("print".parse()?), name: None });
//!
//! // The visitor's question, as the printer's socket receives it.
//! let mut datagram = Vec::new();
//! visitor.handle_timeout(now);
//! let question = visitor.poll_transmit(&mut datagram).expect("it asks at once");
//! assert_eq!(question.interface, 2);
//! let from = |address: [u8; 4], port| Arrival { interface: 2, source: (address, port).into() };
//! printer.handle_datagram(now, from([192, 0, 2, 9], 50_000), &datagram)?;
//!
//! // The answer, a moment later.
//! let later = printer.poll_timeout().expect("it will answer");
//! printer.handle_timeout(later);
//! printer.poll_transmit(&mut datagram).expect("it answers");
//! visitor.handle_datagram(later, from([192, 0, 2, 1], 50_001), &datagram)?;
//! let Some(Event::Found(sighting)) = visitor.poll_event() else { panic!("nobody found") };
//! assert_eq!(sighting.announcement.name().as_str(), "second floor");
//! assert_eq!(sighting.address().map(|address| address.to_string()), Some("192.0.2.1:631".to_owned()));
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod announcement;
pub mod attacks;
mod bucket;
mod counters;
mod datagram;
mod dropped;
mod limits;
mod link;
mod name;
mod node;
mod random;
mod schedule;
mod table;

pub use announcement::{Announcement, AnnouncementError};
pub use counters::Counters;
pub use datagram::{DATAGRAM_BYTES_MAX, Datagram, HEADER_BYTES, Identity, Instance, Message};
pub use dropped::{Dropped, Malformed};
pub use limits::Limits;
pub use link::{Arrival, Link, Network};
pub use name::{Name, NameError, Service};
pub use node::{Destination, Node, Search, Transmit};
pub use table::{Event, Sighting, Why};

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
