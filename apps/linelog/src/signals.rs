//! What the operator asks of the running program, as events of its loop.

use std::io;

use barewire_reactor::{Interest, RawKey, Reactor};

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Open the file anew.
    Reopen,
    /// Record what has come, and end.
    Stop(&'static str),
}

/// A source of requests.
#[derive(Debug)]
pub struct Requests {
    #[cfg(unix)]
    key: barewire_reactor::Key<barewire_reactor::Signals>,
    #[cfg(windows)]
    key: barewire_reactor::Key<barewire_reactor::Receiver<Request>>,
}

#[cfg(unix)]
impl Requests {
    /// SIGHUP, SIGINT and SIGTERM.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn watch(reactor: &mut Reactor) -> io::Result<Self> {
        use barewire_reactor::Signals;

        let signals = Signals::new([Signals::HUP, Signals::INT, Signals::TERM])?;
        let key = reactor.insert(signals, Interest::READABLE)?;
        Ok(Self { key })
    }

    /// What was asked since the last time; empty where `key` is another source's.
    pub fn take(&self, reactor: &mut Reactor, key: RawKey) -> Vec<Request> {
        use barewire_reactor::Signals;

        if key != self.key {
            return Vec::new();
        }
        let signals = reactor.signals(self.key).into_iter();
        let request = |signal| match signal {
            Signals::HUP => Request::Reopen,
            Signals::INT => Request::Stop("SIGINT"),
            _ => Request::Stop("SIGTERM"),
        };
        signals.map(request).collect()
    }
}

#[cfg(windows)]
impl Requests {
    /// Ctrl-C and Ctrl-Break of the console.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn watch(reactor: &mut Reactor) -> io::Result<Self> {
        let (sender, receiver) = barewire_reactor::channel(1);
        ctrlc::set_handler(move || {
            // One that waits to be seen is enough.
            let _ = sender.try_send(Request::Stop("Ctrl-C"));
        })
        .map_err(io::Error::other)?;
        let key = reactor.insert(receiver, Interest::READABLE)?;
        Ok(Self { key })
    }

    /// What was asked since the last time; empty where `key` is another source's.
    pub fn take(&self, reactor: &mut Reactor, key: RawKey) -> Vec<Request> {
        use barewire_reactor::Received;

        let mut requests = Vec::new();
        if key == self.key {
            while let Ok(Received::Message(request)) = reactor.receive(self.key) {
                requests.push(request);
            }
        }
        requests
    }
}
