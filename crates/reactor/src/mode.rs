//! How often a source that stays ready is reported.

use std::io;

/// How often a source that stays ready is reported; see [`Reactor::insert_with`](crate::Reactor::insert_with).
///
/// | | reported | asks of its owner | systems |
/// |---|---|---|---|
/// | `Level` | in every turn while it is ready | to take the interest away when there is nothing to do for it | all |
/// | `Oneshot` | once, then its interest is NONE | to call [`set_interest`](crate::Reactor::set_interest) for the next report, which costs a system call | all |
/// | `Edge` | when it becomes ready | to go on until `Blocked`, or the rest is never reported | epoll, kqueue |
///
/// `Level` is what almost everyone wants: nothing is lost by doing little at a time, and a steady exchange changes
/// no interest. `Oneshot` suits work that is handed to another thread while nothing more is to be told. `Edge` saves
/// the change of interest where both directions are left on; see [epoll(7)] for what it is like without this crate.
///
/// Three promises go beyond what the systems give, in every mode: a report not taken in its turn comes again;
/// `Blocked` for want of a share is followed by a report; and a hang-up cannot spin the loop.
///
/// [epoll(7)]: https://man7.org/linux/man-pages/man7/epoll.7.html
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Level-triggered. The default.
    #[default]
    Level,
    /// Level-triggered, and silent after one report.
    Oneshot,
    /// Edge-triggered.
    Edge,
}

impl Mode {
    pub(crate) const fn poll_mode(self) -> polling::PollMode {
        match self {
            Self::Level => polling::PollMode::Level,
            Self::Oneshot => polling::PollMode::Oneshot,
            Self::Edge => polling::PollMode::Edge,
        }
    }
}

/// The same words and the same kind on every system without edges.
pub(crate) fn no_edges(of: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        format!("{of} has no edge-triggered mode; use Mode::Level or Mode::Oneshot"),
    )
}
