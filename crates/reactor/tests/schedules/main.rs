//! The loop on a scripted system: any schedule against a model, and the schedules that deserve a name.
//!
//! No thread, no descriptor and no file: but for one test with a socket, which says so, all of it is fit for Miri. There
//! `MIRIFLAGS=-Zmiri-env-set=PROPTEST_CASES=4` keeps it short.

// A poller key of 32 bits has no room for the generation, so that a stale report may reach the next tenant there.
#![cfg(target_pointer_width = "64")]

mod clocks;
mod costs;
mod failures;
mod model;
mod modes;
mod run;
mod steps;

use barewire_reactor::{Event, Reactor};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use run::Run;
use steps::schedules;

/// As many cases as PROPTEST_CASES says, 256 unless it is set. No file is written, for Miri's sake.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The events left of a turn.
fn drain(reactor: &mut Reactor) -> Vec<Event> {
    std::iter::from_fn(|| reactor.next()).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_schedule_goes_as_the_model_says((events_per_turn_max, steps) in schedules()) {
        Run::new(events_per_turn_max).through(&steps)?;
    }
}

#[test]
fn the_same_schedule_is_seen_the_same_way_twice() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..32 {
        let tree = schedules().new_tree(&mut runner).unwrap();
        let (events_per_turn_max, steps) = tree.current();
        let [mut first, mut second] = [(); 2].map(|()| Run::new(events_per_turn_max));
        first.through(&steps).unwrap();
        second.through(&steps).unwrap();
        assert_eq!(first.seen(), second.seen());
        assert!(first.seen().0.len() > 2);
    }
}

#[test]
fn the_same_seed_makes_the_same_schedule() {
    let [first, second] = [(); 2].map(|()| {
        let tree = schedules()
            .new_tree(&mut TestRunner::deterministic())
            .unwrap();
        format!("{:?}", tree.current())
    });
    assert_eq!(first, second);
}
