//! What asks a program to end, the same on every system.

use std::io;

use crate::event::Event;
use crate::interest::Interest;
use crate::key::Key;
use crate::reactor::Reactor;

/// What asked the program to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stop {
    /// SIGHUP: the terminal is gone. Services take it for a wish that files be opened anew.
    HungUp,
    /// SIGINT: Ctrl-C in the terminal. On Windows Ctrl-C or Ctrl-Break, the closing of the console (which gives a program
    /// a few seconds), or the end of the session.
    Interrupted,
    /// SIGTERM: a polite request.
    Terminated,
}

impl Stop {
    /// What shells make of a program that such a signal has ended: 128 and the signal's number, 129, 130 or 143.
    #[must_use]
    pub const fn status(self) -> u8 {
        match self {
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

/// A source of requests to end the program: SIGHUP, SIGINT and SIGTERM on Unix, by [`Signals`](crate::Signals) with all
/// that is said there; the events of the console on Windows, by the `ctrlc` crate. Feature `signals`.
///
/// ```
/// use barewire_reactor::{Reactor, Stop, Stops};
///
/// # fn main() -> std::io::Result<()> {
/// let mut reactor = Reactor::new()?;
/// let stops = Stops::watch(&mut reactor)?;
/// # #[cfg(unix)]
/// # signal_hook::low_level::raise(15)?;
/// # #[cfg(unix)]
/// 'running: loop {
///     reactor.turn(None)?;
///     while let Some(event) = reactor.next() {
///         if let Some(&stop) = stops.take(&mut reactor, &event).first() {
///             assert_eq!(stop, Stop::Terminated);
///             break 'running;
///         }
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Stops {
    #[cfg(unix)]
    key: Key<crate::Signals>,
    #[cfg(windows)]
    key: Key<crate::Receiver<()>>,
}

#[cfg(unix)]
impl Stops {
    /// From now on these signals do not end the program by themselves.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn watch(reactor: &mut Reactor) -> io::Result<Self> {
        use crate::Signals;

        let signals = Signals::new([Signals::HUP, Signals::INT, Signals::TERM])?;
        let key = reactor.insert(signals, Interest::READABLE)?;
        Ok(Self { key })
    }

    /// What was asked since the last time, each once, if this event tells of it; nothing for events of others.
    pub fn take(&self, reactor: &mut Reactor, event: &Event) -> Vec<Stop> {
        use crate::Signals;

        if !matches!(event, Event::Io { key, .. } if *key == self.key) {
            return Vec::new();
        }
        let signals = reactor.signals(self.key).into_iter();
        let stop = |signal| match signal {
            Signals::HUP => Stop::HungUp,
            Signals::TERM => Stop::Terminated,
            _ => Stop::Interrupted,
        };
        signals.map(stop).collect()
    }
}

#[cfg(windows)]
impl Stops {
    /// From now on these events do not end the program by themselves. Once in a process: a second set is refused.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn watch(reactor: &mut Reactor) -> io::Result<Self> {
        let (sender, receiver) = crate::channel(1);
        ctrlc::set_handler(move || {
            // One that waits to be seen is enough.
            let _ = sender.try_send(());
        })
        .map_err(io::Error::other)?;
        let key = reactor.insert(receiver, Interest::READABLE)?;
        Ok(Self { key })
    }

    /// What was asked since the last time, once, if this event tells of it; nothing for events of others.
    pub fn take(&self, reactor: &mut Reactor, event: &Event) -> Vec<Stop> {
        use crate::Received;

        let mut asked = Vec::new();
        if matches!(event, Event::Io { key, .. } if *key == self.key) {
            while let Ok(Received::Message(())) = reactor.receive(self.key) {
                asked = vec![Stop::Interrupted];
            }
        }
        asked
    }
}
