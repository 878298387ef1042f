//! Whoever goes is gone, and whoever comes back is back.

use std::time::Duration;

use crate::world::{Kind, World, ms, seconds, v4};

/// Somebody who searches, somebody who announces `a`, both for a minute by now.
fn settled(seed: u64) -> (World, usize, usize) {
    let mut world = World::new(seed);
    let searcher = world.host(&[0]);
    let announcer = world.host(&[0]);
    world.search(searcher);
    world.announce(announcer, "a");
    world.run(seconds(60));
    assert_eq!(world.hosts[searcher].told_v4().len(), 1);
    (world, searcher, announcer)
}

/// When the last of what it was told was told.
fn last(world: &World, host: usize) -> Duration {
    world.hosts[host].events.last().unwrap().0
}

/// When it last said anything.
fn last_sent(world: &World, host: usize) -> Duration {
    let sent = world.sent.iter().rev().find(|sent| sent.host == host);
    sent.unwrap().at
}

fn words(world: &World, host: usize) -> Vec<String> {
    let told = world.hosts[host].told_v4().into_iter();
    told.map(|told| told.split(" from").next().unwrap().to_owned())
        .collect()
}

#[test]
fn somebody_vanishes() {
    let (mut world, searcher, announcer) = settled(1);
    world.sleep(announcer);
    let heard = last_sent(&world, announcer);
    world.run(seconds(60));
    assert_eq!(words(&world, searcher), ["found a", "silence a"]);
    // It said 13 s: 10, a quarter more, in whole seconds.
    assert_eq!(last(&world, searcher), heard + seconds(39) + ms(1));
    assert_eq!(world.hosts[searcher].node.sightings().count(), 0);
}

#[test]
fn somebody_says_goodbye() {
    let (mut world, searcher, announcer) = settled(2);
    let from = world.elapsed();
    world.with(announcer, |node, _| node.withdraw());
    world.run(seconds(600));
    assert_eq!(words(&world, searcher), ["found a", "goodbye a"]);
    assert_eq!(last(&world, searcher), from + ms(1));
    assert_eq!(world.hosts[announcer].node.poll_timeout(), None);
    assert_eq!(world.count(Kind::Announce, from, world.elapsed()), 0);
}

/// What was said before a goodbye and arrives behind it brings nobody back.
#[test]
fn a_goodbye_overtakes() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        let searcher = world.host(&[0]);
        let announcer = world.host(&[0]);
        world.search(searcher);
        world.run(seconds(20));
        world.weather.latency = [ms(1), ms(3000)];
        world.weather.times = 3;
        world.announce(announcer, "a");
        world.run(seconds(10));
        world.announce(announcer, "a");
        world.run(ms(130));
        world.with(announcer, |node, _| node.withdraw());
        world.run(seconds(60));
        assert_eq!(words(&world, searcher), ["found a", "goodbye a"], "{seed}");
    }
}

#[test]
fn goodbye_and_back_again() {
    let (mut world, searcher, announcer) = settled(3);
    for _ in 0..3 {
        world.with(announcer, |node, _| node.withdraw());
        world.announce(announcer, "a");
        world.run(ms(125));
    }
    let expected = ["found a", "goodbye a"].repeat(4);
    assert_eq!(words(&world, searcher), expected[..7]);
}

/// On some systems the clock goes on while a machine sleeps, on some it does not.
#[test]
fn the_announcer_sleeps_for_an_hour() {
    for stood_still in [false, true] {
        let (mut world, searcher, announcer) = settled(4);
        world.sleep(announcer);
        world.run(seconds(3600));
        assert_eq!(words(&world, searcher), ["found a", "silence a"]);
        let from = world.elapsed();
        let behind = if stood_still { 3600 } else { 0 };
        world.wake(announcer, seconds(behind));
        let sent = world.count(Kind::Announce, from, from + ms(1));
        assert!(sent <= 1, "{sent} at once");
        // At once, or when the pause that it slept through is over.
        world.run(if stood_still { ms(12_501) } else { ms(1) });
        assert_eq!(words(&world, searcher), ["found a", "silence a", "found a"]);
        world.run(seconds(60));
        let sent = world.count(Kind::Announce, from, world.elapsed());
        assert!((5..=8).contains(&sent), "{sent} in a minute");
        assert_eq!(words(&world, searcher).len(), 3);
    }
}

#[test]
fn the_searcher_sleeps_for_an_hour() {
    for stood_still in [false, true] {
        let (mut world, searcher, announcer) = settled(5);
        world.sleep(searcher);
        world.run(seconds(3600));
        let from = world.elapsed();
        let behind = if stood_still { 3600 } else { 0 };
        world.wake(searcher, seconds(behind));
        world.run(ms(25));
        let asked = world.count(Kind::Query, from, world.elapsed());
        assert!(asked <= 1, "{asked} at once");
        // Where the clock went on it knows that it knows nothing, and asks. Where it stood still nothing has expired.
        let expected: &[&str] = match stood_still {
            false => &["found a", "silence a", "found a"],
            true => &["found a"],
        };
        assert_eq!(words(&world, searcher), expected);
        // Who went meanwhile is noticed in either case.
        world.sleep(announcer);
        world.run(seconds(40));
        assert_eq!(words(&world, searcher).last().unwrap(), "silence a");
        let asked = world.count(Kind::Query, from, world.elapsed());
        assert!(asked <= 3, "{asked} in 40 s");
    }
}

#[test]
fn the_clock_jumps_again_and_again() {
    let (mut world, _, announcer) = settled(6);
    let from = world.elapsed();
    for _ in 0..100 {
        world.sleep(announcer);
        world.run(seconds(3600));
        world.wake(announcer, Duration::ZERO);
        world.run(ms(1));
    }
    let sent = world.count(Kind::Announce, from, world.elapsed());
    assert_eq!(sent, 100);
}

#[test]
fn a_link_goes_and_comes_back() {
    let (mut world, searcher, announcer) = settled(7);
    let from = world.elapsed();
    world.plug(searcher, 2, false);
    assert_eq!(words(&world, searcher), ["found a", "link gone a"]);
    world.run(seconds(30));
    assert_eq!(words(&world, searcher).len(), 2);
    world.plug(searcher, 2, true);
    world.run(ms(25));
    assert_eq!(
        words(&world, searcher),
        ["found a", "link gone a", "found a"]
    );

    // The announcer's, for less time than it takes to be missed: nobody sees.
    world.plug(announcer, 2, false);
    world.run(seconds(10));
    world.plug(announcer, 2, true);
    world.run(seconds(60));
    assert_eq!(words(&world, searcher).len(), 3);
    let announced = world.count(Kind::Announce, from, world.elapsed());
    assert!(announced <= 16, "{announced} in 100 s");
}

#[test]
fn a_link_that_flutters_is_no_storm() {
    let (mut world, _, announcer) = settled(8);
    let from = world.elapsed();
    for _ in 0..100 {
        world.plug(announcer, 2, false);
        world.plug(announcer, 2, true);
        world.run(ms(10));
    }
    let sent = world.count(Kind::Announce, from, world.elapsed());
    assert!(sent <= 2, "{sent} while it fluttered");
}

#[test]
fn two_interfaces_are_two_links() {
    let mut world = World::new(9);
    let searcher = world.host(&[0, 1]);
    let near = world.host(&[0]);
    let both = world.host(&[0, 1]);
    let far = world.host(&[1]);
    world.search(searcher);
    world.announce(near, "near");
    world.announce(both, "both");
    world.announce(far, "far");
    world.run(seconds(60));
    let mut told = world.hosts[searcher].told_v4();
    told.sort();
    let found = |name, segment, host| {
        let interface = segment + 2;
        format!("found {name} from {} over {interface}", v4(segment, host))
    };
    let expected = [
        found("both", 0, both),
        found("both", 1, both),
        found("far", 1, far),
        found("near", 0, near),
    ];
    assert_eq!(told, expected);

    world.plug(searcher, 3, false);
    let gone = world.hosts[searcher].told_v4().split_off(4);
    assert_eq!(gone.len(), 2, "{gone:?}");
    assert!(gone.iter().all(|told| told.ends_with("over 3")), "{gone:?}");
    assert_eq!(world.hosts[searcher].node.sightings().count(), 4);
}

/// Both interfaces lead to one link: everything comes twice, and is two sightings.
#[test]
fn two_interfaces_on_one_link() {
    let mut world = World::new(10);
    let searcher = world.host(&[0]);
    let announcer = world.host(&[0, 0]);
    world.readdress(announcer, 3, v4(0, 200));
    world.search(searcher);
    world.announce(announcer, "a");
    world.run(seconds(60));
    let mut told = world.hosts[searcher].told_v4();
    told.sort();
    let found = |address| format!("found a from {address} over 2");
    assert_eq!(told, [found(v4(0, announcer)), found(v4(0, 200))]);
}

#[test]
fn an_address_changes() {
    let (mut world, searcher, announcer) = settled(11);
    world.readdress(announcer, 2, v4(0, 100));
    world.run(ms(125));
    assert_eq!(words(&world, searcher), ["found a", "found a"]);
    world.run(seconds(60));
    // Nobody can take back what an address said but that address.
    assert_eq!(words(&world, searcher), ["found a", "found a", "silence a"]);
    let told = world.hosts[searcher].told_v4();
    let old = format!("silence a from {} over 2", v4(0, announcer));
    assert_eq!(told[2], old);
}
