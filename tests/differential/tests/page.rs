//! DIFFERENCES.md says what the rules say.

use std::fs;

use barewire_differential::page;

#[test]
fn the_table_is_the_rules() {
    let page = fs::read_to_string(page::path()).expect("the page is there");
    let same = page == page::with_table(&page);
    assert!(
        same,
        "the table is out of date: cargo run -p barewire-differential -- --page"
    );
}
