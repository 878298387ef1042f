//! Work that blocks, in a pool of threads: names are resolved there, the answers come back through a channel, and
//! the loop stays free for its sockets and timers. Ends by itself when the last answer is in.
//!
//! `cargo run -p barewire-reactor --example thread_pool -- localhost example.com`
//!
//! Where results merge (a counter, the newest of something) a `Waker` is enough, beside a `Mutex`.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use barewire_reactor::{Event, Interest, Reactor, Received, Sender, channel};

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
    for _ in 0..4 {
        let (queue, sender) = (Arc::clone(&queue), sender.clone());
        thread::Builder::new().spawn(move || work(&queue, &sender))?;
    }
    // Only the workers have one now: the last of them to end closes the channel.
    drop(sender);
    for name in std::env::args().skip(1) {
        jobs.send(name).map_err(io::Error::other)?;
    }
    drop(jobs);
    loop {
        reactor.turn(None)?;
        while let Some(Event::Io { .. }) = reactor.next() {
            match reactor.receive(answers)? {
                Received::Message((name, addresses)) => println!("{name}: {addresses:?}"),
                Received::Blocked => {}
                Received::Closed => return Ok(()),
            }
        }
    }
}

/// Until there are no more jobs, or nobody wants the answers.
fn work(queue: &Mutex<mpsc::Receiver<String>>, answers: &Sender<Answer>) {
    // The lock is held while waiting for a job, not while doing it.
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(name) = next() {
        let found = (name.as_str(), 0).to_socket_addrs();
        let addresses = found.map(|all| all.map(|address| address.ip()).collect());
        if answers.send((name, addresses)).is_err() {
            return;
        }
    }
}
