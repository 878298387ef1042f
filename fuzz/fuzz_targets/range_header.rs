//! Law: what a Range value selects lies within the size, never overlaps, never adds up to
//! more than the whole, and the multipart body made of it is as long as it says.
#![no_main]

use barewire_http_server::byteranges::ByteRanges;
use barewire_http_server::range::{MEMBERS_MAX, Selection, select};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((size, value)) = input.split_first_chunk::<8>() else {
        return;
    };
    let size = u64::from_le_bytes(*size);
    // Small sizes make ends meet more often than random ones do.
    for size in [size, size % 16, size % 4096] {
        match select(value, size) {
            Selection::Whole | Selection::Unsatisfiable => {}
            Selection::Single(range) => {
                assert!(range.start < range.end && range.end <= size);
            }
            Selection::Several(ranges) => {
                assert!((2..=MEMBERS_MAX).contains(&ranges.len()));
                for (index, range) in ranges.iter().enumerate() {
                    assert!(range.start < range.end && range.end <= size);
                    for other in &ranges[..index] {
                        assert!(range.end <= other.start || other.end <= range.start);
                    }
                }
                let sum: u64 = ranges.iter().map(|range| range.end - range.start).sum();
                assert!(sum <= size);
                is_as_long_as_it_says(&ranges, size, sum);
            }
        }
    }
});

fn is_as_long_as_it_says(ranges: &[std::ops::Range<u64>], size: u64, sum: u64) {
    let body = match ByteRanges::new(ranges.to_vec(), "text/plain", size, 1) {
        Ok(body) => body,
        // Only a sum that no 64 bits hold may be refused.
        Err(_) => return assert!(sum > u64::MAX - 16 * 1024),
    };
    let mut framing = Vec::new();
    for index in 0..ranges.len() {
        body.encode_head(index, &mut framing);
    }
    body.encode_closing(&mut framing);
    assert_eq!(body.total_bytes(), framing.len() as u64 + sum);
}
