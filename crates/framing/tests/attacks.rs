//! The table of known faults names tests that are there.

const TABLE: &str = include_str!("../src/attacks.rs");

const TESTS: &[&str] = &[
    include_str!("../src/scan.rs"),
    include_str!("encode.rs"),
    include_str!("formats.rs"),
    include_str!("limits.rs"),
    include_str!("memory.rs"),
    include_str!("splits.rs"),
];

#[test]
fn every_fault_has_its_test() {
    let rows = TABLE.lines().filter_map(|line| line.strip_prefix("//! | "));
    let mut names = 0;
    for row in rows.skip(1) {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next();
        for name in tests.expect("a column").split(", ") {
            let name = name.trim_matches('`');
            let definition = format!("    fn {name}()");
            let found = TESTS.iter().any(|test| {
                test.contains(definition.trim_start()) || test.contains(&format!("fn {name}(\n"))
            });
            assert!(found, "no test named {name}");
            names += 1;
        }
    }
    assert!(names >= 15, "{names}");
}
