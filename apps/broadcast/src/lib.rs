//! Datagrams to every machine on the local networks: what `bw-cast` is made of.
#![forbid(unsafe_code)]

mod announce;
pub mod args;
pub mod bench;
pub mod config;
mod end;
mod find;
mod listen;
mod news;
mod output;
pub mod run;
mod say;
