//! The exit of a child process.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::Child;

use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// The exit of a child process as a source: readable once it has exited. Linux and Android.
///
/// Then [`Child::try_wait`] has its status, and no wait is needed; remove the source, for it stays readable. It costs one
/// descriptor ([pidfd_open(2)]) and neither a thread nor a signal handler. On other systems watch for SIGCHLD with
/// `Signals`, or wait for the child in a thread and report through a [`channel`](crate::channel()).
///
/// ```
/// use barewire_reactor::{ChildExit, Interest, Reactor};
///
/// # fn main() -> std::io::Result<()> {
/// let mut child = std::process::Command::new("true").spawn()?;
/// let mut reactor = Reactor::new()?;
/// let exit = reactor.insert(ChildExit::of(&child)?, Interest::READABLE)?;
/// reactor.turn(None)?;
/// assert!(reactor.next().is_some());
/// assert!(child.try_wait()?.is_some_and(|status| status.success()));
/// reactor.remove(exit);
/// # Ok(())
/// # }
/// ```
///
/// [pidfd_open(2)]: https://man7.org/linux/man-pages/man2/pidfd_open.2.html
#[derive(Debug)]
pub struct ChildExit(OwnedFd);

impl ChildExit {
    /// Watches `child`, which must not have been waited for yet.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) before Linux 5.3, `ESRCH` for a child that has been waited for,
    /// otherwise the system's reason, mostly a lack of descriptors.
    pub fn of(child: &Child) -> io::Result<Self> {
        match pidfd_open(Pid::from_child(child), PidfdFlags::empty()) {
            Ok(fd) => Ok(Self(fd)),
            Err(rustix::io::Errno::NOSYS) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "watching a child needs pidfd_open(2), which came with Linux 5.3; watch for SIGCHLD instead",
            )),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for ChildExit {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
