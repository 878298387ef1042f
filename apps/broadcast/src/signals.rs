//! Ctrl-C and its like, as events of the loop.

use std::io;
use std::process::ExitCode;

use barewire_command::fault;
use barewire_reactor::{Event, Interest, Reactor};

/// What asked the program to stop. The number is what a command ends with that was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Stop {
    /// The terminal hung up.
    #[cfg_attr(windows, expect(dead_code, reason = "Windows has no such signal"))]
    HungUp = 129,
    /// Ctrl-C.
    Interrupted = 130,
    /// SIGTERM.
    #[cfg_attr(windows, expect(dead_code, reason = "Windows has no such signal"))]
    Terminated = 143,
}

impl From<Stop> for ExitCode {
    fn from(stop: Stop) -> Self {
        Self::from(stop as u8)
    }
}

/// A source of requests to stop.
#[derive(Debug)]
pub(crate) struct Stops {
    #[cfg(unix)]
    key: barewire_reactor::Key<barewire_reactor::Signals>,
    #[cfg(windows)]
    key: barewire_reactor::Key<barewire_reactor::Receiver<()>>,
}

impl Stops {
    /// SIGINT, SIGTERM and SIGHUP, or Ctrl-C and Ctrl-Break of a Windows console.
    ///
    /// # Errors
    ///
    /// The system's, in words.
    pub(crate) fn watch(reactor: &mut Reactor) -> anyhow::Result<Self> {
        Self::try_watch(reactor).map_err(|error| fault::fail("cannot listen for signals", error))
    }
}

#[cfg(unix)]
impl Stops {
    fn try_watch(reactor: &mut Reactor) -> io::Result<Self> {
        use barewire_reactor::Signals;

        let signals = Signals::new([Signals::INT, Signals::TERM, Signals::HUP])?;
        let key = reactor.insert(signals, Interest::READABLE)?;
        Ok(Self { key })
    }

    /// What was asked, if this event asks for it.
    pub(crate) fn take(&self, reactor: &mut Reactor, event: Event) -> Option<Stop> {
        use barewire_reactor::Signals;

        if !matches!(event, Event::Io { key, .. } if key == self.key) {
            return None;
        }
        let signals = reactor.signals(self.key);
        signals.first().map(|&signal| match signal {
            Signals::TERM => Stop::Terminated,
            Signals::HUP => Stop::HungUp,
            _ => Stop::Interrupted,
        })
    }
}

#[cfg(windows)]
impl Stops {
    fn try_watch(reactor: &mut Reactor) -> io::Result<Self> {
        let (sender, receiver) = barewire_reactor::channel(1);
        ctrlc::set_handler(move || {
            // One that waits to be seen is enough.
            let _ = sender.try_send(());
        })
        .map_err(io::Error::other)?;
        let key = reactor.insert(receiver, Interest::READABLE)?;
        Ok(Self { key })
    }

    /// What was asked, if this event asks for it.
    pub(crate) fn take(&self, reactor: &mut Reactor, event: Event) -> Option<Stop> {
        use barewire_reactor::Received;

        let mut asked = None;
        if matches!(event, Event::Io { key, .. } if key == self.key) {
            while let Ok(Received::Message(())) = reactor.receive(self.key) {
                asked = Some(Stop::Interrupted);
            }
        }
        asked
    }
}
