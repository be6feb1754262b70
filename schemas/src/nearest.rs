//! What may have been meant by a name that nobody knows.

/// The known name that is most like `name`, if one is like it at all.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let rated = known.into_iter().map(|known| (strsim::jaro_winkler(name, known), known));
    let (similarity, nearest) = rated.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (similarity > 0.75 && is_near(name, nearest)).then_some(nearest)
}

/// Short names share letters with anything; what is meant begins alike or has most letters in place.
fn is_near(name: &str, known: &str) -> bool {
    known.starts_with(name) || name.starts_with(known) || strsim::normalized_damerau_levenshtein(name, known) > 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_word() {
        let known = ["family", "function", "module", "path"];
        assert_eq!(nearest("fucntion", known), Some("function"));
        assert_eq!(nearest("functions", known), Some("function"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("x", []), None);
    }
}
