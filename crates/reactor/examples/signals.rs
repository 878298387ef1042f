//! A graceful end: at SIGTERM or Ctrl-C a server that counts uploads lets nobody in any more, waits for those under
//! way for 5 s at most, and exits with 0. A second signal ends it at once. Unix, feature `signals`.
//!
//! `cargo run -p barewire-reactor --features signals --example signals -- 127.0.0.1:7000`, then
//! `nc 127.0.0.1 7000`, and `kill` with the number it has printed.

#[cfg(not(unix))]
fn main() {
    eprintln!(
        "this needs Unix; on Windows send from the handler of the ctrlc crate into a channel"
    );
}

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    use std::collections::HashMap;
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use barewire_reactor::{Event, Input, Interest, Reactor, Signals};

    let mut reactor = Reactor::new()?;
    let signals = Signals::new([Signals::TERM, Signals::INT])?;
    let signals = reactor.insert(signals, Interest::READABLE)?;
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0"))?;
    eprintln!("process {}", std::process::id());
    eprintln!("listening on {}", listener.local_addr()?);
    let listener = reactor.insert(listener, Interest::READABLE)?;
    let mut uploads = HashMap::new();
    let mut buf = [0; 16 * 1024];
    loop {
        reactor.turn(None)?;
        while let Some(event) = reactor.next() {
            match event {
                Event::Io { key, .. } if key == signals.raw() => {
                    let come = reactor.get(signals).map_or(0, |all| all.take().count());
                    if come == 0 {
                        continue;
                    }
                    // No listener to remove: this is not the first signal. Two kinds at once are two signals.
                    if come > 1 || reactor.remove(listener).is_none() {
                        return Ok(());
                    }
                    eprintln!("waiting for {} uploads", uploads.len());
                    reactor.timer(reactor.now() + Duration::from_secs(5), 0);
                }
                Event::Io { key, .. } if key == listener.raw() => {
                    while let Some((stream, peer)) = reactor.accept(listener)? {
                        match reactor.insert(stream, Interest::READABLE) {
                            Ok(key) => drop(uploads.insert(key.raw(), (peer, 0))),
                            Err(refused) => eprintln!("{peer}: {refused}"),
                        }
                    }
                }
                Event::Io { key, .. } => {
                    let Some((peer, bytes)) = uploads.get_mut(&key) else {
                        continue;
                    };
                    match reactor.read(key.typed::<TcpStream>(), &mut buf) {
                        Ok(Input::Blocked) => continue,
                        Ok(Input::Bytes(n)) => {
                            *bytes += n;
                            continue;
                        }
                        Ok(Input::End) => println!("{peer}: {bytes} bytes"),
                        Err(error) => eprintln!("{peer}: {error} after {bytes} bytes"),
                    }
                    uploads.remove(&key);
                    reactor.remove(key.typed::<TcpStream>());
                }
                Event::Timer { .. } => {
                    eprintln!("{} uploads cut off", uploads.len());
                    return Ok(());
                }
                _ => {}
            }
        }
        // One source is left when the listener and all clients are gone: the signals.
        if reactor.source_count() == 1 {
            return Ok(());
        }
    }
}
