//! A run that is the same every time, and what has to be true of the rules.

use std::collections::BTreeSet;

use barewire_differential::generate::Inputs;
use barewire_differential::ours;
use barewire_differential::peers::Peer;
use barewire_differential::rules::{ON_ENDS, Rule, explaining, rules};
use barewire_differential::run::{run, with_disagreements};
use barewire_differential::seeds::seeds;

const SEED: u64 = 9112;
const COUNT: usize = 40_000;

/// Every disagreement has an explanation, and every explanation has a disagreement with each of its peers.
#[test]
fn every_disagreement_is_explained_and_every_rule_is_needed() {
    let outcome = run(Inputs::new(SEED, seeds()), COUNT);
    let told: Vec<_> = outcome
        .unexplained
        .values()
        .map(|(_, told)| &told[..])
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    for name in &outcome.ends {
        assert!(
            ON_ENDS.contains(name),
            "{name} is about where a message ends"
        );
    }
    for rule in rules() {
        for peer in present(rule) {
            let hits = outcome.hits.get(&(rule.name, peer));
            assert!(
                hits.is_some(),
                "{} explains nothing that {peer} does",
                rule.name
            );
        }
    }
}

#[test]
fn examples_are_explained_by_their_rules() {
    for rule in rules() {
        for peer in present(rule) {
            let names = with_disagreements(&rule.example(), peer, |found| {
                let rules = found.iter().flat_map(|found| explaining(found));
                rules.map(|rule| rule.name).collect::<BTreeSet<_>>()
            });
            assert_eq!(names, BTreeSet::from([rule.name]), "{peer}");
        }
    }
}

#[test]
fn names_are_unique() {
    let names: BTreeSet<_> = rules().map(|rule| rule.name).collect();
    assert_eq!(names.len(), rules().count());
}

/// What we make of an input does not depend on how it arrives.
#[test]
fn our_reading_is_the_same_byte_by_byte() {
    for input in Inputs::new(SEED, seeds()).take(COUNT / 5) {
        let (whole, bytes) = (ours::read(&input).0, ours::read_in_pieces(&input, 1).0);
        assert_eq!(whole.messages, bytes.messages, "{}", input);
        assert_eq!(whole.ending, bytes.ending, "{}", input);
    }
}

/// The peers of a rule that can be asked here.
fn present(rule: &Rule) -> impl Iterator<Item = Peer> {
    let present = Peer::present();
    rule.peers
        .iter()
        .copied()
        .filter(|peer| present.contains(peer))
}
