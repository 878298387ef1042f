//! A chat server: each line goes to all others, after the address of who said it. Lines that are too long are cut, a
//! client that does not read is dropped, and one that has ended its side is still sent what waits for it.
//!
//! `cargo run -p barewire-reactor --example chat -- 127.0.0.1:7000`, then several times `nc 127.0.0.1 7000`
//! or `cargo run -p barewire-reactor --example terminal_chat -- 127.0.0.1:7000`.

use std::collections::HashMap;
use std::io;
use std::net::{TcpListener, TcpStream};

use barewire_reactor::{Event, Input, Interest, Key, Output, Reactor};

const LINE_BYTES_MAX: usize = 1024;
const UNSENT_BYTES_MAX: usize = 256 * 1024;
/// Clients heard in one turn; the others are reported again in the next.
const HEARD_MAX: usize = 64;

#[derive(Default)]
struct Client {
    name: String,
    line: Vec<u8>,
    unsent: Vec<u8>,
    ended: bool,
}

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0"))?;
    eprintln!("listening on {}", listener.local_addr()?);
    let mut reactor = Reactor::new()?;
    let listener = reactor.insert(listener, Interest::READABLE)?;
    let mut clients: HashMap<Key<TcpStream>, Client> = HashMap::new();
    loop {
        reactor.turn(None)?;
        let mut said = Vec::new();
        while let Some(event) = reactor.next() {
            match event {
                Event::Io { key, .. } if key == listener.raw() => {
                    while let Some((stream, peer)) = reactor.accept(listener)? {
                        match reactor.insert(stream, Interest::READABLE) {
                            Ok(key) => clients.entry(key).or_default().name = peer.to_string(),
                            Err(refused) => eprintln!("{peer}: {refused}"),
                        }
                    }
                }
                Event::Io { key, ready } if ready.is_readable() && said.len() < HEARD_MAX => {
                    let from = key.typed();
                    if let Some(client) = clients.get_mut(&from) {
                        said.push((from, hear(&mut reactor, from, client)));
                    }
                }
                _ => {}
            }
        }
        clients.retain(|&to, client| {
            for (_, lines) in said.iter().filter(|(from, _)| *from != to) {
                client.unsent.extend_from_slice(lines);
            }
            let stays = tell(&mut reactor, to, client).unwrap_or_else(|error| {
                eprintln!("{}: {error}", client.name);
                false
            });
            stays || reactor.remove(to).is_none()
        });
    }
}

/// The lines that a client has finished, after its name.
fn hear(reactor: &mut Reactor, key: Key<TcpStream>, client: &mut Client) -> Vec<u8> {
    let (mut buf, mut lines) = ([0; 1024], Vec::new());
    let heard = match reactor.read(key, &mut buf) {
        Ok(Input::Bytes(n)) => &buf[..n],
        Ok(Input::Blocked) => &[],
        end => {
            if let Err(error) = end {
                eprintln!("{}: {error}", client.name);
            }
            client.ended = true;
            &b"\n"[..] // The last line may lack it.
        }
    };
    for &byte in heard {
        // Other control characters would play with the terminals of those who read this.
        if !byte.is_ascii_control() {
            client.line.push(byte);
        }
        let full = client.line.len() == LINE_BYTES_MAX;
        if full || byte == b'\n' && !client.line.is_empty() {
            lines.extend_from_slice(client.name.as_bytes());
            lines.extend_from_slice(b": ");
            lines.append(&mut client.line);
            lines.push(b'\n');
        }
    }
    lines
}

/// Sends a client what waits for it. Whether it stays.
fn tell(reactor: &mut Reactor, key: Key<TcpStream>, client: &mut Client) -> io::Result<bool> {
    while !client.unsent.is_empty() {
        match reactor.write(key, &client.unsent)? {
            Output::Bytes(n) => drop(client.unsent.drain(..n)),
            Output::Blocked if client.unsent.len() <= UNSENT_BYTES_MAX => break,
            Output::Blocked => return Err(io::Error::other("dropped, for it does not read")),
        }
    }
    let interest = match (client.ended, client.unsent.is_empty()) {
        (false, true) => Interest::READABLE,
        (false, false) => Interest::READABLE | Interest::WRITABLE,
        (true, false) => Interest::WRITABLE,
        (true, true) => return Ok(false),
    };
    reactor.set_interest(key, interest)?;
    Ok(true)
}
