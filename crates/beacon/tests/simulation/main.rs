//! Nodes on a network in memory that loses, doubles, delays and reorders; time is what the test says.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failed unwrap is the test failing"
)]

mod crowds;
mod finding;
mod impostors;
mod leaving;
mod storms;
mod world;
