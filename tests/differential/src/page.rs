//! `crates/http1/DIFFERENCES.md`, whose table is the rules.

use std::fmt::Write;
use std::path::PathBuf;

use crate::rules::{RULES, Right, Rule};

/// Where the page is in the repository.
pub fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../crates/http1/DIFFERENCES.md")
}

/// The page with its table as the rules have it.
///
/// # Panics
///
/// Unless the page has a table with such a head.
pub fn with_table(page: &str) -> String {
    let start = page
        .find(HEAD)
        .expect("the page has a table of differences");
    let len = page[start..]
        .find("\n\n")
        .map_or(page.len() - start, |len| len + 1);
    [&page[..start], &table(), &page[start + len..]].concat()
}

const HEAD: &str = "| class | input | example | peers | they | we | right | section | why |\n";

fn table() -> String {
    let mut table = format!("{HEAD}|---|---|---|---|---|---|---|---|---|\n");
    for rule in RULES {
        row(rule, &mut table).expect("a String takes everything");
    }
    table
}

fn row(rule: &Rule, table: &mut String) -> std::fmt::Result {
    let peers: Vec<_> = rule.peers.iter().map(ToString::to_string).collect();
    let right = match rule.right {
        Right::We => "we",
        Right::They => "they",
        Right::Both => "both may",
        Right::NotTheirs => "we; not their job",
    };
    let example = rule.example.escape_ascii().to_string();
    let example = example
        .replace("\\r\\n", "⏎")
        .replace("\\\"", "\"")
        .replace('|', "\\|");
    writeln!(
        table,
        "| {} | {} | `{example}` | {} | {} | {} | {right} | {} | {} |",
        rule.name,
        rule.input,
        peers.join(", "),
        rule.they,
        rule.we,
        rule.section,
        rule.why,
    )
}
