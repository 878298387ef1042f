//! What processes cost, as `/proc` tells. All of them are children of ours.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::Child;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::{PATIENCE, eventually};

/// User and system time of all threads and of the children that have ended. Linux counts it in hundredths of a second
/// for everybody who asks here (USER_HZ), whatever the kernel's own rate is.
pub fn cpu_seconds(id: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("a process of ours");
    // The name is in parentheses and may have spaces.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("ticks");
    (11..15).map(ticks).sum::<f64>() / 100.0
}

/// Bytes that a process has given to `write` and its kin.
pub fn written_bytes(id: u32) -> u64 {
    let io = fs::read_to_string(format!("/proc/{id}/io")).unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: "));
    line.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Bytes that it has in memory now.
pub fn resident_bytes(id: u32) -> u64 {
    memory(id, "VmRSS:").expect("a process of ours")
}

/// The most bytes that it had in memory so far; `None` of one that has ended.
pub fn resident_bytes_max(id: u32) -> Option<u64> {
    memory(id, "VmHWM:")
}

fn memory(id: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes * 1024)
}

/// Its open descriptors.
pub fn descriptors(id: u32) -> usize {
    let entries = fs::read_dir(format!("/proc/{id}/fd"));
    entries.expect("a process of ours").count()
}

/// Its id, as signals want it.
pub fn pid(id: u32) -> Pid {
    let id = i32::try_from(id).ok().and_then(Pid::from_raw);
    id.expect("an id")
}

/// Waits for the end, and leaves it in the table; its [`cpu_seconds`].
pub fn wait_unreaped(id: u32) -> f64 {
    let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(pid(id)), how).expect("a child of ours");
    cpu_seconds(id)
}

/// Waits until those are gone that it has started for others.
#[track_caller]
pub fn await_children(id: u32) {
    let children = || fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let gone = || children().map_or(true, |children| children.trim().is_empty());
    let gone = eventually(PATIENCE, || gone().then_some(()));
    assert!(gone.is_some(), "children of {id} go on");
}

/// Waits until a server lets somebody in.
#[track_caller]
pub fn await_listening(server: &mut Child, address: SocketAddr, name: &str) {
    let connected = eventually(PATIENCE, || {
        let ended = server.try_wait().expect("a child of ours");
        assert_eq!(ended, None, "{name} did not start");
        TcpStream::connect(address).ok()
    });
    assert!(connected.is_some(), "{name} is silent");
}
