//! How far a client was told the log, as the id of an event of a stream: `0-17.3-4711`.

use schemas::record::Position;
use storage::index::Marks;

/// Most partitions of an id.
const PARTITIONS: usize = 1_000;

/// As text without a space.
pub(crate) fn write(marks: &Marks) -> String {
    let parts: Vec<String> = marks.iter().map(|(partition, offset)| format!("{partition}-{offset}")).collect();
    parts.join(".")
}

/// What was written.
pub(crate) fn read(text: &str) -> Option<Marks> {
    let mut marks = Marks::new();
    for part in text.split('.').filter(|part| !part.is_empty()) {
        let (partition, offset) = part.split_once('-')?;
        marks.insert(partition.parse().ok()?, offset.parse::<u64>().ok().filter(|offset| i64::try_from(*offset).is_ok())?);
    }
    (marks.len() <= PARTITIONS).then_some(marks)
}

/// Whether a record stands behind the marks.
pub(crate) fn is_behind(marks: &Marks, position: Position) -> bool {
    marks.get(&position.partition).is_none_or(|mark| position.offset > *mark)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_id_is_told() {
        assert_eq!(read(""), Some(Marks::new()));
        for bad in ["x", "1", "1-", "-1", "1-2.3", "1-99999999999999999999", "1-18446744073709551615"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(marks in proptest::collection::btree_map(any::<u32>(), 0..i64::MAX as u64, 0..9)) {
            prop_assert_eq!(read(&write(&marks)), Some(marks));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9.-]{0,40}") {
            let _ = read(&text);
        }
    }
}
