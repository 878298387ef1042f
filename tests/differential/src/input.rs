//! What all sides are given.

use std::fmt;

/// Bytes from one end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub bytes: Vec<u8>,
    pub kind: Kind,
}

/// Who sends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A client: requests.
    Requests,
    /// A server, to one request: interim responses, and a final one.
    Responses {
        asked: Asked,
        /// Whether it closes behind them. Otherwise more may come.
        closes: bool,
        /// Whether every side overlooks what it can be asked to overlook.
        lenient: bool,
    },
}

/// The request that is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Get,
    Head,
    Connect,
    /// GET with an offer to switch to websocket.
    Upgrade,
}

impl Asked {
    pub fn method(self) -> &'static str {
        match self {
            Self::Get | Self::Upgrade => "GET",
            Self::Head => "HEAD",
            Self::Connect => "CONNECT",
        }
    }
}

impl Input {
    pub fn requests(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            kind: Kind::Requests,
        }
    }

    /// The same sender with other bytes.
    pub fn with_bytes(&self, bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            kind: self.kind,
        }
    }

    /// What the responses answer; GET for those that are none.
    pub fn asked(&self) -> Asked {
        match self.kind {
            Kind::Requests => Asked::Get,
            Kind::Responses { asked, .. } => asked,
        }
    }

    pub fn closes(&self) -> bool {
        matches!(self.kind, Kind::Responses { closes: true, .. })
    }

    pub fn is_lenient(&self) -> bool {
        matches!(self.kind, Kind::Responses { lenient: true, .. })
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.bytes.escape_ascii())?;
        match self.kind {
            Kind::Requests => Ok(()),
            Kind::Responses {
                asked,
                closes,
                lenient,
            } => {
                let end = if closes { ", then closed" } else { "" };
                let manner = if lenient { ", leniently" } else { "" };
                write!(f, " to {asked:?}{end}{manner}")
            }
        }
    }
}
