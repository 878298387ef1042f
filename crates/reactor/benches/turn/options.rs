//! What was asked for on the command line.

use crate::{cases, sides};

/// Rounds of each side unless `--rounds` says otherwise.
const ROUNDS: usize = 40;
const ROUNDS_QUICK: usize = 2;

pub(crate) struct Options {
    /// `None`: all cases.
    pub(crate) case: Option<String>,
    /// `None`: all sides.
    pub(crate) side: Option<String>,
    pub(crate) rounds: usize,
    /// Whether this run is to show only that everything runs.
    pub(crate) quick: bool,
}

impl Options {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut case, mut side, mut rounds) = (None, None, None);
        let (mut quick, mut bench) = (false, false);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--case" => case = Some(one_of(value()?, &cases::names())?),
                "--side" => side = Some(one_of(value()?, &sides::ALL.map(|side| side.name))?),
                "--rounds" => {
                    let number = value()?.parse().map_err(|_| "--rounds needs a number")?;
                    rounds = Some(usize::max(number, 1));
                }
                "--quick" => quick = true,
                "--bench" => bench = true,
                _ => return Err(format!("unknown argument {word}")),
            }
        }
        let quick = quick || !bench;
        let usual = if quick { ROUNDS_QUICK } else { ROUNDS };
        Ok(Self {
            case,
            side,
            rounds: rounds.unwrap_or(usual),
            quick,
        })
    }

    /// `full` of something, or a fiftieth of it in a quick run.
    pub(crate) fn scale(&self, full: usize) -> usize {
        if self.quick { (full / 50).max(1) } else { full }
    }

    pub(crate) fn wants_case(&self, name: &str) -> bool {
        self.case.as_deref().is_none_or(|case| case == name)
    }

    pub(crate) fn wants_side(&self, name: &str) -> bool {
        self.side.as_deref().is_none_or(|side| side == name)
    }
}

fn one_of(word: String, names: &[&str]) -> Result<String, String> {
    if names.contains(&word.as_str()) {
        Ok(word)
    } else {
        Err(format!("no {word} here; there are {}", names.join(", ")))
    }
}
