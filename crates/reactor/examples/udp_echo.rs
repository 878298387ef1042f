//! A UDP echo server: every datagram goes back to where it came from, within the socket's share of a turn.
//!
//! `cargo run -p barewire-reactor --example udp_echo -- 127.0.0.1:7000`, then `nc -u 127.0.0.1 7000`.

use std::io::{self, ErrorKind};
use std::net::UdpSocket;

use barewire_reactor::{Event, Input, Interest, Output, Reactor};

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
            loop {
                let mut peer = None;
                let received = reactor.read_with(socket, |socket| {
                    let (n, from) = socket.recv_from(&mut buf)?;
                    peer = Some(from);
                    Ok(n)
                });
                let (n, peer) = match (received, peer) {
                    (Ok(Input::Bytes(n)), Some(peer)) => (n, peer),
                    // News about a datagram sent earlier. What else waits is reported in the next turn.
                    (Err(error), _) if is_noise(&error) => break,
                    (Err(error), _) => return Err(error),
                    (Ok(_), _) => break,
                };
                // Two services that answer everything would never stop once a forged datagram sets one on the other.
                if peer.port() < 1024 {
                    continue;
                }
                match reactor.write_with(socket, |socket| socket.send_to(&buf[..n], peer)) {
                    Ok(Output::Bytes(_)) => {}
                    // UDP may lose what there is no room for: keeping it would let peers fill the memory.
                    Ok(Output::Blocked) => {}
                    // Mostly of this one peer: no route, a port that does not exist.
                    Err(error) => eprintln!("{peer}: {error}"),
                }
            }
        }
    }
}

fn is_noise(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    )
}
