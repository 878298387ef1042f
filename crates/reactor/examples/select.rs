//! The classic call, without a loop of one's own: visitors on TCP are greeted, datagrams are announced.
//!
//! `cargo run -p barewire-reactor --example select -- 127.0.0.1:7000`, then `nc 127.0.0.1 7000` or
//! `echo hello | nc -u 127.0.0.1 7000`. Ends when nothing has come for a minute.

use std::io::{self, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

use barewire_reactor::select;

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:0");
    let (tcp, udp) = (TcpListener::bind(address)?, UdpSocket::bind(address)?);
    eprintln!("listening on {}", tcp.local_addr()?);
    eprintln!("and for datagrams on {}", udp.local_addr()?);
    // Readiness is a hint: what was there may be gone, and the call should not wait then.
    tcp.set_nonblocking(true)?;
    udp.set_nonblocking(true)?;
    loop {
        let ready = select(&[&tcp, &udp], &[], &[], Some(Duration::from_secs(60)))?;
        if ready.is_empty() {
            return Ok(());
        }
        for place in ready.read {
            let seen = match place {
                // A new connection has room for a line.
                0 => (tcp.accept()).and_then(|(mut client, peer)| {
                    client.write_all(format!("hello, {peer}\n").as_bytes())
                }),
                _ => (udp.recv_from(&mut [0; 2048]))
                    .map(|(n, peer)| println!("{n} bytes from {peer}")),
            };
            match seen {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => eprintln!("{error}"),
                _ => {}
            }
        }
    }
}
