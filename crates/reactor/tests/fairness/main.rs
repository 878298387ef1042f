//! Shares: whatever one source does, within a turn it gets no more than its own, and everyone else is served within
//! turns that can be counted.

#[path = "../support/mod.rs"]
mod support;

mod queues;
mod streams;

use barewire_reactor::Config;

/// How many clients just want an answer.
const QUIET: usize = 99;
const READ_SHARE: usize = 16 * 1024;
const WRITE_SHARE: usize = 32 * 1024;

fn shares() -> Config {
    Config {
        read_bytes_per_turn_max: READ_SHARE,
        write_bytes_per_turn_max: WRITE_SHARE,
        accepts_per_turn_max: 16,
        messages_per_turn_max: 32,
        ..Config::default()
    }
}
