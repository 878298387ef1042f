//! Programs that run, and what they cost.

use std::fs;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at how much memory there is.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A program, killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    name: String,
}

/// One that has ended well.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) at: Instant,
    /// Of it and its children.
    pub(crate) cpu_seconds: f64,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let name = command.get_program().display().to_string();
        let child = command.spawn();
        let child = child.unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { child, name }
    }

    pub(crate) fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub(crate) fn wait(mut self) -> Ended {
        // It is left in the table until its times are read.
        let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(self.id()), how).expect("a child of ours");
        let at = Instant::now();
        let cpu_seconds = cpu_seconds(self.id());
        let status = self.child.wait().expect("a child of ours");
        assert!(status.success(), "{}: {status}", self.name);
        Ended { at, cpu_seconds }
    }

    /// Waits until those are gone that it has started for others.
    pub(crate) fn await_children(&self) {
        let id = self.id().as_raw_nonzero();
        let children = || fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let deadline = Instant::now() + PATIENCE;
        while children().is_ok_and(|children| !children.trim().is_empty()) {
            assert!(Instant::now() < deadline, "{} goes on", self.name);
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After its end neither does anything.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system time of all threads and of the children that have ended. Linux counts it in hundredths of a second
/// for everybody who asks here (USER_HZ), whatever the kernel's own rate is.
pub(crate) fn cpu_seconds(id: Pid) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero()));
    let stat = stat.expect("a process of ours");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("ticks");
    (11..15).map(ticks).sum::<f64>() / 100.0
}

/// Bytes that a process has given to `write` and its kin.
pub(crate) fn written_bytes(id: Pid) -> u64 {
    let io = fs::read_to_string(format!("/proc/{}/io", id.as_raw_nonzero())).unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: "));
    line.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Looks how much memory processes have, as long as they are there.
pub(crate) struct Watch {
    over: Arc<AtomicBool>,
    thread: JoinHandle<[u64; 2]>,
}

impl Watch {
    pub(crate) fn new(ids: [Pid; 2]) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&over);
        let thread = thread::spawn(move || {
            let mut most = [0; 2];
            while !flag.load(Ordering::Relaxed) {
                for (most, id) in most.iter_mut().zip(ids) {
                    *most = resident_bytes_max(id).unwrap_or(*most);
                }
                thread::sleep(LOOK_EVERY);
            }
            most
        });
        Self { over, thread }
    }

    /// The most that each ever had.
    pub(crate) fn finish(self) -> [u64; 2] {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().expect("it only looks")
    }
}

/// `None` where it has ended.
fn resident_bytes_max(id: Pid) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", id.as_raw_nonzero())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes * 1024)
}
