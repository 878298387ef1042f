//! What the reactor can hold: a closed set of sockets, each as one variant of a small enum.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
#[cfg(unix)]
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
#[cfg(windows)]
use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket, RawSocket};

/// A type that a [`Reactor`](crate::Reactor) can own and watch: [`TcpListener`], [`TcpStream`], [`UdpSocket`], and on
/// Unix [`UnixListener`](std::os::unix::net::UnixListener), [`UnixStream`](std::os::unix::net::UnixStream),
/// [`UnixDatagram`](std::os::unix::net::UnixDatagram).
///
/// Sealed. The reactor's memory safety rests on these types answering with the same descriptor every time and on
/// none of them closing it through a shared reference; a foreign type could do either. Everything that std offers on
/// `&TcpStream` and its kin works on the reference that [`get`](crate::Reactor::get) returns. A socket configured
/// by other means (`socket2`) converts into one of these.
pub trait Source: sealed::Stored {}

/// A [`Source`] that yields connections: [`TcpListener`], and on Unix
/// [`UnixListener`](std::os::unix::net::UnixListener).
pub trait Listener: Source {
    /// What is accepted.
    type Stream: Source;
    /// How the system describes the peer.
    type Address;

    /// One bare accept(2), with none of the care that [`Reactor::accept`](crate::Reactor::accept) takes.
    ///
    /// # Errors
    ///
    /// Those of the type's own `accept`.
    fn accept_one(&self) -> io::Result<(Self::Stream, Self::Address)>;
}

impl Listener for TcpListener {
    type Stream = TcpStream;
    type Address = SocketAddr;

    fn accept_one(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.accept()
    }
}

#[cfg(unix)]
impl Listener for UnixListener {
    type Stream = UnixStream;
    type Address = std::os::unix::net::SocketAddr;

    fn accept_one(&self) -> io::Result<(UnixStream, std::os::unix::net::SocketAddr)> {
        self.accept()
    }
}

/// A source that could not be inserted, and why. Converts into [`io::Error`] for `?`, which drops the source.
pub struct InsertError<S> {
    /// The source, given back. It may be in non-blocking mode by now.
    pub source: S,
    /// The system's reason.
    pub error: io::Error,
}

impl<S> fmt::Debug for InsertError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertError")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl<S> fmt::Display for InsertError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot watch the source: {}", self.error)
    }
}

impl<S> std::error::Error for InsertError<S> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl<S> From<InsertError<S>> for io::Error {
    fn from(error: InsertError<S>) -> Self {
        error.error
    }
}

pub(crate) mod sealed {
    use super::{AnySource, io};

    /// The way into and out of the enum.
    #[expect(
        unnameable_types,
        reason = "the seal: the compiler sees it, callers cannot name it"
    )]
    pub trait Stored: Sized + 'static {
        /// Packs the source.
        fn pack(self) -> AnySource;
        /// The source, if the enum holds this type.
        fn view(any: &AnySource) -> Option<&Self>;
        /// Unpacks the source; gives the enum back if it holds another type.
        fn unpack(any: AnySource) -> Result<Self, AnySource>;
        /// Makes every operation return instead of wait.
        fn make_nonblocking(&self) -> io::Result<()>;
    }
}

macro_rules! sources {
    ($($(#[$cfg:meta])* $name:ident;)+) => {
        /// Any of the sources. The types of the set name their descriptor the same way for as long as they live.
        #[expect(unnameable_types, reason = "named by the sealed trait only")]
        pub enum AnySource {
            $($(#[$cfg])* $name($name),)+
        }

        $(
            $(#[$cfg])*
            impl Source for $name {}

            $(#[$cfg])*
            impl sealed::Stored for $name {
                fn pack(self) -> AnySource {
                    AnySource::$name(self)
                }

                fn view(any: &AnySource) -> Option<&Self> {
                    match any {
                        AnySource::$name(source) => Some(source),
                        _ => None,
                    }
                }

                fn unpack(any: AnySource) -> Result<Self, AnySource> {
                    match any {
                        AnySource::$name(source) => Ok(source),
                        other => Err(other),
                    }
                }

                fn make_nonblocking(&self) -> io::Result<()> {
                    self.set_nonblocking(true)
                }
            }
        )+

        #[cfg(unix)]
        impl AsFd for AnySource {
            fn as_fd(&self) -> BorrowedFd<'_> {
                match self {
                    $($(#[$cfg])* Self::$name(source) => source.as_fd(),)+
                }
            }
        }

        #[cfg(unix)]
        impl AsRawFd for AnySource {
            fn as_raw_fd(&self) -> RawFd {
                self.as_fd().as_raw_fd()
            }
        }

        #[cfg(windows)]
        impl AsSocket for AnySource {
            fn as_socket(&self) -> BorrowedSocket<'_> {
                match self {
                    $($(#[$cfg])* Self::$name(source) => source.as_socket(),)+
                }
            }
        }

        #[cfg(windows)]
        impl AsRawSocket for AnySource {
            fn as_raw_socket(&self) -> RawSocket {
                self.as_socket().as_raw_socket()
            }
        }
    };
}

sources! {
    TcpListener;
    TcpStream;
    UdpSocket;
    #[cfg(unix)] UnixListener;
    #[cfg(unix)] UnixStream;
    #[cfg(unix)] UnixDatagram;
}

#[cfg(test)]
mod tests {
    use super::sealed::Stored;
    use super::*;

    #[test]
    fn a_source_comes_back_as_its_own_type_only() {
        let any = UdpSocket::bind("127.0.0.1:0").unwrap().pack();
        assert!(TcpStream::view(&any).is_none());
        assert!(UdpSocket::view(&any).is_some());
        let any = TcpListener::unpack(any).err().unwrap();
        assert!(UdpSocket::unpack(any).is_ok());
    }

    #[test]
    fn the_error_says_what_failed_and_keeps_its_cause() {
        let error = InsertError {
            source: 7,
            error: io::Error::other("no room"),
        };
        assert_eq!(error.to_string(), "cannot watch the source: no room");
        assert!(std::error::Error::source(&error).is_some());
        assert_eq!(error.source, 7);
        assert_eq!(io::Error::from(error).to_string(), "no room");
    }
}
