use barewire_transfer::channel::{Channel, ChannelErrorKind};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::link::{ACCEPT, CONNECT, ends, open, read, read_in_pieces, records, written};

/// What came of a conversation.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// Both ends got what was said to them.
    Whole,
    /// An end knows that something is wrong, and closes the connection: so does the other.
    Failed,
    /// An end waits for bytes that it was promised and that do not come.
    Starved,
}

/// Plays a handshake and a message each way, twice, with one change to the bytes of one flight.
fn play(flight: usize, change: impl Fn(&mut Vec<u8>)) -> Outcome {
    let mut ends = ends();
    let mut received = [Vec::new(), Vec::new()];
    let mut failed = [false; 2];
    for turn in 0..8 {
        let from = turn % 2;
        if (2..6).contains(&turn) {
            ends[from].encrypt(b"a message");
        }
        let mut wire = written(&mut ends[from]);
        if turn == flight {
            change(&mut wire);
        }
        match read(&mut ends[1 - from], &wire) {
            Ok(plaintext) => received[1 - from].extend(plaintext),
            Err(_) => failed[1 - from] = true,
        }
    }
    for received in &received {
        // Never anything that was not said, in whatever state.
        assert!(b"a messagea message".starts_with(received), "{received:?}");
    }
    let whole = received.iter().all(|received| received.len() == 18);
    match failed {
        [false, false] if whole => Outcome::Whole,
        [false, false] => Outcome::Starved,
        _ => {
            assert!(!whole, "everything arrived, and still something is wrong");
            Outcome::Failed
        }
    }
}

fn flight_len(flight: usize) -> usize {
    let len = std::cell::Cell::new(0);
    play(flight, |wire| len.set(wire.len()));
    len.get()
}

#[test]
fn nothing_changed() {
    assert_eq!(play(usize::MAX, |_| {}), Outcome::Whole);
}

/// All bits of all flights. Some in the head of a record may change nothing, as long as everything arrives as it was
/// said: TLS has everybody ignore the version there, and rustls authenticates the type that a record must have and not
/// the one it came with.
#[test]
fn one_bit() {
    for flight in 0..4 {
        for byte in 0..flight_len(flight) {
            for bit in 0..8 {
                let head = std::cell::Cell::new(None);
                let outcome = play(flight, |wire| {
                    head.set(place_in_head(wire, byte));
                    wire[byte] ^= 1 << bit;
                });
                let allowed = match outcome {
                    Outcome::Whole => matches!(head.get(), Some(0..3)),
                    // Its length, or that of the hello in it: longer than what came.
                    Outcome::Starved => {
                        matches!(head.get(), Some(3..5)) || flight < 2 && (6..9).contains(&byte)
                    }
                    Outcome::Failed => true,
                };
                let place = format!("bit {bit} of byte {byte} of flight {flight}");
                assert!(allowed, "{place}: {outcome:?}");
            }
        }
    }
}

/// Which byte of a record's head it is, if it is one.
fn place_in_head(wire: &[u8], byte: usize) -> Option<usize> {
    let mut start = 0;
    for record in records(wire) {
        if (start..start + 5).contains(&byte) {
            return Some(byte - start);
        }
        start += record.len();
    }
    None
}

/// Records of one direction, three messages in a row.
fn three() -> ([Channel; 2], Vec<Vec<u8>>) {
    let mut ends = open();
    for message in [b"one", b"two", b"six"] {
        ends[CONNECT].encrypt(message);
    }
    let records = records(&written(&mut ends[CONNECT]));
    assert_eq!(records.len(), 3);
    (ends, records)
}

#[test]
fn records_twice_never_or_in_another_order() {
    for order in [
        &[0, 0][..],
        &[1],
        &[0, 2],
        &[1, 0],
        &[0, 1, 0],
        &[0, 1, 2, 2],
    ] {
        let (mut ends, records) = three();
        let wire: Vec<u8> = order.iter().flat_map(|&i| records[i].clone()).collect();
        let error = read(&mut ends[ACCEPT], &wire).unwrap_err();
        assert_eq!(error.kind, ChannelErrorKind::Tampered);
        assert_eq!(
            error.to_string(),
            "the connection was tampered with: a record is not as it was sent"
        );
        // Errors are final, and nothing is to be had any more.
        assert_eq!(ends[ACCEPT].plaintext(), b"");
        assert_eq!(ends[ACCEPT].handle_input(&records[1]), Err(error));
        assert_eq!(ends[ACCEPT].encrypt(b"more"), 0);
        // The other end is told.
        let alert = written(&mut ends[ACCEPT]);
        let told = read(&mut ends[CONNECT], &alert).unwrap_err();
        assert_eq!(told.kind, ChannelErrorKind::Tampered);
    }
}

#[test]
fn ones_own_records_come_back() {
    let (mut ends, records) = three();
    let error = read(&mut ends[CONNECT], &records.concat()).unwrap_err();
    assert_eq!(error.kind, ChannelErrorKind::Tampered);
}

#[test]
fn records_of_another_channel() {
    let (_, theirs) = three();
    let mut ends = open();
    let error = read(&mut ends[ACCEPT], &theirs[0]).unwrap_err();
    assert_eq!(error.kind, ChannelErrorKind::Tampered);
}

#[test]
fn a_record_longer_than_any() {
    for len in [16384 + 2049, 65535u16] {
        let mut ends = open();
        let mut wire = vec![23, 3, 3];
        wire.extend_from_slice(&len.to_be_bytes());
        let error = read(&mut ends[ACCEPT], &wire).unwrap_err();
        assert_eq!(error.kind, ChannelErrorKind::Violation);
    }
}

#[test]
fn cleartext_after_the_handshake() {
    for record in [
        &[21, 3, 3, 0, 2, 1, 0][..],
        &[22, 3, 3, 0, 4, 24, 0, 0, 1],
        &[23, 3, 3, 0, 5, 1, 2, 3, 4, 5],
        &[20, 3, 3, 0, 1, 1],
    ] {
        let mut ends = open();
        assert!(read(&mut ends[ACCEPT], record).is_err(), "{record:?}");
        assert!(!ends[ACCEPT].peer_closed());
    }
}

proptest! {
    #[test]
    fn garbage_is_an_error_or_too_little(bytes in vec(any::<u8>(), 0..400), tls in any::<bool>(), piece in 1usize..50) {
        let bytes = if tls { [&[0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3][..], &bytes].concat() } else { bytes };
        for end in [CONNECT, ACCEPT] {
            let verdicts = [bytes.len(), piece].map(|piece| {
                let mut end = ends().into_iter().nth(end).unwrap();
                let verdict = read_in_pieces(&mut end, &bytes, piece).map_err(|error| error.kind);
                (verdict, end.is_handshaking(), end.plaintext().len())
            });
            prop_assert_eq!(&verdicts[0], &verdicts[1]);
            prop_assert!(verdicts[0].1);
        }
    }

    #[test]
    fn so_is_garbage_behind_a_handshake(bytes in vec(any::<u8>(), 0..400), typed in any::<bool>()) {
        let bytes = if typed { [&[23, 3, 3, 0, 60][..], &bytes].concat() } else { bytes };
        for end in [CONNECT, ACCEPT] {
            let mut ends = open();
            if let Ok(plaintext) = read(&mut ends[end], &bytes) {
                prop_assert!(plaintext.is_empty());
            }
        }
    }
}
