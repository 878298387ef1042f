//! What is measured.

use crate::measure::Table;
use crate::options::Options;
use crate::sides;

mod connections;
mod stores;
mod timers;
mod wakes;

/// A case that all sides can play: its name on the command line, and what prints its rows.
type Case = (&'static str, fn(&Options, &Table));

const LOOPS: [Case; 8] = [
    ("ready", connections::ready),
    ("echo", connections::echo),
    ("pingpong", connections::ping_pong),
    ("pingpong-timeout", connections::ping_pong_with_time_out),
    ("idle", connections::idle),
    ("insert", connections::insert),
    ("wake", wakes::alone),
    ("wake-threads", wakes::across),
];

/// The flood has a benchmark of its own, which shares this command line.
pub(crate) fn names() -> Vec<&'static str> {
    let loops = LOOPS.iter().map(|case| case.0);
    loops.chain(["timers", "flood"]).collect()
}

pub(crate) fn run(options: &Options) {
    let wanted: Vec<Case> = LOOPS
        .into_iter()
        .filter(|case| options.wants_case(case.0))
        .collect();
    if !wanted.is_empty() {
        let sides = sides::wanted(options)
            .iter()
            .map(|side| side.name)
            .collect();
        let table = Table::new("best round (median)", sides);
        for (_, run) in wanted {
            run(options, &table);
        }
    }
    if options.wants_case("timers") {
        timers::run(options);
    }
}
