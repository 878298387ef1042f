//! What is to be sent, in order: small frames run together, large buffers as they are.

use std::collections::VecDeque;

/// Bytes that wait to be encrypted.
#[derive(Debug, Default)]
pub struct Outbox {
    chunks: VecDeque<Chunk>,
    bytes: usize,
    /// Large buffers that were sent, to be used again.
    spent: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Chunk {
    bytes: Vec<u8>,
    sent: usize,
    reusable: bool,
}

/// Frames are gathered up to here before another chunk is begun.
const GATHERED_BYTES: usize = 16 << 10;

impl Outbox {
    /// How many bytes wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether none wait.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Lets `write` append something.
    pub fn append<T>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let gathers = |chunk: &&mut Chunk| !chunk.reusable && chunk.bytes.len() < GATHERED_BYTES;
        if self
            .chunks
            .back_mut()
            .as_ref()
            .is_none_or(|chunk| !gathers(chunk))
        {
            self.chunks.push_back(Chunk {
                bytes: Vec::new(),
                sent: 0,
                reusable: false,
            });
        }
        let Some(chunk) = self.chunks.back_mut() else {
            return write(&mut Vec::new());
        };
        let before = chunk.bytes.len();
        let result = write(&mut chunk.bytes);
        self.bytes += chunk.bytes.len() - before;
        result
    }

    /// Appends a large buffer without copying it; [`spent`](Self::spent) gives it back.
    pub fn push_buffer(&mut self, bytes: Vec<u8>) {
        self.bytes += bytes.len();
        self.chunks.push_back(Chunk {
            bytes,
            sent: 0,
            reusable: true,
        });
    }

    /// Offers what waits to `take`, which says how many bytes it took, until it takes no more.
    pub fn drain(&mut self, mut take: impl FnMut(&[u8]) -> usize) {
        while let Some(chunk) = self.chunks.front_mut() {
            let taken = take(&chunk.bytes[chunk.sent..]);
            chunk.sent += taken;
            self.bytes -= taken;
            if chunk.sent < chunk.bytes.len() {
                return;
            }
            if let Some(chunk) = self.chunks.pop_front().filter(|chunk| chunk.reusable) {
                self.spent.push(chunk.bytes);
            }
        }
    }

    /// Large buffers that were sent since the last time.
    pub fn spent(&mut self) -> impl Iterator<Item = Vec<u8>> {
        self.spent.drain(..)
    }

    /// Forgets what waits, and gives the large buffers back at once.
    pub fn clear(&mut self) {
        self.bytes = 0;
        let chunks = self.chunks.drain(..).filter(|chunk| chunk.reusable);
        self.spent.extend(chunks.map(|chunk| chunk.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::Outbox;

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let mut outbox = Outbox::default();
        outbox.append(|out| out.extend_from_slice(b"ab"));
        outbox.append(|out| out.extend_from_slice(b"c"));
        outbox.push_buffer(b"defg".to_vec());
        outbox.append(|out| out.extend_from_slice(b"h"));
        assert_eq!(outbox.len(), 8);
        let mut out = Vec::new();
        for room in [1, 0, 3, 2, 9] {
            let mut left = room;
            outbox.drain(|bytes| {
                let taken = bytes.len().min(left);
                left -= taken;
                out.extend_from_slice(&bytes[..taken]);
                taken
            });
        }
        assert_eq!(out, b"abcdefgh");
        assert!(outbox.is_empty());
        assert_eq!(outbox.spent().collect::<Vec<_>>(), [b"defg"]);
        outbox.push_buffer(b"x".to_vec());
        outbox.clear();
        assert!(outbox.is_empty());
        assert_eq!(outbox.spent().count(), 1);
    }
}
