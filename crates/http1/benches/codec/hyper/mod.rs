//! Both sides of hyper's HTTP/1, on buffers in memory and polled by hand: no runtime, no timer, no system call.

mod client;
mod memory;
mod server;

pub(crate) use client::HyperClient;
pub(crate) use server::HyperServer;
