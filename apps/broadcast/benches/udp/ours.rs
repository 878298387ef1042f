//! `bw-cast bench`.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::cases::Run;
use crate::process::Running;

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
    let mut recv = Command::new(PROGRAM);
    recv.args(["bench", "recv", "--listen", "127.0.0.1:0", "--json"]);
    let mut send = Command::new(PROGRAM);
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
    let receiver = Running::start(&mut recv);
    send.args(["--to", &receiver.said("listening on ")]);
    let time = Duration::from_secs_f64(seconds);
    let sent = Running::start(&mut send).wait(time);
    let received = receiver.wait(time);
    let told = |text: &str| serde_json::from_str::<Value>(text).expect("an object");
    let (sender, receiver) = (told(&sent.output), told(&received.output));
    check(how, size, &sender, &receiver);
    let run = Run {
        sent: number(&sender, "datagrams"),
        sent_seconds: number(&sender, "nanoseconds") as f64 / 1e9,
        received: number(&receiver, "datagrams"),
        received_seconds: number(&receiver, "nanoseconds") as f64 / 1e9,
        sender_cpu_seconds: sent.cpu_seconds,
        receiver_cpu_seconds: received.cpu_seconds,
    };
    (run, number(&receiver, "buffer_bytes"))
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
