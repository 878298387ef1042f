//! One entry for each instance and address, whatever the network does to its datagrams.

use std::time::Duration;

use crate::world::{Kind, World, ms, seconds, thing, v4, v6};

/// A searcher that has asked all its first questions and asks no more for a while, and somebody about to announce.
fn quiet(seed: u64) -> (World, usize, usize) {
    let mut world = World::new(seed);
    let searcher = world.host(&[0]);
    let announcer = world.host(&[0]);
    world.search(searcher);
    world.run(seconds(20));
    let asked = world.count(Kind::Query, Duration::ZERO, seconds(20));
    assert_eq!(asked, 7);
    (world, searcher, announcer)
}

#[test]
fn the_first_announcement_is_lost() {
    let (mut world, searcher, announcer) = quiet(1);
    let mut lost = 0;
    world.loses(move |sent| {
        lost += usize::from(sent.kind == Kind::Announce);
        sent.kind == Kind::Announce && lost == 1
    });
    let from = world.elapsed();
    world.announce(announcer, "a");
    world.run(seconds(5));
    let found = &world.hosts[searcher].events;
    let told: Vec<_> = found
        .iter()
        .map(|(at, told)| (told.what, told.source, *at))
        .collect();
    // 120 ms until the first, and 625 until the next.
    let latest = from + ms(120 + 625 + 1);
    let [("found", first, at), ("found", second, _)] = told[..] else {
        panic!("{told:?}")
    };
    assert!(at <= latest, "{:?}", at - from);
    assert_eq!([first, second], [v4(0, announcer), v6(0, announcer)]);
    assert_eq!(world.hosts[searcher].node.sightings().count(), 2);
}

#[test]
fn everything_arrives_a_hundred_times_in_any_order() {
    let (mut world, searcher, announcer) = quiet(2);
    world.weather.times = 100;
    world.weather.latency = [ms(0), seconds(3)];
    world.announce(announcer, "a");
    world.run(seconds(4));
    world.announce(announcer, "b");
    world.run(seconds(4));
    world.announce(announcer, "c");
    world.run(seconds(60));
    let told = world.hosts[searcher].told_v4();
    let from = format!("from {} over 2", v4(0, announcer));
    let names: Vec<&str> = told
        .iter()
        .map(|told| told.strip_suffix(&from).unwrap().trim())
        .collect();
    assert_eq!(names, ["found a", "changed b", "changed c"]);
    let dropped = &world.hosts[searcher].node.counters().dropped;
    let useless = dropped["duplicate"] + dropped["stale"];
    // Each announcement came 300 times, of which at most 2 were news, one for each address.
    let announced = world.count(Kind::Announce, Duration::ZERO, world.elapsed());
    assert!(useless >= 298 * (announced as u64 - 3), "{dropped:?}");
}

#[test]
fn half_of_everything_is_lost() {
    let (mut world, searcher, announcer) = quiet(3);
    world.weather.loss_permille = 500;
    world.announce(announcer, "a");
    world.run(seconds(60));
    assert_eq!(world.hosts[searcher].told_v4().len(), 1);
}

#[test]
fn a_question_is_answered_at_once() {
    let mut world = World::new(4);
    let announcer = world.host(&[0]);
    world.announce(announcer, "a");
    world.run(seconds(60));
    let searcher = world.host(&[0]);
    let from = world.elapsed();
    world.search(searcher);
    world.run(ms(25));
    assert_eq!(world.hosts[searcher].told().len(), 2);
    assert_eq!(world.count(Kind::Reply, from, world.elapsed()), 2);
}

#[test]
fn what_is_announced_may_change() {
    let (mut world, searcher, announcer) = quiet(5);
    world.announce(announcer, "a");
    world.run(seconds(30));
    world.announce(announcer, "b");
    world.run(ms(125));
    let told = world.hosts[searcher].told_v4();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].starts_with("changed b"), "{told:?}");
    let sightings = world.hosts[searcher].node.sightings();
    for sighting in sightings {
        assert_eq!(sighting.announcement, thing("b"));
    }
}
