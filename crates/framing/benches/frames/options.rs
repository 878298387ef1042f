//! What was asked for on the command line.

use crate::batch::{Batch, Wire};
use crate::measure::{Side, by_turns, print_head, print_row};

const CASES: [&str; 5] = ["prefix", "lines", "any1", "any2", "any5"];

const PAYLOADS: [usize; 5] = [16, 64, 256, 1024, 4096];

/// Rounds of each side unless `--rounds` says otherwise.
const ROUNDS: usize = 60;
const ROUNDS_QUICK: usize = 2;

/// Batches in a round.
const BATCHES: usize = 16;
const BATCHES_QUICK: usize = 1;

pub(crate) struct Options {
    /// `None`: all cases.
    case: Option<String>,
    rounds: usize,
    batches: usize,
}

impl Options {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut case, mut rounds) = (None, None);
        let (mut quick, mut bench) = (false, false);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--case" => case = Some(known(value()?)?),
                "--rounds" => {
                    let number = value()?.parse().map_err(|_| "--rounds needs a number")?;
                    rounds = Some(usize::max(number, 1));
                }
                "--quick" | "--test" => quick = true,
                "--bench" => bench = true,
                _ => return Err(format!("unknown argument {word}")),
            }
        }
        let (usual, batches) = if quick || !bench {
            (ROUNDS_QUICK, BATCHES_QUICK)
        } else {
            (ROUNDS, BATCHES)
        };
        Ok(Self {
            case,
            rounds: rounds.unwrap_or(usual),
            batches,
        })
    }

    pub(crate) fn wants(&self, case: &str) -> bool {
        self.case.as_deref().is_none_or(|wanted| wanted == case)
    }

    /// One table, with a row for each size of payload.
    pub(crate) fn table(
        &self,
        title: &str,
        wire: &Wire<'_>,
        sides: impl Fn() -> Vec<Box<dyn Side>>,
    ) {
        print_head(title, &sides());
        for payload_bytes in PAYLOADS {
            let batch = Batch::new(wire, payload_bytes);
            let best = by_turns(self.rounds, self.batches, &batch, &mut sides());
            print_row(&batch, &best);
        }
    }
}

fn known(word: String) -> Result<String, String> {
    if CASES.contains(&word.as_str()) {
        Ok(word)
    } else {
        Err(format!("no {word} here; there are {}", CASES.join(", ")))
    }
}
