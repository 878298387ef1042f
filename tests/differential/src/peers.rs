//! The other side of every comparison.

use std::fmt;

use crate::reading::Reading;

mod http_net;
mod httparse;
mod hyper;

/// Who is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    Httparse,
    HttpNet,
    Hyper,
}

impl Peer {
    pub const ALL: [Self; 3] = [Self::Httparse, Self::HttpNet, Self::Hyper];

    /// Whether it only reads the head of the first message.
    pub fn reads_heads_only(self) -> bool {
        self == Self::Httparse
    }

    pub fn read(self, input: &[u8]) -> Reading {
        match self {
            Self::Httparse => httparse::read(input),
            Self::HttpNet => http_net::read(input),
            Self::Hyper => hyper::read(input),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Httparse => "httparse",
            Self::HttpNet => "http-net",
            Self::Hyper => "hyper",
        })
    }
}
