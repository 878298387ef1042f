//! Making a name known, until told to stop.

use std::process::ExitCode;

use anyhow::anyhow;
use barewire_command::{escape, fault};
use barewire_lan::{Beacon, BeaconConfig, Selection};
use barewire_reactor::{Reactor, Stops};

use crate::config::announce::Announce;
use crate::end::stops;
use crate::news::News;
use crate::output::note;

/// Announces until it is told to stop, then says goodbye.
///
/// # Errors
///
/// An interface or the port that cannot be had, a loop that fails.
pub(crate) fn run(config: Announce) -> anyhow::Result<ExitCode> {
    let mut reactor =
        Reactor::new().map_err(|error| fault::fail("cannot wait for events", error))?;
    let stops = stops(&mut reactor)?;
    let mut beacon = open(&config.interfaces, &mut reactor)?;
    let mut news = News::default();
    tell_news(&mut beacon, &news);
    news.begin(beacon.lan());
    note(&format!(
        "announcing {} of service {}",
        escape::display(config.what.name().as_str().as_bytes()),
        config.what.service()
    ));
    beacon.announce(reactor.now(), config.what, &mut reactor);
    let ended = wait(&mut beacon, &news, &mut reactor, &stops);
    beacon.close(&mut reactor);
    ended.map(|()| ExitCode::SUCCESS)
}

/// A beacon on the interfaces that were typed.
///
/// # Errors
///
/// One that is not there, a port that cannot be had.
pub(crate) fn open(interfaces: &[String], reactor: &mut Reactor) -> anyhow::Result<Beacon> {
    let config = BeaconConfig {
        selection: Selection::parse(interfaces).map_err(|error| anyhow!(error))?,
        ..BeaconConfig::default()
    };
    Beacon::new(config, reactor).map_err(|error| anyhow!(error))
}

fn wait(
    beacon: &mut Beacon,
    news: &News,
    reactor: &mut Reactor,
    stops: &Stops,
) -> anyhow::Result<()> {
    loop {
        reactor
            .turn(None)
            .map_err(|error| fault::fail("cannot wait for events", error))?;
        while let Some(event) = reactor.next() {
            if !stops.take(reactor, &event).is_empty() {
                return Ok(());
            }
            beacon.handle_event(&event, reactor.now(), reactor);
        }
        tell_news(beacon, news);
        // Nobody asked for them.
        while beacon.poll_event().is_some() {}
    }
}

fn tell_news(beacon: &mut Beacon, news: &News) {
    while let Some(notice) = beacon.poll_notice() {
        news.tell(&notice, beacon.lan());
    }
}
