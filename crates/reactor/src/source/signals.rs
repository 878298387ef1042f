//! Signals as a source.

use std::fmt;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::SigId;
use signal_hook::low_level::{pipe, unregister};

/// Signals as a source: readable once one of them has come. Unix, feature `signals`.
///
/// While it lives, the default action of these signals (mostly: ending the process) does not happen. Several
/// occurrences of one signal before it is [taken](Self::take) are one, as with every standard signal. Handlers of
/// others in the same process that use `signal-hook` run as well.
///
/// Nor does it happen afterwards: when the last set is dropped the handler stays installed and does nothing, so that a
/// SIGTERM once watched is ignored for the rest of the process's life. Keep the set until the process ends, or end by
/// `signal_hook::low_level::emulate_default_handler`. Children get the default action again at their exec.
///
/// There are no threads in this: the handler sets a flag and writes a byte to a socket.
/// On Windows, send from the handler of the `ctrlc` crate into a [`channel`](crate::channel()).
///
/// ```
/// use barewire_reactor::{Interest, Reactor, Signals};
///
/// # fn main() -> std::io::Result<()> {
/// let mut reactor = Reactor::new()?;
/// let signals = reactor.insert(Signals::new([Signals::TERM, Signals::HUP])?, Interest::READABLE)?;
/// # signal_hook::low_level::raise(Signals::HUP)?;
/// reactor.turn(None)?;
/// while let Some(_event) = reactor.next() {
///     for signal in reactor.signals(signals) {
///         assert_eq!(signal, Signals::HUP);
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Signals(Box<Set>);

/// Boxed, since the widest source widens all of them.
struct Set {
    read: UnixStream,
    watched: Vec<Watched>,
}

struct Watched {
    signal: i32,
    come: Arc<AtomicBool>,
    actions: [SigId; 2],
}

impl Signals {
    /// Ctrl-C in the terminal.
    pub const INT: i32 = signal_hook::consts::SIGINT;
    /// A polite request to end.
    pub const TERM: i32 = signal_hook::consts::SIGTERM;
    /// The terminal is gone; by custom also: read the configuration, open the files again.
    pub const HUP: i32 = signal_hook::consts::SIGHUP;
    /// Ctrl-\ in the terminal.
    pub const QUIT: i32 = signal_hook::consts::SIGQUIT;
    /// For the program's own use.
    pub const USR1: i32 = signal_hook::consts::SIGUSR1;
    /// For the program's own use.
    pub const USR2: i32 = signal_hook::consts::SIGUSR2;
    /// A child has exited or stopped.
    pub const CHLD: i32 = signal_hook::consts::SIGCHLD;
    /// The terminal has another size.
    pub const WINCH: i32 = signal_hook::consts::SIGWINCH;

    /// Watches these signals, by their numbers.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a signal that cannot be caught (SIGKILL, SIGSTOP) or is not for
    /// catching (SIGSEGV, SIGILL, SIGFPE), otherwise the system's reason.
    pub fn new(signals: impl IntoIterator<Item = i32>) -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        let mut all = Self(Box::new(Set {
            read,
            watched: Vec::new(),
        }));
        for signal in signals {
            if signal_hook::consts::FORBIDDEN.contains(&signal) {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("signal {signal} cannot be watched"),
                ));
            }
            let come = Arc::new(AtomicBool::new(false));
            // In this order: whoever reads the byte sees the flag.
            let flag = signal_hook::flag::register(signal, Arc::clone(&come))?;
            let byte = write
                .try_clone()
                .and_then(|write| pipe::register(signal, write))
                .inspect_err(|_| {
                    unregister(flag);
                })?;
            // One that came between the two has set the flag and written nothing.
            if come.load(Ordering::SeqCst) {
                (&write).write_all(&[0])?;
            }
            all.0.watched.push(Watched {
                signal,
                come,
                actions: [flag, byte],
            });
        }
        Ok(all)
    }

    /// The signals that have come since the last time, in the order they were given to [`new`](Self::new).
    pub fn take(&self) -> impl Iterator<Item = i32> + '_ {
        let mut bytes = [0; 64];
        // Emptied before the flags are looked at: a signal from here on writes a byte that stays.
        while matches!((&self.0.read).read(&mut bytes), Ok(n) if n > 0) {}
        self.0
            .watched
            .iter()
            .filter(|watched| watched.come.swap(false, Ordering::SeqCst))
            .map(|watched| watched.signal)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for action in self.0.watched.iter().flat_map(|watched| watched.actions) {
            unregister(action);
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.read.as_fd()
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signals = self.0.watched.iter().map(|watched| watched.signal);
        f.debug_tuple("Signals")
            .field(&signals.collect::<Vec<_>>())
            .finish()
    }
}
