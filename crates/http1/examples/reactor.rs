//! The echo server of `shared/echo.rs` on `barewire-reactor`: one thread, readiness, a timer for
//! each connection.
//!
//! ```text
//! cargo run -p barewire-http1 --example reactor -- ADDR [CONNECTIONS]
//! curl --data hello http://ADDR/
//! ```

use std::collections::HashMap;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use barewire_reactor::{Event, Input, Interest, Key, Reactor, TimerKey};

#[path = "shared/echo.rs"]
mod echo;

use echo::{Due, Echo};

const WAIT_MAX: Duration = Duration::from_secs(5);
/// How much may wait to be written before no more is read.
const UNSENT_MAX: usize = 64 * 1024;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(addr) = words.next() else {
        eprintln!("usage: reactor ADDR [CONNECTIONS]");
        return ExitCode::from(2);
    };
    let connections = words.next().and_then(|count| count.parse().ok());
    let served = TcpListener::bind(&addr)
        .and_then(|listener| serve(listener, connections.unwrap_or(usize::MAX)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("reactor: {addr}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// One connection: the codec, what was read and not used, what is to be written, its timer.
struct Client {
    echo: Echo,
    input: Vec<u8>,
    out: Vec<u8>,
    due: Due,
    timer: TimerKey,
}

/// Serves so many connections.
pub(crate) fn serve(listener: TcpListener, connections: usize) -> io::Result<()> {
    eprintln!("listening on {}", listener.local_addr()?);
    let mut reactor = Reactor::new()?;
    let listener = reactor.insert(listener, Interest::READABLE)?;
    let mut clients: HashMap<Key<TcpStream>, Client> = HashMap::new();
    let mut timers: HashMap<TimerKey, Key<TcpStream>> = HashMap::new();
    let mut to_come = connections;
    while to_come > 0 || !clients.is_empty() {
        reactor.turn(None)?;
        while let Some(event) = reactor.next() {
            match event {
                Event::Io { key, .. } if key == listener => {
                    while to_come > 0
                        && let Some((key, _)) = reactor.admit(listener, Interest::READABLE)?
                    {
                        to_come -= 1;
                        let timer = reactor.timer(reactor.now() + WAIT_MAX, 0);
                        timers.insert(timer, key);
                        clients.insert(key, Client::new(timer));
                    }
                    if to_come == 0 {
                        reactor.close(listener);
                    }
                }
                Event::Io { key, .. } => {
                    let key = key.typed();
                    let Some(client) = clients.get_mut(&key) else {
                        continue;
                    };
                    reactor.postpone(client.timer, reactor.now() + WAIT_MAX);
                    if !matches!(client.round(&mut reactor, key), Ok(true))
                        && let Some(client) = clients.remove(&key)
                    {
                        reactor.cancel(client.timer);
                        timers.remove(&client.timer);
                        reactor.close(key);
                    }
                }
                Event::Timer { key, .. } => {
                    if let Some(key) = timers.remove(&key) {
                        clients.remove(&key);
                        reactor.close(key);
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

impl Client {
    fn new(timer: TimerKey) -> Self {
        Self {
            echo: Echo::new(),
            input: Vec::new(),
            out: Vec::new(),
            due: Due::Read,
            timer,
        }
    }

    /// Reads, answers, writes. `false`: over, close it.
    fn round(&mut self, reactor: &mut Reactor, key: Key<TcpStream>) -> io::Result<bool> {
        if self.due == Due::Read && self.out.len() < UNSENT_MAX {
            let mut chunk = [0; 16 * 1024];
            match reactor.read(key, &mut chunk)? {
                Input::Bytes(n) => {
                    self.input.extend_from_slice(&chunk[..n]);
                    let round = self.echo.round(&mut self.input, &mut self.out);
                    self.due = round.map_err(io::Error::other)?;
                }
                Input::End => self.due = Due::Close,
                Input::Blocked => {}
            }
        }
        let all = reactor.write_from(key, &mut self.out)?;
        let reads = self.due == Due::Read && self.out.len() < UNSENT_MAX;
        let interest = Interest::READABLE.when(reads) | Interest::WRITABLE.when(!all);
        reactor.set_interest(key, interest)?;
        Ok(!(all && self.due == Due::Close))
    }
}
