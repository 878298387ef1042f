//! `bw-cast bench`.

use std::time::Duration;

use barewire_proving::{Ended, PATIENCE, Program, command};
use serde_json::Value;

use crate::cases::Run;

const PROGRAM: &str = env!("CARGO_BIN_EXE_bw-cast");

/// As many datagrams as the system joins to one at most.
const JOINED_MAX: u64 = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Offload,
    Plain,
}

/// Sends for a time and counts. What was measured, and how much room the receiver had.
///
/// # Panics
///
/// If the counts do not add up.
pub(crate) fn run(how: How, size: u64, seconds: f64, rate: Option<u64>) -> (Run, u64) {
    let mut recv = command(PROGRAM);
    recv.args(["bench", "recv", "--listen", "127.0.0.1:0", "--json"]);
    let mut send = command(PROGRAM);
    send.args(["bench", "send", "--json"])
        .args(["--size", &size.to_string()])
        .args(["--time", &seconds.to_string()]);
    if let Some(rate) = rate {
        send.args(["--rate", &rate.to_string()]);
    }
    if how == How::Plain {
        recv.arg("--plain");
        send.arg("--plain");
    }
    let time = PATIENCE + Duration::from_secs_f64(seconds);
    let receiver = Program::start(recv).within(time);
    send.args(["--to", &receiver.address().to_string()]);
    let (sent, sender_cpu_seconds) = Program::start(send).within(time).wait_measured();
    let (received, receiver_cpu_seconds) = receiver.wait_measured();
    let (sender, receiver) = (told(sent), told(received));
    check(how, size, &sender, &receiver);
    let run = Run {
        sent: number(&sender, "datagrams"),
        sent_seconds: number(&sender, "nanoseconds") as f64 / 1e9,
        received: number(&receiver, "datagrams"),
        received_seconds: number(&receiver, "nanoseconds") as f64 / 1e9,
        sender_cpu_seconds,
        receiver_cpu_seconds,
    };
    (run, number(&receiver, "buffer_bytes"))
}

/// The one object that it says.
fn told(ended: Ended) -> Value {
    ended.expect(0).objects().remove(0)
}

fn check(how: How, size: u64, sender: &Value, receiver: &Value) {
    let what = || format!("{sender}\n{receiver}");
    let of_sender = |name: &str| number(sender, name);
    let of_receiver = |name: &str| number(receiver, name);
    let (sent, received, lost) = (
        of_sender("datagrams"),
        of_receiver("datagrams"),
        of_receiver("lost"),
    );
    assert_eq!(received + lost, sent, "{}", what());
    assert_eq!(of_sender("received"), received, "{}", what());
    assert_eq!(of_sender("lost"), lost, "{}", what());
    assert_eq!(of_receiver("bytes"), received * size, "{}", what());
    assert_eq!(of_sender("bytes"), sent * size, "{}", what());
    // Loopback neither doubles nor exchanges anything.
    for name in ["duplicates", "reordered", "late", "foreign"] {
        assert_eq!(of_receiver(name), 0, "{name}: {}", what());
    }
    let no_room = of_receiver("no_room");
    match how {
        How::Plain => assert_eq!(no_room, lost, "{}", what()),
        How::Offload => assert!(
            lost >= no_room.min(1) && lost <= no_room * JOINED_MAX,
            "{}",
            what()
        ),
    }
}

fn number(object: &Value, name: &str) -> u64 {
    object[name]
        .as_u64()
        .unwrap_or_else(|| panic!("{name} of {object}"))
}
