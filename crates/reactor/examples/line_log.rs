//! One server that watches new clients, what they say, and the terminal at once, and appends every line of them to
//! one file. Ctrl-D lets nobody in any more; it ends when the last client has left, after 5 s at most.
//!
//! `cargo run -p barewire-reactor --example line_log -- 127.0.0.1:7000 lines.txt`, then several times
//! `nc 127.0.0.1 7000`. Mind that whoever can connect can fill the disk.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use barewire_reactor::{Event, Input, Interest, RawKey, Reactor, Stdin};

/// Longer lines are cut into several.
const LINE_BYTES_MAX: usize = 4096;

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:0".into());
    let path = args.next().unwrap_or_else(|| "lines.txt".into());
    let mut file = File::options().create(true).append(true).open(path)?;
    let listener = TcpListener::bind(address)?;
    eprintln!("listening on {}", listener.local_addr()?);
    let mut reactor = Reactor::new()?;
    let listener = reactor.insert(listener, Interest::READABLE)?;
    let stdin = reactor.insert(Stdin::new()?, Interest::READABLE)?;
    let mut buf = [0; 4096];
    // Who speaks, and the line not yet ended.
    let mut speakers: HashMap<RawKey, (String, Vec<u8>)> = HashMap::new();
    speakers.insert(stdin.raw(), ("terminal".into(), Vec::new()));
    while reactor.source_count() > 0 {
        reactor.turn(None)?;
        while let Some(event) = reactor.next() {
            let Event::Io { key, .. } = event else {
                // The one timer: Ctrl-D was 5 s ago.
                return Err(io::ErrorKind::TimedOut.into());
            };
            if key == listener {
                while let Some((client, peer)) = reactor.admit(listener, Interest::READABLE)? {
                    speakers.insert(client.raw(), (peer.to_string(), Vec::new()));
                }
            }
            let Some((name, line)) = speakers.get_mut(&key) else {
                continue;
            };
            let input = if key == stdin {
                reactor.read(stdin, &mut buf)
            } else {
                reactor.read(key.typed::<TcpStream>(), &mut buf)
            };
            let heard = match &input {
                Ok(Input::Bytes(n)) => &buf[..*n],
                Ok(Input::Blocked) => continue,
                _ => b"\n", // The last line may lack it.
            };
            for &byte in heard {
                if byte != b'\n' {
                    line.push(byte);
                }
                if !line.is_empty() && (byte == b'\n' || line.len() == LINE_BYTES_MAX) {
                    // One write for each line: others may append to the file as well.
                    file.write_all(&[name.as_bytes(), b": ", line, b"\n"].concat())?;
                    line.clear();
                }
            }
            if !matches!(input, Ok(Input::Bytes(_))) {
                eprintln!("{name} ends: {input:?}");
                speakers.remove(&key);
                reactor.close(key);
                if key == stdin {
                    reactor.close(listener);
                    reactor.timer(reactor.now() + Duration::from_secs(5), 0);
                }
            }
        }
    }
    file.sync_all()
}
