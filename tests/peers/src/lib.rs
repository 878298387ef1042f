//! What the tests of this package share: other people's programs where they are installed, servers of a site, ours and
//! theirs, a server that gives back what it got, and a client.
//!
//! Whatever goes wrong in here panics, for that is how a test fails.
#![cfg(unix)]
#![warn(missing_docs)]

use std::time::Duration;

mod client;
mod echo;
mod peer;
mod proxy;
mod server;
mod site;

pub use client::{Answer, Client, Sent, request};
pub use echo::Echo;
pub use peer::{Peer, line};
pub use server::Server;
pub use site::{Site, content};

/// How long one foreign program may take, or one server to start.
pub const SOON: Duration = Duration::from_secs(30);
