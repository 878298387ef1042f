//! Sends files to another machine by a short code: what `bw-send` and `bw-recv` are made of.
#![forbid(unsafe_code)]

pub mod args;
pub mod link;
pub mod meeting;
pub mod outbox;
pub mod source;
pub mod status;
pub mod store;
