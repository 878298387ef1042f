//! Unix-domain listeners that get past the file of a program that is gone.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use socket2::{Domain, SockAddr, Socket, Type};

use super::error::{refused, senseless};
use super::listen::BACKLOG;
use super::name::Escaped;

/// Builds a [`UnixListener`], replacing the socket file that a program left behind when it ended.
///
/// A Unix-domain socket's file outlives its program, and bind(2) refuses a path that exists
/// (<https://man7.org/linux/man-pages/man7/unix.7.html>). Here the file is removed if it is a socket and connecting
/// to it is refused, which is to say that no program has it. Nothing else is ever removed: no other kind of file,
/// no symbolic link, no socket that a program listens on (it sees one connection that ends at once), nor one that
/// this program may not try.
///
/// Programs that bind by this builder take turns, by flock(2) on the directory, so that of several that start at
/// once exactly one gets the path and none removes another's file. Against a program that binds otherwise there is
/// a moment, between its bind(2) and its listen(2), in which its socket looks abandoned. Where the directory cannot
/// be opened or locked (a network file system, say) that holds for all.
///
/// The file stays when the listener is dropped, as with std; remove it when the program ends, or leave it to the next
/// start.
///
/// ```
/// use barewire_reactor::net::UnixListen;
///
/// # fn main() -> std::io::Result<()> {
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("control.sock");
/// let builder = UnixListen::new().mode(0o660);
/// drop(builder.bind(&path)?); // leaves its file behind
/// let listener = builder.bind(&path)?;
/// # drop(listener);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until bind"]
pub struct UnixListen {
    backlog: i32,
    mode: Option<u32>,
}

impl Default for UnixListen {
    fn default() -> Self {
        Self::new()
    }
}

impl UnixListen {
    /// A listener with the defaults.
    pub const fn new() -> Self {
        Self {
            backlog: BACKLOG,
            mode: None,
        }
    }

    /// How many connections the system holds until they are accepted, listen(2). Default 1024. Less than 0 is taken
    /// as 0. As [`TcpListen::backlog`](crate::net::TcpListen::backlog).
    pub const fn backlog(mut self, connections: i32) -> Self {
        self.backlog = connections;
        self
    }

    /// Permission bits of the file, such as `0o600`. Default: all that the umask leaves.
    ///
    /// Who may write may connect; some older systems do not heed it, and the directory's permissions count
    /// everywhere. The bits are set before listen(2), so nobody can connect under any others.
    pub const fn mode(mut self, bits: u32) -> Self {
        self.mode = Some(bits);
        self
    }

    /// Binds `path` and listens. For an abstract name use
    /// [`UnixListener::bind_addr`](std::os::unix::net::UnixListener::bind_addr).
    ///
    /// The listener is in blocking mode, as std's own are, until a reactor takes it.
    ///
    /// # Errors
    ///
    /// [`AddrInUse`](io::ErrorKind::AddrInUse) when the path is taken by a program or by what is no socket,
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when it is empty or too long (107 bytes on Linux, 103 on macOS
    /// and the BSDs), otherwise the system's; as a [`SocketError`](crate::net::SocketError).
    pub fn bind(&self, path: impl AsRef<Path>) -> io::Result<UnixListener> {
        let path = path.as_ref();
        let address = address(path)?;
        let turn = Turn::take(path);
        match self.listen(path, &address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                remove_stale(path, &address, &turn).and_then(|()| self.listen(path, &address))
            }
            result => result,
        }
        .map_err(|error| {
            let advice = bind_advice(error.kind());
            refused(format!("listen on {}", shown(path)), error, advice)
        })
    }

    fn listen(&self, path: &Path, address: &SockAddr) -> io::Result<UnixListener> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(address)?;
        let finished = match self.mode {
            Some(bits) => fs::set_permissions(path, Permissions::from_mode(bits)),
            None => Ok(()),
        }
        .and_then(|()| socket.listen(self.backlog.max(0)));
        if finished.is_err() {
            // Ours, made a moment ago.
            let _ = fs::remove_file(path);
        }
        finished.map(|()| socket.into())
    }
}

/// Removes the socket file that no program has; anything else is an error.
fn remove_stale(path: &Path, address: &SockAddr, turn: &Turn) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.file_type().is_socket() {
        return Err(in_use("a file that is no socket is there"));
    }
    // Without waiting: a program that is slow to accept has the path all the same.
    let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    probe.set_nonblocking(true)?;
    match probe.connect(address).map_err(|error| error.kind()) {
        Ok(()) | Err(io::ErrorKind::WouldBlock) => {
            return Err(in_use("a program listens there"));
        }
        Err(io::ErrorKind::ConnectionRefused) => {}
        Err(io::ErrorKind::NotFound) => return Ok(()),
        Err(_) => return Err(in_use("a socket is there that may not be tried")),
    }
    if matches!(turn, Turn::Busy) {
        return Err(in_use("the directory is locked by another program"));
    }
    let now = fs::symlink_metadata(path)?;
    if (now.dev(), now.ino()) != (found.dev(), found.ino()) {
        return Err(in_use("another program took it just now"));
    }
    fs::remove_file(path)
}

fn in_use(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::AddrInUse, reason)
}

/// The turn among the programs that bind in one directory; it ends when this is dropped.
enum Turn {
    /// Ours.
    Held { _directory: File },
    /// Someone has it for too long. Binding may go on, removing may not.
    Busy,
    /// The directory knows no turns.
    Unknown,
}

impl Turn {
    /// A turn lasts for a few system calls.
    const PATIENCE: Duration = Duration::from_secs(1);

    fn take(path: &Path) -> Self {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(directory) = rustix::fs::open(directory, flags, Mode::empty()) else {
            return Self::Unknown;
        };
        let directory = File::from(directory);
        let deadline = Instant::now() + Self::PATIENCE;
        loop {
            match directory.try_lock() {
                Ok(()) => {
                    return Self::Held {
                        _directory: directory,
                    };
                }
                Err(TryLockError::Error(_)) => return Self::Unknown,
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Self::Busy,
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(2)),
            }
        }
    }
}

fn address(path: &Path) -> io::Result<SockAddr> {
    let bytes = path.as_os_str().as_bytes();
    let attempt = || format!("listen on {}", shown(path));
    if bytes.is_empty() || bytes.contains(&0) {
        let reason = "the path is empty or has a zero byte";
        return Err(senseless(attempt(), reason, "use the path of a file"));
    }
    SockAddr::unix(path).map_err(|_| {
        let reason = "the path is longer than a socket's may be";
        let advice = "use a shorter path, or one relative to the working directory";
        senseless(attempt(), reason, advice)
    })
}

const fn bind_advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrInUse => "nothing was removed; use another path or remove what is there",
        io::ErrorKind::NotFound => "create the directory first",
        io::ErrorKind::PermissionDenied => "use a directory that this user may write to",
        _ => "use another path",
    }
}

/// A path fit for a terminal.
fn shown(path: &Path) -> String {
    Escaped(path.as_os_str().as_bytes()).to_string()
}
