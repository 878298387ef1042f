//! The page on the contract names a test for each promise: they have to exist.

use std::fs;
use std::path::Path;

/// Every line of the Rust files beneath `folder`.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).expect("a source file"));
        }
    }
}

/// What stands in backquotes between parentheses and is neither a link nor an item.
fn named(page: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (start, _) in page.match_indices("(`") {
        let rest = &page[start + 1..];
        let group = &rest[..rest.find(')').expect("a closing parenthesis")];
        names.extend(group.split('`').filter(|word| word.contains(['_', '/'])));
    }
    names
}

#[test]
fn every_test_that_the_contract_names_exists() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(home.join("docs/contract.md")).expect("the page");
    let mut text = String::new();
    sources(&home.join("tests"), &mut text);
    sources(&home.join("src"), &mut text);
    let names = named(&page);
    assert!(names.len() >= 12, "{names:?}");
    for name in names {
        let found = if name.ends_with(".rs") || name.ends_with('/') {
            home.join(name).exists()
        } else {
            text.contains(&format!("fn {name}("))
        };
        assert!(found, "{name} is promised in docs/contract.md");
    }
}
