//! A name and its value as two entries: `- name: DB_PASSWORD` and `value: x` in the next line, as Kubernetes and Docker
//! have it, `{"name":"password","value":"x"}`.

use super::Name;

/// How far before a value its name is looked for, in bytes.
const BACK: usize = 160;

/// The name that the entry before `value` gives.
pub(super) fn name<'a>(text: &'a str, from: usize, value: &Name<'_>) -> Option<&'a str> {
    if !value.text.eq_ignore_ascii_case("value") {
        return None;
    }
    let before = &text[text.ceil_char_boundary(value.at.saturating_sub(BACK).max(from))..value.at];
    let said = without_gap(before).filter(|said| said.len() < before.len())?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let start = said.trim_end_matches(is_name).len();
    let entry = said[..start].trim_end_matches(['"', '\'', '\\', ' ']).strip_suffix(':')?;
    let entry = entry.trim_end_matches(['"', '\'', '\\', ' ']);
    let key = &entry[entry.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len()..];
    (["name", "key"].iter().any(|known| key.eq_ignore_ascii_case(known)) && start < said.len()).then(|| &said[start..])
}

/// What stands before the quotes, commas and line breaks between two entries; `None` where there is no comma and no line
/// break.
fn without_gap(text: &str) -> Option<&str> {
    let (mut rest, mut parted) = (text, false);
    loop {
        let bare = rest.strip_suffix("\\n").or_else(|| rest.strip_suffix("\\r")).or_else(|| rest.strip_suffix([',', '\n', '\r']));
        if let Some(bare) = bare {
            (rest, parted) = (bare, true);
            continue;
        }
        match rest.strip_suffix(['"', '\'', '\\', ' ', '\t', '{']) {
            Some(bare) => rest = bare,
            None => return parted.then_some(rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::find;

    #[test]
    fn values_are_known_by_the_name_in_the_entry_before_them() {
        for (text, expected) in [
            ("- name: DB_PASSWORD\n  value: hunter\n", Some("hunter")),
            ("- name: \"API_TOKEN\"\n  value: \"a b c d\"\n", Some("a b c d")),
            ("- name: DB_PASSWORD\\n  value: hunter\\n- name: X", Some("hunter")),
            ("{\"name\":\"password\",\"value\":\"hunter\"}", Some("hunter")),
            ("{\\\"key\\\": \\\"password\\\", \\\"value\\\": \\\"hunter\\\"}", Some("hunter")),
            ("- name: REPLICAS\n  value: hunter\n", None),
            ("- name: MAX_TOKENS\n  value: 4096\n", None),
            ("- label: DB_PASSWORD\n  value: hunter\n", None),
            ("the name: password value: hunter", None),
            ("- name: DB_PASSWORD\n  valueFrom: hunter\n", None),
        ] {
            assert_eq!(find(text, 0).map(|found| &text[found.range]), expected, "{text}");
        }
    }
}
