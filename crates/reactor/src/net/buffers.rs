//! Buffer sizes: what is asked for and what is granted.

use std::io;

use socket2::{SockRef, Socket};

use super::error::refused;
use super::name::describe;
use crate::source::AsDescriptor;

/// What the system granted for a socket's buffers, in bytes and in the terms of a request: what was asked for and
/// granted in full is told unchanged, on every system.
///
/// Linux reserves twice the request, the other half for its own bookkeeping, and `getsockopt` tells that
/// (socket(7), <https://man7.org/linux/man-pages/man7/socket.7.html>); here it is halved again. It grants
/// `net.core.rmem_max` and `net.core.wmem_max` at most, without an error, and some two kilobytes at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Buffers {
    /// Of `SO_RCVBUF`.
    pub receive_bytes: usize,
    /// Of `SO_SNDBUF`.
    pub send_bytes: usize,
}

/// What the system granted.
///
/// # Errors
///
/// The system's, with the socket's address.
pub fn buffers<S: AsDescriptor>(socket: &S) -> io::Result<Buffers> {
    let socket = SockRef::from(socket);
    Ok(Buffers {
        receive_bytes: granted(&socket, "SO_RCVBUF", Socket::recv_buffer_size)?,
        send_bytes: granted(&socket, "SO_SNDBUF", Socket::send_buffer_size)?,
    })
}

/// Asks for room for bytes received and not yet read, `SO_RCVBUF`, and returns what was granted, in the terms of
/// [`Buffers`]. A TCP buffer no longer grows by itself then.
///
/// # Errors
///
/// The system's. macOS and the BSDs refuse what is above `kern.ipc.maxsockbuf`; Linux and Windows do not refuse.
pub fn set_receive_buffer_bytes<S: AsDescriptor>(socket: &S, bytes: usize) -> io::Result<usize> {
    let socket = SockRef::from(socket);
    socket
        .set_recv_buffer_size(request(bytes))
        .map_err(|error| too_much(&socket, "SO_RCVBUF", bytes, error))?;
    granted(&socket, "SO_RCVBUF", Socket::recv_buffer_size)
}

/// Asks for room for bytes written and not yet sent, `SO_SNDBUF`, and returns what was granted, like
/// [`set_receive_buffer_bytes`].
///
/// # Errors
///
/// Those of [`set_receive_buffer_bytes`].
pub fn set_send_buffer_bytes<S: AsDescriptor>(socket: &S, bytes: usize) -> io::Result<usize> {
    let socket = SockRef::from(socket);
    socket
        .set_send_buffer_size(request(bytes))
        .map_err(|error| too_much(&socket, "SO_SNDBUF", bytes, error))?;
    granted(&socket, "SO_SNDBUF", Socket::send_buffer_size)
}

fn granted(
    socket: &Socket,
    option: &str,
    read: fn(&Socket) -> io::Result<usize>,
) -> io::Result<usize> {
    const DOUBLED: usize = if cfg!(any(target_os = "linux", target_os = "android")) {
        2
    } else {
        1
    };
    read(socket).map(|bytes| bytes / DOUBLED).map_err(|error| {
        let attempt = format!("read {option} of {}", describe(socket));
        refused(attempt, error, "ask a socket")
    })
}

fn too_much(socket: &Socket, option: &str, bytes: usize, error: io::Error) -> io::Error {
    let attempt = format!("set {option} to {bytes} for {}", describe(socket));
    refused(attempt, error, "ask for less, or raise the system's limit")
}

/// A size as the system takes it: an int. Systems that cap requests cap this one too.
pub(super) const fn request(bytes: usize) -> usize {
    if bytes > i32::MAX as usize {
        i32::MAX as usize
    } else {
        bytes
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn sizes_saturate() {
        assert_eq!(request(0), 0);
        assert_eq!(request(usize::MAX), 0x7fff_ffff);
    }

    #[test]
    fn a_grant_is_told_in_the_terms_of_the_request() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(set_receive_buffer_bytes(&socket, 40_000).unwrap(), 40_000);
        assert_eq!(set_send_buffer_bytes(&socket, 50_000).unwrap(), 50_000);
        let expected = Buffers {
            receive_bytes: 40_000,
            send_bytes: 50_000,
        };
        assert_eq!(buffers(&socket).unwrap(), expected);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_grants_its_limit_at_most() {
        let limit = |name| {
            let text = std::fs::read_to_string(format!("/proc/sys/net/core/{name}")).unwrap();
            text.trim().parse::<usize>().unwrap()
        };
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let receive = set_receive_buffer_bytes(&socket, usize::MAX).unwrap();
        assert_eq!(receive, limit("rmem_max"));
        let send = set_send_buffer_bytes(&socket, 1 << 40).unwrap();
        assert_eq!(send, limit("wmem_max"));
        let least = set_receive_buffer_bytes(&socket, 0).unwrap();
        assert!((1..5000).contains(&least), "{least}");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_socket_is_refused() {
        let file = std::fs::File::open("/dev/null").unwrap();
        let error = buffers(&file).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("cannot read SO_RCVBUF of "), "{text}");
    }
}
