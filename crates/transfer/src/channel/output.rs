/// Bytes that wait for the socket.
#[derive(Debug, Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    written: usize,
}

impl Output {
    pub(super) fn waiting(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    pub(super) fn consume(&mut self, bytes: usize) {
        self.written = self.bytes.len().min(self.written.saturating_add(bytes));
        if self.written == self.bytes.len() {
            self.bytes.clear();
            self.written = 0;
        }
    }

    /// Where to append. What is written makes room once it is more than what waits, so that each byte is moved once.
    pub(super) fn more(&mut self) -> &mut Vec<u8> {
        if self.written > self.bytes.len() / 2 {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
        &mut self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::Output;

    #[test]
    fn what_is_written_makes_room() {
        let mut output = Output::default();
        let (mut said, mut heard) = (Vec::new(), Vec::new());
        for round in 0..1000u32 {
            let more = round.to_be_bytes().repeat(25);
            output.more().extend_from_slice(&more);
            said.extend(more);
            let written = if round % 7 == 0 { usize::MAX } else { 95 };
            let waiting = output.waiting();
            heard.extend_from_slice(&waiting[..waiting.len().min(written)]);
            output.consume(written);
            assert!(output.bytes.len() < 400);
        }
        heard.extend_from_slice(output.waiting());
        assert!(heard == said);
        output.consume(usize::MAX);
        assert!(output.waiting().is_empty());
    }
}
