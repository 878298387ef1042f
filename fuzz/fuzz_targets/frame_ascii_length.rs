//! Law: what `barewire_fuzz` holds every format to, for lengths in digits; in decimal a frame has one form.
#![no_main]

use barewire_framing::AsciiLength;
use barewire_fuzz::{Again, Choices, Given, Says, Setup, hold_verbatim};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let setup = Setup::read(&mut choices);
    let (kind, terminator) = (choices.byte(), choices.byte());
    let (format, again) = match kind & 3 {
        0 => (AsciiLength::netstring(), Again::Bytes),
        1 => (AsciiLength::rfc6587(), Again::Bytes),
        2 if !terminator.is_ascii_digit() => (AsciiLength::decimal(terminator), Again::Bytes),
        // Digits of either case are read.
        3 if !terminator.is_ascii_hexdigit() => (AsciiLength::hexadecimal(terminator), Again::Same),
        _ => return,
    };
    let format = match kind & 4 {
        0 => format,
        _ => format.trailer(choices.byte()),
    };
    let says = Says {
        given: Given::Payload,
        uncounted: 0,
        again: |_: &[u8]| again,
    };
    hold_verbatim(format, &setup, &says, &setup.stream(&choices));
});
