//! Standard input, wherever it comes from.

use std::fmt;
use std::io::{self, Read};
#[cfg(unix)]
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use crate::source::Watch;
use crate::source::channel::{AnyReceiver as _, Received, Receiver, Sender, channel};

/// Bytes a helper thread reads at once.
const CHUNK_BYTES: usize = 8 * 1024;
/// Chunks a helper thread reads ahead.
const CHUNKS_MAX: usize = 8;

/// Standard input as a source: a terminal, a pipe, a socket, a regular file, `/dev/null`, a Windows console.
///
/// Insert it, and read it like a stream: [`Input::Bytes`](crate::Input::Bytes) as they come (a terminal gives
/// whole lines), [`Input::End`](crate::Input::End) at the end of the file, for Ctrl-D, or when the writer of the pipe
/// is gone. After the end remove it: the end stays readable.
///
/// What the system can watch (terminals, pipes, sockets) is watched and read in place. Its descriptor is left in
/// blocking mode, since the mode belongs to the terminal and with it to the shell and every other program on
/// it; each read asks first whether it would wait. A program that shares the terminal and snatches the bytes in
/// between could make that read wait after all.
///
/// What the system cannot watch (regular files and most devices with epoll, `/dev/tty` with kqueue, everything
/// on Windows) is read by a thread into a bounded channel, 64 KiB ahead at most. The thread cannot be
/// interrupted: when the source is dropped it stays behind until its read returns, and ends with the process at
/// the latest. What it has read ahead by then is lost.
///
/// Use one `Stdin` at a time, and not std's own beside it: each would get a part of the bytes.
pub struct Stdin(Inner);

enum Inner {
    /// Our own duplicate of descriptor 0.
    #[cfg(unix)]
    InPlace(OwnedFd),
    #[cfg(windows)]
    NotYet,
    Thread(Ahead),
}

/// What a helper thread has read.
struct Ahead {
    chunks: Receiver<io::Result<Vec<u8>>>,
    /// The chunk being taken, and how much of it is.
    current: Mutex<(Vec<u8>, usize)>,
}

impl Stdin {
    /// The standard input of this process.
    ///
    /// # Errors
    ///
    /// The system's, when descriptor 0 is closed or no descriptor is left for its duplicate.
    pub fn new() -> io::Result<Self> {
        #[cfg(unix)]
        {
            Ok(Self::from_fd(io::stdin().as_fd().try_clone_to_owned()?))
        }
        #[cfg(windows)]
        {
            Ok(Self(Inner::NotYet))
        }
    }

    /// Any other descriptor that is to be treated with the same care, `/dev/tty` say.
    #[cfg(unix)]
    pub const fn from_fd(fd: OwnedFd) -> Self {
        Self(Inner::InPlace(fd))
    }

    /// Whether a helper thread reads, which is known once it is in a reactor.
    pub const fn is_threaded(&self) -> bool {
        matches!(self.0, Inner::Thread(_))
    }

    pub(crate) fn watch(&self) -> Watch<'_> {
        match &self.0 {
            #[cfg(unix)]
            Inner::InPlace(fd) => Watch::Descriptor(fd.as_fd()),
            #[cfg(windows)]
            Inner::NotYet => unreachable!("started before it is watched"),
            Inner::Thread(ahead) => Watch::Bell(ahead.chunks.bell()),
        }
    }

    pub(crate) fn needs_thread(&self) -> bool {
        #[cfg(windows)]
        if matches!(self.0, Inner::NotYet) {
            return true;
        }
        false
    }

    /// Reads in a thread from now on, since the system will not watch the descriptor.
    pub(crate) fn start_thread(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        let input = match &self.0 {
            Inner::InPlace(fd) => std::fs::File::from(fd.try_clone()?),
            Inner::Thread(_) => return Ok(()),
        };
        #[cfg(windows)]
        let input = io::stdin();
        let (sender, chunks) = channel(CHUNKS_MAX);
        std::thread::Builder::new()
            .name("stdin".into())
            .spawn(move || read_ahead(input, &sender))?;
        self.0 = Inner::Thread(Ahead {
            chunks,
            current: Mutex::new((Vec::new(), 0)),
        });
        Ok(())
    }
}

/// Reads until the end, an error, or until nobody listens.
fn read_ahead(mut input: impl Read, sender: &Sender<io::Result<Vec<u8>>>) {
    loop {
        let mut chunk = vec![0; CHUNK_BYTES];
        let result = match input.read(&mut chunk) {
            Ok(0) => return,
            Ok(n) => {
                chunk.truncate(n);
                Ok(chunk)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = result.is_err();
        if sender.send(result).is_err() || failed {
            return;
        }
    }
}

/// Never waits: [`WouldBlock`](io::ErrorKind::WouldBlock) when there is nothing yet.
impl Read for &Stdin {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &self.0 {
            #[cfg(unix)]
            Inner::InPlace(fd) => {
                use rustix::event::{PollFd, PollFlags, Timespec, poll};
                let mut asked = [PollFd::new(fd, PollFlags::IN)];
                if poll(&mut asked, Some(&Timespec::default()))? == 0 {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(rustix::io::read(fd, buf)?)
            }
            #[cfg(windows)]
            Inner::NotYet => Err(io::ErrorKind::WouldBlock.into()),
            Inner::Thread(ahead) => ahead.read(buf),
        }
    }
}

impl Ahead {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let (chunk, taken) = &mut *current;
        if *taken == chunk.len() {
            match self.chunks.try_receive() {
                Received::Message(next) => (*chunk, *taken) = (next?, 0),
                Received::Closed => return Ok(0),
                Received::Blocked => return Err(io::ErrorKind::WouldBlock.into()),
            }
        }
        let n = buf.len().min(chunk.len() - *taken);
        buf[..n].copy_from_slice(&chunk[*taken..*taken + n]);
        *taken += n;
        // The bell is raised as long as this chunk is: only a look at an empty channel lowers it.
        Ok(n)
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdin")
            .field("threaded", &self.is_threaded())
            .finish()
    }
}
