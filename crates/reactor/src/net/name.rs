//! What a socket is called: getsockname and getpeername for every family.

use std::fmt::{self, Write as _};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use socket2::{SockAddr, SockRef, Socket};

use super::error::refused;
use crate::source::AsDescriptor;

/// What one end of a socket is called.
///
/// It is shown as `127.0.0.1:80`, `/run/x.sock`, `@name` for an abstract one, `unnamed`. Bytes that a terminal
/// would not show as they are come out escaped, since a peer chooses its own name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Name {
    /// An IP address and port.
    Inet(SocketAddr),
    /// A Unix-domain socket's file, as it was bound: relative to the directory its program was in.
    Path(PathBuf),
    /// A Unix-domain name without a file, the leading zero byte removed. Linux and Android.
    Abstract(Vec<u8>),
    /// A Unix-domain socket that was never bound.
    Unnamed,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(address) => address.fmt(f),
            Self::Path(path) => Escaped(path.as_os_str().as_encoded_bytes()).fmt(f),
            Self::Abstract(name) => write!(f, "@{}", Escaped(name)),
            Self::Unnamed => f.write_str("unnamed"),
        }
    }
}

/// What this end of the socket is called, getsockname(2)
/// (<https://man7.org/linux/man-pages/man2/getsockname.2.html>).
///
/// # Errors
///
/// The system's, or [`Unsupported`](io::ErrorKind::Unsupported) for a family that is neither IP nor Unix.
pub fn local_name<S: AsDescriptor>(socket: &S) -> io::Result<Name> {
    let socket = SockRef::from(socket);
    let address = socket.local_addr().map_err(|error| {
        let attempt = "read the socket's local name".to_owned();
        refused(attempt, error, "ask a socket that is open")
    })?;
    name(&address)
}

/// What the other end of the socket is called, getpeername(2)
/// (<https://man7.org/linux/man-pages/man2/getpeername.2.html>).
///
/// # Errors
///
/// [`NotConnected`](io::ErrorKind::NotConnected) when there is no other end, or those of [`local_name`].
pub fn peer_name<S: AsDescriptor>(socket: &S) -> io::Result<Name> {
    let socket = SockRef::from(socket);
    let address = socket.peer_addr().map_err(|error| {
        let attempt = format!("read the peer's name of {}", describe(&socket));
        refused(attempt, error, "ask a socket that is connected")
    })?;
    name(&address)
}

/// The socket in an error's text.
pub(super) fn describe(socket: &Socket) -> String {
    match socket.local_addr().and_then(|address| name(&address)) {
        Ok(Name::Unnamed) => "an unnamed socket".to_owned(),
        Ok(name) => name.to_string(),
        Err(_) => "what has no address".to_owned(),
    }
}

fn name(address: &SockAddr) -> io::Result<Name> {
    if let Some(address) = address.as_socket() {
        return Ok(Name::Inet(address));
    }
    unix_name(address).ok_or_else(|| {
        let attempt = "tell a socket's name".to_owned();
        let reason = format!("its address family is {}", address.family());
        let error = io::Error::new(io::ErrorKind::Unsupported, reason);
        refused(attempt, error, "ask an IP or Unix-domain socket")
    })
}

#[cfg(unix)]
fn unix_name(address: &SockAddr) -> Option<Name> {
    if let Some(path) = address.as_pathname() {
        Some(Name::Path(path.to_owned()))
    } else if let Some(name) = address.as_abstract_namespace().filter(|n| !n.is_empty()) {
        Some(Name::Abstract(name.to_owned()))
    } else {
        address.is_unix().then_some(Name::Unnamed)
    }
}

/// Windows has Unix-domain sockets that std does not know.
#[cfg(not(unix))]
fn unix_name(_: &SockAddr) -> Option<Name> {
    None
}

/// Bytes of a name, fit for a terminal: text as it is, everything else as an escape.
pub(super) struct Escaped<'a>(pub(super) &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for char in chunk.valid().chars() {
                // Quotes are harmless here.
                match char {
                    '\'' | '"' => f.write_char(char)?,
                    _ => write!(f, "{}", char.escape_debug())?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream, UdpSocket};

    use super::*;

    #[track_caller]
    fn check(name: Name, expected: &str) {
        assert_eq!(name.to_string(), expected);
    }

    #[test]
    fn names_are_shown_without_surprises() {
        check(Name::Inet("[::1]:80".parse().unwrap()), "[::1]:80");
        check(Name::Path("/tmp/it's é.sock".into()), "/tmp/it's é.sock");
        check(
            Name::Path("a\\b\u{1b}[2J\u{202e}".into()),
            "a\\\\b\\u{1b}[2J\\u{202e}",
        );
        check(Name::Abstract(b"a\xff\0b\n".to_vec()), "@a\\xff\\0b\\n");
        check(Name::Unnamed, "unnamed");
    }

    #[test]
    fn both_ends_of_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stream = TcpStream::connect(address).unwrap();
        assert_eq!(local_name(&listener).unwrap(), Name::Inet(address));
        assert_eq!(peer_name(&stream).unwrap(), Name::Inet(address));
        let near = stream.local_addr().unwrap();
        assert_eq!(local_name(&stream).unwrap(), Name::Inet(near));
    }

    #[test]
    fn nobody_at_the_other_end() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let error = peer_name(&socket).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotConnected);
        let start = format!(
            "cannot read the peer's name of {}: ",
            socket.local_addr().unwrap()
        );
        assert!(error.to_string().starts_with(&start), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn unix_names() {
        use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("é\u{1}");
        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(local_name(&listener).unwrap(), Name::Path(path.clone()));
        let near = UnixStream::connect(&path).unwrap();
        assert_eq!(peer_name(&near).unwrap(), Name::Path(path));
        assert_eq!(local_name(&near).unwrap(), Name::Unnamed);
        assert!(
            local_name(&listener)
                .unwrap()
                .to_string()
                .ends_with("/é\\u{1}")
        );
        let unbound = UnixDatagram::unbound().unwrap();
        assert_eq!(local_name(&unbound).unwrap(), Name::Unnamed);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn abstract_names() {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::{SocketAddr, UnixDatagram};

        let name = format!("barewire\n{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        let told = local_name(&socket).unwrap();
        assert_eq!(told, Name::Abstract(name.clone().into_bytes()));
        assert_eq!(told.to_string(), format!("@{}", name.replace('\n', "\\n")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn other_families_say_so() {
        // 16 is AF_NETLINK.
        let socket = Socket::new(16.into(), socket2::Type::DGRAM, None).unwrap();
        let error = local_name(&socket).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert_eq!(
            error.to_string(),
            "cannot tell a socket's name: its address family is 16; ask an IP or Unix-domain socket"
        );
    }
}
