//! A chat server: what one client sends goes to all others, piece by piece as it comes (`line_log` shows how to gather
//! lines), and who does not keep up with reading is dropped.
//!
//! `cargo run -p barewire-reactor --example chat -- 127.0.0.1:7000`, then several times `nc 127.0.0.1 7000`
//! or `cargo run -p barewire-reactor --example terminal_chat -- 127.0.0.1:7000`.

use std::collections::HashMap;
use std::io;
use std::net::{TcpListener, TcpStream};

use barewire_reactor::{Event, Input, Interest, Key, Reactor};

const UNSENT_BYTES_MAX: usize = 256 * 1024;

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0"))?;
    eprintln!("listening on {}", listener.local_addr()?);
    let mut reactor = Reactor::new()?;
    let listener = reactor.insert(listener, Interest::READABLE)?;
    let mut buf = [0; 4096];
    // What waits to be sent to each.
    let mut clients: HashMap<Key<TcpStream>, Vec<u8>> = HashMap::new();
    loop {
        reactor.turn(None)?;
        while let Some(Event::Io { key, .. }) = reactor.next() {
            if key == listener {
                while let Some((client, _)) = reactor.admit(listener, Interest::READABLE)? {
                    clients.insert(client, Vec::new());
                }
                continue;
            }
            let from = key.typed();
            let said = match reactor.read(from, &mut buf) {
                Ok(Input::Bytes(n)) => &buf[..n],
                Ok(Input::Blocked) => &[],
                over => {
                    eprintln!("{from:?} leaves: {over:?}");
                    clients.remove(&from);
                    reactor.close(from);
                    continue;
                }
            };
            clients.retain(|&to, unsent| {
                unsent.extend_from_slice(if to == from { &[] } else { said });
                let sent = send(&mut reactor, to, unsent);
                let stays = sent.inspect_err(|error| eprintln!("{to:?} is dropped: {error}"));
                stays.is_ok() || !reactor.close(to)
            });
        }
    }
}

fn send(reactor: &mut Reactor, to: Key<TcpStream>, unsent: &mut Vec<u8>) -> io::Result<()> {
    let all = reactor.write_from(to, unsent)?;
    if unsent.len() > UNSENT_BYTES_MAX {
        return Err(io::Error::other("it does not keep up"));
    }
    reactor.set_interest(to, Interest::READABLE | Interest::WRITABLE.when(!all))
}
