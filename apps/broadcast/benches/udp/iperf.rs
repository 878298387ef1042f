//! `iperf3 -u`.

use std::time::Duration;

use barewire_proving::{Ended, PATIENCE, Program, command, eventually, net::free_port};
use serde_json::Value;

use crate::cases::Run;

/// Sends for a time, with so much room for what waits to be received.
///
/// # Panics
///
/// If the counts do not add up.
pub(crate) fn run(size: u64, seconds: f64, rate: Option<u64>, buffer_bytes: u64) -> Run {
    let (port, time) = (free_port(), PATIENCE + Duration::from_secs_f64(seconds));
    let mut server = command("iperf3");
    server.args(["-s", "-1", "-J", "-B", "127.0.0.1", "-p", &port.to_string()]);
    let server = Program::start(server).within(time);
    // It says nothing before its end; whoever connects first has it.
    eventually(PATIENCE, || listens(port).then_some(())).expect("iperf3 listens");
    let mut client = command("iperf3");
    client
        .args(["-c", "127.0.0.1", "-u", "-J"])
        .args(["-p", &port.to_string()])
        .args(["-l", &size.to_string()])
        .args(["-t", &seconds.to_string()])
        .args(["-w", &buffer_bytes.to_string()])
        .args(["-b", &rate.map_or(0, |rate| rate * 8).to_string()]);
    let (sent, sender_cpu_seconds) = Program::start(client).within(time).wait_measured();
    let (received, receiver_cpu_seconds) = server.wait_measured();
    let (client, server) = (told(sent), told(received));
    let at_client = &client["end"]["sum"];
    let at_server = &server["end"]["sum"];
    let (sent_count, lost) = (
        number(&client["end"]["sum_sent"]["packets"]),
        number(&at_server["lost_packets"]),
    );
    let bytes = number(&server["end"]["sum_received"]["bytes"]);
    let seen = number(&at_server["packets"]);
    // The last may be under way when it stops counting.
    let received_count = bytes / size;
    assert_eq!(bytes % size, 0, "{at_server}");
    assert_eq!(received_count + lost, seen, "{at_server}");
    assert!(seen <= sent_count, "{at_client} {at_server}");
    Run {
        sent: sent_count,
        sent_seconds: real(&client["end"]["sum_sent"]["seconds"]),
        received: received_count,
        received_seconds: real(&server["end"]["sum_received"]["seconds"]),
        sender_cpu_seconds,
        receiver_cpu_seconds,
    }
}

fn told(ended: Ended) -> Value {
    serde_json::from_str(&ended.expect(0).text()).expect("an object")
}

fn listens(port: u16) -> bool {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let address = format!("0100007F:{port:04X} 00000000:0000 0A");
    table.lines().any(|line| line.contains(&address))
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}: a count"))
}

fn real(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}: a time"))
}
