//! What the reactor can hold: a closed set of types, each as one variant of a small enum.

pub(crate) mod bell;
pub(crate) mod channel;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) mod child;
#[cfg(all(unix, feature = "signals"))]
pub(crate) mod signals;
pub(crate) mod stdin;

use std::fmt;
#[cfg(unix)]
use std::fs::File;
use std::io;
#[cfg(unix)]
use std::io::{PipeReader, PipeWriter};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
#[cfg(unix)]
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
#[cfg(windows)]
use std::os::windows::io::{AsSocket, BorrowedSocket, OwnedSocket};
use std::sync::Arc;

#[cfg(any(test, feature = "script"))]
use crate::script::Probe;
use crate::source::bell::Bell;
use crate::source::channel::{AnyReceiver, Receiver};
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::source::child::ChildExit;
#[cfg(all(unix, feature = "signals"))]
use crate::source::signals::Signals;
use crate::source::stdin::Stdin;

/// A type that a [`Reactor`](crate::Reactor) can own and watch.
///
/// | source | systems | what READABLE, WRITABLE mean |
/// |---|---|---|
/// | [`TcpListener`], [`UnixListener`](std::os::unix::net::UnixListener) | all, Unix | a connection waits |
/// | [`TcpStream`], [`UnixStream`](std::os::unix::net::UnixStream) | all, Unix | bytes or the end wait; there is room |
/// | [`UdpSocket`], [`UnixDatagram`](std::os::unix::net::UnixDatagram) | all, Unix | a datagram waits; there is room for one |
/// | [`PipeReader`](std::io::PipeReader), [`PipeWriter`](std::io::PipeWriter) | Unix | as a stream's direction |
/// | [`File`](std::fs::File), [`OwnedFd`](std::os::fd::OwnedFd) | Unix | whatever [poll(2)] says of the descriptor: terminals, FIFOs, eventfds, inotify, devices; regular files and directories are refused |
/// | [`Stdin`](crate::Stdin) | all | bytes or the end wait |
/// | [`Receiver`](crate::Receiver) | all | a message or the end waits |
/// | `ChildExit` | Linux, Android | the child has exited |
/// | `Signals` | Unix, feature `signals` | a signal has come |
///
/// Sealed. The reactor's memory safety rests on these types answering with the same descriptor every time and on
/// none of them closing it through a shared reference; a foreign type could do either. Everything that std offers on
/// `&TcpStream` and its kin works on the reference that [`get`](crate::Reactor::get) returns. A socket configured
/// by other means (`socket2`) converts into one of these; so does any other descriptor, into an `OwnedFd`, or into a
/// `File` for those that can be read and written.
///
/// [poll(2)]: https://man7.org/linux/man-pages/man2/poll.2.html
pub trait Source: sealed::Stored {}

/// A [`Source`] that yields connections: [`TcpListener`], and on Unix
/// [`UnixListener`](std::os::unix::net::UnixListener).
pub trait Listener: Source {
    /// What is accepted.
    type Stream: Source;
    /// How the system describes the peer.
    type Address;
    /// Whether what [`accept_one`](Self::accept_one) accepts is non-blocking from the start, which saves a call.
    const ACCEPTS_NONBLOCKING: bool = false;

    /// One bare accept(2), with none of the care that [`Reactor::accept`](crate::Reactor::accept) takes. What is
    /// accepted is non-blocking on Linux, and may be anywhere.
    ///
    /// # Errors
    ///
    /// Those of the type's own `accept`.
    fn accept_one(&self) -> io::Result<(Self::Stream, Self::Address)>;
}

impl Listener for TcpListener {
    type Stream = TcpStream;
    type Address = SocketAddr;

    #[cfg(any(target_os = "linux", target_os = "android"))]
    const ACCEPTS_NONBLOCKING: bool = true;

    /// accept4(2) with both flags.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn accept_one(&self) -> io::Result<(TcpStream, SocketAddr)> {
        use rustix::net::{SocketFlags, acceptfrom_with};
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (stream, address) = acceptfrom_with(self, flags)?;
        let address = address.ok_or(io::ErrorKind::InvalidData)?;
        Ok((stream.into(), SocketAddr::try_from(address)?))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
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

/// A [`Source`] with two directions that end one by one: [`TcpStream`], and on Unix
/// [`UnixStream`](std::os::unix::net::UnixStream).
pub trait Stream: Source {
    /// A bare shutdown(2).
    ///
    /// # Errors
    ///
    /// Those of the type's own `shutdown`.
    fn shut(&self, how: Shutdown) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn shut(&self, how: Shutdown) -> io::Result<()> {
        self.shutdown(how)
    }
}

#[cfg(unix)]
impl Stream for UnixStream {
    fn shut(&self, how: Shutdown) -> io::Result<()> {
        self.shutdown(how)
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

/// Anything that lends its descriptor (Unix) or its socket (Windows).
#[cfg(unix)]
pub use std::os::fd::AsFd as AsDescriptor;
/// Anything that lends its descriptor (Unix) or its socket (Windows).
#[cfg(windows)]
pub use std::os::windows::io::AsSocket as AsDescriptor;

/// What the poller is asked to watch.
#[cfg(unix)]
pub(crate) type Descriptor<'a> = BorrowedFd<'a>;
/// What the poller is asked to watch.
#[cfg(windows)]
pub(crate) type Descriptor<'a> = BorrowedSocket<'a>;

/// How a source comes to be reported.
pub(crate) enum Watch<'a> {
    /// The poller watches this.
    Descriptor(Descriptor<'a>),
    /// Somebody rings.
    Bell(&'a Arc<Bell>),
    /// A script says so.
    #[cfg(any(test, feature = "script"))]
    Nothing,
}

/// A descriptor that somebody else owns as well and whose modes are not ours to change; what
/// [`select`](crate::select()) watches.
#[expect(unnameable_types, reason = "named by the sealed trait only")]
pub struct Lent(
    #[cfg(unix)] pub(crate) OwnedFd,
    #[cfg(windows)] pub(crate) OwnedSocket,
);

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
        /// Makes every operation return instead of wait; refuses what cannot be watched.
        fn prepare(&self) -> io::Result<()>;
    }
}

macro_rules! sources {
    ($($(#[$cfg:meta])* $name:ident, $descriptor:ident, $prepare:expr;)+) => {
        /// Any of the sources. The types of the set name their descriptor the same way for as long as they live.
        #[expect(unnameable_types, reason = "named by the sealed trait only")]
        pub enum AnySource {
            $($(#[$cfg])* $name($name),)+
            /// The largest of the set, and one to a program at most.
            Stdin(Box<Stdin>),
            /// A [`Receiver`] of some type. Boxed twice, since a wide pointer would widen every other source.
            Receiver(Box<Box<dyn AnyReceiver>>),
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

                fn prepare(&self) -> io::Result<()> {
                    let prepare: fn(&Self) -> io::Result<()> = $prepare;
                    prepare(self)
                }
            }
        )+

        impl AnySource {
            pub(crate) fn watch(&self) -> Watch<'_> {
                match self {
                    $($(#[$cfg])* Self::$name(source) => watch!($descriptor source),)+
                    Self::Stdin(stdin) => stdin.watch(),
                    Self::Receiver(receiver) => Watch::Bell(receiver.bell()),
                }
            }
        }
    };
}

macro_rules! watch {
    (std $source:ident) => {{
        #[cfg(unix)]
        let descriptor = $source.as_fd();
        #[cfg(windows)]
        let descriptor = $source.as_socket();
        Watch::Descriptor(descriptor)
    }};
    (own $source:ident) => {
        $source.watch()
    };
}

sources! {
    TcpListener, std, |socket| socket.set_nonblocking(true);
    TcpStream, std, |socket| socket.set_nonblocking(true);
    UdpSocket, std, |socket| socket.set_nonblocking(true);
    #[cfg(unix)] UnixListener, std, |socket| socket.set_nonblocking(true);
    #[cfg(unix)] UnixStream, std, |socket| socket.set_nonblocking(true);
    #[cfg(unix)] UnixDatagram, std, |socket| socket.set_nonblocking(true);
    #[cfg(unix)] PipeReader, std, |pipe| set_nonblocking(pipe.as_fd());
    #[cfg(unix)] PipeWriter, std, |pipe| set_nonblocking(pipe.as_fd());
    #[cfg(unix)] File, std, |file| refuse_files(file.as_fd()).and_then(|()| set_nonblocking(file.as_fd()));
    #[cfg(unix)] OwnedFd, std, |fd| refuse_files(fd.as_fd()).and_then(|()| set_nonblocking(fd.as_fd()));
    Lent, own, |lent| lent.refuse_files();
    #[cfg(any(target_os = "linux", target_os = "android"))] ChildExit, std, |_| Ok(());
    #[cfg(all(unix, feature = "signals"))] Signals, std, |_| Ok(());
    #[cfg(any(test, feature = "script"))] Probe, own, |_| Ok(());
}

impl Source for Stdin {}

impl sealed::Stored for Stdin {
    fn pack(self) -> AnySource {
        AnySource::Stdin(Box::new(self))
    }

    fn view(any: &AnySource) -> Option<&Self> {
        match any {
            AnySource::Stdin(source) => Some(source),
            _ => None,
        }
    }

    fn unpack(any: AnySource) -> Result<Self, AnySource> {
        match any {
            AnySource::Stdin(source) => Ok(*source),
            other => Err(other),
        }
    }

    fn prepare(&self) -> io::Result<()> {
        Ok(())
    }
}

impl<T: Send + 'static> Source for Receiver<T> {}

impl<T: Send + 'static> sealed::Stored for Receiver<T> {
    fn pack(self) -> AnySource {
        AnySource::Receiver(Box::new(Box::new(self)))
    }

    fn view(any: &AnySource) -> Option<&Self> {
        match any {
            AnySource::Receiver(source) => source.as_any().downcast_ref(),
            _ => None,
        }
    }

    fn unpack(any: AnySource) -> Result<Self, AnySource> {
        match any {
            AnySource::Receiver(source) if source.as_any().is::<Self>() => {
                match source.into_any().downcast() {
                    Ok(source) => Ok(*source),
                    Err(_) => unreachable!("asked above"),
                }
            }
            other => Err(other),
        }
    }

    fn prepare(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Lent {
    fn watch(&self) -> Watch<'_> {
        let Self(lent) = self;
        watch!(std lent)
    }

    fn refuse_files(&self) -> io::Result<()> {
        #[cfg(unix)]
        refuse_files(self.0.as_fd())?;
        Ok(())
    }
}

/// Files of a file system are always ready, as [poll(2)] says and epoll refuses to: watching one is a mistake
/// on some systems and a busy loop on the others.
///
/// [poll(2)]: https://man7.org/linux/man-pages/man2/poll.2.html
#[cfg(unix)]
fn refuse_files(fd: BorrowedFd<'_>) -> io::Result<()> {
    use rustix::fs::FileType;
    let kind = match FileType::from_raw_mode(rustix::fs::fstat(fd)?.st_mode) {
        FileType::RegularFile => "a regular file",
        FileType::Directory => "a directory",
        FileType::BlockDevice => "a block device",
        _ => return Ok(()),
    };
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        format!(
            "{kind} is always ready and cannot be watched; read it in place, or in a thread with a channel"
        ),
    ))
}

#[cfg(unix)]
fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let flags = fcntl_getfl(fd)?;
    if !flags.contains(OFlags::NONBLOCK) {
        fcntl_setfl(fd, flags | OFlags::NONBLOCK)?;
    }
    Ok(())
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
