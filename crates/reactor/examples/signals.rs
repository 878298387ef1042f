//! A graceful end: at SIGTERM or Ctrl-C a server lets nobody in any more and waits for the uploads under way, 5 s at
//! most. A second signal ends it at once. Unix, feature `signals`.
//!
//! `cargo run -p barewire-reactor --features signals --example signals -- 127.0.0.1:7000`, then `nc 127.0.0.1 7000`
//! and Ctrl-C here.

#[cfg(not(unix))]
fn main() {
    eprintln!("this needs Unix; on Windows let the ctrlc crate send into a channel");
}

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    use std::collections::HashMap;
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use barewire_reactor::{Event, Input, Interest, Reactor, Signals};

    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0"))?;
    let mut reactor = Reactor::new()?;
    let signals = Signals::new([Signals::TERM, Signals::INT])?;
    let signals = reactor.insert(signals, Interest::READABLE)?;
    eprintln!("listening on {}", listener.local_addr()?);
    let listener = reactor.insert(listener, Interest::READABLE)?;
    let (mut buf, mut uploads) = ([0; 16 * 1024], HashMap::new());
    // The signals are left when the listener and all clients are gone.
    while reactor.source_count() > 1 {
        reactor.turn(None)?;
        while let Some(event) = reactor.next() {
            match event {
                Event::Io { key, .. } if key == signals => {
                    for _ in reactor.signals(signals) {
                        // No listener to close: this is not the first signal.
                        if !reactor.close(listener) {
                            return Ok(());
                        }
                        eprintln!("waiting for {} uploads", reactor.source_count() - 1);
                        reactor.timer(reactor.now() + Duration::from_secs(5), 0);
                    }
                }
                Event::Io { key, .. } if key == listener => {
                    while reactor.admit(listener, Interest::READABLE)?.is_some() {}
                }
                Event::Io { key, .. } => match reactor.read(key.typed::<TcpStream>(), &mut buf) {
                    Ok(Input::Bytes(n)) => *uploads.entry(key).or_insert(0) += n,
                    Ok(Input::Blocked) => {}
                    over => {
                        println!("{} bytes, {over:?}", uploads.remove(&key).unwrap_or(0));
                        reactor.close(key);
                    }
                },
                // The 5 s are over.
                _ => return Ok(()),
            }
        }
    }
    Ok(())
}
