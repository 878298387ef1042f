//! DIFFERENCES.md says what the rules say.

use std::fs;

use barewire_differential::page;

#[test]
fn the_tables_are_the_rules() {
    let page = fs::read_to_string(page::path()).expect("the page is there");
    let same = page == page::with_tables(&page);
    assert!(
        same,
        "the tables are out of date: cargo run -p barewire-differential -- --page"
    );
}
