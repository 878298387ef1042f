//! Law: a path that is accepted has nothing in it that is forbidden, stays below where it goes, and shows itself without
//! controls; so does what is joined to it or put in the place of its beginning.
#![no_main]

use std::path::{Component, Path};

use barewire_fuzz::Choices;
use barewire_transfer::limits::Limits;
use barewire_transfer::name::{Encoding, EntryPath, NameRules, Portable, fold, is_reserved};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let (ways, len) = (choices.byte(), choices.below(64));
    let other = choices.bytes(len);
    let limits = match ways & 4 {
        0 => Limits::default(),
        _ => Limits {
            depth_max: 3,
            component_bytes_max: 6,
            path_bytes_max: 12,
            ..Limits::default()
        },
    };
    let encoding = match ways & 1 {
        0 => Encoding::Bytes,
        _ => Encoding::Utf8,
    };
    let portable = match ways & 2 {
        0 => Portable::No,
        _ => Portable::Yes,
    };
    let rules = NameRules::new(encoding, portable, &limits);
    let path = match EntryPath::new(choices.rest, &rules) {
        Ok(path) => path,
        Err(error) => return is_shown_safely(&error.to_string()),
    };
    assert_eq!(path.as_bytes(), choices.rest);
    holds(&path, &rules);
    if let Ok(joined) = path.join(other, &rules) {
        holds(&joined, &rules);
        assert_eq!(joined.parent(), Some(path.as_bytes()));
        assert_eq!(joined.name(), other);
        assert_eq!(joined.depth(), path.depth() + 1);
        assert!(joined > path);
    }
    if let Ok(renamed) = path.with_top(other, &rules) {
        holds(&renamed, &rules);
        assert_eq!(renamed.top(), other);
        assert!(renamed.components().skip(1).eq(path.components().skip(1)));
    }
});

fn holds(path: &EntryPath, rules: &NameRules) {
    let bytes = path.as_bytes();
    assert!(bytes.len() <= usize::from(rules.path_bytes_max));
    assert!((1..=usize::from(rules.depth_max)).contains(&path.depth()));
    assert_eq!(path.components().next_back(), Some(path.name()));
    for name in path.components() {
        assert!(!name.is_empty() && name != b"." && name != b"..");
        assert!(name.len() <= usize::from(rules.component_bytes_max));
        assert!(!name.contains(&0));
        assert!(
            !name
                .split(|&byte| byte == b'\\')
                .any(|piece| piece == b"..")
        );
        assert!(!is_reserved(name) && !is_reserved(&fold(name)));
        let strict = rules.encoding == Encoding::Utf8 || rules.portable == Portable::Yes;
        if strict {
            let text = std::str::from_utf8(name).expect("UTF-8");
            assert!(!text.chars().any(|c| c.is_control() || c == '\\'));
        }
        if rules.portable == Portable::Yes {
            assert!(!name.iter().any(|byte| b"<>:\"|?*".contains(byte)));
            assert!(!name.ends_with(b".") && !name.ends_with(b" "));
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let mut components = Path::new(text).components();
        assert!(components.all(|part| matches!(part, Component::Normal(_))));
    }
    is_shown_safely(&path.to_string());
    is_shown_safely(&format!("{path:?}"));
    assert_eq!(fold(&fold(bytes)), fold(bytes));
}

fn is_shown_safely(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
