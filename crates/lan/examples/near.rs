//! Announces a name on all networks of this machine, and tells who else does.
//!
//!     cargo run -p barewire-lan --example near -- "second floor"

use std::error::Error;

use barewire_beacon::{Announcement, Event, Search};
use barewire_lan::{Beacon, BeaconConfig};
use barewire_reactor::Reactor;

fn main() -> Result<(), Box<dyn Error>> {
    let mut reactor = Reactor::new()?;
    let mut beacon = Beacon::new(BeaconConfig::default(), &mut reactor)?;
    let now = reactor.now();
    if let Some(name) = std::env::args().nth(1) {
        let announcement = Announcement::new("example".parse()?, name.parse()?);
        beacon.announce(now, announcement, &mut reactor);
    }
    beacon.search(now, Search::default(), &mut reactor);
    loop {
        reactor.turn(None)?;
        while let Some(event) = reactor.next() {
            let now = reactor.now();
            beacon.handle_event(&event, now, &mut reactor);
        }
        while let Some(event) = beacon.poll_event() {
            match event {
                Event::Found(sighting) => println!(
                    "{} at {} by interface {}, unverified",
                    sighting.announcement.name().as_str().escape_debug(),
                    sighting.source,
                    sighting.interface
                ),
                other => println!("{other:?}"),
            }
        }
        while let Some(notice) = beacon.poll_notice() {
            println!("{notice:?}");
        }
    }
}
