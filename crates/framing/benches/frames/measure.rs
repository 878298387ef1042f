//! Rounds, by turns, and the table of what they took.

use std::time::{Duration, Instant};

use crate::batch::{Batch, Tally};

/// One way to decode or to encode a batch.
pub(crate) trait Side {
    fn name(&self) -> &'static str;

    /// That it comes to the same bytes as the others.
    fn check(&mut self, batch: &Batch);

    /// What the clock does not see.
    fn prepare(&mut self, batch: &Batch);

    fn work(&mut self, batch: &Batch) -> Tally;
}

/// The best round of each side, in nanoseconds for one frame.
pub(crate) fn by_turns(
    rounds: usize,
    batches: usize,
    batch: &Batch,
    sides: &mut [Box<dyn Side>],
) -> Vec<f64> {
    for side in &mut *sides {
        side.check(batch);
    }
    let reading = clock_reading();
    let mut best = vec![f64::INFINITY; sides.len()];
    for _ in 0..rounds {
        for (side, best) in sides.iter_mut().zip(&mut best) {
            let mut spent = Duration::ZERO;
            for _ in 0..batches {
                side.prepare(batch);
                let start = Instant::now();
                let tally = side.work(batch);
                spent += start.elapsed().saturating_sub(reading);
                assert_eq!(tally, batch.tally, "{} miscounts", side.name());
            }
            let frames = batches * batch.tally.frames;
            *best = best.min(spent.as_nanos() as f64 / frames as f64);
        }
    }
    best
}

/// What it takes to ask for the time.
fn clock_reading() -> Duration {
    (0..1000)
        .map(|_| Instant::now().elapsed())
        .min()
        .unwrap_or_default()
}

pub(crate) fn print_head(title: &str, sides: &[Box<dyn Side>]) {
    println!("\n{title}");
    print!("{:>8}", "payload");
    for side in sides {
        print!(" {:>15}", side.name());
    }
    println!();
}

pub(crate) fn print_row(batch: &Batch, best: &[f64]) {
    print!("{:>8}", batch.payload_bytes);
    if let [ours @ .., theirs] = best {
        for side in ours {
            print!(" {:>15}", format!("{side:.1} ({:.2})", side / theirs));
        }
        print!(" {theirs:>15.1}");
    }
    println!();
}
