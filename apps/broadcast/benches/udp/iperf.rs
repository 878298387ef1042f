//! `iperf3 -u`.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::cases::Run;
use crate::machine;
use crate::process::{Running, eventually};

/// Sends for a time, with so much room for what waits to be received.
///
/// # Panics
///
/// If the counts do not add up.
pub(crate) fn run(size: u64, seconds: f64, rate: Option<u64>, buffer_bytes: u64) -> Run {
    let port = free_port().to_string();
    let mut server = Command::new("iperf3");
    server.args(["-s", "-1", "-J", "-B", "127.0.0.1", "-p", &port]);
    let server = Running::start(&mut server);
    // It says nothing before its end; whoever connects first has it.
    let port: u16 = port.parse().expect("a port");
    eventually("iperf3 does not listen", || listens(port));
    let mut client = Command::new("iperf3");
    client
        .args(["-c", "127.0.0.1", "-u", "-J"])
        .args(["-p", &port.to_string()])
        .args(["-l", &size.to_string()])
        .args(["-t", &seconds.to_string()])
        .args(["-w", &buffer_bytes.to_string()])
        .args(["-b", &rate.map_or(0, |rate| rate * 8).to_string()]);
    let time = Duration::from_secs_f64(seconds);
    let sent = Running::start(&mut client).wait(time);
    let received = server.wait(time);
    let told = |text: &str| serde_json::from_str::<Value>(text).expect("an object");
    let (client, server) = (told(&sent.output), told(&received.output));
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
        sender_cpu_seconds: sent.cpu_seconds,
        receiver_cpu_seconds: received.cpu_seconds,
    }
}

/// Of both kinds: it has a connection for the orders.
fn free_port() -> u16 {
    loop {
        let port = machine::free_port();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
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
