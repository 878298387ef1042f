//! Programs that run, and what they cost.

use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use barewire_proving::process::{resident_bytes_max, wait_unreaped};

/// Between two looks at how much memory there is.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A program, killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) name: String,
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

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub(crate) fn wait(mut self) -> Ended {
        let cpu_seconds = wait_unreaped(self.id());
        let at = Instant::now();
        let status = self.child.wait().expect("a child of ours");
        assert!(status.success(), "{}: {status}", self.name);
        Ended { at, cpu_seconds }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After its end neither does anything.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks how much memory processes have, as long as they are there.
pub(crate) struct Watch {
    over: Arc<AtomicBool>,
    thread: JoinHandle<[u64; 2]>,
}

impl Watch {
    pub(crate) fn new(ids: [u32; 2]) -> Self {
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
