//! A UDP echo server: every datagram goes back to where it came from, within the socket's share of a turn.
//!
//! `cargo run -p barewire-reactor --example udp_echo -- 127.0.0.1:7000`, then `nc -u 127.0.0.1 7000`.

use std::io;
use std::net::UdpSocket;

use barewire_reactor::{Event, Interest, Reactor};

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1);
    let socket = UdpSocket::bind(address.as_deref().unwrap_or("127.0.0.1:0"))?;
    eprintln!("listening on {}", socket.local_addr()?);
    let mut reactor = Reactor::new()?;
    let socket = reactor.insert(socket, Interest::READABLE)?;
    // Any datagram fits: a part of one would be an error on Windows and silence elsewhere.
    let mut buf = vec![0; 64 * 1024];
    loop {
        reactor.turn(None)?;
        while let Some(Event::Io { .. }) = reactor.next() {
            while let Some((n, peer)) = reactor.receive_from(socket, &mut buf)? {
                // Two services that answer everything would never stop once a forged datagram sets one on the other.
                if peer.port() < 1024 {
                    continue;
                }
                // What there is no room for is lost, as UDP may: keeping it would let peers fill the memory.
                if let Err(error) = reactor.send_to(socket, &buf[..n], peer) {
                    // Mostly of this one peer: no route, an address that may not be sent to.
                    eprintln!("{peer}: {error}");
                }
            }
        }
    }
}
