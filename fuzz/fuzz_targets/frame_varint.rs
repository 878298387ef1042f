//! Law: what `barewire_fuzz` holds every format to, for lengths in base 128; without padding a frame has one form.
#![no_main]

use barewire_framing::Varint;
use barewire_fuzz::{Again, Choices, Given, Says, Setup, hold_verbatim};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let setup = Setup::read(&mut choices);
    let (format, again) = match choices.byte() & 3 {
        0 => (Varint::u32(), Again::Bytes),
        1 => (Varint::u64(), Again::Bytes),
        2 => (Varint::u32().padded(), Again::Same),
        _ => (Varint::u64().padded(), Again::Same),
    };
    let says = Says {
        given: Given::Payload,
        uncounted: 0,
        again: |_: &[u8]| again,
    };
    hold_verbatim(format, &setup, &says, &setup.stream(&choices));
});
