//! Sockets with their options: builders for what has to be set before bind(2) or connect(2), functions for what std
//! lacks on a socket that exists.
//!
//! A builder makes a socket of std, and a reactor then owns it:
//!
//! ```
//! use barewire_reactor::net::{TcpListen, Udp, buffers};
//! use barewire_reactor::{Interest, Reactor};
//!
//! # fn main() -> std::io::Result<()> {
//! let mut reactor = Reactor::new()?;
//! let listener = TcpListen::new().backlog(256).bind(([127, 0, 0, 1], 0).into())?;
//! reactor.insert(listener, Interest::READABLE)?;
//!
//! let socket = Udp::new().receive_buffer_bytes(64 * 1024).bind(([127, 0, 0, 1], 0).into())?;
//! assert!(buffers(&socket)?.receive_bytes >= 64 * 1024);
//! reactor.insert(socket, Interest::READABLE)?;
//! # Ok(())
//! # }
//! ```
//!
//! A builder is a value: keep it, clone it, bind with it as often as there are addresses. Its switches take a `bool`
//! like those of [`std::fs::OpenOptions`]. It sets what it was told to set and what this table gives a default
//! other than "system's"; the rest stays as the system has it.
//!
//! # Options
//!
//! L is [`TcpListen`], C [`TcpConnect`], U [`Udp`], X [`UnixListen`]. "std" is a method of std's socket, which
//! works on the reference that [`Reactor::get`](crate::Reactor::get) returns.
//!
//! | option | constant | where | default | systems |
//! |---|---|---|---|---|
//! | `reuse_address` | `SO_REUSEADDR` | L U | L: on on Unix, off on Windows; U: off | all, in three meanings: see [`TcpListen::reuse_address`] |
//! | `reuse_port` | `SO_REUSEPORT`, FreeBSD `SO_REUSEPORT_LB` | L U | off | Unix; shares the load on Linux, Android, FreeBSD, DragonFly |
//! | `backlog` | listen(2) | L X | 1024 | all, each with a ceiling of its own |
//! | `dual_stack` | `IPV6_V6ONLY` | L U | off: `[::]` is IPv6 alone | all but OpenBSD, which has no dual stack |
//! | `receive_buffer_bytes` | `SO_RCVBUF` | L C U, [`set_receive_buffer_bytes`] | system's | all |
//! | `send_buffer_bytes` | `SO_SNDBUF` | L C U, [`set_send_buffer_bytes`] | system's | all |
//! | `bind_interface` | `SO_BINDTODEVICE`, Apple `IP_BOUND_IF` and `IPV6_BOUND_IF` | L C U | any | Linux, Android, Apple |
//! | `local_address` | bind(2) | C | system's | all |
//! | `nodelay` | `TCP_NODELAY` | C, std | off | all |
//! | `keepalive` | `SO_KEEPALIVE` | C, [`set_keepalive`] | off | all |
//! | `keepalive`: idle | `TCP_KEEPIDLE`, Apple `TCP_KEEPALIVE` | C, [`set_keepalive`] | system's | all but OpenBSD, Haiku |
//! | `keepalive`: interval, retries | `TCP_KEEPINTVL`, `TCP_KEEPCNT` | C, [`set_keepalive`] | system's | Linux, Android, Apple, FreeBSD, NetBSD, DragonFly, illumos, Windows |
//! | `linger` | `SO_LINGER`, Apple `SO_LINGER_SEC` | C, [`set_linger`] | off | all |
//! | `broadcast` | `SO_BROADCAST` | U, std | off | all |
//! | `ttl` | `IP_TTL`, `IPV6_UNICAST_HOPS` | U, std for IPv4 | system's | all |
//! | `multicast_ttl` | `IP_MULTICAST_TTL`, `IPV6_MULTICAST_HOPS` | U, std for IPv4 | system's, 1 | all |
//! | `multicast_loop` | `IP_MULTICAST_LOOP`, `IPV6_MULTICAST_LOOP` | U, std | system's, on | all; sender's side, on Windows the receiver's |
//! | `multicast_interface` | `IP_MULTICAST_IF`, `IPV6_MULTICAST_IF` | U | by route | all; an IPv4 index not on NetBSD, illumos |
//! | `join` | `IP_ADD_MEMBERSHIP`, `IPV6_JOIN_GROUP` | U, [`join_group`], std | none | all; an IPv4 index not on NetBSD, OpenBSD, illumos |
//! | – | `IP_MULTICAST_ALL`, `IPV6_MULTICAST_ALL` | U with a group | off | Linux; the others never had it on |
//! | `mode` | chmod(2) | X | by umask | Unix |
//! | pending error | `SO_ERROR` | std: `take_error` | – | all |
//!
//! Further reading: socket(7) <https://man7.org/linux/man-pages/man7/socket.7.html>, tcp(7)
//! <https://man7.org/linux/man-pages/man7/tcp.7.html>, ip(7) <https://man7.org/linux/man-pages/man7/ip.7.html>, ipv6(7)
//! <https://man7.org/linux/man-pages/man7/ipv6.7.html>, and Windows
//! <https://learn.microsoft.com/en-us/windows/win32/winsock/socket-options>.
//!
//! # Errors
//!
//! Every error is an [`io::Error`](std::io::Error) of the system's kind whose text says what was tried, with which
//! value, on which address, and what to do about it; inside is a [`SocketError`], which has the system's own error.
//!
//! # Names and descriptors
//!
//! [`local_name`] and [`peer_name`] answer for a socket of any family. The descriptor itself (`fileno` elsewhere) is
//! what every source lends: `as_fd` and `as_raw_fd` on Unix, `as_socket` and `as_raw_socket` on Windows. Look, set
//! options, but never close it: a reactor owns it.
//!
//! # What a child inherits
//!
//! Nothing: every socket made here is close-on-exec, or not inheritable on Windows. Nor does writing to a
//! connection that is gone raise SIGPIPE: std's programs ignore the signal, and Apple's sockets have `SO_NOSIGPIPE`
//! on.

mod buffers;
mod connect;
mod draft;
mod error;
mod interface;
mod listen;
mod multicast;
mod name;
mod options;
mod udp;
#[cfg(unix)]
mod unix_listen;

pub use buffers::{Buffers, buffers, set_receive_buffer_bytes, set_send_buffer_bytes};
pub use connect::{Connecting, TcpConnect};
pub use error::SocketError;
pub use interface::{Interface, interface_index};
pub use listen::TcpListen;
pub use multicast::join_group;
pub use name::{Name, local_name, peer_name};
pub use options::{Keepalive, set_keepalive, set_linger};
pub use udp::Udp;
#[cfg(unix)]
pub use unix_listen::UnixListen;
