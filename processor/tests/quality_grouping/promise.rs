//! A fingerprint is a promise: groups fall apart when the algorithm gives another one for what it gave one before.
//! `tests/quality/grouping/fingerprints.tsv` has the first half of every fingerprint, taken once.

use std::{collections::BTreeMap, path::Path};

use processor::context::{Context, run};
use schemas::{catalog::ProjectSettings, event::Event, ids::Fingerprint};

use super::{corpora, read, table};

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/quality/grouping/fingerprints.tsv");
const FOLDERS: [&str; 7] =
    ["events/grouping", "events/bugsink", "sdk-payloads", "captured-sdk", "glitchtip-2022", "sentry-java", "stacktraces/texts"];
/// Hex digits that the list has of each.
const DIGITS: usize = 32;

fn group(event: Event) -> String {
    let settings = ProjectSettings::default();
    let grouping = run(&Context::plain(&settings), event).unwrap().grouping.unwrap();
    assert_eq!(grouping.fingerprint, Fingerprint::fp1(grouping.parts.as_str()), "what was hashed is what is kept");
    grouping.fingerprint.as_str()["fp1-".len()..][..DIGITS].to_owned()
}

#[test]
fn fingerprints_are_what_they_were() {
    let list = std::fs::read_to_string(Path::new(LIST)).unwrap();
    let before: BTreeMap<&str, &str> = list.lines().map(|line| line.split_once('\t').unwrap()).collect();
    let mut now: BTreeMap<String, String> = BTreeMap::new();
    now.extend(table().into_iter().map(|row| (format!("table: {}: {}", row.group, row.case), group(read(&row.event)))));
    for folder in FOLDERS {
        for (number, (name, event)) in corpora::events(folder).into_iter().enumerate() {
            now.insert(format!("{folder}: {number}: {name}"), group(read(&event)));
        }
    }
    let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fingerprints.tsv");
    let lines: String = now.iter().map(|(name, group)| format!("{name}\t{group}\n")).collect();
    std::fs::write(&new, lines).unwrap();
    let other: Vec<&str> =
        before.iter().filter(|(name, group)| now.get(**name).map(String::as_str) != Some(group)).map(|(name, _)| *name).collect();
    let told = "If that is meant, it is a new version of the algorithm; see `processor::fingerprint`. The list of today:";
    assert!(other.is_empty(), "other fingerprints: {other:#?}\n{told} {}", new.display());
    assert_eq!(before.len(), now.len(), "new rows belong into the list; the list of today: {}", new.display());
}
