//! Law: what `barewire_fuzz` holds every format to, for COBS and SLIP; whatever was decoded can be written.
#![no_main]

use barewire_framing::{Cobs, Slip};
use barewire_fuzz::{Again, Choices, Given, Says, Setup, hold};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let setup = Setup::read(&mut choices);
    let kind = choices.byte();
    let says = Says {
        given: Given::Payload,
        uncounted: 0,
        again: |_: &[u8]| Again::Same,
    };
    let stream = setup.stream(&choices);
    match kind & 1 {
        0 => hold(Cobs::new(), &setup, &says, &stream),
        _ => hold(Slip::new(), &setup, &says, &stream),
    }
});
