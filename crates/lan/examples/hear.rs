//! Tells what happens on all networks of this machine: interfaces that come and go, and datagrams to a port and two
//! groups. Says `hello` to everyone every five seconds, if a second word says so.
//!
//!     cargo run -p barewire-lan --example hear -- 5144
//!     cargo run -p barewire-lan --example hear -- 5144 hello

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use barewire_lan::{Config, Datagram, Lan};
use barewire_reactor::{Event, Reactor};

fn main() -> io::Result<()> {
    let mut words = std::env::args().skip(1);
    let port = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let hello = words.next();

    let groups: Vec<IpAddr> = vec![
        [239, 255, 66, 88].into(),
        [0xff12, 0, 0, 0, 0, 0, 0, 0x4258].into(),
    ];
    let config = Config {
        port: Some(port),
        groups: groups.clone(),
        ..Config::default()
    };
    let mut reactor = Reactor::new()?;
    let mut lan = Lan::new(config, &mut reactor)?;
    for address in lan.local_addresses() {
        println!("listening on {address}");
    }
    let mut next = reactor.timer(reactor.now(), 0);
    loop {
        reactor.turn(None)?;
        while let Some(event) = reactor.next() {
            let now = reactor.now();
            lan.handle_event(&event, now, &mut reactor, tell);
            if let (Event::Timer { key, .. }, Some(hello)) = (event, &hello)
                && key == next
            {
                say(&lan, &mut reactor, hello, &groups)?;
                next = reactor.timer(now + Duration::from_secs(5), 0);
            }
        }
        while let Some(notice) = lan.poll_notice() {
            println!("{notice:?}");
        }
    }
}

fn tell(datagram: Datagram<'_>) {
    let Datagram {
        bytes,
        source,
        destination,
        interface,
        ..
    } = datagram;
    let text = bytes.escape_ascii();
    println!("{source} to {destination:?} by interface {interface}: {text}");
}

fn say(lan: &Lan, reactor: &mut Reactor, hello: &str, groups: &[IpAddr]) -> io::Result<()> {
    let Some(port) = lan.port() else {
        return Ok(());
    };
    let interfaces = lan.interfaces().iter().map(|interface| interface.index);
    for interface in interfaces {
        for sent in lan.send_to_everyone(reactor, interface, hello.as_bytes(), port, groups)? {
            if let Err(error) = sent.result {
                println!("{error}");
            }
        }
    }
    Ok(())
}
