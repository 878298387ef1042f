//! The other side of every comparison.

use std::fmt;

use crate::input::Input;
use crate::reading::Reading;

mod http_net;
mod httparse;
mod hyper;
mod llhttp;

/// Who is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    Httparse,
    HttpNet,
    Hyper,
    Llhttp,
}

impl Peer {
    /// Those that can be asked here: all of them, but llhttp only where its Node is installed.
    pub fn present() -> &'static [Self] {
        const ALL: [Peer; 4] = [Peer::Httparse, Peer::HttpNet, Peer::Hyper, Peer::Llhttp];
        match *llhttp::IS_PRESENT {
            true => &ALL,
            false => &ALL[..3],
        }
    }

    /// Whether it only reads the head of the first message.
    pub fn reads_heads_only(self) -> bool {
        self == Self::Httparse
    }

    /// Whether it has a say in this.
    pub fn reads(self, input: &Input) -> bool {
        // Its switches are none that Node's client has for itself.
        self != Self::Llhttp || !input.is_lenient()
    }

    /// What it makes of each of these.
    pub fn read_all(self, inputs: &[Input]) -> Vec<Reading> {
        let read: fn(&Input) -> Reading = match self {
            Self::Httparse => httparse::read,
            Self::HttpNet => http_net::read,
            Self::Hyper => hyper::read,
            Self::Llhttp => return llhttp::read_all(inputs),
        };
        inputs.iter().map(read).collect()
    }

    /// What it makes of this one.
    pub fn read(self, input: &Input) -> Reading {
        let readings = self.read_all(std::slice::from_ref(input));
        readings.into_iter().next().expect("one for each")
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Httparse => "httparse",
            Self::HttpNet => "http-net",
            Self::Hyper => "hyper",
            Self::Llhttp => "llhttp",
        })
    }
}
