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
}

#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    goes_on: bool,
    /// Bytes of the lines that were asked for one by one.
    told: usize,
}

impl Heard {
    pub(super) fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let said = Said {
            bytes: Vec::new(),
            goes_on: true,
            told: 0,
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
    pub(super) fn next_line(&self, patience: Duration) -> Option<Option<String>> {
        self.wait_until(patience, |said| {
            let rest = &said.bytes[said.told..];
            let newline = rest.iter().position(|&byte| byte == b'\n');
            let (line, length) = match newline {
                Some(at) => (&rest[..at], at + 1),
                None if said.goes_on => return None,
                None if rest.is_empty() => return Some(None),
                // The last one may lack its newline.
                None => (rest, rest.len()),
            };
            let line = String::from_utf8_lossy(line).into_owned();
            said.told += length;
            Some(Some(line))
        })
    }

    fn wait_until<T>(
        &self,
        patience: Duration,
        mut find: impl FnMut(&mut Said) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + patience;
        let mut said = self.said();
        loop {
            let found = find(&mut said);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_once_and_then_the_end() {
        let heard = Heard::of(&b"a\n\nb"[..]);
        let next = || heard.next_line(Duration::from_secs(60));
        let told = |line: &str| Some(Some(line.to_owned()));
        assert_eq!([next(), next(), next()], ["a", "", "b"].map(told));
        assert_eq!([next(), next()], [Some(None), Some(None)]);
        assert_eq!(heard.bytes(), b"a\n\nb");
    }

    #[test]
    fn where_nothing_comes_there_is_no_line() {
        let (reader, _writer) = std::io::pipe().expect("a pipe");
        let heard = Heard::of(reader);
        assert_eq!(heard.next_line(Duration::from_millis(1)), None);
    }
}
