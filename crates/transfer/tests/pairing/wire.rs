//! Bytes that nobody would send, and the same however they are cut.

use barewire_transfer::pairing::{MESSAGE_BYTES_MAX, Pairing, wanted};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::link::{End, Outcome, again, message, messages, usual};

/// The verdict on bytes that come in such pieces: what is said is random, but not which messages.
fn verdict(pairing: Pairing, bytes: &[u8], piece: usize) -> (String, Vec<u8>) {
    let mut end = End::new(pairing);
    for piece in bytes.chunks(piece.max(1)) {
        end.input.extend_from_slice(piece);
        end.turn();
        if matches!(end.outcome, Outcome::Open) {
            assert!(end.input.len() < 10 + MESSAGE_BYTES_MAX);
        }
    }
    (format!("{:?}", end.outcome), end.messages())
}

/// Bytes that are somewhat like messages.
fn like_messages() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![Just(1u8), Just(2), Just(3), Just(15), any::<u8>()];
    let payload = prop_oneof![
        vec(any::<u8>(), 0..80),
        vec(any::<u8>(), 33),
        vec(any::<u8>(), 32),
        vec(1u8..3, 53).prop_map(|tail| [b"barewire".as_slice(), &tail].concat()),
        vec(any::<u8>(), 1000..1100),
    ];
    let one = (kind, payload).prop_map(|(kind, payload)| message(kind, &payload));
    vec(one, 1..5).prop_map(|messages| messages.concat())
}

proptest! {
    #[test]
    fn garbage_is_an_error_or_too_little(bytes in vec(any::<u8>(), 0..200), piece in 1usize..40) {
        let _ = wanted(&bytes);
        for end in [0, 1] {
            let [whole, cut] = [bytes.len(), piece].map(|piece| {
                let [issuer, enterer] = again();
                verdict(if end == 0 { issuer } else { enterer }, &bytes, piece)
            });
            prop_assert_eq!(whole, cut);
        }
    }

    #[test]
    fn so_is_what_looks_like_messages(bytes in like_messages(), piece in 1usize..100) {
        let _ = wanted(&bytes);
        for piece in [bytes.len(), piece] {
            let [issuer, enterer] = again();
            verdict(issuer, &bytes, piece);
            verdict(enterer, &bytes, piece);
        }
        let [issuer, _] = usual();
        verdict(issuer, &bytes, bytes.len());
    }

    /// The messages of a good session, one of them changed somewhere.
    #[test]
    fn so_is_a_session_with_a_wrong_part(at in any::<prop::sample::Index>(), with in vec(any::<u8>(), 0..20), piece in 1usize..100) {
        let [mut issuer, mut enterer] = again().map(End::new);
        enterer.input = issuer.turn();
        let said = messages(&enterer.turn()).concat();
        let at = at.index(said.len());
        let mut bytes = said.clone();
        let end = bytes.len().min(at + with.len());
        bytes.splice(at..end, with);
        prop_assume!(bytes != said);
        for piece in bytes.chunks(piece) {
            issuer.input.extend_from_slice(piece);
            issuer.turn();
        }
        prop_assert!(issuer.end().is_err());
    }
}
