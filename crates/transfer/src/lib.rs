//! A file-transfer protocol without I/O: pairing by a short code, offers, verified groups, resuming, durable ends.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod channel;
pub mod code;
pub mod limits;
pub mod manifest;
pub mod name;
pub mod pairing;
pub mod tree;
