//! The client for `chat`: the terminal and a connection in one loop. Ctrl-D ends our side, and the rest of the other
//! side is waited for. The input may as well be a pipe or a file, on every system.
//!
//! `cargo run -p barewire-reactor --example terminal_chat -- 127.0.0.1:7000`, or with a pipe
//! `echo hello | cargo run -p barewire-reactor --example terminal_chat -- 127.0.0.1:7000`.

use std::io::{self, Write as _};
use std::net::{Shutdown, TcpStream};

use barewire_reactor::{Event, Input, Interest, Reactor, Stdin};

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1);
    let server = TcpStream::connect(address.as_deref().unwrap_or("127.0.0.1:7000"))?;
    let mut reactor = Reactor::new()?;
    let server = reactor.insert(server, Interest::READABLE)?;
    let stdin = reactor.insert(Stdin::new()?, Interest::READABLE)?;
    let (mut buf, mut unsent, mut ended) = ([0; 4096], Vec::new(), false);
    loop {
        reactor.turn(None)?;
        while let Some(Event::Io { key, .. }) = reactor.next() {
            if key == server {
                match reactor.read(server, &mut buf)? {
                    // This may wait for the terminal, and nothing here minds.
                    Input::Bytes(n) => io::stdout().write_all(&buf[..n])?,
                    Input::End if ended => return io::stdout().flush(),
                    Input::End => return Err(io::ErrorKind::ConnectionAborted.into()),
                    Input::Blocked => {}
                }
            } else if unsent.is_empty() {
                match reactor.read(stdin, &mut buf)? {
                    Input::Bytes(n) => unsent.extend_from_slice(&buf[..n]),
                    Input::End => ended = true,
                    Input::Blocked => {}
                }
            }
        }
        let all = reactor.write_from(server, &mut unsent)?;
        reactor.set_interest(server, Interest::READABLE | Interest::WRITABLE.when(!all))?;
        if !ended {
            // What is typed waits while there is something to send.
            reactor.set_interest(stdin, Interest::READABLE.when(all))?;
        } else if reactor.close(stdin) {
            reactor.shutdown(server, Shutdown::Write)?;
        }
    }
}
