//! Sends files to another machine by a short code: what `bw-send` and `bw-recv` are made of.
#![forbid(unsafe_code)]

pub mod source;
pub mod store;
