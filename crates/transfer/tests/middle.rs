//! Pairing over real channels, and somebody who has one with each side.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failed unwrap is the test failing"
)]

use barewire_transfer::channel::Channel;
use barewire_transfer::code::Code;
use barewire_transfer::pairing::{Paired, Pairing, PairingError, PairingErrorKind, Part, Side};

/// A channel whose other end is in the same test.
fn channels() -> [Channel; 2] {
    let mut ends = [Channel::connect().unwrap(), Channel::accept().unwrap()];
    while ends.iter().any(Channel::is_handshaking) {
        for from in [0, 1] {
            pass(&mut ends, from);
        }
    }
    ends
}

fn pass(ends: &mut [Channel; 2], from: usize) {
    let wire = ends[from].output().to_vec();
    ends[from].consume_output(wire.len());
    assert_eq!(ends[1 - from].handle_input(&wire), Ok(wire.len()));
}

/// Sends bytes from one end, and returns them as they come out at the other.
fn carry(ends: &mut [Channel; 2], from: usize, bytes: &[u8]) -> Vec<u8> {
    assert_eq!(ends[from].encrypt(bytes), bytes.len());
    pass(ends, from);
    let received = ends[1 - from].plaintext().to_vec();
    ends[1 - from].consume(received.len());
    received
}

type Outcome = Result<Paired, PairingError>;

/// Lets two sides talk, each over the channels in its list, which somebody joins together.
fn converse(
    mut sides: [Pairing; 2],
    mut carry: impl FnMut(usize, Vec<u8>) -> Vec<u8>,
) -> [Outcome; 2] {
    let mut outcomes = [None, None];
    let mut inputs = [Vec::new(), Vec::new()];
    loop {
        let mut silent = true;
        for from in [0, 1] {
            if outcomes[from].is_some() {
                continue;
            }
            let mut out = Vec::new();
            match sides[from].handle_input(&inputs[from], &mut out) {
                Ok((used, paired)) => {
                    inputs[from].drain(..used);
                    outcomes[from] = paired.map(Ok);
                }
                Err(error) => outcomes[from] = Some(Err(error)),
            }
            silent &= out.is_empty();
            if !out.is_empty() {
                inputs[1 - from].extend(carry(from, out));
            }
        }
        if silent {
            let mut index = 0..2;
            return outcomes.map(|outcome| {
                let side = &mut sides[index.next().unwrap()];
                outcome.unwrap_or_else(|| Err(side.handle_end()))
            });
        }
    }
}

fn pairings(issuer: &Channel, enterer: &Channel) -> [Pairing; 2] {
    let code = Code::parse("7-tiger-bamboo").unwrap();
    let [ours, theirs] = [issuer, enterer].map(|channel| channel.binding().unwrap());
    [
        Pairing::with_code(&code, Side::Sender, Part::Issuer, ours).unwrap(),
        Pairing::with_code(&code, Side::Receiver, Part::Enterer, theirs).unwrap(),
    ]
}

#[test]
fn two_are_paired_over_their_channel() {
    let mut ends = channels();
    let sides = pairings(&ends[1], &ends[0]);
    let outcomes = converse(sides, |from, bytes| carry(&mut ends, 1 - from, &bytes));
    let [issuer, enterer] = outcomes.map(Result::unwrap);
    assert_eq!(issuer.resume, enterer.resume);
}

#[test]
fn somebody_in_the_middle_gets_no_further_than_a_wrong_guess() {
    // The enterer connected to the one in the middle, who connected to the issuer.
    let [mut near, mut far] = [channels(), channels()];
    let sides = pairings(&far[1], &near[0]);
    let [issuer, enterer] = converse(sides, |from, bytes| match from {
        0 => {
            let read = carry(&mut far, 1, &bytes);
            carry(&mut near, 1, &read)
        }
        _ => {
            let read = carry(&mut near, 0, &bytes);
            carry(&mut far, 0, &read)
        }
    });
    let error = issuer.unwrap_err();
    assert_eq!(error.kind, PairingErrorKind::WrongCode);
    assert!(error.burns_code());
    assert!(enterer.unwrap_err().burns_code());
}

#[test]
fn an_earlier_session_fits_no_other_channel() {
    let mut first = channels();
    let [issuer, enterer] = {
        let sides = pairings(&first[1], &first[0]);
        converse(sides, |from, bytes| carry(&mut first, 1 - from, &bytes)).map(Result::unwrap)
    };
    // Two who know each other, and again somebody in the middle.
    let [near, far] = [channels(), channels()];
    let bindings = [far[1].binding().unwrap(), near[0].binding().unwrap()];
    let sides = [
        Pairing::with_resume(&issuer.resume, Side::Sender, Part::Issuer, bindings[0]).unwrap(),
        Pairing::with_resume(&enterer.resume, Side::Receiver, Part::Enterer, bindings[1]).unwrap(),
    ];
    let outcomes = converse(sides, |_, bytes| bytes);
    for outcome in outcomes {
        assert!(outcome.is_err());
    }
}
