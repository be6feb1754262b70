//! Reads the tables of this stage: tab-separated columns, `#` before a comment. They are compiled in, and a test reads
//! each to its end, so a damaged line is found before it ships.

use schemas::event::Category;

/// The lines of a table, split into their columns.
pub(super) fn lines<const COLUMNS: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; COLUMNS]> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let mut columns = line.split('\t');
        let row = std::array::from_fn(|_| columns.next().unwrap_or_default());
        assert!(row.iter().all(|column| !column.is_empty()) && columns.next().is_none(), "a line of a table has {COLUMNS} columns: {line}");
        row
    })
}

/// A category and the mark behind it: `SERVER~`.
pub(super) fn marked(says: &'static str) -> (Category, Option<char>) {
    let name = says.trim_end_matches(['!', '?', '~']);
    let category = Category::ALL.into_iter().find(|category| category.as_str() == name);
    (category.expect("the tables name categories that exist; a test reads them all"), says[name.len()..].chars().next())
}
