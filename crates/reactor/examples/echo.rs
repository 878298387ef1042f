//! A TCP echo server: every client gets its own bytes back, and one that does not take them is not read from.
//!
//! `cargo run -p barewire-reactor --example echo -- 127.0.0.1:7000`, then `nc 127.0.0.1 7000`.

use std::collections::HashMap;
use std::io;
use std::net::{TcpListener, TcpStream};

use barewire_reactor::{Event, Input, Interest, Key, Reactor};

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0"))?;
    eprintln!("listening on {}", listener.local_addr()?);
    let mut reactor = Reactor::new()?;
    let listener = reactor.insert(listener, Interest::READABLE)?;
    let mut unsent: HashMap<Key<TcpStream>, Vec<u8>> = HashMap::new();
    loop {
        reactor.turn(None)?;
        while let Some(Event::Io { key, .. }) = reactor.next() {
            if key == listener {
                while reactor.admit(listener, Interest::READABLE)?.is_some() {}
                continue;
            }
            let client = key.typed();
            let stays = serve(&mut reactor, client, unsent.entry(client).or_default());
            if !matches!(stays, Ok(true)) {
                eprintln!("{client:?} leaves: {stays:?}");
                unsent.remove(&client);
                reactor.close(client);
            }
        }
    }
}

/// Whether the client stays.
fn serve(reactor: &mut Reactor, key: Key<TcpStream>, unsent: &mut Vec<u8>) -> io::Result<bool> {
    if unsent.is_empty() {
        let mut buf = [0; 16 * 1024];
        match reactor.read(key, &mut buf)? {
            Input::Bytes(n) => unsent.extend_from_slice(&buf[..n]),
            Input::End => return Ok(false),
            Input::Blocked => return Ok(true),
        }
    }
    let all = reactor.write_from(key, unsent)?;
    let interest = Interest::READABLE.when(all) | Interest::WRITABLE.when(!all);
    reactor.set_interest(key, interest)?;
    Ok(true)
}
