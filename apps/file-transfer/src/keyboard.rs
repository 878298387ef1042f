//! What is typed while somebody is asked.

use std::collections::VecDeque;
use std::io;

use barewire_reactor::{Input, Interest, Key, RawKey, Reactor, Stdin};

/// Most bytes that are gathered without a line's end.
const LINE_BYTES_MAX: usize = 4096;

/// Standard input, read for as long as somebody is asked.
#[derive(Debug, Default)]
pub struct Keyboard {
    key: Option<Key<Stdin>>,
    closed: bool,
    partial: Vec<u8>,
    lines: VecDeque<String>,
}

impl Keyboard {
    /// Reads from now on, or leaves standard input to others.
    ///
    /// # Errors
    ///
    /// The loop's own.
    pub fn listen(&mut self, asks: bool, reactor: &mut Reactor) -> io::Result<()> {
        match self.key {
            None if asks && !self.closed => match Stdin::new() {
                Ok(stdin) => self.key = Some(reactor.insert(stdin, Interest::READABLE)?),
                Err(_) => self.closed = true,
            },
            Some(key) if !asks => {
                reactor.close(key);
                self.key = None;
            }
            _ => {}
        }
        Ok(())
    }

    /// Reads what there is, if this event is about it.
    pub fn handle_event(&mut self, event: RawKey, reactor: &mut Reactor) -> bool {
        let Some(key) = self.key.filter(|&key| event == key) else {
            return false;
        };
        let mut bytes = [0; 1024];
        match reactor.read(key, &mut bytes) {
            Ok(Input::Bytes(len)) => self.add(&bytes[..len]),
            Ok(Input::Blocked) => {}
            Ok(Input::End) | Err(_) => {
                self.closed = true;
                reactor.close(key);
                self.key = None;
            }
        }
        true
    }

    /// The oldest line.
    pub fn line(&mut self) -> Option<String> {
        self.lines.pop_front()
    }

    /// Whether nothing more will be typed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                let line = String::from_utf8_lossy(&self.partial).into_owned();
                self.lines.push_back(line);
                self.partial.clear();
            } else if self.partial.len() < LINE_BYTES_MAX {
                self.partial.push(byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Keyboard, LINE_BYTES_MAX};

    #[test]
    fn lines_are_whole_and_bounded() {
        let mut keyboard = Keyboard::default();
        keyboard.add(b"y");
        assert_eq!(keyboard.line(), None);
        keyboard.add(b"es\nno\n\n");
        let lines: Vec<String> = std::iter::from_fn(|| keyboard.line()).collect();
        assert_eq!(lines, ["yes", "no", ""]);
        keyboard.add(&[b'a'; LINE_BYTES_MAX * 2]);
        keyboard.add(b"\n");
        assert_eq!(keyboard.line().map(|line| line.len()), Some(LINE_BYTES_MAX));
    }
}
