//! Every disagreement there is, by name.

use crate::compare::Disagreement;
use crate::input::{Asked, Input, Kind};
use crate::peers::Peer;

mod common;
mod requests;
mod responses;
mod signs;

/// One class of disagreements: a row of DIFFERENCES.md.
pub struct Rule {
    pub name: &'static str,
    pub peers: &'static [Peer],
    /// What is in the input.
    pub input: &'static str,
    pub we: &'static str,
    pub they: &'static str,
    pub right: Right,
    /// As in `9112 section 5.1`.
    pub section: &'static str,
    pub why: &'static str,
    /// An input on which every one of the peers disagrees with us by this rule.
    example: Example,
    /// Whether this is such a disagreement. Asked only about the rule's own peers.
    explains: fn(&Disagreement<'_>) -> bool,
}

/// Who reads as the RFCs have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    We,
    They,
    /// The RFCs leave the choice.
    Both,
    /// It is not the peer's job.
    NotTheirs,
}

enum Example {
    Requests(&'static [u8]),
    /// To that request, on a connection that stays open.
    Responses(Asked, &'static [u8]),
    /// To GET, and then closed.
    Closed(&'static [u8]),
    /// To GET, read leniently.
    Lenient(&'static [u8]),
}

impl Rule {
    pub fn example(&self) -> Input {
        let (bytes, asked, closes, lenient) = match self.example {
            Example::Requests(bytes) => return Input::requests(bytes),
            Example::Responses(asked, bytes) => (bytes, asked, false, false),
            Example::Closed(bytes) => (bytes, Asked::Get, true, false),
            Example::Lenient(bytes) => (bytes, Asked::Get, false, true),
        };
        let kind = Kind::Responses {
            asked,
            closes,
            lenient,
        };
        let bytes = bytes.to_vec();
        Input { bytes, kind }
    }
}

/// All rules: with what they are about, in the order of the page.
pub const TABLES: [(&str, &[Rule]); 3] = [
    ("Requests and responses", common::RULES),
    ("Requests", requests::RULES),
    ("Responses", responses::RULES),
];

/// The rules by which both sides accept a message and differ on where it ends: those that smuggling is made of.
pub const ON_ENDS: [&str; 4] = [
    "connect-with-content",
    "connect-refused",
    "empty-coding-last",
    "tab-behind-value",
];

pub fn rules() -> impl Iterator<Item = &'static Rule> {
    TABLES.iter().flat_map(|(_, rules)| rules.iter())
}

/// The rules that explain a disagreement.
pub fn explaining<'d>(
    disagreement: &'d Disagreement<'_>,
) -> impl Iterator<Item = &'static Rule> + 'd {
    let own = match disagreement.input.kind {
        Kind::Requests => requests::RULES,
        Kind::Responses { .. } => responses::RULES,
    };
    common::RULES
        .iter()
        .chain(own)
        .filter(|rule| rule.peers.contains(&disagreement.peer) && (rule.explains)(disagreement))
}
