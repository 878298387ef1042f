//! Inputs: messages put together from valid parts and from those that are not, then damaged.

use crate::input::{Input, Kind};
use crate::random::Random;

// Tables of short literals, which are easier to survey a line at a time than one below the other.
#[rustfmt::skip]
mod parts;
mod body;
mod request;
mod response;

/// Inputs without end, the same for the same seed.
pub struct Inputs {
    random: Random,
    /// What is damaged beside what is made up.
    seeds: Vec<Input>,
}

impl Inputs {
    pub fn new(seed: u64, seeds: Vec<Input>) -> Self {
        Self {
            random: Random::new(seed),
            seeds,
        }
    }

    /// Flips, inserts, deletes, duplicates or splices.
    fn mutate(&mut self, input: &mut Vec<u8>) {
        let random = &mut self.random;
        if input.is_empty() {
            input.push(random.byte());
            return;
        }
        let at = random.below(input.len());
        let run = 1 + random.below(8).min(input.len() - at - 1);
        match random.below(6) {
            0 => input[at] ^= 1 << random.below(8),
            1 => input[at] = random.pick(&NOTABLE),
            2 => input.insert(at, random.pick(&NOTABLE)),
            3 => drop(input.drain(at..at + run)),
            4 => {
                let again = input[at..at + run].to_vec();
                input.splice(at..at, again);
            }
            _ => {
                let other = &self.seeds[random.below(self.seeds.len())].bytes;
                let from = random.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
    }
}

impl Iterator for Inputs {
    type Item = Input;

    fn next(&mut self) -> Option<Input> {
        let random = &mut self.random;
        let mut input = match random.below(100) {
            0..40 => requests(random),
            40..75 => response::input(random),
            _ => self.seeds[random.below(self.seeds.len())].clone(),
        };
        if random.percent(35) {
            for _ in 0..=random.below(3) {
                self.mutate(&mut input.bytes);
            }
        }
        if self.random.percent(8) {
            input
                .bytes
                .truncate(self.random.below(input.bytes.len() + 1));
        }
        input.bytes.truncate(BYTES_MAX);
        Some(input)
    }
}

/// A stream of one to three requests.
fn requests(random: &mut Random) -> Input {
    let mut deviance = Deviance::new(random);
    let mut bytes = Vec::new();
    for _ in 0..random.pick(&[1, 1, 1, 2, 3]) {
        request::write(random, &mut deviance, &mut bytes);
    }
    leftover(random, &mut bytes);
    Input {
        bytes,
        kind: Kind::Requests,
    }
}

fn leftover(random: &mut Random, bytes: &mut Vec<u8>) {
    if random.percent(5) {
        let leftovers: &[&[u8]] = &[b"\r\n", b"\n", b"\r", b"\0", b"junk", b"   "];
        bytes.extend_from_slice(random.pick(leftovers));
    }
}

/// How many parts of a stream may still go wrong: where much is wrong, little is learned from a refusal.
struct Deviance {
    left: usize,
    percent: usize,
}

impl Deviance {
    fn new(random: &mut Random) -> Self {
        Self {
            left: random.pick(&[0, 1, 1, 1, 2, 2, 4]),
            percent: 12,
        }
    }

    /// Whether the next part goes wrong.
    fn strikes(&mut self, random: &mut Random) -> bool {
        let strikes = self.left > 0 && random.percent(self.percent);
        self.left -= usize::from(strikes);
        strikes
    }

    /// One of the first, or rarely of the second.
    fn pick<'a>(
        &mut self,
        random: &mut Random,
        valid: &[&'a [u8]],
        deviant: &[&'a [u8]],
    ) -> &'a [u8] {
        match self.strikes(random) {
            true => random.pick(deviant),
            false => random.pick(valid),
        }
    }
}

/// Bytes that parsers branch on.
const NOTABLE: [u8; 47] =
    *b"\r\n\r\n \t:;,=\"\\/\0\x01\x0b\x0c\x1f\x7f\x80\x85\xa0\xff#%?@[]{|}0159aAfFxX_-+.*";

/// Longer inputs are cut here.
const BYTES_MAX: usize = 4096;
