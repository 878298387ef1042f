//! `socat`, which sends what it reads, so many bytes a datagram, and writes what it receives.

use std::fs;
use std::time::{Duration, Instant};

use barewire_proving::process::written_bytes;
use barewire_proving::{PATIENCE, Program, command, eventually, net::free_port};
use rustix::process::Signal;

use crate::cases::Run;

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
    let mut receiver = command("socat");
    receiver
        .args(["-u", "-b", &block])
        .arg(format!(
            "UDP-RECV:{port},bind=127.0.0.1,so-rcvbuf={buffer_bytes}"
        ))
        .arg("OPEN:/dev/null,wronly");
    let receiver = Program::start(receiver);
    eventually(PATIENCE, || no_room(port)).expect("socat listens");
    let before = written_bytes(receiver.id());
    let mut sender = command("socat");
    sender
        .args(["-u", "-b", &block])
        .arg(format!("OPEN:{},rdonly", file.path().display()))
        .arg(format!("UDP-SENDTO:127.0.0.1:{port}"));
    let started = Instant::now();
    let time = PATIENCE + Duration::from_secs_f64(seconds);
    let (sent, sender_cpu_seconds) = Program::start(sender).within(time).wait_measured();
    let sent_seconds = started.elapsed().as_secs_f64();
    sent.expect(0);
    // What the system had room for is read, and written.
    let received = eventually(PATIENCE, || {
        let received = (written_bytes(receiver.id()) - before) / size;
        (received + no_room(port)? == count).then_some(received)
    });
    let received = received.expect("socat has lost what no system has");
    let received_seconds = started.elapsed().as_secs_f64();
    receiver.signal(Signal::TERM);
    Run {
        sent: count,
        sent_seconds,
        received,
        received_seconds,
        sender_cpu_seconds,
        receiver_cpu_seconds: receiver.wait_measured().1,
    }
}

/// How often the socket of that port on 127.0.0.1 had no room.
fn no_room(port: u16) -> Option<u64> {
    let table = fs::read_to_string("/proc/net/udp").ok()?;
    let address = format!("0100007F:{port:04X}");
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_it = fields.get(1) == Some(&address.as_str());
        is_it.then(|| fields.get(12)?.parse().ok()).flatten()
    })
}
