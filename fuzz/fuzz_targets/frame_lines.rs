//! Law: what `barewire_fuzz` holds every format to, for lines; only a line that ends with CR cannot always be written.
#![no_main]

use barewire_framing::{Delimiter, Lines, Tail};
use barewire_fuzz::{Again, Choices, Given, Says, Setup, hold_verbatim};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let setup = Setup::read(&mut choices);
    let kind = choices.byte();
    let format = match kind & 3 {
        0 | 1 => Lines::new(),
        2 => Lines::lf(),
        _ => Lines::crlf(),
    };
    let format = match kind & 4 {
        0 => format,
        _ => format.tail(Tail::Error),
    };
    let again = |line: &[u8]| match kind & 3 {
        2 => Again::Bytes,
        0 | 1 if line.ends_with(b"\r") => Again::Perhaps,
        _ => Again::Same,
    };
    let stream = setup.stream(&choices);
    if kind & 8 == 0 {
        let says = Says {
            given: Given::Payload,
            uncounted: 0,
            again,
        };
        hold_verbatim(format, &setup, &says, &stream);
    } else {
        let says = Says {
            given: Given::Frame,
            uncounted: 2,
            again: |_: &[u8]| Again::Perhaps,
        };
        hold_verbatim(format.delimiter(Delimiter::Keep), &setup, &says, &stream);
    }
});
