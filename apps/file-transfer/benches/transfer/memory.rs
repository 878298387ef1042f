//! How much memory it takes, however much there is to send.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Instant;

use crate::cases::Ground;
use crate::data::{self, content, expect_same};
use crate::pair::{Sender, Sync, receiver};
use crate::process::Running;
use crate::ways::{Cost, Way, finish};

pub(crate) fn memory(bytes: u64, ground: &Ground, name: &str) {
    println!("\n## memory: {bytes} bytes, the most that was resident\n");
    println!("| what | GB/s | MiB, sender | MiB, receiver |");
    println!("|---|---|---|---|");
    row("file", bytes, ground.carry(Way::Pair(Sync::Durable), name));
    row(
        "standard input to standard output",
        bytes,
        stream(bytes, ground.path()),
    );
}

fn row(what: &str, bytes: u64, cost: Cost) {
    let [sender, receiver] = cost.resident_bytes_max.expect("looked at");
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!(
        "| {what} | {:.3} | {:.1} | {:.1} |",
        bytes as f64 / 1e9 / cost.seconds,
        mebibytes(sender),
        mebibytes(receiver)
    );
}

/// What is made here goes in at one end and is compared at the other.
fn stream(bytes: u64, ground: &Path) -> Cost {
    let started = Instant::now();
    let mut sender = Sender::start("-", Stdio::piped());
    let mut input = sender.running.child.stdin.take().expect("piped");
    let mut command = receiver(&sender, "-", Sync::Durable);
    command.arg("--quiet").stdout(Stdio::piped());
    let mut receiver = Running::start(command.current_dir(ground));
    let output = receiver.child.stdout.take().expect("piped");
    let fed = thread::spawn(move || {
        data::copy(content(3, bytes), |block| {
            io::Write::write_all(&mut input, block)
        })
    });
    let compared = thread::spawn(move || expect_same(content(3, bytes), output));
    let cost = finish(started, sender, receiver);
    fed.join().expect("ran").expect("all was read");
    compared.join().expect("the same");
    cost
}
