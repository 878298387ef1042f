//! Work that blocks, in a pool of threads: names are resolved there, the answers come back through a channel, and
//! the loop stays free for its sockets and timers. Ends by itself when the last answer is in.
//!
//! `cargo run -p barewire-reactor --example thread_pool -- localhost example.com`
//!
//! Where results merge (a counter, the newest of something) a `Waker` is enough: keep them behind a `Mutex`, call
//! `wake` after each change, and look at all of them upon `Event::Woken`.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use barewire_reactor::{Event, Interest, Reactor, Received, Sender, channel};

const WORKERS: usize = 4;
/// Answers on their way. A worker that finds no room waits; the loop never does.
const ANSWERS_MAX: usize = 16;

type Answer = (String, io::Result<Vec<IpAddr>>);

fn main() -> io::Result<()> {
    let mut reactor = Reactor::new()?;
    // The loop must not wait for room, so this one is unbounded. A server counts what is under way.
    let (jobs, queue) = mpsc::channel();
    let queue = Arc::new(Mutex::new(queue));
    let (sender, receiver) = channel(ANSWERS_MAX);
    let answers = reactor.insert(receiver, Interest::READABLE)?;
    for n in 0..WORKERS {
        let (queue, sender) = (Arc::clone(&queue), sender.clone());
        thread::Builder::new()
            .name(format!("resolver {n}"))
            .spawn(move || work(&queue, &sender))?;
    }
    // Only the workers have one now: the last of them to end closes the channel.
    drop(sender);
    for name in std::env::args().skip(1) {
        jobs.send(name).map_err(io::Error::other)?;
    }
    drop(jobs);
    reactor.timer(reactor.now() + Duration::from_secs(60), 0);
    loop {
        reactor.turn(None)?;
        while let Some(event) = reactor.next() {
            match event {
                Event::Io { key, .. } if key == answers.raw() => loop {
                    match reactor.receive(answers)? {
                        Received::Message((name, Ok(addresses))) => {
                            println!("{name}: {addresses:?}")
                        }
                        Received::Message((name, Err(error))) => println!("{name}: {error}"),
                        Received::Blocked => break,
                        Received::Closed => return Ok(()),
                    }
                },
                Event::Timer { .. } => {
                    // Threads that block cannot be interrupted; they end with the process.
                    return Err(io::ErrorKind::TimedOut.into());
                }
                _ => {}
            }
        }
    }
}

/// Until there are no more jobs, or nobody wants the answers.
fn work(queue: &Mutex<mpsc::Receiver<String>>, answers: &Sender<Answer>) {
    loop {
        // The lock is held while waiting for a job, not while doing it.
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(name) = job else { return };
        let found = (name.as_str(), 0).to_socket_addrs();
        let addresses = found.map(|all| all.map(|address| address.ip()).collect());
        if answers.send((name, addresses)).is_err() {
            return;
        }
    }
}
