//! A TCP echo server: `cargo run --example echo -- 127.0.0.1:7`. Every client gets its own bytes back.

use std::io;
use std::net::{TcpListener, TcpStream};

use barewire_reactor::{Event, Input, Interest, Key, Output, Reactor};

fn main() -> io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:0".into());
    let listener = TcpListener::bind(&address)?;
    eprintln!("listening on {}", listener.local_addr()?);

    let mut reactor = Reactor::new()?;
    let listener = reactor.insert(listener, Interest::READABLE)?;
    // What each client has yet to be given back, by its dense index.
    let mut unsent: Vec<Vec<u8>> = Vec::new();
    loop {
        reactor.turn(None)?;
        while let Some(event) = reactor.next() {
            let Event::Io { key, .. } = event else {
                continue;
            };
            if key == listener.raw() {
                while let Some((stream, _)) = reactor.accept(listener)? {
                    let key = reactor.insert(stream, Interest::READABLE)?.raw();
                    unsent.resize_with(unsent.len().max(key.index() + 1), Vec::new);
                    unsent[key.index()].clear();
                }
            } else if !serve(&mut reactor, key.typed(), &mut unsent[key.index()]).unwrap_or(false) {
                reactor.remove(key.typed::<TcpStream>());
            }
        }
    }
}

/// Whether the client stays.
fn serve(reactor: &mut Reactor, key: Key<TcpStream>, unsent: &mut Vec<u8>) -> io::Result<bool> {
    let mut buf = [0; 16 * 1024];
    if unsent.is_empty() {
        match reactor.read(key, &mut buf)? {
            Input::Bytes(n) => unsent.extend_from_slice(&buf[..n]),
            Input::End => return Ok(false),
            Input::Blocked => {}
        }
    }
    while !unsent.is_empty() {
        match reactor.write(key, unsent)? {
            Output::Bytes(n) => drop(unsent.drain(..n)),
            // Read no more from a client that does not take what it is owed.
            Output::Blocked => break,
        }
    }
    let interest = if unsent.is_empty() {
        Interest::READABLE
    } else {
        Interest::WRITABLE
    };
    reactor.set_interest(key, interest)?;
    Ok(true)
}
