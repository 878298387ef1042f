//! The array for programs.

use super::date::Timestamp;
use super::{Listing, is_invisible, push};
use crate::path::encode_segment;
use crate::root::{EntryKind, ListedEntry};

impl Listing<'_> {
    /// An array of objects: `name`, `type` (`directory` or `file`), `size` in bytes (`null` for a
    /// directory), `modified` in RFC 3339 (`null` outside of the years 0 to 9999) and `href`,
    /// relative to the directory. A name that is not UTF-8 has replacement characters and
    /// `"lossy":true`; its `href` is exact.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::with_capacity(16 + self.entries.len() * 160);
        json.push('[');
        for (index, entry) in self.entries.iter().enumerate() {
            json.push_str(if index == 0 { "\n" } else { ",\n" });
            push_object(&mut json, entry);
        }
        json.push_str("\n]\n");
        json
    }
}

fn push_object(json: &mut String, entry: &ListedEntry) {
    let name = entry.name.as_encoded_bytes();
    json.push_str("{\"name\":\"");
    push_json_text(json, &String::from_utf8_lossy(name));
    json.push_str("\",");
    if std::str::from_utf8(name).is_err() {
        json.push_str("\"lossy\":true,");
    }
    match entry.kind {
        EntryKind::Directory => json.push_str("\"type\":\"directory\",\"size\":null"),
        EntryKind::File => push(
            json,
            format_args!("\"type\":\"file\",\"size\":{}", entry.size),
        ),
    }
    match Timestamp::from_system(entry.modified) {
        Some(time) => push(json, format_args!(",\"modified\":\"{}\"", time.rfc3339())),
        None => json.push_str(",\"modified\":null"),
    }
    let slash = match entry.kind {
        EntryKind::Directory => "/",
        EntryKind::File => "",
    };
    push(
        json,
        format_args!(",\"href\":\"./{}{slash}\"}}", encode_segment(name)),
    );
}

/// `<`, `>` and `&` are escaped too, for whoever puts the text into a page.
fn push_json_text(json: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            c if is_invisible(c) || matches!(c, '<' | '>' | '&' | '\0'..'\u{20}' | '\u{7f}') => {
                push(json, format_args!("\\u{:04x}", u32::from(c)));
            }
            c => json.push(c),
        }
    }
}
