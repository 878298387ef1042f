//! Everything goes wrong, at any time, and both sides know what has become of it.

use crate::offers::{MIB, Offer};
use crate::rng::Rng;
use crate::world::{Accidents, World};

/// Connections that break, and at last one that does not.
#[track_caller]
fn check(offer: Offer, seed: u64, accidents: Accidents, cuts: u64, within: u64) -> World {
    let mut world = World::new(offer, Rng(seed), accidents);
    for _ in 0..cuts {
        let cut_at = 1 + world.rng.below(within);
        if world
            .connect(cut_at)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"))
        {
            break;
        }
    }
    let last = world.connect(u64::MAX);
    assert_eq!(last, Ok(true), "seed {seed}");
    world.judge();
    world
}

#[test]
fn a_connection_may_break_at_any_byte() {
    // A hole and a bit, so that each frame there is comes, and hardly any data.
    let mut content = vec![0; MIB];
    content.extend_from_slice(&Rng(1).bytes(100));
    for cut_at in 1.. {
        let offer = Offer::files(vec![content.clone(), b"small".to_vec()]);
        let mut world = World::new(offer, Rng(cut_at), Accidents::default());
        let first = world.connect(cut_at);
        if first != Ok(true) {
            assert_eq!(first, Ok(false), "cut at {cut_at}");
            assert_eq!(world.connect(u64::MAX), Ok(true), "cut at {cut_at}");
        }
        world.judge();
        assert_eq!(world.stored(), 2);
        if first == Ok(true) {
            assert!(cut_at > 500, "{cut_at}");
            break;
        }
    }
}

#[test]
fn connections_break_again_and_again() {
    for seed in 0..25 {
        let offer = Offer::random(&mut Rng(seed));
        let entries = offer.content.len();
        let world = check(offer, seed, Accidents::default(), 6, 4 << 20);
        assert_eq!(world.stored(), entries, "seed {seed}");
    }
}

#[test]
fn what_has_arrived_is_not_sent_again() {
    let offer = Offer::files(vec![Rng(1).bytes(48 * MIB + 5)]);
    let mut world = World::new(offer, Rng(1), Accidents::default());
    while !world.connect(16 << 20).unwrap() {}
    world.judge();
    assert!((3..8).contains(&world.cuts), "{}", world.cuts);
}

#[test]
fn what_is_written_wrongly_is_sent_again() {
    for seed in 0..25 {
        let offer = Offer::random(&mut Rng(seed));
        let entries = offer.content.len();
        let accidents = Accidents {
            garbling: 200,
            ..Accidents::default()
        };
        let world = check(offer, seed, accidents, 0, 1);
        assert_eq!(world.stored(), entries, "seed {seed}");
    }
}

#[test]
fn a_disk_that_only_garbles_is_given_up() {
    let offer = Offer::files(vec![vec![1; 5], Rng(1).bytes(MIB + 1), Vec::new()]);
    let accidents = Accidents {
        garbling: 1000,
        ..Accidents::default()
    };
    let world = check(offer, 1, accidents, 0, 1);
    assert_eq!(world.stored(), 1);
}

#[test]
fn what_is_kept_is_looked_at_again() {
    for seed in 0..25 {
        let offer = Offer::random(&mut Rng(seed));
        let entries = offer.content.len();
        let accidents = Accidents {
            rotting: 300,
            lying: 300,
            ..Accidents::default()
        };
        let world = check(offer, seed, accidents, 6, 4 << 20);
        assert_eq!(world.stored(), entries, "seed {seed}");
    }
}

#[test]
fn a_part_that_rotted_away_is_no_obstacle() {
    // More groups than are repaired one by one.
    let offer = Offer::files(vec![Rng(1).bytes(80 * MIB)]);
    let accidents = Accidents {
        rotting: 1000,
        ..Accidents::default()
    };
    let mut world = World::new(offer, Rng(1), accidents);
    assert_eq!(world.connect(79 << 20), Ok(false));
    assert_eq!(world.connect(u64::MAX), Ok(true));
    assert!(world.disk.garbled > 64);
    world.judge();
    assert_eq!(world.stored(), 1);
}

#[test]
fn both_sides_agree_on_what_failed() {
    let mut stored = 0;
    for seed in 0..80 {
        let offer = Offer::random(&mut Rng(seed));
        let accidents = Accidents {
            garbling: 100,
            rotting: 100,
            lying: 100,
            declining: 100,
            vanishing: 60,
            full: 60,
        };
        stored += check(offer, seed, accidents, 4, 6 << 20).stored();
    }
    assert!(stored > 50, "{stored}");
}
