//! What nobody asked for does not make more of itself.

use std::net::SocketAddr;

use barewire_beacon::{Datagram, Identity, Message};

use crate::world::{Kind, World, instance, ms, seconds, thing, things, v4};

fn bytes(number: usize, sequence: u32, message: Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    let identity = Identity {
        instance: instance(number),
        boot: 1,
    };
    let datagram = Datagram {
        identity,
        sequence,
        message,
    };
    datagram.encode(&mut bytes);
    bytes
}

#[test]
fn answers_are_not_answered() {
    let mut world = World::new(1);
    let hosts = [world.host(&[0]), world.host(&[0])];
    for host in hosts {
        world.announce(host, "a");
    }
    world.run(seconds(5));
    let from = world.elapsed();
    let count = |world: &World| world.count(Kind::Reply, from, world.elapsed() + ms(1));
    for sequence in 0..1000 {
        for host in hosts {
            let reply = Message::Reply {
                announcement: thing("x"),
                interval: seconds(10),
            };
            let source = SocketAddr::new(v4(0, 50), 5143);
            world.forge(host, source, &bytes(50, sequence, reply));
        }
    }
    world.run(seconds(5));
    assert_eq!(count(&world), 0);
    let announced = world.count(Kind::Announce, from, world.elapsed());
    assert!(announced <= 2, "{announced} in 5 s");
}

/// Each of two is told that the other asks, at the other's port for everything.
#[test]
fn two_that_are_set_on_each_other() {
    let mut world = World::new(2);
    let hosts = [world.host(&[0]), world.host(&[0])];
    for host in hosts {
        world.announce(host, "a");
        // Both search as well, so that they look at answers.
        world.search(host);
    }
    world.run(seconds(20));
    let from = world.elapsed();
    for sequence in 0..1000 {
        for (one, other) in [(0, 1), (1, 0)] {
            let search = things();
            let query = Message::Query {
                service: search.service,
                name: search.name,
            };
            let source = SocketAddr::new(v4(0, hosts[other]), 5143);
            world.forge(hosts[one], source, &bytes(50, sequence, query));
        }
    }
    world.run(seconds(5));
    // A burst of three each, and nothing comes of those.
    assert_eq!(world.count(Kind::Reply, from, world.elapsed()), 6);
}

/// All of these search and announce, and are switched on at once.
#[test]
fn everyone_asks_everyone() {
    let mut world = World::new(3);
    world.weather.by_all_means = false;
    let hosts: Vec<usize> = (0..100).map(|_| world.host(&[0])).collect();
    for &host in &hosts {
        world.announce(host, &format!("{host}"));
        world.search(host);
    }
    world.run(seconds(5));
    for &host in &hosts {
        assert_eq!(world.hosts[host].node.sightings().count(), 99);
    }
    world.run(seconds(115));
    let sent = |kind, from, to| world.count(kind, seconds(from), seconds(to));
    let [asked, answered] = [Kind::Query, Kind::Reply].map(|kind| sent(kind, 0, 120));
    assert!(answered <= asked * 99, "{answered} to {asked}");
    // Then each asks twice a minute at most.
    let [asked, answered] = [Kind::Query, Kind::Reply].map(|kind| sent(kind, 60, 120));
    assert!(asked <= 200, "{asked} questions in a minute");
    println!("100 that search and announce: {answered} answers to {asked} questions in a minute");
    for &host in &hosts {
        let counters = world.hosts[host].node.counters();
        assert!(counters.reply_bytes <= counters.query_bytes);
        let told = world.hosts[host].told().len();
        assert_eq!(told, 99, "nobody is lost or found twice");
    }
    assert_eq!(sent(Kind::Goodbye, 0, 120), 0);
}
