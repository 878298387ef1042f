//! Inputs that others thought of, to be damaged.

use serde_json::Value;

use crate::input::{Asked, Input, Kind};
use crate::rules::{Rule, rules};

const ROWS: &str = include_str!("../../../crates/http1/tests/vectors/http1.jsonl");

/// The conformance rows, and the rules' examples.
pub fn seeds() -> Vec<Input> {
    let rows = ROWS.lines().map(|line| {
        let row: Value = serde_json::from_str(line).expect("a row is JSON");
        let text = row["input"].as_str().expect("a row has an input");
        Input {
            // One character, one byte.
            bytes: text.chars().map(|byte| byte as u8).collect(),
            kind: kind(&row),
        }
    });
    rows.chain(rules().map(Rule::example)).collect()
}

fn kind(row: &Value) -> Kind {
    if row["side"] == "server" {
        return Kind::Requests;
    }
    let asked = match row["request_method"].as_str() {
        Some("HEAD") => Asked::Head,
        Some("CONNECT") => Asked::Connect,
        _ if row["details"]["request_upgrade"].is_array() => Asked::Upgrade,
        _ => Asked::Get,
    };
    Kind::Responses {
        asked,
        closes: row["eof"] == true,
        lenient: false,
    }
}
