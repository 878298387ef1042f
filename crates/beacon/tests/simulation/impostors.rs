//! Whoever lies on a link is one more sighting and takes nothing from others.

use std::net::SocketAddr;

use barewire_beacon::{Datagram, Identity, Instance, Message};

use crate::world::{World, instance, ms, seconds, thing, v4};

/// Says this from this address.
fn say(world: &mut World, to: usize, host: usize, who: Instance, message: Message) {
    let identity = Identity {
        instance: who,
        boot: u32::MAX,
    };
    let datagram = Datagram {
        identity,
        sequence: u32::MAX,
        message,
    };
    let mut bytes = Vec::new();
    datagram.encode(&mut bytes);
    world.forge(to, SocketAddr::new(v4(0, host), 40_000), &bytes);
}

fn announce(name: &str) -> Message {
    Message::Announce {
        announcement: thing(name),
        interval: seconds(120),
    }
}

fn settled() -> (World, usize, usize) {
    let mut world = World::new(1);
    let searcher = world.host(&[0]);
    let honest = world.host(&[0]);
    world.search(searcher);
    world.announce(honest, "a");
    world.run(seconds(60));
    (world, searcher, honest)
}

#[test]
fn the_same_name_is_another_sighting() {
    let (mut world, searcher, honest) = settled();
    say(&mut world, searcher, 66, instance(66), announce("a"));
    world.run(seconds(60));
    let told = world.hosts[searcher].told_v4();
    let found = |host| format!("found a from {} over 2", v4(0, host));
    assert_eq!(told, [found(honest), found(66)]);
}

#[test]
fn the_same_instance_from_another_address_changes_nothing() {
    let (mut world, searcher, honest) = settled();
    say(&mut world, searcher, 66, instance(honest), announce("b"));
    world.run(seconds(60));
    let told = world.hosts[searcher].told_v4();
    let from = |host| format!("from {} over 2", v4(0, host));
    let expected = [
        format!("found a {}", from(honest)),
        format!("found b {}", from(66)),
    ];
    assert_eq!(told, expected);
    // Nor can it take leave in another's name.
    say(&mut world, searcher, 67, instance(honest), Message::Goodbye);
    say(&mut world, searcher, 66, instance(67), Message::Goodbye);
    world.run(seconds(60));
    assert_eq!(world.hosts[searcher].told_v4(), expected);
}

/// Whoever can send from another's address can end what that address said, but not for long.
#[test]
fn a_goodbye_in_the_name_of_an_address() {
    let (mut world, searcher, honest) = settled();
    let who = instance(honest);
    say(&mut world, searcher, honest, who, Message::Goodbye);
    assert_eq!(world.hosts[searcher].told_v4().len(), 2);
    world.run(ms(30_000));
    let told = world.hosts[searcher].told_v4();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[2], format!("found a from {} over 2", v4(0, honest)));
}
