//! Tables of a page that says what code does.

/// The rows of the table whose head begins with these cells, without the line below the head.
///
/// # Panics
///
/// Without such a table.
#[track_caller]
pub fn table<'p>(page: &'p str, head: &[&str]) -> Vec<Vec<&'p str>> {
    let mut lines = page.lines().map(cells);
    let found = lines.by_ref().find(|cells| cells.starts_with(head));
    assert!(found.is_some(), "no table of {head:?}");
    let rows = lines.skip(1).take_while(|cells| !cells.is_empty());
    rows.collect()
}

fn cells(line: &str) -> Vec<&str> {
    let line = line
        .strip_prefix('|')
        .and_then(|line| line.strip_suffix('|'));
    line.map_or(Vec::new(), |line| line.split('|').map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn rows_end_with_the_table() {
        let page = "a\n| b | c |\n|---|---|\n| 1 |  |\n| 2 | 3 |\n\n| 4 | 5 |\n";
        assert_eq!(table(page, &["b"]), [["1", ""], ["2", "3"]]);
    }
}
