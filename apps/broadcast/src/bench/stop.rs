//! Ctrl-C and its like, as events of the loop.

use std::io;

use barewire_reactor::{Interest, RawKey, Reactor};

/// A source of requests to stop.
#[derive(Debug)]
pub struct Stops {
    #[cfg(unix)]
    key: barewire_reactor::Key<barewire_reactor::Signals>,
    #[cfg(windows)]
    key: barewire_reactor::Key<barewire_reactor::Receiver<()>>,
}

/// What the program ends with then.
pub type Status = u8;

#[cfg(unix)]
impl Stops {
    /// SIGINT, SIGTERM and SIGHUP.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn watch(reactor: &mut Reactor) -> io::Result<Self> {
        use barewire_reactor::Signals;

        let signals = Signals::new([Signals::INT, Signals::TERM, Signals::HUP])?;
        let key = reactor.insert(signals, Interest::READABLE)?;
        Ok(Self { key })
    }

    /// What was asked, if this event asks for it.
    pub fn take(&self, reactor: &mut Reactor, key: RawKey) -> Option<Status> {
        if key != self.key {
            return None;
        }
        let signals = reactor.signals(self.key);
        let status = |signal: &i32| u8::try_from(128 + signal).ok();
        signals.first().and_then(status)
    }
}

#[cfg(windows)]
impl Stops {
    /// Ctrl-C and Ctrl-Break of the console.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn watch(reactor: &mut Reactor) -> io::Result<Self> {
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
    pub fn take(&self, reactor: &mut Reactor, key: RawKey) -> Option<Status> {
        use barewire_reactor::Received;

        let mut asked = None;
        if key == self.key {
            while let Ok(Received::Message(())) = reactor.receive(self.key) {
                asked = Some(barewire_command::exit::INTERRUPTED);
            }
        }
        asked
    }
}
