//! System calls, as strace counts them.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use barewire_proving::machine;

use crate::server::Server;

/// How often each was called while `load` ran, by name; `None`, and a line, without strace.
pub(crate) fn count(
    directory: &Path,
    file: &Path,
    load: impl FnOnce(SocketAddr),
) -> Option<BTreeMap<String, u64>> {
    if !machine::has("strace", "strace") {
        return None;
    }
    let counts = directory.join("strace.txt");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-c", "-U", "calls,name", "-o"])
        .arg(&counts);
    let server = Server::under(strace, file);
    load(server.address);
    server.stop();
    let text = fs::read_to_string(&counts).expect("strace has ended");
    let row = |line: &str| {
        let (calls, name) = line.trim().split_once(' ')?;
        Some((name.trim().to_owned(), calls.parse().ok()?))
    };
    let rows = text.lines().filter_map(row);
    Some(rows.filter(|(name, _)| name != "total").collect())
}
