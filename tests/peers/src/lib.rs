//! What the tests of this package share: other people's programs where they are installed, a site for servers to
//! serve, `bw-httpd` as it was built, and a server that gives back what it got.
//!
//! Whatever goes wrong in here panics, for that is how a test fails.
#![cfg(unix)]
#![warn(missing_docs)]

use std::time::Duration;

mod echo;
mod httpd;
mod peer;
mod site;

pub use echo::Echo;
pub use httpd::Httpd;
pub use peer::{Peer, line};
pub use site::{Site, content};

/// How long one foreign program may take, or one server to start.
pub const SOON: Duration = Duration::from_secs(30);
