use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use barewire_reactor::net::{SocketError, TcpListen};

use crate::addresses::Addresses;
use crate::config::Config;
use crate::control::{Controller, Ending, Phase, Shared};
use crate::handler::Handler;
use crate::worker::Worker;

/// Connections the system may hold for a listener before they are accepted.
const BACKLOG: i32 = 4096;

/// An HTTP server that listens and does not serve yet.
pub struct Server {
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    config: Arc<Config>,
    shared: Arc<Shared>,
    ending: Option<Ending>,
}

impl Server {
    /// Listens on every one of `addresses`. Port 0 lets the system choose; see
    /// [`local_addrs`](Self::local_addrs).
    ///
    /// An IPv6 wildcard takes IPv4 too, unless an IPv4 address is among `addresses`.
    ///
    /// # Errors
    ///
    /// The address that could not be listened on, and the system's reason.
    pub fn bind(addresses: &[SocketAddr], config: Config) -> Result<Self, BindError> {
        let only_v6 = addresses.iter().any(SocketAddr::is_ipv4);
        let listen = TcpListen::new().backlog(BACKLOG).dual_stack(!only_v6);
        let mut listeners = Vec::new();
        let mut bound = Vec::new();
        for &address in addresses {
            let fault = |error: io::Error| BindError {
                address,
                // Its words would say again what this error says.
                error: error
                    .downcast()
                    .map_or_else(|error| error, SocketError::into_system),
            };
            let listener = listen.bind(address).map_err(fault)?;
            bound.push(listener.local_addr().map_err(fault)?);
            listeners.push(listener);
        }
        Ok(Self {
            listeners,
            addresses: bound,
            config: Arc::new(config),
            shared: Arc::default(),
            ending: None,
        })
    }

    /// The addresses listened on, in the order given, with the ports chosen.
    #[must_use]
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Drains or stops the server from another thread.
    #[must_use]
    pub fn controller(&self) -> Controller {
        Controller(Arc::clone(&self.shared))
    }

    /// Drains the server when a byte arrives on `stream`, stops it at the second.
    ///
    /// A signal handler may write to a socket and do little else, so this is how a signal
    /// ends a server without a thread that waits for it
    /// (<https://cr.yp.to/docs/selfpipe.html>).
    #[cfg(unix)]
    pub fn end_on(&mut self, stream: std::os::unix::net::UnixStream) {
        self.ending = Some(stream);
    }

    /// Serves on this thread until it is drained or stopped.
    ///
    /// # Errors
    ///
    /// The poller's or a listener's, neither of which goes away by itself.
    ///
    /// # Panics
    ///
    /// Where a handler, a receiver or a source does.
    pub fn run(self, handler: impl Handler) -> io::Result<()> {
        let addresses = Arc::new(Addresses::new(self.config.connections_per_address_max));
        let mut worker = Worker::new(self.listeners, handler, self.config, self.shared, addresses)?;
        if let Some(ending) = self.ending {
            worker.end_on(ending)?;
        }
        worker.run()
    }

    /// Serves on `threads` threads, each with a loop and a handler of its own, until
    /// drained or stopped. Zero is taken as one.
    ///
    /// The threads share the listening sockets: whichever is free accepts.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run); the first thread that fails stops the others.
    ///
    /// # Panics
    ///
    /// Where a handler did, after the other threads have stopped.
    pub fn run_threads<H: Handler>(
        self,
        threads: usize,
        handler: impl Fn(usize) -> H + Sync,
    ) -> io::Result<()> {
        let Self {
            listeners,
            config,
            shared,
            ending,
            ..
        } = self;
        let addresses = Arc::new(Addresses::new(config.connections_per_address_max));
        // Each thread owns its listeners: one kept here would go on queueing connections
        // that nobody accepts while the threads drain.
        // The socket that ends them is everyone's: threads that have drained leave it to the rest.
        let copies: Vec<_> = (1..threads.max(1))
            .map(|_| {
                let listeners: io::Result<Vec<_>> =
                    listeners.iter().map(TcpListener::try_clone).collect();
                Ok((
                    listeners?,
                    ending.as_ref().map(Ending::try_clone).transpose()?,
                ))
            })
            .collect::<io::Result<_>>()?;
        let serve = |index: usize, listeners: Vec<TcpListener>, ending: Option<Ending>| {
            let _stop = StopOnExit(&shared);
            let (config, shared) = (Arc::clone(&config), Arc::clone(&shared));
            let addresses = Arc::clone(&addresses);
            let mut worker = Worker::new(listeners, handler(index), config, shared, addresses)?;
            if let Some(ending) = ending {
                worker.end_on(ending)?;
            }
            worker.run()
        };
        thread::scope(|scope| {
            let serve = &serve;
            let others: Vec<_> = copies
                .into_iter()
                .enumerate()
                .map(|(at, (listeners, ending))| {
                    scope.spawn(move || serve(at + 1, listeners, ending))
                })
                .collect();
            let mut result = serve(0, listeners, ending);
            for other in others {
                match other.join() {
                    Ok(served) => result = result.and(served),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            result
        })
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("addresses", &self.addresses)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// One thread that ends, for whatever reason, takes the others along: a server that
/// serves with fewer threads than it was given should not look healthy.
struct StopOnExit<'a>(&'a Shared);

impl Drop for StopOnExit<'_> {
    fn drop(&mut self) {
        if self.0.phase() == Phase::Running {
            self.0.enter(Phase::Stopped);
        }
    }
}

/// An address that could not be listened on.
#[derive(Debug)]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// The system's reason.
    pub error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}", self.address)
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
