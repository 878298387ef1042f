//! Both machines over a link in memory: connections that break at any byte, disks that garble, files that vanish, time
//! that only the test lets pass.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failed unwrap is the test failing"
)]

mod accidents;
mod offers;
mod receiving;
mod rng;
mod sending;
mod silence;
mod splits;
#[path = "../support/mod.rs"]
mod support;
mod whole;
mod world;
