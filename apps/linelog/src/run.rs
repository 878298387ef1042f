//! From a configuration to a running collector.

use std::io::{self, Write};
use std::time::{Instant, SystemTime};

use anyhow::Context;
use barewire_command::{descriptors, fault};
use barewire_reactor::{Interest, Reactor, Stdin, Stops};

use crate::client::Link;
use crate::collector::Collector;
use crate::config::{Config, Echo as ShowRecords, Endpoint, Stdin as StdinUse};
use crate::echo::Echo;
use crate::file::{LogFile, Options};
use crate::listener::Listener;
use crate::record::Records;

/// Collects lines until a signal ends it.
///
/// # Errors
///
/// A file that cannot be written, an address that cannot be listened on, a loop that fails, or records that could not
/// be written at the end.
pub fn run(config: Config) -> anyhow::Result<()> {
    // Without it there are fewer clients, and they are told.
    let _ = descriptors::raise_limit();
    let options = Options {
        format: config.format,
        sync: config.sync,
    };
    let file = LogFile::open(&config.file, options)?;
    let mut reactor =
        Reactor::new().map_err(|error| fault::fail("cannot wait for events", error))?;
    // From here on a signal ends the program as it should.
    let stops = Stops::watch(&mut reactor)
        .map_err(|error| fault::fail("cannot listen for signals", error))?;
    let listeners = listen(&config.listen, &mut reactor)?;
    let echo = match config.echo {
        ShowRecords::Show => Some(Echo::start().context("cannot start a thread for --echo")?),
        ShowRecords::Hide => None,
    };
    for listener in &listeners {
        // A closed standard error is no reason to stop.
        let _ = writeln!(io::stderr(), "listening on {listener}");
    }
    let local = match config.stdin {
        StdinUse::Read => stdin(&mut reactor),
        StdinUse::Ignore => None,
    };
    let records = Records::new(config.format, SystemTime::now());
    let collector = Collector::new(reactor, file, records, listeners, stops, echo, &config);
    collector.run(local, Instant::now())
}

fn listen(endpoints: &[Endpoint], reactor: &mut Reactor) -> anyhow::Result<Vec<Listener>> {
    // An IPv6 listener for both would be in the way of an IPv4 one.
    let v6_only = endpoints
        .iter()
        .any(|endpoint| matches!(endpoint, Endpoint::Tcp(address) if address.is_ipv4()));
    let mut listeners = Vec::new();
    for endpoint in endpoints {
        match Listener::open(endpoint, v6_only, reactor) {
            Ok(listener) => listeners.push(listener),
            Err(error) => {
                // The files of sockets would be left behind.
                for listener in listeners {
                    listener.close(reactor);
                }
                return Err(error);
            }
        }
    }
    Ok(listeners)
}

/// Standard input, if there is one.
fn stdin(reactor: &mut Reactor) -> Option<Link> {
    let inserted = Stdin::new().and_then(|stdin| {
        reactor
            .insert(stdin, Interest::READABLE)
            .map_err(io::Error::from)
    });
    match inserted {
        Ok(key) => Some(Link::Stdin(key)),
        Err(error) => {
            let _ = writeln!(
                io::stderr(),
                "bw-log: cannot read standard input: {}; going on without",
                fault::reason(&error)
            );
            None
        }
    }
}
