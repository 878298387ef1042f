//! This crate beside others: `cargo bench -p barewire-http1 [-- NAME...]`.
//!
//! All sides of a row do the same work by turns, round by round, and the best round of each is printed, since noise only
//! ever adds. Every answer is checked, before the first round and behind every one. With names, only the rows that
//! contain one of them. Without the `--bench` that `cargo bench` adds, each side runs once, its answer is checked, and
//! nothing is timed.
//!
//! What a row calls "aim" is the ratio to stay at or below.
//!
//! Clocks are noisy and instructions are not: `-- NAME --side SIDE --runs N` runs one side of a row N times, and the
//! difference between two counts is that of the runs alone. The program is the one `cargo bench --no-run` names:
//!
//! ```text
//! valgrind --tool=callgrind target/release/deps/codec-* 'head, 720' --side barewire --runs 10000
//! valgrind --tool=callgrind target/release/deps/codec-* 'head, 720' --side barewire --runs 20000
//! ```

mod answers;
mod bodies;
mod compare;
mod corpus;
mod heads;
mod hyper;
mod requests;
mod trickle;

use std::process::ExitCode;

use compare::Bench;

fn main() -> ExitCode {
    let bench = match Bench::parse(std::env::args().skip(1)) {
        Ok(bench) => bench,
        Err(error) => {
            eprintln!("codec: {error}");
            return ExitCode::from(2);
        }
    };
    heads::rows(&bench);
    trickle::rows(&bench);
    bodies::rows(&bench);
    answers::rows(&bench);
    requests::rows(&bench);
    ExitCode::SUCCESS
}
