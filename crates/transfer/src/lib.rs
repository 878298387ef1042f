//! A file-transfer protocol without I/O: pairing by a short code, offers, verified groups, resuming, durable ends.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

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
