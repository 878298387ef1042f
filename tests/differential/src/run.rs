//! Inputs through all sides.

use std::collections::BTreeMap;

use crate::compare::{Disagreement, compare};
use crate::minimise::minimise;
use crate::ours;
use crate::peers::Peer;
use crate::rules::explaining;

/// What a run found.
#[derive(Default)]
pub struct Outcome {
    pub inputs: usize,
    /// How often each rule explained a disagreement with each of its peers.
    pub hits: BTreeMap<(&'static str, Peer), usize>,
    /// What not exactly one rule explains: by its kind, how often, and the first of it minimised and told.
    pub unexplained: BTreeMap<String, (usize, String)>,
}

/// Runs so many inputs.
pub fn run(inputs: impl Iterator<Item = Vec<u8>>, count: usize) -> Outcome {
    let mut outcome = Outcome::default();
    for input in inputs.take(count) {
        outcome.inputs += 1;
        outcome.judge(&input);
        if outcome.unexplained.len() == UNEXPLAINED_MAX {
            break;
        }
    }
    outcome
}

impl Outcome {
    /// Puts one input through all sides.
    pub fn judge(&mut self, input: &[u8]) {
        let (ours, error) = ours::read(input);
        for peer in Peer::ALL {
            let theirs = peer.read(input);
            let Some(disagreement) = compare(input, peer, (&ours, error), &theirs) else {
                continue;
            };
            match names(&disagreement)[..] {
                [rule] => *self.hits.entry((rule, peer)).or_default() += 1,
                _ => {
                    let first = || (0, told(input, peer));
                    self.unexplained
                        .entry(kind(&disagreement))
                        .or_insert_with(first)
                        .0 += 1;
                }
            }
        }
    }
}

/// What an unexplained disagreement is counted under.
fn kind(disagreement: &Disagreement<'_>) -> String {
    let difference = disagreement.difference;
    let peer = disagreement.peer;
    let ours = disagreement.refused().map(|error| error.kind);
    let theirs = disagreement.refusal().map_or("", |refusal| &refusal.reason);
    format!("{peer} {difference:?} {ours:?} {theirs}")
}

/// An input that is explained by no rule, or by several, as short as it will get.
fn told(input: &[u8], peer: Peer) -> String {
    let summary =
        |input: &[u8]| with_disagreement(input, peer, |found| (kind(found), names(found)));
    let first = summary(input);
    let input = minimise(input, |input| summary(input) == first);
    let told = with_disagreement(&input, peer, |found| {
        let names = names(found);
        match names.is_empty() {
            true => format!("no rule explains this\n{found}"),
            false => format!("{} all explain this\n{found}", names.join(", ")),
        }
    });
    told.expect("a minimised disagreement is one")
}

fn names(disagreement: &Disagreement<'_>) -> Vec<&'static str> {
    explaining(disagreement).map(|rule| rule.name).collect()
}

/// What `tell` makes of the disagreement with a peer on `input`, if there is one.
pub fn with_disagreement<T>(
    input: &[u8],
    peer: Peer,
    tell: impl FnOnce(&Disagreement<'_>) -> T,
) -> Option<T> {
    let (ours, error) = ours::read(input);
    let theirs = peer.read(input);
    compare(input, peer, (&ours, error), &theirs).map(|found| tell(&found))
}

const UNEXPLAINED_MAX: usize = 100;
