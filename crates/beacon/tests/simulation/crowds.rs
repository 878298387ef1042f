//! Many on one link.

use std::time::Duration;

use crate::world::{Kind, World, ms, seconds};

fn crowd(world: &mut World, hosts: usize) {
    world.weather.by_all_means = false;
    for _ in 0..hosts {
        let host = world.host(&[0]);
        world.announce(host, &format!("host {host}"));
    }
}

/// The most that happened within any time of this length.
fn most_within(times: &[Duration], window: Duration) -> usize {
    let within = |from: usize| {
        let rest = times[from..].iter();
        rest.take_while(|&&at| at < times[from] + window).count()
    };
    (0..times.len()).map(within).max().unwrap_or(0)
}

#[test]
fn a_thousand_are_found_and_stay() {
    let mut world = World::new(1);
    crowd(&mut world, 1000);
    world.weather.loss_permille = 10;
    // A socket of 208 KiB, the default of Linux, holds about this many.
    world.weather.buffer = 256;
    world.run(seconds(90));
    let searcher = world.host(&[0]);
    let from = world.elapsed();
    world.search(searcher);
    world.run(seconds(5));
    let host = &world.hosts[searcher];
    assert_eq!(host.node.sightings().count(), 1000);
    let complete = host.events.last().unwrap().0 - from;
    let most = most_within(&host.replies, ms(10));
    println!(
        "1,000 found after {complete:?}; at most {most} answers in 10 ms, {} in all, {} lost",
        host.replies.len(),
        host.overflowed
    );
    assert!(most <= 64, "{most} answers within 10 ms");
    // As long as somebody may be silent before it counts as gone.
    world.run(seconds(90));
    assert_eq!(world.hosts[searcher].events.len(), 1000, "it is not stable");
    world.promises_were_kept();
}

#[test]
fn a_thousand_are_switched_on_at_once() {
    let mut world = World::new(2);
    world.weather.loss_permille = 10;
    world.weather.buffer = 256;
    let searcher = world.host(&[0]);
    world.search(searcher);
    crowd(&mut world, 1000);
    world.run(seconds(5));
    let host = &world.hosts[searcher];
    assert_eq!(host.node.sightings().count(), 1000);
    let complete = host.events.last().unwrap().0;
    let most = most_within(&host.replies, ms(10));
    println!(
        "1,000 switched on at once: found after {complete:?}; at most {most} answers in 10 ms, {} lost",
        host.overflowed
    );
    world.run(seconds(45));
    assert_eq!(world.hosts[searcher].events.len(), 1000, "it is not stable");
}

#[track_caller]
fn check_traffic(hosts: usize, each_is: u64, window: u64) {
    let mut world = World::new(3);
    world.each_is = each_is;
    crowd(&mut world, hosts);
    world.run(seconds(75));
    let from = world.elapsed();
    world.run(seconds(window));
    let announced = world.count(Kind::Announce, from, world.elapsed());
    let sent = world.sent.iter().filter(|sent| sent.at >= from);
    let bytes: usize = sent.clone().map(|sent| sent.bytes).sum();
    assert_eq!(announced, sent.count(), "and nothing else");
    let per_second = (announced as u64 * each_is) as f64 / window as f64;
    println!(
        "{} instances: {per_second:.1} announcements a second, {} bytes a second",
        hosts as u64 * each_is,
        bytes as u64 * each_is / window
    );
    assert!(per_second <= 50.0, "{per_second} a second");
    world.promises_were_kept();
}

#[test]
fn ten_announce_once_a_second() {
    check_traffic(10, 1, 600);
}

#[test]
fn a_thousand_announce_fifty_times_a_second_at_most() {
    check_traffic(100, 10, 450);
}

#[test]
fn three_thousand_announce_fifty_times_a_second_at_most() {
    check_traffic(300, 10, 270);
}

/// When a crowd goes, those who stay announce more often again, and nobody takes them for gone meanwhile.
#[test]
fn a_crowd_goes() {
    let mut world = World::new(4);
    world.limits.interval_per_instance = seconds(1);
    crowd(&mut world, 60);
    let searcher = world.host(&[0]);
    world.search(searcher);
    world.run(seconds(300));
    for host in 0..50 {
        world.sleep(host);
    }
    world.run(seconds(600));
    let lost = world.hosts[searcher].events.iter();
    let lost = lost.filter(|(_, told)| told.what == "silence").count();
    assert_eq!(lost, 50, "some of those who stayed were lost");
    let from = world.elapsed();
    world.run(seconds(100));
    let sent = world.count(Kind::Announce, from, world.elapsed());
    assert!((80..=100).contains(&sent), "{sent} by ten in 100 s");
    world.promises_were_kept();
}
