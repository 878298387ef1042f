//! Programs that run, and what they cost.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

/// How long anything may take beyond what it is to take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A program, killed when dropped.
pub(crate) struct Running {
    child: Child,
    name: String,
    output: Receiver<String>,
    lines: Receiver<String>,
}

/// One that has ended.
pub(crate) struct Ended {
    /// All that it has said on standard output.
    pub(crate) output: String,
    /// Of it and its children.
    pub(crate) cpu_seconds: f64,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let name = command.get_program().display().to_string();
        command.stdin(Stdio::null());
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{name}: {error}"));
        let (line, lines) = channel();
        let errors = BufReader::new(child.stderr.take().expect("piped"));
        thread::spawn(move || {
            for text in errors.lines().map_while(Result::ok) {
                let _ = line.send(text);
            }
        });
        let (all, output) = channel();
        let mut out = child.stdout.take().expect("piped");
        thread::spawn(move || {
            let mut text = Vec::new();
            let _ = out.read_to_end(&mut text);
            let _ = all.send(String::from_utf8_lossy(&text).into_owned());
        });
        Self {
            child,
            name,
            output,
            lines,
        }
    }

    pub(crate) fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// What follows `start` on a line of standard error.
    pub(crate) fn said(&self, start: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("{} does not say {start}", self.name));
            if let Some(rest) = line.strip_prefix(start) {
                return rest.to_owned();
            }
        }
    }

    /// Waits for its end after so long.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub(crate) fn wait(self, time: Duration) -> Ended {
        let name = self.name.clone();
        let (ended, succeeded, errors) = self.finish(time);
        assert!(succeeded, "{name}: {} {errors:?}", ended.output);
        ended
    }

    /// Ends one that does not end by itself.
    pub(crate) fn stop(self) -> Ended {
        kill_process(self.id(), Signal::TERM).expect("a child of ours");
        self.finish(Duration::ZERO).0
    }

    fn finish(mut self, time: Duration) -> (Ended, bool, Vec<String>) {
        let output = self.output.recv_timeout(time + PATIENCE);
        let output = output.unwrap_or_else(|_| panic!("{} goes on", self.name));
        // It is left in the table until its times are read.
        let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(self.id()), how).expect("a child of ours");
        let ended = Ended {
            output,
            cpu_seconds: cpu_seconds(self.id()),
        };
        let status = self.child.wait().expect("a child of ours");
        (ended, status.success(), self.lines.iter().collect())
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
fn cpu_seconds(id: Pid) -> f64 {
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

/// Looks again and again until it is so.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}
