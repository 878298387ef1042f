//! Where clients come in.

#[cfg(unix)]
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener};
#[cfg(unix)]
use std::os::unix::net::UnixListener;
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(unix)]
use barewire_command::fault::reason;
use barewire_reactor::net::{Keepalive, SocketError, TcpListen, set_keepalive};
use barewire_reactor::{Interest, Key, RawKey, Reactor};

use crate::client::Link;
use crate::config::{Endpoint, LISTEN};

/// One place where clients come in.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Tcp {
        /// In the reactor.
        key: Key<TcpListener>,
        /// The address that was bound.
        address: SocketAddr,
    },
    /// A Unix-domain socket.
    #[cfg(unix)]
    Unix {
        /// In the reactor.
        key: Key<UnixListener>,
        /// Its file.
        path: PathBuf,
    },
}

/// A client that has come in.
#[derive(Debug)]
pub struct Arrival {
    /// What it is read from.
    pub link: Link,
    /// What it is called, but for its number.
    pub name: String,
}

/// What a listener has to say.
#[derive(Debug)]
pub enum Door {
    /// A client.
    In(Arrival),
    /// A client for whom there is no room; what it is called.
    Refused(String),
    /// Nobody more in this turn.
    Quiet,
}

/// A peer that is gone without a word is found out in six minutes.
const KEEPALIVE: Keepalive = Keepalive {
    idle: Some(Duration::from_secs(300)),
    interval: Some(Duration::from_secs(10)),
    retries: Some(6),
};

/// So much of what a client has sent already is taken from it before it is turned away.
const UNREAD_BYTES: usize = 4096;

impl Listener {
    /// Listens, and watches for clients. Where `v6_only`, an IPv6 address does not take IPv4 clients as well.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on; with advice.
    pub fn open(endpoint: &Endpoint, v6_only: bool, reactor: &mut Reactor) -> anyhow::Result<Self> {
        match endpoint {
            Endpoint::Tcp(wanted) => {
                let listener = TcpListen::new()
                    .dual_stack(!v6_only)
                    .bind(*wanted)
                    .map_err(|error| LISTEN.advise(*wanted, SocketError::system_of(error)))?;
                let address = listener.local_addr()?;
                let key = reactor
                    .insert(listener, Interest::READABLE)
                    .map_err(io::Error::from)?;
                Ok(Self::Tcp { key, address })
            }
            #[cfg(unix)]
            Endpoint::Unix(path) => {
                let listener = barewire_reactor::net::UnixListen::new().bind(path)?;
                let key = reactor
                    .insert(listener, Interest::READABLE)
                    .map_err(io::Error::from)?;
                let path = path.clone();
                Ok(Self::Unix { key, path })
            }
            #[cfg(not(unix))]
            Endpoint::Unix(path) => anyhow::bail!("no Unix sockets here: {}", path.display()),
        }
    }

    /// Its key in the reactor.
    #[must_use]
    pub fn raw(&self) -> RawKey {
        match self {
            Self::Tcp { key, .. } => key.raw(),
            #[cfg(unix)]
            Self::Unix { key, .. } => key.raw(),
        }
    }

    /// Lets one client in, or turns it away with a line if there is no room.
    ///
    /// # Errors
    ///
    /// The listener's own, which will not go away.
    pub fn answer(&self, reactor: &mut Reactor, room: Room) -> io::Result<Door> {
        match self {
            Self::Tcp { key, .. } => {
                let Room::Left = room else {
                    let Some((mut stream, peer)) = reactor.accept(*key)? else {
                        return Ok(Door::Quiet);
                    };
                    turn_away(&mut stream, room);
                    return Ok(Door::Refused(canonical(peer).to_string()));
                };
                let Some((client, peer)) = reactor.admit(*key, Interest::READABLE)? else {
                    return Ok(Door::Quiet);
                };
                if let Some(stream) = reactor.get(client) {
                    // A system that lacks a part of it still has the rest, or none; the client is as good.
                    let _ = set_keepalive(stream, Some(KEEPALIVE));
                }
                Ok(Door::In(Arrival {
                    link: Link::Tcp(client),
                    name: canonical(peer).to_string(),
                }))
            }
            #[cfg(unix)]
            Self::Unix { key, .. } => {
                let Room::Left = room else {
                    let Some((mut stream, _)) = reactor.accept(*key)? else {
                        return Ok(Door::Quiet);
                    };
                    turn_away(&mut stream, room);
                    return Ok(Door::Refused("unix".to_owned()));
                };
                let admitted = reactor.admit(*key, Interest::READABLE)?;
                Ok(admitted.map_or(Door::Quiet, |(client, _)| {
                    Door::In(Arrival {
                        link: Link::Unix(client),
                        name: "unix".to_owned(),
                    })
                }))
            }
        }
    }

    /// Takes no more clients.
    pub fn close(self, reactor: &mut Reactor) {
        // While it listens nobody else can have its path.
        #[cfg(unix)]
        if let Self::Unix { path, .. } = &self {
            remove(path);
        }
        reactor.close(self.raw());
    }
}

/// Whether another client may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// It may.
    Left,
    /// So many are there, and that is the limit.
    None(usize),
}

/// Why a client is turned away who would be one more than so many.
pub(crate) fn full(clients: usize) -> String {
    match clients {
        1 => "1 client is here, which is the limit".to_owned(),
        _ => format!("{clients} clients are here, which is the limit"),
    }
}

/// Says why, as far as it can be said without waiting.
fn turn_away(stream: &mut (impl Read + Write), room: Room) {
    if let Room::None(clients) = room {
        let _ = stream.write(format!("bw-log: {}; try again later\n", full(clients)).as_bytes());
        // Closing a connection that has unread bytes resets it, and some systems drop what was
        // said with it.
        let _ = stream.read(&mut [0; UNREAD_BYTES]);
    }
}

/// An IPv4 peer of a listener for both is called by its IPv4 address.
fn canonical(peer: SocketAddr) -> SocketAddr {
    SocketAddr::new(peer.ip().to_canonical(), peer.port())
}

#[cfg(unix)]
fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        let _ = writeln!(
            io::stderr(),
            "bw-log: cannot remove {}: {}",
            path.display(),
            reason(&error)
        );
    }
}

impl std::fmt::Display for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp { address, .. } => address.fmt(f),
            #[cfg(unix)]
            Self::Unix { path, .. } => write!(f, "unix:{}", path.display()),
        }
    }
}
