//! Law: what `barewire_fuzz` holds every format to, for both framings of syslog and the choice between them; and what
//! was chosen reads the stream as if it had been told.
#![no_main]

use barewire_framing::{Lines, Syslog};
use barewire_fuzz::{Again, Choices, Given, Says, Setup, hold_verbatim, whole};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let setup = Setup::read(&mut choices);
    let kind = choices.byte() & 3;
    let format = match kind {
        0 | 1 => Syslog::auto(),
        2 => Syslog::octets(),
        _ => Syslog::lines(),
    };
    let says = Says {
        given: Given::Payload,
        uncounted: 0,
        again: |message: &[u8]| match kind {
            // There are no empty frames.
            0 | 1 if message.is_empty() => Again::Perhaps,
            0 | 1 => Again::Same,
            2 => Again::Bytes,
            _ if message.ends_with(b"\r") => Again::Perhaps,
            _ => Again::Same,
        },
    };
    let stream = setup.stream(&choices);
    hold_verbatim(format, &setup, &says, &stream);

    let auto = whole(&setup.framer(Syslog::auto()), &stream);
    let told = match stream.first() {
        Some(b'1'..=b'9') => whole(&setup.framer(Syslog::octets()), &stream),
        _ => whole(&setup.framer(Lines::new()), &stream),
    };
    assert_eq!(auto, told);
});
