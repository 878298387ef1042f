//! Peers that others have written: Python's `struct`, Erlang's `{packet, N}`, `logger`.
//!
//! A peer that is not installed is passed over, with a line that says so. Each has a deadline, and what listens does so
//! on a loopback port of the system's choice.

mod children;
mod erlang;
mod python;
mod syslog;

use barewire_framing::{Format, Framer, Limits};

const LIMITS: Limits = Limits::new(100_000);

fn framer<F: Format>(format: F) -> Framer<F> {
    Framer::new(format, LIMITS)
}

/// What all peers answer to a payload, so that one that sends back the bytes unread is found out.
fn answer(payload: &[u8]) -> Vec<u8> {
    [b"got ", payload].concat()
}

/// Payloads of these lengths, with every byte in them.
fn payloads(lengths: &[usize]) -> Vec<Vec<u8>> {
    let payload = |&len: &usize| (0..len).map(|at| (at * 7 + len) as u8).collect();
    lengths.iter().map(payload).collect()
}
