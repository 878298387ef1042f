//! Rounds, by turns, and the table of what they took.

use std::time::{Duration, Instant};

/// What the rounds of one side took, in nanoseconds for one operation.
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn best(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    }
}

/// Lets each side play its round, then each the next. A round tells how long its `operations` took.
pub(crate) fn by_turns<S>(
    rounds: usize,
    operations: usize,
    sides: &mut [S],
    mut round: impl FnMut(&mut S) -> Duration,
) -> Vec<Samples> {
    let [samples] = by_turns_each(rounds, operations, sides, |side| [round(side)]);
    samples
}

/// The same for rounds of several parts, each with so many operations. The result is by part, then by side.
pub(crate) fn by_turns_each<S, const PARTS: usize>(
    rounds: usize,
    operations: usize,
    sides: &mut [S],
    mut round: impl FnMut(&mut S) -> [Duration; PARTS],
) -> [Vec<Samples>; PARTS] {
    let mut parts = [(); PARTS].map(|()| sides.iter().map(|_| Samples(Vec::new())).collect());
    for _ in 0..rounds {
        for (n, side) in sides.iter_mut().enumerate() {
            for (part, spent) in parts.iter_mut().zip(round(side)) {
                let part: &mut Vec<Samples> = part;
                part[n].0.push(spent.as_nanos() as f64 / operations as f64);
            }
        }
    }
    parts
}

/// A stopwatch that is started and stopped many times, with the time for reading the clock taken off.
pub(crate) struct Stopwatch {
    spent: Duration,
    reading: Duration,
}

impl Stopwatch {
    pub(crate) fn new() -> Self {
        let reading = (0..1000)
            .map(|_| Instant::now().elapsed())
            .min()
            .unwrap_or_default();
        Self {
            spent: Duration::ZERO,
            reading,
        }
    }

    pub(crate) fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.add(start.elapsed());
        result
    }

    pub(crate) fn add(&mut self, spent: Duration) {
        self.spent += spent.saturating_sub(self.reading);
    }

    pub(crate) fn spent(&self) -> Duration {
        self.spent
    }
}

/// Prints rows under the names of the sides, ours last.
pub(crate) struct Table {
    names: Vec<&'static str>,
}

impl Table {
    pub(crate) fn new(title: &str, names: Vec<&'static str>) -> Self {
        print!("\n{title:<48}");
        for name in &names {
            print!("{:>20}", format!("{name}, ns"));
        }
        for yardstick in names.iter().rev().skip(1).rev() {
            print!("{:>20}", format!("{}/{yardstick}", names[names.len() - 1]));
        }
        println!();
        Self { names }
    }

    pub(crate) fn row(&self, case: &str, samples: &[Samples]) {
        assert_eq!(samples.len(), self.names.len());
        print!("{case:<48}");
        for side in samples {
            print!(
                "{:>20}",
                format!("{:.1} ({:.1})", side.best(), side.median())
            );
        }
        if let [yardsticks @ .., ours] = samples {
            for yardstick in yardsticks {
                print!("{:>20.2}", ours.best() / yardstick.best());
            }
        }
        println!();
    }
}
