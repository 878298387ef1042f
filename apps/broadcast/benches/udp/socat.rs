//! `socat`, which sends what it reads, so many bytes a datagram, and writes what it receives.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::cases::Run;
use crate::machine::{free_port, socket};
use crate::process::{PATIENCE, Running, eventually, written_bytes};

/// More than it sends in a second.
const DATAGRAMS_PER_SECOND: f64 = 100_000.0;

/// Sends a file of zeros that takes some `seconds`, with so much room for what waits to be received.
///
/// # Panics
///
/// If the counts do not add up.
pub(crate) fn run(size: u64, seconds: f64, buffer_bytes: u64) -> Run {
    let count = (DATAGRAMS_PER_SECOND * seconds) as u64;
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.as_file().set_len(count * size).expect("a hole");
    let port = free_port();
    let block = size.to_string();
    let mut receiver = Command::new("socat");
    receiver
        .args(["-u", "-b", &block])
        .arg(format!(
            "UDP-RECV:{port},bind=127.0.0.1,so-rcvbuf={buffer_bytes}"
        ))
        .arg("OPEN:/dev/null,wronly");
    let receiver = Running::start(&mut receiver);
    eventually("socat does not listen", || socket(port).is_some());
    let before = written_bytes(receiver.id());
    let mut sender = Command::new("socat");
    sender
        .args(["-u", "-b", &block])
        .arg(format!("OPEN:{},rdonly", file.path().display()))
        .arg(format!("UDP-SENDTO:127.0.0.1:{port}"));
    let started = Instant::now();
    let sent = Running::start(&mut sender).wait(Duration::from_secs_f64(seconds) + PATIENCE);
    let sent_seconds = started.elapsed().as_secs_f64();
    // What the system had room for is read, and written.
    let mut received = 0;
    eventually("socat has lost what no system has", || {
        let no_room = socket(port).map_or(0, |(_, no_room)| no_room);
        received = (written_bytes(receiver.id()) - before) / size;
        received + no_room == count
    });
    let received_seconds = started.elapsed().as_secs_f64();
    Run {
        sent: count,
        sent_seconds,
        received,
        received_seconds,
        sender_cpu_seconds: sent.cpu_seconds,
        receiver_cpu_seconds: receiver.stop().cpu_seconds,
    }
}
