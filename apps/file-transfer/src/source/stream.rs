//! Standard input, whose length nobody knows.

use std::io::{self, Read};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use barewire_transfer::tree::Running;

use crate::source::job::Report;
use crate::source::pool::{PIECE_BYTES_MAX, Pool};
use crate::source::system;

/// What can be read once, from its beginning to its end.
pub type Input = Box<dyn Read + Send>;

/// Standard input, for [`Options::input`](crate::source::Options).
///
/// # Errors
///
/// Where there is none.
pub fn standard_input() -> io::Result<Input> {
    system::standard_input()
}

/// Buffers that the reader may have: one is filled while the other one is hashed.
const ASKED_MAX: u32 = 2;

/// What came of a read; no bytes are the end.
pub(crate) type Piece = io::Result<Vec<u8>>;

/// A stream being read by a thread of its own.
///
/// A read may wait for ever, and nothing can end that wait: so the thread is left to itself when the stream is given
/// up. It ends with its next byte, or with the program.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) id: u32,
    empty: mpsc::Sender<Vec<u8>>,
    asked: u32,
    running: Running,
}

impl Stream {
    /// Starts a thread that tells `tell` of each piece.
    pub(crate) fn start(
        id: u32,
        input: Input,
        tell: impl Fn(Piece) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (empty, empties) = mpsc::channel();
        let thread = thread::Builder::new().name("input".to_owned());
        thread.spawn(move || read_all(input, &empties, tell))?;
        Ok(Self {
            id,
            empty,
            asked: 0,
            running: Running::new(),
        })
    }

    /// Asks for as many pieces as there is memory for.
    pub(crate) fn ask(&mut self, pool: &mut Pool) {
        while self.asked < ASKED_MAX
            && let Some(buffer) = pool.take(PIECE_BYTES_MAX)
        {
            // If the thread has ended, it has told so.
            let _ = self.empty.send(buffer);
            self.asked += 1;
        }
    }

    /// Takes what was read; whether that was the end.
    pub(crate) fn take(&mut self, bytes: Vec<u8>, report: &dyn Fn(Report)) -> bool {
        self.asked = self.asked.saturating_sub(1);
        let id = self.id;
        if bytes.is_empty() {
            let root = self.running.root();
            report(Report::End { id, root });
            return true;
        }
        let offset = self.running.len();
        self.running.update(&bytes);
        report(Report::Piece { id, offset, bytes });
        false
    }
}

fn read_all(mut input: Input, empties: &mpsc::Receiver<Vec<u8>>, tell: impl Fn(Piece) -> bool) {
    for mut buffer in empties {
        let piece = read(&mut input, &mut buffer).map(|len| {
            buffer.truncate(len);
            buffer
        });
        let is_end = !matches!(&piece, Ok(bytes) if !bytes.is_empty());
        if !tell(piece) || is_end {
            return;
        }
    }
}

/// What there is, at least a byte, or the end.
fn read(input: &mut Input, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A terminal shared with a program that made it so; there is nothing here to wait with.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(10));
            }
            read => return read,
        }
    }
}
