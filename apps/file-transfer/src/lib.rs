//! Sends files to another machine by a short code: what `bw-send` and `bw-recv` are made of.
#![forbid(unsafe_code)]

pub mod args;
pub mod config;
pub mod discovery;
pub mod engine;
pub mod inbox;
pub mod keyboard;
pub mod link;
mod lots;
pub mod meeting;
pub mod outbox;
pub mod rate;
pub mod receiving;
pub mod role;
pub mod run;
pub mod sending;
pub mod source;
pub mod status;
pub mod store;
pub mod tell;
