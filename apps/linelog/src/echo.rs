//! Records on standard output, which may be a terminal that somebody has stopped.

use std::io::{self, IsTerminal, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::record::Batch;

/// Shows records by a thread of its own, so that nobody waits for a terminal. What does not fit into the bytes that may
/// wait for it is left out, and that is said: the file has it.
#[derive(Debug)]
pub struct Echo {
    shared: Arc<Shared>,
    left_out: u64,
    /// What goes before a batch.
    lead: &'static [u8],
}

/// To the beginning of the line, and nothing on it: where somebody is typing into the same terminal, records would go
/// on behind what has been typed. The terminal still has that; its key for showing it again is Ctrl-R.
const OWN_LINE: &[u8] = b"\r\x1b[K";

/// So much may wait to be shown, and as much be on its way.
const WAITING_BYTES_MAX: usize = 4 << 20;

/// What the loop and the thread share.
#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    text: Vec<u8>,
    /// Nothing more will come.
    is_all: bool,
    /// The thread has ended.
    has_ended: bool,
}

impl Shared {
    /// Nobody who holds it can panic.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next text to show; `None` once there is nothing more.
    fn take(&self) -> Option<Vec<u8>> {
        let mut waiting = self
            .changed
            .wait_while(self.lock(), |waiting| {
                waiting.text.is_empty() && !waiting.is_all
            })
            .unwrap_or_else(PoisonError::into_inner);
        let text = mem::take(&mut waiting.text);
        (!text.is_empty()).then_some(text)
    }

    fn end(&self) {
        self.lock().has_ended = true;
        self.changed.notify_all();
    }
}

impl Echo {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system has none left.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let with_thread = Arc::clone(&shared);
        thread::Builder::new().name("echo".into()).spawn(move || {
            let mut stdout = io::stdout();
            let mut show = |text: Vec<u8>| stdout.write_all(&text).and_then(|()| stdout.flush());
            while let Some(text) = with_thread.take() {
                if show(text).is_err() {
                    break;
                }
            }
            with_thread.end();
        })?;
        Ok(Self {
            shared,
            left_out: 0,
            lead: if cfg!(unix) && io::stdin().is_terminal() && io::stdout().is_terminal() {
                OWN_LINE
            } else {
                b""
            },
        })
    }

    /// Shows a batch, or counts it. `false`: standard output is closed, nothing will be shown any more.
    pub fn show(&mut self, batch: Batch<'_>) -> bool {
        let mut waiting = self.shared.lock();
        if waiting.has_ended {
            return false;
        }
        // One that is larger than all that may wait is shown where nothing does.
        let room = WAITING_BYTES_MAX.saturating_sub(waiting.text.len());
        if batch.bytes().len() > room && !waiting.text.is_empty() {
            self.left_out += batch.records();
            return true;
        }
        waiting.text.extend_from_slice(self.lead);
        note(&mut waiting.text, mem::take(&mut self.left_out));
        waiting.text.extend_from_slice(batch.bytes());
        self.shared.changed.notify_all();
        true
    }

    /// Waits for what is still to be shown, so long at most.
    pub fn finish(self, timeout: Duration) {
        let mut waiting = self.shared.lock();
        note(&mut waiting.text, self.left_out);
        waiting.is_all = true;
        self.shared.changed.notify_all();
        let ended = |waiting: &mut Waiting| !waiting.has_ended;
        // What it could not show in that time the file has.
        drop(
            self.shared
                .changed
                .wait_timeout_while(waiting, timeout, ended),
        );
    }
}

/// Says how many records are missing here, if any are.
fn note(text: &mut Vec<u8>, left_out: u64) {
    if left_out > 0 {
        text.extend(format!("[{left_out} records not shown]\n").into_bytes());
    }
}
