//! The machine.

use std::fs;
use std::io::{self, Write};
use std::net::UdpSocket;
use std::process::Command;

/// What is measured on, and with what.
pub(crate) fn print() {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or_default()
        .trim_start_matches(['\t', ' ', ':']);
    let count = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    println!("{count} × {name}, Linux {}", kernel.trim());
    for (program, flag) in [("iperf3", "--version"), ("socat", "-V")] {
        let Ok(output) = Command::new(program).arg(flag).output() else {
            println!("left out: {program} (apt-get install {program})");
            continue;
        };
        let said = String::from_utf8_lossy(&output.stdout);
        let is_version = |line: &&str| line.starts_with("iperf ") || line.contains("socat version");
        let line = said.lines().find(is_version);
        println!("{}", line.unwrap_or(program).trim());
    }
    let _ = io::stdout().flush();
}

/// Whether a program can be started by its name.
pub(crate) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.local_addr().expect("bound").port()
}

/// The socket of that port on 127.0.0.1: bytes that wait in it, and how often it had no room.
pub(crate) fn socket(port: u16) -> Option<(u64, u64)> {
    let table = fs::read_to_string("/proc/net/udp").ok()?;
    let address = format!("0100007F:{port:04X}");
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if fields.get(1) != Some(&address.as_str()) {
            return None;
        }
        let (_, waiting) = fields.get(4)?.split_once(':')?;
        let waiting = u64::from_str_radix(waiting, 16).ok()?;
        Some((waiting, fields.get(12)?.parse().ok()?))
    })
}
