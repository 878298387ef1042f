//! Rounds by turns, and the table of what they took.

use std::cell::Cell;
use std::fmt::Debug;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Aims: as fast, and half as fast again.
pub(crate) const SAME: f64 = 1.0;
pub(crate) const HALF_AGAIN: f64 = 1.0 / 1.5;

/// Whether the head to be sent is made once for all rounds, or in each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Once,
    Anew,
}

const ROUNDS: usize = 100;

/// How long one side runs before it is the next one's turn.
const TURN: Duration = Duration::from_millis(1);

/// What was asked for on the command line.
pub(crate) struct Bench {
    names: Vec<String>,
    side: Option<String>,
    mode: Mode,
    /// Of the rows to come, until one of them is printed.
    title: Cell<Option<&'static str>>,
}

enum Mode {
    /// Each side once.
    Checked,
    /// Rounds against the clock.
    Timed,
    /// So many runs without a clock, for something that counts instructions.
    Counted(u32),
}

impl Bench {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut bench = Self {
            names: Vec::new(),
            side: None,
            mode: Mode::Checked,
            title: Cell::new(None),
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--bench" => bench.mode = Mode::Timed,
                "--test" => bench.mode = Mode::Checked,
                "--side" => bench.side = Some(words.next().ok_or("--side needs a name")?),
                "--runs" => {
                    let runs = words.next().and_then(|word| word.parse().ok());
                    bench.mode = Mode::Counted(runs.ok_or("--runs needs a number")?);
                }
                _ if word.starts_with('-') => return Err(format!("unknown argument {word}")),
                _ => bench.names.push(word),
            }
        }
        Ok(bench)
    }

    /// One row: what each side takes for one of the `each` things a run of it does.
    ///
    /// The first side is ours; every side has to come to `answer`.
    #[track_caller]
    pub(crate) fn row<A: PartialEq + Debug>(
        &self,
        name: &str,
        each: usize,
        answer: A,
        mut sides: Vec<Side<'_, A>>,
    ) {
        let wanted = self.names.is_empty() || self.names.iter().any(|part| name.contains(part));
        if !wanted {
            return;
        }
        sides.retain(|side| {
            self.side
                .as_deref()
                .is_none_or(|wanted| wanted == side.name)
        });
        for side in &mut sides {
            side.run(name, 1, &answer);
        }
        match self.mode {
            Mode::Checked => {}
            Mode::Counted(runs) => {
                for side in &mut sides {
                    side.run(name, runs, &answer);
                }
            }
            Mode::Timed => {
                let best = by_turns(name, each, &answer, &mut sides);
                if let Some(title) = self.title.take() {
                    print_title(title);
                }
                print(name, &sides, &best);
            }
        }
    }

    /// What the rows to come are of.
    pub(crate) fn title(&self, title: &'static str) {
        self.title.set(Some(title));
    }
}

/// One way to do the work of a row.
pub(crate) struct Side<'a, A> {
    name: &'static str,
    aim: Option<f64>,
    repeat: Box<dyn FnMut(u32) -> (A, Duration) + 'a>,
}

impl<'a, A: 'a> Side<'a, A> {
    pub(crate) fn ours(run: impl FnMut() -> A + 'a) -> Self {
        Self::named("barewire", None, run)
    }

    /// Ours should take at most `aim` of what this side takes.
    pub(crate) fn beside(name: &'static str, aim: f64, run: impl FnMut() -> A + 'a) -> Self {
        Self::named(name, Some(aim), run)
    }

    fn named(name: &'static str, aim: Option<f64>, mut run: impl FnMut() -> A + 'a) -> Self {
        let repeat = move |runs| {
            let start = Instant::now();
            for _ in 1..runs {
                black_box(run());
            }
            let answer = run();
            (answer, start.elapsed())
        };
        Self {
            name,
            aim,
            repeat: Box::new(repeat),
        }
    }
}

impl<A: PartialEq + Debug> Side<'_, A> {
    fn run(&mut self, row: &str, runs: u32, expected: &A) -> Duration {
        let (answer, spent) = (self.repeat)(runs);
        assert_eq!(&answer, expected, "{row}: {}", self.name);
        spent
    }

    /// How many runs a turn has.
    fn turn(&mut self, row: &str, expected: &A) -> u32 {
        let mut runs = 1;
        loop {
            let spent = self.run(row, runs, expected);
            if spent >= TURN / 2 {
                let one = (spent / runs).as_nanos().max(1);
                return (TURN.as_nanos() / one).max(1) as u32;
            }
            runs *= 2;
        }
    }
}

/// The best round of each side, in nanoseconds.
fn by_turns<A: PartialEq + Debug>(
    row: &str,
    each: usize,
    answer: &A,
    sides: &mut [Side<'_, A>],
) -> Vec<f64> {
    let turns: Vec<u32> = sides
        .iter_mut()
        .map(|side| side.turn(row, answer))
        .collect();
    let mut best = vec![f64::INFINITY; sides.len()];
    for _ in 0..ROUNDS {
        for ((side, &runs), best) in sides.iter_mut().zip(&turns).zip(&mut best) {
            let spent = side.run(row, runs, answer).as_secs_f64() * 1e9;
            *best = best.min(spent / f64::from(runs) / each as f64);
        }
    }
    best
}

fn print_title(title: &str) {
    println!(
        "\n{title:<56} {:>9}  {:<10} {:>9} {:>6} {:>6}",
        "ns", "beside", "ns", "ratio", "aim"
    );
}

/// A line for each side but the first.
fn print<A>(name: &str, sides: &[Side<'_, A>], best: &[f64]) {
    let Some((ours, theirs)) = best.split_first() else {
        return;
    };
    print!("{name:<56} {ours:>9.1}");
    if theirs.is_empty() {
        println!();
    }
    for (place, (side, theirs)) in sides[1..].iter().zip(theirs).enumerate() {
        if place > 0 {
            print!("{:<66}", "");
        }
        let aim = side.aim.map_or("-".into(), |aim| format!("{aim:.2}"));
        let ratio = ours / theirs;
        println!("  {:<10} {theirs:>9.1} {ratio:>6.2} {aim:>6}", side.name);
    }
}
