//! Small whole programs on the loop: what a protocol needs of it, end to end.

#[path = "../support/mod.rs"]
mod support;

mod deadlines;
mod line_server;
mod lines;
mod transfer;
