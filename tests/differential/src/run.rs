//! Inputs through all sides.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::{Disagreement, compare};
use crate::input::Input;
use crate::minimise::minimise;
use crate::ours;
use crate::peers::Peer;
use crate::rules::explaining;

/// What a run found.
#[derive(Default)]
pub struct Outcome {
    pub inputs: usize,
    pub disagreements: usize,
    /// How often each rule explained a disagreement with each of its peers.
    pub hits: BTreeMap<(&'static str, Peer), usize>,
    /// The rules among them that explained why a message ends elsewhere for a peer that accepts it too.
    pub ends: BTreeSet<&'static str>,
    /// What no rule explains: by its kind, how often, and the first of it minimised and told.
    pub unexplained: BTreeMap<String, (usize, String)>,
}

/// Runs so many inputs.
pub fn run(mut inputs: impl Iterator<Item = Input>, count: usize) -> Outcome {
    let mut outcome = Outcome::default();
    while outcome.inputs < count && outcome.unexplained.len() < UNEXPLAINED_MAX {
        let left = count - outcome.inputs;
        let batch: Vec<_> = inputs.by_ref().take(left.min(BATCH)).collect();
        outcome.inputs += batch.len();
        outcome.judge(&batch);
    }
    outcome
}

impl Outcome {
    /// Puts inputs through all sides.
    fn judge(&mut self, inputs: &[Input]) {
        let ours: Vec<_> = inputs.iter().map(ours::read).collect();
        for &peer in Peer::present() {
            let theirs = peer.read_all(inputs);
            for ((input, ours), theirs) in inputs.iter().zip(&ours).zip(&theirs) {
                for found in compare(input, peer, (&ours.0, ours.1), theirs) {
                    self.count(&found);
                }
            }
        }
    }

    fn count(&mut self, found: &Disagreement<'_>) {
        self.disagreements += 1;
        let mut explained = false;
        for rule in explaining(found) {
            *self.hits.entry((rule.name, found.peer)).or_default() += 1;
            if found.is_on_end() {
                self.ends.insert(rule.name);
            }
            explained = true;
        }
        if !explained {
            let entry = self.unexplained.entry(kind(found));
            let first = || (0, told(found));
            entry.or_insert_with(first).0 += 1;
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

/// An input that no rule explains, as short as it will get while there is such a disagreement on it.
fn told(found: &Disagreement<'_>) -> String {
    let wanted = kind(found);
    let peer = found.peer;
    let tell = |input: &Input| {
        with_disagreements(input, peer, |all| {
            let unexplained = |found: &&Disagreement<'_>| {
                kind(found) == wanted && explaining(found).next().is_none()
            };
            all.iter().find(unexplained).map(ToString::to_string)
        })
    };
    let shorter = |bytes: &[u8]| tell(&found.input.with_bytes(bytes.to_vec())).is_some();
    let bytes = minimise(&found.input.bytes, shorter);
    tell(&found.input.with_bytes(bytes)).expect("it is still one")
}

/// What `tell` makes of the disagreements with a peer on `input`.
pub fn with_disagreements<T>(
    input: &Input,
    peer: Peer,
    tell: impl FnOnce(&[Disagreement<'_>]) -> T,
) -> T {
    let (ours, error) = ours::read(input);
    let theirs = peer.read(input);
    tell(&compare(input, peer, (&ours, error), &theirs))
}

/// Inputs that are handed to a peer at once.
const BATCH: usize = 64;

const UNEXPLAINED_MAX: usize = 100;
