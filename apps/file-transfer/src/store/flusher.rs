//! Writes of large files on their way to the disk while more come in, so that the last sync is short.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::part::SyncedFile;

/// A thread that syncs, begun when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Flusher {
    thread: Option<(SyncSender<Arc<SyncedFile>>, JoinHandle<()>)>,
}

impl Flusher {
    /// Soon, or not at all if there is more to do than the disk can: the next call comes, and the last sync anyway.
    pub(super) fn sync_soon(&mut self, file: &Arc<SyncedFile>) {
        if self.thread.is_none() {
            self.thread = begin();
        }
        if let Some((files, _)) = &self.thread {
            let _ = files.try_send(Arc::clone(file));
        }
    }
}

fn begin() -> Option<(SyncSender<Arc<SyncedFile>>, JoinHandle<()>)> {
    let (sender, files) = sync_channel::<Arc<SyncedFile>>(1);
    let sync = move || files.iter().for_each(|file| file.sync_in_background());
    let thread = thread::Builder::new().name("sync".to_owned()).spawn(sync);
    Some((sender, thread.ok()?))
}

impl Drop for Flusher {
    fn drop(&mut self) {
        if let Some((files, thread)) = self.thread.take() {
            drop(files);
            let _ = thread.join();
        }
    }
}
