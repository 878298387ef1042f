//! A file-transfer protocol without I/O: pairing by a short code, offers, verified groups, resuming, durable ends.
//!
//! Two machines were told the same code. They find out by [`pairing`], inside an encrypted [`channel`], that they were.
//! Then one of them, the [`Sender`](sender::Sender), offers files. The other, the [`Receiver`](receiver::Receiver), says
//! which it wants and what of them it has already, hashes what it has *written*, and says what is stored. Nothing counts
//! as sent before that.
//!
//! There is no socket, file, thread or clock in here, and no `unsafe`: bytes go in and out, time is an argument, and
//! whoever calls reads, writes and hashes files. The `bw-send` and `bw-recv` programs do, and `PROTOCOL.md` has all that
//! is said over the wire.
//!
//! ```
//! use std::time::Instant;
//!
//! use barewire_transfer::manifest::{Entry, Kind, Manifest};
//! use barewire_transfer::name::EntryPath;
//! use barewire_transfer::receiver::{self, Decision, Receiver};
//! use barewire_transfer::sender::{self, Durability, Sender};
//! use barewire_transfer::session::Config;
//! use barewire_transfer::tree::root_of_small;
//! # use barewire_transfer::code::Code;
//! # use barewire_transfer::limits::Limits;
//! # use barewire_transfer::name::{Encoding, NameRules, Portable};
//! # use barewire_transfer::pairing::{Binding, Paired, Pairing, Part, Side};
//! # fn pair() -> Result<[Paired; 2], Box<dyn std::error::Error>> {
//! #     let (code, binding) = (Code::parse("7-tiger-bamboo")?, Binding::new([1; 32]));
//! #     let mut sender = Pairing::with_code(&code, Side::Sender, Part::Issuer, binding)?;
//! #     let mut receiver = Pairing::with_code(&code, Side::Receiver, Part::Enterer, binding)?;
//! #     let (mut to_sender, mut to_receiver) = (Vec::new(), Vec::new());
//! #     let (mut one, mut other) = (None, None);
//! #     while one.is_none() || other.is_none() {
//! #         let (used, paired) = sender.handle_input(&to_sender, &mut to_receiver)?;
//! #         to_sender.drain(..used);
//! #         one = one.or(paired);
//! #         let (used, paired) = receiver.handle_input(&to_receiver, &mut to_sender)?;
//! #         to_receiver.drain(..used);
//! #         other = other.or(paired);
//! #     }
//! #     Ok([one.unwrap(), other.unwrap()])
//! # }
//! # let limits = Limits::default();
//! # let rules = NameRules::new(Encoding::Utf8, Portable::Yes, &limits);
//!
//! let [here, there] = pair()?; // see `pairing`
//! let content = b"all of it";
//! let manifest = Manifest::new(
//!     vec![Entry {
//!         path: EntryPath::new(b"report.txt", &rules)?,
//!         kind: Kind::File { size: 9, data_bytes: 9 },
//!         mode: Some(0o644),
//!         modified: None,
//!     }],
//!     &rules,
//!     &limits,
//! )?;
//!
//! let now = Instant::now();
//! let (mut to_there, mut to_here) = (Vec::new(), Vec::new()); // what a channel would carry
//! let mut sender = Sender::new(&here, Config::default(), now, &mut to_there);
//! let mut receiver = Receiver::new(&there, Config::default(), now, &mut to_here);
//! let mut file = Vec::new();
//! while !(sender.is_over() && receiver.is_over()) {
//!     let input = std::mem::take(&mut to_here);
//!     let mut used = 0;
//!     while let (len, Some(event)) = sender.handle_input(now, &input[used..], &mut to_there)? {
//!         used += len;
//!         match event {
//!             sender::Event::Hello(_) => sender.offer(&manifest, &mut to_there)?,
//!             sender::Event::Accepted(_) => {
//!                 sender.data(0, 0, 9, &mut to_there)?;
//!                 to_there.extend_from_slice(content);
//!                 sender.end(0, 9, &root_of_small(content), &mut to_there)?;
//!             }
//!             sender::Event::Stored { .. } => sender.bye(&mut to_there),
//!             _ => {}
//!         }
//!     }
//!     let input = std::mem::take(&mut to_there);
//!     let mut used = 0;
//!     while let (len, Some(event)) = receiver.handle_input(now, &input[used..], &mut to_here)? {
//!         used += len;
//!         match event {
//!             receiver::Event::Offer(_) => receiver.accept(&[Decision::Whole], &mut to_here)?,
//!             receiver::Event::Data { bytes, .. } => {
//!                 file.extend_from_slice(bytes);
//!                 let hash = *root_of_small(&file).as_bytes(); // of what was written, all of it here
//!                 receiver.wrote(0, 0, hash, &mut to_here);
//!             }
//!             receiver::Event::Verified { id, .. } => {
//!                 receiver.stored(id, Durability::Volatile, &mut to_here)?;
//!             }
//!             receiver::Event::Bye => receiver.bye(&mut to_here),
//!             _ => {}
//!         }
//!     }
//! }
//! assert!(sender.is_settled() && file == content);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Here every piece arrives whole; a real caller keeps what was not used, gives it again with what follows, and collects
//! the pieces of a group before it hashes them.
//!
//! # Rooms
//!
//! | | |
//! |---|---|
//! | [`code`], [`pairing`], [`channel`] | from a code and a TCP connection to a [`Paired`](pairing::Paired), without which no session begins |
//! | [`session`], [`sender`], [`receiver`] | a session, as each side sees it |
//! | [`name`], [`manifest`] | what may be offered |
//! | [`tree`] | BLAKE3 in groups of one mebibyte |
//! | [`limits`], [`error`], [`attacks`] | what a peer cannot do |
//!
//! # What is promised
//!
//! - **Success is said by the receiver**, of an entry that is verified and stored, and both sides agree on it in the end.
//! - **Nothing comes unasked.** Data is of entries that were accepted, once, in its place; no event says otherwise.
//! - **Nothing that is kept is believed.** Groups of an earlier try are compared by the sender and read again by the
//!   receiver.
//! - **Limits come first**, and memory is bounded by them and by what the caller itself has accepted.
//! - **Splits do not matter.** The same bytes say the same, however they were cut into reads.
//! - **Errors stay.** After one nothing is read any more.
//! - **What is written can be read.** A command that would break the rules is a [`Misuse`](error::Misuse), before any byte
//!   of it is written.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod attacks;
pub mod channel;
pub mod code;
pub mod error;
mod incoming;
pub mod limits;
pub mod manifest;
pub mod name;
pub mod pairing;
pub mod receiver;
pub mod sender;
pub mod session;
pub mod tree;
mod wire;
