//! The multipart/byteranges body, written part by part (RFC 9110 section 14.6).

use std::fmt::{self, Display, Formatter};
use std::io::Write;
use std::ops::Range;

use crate::range::content_range;

/// A multipart/byteranges body: everything but the bytes of the parts themselves.
///
/// The body is, for each index of [`ranges`](Self::ranges) in order, what
/// [`encode_head`](Self::encode_head) appends and then the bytes of that range; at the end what
/// [`encode_closing`](Self::encode_closing) appends. All of it is
/// [`total_bytes`](Self::total_bytes) long, known before the first byte is read.
#[derive(Clone, Debug)]
pub struct ByteRanges {
    ranges: Vec<Range<u64>>,
    media_type: Box<str>,
    size: u64,
    boundary: [u8; BOUNDARY_BYTES],
    total_bytes: u64,
}

/// Why a [`ByteRanges`] was not made; the caller's mistake each time, never the peer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ByteRangesError {
    /// There is no part.
    NoRanges,
    /// A part is empty or ends past the size.
    RangeOutside {
        /// Which part, counted from 0.
        index: usize,
    },
    /// The media type holds a control character or a byte that is not ASCII.
    MediaType,
    /// The body would be longer than a `u64` counts.
    TooLong,
}

const BOUNDARY_BYTES: usize = 32;

impl ByteRanges {
    /// Describes the body that serves `ranges` of a representation of `size` bytes.
    ///
    /// The boundary is made from `seed`. Draw it anew for each answer and from a source that
    /// people who can write the files cannot foresee: a boundary that occurs in a part splits it.
    ///
    /// # Errors
    ///
    /// [`ByteRangesError`]; none of them for the parts of a
    /// [`Selection::Several`](crate::range::Selection::Several) and a common media type.
    pub fn new(
        ranges: Vec<Range<u64>>,
        media_type: &str,
        size: u64,
        seed: u64,
    ) -> Result<Self, ByteRangesError> {
        if ranges.is_empty() {
            return Err(ByteRangesError::NoRanges);
        }
        let outside = |range: &Range<u64>| range.start >= range.end || range.end > size;
        if let Some(index) = ranges.iter().position(outside) {
            return Err(ByteRangesError::RangeOutside { index });
        }
        if !media_type.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(ByteRangesError::MediaType);
        }
        let mut body = Self {
            ranges,
            media_type: media_type.into(),
            size,
            boundary: boundary(seed),
            total_bytes: 0,
        };
        body.total_bytes = body.count().ok_or(ByteRangesError::TooLong)?;
        Ok(body)
    }

    /// The Content-Type of the whole answer.
    #[must_use]
    pub fn content_type(&self) -> String {
        // The boundary is hex, so that it needs no quotes.
        let boundary = String::from_utf8_lossy(&self.boundary);
        format!("multipart/byteranges; boundary={boundary}")
    }

    /// The parts, in the order in which they are sent.
    #[must_use]
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// The length of the body, for Content-Length.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// Appends what stands before the bytes of part `index`.
    ///
    /// # Panics
    ///
    /// If there is no such part.
    pub fn encode_head(&self, index: usize, out: &mut Vec<u8>) {
        if index > 0 {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"--");
        out.extend_from_slice(&self.boundary);
        out.extend_from_slice(b"\r\nContent-Type: ");
        out.extend_from_slice(self.media_type.as_bytes());
        out.extend_from_slice(b"\r\nContent-Range: ");
        let range = content_range(&self.ranges[index], self.size);
        // Writing to a Vec cannot fail.
        let _ = write!(out, "{range}");
        out.extend_from_slice(b"\r\n\r\n");
    }

    /// Appends what stands after the last part.
    pub fn encode_closing(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n--");
        out.extend_from_slice(&self.boundary);
        out.extend_from_slice(b"--\r\n");
    }

    /// Writes every head once and throws it away; there are few, and no sum can disagree with
    /// what is sent later.
    fn count(&self) -> Option<u64> {
        let mut scratch = Vec::with_capacity(160);
        self.encode_closing(&mut scratch);
        let mut total = scratch.len() as u64;
        for (index, range) in self.ranges.iter().enumerate() {
            scratch.clear();
            self.encode_head(index, &mut scratch);
            total = total
                .checked_add(scratch.len() as u64)?
                .checked_add(range.end - range.start)?;
        }
        Some(total)
    }
}

impl Display for ByteRangesError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRanges => f.write_str("multipart/byteranges without a part"),
            Self::RangeOutside { index } => {
                write!(f, "part {index} is empty or ends past the representation")
            }
            Self::MediaType => f.write_str("media type of the parts is not visible ASCII"),
            Self::TooLong => f.write_str("multipart/byteranges body longer than a u64 counts"),
        }
    }
}

impl std::error::Error for ByteRangesError {}

/// 32 hex digits, well inside the 70 that RFC 2046 section 5.1.1 allows.
fn boundary(seed: u64) -> [u8; BOUNDARY_BYTES] {
    let mut digits = [0; BOUNDARY_BYTES];
    let high = u128::from(mix(seed));
    let low = u128::from(mix(seed ^ 0x9e37_79b9_7f4a_7c15));
    let value = high << 64 | low;
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        let nibble = (value >> (place * 4)) as usize & 0xf;
        *digit = b"0123456789abcdef"[nibble];
    }
    digits
}

/// The finishing step of SplitMix64: a bijection in which each bit of input reaches each of output.
fn mix(seed: u64) -> u64 {
    let mut value = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assemble(body: &ByteRanges, content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for (index, range) in body.ranges().iter().enumerate() {
            body.encode_head(index, &mut out);
            out.extend_from_slice(&content[range.start as usize..range.end as usize]);
        }
        body.encode_closing(&mut out);
        out
    }

    #[test]
    fn a_body_of_two_parts() {
        let body = ByteRanges::new(vec![0..2, 4..6], "text/plain", 10, 7).unwrap();
        let content_type = body.content_type();
        let boundary = content_type
            .strip_prefix("multipart/byteranges; boundary=")
            .unwrap();
        assert_eq!(boundary.len(), 32);
        let expected = format!(
            "--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\
             \r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 4-5/10\r\n\r\n45\
             \r\n--{boundary}--\r\n"
        );
        let written = assemble(&body, b"0123456789");
        assert_eq!(String::from_utf8(written).unwrap(), expected);
        assert_eq!(body.total_bytes(), expected.len() as u64);
    }

    #[test]
    fn seeds_give_different_boundaries() {
        assert_eq!(boundary(1), boundary(1));
        assert_ne!(boundary(1), boundary(2));
        assert_ne!(boundary(0)[..16], boundary(0)[16..]);
    }

    #[track_caller]
    fn check_refused(
        ranges: &[(u64, u64)],
        media_type: &str,
        size: u64,
        expected: ByteRangesError,
        text: &str,
    ) {
        let ranges = ranges.iter().map(|(start, end)| *start..*end).collect();
        let error = ByteRanges::new(ranges, media_type, size, 0).unwrap_err();
        assert_eq!(error, expected);
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn mistakes_are_refused() {
        check_refused(
            &[],
            "a/b",
            10,
            ByteRangesError::NoRanges,
            "multipart/byteranges without a part",
        );
        check_refused(
            &[(0, 1), (5, 11)],
            "a/b",
            10,
            ByteRangesError::RangeOutside { index: 1 },
            "part 1 is empty or ends past the representation",
        );
        check_refused(
            &[(3, 3)],
            "a/b",
            10,
            ByteRangesError::RangeOutside { index: 0 },
            "part 0 is empty or ends past the representation",
        );
        check_refused(
            &[(0, 1), (2, 3)],
            "a/b\r\nX: y",
            10,
            ByteRangesError::MediaType,
            "media type of the parts is not visible ASCII",
        );
        check_refused(
            &[(0, u64::MAX)],
            "a/b",
            u64::MAX,
            ByteRangesError::TooLong,
            "multipart/byteranges body longer than a u64 counts",
        );
    }

    proptest! {
        #[test]
        fn the_total_is_what_is_written(
            cuts in proptest::collection::vec(0_u64..500, 2..20),
            media_type in "[a-z]{1,9}/[ -~]{1,20}",
            seed in any::<u64>(),
        ) {
            let content: Vec<u8> = (0..500).map(|at| at as u8).collect();
            let ranges: Vec<_> = cuts.chunks_exact(2)
                .map(|pair| pair[0].min(pair[1])..pair[0].max(pair[1]) + 1)
                .collect();
            let body = ByteRanges::new(ranges, &media_type, 500, seed).unwrap();
            prop_assert_eq!(assemble(&body, &content).len() as u64, body.total_bytes());
        }
    }
}
