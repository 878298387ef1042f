//! What this machine has of a network.

use std::net::{TcpListener, UdpSocket};

/// A port of 127.0.0.1 that was free a moment ago, for TCP and for UDP; nobody else should be fast enough.
pub fn free_port() -> u16 {
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        if UdpSocket::bind(address).is_ok() {
            return address.port();
        }
    }
}

/// Whether this machine speaks IPv6 to itself; a line if not.
pub fn has_v6() -> bool {
    let bound = TcpListener::bind("[::1]:0");
    if let Err(error) = &bound {
        println!("skipped: no IPv6 here: {error}");
    }
    bound.is_ok()
}
