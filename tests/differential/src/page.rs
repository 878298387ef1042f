//! `crates/http1/DIFFERENCES.md`, whose table is the rules.

use std::fmt::Write;
use std::path::PathBuf;

use crate::input::{Asked, Kind};
use crate::rules::{ON_ENDS, Right, Rule, TABLES};

/// Where the page is in the repository.
pub fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../crates/http1/DIFFERENCES.md")
}

/// The page with its tables, and the list above them, as the rules have them.
///
/// # Panics
///
/// Unless the page has a heading and a table for each.
pub fn with_tables(page: &str) -> String {
    let mut page = page.to_owned();
    for (title, rules) in TABLES {
        let heading = format!("\n## {title}\n");
        let section = page
            .find(&heading)
            .expect("the page has a heading of that name");
        let start = section + page[section..].find(HEAD).expect("the section has a table");
        let len = page[start..]
            .find("\n\n")
            .map_or(page.len() - start, |len| len + 1);
        page.replace_range(start..start + len, &table(rules));
    }
    let start = page
        .find(ENDS)
        .expect("the page says which rules are about ends");
    let len = page[start..].find('\n').unwrap_or(page.len() - start);
    let names = ON_ENDS.map(|name| format!("`{name}`")).join(", ");
    page.replace_range(start..start + len, &format!("{ENDS}{names}."));
    page
}

const ENDS: &str = "Both sides accept a message and differ on where it ends: ";

const HEAD: &str = "| class | input | example | peers | they | we | right | section | why |\n";

fn table(rules: &[Rule]) -> String {
    let mut table = format!("{HEAD}|---|---|---|---|---|---|---|---|---|\n");
    for rule in rules {
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
    let example = rule.example();
    let request = match example.kind {
        Kind::Requests
        | Kind::Responses {
            asked: Asked::Get, ..
        } => String::new(),
        Kind::Responses {
            asked: Asked::Upgrade,
            ..
        } => " to an upgrade".into(),
        Kind::Responses { asked, .. } => format!(" to {}", asked.method()),
    };
    let closed = if example.closes() {
        ", then closed"
    } else {
        ""
    };
    let example = example.bytes.escape_ascii().to_string();
    let example = example
        .replace("\\r\\n", "⏎")
        .replace("\\\"", "\"")
        .replace('|', "\\|");
    writeln!(
        table,
        "| {} | {} | `{example}`{request}{closed} | {} | {} | {} | {right} | {} | {} |",
        rule.name,
        rule.input,
        peers.join(", "),
        rule.they,
        rule.we,
        rule.section,
        rule.why,
    )
}
