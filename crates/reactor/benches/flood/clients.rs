//! Those who send.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// Between two pings, all connections together.
const PACE: Duration = Duration::from_micros(2500);

/// A ping without an answer for so long is a server that hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends as fast as it can. How many bytes.
pub(crate) fn flood(mut stream: TcpStream, end: Instant) -> u64 {
    let buf = [0x55; 64 * 1024];
    let mut sent = 0;
    while Instant::now() < end {
        sent += stream.write(&buf).expect("a write") as u64;
    }
    sent
}

/// Pings one connection after the other at a steady pace. How long each ping took.
///
/// A ping that has to wait for a late answer to the one before counts from when it should have been sent: otherwise
/// the longer the server is silent, the fewer would tell of it.
pub(crate) fn ping(mut streams: Vec<TcpStream>, end: Instant) -> Vec<Duration> {
    for stream in &streams {
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    }
    let mut took = Vec::new();
    let mut due = Instant::now();
    for number in 0u64.. {
        due += PACE;
        if due >= end {
            break;
        }
        thread::sleep(due.saturating_duration_since(Instant::now()));
        // Sleeping too long is not the server's doing.
        let start = if took.last().is_some_and(|&last| last > PACE) {
            due
        } else {
            Instant::now()
        };
        let stream = &mut streams[(number % 99) as usize];
        let mut reply = [0; 8];
        stream.write_all(&number.to_ne_bytes()).expect("room");
        stream.read_exact(&mut reply).expect("an echo");
        took.push(start.elapsed());
        assert_eq!(u64::from_ne_bytes(reply), number);
    }
    took
}
