//! What comes out of a pipe.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What a pipe has given so far, and whether it has ended. By default there is no pipe, and all has been said.
#[derive(Default)]
pub(super) struct Heard {
    shared: Arc<(Mutex<Said>, Condvar)>,
    reader: Option<JoinHandle<()>>,
    /// Bytes of the lines that were asked for one by one.
    told: usize,
}

#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    goes_on: bool,
}

impl Heard {
    pub(super) fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let said = Said {
            bytes: Vec::new(),
            goes_on: true,
        };
        let shared = Arc::new((Mutex::new(said), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let reader = thread::spawn(move || {
            let mut chunk = vec![0; 64 << 10];
            loop {
                let read = pipe.read(&mut chunk).unwrap_or(0);
                let mut said = theirs.0.lock().expect("no panic there");
                said.bytes.extend_from_slice(&chunk[..read]);
                said.goes_on = read > 0;
                theirs.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Self {
            shared,
            reader: Some(reader),
            told: 0,
        }
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.shared.0.lock().expect("no panic there")
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.said().bytes.clone()
    }

    /// All of it. A grandchild that holds the pipe would keep this waiting; there is none.
    pub(super) fn all(&mut self) -> Vec<u8> {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("no panic there");
        }
        std::mem::take(&mut self.said().bytes)
    }

    /// Waits until `find` finds something; what was said if it never does.
    pub(super) fn wait<T>(
        &self,
        patience: Duration,
        mut find: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<T, String> {
        let found = self.wait_until(patience, |said| find(&said.bytes));
        found.ok_or_else(|| String::from_utf8_lossy(&self.said().bytes).into_owned())
    }

    /// Waits until all has been said; whether it has.
    #[cfg(target_os = "linux")]
    pub(super) fn wait_for_end(&self, patience: Duration) -> bool {
        let ended = self.wait_until(patience, |said| (!said.goes_on).then_some(()));
        ended.is_some()
    }

    /// The line behind the one that was asked for last, `Some(None)` behind all; `None` if nothing comes.
    pub(super) fn next_line(&mut self, patience: Duration) -> Option<Option<String>> {
        let line = self.wait_until(patience, |said| {
            let rest = &said.bytes[self.told..];
            let newline = rest.iter().position(|&byte| byte == b'\n');
            match newline {
                Some(at) => Some(rest[..=at].to_vec()),
                None if said.goes_on => None,
                // At the end a line may lack it.
                None => Some(rest.to_vec()),
            }
        })?;
        self.told += line.len();
        if line.is_empty() {
            return Some(None);
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        Some(Some(String::from_utf8_lossy(text).into_owned()))
    }

    fn wait_until<T>(
        &self,
        patience: Duration,
        mut find: impl FnMut(&Said) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + patience;
        let mut said = self.said();
        loop {
            let found = find(&said);
            let left = deadline.saturating_duration_since(Instant::now());
            if found.is_some() || !said.goes_on || left.is_zero() {
                return found;
            }
            let waited = self.shared.1.wait_timeout(said, left);
            said = waited.expect("no panic there").0;
        }
    }
}

/// Those that end with a newline, without it, as far as they are UTF-8.
pub(super) fn whole_lines(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    let whole = lines.filter_map(|line| line.strip_suffix(b"\n"));
    whole.filter_map(|line| str::from_utf8(line).ok())
}
