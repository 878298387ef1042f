//! Ctrl-C and its like, as events of the loop.

use std::io;

use barewire_reactor::{Interest, RawKey, Reactor};

use crate::status::Status;

/// A file would be larger than allowed, which the call that makes it so says as well. Unheard, it would end the program.
#[cfg(unix)]
const TOO_LARGE: i32 = rustix::process::Signal::XFSZ.as_raw();

/// A source of requests to stop.
#[derive(Debug)]
pub struct Stops {
    #[cfg(unix)]
    key: barewire_reactor::Key<barewire_reactor::Signals>,
    #[cfg(windows)]
    key: barewire_reactor::Key<barewire_reactor::Receiver<()>>,
}

#[cfg(unix)]
impl Stops {
    /// SIGINT, SIGTERM and SIGHUP. SIGXFSZ is taken too, and asks for nothing.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn watch(reactor: &mut Reactor) -> io::Result<Self> {
        use barewire_reactor::Signals;

        let signals = [Signals::INT, Signals::TERM, Signals::HUP, TOO_LARGE];
        let signals = Signals::new(signals)?;
        let key = reactor.insert(signals, Interest::READABLE)?;
        Ok(Self { key })
    }

    /// What was asked, if this event asks for it.
    pub fn take(&self, reactor: &mut Reactor, key: RawKey) -> Option<Status> {
        use barewire_reactor::Signals;

        if key != self.key {
            return None;
        }
        let signals = reactor.signals(self.key);
        signals.iter().find_map(|&signal| match signal {
            TOO_LARGE => None,
            Signals::TERM => Some(Status::Terminated),
            Signals::HUP => Some(Status::HungUp),
            _ => Some(Status::Interrupted),
        })
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
                asked = Some(Status::Interrupted);
            }
        }
        asked
    }
}
