//! What a crash of both sides costs.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{ChildStdout, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use barewire_proving::process::written_bytes;
use serde_json::Value;

use crate::cases::Ground;
use crate::data::expect_equal;
use crate::pair::{Sender, Sync, receiver};
use crate::process::Running;

pub(crate) fn resume(bytes: u64, ground: &Ground, name: &str) {
    println!("\n## resume: a file of {bytes} bytes, both sides killed after three quarters\n");
    println!("| there already, bytes | s, to new data | s, to the end |");
    println!("|---|---|---|");
    let from = ground.path().join(name);
    let to = ground.path().join(ground.fresh());
    crash(&from, &to, bytes);
    let started = Instant::now();
    let sender = Sender::start(&from, Stdio::null());
    let mut command = receiver(&sender, &to, Sync::Durable);
    command.arg("--json").stdout(Stdio::piped());
    let mut receiver = Running::start(&mut command);
    let events = events(receiver.child.stdout.take().expect("piped"));
    let mut already = 0;
    let mut first = None;
    for event in events {
        match event["event"].as_str() {
            Some("started") => already = event["already"].as_u64().expect("a number"),
            Some("progress") => {
                first.get_or_insert_with(|| started.elapsed());
            }
            _ => {}
        }
    }
    receiver.wait();
    sender.wait();
    let last = started.elapsed();
    expect_equal(&from, &to.join(name));
    assert!(already > 0, "it began anew");
    println!(
        "| {already} | {:.3} | {:.3} |",
        first.expect("a quarter was missing").as_secs_f64(),
        last.as_secs_f64()
    );
}

/// Sends three quarters of it, and kills both.
fn crash(from: &Path, to: &Path, bytes: u64) {
    let sender = Sender::start(from, Stdio::null());
    // However small it is, it takes long enough to be seen.
    let rate = (bytes * 2).to_string();
    let mut command = receiver(&sender, to, Sync::Durable);
    command.args(["--quiet", "--rate", &rate]);
    let receiver = Running::start(&mut command);
    while written_bytes(receiver.id()) < bytes / 4 * 3 {
        thread::sleep(Duration::from_millis(1));
    }
}

fn events(output: ChildStdout) -> impl Iterator<Item = Value> {
    let lines = BufReader::new(output).lines();
    lines.map(|line| serde_json::from_str(&line.expect("text")).expect("JSON"))
}
