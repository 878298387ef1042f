//! Records on standard output, which may be a terminal that somebody has stopped.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::record::Batch;

/// Shows records by a thread of its own, so that nobody waits for a terminal. What it is behind by more than a few
/// batches it leaves out, and says so: the file has it.
#[derive(Debug)]
pub struct Echo {
    batches: SyncSender<Vec<u8>>,
    /// Told when the thread has ended.
    ended: Receiver<()>,
    left_out: u64,
    /// What goes before a batch.
    lead: &'static [u8],
}

/// To the beginning of the line, and nothing on it: where somebody is typing into the same terminal, records would go
/// on behind what has been typed. The terminal still has that; its key for showing it again is Ctrl-R.
const OWN_LINE: &[u8] = b"\r\x1b[K";

const BATCHES_MAX: usize = 8;

impl Echo {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system has none left.
    pub fn start() -> io::Result<Self> {
        let (batches, waiting) = sync_channel(BATCHES_MAX);
        let (end, ended) = sync_channel(1);
        thread::Builder::new().name("echo".into()).spawn(move || {
            show(&waiting);
            // Nobody may be waiting for it.
            let _ = end.send(());
        })?;
        Ok(Self {
            batches,
            ended,
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
        let mut text = self.lead.to_vec();
        if self.left_out > 0 {
            text.extend(format!("[{} records not shown]\n", self.left_out).into_bytes());
        }
        text.extend_from_slice(batch.bytes());
        match self.batches.try_send(text) {
            Ok(()) => self.left_out = 0,
            Err(TrySendError::Full(_)) => self.left_out += batch.records(),
            Err(TrySendError::Disconnected(_)) => return false,
        }
        true
    }

    /// Waits for what is still to be shown, so long at most.
    pub fn finish(self, timeout: Duration) {
        let Self {
            batches,
            ended,
            left_out,
            ..
        } = self;
        if left_out > 0 {
            // Without waiting for room: the file has them.
            let _ = batches.try_send(format!("[{left_out} records not shown]\n").into_bytes());
        }
        drop(batches);
        let _ = ended.recv_timeout(timeout);
    }
}

fn show(batches: &Receiver<Vec<u8>>) {
    let mut stdout = io::stdout();
    for batch in batches {
        if stdout
            .write_all(&batch)
            .and_then(|()| stdout.flush())
            .is_err()
        {
            return;
        }
    }
}
