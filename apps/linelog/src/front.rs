//! The front of plain records, which from one to the next changes by a digit.

use barewire_command::stamp::Stamp;

/// `TIME SEQ `, the number counted on in place.
#[derive(Debug)]
pub(crate) struct Front {
    bytes: [u8; FRONT_LEN_MAX],
    len: usize,
}

/// Where the number begins, behind the time and a space.
const SEQ_AT: usize = Stamp::LEN + 1;

/// With a number of 20 digits and its space.
const FRONT_LEN_MAX: usize = SEQ_AT + 20 + 1;

impl Front {
    pub(crate) fn new(stamp: Stamp, seq: u64) -> Self {
        let mut bytes = [b' '; FRONT_LEN_MAX];
        bytes[..Stamp::LEN].copy_from_slice(stamp.as_bytes());
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(seq).as_bytes();
        let end = SEQ_AT + digits.len();
        bytes[SEQ_AT..end].copy_from_slice(digits);
        let len = end + 1;
        Self { bytes, len }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Adds one to the number.
    pub(crate) fn count_on(&mut self) {
        let end = self.len - 1;
        for digit in self.bytes[SEQ_AT..end].iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                return;
            }
            *digit = b'0';
        }
        // They were nines all over: a one, one zero more, a space.
        self.bytes[SEQ_AT] = b'1';
        self.bytes[end] = b'0';
        self.len += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::Front;

    #[track_caller]
    fn check(seq: u64) {
        let front = |seq| Front::new(UNIX_EPOCH.into(), seq);
        let mut counted = front(seq);
        counted.count_on();
        assert_eq!(counted.as_bytes(), front(seq + 1).as_bytes());
        let expected = format!("1970-01-01T00:00:00.000000Z {} ", seq + 1);
        assert_eq!(counted.as_bytes(), expected.as_bytes());
    }

    #[test]
    fn counting_gives_the_next_number() {
        (1..2000).for_each(check);
        for digits in 4..20 {
            let round = 10_u64.pow(digits);
            check(round - 2);
            check(round - 1);
            check(round);
        }
        check(u64::MAX - 1);
    }
}
