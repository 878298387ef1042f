//! Inputs that others thought of, to be damaged.

use serde_json::Value;

use crate::rules::RULES;

const ROWS: &str = include_str!("../../../crates/http1/tests/vectors/http1.jsonl");

/// The conformance rows for servers, and the rules' examples.
pub fn seeds() -> Vec<Vec<u8>> {
    let rows = ROWS.lines().filter_map(|line| {
        let row: Value = serde_json::from_str(line).expect("a row is JSON");
        let text = row["input"].as_str().expect("a row has an input");
        // One character, one byte.
        let input = text.chars().map(|byte| byte as u8).collect();
        (row["side"] == "server").then_some(input)
    });
    rows.chain(RULES.iter().map(|rule| rule.example.to_vec()))
        .collect()
}
