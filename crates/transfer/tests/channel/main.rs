//! Two ends of a channel, what may happen to the bytes between them, and foreigners at one of them.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failed unwrap is the test failing"
)]

mod data;
mod foreign;
mod handshake;
mod hostile;
mod link;
mod tampering;
