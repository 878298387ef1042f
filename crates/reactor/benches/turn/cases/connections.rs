//! Connections: reported, served, many of them idle, put in and taken out.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::measure::{Samples, Stopwatch, Table, by_turns};
use crate::net;
use crate::options::Options;
use crate::sides::{self, Side};

/// One side, and the other ends of those of its connections that are busy.
struct Arena {
    side: Box<dyn Side>,
    far_ends: Vec<TcpStream>,
}

fn arenas(options: &Options, connections: usize) -> Vec<Arena> {
    sides::wanted(options)
        .into_iter()
        .map(|entrant| {
            let (near_ends, far_ends) = net::pairs(connections);
            let side = (entrant.enter)(near_ends);
            Arena { side, far_ends }
        })
        .collect()
}

/// Sources that have just become ready, one wait, a walk over the reports. Filling and emptying is not counted.
pub(crate) fn ready(options: &Options, table: &Table) {
    for (sources, turns, case) in [
        (1, 2000, "1 source made ready, one wait"),
        (64, 100, "64 sources made ready, one wait, per event"),
    ] {
        let turns = options.scale(turns);
        let mut arenas = arenas(options, sources);
        let samples = by_turns(options.rounds, turns * sources, &mut arenas, |arena| {
            let mut watch = Stopwatch::new();
            for _ in 0..turns {
                watch.add(walk(arena));
            }
            watch.spent()
        });
        table.row(case, &samples);
    }
}

/// How long one wait took that found every source ready; there will be one soon.
fn walk(arena: &mut Arena) -> Duration {
    let sources = arena.far_ends.len();
    loop {
        net::poke(&mut arena.far_ends);
        let start = Instant::now();
        let (count, sum) = arena.side.walk();
        let spent = start.elapsed();
        arena.side.take_pokes();
        // Now and then a byte is still on its way when the wait begins.
        if count == sources {
            assert_eq!(sum, sources * (sources - 1) / 2);
            return spent;
        }
    }
}

pub(crate) fn echo(options: &Options, table: &Table) {
    let turns = options.scale(20);
    let mut arenas = arenas(options, 64);
    let samples = by_turns(options.rounds, turns * 64, &mut arenas, |arena| {
        echo_round(arena, turns)
    });
    table.row("64 connections echo 64 bytes, per echo", &samples);
}

/// The side's part only: the waits, the reads and the writes.
fn echo_round(arena: &mut Arena, turns: usize) -> Duration {
    let mut watch = Stopwatch::new();
    for turn in 0..turns {
        net::ask(&mut arena.far_ends, turn as u8);
        let connections = arena.far_ends.len();
        watch.time(|| {
            let mut echoed = 0;
            while echoed < connections {
                echoed += arena.side.echo();
            }
            assert_eq!(echoed, connections);
        });
        net::check(&mut arena.far_ends, turn as u8);
    }
    watch.spent()
}

pub(crate) fn ping_pong(options: &Options, table: &Table) {
    let samples = ping_pongs(options, |_| {});
    table.row("ping-pong of 64 bytes, both ends", &samples);
}

pub(crate) fn ping_pong_with_time_out(options: &Options, table: &Table) {
    let samples = ping_pongs(options, |side| side.arm());
    table.row("ping-pong beside a time-out that is far off", &samples);
}

/// One connection, one thread: the far end writes, the side waits, reads and writes, the far end reads.
fn ping_pongs(options: &Options, prepare: fn(&mut dyn Side)) -> Vec<Samples> {
    let turns = options.scale(500);
    let mut arenas = arenas(options, 1);
    for arena in &mut arenas {
        prepare(&mut *arena.side);
    }
    by_turns(options.rounds, turns, &mut arenas, |arena| {
        let start = Instant::now();
        for turn in 0..turns {
            net::ask(&mut arena.far_ends, turn as u8);
            while arena.side.echo() == 0 {}
            net::check(&mut arena.far_ends, turn as u8);
        }
        start.elapsed()
    })
}

/// As [`echo`], with the busy connections spread among idle ones.
pub(crate) fn idle(options: &Options, table: &Table) {
    let (busy, turns) = (options.scale(100), options.scale(10));
    let entrants = sides::wanted(options);
    // An idle connection takes one descriptor, a busy one two.
    let others = entrants.len() * 2 * busy;
    let wanted = options.scale(10_000);
    let room = net::descriptors(entrants.len() * wanted + others);
    let idle_each = (room.saturating_sub(others) / entrants.len() / busy).min(wanted / busy);
    let idle = busy * idle_each;
    if idle < wanted {
        println!(
            "(only {idle} idle connections: the limit on descriptors is too low for {wanted})"
        );
    }
    let idlers = net::Idlers::new(entrants.len() * idle);
    let mut connected = 0;
    let mut arenas: Vec<Arena> = entrants
        .iter()
        .map(|entrant| {
            let (busy_ends, far_ends) = net::pairs(busy);
            let mut near_ends = Vec::new();
            for busy_end in busy_ends {
                near_ends.push(busy_end);
                near_ends.extend((connected..).take(idle_each).map(|n| idlers.connect(n)));
                connected += idle_each;
            }
            let side = (entrant.enter)(near_ends);
            Arena { side, far_ends }
        })
        .collect();
    let samples = by_turns(options.rounds, turns * busy, &mut arenas, |arena| {
        echo_round(arena, turns)
    });
    table.row(
        &format!("{busy} busy among {idle} idle, per echo"),
        &samples,
    );
    // Those who close first keep the ports; the queues' ends are reset instead.
    drop(idlers);
}

pub(crate) fn insert(options: &Options, table: &Table) {
    let turns = options.scale(2000);
    let mut arenas: Vec<_> = arenas(options, 64)
        .into_iter()
        .map(|arena| (arena.side, net::pairs(1)))
        .collect();
    let samples = by_turns(options.rounds, turns, &mut arenas, |(side, (near, far))| {
        let mut stream = near.pop().expect("one");
        let start = Instant::now();
        for _ in 0..turns {
            stream = side.insert_and_remove(stream);
        }
        let spent = start.elapsed();
        assert_eq!(stream.local_addr().ok(), far[0].peer_addr().ok());
        near.push(stream);
        spent
    });
    table.row("insert and remove beside 64 others", &samples);
}
