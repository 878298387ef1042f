//! The client for `chat`: the terminal and a connection in one loop. Ctrl-D ends our side, and the rest of the other
//! side is waited for. The input may as well be a pipe or a file, on every system.
//!
//! `cargo run -p barewire-reactor --example terminal_chat -- 127.0.0.1:7000`, or with a pipe
//! `echo hello | cargo run -p barewire-reactor --example terminal_chat -- 127.0.0.1:7000`.

use std::io::{self, Write as _};
use std::net::{Shutdown, TcpStream};

use barewire_reactor::{Event, Input, Interest, Output, Reactor, Stdin};

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1);
    let server = TcpStream::connect(address.as_deref().unwrap_or("127.0.0.1:7000"))?;
    let mut reactor = Reactor::new()?;
    let server = reactor.insert(server, Interest::READABLE)?;
    let stdin = reactor.insert(Stdin::new()?, Interest::READABLE)?;
    let (mut buf, mut unsent, mut ended) = ([0; 4096], Vec::new(), false);
    loop {
        reactor.turn(None)?;
        while let Some(event) = reactor.next() {
            match event {
                Event::Io { key, .. } if key == server.raw() => {
                    match reactor.read(server, &mut buf)? {
                        // This may wait for the terminal, and nothing here minds.
                        Input::Bytes(n) => io::stdout().write_all(&buf[..n])?,
                        Input::End if ended => return io::stdout().flush(),
                        Input::End => return Err(io::ErrorKind::ConnectionAborted.into()),
                        Input::Blocked => {}
                    }
                }
                Event::Io { key, .. } if key == stdin.raw() && unsent.is_empty() => {
                    match reactor.read(stdin, &mut buf)? {
                        Input::Bytes(n) => unsent.extend_from_slice(&buf[..n]),
                        Input::End => {
                            ended = true;
                            reactor.remove(stdin);
                            // Nothing is unsent. A connection that is gone already is told by the next read.
                            if let Some(Err(error)) =
                                reactor.get(server).map(|s| s.shutdown(Shutdown::Write))
                            {
                                eprintln!("{error}");
                            }
                        }
                        Input::Blocked => {}
                    }
                }
                _ => {}
            }
        }
        while !unsent.is_empty() {
            match reactor.write(server, &unsent)? {
                Output::Bytes(n) => drop(unsent.drain(..n)),
                Output::Blocked => break,
            }
        }
        // What is typed waits while there is something to send.
        let (to_server, to_stdin) = if unsent.is_empty() {
            (Interest::READABLE, Interest::READABLE)
        } else {
            (Interest::READABLE | Interest::WRITABLE, Interest::NONE)
        };
        reactor.set_interest(server, to_server)?;
        if !ended {
            reactor.set_interest(stdin, to_stdin)?;
        }
    }
}
