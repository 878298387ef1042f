//! Law: whatever a client sends, a record is one line of text without a control character, its tag is the program's
//! and not the text's, and the text can be had back exactly, from the plain form and from JSON.
#![no_main]

use std::time::SystemTime;

use barewire_command::escape::unescape;
use bw_log::record::{Format, Kind, Records};
use libfuzzer_sys::fuzz_target;

const SOURCE: &str = "127.0.0.1:50312#7";

fuzz_target!(|text: &[u8]| {
    let record = |format| {
        let mut records = Records::new(format, SystemTime::UNIX_EPOCH);
        records.push(SOURCE, Kind::Line, text);
        let record = String::from_utf8(records.batch().bytes().to_vec()).expect("UTF-8");
        let line = record.strip_suffix('\n').expect("a line");
        assert!(!line.chars().any(char::is_control), "{line:?}");
        line.to_owned()
    };

    let plain = record(Format::Plain);
    let fields: Vec<&str> = plain.splitn(5, ' ').collect();
    assert_eq!(fields[1..4], ["1", SOURCE, "line"]);
    let shown = fields.get(4).copied().unwrap_or_default();
    assert_eq!(unescape(shown.as_bytes()).as_deref(), Some(text));

    let json: serde_json::Value = serde_json::from_str(&record(Format::Json)).expect("JSON");
    assert_eq!(
        (&json["source"], &json["kind"]),
        (&SOURCE.into(), &"line".into())
    );
    match json.get("text") {
        Some(shown) => assert_eq!(shown.as_str().map(str::as_bytes), Some(text)),
        None => {
            let hex: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(json["bytes"], hex.as_str());
        }
    }
});
