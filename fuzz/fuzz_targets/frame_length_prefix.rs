//! Law: what `barewire_fuzz` holds every format to, for every layout around a binary length; and a frame that is given
//! whole is written with nothing changed but its length.
#![no_main]

use barewire_framing::{Body, Counts, LengthPrefix};
use barewire_fuzz::{Again, Choices, Given, Says, Setup, hold_verbatim};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let setup = Setup::read(&mut choices);
    let order = choices.byte();
    let width = choices.below(8) + 1;
    let mut format = match order & 1 {
        0 => LengthPrefix::be(width),
        _ => LengthPrefix::le(width),
    };
    let (mut offset, mut gap, mut trailer) = (0, 0, 0);
    if order & 2 != 0 {
        (offset, gap) = (choices.below(29), choices.below(29));
        trailer = usize::from(choices.byte());
        format = format.offset(offset).gap(gap).trailer(trailer);
    }
    format = format.counts(match choices.byte() & 3 {
        0 => Counts::Payload,
        1 => Counts::AfterLength,
        2 => Counts::FromLength,
        _ => Counts::Whole,
    });
    let (body, uncounted, given, writes) = match choices.below(3) {
        0 => (
            Body::Payload,
            0,
            Given::Payload,
            offset + gap + trailer == 0,
        ),
        1 => (
            Body::AfterLength,
            gap + trailer,
            Given::Payload,
            offset == 0,
        ),
        _ => {
            let around = offset + width + gap + trailer;
            (Body::Whole, around, Given::Frame, true)
        }
    };
    let format = format.body(body);
    let says = Says {
        given,
        uncounted,
        again: |_: &[u8]| if writes { Again::Bytes } else { Again::Perhaps },
    };
    let stream = setup.stream(&choices);
    hold_verbatim(format, &setup, &says, &stream);

    let mut encoded = Vec::new();
    if body == Body::Whole && setup.framer(format).encode(&stream, &mut encoded).is_ok() {
        let length = offset..offset + width;
        encoded[length.clone()].copy_from_slice(&stream[length]);
        assert_eq!(encoded, stream);
    }
});
