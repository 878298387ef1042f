//! Law: what `barewire_fuzz` holds every format to, for headers that a function reads, well or badly, and for frames
//! of one size.
#![no_main]

use barewire_framing::{Fixed, Head, Header};
use barewire_fuzz::{Again, Choices, Given, Says, Setup, hold_verbatim};
use libfuzzer_sys::fuzz_target;

/// Headers from what is in use to what nobody should write.
#[derive(Clone, Copy)]
enum Layout {
    /// FastCGI: a payload and its padding.
    Padded,
    /// TLS: some types are none.
    Typed,
    /// WebSocket: the first bytes tell how many belong to the header. Asks for more than it needs.
    Greedy,
    /// Eight bytes of payload length, and lengths of header and trailer, whatever they are.
    Boundless,
    /// Says the same whatever it is shown.
    Constant { header: usize, payload: u64 },
    /// Never knows.
    Never,
}

impl Layout {
    fn read(self, shown: &[u8]) -> Head {
        match (self, shown) {
            (Self::Padded, [_, _, _, _, high, low, padding, _, ..]) => Head::Length {
                header: 8,
                payload: u64::from(u16::from_be_bytes([*high, *low])),
                trailer: usize::from(*padding),
            },
            (Self::Padded, _) => Head::Need(8 - shown.len()),
            (Self::Typed, [0..20 | 24.., ..]) => Head::Invalid,
            (Self::Typed, [_, _, _, high, low, ..]) => Head::Length {
                header: 5,
                payload: u64::from(u16::from_be_bytes([*high, *low])),
                trailer: 0,
            },
            (Self::Typed, _) => Head::Need(0),
            (Self::Greedy, [_, 126, high, low, ..]) => Head::Length {
                header: 4,
                payload: u64::from(u16::from_be_bytes([*high, *low])),
                trailer: 0,
            },
            (Self::Greedy, [_, low, ..]) if *low != 126 => Head::Length {
                header: 2,
                payload: u64::from(*low),
                trailer: 0,
            },
            (Self::Greedy, _) => Head::Need(14),
            (Self::Boundless, _) => match shown.as_chunks::<8>().0 {
                [payload, header, trailer, ..] => Head::Length {
                    header: u64::from_le_bytes(*header) as usize,
                    payload: u64::from_le_bytes(*payload),
                    trailer: u64::from_le_bytes(*trailer) as usize,
                },
                _ => Head::Need(usize::MAX),
            },
            (Self::Constant { header, payload }, _) => Head::Length {
                header,
                payload,
                trailer: 0,
            },
            (Self::Never, _) => Head::Need(1),
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let setup = Setup::read(&mut choices);
    let (kind, bytes_max) = (choices.byte(), choices.below(32));
    let layout = match kind & 7 {
        0 => Layout::Padded,
        1 => Layout::Typed,
        2 => Layout::Greedy,
        3 => Layout::Boundless,
        4 => Layout::Constant {
            header: choices.below(8),
            payload: u64::from(choices.byte()),
        },
        5 => Layout::Never,
        _ => {
            let says = Says {
                given: Given::Payload,
                uncounted: 0,
                again: |_: &[u8]| Again::Bytes,
            };
            let format = Fixed::new(choices.below(64) + 1);
            return hold_verbatim(format, &setup, &says, &setup.stream(&choices));
        }
    };
    let says = Says {
        given: Given::Frame,
        uncounted: (4 * bytes_max).max(1),
        again: |_: &[u8]| match layout {
            // It may call a header shorter than what it had to see of it.
            Layout::Boundless => Again::Perhaps,
            _ => Again::Bytes,
        },
    };
    let format = Header::new(bytes_max, move |shown: &[u8]| layout.read(shown));
    hold_verbatim(format, &setup, &says, &setup.stream(&choices));
});
