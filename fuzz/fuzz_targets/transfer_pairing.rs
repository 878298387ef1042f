//! Law: nobody is paired with somebody who does not know the secret, whatever they say; an error stays, and says the same
//! however the bytes were cut.
//!
//! Who talks knows everything but the secret: it runs the protocol with another one and has the answers, but for bits that
//! the input flips and messages that it leaves out, repeats or makes up.
#![no_main]

use std::sync::LazyLock;

use barewire_fuzz::Choices;
use barewire_fuzz::transfer::piece;
use barewire_transfer::code::Code;
use barewire_transfer::pairing::{
    Binding, MESSAGE_BYTES_MAX, Pairing, PairingError, Part, ResumeKey, Side, wanted,
};
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<[ResumeKey; 2]> =
    LazyLock::new(|| [(); 2].map(|()| ResumeKey::generate().expect("random numbers")));

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let (ways, size) = (choices.byte(), piece(choices.byte()));
    let _ = wanted(choices.rest);
    let mut end = start(ways, 0, false);
    let mut peer = start(ways, 1, true);
    let (mut to_end, mut to_peer) = (Vec::new(), Vec::new());
    end.start(&mut to_peer);
    peer.start(&mut to_end);
    if ways & 4 == 0 {
        // Tickets are no secrets.
        swap_tickets(&mut to_end, &mut to_peer);
    }
    for _ in 0..6 {
        let Ok(answered) = peer.handle_input(&to_peer, &mut to_end) else {
            break;
        };
        to_peer.drain(..answered.0);
        forge(&mut choices, &mut to_end);
        match hear(&mut end, &mut to_end, &mut to_peer, size) {
            Ok(()) => {}
            Err(error) => return stays(&mut end, &error),
        }
        if choices.rest.is_empty() {
            break;
        }
    }
    // What is left is said as it is.
    to_end.extend_from_slice(choices.rest);
    match hear(&mut end, &mut to_end, &mut to_peer, size) {
        Ok(()) => {
            let error = end.handle_end();
            stays(&mut end, &error);
        }
        Err(error) => stays(&mut end, &error),
    }
});

/// One of them, with the secret that is right or the other.
fn start(ways: u8, secret: usize, other: bool) -> Pairing {
    let (mut side, mut part) = (Side::Sender, Part::Issuer);
    if (ways & 1 != 0) != other {
        side = side.other();
    }
    if (ways & 2 != 0) != other {
        part = part.other();
    }
    let binding = Binding::new([7; 32]);
    let pairing = if ways & 4 == 0 {
        Pairing::with_resume(&KEYS[secret], side, part, binding)
    } else {
        let code = Code::parse(["7-tiger-bamboo", "7-tiger-banana"][secret]);
        Pairing::with_code(&code.expect("a code"), side, part, binding)
    };
    pairing.expect("random numbers")
}

/// Each is shown its own ticket, so that the keys have to tell.
fn swap_tickets(to_end: &mut [u8], to_peer: &mut [u8]) {
    const TICKET: std::ops::Range<usize> = 10 + 45..10 + 61;
    to_end[TICKET].swap_with_slice(&mut to_peer[TICKET]);
}

/// Changes what is to be said next.
fn forge(choices: &mut Choices<'_>, bytes: &mut Vec<u8>) {
    match choices.byte() & 7 {
        0 => {
            let (at, bit) = (choices.byte(), choices.below(8));
            let len = bytes.len().max(1);
            if let Some(byte) = bytes.get_mut(usize::from(at) % len) {
                *byte ^= 1 << bit;
            }
        }
        1 => bytes.clear(),
        2 => {
            let again = bytes.clone();
            bytes.extend(again);
        }
        3 => {
            let (kind, len) = (choices.byte(), choices.below(80));
            let payload = choices.bytes(len);
            bytes.extend_from_slice(&[kind, 0, 0, 0, 0, 0, 0, 0, 0, payload.len() as u8]);
            bytes.extend_from_slice(payload);
        }
        _ => {}
    }
}

fn hear(
    end: &mut Pairing,
    input: &mut Vec<u8>,
    out: &mut Vec<u8>,
    size: usize,
) -> Result<(), PairingError> {
    let bytes = std::mem::take(input);
    for piece in bytes.chunks(size) {
        input.extend_from_slice(piece);
        let (used, paired) = end.handle_input(input, out)?;
        assert!(paired.is_none(), "paired without the secret");
        input.drain(..used);
        assert!(input.len() < 10 + MESSAGE_BYTES_MAX);
    }
    Ok(())
}

fn stays(end: &mut Pairing, error: &PairingError) {
    let again = end.handle_input(b"", &mut Vec::new());
    assert_eq!(again.err().as_ref(), Some(error));
    assert_eq!(end.handle_end(), *error);
}
