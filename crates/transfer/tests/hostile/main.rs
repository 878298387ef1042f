//! Frames that nobody should write, put together by hand, to a real receiver and a real sender.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failed unwrap is the test failing"
)]

mod anything;
mod frames;
#[path = "../support/mod.rs"]
mod support;
mod to_both;
mod to_receiver;
mod to_sender;
