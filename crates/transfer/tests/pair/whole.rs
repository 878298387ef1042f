//! Nothing goes wrong.

use crate::offers::{MIB, Offer};
use crate::rng::Rng;
use crate::world::{Accidents, World};

#[track_caller]
fn check(offer: Offer, seed: u64) -> World {
    let mut world = World::new(offer, Rng(seed), Accidents::default());
    assert_eq!(world.connect(u64::MAX), Ok(true), "seed {seed}");
    world.judge();
    world
}

#[test]
fn all_that_is_offered_is_stored() {
    for seed in 0..30 {
        let offer = Offer::random(&mut Rng(seed));
        let entries = offer.content.len();
        let data = offer.manifest.data_bytes();
        let world = check(offer, seed);
        assert_eq!(world.stored(), entries, "seed {seed}");
        // Holes are not sent, and nothing twice.
        assert_eq!(world.known.bytes_sent, data, "seed {seed}");
    }
}

#[test]
fn nothing_at_all_is_an_offer() {
    check(Offer::files(Vec::new()), 0);
}

#[test]
fn a_stream_of_any_length() {
    for len in [0, 1, 99_999, 100_000, 3 * MIB + 1] {
        let offer = Offer::stream(Rng(len as u64).bytes(len));
        assert_eq!(check(offer, 1).stored(), 1, "{len}");
    }
}

#[test]
fn what_is_declined_is_not_sent() {
    for seed in 0..25 {
        let offer = Offer::random(&mut Rng(seed));
        let accidents = Accidents {
            declining: 500,
            ..Accidents::default()
        };
        let mut world = World::new(offer, Rng(seed), accidents);
        assert_eq!(world.connect(u64::MAX), Ok(true), "seed {seed}");
        world.judge();
        let wanted = world.disk.stored.values().map(|bytes| bytes.len() as u64);
        assert!(world.known.bytes_sent <= wanted.sum(), "seed {seed}");
    }
}

#[test]
fn a_file_that_is_there_already_is_not_sent() {
    let content = Rng(1).bytes(3 * MIB + 1);
    let other = Rng(2).bytes(3 * MIB + 1);
    let offer = Offer::files(vec![content.clone(), content.clone(), Vec::new()]);
    let mut world = World::new(offer, Rng(3), Accidents::default());
    world.disk.alike = [(0, content), (1, other), (2, Vec::new())].into();
    assert_eq!(world.connect(u64::MAX), Ok(true));
    world.judge();
    // Only the one that looked the same and was not.
    assert_eq!(world.known.bytes_sent, 3 * MIB as u64 + 1);
}
