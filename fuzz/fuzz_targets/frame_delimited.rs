//! Law: what `barewire_fuzz` holds every format to, for any delimiters; and frames are those that a naive search finds.
#![no_main]

use barewire_framing::{Delimited, Delimiter, Ending, Framer, Limits, Tail};
use barewire_fuzz::{Again, Choices, Given, Says, Setup, Told, hold_verbatim, whole};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let setup = Setup::read(&mut choices);
    let kind = choices.byte();
    let mut delimiters = Vec::new();
    for _ in 0..=kind & 3 {
        let len = choices.below(16) + 1;
        delimiters.push(choices.bytes(len));
    }
    if delimiters.contains(&&b""[..]) {
        return;
    }
    let format = Delimited::any(&delimiters).tail(match kind & 4 {
        0 => Tail::Yield,
        _ => Tail::Error,
    });
    let stream = setup.stream(&choices);
    if kind & 8 == 0 {
        let says = Says {
            given: Given::Payload,
            uncounted: 0,
            // What another delimiter has ended may form one with the first.
            again: |_: &[u8]| match delimiters.len() {
                1 => Again::Bytes,
                _ => Again::Perhaps,
            },
        };
        hold_verbatim(format, &setup, &says, &stream);
    } else {
        let says = Says {
            given: Given::Frame,
            uncounted: delimiters.iter().map(|one| one.len()).max().unwrap_or(0),
            again: |_: &[u8]| Again::Perhaps,
        };
        hold_verbatim(format.delimiter(Delimiter::Keep), &setup, &says, &stream);
    }

    let unlimited = Framer::new(format.tail(Tail::Yield), Limits::default());
    assert_eq!(whole(&unlimited, &stream), naive(&delimiters, &stream));
});

/// The delimiter that ends first ends a frame, the longest one of those that end there.
fn naive(delimiters: &[&[u8]], stream: &[u8]) -> Vec<Told> {
    let mut told = Vec::new();
    let mut start = 0;
    for end in 1..=stream.len() {
        let frame = &stream[start..end];
        let ended = delimiters.iter().filter(|one| frame.ends_with(one));
        if let Some(longest) = ended.map(|one| one.len()).max() {
            told.push(Told::Frame {
                body: frame[..frame.len() - longest].to_vec(),
                ending: Ending::Whole,
                end: end as u64,
            });
            start = end;
        }
    }
    if start < stream.len() {
        told.push(Told::Frame {
            body: stream[start..].to_vec(),
            ending: Ending::Unterminated,
            end: stream.len() as u64,
        });
    }
    told.push(Told::End);
    told
}
